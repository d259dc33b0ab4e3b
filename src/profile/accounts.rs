//! How people sign in and what revokes their tokens, where the documents of COALESCE-SSO and CATALYTIC leave room. Of every
//! choice the first value is the default.

use serde::{Deserialize, Serialize};

/// The `[accounts]` table of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// SCIM can be enabled only where SSO is (CATALYTIC-001).
    pub sso_before_scim: bool,
    /// A record is created at the first SSO login (COALESCE-SSO-001); without it SSO signs in the users that exist.
    pub just_in_time: bool,
    /// How an SSO login finds its record.
    pub login_by: LoginBy,
    /// COALESCE-SSO-015: an SSO login after its record was deleted.
    pub jit_after_delete: JitAfterDelete,
    /// COALESCE-SSO-029: what a new environment means for the tokens of SSO users.
    pub new_environment: NewEnvironment,
    /// An e-mail claim that differs at the next SSO login.
    pub email_claim_change: EmailClaimChange,
    /// COALESCE-SSO-013: tokens of a user who was disabled and is activated again.
    pub reactivation: Reactivation,
    /// PROP-TOK-07: a trigger that changes nothing (MFA on twice, the same e-mail address).
    pub repetition: Repetition,
    /// COALESCE-SSO-007: among which records one e-mail address is unique.
    pub email_scope: Scoping,
}

/// How an SSO login finds its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginBy {
    /// By the e-mail address or user name of the assertion (CATALYTIC-023).
    #[default]
    Email,
    /// By issuer and subject alone (COALESCE-SSO-003).
    Subject,
}

/// An SSO login after deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JitAfterDelete {
    /// 403, no record.
    #[default]
    Deny,
    /// A new record with a new id.
    Recreate,
}

/// What a new environment means for the tokens of SSO users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewEnvironment {
    /// Older tokens stay valid and do not cover it.
    #[default]
    NotCovered,
    /// Older tokens are revoked.
    Revokes,
}

/// An e-mail claim that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmailClaimChange {
    /// The record is updated, as an e-mail change.
    #[default]
    Update,
    /// The record keeps its address.
    Keep,
}

/// Tokens after disabling and activating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reactivation {
    /// Revoked for good.
    #[default]
    StayRevoked,
    /// Suspended only while disabled.
    Resume,
}

/// A trigger that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repetition {
    /// Revokes nothing.
    #[default]
    Ignored,
    /// Revokes as a change does.
    Revokes,
}

/// Among which records one e-mail address is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scoping {
    /// Native records of all organizations; SSO records per organization and provider.
    #[default]
    SourceAndProvider,
    /// All records of an organization: twins are refused.
    Organization,
}

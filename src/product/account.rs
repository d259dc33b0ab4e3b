//! Accounts and access tokens: what a product knows of a user beside the User resource.

use super::rbac::AppRole;

/// What is known of a user beside the resource, by organization and user id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The role in the app (COALESCE-SSO-040).
    pub role: AppRole,
    /// Who made the user.
    pub source: Source,
}

/// Who made a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An administrator, in the product.
    Native,
    /// The first SSO login.
    Sso,
    /// An identity provider, by SCIM.
    Scim,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The organization.
    pub org: String,
    /// The user's id.
    pub user: String,
    /// Revoked tokens stay known, so that nothing makes one active again.
    pub active: bool,
}

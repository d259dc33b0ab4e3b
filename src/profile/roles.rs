//! How roles follow from team membership where the documents of CATALOG leave room. Of every choice the first value is the
//! default.

use serde::{Deserialize, Serialize};

/// The `[role_mapping]` table of a profile; the mapping itself is `[[role]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleChoices {
    /// CATALOG-026: a team that stands under two roles.
    pub conflict: TeamConflict,
    /// CATALOG-027: the role of a user in no mapped team.
    pub unmapped: UnmappedRole,
    /// CATALOG-030: what counts when a team is renamed.
    pub rename: TeamRename,
    /// CATALOG-032, CATALOG-033: how team names are compared.
    pub names: MappedNames,
    /// CATALOG-035: whether the members of a member group count.
    pub nested: NestedTeams,
    /// CATALOG-037: a role that was set by hand on a synchronized user.
    pub manual: ManualRole,
    /// CATALOG-038: when roles are computed.
    pub when: WhenApplied,
}

/// A team under two roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeamConflict {
    /// The highest of them, with a warning.
    #[default]
    Highest,
    /// 400: the mapping is refused.
    Refused,
    /// The role that stands last in the document.
    Last,
}

/// The role of a user in no mapped team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnmappedRole {
    /// The lowest role, so that the role is a function of the current teams.
    #[default]
    Lowest,
    /// No role.
    None,
    /// The role held before.
    Keep,
}

/// What counts when a team is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeamRename {
    /// The new name decides.
    #[default]
    NewName,
    /// The group that had the name when the mapping was put.
    Bound,
}

/// How team names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappedNames {
    /// NFC and case folding, no trimming.
    #[default]
    Folded,
    /// Exactly.
    Exact,
}

/// Whether membership is transitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NestedTeams {
    /// Only direct members count.
    #[default]
    Direct,
    /// Members of member groups count.
    Transitive,
}

/// A role set by hand on a synchronized user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManualRole {
    /// The next run overrides it.
    #[default]
    Overridden,
    /// It stays.
    Kept,
}

/// When roles are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenApplied {
    /// With every change.
    #[default]
    AtOnce,
    /// When the script is run.
    OnApply,
}

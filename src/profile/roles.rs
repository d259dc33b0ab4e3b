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
    /// CATALOG-028: what a team that the mapping does not name gives.
    pub unmapped_team: UnmappedTeam,
    /// CATALOG-029: a mapped team that does not exist.
    pub missing_team: MissingTeam,
    /// CATALOG-030: what counts when a team is renamed.
    pub rename: TeamRename,
    /// CATALOG-031: the role of those who were in a team that is deleted.
    pub deleted_team: DeletedTeam,
    /// CATALOG-032, CATALOG-033: how team names are compared.
    pub names: MappedNames,
    /// CATALOG-035: whether the members of a member group count.
    pub nested: NestedTeams,
    /// CATALOG-036: the role of a deactivated user.
    pub inactive: InactiveRole,
    /// CATALOG-037: a role that was set by hand on a synchronized user.
    pub manual: ManualRole,
    /// CATALOG-038: when roles are computed.
    pub when: WhenApplied,
    /// CATALOG-039: from when on a replaced mapping counts.
    pub replaced: ReplacedMapping,
    /// CATALOG-040: a document that is no mapping throughout.
    pub malformed: MalformedMapping,
    /// CATALOG-041: a role with an empty list of teams.
    pub empty_role: EmptyRole,
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

/// What a team gives that the mapping does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnmappedTeam {
    /// Nothing.
    #[default]
    Neutral,
    /// The lowest role: whoever is in any team has at least that.
    Lowest,
}

/// A mapped team of which there is no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingTeam {
    /// The rule takes effect with the first group of that name.
    #[default]
    Allowed,
    /// 400: the mapping is refused. Teams that go later do not matter, nor does the mapping that a profile begins with.
    Refused,
}

/// The role of those who were in a team that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletedTeam {
    /// What their other teams give.
    #[default]
    Recomputed,
    /// The role they had, until their teams change otherwise, the mapping is replaced or the script runs.
    Kept,
}

/// The role of a deactivated user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InactiveRole {
    /// It follows the teams all the same.
    #[default]
    Recomputed,
    /// It stays what it was; activated again, the user has the role of the teams of that day.
    Frozen,
}

/// From when on a replaced mapping counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplacedMapping {
    /// At once, for every synchronized user.
    #[default]
    AtOnce,
    /// From the next run of the script; until then the one before is in force.
    OnApply,
}

/// A document that is no mapping throughout: an unknown role, a role twice, teams that are no list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MalformedMapping {
    /// 400 with a JSON pointer; the mapping before stays.
    #[default]
    Refused,
    /// What can be read is the mapping; the rest is named in warnings. What is no JSON object at all is refused.
    ValidPart,
}

/// A role with an empty list of teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyRole {
    /// As if the role were left out.
    #[default]
    Legal,
    /// 400: the mapping is refused.
    Refused,
}

//! Roles by team membership: the highest role among a user's teams wins (CATALOG-022).

use std::collections::BTreeSet;

/// A role of the mapping, ordered by level of access: the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May look.
    Viewer,
    /// May change content.
    Contributor,
    /// May do everything.
    Admin,
}

impl Role {
    /// The word in the mapping document and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Contributor => "CONTRIBUTOR",
            Self::Admin => "ADMIN",
        }
    }
}

/// Which team gives which role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping(Vec<(&'static str, Role)>);

impl Default for RoleMapping {
    /// The documented example: four teams, three roles (CATALOG-021, CATALOG-023).
    fn default() -> Self {
        Self(vec![
            ("dev", Role::Viewer),
            ("marketing", Role::Contributor),
            ("sales", Role::Contributor),
            ("founders", Role::Admin),
        ])
    }
}

impl RoleMapping {
    /// The mapped teams, in the order of the document.
    pub fn teams(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(team, _)| *team)
    }

    /// The role of a user who is in exactly these teams: the highest of them, or the lowest role of all for a user in
    /// no mapped team (CATALOG-027, the default reading). Unmapped teams contribute nothing (CATALOG-028).
    #[must_use]
    pub fn role_of(&self, teams: &BTreeSet<&str>) -> Role {
        self.0.iter().filter(|(team, _)| teams.contains(team)).map(|(_, role)| *role).max().unwrap_or(Role::Viewer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_wins_in_all_sixteen_team_sets() {
        let mapping = RoleMapping::default();
        let teams: Vec<_> = mapping.teams().collect();
        for bits in 0_u32..16 {
            let set: BTreeSet<_> =
                teams.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, team)| *team).collect();
            let expected = if set.contains("founders") {
                Role::Admin
            } else if set.contains("sales") || set.contains("marketing") {
                Role::Contributor
            } else {
                Role::Viewer
            };
            assert_eq!(mapping.role_of(&set), expected, "{set:?}");
        }
    }

    #[test]
    fn an_unmapped_team_contributes_nothing() {
        let mapping = RoleMapping::default();
        assert_eq!(mapping.role_of(&BTreeSet::from(["interns"])), Role::Viewer);
        assert_eq!(mapping.role_of(&BTreeSet::from(["interns", "sales"])), Role::Contributor);
    }
}

//! Roles by team membership: the highest role among a user's teams wins (CATALOG-022).

use std::collections::BTreeSet;

use crate::profile::RoleRule;

/// Which team gives which role; roles stand in the order of access, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping(Vec<RoleRule>);

impl RoleMapping {
    /// The mapping of a profile; `None` where the product has no roles by team (CATALOG-020).
    #[must_use]
    pub fn new(rules: &[RoleRule]) -> Option<Self> {
        (!rules.is_empty()).then(|| Self(rules.to_vec()))
    }

    /// The mapped teams, those of the lowest role first.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|rule| rule.teams.iter().map(String::as_str))
    }

    /// The role of a user who is in exactly these teams: the highest of them, or the lowest role of all for a user in
    /// no mapped team (CATALOG-027). Unmapped teams contribute nothing (CATALOG-028).
    #[must_use]
    pub fn role_of(&self, teams: &BTreeSet<&str>) -> &str {
        let highest = self.0.iter().rev().find(|rule| rule.teams.iter().any(|team| teams.contains(team.as_str())));
        highest.or(self.0.first()).map_or("", |rule| rule.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn documented() -> RoleMapping {
        RoleMapping::new(&Profile::named("coalesce-catalog").unwrap().roles).unwrap()
    }

    #[test]
    fn the_highest_role_wins_in_all_sixteen_team_sets() {
        let mapping = documented();
        let teams: Vec<_> = mapping.teams().collect();
        assert_eq!(teams, ["dev", "marketing", "sales", "founders"]);
        for bits in 0_u32..16 {
            let member = |n: &usize| bits & (1 << n) != 0;
            let set: BTreeSet<_> = (0..4).filter(member).map(|n| teams[n]).collect();
            let expected = match bits {
                8.. => "ADMIN",
                2..8 => "CONTRIBUTOR",
                _ => "VIEWER",
            };
            assert_eq!(mapping.role_of(&set), expected, "{set:?}");
        }
    }

    #[test]
    fn an_unmapped_team_contributes_nothing() {
        let mapping = documented();
        assert_eq!(mapping.role_of(&BTreeSet::from(["interns"])), "VIEWER");
        assert_eq!(mapping.role_of(&BTreeSet::from(["interns", "sales"])), "CONTRIBUTOR");
        assert_eq!(RoleMapping::new(&[]), None);
    }
}

//! Roles by team membership: the highest role among a user's teams wins (CATALOG-022), under every choice that the
//! documents leave. Written a second time beside the server's, from the rules alone.

use unicode_normalization::UnicodeNormalization;

use crate::profile::{EmptyRole, MappedNames, RoleChoices, RoleRule, TeamConflict, UnmappedRole, UnmappedTeam};

/// Which team gives which role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping {
    /// The roles by name, the lowest first.
    order: Vec<String>,
    /// The mapping as it is written: role and teams.
    document: Vec<(String, Vec<String>)>,
    choices: RoleChoices,
}

/// What a mapping and a set of teams say of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role<'a> {
    /// This one.
    Is(&'a str),
    /// None.
    None,
    /// The one held before (CATALOG-027, third reading).
    Kept,
}

impl RoleMapping {
    /// The mapping of a profile, its roles lowest first; `None` where the product has no roles by team (CATALOG-020).
    #[must_use]
    pub fn new(rules: &[RoleRule], choices: RoleChoices) -> Option<Self> {
        let document = rules.iter().map(|rule| (rule.name.clone(), rule.teams.clone())).collect();
        let order = rules.iter().map(|rule| rule.name.clone()).collect();
        (!rules.is_empty()).then_some(Self { order, document, choices })
    }

    /// The same roles and choices with another document.
    #[must_use]
    pub fn with(&self, document: Vec<(String, Vec<String>)>) -> Self {
        Self { document, ..self.clone() }
    }

    /// The roles by name, the lowest first.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.order
    }

    /// The document: role and teams.
    #[must_use]
    pub fn document(&self) -> &[(String, Vec<String>)] {
        &self.document
    }

    /// The choices.
    #[must_use]
    pub const fn choices(&self) -> &RoleChoices {
        &self.choices
    }

    /// The mapped teams as they are written, those of the first role first.
    pub fn teams(&self) -> impl Iterator<Item = &str> {
        self.document.iter().flat_map(|(_, teams)| teams.iter().map(String::as_str))
    }

    /// The rank of the role under which the document has a team, from 0; `None` for a team that is not mapped.
    #[must_use]
    pub fn listed(&self, team: &str) -> Option<usize> {
        let mut ranks = self.document.iter().filter(|(_, teams)| teams.iter().any(|name| self.same(name, team)));
        let rank = |(role, _): &(String, Vec<String>)| self.order.iter().position(|known| known == role);
        match self.choices.conflict {
            // A refused mapping never comes into force, so that nothing is lost by ranking it.
            TeamConflict::Highest | TeamConflict::Refused => ranks.filter_map(rank).max(),
            TeamConflict::Last => ranks.next_back().and_then(rank),
        }
    }

    /// The rank of the role that a team gives, from 0; a team that is not mapped gives none, or the lowest (CATALOG-028).
    #[must_use]
    pub fn rank(&self, team: &str) -> Option<usize> {
        match (self.listed(team), self.choices.unmapped_team) {
            (None, UnmappedTeam::Lowest) if !self.order.is_empty() => Some(0),
            (listed, _) => listed,
        }
    }

    /// Whether the product refuses the document for a role without teams (CATALOG-041, second reading).
    #[must_use]
    pub fn has_refused_role(&self) -> bool {
        self.choices.empty_role == EmptyRole::Refused && self.document.iter().any(|(_, teams)| teams.is_empty())
    }

    /// The rank of the highest role among the teams.
    #[must_use]
    pub fn highest<'a>(&self, teams: impl IntoIterator<Item = &'a str>) -> Option<usize> {
        teams.into_iter().filter_map(|team| self.rank(team)).max()
    }

    /// The role of a user who is in exactly these teams.
    #[must_use]
    pub fn role_of<'a>(&self, teams: impl IntoIterator<Item = &'a str>) -> Role<'_> {
        match (self.highest(teams), self.choices.unmapped) {
            (Some(rank), _) => self.order.get(rank).map_or(Role::None, |role| Role::Is(role)),
            (None, UnmappedRole::Lowest) => self.order.first().map_or(Role::None, |role| Role::Is(role)),
            (None, UnmappedRole::None) => Role::None,
            (None, UnmappedRole::Keep) => Role::Kept,
        }
    }

    /// Whether two team names are one (CATALOG-032, CATALOG-033): after NFC and without case, never trimmed.
    #[must_use]
    pub fn same(&self, one: &str, other: &str) -> bool {
        let folded = |name: &str| name.nfc().collect::<String>().to_lowercase().nfc().collect::<String>();
        match self.choices.names {
            MappedNames::Exact => one == other,
            MappedNames::Folded => folded(one) == folded(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::profile::Profile;

    fn documented() -> RoleMapping {
        RoleMapping::new(&Profile::named("coalesce-catalog").unwrap().roles, RoleChoices::default()).unwrap()
    }

    #[test]
    fn the_highest_role_wins_in_all_sixteen_team_sets() {
        let mapping = documented();
        let teams: Vec<_> = mapping.teams().collect();
        assert_eq!(teams, ["dev", "marketing", "sales", "founders"]);
        for bits in 0_u32..16 {
            let set: Vec<&str> = (0..4).filter(|n| bits & (1 << n) != 0).map(|n| teams[n]).collect();
            let expected = match bits {
                8.. => "ADMIN",
                2..8 => "CONTRIBUTOR",
                _ => "VIEWER",
            };
            assert_eq!(mapping.role_of(set.iter().copied()), Role::Is(expected), "{set:?}");
        }
    }

    #[test]
    fn every_choice_has_its_reading() {
        let neutral = RoleChoices { unmapped: UnmappedRole::None, ..RoleChoices::default() };
        let lowest = RoleChoices { unmapped_team: UnmappedTeam::Lowest, ..neutral };
        let rows: [(RoleChoices, &[&str], Role); 12] = [
            (RoleChoices::default(), &["interns"], Role::Is("VIEWER")),
            (RoleChoices { unmapped: UnmappedRole::None, ..RoleChoices::default() }, &["interns"], Role::None),
            (RoleChoices { unmapped: UnmappedRole::Keep, ..RoleChoices::default() }, &[], Role::Kept),
            (neutral, &["interns"], Role::None),
            (lowest, &["interns"], Role::Is("VIEWER")),
            (lowest, &[], Role::None),
            (RoleChoices::default(), &["FOUNDERS"], Role::Is("ADMIN")),
            (RoleChoices { names: MappedNames::Exact, ..RoleChoices::default() }, &["FOUNDERS"], Role::Is("VIEWER")),
            (RoleChoices::default(), &["founders "], Role::Is("VIEWER")),
            (RoleChoices::default(), &["cafe\u{301}"], Role::Is("CONTRIBUTOR")),
            (RoleChoices::default(), &["both"], Role::Is("ADMIN")),
            (RoleChoices { conflict: TeamConflict::Last, ..RoleChoices::default() }, &["both"], Role::Is("VIEWER")),
        ];
        for (choices, teams, expected) in rows {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let document = vec![
                ("ADMIN".to_owned(), names(&["founders", "both"])),
                ("CONTRIBUTOR".to_owned(), names(&["caf\u{e9}"])),
                ("VIEWER".to_owned(), names(&["both"])),
            ];
            let roles = Profile::named("coalesce-catalog").unwrap().roles;
            let mapping = RoleMapping::new(&roles, choices).unwrap().with(document);
            assert_eq!(mapping.role_of(teams.iter().copied()), expected, "{choices:?} {teams:?}");
        }
        assert_eq!(RoleMapping::new(&[], RoleChoices::default()), None);
        for (empty_role, refused) in [(EmptyRole::Legal, false), (EmptyRole::Refused, true)] {
            let choices = RoleChoices { empty_role, ..RoleChoices::default() };
            let mapping = RoleMapping::new(&Profile::named("coalesce-catalog").unwrap().roles, choices).unwrap();
            assert!(!mapping.has_refused_role());
            assert_eq!(mapping.with(vec![("ADMIN".to_owned(), Vec::new())]).has_refused_role(), refused);
        }
    }

    /// Any partial function from eight teams to the three roles, some teams under several.
    fn mappings() -> impl Strategy<Value = RoleMapping> {
        proptest::collection::vec(0_u8..8, 8).prop_map(|teams| {
            let roles = documented().roles().to_vec();
            let under = |role: usize| {
                let with = teams.iter().enumerate().filter(move |(_, roles)| *roles & (1 << role) != 0);
                with.map(|(n, _)| format!("t{n}")).collect::<Vec<_>>()
            };
            documented().with(roles.iter().enumerate().map(|(n, role)| (role.clone(), under(n))).collect())
        })
    }

    fn names(bits: u16) -> Vec<String> {
        (0..10).filter(|n| bits & (1 << n) != 0).map(|n| format!("t{n}")).collect()
    }

    fn rank(mapping: &RoleMapping, bits: u16) -> Option<usize> {
        let teams = names(bits);
        mapping.highest(teams.iter().map(String::as_str))
    }

    proptest! {
        #[test]
        fn the_role_is_a_join_homomorphism_monotone_and_idempotent(m in mappings(), a in 0_u16..1024, b in 0_u16..1024) {
            prop_assert_eq!(rank(&m, a | b), rank(&m, a).max(rank(&m, b)));
            prop_assert!(rank(&m, a) <= rank(&m, a | b));
            prop_assert_eq!(rank(&m, a | a), rank(&m, a));
        }

        #[test]
        fn a_team_outside_the_mapping_is_neutral(m in mappings(), a in 0_u16..256) {
            prop_assert_eq!(rank(&m, a | 256), rank(&m, a));
            prop_assert_eq!(rank(&m, 512), None);
        }

        #[test]
        fn the_order_of_the_document_does_not_matter(m in mappings(), a in 0_u16..1024) {
            let turned = m.with(m.document().iter().rev().cloned().collect());
            prop_assert_eq!(rank(&turned, a), rank(&m, a));
        }
    }
}

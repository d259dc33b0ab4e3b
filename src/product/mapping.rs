//! The role mapping: which team gives which role (CATALOG-020 to CATALOG-041). Reading the document, its faults with JSON
//! pointers, its warnings, and the role of a set of teams. It knows nothing of users.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::refusal::{Refusal, pointer_part};
use crate::profile::{
    EmptyRole, MalformedMapping, MappedNames, RoleChoices, RoleRule, TeamConflict, TeamRename, UnmappedTeam,
};
use crate::scim::Object;

/// A group as the mapping sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The group's id.
    pub id: String,
    /// Its `displayName`.
    pub name: String,
}

/// A mapping in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The role names, the lowest first.
    ladder: Vec<String>,
    /// In the order of the document.
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    rank: usize,
    teams: Vec<MappedTeam>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct MappedTeam {
    name: String,
    /// The groups that had the name when the mapping met them (`rename = "bound"`); empty before that.
    bound: Vec<String>,
}

impl Mapping {
    /// The mapping of a profile; `None` where it has none (CATALOG-020).
    #[must_use]
    pub fn of_rules(rules: &[RoleRule]) -> Option<Self> {
        let rule = |(rank, rule): (usize, &RoleRule)| Rule {
            rank,
            teams: rule.teams.iter().map(|name| MappedTeam { name: name.clone(), bound: Vec::new() }).collect(),
        };
        let ladder = rules.iter().map(|rule| rule.name.clone()).collect();
        (!rules.is_empty()).then(|| Self { ladder, rules: rules.iter().enumerate().map(rule).collect() })
    }

    /// Reads a mapping document, `{"VIEWER": ["dev"]}`, for roles that stand in `ladder` lowest first; answers it with
    /// warnings.
    ///
    /// # Errors
    /// 400 with a pointer: no JSON object, an unknown role, a role twice, teams that are no array of non-empty texts
    /// (CATALOG-040); of these, where the profile says so, only the first, the others are left out with a warning. Where
    /// the profile says so also a team under two roles (CATALOG-026) and a role without teams (CATALOG-041).
    pub fn parse(text: &str, ladder: &[String], choices: &RoleChoices) -> Result<(Self, Vec<String>), Refusal> {
        let members = ordered(text)?;
        let mut rules: Vec<Rule> = Vec::new();
        let mut left_out = Vec::new();
        let mut wrong = |refusal: Refusal| match choices.malformed {
            MalformedMapping::Refused => Err(refusal),
            MalformedMapping::ValidPart => {
                let at = refusal.pointer.as_deref().unwrap_or_default();
                left_out.push(format!("{at} is left out: {}", refusal.description));
                Ok(())
            }
        };
        for (role, teams) in &members {
            let at = pointer_part(role);
            let Some(rank) = ladder.iter().position(|name| name == role) else {
                wrong(Refusal::invalid(&at, format!("no such role; known: {}", ladder.join(", "))))?;
                continue;
            };
            if rules.iter().any(|rule| rule.rank == rank) {
                wrong(Refusal::invalid(at, "this role stands twice in the mapping"))?;
                continue;
            }
            let Some(teams) = teams.as_array() else {
                wrong(Refusal::invalid(&at, "an array of team names is wanted"))?;
                continue;
            };
            let mut rule = Rule { rank, teams: Vec::new() };
            for (index, team) in teams.iter().enumerate() {
                match team.as_str() {
                    Some(name) if !name.is_empty() => {
                        rule.teams.push(MappedTeam { name: name.to_owned(), bound: Vec::new() });
                    }
                    _ => wrong(Refusal::invalid(
                        format!("{at}/{index}"),
                        "a team name, a text that is not empty, is wanted",
                    ))?,
                }
            }
            if rule.teams.is_empty() && choices.empty_role == EmptyRole::Refused {
                return Err(Refusal::invalid(at, "a role without teams; leave it out"));
            }
            rules.push(rule);
        }
        let mapping = Self { ladder: ladder.to_vec(), rules };
        left_out.extend(mapping.warnings(choices)?);
        Ok((mapping, left_out))
    }

    /// Demands that every mapped team exists (CATALOG-029, second reading).
    ///
    /// # Errors
    /// 400 with a pointer to the first team of which there is no group.
    pub fn needs(&self, groups: &[Team], choices: &RoleChoices) -> Result<(), Refusal> {
        let known: HashSet<String> = groups.iter().map(|group| key(&group.name, choices.names)).collect();
        for rule in &self.rules {
            if let Some(index) = rule.teams.iter().position(|team| !known.contains(&key(&team.name, choices.names))) {
                let at = format!("{}/{index}", pointer_part(self.name(rule.rank)));
                return Err(Refusal::invalid(at, "there is no team of this name"));
            }
        }
        Ok(())
    }

    fn warnings(&self, choices: &RoleChoices) -> Result<Vec<String>, Refusal> {
        let mut seen: Vec<(String, usize)> = Vec::new();
        let mut warnings = Vec::new();
        for rule in &self.rules {
            for (index, team) in rule.teams.iter().enumerate() {
                let key = key(&team.name, choices.names);
                let Some((_, first)) = seen.iter().find(|(other, _)| *other == key) else {
                    seen.push((key, rule.rank));
                    continue;
                };
                let (one, other) = (self.name(*first), self.name(rule.rank));
                if *first == rule.rank {
                    warnings.push(format!("team {:?} stands twice under {other}", team.name));
                    continue;
                }
                let outcome = match choices.conflict {
                    TeamConflict::Highest => "the highest counts",
                    TeamConflict::Last => "the last counts",
                    TeamConflict::Refused => {
                        let at = format!("{}/{index}", pointer_part(other));
                        return Err(Refusal::invalid(at, format!("this team stands under {one} too")));
                    }
                };
                warnings.push(format!("team {:?} stands under {one} and {other}: {outcome}", team.name));
            }
        }
        Ok(warnings)
    }

    /// The role that these teams give: the highest of theirs (CATALOG-022); `None` if none of them gives any.
    #[must_use]
    pub fn role_of(&self, teams: &[Team], choices: &RoleChoices) -> Option<&str> {
        teams.iter().filter_map(|team| self.rank_of(team, choices)).max().map(|rank| self.name(rank))
    }

    /// The lowest role of all (CATALOG-027).
    #[must_use]
    pub fn lowest(&self) -> Option<&str> {
        self.ladder.first().map(String::as_str)
    }

    fn rank_of(&self, team: &Team, choices: &RoleChoices) -> Option<usize> {
        let name = key(&team.name, choices.names);
        let means = |mapped: &MappedTeam| match choices.rename {
            TeamRename::Bound if !mapped.bound.is_empty() => mapped.bound.contains(&team.id),
            _ => key(&mapped.name, choices.names) == name,
        };
        let mut ranks = self.rules.iter().filter(|rule| rule.teams.iter().any(means)).map(|rule| rule.rank);
        let mapped = match choices.conflict {
            TeamConflict::Last => ranks.next_back(),
            TeamConflict::Highest | TeamConflict::Refused => ranks.max(),
        };
        // CATALOG-028: the lowest role has rank 0.
        mapped.or((choices.unmapped_team == UnmappedTeam::Lowest).then_some(0))
    }

    fn name(&self, rank: usize) -> &str {
        self.ladder.get(rank).map_or("", String::as_str)
    }

    /// Binds mapped teams to the groups of their names, where renaming must not matter (CATALOG-030): a team keeps the
    /// groups that it met as long as one of them exists.
    pub fn bind(&mut self, groups: &[Team], choices: &RoleChoices) {
        for team in self.rules.iter_mut().flat_map(|rule| &mut rule.teams) {
            team.bound.retain(|id| groups.iter().any(|group| group.id == *id));
            if team.bound.is_empty() {
                let wanted = key(&team.name, choices.names);
                let same = groups.iter().filter(|group| key(&group.name, choices.names) == wanted);
                team.bound = same.map(|group| group.id.clone()).collect();
            }
        }
    }

    /// The document, in its order.
    #[must_use]
    pub fn document(&self) -> Object {
        let teams = |rule: &Rule| rule.teams.iter().map(|team| Value::from(team.name.as_str())).collect();
        self.rules.iter().map(|rule| (self.name(rule.rank).to_owned(), Value::Array(teams(rule)))).collect()
    }
}

/// How a team name is compared: exactly, or after NFC and case folding, and never trimmed (CATALOG-032, CATALOG-033).
#[must_use]
pub fn key(name: &str, names: MappedNames) -> String {
    match names {
        MappedNames::Exact => name.to_owned(),
        MappedNames::Folded => name.nfc().flat_map(folded).nfc().collect(),
    }
}

/// Full case folding of a character. Upper case brings letters together that lower case keeps apart (`ß`, final sigma);
/// the dotless i is the one letter that it would bring together with another one.
fn folded(c: char) -> Vec<char> {
    match c {
        'ı' => vec![c],
        'ẞ' => vec!['s', 's'],
        _ => c.to_uppercase().flat_map(char::to_lowercase).collect(),
    }
}

/// The members of a JSON object in their order, with repeated names.
fn ordered(text: &str) -> Result<Vec<(String, Value)>, Refusal> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object of role names and team names")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).and_then(|members| reader.end().map(|()| members));
    members.map_err(|error| Refusal::invalid("", format!("no mapping: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder() -> Vec<String> {
        ["VIEWER", "CONTRIBUTOR", "ADMIN"].map(Into::into).to_vec()
    }

    fn teams(names: &[&str]) -> Vec<Team> {
        names.iter().map(|name| Team { id: format!("id-{name}"), name: (*name).to_owned() }).collect()
    }

    #[test]
    fn malformed_documents_are_refused_where_they_are_wrong() {
        let strict = RoleChoices { conflict: TeamConflict::Refused, ..RoleChoices::default() };
        for (choices, text, pointer) in [
            (RoleChoices::default(), r#"{"OWNER": ["dev"]}"#, "/OWNER"),
            (RoleChoices::default(), r#"{"a/b~c": []}"#, "/a~1b~0c"),
            (RoleChoices::default(), r#"{"viewer": ["dev"]}"#, "/viewer"),
            (RoleChoices::default(), r#"{"VIEWER": "dev"}"#, "/VIEWER"),
            (RoleChoices::default(), r#"{"VIEWER": null}"#, "/VIEWER"),
            (RoleChoices::default(), r#"{"VIEWER": ["dev", 7]}"#, "/VIEWER/1"),
            (RoleChoices::default(), r#"{"VIEWER": [""]}"#, "/VIEWER/0"),
            (RoleChoices::default(), r#"{"VIEWER": ["dev"], "ADMIN": [], "VIEWER": ["ops"]}"#, "/VIEWER"),
            (RoleChoices::default(), "[]", ""),
            (RoleChoices::default(), "null", ""),
            (RoleChoices::default(), "{} {}", ""),
            (strict, r#"{"VIEWER": ["ops", "dev"], "ADMIN": ["it", "DEV"]}"#, "/ADMIN/1"),
        ] {
            let refusal = Mapping::parse(text, &ladder(), &choices).unwrap_err();
            assert_eq!((refusal.status, refusal.pointer.as_deref()), (400, Some(pointer)), "{text}");
        }
    }

    #[test]
    fn a_team_under_two_roles_is_settled_as_the_profile_says() {
        let text = r#"{"ADMIN": ["dev"], "VIEWER": ["dev"], "CONTRIBUTOR": ["ops"]}"#;
        for (conflict, role, warnings) in [(TeamConflict::Highest, "ADMIN", 1), (TeamConflict::Last, "VIEWER", 1)] {
            let choices = RoleChoices { conflict, ..RoleChoices::default() };
            let (mapping, said) = Mapping::parse(text, &ladder(), &choices).unwrap();
            assert_eq!(mapping.role_of(&teams(&["dev"]), &choices), Some(role), "{conflict:?}");
            assert_eq!(said.len(), warnings, "{said:?}");
            assert_eq!(Value::Object(mapping.document()), serde_json::from_str::<Value>(text).unwrap());
        }
    }

    #[test]
    fn the_valid_part_is_taken_where_the_profile_says_so() {
        let choices = RoleChoices { malformed: MalformedMapping::ValidPart, ..RoleChoices::default() };
        for (text, document, warnings) in [
            (r#"{"OWNER": ["dev"], "ADMIN": ["ops"]}"#, r#"{"ADMIN": ["ops"]}"#, 1),
            (r#"{"VIEWER": "dev"}"#, "{}", 1),
            (r#"{"VIEWER": ["dev", 7, ""]}"#, r#"{"VIEWER": ["dev"]}"#, 2),
            (r#"{"VIEWER": ["dev"], "VIEWER": ["ops"]}"#, r#"{"VIEWER": ["dev"]}"#, 1),
        ] {
            let (mapping, said) = Mapping::parse(text, &ladder(), &choices).unwrap();
            assert_eq!(Value::Object(mapping.document()), serde_json::from_str::<Value>(document).unwrap(), "{text}");
            assert_eq!(said.len(), warnings, "{said:?}");
        }
        assert_eq!(Mapping::parse("[]", &ladder(), &choices).unwrap_err().status, 400);
    }

    #[test]
    fn what_a_mapping_must_not_leave_open_is_refused_where_the_profile_says_so() {
        let choices = RoleChoices { empty_role: EmptyRole::Refused, ..RoleChoices::default() };
        let refusal = Mapping::parse(r#"{"VIEWER": ["dev"], "ADMIN": []}"#, &ladder(), &choices).unwrap_err();
        assert_eq!(refusal.pointer.as_deref(), Some("/ADMIN"));
        let (mapping, _) = Mapping::parse(r#"{"VIEWER": ["dev", "ops"]}"#, &ladder(), &choices).unwrap();
        assert_eq!(mapping.needs(&teams(&["Dev"]), &choices).unwrap_err().pointer.as_deref(), Some("/VIEWER/1"));
        assert_eq!(mapping.needs(&teams(&["OPS", "dev"]), &choices), Ok(()));
    }

    #[test]
    fn an_empty_role_and_an_absent_one_are_the_same() {
        let choices = RoleChoices::default();
        for text in [r#"{"ADMIN": []}"#, "{}"] {
            let (mapping, warnings) = Mapping::parse(text, &ladder(), &choices).unwrap();
            assert_eq!(mapping.role_of(&teams(&["dev"]), &choices), None);
            assert_eq!((mapping.lowest(), warnings), (Some("VIEWER"), Vec::new()));
        }
    }

    #[test]
    fn team_names_are_compared_as_the_profile_says() {
        let exact = RoleChoices { names: MappedNames::Exact, ..RoleChoices::default() };
        for (mapped, team, folded, exactly) in [
            ("founders", "founders", true, true),
            ("founders", "Founders", true, false),
            ("founders", "founders ", false, false),
            ("josé", "JOSE\u{301}", true, false),
            ("straße", "STRASSE", true, false),
            ("STRAẞE", "straße", true, false),
            ("οδος", "ΟΔΟΣ", true, false),
            ("ıstanbul", "ISTANBUL", false, false),
            ("ａdmins", "admins", false, false),
        ] {
            for (choices, same) in [(RoleChoices::default(), folded), (exact, exactly)] {
                let text = serde_json::json!({ "ADMIN": [mapped] }).to_string();
                let (mapping, _) = Mapping::parse(&text, &ladder(), &choices).unwrap();
                assert_eq!(mapping.role_of(&teams(&[team]), &choices).is_some(), same, "{mapped} {team} {choices:?}");
            }
        }
    }

    #[test]
    fn a_bound_team_keeps_its_group_until_that_is_gone() {
        let choices = RoleChoices { rename: TeamRename::Bound, ..RoleChoices::default() };
        let (mut mapping, _) = Mapping::parse(r#"{"ADMIN": ["founders"]}"#, &ladder(), &choices).unwrap();
        let named = |id: &str, name: &str| Team { id: id.into(), name: name.into() };
        let role = |mapping: &Mapping, team: &Team| mapping.role_of(std::slice::from_ref(team), &choices).is_some();
        mapping.bind(&[named("1", "founders")], &choices);
        let groups = [named("1", "owners"), named("2", "founders")];
        mapping.bind(&groups, &choices);
        assert!(role(&mapping, &groups[0]) && !role(&mapping, &groups[1]));
        mapping.bind(&groups[1..], &choices);
        assert!(role(&mapping, &groups[1]));
        let by_name = RoleChoices::default();
        assert_eq!(mapping.role_of(&groups[..1], &by_name), None);
    }
}

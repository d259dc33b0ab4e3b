//! The roles of an organization's users: the mapping, what must be remembered of each user, and the one function that
//! joins both by the choices of the profile. It knows nothing of how teams are read.

use std::collections::HashMap;

use super::account::Source;
use super::mapping::{Mapping, Team};
use crate::profile::{DeletedTeam, InactiveRole, ManualRole, ReplacedMapping, RoleChoices, UnmappedRole, WhenApplied};

/// Where a user's role comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleSource {
    /// A team.
    Mapping,
    /// Somebody set it by hand.
    Manual,
    /// No team, nobody: what the profile gives then.
    Default,
}

impl RoleSource {
    /// Its word in A7.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Manual => "manual",
            Self::Default => "default",
        }
    }
}

/// A user's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `VIEWER`; `None` is no role.
    pub name: Option<String>,
    /// Where it comes from.
    pub source: RoleSource,
}

impl Role {
    const NONE: Self = Self { name: None, source: RoleSource::Default };
}

/// What is remembered of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Memory {
    /// Set by hand.
    manual: Option<String>,
    /// The last role that a team gave (`unmapped = "keep"`).
    held: Option<String>,
    /// The role of the last run of the script (`when = "on-apply"`).
    applied: Option<Role>,
    /// What stood after the last change (`deleted_team = "kept"`, `inactive = "frozen"`).
    stood: Option<Stood>,
}

/// A role and the teams it stood with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stood {
    /// By id.
    teams: Vec<Team>,
    role: Role,
    /// A team of the user was deleted, and nothing else has happened to the user's teams since.
    kept: bool,
}

/// What a run of the script did (A6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Users that were looked at.
    pub evaluated: usize,
    /// Users whose role is another one now.
    pub changed: usize,
    /// Counts mappings and runs.
    pub generation: u64,
}

/// A user whose role is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// Who made the user: teams decide for synchronized users only (CATALOG-037).
    pub source: Source,
    /// Whether the user is active: a frozen role stands while it is not (CATALOG-036).
    pub active: bool,
    /// The user's teams, as far as they count.
    pub teams: Vec<Team>,
}

/// The roles of an organization.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    mapping: Option<Mapping>,
    /// Put, and in force from the next run of the script on (`replaced = "on-apply"`).
    pending: Option<Mapping>,
    memory: HashMap<String, Memory>,
    generation: u64,
}

impl Roles {
    /// Roles by a mapping, or none.
    #[must_use]
    pub fn new(mapping: Option<Mapping>) -> Self {
        Self { mapping, ..Self::default() }
    }

    /// The mapping that was put last: the one in force, or the one that will be.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        self.pending.as_ref().or(self.mapping.as_ref())
    }

    /// Replaces the mapping as a whole, now or with the next run of the script (CATALOG-039); answers the new generation.
    pub fn put(&mut self, mapping: Mapping, choices: &RoleChoices) -> u64 {
        match choices.replaced {
            ReplacedMapping::OnApply => self.pending = Some(mapping),
            ReplacedMapping::AtOnce => {
                (self.mapping, self.pending) = (Some(mapping), None);
                self.release();
            }
        }
        self.generation += 1;
        self.generation
    }

    /// Whether any user can have a role at all.
    #[must_use]
    pub fn any(&self) -> bool {
        self.mapping.is_some() || self.memory.values().any(|memory| memory.manual.is_some())
    }

    /// Sets or takes a role by hand.
    pub fn set_manual(&mut self, id: &str, role: Option<String>) {
        self.memory.entry(id.to_owned()).or_default().manual = role;
    }

    /// Forgets a user.
    pub fn forget(&mut self, id: &str) {
        self.memory.remove(id);
    }

    /// The user's role.
    #[must_use]
    pub fn of(&self, person: &Person, choices: &RoleChoices) -> Role {
        let memory = self.memory.get(&person.id);
        let manual = memory.and_then(|memory| memory.manual.clone());
        let by_hand = |name: String| Role { name: Some(name), source: RoleSource::Manual };
        let Some(mapping) = self.mapping.as_ref().filter(|_| person.source == Source::Scim) else {
            return manual.map_or(Role::NONE, by_hand);
        };
        match (manual, choices.manual, choices.when) {
            // Until the script runs again, a role set by hand stands.
            (Some(name), ManualRole::Kept, _) | (Some(name), _, WhenApplied::OnApply) => by_hand(name),
            (None, _, WhenApplied::OnApply) => memory.and_then(|m| m.applied.clone()).unwrap_or(Role::NONE),
            (_, _, WhenApplied::AtOnce) => standing(mapping, memory, person, choices),
        }
    }

    /// Deleted teams give their people nothing any more.
    fn release(&mut self) {
        self.memory.values_mut().filter_map(|memory| memory.stood.as_mut()).for_each(|stood| stood.kept = false);
    }

    /// Notes what the users' teams give now, where a later role depends on it; `groups` are those that there were
    /// after `people` were read: a team that is not among them was deleted, any other was left.
    pub fn note(&mut self, people: &[Person], groups: &[Team], choices: &RoleChoices) {
        let Some(mapping) = self.mapping.as_ref() else { return };
        for person in people.iter().filter(|person| person.source == Source::Scim) {
            let memory = self.memory.entry(person.id.clone()).or_default();
            let teams = sorted(&person.teams);
            let kept = memory.stood.as_ref().is_some_and(|stood| {
                let there = |team: &Team| groups.iter().any(|group| group.id == team.id);
                let deleted = stood.teams.iter().any(|team| !there(team));
                choices.deleted_team == DeletedTeam::Kept && (deleted || stood.kept && stood.teams == teams)
            });
            let role = match memory.stood.take() {
                Some(stood) if kept || frozen(person, choices) => stood.role,
                _ => computed(mapping, Some(memory), &person.teams, choices),
            };
            if choices.unmapped == UnmappedRole::Keep && role.source == RoleSource::Mapping {
                memory.held.clone_from(&role.name);
            }
            let kept = kept && !frozen(person, choices);
            memory.stood = remembers(choices).then_some(Stood { teams, role, kept });
        }
    }

    /// Binds mapped teams to groups, where the profile says so.
    pub fn bind(&mut self, groups: &[Team], choices: &RoleChoices) {
        for mapping in [&mut self.mapping, &mut self.pending].into_iter().flatten() {
            mapping.bind(groups, choices);
        }
    }

    /// Runs the script (A6): every synchronized user gets the role of its teams.
    pub fn apply(&mut self, people: &[Person], groups: &[Team], choices: &RoleChoices) -> Applied {
        self.generation += 1;
        let mut done = Applied { generation: self.generation, ..Applied::default() };
        let before: Vec<Role> = people.iter().map(|person| self.of(person, choices)).collect();
        self.mapping = self.pending.take().or(self.mapping.take());
        if self.mapping.is_none() {
            return done;
        }
        self.release();
        self.note(people, groups, choices);
        for (person, before) in people.iter().zip(before).filter(|(person, _)| person.source == Source::Scim) {
            let Some(mapping) = &self.mapping else { continue };
            let role = standing(mapping, self.memory.get(&person.id), person, choices);
            let memory = self.memory.entry(person.id.clone()).or_default();
            if memory.applied.is_none() || !frozen(person, choices) {
                memory.applied = Some(role);
            }
            if choices.manual == ManualRole::Overridden {
                memory.manual = None;
            }
            done.evaluated += 1;
            done.changed += usize::from(self.of(person, choices).name != before.name);
        }
        done
    }
}

/// Whether roles depend on what stood before.
fn remembers(choices: &RoleChoices) -> bool {
    choices.deleted_team == DeletedTeam::Kept || choices.inactive == InactiveRole::Frozen
}

fn frozen(person: &Person, choices: &RoleChoices) -> bool {
    choices.inactive == InactiveRole::Frozen && !person.active
}

fn sorted(teams: &[Team]) -> Vec<Team> {
    let mut teams = teams.to_vec();
    teams.sort_by(|one, other| one.id.cmp(&other.id));
    teams
}

/// What stood before, where the profile lets it stand (CATALOG-031, CATALOG-036), else what the teams give.
fn standing(mapping: &Mapping, memory: Option<&Memory>, person: &Person, choices: &RoleChoices) -> Role {
    let stands = |stood: &&Stood| {
        frozen(person, choices)
            || choices.deleted_team == DeletedTeam::Kept && stood.kept && stood.teams == sorted(&person.teams)
    };
    match memory.and_then(|memory| memory.stood.as_ref()).filter(stands) {
        Some(stood) => stood.role.clone(),
        None => computed(mapping, memory, &person.teams, choices),
    }
}

/// What teams give, and what those get who are in no mapped team (CATALOG-027).
fn computed(mapping: &Mapping, memory: Option<&Memory>, teams: &[Team], choices: &RoleChoices) -> Role {
    if let Some(name) = mapping.role_of(teams, choices) {
        return Role { name: Some(name.to_owned()), source: RoleSource::Mapping };
    }
    let name = match choices.unmapped {
        UnmappedRole::Lowest => mapping.lowest().map(ToOwned::to_owned),
        UnmappedRole::None => None,
        UnmappedRole::Keep => memory.and_then(|memory| memory.held.clone()),
    };
    Role { name, source: RoleSource::Default }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Roles {
        let ladder = ["VIEWER", "CONTRIBUTOR", "ADMIN"].map(Into::into);
        let text = r#"{"VIEWER": ["dev"], "CONTRIBUTOR": ["marketing", "sales"], "ADMIN": ["founders"]}"#;
        Roles::new(Some(Mapping::parse(text, &ladder, &RoleChoices::default()).unwrap().0))
    }

    fn person(source: Source, teams: &[&str]) -> Person {
        let team = |name: &&str| Team { id: (*name).to_owned(), name: (*name).to_owned() };
        Person { id: "1".into(), source, active: true, teams: teams.iter().map(team).collect() }
    }

    #[test]
    fn a_user_in_no_mapped_team_gets_what_the_profile_says() {
        for (unmapped, before, role) in [
            (UnmappedRole::Lowest, "founders", Some("VIEWER")),
            (UnmappedRole::None, "founders", None),
            (UnmappedRole::Keep, "founders", Some("ADMIN")),
            (UnmappedRole::Keep, "interns", None),
        ] {
            let choices = RoleChoices { unmapped, ..RoleChoices::default() };
            let mut roles = roles();
            roles.note(&[person(Source::Scim, &[before])], &[], &choices);
            roles.note(&[person(Source::Scim, &[])], &[], &choices);
            assert_eq!(roles.of(&person(Source::Scim, &[]), &choices).name.as_deref(), role, "{unmapped:?} {before}");
        }
    }

    #[test]
    fn a_role_set_by_hand_stands_where_the_profile_lets_it() {
        for (source, manual, when, before, after) in [
            (Source::Scim, ManualRole::Overridden, WhenApplied::AtOnce, "VIEWER", "VIEWER"),
            (Source::Scim, ManualRole::Overridden, WhenApplied::OnApply, "ADMIN", "VIEWER"),
            (Source::Scim, ManualRole::Kept, WhenApplied::AtOnce, "ADMIN", "ADMIN"),
            (Source::Native, ManualRole::Overridden, WhenApplied::AtOnce, "ADMIN", "ADMIN"),
            (Source::Native, ManualRole::Overridden, WhenApplied::OnApply, "ADMIN", "ADMIN"),
        ] {
            let choices = RoleChoices { manual, when, ..RoleChoices::default() };
            let (mut roles, person) = (roles(), person(source, &["dev"]));
            roles.set_manual("1", Some("ADMIN".into()));
            let shown = |roles: &Roles| roles.of(&person, &choices).name.unwrap();
            assert_eq!(shown(&roles), before, "{source:?} {manual:?} {when:?}");
            roles.apply(std::slice::from_ref(&person), &[], &choices);
            assert_eq!(shown(&roles), after, "{source:?} {manual:?} {when:?}");
        }
    }

    #[test]
    fn the_script_gives_roles_when_it_runs_and_says_what_it_did() {
        let choices = RoleChoices { when: WhenApplied::OnApply, ..RoleChoices::default() };
        let mut roles = roles();
        let dev = person(Source::Scim, &["dev"]);
        assert_eq!(roles.of(&dev, &choices), Role::NONE);
        let done = roles.apply(std::slice::from_ref(&dev), &[], &choices);
        assert_eq!(done, Applied { evaluated: 1, changed: 1, generation: 1 });
        let founder = person(Source::Scim, &["dev", "founders"]);
        assert_eq!(roles.of(&founder, &choices).name.as_deref(), Some("VIEWER"));
        assert_eq!(roles.apply(std::slice::from_ref(&founder), &[], &choices).changed, 1);
        let again = roles.apply(std::slice::from_ref(&founder), &[], &choices);
        assert_eq!(again, Applied { evaluated: 1, changed: 0, generation: 3 });
        assert_eq!(roles.of(&founder, &choices).name.as_deref(), Some("ADMIN"));
    }

    #[test]
    fn without_a_mapping_only_a_hand_gives_a_role() {
        let mut roles = Roles::default();
        let choices = RoleChoices::default();
        let founder = person(Source::Scim, &["founders"]);
        assert_eq!(roles.of(&founder, &choices), Role::NONE);
        assert_eq!(roles.apply(std::slice::from_ref(&founder), &[], &choices).evaluated, 0);
        roles.set_manual("1", Some("ADMIN".into()));
        assert_eq!(roles.of(&founder, &choices).source, RoleSource::Manual);
        roles.forget("1");
        assert_eq!(roles.of(&founder, &choices), Role::NONE);
    }
}

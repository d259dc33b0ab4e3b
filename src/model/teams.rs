//! Users, teams and their roles as a state machine: what every user's role must be after every change. It knows nothing
//! of requests.

use std::collections::BTreeSet;

use super::role::{Role, RoleMapping};
use crate::profile::{DeletedTeam, InactiveRole, MissingTeam, NestedTeams, ReplacedMapping, TeamRename};

/// A change of the state. Users and teams are named by the position of what created them; one that is not there is left
/// alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamChange {
    /// A further user.
    User,
    /// A further team with these members.
    Team(String, BTreeSet<usize>),
    /// These users join.
    Join(usize, BTreeSet<usize>),
    /// These users leave.
    Leave(usize, BTreeSet<usize>),
    /// The team has exactly these users.
    Set(usize, BTreeSet<usize>),
    /// The team gets another name.
    Rename(usize, String),
    /// The team is gone (CATALOG-031).
    Delete(usize),
    /// The second team becomes a member of the first (CATALOG-035).
    Nest(usize, usize),
    /// The user is deactivated or activated (CATALOG-036).
    Active(usize, bool),
    /// Another mapping is put, and in force now or with the next run of the script (CATALOG-039).
    Mapping(RoleMapping),
    /// The script is run (CATALOG-038).
    Apply,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// The name that the mapping knows it by, where renaming does not count (CATALOG-030, second reading).
    bound: String,
    /// Its users.
    pub users: BTreeSet<usize>,
    teams: BTreeSet<usize>,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whether the user may sign in.
    pub active: bool,
    /// The role, `Some(None)` for none; `None` while it cannot be known.
    role: Option<Option<String>>,
}

/// The state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teams {
    mapping: RoleMapping,
    /// Put, but not yet in force.
    pending: Option<RoleMapping>,
    users: Vec<Member>,
    teams: Vec<Option<Team>>,
}

impl Teams {
    /// Nobody in no team.
    #[must_use]
    pub fn new(mapping: RoleMapping) -> Self {
        Self { mapping, pending: None, users: Vec::new(), teams: Vec::new() }
    }

    /// The mapping in force.
    #[must_use]
    pub const fn mapping(&self) -> &RoleMapping {
        &self.mapping
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &[Member] {
        &self.users
    }

    /// How many teams were ever created.
    #[must_use]
    pub fn created(&self) -> usize {
        self.teams.len()
    }

    /// The n-th team, while it exists.
    #[must_use]
    pub fn team(&self, team: usize) -> Option<&Team> {
        self.teams.get(team)?.as_ref()
    }

    /// The role of a user, `Some(None)` for none; `None` while it cannot be known.
    #[must_use]
    pub fn role(&self, user: usize) -> Option<Option<&str>> {
        self.users.get(user)?.role.as_ref().map(Option::as_deref)
    }

    /// The names that count for a user, one for each team.
    #[must_use]
    pub fn names_of(&self, user: usize) -> Vec<&str> {
        self.teams_of(user).into_iter().map(|(_, name)| name).collect()
    }

    /// Whether the product refuses a mapping for the teams that there are: it names one of which there is none
    /// (CATALOG-029, second reading).
    #[must_use]
    pub fn misses_team(&self, mapping: &RoleMapping) -> bool {
        let known = |name: &str| self.teams.iter().flatten().any(|team| mapping.same(&team.name, name));
        mapping.choices().missing_team == MissingTeam::Refused && !mapping.teams().all(known)
    }

    /// A user's teams by number, each with the name that counts.
    fn teams_of(&self, user: usize) -> Vec<(usize, &str)> {
        let holds = |n: usize, team: &Team| team.users.contains(&user) || self.reaches(n, user, &mut BTreeSet::new());
        let teams = self.teams.iter().enumerate().filter_map(|(n, team)| Some((n, team.as_ref()?)));
        teams
            .filter(|(n, team)| holds(*n, team))
            .map(|(n, team)| match self.mapping.choices().rename {
                TeamRename::NewName => (n, team.name.as_str()),
                TeamRename::Bound => (n, team.bound.as_str()),
            })
            .collect()
    }

    /// Performs a change and computes every role anew that follows it.
    pub fn apply(&mut self, change: &TeamChange) {
        let before = self.clone();
        self.perform(change);
        let follows = |user: usize| !before.knows(user) || self.follows(user, change, &before);
        let roles: Vec<_> =
            (0..self.users.len()).map(|user| if follows(user) { self.computed(user) } else { None }).collect();
        for (member, role) in self.users.iter_mut().zip(roles) {
            if let Some(role) = role {
                member.role = Some(role);
            }
        }
    }

    fn knows(&self, user: usize) -> bool {
        self.users.get(user).is_some_and(|member| member.role.is_some())
    }

    /// Whether a user's role is computed after a change: not while it is frozen (CATALOG-036), and where deleted teams
    /// leave roles behind only when something else happened to the user's teams (CATALOG-031).
    fn follows(&self, user: usize, change: &TeamChange, before: &Self) -> bool {
        let choices = self.mapping.choices();
        let frozen = choices.inactive == InactiveRole::Frozen;
        if frozen && !self.users[user].active {
            return false;
        }
        if choices.deleted_team == DeletedTeam::Recomputed {
            return true;
        }
        match change {
            TeamChange::Delete(_) => false,
            TeamChange::Mapping(_) | TeamChange::Apply => true,
            TeamChange::Active(who, _) if frozen && *who == user => true,
            _ => self.teams_of(user) != before.teams_of(user),
        }
    }

    fn in_force(&mut self, mapping: RoleMapping) {
        self.mapping = mapping;
        for team in self.teams.iter_mut().flatten() {
            team.bound.clone_from(&team.name);
        }
    }

    fn perform(&mut self, change: &TeamChange) {
        match change {
            TeamChange::User => self.users.push(Member { active: true, role: None }),
            TeamChange::Team(name, users) => {
                let team =
                    Team { name: name.clone(), bound: name.clone(), users: users.clone(), teams: BTreeSet::new() };
                self.teams.push(Some(team));
            }
            TeamChange::Join(team, users) => self.change(*team, |team| team.users.extend(users)),
            TeamChange::Leave(team, users) => {
                self.change(*team, |team| team.users.retain(|user| !users.contains(user)))
            }
            TeamChange::Set(team, users) => self.change(*team, |team| {
                team.users.clone_from(users);
                team.teams.clear();
            }),
            TeamChange::Rename(team, name) => self.change(*team, |team| team.name.clone_from(name)),
            TeamChange::Delete(team) => {
                if let Some(place) = self.teams.get_mut(*team) {
                    *place = None;
                }
            }
            TeamChange::Nest(outer, inner) => self.change(*outer, |team| _ = team.teams.insert(*inner)),
            TeamChange::Active(user, active) => {
                if let Some(member) = self.users.get_mut(*user) {
                    member.active = *active;
                }
            }
            TeamChange::Mapping(mapping) => match mapping.choices().replaced {
                ReplacedMapping::AtOnce => self.in_force(mapping.clone()),
                ReplacedMapping::OnApply => self.pending = Some(mapping.clone()),
            },
            TeamChange::Apply => {
                if let Some(mapping) = self.pending.take() {
                    self.in_force(mapping);
                }
            }
        }
    }

    /// The role as it follows from the teams; `None` where it stays what it was.
    fn computed(&self, user: usize) -> Option<Option<String>> {
        match self.mapping.role_of(self.names_of(user)) {
            Role::Is(role) => Some(Some(role.to_owned())),
            Role::None => Some(None),
            Role::Kept => None,
        }
    }

    /// Whether a user is in a team through member groups, where these count.
    fn reaches(&self, team: usize, user: usize, seen: &mut BTreeSet<usize>) -> bool {
        if self.mapping.choices().nested == NestedTeams::Direct || !seen.insert(team) {
            return false;
        }
        let inner = self.team(team).map(|team| team.teams.clone()).unwrap_or_default();
        inner
            .into_iter()
            .any(|n| self.team(n).is_some_and(|team| team.users.contains(&user)) || self.reaches(n, user, seen))
    }

    fn change(&mut self, team: usize, change: impl FnOnce(&mut Team)) {
        if let Some(team) = self.teams.get_mut(team).and_then(Option::as_mut) {
            change(team);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Profile, RoleChoices, UnmappedRole};

    fn teams(choices: RoleChoices) -> Teams {
        Teams::new(RoleMapping::new(&Profile::named("coalesce-catalog").unwrap().roles, choices).unwrap())
    }

    fn one(user: usize) -> BTreeSet<usize> {
        BTreeSet::from([user])
    }

    #[test]
    fn roles_follow_the_teams_of_now() {
        let mut state = teams(RoleChoices::default());
        let rows = [
            (TeamChange::User, "VIEWER"),
            (TeamChange::Team("Founders".into(), one(0)), "ADMIN"),
            (TeamChange::Team("sales".into(), one(0)), "ADMIN"),
            (TeamChange::Rename(0, "owners".into()), "CONTRIBUTOR"),
            (TeamChange::Active(0, false), "CONTRIBUTOR"),
            (TeamChange::Rename(0, "founders".into()), "ADMIN"),
            (TeamChange::Leave(0, one(0)), "CONTRIBUTOR"),
            (TeamChange::Nest(0, 1), "CONTRIBUTOR"),
            (TeamChange::Delete(1), "VIEWER"),
            (TeamChange::Set(0, one(0)), "ADMIN"),
            (
                TeamChange::Mapping(state.mapping().with(vec![("CONTRIBUTOR".into(), vec!["founders".into()])])),
                "CONTRIBUTOR",
            ),
        ];
        for (change, role) in rows {
            state.apply(&change);
            assert_eq!(state.role(0), Some(Some(role)), "{change:?}");
        }
    }

    #[test]
    fn the_other_readings_hold_too() {
        let mut keep = teams(RoleChoices { unmapped: UnmappedRole::Keep, ..RoleChoices::default() });
        keep.apply(&TeamChange::User);
        assert_eq!(keep.role(0), None, "a role that was never given cannot be known");
        keep.apply(&TeamChange::Team("founders".into(), one(0)));
        keep.apply(&TeamChange::Delete(0));
        assert_eq!(keep.role(0), Some(Some("ADMIN")));
        let choices =
            RoleChoices { rename: TeamRename::Bound, nested: NestedTeams::Transitive, ..RoleChoices::default() };
        let mut other = teams(choices);
        other.apply(&TeamChange::User);
        other.apply(&TeamChange::Team("founders".into(), BTreeSet::new()));
        other.apply(&TeamChange::Rename(0, "owners".into()));
        other.apply(&TeamChange::Team("inner".into(), one(0)));
        other.apply(&TeamChange::Nest(0, 1));
        other.apply(&TeamChange::Nest(1, 0));
        assert_eq!(other.role(0), Some(Some("ADMIN")));
    }

    #[test]
    fn a_role_stands_where_the_profile_lets_it() {
        let kept = RoleChoices { deleted_team: DeletedTeam::Kept, ..RoleChoices::default() };
        let frozen = RoleChoices { inactive: InactiveRole::Frozen, ..RoleChoices::default() };
        let later = RoleChoices { replaced: ReplacedMapping::OnApply, ..RoleChoices::default() };
        let swapped = |state: &Teams| {
            let lists = [("VIEWER", "founders"), ("ADMIN", "dev")];
            let lists = lists.map(|(role, team)| (role.to_owned(), vec![team.to_owned()]));
            TeamChange::Mapping(state.mapping().with(lists.to_vec()))
        };
        let swap = swapped(&teams(later));
        let rows: [(RoleChoices, &[(TeamChange, &str)]); 3] = [
            (
                kept,
                &[
                    (TeamChange::Delete(0), "ADMIN"),
                    (TeamChange::Active(0, false), "ADMIN"),
                    (TeamChange::Apply, "CONTRIBUTOR"),
                    (TeamChange::Delete(1), "CONTRIBUTOR"),
                    (TeamChange::Team("dev".into(), one(0)), "VIEWER"),
                ],
            ),
            (
                frozen,
                &[
                    (TeamChange::Active(0, false), "ADMIN"),
                    (TeamChange::Leave(0, one(0)), "ADMIN"),
                    (TeamChange::Apply, "ADMIN"),
                    (TeamChange::Active(0, true), "CONTRIBUTOR"),
                ],
            ),
            (later, &[(swap, "ADMIN"), (TeamChange::Leave(1, one(0)), "ADMIN"), (TeamChange::Apply, "VIEWER")]),
        ];
        for (choices, changes) in rows {
            let mut state = teams(choices);
            state.apply(&TeamChange::User);
            state.apply(&TeamChange::Team("founders".into(), one(0)));
            state.apply(&TeamChange::Team("sales".into(), one(0)));
            for (change, role) in changes {
                state.apply(change);
                assert_eq!(state.role(0), Some(Some(*role)), "{choices:?} {change:?}");
            }
        }
    }

    #[test]
    fn a_mapping_misses_the_teams_that_are_not_there() {
        for (missing_team, missed) in [(MissingTeam::Allowed, false), (MissingTeam::Refused, true)] {
            let mut state = teams(RoleChoices { missing_team, ..RoleChoices::default() });
            let mapping = state.mapping().with(vec![("ADMIN".into(), vec!["founders".into()])]);
            assert_eq!(state.misses_team(&mapping), missed);
            state.apply(&TeamChange::Team("Founders".into(), BTreeSet::new()));
            assert!(!state.misses_team(&mapping));
        }
    }
}

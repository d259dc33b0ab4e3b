//! Random histories of users and teams: joining and leaving through every channel, renames, deletes, spellings, groups of
//! one name, deactivation, repeats, requests that must not matter. Every write is read back, and so is everybody's role.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::{
    Channel, NEEDS, at_team, create_team, create_user, join, known, laws_of, leave, mapping, members, patch, people,
    read_role, read_team, set, user,
};
use crate::model::{TeamChange, Teams};
use crate::profile::{NestedTeams, UnknownMembers};
use crate::property::script::{Script, Step};
use crate::property::suite::{Case, Cases, Need, Setting, Suite};
use crate::scim::urn;

/// The suite.
pub const SUITE: Suite = Suite {
    name: "role-histories",
    title: "whatever happens to users and teams, everybody's role follows from the teams of now",
    laws: &[
        "PROP-ROLE-01",
        "PROP-ROLE-02",
        "PROP-ROLE-03",
        "PROP-ROLE-04",
        "PROP-ROLE-05",
        "PROP-ROLE-06",
        "PROP-ROLE-08",
        "PROP-ROLE-09",
        "PROP-ROLE-10",
        "PROP-ROLE-11",
        "PROP-ROLE-12",
        "PROP-ROLE-13",
        "PROP-ROLE-15",
        "PROP-ROLE-16",
        "PROP-ROLE-17",
        "PROP-ROLE-18",
        "PROP-ROLE-19",
        "PROP-ROLE-24",
        "PROP-ROLE-25",
        "PROP-ROLE-26",
        "PROP-ROLE-27",
        "CATALOG-009",
        "CATALOG-021",
        "CATALOG-022",
        "CATALOG-023",
        "CATALOG-024",
        "CATALOG-025",
        "CATALOG-027",
        "CATALOG-028",
        "CATALOG-030",
        "CATALOG-031",
        "CATALOG-032",
        "CATALOG-034",
        "CATALOG-035",
        "CATALOG-036",
    ],
    needs: &[NEEDS[0], NEEDS[1], NEEDS[2], NEEDS[3], Need::Capability("patch")],
    cases: Cases::Random { weight: 4, histories },
};

/// The longest history.
const LONGEST: usize = 40;

/// Users of a history.
const USERS: usize = 3;

/// An abstract action. Numbers are taken modulo what there is when it is played.
#[derive(Debug, Clone)]
enum Act {
    User,
    Team { name: usize, members: u8 },
    Join { team: usize, users: u8, channel: Channel },
    Leave { team: usize, users: u8, channel: Channel },
    Set { team: usize, users: u8, channel: Channel },
    Rename { team: usize, name: usize },
    Delete { team: usize },
    Nest { outer: usize, inner: usize },
    Active { user: usize, active: bool },
    Again,
    Body { user: usize },
    External { team: usize },
    Unknown { team: usize, users: u8 },
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let setting = Arc::clone(setting);
    let (team, name, users) = (0..8_usize, 0..16_usize, 0_u8..8);
    let channel = || prop::sample::select(&Channel::ALL[..]);
    let act = prop_oneof![
        2 => Just(Act::User),
        4 => (name.clone(), users.clone()).prop_map(|(name, members)| Act::Team { name, members }),
        5 => (team.clone(), users.clone(), channel()).prop_map(|(team, users, channel)| Act::Join { team, users, channel }),
        4 => (team.clone(), users.clone(), channel()).prop_map(|(team, users, channel)| Act::Leave { team, users, channel }),
        2 => (team.clone(), users.clone(), channel()).prop_map(|(team, users, channel)| Act::Set { team, users, channel }),
        2 => (team.clone(), name).prop_map(|(team, name)| Act::Rename { team, name }),
        1 => team.clone().prop_map(|team| Act::Delete { team }),
        1 => (team.clone(), team.clone()).prop_map(|(outer, inner)| Act::Nest { outer, inner }),
        2 => (0..USERS, any::<bool>()).prop_map(|(user, active)| Act::Active { user, active }),
        1 => Just(Act::Again),
        1 => (0..USERS).prop_map(|user| Act::Body { user }),
        1 => team.clone().prop_map(|team| Act::External { team }),
        1 => (team, users).prop_map(|(team, users)| Act::Unknown { team, users }),
    ];
    // A user and a team to begin with: without them most actions have nothing to act on.
    let begin = (0..16_usize, 0_u8..2).prop_map(|(name, members)| vec![Act::User, Act::Team { name, members }]);
    (begin, prop::collection::vec(act, 0..LONGEST - 1))
        .prop_map(move |(begin, more)| {
            let acts = begin.into_iter().chain(more).collect();
            Box::new(Told { setting: Arc::clone(&setting), acts }) as Box<dyn Case>
        })
        .boxed()
}

/// A history as it is told to a target.
struct Told {
    setting: Arc<Setting>,
    acts: Vec<Act>,
}

impl Case for Told {
    fn script(&self) -> Script {
        Writer::new(&self.setting).map_or_else(Script::default, |writer| writer.write(self.acts.iter()))
    }

    /// One act less, two acts less, or a team that has its member from the start instead of an act. What stands for a team
    /// is tried as it is and as one less: the act that is left out may have made a team before it.
    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let all = 0..self.acts.len();
        let ones = all.clone().map(|n| vec![n]);
        let twos = all.clone().flat_map(|n| (0..n).map(move |m| vec![m, n]));
        let mut smaller: Vec<Vec<Act>> = Vec::new();
        for gaps in ones.chain(twos) {
            let kept = |(n, act): (usize, &Act)| (!gaps.contains(&n)).then(|| act.clone());
            let kept: Vec<Act> = self.acts.iter().enumerate().filter_map(kept).collect();
            smaller.push(kept.iter().map(Act::a_team_less).collect());
            let joined = |n: usize| {
                let mut acts = kept.clone();
                let Act::Team { members: members @ 0, .. } = &mut acts[n] else { return None };
                *members = 1;
                Some(acts)
            };
            smaller.extend((0..kept.len()).filter_map(joined));
            smaller.push(kept);
        }
        // A team that has its later name from the start.
        for n in 0..self.acts.len() {
            let Act::Rename { name: later, .. } = self.acts[n] else { continue };
            for m in 0..n {
                let mut acts = self.acts.clone();
                let Act::Team { name, .. } = &mut acts[m] else { continue };
                *name = later;
                acts.remove(n);
                smaller.push(acts);
            }
        }
        let told = |acts| Box::new(Self { setting: Arc::clone(&self.setting), acts }) as Box<dyn Case>;
        smaller.into_iter().map(told).collect()
    }
}

impl Act {
    /// The same act on the team before.
    fn a_team_less(&self) -> Self {
        let mut act = self.clone();
        match &mut act {
            Self::Join { team, .. }
            | Self::Leave { team, .. }
            | Self::Set { team, .. }
            | Self::Rename { team, .. }
            | Self::Delete { team }
            | Self::External { team }
            | Self::Unknown { team, .. } => *team = team.saturating_sub(1),
            Self::Nest { outer, inner } => {
                (*outer, *inner) = (outer.saturating_sub(1), inner.saturating_sub(1));
            }
            Self::User | Self::Team { .. } | Self::Active { .. } | Self::Again | Self::Body { .. } => {}
        }
        act
    }
}

/// Writes a history.
struct Writer<'a> {
    setting: &'a Setting,
    names: Vec<String>,
    state: Teams,
    script: Script,
    /// The last write, for [`Act::Again`].
    last: Option<(Step, Option<usize>)>,
}

impl<'a> Writer<'a> {
    fn new(setting: &'a Setting) -> Option<Self> {
        let mapping = mapping(setting)?;
        let mut names: Vec<String> = mapping.teams().map(str::to_owned).collect();
        let mapped = names.clone();
        names.extend(["interns", "guests"].map(str::to_owned));
        let first = mapped.iter().take(3);
        names.extend(first.clone().map(|name| name.to_uppercase()));
        names.extend(first.map(|name| format!("{name}s")));
        let title = "everybody's role follows from the teams of now";
        let script = Script::new(title, &people(USERS), &["patch", "groups"]);
        Some(Self { setting, names, state: Teams::new(mapping), script, last: None })
    }

    fn write(mut self, acts: impl Iterator<Item = &'a Act>) -> Script {
        acts.for_each(|act| self.act(act));
        self.script
    }

    fn name(&self, n: usize) -> String {
        self.names[n % self.names.len()].clone()
    }

    /// The users that there are among the bits.
    fn users(&self, bits: u8) -> BTreeSet<usize> {
        (0..self.state.users().len()).filter(|n| bits & (1 << n) != 0).collect()
    }

    /// The team of that number, while there are teams.
    fn team(&self, n: usize) -> Option<usize> {
        let alive: Vec<usize> = (0..self.state.created()).filter(|n| self.state.team(*n).is_some()).collect();
        alive.get(n % alive.len().max(1)).copied()
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::User if self.state.users().len() < USERS => {
                let n = self.state.users().len();
                self.send(create_user(n), &TeamChange::User, Channel::Patch, None);
            }
            Act::Team { name, members } => {
                let (n, name, users) = (self.state.created(), self.name(*name), self.users(*members));
                // A server whose group names are unique refuses the second; that is another law's matter.
                let same = |team: usize| {
                    self.state.team(team).is_some_and(|team| self.state.mapping().same(&team.name, &name))
                };
                if self.setting.profile.switches.group_name_unique && (0..n).any(same) {
                    return;
                }
                let step = create_team(n, &name, &users);
                self.send(step, &TeamChange::Team(name, users), Channel::Post, Some(n));
            }
            Act::Join { team, users, channel } => self.membership(*team, *users, *channel, true),
            Act::Leave { team, users, channel } => self.membership(*team, *users, *channel, false),
            Act::Set { team, users, channel } => {
                let Some(n) = self.team(*team) else { return };
                let users = self.users(*users);
                let channel = if *channel == Channel::Replace { Channel::Replace } else { Channel::Put };
                let step = set(format!("team {n} gets its members"), n, &self.name_of(n), &users, channel);
                self.send(step, &TeamChange::Set(n, users), channel, Some(n));
            }
            Act::Rename { team, name } => {
                let (Some(n), name) = (self.team(*team), self.name(*name)) else { return };
                if self.setting.profile.switches.group_name_unique {
                    return;
                }
                let rename = json!({"op": "replace", "path": "displayName", "value": name});
                let step = patch(format!("rename team {n} to {name}"), &at_team(n), vec![rename]);
                self.send(step, &TeamChange::Rename(n, name), Channel::Patch, Some(n));
            }
            Act::Delete { team } => {
                let Some(n) = self.team(*team) else { return };
                let step = Step::new(format!("delete team {n}"), format!("DELETE {}", at_team(n)));
                self.send(step.judges("PROP-ROLE-17", "status = 204"), &TeamChange::Delete(n), Channel::Patch, None);
                let gone = Step::new(format!("team {n} is gone"), format!("GET {}", at_team(n)));
                self.script.push(gone.judges("PROP-ROLE-17", "status = 404"));
                self.last = None;
            }
            Act::Nest { outer, inner } => self.nest(*outer, *inner),
            Act::Active { user, active } => {
                let n = *user;
                if n >= self.state.users().len() {
                    return;
                }
                let word = if *active { "activate" } else { "deactivate" };
                let change = json!({"op": "replace", "path": "active", "value": active});
                let step = patch(format!("{word} user {n}"), &at_user(n), vec![change]);
                self.send(step, &TeamChange::Active(n, *active), Channel::Patch, None);
            }
            Act::Again => {
                let Some((step, team)) = self.last.clone() else { return };
                self.script.push(step);
                team.into_iter().for_each(|n| self.team_as_known(n, "PROP-ROLE-11"));
                self.everybody("PROP-ROLE-11");
            }
            Act::Body { user } => self.body(*user),
            Act::External { team } => {
                let Some(n) = self.team(*team) else { return };
                let change = json!({"op": "replace", "path": "externalId", "value": format!("{{{{ run.organization }}}}-ext-{n}")});
                self.script.push(patch(format!("give team {n} another externalId"), &at_team(n), vec![change]));
                self.team_as_known(n, "PROP-ROLE-27");
                self.everybody("PROP-ROLE-27");
            }
            Act::Unknown { team, users } => self.unknown(*team, *users),
            Act::User => {}
        }
    }

    fn name_of(&self, team: usize) -> String {
        self.state.team(team).map(|team| team.name.clone()).unwrap_or_default()
    }

    fn membership(&mut self, team: usize, users: u8, channel: Channel, joins: bool) {
        let Some(n) = self.team(team) else { return };
        let now = self.state.team(n).map(|team| team.users.clone()).unwrap_or_default();
        let moving: BTreeSet<usize> =
            self.users(users).into_iter().filter(|user| now.contains(user) != joins).collect();
        if moving.is_empty() {
            return;
        }
        let all: BTreeSet<usize> =
            if joins { now.union(&moving).copied().collect() } else { now.difference(&moving).copied().collect() };
        let whole = matches!(channel, Channel::Replace | Channel::Put | Channel::Post);
        let name = self.name_of(n);
        let step = if joins { join(n, &name, &moving, &all, channel) } else { leave(n, &name, &moving, &all, channel) };
        let change = match (whole, joins) {
            (true, _) => TeamChange::Set(n, all),
            (false, true) => TeamChange::Join(n, moving),
            (false, false) => TeamChange::Leave(n, moving),
        };
        self.send(step, &change, channel, Some(n));
    }

    /// A team becomes a member of another; its users gain nothing (or what the other gives, where that is declared).
    fn nest(&mut self, outer: usize, inner: usize) {
        let (Some(outer), Some(inner)) = (self.team(outer), self.team(inner)) else { return };
        let transitive = self.state.mapping().choices().nested == NestedTeams::Transitive;
        // Rings of groups are no matter of roles.
        if inner >= outer || transitive && outer == inner {
            return;
        }
        let value = json!([{"value": format!("{{{{ t{inner} }}}}"), "type": "Group"}]);
        let add = json!({"op": "add", "path": "members", "value": value});
        let step = patch(format!("team {inner} becomes a member of team {outer}"), &at_team(outer), vec![add]);
        self.send(step, &TeamChange::Nest(outer, inner), Channel::Patch, None);
        let read = Step::new(format!("read team {outer}"), format!("GET {}", at_team(outer)));
        self.script.push(read.judges("CATALOG-035", format!("at = \"members.value\", has = \"{{{{ t{inner} }}}}\"")));
        self.last = None;
    }

    /// A client writes roles into the user: nobody's mapped role changes.
    fn body(&mut self, n: usize) {
        let Some(top) = self.state.mapping().roles().last().cloned() else { return };
        if n >= self.state.users().len() {
            return;
        }
        let active = self.state.users()[n].active;
        let body = json!({
            "schemas": [urn::USER],
            "userName": format!("{{{{ p{n}.identifier }}}}"),
            "active": active,
            "roles": [{"value": top, "primary": true}],
            "entitlements": [{"value": top}],
            "userType": top,
        });
        let step = Step::new(format!("put roles into user {n}"), format!("PUT {}", at_user(n))).body(body.to_string());
        self.script.push(step.judges("PROP-ROLE-19", "status = [200, 400]"));
        self.everybody("PROP-ROLE-19");
    }

    /// A push names a member that does not exist, beside known ones.
    fn unknown(&mut self, team: usize, users: u8) {
        let Some(n) = self.team(team) else { return };
        let users = self.users(users);
        let mut value = members(&users);
        if let Some(list) = value.as_array_mut() {
            list.push(json!({"value": "{{ random.uuid }}"}));
        }
        let body =
            json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": value}]});
        let step = Step::new(format!("add an unknown member to team {n}"), format!("PATCH {}", at_team(n)));
        let step = step.body(body.to_string());
        match self.setting.profile.switches.unknown_members {
            UnknownMembers::Refuse => {
                self.script.push(step.judges("PROP-ROLE-26", "status = [400, 404]"));
                self.team_as_known(n, "PROP-ROLE-26");
                self.everybody("PROP-ROLE-26");
            }
            UnknownMembers::Keep => {
                self.script.push(step.judges("PROP-ROLE-26", "status = [200, 204]"));
                self.state.apply(&TeamChange::Join(n, users));
                self.team_as_known(n, "PROP-ROLE-26");
                self.everybody("PROP-ROLE-26");
            }
        }
    }

    /// Sends a write, changes the state, reads the team and everybody's role.
    fn send(&mut self, step: Step, change: &TeamChange, channel: Channel, team: Option<usize>) {
        let before = self.state.clone();
        self.state.apply(change);
        // What creates cannot be repeated: it would create once more.
        let creates = matches!(change, TeamChange::User | TeamChange::Team(..));
        self.last = (!creates).then(|| {
            let mut again = step.clone();
            again.name = format!("once more: {}", step.name);
            (again, team)
        });
        self.script.push(step);
        if let Some(n) = team {
            self.team_as_known(n, "CATALOG-009");
        }
        for n in 0..self.state.users().len() {
            let laws = laws_of(&before, &self.state, n, change, channel);
            let step = read_role(self.setting, n, &laws, known(self.state.role(n)));
            self.script.push(step);
        }
    }

    fn team_as_known(&mut self, n: usize, requirement: &str) {
        let users = self.state.team(n).map(|team| team.users.clone()).unwrap_or_default();
        let everybody = (0..self.state.users().len()).collect();
        self.script.push(read_team(n, requirement, &users, &everybody));
    }

    /// Reads everybody's role after a request that must not matter.
    fn everybody(&mut self, law: &str) {
        for n in 0..self.state.users().len() {
            let laws = format!("PROP-ROLE-01 {law}");
            let step = read_role(self.setting, n, &laws, known(self.state.role(n)));
            self.script.push(step);
        }
    }
}

fn at_user(n: usize) -> String {
    format!("/Users/{{{{ {} }}}}", user(n))
}

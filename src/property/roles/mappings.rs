//! Random sequences of mappings over fixed teams: other presentations of one mapping, swaps, refused documents, replaced
//! while somebody reads, roles set by hand. They need an organization of their own.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::table::numbered;
use super::{NEEDS, create_team, create_user, home, known, look_at_role, mapping, people, read_role, read_team, user};
use crate::model::{RoleMapping, TeamChange, Teams};
use crate::profile::{MalformedMapping, ManualRole, ReplacedMapping, TeamConflict};
use crate::property::script::{Script, Step, basic};
use crate::property::suite::{Case, Cases, Need, Setting, Suite};

/// The suite.
pub const SUITE: Suite = Suite {
    name: "role-mappings",
    title: "whatever mapping is put, refused or replaced, everybody's role follows from the one in force",
    laws: &[
        "PROP-ROLE-01",
        "PROP-ROLE-07",
        "PROP-ROLE-09",
        "PROP-ROLE-11",
        "PROP-ROLE-12",
        "PROP-ROLE-14",
        "PROP-ROLE-20",
        "PROP-ROLE-21",
        "CATALOG-025",
        "CATALOG-026",
        "CATALOG-029",
        "CATALOG-037",
        "CATALOG-038",
        "CATALOG-039",
        "CATALOG-040",
        "CATALOG-041",
    ],
    needs: &[NEEDS[0], NEEDS[1], NEEDS[2], Need::Admin, Need::Product("CATALOG")],
    cases: Cases::Random { weight: 2, histories },
};

/// The teams; the last is of no group until [`Act::Late`].
const TEAMS: [&str; 4] = ["dev", "marketing", "sales", "founders"];

/// Roles whose mappings of one team are tried when a history is made smaller.
const ROLES: usize = 3;

/// Users of a history.
const USERS: usize = 3;

/// An abstract action.
#[derive(Debug, Clone)]
enum Act {
    /// A mapping: for every team a digit, 0 for none; and whether a team may be listed under a second role.
    Put { number: usize, second: Option<usize> },
    /// The same mapping, keys and teams in another order, a team twice, an empty list.
    Present { turn: bool, twice: bool, empty: bool },
    /// The lists of two roles change places.
    Swap { one: usize, other: usize },
    /// The very same request.
    Again,
    /// A document that must be refused.
    Bad { kind: usize },
    /// Another mapping, while roles are read.
    Race { number: usize },
    /// The role is set by hand, then the script runs.
    ByHand { user: usize, role: usize },
    /// The group of a name that is mapped already appears.
    Late { users: u8 },
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let setting = Arc::clone(setting);
    let act = prop_oneof![
        4 => (0..256_usize, prop::option::weighted(0.2, 0..12_usize)).prop_map(|(number, second)| Act::Put { number, second }),
        2 => any::<(bool, bool, bool)>().prop_map(|(turn, twice, empty)| Act::Present { turn, twice, empty }),
        2 => (0..3_usize, 0..3_usize).prop_map(|(one, other)| Act::Swap { one, other }),
        1 => Just(Act::Again),
        2 => (0..5_usize).prop_map(|kind| Act::Bad { kind }),
        1 => (0..256_usize).prop_map(|number| Act::Race { number }),
        1 => (0..USERS, 0..3_usize).prop_map(|(user, role)| Act::ByHand { user, role }),
        1 => (0_u8..8).prop_map(|users| Act::Late { users }),
    ];
    // The first teams have these members.
    let sets = prop::collection::vec(0_u8..8, 0..=3);
    (1..=USERS, sets, prop::collection::vec(act, 1..10))
        .prop_map(move |(users, sets, acts)| {
            Box::new(Told { setting: Arc::clone(&setting), users, sets, acts }) as Box<dyn Case>
        })
        .boxed()
}

/// A history; a smaller one has a team or a user less, or leaves an act out.
#[derive(Clone)]
struct Told {
    setting: Arc<Setting>,
    users: usize,
    sets: Vec<u8>,
    acts: Vec<Act>,
}

impl Case for Told {
    fn script(&self) -> Script {
        let writer = Writer::new(&self.setting);
        writer.map_or_else(Script::default, |writer| writer.write(self.users, &self.sets, &self.acts))
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let mut smaller = Vec::new();
        if self.sets.len() > 1 {
            smaller.push(Self { sets: self.sets[..self.sets.len() - 1].to_vec(), ..self.clone() });
            // What the first team does may need the members of the second.
            smaller.push(Self { sets: self.sets[1..].to_vec(), ..self.clone() });
        }
        if self.users > 1 {
            smaller.push(Self { users: self.users - 1, ..self.clone() });
        }
        let acts = 0..self.acts.len();
        smaller.extend(acts.clone().filter(|_| acts.len() > 1).map(|gap| {
            let mut acts = self.acts.clone();
            acts.remove(gap);
            Self { acts, ..self.clone() }
        }));
        // Another mapping may show the same with one team and one member.
        let seconds = || std::iter::once(None).chain((0..ROLES).map(Some));
        let numbers = (1..=ROLES).flat_map(|number| seconds().map(move |second| (number, second)));
        let simple: Vec<Act> = numbers.map(|(number, second)| Act::Put { number, second }).collect();
        let puts = acts.filter(|n| matches!(self.acts[*n], Act::Put { .. }));
        smaller.extend(puts.flat_map(|n| {
            simple.iter().map(move |act| {
                let mut acts = self.acts.clone();
                acts[n] = act.clone();
                Self { acts, sets: vec![1], ..self.clone() }
            })
        }));
        smaller.into_iter().map(|told| Box::new(told) as Box<dyn Case>).collect()
    }
}

/// Writes a history.
struct Writer<'a> {
    setting: &'a Setting,
    state: Teams,
    script: Script,
    last: Option<Step>,
}

impl<'a> Writer<'a> {
    fn new(setting: &'a Setting) -> Option<Self> {
        let empty = mapping(setting)?.with(Vec::new());
        let script = Script::new("everybody's role follows from the mapping in force", &people(USERS), &["groups"]);
        Some(Self { setting, state: Teams::new(empty), script, last: None })
    }

    fn write(mut self, users: usize, sets: &[u8], acts: &[Act]) -> Script {
        home::make(&mut self.script, self.setting);
        let blank = mapping(self.setting).map(|mapping| mapping.with(Vec::new()));
        let Some(blank) = blank else { return Script::default() };
        self.put("put a mapping without teams", &blank, "CATALOG-041");
        for n in 0..users {
            self.script.push(home::at(create_user(n)));
            self.state.apply(&TeamChange::User);
        }
        sets.iter().enumerate().for_each(|(n, bits)| self.team(n, *bits));
        acts.iter().for_each(|act| self.act(act));
        self.everybody("PROP-ROLE-01");
        self.script
    }

    fn team(&mut self, n: usize, bits: u8) {
        let everybody: BTreeSet<usize> = (0..self.state.users().len()).collect();
        let users: BTreeSet<usize> = everybody.iter().copied().filter(|user| bits & (1 << user) != 0).collect();
        self.script.push(home::at(create_team(n, TEAMS[n], &users)));
        self.script.push(home::at(read_team(n, "PROP-ROLE-01", &users, &everybody)));
        self.state.apply(&TeamChange::Team(TEAMS[n].to_owned(), users));
    }

    fn act(&mut self, act: &Act) {
        let now = self.state.mapping().clone();
        match act {
            Act::Put { number, second } => {
                let mut document = numbered(&now, *number).document().to_vec();
                let Some(place) = second else {
                    return self.put_all("put a mapping", &now.with(document), "PROP-ROLE-09 CATALOG-029 CATALOG-039");
                };
                let (role, team) = (place % document.len(), TEAMS[place / document.len()].to_owned());
                if !document[role].1.contains(&team) {
                    document[role].1.push(team);
                }
                let under =
                    |team: &str| document.iter().filter(|(_, teams)| teams.iter().any(|name| name == team)).count();
                let twice = TEAMS.iter().any(|team| under(team) > 1);
                if twice && now.choices().conflict == TeamConflict::Refused {
                    let step = home::put("put a team under two roles", &json_of(&document));
                    self.script.push(step.judges("CATALOG-026", "status = 400"));
                    return self.everybody("PROP-ROLE-21");
                }
                self.put_all("put a team under two roles", &now.with(document), "CATALOG-026");
            }
            Act::Present { turn, twice, empty } => {
                let mut document = now.document().to_vec();
                if *twice {
                    document.iter_mut().for_each(|(_, teams)| teams.extend(teams.first().cloned()));
                }
                // The order of keys counts where the last entry of a team wins.
                if *turn && now.choices().conflict != TeamConflict::Last {
                    document.reverse();
                    document.iter_mut().for_each(|(_, teams)| teams.reverse());
                }
                if *empty {
                    document.retain(|(_, teams)| !teams.is_empty());
                }
                self.put_all(
                    "put the same mapping written otherwise",
                    &now.with(document),
                    "PROP-ROLE-07 CATALOG-025 CATALOG-041",
                );
            }
            Act::Swap { one, other } => {
                let mut document: Vec<(String, Vec<String>)> =
                    now.roles().iter().map(|role| (role.clone(), teams_of(&now, role))).collect();
                let (one, other) = (*one % document.len(), *other % document.len());
                let kept = document[one].1.clone();
                document[one].1 = std::mem::replace(&mut document[other].1, kept);
                self.put_all(
                    "swap the lists of two roles",
                    &now.with(document),
                    "PROP-ROLE-12 PROP-ROLE-14 CATALOG-039",
                );
            }
            Act::Again => {
                let Some(step) = self.last.clone() else { return };
                self.script.push(step);
                self.everybody("PROP-ROLE-11");
            }
            Act::Bad { kind } => {
                let (text, valid) = BAD[*kind % BAD.len()];
                let step = home::put_text("put a mapping that is none", text.to_owned());
                let takes = now.choices().malformed == MalformedMapping::ValidPart;
                match valid.filter(|_| takes) {
                    None => {
                        self.script.push(step.judges("CATALOG-040", "status = 400"));
                        self.everybody("PROP-ROLE-21 CATALOG-040");
                    }
                    Some(part) => {
                        let part =
                            part.iter().map(|(role, teams)| ((*role).into(), teams.iter().map(|it| (*it).into())));
                        let part = part.map(|(role, teams)| (role, teams.collect())).collect();
                        self.put_step(step, &now.with(part), "CATALOG-040");
                        self.everybody("CATALOG-040");
                    }
                }
            }
            Act::Race { number } => self.race(&numbered(&now, *number)),
            Act::ByHand { user, role } => self.by_hand(*user, *role),
            Act::Late { users } => {
                if self.state.created() < TEAMS.len() {
                    self.team(self.state.created(), *users);
                    self.everybody("PROP-ROLE-09 CATALOG-029");
                }
            }
        }
    }

    fn put(&mut self, name: &str, mapping: &RoleMapping, laws: &str) {
        self.put_step(home::put(name, &json_of(mapping.document())), mapping, laws);
    }

    /// Sends a step that puts a mapping: it is taken and comes into force, or is refused and changes nothing.
    fn put_step(&mut self, step: Step, mapping: &RoleMapping, laws: &str) {
        if self.refused(mapping) {
            let laws = if mapping.has_refused_role() { "CATALOG-041" } else { "CATALOG-029" };
            self.last = None;
            self.script.push(step.judges(laws, "status = 400"));
            return;
        }
        let step = step.judges(laws, "status = 200");
        self.script.push(step.clone());
        self.state.apply(&TeamChange::Mapping(mapping.clone()));
        // Once more it is the next run of the script that counts.
        self.last = (mapping.choices().replaced == ReplacedMapping::AtOnce).then_some(step);
        if mapping.choices().replaced == ReplacedMapping::OnApply {
            self.everybody("CATALOG-039");
            self.script.push(home::apply());
            self.state.apply(&TeamChange::Apply);
        }
    }

    fn refused(&self, mapping: &RoleMapping) -> bool {
        mapping.has_refused_role() || self.state.misses_team(mapping)
    }

    fn put_all(&mut self, name: &str, mapping: &RoleMapping, laws: &str) {
        self.put(name, mapping, laws);
        self.everybody(laws);
    }

    /// Replaces the mapping while everybody's role is read: each is the old or the new one.
    fn race(&mut self, mapping: &RoleMapping) {
        if self.refused(mapping) || mapping.choices().replaced == ReplacedMapping::OnApply {
            return self.put_all("replace the mapping", mapping, "CATALOG-039");
        }
        let label = format!("race {}", self.script.requests());
        let before = self.state.clone();
        self.state.apply(&TeamChange::Mapping(mapping.clone()));
        let step = home::put("replace the mapping", &json_of(mapping.document()));
        self.script.push(step.judges("CATALOG-039", "status = 200").together(&label));
        for n in 0..self.state.users().len() {
            let read = home::at(look_at_role(
                self.setting,
                n,
                "PROP-ROLE-21",
                &format!("read the role of user {n} meanwhile"),
            ));
            let read = read.together(&label);
            self.script.push(match (before.role(n), self.state.role(n)) {
                (Some(Some(old)), Some(Some(new))) => {
                    let address = basic(self.setting.role_address());
                    let test = format!("at = {address}, any-of = [{}, {}]", basic(old), basic(new));
                    read.judges("PROP-ROLE-21", test)
                }
                _ => read,
            });
        }
        self.last = None;
        self.everybody("PROP-ROLE-21 CATALOG-039");
    }

    /// Sets a role by hand and runs the script: the mapping wins, or the hand where that is declared.
    fn by_hand(&mut self, n: usize, role: usize) {
        let n = n % self.state.users().len();
        let roles = self.state.mapping().roles();
        let role = roles[role % roles.len()].clone();
        if self.state.mapping().choices().manual == ManualRole::Kept {
            return;
        }
        let line = format!("PATCH /admin/v1/users/{{{{ {} }}}}", user(n));
        let step = Step::new(format!("set the role of user {n} by hand"), line).on("admin");
        let step = step.body(json!({"role": role}).to_string()).unread("the script runs next");
        self.script.push(step.judges("CATALOG-037", "status = 200"));
        self.script.push(home::apply());
        self.everybody("PROP-ROLE-20 CATALOG-037");
    }

    fn everybody(&mut self, laws: &str) {
        let laws = if laws.contains("PROP-ROLE-01") { laws.to_owned() } else { format!("PROP-ROLE-01 {laws}") };
        for n in 0..self.state.users().len() {
            let step = read_role(self.setting, n, &laws, known(self.state.role(n)));
            self.script.push(home::at(step));
        }
    }
}

/// Roles and their teams.
type Lists = &'static [(&'static str, &'static [&'static str])];

/// Documents that are no mapping, each with what can be taken of it, if anything (CATALOG-040).
const BAD: [(&str, Option<Lists>); 5] = [
    (r#"{"OWNER": ["dev"]}"#, Some(&[])),
    (r#"{"ADMIN": "dev", "VIEWER": ["sales"]}"#, Some(&[("VIEWER", &["sales"])])),
    (r#"{"ADMIN": ["", "dev"]}"#, Some(&[("ADMIN", &["dev"])])),
    (r#"{"ADMIN": ["dev"], "ADMIN": ["sales"]}"#, Some(&[("ADMIN", &["dev"])])),
    (r#"["ADMIN"]"#, None),
];

fn teams_of(mapping: &RoleMapping, role: &str) -> Vec<String> {
    mapping.document().iter().filter(|(name, _)| name == role).flat_map(|(_, teams)| teams.clone()).collect()
}

fn json_of(document: &[(String, Vec<String>)]) -> Vec<(String, Value)> {
    document.iter().map(|(role, teams)| (role.clone(), Value::from(teams.clone()))).collect()
}

//! The same abstract changes in the words of several identity providers end in the same state (PROP-DIAL-01). What each
//! provider sends is a table; where the target does not declare a leniency, its client's form that needs none is sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::script::{Script, Step};
use super::suite::{Case, Cases, Need, Setting, Suite};
use crate::model::Rules;
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "dialects",
    title: "the same changes in the words of two identity providers end in the same state",
    laws: &["PROP-DIAL-01"],
    needs: &[Need::Capability("patch")],
    cases: Cases::Random { weight: 3, histories },
};

/// How a change of a user is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// PUT of the whole user.
    Put,
    /// PATCH with a path.
    Path,
    /// PATCH without path.
    NoPath,
    /// PATCH with a path, booleans as text.
    Text(&'static str, &'static str),
}

/// How a change of members is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Members {
    /// One operation, an array of those concerned.
    Array,
    /// `members[value eq "…"]`
    Filter,
    /// `replace` with the full list.
    Full,
    /// PUT of the whole group.
    Put,
}

/// What a provider's client sends.
struct Dialect {
    name: &'static str,
    /// `Add`, `Replace`, `Remove`.
    capitals: bool,
    /// It sends `id`, `meta` and the like with a create.
    read_only: bool,
    update: Change,
    state: Change,
    join: Members,
    leave: Members,
    rename_group: Change,
}

const DIALECTS: [Dialect; 7] = [
    Dialect {
        name: "okta",
        capitals: false,
        read_only: true,
        update: Change::Put,
        state: Change::NoPath,
        join: Members::Array,
        leave: Members::Filter,
        rename_group: Change::NoPath,
    },
    Dialect {
        name: "entra",
        capitals: true,
        read_only: false,
        update: Change::Path,
        state: Change::Text("True", "False"),
        join: Members::Array,
        leave: Members::Array,
        rename_group: Change::Path,
    },
    Dialect {
        name: "ping",
        capitals: false,
        read_only: false,
        update: Change::Put,
        state: Change::Put,
        join: Members::Array,
        leave: Members::Filter,
        rename_group: Change::Path,
    },
    Dialect {
        name: "jumpcloud",
        capitals: false,
        read_only: false,
        update: Change::Put,
        state: Change::Path,
        join: Members::Array,
        leave: Members::Filter,
        rename_group: Change::Put,
    },
    Dialect {
        name: "onelogin",
        capitals: false,
        read_only: true,
        update: Change::Put,
        state: Change::Path,
        join: Members::Array,
        leave: Members::Full,
        rename_group: Change::Path,
    },
    Dialect {
        name: "keycloak",
        capitals: false,
        read_only: false,
        update: Change::Path,
        state: Change::Text("true", "false"),
        join: Members::Put,
        leave: Members::Full,
        rename_group: Change::Path,
    },
    Dialect {
        name: "authentik",
        capitals: false,
        read_only: false,
        update: Change::Put,
        state: Change::Put,
        join: Members::Array,
        leave: Members::Array,
        rename_group: Change::NoPath,
    },
];

/// How many users a plan has; it has one group.
const USERS: usize = 3;

const GIVEN: [&str; 3] = ["Mara", "Zo\u{eb}", "O'Shea"];

/// An abstract change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Create(usize),
    Update(usize, usize),
    State(usize, bool),
    Delete(usize),
    Group,
    RenameGroup(usize),
    Join(usize),
    Leave(usize),
}

fn plans(groups: bool) -> BoxedStrategy<Plan> {
    let user = 0..USERS;
    let users = prop_oneof![
        4 => user.clone().prop_map(Plan::Create),
        2 => (user.clone(), 0..GIVEN.len()).prop_map(|(user, given)| Plan::Update(user, given)),
        3 => (user.clone(), any::<bool>()).prop_map(|(user, to)| Plan::State(user, to)),
        1 => user.clone().prop_map(Plan::Delete),
    ];
    if !groups {
        return users.boxed();
    }
    prop_oneof![
        6 => users,
        2 => Just(Plan::Group),
        1 => (0..2_usize).prop_map(Plan::RenameGroup),
        3 => user.clone().prop_map(Plan::Join),
        2 => user.prop_map(Plan::Leave),
    ]
    .boxed()
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let groups = setting.lacks(&[Need::Capability("groups")]).is_none();
    let setting = Arc::clone(setting);
    // Two dialects; one of them is enough to show that it ends in another state than planned.
    let pair = proptest::sample::subsequence((0..DIALECTS.len()).collect::<Vec<_>>(), 1..=2);
    (pair, proptest::collection::vec(plans(groups), 1..=12))
        .prop_map(move |(pair, plan)| script(&setting, &pair, &plan).into())
        .boxed()
}

/// A user as planned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    given: usize,
    active: bool,
}

/// What is planned so far.
#[derive(Debug, Clone, Default)]
struct State {
    users: [Option<Person>; USERS],
    /// The group's name, and its members.
    group: Option<(usize, BTreeSet<usize>)>,
}

/// One dialect's side of a script.
struct Side<'a> {
    script: &'a mut Script,
    setting: &'a Setting,
    dialect: &'static Dialect,
    /// Letter of its people.
    letter: char,
    state: State,
    /// Deleted ones are not created again: their name may stay taken.
    deleted: BTreeSet<usize>,
}

fn script(setting: &Setting, dialects: &[usize], plan: &[Plan]) -> Script {
    let letters = ['a', 'b'];
    let people: Vec<String> =
        letters.iter().flat_map(|letter| (0..USERS).map(move |user| format!("{letter}{user}"))).collect();
    let names: Vec<&str> = dialects.iter().map(|n| DIALECTS[*n].name).collect();
    let title = format!("a plan in the words of {} ends as planned", names.join(" and of "));
    let mut script = Script::new(&title, &people, &["patch"]);
    for (n, letter) in dialects.iter().zip(letters) {
        let dialect = &DIALECTS[*n];
        let state = State::default();
        let mut side = Side { script: &mut script, setting, dialect, letter, state, deleted: BTreeSet::new() };
        plan.iter().for_each(|step| side.play(*step));
        side.end();
    }
    script
}

impl Side<'_> {
    /// Sends a change, if there is anything to change.
    fn play(&mut self, plan: Plan) {
        let before = self.state.clone();
        match plan {
            Plan::Create(user) if before.users[user].is_none() && !self.deleted.contains(&user) => {
                self.state.users[user] = Some(Person { given: 0, active: true });
                let mut body = self.user(user);
                if self.dialect.read_only {
                    body["id"] = Value::Null;
                    body["meta"] = json!({"resourceType": "User"});
                    body["groups"] = json!([]);
                }
                let step = Step::new(self.title("create", user), "POST /Users").body(body.to_string()).free();
                let id = self.id(user);
                self.script.push(step.judges(LAW, "status = 201").saves(id, "id"));
            }
            Plan::Update(user, given) if before.users[user].is_some() => {
                self.state.users[user] = before.users[user].clone().map(|person| Person { given, ..person });
                self.change_user(user, self.dialect.update, "name.givenName", &GIVEN[given].into());
            }
            Plan::State(user, to) if before.users[user].as_ref().is_some_and(|person| person.active != to) => {
                self.state.users[user] = before.users[user].clone().map(|person| Person { active: to, ..person });
                self.change_user(user, self.dialect.state, "active", &to.into());
            }
            Plan::Delete(user) if before.users[user].is_some() && self.deletes() => {
                self.state.users[user] = None;
                self.deleted.insert(user);
                if let Some((_, members)) = &mut self.state.group {
                    members.remove(&user);
                }
                let step = Step::new(self.title("delete", user), format!("DELETE /Users/{{{{ {} }}}}", self.id(user)));
                self.script.push(step.judges(LAW, "status = 204"));
            }
            Plan::Group if before.group.is_none() => {
                self.state.group = Some((0, BTreeSet::new()));
                let body = json!({"schemas": [urn::GROUP], "displayName": self.team(0)});
                let step = Step::new("create the group", "POST /Groups").body(body.to_string()).free();
                self.script.push(step.judges(LAW, "status = 201").saves(format!("{}g", self.letter), "id"));
            }
            Plan::RenameGroup(name) => self.rename_group(name),
            Plan::Join(user) if before.users[user].is_some() => self.member(user, true),
            Plan::Leave(user) if before.users[user].is_some() => self.member(user, false),
            _ => {}
        }
    }

    fn deletes(&self) -> bool {
        self.setting.profile.users.deletion == crate::profile::Deletion::Hard
    }

    fn rename_group(&mut self, name: usize) {
        let Some((old, members)) = self.state.group.clone().filter(|(old, _)| *old != name) else { return };
        let _ = old;
        self.state.group = Some((name, members));
        let team = self.team(name);
        let operation = match self.dialect.rename_group {
            Change::Put => return self.put_group("rename the group"),
            Change::NoPath => json!({"op": "replace", "value": {"displayName": team}}),
            Change::Path | Change::Text(..) => json!({"op": self.op("replace"), "path": "displayName", "value": team}),
        };
        self.patch("rename the group".to_owned(), format!("/Groups/{{{{ {}g }}}}", self.letter), &operation);
    }

    /// Sends a change of a user, as it stands in the state already.
    fn change_user(&mut self, user: usize, change: Change, path: &str, value: &Value) {
        let (title, target) = (self.title("change", user), format!("/Users/{{{{ {} }}}}", self.id(user)));
        let loose = Rules::of(&self.setting.profile).string_booleans == Some(true);
        let operation = match (change, path.split_once('.')) {
            (Change::Put, _) => {
                let step = Step::new(title, format!("PUT {target}")).body(self.user(user).to_string());
                self.script.push(step.judges(LAW, "status = [200, 204]"));
                return;
            }
            (Change::NoPath, Some((outer, inner))) => json!({"op": "replace", "value": {outer: {inner: value}}}),
            (Change::NoPath, None) => json!({"op": "replace", "value": {path: value}}),
            (Change::Text(yes, no), _) if loose && value.is_boolean() => {
                let text = if value == &Value::Bool(true) { yes } else { no };
                json!({"op": self.op("replace"), "path": path, "value": text})
            }
            (Change::Path | Change::Text(..), _) => json!({"op": self.op("replace"), "path": path, "value": value}),
        };
        self.patch(title, target, &operation);
    }

    fn member(&mut self, user: usize, joins: bool) {
        let Some((_, members)) = &mut self.state.group else { return };
        if !(if joins { members.insert(user) } else { members.remove(&user) }) {
            return;
        }
        let left: Vec<usize> = members.iter().copied().collect();
        let value = |user: &usize| json!({"value": format!("{{{{ {}u{user} }}}}", self.letter)});
        let all: Vec<Value> = left.iter().map(value).collect();
        let one = json!([value(&user)]);
        let listed = Rules::of(&self.setting.profile).remove_listed == Some(true);
        let title = self.title(if joins { "join" } else { "leave" }, user);
        let operation = match (if joins { self.dialect.join } else { self.dialect.leave }, joins) {
            (Members::Put, _) => return self.put_group(&title),
            (Members::Full, false) if all.is_empty() => json!({"op": "remove", "path": "members"}),
            (Members::Full, _) => json!({"op": "replace", "path": "members", "value": all}),
            (_, true) => json!({"op": self.op("add"), "path": "members", "value": one}),
            (Members::Array, false) if listed => json!({"op": self.op("remove"), "path": "members", "value": one}),
            (_, false) => {
                let path = format!("members[value eq \"{{{{ {}u{user} }}}}\"]", self.letter);
                json!({"op": self.op("remove"), "path": path})
            }
        };
        self.patch(title, format!("/Groups/{{{{ {}g }}}}", self.letter), &operation);
    }

    fn patch(&mut self, title: String, target: String, operation: &Value) {
        let operation = self.setting.addressed(operation.clone());
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        let step = Step::new(title, format!("PATCH {target}")).body(body.to_string());
        self.script.push(step.judges(LAW, "status = [200, 204]"));
    }

    fn put_group(&mut self, title: &str) {
        let Some((name, members)) = &self.state.group else { return };
        let member = |user: &usize| json!({"value": format!("{{{{ {}u{user} }}}}", self.letter)});
        let members: Vec<Value> = members.iter().map(member).collect();
        let body = json!({"schemas": [urn::GROUP], "displayName": self.team(*name), "members": members});
        let step = Step::new(title, format!("PUT /Groups/{{{{ {}g }}}}", self.letter)).body(body.to_string());
        self.script.push(step.judges(LAW, "status = [200, 204]"));
    }

    /// Reads everything: it is as planned.
    fn end(&mut self) {
        let ends = self.state.clone();
        for user in 0..USERS {
            let step = Step::new(self.title("read", user), format!("GET /Users/{{{{ {} }}}}", self.id(user)));
            if let Some(person) = &ends.users[user] {
                let step = step.judges(LAW, format!("at = \"active\", is = {}", person.active));
                self.script
                    .push(step.judges(LAW, format!("at = \"name.givenName\", is = \"{}\"", GIVEN[person.given])));
            } else if self.deleted.contains(&user) {
                self.script.push(step.judges(LAW, "status = 404"));
            }
        }
        if let Some((name, members)) = &ends.group {
            let step = Step::new("read the group", format!("GET /Groups/{{{{ {}g }}}}", self.letter));
            let step = step.judges(LAW, format!("at = \"displayName\", is = \"{}\"", self.team(*name)));
            // Whoever was deleted may still be listed; who is there must be right.
            let living = (0..USERS).filter(|user| ends.users[*user].is_some());
            let step = living.fold(step, |step, user| {
                let word = if members.contains(&user) { "has" } else { "has-not" };
                step.judges(LAW, format!("at = \"members.value\", {word} = \"{{{{ {}u{user} }}}}\"", self.letter))
            });
            self.script.push(step);
        }
    }

    /// The whole user as planned.
    fn user(&self, user: usize) -> Value {
        let person = |field: &str| format!("{{{{ {}{user}.{field} }}}}", self.letter);
        let state = self.state.users[user].clone().unwrap_or(Person { given: 0, active: true });
        let name = json!({"givenName": GIVEN[state.given], "familyName": person("familyName")});
        json!({
            "schemas": [urn::USER],
            "userName": person("identifier"),
            "externalId": format!("{{{{ run.marker }}}}-{}{user}", self.letter),
            "name": name,
            "displayName": person("displayName"),
            "emails": [{"value": person("email"), "type": "work", "primary": true}],
            "active": state.active,
        })
    }

    /// An operation's name as the client writes it, where the target takes that.
    fn op(&self, word: &str) -> String {
        let takes = !self.setting.profile.open && self.setting.profile.switches.patch.op_any_case;
        match word.split_at_checked(1) {
            Some((first, rest)) if self.dialect.capitals && takes => format!("{}{rest}", first.to_uppercase()),
            _ => word.to_owned(),
        }
    }

    fn title(&self, verb: &str, user: usize) -> String {
        format!("{}: {verb} user {user}", self.dialect.name)
    }

    fn id(&self, user: usize) -> String {
        format!("{}u{user}", self.letter)
    }

    fn team(&self, name: usize) -> String {
        format!("{{{{ run.marker }}}} {} team {name}", self.letter)
    }
}

const LAW: &str = "PROP-DIAL-01";

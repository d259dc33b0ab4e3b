//! The script of a race: what is there before, the requests at once, and the reads afterwards. Its rows say what single
//! answers may be in any serial order; whether they fit together is the joint judge's.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::joint::{Serial, statuses};
use super::{Joint, OfGroup, OfUser, PLAYS, Race};
use crate::model::{Action, Directory, Draft, Form, Rules, endings};
use crate::property::script::{Script, Step, bare};
use crate::property::suite::Setting;
use crate::scim::urn;

/// The label of what is sent at once.
const AT_ONCE: &str = "at once";

/// How many spellings there are: two of an ASCII name, then one name in both forms of its accented letter.
pub(super) const SPELLINGS: usize = 4;

/// A spelling as the oracle knows it. The name of the last two is another one than that of the first two.
fn known(spelling: usize) -> &'static str {
    ["n0", "N0", "jos\u{e9}", "jose\u{301}"][spelling % SPELLINGS]
}

/// The template of a spelling.
fn template(spelling: usize) -> String {
    match spelling % SPELLINGS {
        0 => "{{ n0.identifier }}".to_owned(),
        1 => "{{ n0.identifier | upper }}".to_owned(),
        _ => format!("{{{{ run.marker }}}}-{}", known(spelling)),
    }
}

/// The template and the oracle's name of somebody.
fn person(n: usize) -> (String, String) {
    (format!("{{{{ n{n}.identifier }}}}"), format!("n{n}"))
}

const GIVEN: [&str; 2] = ["Ines", "Jona"];

struct Writer<'a> {
    setting: &'a Setting,
    script: Script,
    serial: Serial,
}

/// The script of a race.
pub(super) fn script(setting: &Setting, race: &Race) -> Script {
    let people: Vec<String> = (0..8).map(|n| format!("n{n}")).collect();
    let needs: &[&'static str] =
        if let Race::Group(..) = race { &["filter", "patch", "groups"] } else { &["filter", "patch"] };
    let title = format!("at once: {}", race.law());
    let start = Directory::new(Rules::of(&setting.profile));
    let serial = Serial {
        law: race.law(),
        resent: *race == Race::Resent,
        start,
        users: Vec::new(),
        groups: Vec::new(),
        requests: Vec::new(),
        read_users: Vec::new(),
        read_groups: Vec::new(),
        look_ups: Vec::new(),
    };
    let mut writer = Writer { setting, script: Script::new(&title, &people, needs), serial };
    writer.write(race);
    let Writer { mut script, serial, .. } = writer;
    script.plays = PLAYS;
    script.joint = Some(Arc::new(Joint::Serial(Box::new(serial))));
    script
}

impl Writer<'_> {
    /// A user's body with what the profile demands.
    fn user(&self, name: &str, person: usize) -> Value {
        let mut body = json!({"schemas": [urn::USER], "userName": name});
        for required in &self.setting.profile.users.required {
            match required.as_str() {
                "displayName" => body["displayName"] = "Mara Berg".into(),
                "name.givenName" => body["name"]["givenName"] = "Mara".into(),
                "name.familyName" => body["name"]["familyName"] = "Berg".into(),
                "emails" | "emails.value" => body["emails"] = mail(person),
                _ => {}
            }
        }
        body
    }

    /// Somebody who is there before.
    fn begin_with(&mut self, n: usize) {
        let (template, known) = person(n);
        let body = self.user(&template, n).to_string();
        let step = Step::new(format!("create user {n}"), "POST /Users").body(body).saves(format!("u{n}"), "id");
        self.serial.start.apply(&Action::Create(Draft { name: known, ..Draft::default() }));
        let step = step.judges("RFC7644-3.3-6", "status = 201").unread("what is sent at once changes it");
        let name = self.script.push(step);
        self.serial.users.push(bare(&name).to_owned());
    }

    /// A request that is sent with the others.
    fn at_once(&mut self, title: String, line: String, body: Option<Value>, action: Action) {
        let step = Step::new(format!("{title} ({})", self.serial.requests.len() + 1), line).together(AT_ONCE);
        let step = if let Some(body) = body { step.body(body.to_string()) } else { step };
        let name = self.script.push(step);
        self.serial.requests.push((bare(&name).to_owned(), action));
    }

    fn create(&mut self, title: &str, template: &str, name: &str, n: usize, email: Option<&str>) {
        let mut body = self.user(template, n);
        if email.is_some() {
            body["emails"] = mail(0);
        }
        let draft = Draft { name: name.to_owned(), email: email.map(str::to_owned), ..Draft::default() };
        self.at_once(title.to_owned(), "POST /Users".to_owned(), Some(body), Action::Create(draft));
    }

    fn write(&mut self, race: &Race) {
        match race {
            Race::Creates(spellings) => {
                for spelling in spellings {
                    self.create(
                        &format!("create {}", known(*spelling)),
                        &template(*spelling),
                        known(*spelling),
                        0,
                        None,
                    );
                }
                self.judge_requests();
                let seen: BTreeSet<usize> = spellings.iter().copied().collect();
                seen.iter().for_each(|spelling| self.look_up(&template(*spelling), known(*spelling)));
            }
            Race::Addresses(count) => {
                for n in 0..*count {
                    let (template, name) = person(n);
                    self.create(&format!("create {name}"), &template, &name, n, Some("mail"));
                }
                self.judge_requests();
                (0..*count).for_each(|n| self.look_up(&person(n).0, &person(n).1));
            }
            Race::Resent => {
                for title in ["create n0", "the same again"] {
                    self.create(title, &template(0), known(0), 0, None);
                }
                self.judge_requests();
                let body = self.user(&template(0), 0).to_string();
                let again = Step::new("once more, late", "POST /Users").body(body).free();
                self.script.push(again.judges("PROP-CONC-03", "status = [200, 201, 409]"));
                self.look_up(&template(0), known(0));
            }
            Race::Renames(count) => {
                (0..*count).for_each(|n| self.begin_with(n));
                for n in 0..*count {
                    let (template, name) = person(7);
                    let operation = json!({"op": "replace", "path": "userName", "value": template});
                    self.patch_user(format!("rename user {n}"), n, &operation, Action::Rename(n, name));
                }
                self.judge_requests();
                self.look_up(&person(7).0, &person(7).1);
                (0..*count).for_each(|n| self.look_up(&person(n).0, &person(n).1));
            }
            Race::Group(users, members, changes) => self.group(*users, *members, changes),
            Race::User(changes) => {
                self.begin_with(0);
                changes.iter().for_each(|change| self.of_user(*change));
                self.judge_requests();
                self.read_user(0);
                self.look_up(&person(0).0, &person(0).1);
            }
        }
    }

    fn patch_user(&mut self, title: String, user: usize, operation: &Value, action: Action) {
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        self.at_once(title, format!("PATCH /Users/{{{{ u{user} }}}}"), Some(body), action);
    }

    fn of_user(&mut self, change: OfUser) {
        match change {
            OfUser::Deactivate | OfUser::Activate => {
                let to = change == OfUser::Activate;
                let operation = json!({"op": "replace", "path": "active", "value": to});
                let title = format!("{} user 0", if to { "activate" } else { "deactivate" });
                self.patch_user(title, 0, &operation, Action::SetActive(0, to, Form::Plain));
            }
            OfUser::Rename(given) => {
                let given = GIVEN[given % GIVEN.len()];
                let operation = json!({"op": "replace", "path": "name.givenName", "value": given});
                self.patch_user(format!("user 0 is {given}"), 0, &operation, Action::SetGivenName(0, given.to_owned()));
            }
            OfUser::Delete => {
                self.at_once("delete user 0".to_owned(), "DELETE /Users/{{ u0 }}".to_owned(), None, Action::Delete(0));
            }
        }
    }

    fn group(&mut self, users: usize, members: u8, changes: &[OfGroup]) {
        let of = |bits: u8| -> BTreeSet<usize> { (0..users).filter(|user| bits & (1 << user) != 0).collect() };
        let body = |all: &BTreeSet<usize>| {
            let mut body = json!({"schemas": [urn::GROUP], "displayName": "{{ run.organization }}-crew"});
            if !all.is_empty() {
                body["members"] = all.iter().map(member).collect();
            }
            body
        };
        (0..users).for_each(|n| self.begin_with(n));
        let mut inside = of(members);
        let step = Step::new("create the group", "POST /Groups").body(body(&inside).to_string()).saves("g0", "id");
        let name = self.script.push(step.judges("RFC7644-3.3-6", "status = 201"));
        self.serial.groups.push(bare(&name).to_owned());
        self.serial.start.apply(&Action::CreateGroup("crew".to_owned(), inside.clone()));
        let mut touched = BTreeSet::new();
        for change in changes {
            match change {
                OfGroup::Put(bits) => {
                    let all = of(*bits);
                    let mut body = body(&all);
                    body["members"] = all.iter().map(member).collect();
                    let title = "put the group".to_owned();
                    self.at_once(title, "PUT /Groups/{{ g0 }}".to_owned(), Some(body), Action::SetMembers(0, all));
                }
                OfGroup::Join(user) | OfGroup::Leave(user) => {
                    // One change of each member, and one that changes something: whether the others are errors is open.
                    let user = user % users;
                    if !touched.insert(user) {
                        continue;
                    }
                    let joins = !inside.contains(&user);
                    let (title, operation, action) = match joins {
                        true => {
                            inside.insert(user);
                            let value = json!([member(&user)]);
                            let operation = json!({"op": "add", "path": "members", "value": value});
                            (format!("user {user} joins"), operation, Action::Join(0, user))
                        }
                        false => {
                            inside.remove(&user);
                            let path = format!("members[value eq \"{{{{ u{user} }}}}\"]");
                            let operation = json!({"op": "remove", "path": path});
                            (format!("user {user} leaves"), operation, Action::Leave(0, user, Form::Plain))
                        }
                    };
                    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
                    self.at_once(title, "PATCH /Groups/{{ g0 }}".to_owned(), Some(body), action);
                }
            }
        }
        if self.serial.requests.len() < 2 {
            // Nothing is at once.
            self.script.steps.clear();
            return;
        }
        self.judge_requests();
        self.read_group(users);
    }

    /// The ends of all orders, with what each request may be answered with in them.
    fn ends(&self) -> Vec<(Directory, Vec<&'static [u16]>)> {
        let start = (self.serial.start.clone(), vec![&[][..]; self.serial.requests.len()]);
        let step = |(directory, answers): &(Directory, Vec<&'static [u16]>), n: usize| {
            let (mut directory, mut answers) = (directory.clone(), answers.clone());
            let action = &self.serial.requests[n].1;
            answers[n] = statuses(directory.apply(action), action, self.serial.resent);
            vec![(directory, answers)]
        };
        endings(&start, self.serial.requests.len(), |_, _| false, step)
    }

    /// Adds to each request what it may be answered with in any order.
    fn judge_requests(&mut self) {
        let ends = self.ends();
        for (n, (name, _)) in self.serial.requests.iter().enumerate() {
            let all: BTreeSet<u16> = ends.iter().flat_map(|(_, answers)| answers[n]).copied().collect();
            let all: Vec<String> = all.iter().map(u16::to_string).collect();
            if let Some(step) = self.script.steps.iter_mut().find(|step| bare(&step.name) == name) {
                *step = step.clone().judges(self.serial.law, format!("status = [{}]", all.join(", ")));
            }
        }
    }

    fn read_user(&mut self, user: usize) {
        let ends = self.ends();
        let there = ends.iter().filter(|(directory, _)| directory.user(user).is_some()).count();
        let status = match there {
            0 => "status = 404",
            count if count == ends.len() => "status = 200",
            _ => "status = [200, 404]",
        };
        let step = Step::new(format!("read user {user}"), format!("GET /Users/{{{{ u{user} }}}}"));
        let name = self.script.push(step.judges(self.serial.law, status));
        self.serial.read_users.push((bare(&name).to_owned(), user));
    }

    fn read_group(&mut self, users: usize) {
        let ends = self.ends();
        let mut step = Step::new("read the group", "GET /Groups/{{ g0 }}").judges(self.serial.law, "status = 200");
        for user in 0..users {
            let holds = |(directory, _): &&(Directory, Vec<&'static [u16]>)| {
                directory.group(0).is_some_and(|group| group.members.contains(&user))
            };
            let word = match ends.iter().filter(holds).count() {
                0 => "has-not",
                count if count == ends.len() => "has",
                _ => continue,
            };
            step = step.judges(self.serial.law, format!("at = \"members.value\", {word} = \"{{{{ u{user} }}}}\""));
        }
        let name = self.script.push(step);
        self.serial.read_groups.push((bare(&name).to_owned(), 0));
    }

    /// Asks who has a name: nobody or one, as the orders have it.
    fn look_up(&mut self, template: &str, name: &str) {
        let ends = self.ends();
        let held = ends.iter().filter(|(directory, _)| directory.holder(name).is_some()).count();
        let test = match held {
            0 => "is = 0",
            count if count == ends.len() => "is = 1",
            _ => "any-of = [0, 1]",
        };
        let step = Step::new(format!("who is {name}"), format!("GET /Users?filter=userName eq \"{template}\""));
        let pushed = self.script.push(step.judges(self.serial.law, format!("at = \"totalResults\", {test}")));
        self.serial.look_ups.push((bare(&pushed).to_owned(), name.to_owned()));
    }
}

fn member(user: &usize) -> Value {
    json!({"value": format!("{{{{ u{user} }}}}")})
}

fn mail(person: usize) -> Value {
    json!([{"value": format!("{{{{ n{person}.email }}}}"), "type": "work", "primary": true}])
}

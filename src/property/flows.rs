//! Whole provisioning flows, as clients push them: look up, then create or update. Pushed again they change nothing
//! (PROP-LIFE-07), interrupted anywhere and run again they end in the same state (PROP-LIFE-09), and whoever was there before
//! is taken over (PROP-LIFE-08).

use std::sync::Arc;

use serde_json::json;

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::model::Rules;
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "flows",
    title: "a provisioning flow pushed twice, and interrupted after every request",
    laws: &["PROP-LIFE-07", "PROP-LIFE-09", "PROP-FILT-05"],
    needs: &[Need::Capability("filter")],
    cases: Cases::All(interruptions),
};

/// The suite of users who were there before.
pub(super) const ADOPTION: Suite = Suite {
    name: "adoption",
    title: "a user who was there before is found, updated in place, and keeps the rest",
    laws: &["PROP-LIFE-08"],
    needs: &[Need::Capability("filter"), Need::Capability("patch")],
    cases: Cases::All(adoption),
};

/// How many users a flow pushes.
const USERS: usize = 3;

/// One request of a flow, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Push {
    LookUp(usize),
    /// Create, or update when the look-up found the user.
    Write(usize),
    LookUpGroup,
    /// Create, when the look-up found no group.
    Group,
    Join(usize),
}

/// The flow; the way in which users are updated is one of its variants.
fn flow(groups: bool) -> Vec<Push> {
    let users = (0..USERS).flat_map(|user| [Push::LookUp(user), Push::Write(user)]);
    let teams = [Push::LookUpGroup, Push::Group].into_iter().chain((0..USERS).map(Push::Join));
    users.chain(teams.filter(|_| groups)).collect()
}

fn interruptions(setting: &Arc<Setting>) -> Enumerated {
    let groups = setting.lacks(&[Need::Capability("groups"), Need::Capability("patch")]).is_none();
    let patch = setting.lacks(&[Need::Capability("patch")]).is_none();
    let setting = Arc::clone(setting);
    let length = flow(groups).len();
    let cases = (0..=length).flat_map(move |stop| [false, true].map(|patches| (stop, patches)));
    let cases = cases.filter(move |(_, patches)| patch || !patches);
    Box::new(cases.map(move |(stop, patches)| {
        Box::new(Interrupted { setting: Arc::clone(&setting), stop, patches, groups }) as Box<dyn Case>
    }))
}

/// A flow that stops after some requests and is run again from the start.
struct Interrupted {
    setting: Arc<Setting>,
    stop: usize,
    /// Updates by PATCH instead of PUT.
    patches: bool,
    groups: bool,
}

impl Case for Interrupted {
    fn script(&self) -> Script {
        let people: Vec<String> = (0..USERS).map(|user| format!("p{user}")).collect();
        let pushes = flow(self.groups);
        let law = if self.stop == pushes.len() { "PROP-LIFE-07" } else { "PROP-LIFE-09" };
        let title = match self.stop == pushes.len() {
            true => "a flow that is pushed again changes nothing".to_owned(),
            false => {
                format!("a flow that is interrupted after {} requests and run again ends in the same state", self.stop)
            }
        };
        let mut run = Run {
            case: self,
            script: Script::new(&title, &people, &["filter"]),
            law,
            made: [false; USERS],
            team: false,
        };
        pushes.iter().take(self.stop).for_each(|push| run.push(*push));
        pushes.iter().for_each(|push| run.push(*push));
        run.end();
        run.script
    }
}

/// A script in the making, with what is already there.
struct Run<'a> {
    case: &'a Interrupted,
    script: Script,
    law: &'static str,
    made: [bool; USERS],
    team: bool,
}

impl Run<'_> {
    fn push(&mut self, push: Push) {
        let law = self.law;
        match push {
            Push::LookUp(user) => self.look_up(user),
            Push::Write(user) if !self.made[user] => {
                self.made[user] = true;
                let step = Step::new(format!("create user {user}"), "POST /Users").body(self.body(user));
                self.script.push(step.judges(law, "status = 201").saves(format!("u{user}"), "id"));
                self.read(user);
                self.find(user, "PROP-FILT-05");
            }
            Push::Write(user) => {
                let title = format!("update user {user}");
                let line = |method| format!("{method} /Users/{{{{ u{user} }}}}");
                let step = if self.case.patches {
                    let operation = self.case.setting.addressed(json!({"op": "replace", "value": {"active": true}}));
                    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
                    Step::new(title, line("PATCH")).body(body.to_string())
                } else {
                    Step::new(title, line("PUT")).body(self.body(user))
                };
                self.script.push(step.judges(law, "status = [200, 204]").free());
                self.read(user);
            }
            Push::LookUpGroup => self.find_group(),
            Push::Group if self.team => {}
            Push::Group => {
                self.team = true;
                let body = json!({"schemas": [urn::GROUP], "displayName": TEAM});
                let step = Step::new("create the group", "POST /Groups").body(body.to_string());
                self.script.push(step.judges(law, "status = 201").saves("g", "id"));
                self.script.push(Step::new("read the group", "GET /Groups/{{ g }}").judges(law, "status = 200"));
            }
            Push::Join(user) => {
                let member = json!([{"value": format!("{{{{ u{user} }}}}")}]);
                let operation = json!({"op": "add", "path": "members", "value": member});
                let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
                let step = Step::new(format!("user {user} joins"), "PATCH /Groups/{{ g }}").body(body.to_string());
                self.script.push(step.judges(law, "status = [200, 204]"));
                let read = Step::new("read the group", "GET /Groups/{{ g }}");
                self.script.push(read.judges(law, format!("at = \"members.value\", has = \"{{{{ u{user} }}}}\"")));
            }
        }
    }

    fn look_up(&mut self, user: usize) {
        if self.made[user] {
            self.find(user, self.law);
        } else {
            let step = Step::new(format!("look user {user} up"), look_up(user));
            self.script.push(step.judges(self.law, "at = \"totalResults\", is = 0"));
        }
    }

    fn find(&mut self, user: usize, law: &str) {
        let step =
            Step::new(format!("look user {user} up"), look_up(user)).judges(law, "at = \"totalResults\", is = 1");
        self.script.push(step.judges(law, format!("at = \"Resources.id\", is = \"{{{{ u{user} }}}}\"")));
    }

    fn read(&mut self, user: usize) {
        let step = Step::new(format!("read user {user}"), format!("GET /Users/{{{{ u{user} }}}}"));
        let identifier = format!("at = \"userName\", is = \"{{{{ p{user}.identifier }}}}\"");
        let step = step.judges(self.law, identifier).judges(self.law, "at = \"active\", is = true");
        self.script.push(step);
    }

    fn find_group(&mut self) {
        let step = Step::new("look the group up", format!("GET /Groups?filter=displayName eq \"{TEAM}\""));
        let step = step.judges(self.law, format!("at = \"totalResults\", is = {}", usize::from(self.team)));
        let step = match self.team {
            true => step.judges(self.law, "at = \"Resources.id\", is = \"{{ g }}\""),
            false => step,
        };
        self.script.push(step);
    }

    /// The end state: everybody once, under the id of the first time.
    fn end(&mut self) {
        (0..USERS).for_each(|user| self.find(user, self.law));
        (0..USERS).for_each(|user| self.read(user));
        if self.case.groups {
            self.find_group();
            let read = Step::new("read the group", "GET /Groups/{{ g }}");
            self.script.push(read.judges(self.law, format!("at = \"members.value\", count = {USERS}")));
        }
    }

    fn body(&self, user: usize) -> String {
        let rules = Rules::of(&self.case.setting.profile);
        let person = |field: &str| format!("{{{{ p{user}.{field} }}}}");
        let mut body = json!({
            "schemas": [urn::USER],
            "userName": person("identifier"),
            "name": {"givenName": person("givenName"), "familyName": person("familyName")},
            "displayName": person("displayName"),
            "externalId": format!("{{{{ run.marker }}}}-{user}"),
            "active": true,
        });
        if rules.stores("emails.value") {
            body["emails"] = json!([{"value": person("email"), "type": "work", "primary": true}]);
        }
        body.to_string()
    }
}

/// The name of the flow's group.
const TEAM: &str = "{{ run.marker }} flow";

fn look_up(user: usize) -> String {
    format!("GET /Users?filter=userName eq \"{{{{ p{user}.identifier }}}}\"")
}

/// Who was there before has an attribute that the client never sends.
fn adoption(setting: &Arc<Setting>) -> Enumerated {
    let rules = Rules::of(&setting.profile);
    // The attribute that stays, and the one that is provisioned.
    let rows = [("name.familyName", "Berg"), ("displayName", "M. Berg"), ("externalId", "before-{{ run.marker }}")];
    let rows: Vec<_> = rows.into_iter().filter(|(path, _)| rules.stores(path)).collect();
    let cases = rows.into_iter().map(|(path, value)| {
        let law = "PROP-LIFE-08";
        let mut script =
            Script::new("a user who was there before is taken over", &["p".to_owned()], &["filter", "patch"]);
        let mut body = json!({"schemas": [urn::USER], "userName": "{{ p.identifier }}", "name": {"givenName": "Mara"}});
        match path.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = value.into(),
            None => body[path] = value.into(),
        }
        let step = Step::new("somebody makes the user", "POST /Users").body(body.to_string());
        script.push(step.judges(law, "status = 201").saves("before", "id"));
        let look_up = Step::new("the client looks it up", "GET /Users?filter=userName eq \"{{ p.identifier }}\"");
        let look_up = look_up.judges(law, "at = \"Resources.id\", is = \"{{ before }}\"");
        script.push(look_up.saves("u", "Resources.id"));
        let operation = json!({"op": "replace", "path": "name.givenName", "value": "Nadia"});
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        let step = Step::new("the client updates it", "PATCH /Users/{{ u }}").body(body.to_string());
        script.push(step.judges(law, "status = [200, 204]"));
        let read = Step::new("read it", "GET /Users/{{ before }}").judges(law, "at = \"id\", is = \"{{ before }}\"");
        let read = read.judges(law, "at = \"name.givenName\", is = \"Nadia\"");
        script.push(read.judges(law, format!("at = \"{path}\", is = \"{value}\"")));
        Box::new(script) as Box<dyn Case>
    });
    Box::new(cases.collect::<Vec<_>>().into_iter())
}

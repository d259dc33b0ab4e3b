//! Choices about roles by team. Where the target has an admin surface they are asked in an organization of their own, else
//! under the mapping of its profile, alone. Another user, in a team whose role nobody has by default, shows that the mapping
//! works at all.

use serde_json::{Value, json};

use super::users::{create, deactivate, group, user};
use super::{Answers, Asking, Probe, home};
use crate::profile::{RoleRule, WhenApplied};
use crate::property::script::{Script, Step};
use crate::property::suite::{Need, Setting};
use crate::scim::address;

const NEEDS: &[Need] = &[Need::RoleMapping, Need::RoleReadOut, Need::Capability("groups")];
const ADMIN: &[Need] = &[Need::RoleMapping, Need::RoleReadOut, Need::Capability("groups"), Need::Admin];

pub(super) const PROBES: &[Probe] = &[
    Probe { choice: "CATALOG-026", needs: ADMIN, ask: conflict, read: who_wins },
    Probe { choice: "CATALOG-027", needs: NEEDS, ask: unmapped, read: left },
    Probe { choice: "CATALOG-030", needs: NEEDS, ask: rename, read: renamed },
    Probe { choice: "CATALOG-032", needs: NEEDS, ask: case, read: |answers| high(answers, "folded", "exact") },
    Probe { choice: "CATALOG-033", needs: NEEDS, ask: space, read: |answers| high(answers, "trimmed", "counted") },
    Probe { choice: "CATALOG-035", needs: NEEDS, ask: nested, read: |answers| high(answers, "transitive", "direct") },
    Probe { choice: "CATALOG-036", needs: NEEDS, ask: inactive, read: |answers| high(answers, "follows", "frozen") },
    Probe { choice: "CATALOG-037", needs: ADMIN, ask: by_hand, read: overridden },
    Probe { choice: "CATALOG-038", needs: ADMIN, ask: join, read: when },
];

/// What the mapping of a target has for these questions.
struct Ladder<'a> {
    low: &'a RoleRule,
    high: &'a RoleRule,
    /// A role between them.
    control: &'a RoleRule,
}

/// `None` where there are fewer than three roles, or one without a team.
fn ladder(setting: &Setting) -> Option<Ladder<'_>> {
    let [low, control, .., high] = setting.profile.roles.as_slice() else { return None };
    let all = [low, control, high].iter().all(|rule| !rule.teams.is_empty());
    // Only with the admin surface can the script be run that computes the roles (CATALOG-038).
    let seen = setting.admin || setting.profile.role_mapping.when == WhenApplied::AtOnce;
    (all && seen).then_some(Ladder { low, high, control })
}

fn team(rule: &RoleRule) -> &str {
    rule.teams.first().map_or("", String::as_str)
}

/// A question about roles in the making.
struct Roles<'a> {
    asking: Asking,
    setting: &'a Setting,
}

impl<'a> Roles<'a> {
    /// The organization, and the users `a` and `c`.
    fn new(title: &str, setting: &'a Setting) -> Self {
        let mut asking = Asking::new(title, &["a", "c"], &["groups"]);
        if setting.admin {
            home::make(&mut asking.script, setting);
        } else {
            asking.script.alone = true;
        }
        let mut roles = Self { asking, setting };
        for (person, variable) in [("a", "au"), ("c", "cu")] {
            roles.write(create(person, &user(person, &Value::Null), variable));
        }
        roles
    }

    fn place(&self, step: Step) -> Step {
        if self.setting.admin { home::at(step) } else { step }
    }

    fn write(&mut self, step: Step) {
        let step = self.place(step);
        self.asking.write(step);
    }

    /// A group of that name with one member, whose variable is named.
    fn team(&mut self, variable: &str, name: &str, member: &str, kind: &str) {
        let members = json!([{"value": format!("{{{{ {member} }}}}"), "type": kind}]);
        let step = Step::new(format!("team {variable}"), "POST /Groups").body(group(name, &members));
        self.write(step.saves(variable, "id"));
    }

    /// Puts the mapping of the profile, after the teams, so that it can be bound to them.
    fn map(&mut self) {
        let rows = self.setting.profile.roles.iter();
        let rows: Vec<(String, Value)> = rows.map(|rule| (rule.name.clone(), json!(rule.teams))).collect();
        if self.setting.admin {
            self.asking.script.push(home::put("map", &rows));
        }
    }

    /// Reads the role of the person whose id is in a variable: `au` of the person `a`.
    fn role(&mut self, name: &str, variable: &str) {
        if self.setting.admin && self.setting.profile.role_mapping.when == WhenApplied::OnApply {
            self.asking.script.push(home::apply());
        }
        let user_name = format!("{}.identifier", variable.trim_end_matches('u'));
        let step = self.place(self.setting.read_role(name, variable, &user_name));
        self.asking.read(step);
    }

    /// The mapping, with a look at the other user, and the role.
    fn finish(mut self, control: &RoleRule) -> Script {
        self.team("control", team(control), "cu", "User");
        self.map();
        self.role("control", "cu");
        self.role("role", "au");
        self.asking.script
    }
}

/// The role in an answer; `Some(None)` where there is none.
fn role(answers: &Answers<'_>, step: &str) -> Option<Option<String>> {
    let body = answers.body(step)?;
    let found = address::find(&body, answers.setting.role_address()).ok()?;
    Some(found.first().and_then(|role| role.as_str()).filter(|role| !role.is_empty()).map(str::to_owned))
}

/// One reading where the role is the highest, the other where it is not; neither where the mapping does nothing.
fn high(answers: &Answers<'_>, one: &'static str, other: &'static str) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    if role(answers, "control")?.as_deref() != Some(ladder.control.name.as_str()) {
        return None;
    }
    let highest = role(answers, "role")?.as_deref() == Some(ladder.high.name.as_str());
    Some(if highest { one } else { other })
}

fn conflict(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("a team under two roles", setting);
    roles.team("crew", "{{ run.marker }} crew", "au", "User");
    let teams = json!(["{{ run.marker }} crew"]);
    let rows = [(ladder.high.name.clone(), teams.clone()), (ladder.low.name.clone(), teams)];
    roles.asking.script.push(home::put("map", &rows));
    roles.role("role", "au");
    roles.asking.script
}

fn who_wins(answers: &Answers<'_>) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    if answers.status("map")? == 400 {
        return Some("refused");
    }
    let role = role(answers, "role")??;
    match role {
        role if role == ladder.high.name => Some("highest"),
        role if role == ladder.low.name => Some("last"),
        _ => None,
    }
}

fn unmapped(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("the role of a user in no mapped team", setting);
    roles.team("t", team(ladder.high), "au", "User");
    roles.map();
    roles.role("before", "au");
    let body = group(team(ladder.high), &json!([]));
    roles.write(Step::new("leave", "PUT /Groups/{{ t }}").body(body));
    roles.role("after", "au");
    roles.asking.script
}

fn left(answers: &Answers<'_>) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    if role(answers, "before")?.as_ref() != Some(&ladder.high.name) || !answers.done("leave")? {
        return None;
    }
    match role(answers, "after")? {
        None => Some("none"),
        Some(role) if role == ladder.high.name => Some("keep"),
        Some(role) if role == ladder.low.name => Some("lowest"),
        Some(_) => None,
    }
}

fn rename(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("a mapped team is renamed", setting);
    roles.team("t", team(ladder.high), "au", "User");
    roles.map();
    roles.role("before", "au");
    // To a lower one: a mapped name that no group ever had may be taken by any.
    let body = group(team(ladder.control), &json!([{"value": "{{ au }}", "type": "User"}]));
    roles.write(Step::new("rename", "PUT /Groups/{{ t }}").body(body));
    roles.role("after", "au");
    roles.asking.script
}

fn renamed(answers: &Answers<'_>) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    if role(answers, "before")?.as_ref() != Some(&ladder.high.name) || !answers.done("rename")? {
        return None;
    }
    match role(answers, "after")?? {
        role if role == ladder.control.name => Some("new-name"),
        role if role == ladder.high.name => Some("bound"),
        _ => None,
    }
}

/// The user in a team of that name.
fn named(setting: &Setting, title: &str, name: impl Fn(&str) -> String) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new(title, setting);
    roles.team("t", &name(team(ladder.high)), "au", "User");
    roles.finish(ladder.control)
}

fn case(setting: &Setting) -> Script {
    named(setting, "a team whose name differs in case", str::to_uppercase)
}

fn space(setting: &Setting) -> Script {
    named(setting, "a team whose name ends with a space", |name| format!("{name} "))
}

fn nested(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("a team within a team", setting);
    roles.team("inner", "{{ run.marker }} inner", "au", "User");
    roles.team("t", team(ladder.high), "inner", "Group");
    roles.finish(ladder.control)
}

fn inactive(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("a deactivated user joins a team", setting);
    roles.write(deactivate("a"));
    roles.team("t", team(ladder.high), "au", "User");
    roles.finish(ladder.control)
}

fn by_hand(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("a role set by hand, then the script runs", setting);
    roles.team("t", team(ladder.high), "au", "User");
    roles.map();
    roles.role("before", "au");
    let body = json!({"role": ladder.low.name}).to_string();
    roles.asking.write(Step::new("by hand", "PATCH /admin/v1/users/{{ au }}").on("admin").body(body));
    roles.asking.script.push(home::apply());
    roles.role("after", "au");
    roles.asking.script
}

fn overridden(answers: &Answers<'_>) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    if role(answers, "before")?.as_ref() != Some(&ladder.high.name) {
        return None;
    }
    let after = role(answers, "after")??;
    match (answers.done("by hand")?, answers.done("apply the mapping")?) {
        (true, true) if after == ladder.high.name => Some("overridden"),
        (true, true) if after == ladder.low.name => Some("kept"),
        _ => None,
    }
}

/// How long a server that computes roles soon, not in the same breath, is given.
const SOON: &str = "\"300ms\"";

/// The user joins under a mapping in force; the role is read without a run of the script, then after one.
fn join(setting: &Setting) -> Script {
    let Some(ladder) = ladder(setting) else { return Script::default() };
    let mut roles = Roles::new("when does a role follow?", setting);
    roles.team("t", team(ladder.high), "cu", "User");
    roles.map();
    roles.asking.script.push(home::apply());
    let both = json!([{"value": "{{ cu }}", "type": "User"}, {"value": "{{ au }}", "type": "User"}]);
    roles.write(Step::new("join", "PUT /Groups/{{ t }}").body(group(team(ladder.high), &both)));
    let soon = roles.place(setting.read_role("soon", "au", "a.identifier").key("wait", SOON));
    roles.asking.read(soon);
    roles.asking.script.push(home::apply());
    let applied = roles.place(setting.read_role("applied", "au", "a.identifier"));
    roles.asking.read(applied);
    roles.asking.script
}

fn when(answers: &Answers<'_>) -> Option<&'static str> {
    let ladder = ladder(answers.setting)?;
    let high = |step| Some(role(answers, step)?.as_ref() == Some(&ladder.high.name));
    match (high("soon")?, high("applied")?) {
        (true, true) => Some("at-once"),
        (false, true) => Some("on-apply"),
        _ => None,
    }
}

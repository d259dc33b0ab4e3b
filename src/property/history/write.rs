//! The request of an act, in its wire form, and what its answer must show.

use serde_json::{Map, Value, json};

use super::super::script::{Step, basic};
use super::Page;
use super::act::{Act, ActiveForm, GIVEN, HOSTILE, JoinForm, LeaveForm, Mail, group_template};
use super::spelling::Spelling;
use crate::model::{Draft, Effect};
use crate::scim::urn;

/// Names that a server may refuse, as the inside of a JSON string behind the marker; the last is the empty name.
const HOSTILE_NAMES: [&str; HOSTILE] =
    [r#"a\"b"#, r"a\\b", r"a\u0000b", r"a\u200bb", "' or 1=1 --", "<script>alert(1)</script>", ""];

impl Page<'_> {
    /// Adds the step of an act.
    pub(super) fn write(&mut self, act: &Act, effect: Effect) {
        let (title, line, body) = self.request(act);
        let mut step = Step::new(title, line);
        if let Some(body) = body {
            step = step.body(body.to_string());
        }
        let (law, status) = self.answer(act, effect);
        step = step.judges(law, format!("status = {status}"));
        match effect {
            Effect::Created(made) => {
                let variable = if matches!(act, Act::CreateGroup(..)) { "g" } else { "u" };
                step = step.judges("PROP-UNIQ-19", "at = \"/id\", type = \"string\"");
                if variable == "u" {
                    let gone = (0..self.before.created()).filter(|user| self.before.user(*user).is_none());
                    step = gone.fold(step, |step, user| {
                        step.judges("PROP-UNIQ-19 PROP-UNIQ-11", format!("at = \"id\", is-not = \"{{{{ u{user} }}}}\""))
                    });
                }
                step = step.saves(format!("{variable}{made}"), "id");
            }
            Effect::Revived(holder) => {
                step = step.judges("PROP-UNIQ-10", format!("at = \"id\", is = \"{{{{ u{holder} }}}}\""));
            }
            Effect::Taken(_) | Effect::Conflict => {
                // RFC 7644 names 409 for a PATCH, and servers answer 400 to it as well.
                if matches!(act, Act::Create(..)) {
                    step = step
                        .judges("PROP-UNIQ-02", "at = \"scimType\", is = \"uniqueness\"")
                        .judges("PROP-ATTR-03", "at = \"status\", the-status = true")
                        .judges("PROP-UNIQ-16", "at = \"detail\", present = true, soft = true");
                    if let Effect::Taken(holder) = effect {
                        step =
                            self.secrets(act, holder).into_iter().fold(step, |step, secret| self.hides(step, &secret));
                    }
                }
                step = step.free();
                if matches!(act, Act::CreateGroup(..)) {
                    step = step.unread("it is refused");
                }
            }
            Effect::Refused | Effect::Absent | Effect::Unsupported => step = step.free(),
            _ => {}
        }
        self.script.push(step);
    }

    /// What the holder of a name has that whoever asked for the name did not send, as templates.
    fn secrets(&self, act: &Act, holder: usize) -> Vec<String> {
        let Some(state) = self.before.user(holder) else { return Vec::new() };
        let sent = self.drafted(act);
        // A user name may be the e-mail address of its person.
        let slot = Spelling::of(&sent.name, &self.kinds).map(|name| name.slot);
        let own = sent.email.as_deref().and_then(Mail::of).map(|mail| mail.slot);
        let mail = state.values.get("emails.value").and_then(|mail| Mail::of(mail));
        let mail = mail.filter(|mail| ![slot, own].contains(&Some(mail.slot)));
        let external = state.values.get("externalId").filter(|external| sent.external_id.as_ref() != Some(external));
        let id = format!("{{{{ u{holder} }}}}");
        let more = [mail.map(Mail::template), external.map(|external| external_template(external))];
        std::iter::once(id).chain(more.into_iter().flatten()).collect()
    }

    /// Nobody learns of the holder what was not sent. The standard does not say so: a server that declares nothing is warned.
    fn hides(&self, step: Step, secret: &str) -> Step {
        let soft = if self.setting.profile.open { ", soft = true" } else { "" };
        step.judges("PROP-UNIQ-16", format!("at = \"\", lacks = {}{soft}", basic(secret)))
    }

    /// The law and the statuses of an answer.
    fn answer(&self, act: &Act, effect: Effect) -> (&'static str, &'static str) {
        let creates = matches!(act, Act::Create(..) | Act::CreateGroup(..));
        let group = matches!(act.target(), super::act::Target::Group(_)) || matches!(act, Act::CreateGroup(..));
        let law = match (act, effect) {
            (_, Effect::Absent) => "PROP-LIFE-06",
            (Act::Create(..), Effect::Taken(holder)) => match self.before.user(holder).map(|user| user.active) {
                Some(Some(true)) => "PROP-UNIQ-02",
                _ => "PROP-UNIQ-10",
            },
            (_, Effect::Taken(_)) => "PROP-UNIQ-03",
            (_, Effect::Revived(_) | Effect::TakenOrRevived(_)) => "PROP-UNIQ-10",
            (_, Effect::Conflict) if group => "PROP-UNIQ-21",
            (_, Effect::Conflict) => "PROP-UNIQ-12",
            (Act::Create(..), Effect::Created(_)) => self.fresh(),
            (Act::CreateGroup(..) | Act::RenameGroup(..), _) => "PROP-UNIQ-21",
            (Act::Rename(user, name), _) => match self.before.user(*user) {
                Some(state) if self.before.holder(&name.text(&self.kinds)) == Some(*user) && !state.name.is_empty() => {
                    "PROP-UNIQ-06"
                }
                _ => "PROP-UNIQ-04",
            },
            (Act::Active(user, to, form), _) => self.state_law(*user, *to, *form),
            (Act::Put(_, _, extras), _) if extras.active.is_none() => "PROP-LIFE-05",
            (Act::Delete(_), _) => "PROP-LIFE-06",
            _ => "PROP-LIFE-10",
        };
        let status = match effect {
            Effect::Created(_) => "201",
            Effect::Taken(_) | Effect::Conflict if creates => "409",
            Effect::Taken(_) | Effect::Conflict => "[409, 400]",
            Effect::Revived(_) => "[200, 201]",
            Effect::TakenOrRevived(_) => "[409, 200, 201]",
            Effect::Done if matches!(act, Act::Delete(_) | Act::DeleteGroup(_)) => "204",
            Effect::Done => "[200, 204]",
            Effect::DoneOrRefused => "[200, 204, 400]",
            Effect::Absent => "404",
            Effect::Refused => "400",
            Effect::Unsupported => "[403, 405, 501]",
            Effect::Open => "[200, 201, 204, 400, 404, 409]",
        };
        (law, status)
    }

    /// The law of a create that must succeed: what could stand in its way.
    fn fresh(&self) -> &'static str {
        let deleted = (0..self.before.created()).any(|user| self.before.user(user).is_none());
        if deleted { "PROP-UNIQ-11" } else { "PROP-UNIQ-04" }
    }

    /// The law of a change of `active`.
    pub(super) fn state_law(&self, user: usize, to: bool, form: ActiveForm) -> &'static str {
        match (self.before.user(user).and_then(|state| state.active), to, form) {
            (_, _, ActiveForm::Text | ActiveForm::CapitalText | ActiveForm::Listed | ActiveForm::NoPath) => {
                "PROP-LIFE-03"
            }
            (Some(false), false, _) => "PROP-LIFE-02",
            (_, true, _) => "PROP-LIFE-01",
            _ => "PROP-LIFE-11",
        }
    }

    /// Title, request line and body.
    fn request(&self, act: &Act) -> (String, String, Option<Value>) {
        let user_line = |method: &str, user: &usize| format!("{method} /Users/{{{{ u{user} }}}}");
        let group_line = |method: &str, group: &usize| format!("{method} /Groups/{{{{ g{group} }}}}");
        let member = |user: &usize| json!([{"value": format!("{{{{ u{user} }}}}")}]);
        match act {
            Act::Create(name, extras) => {
                let draft = self.drafted(act);
                let title = format!("create {}", name.text(&self.kinds));
                let _ = extras;
                (title, "POST /Users".to_owned(), Some(self.user(&draft)))
            }
            Act::Put(user, ..) => {
                (format!("replace user {user}"), user_line("PUT", user), Some(self.user(&self.drafted(act))))
            }
            Act::Rename(user, name) => {
                let operation = json!({"op": "replace", "path": "userName", "value": self.name(*name)});
                let title = format!("rename user {user} to {}", name.text(&self.kinds));
                (title, user_line("PATCH", user), Some(patch(&operation)))
            }
            Act::Given(user, given) => {
                let operation = json!({"op": "replace", "path": "name.givenName", "value": GIVEN[*given]});
                (format!("rename the person of user {user}"), user_line("PATCH", user), Some(patch(&operation)))
            }
            Act::Active(user, to, form) => self.state_request(*user, *to, *form),
            Act::Delete(user) => (format!("delete user {user}"), user_line("DELETE", user), None),
            Act::CreateGroup(..) | Act::RenameGroup(..) => self.group_request(act),
            Act::DeleteGroup(group) => (format!("delete group {group}"), group_line("DELETE", group), None),
            Act::Join(group, user, form) => {
                let operation = match form {
                    JoinForm::Array => json!({"op": "add", "path": "members", "value": member(user)}),
                    JoinForm::NoPath => json!({"op": "add", "value": {"members": member(user)}}),
                    JoinForm::Full => json!({"op": "replace", "path": "members", "value": self.members(*group)}),
                    JoinForm::Put => Value::Null,
                };
                self.membership(format!("user {user} joins group {group}"), *group, &operation)
            }
            Act::Leave(group, user, form) => {
                let operation = match form {
                    LeaveForm::Filter => {
                        json!({"op": "remove", "path": format!("members[value eq \"{{{{ u{user} }}}}\"]")})
                    }
                    LeaveForm::Listed => json!({"op": "remove", "path": "members", "value": member(user)}),
                    LeaveForm::Remaining => json!({"op": "replace", "path": "members", "value": self.members(*group)}),
                    LeaveForm::Put => Value::Null,
                };
                self.membership(format!("user {user} leaves group {group}"), *group, &operation)
            }
            Act::Clear(group, replace) => {
                let operation = if *replace {
                    json!({"op": "replace", "path": "members", "value": []})
                } else {
                    json!({"op": "remove", "path": "members"})
                };
                self.membership(format!("empty group {group}"), *group, &operation)
            }
            Act::PutBack(_) | Act::Hostile(_) => Default::default(),
        }
    }

    fn state_request(&self, user: usize, to: bool, form: ActiveForm) -> (String, String, Option<Value>) {
        let title = format!("{} user {user}", if to { "activate" } else { "deactivate" });
        let text = to.to_string();
        let capital = if to { "True" } else { "False" };
        let operation = match form {
            ActiveForm::Put => {
                let body = self.user(&self.before.draft(user, to));
                return (title, format!("PUT /Users/{{{{ u{user} }}}}"), Some(body));
            }
            ActiveForm::Path => json!({"op": "replace", "path": "active", "value": to}),
            ActiveForm::NoPath => json!({"op": "replace", "value": {"active": to}}),
            ActiveForm::Text => json!({"op": "replace", "path": "active", "value": text}),
            ActiveForm::CapitalText => json!({"op": "replace", "path": "active", "value": capital}),
            ActiveForm::Listed => json!({"op": "replace", "path": "active", "value": [to]}),
        };
        (title, format!("PATCH /Users/{{{{ u{user} }}}}"), Some(patch(&self.setting.addressed(operation))))
    }

    fn group_request(&self, act: &Act) -> (String, String, Option<Value>) {
        match act {
            Act::CreateGroup(name, caps, members) => {
                let members: Vec<Value> = members
                    .iter()
                    .filter(|user| self.before.user(**user).is_some())
                    .map(|user| json!({"value": format!("{{{{ u{user} }}}}")}))
                    .collect();
                let text = super::act::group_text(*name, *caps);
                let mut body = json!({"schemas": [urn::GROUP], "displayName": group_template(&text)});
                if !members.is_empty() {
                    body["members"] = members.into();
                }
                (format!("create group {text}"), "POST /Groups".to_owned(), Some(body))
            }
            Act::RenameGroup(group, name, caps) => {
                let text = super::act::group_text(*name, *caps);
                let operation = json!({"op": "replace", "path": "displayName", "value": group_template(&text)});
                (
                    format!("rename group {group} to {text}"),
                    format!("PATCH /Groups/{{{{ g{group} }}}}"),
                    Some(patch(&operation)),
                )
            }
            _ => Default::default(),
        }
    }

    /// A change of members by PATCH; by PUT where there is no operation.
    fn membership(&self, title: String, group: usize, operation: &Value) -> (String, String, Option<Value>) {
        if !operation.is_null() {
            return (
                title,
                format!("PATCH /Groups/{{{{ g{group} }}}}"),
                Some(patch(&self.setting.addressed(operation.clone()))),
            );
        }
        let name = self.after.group(group).map(|state| group_template(&state.name)).unwrap_or_default();
        let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": self.members(group)});
        (title, format!("PUT /Groups/{{{{ g{group} }}}}"), Some(body))
    }

    /// The members that a group has after the act.
    fn members(&self, group: usize) -> Vec<Value> {
        let members = self.after.group(group).into_iter().flat_map(|state| state.members.iter());
        members
            .filter(|user| self.after.user(**user).is_some())
            .map(|user| json!({"value": format!("{{{{ u{user} }}}}")}))
            .collect()
    }

    /// What an act sends of a user.
    fn drafted(&self, act: &Act) -> Draft {
        match act.action(&self.kinds, &self.before) {
            Some(crate::model::Action::Create(draft) | crate::model::Action::Replace(_, draft)) => draft,
            _ => Draft::default(),
        }
    }

    /// The body of a user; what the profile demands of every create is always sent.
    fn user(&self, draft: &Draft) -> Value {
        let name = Spelling::of(&draft.name, &self.kinds).map_or_else(String::new, |name| self.name(name));
        let mut body = Map::new();
        body.insert("schemas".into(), json!([urn::USER]));
        body.insert("userName".into(), name.into());
        let demands =
            |path: &str| self.setting.profile.users.required.iter().any(|required| required.starts_with(path));
        let given = draft.given_name.clone().or_else(|| demands("name").then(|| GIVEN[0].to_owned()));
        if let Some(given) = given {
            let family = if demands("name") { json!("Berg") } else { Value::Null };
            let mut value = json!({"givenName": given});
            if !family.is_null() {
                value["familyName"] = family;
            }
            body.insert("name".into(), value);
        }
        if demands("displayName") {
            body.insert("displayName".into(), "Mara Berg".into());
        }
        if let Some(mail) = draft.email.as_deref().and_then(Mail::of) {
            body.insert("emails".into(), json!([{"value": mail.template(), "type": "work", "primary": true}]));
        }
        if let Some(external) = &draft.external_id {
            body.insert("externalId".into(), external_template(external).into());
        }
        if let Some(active) = draft.active {
            body.insert("active".into(), active.into());
        }
        Value::Object(body)
    }

    /// A create that may be refused, never with a server error.
    pub(super) fn hostile(&mut self, which: usize) {
        let inner = HOSTILE_NAMES[which % HOSTILE];
        // A name for each of them: a second one must not collide with the first.
        let prefix = format!("{{{{ run.marker }}}}h{}-", self.script.requests());
        let name = if inner.is_empty() { String::new() } else { format!("{prefix}{inner}") };
        let body = format!(r#"{{"schemas": ["{}"], "userName": "{name}"}}"#, urn::USER);
        let any = self.setting.profile.users.user_names == crate::profile::UserNames::Any;
        let status = if any && !inner.is_empty() { "[201, 400]" } else { "400" };
        let step = Step::new("create a name that may be refused", "POST /Users").body(body).free();
        let step = step.unread("it may be refused or not");
        let law = if inner.is_empty() { "RFC7643-4.1.1-1" } else { "PROP-LIFE-10" };
        self.script.push(step.judges(law, format!("status = {status}")));
    }

    /// Reads a user and puts back the very same.
    pub(super) fn put_back(&mut self, user: usize) {
        if self.before.user(user).is_none() {
            return;
        }
        let read = self.script.push(Step::new(format!("read user {user}"), format!("GET /Users/{{{{ u{user} }}}}")));
        let step = Step::new(format!("put user {user} back"), format!("PUT /Users/{{{{ u{user} }}}}"));
        let step = step.key("base", basic(&read)).body("{}").free();
        self.script.push(step.judges("PROP-LIFE-10", "status = [200, 204]"));
        self.after = self.before.clone();
        self.read_user(user, "PROP-LIFE-10");
    }
}

/// The external id of an oracle's text, `x1`.
pub(super) fn external_template(text: &str) -> String {
    format!("{{{{ run.marker }}}}-{text}")
}

/// A PATCH body of one operation.
fn patch(operation: &Value) -> Value {
    json!({"schemas": [urn::PATCH_OP], "Operations": [operation]})
}

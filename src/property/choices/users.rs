//! Choices about users that SCIM alone shows.

use serde_json::{Value, json};

use super::{Answers, Asking, Probe};
use crate::property::script::{Script, Step};
use crate::property::suite::{Need, Setting};
use crate::scim::urn;

pub(super) const PROBES: &[Probe] = &[
    Probe { choice: "CATALOG-008", needs: &[], ask: delete, read: deleted },
    Probe { choice: "CATALYTIC-008", needs: &[], ask: alphabet, read: letters },
    Probe { choice: "CATALYTIC-011", needs: &[], ask: addresses, read: kept },
    Probe { choice: "CATALYTIC-017", needs: &[], ask: again, read: revived },
    Probe { choice: "CATALYTIC-020", needs: &[], ask: list, read: listed },
    Probe { choice: "CATALYTIC-025", needs: &[Need::Capability("patch")], ask: rename, read: renamed },
    Probe { choice: "PROP-LIFE-01", needs: &[Need::Capability("groups")], ask: leave, read: member },
    Probe { choice: "PROP-LIFE-05", needs: &[], ask: put, read: active },
    Probe { choice: "PROP-UNIQ-12", needs: &[], ask: address, read: shared_address },
    Probe { choice: "PROP-UNIQ-14", needs: &[], ask: external, read: shared_external },
    Probe { choice: "CATALOG-034", needs: &[Need::Capability("groups")], ask: groups, read: both },
];

/// A person as a user, with what profiles demand and with more.
pub(super) fn user(person: &str, more: &Value) -> Value {
    let of = |attribute: &str| format!("{{{{ {person}.{attribute} }}}}");
    let mut body = json!({
        "schemas": [urn::USER],
        "userName": of("identifier"),
        "name": {"givenName": of("givenName"), "familyName": of("familyName")},
        "displayName": of("displayName"),
        "emails": [{"value": of("email"), "type": "work", "primary": true}],
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more.clone());
    }
    body
}

pub(super) fn create(name: &str, body: &Value, variable: &str) -> Step {
    Step::new(name, "POST /Users").body(body.to_string()).saves(variable, "id")
}

/// A PUT that deactivates: PATCH is not everywhere.
pub(super) fn deactivate(person: &str) -> Step {
    let body = user(person, &json!({"active": false})).to_string();
    Step::new("deactivate", format!("PUT /Users/{{{{ {person}u }}}}")).body(body)
}

fn get(name: &str) -> Step {
    Step::new(name, "GET /Users/{{ au }}")
}

fn delete(_: &Setting) -> Script {
    let mut asking = Asking::new("what does DELETE do to a user?", &["a"], &[]);
    asking.write(create("create", &user("a", &Value::Null), "au"));
    asking.write(Step::new("delete", "DELETE /Users/{{ au }}"));
    asking.read(get("read"));
    asking.script
}

fn deleted(answers: &Answers<'_>) -> Option<&'static str> {
    match (answers.status("delete")?, answers.status("read")?) {
        (403 | 405 | 501, 200) => Some("none"),
        (200 | 204, 404 | 410) => Some("hard"),
        (200 | 204, 200) => (answers.member("read", "/active")? == false).then_some("soft"),
        _ => None,
    }
}

/// What is at the end of each name, and the name of its step.
const ENDS: [(&str, &str, &str); 4] =
    [("a", "z1", "plain"), ("b", "Q2", "upper"), ("c", "\u{e9}3", "script"), ("d", "-4", "mark")];

fn alphabet(_: &Setting) -> Script {
    let mut asking = Asking::new("which user names are taken?", &["a", "b", "c", "d"], &[]);
    for (person, end, name) in ENDS {
        let body = user(person, &json!({"userName": format!("{{{{ run.marker }}}}{end}")}));
        asking.write(create(name, &body, name));
    }
    asking.script
}

fn letters(answers: &Answers<'_>) -> Option<&'static str> {
    let taken = |name| answers.done(name);
    match (taken("plain")?, taken("upper")?, taken("script")?, taken("mark")?) {
        (true, true, true, true) => Some("any"),
        (true, true, true, false) => Some("unicode-alphanumeric"),
        (true, true, false, false) => Some("alphanumeric"),
        (true, false, false, false) => Some("lower-alphanumeric"),
        _ => None,
    }
}

fn addresses(_: &Setting) -> Script {
    let mut asking = Asking::new("which of several addresses is stored?", &["a", "b"], &[]);
    let two = json!({"emails": [
        {"value": "{{ b.email }}", "type": "home", "primary": false},
        {"value": "{{ a.email }}", "type": "work", "primary": true},
    ]});
    asking.write(create("create", &user("a", &two), "au"));
    asking.read(get("read"));
    asking.script
}

fn kept(answers: &Answers<'_>) -> Option<&'static str> {
    let emails = answers.member("read", "/emails")?;
    // Where a server drops a `type`, nothing can be said.
    let kinds: Option<Vec<&str>> = emails.as_array()?.iter().map(|email| email.get("type")?.as_str()).collect();
    match kinds?.as_slice() {
        [_, _] => Some("all"),
        ["work"] => Some("primary"),
        ["home"] => Some("first"),
        _ => None,
    }
}

fn again(_: &Setting) -> Script {
    let mut asking = Asking::new("is the name of a deactivated user taken?", &["a", "b"], &[]);
    asking.write(create("create", &user("a", &Value::Null), "au"));
    asking.write(deactivate("a"));
    asking.read(get("read"));
    asking.write(create("again", &user("b", &json!({"userName": "{{ a.identifier }}"})), "bu"));
    asking.script
}

fn revived(answers: &Answers<'_>) -> Option<&'static str> {
    if answers.member("read", "/active")? != false {
        return None;
    }
    match answers.status("again")? {
        409 => Some("taken"),
        200 | 201 if answers.member("again", "/id")? == answers.member("create", "/id")? => Some("reactivates"),
        201 => Some("second user"),
        _ => None,
    }
}

fn list(_: &Setting) -> Script {
    let mut asking = Asking::new("what does a list without a filter show?", &["a"], &[]);
    asking.script.alone = true;
    asking.write(create("create", &user("a", &Value::Null), "au"));
    asking.read(Step::new("list", "GET /Users?count=10"));
    asking.script
}

fn listed(answers: &Answers<'_>) -> Option<&'static str> {
    answers.done("create").filter(|done| *done)?;
    let total = answers.member("list", "/totalResults")?.as_u64()?;
    Some(if total == 0 { "empty" } else { "all" })
}

fn rename(_: &Setting) -> Script {
    let mut asking = Asking::new("may a client change a user name?", &["a", "b"], &["patch"]);
    asking.write(create("create", &user("a", &Value::Null), "au"));
    let operation = json!({"op": "replace", "path": "userName", "value": "{{ b.identifier }}"});
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]}).to_string();
    asking.write(Step::new("rename", "PATCH /Users/{{ au }}").body(body));
    asking.read(get("read"));
    asking.script
}

fn renamed(answers: &Answers<'_>) -> Option<&'static str> {
    let changed = answers.member("read", "/userName")? != answers.member("create", "/userName")?;
    match (answers.done("rename")?, changed) {
        (true, true) => Some("allowed"),
        (false, false) => Some("refused"),
        _ => None,
    }
}

/// A group with members, marked so that `sweep` knows it.
pub(super) fn group(name: &str, members: &Value) -> String {
    let mark = "{{ run.organization }}-team";
    json!({"schemas": [urn::GROUP], "displayName": name, "externalId": mark, "members": members}).to_string()
}

fn leave(_: &Setting) -> Script {
    let mut asking = Asking::new("does a deactivated user stay a member?", &["a"], &["groups"]);
    asking.write(create("create", &user("a", &Value::Null), "au"));
    let body = group("{{ run.marker }} crew", &json!([{"value": "{{ au }}"}]));
    asking.write(Step::new("team", "POST /Groups").body(body).saves("g", "id"));
    asking.read(Step::new("before", "GET /Groups/{{ g }}"));
    asking.write(deactivate("a"));
    asking.read(get("read"));
    asking.read(Step::new("after", "GET /Groups/{{ g }}"));
    asking.script
}

fn member(answers: &Answers<'_>) -> Option<&'static str> {
    let members = |step| answers.member(step, "/members").map(|all| all.as_array().map_or(0, Vec::len));
    let inactive = answers.member("read", "/active")? == false;
    match (members("before")?, members("after")?) {
        (1, 1) if inactive => Some("kept"),
        (1, 0) if inactive => Some("dropped"),
        _ => None,
    }
}

fn put(_: &Setting) -> Script {
    let mut asking = Asking::new("what does a PUT without active mean?", &["a"], &[]);
    asking.write(create("create", &user("a", &Value::Null), "au"));
    asking.write(deactivate("a"));
    asking.read(get("before"));
    let body = user("a", &Value::Null).to_string();
    asking.write(Step::new("put", "PUT /Users/{{ au }}").body(body));
    asking.read(get("after"));
    asking.script
}

fn active(answers: &Answers<'_>) -> Option<&'static str> {
    if answers.member("before", "/active")? != false {
        return None;
    }
    match (answers.done("put")?, answers.member("after", "/active")?) {
        (false, Value::Bool(false)) => Some("refused"),
        (true, Value::Bool(false)) => Some("unchanged"),
        (true, Value::Bool(true)) => Some("activates"),
        _ => None,
    }
}

fn shared(title: &str, more: &Value) -> Script {
    let mut asking = Asking::new(title, &["a", "b"], &[]);
    asking.write(create("create", &user("a", more), "au"));
    asking.read(get("read"));
    asking.write(create("second", &user("b", more), "bu"));
    asking.script
}

/// Of an attribute that the first user has.
fn sharing(answers: &Answers<'_>, attribute: &str) -> Option<&'static str> {
    match (answers.member("read", attribute)?, answers.status("second")?) {
        (Value::Null, _) => None,
        (_, 201) => Some("accepted"),
        (_, 409) => Some("unique"),
        _ => None,
    }
}

fn address(_: &Setting) -> Script {
    let emails = json!({"emails": [{"value": "{{ a.email }}", "type": "work", "primary": true}]});
    shared("may two users have one e-mail address?", &emails)
}

fn shared_address(answers: &Answers<'_>) -> Option<&'static str> {
    sharing(answers, "/emails")
}

fn external(_: &Setting) -> Script {
    shared("may two users have one externalId?", &json!({"externalId": "{{ run.marker }}-x"}))
}

fn shared_external(answers: &Answers<'_>) -> Option<&'static str> {
    sharing(answers, "/externalId")
}

fn groups(_: &Setting) -> Script {
    let mut asking = Asking::new("may two groups have one name?", &[], &["groups"]);
    for name in ["first", "second"] {
        let body = json!({"schemas": [urn::GROUP], "displayName": "{{ run.marker }} twice"}).to_string();
        asking.write(Step::new(name, "POST /Groups").body(body).saves(name, "id"));
    }
    asking.script
}

fn both(answers: &Answers<'_>) -> Option<&'static str> {
    match (answers.status("first")?, answers.status("second")?) {
        (201, 201) => Some("accepted"),
        (201, 409) => Some("409"),
        _ => None,
    }
}

//! Choices about accounts and tokens, in an organization of their own on the admin surface.

use serde_json::{Value, json};

use super::{Answers, Asking, Probe, home};
use crate::property::script::{Script, Step};
use crate::property::suite::{Need, Setting};

const NEEDS: &[Need] = &[Need::Admin];

pub(super) const PROBES: &[Probe] = &[
    Probe { choice: "COALESCE-SSO-013", needs: NEEDS, ask: activate, read: activated },
    Probe { choice: "COALESCE-SSO-015", needs: NEEDS, ask: delete, read: deleted },
    Probe { choice: "COALESCE-SSO-026", needs: NEEDS, ask: repeat, read: repeated },
    Probe { choice: "COALESCE-SSO-028", needs: NEEDS, ask: claim, read: claimed },
    Probe { choice: "COALESCE-SSO-029", needs: NEEDS, ask: environment, read: covered },
];

fn organization(title: &str, setting: &Setting) -> Asking {
    let mut asking = Asking::new(title, &["a"], &["admin"]);
    home::make(&mut asking.script, setting);
    asking
}

fn admin(name: &str, line: &str, body: &Value) -> Step {
    Step::new(name, line).on("admin").body(body.to_string())
}

/// A native record, and its token.
fn native(asking: &mut Asking) {
    let body = json!({
        "org": "{{ org }}", "userName": "{{ a.email }}", "email": "{{ a.email }}", "given_name": "{{ a.givenName }}",
        "family_name": "{{ a.familyName }}", "password": "{{ a.password }}", "role": "User",
    });
    asking.write(admin("create", "POST /admin/v1/users", &body).saves("u", "id"));
    let body = json!({"org": "{{ org }}", "username": "{{ a.email }}", "password": "{{ a.password }}"});
    let login = admin("login", "POST /auth/login", &body).header("Authorization", "");
    asking.write(login.saves("t", "access_token"));
}

/// An SSO login; what it saves has a number.
fn sso(asking: &mut Asking, name: &str, email: &str, number: usize) {
    let body = json!({
        "org": "{{ org }}", "iss": home::ISSUER, "sub": "{{ a.uuid }}", "email": email, "email_verified": true,
        "given_name": "{{ a.givenName }}", "family_name": "{{ a.familyName }}",
    });
    let login = admin(name, "POST /auth/sso/callback", &body).header("Authorization", "");
    asking.write(login.saves(format!("u{number}"), "sub").saves(format!("t{number}"), "access_token"));
}

fn introspect(asking: &mut Asking, name: &str, form: &str) {
    let step = Step::new(name, "POST /oauth2/introspect").on("admin").body(form);
    asking.write(step.header("Content-Type", "application/x-www-form-urlencoded"));
}

fn is_active(answers: &Answers<'_>, step: &str) -> Option<bool> {
    answers.member(step, "/active")?.as_bool()
}

/// Whether a token that was active is active still.
fn survives(answers: &Answers<'_>) -> Option<bool> {
    if is_active(answers, "before")? { is_active(answers, "after") } else { None }
}

fn activate(setting: &Setting) -> Script {
    let mut asking = organization("do tokens come back with their user?", setting);
    native(&mut asking);
    introspect(&mut asking, "before", "token={{ t }}");
    for active in [false, true] {
        let body = json!({"active": active});
        asking.write(admin(&format!("active {active}"), "PATCH /admin/v1/users/{{ u }}", &body));
    }
    introspect(&mut asking, "after", "token={{ t }}");
    asking.script
}

fn activated(answers: &Answers<'_>) -> Option<&'static str> {
    if !(answers.done("active false")? && answers.done("active true")?) {
        return None;
    }
    Some(if survives(answers)? { "resume" } else { "stay-revoked" })
}

fn repeat(setting: &Setting) -> Script {
    let mut asking = organization("does a trigger that changes nothing revoke?", setting);
    native(&mut asking);
    introspect(&mut asking, "before", "token={{ t }}");
    let body = json!({"email": "{{ a.email }}"});
    asking.write(admin("the same address", "PATCH /admin/v1/users/{{ u }}", &body));
    introspect(&mut asking, "after", "token={{ t }}");
    asking.script
}

fn repeated(answers: &Answers<'_>) -> Option<&'static str> {
    answers.done("the same address").filter(|done| *done)?;
    Some(if survives(answers)? { "ignored" } else { "revokes" })
}

fn delete(setting: &Setting) -> Script {
    let mut asking = organization("can a deleted user sign in by SSO?", setting);
    sso(&mut asking, "login", "{{ a.email }}", 1);
    asking.write(Step::new("delete", "DELETE /admin/v1/users/{{ u1 }}").on("admin"));
    sso(&mut asking, "again", "{{ a.email }}", 2);
    asking.script
}

fn deleted(answers: &Answers<'_>) -> Option<&'static str> {
    if !(answers.done("login")? && answers.done("delete")?) {
        return None;
    }
    match answers.status("again")? {
        200 | 201 if answers.member("again", "/sub")? != answers.member("login", "/sub")? => Some("recreate"),
        401 | 403 => Some("deny"),
        _ => None,
    }
}

fn claim(setting: &Setting) -> Script {
    let mut asking = organization("does a record follow the e-mail claim?", setting);
    sso(&mut asking, "login", "{{ a.email }}", 1);
    asking.read(Step::new("before", "GET /admin/v1/users/{{ u1 }}").on("admin"));
    sso(&mut asking, "again", "neu-{{ a.uuid }}@example.com", 2);
    asking.read(Step::new("after", "GET /admin/v1/users/{{ u1 }}").on("admin"));
    asking.script
}

fn claimed(answers: &Answers<'_>) -> Option<&'static str> {
    // Another record would be another person's.
    if answers.member("again", "/sub")? != answers.member("login", "/sub")? {
        return None;
    }
    let changed = answers.member("after", "/emails")? != answers.member("before", "/emails")?;
    Some(if changed { "update" } else { "keep" })
}

fn environment(setting: &Setting) -> Script {
    let mut asking = organization("what does a new environment mean for older tokens?", setting);
    sso(&mut asking, "login", "{{ a.email }}", 1);
    introspect(&mut asking, "before", "token={{ t1 }}");
    let body = json!({"org": "{{ org }}", "name": "Betrieb"});
    asking.write(admin("environment", "POST /admin/v1/environments", &body).saves("e", "id"));
    introspect(&mut asking, "after", "token={{ t1 }}");
    introspect(&mut asking, "there", "token={{ t1 }}&resource={{ e }}");
    asking.script
}

fn covered(answers: &Answers<'_>) -> Option<&'static str> {
    match (survives(answers)?, is_active(answers, "there")?) {
        (true, true) => Some("covered"),
        (true, false) => Some("not-covered"),
        (false, false) => Some("revokes"),
        (false, true) => None,
    }
}

//! The answer to a write shows what is stored, not what was sent: it equals what is read next, but for `meta`. It does not
//! know what a product stores: the answer and the read-out are compared with each other alone.

use std::sync::Arc;

use serde_json::{Value, json};

use super::products::all;
use super::script::{Script, Step, basic};
use super::suite::{Cases, Enumerated, Need, Setting, Suite};
use crate::scim::urn;

/// On any server.
pub(super) const SUITE: Suite = Suite {
    name: "answers",
    title: "the answers to POST, PUT and PATCH show what is read next",
    laws: &["PROP-LIFE-10"],
    needs: &[],
    cases: Cases::All(|setting| answers(setting, "PROP-LIFE-10")),
};

/// On Catalytic, which stores little of what is sent.
pub(super) const CATALYTIC: Suite = Suite {
    name: "catalytic-answers",
    title: "the answer to a write shows what is stored and not what was sent",
    laws: &["CATALYTIC-012"],
    needs: &[Need::Product("CATALYTIC")],
    cases: Cases::All(|setting| answers(setting, "CATALYTIC-012")),
};

/// What is compared; elements are named by what they are, for their order says nothing (`RFC7643 §2.4`).
const COMPARED: [&str; 10] = [
    "userName",
    "externalId",
    "displayName",
    "name.givenName",
    "name.familyName",
    "title",
    "nickName",
    "preferredLanguage",
    "emails[type eq \"work\"].value",
    "emails[type eq \"home\"].value",
];

/// An extension that nobody knows; what a server says of it is judged under every profile.
const UNKNOWN: &str = "urn:example:params:scim:schemas:extension:unknown:2.0:User";

/// A user with more than most products store.
fn user(nick: &str) -> Value {
    json!({
        "schemas": [urn::USER], "userName": "{{ a.identifier }}", "externalId": "{{ a.externalId }}",
        "name": {"givenName": "{{ a.givenName }}", "familyName": "{{ a.familyName }}"},
        "displayName": "{{ a.displayName }}", "title": "Kapitänin", "nickName": nick, "preferredLanguage": "de",
        "emails": [
            {"value": "{{ a.email }}", "type": "work", "primary": true},
            {"value": "home-{{ a.email }}", "type": "home"},
        ],
        "active": true,
    })
}

/// One script for each kind of write, and one with an extension that nobody knows.
fn answers(setting: &Arc<Setting>, law: &str) -> Enumerated {
    let patch = setting.lacks(&[Need::Capability("patch")]).is_none();
    let kinds = ["POST", "PUT", "PATCH"].into_iter().filter(|kind| patch || *kind != "PATCH");
    all(std::iter::once(extended(setting, law)).chain(kinds.map(|kind| answer(setting, law, kind))))
}

fn script(title: &str, needs: &[&'static str]) -> Script {
    Script::new(title, &["a".to_owned()], needs)
}

/// What is compared where a create answers with less than the whole resource (`RFC7644 §3.3`: SHOULD).
fn leniency(setting: &Setting) -> &'static str {
    if setting.profile.open { ", soft = true" } else { "" }
}

fn extended(setting: &Setting, law: &str) -> Script {
    let mut script = script("the answer shows of an unknown extension what is read next", &[]);
    let mut body = user("Momo");
    body["schemas"] = json!([urn::USER, UNKNOWN]);
    body[UNKNOWN] = json!({"shoeSize": "44"});
    let step = Step::new("create a", "POST /Users").body(body.to_string());
    let write = script.push(step.judges(law, "status = [201, 400]").saves("u", "id"));
    let address = format!("/{UNKNOWN}/shoeSize");
    let row = format!("at = {}, same-as = {}{}", basic(&address), basic(&write), leniency(setting));
    script.push(Step::new("read a", "GET /Users/{{ u }}").judges(law, row));
    script
}

fn answer(setting: &Setting, law: &str, kind: &str) -> Script {
    let needs: &[&str] = if kind == "PATCH" { &["patch"] } else { &[] };
    let mut script = script(&format!("the answer to a {kind} is what is read next"), needs);
    let step = Step::new("create a", "POST /Users").body(user("Momo").to_string());
    let mut write = script.push(step.judges(law, "status = 201").saves("u", "id"));
    if kind != "POST" {
        let body = match kind {
            "PUT" => user("Mo"),
            _ => json!({"schemas": [urn::PATCH_OP], "Operations": [
                {"op": "replace", "path": "nickName", "value": "Mo"},
                {"op": "replace", "path": "displayName", "value": "Mo {{ a.familyName }}"},
            ]}),
        };
        let step = Step::new("change a", format!("{kind} /Users/{{{{ u }}}}")).body(body.to_string());
        write = script.push(step.judges(law, "status = [200, 204]"));
    }
    let soft = if kind == "POST" { leniency(setting) } else { "" };
    let mut read = Step::new("read a", "GET /Users/{{ u }}").judges(law, "status = 200");
    for address in COMPARED {
        read = read.judges(law, format!("at = {}, same-as = {}{soft}", basic(address), basic(&write)));
    }
    script.push(read);
    script
}

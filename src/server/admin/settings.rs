//! Requests to the vendor's support, and what provisioned users get at creation: A26, A27.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Row;
use super::call::{Call, Reply};
use crate::product::{Action, Defaults, Refusal, pointer_part};
use crate::scim::Object;

pub(super) const ROWS: &[Row] = &[
    Row { method: "POST", path: "/admin/v1/requests", action: Action::RequestCreate, handler: request },
    Row { method: "PUT", path: DEFAULTS, action: Action::DefaultsWrite, handler: put },
    Row { method: "GET", path: DEFAULTS, action: Action::DefaultsRead, handler: get },
];

const DEFAULTS: &str = "/admin/v1/organizations/{org}/provisioning-defaults";

/// What a request must say, and which of it are lists.
const WANTED: [&str; 5] = ["kind", "customer_name", "user_emails", "integrations", "timeline"];
const LISTS: [&str; 2] = ["user_emails", "integrations"];

const KINDS: [&str; 2] = ["account", "organization"];

/// A26: seed 000 lists what such a request must say.
fn request(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let said = |name: &str| body.get(name).is_some_and(|value| is_said(value, LISTS.contains(&name)));
    let missing: Vec<&str> = WANTED.into_iter().filter(|name| !said(name)).collect();
    if let Some(first) = missing.first() {
        let refusal = Refusal::invalid(format!("/{first}"), format!("missing: {}", missing.join(", ")));
        return Ok(Reply::refused(&refusal, json!({ "missing": missing })));
    }
    if !body.get("kind").and_then(Value::as_str).is_some_and(|kind| KINDS.contains(&kind)) {
        return Err(Refusal::invalid("/kind", format!("one of {} is wanted", KINDS.join(", "))));
    }
    let id = Uuid::new_v4().to_string();
    call.core.products.lock().requests += 1;
    Ok(Reply::new(201, json!({ "id": id, "state": "open" })).about(id))
}

/// Whether a value says something: a text, or a list of texts.
fn is_said(value: &Value, list: bool) -> bool {
    match value {
        Value::String(text) => !list && !text.trim().is_empty(),
        Value::Array(rows) => list && !rows.is_empty() && rows.iter().all(|row| is_said(row, false)),
        _ => false,
    }
}

/// A27 (CATALYTIC-022)
fn put(call: &Call<'_>) -> Result<Reply, Refusal> {
    let defaults = read(&call.object()?)?;
    let reply = described(&defaults);
    call.core.products.lock().organization(call.org()?)?.defaults = defaults;
    Ok(Reply::new(200, reply))
}

fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::new(200, described(&call.core.products.lock().organization(call.org()?)?.defaults)))
}

fn read(body: &Object) -> Result<Defaults, Refusal> {
    let mut defaults = Defaults::default();
    for (name, value) in body {
        match (name.as_str(), value) {
            ("notification_preferences", Value::Object(preferences)) => {
                for (name, word) in preferences {
                    let at = format!("/notification_preferences{}", pointer_part(name));
                    let word = word.as_str().filter(|word| ["EMAIL", "UNSUBSCRIBE"].contains(word));
                    let word = word.ok_or_else(|| Refusal::invalid(at, "EMAIL or UNSUBSCRIBE is wanted"))?;
                    defaults.notification_preferences.insert(name.clone(), word.to_owned());
                }
            }
            ("onboarding", Value::Bool(onboarding)) => defaults.onboarding = Some(*onboarding),
            ("notification_preferences" | "onboarding", _) => {
                return Err(Refusal::invalid(pointer_part(name), "an object of preferences or a boolean is wanted"));
            }
            _ => return Err(Refusal::invalid(pointer_part(name), "there is no such default")),
        }
    }
    Ok(defaults)
}

fn described(defaults: &Defaults) -> Value {
    json!({
        "notification_preferences": defaults.notification_preferences,
        "onboarding": defaults.onboarding,
    })
}

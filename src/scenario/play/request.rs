//! From a step to the bytes of its request: client headers, encoding, filled body, merged body, repetition.

use serde_json::Value;

use super::super::model::{Action, Line, On, Scenario, Step as Script};
use super::super::template::{Lookup, Missing, Template};
use super::state::{Broken, State};
use crate::idp::{self, Client, Encoding};
use crate::wire::{ExchangeId, Headers, Method, Request, Response, Root};

/// The media type of a plain RFC client (`RFC7644 §3.1`).
const SCIM: &str = "application/scim+json";

/// The media type of the admin surface.
const JSON: &str = "application/json";

/// The client whose wire form a step has; `None` for a plain RFC client.
fn client(scenario: &Scenario, script: &Script) -> Option<&'static Client> {
    script.client.as_ref().or(scenario.clients.first()).and_then(|id| idp::client(id))
}

/// How the step's query is encoded; the admin surface knows nothing of SCIM clients.
pub(super) fn encoding(scenario: &Scenario, script: &Script, line: &Line) -> Encoding {
    if matches!(line.on, On::Admin | On::Probe) {
        return Encoding::Percent;
    }
    script.encoding.or_else(|| client(scenario, script).map(|client| client.encoding)).unwrap_or(Encoding::Percent)
}

/// The client's headers for a request with or without body.
pub(super) fn headers(scenario: &Scenario, script: &Script, line: &Line, body: bool) -> Headers {
    match client(scenario, script) {
        _ if matches!(line.on, On::Admin | On::Probe) && body => {
            [("Accept", JSON), ("Content-Type", JSON)].into_iter().collect()
        }
        _ if matches!(line.on, On::Admin | On::Probe) => [("Accept", JSON)].into_iter().collect(),
        Some(client) if body => client.headers_write.iter().cloned().collect(),
        Some(client) => client.headers_read.iter().cloned().collect(),
        None if body => [("Accept", SCIM), ("Content-Type", SCIM)].into_iter().collect(),
        None => [("Accept", SCIM)].into_iter().collect(),
    }
}

/// The base URL of a request.
pub(super) fn root(on: &On, lookup: Lookup) -> Result<Root, Missing> {
    Ok(match on {
        On::Scim => Root::Scim,
        On::Admin => Root::Admin,
        On::Probe => Root::Probe,
        On::SecondTenant => Root::SecondTenant,
        On::At(base) => Root::At(base.plain(lookup)?.trim_end_matches('/').to_owned()),
    })
}

/// A request's path, with its base where that is not the target's own.
pub(super) fn place(request: &Request) -> String {
    match &request.root {
        Root::Scim => request.path().to_owned(),
        Root::Admin => format!("admin {}", request.path()),
        Root::Probe => format!("probe {}", request.path()),
        Root::SecondTenant => format!("second tenant {}", request.path()),
        Root::At(base) => format!("{base}{}", request.path()),
    }
}

/// What a request is to write.
pub(super) struct Aim {
    /// A place, or what a `POST` creates at it. Another creation in the same collection neither makes up for one that failed
    /// nor shows that it was made.
    pub key: String,
    /// The place with what is written there.
    pub whole: String,
    /// The place, where the write leaves nothing of what was there.
    pub over: Option<String>,
}

impl Aim {
    pub fn of(request: &Request) -> Self {
        let place = place(request);
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let whole = format!("{place} {body}");
        let key = if request.method == Method::Post { whole.clone() } else { place.clone() };
        Self { key, whole, over: matches!(request.method, Method::Put | Method::Delete).then_some(place) }
    }
}

/// The request of a step, the `n`th of its `times`.
pub(super) fn render(state: &State, index: usize, n: usize) -> Result<Request, Broken> {
    let scenario = &state.scenario;
    let script = &scenario.steps[index];
    let broken = |missing: Missing| {
        state.blame(&missing).unwrap_or_else(|| Broken {
            exchange: ExchangeId::default(),
            reason: format!("`{}` has no value", missing.0),
        })
    };
    let lookup = |name: &str| state.lookup(name, &script.name, n);
    let (line, body, form, base) = match &script.action {
        Action::Repeat(name) => return Ok(state.earlier(name)?.0.clone()),
        Action::Send { line, body, form, base } => (line, body, *form, base),
    };
    let target = line.target.target(&lookup, encoding(scenario, script, line)).map_err(broken)?;
    let fill = |body: &Template| if form { body.form(&lookup) } else { body.json(&lookup) };
    let text = body.as_ref().map(fill).transpose().map_err(broken)?;
    let root = root(&line.on, &lookup).map_err(broken)?;
    let bytes = match base {
        None => text.map(String::into_bytes),
        Some(name) => {
            let (_, exchange) = state.earlier(name)?;
            let blame =
                |reason: &str| Broken { exchange: exchange.id.clone(), reason: format!("step \"{name}\" {reason}") };
            let answer = exchange.response().filter(|response| response.is_success());
            let mut whole = answer.and_then(Response::json).ok_or_else(|| blame("answered no resource"))?;
            if let Some(text) = text {
                let patch: Value = serde_json::from_str(&text).map_err(|_| blame("cannot be merged with this body"))?;
                merge(&mut whole, patch);
            }
            Some(whole.to_string().into_bytes())
        }
    };
    let mut request = Request { root, ..Request::new(line.method.clone(), target) };
    request.headers = headers(scenario, script, line, bytes.is_some());
    request.body = bytes;
    for (name, value) in &script.headers {
        let value = value.plain(&lookup).map_err(broken)?;
        // an empty Authorization stays: the transport then sends no credentials at all
        if value.is_empty() && !name.eq_ignore_ascii_case("authorization") {
            request.headers.remove(name);
        } else {
            request.headers.set(name, value);
        }
    }
    if let Some(lent) = script.lent {
        request.headers.set("Authorization", lent.placeholder());
    }
    Ok(request)
}

/// JSON merge patch (`RFC7396 §2`).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                // Order of the remaining members is part of the bytes that Okta echoes.
                members.shift_remove(&name);
            } else {
                merge(members.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_keeps_order_and_deletes_by_null() {
        let mut whole = json!({"id": "1", "a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]});
        merge(&mut whole, json!({"a": null, "b": {"d": null, "x": {"y": null, "z": 1}}, "e": [3], "n": true}));
        assert_eq!(whole.to_string(), r#"{"id":"1","b":{"c":2,"x":{"z":1}},"e":[3],"n":true}"#);
    }
}

//! Standing checks of error bodies (`RFC7644 §3.12`); what a gateway in front may have said is judged mildly (I-17).

use serde_json::Value;

use super::seen::{Place, Seen, member, names};
use super::{Check, Said};
use crate::scim::{Object, urn};

pub(super) const CHECKS: [Check; 6] = [
    Check { name: "error has a SCIM body", requirements: &["RFC7644-3.12-1"], judge: body },
    Check { name: "error names its schema", requirements: &["RFC7644-3.12-2"], judge: schema },
    Check { name: "error repeats the status", requirements: &["RFC7644-3.12-3"], judge: status },
    Check { name: "error explains itself", requirements: &["RFC7644-3.2-19"], judge: detail },
    Check { name: "error does not quote a password", requirements: &["RFC7643-4.1.1-23"], judge: quoted },
    Check { name: "no match is no error", requirements: &["RFC7644-3.4.2-10"], judge: no_match },
];

fn is_error(seen: &Seen) -> bool {
    seen.status() >= 400 && seen.request.method.as_str() != "HEAD"
}

/// The body, where it looks like an Error message at all.
fn message<'a>(seen: &'a Seen) -> Option<&'a Object> {
    let body = seen.object().filter(|_| is_error(seen))?;
    let scim = body.contains_key("schemas") && (member(body, "status").is_some() || member(body, "detail").is_some());
    (scim || names(body, urn::ERROR)).then_some(body)
}

fn body(seen: &Seen) -> Option<Said> {
    if !is_error(seen) {
        return None;
    }
    const EXPECTED: &str = "a body in the Error schema";
    let gateway = matches!(seen.status(), 401 | 403 | 405 | 413 | 415 | 429) || seen.status() >= 500;
    let route = seen.status() == 404 && seen.place == Place::Unknown;
    Some(match &seen.json {
        Some(Value::Object(body)) if names(body, urn::ERROR) => Said::reads("I-17", 1, EXPECTED, "an Error body"),
        _ if seen.response.body.is_empty() => Said::reads("I-17", 2, EXPECTED, "no body"),
        Some(other) => Said::reads("I-17", 3, EXPECTED, format!("other JSON: {other}")),
        None if gateway || route => Said::warn(EXPECTED, "no JSON"),
        None => Said::fail(EXPECTED, "no JSON"),
    })
}

fn schema(seen: &Seen) -> Option<Said> {
    let body = message(seen)?;
    let schemas = member(body, "schemas").map(Value::to_string).unwrap_or_default();
    Some(Said::when(names(body, urn::ERROR), format!("schemas [\"{}\"]", urn::ERROR), schemas))
}

fn status(seen: &Seen) -> Option<Said> {
    let body = message(seen)?;
    let expected = format!("status \"{}\"", seen.status());
    let code = seen.status().to_string();
    Some(match member(body, "status") {
        Some(Value::String(text)) if *text == code => Said::reads("I-18", 1, expected, format!("\"{text}\"")),
        Some(Value::Number(number)) if number.to_string() == code => {
            Said::reads("I-18", 2, expected, format!("the number {number}"))
        }
        None | Some(Value::Null) => Said::fail(expected, "none"),
        Some(other) => Said::reads("I-18", 3, expected, other.to_string()),
    })
}

fn detail(seen: &Seen) -> Option<Said> {
    let body = message(seen)?;
    let told = ["detail", "scimType"]
        .iter()
        .any(|name| member(body, name).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty()));
    Some(if told {
        Said::when(true, "a detail or scimType", "there")
    } else {
        Said::warn("a detail or scimType", "neither")
    })
}

fn quoted(seen: &Seen) -> Option<Said> {
    if !is_error(seen) {
        return None;
    }
    let sent: Value = serde_json::from_slice(seen.request.body.as_deref()?).ok()?;
    let password = sent.get("password")?.as_str().filter(|text| text.len() >= 6)?;
    let text = String::from_utf8_lossy(&seen.response.body);
    Some(Said::when(!text.contains(password), "an error without the password's value", "the error body"))
}

fn no_match(seen: &Seen) -> Option<Said> {
    let query = seen.place == Place::Collection && seen.is(&crate::wire::Method::Get);
    let user = seen.kind.is_some_and(|kind| kind.name == "User");
    let filtered = seen.parameter("filter").is_some();
    (query && user && filtered && seen.status() == 404)
        .then(|| Said::fail("200 with totalResults 0 for a filter without match", "status 404"))
}

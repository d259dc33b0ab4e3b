//! What is special about an exchange and about a check: the marks by which failures of one root are told from others. It
//! looks at what was sent and at the status, and decides nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::flow::{Finding, Position};
use crate::scim::filter::{self, Filter};
use crate::scim::path::{AttrPath, PatchPath};
use crate::wire::{Exchange, Method, Request, Root};

/// Parameters of a query that change its answer.
const PARAMETERS: [&str; 7] = ["filter", "sortBy", "attributes", "excludedAttributes", "startIndex", "count", "cursor"];

/// Headers that change what a request does.
const HEADERS: [&str; 2] = ["If-Match", "If-None-Match"];

/// A property that exchanges share, as a phrase. `Ord`: what says more comes last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// How narrow it is, from 0.
    pub narrow: u8,
    /// ``PATCH `remove` ``, ``filter by `userName` ``, `answers that must be 409`.
    pub text: String,
}

fn mark(narrow: u8, text: impl Into<String>) -> Mark {
    Mark { narrow, text: text.into() }
}

/// The marks of an exchange.
pub fn of(exchange: &Exchange) -> BTreeSet<Mark> {
    let request = &exchange.request;
    let place = place(request);
    let method = request.method.as_str();
    let mut marks = BTreeSet::from([mark(1, format!("{method} {place}"))]);
    if request.method != Method::Get {
        marks.insert(mark(0, method));
    }
    for (name, value) in url::form_urlencoded::parse(request.query().unwrap_or_default().as_bytes()) {
        ask(&name, &value, &place, &mut marks);
    }
    let body: Option<Value> = request.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
    if request.method != Method::Get {
        body.iter().for_each(|body| unusual(body, &mut marks));
    }
    if let Some(Value::Object(body)) = &body {
        if place.ends_with("/.search") {
            body.iter().for_each(|(name, value)| ask(name, value.as_str().unwrap_or_default(), &place, &mut marks));
        }
        for operation in body.get("Operations").and_then(Value::as_array).into_iter().flatten() {
            if request.method.as_str() == "PATCH" {
                change(operation, &mut marks);
            }
        }
    }
    for name in HEADERS.into_iter().filter(|name| request.headers.get(name).is_some()) {
        marks.insert(mark(2, format!("{method} with {name}")));
        marks.insert(mark(1, name));
    }
    if let Some(status) = exchange.response().map(|response| response.status).filter(|status| tells(*status)) {
        marks.insert(mark(2, format!("{method} {place} answered {status}")));
        marks.insert(mark(1, format!("{method} answered {status}")));
        if status >= 500 {
            marks.insert(mark(0, format!("answers {status}")));
        }
    }
    marks
}

/// A status that says by itself what is amiss. A 400 and a 409 are about what was sent, which has marks of its own.
fn tells(status: u16) -> bool {
    status >= 400 && !matches!(status, 400 | 409)
}

/// `/Users`, `/Users/{id}`: the path with its ids left out.
fn place(request: &Request) -> String {
    let mut segments = request.path().trim_start_matches('/').split('/');
    let first = segments.next().unwrap_or_default();
    let surface = match request.root {
        Root::Scim => "",
        Root::SecondTenant => "second tenant ",
        _ => "admin ",
    };
    match segments.next() {
        None | Some("") => format!("{surface}/{first}"),
        Some(".search") => format!("{surface}/{first}/.search"),
        Some(_) => format!("{surface}/{first}/{{id}}"),
    }
}

/// A parameter of a query.
fn ask(name: &str, value: &str, place: &str, marks: &mut BTreeSet<Mark>) {
    if !PARAMETERS.contains(&name) {
        return;
    }
    marks.insert(mark(1, format!("`{name}`")));
    marks.insert(mark(2, format!("`{name}` of {place}")));
    if name == "filter" {
        match filter::parse(value) {
            Ok(filter) => look(&filter, marks),
            Err(_) => {
                marks.insert(mark(3, "a filter that is none"));
            }
        }
    }
}

/// What a filter is made of.
fn look(filter: &Filter, marks: &mut BTreeSet<Mark>) {
    let mut leaf = |path: &AttrPath, op: &str| {
        marks.insert(mark(2, format!("filter operator `{op}`")));
        marks.insert(mark(3, format!("filter by `{}`", named(path))));
        marks.insert(mark(4, format!("filter `{} {op}`", named(path))));
    };
    match filter {
        Filter::Compare(path, op, _) => leaf(path, op.as_str()),
        Filter::Present(path) => leaf(path, "pr"),
        Filter::And(terms) | Filter::Or(terms) => {
            let word = if matches!(filter, Filter::And(_)) { "and" } else { "or" };
            marks.insert(mark(3, format!("filter with `{word}`")));
            terms.iter().for_each(|term| look(term, marks));
        }
        Filter::Not(term) => {
            marks.insert(mark(3, "filter with `not`"));
            look(term, marks);
        }
        Filter::Value { attr, .. } => {
            marks.insert(mark(3, "filter with a value path"));
            marks.insert(mark(4, format!("filter by `{}[…]`", named(attr))));
        }
    }
}

/// An operation of a PATCH.
fn change(operation: &Value, marks: &mut BTreeSet<Mark>) {
    let op = operation["op"].as_str().unwrap_or_default();
    let plain = op.to_ascii_lowercase();
    if plain != op {
        marks.insert(mark(2, "PATCH in mixed case"));
    }
    marks.insert(mark(2, format!("PATCH `{plain}`")));
    let Some(path) = operation["path"].as_str() else {
        marks.insert(mark(3, format!("PATCH `{plain}` without a path")));
        return;
    };
    let shape = match PatchPath::parse(path) {
        Ok(PatchPath::Attr(path)) => named(&path),
        Ok(PatchPath::Value { attr, sub: Some(sub), .. }) => format!("{}[…].{sub}", named(&attr)),
        Ok(PatchPath::Value { attr, sub: None, .. }) => format!("{}[…]", named(&attr)),
        Ok(PatchPath::Schema(_)) => "a schema".to_owned(),
        Err(_) => "a path that is none".to_owned(),
    };
    if shape.contains('[') {
        marks.insert(mark(2, "PATCH with a value path"));
    }
    marks.insert(mark(3, format!("PATCH of `{shape}`")));
    marks.insert(mark(4, format!("PATCH `{plain}` of `{shape}`")));
}

/// Values that clients send and servers stumble over, wherever they stand in a body.
fn unusual(value: &Value, marks: &mut BTreeSet<Mark>) {
    match value {
        Value::String(text) if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
            marks.insert(mark(3, "a boolean sent as a text"));
        }
        Value::Null => {
            marks.insert(mark(3, "a value null"));
        }
        Value::Array(values) if values.is_empty() => {
            marks.insert(mark(3, "an empty list"));
        }
        Value::Array(values) => values.iter().for_each(|value| unusual(value, marks)),
        Value::Object(members) => members.values().for_each(|value| unusual(value, marks)),
        _ => {}
    }
}

/// The attribute without its schema, in the case of the standard's own attributes.
fn named(path: &AttrPath) -> String {
    path.sub.as_ref().map_or_else(|| path.name.clone(), |sub| format!("{}.{sub}", path.name))
}

/// The mark of a standing check.
pub fn of_check(name: &str) -> Mark {
    mark(3, format!("every answer: {name}"))
}

/// The marks of a check. A standing check is its own root, whatever was asked.
pub fn of_finding(finding: &Finding, exchange: Option<&Exchange>) -> BTreeSet<Mark> {
    if let Position::Check(name) = finding.position {
        return BTreeSet::from([of_check(name)]);
    }
    let mut marks = BTreeSet::new();
    if finding.check == "status" {
        let wanted = finding.expected.trim_start_matches("status ");
        // Of several the first is what the standard names.
        let first = wanted.split(' ').next().unwrap_or(wanted);
        marks.insert(mark(1, format!("answers that must be {first}")));
        if finding.got == "status 409" {
            marks.insert(mark(2, "a conflict where there is none"));
        }
        if let Some(request) = exchange.map(|it| &it.request) {
            marks.insert(mark(2, format!("{} that must be answered {wanted}", request.method)));
            marks.insert(mark(3, format!("{} {} that must be answered {wanted}", request.method, place(request))));
        }
    }
    let mut words = finding.check.split_whitespace();
    match (words.next(), words.next()) {
        (Some("header"), Some(name)) => {
            marks.insert(mark(2, format!("header {name}")));
        }
        (Some("at"), Some(path)) => {
            let inner = path.strip_prefix("Resources").map_or(path, |rest| rest.rsplit("].").next().unwrap_or(rest));
            let inner = inner.trim_start_matches('.');
            let first = inner.split(['.', '[']).next().unwrap_or(inner);
            marks.insert(mark(1, format!("attribute `{first}`")));
            marks.insert(mark(2, format!("attribute `{inner}`")));
        }
        _ => {}
    }
    marks
}

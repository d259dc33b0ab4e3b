//! Finds values in any JSON by a SCIM attribute path or a JSON Pointer (`RFC6901`), without schema.
//!
//! `Resources[userName eq "x"].id`, `urn:…:User:manager.value`, `/Resources/0/id`. Names compare without case, arrays on the
//! way and at the end are taken apart. It knows nothing of what a test wants of the values.

use serde_json::Value;

use super::filter::{self, Filter, Limits, untyped_matches};
use super::syntax::{Cursor, SyntaxError, error_at, is_name, is_urn};
use super::{Object, schema};

/// A member of an object, whatever the case of its name; the exact name wins.
#[must_use]
pub fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The values in a member: an array's elements one by one; none for null and for nothing.
pub(in crate::scim) fn values(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().filter(|item| !item.is_null()).collect(),
        Some(value) => vec![value],
    }
}

/// The values of an attribute that may stand behind a URN: in the extension's container, or, for a schema of the core, in
/// the object itself.
pub(in crate::scim) fn members_of<'a>(object: &'a Object, urn: Option<&str>, name: &str) -> Vec<&'a Value> {
    let Some(urn) = urn else { return values(member(object, name)) };
    match member(object, urn) {
        Some(container) => values(container.as_object().and_then(|inner| member(inner, name))),
        None if is_core(urn) => values(member(object, name)),
        None => Vec::new(),
    }
}

fn is_core(urn: &str) -> bool {
    schema::known(urn).is_some_and(|schema| schema.urn.contains(":core:"))
}

/// The values at an address. `""` is the whole body; what starts with `/` is a JSON Pointer and finds one value as it is,
/// also an array; anything else is a SCIM path with any number of dots. Nothing there: no values.
///
/// # Errors
/// The address follows neither grammar.
pub fn find<'a>(body: &'a Value, address: &str) -> Result<Vec<&'a Value>, SyntaxError> {
    if address.is_empty() {
        return Ok(vec![body]);
    }
    if address.starts_with('/') {
        check_pointer(address)?;
        return Ok(body.pointer(address).into_iter().collect());
    }
    let mut found = values(Some(body));
    for step in steps(address)? {
        found = found.into_iter().flat_map(|value| step.values_in(value)).collect();
    }
    Ok(found)
}

/// Checks an address without a body.
///
/// # Errors
/// The address follows neither grammar.
pub fn check(address: &str) -> Result<(), SyntaxError> {
    find(&Value::Null, address).map(|_| ())
}

fn check_pointer(pointer: &str) -> Result<(), SyntaxError> {
    for (at, _) in pointer.match_indices('~') {
        if !matches!(pointer.as_bytes().get(at + 1), Some(b'0' | b'1')) {
            return error_at(at, "in a JSON Pointer, ~ is followed by 0 or 1");
        }
    }
    Ok(())
}

/// One part of an address between dots.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The URN in front of the name.
    pub urn: Option<String>,
    /// The name, as written; of a JSON Pointer also an index.
    pub name: String,
    /// What selects among the values.
    pub filter: Option<Filter>,
}

/// The parts of an address, from the outermost on.
///
/// # Errors
/// The address follows neither grammar.
pub fn parts(address: &str) -> Result<Vec<Part>, SyntaxError> {
    let Some(pointer) = address.strip_prefix('/') else {
        return if address.is_empty() { Ok(Vec::new()) } else { steps(address) };
    };
    check_pointer(address)?;
    let plain = |part: &str| Part { urn: None, name: part.replace("~1", "/").replace("~0", "~"), filter: None };
    Ok(pointer.split('/').map(plain).collect())
}

impl Part {
    fn values_in<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let Some(object) = value.as_object() else { return Vec::new() };
        let container = self.urn.as_ref().map(|urn| format!("{urn}:{}", self.name));
        let found = match container {
            Some(container) if member(object, &container).is_some() => values(member(object, &container)),
            Some(container) if is_core(&container) => vec![value],
            _ => members_of(object, self.urn.as_deref(), &self.name),
        };
        match &self.filter {
            Some(filter) => found.into_iter().filter(|element| untyped_matches(filter, element)).collect(),
            None => found,
        }
    }
}

fn steps(address: &str) -> Result<Vec<Part>, SyntaxError> {
    let most = Limits::default().length;
    if address.len() > most {
        return error_at(most, format!("an address has at most {most} bytes"));
    }
    let mut cursor = Cursor::new(address);
    let mut steps = Vec::new();
    loop {
        steps.push(step(&mut cursor)?);
        match cursor.peek() {
            None => return Ok(steps),
            Some('.') => cursor.eat('.'),
            Some(_) => return cursor.expected("\".\", \"[\" or the end of the address"),
        };
    }
}

fn step(cursor: &mut Cursor<'_>) -> Result<Part, SyntaxError> {
    let start = cursor.position();
    // Dots belong to a URN up to its last colon, behind it they part names.
    let word = cursor.clone().word();
    let starts_urn = word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    let urn = match word.rsplit_once(':').filter(|_| starts_urn) {
        Some((urn, _)) if is_urn(urn) => Some(urn.to_owned()),
        Some((urn, _)) => return error_at(start, format!("{urn:?} is not a schema URN")),
        None => None,
    };
    if let Some(urn) = &urn {
        let end = start + urn.len() + 1;
        while cursor.position() < end {
            cursor.bump();
        }
    }
    let place = cursor.position();
    let name = cursor.take(|c| !matches!(c, '.' | '[' | ']' | ' ' | '"' | '(' | ')'));
    if !is_name(name) {
        return error_at(place, format!("{name:?} is not an attribute name"));
    }
    let filter = if cursor.eat('[') { Some(filter::scan_value_filter(cursor)?) } else { None };
    Ok(Part { urn, name: name.to_owned(), filter })
}

#[cfg(test)]
mod tests;

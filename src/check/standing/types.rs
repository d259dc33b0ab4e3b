//! Standing checks of JSON types: every known attribute has the type that its schema gives it (`RFC7643 §2.3`).

use serde_json::Value;

use super::seen::{Seen, member};
use super::{Check, Said};
use crate::scim::Object;
use crate::scim::schema::{self, Attribute, ResourceType, Type};

pub(super) const CHECKS: [Check; 5] = [
    Check { name: "attributes have their JSON types", requirements: &["RFC7643-2.3-2"], judge: simple },
    Check { name: "booleans are booleans", requirements: &["RFC7643-2.3.2-1"], judge: booleans },
    Check { name: "arrays and objects are such", requirements: &["RFC7644-3.8-11"], judge: shapes },
    Check { name: "empty attributes", requirements: &["RFC7643-2.5-1"], judge: empties },
    Check { name: "values are objects", requirements: &["RFC7643-4.1.2-24"], judge: plain_strings },
];

/// What can be wrong with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Simple,
    Boolean,
    Shape,
    /// A multi-valued attribute as `null` or `[]`: not wrong, a reading.
    Null,
    EmptyArray,
    /// A plain string where an object with `value` is due.
    Plain,
}

/// A value of another type than its schema's.
struct Odd {
    class: Class,
    phrase: String,
}

fn odds(resource: &Object, kind: &ResourceType) -> Vec<Odd> {
    let mut odds = Vec::new();
    for attribute in schema::common().iter().chain(&kind.base.attributes) {
        if let Some(value) = member(resource, &attribute.name) {
            look(attribute, value, &attribute.name, &mut odds);
        }
    }
    for (extension, _) in &kind.extensions {
        let Some(value) = member(resource, &extension.urn) else { continue };
        match value {
            Value::Object(inside) => {
                for attribute in &extension.attributes {
                    if let Some(value) = member(inside, &attribute.name) {
                        look(attribute, value, &attribute.name, &mut odds);
                    }
                }
            }
            Value::Null => {}
            other => odds.push(Odd { class: Class::Shape, phrase: format!("{} is {other}", extension.urn) }),
        }
    }
    odds
}

fn look(attribute: &Attribute, value: &Value, path: &str, odds: &mut Vec<Odd>) {
    let mut odd = |class, value: &Value| odds.push(Odd { class, phrase: format!("{path} is {value}") });
    match (attribute.multi, value) {
        (true, Value::Null) => odd(Class::Null, value),
        (true, Value::Array(items)) if items.is_empty() => odd(Class::EmptyArray, value),
        (true, Value::Array(items)) => items.iter().for_each(|item| single(attribute, item, path, odds)),
        (true, other) => odd(Class::Shape, other),
        (false, Value::Null) => {}
        (false, other) => single(attribute, other, path, odds),
    }
}

fn single(attribute: &Attribute, value: &Value, path: &str, odds: &mut Vec<Odd>) {
    let class = match (attribute.kind, value) {
        (Type::Complex, Value::Object(members)) => {
            for sub in &attribute.subs {
                if let Some(value) = member(members, &sub.name) {
                    look(sub, value, &format!("{path}.{}", sub.name), odds);
                }
            }
            return;
        }
        (Type::Complex, Value::String(_)) if attribute.multi => Class::Plain,
        (Type::Complex, _) => Class::Shape,
        (_, Value::Object(_) | Value::Array(_)) => Class::Shape,
        (Type::Boolean, Value::Bool(_))
        | (Type::String | Type::DateTime | Type::Binary | Type::Reference, Value::String(_))
        | (_, Value::Null) => return,
        (Type::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => return,
        (Type::Decimal, Value::Number(_)) => return,
        (Type::Boolean, _) => Class::Boolean,
        _ => Class::Simple,
    };
    odds.push(Odd { class, phrase: format!("{path} is {value}") });
}

/// The first oddity of a class in the answer; `None` inside for "looked, nothing odd", `None` outside for "no resource".
fn first(seen: &Seen, classes: &[Class]) -> Option<Option<(Class, String)>> {
    let resources = seen.resources();
    if resources.is_empty() {
        return None;
    }
    let odd = resources.into_iter().flat_map(|(resource, kind)| odds(resource, kind));
    Some(odd.into_iter().find(|odd| classes.contains(&odd.class)).map(|odd| (odd.class, odd.phrase)))
}

fn strict(seen: &Seen, class: Class, expected: &str) -> Option<Said> {
    Some(match first(seen, &[class])? {
        None => Said::when(true, expected, "so"),
        Some((_, phrase)) => Said::fail(expected, phrase),
    })
}

fn simple(seen: &Seen) -> Option<Said> {
    strict(seen, Class::Simple, "every value of the JSON type of its attribute")
}

fn booleans(seen: &Seen) -> Option<Said> {
    strict(seen, Class::Boolean, "true or false")
}

fn shapes(seen: &Seen) -> Option<Said> {
    strict(seen, Class::Shape, "arrays for multi-valued, objects for complex, plain values for singular attributes")
}

fn empties(seen: &Seen) -> Option<Said> {
    const EXPECTED: &str = "an unassigned attribute absent, null or empty";
    Some(match first(seen, &[Class::Null, Class::EmptyArray])? {
        None => Said::reads("I-09", 1, EXPECTED, "absent"),
        Some((Class::EmptyArray, phrase)) => Said::reads("I-09", 2, EXPECTED, phrase),
        Some((_, phrase)) => Said::reads("I-09", 3, EXPECTED, phrase),
    })
}

fn plain_strings(seen: &Seen) -> Option<Said> {
    let (_, phrase) = first(seen, &[Class::Plain])??;
    Some(Said::reads("I-93", 2, "objects with a value", phrase))
}

//! Elements of multi-valued attributes: when two are the same one, how they merge, and which is primary
//! (`RFC7643 §2.4`; I-82: the same `value` and `type`).

use std::collections::HashMap;

use serde_json::Value;

use super::super::Object;
use super::super::schema::{Attribute, Mutability, Type};

/// More incoming elements than this are looked up in an index instead of one by one.
const FEW: usize = 4;

/// Whether the element is marked primary.
pub(in crate::scim) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// Whether two values of one attribute are equal, strings under its `caseExact`.
pub(in crate::scim) fn same_value(a: &Value, b: &Value, attribute: &Attribute) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) if folds(attribute) => a == b || a.to_lowercase() == b.to_lowercase(),
        _ => a == b,
    }
}

fn folds(attribute: &Attribute) -> bool {
    !attribute.case_exact && attribute.kind == Type::String
}

/// The sub-attributes that make two elements the same. `type` of an element whose `value` is fixed (`members`) says
/// nothing about identity; an element without `value` (`addresses`) is the same when all but `primary` is.
fn identifying<'a>(element: &Value, attribute: &'a Attribute) -> impl Iterator<Item = &'a Attribute> {
    let by_value = element.get("value").is_some();
    let fixed = attribute.sub("value").is_some_and(|value| value.mutability == Mutability::Immutable);
    attribute.subs.iter().filter(move |sub| match sub.name.as_str() {
        "value" => true,
        "type" => !(by_value && fixed),
        "primary" => false,
        _ => !by_value,
    })
}

/// Whether two elements in normal form are the same one.
pub(in crate::scim) fn same(a: &Value, b: &Value, attribute: &Attribute) -> bool {
    if attribute.kind != Type::Complex {
        return same_value(a, b, attribute);
    }
    a.get("value").is_some() == b.get("value").is_some()
        && identifying(a, attribute).all(|sub| match (a.get(&sub.name), b.get(&sub.name)) {
            (Some(a), Some(b)) => same_value(a, b, sub),
            (a, b) => a.is_none() && b.is_none(),
        })
}

/// A text that is equal exactly for elements that are the [`same`].
fn key(element: &Value, attribute: &Attribute) -> String {
    let text = |value: Option<&Value>, attribute: &Attribute| match value {
        None => String::new(),
        Some(Value::String(text)) if folds(attribute) => Value::String(text.to_lowercase()).to_string(),
        Some(value) => value.to_string(),
    };
    if attribute.kind != Type::Complex {
        return text(Some(element), attribute);
    }
    let by_value = if element.get("value").is_some() { "v" } else { "-" };
    let parts = identifying(element, attribute).map(|sub| text(element.get(&sub.name), sub));
    std::iter::once(by_value.to_owned()).chain(parts).collect::<Vec<_>>().join("\n")
}

/// Elements by their identity, for looking up many.
pub(in crate::scim) fn index<'e>(elements: &'e [Value], attribute: &Attribute) -> impl Fn(&Value) -> Option<&'e Value> {
    let index: HashMap<_, _> = elements.iter().map(|element| (key(element, attribute), element)).collect();
    move |element| index.get(&key(element, attribute)).copied()
}

/// Drops elements that are the same as an earlier one, which takes over what the later one says.
pub(in crate::scim) fn collapse(elements: &mut Vec<Value>, attribute: &Attribute) {
    if elements.len() > 1 {
        let all = std::mem::take(elements);
        add(elements, all, attribute);
    }
}

/// Adds elements: one that is there already takes over what the new one says besides its identity.
pub(in crate::scim) fn add(elements: &mut Vec<Value>, incoming: Vec<Value>, attribute: &Attribute) {
    let mut index = (incoming.len() > FEW).then(|| {
        let places = elements.iter().enumerate().map(|(place, element)| (key(element, attribute), place));
        places.collect::<HashMap<_, _>>()
    });
    for element in incoming {
        let place = match &mut index {
            Some(index) => {
                let next = index.len();
                let place = *index.entry(key(&element, attribute)).or_insert(next);
                (place < elements.len()).then_some(place)
            }
            None => elements.iter().position(|old| same(old, &element, attribute)),
        };
        match place.and_then(|place| elements.get_mut(place)) {
            Some(old) => take_over(old, element, attribute),
            None => elements.push(element),
        }
    }
}

fn take_over(old: &mut Value, new: Value, attribute: &Attribute) {
    let identity: Vec<&str> = identifying(old, attribute).map(|sub| sub.name.as_str()).collect();
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return;
    };
    for (name, value) in new {
        let fixed = attribute.sub(&name).is_none_or(|sub| sub.mutability == Mutability::Immutable);
        if identity.contains(&name.as_str()) || (fixed && old.contains_key(&name)) {
            continue;
        }
        old.insert(name, value);
    }
}

/// Which elements are marked primary, to be told to [`settle_primary`] after a change.
pub(in crate::scim) fn primaries(elements: &[Value]) -> Vec<bool> {
    elements.iter().map(is_primary).collect()
}

/// A newly primary element takes the mark from all others (`RFC7644 §3.5.2`). `before` is by place.
pub(in crate::scim) fn settle_primary(elements: &mut [Value], before: &[bool]) {
    let newly: Vec<bool> = elements
        .iter()
        .enumerate()
        .map(|(place, element)| is_primary(element) && !before.get(place).copied().unwrap_or_default())
        .collect();
    if newly.contains(&true) {
        for (element, newly) in elements.iter_mut().zip(newly) {
            if !newly && is_primary(element) {
                element["primary"] = Value::Bool(false);
            }
        }
    }
}

/// After a complex value points elsewhere: what only described the old target goes, unless it was given anew.
pub(in crate::scim) fn freshen(
    object: &mut Object,
    attribute: &Attribute,
    old_value: Option<&Value>,
    given: impl Fn(&str) -> bool,
) {
    if attribute.sub("$ref").is_none() || old_value.is_none() || object.get("value") == old_value {
        return;
    }
    for sub in &attribute.subs {
        let derived = sub.mutability == Mutability::ReadOnly || (sub.kind == Type::Reference && !given(&sub.name));
        if derived {
            object.shift_remove(&sub.name);
        }
    }
}

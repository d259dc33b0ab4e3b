//! Equality of JSON values as SCIM means it: numbers by value, names without case, null, `[]` and absence as one state
//! (`RFC7643 §2.5`). It knows nothing of schemas.

use serde_json::Value;

/// True for null, `[]`, `""` and `{}`: the states that mean "no value".
pub(super) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_unassigned),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Equal as JSON values; members without value count as absent.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(_), Value::Object(_)) => holds(a, b) && holds(b, a),
        _ => a == b,
    }
}

/// Equal as resources: but for `meta`, and whatever the order of multi-valued attributes (`RFC7643 §2.4`).
pub(super) fn unchanged(now: &Value, then: &Value) -> bool {
    let bare = |value: &Value| {
        let mut value = sorted(value);
        if let Value::Object(members) = &mut value {
            members.retain(|name, _| !name.eq_ignore_ascii_case("meta"));
        }
        value
    };
    equal(&bare(now), &bare(then))
}

/// The value with the elements of its arrays in an order of their own.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, Value)> = members.iter().map(|(name, one)| (name, sorted(one))).collect();
            members.sort_by_key(|(name, _)| name.to_lowercase());
            members.into_iter().map(|(name, one)| (name.clone(), one)).collect::<serde_json::Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// True when `whole` has every member of `part` (objects), or equals it.
pub(super) fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(name, wanted)| {
            let found = whole.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            match found {
                Some(found) => holds(found, wanted) || (is_unassigned(found) && is_unassigned(wanted)),
                None => is_unassigned(wanted),
            }
        }),
        _ => equal(whole, part),
    }
}

//! Values for published attributes: right ones that a server can hardly object to, and wrong ones that none may take.

use serde_json::{Map, Value, json};

use super::read::Attribute;

/// Values of core attributes whose form is fixed beyond their type (`RFC7643 §4`).
const FORMS: [(&str, &str); 7] = [
    ("locale", "en-US"),
    ("preferredLanguage", "en-US"),
    ("timezone", "Europe/Berlin"),
    ("profileUrl", "https://example.test/profile"),
    ("password", "Sp-7.example.Password"),
    ("country", "DE"),
    ("postalCode", "10115"),
];

/// Values of the `value` sub-attribute whose form is fixed, by their attribute.
const VALUES: [(&str, &str); 4] = [
    ("emails", "{{ person.email }}"),
    ("phoneNumbers", "+49 30 1234567"),
    ("ims", "someone@chat.example.com"),
    ("photos", "https://example.test/photo.png"),
];

/// Attributes for which no value can be made up: memberships name other resources, a certificate has to be one.
const LEFT_OUT: [&str; 4] = ["members", "groups", "x509Certificates", "manager"];

/// A right value as it is sent; `None` where none can be made up. Strings may have holes.
pub fn right(attribute: &Attribute) -> Option<Value> {
    if LEFT_OUT.contains(&attribute.name.as_str()) {
        return None;
    }
    let one = single(attribute, &attribute.name)?;
    Some(if attribute.multi { json!([one]) } else { one })
}

/// A right value that differs from [`right`].
pub fn other(attribute: &Attribute) -> Option<Value> {
    let right = right(attribute)?;
    Some(match right {
        Value::String(text) if attribute.kind == "string" && attribute.canonical.is_none() => {
            json!(format!("{text} 2"))
        }
        Value::Number(_) if attribute.kind == "integer" => json!(43),
        Value::Bool(truth) => json!(!truth),
        _ => return None,
    })
}

fn single(attribute: &Attribute, of: &str) -> Option<Value> {
    Some(match attribute.kind.as_str() {
        "string" if attribute.closed => return None,
        "string" => match (&attribute.canonical, FORMS.iter().find(|(name, _)| *name == attribute.name)) {
            (Some(canonical), _) => canonical.clone(),
            (None, Some((_, text))) => json!(text),
            (None, None) if attribute.name == "value" => match VALUES.iter().find(|(name, _)| *name == of) {
                Some((_, text)) => json!(text),
                None => json!(format!("{of} {{{{ run.organization }}}}")),
            },
            // The text of this run: it is found by a filter, and may have to be unique.
            (None, None) => json!(format!("{} {{{{ run.organization }}}}", attribute.name)),
        },
        "boolean" => json!(true),
        "integer" => json!(42),
        "decimal" => json!(1.5),
        "dateTime" => json!("2024-05-01T10:00:00Z"),
        "binary" => json!("c2NpbXByb29m"),
        "reference" if attribute.references.iter().any(|kind| matches!(kind.as_str(), "external" | "uri")) => {
            json!("https://example.test/reference")
        }
        "complex" => {
            let subs = attribute.subs.iter().filter(|sub| sub.mutability != "readOnly" && !sub.name.starts_with('$'));
            let made: Map<String, Value> = subs
                .filter(|sub| !sub.multi && sub.kind != "complex")
                .filter_map(|sub| Some((sub.name.clone(), single(sub, of)?)))
                .collect();
            if made.is_empty() || attribute.subs.iter().any(|sub| sub.required && !made.contains_key(&sub.name)) {
                return None;
            }
            Value::Object(made)
        }
        _ => return None,
    })
}

/// A value of a JSON type that the attribute cannot have.
pub fn wrong(attribute: &Attribute) -> Value {
    match attribute.kind.as_str() {
        _ if attribute.multi => json!(7),
        "boolean" => json!("perhaps"),
        "integer" | "decimal" => json!("no number"),
        "dateTime" => json!("some day"),
        "complex" => json!(7),
        "binary" => json!({"not": "base64"}),
        _ => json!({"not": "a text"}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// Who lists canonical values may take no others, and none where none is listed (`RFC7643 §2.3.1`).
    #[test]
    fn values_are_canonical_where_there_are_such() {
        let made = |canonical: Value| {
            let kind = json!([{"name": "X", "endpoint": "/X", "schema": "urn:x"}]);
            let subs = json!([
                {"name": "value", "type": "string"},
                {"name": "type", "type": "string", "canonicalValues": canonical},
            ]);
            let attributes = json!([{"name": "tags", "type": "complex", "multiValued": true, "subAttributes": subs}]);
            let types = read::types(&kind, &json!([{"id": "urn:x", "attributes": attributes}]));
            right(&types[0].schemas[0].attributes[0]).unwrap()[0]["type"].clone()
        };
        assert_eq!(made(json!(["home", "work"])), "home");
        assert_eq!(made(Value::Null), "type {{ run.organization }}");
        assert_eq!(made(json!([])), Value::Null);
    }
}

//! What a replacement leaves as it was (`RFC7644 §3.5.1`): read-only values, immutable values, secrets not mentioned.

use serde_json::Value;

use super::super::schema::{Attribute, Mutability, ResourceType, Type};
use super::super::{Object, ScimError, ScimType};
use super::{element, own_attributes, settle_schemas, within};

/// Carries over from `old` into `new`, which was made of `body`.
pub(super) fn resource(old: &Object, new: &mut Object, body: &Object, kind: &ResourceType) -> Result<(), ScimError> {
    let own: Vec<&Attribute> = own_attributes(kind).filter(|attribute| attribute.name != "schemas").collect();
    container(old, new, Some(body), &own)?;
    for (extension, _) in &kind.extensions {
        let Some(Value::Object(old)) = old.get(&extension.urn) else {
            continue;
        };
        let given = body.iter().find(|(key, _)| key.eq_ignore_ascii_case(&extension.urn));
        let given = given.and_then(|(_, content)| content.as_object());
        let attributes: Vec<&Attribute> = extension.attributes.iter().collect();
        let slot = new.entry(extension.urn.clone()).or_insert_with(|| Value::Object(Object::new()));
        if let Value::Object(new) = slot {
            container(old, new, given, &attributes).map_err(|error| within(error, &format!("{}:", extension.urn)))?;
        }
    }
    settle_schemas(new, kind);
    Ok(())
}

fn container(
    old: &Object,
    new: &mut Object,
    body: Option<&Object>,
    attributes: &[&Attribute],
) -> Result<(), ScimError> {
    for attribute in attributes {
        let Some(before) = old.get(&attribute.name) else {
            continue;
        };
        let mentioned = |name: &str| body.is_some_and(|body| body.keys().any(|key| key.eq_ignore_ascii_case(name)));
        let keep = match attribute.mutability {
            Mutability::ReadOnly => true,
            Mutability::WriteOnly => !mentioned(&attribute.name),
            Mutability::Immutable => {
                fixed(before, new.get(&attribute.name), attribute)?;
                true
            }
            Mutability::ReadWrite => false,
        };
        if keep {
            new.insert(attribute.name.clone(), before.clone());
        } else if let Some(after) = new.get_mut(&attribute.name) {
            inside(before, after, attribute).map_err(|error| within(error, &attribute.name))?;
        }
    }
    Ok(())
}

/// Carries read-only and immutable sub-attributes over, within one complex value or between the same elements.
pub(in crate::scim) fn inside(before: &Value, after: &mut Value, attribute: &Attribute) -> Result<(), ScimError> {
    let settled = |sub: &Attribute| matches!(sub.mutability, Mutability::ReadOnly | Mutability::Immutable);
    if attribute.kind != Type::Complex || !attribute.subs.iter().any(settled) {
        return Ok(());
    }
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            let same = element::index(before, attribute);
            for (index, after) in after.iter_mut().enumerate() {
                if let Some(before) = same(after) {
                    object(before, after, attribute).map_err(|error| within(error, &format!("[{index}]")))?;
                }
            }
            Ok(())
        }
        (before, after) => {
            // A reference to someone else takes nothing over from the one before.
            let elsewhere = attribute.sub("$ref").is_some() && before.get("value") != after.get("value");
            if elsewhere { Ok(()) } else { object(before, after, attribute) }
        }
    }
}

/// Carries read-only and immutable sub-attributes of one object over; another immutable value is refused.
pub(in crate::scim) fn object(before: &Value, after: &mut Value, attribute: &Attribute) -> Result<(), ScimError> {
    let Value::Object(after) = after else {
        return Ok(());
    };
    for sub in &attribute.subs {
        let Some(old) = before.get(&sub.name) else {
            continue;
        };
        match sub.mutability {
            Mutability::ReadOnly => {}
            // URIs of one resource differ harmlessly (RFC7643 §2.4: with and without version), so they are not judged.
            Mutability::Immutable if sub.kind == Type::Reference => {}
            Mutability::Immutable => fixed(old, after.get(&sub.name), sub).map_err(|error| within(error, "."))?,
            Mutability::ReadWrite | Mutability::WriteOnly => continue,
        }
        after.insert(sub.name.clone(), old.clone());
    }
    Ok(())
}

fn fixed(before: &Value, after: Option<&Value>, attribute: &Attribute) -> Result<(), ScimError> {
    match after {
        Some(after) if !element::same_value(before, after, attribute) => {
            Err(ScimError::bad(ScimType::Mutability, format!("{}: immutable, it has another value", attribute.name)))
        }
        _ => Ok(()),
    }
}

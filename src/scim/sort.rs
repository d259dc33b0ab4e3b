//! The order of resources in a sorted list (`RFC7644 §3.4.2.3`). Descending is the reverse; ties are the caller's.

use std::cmp::Ordering;

use serde_json::Value;

use super::Object;
use super::address::{member, values};
use super::filter::Rule;
use super::path::AttrPath;
use super::schema::{Attribute, ResourceType, Returned, Type};

/// Compares two resources by an attribute in ascending order: by its type and `caseExact`, of a multi-valued attribute by
/// the primary value or else the first, resources without a value of that type last. An attribute that the type does not know, that is
/// never returned, or that is complex without a `value`, orders nothing (I-33).
#[must_use]
pub fn compare(a: &Object, b: &Object, path: &AttrPath, kind: &ResourceType) -> Ordering {
    let Some(found) = kind.resolve(path).filter(|found| found.attribute.returned != Returned::Never) else {
        return Ordering::Equal;
    };
    let sub = match (found.sub, found.attribute.kind) {
        (None, Type::Complex) => match found.attribute.sub("value") {
            Some(value) => Some(value),
            None => return Ordering::Equal,
        },
        (sub, _) => sub,
    };
    let rule = Rule::resolved(&found, sub.unwrap_or(found.attribute));
    let of = |resource| key(resource, found.extension, found.attribute, sub).filter(|value| rule.orders(value));
    let (one, other) = (of(a), of(b));
    match (one, other) {
        (Some(one), Some(other)) => rule.compare(one, other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn key<'a>(
    resource: &'a Object,
    extension: Option<&str>,
    attribute: &Attribute,
    sub: Option<&Attribute>,
) -> Option<&'a Value> {
    let container = match extension {
        Some(urn) => member(resource, urn)?.as_object()?,
        None => resource,
    };
    let elements = values(member(container, &attribute.name));
    let is_primary = |element: &&Value| element.get("primary") == Some(&Value::Bool(true));
    let element = elements.iter().copied().find(is_primary).or_else(|| elements.first().copied())?;
    match (sub, element) {
        (Some(sub), Value::Object(members)) => member(members, &sub.name),
        (Some(sub), plain) => (sub.name == "value").then_some(plain),
        (None, value) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::schema::user;

    fn people() -> Vec<Object> {
        let people = [
            json!({"id": "a", "userName": "bob", "externalId": "b", "active": true, "name": {"givenName": "Zoë"},
                   "emails": [{"value": "z@x"}, {"value": "a@x", "primary": true}],
                   "meta": {"created": "2024-01-01T00:00:00Z"}}),
            json!({"id": "b", "userName": "Alice", "externalId": "B", "active": false, "title": "",
                   "emails": [{"value": "M@x"}], "meta": {"created": "2024-01-01T00:30:00+01:00"},
                   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}),
            json!({"id": "c", "userName": "Émile", "title": "Dr", "name": {"givenName": "ann"}, "emails": []}),
        ];
        people.into_iter().filter_map(|value| value.as_object().cloned()).collect()
    }

    #[test]
    fn orders() {
        let rows = [
            ("userName", "bac"),
            ("USERNAME", "bac"),
            ("externalId", "bac"),
            ("title", "cab"),
            ("active", "bac"),
            ("name.givenName", "cab"),
            ("emails", "abc"),
            ("emails.value", "abc"),
            ("meta.created", "bac"),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "bac"),
            ("name", "abc"),
            ("nosuch", "abc"),
            ("password", "abc"),
        ];
        for (text, expected) in rows {
            let path = AttrPath::parse(text).expect(text);
            let mut sorted = people();
            sorted.sort_by(|a, b| compare(a, b, &path, user()));
            let ids: String = sorted.iter().filter_map(|person| person["id"].as_str()).collect();
            assert_eq!(ids, expected, "{text}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[a-cA-CéÉσς]{0,3}".prop_map(Value::from),
            "202[34]-01-0[12]T00:00:00(Z|[+-]01:00)".prop_map(Value::from),
            Just(json!(null)),
            Just(json!(5)),
            Just(json!(["x"])),
        ]
    }

    proptest! {
        #[test]
        fn it_is_an_order(values in prop::collection::vec(any_value(), 3), created in any::<bool>()) {
            let wrap = |value: &Value| if created { json!({"meta": {"created": value}}) } else { json!({"title": value}) };
            let people: Vec<Value> = values.iter().map(wrap).collect();
            let path = AttrPath::parse(if created { "meta.created" } else { "title" }).expect("path");
            let object = |index: usize| people[index].as_object().expect("object");
            let order = |a: usize, b: usize| compare(object(a), object(b), &path, user());
            prop_assert_eq!(order(0, 1), order(1, 0).reverse());
            if order(0, 1).is_le() && order(1, 2).is_le() {
                prop_assert!(order(0, 2).is_le());
            }
        }
    }
}

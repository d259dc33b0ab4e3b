//! Arbitrary operations: the result fits its schema, a refusal names a keyword, nothing panics, `add` is idempotent.

use proptest::prelude::*;

use super::*;
use crate::scim::resource::{BodyOptions, check, create, replace};

/// Names and values collide often, so that operations meet.
fn values() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec!["", "a", "A", "w", "work", "home", "True", "false", "maybe", "ß", " "]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const NAMES: [&str; 22] = [
    "userName",
    "USERNAME",
    "displayName",
    "title",
    "active",
    "name",
    "name.givenName",
    "emails",
    "emails.value",
    "emails.primary",
    "members",
    "roles",
    "manager",
    "manager.value",
    "id",
    "meta",
    "schemas",
    "value",
    "type",
    "primary",
    "nosuch",
    "addresses",
];

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => Just(ENTERPRISE_USER.to_owned()),
        1 => Just(USER.to_owned()),
        2 => prop::sample::select(NAMES.to_vec()).prop_map(|name| format!("{ENTERPRISE_USER}:{name}")),
        4 => paths_with_filter(),
    ]
}

fn paths_with_filter() -> impl Strategy<Value = String> {
    let attributes = prop::sample::select(vec!["emails", "members", "roles", "manager", "addresses", "name", "title"]);
    let filters = prop::sample::select(vec![
        "type eq \"work\"",
        "value eq \"a\"",
        "primary eq true",
        "primary eq \"True\"",
        "value pr",
        "not (type eq \"home\")",
        "type eq \"work\" and value eq \"w\"",
        "type eq \"x\" or value co \"a\"",
        "nosuch eq 1",
        "value eq null",
        "0",
        "",
    ]);
    let subs = prop::sample::select(vec!["", ".value", ".primary", ".type", ".display", ".nosuch"]);
    (attributes, filters, subs).prop_map(|(attribute, filter, sub)| format!("{attribute}[{filter}]{sub}"))
}

/// Whether a path or a key somewhere inside has brackets.
fn has_filter(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('['),
        Value::Array(items) => items.iter().any(has_filter),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('[') || has_filter(value)),
        _ => false,
    }
}

fn operations() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "remove", "replace", "Add", "Replace", "Remove"]);
    let operation = (op, prop::option::weighted(0.8, names()), prop::option::weighted(0.9, values()));
    let operation = operation.prop_map(|(op, path, value)| {
        let mut operation = object(json!({"op": op}));
        operation.extend(path.map(|path| ("path".to_owned(), json!(path))));
        operation.extend(value.map(|value| ("value".to_owned(), value)));
        Value::Object(operation)
    });
    prop::collection::vec(operation, 1..5).prop_map(Value::from)
}

fn options() -> impl Strategy<Value = PatchOptions> {
    prop::array::uniform12(any::<bool>()).prop_map(|on| PatchOptions {
        string_booleans: on[0],
        remove_listed_values: on[1],
        dotted_keys: on[2],
        ignore_unknown_members: on[3],
        wrap_objects: on[4],
        null_unassigns: on[5],
        complex_replace_whole: on[6],
        element_replace_merges: on[7],
        element_add_exchanges: on[8],
        drop_valueless: on[9],
        change_immutable_members: on[10],
        skip_read_only_paths: on[11],
        ..PatchOptions::default()
    })
}

fn resources() -> [(Object, &'static ResourceType); 2] {
    let person = json!({
        "schemas": [USER, ENTERPRISE_USER], "id": "1", "userName": "a", "active": true, "name": {"givenName": "G"},
        "emails": [{"value": "w", "type": "work", "primary": true}, {"value": "a", "type": "home"}, {"value": "a"}],
        "roles": [{"value": "a"}], "groups": [{"value": "g"}], "meta": {"resourceType": "User"},
        ENTERPRISE_USER: {"manager": {"value": "a", "displayName": "A"}},
    });
    let team = json!({
        "schemas": [GROUP], "id": "2", "displayName": "a", "members": [{"value": "a", "type": "User"}, {"value": "w"}],
    });
    [(object(person), user()), (object(team), group())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_patched_resource_fits_its_schema(operations in operations(), options in options()) {
        let body = json!({"Operations": operations});
        for (before, kind) in resources() {
            prop_assert_eq!(check(&before, kind), Ok(()));
            let kept = before.clone();
            match patched(&before, &body, kind, &options) {
                Ok(after) => {
                    prop_assert_eq!(check(&after, kind), Ok(()));
                    for fixed in ["id", "meta", "groups"] {
                        prop_assert_eq!(after.get(fixed), before.get(fixed));
                    }
                }
                Err(error) => {
                    prop_assert_eq!(error.status, 400);
                    prop_assert!(error.scim_type.is_some());
                    prop_assert!(!error.detail.contains("not in the form"), "{}", error);
                }
            }
            prop_assert_eq!(&before, &kept);
        }
    }

    /// A filter may match no more what was added through it, so paths with one are left out.
    #[test]
    fn adding_twice_is_adding_once(mut operations in operations()) {
        operations.as_array_mut().unwrap().truncate(1);
        operations[0]["op"] = json!("add");
        if has_filter(&operations) {
            return Ok(());
        }
        for (before, kind) in resources() {
            if let Ok(once) = after(&before, operations.clone(), kind) {
                prop_assert_eq!(after(&object(once.clone()), operations.clone(), kind), Ok(once));
            }
        }
    }

    #[test]
    fn any_json_is_answered(body in values(), operations in values()) {
        let options = PatchOptions::default();
        for (before, kind) in resources() {
            for body in [body.clone(), json!({"Operations": operations}), json!({"Operations": [operations]})] {
                if let Err(error) = patched(&before, &body, kind, &options) {
                    prop_assert_eq!(error.status, 400);
                }
            }
        }
    }

    #[test]
    fn a_body_makes_a_resource_that_fits_its_schema(members in prop::collection::vec((names(), values()), 0..5)) {
        let options = BodyOptions::default();
        for (before, kind) in resources() {
            let mut body = before.clone();
            body.extend(members.iter().cloned());
            if let Ok(made) = create(&body, kind, &options) {
                prop_assert_eq!(check(&made, kind), Ok(()));
                prop_assert_eq!(create(&made, kind, &options), Ok(made));
            }
            if let Ok(replaced) = replace(&before, &body, kind, &options) {
                prop_assert_eq!(check(&replaced, kind), Ok(()));
                prop_assert_eq!(replace(&replaced, &replaced, kind, &options), Ok(replaced));
            }
        }
    }
}

//! What the case table does not hold: messages, keywords of errors, immutable attributes, primaries, several switches.

use super::*;
use crate::scim::schema::Mutability;

fn person() -> Object {
    object(json!({
        "schemas": [USER], "id": "1", "userName": "a", "displayName": "D",
        "emails": [{"value": "w", "type": "work", "primary": true}, {"value": "h", "type": "home"}],
    }))
}

#[test]
fn messages() {
    let op = json!({"op": "add", "path": "title", "value": "T"});
    let rows = [
        (json!({"schemas": [PATCH_OP], "Operations": [op]}), "ok"),
        (
            json!({"SCHEMAS": [PATCH_OP.to_uppercase()], "operations": [{"OP": "ADD", "Path": "title", "VALUE": "T"}]}),
            "ok",
        ),
        (json!({"Operations": [op]}), "ok"),
        (json!({"schemas": [USER], "Operations": [op]}), "invalidSyntax"),
        (json!({"schemas": PATCH_OP, "Operations": [op]}), "invalidSyntax"),
        (json!({"schemas": [PATCH_OP]}), "invalidSyntax"),
        (json!({"schemas": [PATCH_OP], "Operations": op}), "invalidSyntax"),
        (json!({"schemas": [PATCH_OP], "Operations": []}), "invalidSyntax"),
        (json!({"schemas": [PATCH_OP], "Operations": ["add"]}), "invalidSyntax"),
        (json!([op]), "invalidSyntax"),
        (json!({"Operations": [{"op": 1, "path": "title", "value": "T"}]}), "invalidSyntax"),
        (json!({"Operations": [{"op": "add", "path": 1, "value": "T"}]}), "invalidPath"),
        (json!({"Operations": [{"op": "add", "path": "", "value": "T"}]}), "invalidPath"),
        (json!({"Operations": [{"op": "add", "path": "title"}]}), "invalidValue"),
        (json!({"Operations": [{"op": "remove", "path": null}]}), "noTarget"),
        (json!({"Operations": [{"op": "remove", "path": "name..x"}]}), "invalidPath"),
        (json!({"Operations": [{"op": "remove", "path": "emails[type eq]"}]}), "invalidFilter"),
    ];
    for (body, expected) in rows {
        let result = PatchRequest::parse(&body, &PatchOptions::default());
        let keyword = result.as_ref().map_or_else(|error| error.scim_type.unwrap().as_str(), |_| "ok");
        assert_eq!(keyword, expected, "{body}");
    }
}

#[test]
fn refusals_name_the_operation_and_the_place() {
    let rows = [
        (
            json!([{"op": "replace", "path": "title", "value": "T"}, {"op": "replace", "path": "id", "value": "x"}]),
            "400 mutability: Operations[1]: id is read-only",
        ),
        (json!([{"op": "remove", "path": "userName"}]), "400 mutability: Operations[0]: userName is required"),
        (json!([{"op": "remove", "path": "schemas"}]), "400 mutability: Operations[0]: schemas is required"),
        (json!([{"op": "remove", "path": "meta.created"}]), "400 mutability: Operations[0]: meta is read-only"),
        (
            json!([{"op": "replace", "path": "userName", "value": ""}]),
            "400 invalidValue: Operations[0]: userName: required, and may not be blank",
        ),
        (
            json!([{"op": "add", "path": "name", "value": "x"}]),
            "400 invalidValue: Operations[0]: name: expected an object, got a string",
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [{"primary": 1}]}]),
            "400 invalidValue: Operations[0]: emails[0].primary: expected a boolean, got a number",
        ),
        (
            json!([{"op": "add", "value": {"emails": [{"primary": 1}]}}]),
            "400 invalidValue: Operations[0]: emails[0].primary: expected a boolean, got a number",
        ),
        (
            json!([{"op": "add", "path": "nosuch", "value": 1}]),
            "400 noTarget: Operations[0]: nosuch: no such attribute",
        ),
        (
            json!([{"op": "remove", "path": "emails[nosuch eq 1]"}]),
            "400 invalidFilter: Operations[0]: emails has no nosuch",
        ),
        (
            json!([{"op": "replace", "path": "emails[type eq \"work\" or type eq \"x\"].nosuch", "value": 1}]),
            "400 noTarget: Operations[0]: emails.nosuch: no such attribute",
        ),
        (
            json!([{"op": "add", "path": "emails[type co \"x\"].value", "value": "v"}]),
            "400 noTarget: Operations[0]: emails.value: the filter matches nothing",
        ),
        (
            json!([{"op": "add", "path": "emails.primary", "value": true}]),
            "400 invalidValue: Operations[0]: emails.primary: more than one primary value",
        ),
        (
            json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:none:2.0:User", "value": {}}]),
            "400 noTarget: Operations[0]: urn:ietf:params:scim:schemas:extension:none:2.0:User: no such attribute",
        ),
    ];
    for (operations, expected) in rows {
        assert_eq!(after(&person(), operations.clone(), user()), Err(expected.to_owned()), "{operations}");
    }
}

#[test]
fn the_primary_mark_moves() {
    let marks = |operations: Value| {
        let after = after(&person(), operations, user()).unwrap();
        let mark = |email: &Value| (email["value"].as_str().unwrap().to_owned(), email.get("primary").cloned());
        after["emails"].as_array().unwrap().iter().map(mark).collect::<Vec<_>>()
    };
    let no = Some(json!(false));
    let yes = Some(json!(true));
    let rows = [
        (
            json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True"}]),
            vec![("w", &no), ("h", &yes)],
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [{"value": "H", "type": "home", "primary": true}]}]),
            vec![("w", &no), ("h", &yes)],
        ),
        (
            json!([{"op": "add", "path": "emails[type eq \"other\"]", "value": {"value": "o", "primary": true}}]),
            vec![("w", &no), ("h", &None), ("o", &yes)],
        ),
        (
            json!([{"op": "replace", "path": "emails[type eq \"work\"].primary", "value": false}]),
            vec![("w", &no), ("h", &None)],
        ),
        (
            json!([{"op": "add", "path": "emails[type eq \"work\"].primary", "value": true}]),
            vec![("w", &yes), ("h", &None)],
        ),
        (json!([{"op": "remove", "path": "emails[type eq \"work\"].primary"}]), vec![("w", &None), ("h", &None)]),
    ];
    for (operations, expected) in rows {
        let expected: Vec<_> = expected.into_iter().map(|(value, mark)| (value.to_owned(), mark.clone())).collect();
        assert_eq!(marks(operations.clone()), expected, "{operations}");
    }
}

#[test]
fn immutable_attributes_are_set_once() {
    let mut kind = user().clone();
    for name in ["nickName", "ims"] {
        let attribute = kind.base.attributes.iter_mut().find(|attribute| attribute.name == name).unwrap();
        attribute.mutability = Mutability::Immutable;
    }
    let mut set = person();
    set.insert("nickName".into(), json!("N"));
    set.insert("ims".into(), json!([{"value": "i"}]));
    let keyword = |resource: &Object, operation: Value| match after(resource, json!([operation]), &kind) {
        Ok(after) if after == Value::Object(resource.clone()) => "same".to_owned(),
        Ok(_) => "changed".to_owned(),
        Err(error) => error.split([' ', ':']).nth(1).unwrap().to_owned(),
    };
    let rows = [
        (json!({"op": "add", "path": "nickName", "value": "M"}), "changed", "mutability"),
        (json!({"op": "replace", "path": "nickName", "value": "N"}), "changed", "same"),
        (json!({"op": "replace", "value": {"nickName": "M"}}), "changed", "mutability"),
        (json!({"op": "replace", "path": "nickName", "value": null}), "same", "mutability"),
        (json!({"op": "remove", "path": "nickName"}), "same", "mutability"),
        (json!({"op": "add", "path": "ims", "value": [{"value": "j"}]}), "changed", "mutability"),
        (json!({"op": "remove", "path": "ims[value eq \"i\"]"}), "same", "mutability"),
        (json!({"op": "remove", "path": "ims", "value": [{"value": "i"}]}), "same", "mutability"),
    ];
    for (operation, when_unset, when_set) in rows {
        assert_eq!(keyword(&person(), operation.clone()), when_unset, "unset: {operation}");
        assert_eq!(keyword(&set, operation.clone()), when_set, "set: {operation}");
    }
}

#[test]
fn schemas_follow_the_content() {
    let path = format!("{ENTERPRISE_USER}:department");
    let with = after(&person(), json!([{"op": "add", "path": path, "value": "D"}]), user()).unwrap();
    assert_eq!(with["schemas"], json!([USER, ENTERPRISE_USER]));
    for operation in [json!({"op": "remove", "path": path}), json!({"op": "remove", "path": ENTERPRISE_USER})] {
        let without = after(&object(with.clone()), json!([operation]), user()).unwrap();
        assert_eq!(without, Value::Object(person()));
    }
    for operation in [
        json!({"op": "add", "path": "schemas", "value": [ENTERPRISE_USER]}),
        json!({"op": "replace", "value": {"schemas": [USER, "urn:example:other"]}}),
    ] {
        assert_eq!(after(&person(), json!([operation]), user()), Ok(Value::Object(person())));
    }
}

#[test]
fn unsteady_values_of_lists_and_elements() {
    let emails = |operation: Value| after(&person(), json!([operation]), user()).map(|after| after["emails"].clone());
    let work = json!({"value": "w", "type": "work", "primary": true});
    let home = json!({"value": "h", "type": "home"});
    let rows = [
        (json!({"op": "remove", "path": "emails", "value": {"type": "home"}}), json!([work])),
        (json!({"op": "remove", "path": "emails", "value": "W"}), json!([home])),
        (json!({"op": "remove", "path": "emails", "value": [{"value": "h", "type": "work"}]}), json!([work, home])),
        (json!({"op": "remove", "path": "emails", "value": []}), json!([work, home])),
        (json!({"op": "remove", "path": "emails", "value": null}), json!(null)),
        (json!({"op": "add", "path": "emails", "value": []}), json!([work, home])),
        (json!({"op": "add", "path": "emails", "value": ["n"]}), json!([work, home, {"value": "n"}])),
        (json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": null}), json!([work])),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": [{"value": "n"}]}),
            json!([work, {"value": "n"}]),
        ),
        (
            json!({"op": "replace", "path": "emails[value eq \"h\"]", "value": {"value": "W", "type": "WORK"}}),
            json!([work]),
        ),
        (json!({"op": "add", "path": "emails[type eq \"other\"]", "value": {}}), json!([work, home])),
        (
            json!({"op": "replace", "path": "emails[type ne \"work\" and type ne \"home\"]", "value": null}),
            json!([work, home]),
        ),
        (
            json!({"op": "replace", "value": {"emails[type eq \"home\"].display": "H"}}),
            json!([work, {"value": "h", "type": "home", "display": "H"}]),
        ),
    ];
    for (operation, expected) in rows {
        let found = emails(operation.clone()).map(|found| if found.is_null() { json!(null) } else { found });
        assert_eq!(found, Ok(expected), "{operation}");
    }
}

#[test]
fn bare_extension_names_are_a_switch() {
    let body = json!({"Operations": [{"op": "Add", "path": "manager", "value": "m"}]});
    let strict = PatchOptions { bare_extension_names: false, ..PatchOptions::default() };
    assert!(patched(&person(), &body, user(), &PatchOptions::default()).is_ok());
    let error = patched(&person(), &body, user(), &strict).unwrap_err();
    assert_eq!(error.scim_type.unwrap().as_str(), "noTarget");
}

#[test]
fn options_are_read_from_a_profile() {
    let options: PatchOptions = toml::from_str("add_creates = false").unwrap();
    assert_eq!(options, PatchOptions { add_creates: false, ..PatchOptions::default() });
    assert!(toml::from_str::<PatchOptions>("unknown = true").is_err());
}

#[test]
fn many_members_take_no_quadratic_time() {
    let members = |range: std::ops::Range<u32>| range.map(|n| json!({"value": format!("u-{n}")})).collect::<Vec<_>>();
    let old = object(json!({"schemas": [GROUP], "displayName": "G", "members": members(0..20_000)}));
    let operations = json!([
        {"op": "add", "path": "members", "value": members(10_000..30_000)},
        {"op": "remove", "path": "members", "value": members(0..15_000)},
        {"op": "replace", "path": "members", "value": members(15_000..40_000)},
    ]);
    let new = after(&old, operations, group()).unwrap();
    assert_eq!(new["members"], json!(members(15_000..40_000)));
    let one_by_one = (0..100).map(|n| json!({"op": "remove", "path": format!("members[value eq \"u-{n}\"]")}));
    let new = after(&old, one_by_one.collect(), group()).unwrap();
    assert_eq!(new["members"], json!(members(100..20_000)));
}

#[test]
fn many_operations_on_many_values_are_refused() {
    let emails: Vec<Value> = (0..2000).map(|n| json!({"value": format!("{n}@x")})).collect();
    let many = object(json!({"schemas": [USER], "id": "1", "userName": "a", "emails": emails}));
    let one = json!({"op": "add", "path": "emails[value eq \"1@x\"].display", "value": "D"});
    let elsewhere = json!({"op": "add", "path": "title", "value": "T"});
    for (operation, times, status) in [(&one, 10, 200), (&one, 1200, 413), (&elsewhere, 1200, 200)] {
        let body = json!({"Operations": vec![operation; times]});
        let options = PatchOptions::default();
        let request = PatchRequest::parse(&body, &options).unwrap();
        let result = apply(&many, &request, user(), &options);
        assert_eq!(result.map_or_else(|error| error.status, |_| 200), status, "{operation} {times} times");
    }
}

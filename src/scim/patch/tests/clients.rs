//! The bodies that Entra (both dialects) and Okta send, by the ids of their request shapes, on resources in the state that
//! makes them send it.

use super::*;

/// A user as Entra and Okta create it.
fn mara() -> Object {
    object(json!({
        "schemas": [USER, ENTERPRISE_USER], "id": "u-1", "userName": "mara@x.test", "displayName": "Mara", "active": true,
        "name": {"formatted": "Mara Lindqvist", "familyName": "Lindqvist", "givenName": "Mara"},
        "emails": [{"value": "mara@x.test", "type": "work", "primary": true}],
        ENTERPRISE_USER: {"employeeNumber": "70114", "department": "Harbour"},
    }))
}

fn harbour() -> Object {
    let members = json!([{"value": "u-1001"}, {"value": "u-1002"}]);
    object(json!({"schemas": [GROUP], "id": "g-20", "displayName": "Harbour", "members": members}))
}

/// Asserts that the operations change exactly these members; `null` stands for gone.
fn changes(shape: &str, before: &Object, kind: &ResourceType, operations: Value, changed: Value) {
    let mut expected = before.clone();
    for (name, value) in object(changed) {
        match value {
            Value::Null => expected.shift_remove(&name),
            value => expected.insert(name, value),
        };
    }
    assert_eq!(after(before, operations, kind), Ok(Value::Object(expected)), "{shape}");
}

#[test]
fn entra_on_users() {
    let enterprise = |value: Value| json!({ENTERPRISE_USER: value});
    let work = |value: &str| json!([{"value": value, "type": "work", "primary": true}]);
    let managed = json!({"employeeNumber": "70114", "department": "Harbour", "manager": {"value": "u-7"}});
    let manager = format!("{ENTERPRISE_USER}:manager");
    let number = format!("{ENTERPRISE_USER}:employeeNumber");
    let rows = [
        (
            "R09 one operation an attribute",
            json!([
                {"op": "Replace", "path": "displayName", "value": "Ek"},
                {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ek@x.test"},
                {"op": "Replace", "path": "name.familyName", "value": "Ek"},
                {"op": "Replace", "path": "externalId", "value": "mek"},
                {"op": "Replace", "path": number, "value": "70115"},
            ]),
            json!({"displayName": "Ek", "emails": work("ek@x.test"), "externalId": "mek",
                "name": {"formatted": "Mara Lindqvist", "familyName": "Ek", "givenName": "Mara"},
                ENTERPRISE_USER: {"employeeNumber": "70115", "department": "Harbour"}}),
        ),
        (
            "R10 dotted and qualified keys",
            json!([
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "ek@x.test"},
                {"op": "replace", "value": {"displayName": "Ek", "name.familyName": "Ek", (number.clone()): "70115"}},
            ]),
            json!({"displayName": "Ek", "emails": work("ek@x.test"),
                "name": {"formatted": "Mara Lindqvist", "familyName": "Ek", "givenName": "Mara"},
                ENTERPRISE_USER: {"employeeNumber": "70115", "department": "Harbour"}}),
        ),
        (
            "R10 a value path as a key",
            json!([{"op": "replace", "value": {"emails[type eq \"work\"].value": "ek@x.test"}}]),
            json!({"emails": work("ek@x.test")}),
        ),
        (
            "R11 create on absent",
            json!([
                {"op": "Add", "path": "nickName", "value": "Mar"},
                {"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "Sweden"},
                {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+46705550101"},
                {"op": "Add", "path": "emails[type eq \"work\"].primary", "value": "true"},
            ]),
            json!({"nickName": "Mar", "addresses": [{"type": "work", "country": "Sweden"}],
                "phoneNumbers": [{"type": "mobile", "value": "+46705550101"}]}),
        ),
        (
            "R12",
            json!([
                {"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"},
                {"op": "add", "value": {"nickName": "Mar", "title": "Planner", "name.formatted": "Mara Ek"}},
            ]),
            json!({"phoneNumbers": [{"type": "mobile", "value": "1"}], "nickName": "Mar", "title": "Planner",
                "name": {"formatted": "Mara Ek", "familyName": "Lindqvist", "givenName": "Mara"}}),
        ),
        ("R14a", json!([{"op": "Replace", "path": "active", "value": "False"}]), json!({"active": false})),
        ("R14b", json!([{"op": "replace", "path": "active", "value": false}]), json!({"active": false})),
        ("R15a", json!([{"op": "Replace", "path": "active", "value": "True"}]), json!({})),
        ("R17a", json!([{"op": "Add", "path": manager, "value": "u-7"}]), enterprise(managed.clone())),
        ("R17b", json!([{"op": "replace", "path": manager, "value": "u-7"}]), enterprise(managed.clone())),
        ("R17c on none", json!([{"op": "replace", "path": manager, "value": ""}]), json!({})),
        (
            "R17d a bare path and an array",
            json!([{"op": "Add", "path": "manager", "value": [{"$ref": "http://host.example/Users/u-7", "value": "u-7"}]}]),
            enterprise(json!({"employeeNumber": "70114", "department": "Harbour",
                "manager": {"$ref": "http://host.example/Users/u-7", "value": "u-7"}})),
        ),
        (
            "R18b a JSON document as a role",
            json!([{"op": "Add", "path": "roles", "value": [{"value": "{\"id\":\"9d0e\",\"value\":\"Planner\"}"}]}]),
            json!({"roles": [{"value": "{\"id\":\"9d0e\",\"value\":\"Planner\"}"}]}),
        ),
        (
            "R18d create on absent",
            json!([{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Auditor"}]),
            json!({"roles": [{"primary": true, "value": "Auditor"}]}),
        ),
        (
            "R31 clearing",
            json!([{"op": "replace", "path": "title", "value": null},
                {"op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": ""}]),
            json!({}),
        ),
        (
            "Q07 .primary before .value",
            json!([{"op": "Add", "path": "emails[type eq \"home\"].primary", "value": "True"},
                {"op": "Add", "path": "emails[type eq \"home\"].value", "value": "h@x.test"}]),
            json!({"emails": [{"value": "mara@x.test", "type": "work", "primary": false},
                {"type": "home", "primary": true, "value": "h@x.test"}]}),
        ),
    ];
    for (shape, operations, changed) in rows {
        changes(shape, &mara(), user(), operations, changed);
    }
}

#[test]
fn entra_on_managers_and_roles_that_are_there() {
    let mut old = mara();
    old[ENTERPRISE_USER]["manager"] = json!({"value": "u-7", "$ref": "../Users/u-7", "displayName": "Old"});
    old.insert("roles".into(), json!([{"value": "Planner", "primary": true}, {"value": "Auditor"}]));
    let none = json!({ENTERPRISE_USER: {"employeeNumber": "70114", "department": "Harbour"}});
    let path = format!("{ENTERPRISE_USER}:manager");
    let other =
        json!({ENTERPRISE_USER: {"employeeNumber": "70114", "department": "Harbour", "manager": {"value": "u-8"}}});
    let rows = [
        ("R17b", json!([{"op": "replace", "path": path, "value": "u-8"}]), other),
        ("R17b the same", json!([{"op": "replace", "path": path, "value": "u-7"}]), json!({})),
        ("R17c", json!([{"op": "replace", "path": path, "value": ""}]), none.clone()),
        ("Q28", json!([{"op": "remove", "path": "manager[value eq \"u-7\"]"}]), none),
        ("Q28 another", json!([{"op": "remove", "path": "manager[value eq \"u-9\"]"}]), json!({})),
        (
            "R18c",
            json!([{"op": "replace", "path": "roles", "value": [
                {"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Planner", "value": "Planner"}]}]),
            json!({"roles": [{"primary": false, "type": "WindowsAzureActiveDirectoryRole", "display": "Planner",
                "value": "Planner"}]}),
        ),
        (
            "R18d",
            json!([{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Owner"}]),
            json!({"roles": [{"value": "Owner", "primary": true}, {"value": "Auditor"}]}),
        ),
    ];
    for (shape, operations, changed) in rows {
        changes(shape, &old, user(), operations, changed);
    }
}

#[test]
fn entra_and_okta_on_groups() {
    let members = |ids: &[&str]| json!({"members": ids.iter().map(|id| json!({"value": id})).collect::<Vec<_>>()});
    let rows = [
        ("entra R23a", json!([{"op": "Replace", "path": "displayName", "value": "H"}]), json!({"displayName": "H"})),
        ("entra R23b", json!([{"op": "replace", "value": {"displayName": "H"}}]), json!({"displayName": "H"})),
        (
            "entra R24a",
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "u-1003"}]}]),
            members(&["u-1001", "u-1002", "u-1003"]),
        ),
        (
            "entra R24a again",
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "u-1001"}]}]),
            json!({}),
        ),
        (
            "entra R24b",
            json!([{"op": "Add", "path": "members", "value": [{"value": "u-1001"}, {"value": "u-3"}, {"value": "u-4"}, {"value": "u-5"}, {"value": "u-3"}]}]),
            members(&["u-1001", "u-1002", "u-3", "u-4", "u-5"]),
        ),
        (
            "entra R25a",
            json!([{"op": "Remove", "path": "members", "value": [{"value": "u-1001"}]}]),
            members(&["u-1002"]),
        ),
        (
            "entra R25a, gone already",
            json!([{"op": "Remove", "path": "members", "value": [{"value": "u-9"}]}]),
            json!({}),
        ),
        ("entra R25b", json!([{"op": "remove", "path": "members[value eq \"u-1001\"]"}]), members(&["u-1002"])),
        (
            "okta R24",
            json!([{"op": "replace", "value": {"id": "g-20", "displayName": "H"}}]),
            json!({"displayName": "H"}),
        ),
        (
            "okta R25",
            json!([{"op": "add", "path": "members", "value": [{"value": "u-3", "display": "mara@x.test"}]}]),
            json!({"members": [{"value": "u-1001"}, {"value": "u-1002"}, added("u-3", "mara@x.test")]}),
        ),
        (
            "okta R27",
            json!([{"op": "remove", "path": "members[value eq \"u-1001\"]"}, {"op": "remove", "path": "members[value eq \"u-1002\"]"},
                {"op": "add", "path": "members", "value": [{"value": "u-3"}]}]),
            members(&["u-3"]),
        ),
        (
            "okta R28",
            json!([{"op": "replace", "path": "members", "value": [{"value": "u-1002"}, {"value": "u-3"}]}]),
            members(&["u-1002", "u-3"]),
        ),
        ("okta R28e", json!([{"op": "replace", "path": "members", "value": []}]), json!({"members": null})),
        ("okta R29", json!([{"op": "replace", "value": {"members": [{"value": "u-3"}]}}]), members(&["u-3"])),
    ];
    for (shape, operations, changed) in rows {
        changes(shape, &harbour(), group(), operations, changed);
    }
}

/// A member as the Group schema keeps it: `display` only where the schema has one that a client may write.
fn added(value: &str, display: &str) -> Value {
    let members = group().base.attribute("members").unwrap();
    match members.sub("display") {
        Some(_) => json!({"value": value, "display": display}),
        None => json!({"value": value}),
    }
}

#[test]
fn okta_on_users() {
    let rows = [
        ("R07", json!([{"op": "replace", "value": {"active": false}}]), json!({"active": false})),
        ("R08", json!([{"op": "replace", "value": {"active": true}}]), json!({})),
        (
            "R10",
            json!([{"op": "replace", "value": {"password": "n3w-Secret-81"}}]),
            json!({"password": "n3w-Secret-81"}),
        ),
        ("R11", json!([{"op": "replace", "value": {"title": "Lead Engineer"}}]), json!({"title": "Lead Engineer"})),
    ];
    for (shape, operations, changed) in rows {
        changes(shape, &mara(), user(), operations, changed);
    }
}

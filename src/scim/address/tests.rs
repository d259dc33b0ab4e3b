//! Addresses into answers: what they find, and what is no address.

use serde_json::{Value, json};

use super::*;

fn answer() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 2,
        "nothing": null,
        "none": [],
        "a/b": {"~x": 1},
        "Resources": [
            {"id": "1", "userName": "Ann", "active": true, "meta": {"created": "2024-01-01T00:00:00Z"},
             "emails": [{"value": "a@one.test", "type": "work"}, {"value": "a@two.test", "type": "home"}],
             "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": {"value": "2"}}},
            {"id": "2", "userName": "bob ] \"x\"", "emails": [{"value": "b@two.test", "type": "WORK"}], "urn:acme:2.0": {"badge": 7}},
        ],
    })
}

#[test]
fn addresses_find_values() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let rows: &[(&str, Value)] = &[
        ("totalresults", json!([2])),
        ("schemas", json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])),
        ("nothing", json!([])),
        ("none", json!([])),
        ("nosuch.thing", json!([])),
        ("totalResults.x", json!([])),
        ("Resources.id", json!(["1", "2"])),
        ("Resources.emails.value", json!(["a@one.test", "a@two.test", "b@two.test"])),
        ("Resources[userName eq \"ANN\"].id", json!(["1"])),
        ("Resources[userName eq \"bob ] \\\"x\\\"\"].id", json!(["2"])),
        ("Resources[active eq true].meta.created", json!(["2024-01-01T00:00:00Z"])),
        ("Resources[meta.created lt \"2024-01-01T01:30:00+01:00\"].id", json!(["1"])),
        ("Resources.emails[type eq \"work\"].value", json!(["a@one.test", "b@two.test"])),
        ("Resources[emails.type eq \"home\"].id", json!(["1"])),
        ("Resources[emails co \"@two\"].id", json!(["1", "2"])),
        ("schemas[value co \"ListResponse\"]", json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])),
        ("Resources.urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", json!(["Sales"])),
        ("Resources.URN:IETF:PARAMS:SCIM:SCHEMAS:EXTENSION:ENTERPRISE:2.0:USER:manager.value", json!(["2"])),
        ("Resources.urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager", json!([{"value": "2"}])),
        (
            "Resources.urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            json!([{"department": "Sales", "manager": {"value": "2"}}]),
        ),
        ("Resources.urn:ietf:params:scim:schemas:core:2.0:User:userName", json!(["Ann", "bob ] \"x\""])),
        ("Resources.urn:acme:2.0:badge", json!([7])),
        ("Resources.urn:acme:2.0:User:badge", json!([])),
        ("Resources.department", json!([])),
        ("/Resources/0/id", json!(["1"])),
        ("/none", json!([[]])),
        ("/nothing", json!([null])),
        ("/resources", json!([])),
        ("/a~1b/~0x", json!([1])),
    ];
    let body = answer();
    for (address, expected) in rows {
        let found = find(&body, address).unwrap_or_else(|error| panic!("{address}: {error}"));
        assert_eq!(json!(found), *expected, "{address}");
    }
    assert_eq!(find(&body, "").expect("whole"), [&body]);
    let first = &body["Resources"][0];
    assert_eq!(find(first, enterprise).expect("container").len(), 1);
    assert_eq!(find(first, crate::scim::urn::USER).expect("resource"), [first]);
}

#[test]
fn what_is_no_address_says_where() {
    let rows = [
        ("a.", 2),
        (".a", 0),
        ("a..b", 2),
        ("a b", 1),
        ("a[", 2),
        ("a[b]", 3),
        ("a[b pr", 6),
        ("a[b pr]c", 7),
        ("x:y", 0),
        ("urn:x:y:", 8),
        ("1", 0),
        ("/a~2", 2),
        ("/a~", 2),
    ];
    for (address, position) in rows {
        let error = check(address).expect_err(address);
        assert_eq!(error.position, position, "{address}: {error}");
    }
}

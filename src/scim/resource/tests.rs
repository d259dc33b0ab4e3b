//! Bodies in, resources out: what is taken, what is dropped, what is refused and how.

use serde_json::{Value, json};

use super::super::schema::{Mutability, group, user};
use super::super::urn::{ENTERPRISE_USER, GROUP, USER};
use super::super::{Object, ScimError};
use super::*;

fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap()
}

fn made(result: Result<Object, ScimError>) -> Result<Value, String> {
    result.map(Value::Object).map_err(|error| error.to_string())
}

fn post(body: Value) -> Result<Value, String> {
    made(create(&object(body), user(), &BodyOptions::default()))
}

#[test]
fn what_a_body_becomes() {
    let rows = [
        (
            "names take the schema's spelling",
            json!({"USERNAME": "a", "Name": {"GIVENNAME": "G"}}),
            json!({"schemas": [USER], "userName": "a", "name": {"givenName": "G"}}),
        ),
        (
            "null, [] and {} are unassigned",
            json!({"userName": "a", "title": null, "emails": [], "name": {}, "phoneNumbers": [null], "addresses": [{}]}),
            json!({"schemas": [USER], "userName": "a"}),
        ),
        (
            "a complex value of nulls is unassigned",
            json!({"userName": "a", "name": {"givenName": null}}),
            json!({"schemas": [USER], "userName": "a"}),
        ),
        (
            "read-only is dropped",
            json!({"id": "x", "meta": {"version": "1"}, "groups": [{"value": "g"}], "userName": "a"}),
            json!({"schemas": [USER], "userName": "a"}),
        ),
        (
            "unknown is ignored",
            json!({"userName": "a", "nosuch": 1, "name": {"nosuch": 2, "givenName": "G"}}),
            json!({"schemas": [USER], "userName": "a", "name": {"givenName": "G"}}),
        ),
        (
            "string booleans",
            json!({"userName": "a", "active": "False", "emails": [{"value": "v", "primary": "true"}]}),
            json!({"schemas": [USER], "userName": "a", "active": false, "emails": [{"value": "v", "primary": true}]}),
        ),
        (
            "roles as strings",
            json!({"userName": "a", "roles": ["r", "s"]}),
            json!({"schemas": [USER], "userName": "a", "roles": [{"value": "r"}, {"value": "s"}]}),
        ),
        (
            "the same value and type once",
            json!({"userName": "a", "emails": [{"value": "v", "type": "work"}, {"value": "V", "type": "work", "display": "D"}, {"value": "v", "type": "home"}]}),
            json!({"schemas": [USER], "userName": "a", "emails": [{"value": "v", "type": "work", "display": "D"}, {"value": "v", "type": "home"}]}),
        ),
        (
            "the country is not judged",
            json!({"userName": "a", "addresses": [{"country": "Sweden"}]}),
            json!({"schemas": [USER], "userName": "a", "addresses": [{"country": "Sweden"}]}),
        ),
        (
            "schemas are completed",
            json!({"schemas": [USER], "userName": "a", (ENTERPRISE_USER.to_lowercase()): {"Department": "D"}}),
            json!({"schemas": [USER, ENTERPRISE_USER], "userName": "a", ENTERPRISE_USER: {"department": "D"}}),
        ),
        (
            "unused and unknown schemas are not stored",
            json!({"schemas": [USER, ENTERPRISE_USER, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"], "userName": "a", ENTERPRISE_USER: {}}),
            json!({"schemas": [USER], "userName": "a"}),
        ),
        (
            "a plain manager",
            json!({"userName": "a", ENTERPRISE_USER: {"manager": "m"}}),
            json!({"schemas": [USER, ENTERPRISE_USER], "userName": "a", ENTERPRISE_USER: {"manager": {"value": "m"}}}),
        ),
        (
            "a manager in an array",
            json!({"userName": "a", ENTERPRISE_USER: {"manager": [{"value": "m", "displayName": "read-only"}]}}),
            json!({"schemas": [USER, ENTERPRISE_USER], "userName": "a", ENTERPRISE_USER: {"manager": {"value": "m"}}}),
        ),
        (
            "no manager",
            json!({"userName": "a", ENTERPRISE_USER: {"manager": ""}}),
            json!({"schemas": [USER], "userName": "a"}),
        ),
        (
            "a password is kept",
            json!({"userName": "a", "password": "p"}),
            json!({"schemas": [USER], "userName": "a", "password": "p"}),
        ),
        (
            "certificates in either alphabet",
            json!({"userName": "a", "x509Certificates": [{"value": "MII+/w=="}, {"value": "MII-_w"}]}),
            json!({"schemas": [USER], "userName": "a", "x509Certificates": [{"value": "MII+/w=="}, {"value": "MII-_w"}]}),
        ),
    ];
    for (name, body, expected) in rows {
        assert_eq!(post(body), Ok(expected.clone()), "{name}");
        assert_eq!(check(&object(expected), user()), Ok(()), "{name}");
    }
}

#[test]
fn what_a_body_may_not_say() {
    let rows = [
        (json!({}), "400 invalidValue: userName: required"),
        (json!({"userName": null}), "400 invalidValue: userName: required"),
        (json!({"userName": " "}), "400 invalidValue: userName: required, and may not be blank"),
        (json!({"userName": 1}), "400 invalidValue: userName: expected a string, got a number"),
        (json!({"userName": "a", "active": "maybe"}), "400 invalidValue: active: expected a boolean, got a string"),
        (json!({"userName": "a", "active": 1}), "400 invalidValue: active: expected a boolean, got a number"),
        (json!({"userName": "a", "title": ["t"]}), "400 invalidValue: title: expected a string, got an array"),
        (json!({"userName": "a", "name": "n"}), "400 invalidValue: name: expected an object, got a string"),
        (
            json!({"userName": "a", "emails": [{"value": "v"}, 1]}),
            "400 invalidValue: emails[1]: expected an object, got a number",
        ),
        (
            json!({"userName": "a", "emails": [{"primary": "yes"}]}),
            "400 invalidValue: emails[0].primary: expected a boolean, got a string",
        ),
        (
            json!({"userName": "a", "emails": [{"value": "v", "primary": true}, {"value": "w", "primary": true}]}),
            "400 invalidValue: emails: more than one primary value",
        ),
        (
            json!({"userName": "a", "x509Certificates": [{"value": "not base64!"}]}),
            "400 invalidValue: x509Certificates[0].value: expected base64 text, got a string",
        ),
        (json!({"userName": "a", "emails": "text"}), "400 invalidValue: emails: expected an array, got a string"),
        (
            json!({"userName": "a", "emails": {"value": "v"}}),
            "400 invalidValue: emails: expected an array, got an object",
        ),
        (json!({"userName": "a", "emails": ["text"]}), "400 invalidValue: emails[0]: expected an object, got a string"),
        (json!({"userName": "a", "roles": "text"}), "400 invalidValue: roles: expected an array, got a string"),
        (json!({"userName": "a", "title": {}}), "400 invalidValue: title: expected a string, got an object"),
        (json!({"userName": "a", "username": "b"}), "400 invalidSyntax: userName: given twice, in two spellings"),
        (json!({"userName": "a", "schemas": "x"}), "400 invalidSyntax: schemas: expected an array of URNs"),
        (
            json!({"userName": "a", ENTERPRISE_USER: "x"}),
            "400 invalidValue: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: expected an object, got a string",
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(post(body.clone()), Err(expected.to_owned()), "{body}");
    }
}

#[test]
fn the_letter_of_the_standard_coerces_nothing() {
    let rows = [
        json!({"userName": "a", "active": "true"}),
        json!({"userName": "a", "nosuch": 1}),
        json!({"userName": "a", "name": {"nosuch": 1}}),
        json!({"userName": "a", ENTERPRISE_USER: {"manager": "m"}}),
        json!({"userName": "a", "schemas": [USER, "urn:example:unknown"]}),
    ];
    for body in rows {
        assert!(create(&object(body.clone()), user(), &BodyOptions::default()).is_ok(), "{body}");
        assert!(create(&object(body.clone()), user(), &BodyOptions::STRICT).is_err(), "{body}");
    }
}

#[test]
fn a_group_needs_a_name() {
    let body = |name: Value| {
        object(
            json!({"schemas": [GROUP], "displayName": name, "members": [{"value": "u", "$ref": null, "display": null}]}),
        )
    };
    let options = BodyOptions::default();
    assert_eq!(
        made(create(&body(json!("G")), group(), &options)),
        Ok(json!({"schemas": [GROUP], "displayName": "G", "members": [{"value": "u"}]}))
    );
    for name in [json!(null), json!("")] {
        assert_eq!(create(&body(name), group(), &options).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }
}

#[test]
fn a_replacement_keeps_what_a_client_cannot_write() {
    let old = object(json!({
        "schemas": [USER, ENTERPRISE_USER], "id": "1", "meta": {"resourceType": "User"}, "userName": "a", "title": "T",
        "password": "p", "groups": [{"value": "g"}],
        ENTERPRISE_USER: {"department": "D", "manager": {"value": "m", "displayName": "M"}},
    }));
    let kept = json!({"schemas": [USER], "id": "1", "meta": {"resourceType": "User"}, "userName": "b", "password": "p", "groups": [{"value": "g"}]});
    let put = |body: Value| made(replace(&old, &object(body), user(), &BodyOptions::default()));
    assert_eq!(put(json!({"id": "2", "userName": "b"})), Ok(kept.clone()));
    let mut cleared = kept.clone();
    cleared.as_object_mut().unwrap().shift_remove("password");
    assert_eq!(put(json!({"userName": "b", "password": null})), Ok(cleared));
    let managed = |manager: Value| {
        let mut with = kept.clone();
        with["schemas"] = json!([USER, ENTERPRISE_USER]);
        with[ENTERPRISE_USER] = json!({"manager": manager});
        with
    };
    let same = json!({"userName": "b", ENTERPRISE_USER: {"manager": {"value": "m"}}});
    assert_eq!(put(same), Ok(managed(json!({"value": "m", "displayName": "M"}))));
    let other = json!({"userName": "b", ENTERPRISE_USER: {"manager": {"value": "n"}}});
    assert_eq!(put(other), Ok(managed(json!({"value": "n"}))));
    assert_eq!(replace(&old, &old, user(), &BodyOptions::default()), Ok(old.clone()));
}

#[test]
fn a_replacement_may_change_members_but_not_one_member() {
    let old = object(json!({"schemas": [GROUP], "id": "1", "displayName": "G", "members": [
        {"value": "a", "type": "User", "$ref": "/Users/a"}, {"value": "b", "type": "User", "$ref": "/Users/b"}]}));
    let put = |members: Value| {
        let body = object(json!({"displayName": "G", "members": members}));
        made(replace(&old, &body, group(), &BodyOptions::default())).map(|new| new["members"].clone())
    };
    let kept = json!([{"value": "c"}, {"value": "b", "type": "User", "$ref": "/Users/b"}]);
    assert_eq!(put(json!([{"value": "c"}, {"value": "b", "$ref": "/v2/Users/b"}])), Ok(kept));
    let error = put(json!([{"value": "a", "type": "Group"}]));
    assert_eq!(error, Err("400 mutability: members[0].type: immutable, it has another value".into()));
}

#[test]
fn immutable_attributes_are_set_once() {
    let mut kind = user().clone();
    let badge = kind.base.attributes.iter_mut().find(|attribute| attribute.name == "nickName").unwrap();
    badge.mutability = Mutability::Immutable;
    let with = |badge: Value| object(json!({"schemas": [USER], "userName": "a", "nickName": badge}));
    let put = |old: Value, new: Value| replace(&with(old), &with(new), &kind, &BodyOptions::default());
    assert_eq!(put(json!("N"), json!("N")), Ok(with(json!("N"))));
    assert_eq!(put(json!("N"), json!(null)), Ok(with(json!("N"))));
    assert_eq!(put(json!("N"), json!("M")).unwrap_err().scim_type, Some(ScimType::Mutability));
    let none = object(json!({"schemas": [USER], "userName": "a"}));
    assert_eq!(replace(&none, &with(json!("N")), &kind, &BodyOptions::default()), Ok(with(json!("N"))));
}

#[test]
fn a_stored_resource_is_its_own_normal_form() {
    let rows = [
        (json!({"schemas": [USER], "id": "1", "userName": "a", "meta": {"created": "2020-01-01T00:00:00Z"}}), true),
        (json!({"schemas": [USER], "id": "1", "username": "a"}), false),
        (json!({"schemas": [USER, ENTERPRISE_USER], "userName": "a"}), false),
        (json!({"schemas": [USER], "userName": "a", "emails": []}), false),
        (json!({"schemas": [USER], "userName": "a", "active": "true"}), false),
        (json!({"schemas": [USER], "userName": "a", "extra": 1}), false),
        (json!({"schemas": [USER], "userName": "a", "meta": {"created": "soon"}}), false),
        (json!({"schemas": [USER]}), false),
        (json!({"userName": "a"}), false),
    ];
    for (resource, valid) in rows {
        assert_eq!(check(&object(resource.clone()), user()).is_ok(), valid, "{resource}");
    }
}

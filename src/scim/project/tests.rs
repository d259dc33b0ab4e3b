//! Projections of one user, as the text of what is left.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::scim::schema::{self, user};
use crate::scim::urn;

fn person() -> Object {
    let person = json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": "1",
        "userName": "ann",
        "password": "secret",
        "name": {"givenName": "Ann", "familyName": "Bee"},
        "emails": [{"value": "a@x", "type": "work"}, {"type": "home"}],
        "meta": {"resourceType": "User", "version": "W/\"1\""},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": {"value": "2", "displayName": "Bo"}},
        "urn:acme:2.0:Badge": {"number": 7},
        "custom": {"a": 1},
    });
    person.as_object().cloned().expect("object")
}

/// As a store does it: where the members stand is found out first.
fn of_text(left: &mut String, inside: &str, kind: &ResourceType, projection: &Projection) -> Result<(), Damaged> {
    let (index, cut) = (json::Index::of(inside)?, Cut::of(kind, projection));
    cut.write(left, index.members(inside, |length| cut.may_show(length)))
}

/// What is left beside `schemas` and `id`, extensions by their last word.
fn left(projection: &Projection) -> String {
    let mut projected = project(&person(), user(), projection);
    assert!(projected.shift_remove("id").is_some() && projected.shift_remove("schemas").is_some());
    Value::Object(projected)
        .to_string()
        .replace(urn::ENTERPRISE_USER, "enterprise")
        .replace("urn:acme:2.0:Badge", "badge")
        .replace('"', "")
}

#[test]
fn what_is_asked_for_is_returned() {
    let enterprise = |rest: &str| format!("{}{rest}", urn::ENTERPRISE_USER);
    let rows = [
        ("userName", "{userName:ann}".to_owned()),
        ("USERNAME,nosuch", "{userName:ann}".to_owned()),
        ("urn:ietf:params:scim:schemas:core:2.0:user:username", "{userName:ann}".to_owned()),
        ("id", "{}".to_owned()),
        ("password,userName.value", "{userName:ann}".to_owned()),
        ("password", "{}".to_owned()),
        ("name.givenName", "{name:{givenName:Ann}}".to_owned()),
        ("name.givenName, name", "{name:{givenName:Ann,familyName:Bee}}".to_owned()),
        ("emails.value", "{emails:[{value:a@x}]}".to_owned()),
        ("emails.display", "{}".to_owned()),
        ("emails", "{emails:[{value:a@x,type:work},{type:home}]}".to_owned()),
        ("meta.version", "{meta:{version:W/\\1\\}}".to_owned()),
        ("department", "{}".to_owned()),
        ("custom", "{custom:{a:1}}".to_owned()),
        ("urn:acme:2.0:Badge:number", "{badge:{number:7}}".to_owned()),
        (&enterprise(":department"), "{enterprise:{department:Sales}}".to_owned()),
        (&enterprise(":manager.value"), "{enterprise:{manager:{value:2}}}".to_owned()),
        (&enterprise(""), "{enterprise:{department:Sales,manager:{value:2,displayName:Bo}}}".to_owned()),
        ("emails[type eq \"work\"]", "{}".to_owned()),
    ];
    for (text, expected) in rows {
        assert_eq!(left(&Projection::Only(parse_list(text))), expected, "{text}");
    }
}

#[test]
fn what_is_excluded_is_left_out() {
    let enterprise = |rest: &str| format!("{}{rest}", urn::ENTERPRISE_USER);
    let all = left(&Projection::Default);
    assert_eq!(
        all,
        "{userName:ann,name:{givenName:Ann,familyName:Bee},emails:[{value:a@x,type:work},{type:home}],\
         meta:{resourceType:User,version:W/\\1\\},enterprise:{department:Sales,manager:{value:2,displayName:Bo}},\
         badge:{number:7},custom:{a:1}}"
    );
    let rows = [
        ("id,schemas,nosuch,department", ""),
        ("userName", "userName:ann,"),
        ("name", "name:{givenName:Ann,familyName:Bee},"),
        ("name.givenname", "givenName:Ann,"),
        ("emails.type", ",type:work},{type:home"),
        ("meta", "meta:{resourceType:User,version:W/\\1\\},"),
        (&enterprise(""), "enterprise:{department:Sales,manager:{value:2,displayName:Bo}},"),
        (&enterprise(":department"), "department:Sales,"),
        (&enterprise(":manager.displayName"), ",displayName:Bo"),
        ("urn:acme:2.0:Badge", "badge:{number:7},"),
    ];
    for (text, removed) in rows {
        assert_eq!(left(&Projection::Without(parse_list(text))), all.replacen(removed, "", 1), "{text}");
    }
}

#[test]
fn classes_of_attributes_decide() {
    let mut kind = user().clone();
    let mut set = |name: &str, returned| {
        for attribute in kind.base.attributes.iter_mut().filter(|attribute| attribute.name == name) {
            attribute.returned = returned;
        }
    };
    set("userName", Returned::Always);
    set("name", Returned::Request);
    set("emails", Returned::Never);
    let names =
        |projection: Projection| project(&person(), &kind, &projection).keys().take(4).cloned().collect::<Vec<_>>();
    assert_eq!(names(Projection::Default)[..], ["schemas", "id", "userName", "meta"]);
    assert_eq!(names(Projection::Only(parse_list("name,emails")))[..], ["schemas", "id", "userName", "name"]);
    assert_eq!(
        names(Projection::Without(parse_list("userName,name.givenName")))[..],
        ["schemas", "id", "userName", "meta"]
    );
}

proptest! {
    #[test]
    fn a_projection_only_takes_away(list in "(userName|name|name\\.givenName|emails\\.value|password|meta|,){0,6}", without in any::<bool>()) {
        let paths = parse_list(&list);
        let projection = if without { Projection::Without(paths) } else { Projection::Only(paths) };
        let projected = project(&person(), user(), &projection);
        prop_assert!(projected.contains_key("id") && projected.contains_key("schemas") && !projected.contains_key("password"));
        prop_assert!(projected.keys().all(|name| person().contains_key(name)));
        prop_assert_eq!(project(&projected, user(), &projection), projected);
    }
}

proptest! {
    #[test]
    fn what_is_gone_whatever_it_holds_is_not_shown_and_spaces_change_nothing(
        paths in proptest::collection::vec(0..PATHS.len(), 0..4),
        which in 0..4,
    ) {
        let paths: Vec<AttrPath> = parse_list(&paths.iter().map(|path| PATHS[*path]).collect::<Vec<_>>().join(","));
        let projection = match which {
            0 => Projection::Default,
            1 => Projection::Only(paths),
            2 => Projection::Without(paths),
            _ => Projection::Plus(paths),
        };
        for (resource, kind) in [(person(), user()), (device(), schema::device())] {
            let shown = project(&resource, kind, &projection);
            let cut = Cut::of(kind, &projection);
            for name in resource.keys().filter(|name| cut.is_gone(name)) {
                prop_assert!(!shown.contains_key(name), "{name}");
            }
            for name in resource.keys().filter(|name| cut.is_whole(name)) {
                prop_assert_eq!(shown.get(name), resource.get(name));
            }
            let (text, mut left) = (serde_json::to_string_pretty(&resource).unwrap(), String::new());
            prop_assert_eq!(of_text(&mut left, json::inside(&text, BRACES).unwrap(), kind, &projection), Ok(()));
            let left: Object = serde_json::from_str(&format!("{{{}}}", left.trim_start_matches(','))).unwrap();
            prop_assert_eq!(left, shown);
        }
    }
}

#[test]
fn a_name_with_an_escape_is_shown_as_it_is() {
    let text = r#""userName":"a\"b","urn:acme:2.0:Badge":{"a\"b":[{}]},"custom":{"\u0061":1}"#;
    for (projection, expected) in [
        (Projection::Default, text),
        (Projection::Only(parse_list("custom.a,userName")), r#""userName":"a\"b""#),
        (Projection::Without(parse_list("userName")), text.split_once(',').unwrap().1),
    ] {
        let mut left = String::new();
        assert_eq!(of_text(&mut left, text, user(), &projection), Ok(()));
        assert_eq!(left, format!(",{expected}"));
    }
    assert_eq!(of_text(&mut String::new(), "\"userName\":", user(), &Projection::Default), Err(Damaged));
}

/// Paths that meet every rule.
const PATHS: [&str; 14] = [
    "userName",
    "name.givenName",
    "EMAILS.value",
    "emails",
    "password",
    "id",
    "meta.version",
    "custom.a",
    "notes",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department",
    "urn:acme:2.0:Badge:number",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "assetTag",
];

fn device() -> Object {
    let kind = schema::device();
    let attributes = kind.base.attributes.iter().map(|it| {
        let subs: Object = it.subs.iter().map(|sub| (sub.name.clone(), json!("x"))).collect();
        (it.name.clone(), if subs.is_empty() { json!("x") } else { Value::Object(subs) })
    });
    attributes.chain([(kind.extensions[0].0.urn.clone(), json!({"contract": "c"}))]).collect()
}

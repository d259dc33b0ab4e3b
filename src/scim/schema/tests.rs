//! The core schemas against the facts of `RFC7643` that other rooms rely on.

use super::*;
use crate::scim::urn;

fn path(text: &str) -> AttrPath {
    AttrPath::parse(text).expect(text)
}

#[test]
fn paths_resolve_without_case() {
    let enterprise = urn::ENTERPRISE_USER;
    type Parts = (&'static str, Option<&'static str>, bool);
    let rows: &[(&str, Option<Parts>)] = &[
        ("userName", Some(("userName", None, false))),
        ("USERNAME", Some(("userName", None, false))),
        ("name.givenname", Some(("name", Some("givenName"), false))),
        ("emails.value", Some(("emails", Some("value"), false))),
        ("groups.$ref", Some(("groups", Some("$ref"), false))),
        ("id", Some(("id", None, false))),
        ("externalid", Some(("externalId", None, false))),
        ("meta.lastModified", Some(("meta", Some("lastModified"), false))),
        ("schemas", Some(("schemas", None, false))),
        ("URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:TITLE", Some(("title", None, false))),
        ("urn:ietf:params:scim:schemas:core:2.0:User:meta.created", Some(("meta", Some("created"), false))),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            Some(("manager", Some("value"), true)),
        ),
        ("department", None),
        ("userName.value", None),
        ("name.nosuch", None),
        ("displayNames", None),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:members", None),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName", None),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", None),
    ];
    for (text, expected) in rows {
        let found = user().resolve(&path(text));
        let found =
            found.map(|r| (r.attribute.name.as_str(), r.sub.map(|s| s.name.as_str()), r.extension == Some(enterprise)));
        assert_eq!(found, *expected, "{text}");
    }
    assert!(group().resolve(&path("members.value")).is_some());
    assert!(group().resolve(&path("userName")).is_none());
}

#[test]
fn characteristics_follow_the_standard_and_its_errata() {
    let of = |kind: &'static ResourceType, text: &str| {
        let found = kind.resolve(&path(text)).expect(text);
        found.sub.unwrap_or(found.attribute)
    };
    assert!(of(user(), "id").case_exact && of(user(), "externalId").case_exact);
    assert!(!of(user(), "userName").case_exact);
    assert_eq!(of(user(), "userName").uniqueness, Uniqueness::Server);
    assert_eq!(of(user(), "password").returned, Returned::Never);
    assert_eq!(of(user(), "password").mutability, Mutability::WriteOnly);
    assert_eq!(of(user(), "emails.primary").kind, Type::Boolean);
    assert_eq!(of(user(), "groups").mutability, Mutability::ReadOnly);
    assert_eq!(of(user(), "meta.created").kind, Type::DateTime);
    assert_eq!(of(group(), "members.value").mutability, Mutability::Immutable);
    assert!(of(group(), "displayName").required, "erratum 5368");
    let manager = format!("{}:manager.value", urn::ENTERPRISE_USER);
    assert!(of(user(), &manager).case_exact, "erratum 8472");
}

#[test]
fn every_attribute_is_described_and_complex_ones_have_subs() {
    fn walk(attribute: &Attribute, seen: &mut usize) {
        *seen += 1;
        assert!(!attribute.description.is_empty(), "{}", attribute.name);
        assert_eq!(attribute.kind == Type::Complex, !attribute.subs.is_empty(), "{}", attribute.name);
        attribute.subs.iter().for_each(|sub| walk(sub, seen));
    }
    let mut seen = 0;
    all().into_iter().flat_map(|schema| &schema.attributes).chain(common()).for_each(|a| walk(a, &mut seen));
    assert!(seen > 130);
}

#[test]
fn schemas_carry_the_urns_of_the_standard() {
    let urns: Vec<_> = all().iter().map(|schema| schema.urn.as_str()).collect();
    assert_eq!(
        urns,
        [urn::USER, urn::GROUP, urn::ENTERPRISE_USER, urn::SERVICE_PROVIDER_CONFIG, urn::RESOURCE_TYPE, urn::SCHEMA]
    );
    assert_eq!(known(&urn::USER.to_uppercase()).map(|s| s.name.as_str()), Some("User"));
    assert!(known("urn:ietf:params:scim:schemas:core:2.0").is_none());
}

#[test]
fn the_published_forms_stand() {
    insta::assert_json_snapshot!("user_resource_type", user().to_object());
    insta::assert_json_snapshot!("group_schema", group().base.to_object());
    insta::assert_json_snapshot!("enterprise_schema", enterprise_user().to_object());
}

#[test]
fn the_schema_schema_describes_what_is_published() {
    let characteristics = schema_schema().attribute("attributes").expect("attributes");
    for schema in all() {
        let object = schema.to_object();
        let mut open: Vec<_> = object["attributes"].as_array().expect("array").iter().collect();
        while let Some(attribute) = open.pop() {
            for (name, value) in attribute.as_object().expect("object") {
                let described = characteristics.sub(name).expect(name);
                assert_eq!(value.is_array(), described.multi, "{name}");
            }
            open.extend(attribute.get("subAttributes").and_then(|v| v.as_array()).into_iter().flatten());
        }
    }
}

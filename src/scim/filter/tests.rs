//! Filters against the table of probes, and against what must hold for any text, tree and JSON.

mod properties;
mod table;

use serde_json::{Value, json};

use super::*;
use crate::scim::Object;
use crate::scim::schema::{group, user};

fn object(value: Value) -> Object {
    value.as_object().cloned().expect("an object")
}

#[test]
fn trees_and_their_prints() {
    let rows = [
        ("a eq 1", "a eq 1"),
        ("  a   EQ   1  ", "a eq 1"),
        ("a pr and b pr and c pr", "a pr and b pr and c pr"),
        ("(a pr and b pr) and c pr", "(a pr and b pr) and c pr"),
        ("((a pr))", "a pr"),
        ("a pr or b pr AND c pr", "a pr or b pr and c pr"),
        ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
        ("not(a pr)", "not (a pr)"),
        ("NOT ( a pr ) and b pr", "not (a pr) and b pr"),
        ("not (not (a pr))", "not (not (a pr))"),
        ("a[b eq \"x\" and not (c pr)].d pr or e pr", "a[b eq \"x\" and not (c pr)].d pr or e pr"),
        ("a.b[ c pr ]", "a.b[c pr]"),
        ("not pr and and pr or or pr", "not pr and and pr or or pr"),
        ("eq eq \"eq\"", "eq eq \"eq\""),
        ("a eq \"\\u0041\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\\\"\"", "a eq \"A😀/\\b\\f\\n\\r\\t\\\\\\\"\""),
        ("a eq -0.5e3", "a eq -500.0"),
        ("a eq 18446744073709551615", "a eq 18446744073709551615"),
        ("a eq -9223372036854775808", "a eq -9223372036854775808"),
        ("a eq null or a eq true or a eq false", "a eq null or a eq true or a eq false"),
    ];
    for (text, printed) in rows {
        let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.to_string(), printed, "{text}");
        assert_eq!(parse(printed), Ok(filter), "{text}");
    }
}

#[test]
fn errors_say_where_and_what() {
    let rows = [
        ("", 0, "attribute name"),
        ("userName", 8, "operator"),
        ("userName ", 9, "operator"),
        ("userName eq", 11, "value"),
        ("userName eq\"x\"", 11, "space"),
        ("userName regex \"x\"", 9, "the operator \"regex\" is not supported"),
        ("not userName eq \"x\"", 4, "parentheses"),
        ("userName eq 'x'", 12, "double quotes"),
        ("userName eq \"x", 12, "does not end"),
        ("a eq \"\u{1}\"", 6, "control character"),
        ("a eq \"\\x\"", 6, "escape"),
        ("a eq \"\\ud800\"", 6, "lone surrogate"),
        ("a eq \"\\ud800\\u0041\"", 6, "surrogate"),
        ("a eq \"\\udc00\"", 6, "lone surrogate"),
        ("a eq \"\\u12\"", 6, "hexadecimal"),
        ("a eq 01", 5, "no value"),
        ("a eq +1", 5, "no value"),
        ("a eq 1.", 5, "no value"),
        ("a eq 1e999", 5, "no value"),
        ("a eq NaN", 5, "no value"),
        ("a pr andb pr", 5, "expected"),
        ("a pr and(b pr)", 8, "space"),
        ("a pr\tand b pr", 2, "not supported"),
        ("(a pr", 5, "\")\""),
        ("a pr)", 4, "the end"),
        ("a[b[c pr]]", 3, "value filter"),
        ("a[b pr].", 8, "name"),
        ("a[b pr].c", 9, "operator"),
        ("1a pr", 0, "name"),
        ("a.b.c pr", 2, "name"),
    ];
    for (text, position, word) in rows {
        let error = parse(text).expect_err(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.reason.contains(word), "{text}: {error}");
    }
}

#[test]
fn limits_hold() {
    let deep = |n: usize| format!("{}a pr{}", "(".repeat(n), ")".repeat(n));
    let long = |n: usize| vec!["a pr"; n].join(" or ");
    assert!(parse(&deep(32)).is_ok());
    assert!(parse(&deep(33)).is_err());
    assert!(parse(&"(".repeat(8192)).is_err());
    assert!(parse(&"not (".repeat(1600)).is_err());
    assert!(parse(&long(256)).is_ok());
    assert!(parse(&long(257)).is_err());
    assert!(parse(&format!("a eq \"{}\"", "x".repeat(8185))).is_ok());
    assert!(parse(&format!("a eq \"{}\"", "x".repeat(8186))).is_err());
    let small = Limits { length: 9, depth: 1, terms: 1 };
    assert!(parse_with("(a pr)", &small).is_ok());
    for text in ["((a pr))", "a pr or b pr", "aaa eq 100"] {
        assert!(parse_with(text, &small).is_err(), "{text}");
    }
}

#[test]
fn typed_evaluation() {
    let resource = object(json!({
        "userName": "Jos\u{e9}",
        "externalId": "X",
        "title": "",
        "nickName": null,
        "active": true,
        "name": {"givenName": "", "familyName": []},
        "emails": [{"value": "A@x", "type": "work"}, {"value": "b@x", "primary": true}, {}],
        "addresses": [],
        "meta": {"created": "2024-01-01T00:00:00Z"},
        "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "M1", "displayName": "Bo"}},
    }));
    let rows = [
        ("userName eq \"JOSE\u{301}\"", true),
        ("userName sw \"JOSE\u{301}\"", true),
        ("userName eq \"jos\"", false),
        ("externalId eq \"x\"", false),
        ("title pr or nickName pr or name pr or addresses pr", false),
        ("title eq null and nickName eq null and name eq null and emails ne null", true),
        ("emails eq \"a@X\"", true),
        ("emails.primary eq false and emails.primary eq true", true),
        ("emails[primary eq \"True\"].value eq \"b@x\"", true),
        ("emails[primary eq \"False\" and type eq \"WORK\"]", true),
        ("emails[type eq \"work\"].value eq \"b@x\"", false),
        ("emails[type eq \"work\"].display pr", false),
        ("emails[nosuch pr]", false),
        ("emails.type ne \"work\"", false),
        ("emails.value ne \"a@x\"", true),
        ("addresses.type ne \"work\"", true),
        ("active eq \"true\"", false),
        ("active ne false", true),
        ("meta.created eq \"2024-01-01T01:00:00+01:00\"", true),
        ("meta.created lt \"2024-01-01T00:00:00.001Z\"", true),
        ("meta.created eq \"soon\"", false),
        ("meta.created sw \"2024-\"", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager eq \"M1\"", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value eq \"m1\"", false),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.displayName eq \"bo\"", true),
        ("nosuch pr or nosuch ne \"x\" or nosuch eq null or manager pr", false),
        ("password pr or password eq \"x\" or password ne \"x\"", false),
        ("name[familyName eq \"x\"] or userName[value eq \"x\"]", false),
    ];
    for (text, expected) in rows {
        assert_eq!(matches(&parse(text).expect(text), &resource, user()), expected, "{text}");
    }
    let team = object(json!({"displayName": "Team", "members": [{"value": "u1", "$ref": "../Users/u1"}]}));
    for (text, expected) in
        [("members.value eq \"u1\"", true), ("members[$ref ew \"/u1\"]", true), ("userName pr", false)]
    {
        assert_eq!(matches(&parse(text).expect(text), &team, group()), expected, "{text}");
    }
}

#[test]
fn numbers_compare_by_value() {
    let body = json!({"n": 9_007_199_254_740_993_u64, "f": 1.5, "neg": -1});
    let rows = [
        ("n gt 9007199254740992", true),
        ("n eq 9007199254740992.0", false),
        ("n gt 9007199254740992.0 and neg eq -1.0 and f gt 1", true),
        ("n eq 9007199254740992", false),
        ("f ge 1.5 and f lt 2", true),
        ("neg lt 0", true),
        ("neg eq \"-1\"", false),
        ("n co 9", false),
    ];
    for (text, expected) in rows {
        assert_eq!(untyped_matches(&parse(text).expect(text), &body), expected, "{text}");
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let rows = [
        ("active gt true", false),
        ("active co \"tr\"", false),
        ("active eq \"true\"", false),
        ("active eq null", true),
        ("active gt null", false),
        ("userName eq 1", false),
        ("userName eq true", false),
        ("name eq \"x\"", false),
        ("name pr", true),
        ("name eq null", true),
        ("addresses co \"x\"", false),
        ("emails co \"x\"", true),
        ("emails eq true", false),
        ("emails[primary eq \"True\"]", true),
        ("emails[primary eq \"yes\"]", false),
        ("emails[primary gt true]", false),
        ("emails[value eq 1 or type pr]", false),
        ("emails[type eq \"work\"].primary gt true", false),
        ("userName[value eq \"x\"]", false),
        ("schemas[value eq \"x\"]", true),
        ("meta.created gt \"then\"", false),
        ("meta.created gt \"2024-01-01T00:00:00Z\"", true),
        ("meta.created eq 5", false),
        ("x509Certificates.value gt \"x\"", false),
        ("password eq \"x\"", false),
        ("nosuch gt true", true),
        ("not (a pr and active gt true)", false),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"x\"", true),
    ];
    for (text, good) in rows {
        let checked = check(&parse(text).expect(text), user());
        assert_eq!(checked.is_ok(), good, "{text}: {checked:?}");
        if let Err(error) = checked {
            assert_eq!((error.status, error.scim_type), (400, Some(crate::scim::ScimType::InvalidFilter)));
        }
    }
}

#[test]
fn elements_match_as_entra_writes_them() {
    let roles = user().base.attribute("roles").expect("roles");
    let element = json!({"value": "admin", "primary": true, "display": "Admin"});
    for (text, expected) in [
        ("primary eq \"True\"", true),
        ("primary eq \"true\" and value eq \"ADMIN\"", true),
        ("primary eq \"False\"", false),
        ("primary eq true", true),
        ("primary ne true", false),
    ] {
        assert_eq!(element_matches(&parse(text).expect(text), &element, roles), expected, "{text}");
    }
    let plain = parse("value eq \"admin\"").expect("filter");
    assert!(element_matches(&plain, &json!("admin"), roles));
    assert!(!element_matches(&plain, &json!({"primary": "x"}), roles));
}

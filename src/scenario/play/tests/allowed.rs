//! Refusals that are right: what follows from them, and what they are not blamed for.

use serde_json::{Value, json};

use super::{body, play, play_at};
use crate::profile::Users;
use crate::wire::{Method, Response};

const TOLERATED: &str = r#"
title = "t"
[[step]]
name = "add"
send = "PATCH /Groups/1"
body = '{ "to": "new" }'
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "add in another form"
send = "PATCH /Groups/1"
body = '{ "to": ["new"] }'
expect = [{ req = "RFC7644-3.5.2.1-11", status = [200, 204, 400] }]
[[step]]
name = "read"
send = "GET /Groups/1"
expect = [{ req = "RFC7644-3.1-8", at = "displayName", is = "new" }]
"#;

#[test]
fn a_refusal_that_is_allowed_does_not_make_up_for_one_that_is_not() {
    let read = |second: u16| {
        let mut patches = 0;
        let played = play(TOLERATED, |request| match request.method {
            Method::Patch => {
                patches += 1;
                (if patches == 1 { 400 } else { second }, Value::Null)
            }
            _ => (200, json!({"displayName": "old"})),
        });
        played.rows()[2].clone()
    };
    let miss = "16 inconclusive at displayName is: displayName is \"new\", got \"old\"";
    assert_eq!(read(400), format!("{miss}, but step \"add\" was refused (status 400)"));
    assert_eq!(read(204), miss.replace("inconclusive", "fail"));
}

const EITHER: &str = r#"
title = "t"
[[step]]
name = "find"
send = 'GET /Users?filter=emails co "x"'
expect = [
  { req = "RFC7644-3.4.2.2-50", status = [200, 400] },
  { req = "RFC7644-3.4.2.2-50", at = "totalResults", is = 1 },
  { req = "RFC7644-3.4.2.2-50", at = "scimType", is = "invalidFilter" },
]
"#;

#[test]
fn who_may_refuse_is_not_asked_for_what_others_show() {
    let answers = |status: u16, body: Value| play(EITHER, |_| (status, body.clone())).rows();
    let refused = answers(400, json!({"scimType": "tooMany"}));
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[1].starts_with("9 fail at scimType"), "{refused:?}");
    assert!(answers(200, json!({"totalResults": 0}))[1].starts_with("8 fail at totalResults"));
    assert!(answers(404, json!({}))[1].starts_with("8 inconclusive"), "what is not allowed has its own finding");
}

/// One step, its request and body in place of the holes.
const SENT: &str = r#"
title = "t"
[[step]]
name = "send"
send = "METHOD /Users"
body = 'BODY'
unread = "it is refused"
expect = [{ req = ["RFC7644-3.3-6", "OKTA-118"], status = 201 }]
"#;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[test]
fn to_refuse_what_the_targets_schemas_do_not_have_breaks_no_rule_of_the_standard() {
    let stored = ["externalId", "name.familyName", "emails.value", "emails.primary"].map(str::to_owned).to_vec();
    let users = Users { stored, ..Users::default() };
    let operation = |path: Value, value: Value| json!({"Operations": [{"op": "add", "path": path, "value": value}]});
    let unknown = [
        ("POST", json!({"userName": "x", "title": "Dr"}), "title"),
        ("POST", json!({"userName": "x", "name": {"familyName": "A", "givenName": "B"}}), "name.givenName"),
        ("POST", json!({"userName": "x", "emails": [{"value": "a@b.c"}, {"type": "work"}]}), "emails.type"),
        ("POST", json!({"schemas": [ENTERPRISE], "userName": "x"}), ENTERPRISE),
        ("PUT", json!({"userName": "x", ENTERPRISE: {"department": "D"}}), ENTERPRISE),
        ("PATCH", operation("title".into(), "x".into()), "title"),
        ("PATCH", operation(Value::Null, json!({"name.givenName": "x"})), "name.givenName"),
        ("PATCH", operation("emails[type eq \"work\"].value".into(), "x".into()), "emails[type eq \"work\"].value"),
    ];
    let known = [
        ("POST", json!({"userName": "x", "active": true, "name": {"familyName": "A"}, "password": null, "x": 1}), ""),
        ("PATCH", operation("emails[primary eq true].value".into(), "x".into()), ""),
    ];
    for (method, sent, path) in unknown.into_iter().chain(known) {
        let path = if sent.get("password").is_some() { "password" } else { path };
        let text = SENT.replace("METHOD", method).replace("BODY", &sent.to_string());
        let outcomes = |users: &Users, status: u16| {
            let played = play_at(&text, 7, users, &mut |request| {
                assert_eq!(body(request), sent);
                Ok(Response::new(status))
            });
            let found = |id: &str| played.findings.iter().find(|one| one.requirement == id).map(|one| one.outcome);
            (found("RFC7644-3.3-6"), found("OKTA-118"), played.rows())
        };
        use crate::flow::Outcome::{Fail, Inconclusive};
        let (standard, client, rows) = outcomes(&users, 400);
        let expected = if path.is_empty() { Fail } else { Inconclusive };
        assert_eq!((standard, client), (Some(expected), Some(Fail)), "{sent}: a client needs what it sends");
        assert!(path.is_empty() || rows[0].ends_with(&format!("have no {path}")), "{rows:?}");
        for (users, status) in [(&users, 500), (&users, 409), (&Users::default(), 400)] {
            assert_eq!(outcomes(users, status).0, Some(Fail), "{sent} {status}");
        }
    }
}

#[test]
fn a_refused_filter_says_nothing_of_pages() {
    let text = r#"
title = "t"
[[step]]
name = "find"
send = 'GET /Users?filter=userName co "x"&count=2'
expect = [{ req = ["RFC7644-3.4.2.4-2", "RFC7644-3.4.2.2-12", "OKTA-108"], status = 200 }]
"#;
    let outcomes = |kind: &str| {
        let played = play(text, |_| (400, json!({ "scimType": kind })));
        played.rows().iter().map(|row| row.split(' ').nth(1).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(outcomes("invalidFilter"), ["inconclusive", "fail", "fail"], "a client needs its filter");
    assert_eq!(outcomes("invalidValue"), ["fail"; 3]);
}

#[test]
fn a_body_that_does_not_name_its_extension_may_be_refused() {
    let outcome = |schemas: Value| {
        let sent = json!({"schemas": schemas, "userName": "x", ENTERPRISE: {"department": "D"}});
        let text = SENT.replace("METHOD", "POST").replace("BODY", &sent.to_string());
        play(&text, |_| (400, Value::Null)).rows()
    };
    let unnamed = outcome(json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
    assert!(
        unnamed[0].starts_with("8 inconclusive") && unnamed[0].ends_with("without naming it in schemas"),
        "{unnamed:?}"
    );
    assert!(unnamed[1].starts_with("8 fail"), "a client needs what it sends: {unnamed:?}");
    assert!(outcome(json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]))[0].starts_with("8 fail"));
}

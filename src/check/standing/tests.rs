//! Standing checks: silent or passing on right answers, and each of them red on the answer that it is there for.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::scim::urn;
use crate::wire::{ExchangeId, Method, Request, Response};

struct Case {
    method: Method,
    target: &'static str,
    sent: Value,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
}

fn case(line: &'static str, status: u16, headers: &[(&'static str, &'static str)], body: Value) -> Case {
    let (method, target) = line.split_once(' ').unwrap();
    let mut headers = headers.to_vec();
    headers.push(("Content-Type", "application/scim+json;charset=utf-8"));
    Case { method: Method::from_word(method), target, sent: Value::Null, status, headers, body }
}

fn exchange(case: &Case) -> Exchange {
    let mut request = Request::new(case.method.clone(), case.target);
    request.headers.push("Accept", "application/scim+json");
    request.body = (!case.sent.is_null()).then(|| case.sent.to_string().into_bytes());
    let body = match &case.body {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    Exchange {
        id: ExchangeId("x#1".into()),
        scenario: "x".into(),
        step: "s".into(),
        started: Duration::ZERO,
        duration: Duration::ZERO,
        url: String::new(),
        request,
        answer: Ok(Response { status: case.status, headers: case.headers.iter().copied().collect(), body }),
    }
}

/// `check: outcome` of everything that is no pass, and the readings.
fn said(case: &Case) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut findings = BTreeSet::new();
    let mut readings = BTreeSet::new();
    for remark in judge(&exchange(case), DeactivatedNames::Taken) {
        match remark {
            Remark::Finding(finding) => {
                assert_ne!(finding.outcome, Outcome::Pass, "{finding:?}");
                findings.insert(format!("{}: {}", finding.check, finding.outcome.as_str()));
            }
            Remark::Held(held) => assert!(!held.checks.is_empty()),
            Remark::Reading(reading) => {
                readings.insert(format!("{}/{}", reading.interpretation, reading.number));
            }
        }
    }
    (findings, readings)
}

fn user() -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER], "id": "4 2", "userName": "mara", "active": true,
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x", "primary": false}],
        "groups": [{"value": "g1", "display": "G"}],
        urn::ENTERPRISE_USER: {"manager": {"value": "7"}},
        "meta": {"resourceType": "User", "created": "2026-01-02T03:04:05.9Z", "lastModified": "2026-01-02T03:04:05Z",
            "location": "https://h/v2/Users/4%202", "version": "W/\"a1\""}
    })
}

fn list(total: u64, resources: &[Value]) -> Value {
    json!({"schemas": [urn::LIST_RESPONSE], "totalResults": total, "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources})
}

fn error(status: u16) -> Value {
    json!({"schemas": [urn::ERROR], "status": status.to_string(), "detail": "no"})
}

/// The headers of a create at that time.
fn dated(time: &'static str) -> [(&'static str, &'static str); 3] {
    [("ETag", "W/\"a1\""), ("Location", "https://h/v2/Users/4%202"), ("Date", time)]
}

#[test]
fn right_answers_stay_silent() {
    let tagged = [("ETag", "W/\"a1\""), ("Location", "https://h/v2/Users/4%202")];
    let mut group = json!({"schemas": [urn::GROUP], "id": "g", "displayName": "G", "members": [{"value": "1"}]});
    group["meta"] = json!({"resourceType": "Group", "location": "/v2/Groups/g"});
    let bare = json!({"id": "4 2", "userName": "mara"});
    for case in [
        case("GET /Users/4%202", 200, &tagged, user()),
        case("POST /Users", 201, &tagged, user()),
        case("POST /Users", 201, &dated("Fri, 02 Jan 2026 03:09:05 GMT"), user()),
        case("PATCH /Users/4%202", 204, &[], Value::Null),
        case("DELETE /Users/4%202", 204, &[], Value::Null),
        case("GET /Users?attributes=userName", 200, &[], list(1, std::slice::from_ref(&bare))),
        case("GET /Users?excludedAttributes=emails", 200, &[], list(1, &[user()])),
        case(
            "GET /Users?filter=x&startIndex=1&count=100",
            200,
            &[],
            json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 0}),
        ),
        case("GET /Users?count=1", 200, &[], list(9, &[user()])),
        case("GET /Users?count=0", 200, &[], list(9, &[])),
        case("GET /Groups/g", 200, &[], group.clone()),
        case("GET /Groups/g", 200, &[("ETag", "W/\"made-by-a-framework\"")], group),
        case("GET /Users/none", 404, &[], error(404)),
        case("POST /Users", 409, &[], error(409)),
        case("GET /Users/4%202", 401, &[("WWW-Authenticate", "Bearer realm=\"x\"")], error(401)),
        case(
            "GET /Users/4%202",
            401,
            &[("WWW-Authenticate", "Bearer realm=\"a, realm=b\", error=\"invalid_token\", Basic realm=\"x\"")],
            error(401),
        ),
        case("GET /Groups/g", 200, &[], {
            let members =
                json!([{"value": "1", "$ref": "https://h/v2/Users/1"}, {"value": "g2", "$ref": "../Groups/g2"}]);
            json!({"schemas": [urn::GROUP], "id": "g", "meta": {}, "members": members})
        }),
        case("GET /Users/4%202", 304, &[("ETag", "W/\"a1\"")], Value::Null),
        case("POST /Bulk", 501, &[], error(501)),
        case("GET /Users/4%202", 503, &[], error(503)),
    ] {
        assert_eq!(said(&case).0, BTreeSet::new(), "{} {}", case.method, case.target);
    }
}

/// A user with one member changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut user = user();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    user.pointer_mut(parent).unwrap()[name] = value;
    user
}

#[test]
fn each_fault_turns_its_check_red() {
    let get = |body: Value| case("GET /Users/4%202", 200, &[], body);
    let query = |line: &'static str, body: Value| case(line, 200, &[], body);
    let etag = |tag: &'static str| case("GET /Users/4%202", 200, &[("ETag", tag)], user());
    let group = |members: Value| {
        case("GET /Groups/g", 200, &[], json!({"schemas": [urn::GROUP], "id": "g", "meta": {}, "members": members}))
    };
    let mut leak =
        case("POST /Users", 400, &[], json!({"schemas": [urn::ERROR], "status": "400", "detail": "bad hunter2x"}));
    leak.sent = json!({"password": "hunter2x"});
    let mut json_type = get(user());
    json_type.headers = vec![("Content-Type", "application/json")];
    let mut html_type = get(user());
    html_type.headers = vec![("Content-Type", "text/html")];
    let version = "meta.version is the ETag: warn";
    let rows: Vec<(Case, Vec<&str>)> = vec![
        (json_type, vec!["media type of an answer: warn", version]),
        (html_type, vec!["media type of an answer: fail", version]),
        (case("GET /Users/1", 500, &[], error(500)), vec!["no internal error: warn"]),
        (
            case("GET /Users?count=x", 500, &[], error(500)),
            vec!["no internal error: warn", "no internal error on odd paging: fail"],
        ),
        (case("POST /Users", 200, &[], user()), vec!["create answers 201: fail", version]),
        (case("POST /Users", 201, &[], user()), vec!["201 has Location: fail", version]),
        (
            case("POST /Users", 201, &dated("Fri, 02 Jan 2026 01:04:05 GMT"), user()),
            vec!["what is made is made now: fail"],
        ),
        (case("PUT /Users/4%202", 204, &[], Value::Null), vec!["PUT answers 200: warn"]),
        (case("PATCH /Users/4%202", 202, &[], Value::Null), vec!["PATCH answers 200 or 204: fail"]),
        (case("PATCH /Users/1?attributes=id", 204, &[], Value::Null), vec!["PATCH with attributes answers 200: fail"]),
        (case("DELETE /Users/1", 200, &[], Value::Null), vec!["DELETE answers 204: fail"]),
        (case("DELETE /Users/1", 204, &[], json!({})), vec!["204 of DELETE has no body: fail"]),
        (case("PATCH /Users/1", 204, &[], json!({})), vec!["204 of PATCH has no body: fail"]),
        (case("GET /Users", 401, &[], error(401)), vec!["401 names the schemes: warn"]),
        (case("GET /Users", 401, &[], Value::Null), vec!["401 names the schemes: fail", "error has a SCIM body: warn"]),
        (case("GET /Bulk", 405, &[], error(405)), vec!["405 carries Allow: fail"]),
        (case("GET /Users/1", 304, &[], Value::Null), vec!["304 has no body and a tag: fail"]),
        (case("GET /Users/1", 404, &[], Value::Null), vec!["error has a SCIM body: warn"]),
        (case("GET /Users/1", 404, &[], json!({"message": "no"})), vec!["error has a SCIM body: warn"]),
        (case("GET /Users/1", 404, &[], json!("<html>")), vec!["error has a SCIM body: fail"]),
        (case("GET /Nothing", 404, &[], json!("<html>")), vec!["error has a SCIM body: warn"]),
        (
            case("GET /Users/1", 404, &[], json!({"schemas": ["x"], "status": "404", "detail": "d"})),
            vec!["error has a SCIM body: warn", "error names its schema: fail"],
        ),
        (
            case("GET /Users/1", 404, &[], json!({"schemas": [urn::ERROR], "status": 404, "detail": "d"})),
            vec!["error repeats the status: warn"],
        ),
        (
            case("GET /Users/1", 404, &[], json!({"schemas": [urn::ERROR], "status": "403", "detail": "d"})),
            vec!["error repeats the status: warn"],
        ),
        (
            case("GET /Users/1", 404, &[], json!({"schemas": [urn::ERROR]})),
            vec!["error explains itself: warn", "error repeats the status: fail"],
        ),
        (leak, vec!["error does not quote a password: fail"]),
        (case("GET /Users?filter=x", 404, &[], error(404)), vec!["no match is no error: fail"]),
        (query("GET /Users", json!([])), vec!["list has its schema: fail"]),
        (query("GET /Users", json!({"totalResults": 0})), vec!["list has its schema: fail"]),
        (query("GET /Users", json!({"schemas": [urn::LIST_RESPONSE]})), vec!["list has its total: fail"]),
        (
            query("GET /Users", json!({"schemas": [urn::LIST_RESPONSE], "totalResults": "0"})),
            vec!["list has its total: fail", "list numbers are integers: fail"],
        ),
        (
            query("GET /Users", json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 2})),
            vec!["list has its resources: fail"],
        ),
        (
            query("GET /Users?count=1", list(2, &[user(), with("/id", json!("7"))])),
            vec!["list is no longer than count: fail", "meta.location is the resource's: fail"],
        ),
        (query("GET /Users?count=0", list(1, &[user()])), vec!["count zero asks for the total only: warn"]),
        (
            query("GET /Users", json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 5, "Resources": [user()]})),
            vec!["partial list says how many: fail", "partial list says where it starts: fail"],
        ),
        (
            query(
                "GET /Users",
                json!({"schemas": [urn::LIST_RESPONSE], "totalResults": 1, "itemsPerPage": 100, "Resources": [user()]}),
            ),
            vec!["itemsPerPage is the page's length: fail"],
        ),
        (query("GET /Users", list(2, &[user(), user()])), vec!["list has no resource twice: fail"]),
        (
            get(with("/id", json!(7))),
            vec!["attributes have their JSON types: fail", "resource has an id: fail", version],
        ),
        (
            get(with("/id", json!("bulkId1"))),
            vec![
                "id is not bulkId: fail",
                "id is that of the URL: fail",
                "meta.location is the resource's: fail",
                version,
            ],
        ),
        (get(with("/schemas", json!([]))), vec!["resource has schemas: fail", version]),
        (get(with("/schemas", json!([urn::ENTERPRISE_USER]))), vec!["schemas has the base schema: fail", version]),
        (
            get(with("/schemas", json!([urn::USER, urn::USER, urn::ENTERPRISE_USER]))),
            vec!["schemas has no duplicates: fail", version],
        ),
        (get(with("/schemas", json!([urn::USER]))), vec!["extensions are named in schemas: warn", version]),
        (get(with("/password", json!("x"))), vec!["no password in an answer: fail", version]),
        (get(with("/emails/1/primary", json!(true))), vec!["one primary at most: fail", version]),
        (get(with("/groups/0/value", json!(""))), vec!["groups have values: fail", version]),
        (group(json!([{"display": "x"}])), vec!["members have values: fail"]),
        (
            group(json!([{"value": "1", "$ref": "https://h/v2/Users/2"}])),
            vec!["a member's reference is the member's: fail"],
        ),
        (
            get(with("/groups/0/$ref", json!("https://h/v2/Users/g1"))),
            vec!["a group's reference is the group's: fail", version],
        ),
        (
            get(with(&format!("/{}/manager/$ref", urn::ENTERPRISE_USER), json!("urn:x"))),
            vec!["a manager's reference is the manager's: fail", version],
        ),
        (
            case("GET /Users", 401, &[("WWW-Authenticate", "Bearer realm=\"a\", realm=\"b\"")], error(401)),
            vec!["a challenge says each thing once: fail"],
        ),
        (group(json!([{"value": "1"}, {"value": "1"}])), vec!["a member is listed once: fail"]),
        (get(with("/meta/resourceType", json!("Person"))), vec!["meta.resourceType is the type: fail", version]),
        (
            get(with("/meta/location", json!("https://h/v2/Users/9"))),
            vec!["meta.location is the resource's: fail", version],
        ),
        (
            case("POST /Users", 201, &[("Location", "/v2/Users/4%202")], user()),
            vec!["201: Location is meta.location: warn", version],
        ),
        (
            case("POST /Users", 201, &[("Location", "https://h/v2/Users/8")], user()),
            vec!["201: Location is meta.location: fail", version],
        ),
        (
            case("GET /Users/4%202", 200, &[("Location", "https://h/v2/Users/8")], user()),
            vec!["Location header is meta.location: fail", version],
        ),
        (get(with("/meta/created", json!("yesterday"))), vec!["times are dateTimes: fail", version]),
        (
            get(with("/meta/lastModified", json!("2025-01-02T03:04:05Z"))),
            vec!["lastModified is not before created: fail", version],
        ),
        (etag("\"a1\""), vec![version]),
        (etag("W/\"b2\""), vec!["meta.version is the ETag: fail"]),
        (etag("a1"), vec!["ETag is an entity tag: fail", version]),
        (get(with("/active", json!("True"))), vec!["booleans are booleans: fail", version]),
        (get(with("/userName", json!(5))), vec!["attributes have their JSON types: fail", version]),
        (get(with("/emails", json!({"value": "a"}))), vec!["arrays and objects are such: fail", version]),
        (get(with("/roles", json!(["Admin"]))), vec!["values are objects: warn", version]),
        (
            case("GET /ServiceProviderConfig", 200, &[], list(1, &[])),
            vec![
                "configuration has its schema: fail",
                "configuration is one object: fail",
                "configuration says bulk: fail",
                "configuration says changePassword: fail",
                "configuration says etag: fail",
                "configuration says filter: fail",
                "configuration says how to authenticate: fail",
                "configuration says patch: fail",
                "configuration says sort: fail",
            ],
        ),
    ];
    let mut red: BTreeSet<&str> = BTreeSet::new();
    for (case, wanted) in &rows {
        let wanted: BTreeSet<String> = wanted.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(said(case).0, wanted, "{} {} {} {}", case.method, case.target, case.status, case.body);
        for check in checks() {
            if wanted.iter().any(|phrase| phrase.starts_with(&format!("{}:", check.name))) {
                red.insert(check.name);
            }
        }
    }
    let never: Vec<_> = checks().map(|check| check.name).filter(|name| !red.contains(name)).collect();
    assert_eq!(never, ["meta is there", "empty attributes"], "checks that no row turns red; these two only read");
}

#[test]
fn readings_are_recorded() {
    for (case, reading) in [
        (case("PATCH /Users/1", 204, &[], Value::Null), "I-46/2"),
        (case("GET /Users/4%202", 200, &[], with("/photos", json!([]))), "I-09/2"),
        (case("GET /Users/4%202", 200, &[], with("/photos", Value::Null)), "I-09/3"),
        (case("GET /Users/1", 404, &[], Value::Null), "I-17/2"),
        (case("GET /Users/1", 404, &[], json!({"schemas": [urn::ERROR], "status": 404})), "I-18/2"),
        (case("GET /Users/4%202", 200, &[("ETag", "\"a1\"")], user()), "I-24/2"),
    ] {
        assert!(said(&case).1.contains(reading), "{reading}: {:?}", said(&case));
    }
}

#[test]
fn every_check_stands_on_the_catalogue_and_has_its_own_name() {
    let mut names = BTreeSet::new();
    for check in checks() {
        assert!(names.insert(check.name), "{} twice", check.name);
        for id in check.requirements {
            assert!(Catalogue::embedded().get(id).is_some(), "{id}");
        }
    }
    assert!(names.len() > 50);
}

#[test]
fn a_name_that_reactivates_creates_nothing() {
    let again = case("POST /Users", 200, &[], json!({"schemas": [urn::USER], "id": "1", "userName": "ada"}));
    for (names, red) in [(DeactivatedNames::Taken, true), (DeactivatedNames::Reactivates, false)] {
        let remarks = judge(&exchange(&again), names);
        let found = remarks.iter().any(|it| matches!(it, Remark::Finding(it) if it.requirement == "RFC7644-3.3-6"));
        assert_eq!(found, red, "{names:?}");
    }
}

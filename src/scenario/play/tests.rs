//! Scenarios played against scripted servers: closures from request to answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

mod allowed;
mod lost;

use super::*;
use crate::flow::{Finding, Position, Reading};
use crate::profile::Identifier;
use crate::scenario::{Context, parse};
use crate::wire::{ExchangeId, Failure, FailureKind, Method, Response, Root};

/// What came of a play.
struct Played {
    requests: Vec<(String, Request)>,
    findings: Vec<Finding>,
    readings: Vec<Reading>,
    waits: Vec<Duration>,
    undo: Vec<Step>,
    completed: bool,
}

impl Played {
    /// `line: outcome, got` of the scenario's own rows.
    fn rows(&self) -> Vec<String> {
        let own = self.findings.iter().filter_map(|finding| match finding.position {
            Position::File { line, .. } => Some((line, finding)),
            Position::Check(_) => None,
        });
        own.map(|(line, f)| format!("{line} {} {}: {}, got {}", f.outcome.as_str(), f.check, f.expected, f.got))
            .collect()
    }

    fn evidence(&self, requirement: &str) -> Vec<String> {
        let own = self.findings.iter().filter(|finding| finding.requirement == requirement);
        own.flat_map(|finding| finding.evidence.exchanges().iter().map(|id| id.0.to_string())).collect()
    }
}

fn settings(seed: u64) -> Settings {
    let draw = Draw { seed, marker: "m1".into(), identifier: Identifier::Email };
    Settings { draw, base_url: "http://h/v2/".into() }
}

type Server<'a> = &'a mut dyn FnMut(&Request) -> Result<Response, Failure>;

fn play_with(text: &str, seed: u64, server: Server) -> Played {
    play_at(text, seed, &Users::default(), server)
}

/// Plays against a target whose own schemas say what its users have.
fn play_at(text: &str, seed: u64, users: &Users, server: Server) -> Played {
    let scenario = parse("scenarios/t.toml", text, &Context::embedded())
        .unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
    let mut flow = ScenarioFlow::new(Arc::new(scenario), &settings(seed)).keeping(users, true);
    let mut played = Played {
        requests: Vec::new(),
        findings: Vec::new(),
        readings: Vec::new(),
        waits: Vec::new(),
        undo: Vec::new(),
        completed: false,
    };
    let mut exchanges = Vec::new();
    loop {
        let steps = match flow.next(&exchanges, Duration::ZERO) {
            Next::Send(step) => vec![step],
            Next::Together(steps) => steps,
            Next::Wait(time) => {
                played.waits.push(time);
                exchanges = Vec::new();
                continue;
            }
            Next::Done => break,
        };
        exchanges = steps
            .into_iter()
            .map(|step| {
                played.requests.push((step.name.clone(), step.request.clone()));
                Arc::new(Exchange {
                    id: ExchangeId(smol_str::format_smolstr!("t#{}", played.requests.len())),
                    scenario: "t".into(),
                    step: step.name.into(),
                    started: Duration::ZERO,
                    duration: Duration::ZERO,
                    url: String::new(),
                    answer: server(&step.request),
                    request: step.request,
                })
            })
            .collect();
        assert!(played.requests.len() < 100, "the play does not end");
    }
    for remark in flow.remarks() {
        match remark {
            Remark::Finding(finding) => played.findings.push(finding),
            Remark::Held(held) => panic!("a scenario has words for all it finds: {held:?}"),
            Remark::Reading(reading) => played.readings.push(reading),
        }
    }
    played.undo = flow.undo();
    played.completed = flow.completed();
    played
}

fn play(text: &str, mut server: impl FnMut(&Request) -> (u16, Value)) -> Played {
    play_with(text, 7, &mut |request| {
        let (status, body) = server(request);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = [("Content-Type", "application/scim+json"), ("Location", "/v2/Users/1")].into_iter().collect();
        Ok(Response { status, headers, body })
    })
}

fn body(request: &Request) -> Value {
    request.body.as_deref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap())
}

/// A create and a read; the rest of each test's file follows.
const CREATE: &str = r#"
title = "t"
[[step]]
name = "create"
send = "POST /Users"
body = '{"userName": "{{ person.identifier }}", "schemas": [], "meta": {"x": 1}}'
expect = [
  { req = "RFC7644-3.3-6", status = 201 },
  { req = "RFC7644-3.1-8", at = "userName", is = "{{ person.identifier }}" },
]
save = { user = "id", version = "meta.version" }
undo = "DELETE /Things/{{ user }}"
[[step]]
name = "read"
send = "GET /Users/{{ user }}"
headers = { If-Match = "{{ version }}", Accept = "" }
expect = [
  { req = ["RFC7644-3.4.1-1", "RFC7643-3.1-6"], at = "id", same-as = "create" },
  { req = "RFC7644-3.14-11", at = "meta.version", is = "{{ version }}", soft = true },
  { reading = "I-41/1", at = "meta", present = true },
]
"#;

/// Answers a create by echo with an id, a read by the same.
fn echo(request: &Request) -> (u16, Value) {
    let mut resource = if request.method == Method::Post { body(request) } else { json!({}) };
    resource["id"] = json!("a b");
    resource["meta"] = json!({"version": "W/\"1\""});
    (if request.method == Method::Post { 201 } else { 200 }, resource)
}

#[test]
fn variables_headers_references_and_undo() {
    let played = play(CREATE, echo);
    assert_eq!(
        played.rows(),
        [
            "8 pass status: status 201, got status 201",
            &format!("9 pass at userName is: userName is {0}, got {0}", body(&played.requests[0].1)["userName"]),
            "18 pass at id same-as: id is as in step \"create\": \"a b\", got \"a b\"",
            "18 pass at id same-as: id is as in step \"create\": \"a b\", got \"a b\"",
            "19 pass at meta.version is: meta.version is \"W/\\\"1\\\"\", got \"W/\\\"1\\\"\"",
        ]
    );
    let (_, read) = &played.requests[1];
    assert_eq!(read.target, "/Users/a%20b");
    assert_eq!(read.headers.iter().collect::<Vec<_>>(), [("If-Match", "W/\"1\"")]);
    assert_eq!(played.undo[0].request.target, "/Things/a%20b");
    assert!(played.readings.iter().any(|reading| (reading.interpretation.as_str(), reading.number) == ("I-41", 1)));
    assert!(played.completed);
}

#[test]
fn what_a_refused_create_would_have_given_is_inconclusive_and_never_sent() {
    let played = play(CREATE, |_| (503, Value::Null));
    assert_eq!(played.requests.len(), 1);
    assert_eq!(played.rows(), [
        "8 fail status: status 201, got status 503".to_owned(),
        format!("9 inconclusive at userName is: userName is {}, got status 503, so nothing can be said", body(&played.requests[0].1)["userName"]),
        "18 inconclusive precondition: step \"read\" could be sent, got step \"create\" gave no `user` (status 503)".into(),
        "18 inconclusive precondition: step \"read\" could be sent, got step \"create\" gave no `user` (status 503)".into(),
        "19 inconclusive precondition: step \"read\" could be sent, got step \"create\" gave no `user` (status 503)".into(),
    ]);
    assert_eq!(played.evidence("RFC7644-3.4.1-1"), ["t#1"]);
    assert!(!played.completed && played.undo.is_empty());
}

const REFUSED: &str = r#"
title = "t"
[[step]]
name = "rename"
send = "PATCH /Groups/1"
body = "{}"
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "read"
send = "GET /Groups/1"
expect = [
  { req = "RFC7644-3.4.1-1", status = 200 },
  { req = "RFC7644-3.1-8", at = "displayName", is = "new" },
  { req = "RFC7644-3.1-8", at = "displayName", present = true },
  { req = "RFC7644-3.5.2.1-7", at = "displayName", is = "new", soft = true },
]
[[step]]
name = "as taken"
send = "PATCH /Groups/1"
body = "{}"
expect = [{ req = "RFC7644-3.3-10", status = 409 }]
[[step]]
name = "the same again"
repeat = "rename"
expect = [{ req = "RFC7644-3.5.2.1-7", status = [200, 204] }]
[[step]]
name = "rename again"
send = "PATCH /Groups/1"
body = "{}"
expect = [{ req = "RFC7644-3.5.2-26", status = [200, 204] }]
[[step]]
name = "read again"
send = "GET /Groups/1"
expect = [{ req = "RFC7644-3.1-8", at = "displayName", is = "new" }]
"#;

#[test]
fn a_miss_behind_a_refused_write_is_its_consequence_and_behind_an_accepted_one_a_lie() {
    let mut patches = 0;
    let played = play(REFUSED, |request| match request.method {
        Method::Patch => {
            patches += 1;
            (if patches < 4 { 400 } else { 204 }, Value::Null)
        }
        _ => (200, json!({"displayName": "old"})),
    });
    let but = "displayName is \"new\", got \"old\"";
    assert_eq!(
        played.rows(),
        [
            "7 fail status: status 200 or 204, got status 400".to_owned(),
            "12 pass status: status 200, got status 200".into(),
            format!("13 inconclusive at displayName is: {but}, but step \"rename\" was refused (status 400)"),
            "14 pass at displayName present: displayName is there, got \"old\"".into(),
            format!("15 warn at displayName is: {but}"),
            "21 inconclusive status: status 409, got status 400, but step \"rename\" was refused (status 400)".into(),
            "25 inconclusive status: status 200 or 204, got status 400, but step \"rename\" was refused (status 400)"
                .into(),
            "30 pass status: status 200 or 204, got status 204".into(),
            format!("34 fail at displayName is: {but}"),
        ]
    );
    assert_eq!(played.evidence("RFC7644-3.1-8"), ["t#2", "t#1", "t#2", "t#6"]);
    assert!(played.completed, "the level of what was refused decides what it means for a client");
}

#[test]
fn a_transport_failure_is_inconclusive() {
    let failure = Failure { kind: FailureKind::Connect, reason: "connection refused".into() };
    let played = play_with(CREATE, 7, &mut |_| Err(failure.clone()));
    assert!(played.rows().iter().all(|row| row.contains("inconclusive")), "{:?}", played.rows());
    assert!(played.rows()[0].ends_with("got no answer: connection refused"));
    assert!(!played.completed);
}

#[test]
fn same_seed_same_bytes() {
    let bytes = |seed| {
        let mut log = Vec::new();
        play_with(CREATE, seed, &mut |request| {
            log.push(format!("{request:?}"));
            let (status, body) = echo(request);
            Ok(Response { body: body.to_string().into_bytes(), ..Response::new(status) })
        });
        log
    };
    assert_eq!(bytes(3), bytes(3));
    assert_ne!(bytes(3), bytes(4));
}

#[test]
fn base_merges_and_repeat_sends_the_same_bytes() {
    let text = format!(
        r#"{CREATE}
[[step]]
name = "put"
send = "PUT /Users/{{{{ user }}}}"
base = "read"
body = '{{"title": "x", "meta": null}}'
[[step]]
name = "put again"
repeat = "put"
[[step]]
name = "after"
send = "GET /Users/{{{{ user }}}}"
"#
    );
    let played = play(&text, echo);
    assert_eq!(played.requests[2].1.body.as_deref(), Some(br#"{"id":"a b","title":"x"}"#.as_slice()));
    assert_eq!(played.requests[2].1, played.requests[3].1);
}

const RACE: &str = r#"
title = "t"
[[step]]
name = "race"
send = "POST /Users"
body = '{"userName": "{{ person.identifier }}", "n": {{ n }}}'
times = 3
tally = { 201 = 1, 409 = 2 }
tally_req = "RFC7643-4.1.1-2"
save = { user = "id" }
[[step]]
name = "left"
send = "GET /Users/{{ user }}"
together = "both"
wait = "5ms"
[[step]]
name = "right"
send = "GET /Users?n=2"
together = "both"
expect = [{ req = "RFC7644-3.4.2-5", at = "totalResults", is = 1 }]
"#;

#[test]
fn times_are_tallied_and_neighbours_go_together() {
    let mut count = 0;
    let played = play(RACE, |request| {
        count += 1;
        match request.method {
            Method::Post if count == 2 => (201, json!({"id": "7"})),
            Method::Post => (409, json!({})),
            _ => (200, json!({"totalResults": 2})),
        }
    });
    let names: Vec<_> = played.requests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["race", "race#2", "race#3", "left", "right"]);
    assert_eq!(body(&played.requests[2].1)["n"], 3);
    assert_eq!(played.requests[3].1.target, "/Users/7");
    assert_eq!(played.waits, [Duration::from_millis(5)]);
    assert_eq!(
        played.rows(),
        [
            "8 pass tally: 1 times 201, 2 times 409, got 1 times 201, 2 times 409",
            "20 fail at totalResults is: totalResults is 1, got 2",
        ]
    );
    assert_eq!(played.evidence("RFC7643-4.1.1-2"), ["t#1", "t#2", "t#3"]);
    let twice = play(RACE, |_| (201, json!({"id": "7"})));
    assert!(twice.rows()[0].starts_with("8 fail tally"), "{:?}", twice.rows());
}

const WALK: &str = r#"
title = "t"
[[step]]
name = "walk"
send = "GET /Users?startIndex=1&count=2"
walk = true
expect = [
  { req = "RFC7644-3.4.2.4-13", status = 200 },
  { req = "RFC7644-3.4.2.4-13", at = "Resources.id", is = ["1", "2", "3"] },
]
[[step]]
name = "later"
send = "GET /Users"
expect = [{ req = "RFC7644-3.4.2.4-15", at = "totalResults", same-as = "walk" }]
"#;

#[test]
fn a_walk_joins_the_pages_and_ends_even_when_the_server_never_does() {
    let page = |request: &Request| {
        let start = if request.target.contains("startIndex=3") { 3 } else { 1 };
        let ids: &[&str] = if start == 3 { &["3"] } else { &["1", "2"] };
        let resources: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
        (200, json!({"totalResults": 3, "Resources": resources}))
    };
    let played = play(WALK, page);
    let targets: Vec<_> = played.requests.iter().map(|(_, request)| request.target.as_str()).collect();
    assert_eq!(targets, ["/Users?startIndex=1&count=2", "/Users?startIndex=3&count=2", "/Users"]);
    assert!(played.rows().iter().all(|row| row.contains(" pass ")), "{:?}", played.rows());
    assert_eq!(played.evidence("RFC7644-3.4.2.4-13")[..2], ["t#1", "t#2"]);
    let empty = play(WALK, |_| (200, json!({"totalResults": 1000, "Resources": []})));
    assert_eq!(empty.requests.len(), 2);
    let broken = play(WALK, |request| if request.target.contains("=3") { (500, Value::Null) } else { page(request) });
    assert_eq!(broken.rows()[0], "8 fail status: status 200, got status 500");
}

const UNTIL: &str = r#"
title = "t"
[[step]]
name = "settle"
send = "GET /Users"
until = { tries = 3, every = "10ms" }
expect = [{ req = "RFC7644-3.4.2-6", at = "totalResults", is = 1 }]
"#;

#[test]
fn until_stops_at_the_first_good_answer_or_judges_the_last() {
    let mut count = 0;
    let played = play(UNTIL, |_| {
        count += 1;
        (200, json!({"totalResults": count - 1}))
    });
    assert_eq!(played.requests.len(), 2);
    assert_eq!(played.rows(), ["7 pass at totalResults is: totalResults is 1, got 1"]);
    let never = play(UNTIL, |_| (200, json!({"totalResults": 0})));
    assert_eq!((never.requests.len(), never.waits.len(), never.rows().len()), (3, 2, 1));
    assert!(never.rows()[0].contains("fail"));
}

#[test]
fn an_error_answer_does_not_satisfy_a_test_of_absence() {
    let text = r#"
title = "t"
[[step]]
name = "read"
send = "GET /Users/1"
expect = [{ req = "RFC7643-4.1.1-17", at = "password", absent = true }]
"#;
    let played = play(text, |_| (500, json!({"detail": "x"})));
    assert_eq!(played.rows(), ["6 inconclusive at password absent: password is absent, got status 500"]);
}

#[test]
fn a_saved_version_is_compared_with_the_one_before() {
    let text = r#"
title = "t"
[[step]]
name = "one"
send = "GET /Users/1"
save = { version = "meta.version" }
[[step]]
name = "two"
send = "GET /Users/1"
save = { version = "meta.version" }
expect = [{ req = "RFC7644-3.14-10", at = "meta.version", is-not = "{{ version }}" }]
[[step]]
name = "three"
send = "GET /Users/{{ version }}"
"#;
    let mut count = 0;
    let played = play(text, |_| {
        count += 1;
        (200, json!({"meta": {"version": format!("v{count}")}}))
    });
    assert!(played.rows()[0].contains("pass"), "{:?}", played.rows());
    assert_eq!(played.requests[2].1.target, "/Users/v2");
}

#[test]
fn a_client_lends_its_headers_and_encoding() {
    let text = r#"
title = "t"
clients = ["okta/aiw"]
[[step]]
name = "okta"
send = 'GET /Users?filter=userName eq "{{ person.email }}"'
[[step]]
name = "entra"
as = "entra/legacy"
encoding = "form"
send = "GET /Users?filter=a b"
"#;
    let played = play(text, |_| (200, json!({})));
    assert_eq!(played.requests[0].1.headers.get("User-Agent"), Some("Okta SCIM Client 1.0.0"));
    assert!(played.requests[0].1.target.starts_with("/Users?filter=userName%20eq%20%22"));
    assert!(played.requests[0].1.target.ends_with("%40example.com%22"));
    assert_eq!(played.requests[1].1.headers.get("User-Agent"), None);
    assert_eq!(played.requests[1].1.target, "/Users?filter=a+b");
}

/// An organization of its own, its SCIM base and token, a token that is looked at, and the undo.
const ORGANIZATION: &str = r#"
title = "t"
clients = ["okta/aiw"]
needs = ["admin"]
[[step]]
name = "organization"
send = "POST /admin/v1/organizations"
on = "admin"
body = '{"id": "{{ run.organization }}"}'
save = { org = "id", scim = "base_url", token = "bearer_token" }
undo = "DELETE /admin/v1/organizations/{{ org }}"
[[step]]
name = "create"
send = "POST /Users"
on = "{{ scim }}"
headers = { Authorization = "Bearer {{ token }}" }
body = '{"userName": "a"}'
undo = "DELETE /Users/1"
[[step]]
name = "look"
send = "POST /oauth2/introspect"
on = "admin"
headers = { Content-Type = "application/x-www-form-urlencoded", Authorization = "" }
body = "token={{ token }}&resource={{ org }}"
expect = [{ req = "RFC7644-3.3-6", at = "active", is = true }]
[[step]]
name = "list"
send = "GET /Users?filter=userName eq \"a b\""
expect = [{ req = "RFC7644-3.3-6", status = 200 }]
"#;

#[test]
fn steps_go_where_they_say_with_the_headers_of_that_place() {
    let played = play(ORGANIZATION, |request| match request.root {
        Root::Admin => {
            (200, json!({"id": "o/1", "base_url": "http://h/o1/v2/", "bearer_token": "t&k+n é", "active": true}))
        }
        _ => (201, json!({"id": "1"})),
    });
    let line = |request: &Request| {
        let header = |name| request.headers.get(name).unwrap_or("-").to_owned();
        let body = request.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        let (accept, kind, user) = (header("accept"), header("content-type"), header("authorization"));
        format!("{:?} {} {} {accept} {kind} {user} {body}", request.root, request.method, request.target)
    };
    let sent = played.requests.iter().map(|(_, request)| line(request));
    let undone = played.undo.iter().map(|step| format!("undo {}", line(&step.request)));
    insta::assert_snapshot!(sent.chain(undone).collect::<Vec<_>>().join("\n"));
    assert!(played.completed);
}

#[test]
fn a_refused_write_elsewhere_explains_nothing_here() {
    let mut sent = 0;
    let played = play(ORGANIZATION, |request| {
        sent += 1;
        match request.root {
            Root::Admin if sent == 1 => (500, json!({})),
            _ => (200, json!({"Resources": []})),
        }
    });
    // Without organization there is neither base nor token: what needs them is not sent.
    assert_eq!(played.requests.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["organization", "list"]);
    assert!(played.undo.is_empty() && !played.completed);
}

const TWO: &str = r#"
title = "t"
people = ["one", "two"]
[[step]]
name = "one"
send = "POST /Users"
body = '{"userName": "{{ one.identifier }}"}'
expect = [{ req = "RFC7644-3.3-6", status = 201 }]
[[step]]
name = "two"
send = "POST /Users"
body = '{"userName": "{{ two.identifier }}"}'
expect = [{ req = "RFC7644-3.3-6", status = 201 }]
[[step]]
name = "list"
send = "GET /Users"
expect = [{ req = "RFC7644-3.1-8", at = "totalResults", is = 2 }]
[[step]]
name = "one again"
repeat = "one"
expect = [{ req = "RFC7644-3.3-6", status = 201 }]
[[step]]
name = "list again"
send = "GET /Users"
expect = [{ req = "RFC7644-3.1-8", at = "totalResults", is = 2 }]
"#;

#[test]
fn another_creation_does_not_make_up_for_one_that_failed_and_the_same_one_does() {
    let lost = Failure { kind: FailureKind::Timeout, reason: "no complete answer in time".into() };
    for (first, rows) in [
        (Err(lost), ["inconclusive", "pass", "inconclusive", "inconclusive", "inconclusive"]),
        (Ok(Response::new(503)), ["fail", "pass", "inconclusive", "pass", "fail"]),
    ] {
        let mut posts = 0;
        let played = play_with(TWO, 7, &mut |request| {
            posts += usize::from(request.method == Method::Post);
            if posts == 1 {
                return first.clone();
            }
            let status = if request.method == Method::Post { 201 } else { 200 };
            let body = json!({"id": "1", "totalResults": 1}).to_string().into_bytes();
            Ok(Response { body, ..Response::new(status) })
        });
        let outcomes: Vec<_> = played.findings.iter().map(|it| it.outcome.as_str()).collect();
        assert_eq!(outcomes, rows, "{first:?}");
    }
}

//! Every test word against answers that satisfy and that miss it.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::flow::Outcome::{self, Fail, Inconclusive, NotApplicable, Pass};
use crate::wire::{Exchange, ExchangeId, Failure, FailureKind, Method, Request, Response};

fn exchange(method: Method, status: u16, body: &str) -> Exchange {
    let mut response = Response { body: body.as_bytes().to_vec(), ..Response::new(status) };
    response.headers.push("Location", "https://h/v2/Users/42");
    Exchange {
        id: ExchangeId("x#1".into()),
        scenario: "x".into(),
        step: "s".into(),
        started: Duration::ZERO,
        duration: Duration::ZERO,
        url: String::new(),
        request: Request::new(method, "/Users/42"),
        answer: Ok(response),
    }
}

const BODY: &str = r#"{"userName":"Mara@x","active":true,"n":3,"ok":200,"fine":"200","empty":[],"doubled":[7,7],"none":null,"blank":"",
  "name":{"givenName":"Zoë"},"meta":{"created":"2026-01-02T03:04:05.678Z"},
  "emails":[{"type":"work","value":"a","primary":true},{"type":"home","value":"b"}]}"#;

#[test]
fn each_word_holds_and_misses() {
    let rows: [(&str, &str, Value, Outcome, &str); 57] = [
        ("userName", "is", json!("Mara@x"), Pass, "\"Mara@x\""),
        ("USERNAME", "is", json!("mara@x"), Fail, "\"Mara@x\""),
        ("n", "is", json!(3.0), Pass, "3"),
        ("active", "is", json!("true"), Fail, "true"),
        ("active", "is", json!(true), Pass, "true"),
        ("none", "is", json!(null), Pass, "nothing"),
        ("emails.value", "is", json!("a"), Fail, "2 values: \"a\", \"b\""),
        ("emails.value", "is", json!(["a", "b"]), Pass, "2 values: \"a\", \"b\""),
        ("emails.value", "is", json!(["b", "a"]), Fail, "2 values: \"a\", \"b\""),
        ("name", "is", json!({"givenname": "Zoë", "familyName": null}), Pass, "{\"givenName\":\"Zoë\"}"),
        ("emails[type eq \"WORK\"].value", "is", json!("a"), Pass, "\"a\""),
        ("emails[type eq \"fax\"].value", "is", json!("a"), Fail, "nothing"),
        ("userName", "is-not", json!("x"), Pass, "\"Mara@x\""),
        ("userName", "is-not", json!("Mara@x"), Fail, "\"Mara@x\""),
        ("emails", "has", json!({"value": "b"}), Pass, "2 values"),
        ("emails", "has", json!({"value": "b", "type": "work"}), Fail, "2 values"),
        ("emails.value", "has-not", json!("c"), Pass, "2 values"),
        ("emails.value", "has-not", json!("a"), Fail, "2 values"),
        ("emails", "lacks", json!("c"), Pass, "2 values"),
        ("", "lacks", json!("MARA"), Fail, "{"),
        ("", "lacks", json!("emAils"), Fail, "{"),
        ("", "lacks", json!("2026"), Inconclusive, "it may stand there by chance"),
        ("", "lacks", json!("7777"), Pass, "{"),
        ("/emails", "has", json!({"value": "b"}), Pass, "[{"),
        ("userName", "like", json!("^M.*x$"), Pass, "\"Mara@x\""),
        ("n", "like", json!("^3$"), Pass, "3"),
        ("gone", "like", json!(".*"), Fail, "nothing"),
        ("active", "type", json!("boolean"), Pass, "true"),
        ("active", "type", json!("string"), Fail, "true"),
        ("/emails", "type", json!("array"), Pass, "[{"),
        ("meta.created", "type", json!("dateTime"), Pass, "\"2026"),
        ("userName", "type", json!("dateTime"), Fail, "\"Mara@x\""),
        ("n", "type", json!("integer"), Pass, "3"),
        ("userName", "present", json!(true), Pass, "\"Mara@x\""),
        ("blank", "present", json!(true), Fail, "\"\""),
        ("none", "absent", json!(true), Pass, "nothing"),
        ("empty", "absent", json!(true), Pass, "nothing"),
        ("blank", "absent", json!(true), Pass, "\"\""),
        ("gone", "absent", json!(true), Pass, "nothing"),
        ("active", "absent", json!(true), Fail, "true"),
        ("emails", "count", json!(2), Pass, "2 values"),
        ("/emails", "count", json!(2), Pass, "[{"),
        ("n", "at-least", json!(3), Pass, "3"),
        ("n", "at-most", json!(2), Fail, "3"),
        ("n", "any-of", json!([1, 3]), Pass, "3"),
        ("userName", "equals-ignoring-case", json!("MARA@X"), Pass, "\"Mara@x\""),
        ("emails.value", "exactly", json!(["b", "a"]), Pass, "2 values: \"a\", \"b\""),
        ("emails.value", "exactly", json!(["b"]), Fail, "2 values with \"a\" beside them"),
        ("emails.value", "exactly", json!(["a", "b", "b"]), Fail, "2 values without \"b\""),
        ("emails.value", "exactly", json!(["b", "c"]), Fail, "2 values without \"c\" and with \"a\" beside them"),
        ("nickName", "exactly", json!([]), Pass, "nothing"),
        ("emails.value", "distinct", json!(true), Pass, "2 values: \"a\", \"b\""),
        ("doubled", "distinct", json!(true), Fail, "2 values: 7, 7"),
        ("fine", "the-status", json!(true), Pass, "\"200\""),
        ("ok", "the-status", json!(true), Pass, "200"),
        ("n", "the-status", json!(true), Fail, "3"),
        ("userName", "same-as", json!("earlier"), Fail, "\"Mara@x\""),
    ];
    let answer = exchange(Method::Get, 200, BODY);
    for (at, word, operand, outcome, got) in rows {
        let test = Test::new(word, &operand).unwrap();
        let judged = Expectation { subject: Subject::At(at.into()), test }.judge(&answer);
        assert_eq!(judged.outcome, outcome, "{at} {word} {operand}: {judged:?}");
        assert!(judged.got.starts_with(got), "{at} {word} {operand}: {judged:?}");
    }
}

#[test]
fn statuses_headers_and_bodies() {
    let judge = |subject: Subject, word: &str, operand: Value, exchange: &Exchange| {
        let judged = Expectation { subject, test: Test::new(word, &operand).unwrap() }.judge(exchange);
        (judged.outcome, judged.expected, judged.got)
    };
    let good = exchange(Method::Get, 200, BODY);
    let empty = exchange(Method::Delete, 204, "");
    let html = exchange(Method::Get, 502, "<html>");
    let say = |outcome, expected: &str, got: &str| (outcome, expected.to_owned(), got.to_owned());
    assert_eq!(
        judge(Subject::Status, "status", json!([200, 204]), &good),
        say(Pass, "status 200 or 204", "status 200")
    );
    assert_eq!(judge(Subject::Status, "status", json!(409), &good), say(Fail, "status 409", "status 200"));
    assert_eq!(judge(Subject::Body, "body", json!("empty"), &empty), say(Pass, "body empty", "no body"));
    assert_eq!(
        judge(Subject::Body, "body", json!("json"), &html),
        say(Fail, "body is JSON", "6 bytes that are no JSON")
    );
    let location = || Subject::Header("location".into());
    assert_eq!(judge(location(), "like", json!("/Users/42$"), &good).0, Pass);
    assert_eq!(judge(location(), "absent", json!(true), &good).0, Fail);
    assert_eq!(judge(Subject::Header("ETag".into()), "present", json!(true), &good).2, "nothing");
}

#[test]
fn an_answer_that_cannot_show_anything_is_not_a_pass() {
    let absent = |exchange: &Exchange| {
        let test = Test::new("absent", &json!(true)).unwrap();
        Expectation { subject: Subject::At("password".into()), test }.judge(exchange)
    };
    assert_eq!(absent(&exchange(Method::Get, 500, "")).outcome, Fail);
    assert_eq!(absent(&exchange(Method::Patch, 204, "")).outcome, NotApplicable);
    let mut silent = exchange(Method::Get, 200, "");
    silent.answer = Err(Failure { kind: FailureKind::Timeout, reason: "no answer in 5 s".into() });
    let judged = absent(&silent);
    assert_eq!((judged.outcome, judged.got.as_str()), (Inconclusive, "no answer: no answer in 5 s"));
}

#[test]
fn long_values_are_cut() {
    let long = "ä".repeat(500);
    let answer = exchange(Method::Get, 200, &json!({ "userName": long }).to_string());
    let test = Test::new("is", &json!("x")).unwrap();
    let judged = Expectation { subject: Subject::At("userName".into()), test }.judge(&answer);
    assert_eq!(judged.got.chars().count(), 120);
}

/// A secret is not told by what is empty, nor by a page of a gateway that does not hold it; nor is it hidden in one that does.
#[test]
fn a_text_is_looked_for_in_what_is_no_json_too() {
    for (body, text, outcome) in [
        ("", "mara", Pass),
        ("<html>nothing here</html>", "mara", Pass),
        ("<html>who is MARA?</html>", "mara", Fail),
        ("<html>error 42</html>", "42", Inconclusive),
    ] {
        let test = Test::new("lacks", &json!(text)).unwrap();
        let judged = Expectation { subject: Subject::At(String::new()), test }.judge(&exchange(Method::Get, 401, body));
        assert_eq!(judged.outcome, outcome, "{body}");
    }
}

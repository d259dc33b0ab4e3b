//! Every writer over small runs: snapshots of each form, the JSON Schema, and what must never appear.

use std::time::Duration;

use serde_json::Value;

use super::terminal::Options;
use super::*;
use crate::flow::{Outcome, SkipReason};
use crate::verdict::sample::{Run, catalogue, settings};
use crate::verdict::{Baseline, Settings};
use crate::wire::{Failure, FailureKind, Method, Request, Response};

const OKTA: &[&str] = &["okta/aiw", "okta/oin"];

fn finish(mut run: Run) -> Run {
    run.event(Event::RunFinished { duration: Duration::from_millis(4120) });
    run
}

fn green() -> Run {
    let mut run = Run::green();
    run.event(Event::Capabilities(serde_json::json!({"patch": {"supported": true}})));
    run.begin("rfc/patch", &[], &[]).read(200).reads("I-1", 1).find("RFC-SHOULD", Outcome::Warn).end(true);
    run.skip("rfc/bulk", &[], &[], SkipReason::Capability("bulk".into()));
    finish(run)
}

/// One of everything that can go wrong.
fn red() -> Run {
    let mut run = Run::new(6);
    run.begin("okta/users/duplicate", OKTA, &["OKTA-F1"]).write(201).write(200).find("RFC-MUST", Outcome::Fail);
    run.read(200)
        .find_as(
            "OKTA-MUST",
            Outcome::Fail,
            "at active is",
            "active is false",
            "active is \"false\", a string which goes on for so long that its line must be wrapped",
        )
        .end(true);
    for name in ["b", "c", "d", "e"] {
        run.one(&format!("okta/users/{name}"), OKTA, "RFC-MUST", Outcome::Fail);
    }
    run.one("rfc/errors", &[], "RFC-SHOULD", Outcome::Fail).one("okta/shape", OKTA, "OKTA-LENIENCY", Outcome::Fail);
    let failure = Failure { kind: FailureKind::Timeout, reason: "no answer in 5 s".to_owned() };
    run.begin("entra/slow", &["entra/legacy"], &["ENTRA-T1"]).send(Request::new(Method::Get, "/Users"), Err(failure));
    run.find_as("RFC-MUST-2", Outcome::Inconclusive, "status", "status 200", "no answer in 5 s").end(false);
    run.begin("rfc/hostile", &[], &[]);
    let answer = Response { body: b"<b>\x1b[31mno\xff".to_vec(), ..Response::new(502) };
    run.send(Request::new(Method::Get, "/Users?filter=%22"), Ok(answer));
    run.find_as("RFC-STATES", Outcome::Warn, "body", "JSON", "\u{1b}[31m<b>no").end(true);
    run.leftover("/Users/42").event(Event::Throttled { status: 429, waited: Duration::from_millis(1500) });
    finish(run)
}

/// Renders with a scrubber that hides `TOPSECRET`.
fn with<T>(run: &Run, settings: &Settings, write: impl Fn(&Report) -> T) -> T {
    let (catalogue, verdict) = (catalogue(), run.judge(settings));
    let scrub = |text: &str| text.replace("TOPSECRET", "***");
    write(&Report::new(&run.events, &verdict, &catalogue, &scrub))
}

fn terminal(run: &Run, settings: &Settings, options: Options) -> String {
    let name = concat!("scimproof ", env!("CARGO_PKG_VERSION"));
    with(run, settings, |report| terminal::text(report, &options)).replace(name, "scimproof VERSION")
}

fn known() -> Settings {
    let text = "[[known]]\nscenario = \"okta/users/duplicate\"\nreason = \"the old system\"\nissue = \"#7\"\n\
                [[known]]\nrequirement = \"RFC-STATES\"\nreason = \"r\"\nuntil = \"2026-01-01\"\n";
    Settings { baseline: Some(Baseline::parse(text, &catalogue(), &|_| true).unwrap()), ..settings() }
}

#[test]
fn terminal_of_a_green_run() {
    insta::assert_snapshot!(terminal(&green(), &settings(), Options::default()));
}

#[test]
fn terminal_of_a_red_run() {
    insta::assert_snapshot!(terminal(&red(), &settings(), Options::default()));
}

#[test]
fn terminal_of_a_red_run_in_full_with_a_baseline() {
    insta::assert_snapshot!(terminal(&red(), &known(), Options { verbose: true, ..Options::default() }));
}

#[test]
fn terminal_of_a_run_that_never_reached_its_target() {
    let mut run = Run::new(1);
    let failure = Failure { kind: FailureKind::Connect, reason: "connection refused".to_owned() };
    run.begin("a", &[], &[]).send(Request::new(Method::Get, "/Users"), Err(failure));
    run.find("RFC-MUST", Outcome::Inconclusive).end(false);
    let text = terminal(&run, &settings(), Options::default());
    assert!(text.contains("ERROR no connection, 1 request") && text.contains("exit 3"), "{text}");
    assert!(!text.contains("FAIL"), "a transport failure is never a FAIL: {text}");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = terminal(&red(), &settings(), Options::default());
    let coloured = terminal(&red(), &settings(), Options { color: true, ..Options::default() });
    assert!(!plain.contains('\u{1b}'), "what a server sends never reaches the terminal raw");
    assert_ne!(plain, coloured);
    let stripped = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(&coloured, "").into_owned();
    // A colour keeps the padding of what it paints, so only trailing space may differ.
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&stripped), trimmed(&plain));
}

#[test]
fn prose_keeps_to_the_width_and_only_commands_and_paths_do_not() {
    for width in [60, 80, 120] {
        for settings in [settings(), known()] {
            let text = terminal(&red(), &settings, Options { width, verbose: true, ..Options::default() });
            for line in text.lines().filter(|line| line.chars().count() > width) {
                let command = ["curl", "-H ", "--data", "seen in", "pass", "retired", "scimproof VERSION"];
                assert!(command.iter().any(|word| line.contains(word)), "{width}: {line}");
                assert!(width < 80 || !line.contains("pass ") && !line.contains("retired"), "{width}: {line}");
            }
        }
    }
}

#[test]
fn what_ran_side_by_side_does_not_change_the_order() {
    let mut one = Run::new(2);
    one.one("a", OKTA, "RFC-MUST", Outcome::Fail).one("b", OKTA, "RFC-MUST-2", Outcome::Fail);
    let mut other = Run::new(2);
    other.one("b", OKTA, "RFC-MUST-2", Outcome::Fail).one("a", OKTA, "RFC-MUST", Outcome::Fail);
    let failures = |run: &Run| {
        let text = terminal(run, &settings(), Options::default());
        let from = text.find("FAIL").unwrap_or(text.len());
        text[from..].split("\n\n").next().unwrap_or_default().to_owned()
    };
    assert_eq!(failures(&one), failures(&other));
    assert!(failures(&one).contains("FAIL  RFC-MUST  ") && failures(&one).contains("and        RFC-MUST-2"));
}

/// The committed schema, so strict that a key which it does not name is an error.
fn strict_schema() -> Value {
    fn close(value: &mut Value) {
        if let Value::Object(members) = value {
            if members.contains_key("properties") {
                members.insert("additionalProperties".into(), Value::Bool(false));
            }
            members.values_mut().for_each(close);
        } else if let Value::Array(items) = value {
            items.iter_mut().for_each(close);
        }
    }
    let text = include_str!("../../reports/schema/scimproof.report.v1.schema.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    close(&mut schema);
    schema
}

#[test]
fn json_of_every_run_fulfils_the_schema() {
    let schema = jsonschema::draft202012::new(&strict_schema()).unwrap();
    let mut empty = Run::new(0);
    empty.events.clear();
    for (name, run) in [("green", green()), ("red", red()), ("empty", empty)] {
        for settings in [settings(), known()] {
            let value = with(&run, &settings, json::value).unwrap();
            let errors: Vec<_> = schema.iter_errors(&value).map(|it| format!("{} {it}", it.instance_path)).collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
    }
    // The schema is no rubber stamp: a missing key and a foreign one are both seen.
    let mut value = with(&red(), &settings(), json::value).unwrap();
    value["findings"][0].as_object_mut().unwrap().shift_remove("curl");
    value["extra"] = Value::Null;
    assert_eq!(schema.iter_errors(&value).count(), 2);
}

#[test]
fn json_of_a_red_run() {
    let mut run = Run::new(1);
    run.begin("okta/users/duplicate", OKTA, &["OKTA-F1"]).write(200).find("RFC-MUST", Outcome::Fail).reads("I-1", 2);
    run.read(502).find("RFC-SHOULD", Outcome::Pass).end(true);
    let text = with(&finish(run), &settings(), |report| {
        let mut out = Vec::new();
        json::write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    });
    insta::assert_snapshot!(text);
}

#[test]
fn a_body_that_is_no_json_is_a_string_and_an_empty_one_is_null() {
    let value = with(&red(), &settings(), json::value).unwrap();
    let exchanges = value["exchanges"].as_array().unwrap();
    let of = |scenario: &str| exchanges.iter().find(|it| it["scenario"] == scenario).unwrap();
    assert_eq!(of("rfc/hostile")["response"]["body"], "<b>\u{1b}[31mno\u{fffd}");
    assert_eq!(of("rfc/hostile")["request"]["body"], Value::Null);
    assert_eq!((&of("entra/slow")["response"], &of("entra/slow")["error"]), (&Value::Null, &"no answer in 5 s".into()));
}

#[test]
fn junit_of_a_red_run() {
    insta::assert_snapshot!(with(&red(), &known(), |report| junit::text(report).unwrap()));
}

#[test]
fn junit_mirrors_the_gate() {
    for (outcome, requirement, allow, element) in [
        (Outcome::Fail, "RFC-MUST-2", false, Some("<failure")),
        (Outcome::Fail, "RFC-SHOULD", false, Some("<skipped")),
        (Outcome::Inconclusive, "RFC-MUST-2", false, Some("<error")),
        (Outcome::Inconclusive, "RFC-MUST-2", true, Some("<skipped")),
        (Outcome::Warn, "RFC-MUST-2", false, None),
        (Outcome::Pass, "RFC-MUST-2", false, None),
    ] {
        let mut run = Run::green();
        run.one("more", &[], requirement, outcome);
        let settings = Settings { allow_inconclusive: allow, ..settings() };
        let xml = with(&run, &settings, |report| junit::text(report).unwrap());
        for other in ["<failure", "<error", "<skipped"] {
            assert_eq!(xml.contains(other), Some(other) == element, "{outcome:?} {requirement}: {xml}");
        }
        assert_eq!(xml.contains("<system-out"), outcome == Outcome::Warn);
    }
}

#[test]
fn no_writer_lets_a_secret_or_a_password_out() {
    let mut run = Run::new(1);
    run.begin("okta/TOP", OKTA, &[]);
    let mut request = Request::new(Method::Post, "/Users?x=TOPSECRET");
    request.headers.push("X-Echo", "TOPSECRET");
    request.headers.push("Cookie", "hunter2");
    request.body = Some(br#"{"password":"hunter2","title":"TOPSECRET","n":[{"TOPSECRET":1}]}"#.to_vec());
    let body = br#"{"detail":"wrong token TOPSECRET","password":"hunter2"}"#.to_vec();
    let headers = [("Set-Cookie", "hunter2"), ("X-Y", "TOPSECRET")].into_iter().collect();
    run.send(request.clone(), Ok(Response { status: 500, headers, body }));
    let long = format!("{} TOPSECRET", "word ".repeat(13));
    run.find_as("RFC-MUST", Outcome::Fail, "TOPSECRET", &long, "TOPSECRET");
    run.find_as("RFC-MUST-2", Outcome::Inconclusive, "c", "TOPSECRET", "TOPSECRET");
    let failure = Failure { kind: FailureKind::Broken, reason: "TOPSECRET".to_owned() };
    run.send(request, Err(failure)).find("RFC-SHOULD", Outcome::Warn).end(true);
    run.leftover("/Users/TOPSECRET").skip("s", &[], &[], SkipReason::Profile("TOPSECRET".into()));
    run.event(Event::Capabilities(serde_json::json!({"x": "TOPSECRET"})));
    let verbose = Options { verbose: true, width: 40, ..Options::default() };
    for text in [
        terminal(&run, &settings(), verbose),
        with(&run, &settings(), |report| json::value(report).unwrap().to_string()),
        with(&run, &settings(), |report| junit::text(report).unwrap()),
    ] {
        assert!(!text.contains("TOPSECRET") && !text.contains("hunter2"), "{text}");
        assert!(text.contains("***"), "{text}");
    }
}

#[test]
fn pages_of_explain() {
    let catalogue = catalogue();
    let tested = ["okta/users/duplicate".to_owned(), "rfc/users/create".to_owned()];
    let page = explain::requirement(catalogue.get("RFC-MUST").unwrap(), &catalogue, &tested, 80);
    insta::assert_snapshot!(page);
    insta::assert_snapshot!(explain::exit_codes(80));
    assert_eq!(
        explain::line(catalogue.get("OKTA-SHOULD").unwrap()),
        "OKTA-SHOULD            SHOULD     OKTA   lists answer within a page"
    );
    // The real catalogue: every page can be written, none is wider than asked for but for its link.
    for requirement in Catalogue::embedded().requirements() {
        let page = explain::requirement(requirement, Catalogue::embedded(), &[], 80);
        let wide = page.lines().find(|line| line.chars().count() > 80 && !line.contains("://"));
        assert_eq!(wide, None, "{}", requirement.id);
    }
}

#[test]
fn github_is_told_the_worst_in_ten_lines() {
    let told = |report: &Report| (github::summary(report), github::annotations(report).join("\n"));
    let (summary, annotations) = with(&red(), &settings(), told);
    insta::assert_snapshot!(format!("{summary}\n{annotations}"));
    assert_eq!(with(&green(), &settings(), told).1, "");
    let mut run = Run::new(1);
    run.begin("okta/users/hostile", OKTA, &["OKTA-F1"]).write(200);
    run.find_as("RFC-MUST", Outcome::Fail, "status", "a | b", "::error::x\n::stop-commands::y <img> %0A").end(true);
    let (_, annotations) = with(&finish(run), &settings(), told);
    assert_eq!(annotations.lines().count(), 1, "what a server sends is no command: {annotations}");
}

#[test]
fn an_archive_holds_every_exchange_and_no_password() {
    let began = time::macros::datetime!(2026-11-22 10:00 UTC);
    let archive = with(&red(), &settings(), |report| {
        let mut out = Vec::new();
        har::write(report, began, &mut out).unwrap();
        serde_json::from_slice::<serde_json::Value>(&out).unwrap()
    });
    let value = with(&red(), &settings(), json::value).unwrap();
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), value["exchanges"].as_array().unwrap().len());
    for entry in entries {
        assert!(entry["startedDateTime"].as_str().unwrap().starts_with("2026-11-22T10:00:"), "{entry}");
        for key in ["time", "request", "response", "cache", "timings"] {
            assert!(!entry[key].is_null(), "{key} of {entry}");
        }
        assert!(entry["response"]["content"]["text"].is_string() && entry["request"]["headersSize"] == -1, "{entry}");
    }
}

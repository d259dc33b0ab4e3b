//! Tables over small runs: every rule of outcome, readiness, gate and exit code once.

use std::time::Duration;

use super::sample::{Run, TODAY, clients, settings};
use super::*;
use crate::flow::SkipReason;
use crate::wire::{Failure, FailureKind, Method, Request};

const OKTA: &[&str] = &["okta/aiw", "okta/oin"];

fn no_answer() -> Failure {
    Failure { kind: FailureKind::Timeout, reason: "no answer in 5 s".to_owned() }
}

fn readiness_of(verdict: &Verdict, client: &str) -> Readiness {
    verdict.clients.iter().find(|it| it.id == client).unwrap().readiness
}

#[test]
fn the_matrix_names_requirements_and_the_defects_that_prove_them() {
    let text = include_str!("../../fixtures/proven.toml");
    for (id, names) in toml::from_str::<Proven>(text).unwrap().proven {
        assert!(Catalogue::embedded().get(&id).is_some(), "{id}");
        assert!(!names.is_empty() && is_proven(&id), "{id}");
    }
    assert!(!is_proven("RFC-MUST"));
}

#[test]
fn a_requirement_has_the_worst_of_its_findings_and_silent_ones_say_why() {
    use Outcome::{Fail, Inconclusive, NotApplicable, NotObservable, Pass, Warn};
    for (findings, expected) in [
        (&[Pass, Warn, Pass][..], Warn),
        (&[Warn, Inconclusive], Inconclusive),
        (&[Inconclusive, Fail, Pass], Fail),
        (&[NotApplicable, Pass], Pass),
        (&[], NotApplicable),
    ] {
        let mut run = Run::green();
        run.begin("s", &[], &[]).read(200);
        for outcome in findings {
            run.find("RFC-SHOULD", *outcome);
        }
        let verdict = run.end(true).judge(&settings());
        let row = verdict.requirements.iter().find(|it| it.id == "RFC-SHOULD").unwrap();
        assert_eq!((row.outcome, row.findings), (expected, findings.len()), "{findings:?}");
    }
    let verdict = Run::green().judge(&settings());
    let outcome = |id: &str| verdict.requirements.iter().find(|it| it.id == id).map(|it| it.outcome);
    assert_eq!(outcome("RFC-HIDDEN"), Some(NotObservable));
    assert_eq!(outcome("RFC-CLIENT"), Some(NotApplicable));
    assert_eq!(outcome("OKTA-OLD"), None, "a retired requirement is never run");
    assert_eq!(verdict.counts().iter().map(|(_, n)| n).sum::<usize>(), verdict.requirements.len());
}

#[test]
fn readings_are_listed_once_and_a_server_of_two_minds_shows_both() {
    let mut run = Run::new(1);
    run.begin("s", &[], &[]).read(200).reads("I-1", 2).reads("I-1", 1).reads("I-1", 2).end(true);
    let seen = run.judge(&settings()).readings;
    assert_eq!(
        seen,
        [ReadingSeen {
            interpretation: "I-1".into(),
            numbers: vec![1, 2],
            clients: vec![],
            uncommon: true,
            against: vec![]
        }]
    );
}

#[test]
fn a_reading_that_a_client_needs_and_that_was_not_seen_decides() {
    let settings =
        |clients: &[&str]| Settings { clients: clients.iter().map(ToString::to_string).collect(), ..settings() };
    // Entra ID needs the second reading of I-05, whatever most servers do; whose scenario sees it does not matter.
    for (seen, clients, against) in [
        (&[1][..], &["entra/legacy"][..], 1),
        (&[1, 2], &["entra/legacy"], 0),
        (&[2], &["entra/legacy"], 0),
        (&[1], &["okta/aiw"], 0),
    ] {
        let mut run = Run::new(1);
        run.begin("rfc/patch", &[], &[]).read(200);
        seen.iter().for_each(|number| _ = run.reads("I-05", *number));
        run.end(true);
        let verdict = Verdict::judge(&run.events, Catalogue::embedded(), &sample::clients(), &settings(clients));
        let reading = &verdict.readings[0];
        assert_eq!((reading.against.len(), reading.decides()), (against, against > 0), "{seen:?} {clients:?}");
    }
}

#[test]
fn one_more_finding_in_a_green_run_decides_gate_and_readiness() {
    use FailOn::{Idp, Must, Should, Warn};
    use Outcome as O;
    use Readiness::{NotReady, Ready, ReadyWithWarnings};
    // requirement, outcome, clients of its scenario, readiness of okta/aiw, the choices under which the gate is passed
    for (id, outcome, clients, ready, passes) in [
        ("RFC-MUST", O::Pass, OKTA, Ready, &[Must, Should, Warn, Idp][..]),
        // An RFC MUST counts for readiness only where the client's own flows meet it.
        ("RFC-MUST", O::Fail, OKTA, NotReady, &[]),
        ("RFC-MUST-2", O::Fail, &[], Ready, &[Idp]),
        ("RFC-MUST", O::Fail, &["okta/oin"], Ready, &[]),
        ("RFC-MUST", O::Inconclusive, &[], Ready, &[Idp]),
        ("RFC-MUST", O::Inconclusive, OKTA, ReadyWithWarnings, &[]),
        ("RFC-MUST", O::Warn, OKTA, ReadyWithWarnings, &[Must, Should, Idp]),
        ("RFC-SHOULD", O::Fail, OKTA, Ready, &[Must, Idp]),
        ("RFC-SHOULD", O::Warn, &[], Ready, &[Must, Should, Idp]),
        ("RFC-SHOULD", O::Inconclusive, &[], Ready, &[Must, Idp]),
        ("RFC-STATES", O::Fail, OKTA, Ready, &[Must, Should, Idp]),
        ("OKTA-MUST", O::Fail, OKTA, NotReady, &[]),
        // No variant of the family is named: all are meant.
        ("OKTA-MUST", O::Fail, &[], NotReady, &[]),
        ("OKTA-MUST", O::Fail, &["okta/oin"], Ready, &[]),
        ("OKTA-MUST", O::Inconclusive, OKTA, ReadyWithWarnings, &[]),
        ("OKTA-SHOULD", O::Fail, OKTA, ReadyWithWarnings, &[Must, Idp]),
        ("OKTA-LENIENCY", O::Fail, OKTA, ReadyWithWarnings, &[Must, Should, Idp]),
        ("OKTA-LENIENCY", O::Warn, OKTA, ReadyWithWarnings, &[Must, Should, Idp]),
        ("ENTRA-MUST", O::Fail, &["entra/legacy"], Ready, &[]),
        ("RFC-MUST", O::NotApplicable, OKTA, Ready, &[Must, Should, Warn, Idp]),
    ] {
        let mut run = Run::green();
        run.one("more", clients, id, outcome);
        for fail_on in FailOn::ALL {
            let verdict = run.judge(&Settings { fail_on, ..settings() });
            let case = format!("{id} {outcome:?} {clients:?} {fail_on:?}: {:?}", verdict.gate);
            assert_eq!(readiness_of(&verdict, "okta/aiw"), ready, "{case}");
            assert_eq!(verdict.gate.passed(), passes.contains(&fail_on), "{case}");
            let exit = if verdict.gate.passed() { ExitCode::Passed } else { ExitCode::GateNotPassed };
            assert_eq!(verdict.exit, exit, "{case}");
        }
    }
}

#[test]
fn the_rules_of_a_product_count_where_the_profile_is_of_it() {
    let mut run = Run::green();
    run.one("catalog/roles", &[], "CATALOG-1", Outcome::Fail);
    for (product, passes) in [(None, true), (Some("CATALYTIC"), true), (Some("CATALOG"), false)] {
        let verdict = run.judge(&Settings { product: product.map(str::to_owned), ..settings() });
        assert_eq!(verdict.gate.passed(), passes, "{product:?}: {:?}", verdict.gate);
        assert_eq!(readiness_of(&verdict, "okta/aiw"), Readiness::Ready, "{product:?}");
    }
}

#[test]
fn the_rules_of_a_set_count_where_it_is_asked_for_and_two_that_contradict_are_named() {
    let mut run = Run::new(2);
    run.one("interop/bad", &[], "DRAFT-interop-6-15", Outcome::Fail);
    run.one("rfc/good", &[], "RFC7644-3.5.2.1-2", Outcome::Pass);
    let judge = |require: &[&str]| {
        let require = require.iter().map(ToString::to_string).collect();
        let settings = Settings { require, clientless: true, ..settings() };
        Verdict::judge(&run.events, Catalogue::embedded(), &clients(), &settings)
    };
    for (require, passes, named) in
        [(&["rfc"][..], true, 0), (&["ipsie-al1"], true, 0), (&["interop"], false, 0), (&["rfc", "interop"], false, 1)]
    {
        let verdict = judge(require);
        assert_eq!((verdict.gate.passed(), verdict.contradictions.len()), (passes, named), "{require:?}");
        assert!(verdict.clients.iter().all(|client| !client.asked));
    }
    assert_eq!(judge(&["interop", "rfc"]).contradictions[0].1.what, "a PATCH operation without path");
    let mut run = Run::new(1);
    run.one("rfc/bad", &[], "RFC7644-3.5.2.1-2", Outcome::Fail);
    let settings = Settings { require: vec!["interop".into()], clientless: true, ..settings() };
    assert!(Verdict::judge(&run.events, Catalogue::embedded(), &clients(), &settings).gate.passed());
}

#[test]
fn a_leniency_never_colours_the_rfc_verdict() {
    let mut run = Run::green();
    run.one("more", OKTA, "OKTA-LENIENCY", Outcome::Fail);
    let verdict = run.judge(&settings());
    assert_eq!(verdict.count(|it| it.source == "RFC" && it.outcome == Outcome::Fail), 0);
    assert_eq!(verdict.exit, ExitCode::Passed);
    let reason = &verdict.clients[0].reasons[0];
    assert_eq!(reason.text, "LENIENCY failed: a PATCH with id inside its value is accepted");
}

#[test]
fn only_the_clients_that_were_asked_for_gate() {
    let asked =
        |clients: &[&str]| Settings { clients: clients.iter().map(ToString::to_string).collect(), ..settings() };
    let mut run = Run::green();
    run.one("more", &["okta/oin"], "OKTA-MUST", Outcome::Fail);
    for (clients, passed) in [(&["entra/legacy"][..], true), (&["okta/oin"], false), (&[], false)] {
        let verdict = run.judge(&asked(clients));
        assert_eq!(verdict.gate.passed(), passed, "{clients:?} {:?}", verdict.gate);
    }
    let verdict = run.judge(&asked(&["okta/aiw", "entra/legacy"]));
    // The worst of the variants asked for; the other variant is not.
    assert_eq!(verdict.families, [("okta".into(), Readiness::Ready), ("entra".into(), Readiness::Ready)]);
    let verdict = run.judge(&asked(&["entra/legacy"]));
    assert_eq!(verdict.families[0], ("okta".into(), Readiness::NotReady));
}

#[test]
fn readiness_needs_evidence_of_every_flow() {
    use Readiness::{NotAssessed, NotReady, Ready};
    type Build = fn(&mut Run);
    let both = || Settings::new(vec!["create-users".into(), "push-groups".into()], TODAY);
    let rows: [(&str, Build, Readiness, &str); 11] = [
        ("nothing ran", |_| {}, NotAssessed, "no scenario showed it in this run (assign a person)"),
        (
            "one of two flows was seen",
            |run| _ = run.begin("a", OKTA, &["OKTA-F1"]).write(201).read(200).end(true),
            NotAssessed,
            "no scenario showed it in this run (push a group)",
        ),
        ("both", |run| _ = run.begin("a", OKTA, &["OKTA-F1", "OKTA-F2"]).write(201).read(200).end(true), Ready, ""),
        (
            "for the other variant only",
            |run| _ = run.begin("a", &["okta/oin"], &["OKTA-F1", "OKTA-F2"]).read(200).end(true),
            NotAssessed,
            "no scenario showed it in this run (assign a person)",
        ),
        (
            "written and never read again",
            |run| _ = run.begin("a", OKTA, &["OKTA-F1", "OKTA-F2"]).read(200).write(201).end(true),
            NotAssessed,
            "was completed, but what was written was not read again (assign a person)",
        ),
        (
            "tried twice, completed once",
            |run| {
                run.begin("a", OKTA, &["OKTA-F1", "OKTA-F2"]).read(200).end(false);
                run.begin("b", OKTA, &["OKTA-F1", "OKTA-F2"]).read(200).end(true);
            },
            Ready,
            "",
        ),
        (
            "one completed, one could not be",
            |run| {
                run.begin("a", OKTA, &["OKTA-F1"]).read(200).end(true);
                run.begin("b", OKTA, &["OKTA-F2"]).read(200).end(false);
            },
            NotReady,
            "could not be completed (push a group)",
        ),
        (
            "one completed, one got no answer",
            |run| {
                run.begin("a", OKTA, &["OKTA-F1"]).read(200).end(true);
                run.begin("b", OKTA, &["OKTA-F2"])
                    .send(Request::new(Method::Get, "/Groups"), Err(no_answer()))
                    .end(false);
            },
            NotAssessed,
            "could not be completed: a request got no answer (push a group)",
        ),
        (
            "a capability is missing",
            |run| {
                run.begin("a", OKTA, &["OKTA-F1"]).read(200).end(true);
                run.skip("b", OKTA, &["OKTA-F2"], SkipReason::Capability("groups".into()));
            },
            NotReady,
            "needs groups, which the target does not have (push a group)",
        ),
        (
            "the target denies a capability and no scenario was even planned",
            |run| {
                run.event(Event::Capabilities(serde_json::json!({"patch": {"supported": false}})));
                run.begin("a", OKTA, &["OKTA-F1"]).read(200).end(true);
            },
            NotReady,
            "needs patch, which the target does not have (push a group)",
        ),
        (
            "the budget is too small",
            |run| {
                run.begin("a", OKTA, &["OKTA-F1"]).read(200).end(true);
                run.skip("b", OKTA, &["OKTA-F2"], SkipReason::Budget("needs 5 users of 2".into()));
            },
            NotAssessed,
            "was skipped: needs 5 users of 2 (push a group)",
        ),
    ];
    for (name, build, expected, text) in rows {
        let mut run = Run::new(1);
        build(&mut run);
        let verdict = run.judge(&both());
        let client = &verdict.clients[0];
        assert_eq!(client.readiness, expected, "{name}: {client:?}");
        assert_eq!(client.reasons.first().map_or("", |reason| &reason.text), text, "{name}");
    }
}

#[test]
fn a_flow_that_fails_from_the_start_is_not_ready_although_none_completed() {
    let mut run = Run::new(1);
    run.begin("a", OKTA, &["OKTA-F1"]).write(500).find("RFC-MUST", Outcome::Fail).end(false);
    assert_eq!(readiness_of(&run.judge(&settings()), "okta/aiw"), Readiness::NotReady);
}

#[test]
fn a_client_that_nobody_named_may_stay_unassessed_in_a_narrowed_run() {
    let named = || vec!["okta/aiw".to_owned()];
    for (narrowed, clients, passed) in
        [(false, vec![], false), (true, vec![], true), (true, named(), false), (false, named(), false)]
    {
        let mut run = Run::new(1);
        run.one("plain", &[], "RFC-MUST", Outcome::Pass);
        let verdict = run.judge(&Settings { narrowed, clients: clients.clone(), ..settings() });
        assert_eq!(verdict.gate.passed(), passed, "{narrowed} {clients:?}");
    }
}

#[test]
fn inconclusive_is_allowed_only_on_request() {
    let mut run = Run::green();
    run.one("more", &[], "RFC-MUST-2", Outcome::Inconclusive);
    run.skip("big", &[], &[], SkipReason::Budget("needs 900 users".into()));
    let verdict = run.judge(&settings());
    let problems = [Problem::Inconclusive { id: "RFC-MUST-2".into() }, Problem::Budget { scenario: "big".into() }];
    assert_eq!(verdict.gate.problems, problems);
    let verdict = run.judge(&Settings { allow_inconclusive: true, ..settings() });
    assert_eq!((verdict.gate.passed(), verdict.gate.allowed), (true, 2));
}

#[test]
fn what_failed_is_not_counted_as_open_too() {
    let mut run = Run::green();
    run.one("open", &[], "RFC-MUST-2", Outcome::Inconclusive);
    run.one("red", &[], "RFC-MUST-2", Outcome::Fail);
    let gate = run.judge(&settings()).gate;
    assert!(
        matches!(&gate.problems[..], [Problem::Requirement { id, outcome: Outcome::Fail, .. }] if id == "RFC-MUST-2")
    );
}

#[test]
fn exit_codes_follow_what_happened() {
    use ExitCode as E;
    type Build = fn() -> Run;
    let rows: [(&str, Build, ExitCode); 10] = [
        ("green", Run::green, E::Passed),
        (
            "no events at all",
            || {
                let mut run = Run::new(0);
                run.events.clear();
                run
            },
            E::NothingSelected,
        ),
        ("nothing planned", || Run::new(0), E::NothingSelected),
        (
            "everything skipped for want of a capability",
            || {
                let mut run = Run::new(0);
                run.skip("a", OKTA, &["OKTA-F1"], SkipReason::Capability("groups".into()));
                run
            },
            E::GateNotPassed,
        ),
        (
            "no request was answered",
            || {
                let mut run = Run::new(1);
                run.begin("a", &[], &[]).send(Request::new(Method::Get, "/Users"), Err(no_answer()));
                run.find("RFC-MUST", Outcome::Inconclusive).end(false);
                run
            },
            E::Unreachable,
        ),
        (
            "one request of many was not answered",
            || {
                let mut run = Run::green();
                run.begin("a", &[], &[]).send(Request::new(Method::Get, "/Users"), Err(no_answer()));
                run.find("RFC-MUST", Outcome::Inconclusive).end(false);
                run
            },
            E::GateNotPassed,
        ),
        (
            "leftovers",
            || {
                let mut run = Run::green();
                run.leftover("/Users/42");
                run
            },
            E::GateNotPassed,
        ),
        (
            "interrupted, and red besides",
            || {
                let mut run = Run::green();
                run.one("more", OKTA, "RFC-MUST", Outcome::Fail).event(Event::Interrupted);
                run
            },
            E::Interrupted,
        ),
        (
            "a finding on a requirement that does not exist",
            || {
                let mut run = Run::green();
                run.one("more", OKTA, "RFC-9999", Outcome::Pass);
                run
            },
            E::Fault,
        ),
        (
            "only inconclusive",
            || {
                let mut run = Run::new(1);
                run.begin("a", &[], &[]).read(500).find("RFC-MUST", Outcome::Inconclusive).end(false);
                run
            },
            E::GateNotPassed,
        ),
    ];
    for (name, build, expected) in rows {
        let verdict = build().judge(&settings());
        assert_eq!(verdict.exit, expected, "{name}: {:?}", verdict.gate);
    }
    // Everything skipped, and nobody is told anything by it.
    let mut run = Run::new(0);
    run.skip("a", &[], &[], SkipReason::Profile("no groups".into()));
    assert_eq!(run.judge(&Settings { narrowed: true, ..settings() }).exit, E::NothingSelected);
}

#[test]
fn the_facts_of_a_run_are_counted() {
    let mut run = Run::green();
    run.event(Event::Throttled { status: 429, waited: Duration::from_secs(2) });
    run.event(Event::Throttled { status: 503, waited: Duration::from_secs(1) });
    run.leftover("/Users/1").event(Event::RunFinished { duration: Duration::from_secs(9) });
    let facts = run.judge(&settings()).facts;
    assert_eq!((facts.seed, facts.planned, facts.finished(), facts.exchanges), (Some(7), 2, 2, 4));
    assert_eq!((facts.throttled.len(), facts.waited.as_secs(), facts.retired, facts.leftovers.len()), (2, 3, 1, 1));
    assert_eq!(facts.duration, Some(Duration::from_secs(9)));
    // A search is a POST that reads.
    let mut run = Run::new(1);
    run.begin("a", OKTA, &["OKTA-F1"]).write(201);
    run.send(Request::new(Method::Post, "/Users/.search"), Ok(crate::wire::Response::new(200))).end(true);
    assert_eq!(readiness_of(&run.judge(&settings()), "okta/aiw"), Readiness::Ready);
}

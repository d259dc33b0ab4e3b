//! The baseline: mistakes with their lines, what it covers, when it breaks, how it is written anew.

use time::macros::date;

use super::sample::{Run, TODAY, catalogue, settings};
use super::*;

const OKTA: &[&str] = &["okta/aiw", "okta/oin"];

fn parse(text: &str) -> Result<Baseline, Vec<BaselineError>> {
    Baseline::parse(text, &catalogue(), &|id| matches!(id, "more" | "okta/green"))
}

fn with(text: &str) -> Settings {
    Settings { baseline: Some(parse(text).unwrap()), ..settings() }
}

#[test]
fn a_baseline_is_read_with_its_lines() {
    let text = "# ours\n\n[[known]]\nrequirement = \"RFC-MUST\"\nreason = \"legacy\"\nissue = \"#7\"\nuntil = \"2027-01-31\"\n\n[[known]]\nscenario = \"more\"\nreason = \"flaky\"\n";
    let rows = parse(text).unwrap().rows;
    assert_eq!(rows[0].covers, Covers::Requirement("RFC-MUST".into()));
    assert_eq!((rows[0].issue.as_deref(), rows[0].until, rows[0].line), (Some("#7"), Some(date!(2027 - 01 - 31)), 3));
    assert_eq!((&rows[1].covers, rows[1].until, rows[1].line), (&Covers::Scenario("more".into()), None, 9));
    assert_eq!(parse("").unwrap(), Baseline::default());
}

#[test]
fn every_mistake_is_reported_with_its_line() {
    for (text, expected) in [
        ("[[known]]\nreason = \"r\"\nrequirement = \"RFC-9\"", "line 3: there is no requirement RFC-9"),
        ("[[known]]\nscenario = \"gone\"\nreason = \"r\"", "line 2: there is no scenario gone"),
        ("\n[[known]]\nreason = \"r\"", "line 2: a row names either a requirement or a scenario"),
        (
            "[[known]]\nreason = \"r\"\nscenario = \"more\"\nrequirement = \"RFC-MUST\"",
            "line 1: a row names either a requirement or a scenario",
        ),
        (
            "[[known]]\nscenario = \"more\"\nreason = \"r\"\nuntil = \"2027-02-30\"",
            "line 4: until = \"2027-02-30\" is no date such as \"2027-01-31\"",
        ),
        ("[[known]]\nscenario = \"more\"\nreason = \" \"", "line 3: the reason is empty"),
        (
            "[[known]]\nscenario = \"more\"\nreason = \"r\"\n[[known]]\nscenario = \"more\"\nreason = \"r\"",
            "line 5: scenario more stands already in line 1",
        ),
        ("[[known]]\nscenario = \"more\"\nwhy = \"r\"", "line 3: unknown field `why`"),
        ("[[known]]\nscenario = ", "line 2: "),
    ] {
        let errors = parse(text).unwrap_err();
        assert!(errors[0].to_string().starts_with(expected), "{text}: {}", errors[0]);
        assert_eq!(errors.len(), 1, "{text}");
    }
    let two = "[[known]]\nscenario = \"x\"\nreason = \"\"\n";
    assert_eq!(parse(two).unwrap_err().len(), 2, "all mistakes at once");
}

#[test]
fn a_known_failure_does_not_break_the_gate_and_is_shown() {
    let requirement = "[[known]]\nrequirement = \"RFC-MUST-2\"\nreason = \"r\"\nuntil = \"2026-11-22\"";
    let scenario = "[[known]]\nscenario = \"more\"\nreason = \"r\"";
    for (text, outcome) in [
        (requirement, Outcome::Fail),
        (requirement, Outcome::Inconclusive),
        (scenario, Outcome::Fail),
        (scenario, Outcome::Inconclusive),
    ] {
        let mut run = Run::green();
        run.one("more", OKTA, "RFC-MUST-2", outcome);
        assert_eq!(run.judge(&settings()).exit, ExitCode::GateNotPassed);
        let verdict = run.judge(&with(text));
        assert_eq!(verdict.exit, ExitCode::Passed, "{text} {outcome:?} {:?}", verdict.gate);
        assert_eq!(verdict.baseline.known[0].1, 1);
        // The verdict on requirement and client stays honest.
        assert_eq!(verdict.count(|it| it.outcome == outcome), 1);
        assert_ne!(verdict.clients[0].readiness, Readiness::Ready);
    }
}

#[test]
fn a_new_failure_beside_a_known_one_breaks_the_gate() {
    let text = "[[known]]\nrequirement = \"OKTA-MUST\"\nreason = \"r\"";
    let mut run = Run::green();
    run.one("more", OKTA, "OKTA-MUST", Outcome::Fail).one("other", OKTA, "RFC-MUST-2", Outcome::Fail);
    let verdict = run.judge(&with(text));
    let problems: Vec<_> = verdict.gate.problems.iter().filter(|it| matches!(it, Problem::Client { .. })).collect();
    assert_eq!((verdict.exit, problems.len()), (ExitCode::GateNotPassed, 2));
    // The scenario's row does not cover the same requirement elsewhere.
    let mut run = Run::green();
    run.one("more", OKTA, "OKTA-MUST", Outcome::Fail).one("other", OKTA, "OKTA-MUST", Outcome::Fail);
    let verdict = run.judge(&with("[[known]]\nscenario = \"more\"\nreason = \"r\""));
    assert_eq!(verdict.exit, ExitCode::GateNotPassed);
}

#[test]
fn unexpected_passes_and_expired_rows_break_the_baseline() {
    for (text, outcome, broken) in [
        ("requirement = \"RFC-MUST-2\"", Outcome::Pass, true),
        ("scenario = \"more\"", Outcome::Pass, true),
        ("requirement = \"RFC-MUST-2\"", Outcome::Warn, true),
        ("requirement = \"RFC-MUST-2\"", Outcome::NotApplicable, false),
        ("requirement = \"OKTA-MUST\"", Outcome::Pass, false),
        ("requirement = \"RFC-MUST-2\"\nuntil = \"2026-11-21\"", Outcome::Fail, true),
        ("requirement = \"RFC-MUST-2\"\nuntil = \"2026-11-22\"", Outcome::Fail, false),
        ("requirement = \"OKTA-MUST\"\nuntil = \"2020-01-01\"", Outcome::Pass, true),
    ] {
        let mut run = Run::green();
        run.one("more", OKTA, "RFC-MUST-2", outcome);
        let verdict = run.judge(&with(&format!("[[known]]\nreason = \"r\"\n{text}")));
        assert_eq!(verdict.baseline.is_broken(), broken, "{text} {outcome:?}");
        let exit = if broken { ExitCode::BaselineBroken } else { ExitCode::Passed };
        assert_eq!(verdict.exit, exit, "{text} {outcome:?}");
    }
}

#[test]
fn update_keeps_what_still_fails_and_the_next_run_is_green() {
    let text = "[[known]]\nrequirement = \"RFC-MUST-2\"\nreason = \"say \\\"why\\\"\"\nissue = \"#7\"\n\
                [[known]]\nrequirement = \"RFC-SHOULD\"\nreason = \"fixed meanwhile\"\n\
                [[known]]\nrequirement = \"ENTRA-MUST\"\nreason = \"not run today\"\n";
    let mut run = Run::green();
    run.one("more", OKTA, "RFC-MUST-2", Outcome::Fail)
        .one("fixed", OKTA, "RFC-SHOULD", Outcome::Pass)
        .one("new", OKTA, "OKTA-MUST", Outcome::Fail)
        .one("new", OKTA, "OKTA-LENIENCY", Outcome::Fail);
    let settings_with = with(text);
    let verdict = run.judge(&settings_with);
    let updated = Baseline::update(settings_with.baseline.as_ref(), &verdict, TODAY);
    insta::assert_snapshot!(updated);
    assert_eq!(run.judge(&with(&updated)).exit, ExitCode::Passed);
    let again = Baseline::update(Some(&parse(&updated).unwrap()), &run.judge(&with(&updated)), TODAY);
    assert_eq!(again, updated, "an update of nothing new changes nothing");
}

//! JUnit XML: a test suite per scenario, a test case per requirement in it, and suites for what is no scenario.
//!
//! The colour of a test case mirrors the gate: *failure* breaks it; *error* is inconclusive and breaks it; *skipped*
//! failed or stayed inconclusive without breaking it (known in the baseline, or of a level that does not count), the
//! message says which; warnings pass and say so in `system-out`. Times are those of the exchanges.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, place};
use crate::flow::Outcome;
use crate::verdict::{Judged, Problem};

/// Writes the report.
///
/// # Errors
/// The writer's, or that the XML could not be made.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    document(report).serialize(out).map_err(io::Error::other)
}

/// The report as text.
///
/// # Errors
/// That the XML could not be made.
pub fn text(report: &Report) -> io::Result<String> {
    document(report).to_string().map_err(io::Error::other)
}

fn document(report: &Report) -> Document {
    let facts = &report.verdict.facts;
    let mut document = Document::new("scimproof");
    let mut total = Duration::ZERO;
    for (id, scenario) in &facts.scenarios {
        let mut suite = TestSuite::new(id.as_str());
        suite.set_time(scenario.duration);
        total += scenario.duration;
        for client in &scenario.clients {
            suite.add_property(("client", client.as_str()));
        }
        suite.add_test_cases(cases(report, id));
        document.add_test_suite(suite);
    }
    // Standing checks on requests that belong to no scenario.
    let outside = cases(report, "");
    if !outside.is_empty() {
        let mut suite = TestSuite::new("set-up and cleanup");
        suite.add_test_cases(outside);
        document.add_test_suite(suite);
    }
    if !facts.skipped.is_empty() {
        let mut suite = TestSuite::new("skipped");
        for it in &facts.skipped {
            let mut status = TestCaseStatus::skipped();
            status.set_message(report.clean(&it.reason.phrase()));
            suite.add_test_case(named(&it.scenario, "skipped", status));
        }
        document.add_test_suite(suite);
    }
    document.add_test_suite(readiness(report));
    document.add_test_suite(house_keeping(report));
    document.set_time(facts.duration.unwrap_or(total));
    document
}

fn named(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

/// One test case per requirement that was judged in that scenario, in the order of the ids.
fn cases(report: &Report, scenario: &str) -> Vec<TestCase> {
    let mut by_requirement = std::collections::BTreeMap::<&str, (Vec<&Judged>, usize)>::new();
    for it in report.verdict.findings.iter().filter(|it| it.finding.scenario == scenario) {
        by_requirement.entry(&it.finding.requirement).or_default().0.push(it);
    }
    let held = report.verdict.held.iter().filter(|held| held.scenario == scenario);
    for (requirement, _) in held.flat_map(|held| &held.checks) {
        by_requirement.entry(requirement).or_default().1 += 1;
    }
    by_requirement.into_iter().map(|(id, (findings, held))| case(report, scenario, id, &findings, held)).collect()
}

/// `held`: how often it was passed beside these findings.
fn case(report: &Report, scenario: &str, id: &str, findings: &[&Judged], held: usize) -> TestCase {
    let passed = (held > 0).then_some(Outcome::Pass);
    let worst = findings.iter().map(|it| it.finding.outcome).chain(passed).max().unwrap_or(Outcome::NotApplicable);
    let bad: Vec<_> = findings.iter().filter(|it| it.finding.outcome > Outcome::Pass).collect();
    let text = bad.iter().map(|it| describe(report, it)).collect::<Vec<_>>().join("\n");
    let level = report.catalogue.get(id).map_or("", |requirement| requirement.level.as_str());
    let breaks = |outcome: Outcome| findings.iter().any(|it| it.gated && it.finding.outcome == outcome);
    let allowed = report.verdict.gate.allowed > 0;
    let known = bad.iter().any(|it| it.known.is_some());
    let mut status = if breaks(Outcome::Fail) || breaks(Outcome::Warn) {
        TestCaseStatus::non_success(NonSuccessKind::Failure)
    } else if breaks(Outcome::Inconclusive) && !allowed {
        TestCaseStatus::non_success(NonSuccessKind::Error)
    } else if worst >= Outcome::Inconclusive {
        TestCaseStatus::skipped()
    } else {
        TestCaseStatus::success()
    };
    if let Some(first) = bad.iter().max_by_key(|it| it.finding.outcome).filter(|_| worst >= Outcome::Warn) {
        let why = match () {
            () if known => "known in the baseline: ",
            () if !bad.iter().any(|it| it.gated) => "does not count at this gate: ",
            () => "",
        };
        let finding = &first.finding;
        let message = format!("{why}{level} expected {}, got {}", finding.expected, finding.got);
        status.set_message(report.clean(&message)).set_type(worst.as_str()).set_description(text.clone());
    }
    let mut case = named(id, scenario, status);
    case.add_properties([("requirement", id), ("level", level), ("outcome", worst.as_str())]);
    case.set_assertions(findings.len() + held);
    if worst == Outcome::Warn {
        case.set_system_out(text);
    }
    case
}

fn describe(report: &Report, it: &Judged) -> String {
    let finding = &it.finding;
    let mut lines = vec![
        format!("{}: {}", finding.outcome.as_str(), it.summary),
        format!("check: {}", finding.check),
        format!("expected: {}", finding.expected),
        format!("got: {}", finding.got),
        format!("step: {}", finding.step),
        format!("at: {}", place(&finding.position)),
    ];
    lines.extend(report.curl(&finding.evidence).map(|curl| format!("curl: {curl}")));
    lines.push(format!("more: scimproof explain {}", finding.requirement));
    report.clean(&lines.join("\n")) + "\n"
}

/// A test case per client that was asked for: red where it breaks the gate.
fn readiness(report: &Report) -> TestSuite {
    let verdict = report.verdict;
    let mut suite = TestSuite::new("readiness");
    for client in verdict.clients.iter().filter(|client| client.asked) {
        let breaks =
            verdict.gate.problems.iter().any(|it| matches!(it, Problem::Client { id, .. } if *id == client.id));
        let mut status = match breaks {
            true => TestCaseStatus::non_success(NonSuccessKind::Failure),
            false if client.readiness.is_ready() => TestCaseStatus::success(),
            false => TestCaseStatus::skipped(),
        };
        let reasons: Vec<_> =
            client.reasons.iter().map(|it| report.clean(&format!("{}: {}", it.subject, it.text))).collect();
        status.set_message(client.readiness.as_str()).set_description(reasons.join("\n"));
        let mut case = named(&client.id, "readiness", status);
        case.add_property(("readiness", client.readiness.as_str()));
        suite.add_test_case(case);
    }
    suite
}

/// Leftovers, the budget, the baseline: what breaks a run without being a requirement.
fn house_keeping(report: &Report) -> TestSuite {
    let verdict = report.verdict;
    let mut suite = TestSuite::new("house-keeping");
    let budget = verdict.gate.problems.iter().filter_map(|it| match it {
        Problem::Budget { scenario } => Some(format!("{scenario} needs more users than the run may create")),
        _ => None,
    });
    let leftovers = verdict.facts.leftovers.iter().map(|it| format!("{} is still there: {}", it.path, it.reason));
    let unexpected =
        verdict.baseline.unexpected.iter().map(|it| format!("{} passes now (line {})", it.covers, it.line));
    let expired =
        verdict.baseline.expired.iter().map(|it| format!("{} is past its date (line {})", it.covers, it.line));
    let unknown = verdict.unknown.iter().map(|id| format!("there is a finding on {id}, which is no requirement"));
    for (name, lines) in [
        ("leftovers", leftovers.collect::<Vec<_>>()),
        ("budget", budget.collect()),
        ("baseline", unexpected.chain(expired).collect()),
        ("scimproof", unknown.collect()),
    ] {
        let mut status = TestCaseStatus::success();
        if let Some(first) = lines.first() {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(report.clean(first)).set_description(report.clean(&lines.join("\n")));
        }
        suite.add_test_case(named(name, "house-keeping", status));
    }
    suite
}

//! What GitHub Actions shows of a run: a job summary in Markdown, and annotations, of which a step may have ten.

use std::fmt::Write as _;

use super::{Report, counted};
use crate::flow::Outcome;
use crate::verdict::{ExitCode, Judged};

/// The most annotations of a step that GitHub shows.
const ANNOTATIONS: usize = 10;

/// The most bytes of a summary: GitHub drops one of more than a mebibyte whole.
const SUMMARY: usize = 900_000;

/// The most causes that a summary lists; the HTML report has them all.
const CAUSES: usize = 20;

/// The job summary.
#[must_use]
pub fn summary(report: &Report) -> String {
    let (verdict, facts) = (report.verdict, &report.verdict.facts);
    let word = if report.exit == ExitCode::Passed { "PASS" } else { "FAIL" };
    let target = facts.target.as_deref().unwrap_or("the bundled server");
    let mut text = format!("## scimproof: {word}\n\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}, profile {}, seed {}: {}, {}, {}, exit {}\n",
        cell(&report.plain(target)),
        cell(&report.plain(facts.profile.as_deref().unwrap_or("–"))),
        facts.seed.map_or_else(|| "–".to_owned(), |seed| seed.to_string()),
        counted(facts.finished(), "scenario"),
        counted(facts.exchanges, "exchange"),
        counted(facts.leftovers.len(), "leftover"),
        report.exit.code(),
    );
    let _ = writeln!(text, "| client | readiness | flows | why |\n|---|---|---|---|");
    for client in verdict.clients.iter().filter(|client| client.asked) {
        let why: Vec<_> = client.reasons.iter().take(6).map(|it| it.subject.as_str()).collect();
        let more = client.reasons.len() - why.len();
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        let flows = format!("{}/{}", client.flows_completed, client.flows_required);
        let _ =
            writeln!(text, "| {} | {} | {flows} | {}{more} |", client.id, client.readiness.as_str(), why.join(", "));
    }
    if !verdict.gate.passed() {
        let _ = writeln!(text, "\n{} at the gate.", counted(verdict.gate.problems.len(), "problem"));
    }
    if !verdict.causes.is_empty() {
        let _ = writeln!(text, "\n### Causes\n\n| cause | failures | breaks | usual fix |\n|---|---|---|---|");
    }
    for cause in verdict.causes.iter().take(CAUSES) {
        let (mark, fix) = (report.plain(&cause.mark), cause.fix);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell(&mark),
            cause.findings.len(),
            cause.breaks.join(", "),
            cell(fix)
        );
    }
    if verdict.causes.len() > CAUSES {
        let _ = writeln!(text, "\n{} more.", verdict.causes.len() - CAUSES);
    }
    let mut end = text.len().min(SUMMARY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Workflow commands, one a line: what breaks the gate, each requirement once, the most binding first.
#[must_use]
pub fn annotations(report: &Report) -> Vec<String> {
    let bad = |it: &&Judged| it.gated && matches!(it.finding.outcome, Outcome::Fail | Outcome::Warn);
    let mut found: Vec<&Judged> = report.verdict.findings.iter().filter(bad).collect();
    found.sort_by_key(|it| (it.finding.outcome != Outcome::Fail, it.level));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|it| seen.insert(it.finding.requirement.as_str()));
    let lines = found.into_iter().take(ANNOTATIONS).map(|it| {
        let finding = &it.finding;
        let word = if finding.outcome == Outcome::Fail { "error" } else { "warning" };
        let text = format!(
            "{}: expected {}, got {} ({}, step {})",
            it.summary, finding.expected, finding.got, finding.scenario, finding.step
        );
        let title = format!("{} {}", finding.requirement, it.level.as_str());
        format!("::{word} title={}::{}", escaped(&title, true), escaped(&report.plain(&text), false))
    });
    lines.collect()
}

/// A text as a workflow command takes it.
fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

/// A text as a cell of a table that no server can break out of.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '<' | '>' | '`' | '[' | ']' | '*' | '_' | '\\' => out.extend(['\\', character]),
            '\n' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

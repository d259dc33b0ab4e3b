//! What `doctor` found, for people and as JSON: a line for each probe, with the fix where there is one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Scrub;
use super::terminal::{Paint, Tone, wrap};
use crate::doctor::{Finding, Status};

/// The name of the JSON format (`reports/schema/scimproof.doctor.v1.schema.json`), append-only from here on.
pub const SCHEMA: &str = "scimproof.doctor/1";

/// The column at which a finding's text begins.
const INDENT: usize = 25;

/// What stands beside the findings.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The base URL; `None` for the bundled server, or where the text was no URL.
    pub target: Option<&'a str>,
    /// How the target is called on the page.
    pub name: &'a str,
    /// How the process ends.
    pub exit_code: u8,
}

/// The page, ending in a line of counts. Every text is scrubbed before it is wrapped.
#[must_use]
pub fn text(subject: &Subject, findings: &[Finding], width: usize, scrub: Scrub) -> String {
    let paint = Paint(true);
    let mut page = format!("scimproof {}  doctor  target {}\n\n", env!("CARGO_PKG_VERSION"), subject.name);
    for Finding { probe, outcome } in findings {
        let tone = match outcome.status {
            Status::Ok => Tone::Good,
            Status::Warn => Tone::Doubt,
            Status::Fail => Tone::Bad,
            Status::Skipped => Tone::Faint,
        };
        let word = paint.apply(tone, &format!("{:<4}", outcome.status.word()));
        let seen = wrap(&scrub(&outcome.seen), width, INDENT);
        let _ = writeln!(page, "  {word}  {:<17}{}", probe.title(), seen.trim_start());
        if let Some(fix) = &outcome.fix {
            let fix = wrap(&format!("fix: {}", scrub(fix)), width, INDENT);
            let _ = writeln!(page, "{fix}");
        }
    }
    let counts = COUNTED.map(|status| format!("{} {}", count(findings, status), status.word()));
    let _ = writeln!(page, "\n  {}   exit {}", counts.join("   "), subject.exit_code);
    page
}

/// The JSON report: every key is always present, unknown is `null`.
#[must_use]
pub fn value(subject: &Subject, findings: &[Finding]) -> Value {
    let counts = COUNTED.map(|status| (status.key().to_owned(), count(findings, status).into()));
    let probes: Vec<Value> = findings
        .iter()
        .map(|Finding { probe, outcome }| {
            json!({
                "id": probe.id(),
                "title": probe.title(),
                "status": outcome.status.key(),
                "seen": outcome.seen,
                "fix": outcome.fix,
            })
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "target": subject.target,
        "exit_code": subject.exit_code,
        "summary": Value::Object(counts.into_iter().collect()),
        "probes": probes,
    })
}

const COUNTED: [Status; 4] = [Status::Ok, Status::Warn, Status::Fail, Status::Skipped];

fn count(findings: &[Finding], status: Status) -> usize {
    findings.iter().filter(|it| it.outcome.status == status).count()
}

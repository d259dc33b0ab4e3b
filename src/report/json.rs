//! The JSON report, `scimproof.report/1` (`reports/schema/scimproof.report.v1.schema.json`): append-only from here on.
//!
//! Every key is always present, unknown is `null`. A body is a JSON value where it is JSON, else a string.

use std::io;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use super::{Report, gate_words, mask, place};
use crate::flow::{Outcome, SkipReason};
use crate::verdict::{Cause, ClientVerdict, Problem, ReadingSeen};
use crate::wire::{Exchange, Headers};

/// The name of the format, the report's `schema`.
pub const SCHEMA: &str = "scimproof.report/1";

/// The report as it is serialized: the head as one value, the exchanges one after the other, so that no two of them are
/// held as JSON at once.
struct Whole<'a>(&'a Report<'a>);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let head = head(report);
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in head.as_object().into_iter().flatten() {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("exchanges", &Exchanges(report))?;
        map.end()
    }
}

struct Exchanges<'a>(&'a Report<'a>);

impl Serialize for Exchanges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.exchanges.iter().map(|it| exchange(self.0, it)))
    }
}

/// The report as a JSON value.
///
/// # Errors
/// None that is known of: every key is a string.
pub fn value(report: &Report) -> serde_json::Result<Value> {
    serde_json::to_value(Whole(report))
}

/// All but the exchanges.
fn head(report: &Report) -> Value {
    let (verdict, facts) = (report.verdict, &report.verdict.facts);
    let counts: Map<String, Value> =
        verdict.counts().into_iter().map(|(outcome, count)| (outcome.as_str().to_owned(), count.into())).collect();
    let families: Map<String, Value> =
        verdict.families.iter().map(|(family, readiness)| (family.clone(), readiness.as_str().into())).collect();
    let clients: Map<String, Value> =
        verdict.clients.iter().map(|client| (client.id.clone(), client.readiness.as_str().into())).collect();
    json!({
        "schema": SCHEMA,
        "target": {
            "url": facts.target.as_deref().map(|url| report.clean(url)),
            "profile": facts.profile.as_deref().map(|name| report.clean(name)),
            "capabilities": body(report, facts.capabilities.clone()),
            "require": verdict.require,
        },
        "seed": facts.seed,
        "duration_ms": facts.duration.map(milliseconds),
        "exit_code": report.exit.code(),
        "version": env!("CARGO_PKG_VERSION"),
        "gate": {
            "fail_on": gate_words(verdict.fail_on),
            "passed": verdict.gate.passed(),
            "allowed_inconclusive": verdict.gate.allowed,
            "problems": verdict.gate.problems.iter().map(Problem::phrase).collect::<Vec<_>>(),
        },
        "clients": verdict.clients.iter().map(client).collect::<Vec<_>>(),
        "summary": {
            "requirements": counts,
            "exchanges": facts.exchanges,
            "leftovers": facts.leftovers.len(),
            "retired": facts.retired,
            "met": {
                "throttled": facts.throttled.iter().map(|(k, n)| (k.to_string(), (*n).into())).collect::<Map<_, _>>(),
                "waited_ms": milliseconds(facts.waited),
                "unanswered": facts.unanswered,
            },
            "idp": families,
            "idp_profiles": clients,
        },
        "requirements": verdict.requirements.iter().map(|it| json!({
            "id": it.id,
            "source": it.source,
            "level": it.level.as_str(),
            "outcome": it.outcome.as_str(),
            "proven": it.proven,
        })).collect::<Vec<_>>(),
        "findings": verdict.findings.iter().filter(|it| it.finding.outcome != Outcome::Pass).map(|it| json!({
            "requirement": it.finding.requirement,
            "level": it.level.as_str(),
            "outcome": it.finding.outcome.as_str(),
            "check": report.clean(&it.finding.check),
            "scenario": it.finding.scenario,
            "step": report.clean(&it.finding.step),
            "position": place(&it.finding.position),
            "expected": report.clean(&it.finding.expected),
            "got": report.clean(&it.finding.got),
            "cause": it.cause,
            "exchanges": it.finding.evidence.exchanges().iter().map(|id| id.0.as_str()).collect::<Vec<_>>(),
            "curl": report.curl(&it.finding.evidence),
        })).collect::<Vec<_>>(),
        "causes": verdict.causes.iter().map(|cause| json!({
            "what": report.clean(&cause.mark),
            "fix": cause.fix,
            "breaks": cause.breaks,
            "requirements": requirements_of(report, cause),
            "findings": cause.findings.len(),
        })).collect::<Vec<_>>(),
        "contradictions": verdict.contradictions.iter().map(|(set, it)| json!({
            "sets": [set, it.with],
            "what": it.what,
            "requirements": it.here.iter().chain(&it.there).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "skipped": facts.skipped.iter().map(|it| json!({
            "scenario": it.scenario,
            "reason": it.reason.as_str(),
            "text": report.clean(&it.reason.phrase()),
            "requirements": match &it.reason {
                SkipReason::NotObservable { requirements, .. } => requirements.as_slice(),
                _ => &[],
            },
        })).collect::<Vec<_>>(),
        "readings": verdict.readings.iter().flat_map(|reading| {
            reading.numbers.iter().map(|number| json!({"id": reading.interpretation, "reading": number, "clients": reading.clients, "against": against(reading)}))
        }).collect::<Vec<_>>(),
    })
}

/// The families that need another reading than was seen.
fn against(reading: &ReadingSeen) -> Vec<&str> {
    reading.against.iter().map(|(family, _)| family.as_str()).collect()
}

fn client(it: &ClientVerdict) -> Value {
    json!({
        "id": it.id,
        "asked": it.asked,
        "readiness": it.readiness.as_str(),
        "flows": {"completed": it.flows_completed, "required": it.flows_required},
        "reasons": it.reasons.iter().map(|reason| json!({
            "subject": reason.subject,
            "text": reason.text,
            "leads_to": reason.leads_to.as_str(),
            "known": reason.known,
        })).collect::<Vec<_>>(),
    })
}

/// The requirements that fail by a cause, the most telling first.
fn requirements_of<'a>(report: &Report<'a>, cause: &Cause) -> Vec<&'a str> {
    let mut ids = Vec::new();
    for it in cause.findings.iter().filter_map(|n| report.verdict.findings.get(*n)) {
        if !ids.contains(&it.finding.requirement.as_str()) {
            ids.push(it.finding.requirement.as_str());
        }
    }
    ids
}

/// Writes the report, indented, with a newline at its end.
///
/// # Errors
/// The writer's.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Whole(report))?;
    out.write_all(b"\n")
}

fn exchange(report: &Report, it: &Exchange) -> Value {
    json!({
        "id": it.id.0,
        "scenario": it.scenario,
        "step": report.clean(&it.step),
        "started_ms": milliseconds(it.started),
        "duration_ms": milliseconds(it.duration),
        "request": {
            "method": it.request.method.as_str(),
            "url": report.clean(&it.url),
            "headers": headers(report, &it.request.headers),
            "body": it.request.body.as_deref().map(|bytes| bytes_body(report, bytes)),
        },
        "response": it.answer.as_ref().ok().map(|answer| json!({
            "status": answer.status,
            "headers": headers(report, &answer.headers),
            "body": if answer.body.is_empty() { Value::Null } else { bytes_body(report, &answer.body) },
        })),
        "error": it.answer.as_ref().err().map(|failure| report.clean(&failure.reason)),
    })
}

pub(super) fn headers(report: &Report, headers: &Headers) -> Vec<[String; 2]> {
    headers.iter().map(|(name, value)| [report.clean(name), report.clean(mask::header(name, value))]).collect()
}

/// A body as text, scrubbed as in the report; empty for none.
pub(super) fn bytes_text(report: &Report, bytes: &[u8]) -> String {
    match bytes_body(report, bytes) {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

fn bytes_body(report: &Report, bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(value) => body(report, value),
        Err(_) => report.clean(&mask::text(&String::from_utf8_lossy(bytes))).into(),
    }
}

/// A body without passwords, every text and number in it scrubbed.
fn body(report: &Report, mut value: Value) -> Value {
    mask::value(&mut value);
    scrub(report, value)
}

/// The most bytes of one text that a report holds; nobody reads a megabyte of padding.
const LONGEST: usize = 32 << 10;

/// A text that is longer: its beginning, and how long it was.
fn brief(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let beginning: String = text.chars().take(64).collect();
    format!("{beginning}… ({} bytes)", text.len())
}

fn scrub(report: &Report, value: Value) -> Value {
    match value {
        Value::String(text) => brief(report.clean(&text)).into(),
        Value::Number(number) => {
            let text = number.to_string();
            let clean = report.clean(&text);
            if clean == text { number.into() } else { clean.into() }
        }
        Value::Array(items) => items.into_iter().map(|item| scrub(report, item)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (report.clean(&name), scrub(report, member))).collect()
        }
        other => other,
    }
}

/// Milliseconds with microseconds behind the point.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    // Exact below 2^53 microseconds, which is 285 years.
    #[expect(clippy::cast_precision_loss, reason = "a run is shorter than 285 years")]
    let micros = duration.as_micros() as f64;
    micros / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_up_to_a_length_and_then_named_by_it() {
        for (text, wanted) in [
            (String::new(), String::new()),
            ("ü".repeat(LONGEST / 2), "ü".repeat(LONGEST / 2)),
            ("ü".repeat(LONGEST / 2 + 1), format!("{}… ({} bytes)", "ü".repeat(64), LONGEST + 2)),
        ] {
            assert_eq!(brief(text), wanted);
        }
    }
}

//! What `load` measured, for people and as JSON: three rates, two latencies by operation, the tool's own lateness, what was
//! wrong, and what was read back at the end.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::load::{Difference, Ended, Kept, Measured, Operation, Percentiles, Searched};

/// The name of the JSON format (`reports/schema/scimproof.load.v1.schema.json`), append-only from here on.
pub const SCHEMA: &str = "scimproof.load/1";

/// The percentiles of a report, by name.
const SHOWN: [(&str, f64); 6] =
    [("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9), ("p99.99", 99.99)];

/// A load, and everything around it.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The base URL; `None` for the bundled server.
    pub target: Option<&'a str>,
    /// The profile of the target.
    pub profile: &'a str,
    /// The seed.
    pub seed: u64,
    /// The workload's name and title.
    pub workload: (&'a str, &'a str),
    /// How requests arrived, in words: `100/s for 10 s`.
    pub arrivals: &'a str,
    /// What sent them.
    pub engine: &'a str,
    /// How the process ends.
    pub exit_code: u8,
    /// Somebody stopped it.
    pub interrupted: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// What was measured; of a search, at the best rate or else at the last.
    pub measured: &'a Measured,
    /// The thresholds.
    pub kept: &'a [Kept],
    /// What the search tried.
    pub searched: Option<&'a Searched>,
    /// What was read back and what is left.
    pub ended: &'a Ended,
}

/// The JSON report: every key is always present, unknown is `null`.
#[must_use]
pub fn value(subject: &Subject<'_>, outcome: &Outcome<'_>) -> Value {
    let Outcome { measured, kept, searched, ended } = outcome;
    json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "target": { "url": subject.target, "profile": subject.profile },
        "seed": subject.seed,
        "engine": subject.engine,
        "workload": { "name": subject.workload.0, "title": subject.workload.1, "arrivals": subject.arrivals },
        "began_ms": measured.began.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |it| it.as_secs_f64() * 1000.0),
        "exit_code": subject.exit_code,
        "interrupted": subject.interrupted,
        "validity": { "valid": measured.invalid.is_empty(), "reasons": measured.invalid },
        "rates": { "offered": round(measured.offered), "sent": round(measured.sent), "completed": round(measured.completed) },
        "window": { "warm_up_s": measured.warm_up.as_secs_f64(), "measured_s": measured.window.as_secs_f64() },
        "requests": measured.requests,
        "unsent": measured.unsent,
        "operations": measured.operations.iter().map(|(act, it)| {
            let mut row = operation(it);
            row.insert("name".to_owned(), act.name().into());
            Value::Object(row)
        }).collect::<Vec<_>>(),
        "total": operation(&measured.total),
        "lateness_ms": percentiles(&measured.lateness),
        "busy": measured.busy.map(round),
        "series": measured.seconds.iter().enumerate().map(|(n, second)| json!({
            "second": n,
            "offered": measured.offered_each.get(n).copied().unwrap_or(if measured.offered_each.is_empty() { second.sent } else { 0 }),
            "sent": second.sent,
            "completed": second.completed,
            "errors": second.errors,
            "p50_ms": second.at(50.0).map(ms),
            "p99_ms": second.at(99.0).map(ms),
        })).collect::<Vec<_>>(),
        "errors": measured.errors.iter().map(|(kind, count, example)| json!({
            "kind": kind, "count": count, "example": example,
        })).collect::<Vec<_>>(),
        "correctness": {
            "checked": ended.problems.checked,
            "unread": ended.problems.unread,
            "problems": ended.problems.found.iter().map(|(what, (count, examples))| json!({
                "what": what, "count": count, "examples": examples,
            })).collect::<Vec<_>>(),
        },
        "thresholds": kept.iter().map(|it| json!({
            "expression": it.expression, "value": it.value, "kept": it.kept,
        })).collect::<Vec<_>>(),
        "search": searched.map(|found| json!({
            "best": found.best.map(round),
            "limited_by_tool": found.limited,
            "trials": found.trials.iter().map(|it| json!({
                "rate": round(it.rate),
                "held": it.held,
                "completed": round(it.measured.completed),
                "p99_ms": ms(it.measured.total.response.at(99.0)),
                "errors": it.measured.total.errors + it.measured.unsent,
                "crossed": it.kept.iter().filter(|it| !it.kept).map(|it| &it.expression).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })),
        "leftovers": ended.leftovers,
    })
}

fn operation(it: &Operation) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("count".to_owned(), it.response.count().into());
    row.insert("errors".to_owned(), it.errors.into());
    row.insert("response_ms".to_owned(), percentiles(&it.response));
    row.insert("service_ms".to_owned(), percentiles(&it.service));
    row
}

fn percentiles(values: &Percentiles) -> Value {
    let some = values.count() > 0;
    let of = |duration: Duration| if some { json!(ms(duration)) } else { Value::Null };
    let mut row: Map<String, Value> =
        SHOWN.iter().map(|(name, percent)| ((*name).to_owned(), of(values.at(*percent)))).collect();
    row.insert("max".to_owned(), of(values.max()));
    Value::Object(row)
}

/// Milliseconds, to the microsecond.
fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// Three decimals are enough for a rate.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The text.
#[must_use]
pub fn text(heading: &str, subject: &Subject<'_>, outcome: &Outcome<'_>) -> String {
    let Outcome { measured, kept, searched, ended } = outcome;
    let mut text = format!("{heading}\n\n");
    // Writing to a String cannot fail.
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!("{}: {}", subject.workload.0, subject.workload.1));
    line(format!("{}, by {}", subject.arrivals, subject.engine));
    if let Some(found) = searched {
        line(String::new());
        for it in &found.trials {
            let crossed: Vec<_> = it.kept.iter().filter(|it| !it.kept).map(|it| it.expression.as_str()).collect();
            let word = match (it.held, crossed.is_empty()) {
                (true, _) => "held".to_owned(),
                (false, false) => format!("crossed {}", crossed.join(", ")),
                (false, true) if !it.measured.invalid.is_empty() => {
                    format!("invalid: {}", it.measured.invalid.join("; "))
                }
                (false, true) => {
                    format!("{:.1}/s answered, {} errors", it.measured.completed, it.measured.total.errors)
                }
            };
            let p99 = ms(it.measured.total.response.at(99.0));
            line(format!("  {:>10.1}/s  p99 {p99:>9.2} ms  {word}", it.rate));
        }
        line(match (found.best, found.limited) {
            (Some(best), false) => format!("\nthe highest rate that was held twice: {best:.1}/s"),
            (Some(best), true) => format!("\nat least {best:.1}/s: above it this tool was the limit"),
            (None, true) => "\nno rate can be said: this tool was the limit".to_owned(),
            (None, false) => "\nno rate was held".to_owned(),
        });
    }
    line(format!(
        "\n{:.1}/s offered, {:.1}/s sent, {:.1}/s answered, over {:.1} s{}",
        measured.offered,
        measured.sent,
        measured.completed,
        measured.window.as_secs_f64(),
        match measured.warm_up {
            Duration::ZERO => String::new(),
            cut => format!(" (the first {:.1} s, warming up, are not counted)", cut.as_secs_f64()),
        }
    ));
    let head: String = SHOWN.iter().map(|(name, _)| format!("{name:>10}")).collect();
    let head = |title: &str| format!("\n{title:<28}{:>9}{head}{:>10}", "answers", "max");
    line(head("response time, ms"));
    for (name, values) in rows(measured, |it| &it.response) {
        line(row(name, values));
    }
    line(head("service time, ms"));
    for (name, values) in rows(measured, |it| &it.service) {
        line(row(name, values));
    }
    if measured.lateness.count() > 0 {
        line(row("lateness of this tool", &measured.lateness));
    }
    for (kind, count, example) in &measured.errors {
        let example: String = example.chars().take(160).collect();
        line(format!("\nWRONG {count} x {kind}\n      {example}"));
    }
    for (what, (count, examples)) in &ended.problems.found {
        line(format!("\nLOST OR WRONG AFTERWARDS {count} x {what}\n      {}", examples.join(", ")));
    }
    line(format!(
        "\nread back: {} answers compared, {} problems{}",
        ended.problems.checked,
        ended.problems.found.values().map(|(count, _)| count).sum::<u64>(),
        match ended.problems.unread {
            0 => String::new(),
            unread => format!(", {unread} could not be read"),
        }
    ));
    for it in *kept {
        let word = if it.kept { "kept" } else { "CROSSED" };
        line(format!("threshold {}: {word}, it was {}", it.expression, it.value));
    }
    for reason in &measured.invalid {
        line(format!("INVALID: {reason}"));
    }
    if subject.interrupted {
        line("INTERRUPTED: what was measured until then".to_owned());
    }
    line(format!("\n  leftovers {}", ended.leftovers));
    text
}

fn rows(measured: &Measured, pick: fn(&Operation) -> &Percentiles) -> Vec<(&'static str, &Percentiles)> {
    let operations = measured.operations.iter().map(|(act, it)| (act.name(), pick(it)));
    operations.chain([("all", pick(&measured.total))]).collect()
}

fn row(name: &str, values: &Percentiles) -> String {
    let cells: String = SHOWN.iter().map(|(_, percent)| format!("{:>10.2}", ms(values.at(*percent)))).collect();
    format!("{name:<28}{:>9}{cells}{:>10.2}", values.count(), ms(values.max()))
}

/// The differences of two sets of runs, as text.
#[must_use]
pub fn differences(runs: (usize, usize), found: &[Difference]) -> String {
    let mut text = format!("{} runs before, {} runs after\n\n", runs.0, runs.1);
    let _ =
        writeln!(text, "{:<28}{:>12}{:>12}{:>8}  {:<18}verdict", "median", "before", "after", "ratio", "95 % interval");
    for it in found {
        let interval = it.interval.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.3} to {high:.3}"));
        let (before, after) = it.medians;
        let _ = writeln!(
            text,
            "{:<28}{before:>12.3}{after:>12.3}{:>8.3}  {interval:<18}{}",
            it.metric, it.ratio, it.verdict
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::engine::Arrivals;
    use crate::load::{Act, Problems, Record, Sample, Schedule, Slo, Wrong, compare, search};

    /// A load of 200 requests in two seconds: answers of 1 to 100 ms, of which two are wrong.
    fn measured(factor: u64) -> Measured {
        let mut record = Record::new(Duration::ZERO);
        let schedule = Schedule::constant(100.0, Duration::from_secs(2));
        for n in 0..schedule.len() {
            let intended = schedule.start(n);
            let sent = intended + Duration::from_micros(40);
            let done = intended + Duration::from_millis((n % 100 + 1) * factor);
            record.lateness.record(sent - intended);
            record.sent(sent);
            let act = if n % 3 == 0 { Act::CreateUser } else { Act::FindUser };
            let wrong = (n % 100 == 7)
                .then(|| Wrong { kind: "find user: 503".to_owned(), example: "come back later".to_owned() });
            record.done(Sample { act, intended, sent, done }, wrong);
        }
        Measured::new(record, &Arrivals::Open(schedule), Some(Duration::ZERO), 3, Duration::from_secs(2))
    }

    #[test]
    fn everything_that_was_measured_is_said_and_fits_the_schema() {
        let measured = measured(1);
        let slo: Slo = "p99<150ms,errors<0.1%".parse().unwrap();
        let mut problems = Problems { checked: 120, unread: 1, ..Problems::default() };
        problems.found.insert("a member is lost", (2, vec!["load.m.1 in Load m 2".to_owned()]));
        let ended = Ended { problems, leftovers: 1 };
        let kept = slo.judge(&measured);
        let subject = Subject {
            target: None,
            profile: "rfc",
            seed: 7,
            workload: ("mixed-day", "A working day"),
            arrivals: "open loop, 200 requests in 2s, at most 100.0/s, 64 in flight",
            engine: "scimproof",
            exit_code: 5,
            interrupted: false,
        };
        let outcome = Outcome { measured: &measured, kept: &kept, searched: None, ended: &ended };
        insta::assert_snapshot!("load", text("scimproof", &subject, &outcome));
        let schema = include_str!("../../reports/schema/scimproof.load.v1.schema.json");
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let mut value = value(&subject, &outcome);
        assert_eq!(schema.iter_errors(&value).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
        value["validity"]["valid"] = "perhaps".into();
        assert!(!schema.is_valid(&value));
    }

    #[test]
    fn a_search_and_a_comparison_are_said() {
        let slo: Slo = "p99<150ms,errors<3%".parse().unwrap();
        let play = |rate: f64| Ok(self::measured(if rate > 250.0 { 2 } else { 1 }));
        let found = search(100.0, None, &slo, play, || false).unwrap();
        let (measured, ended) = (measured(1), Ended::default());
        let kept = slo.judge(&measured);
        let subject = Subject {
            target: Some("https://example.test/scim/v2"),
            profile: "rfc",
            seed: 7,
            workload: ("read-by-id", "Users are read by id"),
            arrivals: "open loop, searching from 100.0/s, 2s each, 64 in flight",
            engine: "scimproof",
            exit_code: 0,
            interrupted: true,
        };
        let outcome = Outcome { measured: &measured, kept: &kept, searched: Some(&found), ended: &ended };
        insta::assert_snapshot!("load_search", text("scimproof", &subject, &outcome));
        let side = crate::load::Side {
            metric: "response p99, ms".to_owned(),
            more_is_better: false,
            before: vec![10.0, 11.0, 10.5],
            after: vec![5.0, 5.2, 5.1],
        };
        let few = crate::load::Side { after: vec![5.0], ..side.clone() };
        let found = [compare(&side, 1), compare(&few, 1)];
        insta::assert_snapshot!("load_compare", differences((3, 3), &found));
    }
}

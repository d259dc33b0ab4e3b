//! `compare`: two sets of load reports, metric by metric, with an interval that whole runs are drawn for.

use std::path::PathBuf;

use serde_json::Value;

use crate::cli::args::Compare;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::load::{Side, compare as judge};
use crate::report::load as report;
use crate::verdict::ExitCode;

/// The metrics: their words, where they stand in a report, and whether more is better.
const METRICS: [(&str, &str, bool); 8] = [
    ("answered, 1/s", "/rates/completed", true),
    ("errors", "/total/errors", false),
    ("response p50, ms", "/total/response_ms/p50", false),
    ("response p95, ms", "/total/response_ms/p95", false),
    ("response p99, ms", "/total/response_ms/p99", false),
    ("service p50, ms", "/total/service_ms/p50", false),
    ("service p99, ms", "/total/service_ms/p99", false),
    ("highest rate held, 1/s", "/search/best", true),
];

/// Where two reports must agree, so that they speak of the same thing.
const SAME: [(&str, &str); 3] =
    [("workload", "/workload/name"), ("arrivals", "/workload/arrivals"), ("engine", "/engine")];

/// The seed of the draws: the same reports give the same interval.
const SEED: u64 = 1;

/// Compares and prints.
///
/// # Errors
/// [`Fault`] (usage): a file that is no report of a load, or reports of different loads.
pub fn compare(flags: &Compare, context: &Context) -> Result<ExitCode, Fault> {
    let (before, after) = (read(&flags.before)?, read(&flags.after)?);
    for (word, pointer) in SAME {
        let mut seen: Vec<&Value> = before.iter().chain(&after).filter_map(|it| it.pointer(pointer)).collect();
        seen.dedup();
        if let [one, other, ..] = seen[..] {
            return Err(Fault::usage(format!("the reports differ in their {word}: {one} and {other}")));
        }
    }
    if let Some(invalid) = before.iter().chain(&after).find(|it| it["validity"]["valid"] == Value::Bool(false)) {
        let reason = invalid["validity"]["reasons"][0].as_str().unwrap_or("no reason is named");
        return Err(Fault::usage(format!("one of the reports is invalid: {reason}")));
    }
    let values = |reports: &[Value], pointer: &str| -> Option<Vec<f64>> {
        reports.iter().map(|it| it.pointer(pointer)?.as_f64()).collect()
    };
    let sides = METRICS.iter().filter_map(|(metric, pointer, more_is_better)| {
        let (before, after) = (values(&before, pointer)?, values(&after, pointer)?);
        let something = before.iter().chain(&after).any(|value| *value > 0.0);
        something.then(|| Side { metric: (*metric).to_owned(), more_is_better: *more_is_better, before, after })
    });
    let found: Vec<_> = sides.map(|side| judge(&side, SEED)).collect();
    context.print(&report::differences((before.len(), after.len()), &found));
    Ok(ExitCode::Passed)
}

fn read(files: &[PathBuf]) -> Result<Vec<Value>, Fault> {
    let one = |file: &PathBuf| {
        let wrong = |reason: String| Fault::usage(format!("{}: {reason}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if value["schema"] != report::SCHEMA {
            return Err(wrong(format!("it is no report of a load ({})", report::SCHEMA)));
        }
        Ok(value)
    };
    files.iter().map(one).collect()
}

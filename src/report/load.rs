//! What `load` measured, for people: both latencies by name, the tool's own lateness, and what was wrong.

use std::fmt::Write as _;
use std::time::Duration;

use crate::load::{Options, Percentiles, Summary};

/// The percentiles that are shown.
const SHOWN: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// The text; `p99` is the threshold, if there is one.
#[must_use]
pub fn text(heading: &str, options: &Options, summary: &Summary, p99: Option<Duration>) -> String {
    let mut text = format!("{heading}\n\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "asked for {}/s for {:?}: {} planned, {} sent, {} answered rightly ({:.1}/s)",
        options.schedule.rate,
        options.schedule.duration,
        summary.planned,
        summary.sent,
        summary.right,
        summary.throughput()
    );
    let _ = writeln!(
        text,
        "\n{:<42}{}",
        "milliseconds",
        SHOWN.map(|p| format!("{:>9}", format!("p{p}"))).concat() + "      max"
    );
    for (name, values) in [
        ("response time (from the planned start)", &summary.response_time),
        ("service time (from the actual sending)", &summary.service_time),
        ("lateness of this tool", &summary.lateness),
    ] {
        let _ = writeln!(text, "{name:<42}{}", row(values));
    }
    for wrong in summary.wrong_answers() {
        let _ = writeln!(text, "\nWRONG {} x {}", wrong.times, wrong.what);
    }
    if let Some(limit) = p99 {
        let got = summary.response_time.at(99.0);
        let word = if got > limit { "CROSSED" } else { "kept" };
        let _ = writeln!(text, "\nthreshold p99 of response time {limit:?}: {word}, it was {got:.1?}");
    }
    let _ = writeln!(text, "\n  leftovers {}", summary.leftovers);
    text
}

fn row(values: &Percentiles) -> String {
    let cell = |duration: Duration| format!("{:>9.2}", duration.as_secs_f64() * 1000.0);
    SHOWN.map(|percent| cell(values.at(percent))).concat() + &cell(values.max())
}

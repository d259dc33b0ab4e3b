//! The flags of `load` and of `compare`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::{Access, duration, rate};
use crate::load::{Slo, named_rates};

/// Everything that `load` takes.
#[derive(Debug, Args, Default)]
pub struct Load {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub access: Access,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub traffic: Traffic,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub judgement: Judgement,
}

/// What is sent, and how fast.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Traffic")]
pub struct Traffic {
    /// What is sent: a workload (see `list --workloads`) or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "mixed-day", value_hint = ValueHint::FilePath)]
    pub workload: String,
    /// Requests: 100 or 100/s, 180/min, a published limit (entra-floor, slack-create …); 100,200,400 goes up in steps,
    /// 10..500 evenly [default: the workload's own].
    #[arg(long, value_name = "RATE", value_parser = arrivals, conflicts_with = "users")]
    pub rate: Option<Rate>,
    /// How long requests are started; of a search, at each rate.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub duration: Duration,
    /// Closed loop instead: so many clients, each of which waits for its answer before it sends the next.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub users: Option<u16>,
    /// How long each of them thinks after an answer [default: not at all].
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "users")]
    pub think: Option<Duration>,
    /// Users that exist before the load begins [default: the workload's own].
    #[arg(long, value_name = "N")]
    pub population: Option<usize>,
    /// Most requests in flight; waiting for a place counts as response time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub in_flight: u16,
    /// At most so many requests of the load itself.
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Threads that send, each with its own part of the workload.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
    /// HTTP/2 instead of HTTP/1.1.
    #[arg(long)]
    pub http2: bool,
    /// What sends.
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineKind,
    /// The seed of every drawn value; printed by every run.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// What is judged, and where it is written.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Judgement")]
pub struct Judgement {
    /// Thresholds, e.g. 'p99<50ms,errors<0.1%' (exit 5 if crossed): p50 to p99.99, max, service.p99, errors, rate,
    /// 'create user: p99<80ms'. Without one for errors, any error is one too many (exit 1).
    #[arg(long, value_name = "EXPR", value_parser = thresholds)]
    pub slo: Option<Slo>,
    /// Look for the highest rate that keeps the thresholds: doubled from --rate, then halved in between.
    #[arg(long, requires = "slo", conflicts_with = "users")]
    pub search: bool,
    /// How much of the begin does not count; found out from the seconds if not given.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub warm_up: Option<Duration>,
    /// At the end, read so many users back and compare them, evenly chosen; all groups are.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub read_back: usize,
    /// Write the report as JSON; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML file that needs no network.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
}

/// What sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EngineKind {
    /// Our own: open and closed loop, exact to microseconds.
    #[default]
    Own,
    /// goose: weighted journeys of --users in a closed loop; only in a build with its feature.
    Goose,
}

/// How fast requests arrive.
#[derive(Debug, Clone, PartialEq)]
pub enum Rate {
    /// Requests a second, one rate after the other.
    Steps(Vec<f64>),
    /// Requests a second, from one to the other.
    Ramp(f64, f64),
}

/// Everything that `compare` takes.
#[derive(Debug, Args)]
pub struct Compare {
    /// JSON reports of `load` before the change.
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., value_hint = ValueHint::FilePath)]
    pub before: Vec<PathBuf>,
    /// JSON reports of `load` after it.
    #[arg(long, value_name = "FILE", required = true, num_args = 1.., value_hint = ValueHint::FilePath)]
    pub after: Vec<PathBuf>,
}

fn thresholds(text: &str) -> Result<Slo, String> {
    text.parse()
}

fn arrivals(text: &str) -> Result<Rate, String> {
    if let Some((from, to)) = text.split_once("..") {
        let from = if from.trim() == "0" { 0.0 } else { one(from)? };
        return Ok(Rate::Ramp(from, one(to)?));
    }
    text.split(',').map(one).collect::<Result<_, _>>().map(Rate::Steps)
}

/// `100`, `100/s`, `180/min`, or the name of a published limit.
fn one(text: &str) -> Result<f64, String> {
    let text = text.trim();
    if let Some(named) = named_rates().iter().find(|it| it.name == text) {
        return Ok(named.per_minute / 60.0);
    }
    let read = match text.strip_suffix("/min") {
        Some(number) => rate(number).map(|it| it / 60.0),
        None => rate(text.strip_suffix("/s").unwrap_or(text)),
    };
    read.map_err(|error| {
        let names: Vec<_> = named_rates().iter().map(|it| it.name.as_str()).collect();
        format!("{error}: 100, 100/s, 180/min, or one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        let rows = [
            ("100", Rate::Steps(vec![100.0])),
            ("25/s", Rate::Steps(vec![25.0])),
            ("180/min", Rate::Steps(vec![3.0])),
            ("slack-create", Rate::Steps(vec![3.0])),
            ("100, 200,400", Rate::Steps(vec![100.0, 200.0, 400.0])),
            ("0..50", Rate::Ramp(0.0, 50.0)),
            ("60/min..10", Rate::Ramp(1.0, 10.0)),
        ];
        for (text, expected) in rows {
            assert_eq!(arrivals(text), Ok(expected), "{text}");
        }
        for text in ["", "0", "-1", "fast", "1..0", "10,,20", "inf"] {
            assert!(arrivals(text).is_err(), "{text}");
        }
    }
}

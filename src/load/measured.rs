//! What a load measured, ready to be judged and shown: rates, latencies, seconds, errors, and whether the tool itself was the
//! limit.

use std::time::{Duration, SystemTime};

use super::engine::Arrivals;
use super::record::{Operation, Percentiles, Second};
use super::{Act, Record};

/// A tool that used more of a core than this was the limit.
const BUSY: f64 = 0.85;

/// The tool's lateness may be so much of what was measured …
const LATE_PART: f64 = 0.1;

/// … and is never held against it below this.
const LATE: Duration = Duration::from_micros(300);

/// Fewer than this part of the asked requests sent is another load than the one asked for.
const SENT: f64 = 0.95;

/// A measured load.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The moment from which intended starts count, by the clock of this machine.
    pub began: SystemTime,
    /// Requests a second that were meant to start, after the warm-up.
    pub offered: f64,
    /// Requests a second that were sent.
    pub sent: f64,
    /// Answers a second, within the time of the load.
    pub completed: f64,
    /// Requests that were sent, the warm-up among them.
    pub requests: u64,
    /// Requests that never found a place in flight.
    pub unsent: u64,
    /// How much of the begin does not count.
    pub warm_up: Duration,
    /// How long is counted.
    pub window: Duration,
    /// What each operation took.
    pub operations: Vec<(Act, Operation)>,
    /// All operations together.
    pub total: Operation,
    /// The tool's own lateness.
    pub lateness: Percentiles,
    /// The seconds, the warm-up and the last answers among them.
    pub seconds: Vec<Second>,
    /// Requests meant to start in each second; empty in a closed loop.
    pub offered_each: Vec<u64>,
    /// Faults by kind, the most frequent first: kind, how often, an example.
    pub errors: Vec<(String, u64, String)>,
    /// The part of a core that the busiest thread of the tool used, where that is known.
    pub busy: Option<f64>,
    /// Why these figures say more of the tool than of the target; empty is valid.
    pub invalid: Vec<String>,
}

impl Measured {
    /// Sums up a record; `unsent` requests found no place in flight, and the last answer came after `elapsed`. The warm-up is
    /// found out where none is given.
    #[must_use]
    pub fn new(
        mut record: Record,
        arrivals: &Arrivals,
        warm_up: Option<Duration>,
        unsent: u64,
        elapsed: Duration,
    ) -> Self {
        let warm_up = warm_up.unwrap_or_else(|| record.warm_up());
        record.settle(warm_up);
        let total = record.total();
        let length = match arrivals {
            // A bound or an interruption cut it short: what was not to be sent is not missing.
            Arrivals::Open(schedule) if record.sent + unsent < schedule.len() => schedule.length().min(elapsed),
            Arrivals::Open(schedule) => schedule.length(),
            Arrivals::Closed { length, .. } => (*length).min(elapsed),
        };
        let window = length.saturating_sub(warm_up);
        let counted = |pick: fn(&Second) -> u64| -> u64 {
            let first = usize::try_from(warm_up.as_secs()).unwrap_or(usize::MAX);
            let last = usize::try_from(length.as_secs_f64().ceil().max(1.0) as u64).unwrap_or(usize::MAX);
            record.seconds.iter().take(last).skip(first).map(pick).sum()
        };
        let rate = |count: u64| if window > Duration::ZERO { count as f64 / window.as_secs_f64() } else { 0.0 };
        let (offered, offered_each) = match arrivals {
            Arrivals::Open(schedule) => {
                let each = (0..schedule.length().as_secs_f64().ceil() as u64)
                    .map(|second| {
                        schedule.until(Duration::from_secs(second + 1)) - schedule.until(Duration::from_secs(second))
                    })
                    .collect();
                (rate(schedule.until(length).saturating_sub(schedule.until(warm_up))), each)
            }
            Arrivals::Closed { .. } => (rate(counted(|second| second.sent)), Vec::new()),
        };
        let mut errors: Vec<_> =
            record.errors.into_iter().map(|(kind, (count, example))| (kind, count, example)).collect();
        if unsent > 0 {
            let example =
                "every place in flight was taken until the end: the target was too slow, or --in-flight too small";
            errors.push(("never sent".to_owned(), unsent, example.to_owned()));
        }
        errors.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let operations = record.operations.into_iter();
        let mut measured = Self {
            began: SystemTime::UNIX_EPOCH,
            offered,
            sent: rate(counted(|second| second.sent)),
            completed: rate(counted(|second| second.completed)),
            requests: record.sent,
            unsent,
            warm_up,
            window,
            operations: operations.filter_map(|(act, it)| Some((Act::at(act)?, it))).collect(),
            total,
            lateness: record.lateness,
            seconds: record.seconds,
            offered_each,
            errors,
            busy: record.busy,
            invalid: Vec::new(),
        };
        measured.invalid = measured.limits();
        measured
    }

    /// What made the tool the limit.
    fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        // A thread that keeps a schedule spends its waits at work; there the lateness says whether it keeps up.
        let closed = self.lateness.count() == 0;
        if let Some(busy) = self.busy.filter(|busy| closed && *busy > BUSY) {
            limits.push(format!(
                "a thread of this tool used {:.0} % of a core: give it more --threads, or ask for less",
                busy * 100.0
            ));
        }
        let (late, p99) = (self.lateness.at(99.0), self.total.response.at(99.0));
        if late > LATE && late > p99.mul_f64(LATE_PART) {
            limits.push(format!(
                "this tool sent late: 1 request in 100 by {late:.1?} or more, beside a p99 of {p99:.1?}"
            ));
        }
        // What found no place in flight waited for the target; what is missing beside it was never handed out.
        if self.unsent == 0 && self.sent < self.offered * SENT && self.total.response.at(50.0) < Duration::from_secs(1)
        {
            limits.push(format!("{:.1} of {:.1} requests a second were sent", self.sent, self.offered));
        }
        limits
    }

    /// The part of requests that failed, of those that count, from 0 to 1.
    #[must_use]
    pub fn error_part(&self) -> f64 {
        let all = self.total.response.count() + self.unsent;
        if all == 0 { 0.0 } else { (self.total.errors + self.unsent) as f64 / all as f64 }
    }
}

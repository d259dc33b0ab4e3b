//! What a load run measured: counts, and latency distributions that merge exactly.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest duration that is told apart, in microseconds: longer ones are recorded as this.
const HOUR: u64 = 3_600_000_000;

/// One latency distribution, in microseconds, three significant digits.
#[derive(Debug, Clone)]
pub struct Percentiles(Histogram<u64>);

impl Default for Percentiles {
    #[expect(clippy::expect_used, reason = "constant bounds, used by every test of the room")]
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, HOUR, 3).expect("constant bounds are valid"))
    }
}

impl Percentiles {
    /// Records one duration.
    pub fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// The duration below which `percent` of the values lie.
    #[must_use]
    pub fn at(&self, percent: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percent))
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// How many values were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

/// A way in which answers were wrong, with how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongAnswer {
    /// What was wrong.
    pub what: String,
    /// How often.
    pub times: u64,
}

/// The result of a load run.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Requests that the schedule held.
    pub planned: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests answered as they must be.
    pub right: u64,
    /// From the first intended start to the last answer.
    pub elapsed: Duration,
    /// From the intended start to the answer: what a client of this rate waits.
    pub response_time: Percentiles,
    /// From the actual sending to the answer.
    pub service_time: Percentiles,
    /// From the intended start to the actual sending: the tool's own lateness.
    pub lateness: Percentiles,
    /// Wrong answers and failures, by what was wrong.
    pub wrong: BTreeMap<String, u64>,
    /// Users that the run created and could not remove.
    pub leftovers: usize,
}

impl Summary {
    /// Answers per second that were right.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^53")]
    pub fn throughput(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.right as f64 / seconds } else { 0.0 }
    }

    /// The wrong answers, most frequent first.
    #[must_use]
    pub fn wrong_answers(&self) -> Vec<WrongAnswer> {
        let mut all: Vec<_> =
            self.wrong.iter().map(|(what, times)| WrongAnswer { what: what.clone(), times: *times }).collect();
        all.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.what.cmp(&b.what)));
        all
    }
}

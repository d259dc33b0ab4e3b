//! What a load measured, kept small: histograms by operation, seconds, errors. The first seconds are kept one by one until it
//! is known how many of them were warming up. Records of several threads add up exactly.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::answer::Wrong;
use super::call::Act;

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
        self.0.saturating_record(micros(duration));
    }

    /// Adds another distribution, bucket by bucket.
    pub fn add(&mut self, other: &Self) {
        // Both have the same bounds, so every value of one fits the other.
        let _ = self.0.add(&other.0);
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

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A request that was answered, or was not.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What it did.
    pub act: Act,
    /// When it was meant to start, after the start of the load.
    pub intended: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When its answer was whole, or nobody waited any longer.
    pub done: Duration,
}

impl Sample {
    fn service(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }

    fn response(&self) -> Duration {
        self.done.saturating_sub(self.intended)
    }
}

/// One second of a load.
#[derive(Debug, Clone)]
pub struct Second {
    /// Requests sent in it.
    pub sent: u64,
    /// Requests answered in it.
    pub completed: u64,
    /// Wrong answers and failures in it.
    pub errors: u64,
    response: Histogram<u32>,
}

impl Default for Second {
    #[expect(clippy::expect_used, reason = "constant bounds, used by every test of the room")]
    fn default() -> Self {
        let response = Histogram::new(2).expect("two digits are valid");
        Self { sent: 0, completed: 0, errors: 0, response }
    }
}

impl Second {
    /// A percentile of the response times of requests that were meant to start in this second; `None` without one.
    #[must_use]
    pub fn at(&self, percent: f64) -> Option<Duration> {
        (!self.response.is_empty()).then(|| Duration::from_micros(self.response.value_at_percentile(percent)))
    }
}

/// What one operation took.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// From the actual sending to the answer.
    pub service: Percentiles,
    /// From the intended start to the answer: what a client of this rate waits.
    pub response: Percentiles,
    /// Wrong answers and failures.
    pub errors: u64,
}

/// A record.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// What each operation took, by [`Act::index`].
    pub operations: BTreeMap<usize, Operation>,
    /// From the intended start to the moment in which the request could be sent: the tool's own lateness.
    pub lateness: Percentiles,
    /// The seconds of the load.
    pub seconds: Vec<Second>,
    /// Faults by kind, with how often and one example.
    pub errors: BTreeMap<String, (u64, String)>,
    /// Requests sent.
    pub sent: u64,
    /// What the thread used of its core, of the time that it ran; where that is known.
    pub busy: Option<f64>,
    early: Vec<(Sample, bool)>,
    window: Duration,
}

impl Record {
    /// An empty record that keeps the first `window` sample by sample.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self { window, ..Self::default() }
    }

    fn second(&mut self, moment: Duration) -> &mut Second {
        let place = usize::try_from(moment.as_secs()).unwrap_or(usize::MAX).min(1 << 20);
        if self.seconds.len() <= place {
            self.seconds.resize_with(place + 1, Second::default);
        }
        &mut self.seconds[place]
    }

    /// Notes that a request was sent.
    pub fn sent(&mut self, moment: Duration) {
        self.sent += 1;
        self.second(moment).sent += 1;
    }

    /// Notes a request that is over.
    pub fn done(&mut self, sample: Sample, wrong: Option<Wrong>) {
        let second = self.second(sample.done);
        second.completed += 1;
        second.errors += u64::from(wrong.is_some());
        // It grows by itself up to an hour, so that every value has room.
        let _ = self.second(sample.intended).response.record(micros(sample.response()).min(HOUR));
        let failed = wrong.is_some();
        if sample.intended < self.window {
            self.early.push((sample, failed));
        } else {
            self.fold(&sample, failed);
        }
        if let Some(wrong) = wrong {
            self.errors.entry(wrong.kind).or_insert_with(|| (0, wrong.example)).0 += 1;
        }
    }

    fn fold(&mut self, sample: &Sample, failed: bool) {
        let operation = self.operations.entry(sample.act.index()).or_default();
        operation.service.record(sample.service());
        operation.response.record(sample.response());
        operation.errors += u64::from(failed);
    }

    /// Adds what another thread recorded.
    pub fn merge(&mut self, other: Self) {
        for (act, theirs) in other.operations {
            let ours = self.operations.entry(act).or_default();
            ours.service.add(&theirs.service);
            ours.response.add(&theirs.response);
            ours.errors += theirs.errors;
        }
        self.lateness.add(&other.lateness);
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize_with(other.seconds.len(), Second::default);
        }
        for (ours, theirs) in self.seconds.iter_mut().zip(other.seconds) {
            ours.sent += theirs.sent;
            ours.completed += theirs.completed;
            ours.errors += theirs.errors;
            // Both grow by themselves, so the addition always has room.
            let _ = ours.response.add(&theirs.response);
        }
        for (kind, (count, example)) in other.errors {
            self.errors.entry(kind).or_insert_with(|| (0, example)).0 += count;
        }
        self.sent += other.sent;
        self.busy = match (self.busy, other.busy) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.early.extend(other.early);
        self.window = self.window.max(other.window);
    }

    /// How much of the begin was warming up: the cut that leaves the rest with the smallest standard error of the mean of
    /// its seconds' medians (marginal standard error rule), never more than was kept.
    #[must_use]
    pub fn warm_up(&self) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a latency")]
        let medians: Vec<f64> =
            self.seconds.iter().filter_map(|second| Some(second.at(50.0)?.as_micros() as f64)).collect();
        let most = usize::try_from(self.window.as_secs()).unwrap_or(0).min(medians.len() / 2);
        let error = |cut: usize| {
            let rest = &medians[cut..];
            #[expect(clippy::cast_precision_loss, reason = "a count of seconds")]
            let count = rest.len() as f64;
            let mean = rest.iter().sum::<f64>() / count;
            rest.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count * count)
        };
        let best = (0..=most).filter(|cut| *cut < medians.len()).min_by(|a, b| error(*a).total_cmp(&error(*b)));
        Duration::from_secs(best.unwrap_or(0) as u64)
    }

    /// Counts what was kept of the begin, except what was meant to start before `cut`.
    pub fn settle(&mut self, cut: Duration) {
        for (sample, failed) in std::mem::take(&mut self.early) {
            if sample.intended >= cut {
                self.fold(&sample, failed);
            }
        }
    }

    /// All operations as one.
    #[must_use]
    pub fn total(&self) -> Operation {
        let mut total = Operation::default();
        for operation in self.operations.values() {
            total.service.add(&operation.service);
            total.response.add(&operation.response);
            total.errors += operation.errors;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: u64, response_ms: u64) -> Sample {
        let intended = Duration::from_secs(second);
        let done = intended + Duration::from_millis(response_ms);
        Sample { act: Act::ReadUser, intended, sent: intended, done }
    }

    #[test]
    fn the_warm_up_is_cut_and_everything_else_is_counted_once() {
        let mut record = Record::new(Duration::from_secs(5));
        for second in 0..20 {
            let slow = if second < 3 { 400 } else { 10 };
            (0..10).for_each(|_| record.done(sample(second, slow), None));
        }
        assert_eq!(record.warm_up(), Duration::from_secs(3));
        record.settle(Duration::from_secs(3));
        let total = record.total();
        assert_eq!((total.response.count(), total.response.max().as_millis()), (170, 10));
        let mut even = Record::new(Duration::from_secs(5));
        (0..20).for_each(|second| even.done(sample(second, 10), None));
        assert_eq!(even.warm_up(), Duration::ZERO);
    }

    #[test]
    fn records_of_threads_add_up() {
        let wrong = || Some(Wrong { kind: "read user: 500".into(), example: "x".into() });
        let (mut one, mut two) = (Record::new(Duration::ZERO), Record::new(Duration::ZERO));
        (0..4).for_each(|second| one.done(sample(second, 5), None));
        (0..6).for_each(|second| two.done(sample(second, 50), wrong()));
        one.merge(two);
        assert_eq!((one.seconds.len(), one.errors["read user: 500"].0), (6, 6));
        let total = one.total();
        assert_eq!((total.response.count(), total.errors, total.response.max().as_millis()), (10, 6, 50));
        assert_eq!(one.seconds[0].at(100.0).unwrap().as_millis(), 50);
    }
}

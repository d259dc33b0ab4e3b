//! When each request is meant to start: constant, in steps, or on a ramp. Starts are computed and never accumulated, so that
//! nothing drifts and nothing is left out after a stall.

use std::time::Duration;

/// A stretch of time in which the rate goes evenly from one value to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Requests per second at its begin, 0 or more.
    pub from: f64,
    /// Requests per second at its end, 0 or more.
    pub to: f64,
    /// How long it is.
    pub length: Duration,
}

impl Stretch {
    /// How many requests begin in its first `seconds`.
    fn until(&self, seconds: f64) -> f64 {
        self.from * seconds + (self.to - self.from) * seconds * seconds / (2.0 * self.length.as_secs_f64())
    }

    /// When the first `count` requests have begun: the root of [`Stretch::until`].
    fn when(&self, count: f64) -> f64 {
        let slope = (self.to - self.from) / self.length.as_secs_f64();
        if slope.abs() < 1e-12 {
            return count / self.from;
        }
        let root = (self.from * self.from + 2.0 * slope * count).max(0.0).sqrt();
        2.0 * count / (self.from + root)
    }

    fn count(&self) -> f64 {
        self.until(self.length.as_secs_f64())
    }
}

/// The intended starts of a load.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule(Vec<Stretch>);

impl Schedule {
    /// A constant rate.
    #[must_use]
    pub fn constant(rate: f64, length: Duration) -> Self {
        Self::steps(&[rate], length)
    }

    /// Rates of equal length, one after the other.
    #[must_use]
    pub fn steps(rates: &[f64], length: Duration) -> Self {
        let each = length / u32::try_from(rates.len().max(1)).unwrap_or(u32::MAX);
        Self(rates.iter().map(|rate| Stretch { from: *rate, to: *rate, length: each }).collect())
    }

    /// From one rate to another.
    #[must_use]
    pub fn ramp(from: f64, to: f64, length: Duration) -> Self {
        Self(vec![Stretch { from, to, length }])
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.0.iter().map(|stretch| stretch.length).sum()
    }

    /// How many requests it holds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests, far below 2^53")]
    pub fn len(&self) -> u64 {
        let all: f64 = self.0.iter().map(Stretch::count).sum();
        // A count that is whole but for rounding is whole.
        (all + 1e-6).floor().max(0.0) as u64
    }

    /// True when it holds no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The intended start of the n-th request (from 0), after the start of the load.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^53")]
    pub fn start(&self, n: u64) -> Duration {
        let mut count = n as f64;
        let mut before = Duration::ZERO;
        for (place, stretch) in self.0.iter().enumerate() {
            let own = stretch.count();
            if count < own || place + 1 == self.0.len() {
                return before + Duration::from_secs_f64(stretch.when(count).max(0.0));
            }
            count -= own;
            before += stretch.length;
        }
        before
    }

    /// How many requests are meant to begin before that moment.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests, far below 2^53")]
    pub fn until(&self, moment: Duration) -> u64 {
        let (mut rest, mut count) = (moment, 0.0);
        for stretch in &self.0 {
            count += stretch.until(rest.min(stretch.length).as_secs_f64());
            rest = rest.saturating_sub(stretch.length);
        }
        ((count - 1e-6).ceil().max(0.0) as u64).min(self.len())
    }

    /// The same shape with every rate times `factor`.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self(self.0.iter().map(|it| Stretch { from: it.from * factor, to: it.to * factor, ..*it }).collect())
    }

    /// The highest rate in it.
    #[must_use]
    pub fn peak(&self) -> f64 {
        self.0.iter().flat_map(|stretch| [stretch.from, stretch.to]).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_evenly_spaced_and_do_not_drift() {
        let schedule = Schedule::constant(300.0, Duration::from_secs(10));
        assert_eq!(schedule.len(), 3000);
        assert_eq!(schedule.start(0), Duration::ZERO);
        assert_eq!(schedule.start(300), Duration::from_secs(1));
        assert_eq!(schedule.start(2999).as_millis(), 9996);
        assert_eq!([0, 1, 10].map(|s| schedule.until(Duration::from_secs(s))), [0, 300, 3000]);
    }

    #[test]
    fn steps_and_ramps_hold_what_their_area_says() {
        let steps = Schedule::steps(&[100.0, 400.0], Duration::from_secs(4));
        assert_eq!(steps.len(), 1000);
        assert_eq!(steps.start(200), Duration::from_secs(2));
        assert_eq!(steps.start(600), Duration::from_secs(3));
        let ramp = Schedule::ramp(0.0, 100.0, Duration::from_secs(10));
        assert_eq!((ramp.len(), ramp.peak()), (500, 100.0));
        // A quarter of the requests lies in the first half of the time.
        assert!((ramp.start(125).as_secs_f64() - 5.0).abs() < 1e-6);
        assert_eq!(ramp.until(Duration::from_secs(5)), 125);
        assert_eq!(ramp.times(2.0).len(), 1000);
        for schedule in [steps, ramp, Schedule::ramp(50.0, 10.0, Duration::from_secs(3))] {
            let starts: Vec<_> = (0..schedule.len()).map(|n| schedule.start(n)).collect();
            assert!(starts.is_sorted() && starts.iter().all(|start| *start <= schedule.length()));
        }
    }
}

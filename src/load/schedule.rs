//! When each request is meant to start: a constant rate, computed and never accumulated, so that it cannot drift.

use std::time::Duration;

/// A constant arrival rate for a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Requests per second, above zero.
    pub rate: f64,
    /// How long requests are started.
    pub duration: Duration,
}

impl Schedule {
    /// How many requests the schedule holds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests, far below 2^53")]
    pub fn len(&self) -> u64 {
        (self.rate * self.duration.as_secs_f64()).floor().max(0.0) as u64
    }

    /// True when the schedule holds no request.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The intended start of the n-th request (from 0), after the start of the load.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of requests, far below 2^53")]
    pub fn start(&self, n: u64) -> Duration {
        Duration::from_secs_f64(n as f64 / self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_evenly_spaced_and_do_not_drift() {
        let schedule = Schedule { rate: 300.0, duration: Duration::from_secs(10) };
        assert_eq!(schedule.len(), 3000);
        assert_eq!(schedule.start(0), Duration::ZERO);
        assert_eq!(schedule.start(300), Duration::from_secs(1));
        assert_eq!(schedule.start(3000), schedule.duration);
    }
}

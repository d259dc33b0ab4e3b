//! Pacing: at most so many requests a second, evenly spaced, and nobody before a throttled target is ready again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Hands out starting times to everything that runs side by side. Without a rate it waits only after [`Pacer::hold`].
#[derive(Debug)]
pub struct Pacer {
    gap: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pacer {
    /// A pacer for `rate` requests a second; `None` (or a rate that is not above zero) does not space them.
    #[must_use]
    pub fn new(rate: Option<f64>) -> Self {
        let rate = rate.filter(|rate| rate.is_finite() && *rate > 0.0);
        Self { gap: rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate)), next: Mutex::new(None) }
    }

    /// Waits for the caller's turn. Turns that were not used do not add up to a burst.
    pub async fn turn(&self) {
        let now = Instant::now();
        let mine = self.take(now);
        if mine > now {
            sleep_until(mine).await;
        }
    }

    /// Nobody starts before that much time has passed: the target asked for it.
    pub fn hold(&self, pause: Duration) {
        self.hold_until(Instant::now() + pause);
    }

    fn hold_until(&self, until: Instant) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(until, |at| at.max(until)));
    }

    fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = next.map_or(now, |at| at.max(now));
        *next = Some(mine + self.gap);
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_spaced_and_idle_time_gives_no_burst() {
        let start = Instant::now();
        let ms = |n| start + Duration::from_millis(n);
        let pacer = Pacer::new(Some(10.0));
        let asked_and_given = [(0, 0), (0, 100), (0, 200), (5000, 5000), (5000, 5100)];
        for (asked, given) in asked_and_given {
            assert_eq!(pacer.take(ms(asked)), ms(given), "asked at {asked}");
        }
        pacer.hold_until(ms(9000));
        assert_eq!(pacer.take(ms(6000)), ms(9000));
        assert_eq!(pacer.take(ms(6000)), ms(9100));
    }

    #[test]
    fn without_a_rate_only_a_hold_delays() {
        let start = Instant::now();
        for rate in [None, Some(0.0), Some(-1.0), Some(f64::NAN)] {
            let pacer = Pacer::new(rate);
            assert_eq!((pacer.take(start), pacer.take(start)), (start, start));
            let later = start + Duration::from_secs(2);
            pacer.hold_until(later);
            assert_eq!((pacer.take(start), pacer.take(start)), (later, later));
        }
    }
}

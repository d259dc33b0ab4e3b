//! The highest rate that a target holds under its thresholds: doubled until one is crossed, then halved in between.

use super::{Kept, Measured, Slo};

/// One rate that was tried.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Requests a second.
    pub rate: f64,
    /// What was measured.
    pub measured: Measured,
    /// The thresholds.
    pub kept: Vec<Kept>,
    /// Whether the rate was held: every threshold kept, the requests sent and answered.
    pub held: bool,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Searched {
    /// Every rate that was tried, in order.
    pub trials: Vec<Trial>,
    /// The highest rate that was held, twice; `None` where not even the first was.
    pub best: Option<f64>,
    /// The tool was the limit: the target may hold more.
    pub limited: bool,
}

/// The search ends when the rates that are held and that are not lie so close.
const CLOSE: f64 = 1.05;

/// The most trials.
const TRIALS: usize = 24;

/// A rate is held where so much of what was offered was answered in time.
const ANSWERED: f64 = 0.95;

/// Searches from `first` upwards, or downwards where `first` is not held. `play` plays a rate.
///
/// # Errors
/// Whatever keeps `play` from playing.
pub fn search(
    first: f64,
    most: Option<f64>,
    slo: &Slo,
    mut play: impl FnMut(f64) -> Result<Measured, String>,
    mut stopped: impl FnMut() -> bool,
) -> Result<Searched, String> {
    let mut found = Searched::default();
    let mut attempt = |rate: f64, found: &mut Searched| -> Result<bool, String> {
        let measured = play(rate)?;
        let kept = slo.judge(&measured);
        let errors = slo.names_errors() || measured.error_part() <= 0.0;
        let answered = measured.completed >= measured.offered * ANSWERED;
        // The tool's own lateness is part of what was measured, so what is kept in spite of it is kept.
        let held = kept.iter().all(|it| it.kept) && errors && answered;
        found.trials.push(Trial { rate, measured, kept, held });
        Ok(held)
    };
    let (mut low, mut high) = (None, None);
    let mut rate = first;
    let (mut repeated, mut lucky) = (false, false);
    while found.trials.len() < TRIALS && !stopped() {
        if attempt(rate, &mut found)? {
            // The best rate must be held twice: once may have been luck.
            if low == Some(rate) {
                repeated = true;
                break;
            }
            low = Some(rate);
        } else {
            if low == Some(rate) {
                // It was luck: the next one down is tried.
                (low, lucky) = (None, true);
            }
            high = Some(rate);
        }
        let top = most.is_some_and(|most| low.is_some_and(|low| low >= most));
        rate = match (low, high) {
            (Some(low), Some(high)) if high / low <= CLOSE => low,
            (Some(low), None) if top => low,
            (Some(low), Some(high)) => f64::midpoint(low, high),
            (Some(low), None) => most.map_or(low * 2.0, |most| most.min(low * 2.0)),
            (None, Some(high)) if high < 1.0 => break,
            (None, Some(high)) => high / if lucky { CLOSE } else { 2.0 },
            (None, None) => break,
        };
    }
    found.best = low.filter(|_| repeated || found.trials.len() >= TRIALS);
    // Only the trial next above the best says whether the tool or the target was the limit.
    found.limited =
        found.trials.iter().any(|it| !it.measured.invalid.is_empty() && found.best.is_none_or(|best| it.rate > best));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::call::Act;
    use super::super::engine::Arrivals;
    use super::super::record::Sample;
    use super::super::{Record, Schedule};
    use super::*;

    /// A server that answers in 1 ms up to a rate, and in 500 ms above it.
    fn play(rate: f64, holds: f64) -> Result<Measured, String> {
        let mut record = Record::new(Duration::ZERO);
        let schedule = Schedule::constant(rate, Duration::from_secs(2));
        for n in 0..schedule.len() {
            let start = schedule.start(n);
            record.sent(start);
            let took = Duration::from_millis(if rate > holds { 500 } else { 1 });
            record.done(Sample { act: Act::ReadUser, intended: start, sent: start, done: start + took }, None);
        }
        Ok(Measured::new(record, &Arrivals::Open(schedule), Some(Duration::ZERO), 0, Duration::from_secs(3)))
    }

    #[test]
    fn the_highest_rate_is_found_within_a_twentieth() {
        let slo: Slo = "p99<50ms".parse().unwrap();
        for holds in [3.0, 90.0, 100.0, 777.0, 2_900.0] {
            let found = search(100.0, None, &slo, |rate| play(rate, holds), || false).unwrap();
            let best = found.best.unwrap_or_else(|| panic!("{holds}: nothing"));
            assert!(best <= holds && best * CLOSE * 1.01 >= holds, "{holds}: {best}, {:?}", found.trials.len());
            let last: Vec<_> = found.trials.iter().filter(|it| (it.rate - best).abs() < 1e-9).collect();
            assert!(last.len() == 2 && last.iter().all(|it| it.held));
        }
        let capped = search(100.0, Some(300.0), &slo, |rate| play(rate, 777.0), || false).unwrap();
        assert_eq!(capped.best, Some(300.0));
        let none = search(100.0, None, &slo, |rate| play(rate, 0.0), || false).unwrap();
        assert_eq!(none.best, None);
        let stopped = search(100.0, None, &slo, |rate| play(rate, 777.0), || true).unwrap();
        assert!(stopped.trials.is_empty() && stopped.best.is_none());
    }
}

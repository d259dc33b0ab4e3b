//! How many random histories a target of that speed can be asked for in about two minutes: a few reads are timed before
//! anything is written. It decides a number and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::Transport;
use crate::property::SUITES;
use crate::wire::{Method, Request};

/// How long a proof should take where nobody says otherwise.
pub const WANTED: Duration = Duration::from_secs(120);

/// The most histories: what a fast target is asked for.
pub const MOST: u64 = 2000;

/// The fewest: less leaves laws open.
const FEWEST: u64 = 64;

/// Requests of a history with its cleaning up, on average (3,965 for 200 at a server of the standard).
const REQUESTS: f64 = 20.0;

/// Requests of the histories that are enumerated and not drawn, counted at the same server; they are sent whatever the
/// number is.
const ENUMERATED: f64 = 5800.0;

/// Rounds of reads; the fastest counts, so that one slow moment does not.
const ROUNDS: usize = 3;

/// What one request costs when so many are under way: the time of a round of reads by their number. `None` where a read is
/// not answered.
pub async fn cost(transport: &Arc<dyn Transport>, concurrency: usize) -> Option<Duration> {
    let width = concurrency.clamp(1, 16);
    let mut best: Option<Duration> = None;
    for _ in 0..ROUNDS {
        let mut reading = JoinSet::new();
        let started = Instant::now();
        for _ in 0..width {
            let transport = Arc::clone(transport);
            reading.spawn(async move {
                let mut request = Request::new(Method::Get, "/Users?count=1");
                request.headers.push("Accept", "application/scim+json");
                transport.send(&request).await.is_ok()
            });
        }
        while let Some(answered) = reading.join_next().await {
            if !answered.is_ok_and(|answered| answered) {
                return None;
            }
        }
        let one = started.elapsed() / u32::try_from(width).unwrap_or(1);
        best = Some(best.map_or(one, |best| best.min(one)));
    }
    best
}

/// The number of histories over so many suites for a target whose requests cost that.
pub fn cases(cost: Duration, suites: usize) -> u64 {
    let requests = WANTED.as_secs_f64() / cost.as_secs_f64().max(1e-6);
    let part = suites as f64 / SUITES.len() as f64;
    let fitting = ((requests - ENUMERATED * part) / REQUESTS).max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not below 0, and cut off at the most")]
    let fitting = fitting.min(MOST as f64) as u64;
    fitting.clamp(FEWEST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_target_is_asked_less_and_never_nothing() {
        let rows = [(Duration::ZERO, MOST), (Duration::from_micros(100), MOST), (Duration::from_secs(5), FEWEST)];
        for (cost, expected) in rows {
            assert_eq!(cases(cost, SUITES.len()), expected, "{cost:?}");
        }
        let some: Vec<u64> = [4, 8, 15, 30].map(|ms| cases(Duration::from_millis(ms), SUITES.len())).to_vec();
        assert!(some.is_sorted_by(|a, b| a >= b) && some[0] < MOST, "{some:?}");
    }
}

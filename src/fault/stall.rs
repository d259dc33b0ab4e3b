//! A server that stands still: in the last second of every ten, by the clock of the machine, nothing is answered. It says each
//! stall on stderr, so that the truth about latencies can be computed from the stalls and a schedule.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Row;

/// From one stall to the next, milliseconds since 1970 without remainder.
const EVERY: u64 = 10_000;

/// How long a stall is, at the end of each stretch.
const LENGTH: u64 = 1_000;

/// For so long after a stall it is counted what comes through: how fast the backlog goes.
const AFTER: u64 = 50;

/// The defect.
pub const FAULTS: &[Row] = &[("stands-still", |world, request| {
    let caught = stall();
    let answer = world.pass(request);
    if caught {
        THROUGH.fetch_add(1, Ordering::Relaxed);
    }
    note();
    answer
})];

/// Requests that a stall had caught and that came through since.
static THROUGH: AtomicU64 = AtomicU64::new(0);

/// When the last stall ended, milliseconds since 1970, and whether it was said.
static LAST: Mutex<(f64, bool)> = Mutex::new((0.0, true));

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Waits for the end of a stall, if there is one; whether there was.
fn stall() -> bool {
    let now = now_ms();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970")]
    let end = (now as u64 / EVERY + 1) * EVERY;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970, far below 2^53")]
    let (end, length) = (end as f64, LENGTH as f64);
    if end - now > length {
        // Whoever comes while the backlog goes is behind it.
        let (ended, said) = *LAST.lock().unwrap_or_else(PoisonError::into_inner);
        return !said && now < ended + AFTER as f64;
    }
    std::thread::sleep(Duration::from_secs_f64((end - now).max(0.0) / 1000.0));
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.0 < end {
        *last = (now_ms().max(end), false);
        THROUGH.store(0, Ordering::Relaxed);
    }
    true
}

/// Says a stall as soon as it is known how fast the backlog went.
fn note() {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let (ended, said) = *last;
    if !said && now_ms() >= ended + AFTER as f64 {
        last.1 = true;
        let (begin, through) = ((ended as u64 / EVERY) * EVERY - LENGTH, THROUGH.load(Ordering::Relaxed));
        // Nobody may be reading any longer.
        let _ = writeln!(
            std::io::stderr(),
            "stalled from {begin} to {ended:.3} (milliseconds since 1970); {through} requests came through in the {AFTER} ms after"
        );
    }
}

//! A server that stands still: in the last second of every ten, by the clock of the machine, nothing is answered. It says each
//! stall on stderr, so that the truth about latencies can be computed from the stalls and a schedule.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Row;

/// From one stall to the next, milliseconds since 1970 without remainder.
const EVERY: u64 = 10_000;

/// How long a stall is, at the end of each stretch.
const LENGTH: u64 = 1_000;

/// The defect.
pub const FAULTS: &[Row] = &[("stands-still", |world, request| {
    stall();
    world.pass(request)
})];

fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Waits for the end of a stall, if there is one.
fn stall() {
    /// The last stall that was said.
    static SAID: Mutex<u64> = Mutex::new(0);
    let now = now_ms();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970")]
    let stretch = now as u64 / EVERY;
    let end = (stretch + 1) * EVERY;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970, far below 2^53")]
    let rest = end as f64 - now;
    if rest > LENGTH as f64 {
        return;
    }
    std::thread::sleep(Duration::from_secs_f64(rest.max(0.0) / 1000.0));
    let Ok(mut said) = SAID.lock() else { return };
    if *said < stretch {
        *said = stretch;
        let over = now_ms();
        // Nobody may be reading any longer.
        let _ = writeln!(std::io::stderr(), "stalled from {} to {over:.3} (milliseconds since 1970)", end - LENGTH);
    }
}

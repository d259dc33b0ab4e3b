//! The clock, the rate limit and the time of a read: what decides whether a long run goes well.

use std::time::Duration;

use super::Outcome;
use super::answer::is_here;
use super::look::Look;
use super::network::milliseconds;
use crate::wire::{Response, date};

/// Seconds that clocks may differ before anything is said; `Date` has whole seconds.
const TOLERABLE: i64 = 30;

/// Seconds at which tokens and certificates are judged wrongly.
const WRONG: i64 = 300;

/// Quick reads, to see a limit.
const READS: usize = 10;

/// Do both clocks agree?
pub(super) fn clock(look: &Look<'_>) -> Outcome {
    if is_here(look) {
        return Outcome::ok("the one of this process");
    }
    let Some((response, local)) = &look.config else { return Outcome::ok("no answer to judge") };
    let fix = "Send a Date field (RFC 9110, section 6.6.1), so that clients can see how old an answer is.";
    let Some(text) = response.headers.get("Date") else {
        return Outcome::warn("the answer has no Date, so the clocks cannot be compared", fix);
    };
    let Some(date) = date::parse(text) else { return Outcome::warn("the Date is not an HTTP date", fix) };
    let ahead = date.unix_timestamp() - local.unix_timestamp();
    let seen = match ahead {
        1.. => format!("the server's clock is {} ahead of this machine", span(ahead)),
        _ => format!("the server's clock is {} behind this machine", span(-ahead)),
    };
    let fix = "Let both machines take their time from NTP: tokens and certificates are judged by the clock.";
    match ahead.abs() {
        0..=2 => Outcome::ok("both clocks agree"),
        apart if apart <= TOLERABLE => Outcome::ok(seen),
        apart if apart <= WRONG => Outcome::warn(seen, fix),
        _ => Outcome::fail(seen, fix),
    }
}

/// `45 s`, `12 min`, `3 h 20 min`, `5 days`.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Is there a limit that a run would meet?
pub(super) async fn rate(look: &mut Look<'_>) -> Outcome {
    // Reads of before may have met other places; these are all alike.
    look.times.clear();
    let mut limits = None;
    // Where the caller set a pace, it is kept, and within a second.
    let pause = look.patient.max_rps.map(|rps| Duration::try_from_secs_f64(1.0 / rps).unwrap_or(Duration::MAX));
    let fits = |pause: Duration| 1 + (1.0 / pause.as_secs_f64().max(0.1)) as usize;
    let reads = pause.map_or(READS, |pause| fits(pause).min(READS));
    for n in 1..=reads {
        if let (Some(pause), 2..) = (pause, n) {
            tokio::time::sleep(pause).await;
        }
        let response = match look.get("/Users?count=1").await {
            Ok(response) => response,
            Err(failure) => {
                let fix = "Reads in quick succession must be answered; `--max-rps 5` makes a run slower.";
                return Outcome::warn(format!("read {n} of {reads} in a row failed: {}", failure.reason), fix);
            }
        };
        limits = limits.or_else(|| announced(&response));
        if response.status == 429 {
            let wait = response.headers.get("Retry-After").map_or_else(
                || "without Retry-After".to_owned(),
                |it| format!("Retry-After {}", it.chars().take(40).collect::<String>()),
            );
            let fix = "Give `--max-rps 5` (or less) to run, or lift the limit for the credentials of the test.";
            return Outcome::warn(format!("429 to read {n} of {reads} in a row, {wait}"), fix);
        }
    }
    let told = limits.map_or("no limit is announced".to_owned(), |it| format!("announced: {it}"));
    Outcome::ok(format!("{reads} reads in a row without 429; {told}"))
}

/// The fields that announce a limit.
fn announced(response: &Response) -> Option<String> {
    let mut fields = response.headers.iter().filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("ratelimit") || name.starts_with("x-ratelimit") || name.starts_with("x-rate-limit")
    });
    let (name, text) = fields.next()?;
    Some(format!("{name}: {}", text.chars().take(60).collect::<String>()))
}

/// What does the time of a read mean for a run?
pub(super) fn round_trip(look: &Look<'_>) -> Outcome {
    let Some(median) = median(&look.times) else { return Outcome::ok("no read to judge") };
    let (requests, together) = (look.patient.requests, look.patient.concurrency.max(1));
    let turns = u32::try_from(requests.div_ceil(together)).unwrap_or(u32::MAX);
    let paced = look.patient.max_rps.map_or(0, |rps| (requests as f64 / rps) as u64);
    let whole = median.saturating_mul(turns).as_secs().max(paced);
    let seen = format!(
        "median {} of {} reads; a full run (about {requests} requests, {together} at a time) takes about {}",
        milliseconds(median),
        look.times.len(),
        span(i64::try_from(whole.max(1)).unwrap_or(i64::MAX)),
    );
    if median > Duration::from_millis(500) {
        let fix = "Run it nearer to the server, take `--quick` or fewer clients (`--idp okta`) for a first look.";
        return Outcome::warn(seen, fix);
    }
    Outcome::ok(seen)
}

fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_spans_and_medians() {
        let spans = [45, 300, 3_599, 12_000, 900_000].map(span);
        assert_eq!(spans, ["45 s", "5 min", "59 min", "3 h 20 min", "10 days"]);
        let ms = Duration::from_millis;
        assert_eq!(median(&[ms(9), ms(1), ms(5)]), Some(ms(5)));
        assert_eq!(median(&[]), None);
    }
}

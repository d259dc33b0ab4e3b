//! What to do when a target says "not so fast": 429 and 503 with `Retry-After` (`RFC9110 §10.2.3`) are waited out,
//! within bounds. The decision is pure; who waits and counts is the runner.

use std::time::Duration;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::wire::{Failure, FailureKind, Response};

/// How long a run puts up with throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The longest single wait that is honoured.
    pub longest: Duration,
    /// How often one request is sent again.
    pub tries: u32,
    /// How often a request is sent again after a 503 that names no time; the next one counts as the answer.
    pub busy_tries: u32,
    /// The first wait after an answer that names none; doubles with each try.
    pub backoff: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { longest: Duration::from_secs(60), tries: 6, busy_tries: 3, backoff: Duration::from_millis(200) }
    }
}

/// What an answer means for its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is an answer.
    Stands,
    /// Send the request again after this time.
    Wait(Duration),
    /// The target throttles beyond our patience: as if it had not answered.
    GaveUp(Failure),
}

/// Judges an answer. `tried` counts how often the request was sent again so far, `now` is the wall clock.
#[must_use]
pub fn judge(response: &Response, tried: u32, now: OffsetDateTime, patience: &Patience) -> Verdict {
    let backoff = patience.backoff * 2_u32.saturating_pow(tried.min(16));
    let asked = match (response.status, retry_after(response, now)) {
        (429 | 503, Some(asked)) => asked,
        (429, None) => backoff,
        // It may be what the target always says here: then it is its answer.
        (503, None) if tried < patience.busy_tries => backoff,
        _ => return Verdict::Stands,
    };
    let gave_up = |reason| Verdict::GaveUp(Failure { kind: FailureKind::Timeout, reason });
    if asked > patience.longest {
        return gave_up(format!(
            "the target answered {} and asked to wait {} s, longer than the {} s that are waited out",
            response.status,
            asked.as_secs(),
            patience.longest.as_secs()
        ));
    }
    if tried >= patience.tries {
        return gave_up(format!(
            "the target still answered {} after {tried} waits; lower --max-rps or --concurrency",
            response.status
        ));
    }
    Verdict::Wait(asked)
}

/// The wait of a `Retry-After` field: seconds, or an HTTP date.
fn retry_after(response: &Response, now: OffsetDateTime) -> Option<Duration> {
    let text = response.headers.get("Retry-After")?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let at = PrimitiveDateTime::parse(text, IMF_FIXDATE).ok()?.assume_utc();
    Some(Duration::try_from(at - now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn throttling_is_waited_out_within_bounds() {
        let now = datetime!(2026-11-22 10:00:00 UTC);
        let wait = |ms| Some(Duration::from_millis(ms));
        let rows = [
            (200, Some("5"), 0, None),
            (503, None, 0, wait(200)),
            (503, None, 2, wait(800)),
            (503, None, 3, None),
            (503, Some("2"), 0, wait(2000)),
            (429, Some("0"), 0, wait(0)),
            (429, None, 0, wait(200)),
            (429, None, 3, wait(1600)),
            (429, Some("soon"), 0, wait(200)),
            (503, Some("soon"), 0, wait(200)),
            (429, Some("Sun, 22 Nov 2026 10:00:07 GMT"), 0, wait(7000)),
            (429, Some("Sun, 22 Nov 2026 09:00:00 GMT"), 0, wait(0)),
        ];
        for (status, header, tried, expected) in rows {
            let mut response = Response::new(status);
            if let Some(text) = header {
                response.headers.push("retry-after", text);
            }
            let verdict = judge(&response, tried, now, &Patience::default());
            assert_eq!(verdict, expected.map_or(Verdict::Stands, Verdict::Wait), "{status} {header:?} {tried}");
        }
    }

    #[test]
    fn beyond_patience_the_request_counts_as_unanswered() {
        let now = datetime!(2026-11-22 10:00:00 UTC);
        let mut response = Response::new(429);
        response.headers.push("Retry-After", "3600");
        let Verdict::GaveUp(failure) = judge(&response, 0, now, &Patience::default()) else { panic!("gave up") };
        assert!(failure.reason.contains("3600 s"), "{}", failure.reason);
        response.headers.set("Retry-After", "1");
        assert!(matches!(judge(&response, 6, now, &Patience::default()), Verdict::GaveUp(_)));
    }
}

//! Dates of HTTP header fields.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// The form that everyone has to send (`RFC9110 §5.6.7`).
const FORM: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The instant of an HTTP date in the preferred form; `None` for other texts.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text.trim(), FORM).ok().map(PrimitiveDateTime::assume_utc)
}

/// An instant as an HTTP date, to the second; empty where it has no such form.
#[must_use]
pub fn print(instant: OffsetDateTime) -> String {
    instant.checked_to_offset(UtcOffset::UTC).and_then(|utc| utc.format(FORM).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read() {
        let text = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(parse(text).map(print).as_deref(), Some(text));
        assert_eq!(parse("Sunday, 06-Nov-94 08:49:37 GMT"), None);
    }
}

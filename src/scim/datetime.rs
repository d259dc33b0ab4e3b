//! `dateTime` values (`RFC7643 §2.3.5`, I-78): text to instant and back. It knows no clock.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The instant of a `dateTime`: `Z` or an offset, fraction optional. A text without offset, which XML Schema allows, is
/// taken as UTC. `None`: no `dateTime`.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    let bytes = text.as_bytes();
    if bytes.get(10) != Some(&b'T') || !text.is_ascii() || text.contains('z') {
        return None;
    }
    let has_offset = text.ends_with('Z') || text.get(11..).is_some_and(|clock| clock.contains(['+', '-']));
    if has_offset {
        OffsetDateTime::parse(text, &Rfc3339).ok()
    } else {
        OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).ok()
    }
}

/// An instant in UTC with milliseconds: `2011-05-13T04:42:34.000Z`. Empty for a year that four digits cannot hold.
#[must_use]
pub fn print(instant: OffsetDateTime) -> String {
    let Some(utc) = instant.checked_to_offset(UtcOffset::UTC) else { return String::new() };
    let (year, month, day) = utc.to_calendar_date();
    let Ok(year @ 0..=9999) = u16::try_from(year) else { return String::new() };
    let (hour, minute, second, milli) = utc.to_hms_milli();
    // By hand and without a division by a variable, because every answer has two of these texts.
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut set = |place: usize, number: u16| text[place] = b'0' + u8::try_from(number % 10).unwrap_or_default();
    for (end, number) in [(3, year), (22, milli)] {
        set(end, number);
        set(end - 1, number / 10);
        set(end - 2, number / 100);
    }
    set(0, year / 1000);
    for (end, number) in [(6, u8::from(month)), (9, day), (12, hour), (15, minute), (18, second)] {
        set(end, u16::from(number));
        set(end - 1, u16::from(number) / 10);
    }
    String::from_utf8(text.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        let rows = [
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("9999-12-31T23:59:59-01:00", ""),
            ("0000-01-01T00:00:00+01:00", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).map(print).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn instants_of_texts() {
        let rows = [
            ("2011-05-13T04:42:34Z", Some("2011-05-13T04:42:34.000Z")),
            ("2011-05-13T06:42:34+02:00", Some("2011-05-13T04:42:34.000Z")),
            ("2011-05-12T23:42:34.1-05:00", Some("2011-05-13T04:42:34.100Z")),
            ("2011-05-13T04:42:34.123456789Z", Some("2011-05-13T04:42:34.123Z")),
            ("2011-05-13T04:42:34.5", Some("2011-05-13T04:42:34.500Z")),
            ("2024-02-29T00:00:00Z", Some("2024-02-29T00:00:00.000Z")),
            ("2023-02-29T00:00:00Z", None),
            ("2011-05-13", None),
            ("2011-05-13 04:42:34Z", None),
            ("2011-05-13t04:42:34Z", None),
            ("2011-05-13T04:42:34z", None),
            ("2011-13-13T04:42:34Z", None),
            ("2011-05-13T25:42:34Z", None),
            ("2011-05-13T04:42Z", None),
            ("2011-05-13T04:42:34+0200", None),
            ("", None),
            ("yesterday", None),
            ("２011-05-13T04:42:34Z", None),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).map(print).as_deref(), expected, "{text}");
        }
    }
}

//! Scrubs credentials out of any text before it is written (law 11): plain, base64 (also inside a longer base64 text),
//! percent-encoded, JSON-escaped and HTML-escaped. It knows secrets and text, nothing of files, reports or HTTP.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Secret;

/// Shorter texts are not scrubbed: they would tear holes into every report and are no credentials.
const SHORTEST: usize = 4;

/// What stands in the place of a secret; safe inside JSON, XML and HTML.
const STARS: &str = "***";

/// The secrets of this process in all their forms. Clones share their knowledge, so a token that is fetched late is
/// scrubbed by every writer.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

/// Every form of every secret, and all of them as one search: a run may issue many tokens, and a report has many texts.
#[derive(Default)]
struct Known {
    forms: BTreeSet<String>,
    search: Search,
}

#[derive(Default, Clone)]
enum Search {
    /// There are forms that it would not know.
    #[default]
    Stale,
    Ready(Arc<AhoCorasick>),
    /// The forms make no search.
    Impossible,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// A redactor that knows these secrets.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let redactor = Self::default();
        secrets.into_iter().for_each(|secret| redactor.learn(secret));
        redactor
    }

    /// Adds a secret. Texts under four characters are ignored.
    pub fn learn(&self, secret: &Secret) {
        let text = secret.expose();
        if text.chars().count() < SHORTEST {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.forms.contains(text) {
            known.forms.extend(forms(text));
            known.search = Search::Stale;
        }
    }

    /// The text without secrets; forms that overlap are hidden together.
    #[must_use]
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let search = match self.search() {
            Search::Stale => return Cow::Borrowed(text),
            Search::Ready(search) => search,
            // Better no text than one that nobody looked through.
            Search::Impossible => return Cow::Borrowed(STARS),
        };
        let mut hidden: Vec<(usize, usize)> = Vec::new();
        let mut found: Vec<_> = search.find_overlapping_iter(text).map(|it| (it.start(), it.end())).collect();
        found.sort_unstable();
        for (start, end) in found {
            match hidden.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => hidden.push((start, end)),
            }
        }
        if hidden.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for (start, end) in hidden {
            clean.push_str(&text[from..start]);
            clean.push_str(STARS);
            from = end;
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }

    /// The search for all forms, made anew where a secret came in between; stale when there is none.
    fn search(&self) -> Search {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.forms.is_empty() || !matches!(known.search, Search::Stale) {
                return known.search.clone();
            }
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(known.search, Search::Stale) {
            known.search =
                AhoCorasick::new(&known.forms).map_or(Search::Impossible, |search| Search::Ready(Arc::new(search)));
        }
        known.search.clone()
    }
}

/// Every form in which a secret may turn up.
fn forms(text: &str) -> Vec<String> {
    const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    let bytes = text.as_bytes();
    let percent = utf8_percent_encode(text, &UNRESERVED).to_string();
    let percent_all = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let json = json_escape(text);
    let markup = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut forms = vec![
        text.to_owned(),
        lower_escapes(&percent),
        lower_escapes(&percent_all),
        percent.replace("%20", "+"),
        percent,
        percent_all,
        json_escape(&json),
        json,
        markup.replace('\'', "&apos;"),
        markup.replace('\'', "&#39;"),
        markup,
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
    ];
    for shift in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            // Inside a longer text the first and last characters depend on the neighbours; the middle does not.
            let mut padded = vec![0; shift];
            padded.extend_from_slice(bytes);
            let encoded = engine.encode(&padded);
            let (from, to) = ((shift * 8).div_ceil(6), padded.len() * 8 / 6);
            if to > from + SHORTEST {
                forms.push(encoded[from..to].to_owned());
            }
        }
    }
    let percent_base64 = utf8_percent_encode(&STANDARD.encode(bytes), &UNRESERVED).to_string();
    forms.push(percent_base64);
    forms
}

/// `%2F` as `%2f`.
fn lower_escapes(percent: &str) -> String {
    let mut out = String::with_capacity(percent.len());
    let mut left = 0;
    for c in percent.chars() {
        out.push(if left > 0 { c.to_ascii_lowercase() } else { c });
        left = if c == '%' { 2 } else { usize::saturating_sub(left, 1) };
    }
    out
}

/// The inside of a JSON string literal.
fn json_escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_scrubbed_and_the_rest_stays() {
        let token = "s3cr\"t/tök en+&=";
        let redactor = Redactor::new([&Secret::new(token)]);
        let percent = utf8_percent_encode(token, NON_ALPHANUMERIC).to_string();
        let json = serde_json::json!({ "a": token }).to_string();
        let rows = [
            format!("Bearer {token}"),
            STANDARD.encode(token),
            URL_SAFE_NO_PAD.encode(token),
            percent.to_lowercase(),
            percent,
            json.clone(),
            serde_json::json!({ "body": json }).to_string(),
        ];
        for row in rows {
            let clean = redactor.scrub(&format!("before {row} after")).into_owned();
            assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{clean}");
            assert!(clean.contains("***") && !clean.contains("s3cr"), "{clean}");
        }
    }

    #[test]
    fn a_secret_in_the_middle_of_a_base64_text_is_found_at_every_shift() {
        let token = "correct-horse-battery";
        let redactor = Redactor::new([&Secret::new(token)]);
        for user in ["u", "us", "use", "user"] {
            let basic = STANDARD.encode(format!("{user}:{token}!"));
            let clean = redactor.scrub(&basic).into_owned();
            let left = STANDARD.decode(clean.replace("***", "")).unwrap_or_default();
            assert!(clean.contains("***"), "{user}: {clean}");
            assert!(!String::from_utf8_lossy(&left).contains("horse"), "{user}");
        }
    }

    #[test]
    fn a_late_secret_is_known_to_clones_and_tiny_ones_tear_no_holes() {
        let redactor = Redactor::default();
        let writer = redactor.clone();
        redactor.learn(&Secret::new("a"));
        redactor.learn(&Secret::new(""));
        assert_eq!(writer.scrub("banana"), "banana");
        redactor.learn(&Secret::new("fetched-later"));
        assert_eq!(writer.scrub("x fetched-later y"), "x *** y");
    }

    #[test]
    fn secrets_that_overlap_are_hidden_together_and_many_are_found_at_once() {
        let redactor = Redactor::new(&[Secret::new("abcdef"), Secret::new("cdefgh"), Secret::new("bcde")]);
        assert_eq!(redactor.scrub("x abcdefgh y é bcde"), "x *** y é ***");
        let many: Vec<_> = (0..500).map(|n| Secret::new(format!("issued-token-number-{n}-of-many"))).collect();
        let redactor = Redactor::new(&many);
        let text: String = many.iter().map(|secret| format!("a {} b ", secret.expose())).collect();
        assert_eq!(redactor.scrub(&text), "a *** b ".repeat(500));
    }

    #[test]
    fn scrubbed_json_stays_json() {
        let redactor = Redactor::new([&Secret::new("to\"ken\\")]);
        let text = serde_json::json!({ "a": "x to\"ken\\ y" }).to_string();
        let clean: serde_json::Value = serde_json::from_str(&redactor.scrub(&text)).unwrap();
        assert_eq!(clean["a"], "x *** y");
    }
}

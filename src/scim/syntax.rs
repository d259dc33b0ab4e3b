//! What the parsers of this room share: the error with its position, a cursor over the text, and the names of `RFC7643 §2.1`.
//!
//! It knows nothing of what is parsed.

use std::fmt;

/// A text that does not follow its grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where, in bytes from 0.
    pub position: usize,
    /// What was expected, for a person.
    pub reason: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.position, self.reason)
    }
}

impl std::error::Error for SyntaxError {}

/// A place in a text.
#[derive(Debug, Clone)]
pub(in crate::scim) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What lies ahead.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub fn eat(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    /// Passes over spaces; says whether there was one.
    pub fn spaces(&mut self) -> bool {
        !self.take(|c| c == ' ').is_empty()
    }

    /// Takes the longest run of such characters.
    pub fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Takes what stands up to the next delimiter of paths and filters.
    pub fn word(&mut self) -> &'a str {
        self.take(|c| !matches!(c, ' ' | '(' | ')' | '[' | ']' | '"'))
    }

    /// Passes over a word, whatever its case, if it stands here on its own.
    pub fn keyword(&mut self, wanted: &str) -> bool {
        let mut ahead = self.clone();
        let there = ahead.word().eq_ignore_ascii_case(wanted);
        if there {
            *self = ahead;
        }
        there
    }

    pub fn error<T>(&self, reason: impl Into<String>) -> Result<T, SyntaxError> {
        error_at(self.at, reason)
    }

    /// An error that says what stands here instead of what was wanted.
    pub fn expected<T>(&self, wanted: &str) -> Result<T, SyntaxError> {
        self.error(match self.peek() {
            Some(c) => format!("expected {wanted}, found {c:?}"),
            None => format!("expected {wanted}, found the end"),
        })
    }
}

/// An error at a place.
pub(in crate::scim) fn error_at<T>(position: usize, reason: impl Into<String>) -> Result<T, SyntaxError> {
    Err(SyntaxError { position, reason: reason.into() })
}

/// Whether a text is an attribute's name (`RFC7643 §2.1`). `$` may also be first, since the core schema itself has `$ref`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '$' | '-' | '_'))
}

/// Whether a text has the form of a URN (`RFC8141`): `urn:`, a namespace, and something in it.
#[must_use]
pub fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    parts.next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn"))
        && parts.next().is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        && parts.next().is_some_and(|rest| {
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}()[]".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_urns() {
        for good in ["a", "userName", "$ref", "x-y_1", "A$"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "1abc", "-a", "a b", "é", "a.b", "a:b"] {
            assert!(!is_name(bad), "{bad}");
        }
        for good in ["urn:ietf:params:scim:schemas:core:2.0:User", "URN:x:y", "urn:a-b:c+d/e"] {
            assert!(is_urn(good), "{good}");
        }
        for bad in ["", "urn", "urn:", "urn:x", "urn:x:", "urn::x", "http://x", "urn:x:a b", "urn:x:é"] {
            assert!(!is_urn(bad), "{bad}");
        }
    }

    #[test]
    fn an_error_says_where() {
        let mut cursor = Cursor::new("é x");
        cursor.bump();
        let error = cursor.expected::<()>("a name").expect_err("error");
        assert_eq!(error.to_string(), "at 2: expected a name, found ' '");
    }
}

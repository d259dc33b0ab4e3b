//! Why the products' admin surface refuses: a status, an OAuth-style code, words for humans, and where in the body the
//! fault lies. It knows nothing of SCIM errors.

use std::fmt;

/// A refusal: `{error, error_description, pointer?}` with a status (`RFC6749 §5.2` gives the form).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// A code of OAuth 2.0 where it has one (`invalid_request`, `access_denied`), else the products' own.
    pub code: &'static str,
    /// Words for humans, without personal data.
    pub description: String,
    /// A JSON pointer into the request's body (`RFC6901`).
    pub pointer: Option<String>,
}

impl Refusal {
    /// A refusal without pointer.
    #[must_use]
    pub fn new(status: u16, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code, description: description.into(), pointer: None }
    }

    /// 400 `invalid_request`: what stands at `pointer` cannot be taken.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, description: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(400, "invalid_request", description) }
    }

    /// 404 `not_found`.
    #[must_use]
    pub fn missing(what: &str) -> Self {
        Self::new(404, "not_found", format!("no such {what}"))
    }

    /// 403 `access_denied`.
    #[must_use]
    pub fn denied(description: impl Into<String>) -> Self {
        Self::new(403, "access_denied", description)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.description)
    }
}

impl std::error::Error for Refusal {}

/// A member's name as a part of a JSON pointer (`RFC6901 §3`), with its slash.
#[must_use]
pub fn pointer_part(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

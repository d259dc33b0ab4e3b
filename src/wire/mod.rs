//! What goes over the wire and what came back, as plain data: requests, responses, exchanges, secrets.
//!
//! The room knows nothing of sockets, HTTP libraries, clocks or SCIM; header order and case are kept.

pub mod date;
mod exchange;
mod headers;
mod lent;
mod redact;
mod secret;

pub use exchange::{Exchange, ExchangeId, Failure, FailureKind};
pub use headers::Headers;
pub use lent::Lent;
pub use redact::Redactor;
pub use secret::SECRET_MEMBERS;
pub use secret::Secret;

use std::fmt;

/// An HTTP method. SCIM uses five; anything else is kept as text so that hostile probes can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read or query.
    Get,
    /// Create, `.search`, bulk.
    Post,
    /// Replace (`RFC7644 §3.5.1`).
    Put,
    /// Modify (`RFC7644 §3.5.2`).
    Patch,
    /// Remove (`RFC7644 §3.6`).
    Delete,
    /// Any other token, as it stands on the request line.
    Other(String),
}

impl Method {
    /// The method of a request line's first word; words are case-sensitive (`RFC9110 §9.1`).
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word on the request line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other(word) => word,
        }
    }

    /// True for methods that may change state on the server (`POST` to `/.search` is the caller's exception).
    #[must_use]
    pub fn writes(&self) -> bool {
        !matches!(self, Self::Get) && self.as_str() != "HEAD" && self.as_str() != "OPTIONS"
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which part of a target a request goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Root {
    /// Below the SCIM base URL, with the target's credentials.
    #[default]
    Scim,
    /// Below the URL of the product's admin and auth surface, with the operator's credentials.
    Admin,
    /// Below this base URL, without credentials of its own: another tenant's SCIM base on the same host.
    At(String),
    /// Below the SCIM base URL of the second tenant that the settings name, with its credentials.
    SecondTenant,
    /// Nowhere by itself: a probe of the caller's configuration answers it: `GET /role?id=…&userName=…`, `POST /login` with
    /// `{"id", "userName", "password"}` for `{"access_token"}`, `POST /token` with `{"token"}` for `{"active"}`.
    Probe,
}

/// A request relative to one of the target's base URLs. Credentials are never inside: the client adds them at the last moment,
/// also those that an `Authorization` names ([`Lent::placeholder`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Below which base URL.
    pub root: Root,
    /// The method.
    pub method: Method,
    /// Path and query below the base URL, percent-encoded, with its leading slash: `/Users?count=2`.
    pub target: String,
    /// Headers in the order they are sent, without `Authorization`, `Host` and `Content-Length`.
    pub headers: Headers,
    /// The body's bytes; `None` sends no body.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self { root: Root::Scim, method, target: target.into(), headers: Headers::default(), body: None }
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The query without its question mark, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers in the order they came.
    pub headers: Headers,
    /// The body's bytes, decoded from any content encoding; empty if there was none.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::default(), body: Vec::new() }
    }

    /// The body as JSON, if it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// True for an HTML page, by its media type or its first bytes.
    #[must_use]
    pub fn is_web_page(&self) -> bool {
        let declared = self.headers.get("Content-Type").is_some_and(|text| text.contains("html"));
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(200)]).to_lowercase();
        declared || start.trim_start().starts_with("<!doctype") || start.contains("<html")
    }

    /// True for 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

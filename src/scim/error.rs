//! SCIM errors: status, `scimType`, detail, and the body that carries them (`RFC7644 §3.12`).

use std::fmt;

use serde_json::{Value, json};

use super::{Object, urn};

/// The `scimType` keywords of `RFC7644 §3.12`, table 9, and of `RFC9865 §2.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or attribute and operator do not go together.
    InvalidFilter,
    /// More results than the server is willing to process.
    TooMany,
    /// A value is in use or reserved.
    Uniqueness,
    /// The change is not compatible with the attribute's mutability or current state.
    Mutability,
    /// The body's structure is invalid.
    InvalidSyntax,
    /// The PATCH path is malformed.
    InvalidPath,
    /// The PATCH path yields nothing that could be operated on.
    NoTarget,
    /// A required value is missing, or a value does not fit its attribute.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// Sensitive information in a URI.
    Sensitive,
    /// The cursor is none that the server gave for this query (`RFC9865 §2.1`).
    InvalidCursor,
    /// The cursor is too old (`RFC9865 §2.1`).
    ExpiredCursor,
    /// `count` is not acceptable, or changed from page to page (`RFC9865 §2.1`).
    InvalidCount,
}

impl ScimType {
    /// The keyword on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// A refusal in SCIM's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimError {
    /// The HTTP status.
    pub status: u16,
    /// The keyword, where the standard defines one for the case.
    pub scim_type: Option<ScimType>,
    /// What is wrong, for a person.
    pub detail: String,
}

impl ScimError {
    /// An error without keyword.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// A 400 with a keyword.
    #[must_use]
    pub fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { status: 400, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// The body of the answer: status as a string (`RFC7644 §3.12`).
    #[must_use]
    pub fn to_object(&self) -> Object {
        let mut body = Object::new();
        body.insert("schemas".into(), json!([urn::ERROR]));
        body.insert("status".into(), Value::String(self.status.to_string()));
        if let Some(scim_type) = self.scim_type {
            body.insert("scimType".into(), Value::String(scim_type.as_str().into()));
        }
        body.insert("detail".into(), Value::String(self.detail.clone()));
        body
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scim_type {
            Some(scim_type) => write!(f, "{} {}: {}", self.status, scim_type.as_str(), self.detail),
            None => write!(f, "{}: {}", self.status, self.detail),
        }
    }
}

impl std::error::Error for ScimError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_carries_the_status_as_text() {
        let body = ScimError::bad(ScimType::NoTarget, "nothing there").to_object();
        assert_eq!(
            Value::Object(body).to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"noTarget","detail":"nothing there"}"#
        );
    }
}

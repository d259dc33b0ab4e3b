//! Answers on their way out: status, the headers that SCIM wants, JSON text; and how a refusal of scim or the store
//! becomes an Error body (`RFC7644 §3.12`).

use serde_json::Value;

use crate::scim::{Object, ScimError, ScimType};
use crate::store::StoreError;
use crate::wire::Response;

/// The media type of every body (`RFC7644 §8.1`).
pub(super) const SCIM_JSON: &str = "application/scim+json";

/// An answer; a body is JSON text.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Option<String>,
    /// `Location`
    pub location: Option<String>,
    /// `ETag`
    pub etag: Option<String>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub fn empty(status: u16) -> Self {
        Self { status, body: None, location: None, etag: None, headers: Vec::new() }
    }

    pub fn text(status: u16, body: String) -> Self {
        Self { body: Some(body), ..Self::empty(status) }
    }

    pub fn object(status: u16, body: Object) -> Self {
        Self::text(status, Value::Object(body).to_string())
    }

    pub fn error(error: &ScimError) -> Self {
        Self::object(error.status, error.to_object())
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The response; without body for `HEAD`.
    pub fn into_response(self, head: bool) -> Response {
        let mut response = Response::new(self.status);
        if self.body.is_some() {
            response.headers.push_known("Content-Type", SCIM_JSON.to_owned());
        }
        if let Some(location) = self.location {
            response.headers.push_known("Location", location);
        }
        if let Some(etag) = self.etag {
            response.headers.push_known("ETag", etag);
        }
        for (name, value) in self.headers {
            response.headers.push_known(name, value);
        }
        response.body = self.body.filter(|_| !head).map(String::into_bytes).unwrap_or_default();
        response
    }
}

impl From<ScimError> for Answer {
    fn from(error: ScimError) -> Self {
        Self::error(&error)
    }
}

/// What a client hears when the store refuses.
pub(super) fn refused(error: StoreError) -> ScimError {
    match error {
        StoreError::Taken => ScimError {
            status: 409,
            scim_type: Some(ScimType::Uniqueness),
            detail: "another resource has this name".into(),
        },
        StoreError::Held(attribute) => ScimError {
            status: 409,
            scim_type: Some(ScimType::Uniqueness),
            detail: format!("{attribute}: another resource has this value"),
        },
        StoreError::Missing => missing(),
        StoreError::Stale => ScimError::new(503, "the resource is being changed by too many requests at once"),
        StoreError::Stranger(id) => {
            ScimError::bad(ScimType::InvalidValue, format!("members: no resource has the id {id:?}"))
        }
        StoreError::Broken(reason) => ScimError::new(500, format!("storage failed, nothing was changed: {reason}")),
    }
}

/// 404 for a resource.
pub(super) fn missing() -> ScimError {
    ScimError::new(404, "no such resource")
}

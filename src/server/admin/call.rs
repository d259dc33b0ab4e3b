//! A call of the admin surface as its handlers see it, and what they reply.

use serde_json::{Value, json};

use super::super::Server;
use super::super::core::Core;
use super::super::{dispatch, input};
use crate::product::{Action, Principal, Refusal, Target, permit};
use crate::scim::{Object, ScimError};
use crate::wire::{Request, Response};

/// A call that came through the permission table.
pub struct Call<'a> {
    pub server: &'a Server,
    pub core: &'a Core,
    pub request: &'a Request,
    pub principal: &'a Principal,
    /// The named parts of the path.
    pub parts: &'a [(&'static str, String)],
}

impl Call<'_> {
    /// A named part of the path.
    ///
    /// # Errors
    /// 404 where the route has no such part.
    pub fn part(&self, name: &str) -> Result<&str, Refusal> {
        let part = self.parts.iter().find(|(known, _)| *known == name);
        part.map(|(_, text)| text.as_str()).ok_or_else(|| Refusal::missing("endpoint"))
    }

    /// The organization of the path.
    ///
    /// # Errors
    /// As [`Call::part`].
    pub fn org(&self) -> Result<&str, Refusal> {
        self.part("org")
    }

    /// A parameter of the query.
    ///
    /// # Errors
    /// 400 for a query that does not decode.
    pub fn parameter(&self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(super::query(self.request)?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value))
    }

    /// Judges the principal for an action on a target that the path does not name.
    ///
    /// # Errors
    /// 401, 403.
    pub fn permit(&self, action: Action, org: &str, user: Option<&str>) -> Result<(), Refusal> {
        permit(action, self.principal, Target { org: Some(org), user })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 400, 415.
    pub fn json(&self) -> Result<Value, Refusal> {
        input::json(self.request, self.core.profile.limits.json_depth).map_err(of_scim)
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// 400, 415.
    pub fn object(&self) -> Result<Object, Refusal> {
        match self.json()? {
            Value::Object(object) => Ok(object),
            _ => Err(Refusal::invalid("", "a JSON object is wanted")),
        }
    }

    /// `http://host:port`, as the server was told or as the client reached it.
    pub fn origin(&self) -> String {
        dispatch::origin(self.core, self.request)
    }
}

/// A member of a body that must be a text with something in it.
///
/// # Errors
/// 400 with a pointer.
pub fn text<'a>(body: &'a Object, name: &str) -> Result<&'a str, Refusal> {
    let text = body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| Refusal::invalid(format!("/{name}"), format!("{name}: a text is wanted")))
}

/// A refusal of the SCIM side in the words of this surface.
pub fn of_scim(error: ScimError) -> Refusal {
    let code = match error.status {
        409 => "conflict",
        404 => "not_found",
        500.. => "server_error",
        _ => "invalid_request",
    };
    Refusal::new(error.status, code, error.detail)
}

/// What a handler replies.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Option<Value>,
    /// The ids of what was made or changed, for the log, where the path does not name them.
    pub target: Option<String>,
}

impl Reply {
    /// A reply with a body.
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), target: None }
    }

    /// The reply that tells a refusal, with further members.
    pub fn refused(refusal: &Refusal, more: Value) -> Self {
        let mut body = json!({ "error": refusal.code, "error_description": refusal.description });
        if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
            body.extend(refusal.pointer.iter().map(|pointer| ("pointer".to_owned(), Value::from(pointer.as_str()))));
            body.extend(more);
        }
        Self::new(refusal.status, body)
    }

    /// 204
    pub const fn empty() -> Self {
        Self { status: 204, body: None, target: None }
    }

    /// The same reply, about that.
    pub fn about(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The response. Secrets pass here, so nothing is kept by caches (`RFC6749 §5.1`).
    pub fn into_response(self) -> Response {
        let mut response = Response::new(self.status);
        response.headers.push("Cache-Control", "no-store");
        if self.status == 401 {
            response.headers.push("WWW-Authenticate", "Bearer realm=\"admin\"");
        }
        if let Some(body) = self.body {
            response.headers.push("Content-Type", "application/json");
            response.body = body.to_string().into_bytes();
        }
        response
    }
}

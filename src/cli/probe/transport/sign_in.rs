//! Signs users in and asks about tokens, as `[probe.login]` and `[probe.token]` say. Whatever is no clear answer is a failure,
//! never a refusal or an invalid token.

use serde_json::{Value, json};

use super::{Probed, answer, failure, filled, run, words};
use crate::cli::probe::sign_in::{Ask, Body, Placed, encoded};
use crate::wire::{Failure, FailureKind, Method, Request, Response, Secret};

/// Shorter texts are hidden by the names of their members alone: looking for them everywhere would tear holes into reports.
const SHORTEST: usize = 12;

/// A probe said something that it must not.
fn broken(reason: impl Into<String>) -> Failure {
    failure(FailureKind::Broken, reason)
}

/// Statuses that only say "not now"; the runner waits them out.
fn later(response: &Response) -> bool {
    matches!(response.status, 429 | 503)
}

/// A member of a step's body.
fn member(request: &Request, name: &str) -> String {
    let body = request.body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    body.and_then(|body| body[name].as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// The value at a pointer of what a program said; without a pointer, all of it.
fn value(said: &str, pointer: Option<&str>) -> Result<Value, Failure> {
    let Some(pointer) = pointer else { return Ok(Value::from(said.trim())) };
    let value: Value =
        serde_json::from_str(said).map_err(|_| broken("the probe's command said something that is no JSON"))?;
    Ok(value.pointer(pointer).cloned().unwrap_or(Value::Null))
}

impl Probed {
    fn learn(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.redactor.learn(&Secret::new(secret));
        }
    }

    async fn post(
        &self,
        probe: &Placed,
        to: &str,
        body: &Body,
        values: &[(&'static str, String)],
        anonymous: bool,
    ) -> Result<Response, Failure> {
        let (text, kind) = body.filled(values);
        let target = filled(to, &encoded(values));
        let mut there = Request { root: probe.root.clone(), ..Request::new(Method::Post, target) };
        there.headers.set("Accept", "application/json");
        there.headers.set("Content-Type", kind);
        if anonymous {
            there.headers.set("Authorization", "");
        }
        there.body = Some(text.into_bytes());
        self.inner.send(&there).await
    }

    /// 200 with `access_token`, or 401 where the user is not let in.
    pub(super) async fn sign_in(&self, probe: &Placed, request: &Request) -> Result<Response, Failure> {
        let password = member(request, "password");
        self.learn(&password);
        let user = [("{id}", member(request, "id")), ("{userName}", member(request, "userName"))];
        let token = match &probe.ask {
            Ask::Get { .. } => return Err(broken("a login is no GET")),
            Ask::Command { words: template, pointer, timeout } => {
                let said = run(words(template, &user)?, Some(password), *timeout).await?;
                value(&said, pointer.as_deref())?
            }
            Ask::Post { to, body, pointer } => {
                let [id, name] = user;
                let values = [id, name, ("{password}", password)];
                let response = self.post(probe, to, body, &values, true).await?;
                match response.status {
                    _ if later(&response) => return Ok(response),
                    400 | 401 | 403 => Value::Null,
                    200..=299 => match response.json().unwrap_or_default().pointer(pointer) {
                        Some(Value::String(token)) if !token.is_empty() => Value::from(token.as_str()),
                        _ => return Err(broken(format!("the login's answer has no token at {pointer}"))),
                    },
                    status => return Err(broken(format!("the login was answered with status {status}"))),
                }
            }
        };
        match token {
            Value::String(token) if !token.is_empty() => {
                self.learn(&token);
                Ok(answer(200, &json!({"access_token": token})))
            }
            Value::Null | Value::String(_) => Ok(answer(401, &json!({"error": "access_denied"}))),
            _ => Err(broken("the login's token is no text")),
        }
    }

    /// 200 with `active`.
    pub(super) async fn ask(&self, probe: &Placed, request: &Request) -> Result<Response, Failure> {
        let token = member(request, "token");
        let active = match &probe.ask {
            Ask::Command { words, pointer, timeout } => {
                let said = run(words.clone(), Some(token), *timeout).await?;
                match value(&said, pointer.as_deref())? {
                    Value::Bool(active) => Some(active),
                    Value::String(text) => text.parse().ok(),
                    _ => None,
                }
            }
            Ask::Get { from } => {
                let mut there = Request { root: probe.root.clone(), ..Request::new(Method::Get, from.as_str()) };
                there.headers.set("Accept", "application/json");
                there.headers.set("Authorization", format!("Bearer {token}"));
                let response = self.inner.send(&there).await?;
                match response.status {
                    _ if later(&response) => return Ok(response),
                    200..=299 => Some(true),
                    401 | 403 => Some(false),
                    status => {
                        return Err(broken(format!("the question about a token was answered with status {status}")));
                    }
                }
            }
            Ask::Post { to, body, pointer } => {
                let response = self.post(probe, to, body, &[("{token}", token)], false).await?;
                match response.status {
                    _ if later(&response) => return Ok(response),
                    200..=299 => response.json().and_then(|body| body.pointer(pointer)?.as_bool()),
                    status => {
                        return Err(broken(format!("the question about a token was answered with status {status}")));
                    }
                }
            }
        };
        let active = active.ok_or_else(|| broken("the answer about a token is neither true nor false"))?;
        Ok(answer(200, &json!({"active": active})))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::client::{Auth, BaseUrl, InProcess, Transport as _};
    use crate::wire::{Redactor, Root};

    /// A target that always answers so, with both probes asking it by POST, or about tokens by GET.
    fn probed(status: u16, body: &'static str, get: bool) -> Probed {
        let handler = move |request: Request| {
            let bearer = request.headers.get("Authorization").unwrap_or_default().to_owned();
            let sent = String::from_utf8(request.body.unwrap_or_default()).unwrap();
            let seen = match request.target.as_str() {
                "/in/7" => sent == r#"{"name":"mara","word":"q7-secret-of-mara"}"# && bearer.is_empty(),
                _ => sent == "token=token-of-mara-1" || bearer == "Bearer token-of-mara-1",
            };
            assert!(seen, "{} {bearer} {sent}", request.target);
            Response { body: body.as_bytes().to_vec(), ..Response::new(status) }
        };
        let base = BaseUrl::parse("http://h/scim/v2").unwrap();
        let root = Root::At("http://h".into());
        let pointer = "/it".to_owned();
        let json = json!({"name": "{userName}", "word": "{password}"});
        let login = Ask::Post { to: "/in/{id}".into(), body: Body::Json(json), pointer: pointer.clone() };
        let token = match get {
            true => Ask::Get { from: "/session".into() },
            false => Ask::Post { to: "/ask".into(), body: Body::Form("token={token}".into()), pointer },
        };
        let placed = |ask: Ask| Some(Placed { ask, root: root.clone() });
        let inner = Arc::new(InProcess::new(base, Auth::None, Arc::new(handler)));
        Probed { inner, role: None, login: placed(login), token: placed(token), redactor: Redactor::default() }
    }

    fn request(path: &str, body: &Value) -> Request {
        let body = Some(body.to_string().into_bytes());
        Request { root: Root::Probe, body, ..Request::new(Method::Post, path) }
    }

    /// Status and body, or `None` for no answer.
    async fn said(probed: &Probed, request: &Request) -> Option<(u16, Value)> {
        let response = probed.send(request).await.ok()?;
        Some((response.status, response.json().unwrap_or_default()))
    }

    #[tokio::test]
    async fn only_a_clear_answer_is_a_login_or_a_refusal() {
        let login = request("/login", &json!({"id": "7", "userName": "mara", "password": "q7-secret-of-mara"}));
        let denied = Some((401, json!({"error": "access_denied"})));
        let rows = [
            (200, r#"{"it": "token-of-mara-1"}"#, Some((200, json!({"access_token": "token-of-mara-1"})))),
            (200, r#"{"it": ""}"#, None),
            (200, r#"{"it": 7}"#, None),
            (200, "welcome", None),
            (400, "{}", denied.clone()),
            (401, "{}", denied.clone()),
            (403, "{}", denied),
            (404, "{}", None),
            (429, "", Some((429, Value::Null))),
            (500, "{}", None),
        ];
        for (status, body, expected) in rows {
            let probed = probed(status, body, false);
            assert_eq!(said(&probed, &login).await, expected, "{status} {body}");
            assert_eq!(probed.redactor.scrub("q7-secret-of-mara"), "***");
            assert_eq!(probed.redactor.scrub("token-of-mara-1") == "***", body.contains("token-of"), "{body}");
        }
    }

    #[tokio::test]
    async fn only_a_clear_answer_says_that_a_token_is_valid_or_not() {
        let ask = request("/token", &json!({"token": "token-of-mara-1"}));
        let active = |active: bool| Some((200, json!({"active": active})));
        let rows = [
            (200, r#"{"it": true}"#, active(true), active(true)),
            (200, r#"{"it": false}"#, active(false), active(true)),
            (200, r#"{"it": "false"}"#, None, active(true)),
            (204, "", None, active(true)),
            (401, "", None, active(false)),
            (403, r#"{"it": true}"#, None, active(false)),
            (404, "", None, None),
            (503, "", Some((503, Value::Null)), Some((503, Value::Null))),
        ];
        for (status, body, by_post, by_get) in rows {
            assert_eq!(said(&probed(status, body, false), &ask).await, by_post, "{status} {body}");
            assert_eq!(said(&probed(status, body, true), &ask).await, by_get, "{status} {body}");
        }
    }
}

//! A small OAuth 2.0 token endpoint for client credentials (`RFC6749 §4.4`): one client, tokens that end. It knows nothing
//! of resources; what a token opens is for the caller to say.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::auth::same;
use super::core::fresh_token;
use super::input;
use crate::wire::{Method, Request, Response, Secret};

/// Where tokens are given, below the root of the host.
pub(super) const PATH: &str = "/oauth2/token";

/// The most tokens that are alive at once; whoever asks for more gets none until some have ended.
const MOST: usize = 10_000;

/// The one client, and how long its tokens live.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// `client_id`
    pub id: String,
    /// `client_secret`
    pub secret: Secret,
    /// The life of a token, seconds.
    pub seconds: u32,
}

/// The endpoint with the tokens that it gave.
#[derive(Debug)]
pub(super) struct Grants {
    client: OAuthClient,
    /// When each token ends.
    tokens: Mutex<HashMap<String, OffsetDateTime>>,
}

/// A refusal (`RFC6749 §5.2`): status, code, what is wrong.
type Refusal = (u16, &'static str, &'static str);

impl Grants {
    pub fn new(client: OAuthClient) -> Self {
        Self { client, tokens: Mutex::default() }
    }

    /// Whether an `Authorization` header holds a token that is alive.
    pub fn admits(&self, header: Option<&str>, now: OffsetDateTime) -> bool {
        let Some((scheme, token)) = header.and_then(|header| header.trim().split_once(' ')) else { return false };
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        scheme.eq_ignore_ascii_case("bearer") && tokens.get(token.trim()).is_some_and(|until| now < *until)
    }

    /// Answers a request to the endpoint.
    pub fn handle(&self, request: &Request, now: OffsetDateTime) -> Response {
        let (status, body) = match self.grant(request, now) {
            Ok(token) => {
                let body = json!({
                    "access_token": token.expose(), "token_type": "Bearer", "expires_in": self.client.seconds,
                });
                (200, body)
            }
            Err((status, code, about)) => (status, json!({ "error": code, "error_description": about })),
        };
        let mut response = Response::new(status);
        response.headers.push("Content-Type", "application/json");
        response.headers.push("Cache-Control", "no-store");
        response.headers.push("Pragma", "no-cache");
        match status {
            401 => response.headers.push("WWW-Authenticate", "Basic realm=\"oauth2\", charset=\"UTF-8\""),
            405 => response.headers.push("Allow", "POST"),
            _ => {}
        }
        response.body = Value::to_string(&body).into_bytes();
        response
    }

    fn grant(&self, request: &Request, now: OffsetDateTime) -> Result<Secret, Refusal> {
        if request.method != Method::Post {
            return Err((405, "invalid_request", "tokens are asked for by POST"));
        }
        let form = form(request)?;
        self.client(request, &form)?;
        match parameter(&form, "grant_type")? {
            Some("client_credentials") => {}
            Some(_) => return Err((400, "unsupported_grant_type", "client_credentials is supported")),
            None => return Err((400, "invalid_request", "grant_type: missing")),
        }
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, until| now < *until);
        if tokens.len() >= MOST {
            return Err((503, "temporarily_unavailable", "too many tokens are alive"));
        }
        let token = fresh_token();
        let until = now.saturating_add(Duration::seconds(i64::from(self.client.seconds)));
        tokens.insert(token.expose().to_owned(), until);
        Ok(token)
    }

    /// Who asks: by a Basic header or in the body, not both (`RFC6749 §2.3.1`).
    fn client(&self, request: &Request, form: &[(String, String)]) -> Result<(), Refusal> {
        let unknown = (401, "invalid_client", "the client is not known here, or its secret is another");
        let (id, secret) = (parameter(form, "client_id")?, parameter(form, "client_secret")?);
        let given = match (request.headers.get("authorization"), id, secret) {
            (Some(_), _, Some(_)) => return Err((400, "invalid_request", "the client shows its secret in two ways")),
            (Some(header), id, None) => {
                let pair = basic(header).ok_or(unknown)?;
                if id.is_some_and(|id| id != pair.0) {
                    return Err((400, "invalid_request", "client_id: not that of the Authorization header"));
                }
                pair
            }
            (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
            (None, ..) => return Err(unknown),
        };
        let good = same(&self.client.id, &given.0) & same(self.client.secret.expose(), &given.1);
        if good { Ok(()) } else { Err(unknown) }
    }
}

/// Id and secret of a Basic header, each form-encoded before they were joined (`RFC6749 §2.3.1`).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.trim().split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    Some((decode(id)?, decode(secret)?))
}

/// The parameters of the body (`RFC6749 §B`).
fn form(request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    let media_type = request.headers.get("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err((400, "invalid_request", "the body must be application/x-www-form-urlencoded"));
    }
    let text = std::str::from_utf8(request.body.as_deref().unwrap_or_default()).ok();
    let form = text.and_then(|text| input::query(text).ok());
    form.ok_or((400, "invalid_request", "the body is no form in UTF-8"))
}

/// A parameter; none may be there twice, and an empty one is none (`RFC6749 §3.2`).
fn parameter<'a>(form: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut found = form.iter().filter(|(known, _)| known == name).map(|(_, text)| text.as_str());
    let first = found.next();
    if found.next().is_some() {
        return Err((400, "invalid_request", "a parameter is there twice"));
    }
    Ok(first.filter(|text| !text.is_empty()))
}

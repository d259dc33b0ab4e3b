//! Tokens and sessions over HTTP: introspection (`RFC7662`), revocation (`RFC7009`), the session of a request (A16 to A18).

use serde_json::{Map, Value, json};

use super::call::{Call, Reply, of_scim};
use super::{Row, users};
use crate::product::{Action, Coverage, Refusal, Token};
use crate::server::input;

pub(super) const ROWS: &[Row] = &[
    Row { method: "POST", path: "/oauth2/introspect", action: Action::Introspect, handler: introspect },
    Row { method: "POST", path: "/oauth2/revoke", action: Action::Revoke, handler: revoke },
    Row { method: "GET", path: "/auth/session", action: Action::Session, handler: session },
];

/// The client that every token was issued to; there is one.
const CLIENT: &str = "scimproof";

/// The parameters of a form (`RFC6749 §B`).
fn form(call: &Call<'_>) -> Result<Vec<(String, String)>, Refusal> {
    let media_type = call.request.headers.get("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::new(400, "invalid_request", "the body must be application/x-www-form-urlencoded"));
    }
    let text = std::str::from_utf8(call.request.body.as_deref().unwrap_or_default());
    let text = text.map_err(|_| Refusal::new(400, "invalid_request", "the body is not UTF-8"))?;
    input::query(text).map_err(of_scim)
}

fn parameter<'a>(form: &'a [(String, String)], name: &str) -> Option<&'a str> {
    form.iter().find(|(known, text)| known == name && !text.is_empty()).map(|(_, text)| text.as_str())
}

fn token(form: &[(String, String)]) -> Result<&str, Refusal> {
    parameter(form, "token").ok_or_else(|| Refusal::new(400, "invalid_request", "token: missing"))
}

/// A16. Whoever may not know of a token hears that it is not active (`RFC7662 §2.2`).
fn introspect(call: &Call<'_>) -> Result<Reply, Refusal> {
    let form = form(call)?;
    let value = token(&form)?;
    let mut known = Map::new();
    if let Some((token, environments)) = active(call, Action::Introspect, value)
        && parameter(&form, "resource").is_none_or(|wanted| environments.iter().any(|id| id == wanted))
        && let Some(name) = users::name(call, &token.holder)?
    {
        known = Map::from_iter([
            ("active".to_owned(), json!(true)),
            ("sub".to_owned(), json!(token.holder.id)),
            ("username".to_owned(), json!(name)),
            ("client_id".to_owned(), json!(CLIENT)),
            // No `exp`: tokens do not end (COALESCE-SSO-024).
            ("iat".to_owned(), json!(token.issued.unix_timestamp())),
            ("token_type".to_owned(), json!("Bearer")),
            ("org".to_owned(), json!(token.holder.org)),
            ("environments".to_owned(), json!(environments)),
        ]);
    }
    known.entry("active").or_insert(Value::Bool(false));
    Ok(Reply::new(200, Value::Object(known)))
}

/// An active token that the caller may know of, with the environments that it is good for (COALESCE-SSO-029).
fn active(call: &Call<'_>, action: Action, value: &str) -> Option<(Token, Vec<String>)> {
    let state = call.core.products.lock();
    let token = state.accounts.tokens.active(value)?.clone();
    call.permit(action, &token.holder.org, Some(&token.holder.id)).ok()?;
    let environments = state.organizations.get(&token.holder.org)?.environments.iter().map(|it| it.id.clone());
    let covered = |id: &String| match &token.coverage {
        Coverage::All => true,
        Coverage::Only(known) => known.contains(id),
    };
    let environments = environments.filter(covered).collect();
    Some((token, environments))
}

/// A17. An unknown token is no error (`RFC7009 §2.2`), and somebody else's is unknown.
fn revoke(call: &Call<'_>) -> Result<Reply, Refusal> {
    let form = form(call)?;
    let value = token(&form)?;
    let mut reply = Reply::new(200, json!({}));
    if let Some((token, _)) = active(call, Action::Revoke, value) {
        call.core.products.lock().accounts.tokens.revoke(value);
        reply = reply.about(format!("{}/{}", token.holder.org, token.holder.id));
    }
    Ok(reply)
}

/// A18, by access token or by the cookie `session`.
fn session(call: &Call<'_>) -> Result<Reply, Refusal> {
    let headers = &call.request.headers;
    let bearer = headers.get("authorization").and_then(|header| {
        let (scheme, value) = header.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(value.trim())
    });
    let cookies = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value);
    let cookie = cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix("session="));
    let token = {
        let tokens = &call.core.products.lock().accounts.tokens;
        let found = match (bearer, cookie) {
            (Some(value), _) => tokens.active(value),
            (None, Some(id)) => tokens.of_session(id),
            (None, None) => None,
        };
        found.cloned()
    };
    let ended = || Refusal::new(401, "invalid_token", "there is no such session");
    let token = token.ok_or_else(ended)?;
    let name = users::name(call, &token.holder)?.ok_or_else(ended)?;
    Ok(Reply::new(200, json!({ "sub": token.holder.id, "org": token.holder.org, "username": name })))
}

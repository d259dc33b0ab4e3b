//! Defects of access tokens: what revokes them and what does not. Every login is remembered, so that what is said of a token
//! can be changed; the honest server's own state stays as it is.

use serde_json::json;

use super::tools::{admin_path, body, edit, form, id_below};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

/// How long a token lives where it expires, seconds of the virtual clock.
const LIFE: u64 = 24 * 3600;

/// The defects.
pub const FAULTS: &[Row] = &[
    ("token-survives-disable", |world, request| survives(world, request, Event::Disabled)),
    ("token-survives-password", |world, request| survives(world, request, Event::Password)),
    ("token-survives-email", |world, request| survives(world, request, Event::Email)),
    ("token-survives-mfa", |world, request| survives(world, request, Event::Mfa)),
    ("token-survives-delete", |world, request| survives(world, request, Event::Deleted)),
    ("token-revoked-by-idp", |world, request| {
        let off = disabled_at_provider(&request);
        let response = tracked(world, request, |_, _| {});
        if let Some(person) = off.filter(|_| response.is_success()) {
            tokens(world, &format!("of {person}")).iter().for_each(|token| end(world, token));
        }
        response
    }),
    ("token-expires", |world, request| {
        let moved = (request.method == Method::Post && admin_path(&request) == "/admin/v1/clock")
            .then(|| body(&request)["advance_seconds"].as_u64())
            .flatten();
        let clock = world.noted("clock").and_then(|clock| clock.as_u64()).unwrap_or_default();
        let response = tracked(world, request, |world, login| world.note(format!("issued {}", login.token), clock));
        if let Some(moved) = moved.filter(|_| response.is_success()) {
            let now = clock.saturating_add(moved);
            world.note("clock", now);
            for token in tokens(world, "all") {
                let issued = world.noted(&format!("issued {token}")).and_then(|at| at.as_u64()).unwrap_or_default();
                if now.saturating_sub(issued) >= LIFE {
                    end(world, &token);
                }
            }
        }
        response
    }),
    ("token-old-revoked-on-login", |world, request| {
        tracked(world, request, |world, login| {
            let older = tokens(world, &format!("of {}", login.user)).into_iter().filter(|token| *token != login.token);
            older.for_each(|token| end(world, &token));
        })
    }),
    ("token-revokes-bystander", |world, request| {
        let event = event(world, &request);
        let response = tracked(world, request, |_, _| {});
        if event.is_some() && response.is_success() {
            tokens(world, "all").iter().for_each(|token| end(world, token));
        }
        response
    }),
];

/// What revokes a user's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Disabled,
    Deleted,
    Password,
    Email,
    Mfa,
}

/// A login that was answered with a token.
struct Login {
    user: String,
    token: String,
}

/// Which event a request is, and whose; an event may still change nothing.
fn event(world: &World, request: &Request) -> Option<(String, Vec<Event>)> {
    let place = admin_path(request).strip_prefix("/admin/v1/users/").map(str::to_owned);
    let sent = body(request);
    if let Some(place) = place {
        let (id, what) = place.split_once('/').unwrap_or((place.as_str(), ""));
        let mut events = Vec::new();
        match (&request.method, what) {
            (Method::Delete, "") => events.push(Event::Deleted),
            (Method::Put, "password") => events.push(Event::Password),
            (Method::Put, "mfa") => events.push(Event::Mfa),
            (Method::Patch, "") => {
                events.extend((sent["active"] == false).then_some(Event::Disabled));
                events.extend((sent["email"].is_string()).then_some(Event::Email));
            }
            _ => {}
        }
        return Some((id.to_owned(), events)).filter(|(_, events)| !events.is_empty());
    }
    let id = id_below(request, "/Users")?.to_owned();
    let before = world.read(&format!("/Users/{id}"));
    let text = sent.to_string();
    let mut events = Vec::new();
    match request.method {
        Method::Delete => events.push(Event::Deleted),
        Method::Patch | Method::Put => {
            let off = ["\"active\":false", "\"active\":\"false\"", "\"active\":\"False\"", "\"path\":\"active\""];
            events.extend(
                (before["active"] == true && off.iter().any(|it| text.contains(it))).then_some(Event::Disabled),
            );
            let mails = text.contains("emails") && before["emails"] != sent["emails"];
            let name = sent["userName"].is_string() && sent["userName"] != before["userName"]
                || text.contains("\"path\":\"userName\"");
            events.extend((mails || name).then_some(Event::Email));
            events.extend(text.contains("password").then_some(Event::Password));
        }
        _ => {}
    }
    Some((id, events)).filter(|(_, events)| !events.is_empty())
}

/// The person whom a request to the provider's simulator takes away.
fn disabled_at_provider(request: &Request) -> Option<String> {
    let rest = admin_path(request).strip_prefix("/idp/v1/").filter(|_| request.method == Method::Put)?;
    let (issuer, subject) = rest.rsplit_once("/users/")?;
    let sent = body(request);
    let off = sent["enabled"] == false || sent["assigned"] == false;
    off.then(|| person(&decoded(issuer), &decoded(subject)))
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn person(issuer: &str, subject: &str) -> String {
    format!("{issuer} {subject}")
}

fn tokens(world: &World, key: &str) -> Vec<String> {
    let list = world.noted(key).unwrap_or_default();
    list.as_array().into_iter().flatten().filter_map(|token| token.as_str().map(str::to_owned)).collect()
}

fn remember(world: &World, key: String, token: &str) {
    let mut list = tokens(world, &key);
    list.push(token.to_owned());
    world.note(key, list);
}

/// From now on the token is said to be revoked.
fn end(world: &World, token: &str) {
    world.note(format!("ended {token}"), true);
}

/// Passes a request on, remembers the tokens that a login gives, and says of ended ones that they are not active.
fn tracked(world: &World, request: Request, then: impl FnOnce(&World, &Login)) -> Response {
    let place = admin_path(&request).to_owned();
    let sent = body(&request);
    let asked = if place == "/oauth2/introspect" { form(&request, "token") } else { None };
    // A login session is a token, too.
    let bearer = request.headers.get("Authorization").and_then(|it| it.strip_prefix("Bearer ")).map(str::to_owned);
    let ended = |token: &str| world.noted(&format!("ended {token}")).is_some();
    let response = world.pass(request);
    match place.as_str() {
        "/auth/login" | "/auth/sso/callback" if response.is_success() => {
            let said = response.json().unwrap_or_default();
            if let (Some(token), Some(user)) = (said["access_token"].as_str(), said["sub"].as_str()) {
                remember(world, format!("of {user}"), token);
                remember(world, "all".to_owned(), token);
                if let (Some(issuer), Some(subject)) = (sent["iss"].as_str(), sent["sub"].as_str()) {
                    remember(world, format!("of {}", person(issuer, subject)), token);
                }
                then(world, &Login { user: user.to_owned(), token: token.to_owned() });
            }
            response
        }
        "/oauth2/introspect" if asked.as_deref().is_some_and(ended) => {
            edit(response, |said| *said = json!({"active": false}))
        }
        "/auth/session" if bearer.as_deref().is_some_and(ended) => {
            let mut refused = edit(response, |said| *said = json!({"error": "invalid_token"}));
            refused.status = 401;
            refused
        }
        _ => response,
    }
}

/// A token outlives an event that should revoke it. Whatever else revokes it still does.
fn survives(world: &World, request: Request, kind: Event) -> Response {
    let place = admin_path(&request).to_owned();
    let asked = match place.as_str() {
        "/oauth2/introspect" => form(&request, "token"),
        "/oauth2/revoke" => {
            let token = form(&request, "token").unwrap_or_default();
            world.forget(&format!("alive {token}"));
            None
        }
        _ => None,
    };
    let happened = event(world, &request);
    let response = tracked(world, request, |world, login| {
        world
            .note(format!("alive {}", login.token), json!({"active": true, "sub": login.user, "token_type": "Bearer"}));
    });
    if let Some((user, events)) = happened.filter(|_| response.is_success())
        && !events.contains(&kind)
    {
        tokens(world, &format!("of {user}")).iter().for_each(|token| world.forget(&format!("alive {token}")));
    }
    let Some(token) = asked else { return response };
    let key = format!("alive {token}");
    let said = response.json().unwrap_or_default();
    match world.noted(&key) {
        Some(_) if said["active"] == true => {
            world.note(key, said);
            response
        }
        Some(before) => edit(response, |said| *said = before),
        None => response,
    }
}

//! Defects that identity providers stumble over: ids that are not what they should be, answers in another form than the
//! standard's, requests that are refused for what every client sends.

use serde_json::{Value, json};

use super::tools::{Put, answer, each, edit, error, id_below, is, is_one, lists, parameter, path, with_parameter};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("one-user-comes-as-a-list", |world, request| {
        let one = is_one(&request, Method::Get, "/Users");
        let response = world.pass(request);
        if !one || !response.is_success() {
            return response;
        }
        edit(response, |user| {
            *user =
                json!({"schemas": [LIST], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [user]});
        })
    }),
    ("count-is-refused", |world, request| {
        let asked = request.method == Method::Get && parameter(&request, "count").is_some();
        if asked { error(400, Some("invalidValue")) } else { world.pass(request) }
    }),
    ("a-read-with-a-media-type-is-refused", |world, request| {
        // The parser of bodies finds none.
        let typed = request.headers.get("Content-Type").is_some() && request.body.is_none();
        let reads = request.method == Method::Get && path(&request).starts_with("/Users");
        if typed && reads { error(400, Some("invalidSyntax")) } else { world.pass(request) }
    }),
    ("a-page-is-always-the-whole-list", |world, mut request| {
        if lists(&request) {
            request = with_parameter(request, "count", None);
            request = with_parameter(request, "startIndex", None);
        }
        world.pass(request)
    }),
    ("values-are-only-listed", |world, request| {
        match is_one(&request, Method::Get, "/Entitlements") || is_one(&request, Method::Get, "/Roles") {
            true => error(404, None),
            false => world.pass(request),
        }
    }),
    ("value-lists-are-bare-arrays", |world, request| {
        value_list(world, request, |list| *list = list["Resources"].clone())
    }),
    ("value-lists-lack-names", |world, request| {
        value_list(world, request, |list| {
            for entry in list["Resources"].as_array_mut().into_iter().flatten() {
                entry.put("displayName", Value::Null);
            }
        })
    }),
    ("total-of-a-value-list-is-that-of-the-page", |world, request| {
        value_list(world, request, |list| {
            let length = list["Resources"].as_array().map_or(0, Vec::len);
            list.put("totalResults", length);
        })
    }),
    ("a-change-makes-another-id", |world, mut request| {
        // A row for each version, and the row's number is what is shown.
        request.target = request.target.replace(NEXT, "");
        if let Some(sent) = request.body.take() {
            let sent = String::from_utf8_lossy(&sent).replace(NEXT, "").into_bytes();
            request.headers.set("Content-Length", sent.len().to_string());
            request.body = Some(sent);
        }
        let changed = id_below(&request, "/Users").map(str::to_owned);
        let changes = matches!(request.method, Method::Put | Method::Patch);
        let users = path(&request).starts_with("/Users");
        let response = world.pass(request);
        if let Some(id) = changed.filter(|_| changes && response.is_success()) {
            world.note(format!("changed {id}"), true);
        }
        if !users {
            return response;
        }
        each(response, |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            if world.noted(&format!("changed {id}")).is_some() {
                user.insert("id".into(), format!("{id}{NEXT}").into());
            }
        })
    }),
    ("users-and-groups-share-a-look-up", |world, request| {
        // All resources are in one table, and the look-up by id forgets to ask for the type.
        let id = id_below(&request, "/Groups").filter(|_| request.method == Method::Get).map(str::to_owned);
        let response = world.pass(request);
        match id {
            Some(id) if response.status == 404 => {
                let user = world.read(&format!("/Users/{id}"));
                if user["id"].is_string() { answer(200, &user) } else { response }
            }
            _ => response,
        }
    }),
    ("a-group-again-has-its-old-id", |world, mut request| {
        // The id is made from the name.
        let create = is(&request, Method::Post, "/Groups");
        request.target = renamed(&request.target, |id| world.noted(&format!("real {id}")));
        let gone = id_below(&request, "/Groups").filter(|_| request.method == Method::Delete).map(str::to_owned);
        let response = world.pass(request);
        if let Some(gone) = gone {
            world.note(format!("gone {gone}"), true);
        }
        let groups = response.json().is_some_and(|body| body["displayName"].is_string() && body["id"].is_string());
        if !groups {
            return response;
        }
        each(response, |group| {
            let name = format!("first {}", group.get("displayName").and_then(Value::as_str).unwrap_or_default());
            let own = group.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            match world.noted(&name).and_then(|id| id.as_str().map(str::to_owned)) {
                None if create => world.note(name, own),
                Some(first) if first != own && world.noted(&format!("gone {first}")).is_some() => {
                    world.note(format!("real {first}"), own);
                    group.insert("id".into(), first.into());
                }
                _ => {}
            }
        })
    }),
    ("ids-hold-the-word-bulkid", |world, mut request| {
        request.target = request.target.replace(PREFIX, "");
        if let Some(sent) = request.body.take() {
            let sent = String::from_utf8_lossy(&sent).replace(PREFIX, "").into_bytes();
            request.headers.set("Content-Length", sent.len().to_string());
            request.body = Some(sent);
        }
        let users = path(&request).starts_with("/Users");
        let response = world.pass(request);
        if !users {
            return response;
        }
        each(response, |user| {
            if let Some(id) = user.get("id").and_then(Value::as_str).map(|id| format!("{PREFIX}{id}")) {
                user.insert("id".into(), id.into());
            }
        })
    }),
    ("delete-keeps-the-group", |world, request| {
        if is_one(&request, Method::Delete, "/Groups") {
            let there = world.ask(Method::Get, path(&request), None);
            return if there.is_success() { Response::new(204) } else { there };
        }
        world.pass(request)
    }),
];

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What an id ends with once its user was changed.
const NEXT: &str = "-v2";

const PREFIX: &str = "bulkId-";

/// Changes the list that an endpoint of value lists answers.
fn value_list(world: &World, request: Request, change: impl FnOnce(&mut Value)) -> Response {
    let own = request.method == Method::Get && matches!(path(&request), "/Entitlements" | "/Roles");
    let response = world.pass(request);
    if own { edit(response, change) } else { response }
}

/// The target of a request with the id in it replaced, where there is another.
fn renamed(target: &str, other: impl Fn(&str) -> Option<Value>) -> String {
    let id = target.strip_prefix("/Groups/").map(|rest| rest.split(['?', '/']).next().unwrap_or_default());
    let other = id.and_then(other).and_then(|id| id.as_str().map(str::to_owned));
    match (id, other) {
        (Some(id), Some(other)) => target.replacen(id, &other, 1),
        _ => target.to_owned(),
    }
}

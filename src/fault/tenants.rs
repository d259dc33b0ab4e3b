//! Defects of servers with several tenants and several tokens (`RFC7644 §6`, `RFC6750 §3.1`): what one tenant sees, counts,
//! names and changes of another, and which tokens still open what.

use serde_json::{Value, json};

use super::tools::{Put, body, edit, equality, id_below, is, is_one, lists, parameter, path, with_body};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

pub const FAULTS: &[Row] = &[
    ("expired-tokens-still-read", |world, request| {
        after_expiry(world, request, |request| request.method == Method::Get)
    }),
    ("expired-tokens-still-create", |world, request| {
        after_expiry(world, request, |request| request.method == Method::Post)
    }),
    ("expired-tokens-still-delete", |world, request| {
        after_expiry(world, request, |request| request.method == Method::Delete)
    }),
    ("expired-tokens-get-no-challenge", |world, request| {
        let mut response = world.pass(request);
        if has_expired(&response) {
            response.headers.remove("WWW-Authenticate");
        }
        response
    }),
    ("tokens-of-all-tenants-read-by-id", |world, request| {
        across(world, request, |request| is_one(request, Method::Get, "/Users"))
    }),
    ("tokens-of-all-tenants-search", |world, request| {
        across(world, request, |request| is(request, Method::Post, "/Users/.search"))
    }),
    ("tokens-of-all-tenants-replace", |world, request| {
        across(world, request, |request| is_one(request, Method::Put, "/Users"))
    }),
    ("tokens-of-all-tenants-run-jobs", |world, request| {
        across(world, request, |request| is(request, Method::Post, "/Bulk"))
    }),
    ("ids-of-all-tenants-can-be-changed", |world, request| {
        let writes = matches!(request.method, Method::Put | Method::Patch | Method::Delete);
        let own = writes && id_below(&request, "/Users").is_some();
        let (method, target, sent) = (request.method.clone(), request.target.clone(), body(&request));
        let missing = world.pass(request);
        if !own || missing.status != 404 {
            return missing;
        }
        let sent = if sent.is_null() { None } else { Some(sent) };
        let there = world.elsewhere().into_iter().find(|base| world.at(base, |there| found(there, &target)));
        there.map_or(missing, |base| world.at(&base, |there| there.ask(method, &target, sent)))
    }),
    ("filters-find-people-of-all-tenants", |world, request| {
        let own = is(&request, Method::Get, "/Users") && equality(&request).is_some();
        let target = request.target.clone();
        let response = world.pass(request);
        if !own || !response.is_success() {
            return response;
        }
        let others: Vec<Value> = world.elsewhere().iter().flat_map(|base| resources(world, base, &target)).collect();
        edit(response, |list| {
            let mut all = list["Resources"].as_array().cloned().unwrap_or_default();
            all.extend(others);
            list.put("totalResults", all.len());
            list.put("Resources", all);
        })
    }),
    ("totals-count-all-tenants", |world, request| {
        let own = lists(&request) && parameter(&request, "filter").is_none();
        let place = path(&request).to_owned();
        let response = world.pass(request);
        if !own || !response.is_success() {
            return response;
        }
        let total = |base: &String| world.at(base, |there| there.read(&format!("{place}?count=1")));
        let others: u64 = world.elsewhere().iter().filter_map(|base| total(base)["totalResults"].as_u64()).sum();
        edit(response, |list| {
            let sum = list["totalResults"].as_u64().unwrap_or_default().saturating_add(others);
            list.put("totalResults", sum);
        })
    }),
    ("members-may-be-of-another-tenant", |world, request| {
        let writes = matches!(request.method, Method::Post | Method::Put) && path(&request).starts_with("/Groups");
        let mut named = Vec::new();
        let request = with_body(request, |group| {
            let Some(members) = group.get_mut("members").and_then(Value::as_array_mut).filter(|_| writes) else {
                return;
            };
            members.retain(|member| {
                let target = format!("/Users/{}", member["value"].as_str().unwrap_or_default());
                let stranger = !found(world, &target);
                let bases = world.elsewhere();
                let other = bases.iter().map(|base| world.at(base, |there| there.read(&target)));
                match other.into_iter().find(|user| stranger && user["id"].is_string()) {
                    Some(user) => {
                        named.push(json!({"value": user["id"], "display": user["displayName"], "type": "User"}));
                        false
                    }
                    None => true,
                }
            });
        });
        edit(world.pass(request), |group| {
            let key = group["id"].as_str().unwrap_or_default().to_owned();
            if !named.is_empty() {
                world.note(&key, Value::from(named.clone()));
            }
            if let Some(Value::Array(strangers)) = world.noted(&key).filter(|_| !key.is_empty()) {
                let mut all = group["members"].as_array().cloned().unwrap_or_default();
                all.extend(strangers);
                group.put("members", all);
            }
        })
    }),
    ("user-names-are-unique-over-all-tenants", |world, request| {
        if !is(&request, Method::Post, "/Users") {
            return world.pass(request);
        }
        let name = body(&request)["userName"].as_str().unwrap_or_default().to_owned();
        let filter = format!("userName eq {}", Value::from(name));
        let taken =
            world.elsewhere().iter().any(|base| world.at(base, |there| !there.find("/Users", &filter).is_empty()));
        if taken { super::tools::error(409, Some("uniqueness")) } else { world.pass(request) }
    }),
    ("each-token-sees-its-own-users", |world, request| {
        let own = request.headers.get("Authorization").unwrap_or_default().to_owned();
        let made = is(&request, Method::Post, "/Users");
        let one = id_below(&request, "/Users").map(str::to_owned);
        if one.and_then(|id| world.noted(&id)).is_some_and(|maker| maker != own.as_str()) {
            return super::tools::error(404, None);
        }
        let response = world.pass(request);
        if let Some(id) = response.json().filter(|_| made).and_then(|user| user["id"].as_str().map(str::to_owned)) {
            world.note(id, own);
        }
        response
    }),
];

/// The answer of a server that looks at the time of a token only for other requests.
fn after_expiry(world: &World, request: Request, forgets: impl Fn(&Request) -> bool) -> Response {
    let again = request.clone();
    let forgets = forgets(&request);
    match world.pass(request) {
        refused if forgets && has_expired(&refused) => with_good(world, again).unwrap_or(refused),
        other => other,
    }
}

/// The answer of a server that asks only for other requests whose tenant a token is of.
fn across(world: &World, request: Request, careless: impl Fn(&Request) -> bool) -> Response {
    let own = request.headers.get("Authorization").map(str::to_owned);
    let own = own.unwrap_or_default();
    let good = |base: &String| world.at(base, |there| there.credentials().is_some_and(|good| good == own));
    let known = world.elsewhere().iter().any(good);
    let again = request.clone();
    let careless = known && careless(&request);
    match world.pass(request) {
        refused if careless && refused.status == 401 => with_good(world, again).unwrap_or(refused),
        other => other,
    }
}

fn with_good(world: &World, mut request: Request) -> Option<Response> {
    request.headers.set("Authorization", world.credentials()?);
    Some(world.pass(request))
}

fn has_expired(response: &Response) -> bool {
    response.status == 401 && response.headers.get("WWW-Authenticate").is_some_and(|it| it.contains("expired"))
}

fn found(world: &World, target: &str) -> bool {
    world.ask(Method::Get, target, None).is_success()
}

/// What a query finds at another base.
fn resources(world: &World, base: &str, target: &str) -> Vec<Value> {
    let list = world.at(base, |there| there.read(target));
    list["Resources"].as_array().cloned().unwrap_or_default()
}

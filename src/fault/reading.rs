//! Defects of discovery, projection, sorting and search: what a server says of itself, and how it answers questions.

use serde_json::{Value, json};

use super::tools::{Put, answer, each, edit, error, lists, parameter, path, query, with_body, with_parameter};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

const DISCOVERY: [&str; 3] = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];

pub const FAULTS: &[Row] = &[
    ("attributes-of-writes-are-ignored", |world, request| {
        let request = if request.method == Method::Get { request } else { whole(request) };
        world.pass(request)
    }),
    ("excluded-id-is-left-out", |world, request| {
        let bad = parameter(&request, "excludedAttributes").is_some_and(|names| names.split(',').any(|it| it == "id"));
        let response = world.pass(request);
        if bad { each(response, |resource| drop(resource.remove("id"))) } else { response }
    }),
    ("names-of-attributes-look-at-case", |world, request| match parameter(&request, "attributes") {
        Some(names) if names.contains("USERNAME") => world.pass(with_parameter(request, "attributes", Some("id"))),
        _ => world.pass(request),
    }),
    ("parts-of-attributes-are-not-known", |world, request| match parameter(&request, "attributes") {
        Some(names) if names.contains("name.familyName") || names.contains("emails.value") => {
            world.pass(with_parameter(request, "attributes", Some("id")))
        }
        _ => world.pass(request),
    }),
    ("password-is-shown-when-asked-for", |world, request| {
        let asked = parameter(&request, "attributes").is_some_and(|names| names.contains("password"));
        let response = world.pass(request);
        if asked { each(response, |user| drop(user.insert("password".into(), json!("******")))) } else { response }
    }),
    ("excluded-members-are-shown-in-lists", |world, request| {
        let request = if lists(&request) { with_parameter(request, "excludedAttributes", None) } else { request };
        world.pass(request)
    }),
    ("sort-is-ignored", |world, request| world.pass(with(request, "sortBy", |_| None))),
    ("sort-order-is-ignored", |world, request| world.pass(with(request, "sortOrder", |_| None))),
    ("sort-looks-at-case", |world, request| {
        ordered(world, request, "userName", |user| user["userName"].as_str().unwrap_or_default().to_owned())
    }),
    ("sort-puts-what-is-missing-first", |world, request| {
        ordered(world, request, "title", |user| user["title"].as_str().unwrap_or_default().to_lowercase())
    }),
    ("sort-takes-the-first-value", |world, request| {
        ordered(world, request, "emails.value", |user| user["emails"][0]["value"].as_str().unwrap_or_default().into())
    }),
    ("sort-never-looks-at-case", |world, request| {
        ordered(world, request, "externalId", |user| match user["externalId"].as_str() {
            Some(id) => id.to_lowercase(),
            None => "\u{10FFFF}".into(),
        })
    }),
    ("sort-is-of-the-page-only", |world, request| {
        let (start, count) = (parameter(&request, "startIndex"), parameter(&request, "count"));
        let sorted = parameter(&request, "sortBy").as_deref() == Some("userName") && count.is_some();
        if !sorted {
            return world.pass(request);
        }
        // The pages are those of the unsorted list.
        let request = with_parameter(request, "sortBy", None);
        let request = with_parameter(request, "startIndex", start.as_deref());
        edit(world.pass(request), |body| sort(body, |user| user["userName"].to_string().to_lowercase()))
    }),
    ("unknown-parameters-are-refused", |world, request| {
        const KNOWN: [&str; 7] =
            ["filter", "attributes", "excludedAttributes", "sortBy", "sortOrder", "startIndex", "count"];
        match query(&request).iter().all(|(name, _)| KNOWN.contains(&name.as_str())) {
            true => world.pass(request),
            false => error(400, Some("invalidSyntax")),
        }
    }),
    ("page-beyond-the-end-answers-404", |world, request| {
        let response = world.pass(request);
        match response.json() {
            Some(list) if list["startIndex"].as_u64() > list["totalResults"].as_u64() && list["totalResults"] != 0 => {
                error(404, None)
            }
            _ => response,
        }
    }),
    ("numbers-in-words-answer-500", |world, request| {
        let wrong = |name| parameter(&request, name).is_some_and(|text| text.parse::<i64>().is_err());
        if wrong("count") || wrong("startIndex") { error(500, None) } else { world.pass(request) }
    }),
    ("configuration-promises-smaller-pages", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        let response = world.pass(request);
        if own { edit(response, |body| body["filter"].put("maxResults", 1)) } else { response }
    }),
    ("discovery-can-be-written", |world, request| {
        let own = DISCOVERY.iter().any(|it| path(&request).starts_with(it)) && request.method != Method::Get;
        let path = path(&request).to_owned();
        if own { world.ask(Method::Get, &path, None) } else { world.pass(request) }
    }),
    ("filter-of-discovery-is-ignored", |world, request| {
        let own = DISCOVERY.contains(&path(&request));
        world.pass(if own { with(request, "filter", |_| None) } else { request })
    }),
    ("filter-of-discovery-answers-500", |world, request| {
        let own = DISCOVERY.contains(&path(&request)) && parameter(&request, "filter").is_some();
        if own { error(500, None) } else { world.pass(request) }
    }),
    ("paging-of-discovery-is-refused", |world, request| {
        let own = DISCOVERY.contains(&path(&request)) && parameter(&request, "count").is_some();
        if own { error(400, Some("invalidValue")) } else { world.pass(request) }
    }),
    ("messages-are-listed-as-schemas", |world, request| {
        told(world, request, "/Schemas", |all| {
            if let Some(mut message) = all.first().cloned() {
                message.put("id", "urn:ietf:params:scim:api:messages:2.0:PatchOp");
                all.push(message);
            }
        })
    }),
    ("unknown-schemas-are-empty", |world, request| {
        let own = path(&request).starts_with("/Schemas/") || path(&request).starts_with("/ResourceTypes/");
        match world.pass(request) {
            missing if own && missing.status == 404 => answer(200, &json!({})),
            other => other,
        }
    }),
    ("one-schema-is-a-list", |world, request| {
        let own = path(&request).starts_with("/Schemas/") || path(&request).starts_with("/ResourceTypes/");
        let response = world.pass(request);
        match response.json() {
            Some(one) if own && response.status == 200 => answer(200, &listed(&[one])),
            _ => response,
        }
    }),
    ("resource-types-lack-endpoints", |world, request| {
        told(world, request, "/ResourceTypes", |all| all.iter_mut().for_each(|it| drop(remove(it, "endpoint"))))
    }),
    ("resource-types-lack-names", |world, request| {
        told(world, request, "/ResourceTypes", |all| all.iter_mut().for_each(|it| drop(remove(it, "name"))))
    }),
    ("extensions-lack-required", |world, request| {
        told(world, request, "/ResourceTypes", |all| extensions(all, |it| drop(remove(it, "required"))))
    }),
    ("extensions-lack-schemas", |world, request| {
        told(world, request, "/ResourceTypes", |all| extensions(all, |it| drop(remove(it, "schema"))))
    }),
    ("schemas-lack-ids", |world, request| {
        told(world, request, "/Schemas", |all| all.iter_mut().for_each(|it| drop(remove(it, "id"))))
    }),
    ("attributes-have-types-of-a-language", |world, request| {
        told(world, request, "/Schemas", |all| {
            for attribute in all.iter_mut().filter_map(|it| it["attributes"].as_array_mut()).flatten() {
                let kind = if attribute["type"] == "complex" { "object" } else { "String" };
                attribute.put("type", kind);
            }
        })
    }),
    ("references-do-not-say-to-what", |world, request| {
        told(world, request, "/Schemas", |all| {
            let attributes = all.iter_mut().filter_map(|it| it["attributes"].as_array_mut()).flatten();
            attributes.for_each(|it| drop(remove(it, "referenceTypes")));
        })
    }),
    ("search-is-a-bare-array", |world, request| {
        let own = path(&request).ends_with("/.search");
        edit(world.pass(request), |body| {
            if own && body["Resources"].is_array() {
                *body = body["Resources"].take();
            }
        })
    }),
    ("search-ignores-the-filter", |world, request| world.pass(search(request, "filter"))),
    ("search-ignores-attributes", |world, request| world.pass(search(request, "attributes"))),
    ("search-ignores-sorting", |world, request| world.pass(search(request, "sortBy"))),
    ("search-takes-any-filter", |world, request| {
        let own = path(&request).ends_with("/.search");
        match world.pass(request) {
            bad if own && bad.status == 400 => answer(200, &listed(&[])),
            other => other,
        }
    }),
    ("root-looks-at-users-only", |world, request| {
        let root = path(&request) == "/";
        let narrowed = |filter: &str| Some(format!("meta.resourceType eq \"User\" and ({filter})"));
        world.pass(if root { with(request, "filter", |filter| narrowed(filter)) } else { request })
    }),
    ("root-passes-over-what-a-type-lacks", |world, request| {
        let root = path(&request) == "/";
        let blind = |filter: &str| Some(filter.replace("userName pr", "id pr"));
        world.pass(if root { with(request, "filter", |filter| blind(filter)) } else { request })
    }),
    ("or-binds-before-and", |world, request| {
        world.pass(with(request, "filter", |filter| match filter.split_once(" or ") {
            Some((one, rest)) if !filter.contains('(') && rest.contains(" and ") => {
                let (other, both) = rest.split_once(" and ")?;
                Some(format!("({one} or {other}) and {both}"))
            }
            _ => Some(filter.to_owned()),
        }))
    }),
    ("not-in-a-filter-is-ignored", |world, request| {
        world.pass(with(request, "filter", |filter| Some(filter.replace("not (", "("))))
    }),
    ("present-is-true-of-all", |world, request| {
        world.pass(with(request, "filter", |filter| Some(filter.replace("title pr", "id pr"))))
    }),
    ("order-of-names-is-refused", |world, request| match parameter(&request, "filter") {
        Some(filter) if [" gt ", " ge ", " lt ", " le "].iter().any(|op| filter.contains(op)) => {
            error(400, Some("invalidFilter"))
        }
        _ => world.pass(request),
    }),
    ("ends-are-looked-for-anywhere", |world, request| {
        world.pass(with(request, "filter", |filter| Some(filter.replace(" ew ", " co ").replace(" sw ", " co "))))
    }),
    ("percent-is-a-wildcard", |world, request| {
        world.pass(with(request, "filter", |filter| Some(filter.replace("displayName co \"%\"", "displayName pr"))))
    }),
    ("escaped-pairs-are-no-character", |world, request| {
        // Each half by itself is decoded to what stands for no character.
        world.pass(with(request, "filter", |filter| Some(filter.replace("\\ud83d\\ude00", "\u{FFFD}\u{FFFD}"))))
    }),
    ("long-filters-answer-500", |world, request| match parameter(&request, "filter") {
        Some(filter) if filter.len() > 1000 => error(500, None),
        _ => world.pass(request),
    }),
    ("certificates-have-an-order", |world, request| match parameter(&request, "filter") {
        Some(filter) if filter.starts_with("x509Certificates.value") => answer(200, &listed(&[])),
        _ => world.pass(request),
    }),
    ("case-of-exact-values-is-lost", |world, request| {
        let own = path(&request).starts_with("/Users");
        let lower = |value: &mut Value| *value = json!(value.as_str().unwrap_or_default().to_lowercase());
        let response = world.pass(request);
        if own { each(response, |user| user.get_mut("externalId").map_or((), lower)) } else { response }
    }),
];

/// The request without a choice of attributes.
fn whole(request: Request) -> Request {
    ["attributes", "excludedAttributes"].into_iter().fold(request, |request, name| with(request, name, |_| None))
}

/// The request with a parameter changed, where it has it.
fn with(request: Request, name: &str, change: impl FnOnce(&str) -> Option<String>) -> Request {
    match parameter(&request, name) {
        Some(value) => {
            let value = change(&value);
            with_parameter(request, name, value.as_deref())
        }
        None => request,
    }
}

/// A list sorted by another key than it should be.
fn ordered(world: &World, request: Request, by: &str, key: fn(&Value) -> String) -> Response {
    let own = lists(&request) && parameter(&request, "sortBy").as_deref() == Some(by);
    let descending = parameter(&request, "sortOrder").as_deref() == Some("descending");
    let response = world.pass(request);
    if !own {
        return response;
    }
    edit(response, |body| {
        sort(body, key);
        if descending && let Some(all) = body["Resources"].as_array_mut() {
            all.reverse();
        }
    })
}

fn sort(body: &mut Value, key: fn(&Value) -> String) {
    if let Some(all) = body.get_mut("Resources").and_then(Value::as_array_mut) {
        all.sort_by_key(key);
    }
}

fn listed(all: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": all.len(), "startIndex": 1, "itemsPerPage": all.len(), "Resources": all,
    })
}

fn remove(object: &mut Value, name: &str) -> Option<Value> {
    object.as_object_mut()?.remove(name)
}

/// Changes what a discovery endpoint lists.
fn told(world: &World, request: Request, endpoint: &str, change: fn(&mut Vec<Value>)) -> Response {
    let own = path(&request) == endpoint;
    edit(world.pass(request), |body| {
        if own && let Some(all) = body["Resources"].as_array_mut() {
            change(all);
            let total = all.len();
            body.put("totalResults", total);
            body.put("itemsPerPage", total);
        }
    })
}

fn extensions(all: &mut [Value], change: fn(&mut Value)) {
    all.iter_mut().filter_map(|it| it["schemaExtensions"].as_array_mut()).flatten().for_each(change);
}

/// A search without one of its members.
fn search(request: Request, name: &str) -> Request {
    match path(&request).ends_with("/.search") {
        true => with_body(request, |body| drop(remove(body, name))),
        false => request,
    }
}

//! Defects of pages by cursor (`RFC9865`).

use serde_json::{Value, json};

use super::tools::{Object, Put, edit, error, lists, parameter, path, with_parameter};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

pub const FAULTS: &[Row] = &[
    ("empty-cursor-is-refused", |world, request| match parameter(&request, "cursor") {
        Some(cursor) if cursor.is_empty() => error(400, Some("invalidCursor")),
        _ => world.pass(request),
    }),
    ("negative-count-of-a-cursor-is-refused", |world, request| {
        let negative = parameter(&request, "count").is_some_and(|count| count.starts_with('-'));
        let own = negative && parameter(&request, "cursor").is_some();
        if own { error(400, Some("invalidCount")) } else { world.pass(request) }
    }),
    ("cursor-pages-hold-one-more", |world, request| {
        let count = parameter(&request, "count").and_then(|count| count.parse::<u32>().ok());
        match (parameter(&request, "cursor"), count) {
            (Some(_), Some(count)) if count > 0 => {
                let more = count.saturating_add(1).to_string();
                world.pass(with_parameter(request, "count", Some(&more)))
            }
            _ => world.pass(request),
        }
    }),
    ("cursor-walk-ends-early", |world, request| paged(world, request, |page| _ = page.shift_remove("nextCursor"))),
    ("first-page-has-one-before", |world, request| {
        let first = parameter(&request, "cursor").is_some_and(|cursor| cursor.is_empty());
        let before = |page: &mut Object| _ = page.insert("previousCursor".into(), json!("before-the-first"));
        if first { paged(world, request, before) } else { world.pass(request) }
    }),
    ("cursors-are-base64", |world, request| {
        paged(world, request, |page| {
            if let Some(next) = page.get("nextCursor").and_then(Value::as_str).map(|next| format!("{next}+/==")) {
                page.insert("nextCursor".into(), next.into());
            }
        })
    }),
    ("cursor-support-is-said-in-words", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        edit(world.pass(request), |body| {
            let paging = body.get_mut("pagination").filter(|_| own);
            paging.into_iter().for_each(|it| it.put("index", "yes"));
        })
    }),
    ("default-method-is-another-than-announced", |world, request| {
        let plain = lists(&request) && ["cursor", "startIndex"].iter().all(|name| parameter(&request, name).is_none());
        world.pass(if plain { with_parameter(request, "cursor", Some("")) } else { request })
    }),
    ("cursor-errors-tell-a-good-one", |world, request| {
        let own = parameter(&request, "cursor").is_some();
        let response = world.pass(request);
        let body = response.json().unwrap_or_default();
        if own && body["nextCursor"].is_string() {
            world.note("next", body["nextCursor"].clone());
        }
        match world.noted("next") {
            Some(next) if own && response.status == 400 => edit(response, |error| {
                error.put("detail", format!("expected {}", next.as_str().unwrap_or_default()));
            }),
            _ => response,
        }
    }),
    ("cursor-opens-another-tenant", |world, request| {
        // Who has the cursor gets the page, whoever it was for.
        let target = request.target.clone();
        let own = request.method == Method::Get && parameter(&request, "cursor").is_some();
        match world.pass(request) {
            refused if own && refused.status == 400 => {
                let found = world.elsewhere().into_iter().find_map(|base| {
                    let found = world.at(&base, |world| world.ask(Method::Get, &target, None));
                    (found.status == 200).then_some(found)
                });
                found.unwrap_or(refused)
            }
            other => other,
        }
    }),
    ("cursor-is-all-that-is-asked-for", |world, request| {
        let own = parameter(&request, "cursor").is_some_and(|cursor| !cursor.is_empty());
        let target = request.target.clone();
        match world.pass(request) {
            refused if own && refused.status == 401 => world.ask(Method::Get, &target, None),
            other => other,
        }
    }),
    ("another-count-answers-500", |world, request| match world.pass(request) {
        refused if refused.json().is_some_and(|error| error["scimType"] == "invalidCount") => error(500, None),
        other => other,
    }),
    ("start-index-gets-a-cursor", |world, request| {
        let own = lists(&request) && parameter(&request, "startIndex").is_some();
        let own = own && parameter(&request, "cursor").is_none();
        let request = if own { with_parameter(request, "startIndex", None) } else { request };
        world.pass(if own { with_parameter(request, "cursor", Some("")) } else { request })
    }),
];

/// Changes a page that was asked for by cursor.
fn paged(world: &World, request: Request, change: impl Fn(&mut Object)) -> Response {
    let own = parameter(&request, "cursor").is_some();
    edit(world.pass(request), |body| {
        body.as_object_mut().filter(|_| own).into_iter().for_each(change);
    })
}

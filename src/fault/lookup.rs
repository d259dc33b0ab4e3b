//! Defects of looking up and paging.

use crate::wire::{Method, Request, Response};
use serde_json::{Value, json};

use super::tools::{
    Put, answer, each, edit, equality, error, id_below, keep, lists, parameter, path, query, with_parameter,
};
use super::{Row, World};

pub const FAULTS: &[Row] = &[
    ("no-match-answers-404", |world, request| {
        let filtered = lists(&request) && parameter(&request, "filter").is_some();
        let response = world.pass(request);
        let none = response.json().is_some_and(|list| list["totalResults"] == 0);
        if filtered && none { error(404, None) } else { response }
    }),
    ("filter-is-ignored", |world, request| {
        let request = if lists(&request) { with_parameter(request, "filter", None) } else { request };
        world.pass(request)
    }),
    ("filter-gives-nothing", |world, request| {
        let filtered = lists(&request) && parameter(&request, "filter").is_some();
        let response = world.pass(request);
        if filtered { keep(response, |_| false) } else { response }
    }),
    ("user-name-filter-looks-at-case", |world, request| {
        let wanted = equality(&request).filter(|(name, _)| name == "userName");
        let response = world.pass(request);
        match wanted {
            Some((_, wanted)) => keep(response, |user| user["userName"] == *wanted),
            None => response,
        }
    }),
    ("user-name-filter-looks-at-mails", |world, request| match equality(&request) {
        Some((name, text)) if name == "userName" => {
            let filter = format!("emails.value eq \"{}\"", text.replace('"', "\\\""));
            world.pass(with_parameter(request, "filter", Some(&filter)))
        }
        _ => world.pass(request),
    }),
    ("filter-by-external-id-is-refused", |world, request| refuse_filter(world, request, "externalId")),
    ("filter-by-group-name-is-refused", |world, request| refuse_filter(world, request, "displayName")),
    ("filter-by-id-is-refused", |world, request| refuse_filter(world, request, "id")),
    ("filter-by-mail-is-refused", |world, request| refuse_filter(world, request, "emails")),
    ("filter-by-external-id-gives-nothing", |world, request| {
        let external = parameter(&request, "filter").is_some_and(|filter| filter.starts_with("externalId"));
        let response = world.pass(request);
        if external { keep(response, |_| false) } else { response }
    }),
    ("bad-filter-answers-500", |world, request| {
        let list = lists(&request);
        match world.pass(request) {
            bad if list && bad.status == 400 => error(500, None),
            other => other,
        }
    }),
    ("and-in-a-filter-is-or", |world, request| match parameter(&request, "filter") {
        Some(filter) if lists(&request) && filter.contains(" and ") => {
            world.pass(with_parameter(request, "filter", Some(&filter.replace(" and ", " or "))))
        }
        _ => world.pass(request),
    }),
    ("plus-in-a-name-is-a-space", |world, mut request| {
        request.target = request.target.replace("%2B", "%20").replace("%2b", "%20");
        world.pass(request)
    }),
    ("plus-for-a-space-stays-a-plus", |world, mut request| {
        request.target = request.target.replace('+', "%2B");
        world.pass(request)
    }),
    ("inactive-users-are-hidden-from-lists", |world, request| {
        let users = lists(&request) && path(&request) == "/Users";
        let response = world.pass(request);
        if users { keep(response, |user| user["active"] != false) } else { response }
    }),
    ("inactive-users-are-hidden", |world, request| {
        let one = id_below(&request, "/Users").map(str::to_owned);
        let list = lists(&request) && path(&request) == "/Users";
        if let Some(id) = one
            && world.read(&format!("/Users/{id}"))["active"] == false
        {
            return error(404, None);
        }
        let response = world.pass(request);
        if list { keep(response, |user| user["active"] != false) } else { response }
    }),
    ("patch-of-an-inactive-user-answers-404", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Users"))
            && world.read(&format!("/Users/{id}"))["active"] == false
        {
            return error(404, None);
        }
        world.pass(request)
    }),
    ("excluded-attributes-are-ignored", |world, request| {
        let asked = parameter(&request, "excludedAttributes").is_some();
        world.pass(if asked { with_parameter(request, "excludedAttributes", None) } else { request })
    }),
    ("attributes-are-ignored", |world, request| {
        let asked = parameter(&request, "attributes").is_some();
        world.pass(if asked { with_parameter(request, "attributes", None) } else { request })
    }),
    ("attributes-lose-the-id", |world, request| {
        let asked = parameter(&request, "attributes").is_some();
        let response = world.pass(request);
        if asked { each(response, |resource| _ = resource.shift_remove("id")) } else { response }
    }),
    ("groups-are-not-there", |world, request| {
        if path(&request).starts_with("/Groups") { error(404, None) } else { world.pass(request) }
    }),
    ("start-index-is-ignored", |world, request| {
        let request = if lists(&request) { with_parameter(request, "startIndex", None) } else { request };
        edit_list(world, request, |list| list.put("startIndex", 1))
    }),
    ("start-index-counts-from-0", |world, request| {
        let start = parameter(&request, "startIndex").and_then(|text| text.parse::<i64>().ok());
        match start {
            Some(start) if start > 0 => {
                world.pass(with_parameter(request, "startIndex", Some(&(start + 1).to_string())))
            }
            _ => world.pass(request),
        }
    }),
    ("count-is-ignored", |world, request| {
        let request = if lists(&request) { with_parameter(request, "count", Some("1000")) } else { request };
        world.pass(request)
    }),
    ("filter-comes-after-paging", |world, request| {
        let pages = lists(&request) && parameter(&request, "filter").is_some();
        if !pages || equality(&request).is_none() {
            return world.pass(request);
        }
        // The page is cut first: whoever is not among the first three is not found.
        let good: Vec<Value> = world
            .pass(request.clone())
            .json()
            .and_then(|list| list["Resources"].as_array().cloned())
            .unwrap_or_default();
        let page = world.read(&format!("{}?count=3", path(&request)));
        let ids: Vec<&Value> = page["Resources"].as_array().into_iter().flatten().map(|user| &user["id"]).collect();
        let left: Vec<Value> = good.into_iter().filter(|user| ids.contains(&&user["id"])).collect();
        answer(
            200,
            &json!({"schemas": page["schemas"], "totalResults": left.len(), "startIndex": 1,
            "itemsPerPage": left.len(), "Resources": left}),
        )
    }),
    ("total-is-the-length-of-the-page", |world, request| {
        edit_list(world, request, |list| {
            list.put("totalResults", list["Resources"].as_array().map_or(0, Vec::len));
        })
    }),
    ("items-per-page-is-the-count", |world, request| {
        let count = parameter(&request, "count").and_then(|text| text.parse::<u64>().ok());
        edit_list(world, request, |list| {
            if let Some(count) = count {
                list.put("itemsPerPage", count);
            }
        })
    }),
    ("numbers-of-a-list-are-strings", |world, request| {
        edit_list(world, request, |list| {
            for name in ["totalResults", "startIndex", "itemsPerPage"] {
                list.put(name, list[name].to_string());
            }
        })
    }),
    ("list-without-total", |world, request| drop_of_list(world, request, "totalResults")),
    ("list-without-schemas", |world, request| drop_of_list(world, request, "schemas")),
    ("list-without-resources", |world, request| drop_of_list(world, request, "Resources")),
    ("list-without-page-numbers", |world, request| {
        edit_list(world, request, |list| {
            if let Some(list) = list.as_object_mut() {
                list.shift_remove("startIndex");
                list.shift_remove("itemsPerPage");
            }
        })
    }),
    ("list-is-a-bare-array", |world, request| edit_list(world, request, |list| *list = list["Resources"].clone())),
    ("list-holds-a-resource-twice", |world, request| {
        edit_list(world, request, |list| {
            if let Some(items) = list.get_mut("Resources").and_then(Value::as_array_mut)
                && let Some(first) = items.first().cloned()
            {
                items.push(first);
                list.put("itemsPerPage", list["itemsPerPage"].as_u64().unwrap_or_default() + 1);
                list.put("totalResults", list["totalResults"].as_u64().unwrap_or_default() + 1);
            }
        })
    }),
    ("order-of-a-list-flaps", |world, request| {
        // Every other page is cut from the list in its opposite order.
        let start = parameter(&request, "startIndex").and_then(|text| text.parse::<usize>().ok());
        let count = parameter(&request, "count").and_then(|text| text.parse::<usize>().ok());
        let (Some(start), Some(count), true) = (start, count, lists(&request)) else { return world.pass(request) };
        if start <= 1 || count == 0 {
            return world.pass(request);
        }
        let all = with_parameter(with_parameter(request, "startIndex", None), "count", Some("1000"));
        edit_list(world, all, |list| {
            let items = list["Resources"].as_array().cloned().unwrap_or_default();
            let page: Vec<Value> = items.iter().rev().skip(start - 1).take(count).cloned().collect();
            list.put("startIndex", start);
            list.put("itemsPerPage", page.len());
            list.put("Resources", page);
        })
    }),
];

fn edit_list(world: &World, request: Request, change: impl FnOnce(&mut Value)) -> Response {
    let list = lists(&request);
    let response = world.pass(request);
    if list && response.status == 200 { edit(response, change) } else { response }
}

fn drop_of_list(world: &World, request: Request, name: &str) -> Response {
    edit_list(world, request, |list| {
        if let Some(list) = list.as_object_mut() {
            list.shift_remove(name);
        }
    })
}

fn refuse_filter(world: &World, request: Request, attribute: &str) -> Response {
    let filter = query(&request).into_iter().find(|(name, _)| name == "filter").map(|(_, filter)| filter);
    let names = |filter: &String| filter.split([' ', '(', '[', '.']).any(|word| word.eq_ignore_ascii_case(attribute));
    if lists(&request) && filter.as_ref().is_some_and(names) {
        return error(400, Some("invalidFilter"));
    }
    world.pass(request)
}

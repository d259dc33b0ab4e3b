//! Defects of writing and of reading back: what a PATCH, a PUT or a DELETE leaves, what is stored, and what lists and
//! filters show of it.

use serde_json::{Value, json};

use super::tools::{
    Object, Put, answer, body, each_of, edit, error, is, is_one, lists, op, operations, operations_of, parameter, path,
    with_body, with_parameter,
};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("member-remove-all", |world, request| {
        // Looks at the attribute that a removal names, and not at the members.
        world.pass(with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                let members = operation["path"].as_str().is_some_and(|path| path.starts_with("members"));
                if members && op(operation) == "remove" {
                    *operation = json!({"op": "remove", "path": "members"});
                }
            }
        }))
    }),
    ("member-replace-missing-clears", |world, request| {
        let replace = |operation: &Value| {
            let text = operation.to_string();
            op(operation) == "replace" && !text.contains("members")
        };
        if is_one(&request, Method::Patch, "/Groups") && operations_of(&request).iter().any(replace) {
            let value = json!({"Operations": [{"op": "remove", "path": "members"}]});
            let place = path(&request).to_owned();
            let honest = world.pass(request);
            world.ask(Method::Patch, &place, Some(value));
            return honest;
        }
        world.pass(request)
    }),
    ("member-unknown-rejects-all", |world, request| {
        // The members that were there go with the push that is refused.
        let place = path(&request).to_owned();
        let push = is_one(&request, Method::Patch, "/Groups");
        let honest = world.pass(request);
        if push && honest.status == 400 {
            let value = json!({"Operations": [{"op": "remove", "path": "members"}]});
            world.ask(Method::Patch, &place, Some(value));
        }
        honest
    }),
    ("patch-400-with-effect", |world, request| {
        let patch = is_one(&request, Method::Patch, "/Users");
        match world.pass(request) {
            done if patch && done.is_success() => error(400, Some("invalidValue")),
            other => other,
        }
    }),
    ("filter-empty-200", |world, request| {
        let list = lists(&request) && parameter(&request, "filter").is_some();
        match world.pass(request) {
            bad if list && bad.status == 400 => answer(
                200,
                &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0,
                    "startIndex": 1, "itemsPerPage": 0, "Resources": []}),
            ),
            other => other,
        }
    }),
    ("page-skip", |world, request| shifted(world, request, 1)),
    ("page-duplicate", |world, request| shifted(world, request, -1)),
    ("totalresults-lies", |world, request| {
        let list = lists(&request);
        let response = world.pass(request);
        if !list {
            return response;
        }
        edit(response, |list| {
            if let Some(total) = list["totalResults"].as_u64() {
                list.put("totalResults", total.saturating_add(1));
            }
        })
    }),
    ("put-reactivates", |world, request| {
        let silent = is_one(&request, Method::Put, "/Users") && body(&request).get("active").is_none();
        world.pass(if silent { with_body(request, |body| body.put("active", true)) } else { request })
    }),
    ("delete-200-still-active", |world, request| {
        if is_one(&request, Method::Delete, "/Users") {
            let user = world.ask(Method::Get, path(&request), None);
            if user.status == 200 {
                return user;
            }
        }
        world.pass(request)
    }),
    ("stores-extra-attributes", |world, request| {
        let sent = if matches!(request.method, Method::Post | Method::Put) { body(&request) } else { Value::Null };
        each_of(world, request, "/Users", |user| {
            let Some(id) = user.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
            let key = format!("extra {id}");
            if sent["userName"].is_string() {
                world.note(key.as_str(), dropped(&sent, user));
            }
            if let Some(Value::Object(extra)) = world.noted(&key) {
                user.extend(extra);
            }
        })
    }),
    ("echoes-request", |world, request| {
        let write = is(&request, Method::Post, "/Users") || is_one(&request, Method::Put, "/Users");
        let sent = body(&request);
        let response = world.pass(request);
        if !write || !response.is_success() {
            return response;
        }
        edit(response, |stored| {
            let mut said = sent.clone();
            for name in ["id", "meta", "schemas"] {
                said.put(name, stored[name].clone());
            }
            if let Some(said) = said.as_object_mut() {
                said.shift_remove("password");
            }
            *stored = said;
        })
    }),
    ("email-username-accepted", |world, request| {
        let request = recoded(request, spelled);
        let mut response = world.pass(request);
        response.body = plain(&String::from_utf8_lossy(&response.body)).into_bytes();
        response
    }),
    ("two-primaries", |world, request| {
        let sent = body(&request)["emails"].clone();
        let primaries = sent.as_array().into_iter().flatten().filter(|mail| mail["primary"] == true).count();
        let request = if primaries < 2 {
            request
        } else {
            with_body(request, |body| {
                let mails = body.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten();
                mails.skip(1).for_each(|mail| mail.put("primary", false));
            })
        };
        let write = matches!(request.method, Method::Post | Method::Put);
        each_of(world, request, "/Users", |user| {
            let key = format!("mails {}", user.get("id").and_then(Value::as_str).unwrap_or_default());
            if write {
                world.note(key.as_str(), if primaries < 2 { Value::Null } else { sent.clone() });
            }
            if let Some(mails) = world.noted(&key) {
                user.insert("emails".into(), mails);
            }
        })
    }),
    ("retry-after-missing", |world, request| {
        // Every twentieth write is put off, and nothing says until when.
        if request.method.writes() && world.tick("writes").is_multiple_of(20) {
            return error(429, None);
        }
        world.pass(request)
    }),
    ("user-agent-ignored", |world, mut request| {
        request.headers.remove("User-Agent");
        world.pass(request)
    }),
    ("tenant-leak", |world, request| {
        let one = is_one(&request, Method::Get, "/Users").then(|| path(&request).to_owned());
        match (one, world.pass(request)) {
            (Some(place), missing) if missing.status == 404 => {
                let found = world.elsewhere().into_iter().find_map(|base| {
                    let found = world.at(&base, |world| world.ask(Method::Get, &place, None));
                    (found.status == 200).then_some(found)
                });
                found.unwrap_or(missing)
            }
            (_, other) => other,
        }
    }),
];

/// What was sent and is not stored.
fn dropped(sent: &Value, stored: &Object) -> Value {
    let sent = sent.as_object().into_iter().flatten();
    let known = |name: &str| stored.keys().any(|own| own.eq_ignore_ascii_case(name));
    let secret = |name: &str| name.eq_ignore_ascii_case("password") || name.eq_ignore_ascii_case("groups");
    sent.filter(|(name, _)| !known(name) && !secret(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Object>()
        .into()
}

/// Cuts every page after the first so many places later.
fn shifted(world: &World, request: Request, by: i64) -> Response {
    let start = parameter(&request, "startIndex").and_then(|text| text.parse::<i64>().ok());
    let Some(start) = start.filter(|start| *start > 1 && lists(&request)) else { return world.pass(request) };
    let moved = start.saturating_add(by).to_string();
    edit(world.pass(with_parameter(request, "startIndex", Some(&moved))), |list| list.put("startIndex", start))
}

/// Characters that a user name may not have, as letters.
const SPELLED: &[(&str, &str)] = &[
    ("@", "qAtq"),
    (".", "qDotq"),
    ("#", "qHashq"),
    ("$", "qDollarq"),
    ("-", "qDashq"),
    ("_", "qLowq"),
    (" ", "qBlankq"),
];

fn spelled(name: &str) -> String {
    SPELLED.iter().fold(name.to_owned(), |name, (sign, letters)| name.replace(sign, letters))
}

fn plain(text: &str) -> String {
    SPELLED.iter().fold(text.to_owned(), |text, (sign, letters)| text.replace(letters, sign))
}

/// The request with user names spelled another way.
fn recoded(request: Request, spell: fn(&str) -> String) -> Request {
    let filter = parameter(&request, "filter").filter(|filter| filter.starts_with("userName"));
    let request = match filter.as_deref().and_then(|filter| filter.split_once('"')) {
        Some((head, rest)) => {
            let (name, tail) = rest.rsplit_once('"').unwrap_or((rest, ""));
            let filter = format!("{head}\"{}\"{tail}", spell(name));
            with_parameter(request, "filter", Some(&filter))
        }
        None => request,
    };
    with_body(request, |body| {
        let mut change = |value: &mut Value| {
            if let Some(name) = value.get("userName").and_then(Value::as_str).map(spell) {
                value.put("userName", name);
            }
        };
        change(body);
        for operation in operations(body).into_iter().flatten() {
            let named = operation["path"].as_str().is_some_and(|path| path.eq_ignore_ascii_case("userName"));
            match operation["value"].as_str().map(spell) {
                Some(name) if named => operation.put("value", name),
                _ => operation.get_mut("value").into_iter().for_each(&mut change),
            }
        }
    })
}

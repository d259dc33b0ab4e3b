//! Defects of creating: duplicates, uniqueness, what is demanded and what is lost.

use std::time::Duration;

use crate::scim::datetime;
use crate::wire::{Method, Request, Response, date};
use serde_json::{Value, json};

use super::tools::{Put, answer, body, each_of, edit, equality, error, id_below, is, is_one, path, with_body};
use super::tools::{operations_of, with_parameter};
use super::{Row, World};

pub const FAULTS: &[Row] = &[
    ("duplicate-answers-201", |world, request| on_conflict(world, request, |_, _, old| answer(201, &old))),
    ("duplicate-answers-200", |world, request| on_conflict(world, request, |_, _, old| answer(200, &old))),
    ("duplicate-is-a-second-user", |world, request| many_holders(world, request, |_, _| true)),
    ("duplicate-in-another-case-is-a-second-user", |world, request| {
        many_holders(world, request, |old, new| old["userName"] != new["userName"])
    }),
    ("duplicate-of-an-inactive-user-is-a-second-user", |world, request| {
        many_holders(world, request, |old, _| old["active"] == false)
    }),
    ("duplicate-answers-400", |world, request| on_conflict(world, request, |_, _, _| error(400, Some("uniqueness")))),
    ("duplicate-answers-500", |world, request| on_conflict(world, request, |_, _, _| error(500, None))),
    ("duplicate-without-scimtype", |world, request| on_conflict(world, request, |_, _, _| error(409, None))),
    ("duplicate-tells-of-the-first", |world, request| {
        on_conflict(world, request, |_, _, old| {
            let mut said = error(409, Some("uniqueness")).json().unwrap_or_default();
            said.put("detail", format!("{} has this name", old["id"].as_str().unwrap_or_default()));
            answer(409, &said)
        })
    }),
    ("duplicate-overwrites-the-first", |world, request| {
        on_conflict(world, request, |world, new, old| {
            let id = old["id"].as_str().unwrap_or_default();
            world.ask(Method::Put, &format!("/Users/{id}"), Some(new));
            error(409, Some("uniqueness"))
        })
    }),
    ("duplicate-reactivates", |world, request| {
        on_conflict(world, request, |world, _, old| {
            let value = json!({"Operations": [{"op": "replace", "path": "active", "value": true}]});
            world.ask(Method::Patch, &format!("/Users/{}", old["id"].as_str().unwrap_or_default()), Some(value));
            error(409, Some("uniqueness"))
        })
    }),
    ("duplicate-is-judged-by-mail", by_mail),
    ("duplicates-race", |world, request| {
        // Looks, thinks, and creates without looking again.
        if is(&request, Method::Post, "/Users") {
            let name = body(&request)["userName"].as_str().unwrap_or_default().replace('"', "\\\"");
            let taken = !world.find("/Users", &format!("userName eq \"{name}\"")).is_empty();
            std::thread::sleep(Duration::from_millis(30));
            return if taken { world.pass(request) } else { many_holders(world, request, |_, _| true) };
        }
        many_holders(world, request, |_, _| false)
    }),
    ("rename-to-a-taken-name", |world, request| {
        // Says that it did, and leaves the old name.
        let one = request.method != Method::Post && id_below(&request, "/Users").is_some();
        let path = path(&request).to_owned();
        match world.pass(request) {
            taken if one && taken.status == 409 => world.ask(Method::Get, &path, None),
            other => other,
        }
    }),
    ("rename-answers-500", |world, request| {
        let one = request.method != Method::Post && id_below(&request, "/Users").is_some();
        match world.pass(request) {
            taken if one && taken.status == 409 => error(500, None),
            other => other,
        }
    }),
    ("external-id-is-demanded", |world, request| {
        if is(&request, Method::Post, "/Users") && body(&request)["externalId"].is_null() {
            return error(400, Some("invalidValue"));
        }
        world.pass(request)
    }),
    ("password-is-refused", |world, request| {
        if is(&request, Method::Post, "/Users") && !body(&request)["password"].is_null() {
            return error(400, Some("invalidValue"));
        }
        world.pass(request)
    }),
    ("groups-in-a-user-are-refused", |world, request| {
        let users = path(&request).starts_with("/Users") && matches!(request.method, Method::Post | Method::Put);
        if users && body(&request).get("groups").is_some() {
            return error(400, Some("mutability"));
        }
        world.pass(request)
    }),
    ("unknown-attributes-are-refused", |world, request| {
        let users = is(&request, Method::Post, "/Users");
        let known = ["emails", "name", "userName", "active", "schemas", "externalId", "displayName", "password"];
        let more = ["groups", "meta", "phoneNumbers", "locale", "title", "roles", "addresses", "nickName", "id"];
        let strange = body(&request).as_object().is_some_and(|body| {
            body.keys().any(|key| !key.starts_with("urn:") && ![&known[..], &more[..]].concat().contains(&key.as_str()))
        });
        if users && strange { error(400, Some("invalidValue")) } else { world.pass(request) }
    }),
    ("create-without-location", |world, request| {
        let mut response = world.pass(request);
        response.headers.remove("Location");
        response
    }),
    ("create-answers-200", |world, request| {
        let mut response = world.pass(request);
        if response.status == 201 {
            response.status = 200;
        }
        response
    }),
    ("create-answers-without-body", |world, request| {
        let mut response = world.pass(request);
        if response.status == 201 {
            response.body.clear();
        }
        response
    }),
    ("create-loses-the-members", |world, request| {
        let request = if is(&request, Method::Post, "/Groups") { drop_member(request, "members") } else { request };
        world.pass(request)
    }),
    ("external-id-is-lost", |world, request| {
        let request = if request.method == Method::Post { drop_member(request, "externalId") } else { request };
        world.pass(request)
    }),
    ("external-id-is-not-shown", |world, request| {
        each_of(world, request, "/", |resource| _ = resource.shift_remove("externalId"))
    }),
    ("inactive-on-creation-is-ignored", |world, request| {
        if is(&request, Method::Post, "/Users") {
            return world.pass(with_body(request, |body| body.put("active", true)));
        }
        world.pass(request)
    }),
    ("beyond-ascii-is-mangled", |world, mut request| {
        if let Some(body) = request.body.take() {
            let text = String::from_utf8_lossy(&body).into_owned();
            let plain: String = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
            request.headers.set("Content-Length", plain.len().to_string());
            request.body = Some(plain.into_bytes());
        }
        world.pass(request)
    }),
    ("user-name-is-lower-cased", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(name) = user.get("userName").and_then(Value::as_str) {
                user.insert("userName".into(), name.to_lowercase().into());
            }
        })
    }),
    ("extension-is-lost", |world, request| {
        if is(&request, Method::Post, "/Users") {
            return world.pass(drop_member(request, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"));
        }
        world.pass(request)
    }),
    ("scim-media-type-is-refused", |world, request| {
        let scim = request.headers.get("Content-Type").is_some_and(|text| text.contains("scim+json"));
        if scim && request.body.is_some() { error(415, None) } else { world.pass(request) }
    }),
];

fn drop_member(request: Request, name: &str) -> Request {
    with_body(request, |body| {
        if let Some(body) = body.as_object_mut() {
            body.shift_remove(name);
        }
    })
}

/// What is answered where the honest server says 409 to a new user: from the new body and the user who is there.
fn on_conflict(world: &World, request: Request, say: fn(&World, Value, Value) -> Response) -> Response {
    let new = body(&request);
    let create = is(&request, Method::Post, "/Users");
    let honest = world.pass(request);
    if !create || honest.status != 409 {
        return honest;
    }
    let name = new["userName"].as_str().unwrap_or_default().replace('"', "\\\"");
    match world.find("/Users", &format!("userName eq \"{name}\"")).into_iter().next() {
        Some(old) => say(world, new, old),
        None => honest,
    }
}

/// The mark behind the names of later holders, which no answer shows.
const MARK: &str = "~again~";

/// A later holder's name, as the store knows it.
pub(super) fn marked(world: &World, name: &str) -> String {
    format!("{name}{MARK}{}", world.tick("holders"))
}

/// The request with a look-up by user name that finds every holder.
pub(super) fn look_up_all(request: Request) -> Request {
    match equality(&request) {
        Some((name, text)) if name == "userName" => {
            let text = text.replace('"', "\\\"");
            let filter = format!("userName eq \"{text}\" or userName sw \"{text}{MARK}\"");
            with_parameter(request, "filter", Some(&filter))
        }
        _ => request,
    }
}

/// The answer without marks.
pub(super) fn wipe(mut response: Response) -> Response {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let mut pieces = text.split(MARK);
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    pieces.for_each(|piece| plain.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit())));
    response.body = plain.into_bytes();
    response
}

/// Lets several users have one name, where `allow` says so of the old and the new one. The store does not know: later
/// holders have a mark behind their names.
pub(super) fn many_holders(world: &World, request: Request, allow: fn(&Value, &Value) -> bool) -> Response {
    let request = look_up_all(request);
    let again = request.clone();
    let honest = world.pass(request);
    if !is(&again, Method::Post, "/Users") || honest.status != 409 {
        return wipe(honest);
    }
    let new = body(&again);
    let name = new["userName"].as_str().unwrap_or_default().to_owned();
    let old = world.find("/Users", &format!("userName eq \"{}\"", name.replace('"', "\\\"")));
    if !old.first().is_some_and(|old| allow(old, &new)) {
        return wipe(honest);
    }
    let name = marked(world, &name);
    wipe(world.pass(with_body(again, |body| body.put("userName", name))))
}

fn by_mail(world: &World, request: Request) -> Response {
    if is(&request, Method::Post, "/Users") {
        let mail = body(&request)["emails"][0]["value"].as_str().unwrap_or("none").replace('"', "\\\"");
        if !world.find("/Users", &format!("emails.value eq \"{mail}\"")).is_empty() {
            return error(409, Some("uniqueness"));
        }
    }
    world.pass(request)
}

/// Defects of replacing.
pub const REPLACE: &[Row] =
    &[
        ("put-loses-the-members", |world, request| {
            let request =
                if is_one(&request, Method::Put, "/Groups") { drop_member(request, "members") } else { request };
            world.pass(request)
        }),
        ("put-keeps-the-members", |world, request| {
            if let (Method::Put, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
                let old = world.read(&format!("/Groups/{id}"));
                return world.pass(with_body(request, |body| body.put("members", old["members"].clone())));
            }
            world.pass(request)
        }),
        ("put-refuses-members", |world, request| {
            let members = body(&request)["members"].as_array().is_some_and(|members| !members.is_empty());
            if is_one(&request, Method::Put, "/Groups") && members {
                return error(400, Some("mutability"));
            }
            world.pass(request)
        }),
        ("put-ignores-active", |world, request| {
            if let (Method::Put, Some(id)) = (&request.method, id_below(&request, "/Users")) {
                let old = world.read(&format!("/Users/{id}"));
                return world.pass(with_body(request, |body| body.put("active", old["active"].clone())));
            }
            world.pass(request)
        }),
        ("put-changes-nothing", |world, request| {
            if is_one(&request, Method::Put, "/Users") {
                return world.ask(Method::Get, path(&request), None);
            }
            world.pass(request)
        }),
        ("put-answers-what-was-sent", |world, request| {
            // Answers the request, with an id; stores only the name.
            if let (Method::Put, Some(id)) = (&request.method, id_below(&request, "/Users")) {
                let old = world.read(&format!("/Users/{id}"));
                let sent = body(&request);
                let mut said = sent.clone();
                said.put("id", old["id"].clone());
                said.put("meta", old["meta"].clone());
                if let Some(said) = said.as_object_mut() {
                    said.shift_remove("password");
                }
                return answer(200, &said);
            }
            world.pass(request)
        }),
        ("put-refuses-meta", |world, request| {
            let put = is_one(&request, Method::Put, "/Users") || is_one(&request, Method::Put, "/Groups");
            if put && !body(&request)["meta"].is_null() {
                return error(400, Some("mutability"));
            }
            world.pass(request)
        }),
        ("put-is-not-there", |world, request| {
            if is_one(&request, Method::Put, "/Users") { error(501, None) } else { world.pass(request) }
        }),
        ("put-gives-a-new-id", |world, request| {
            let put = is_one(&request, Method::Put, "/Users");
            let response = world.pass(request);
            if !put || response.status != 200 {
                return response;
            }
            edit(response, |user| user.put("id", "b8d5c9a4-0000-4000-8000-000000000001"))
        }),
        ("times-are-those-of-another-zone", |world, request| {
            // Some listener in front of a server says when it answered; in process nobody does.
            let mut made = None;
            let mut response = each_of(world, request, "/Users", |user| {
                for name in ["created", "lastModified"] {
                    let Some(time) = user["meta"][name].as_str().and_then(datetime::parse) else { continue };
                    made = Some(time);
                    user["meta"][name] = json!(datetime::print(time + time::Duration::hours(2)));
                }
            });
            if let Some(made) = made.filter(|_| response.status == 201) {
                response.headers.set("Date", date::print(made));
            }
            response
        }),
        ("created-moves", |world, request| {
            each_of(world, request, "/Users", |user| {
                if let Some(meta) = user.get_mut("meta") {
                    meta.put("created", meta["lastModified"].clone());
                }
            })
        }),
        ("external-id-cannot-be-changed", |world, request| {
            let named = |operation: &Value| {
                operation["path"].as_str().is_some_and(|path| path.eq_ignore_ascii_case("externalId"))
                    || operation["value"].get("externalId").is_some()
            };
            if request.method == Method::Patch && operations_of(&request).iter().any(named) {
                return error(400, Some("mutability"));
            }
            world.pass(request)
        }),
    ];

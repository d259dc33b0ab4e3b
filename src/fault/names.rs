//! Defects of what is unique: user names in other spellings, names after a rename, ids that say or mean something.

use serde_json::Value;

use super::create::{look_up_all, many_holders, marked, wipe};
use super::tools::{Object, Put, body, each, error, id_below, is, is_one, operations, path, with_body};
use super::{Row, World};
use crate::scim::name::fold;
use crate::wire::{Method, Request, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("dup-nfc-raw", |world, request| {
        // Compares without case and without normalization.
        many_holders(world, request, |old, new| lowered(old) != lowered(new))
    }),
    ("rename-not-checked", |world, request| {
        let request = look_up_all(request);
        let again = request.clone();
        let honest = world.pass(request);
        let rename = is_one(&again, Method::Patch, "/Users") || is_one(&again, Method::Put, "/Users");
        if !rename || honest.status != 409 {
            return wipe(honest);
        }
        wipe(world.pass(with_body(again, |body| {
            mark_name(world, body);
            for operation in operations(body).into_iter().flatten() {
                let named = operation["path"].as_str().is_some_and(|path| path.eq_ignore_ascii_case("userName"));
                match operation["value"].as_str().map(str::to_owned) {
                    Some(name) if named => operation.put("value", marked(world, &name)),
                    _ => operation.get_mut("value").into_iter().for_each(|value| mark_name(world, value)),
                }
            }
        })))
    }),
    ("rename-keeps-old-name-reserved", |world, request| {
        let reserved = |name: &str| world.noted(&format!("was {}", fold(name))).is_some();
        let one = id_below(&request, "/Users").map(str::to_owned).filter(|_| request.method != Method::Get);
        let Some(id) = one else {
            let create = is(&request, Method::Post, "/Users");
            let taken = create && body(&request)["userName"].as_str().is_some_and(reserved);
            return if taken { error(409, Some("uniqueness")) } else { world.pass(request) };
        };
        let place = format!("/Users/{id}");
        let before = world.read(&place);
        let honest = world.pass(request);
        let after = world.read(&place);
        if let (Some(before), Some(after)) = (before["userName"].as_str(), after["userName"].as_str())
            && fold(before) != fold(after)
        {
            world.note(format!("was {}", fold(before)), true);
        }
        honest
    }),
    ("id-from-username", |world, request| {
        translated(world, request, |_, _, user| {
            let name = user.get("userName").and_then(Value::as_str)?;
            Some(fold(name).bytes().fold("u-".to_owned(), |id, byte| format!("{id}{byte:02x}")))
        })
    }),
    ("id-integer", |world, request| {
        let response = translated(world, request, |world, known, user| {
            user.get("userName")?;
            Some(known.unwrap_or_else(|| format!("90000{:05}", world.tick("sequence"))))
        });
        each(response, |resource| {
            let number = resource.get("id").and_then(Value::as_str).and_then(|id| id.parse::<u64>().ok());
            if let Some(number) = number {
                resource.insert("id".into(), number.into());
            }
        })
    }),
    ("id-reused", |world, request| {
        // The next one to be created gets the id of the last one to be deleted.
        let gone = id_below(&request, "/Users").map(str::to_owned).filter(|_| request.method == Method::Delete);
        let response = translated(world, request, |world, known, user| {
            // Whoever was seen before keeps what it was shown as.
            let id = user.get("id").and_then(Value::as_str)?;
            if known.is_some() || world.tick(&format!("seen {id}")) > 1 {
                return known;
            }
            let free = text_of(world.noted("free"));
            world.forget("free");
            free
        });
        if let Some(gone) = gone.filter(|_| response.status == 204) {
            world.forget(&format!("real {gone}"));
            world.note("free", gone);
        }
        response
    }),
];

fn lowered(user: &Value) -> String {
    user["userName"].as_str().unwrap_or_default().to_lowercase()
}

fn mark_name(world: &World, value: &mut Value) {
    if let Some(name) = value.get("userName").and_then(Value::as_str).map(str::to_owned) {
        value.put("userName", marked(world, &name));
    }
}

/// Shows users under other ids than the store's. `name` gives the id that is shown for a user, from the one that was
/// shown before; without one the store's is shown.
fn translated(
    world: &World,
    mut request: Request,
    name: fn(&World, Option<String>, &Object) -> Option<String>,
) -> Response {
    let real = |run: &str| text_of(world.noted(&format!("real {run}")));
    let shown = |run: &str| text_of(world.noted(&format!("shown {run}")));
    request.target = swapped(&request.target, real);
    if let Some(body) = request.body.take() {
        let body = swapped(&String::from_utf8_lossy(&body), real).into_bytes();
        request.headers.set("Content-Length", body.len().to_string());
        request.body = Some(body);
    }
    let users = path(&request).starts_with("/Users");
    let mut response = world.pass(request);
    if users {
        response = each(response, |user| {
            let Some(id) = user.get("id").and_then(Value::as_str).map(str::to_owned) else { return };
            let before = shown(&id);
            let now = name(world, before.clone(), user);
            if let Some(before) = before.filter(|before| Some(before) != now.as_ref()) {
                world.forget(&format!("real {before}"));
            }
            if let Some(now) = now {
                world.note(format!("shown {id}"), now.as_str());
                world.note(format!("real {now}"), id);
            }
        });
    }
    response.body = swapped(&String::from_utf8_lossy(&response.body), shown).into_bytes();
    if let Some(location) = response.headers.get("Location").map(|text| swapped(text, shown)) {
        response.headers.set("Location", location);
    }
    response
}

fn text_of(fact: Option<Value>) -> Option<String> {
    fact?.as_str().map(str::to_owned)
}

/// The text with every run of letters, digits and hyphens replaced for which there is another.
fn swapped(text: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut swapped = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        match other(run).filter(|_| run.len() > 8) {
            Some(other) => swapped.push_str(&other),
            None => swapped.push_str(run),
        }
        let next = tail.find(word).unwrap_or(tail.len());
        let (between, tail) = tail.split_at(next);
        swapped.push_str(between);
        rest = tail;
    }
    swapped
}

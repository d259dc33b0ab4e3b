//! Defects of refusals that only show where users are not asked, and of checks that are made before others are done.

use std::time::Duration;

use serde_json::{Value, json};

use super::Row;
use super::tools::{admin_path, body, error, id_below, is, is_one, operations_of, path};
use crate::wire::{Method, Response};

pub const FAULTS: &[Row] = &[
    ("groups-are-changed-without-credentials", |world, request| {
        let open = is_one(&request, Method::Patch, "/Groups") && request.headers.get("Authorization").is_none();
        if open { world.ask(Method::Patch, path(&request), Some(body(&request))) } else { world.pass(request) }
    }),
    ("search-needs-no-credentials", |world, request| {
        let open = is(&request, Method::Post, "/Users/.search") && request.headers.get("Authorization").is_none();
        if open { world.ask(Method::Post, "/Users/.search", Some(body(&request))) } else { world.pass(request) }
    }),
    ("patching-a-group-that-is-not-there-answers-204", |world, request| {
        let patch = is_one(&request, Method::Patch, "/Groups");
        match world.pass(request) {
            missing if patch && missing.status == 404 => Response::new(204),
            other => other,
        }
    }),
    ("a-broken-body-empties-the-group", |world, request| {
        let place = path(&request).to_owned();
        let broken = is_one(&request, Method::Put, "/Groups") && body(&request).is_null();
        let response = world.pass(request);
        if broken {
            world.ask(Method::Patch, &place, Some(patch(json!({"op": "remove", "path": "members"}))));
        }
        response
    }),
    ("a-broken-search-answers-500", |world, request| {
        let broken = is(&request, Method::Post, "/Users/.search") && body(&request).is_null();
        match world.pass(request) {
            refused if broken && refused.status == 400 => error(500, None),
            other => other,
        }
    }),
    ("versions-of-groups-are-not-looked-at", |world, mut request| {
        if id_below(&request, "/Groups").is_some() {
            request.headers.remove("If-Match");
        }
        world.pass(request)
    }),
    ("another-language-for-groups-answers-500", |world, request| {
        let groups = path(&request).starts_with("/Groups");
        match world.pass(request) {
            refused if groups && refused.status == 415 => error(500, None),
            other => other,
        }
    }),
    ("a-refused-method-names-no-others", |world, request| {
        let mut response = world.pass(request);
        if response.status == 405 {
            response.headers.remove("Allow");
        }
        response
    }),
    ("a-refused-rename-is-half-done", |world, request| {
        // What else the operation has is done first.
        let place = path(&request).to_owned();
        let rest =
            operations_of(&request).first().and_then(|it| it["value"]["displayName"].as_str().map(str::to_owned));
        let patched = is_one(&request, Method::Patch, "/Users");
        match world.pass(request) {
            refused if patched && refused.status == 409 => {
                if let Some(name) = rest {
                    let operation = json!({"op": "replace", "path": "displayName", "value": name});
                    world.ask(Method::Patch, &place, Some(patch(operation)));
                }
                refused
            }
            other => other,
        }
    }),
    ("a-refused-create-keeps-its-address", |world, request| {
        // The address is taken before the name is looked at, and stays taken by nobody.
        let native = request.method == Method::Post && admin_path(&request) == "/admin/v1/users";
        let user = body(&request);
        let address = if native { &user["email"] } else { &user["emails"][0]["value"] };
        let Some(address) = address.as_str().filter(|_| native || is(&request, Method::Post, "/Users")) else {
            return world.pass(request);
        };
        let key = format!("address {address}");
        if world.noted(&key).is_some_and(|name| name != user["userName"]) {
            return error(409, Some("uniqueness"));
        }
        let response = world.pass(request);
        if response.status == 409 {
            world.note(key, user["userName"].clone());
        }
        response
    }),
    ("versions-race", |world, mut request| {
        // Looks at the version, thinks, and writes without looking again.
        let one = is_one(&request, Method::Put, "/Users");
        if let Some(tag) = request.headers.get("If-Match").filter(|_| one).map(str::to_owned) {
            let good = world.read(path(&request))["meta"]["version"] == tag.as_str();
            std::thread::sleep(Duration::from_millis(30));
            if good {
                request.headers.remove("If-Match");
            }
        }
        world.pass(request)
    }),
    ("parallel-removals-of-members-are-lost", |world, request| {
        // Reads, thinks, and writes back what it read without the one that goes.
        let place = path(&request).to_owned();
        let operations = operations_of(&request);
        let [operation] = operations.as_slice() else { return world.pass(request) };
        let gone = operation["path"].as_str().and_then(|path| path.strip_prefix("members[value eq \""));
        let gone =
            gone.and_then(|rest| rest.strip_suffix("\"]")).filter(|_| is_one(&request, Method::Patch, "/Groups"));
        let Some(gone) = gone.filter(|_| operation["op"] == "remove") else { return world.pass(request) };
        let mut members: Vec<Value> = world.read(&place)["members"].as_array().cloned().unwrap_or_default();
        members.retain(|member| member["value"] != gone);
        std::thread::sleep(Duration::from_millis(30));
        world.ask(Method::Patch, &place, Some(patch(json!({"op": "replace", "path": "members", "value": members}))))
    }),
];

fn patch(operation: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
}

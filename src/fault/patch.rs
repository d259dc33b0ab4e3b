//! Defects of PATCH on users.

use crate::wire::{Method, Response};
use serde_json::{Value, json};

use super::Row;
use super::tools::{
    Put, body, each_of, edit, error, id_below, is_one, is_pathless, op, operations, operations_of, path, refuse,
    with_body, without,
};

pub const FAULTS: &[Row] = &[
    ("patch-is-not-there", |world, request| {
        if is_one(&request, Method::Patch, "/Users") { error(501, None) } else { world.pass(request) }
    }),
    ("patch-changes-nothing", |world, request| {
        if is_one(&request, Method::Patch, "/Users") {
            return world.ask(Method::Get, path(&request), None);
        }
        world.pass(request)
    }),
    ("patch-answers-204-and-changes-nothing", |world, request| {
        if is_one(&request, Method::Patch, "/Users") { Response::new(204) } else { world.pass(request) }
    }),
    ("patch-answers-the-old-state", |world, request| {
        if is_one(&request, Method::Patch, "/Users") {
            let old = world.ask(Method::Get, path(&request), None);
            let new = world.pass(request);
            return if new.status == 200 { old } else { new };
        }
        world.pass(request)
    }),
    ("patch-answers-200-without-body", |world, request| {
        let patch = is_one(&request, Method::Patch, "/Users");
        let mut response = world.pass(request);
        if patch && response.is_success() {
            response.status = 200;
            response.body.clear();
        }
        response
    }),
    ("pathless-operations-are-ignored", |world, request| {
        if !is_one(&request, Method::Patch, "/Users") {
            return world.pass(request);
        }
        without(world, request, is_pathless)
    }),
    ("pathless-operations-are-refused", |world, request| refuse(world, request, "noTarget", is_pathless)),
    ("active-is-ignored", |world, request| {
        if !is_one(&request, Method::Patch, "/Users") {
            return world.pass(request);
        }
        let request = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) {
                    value.shift_remove("active");
                }
            }
        });
        without(world, request, |operation| {
            operation["path"] == "active" || operation["value"].as_object().is_some_and(serde_json::Map::is_empty)
        })
    }),
    ("string-booleans-are-refused", |world, request| {
        refuse(world, request, "invalidValue", |operation| active(operation).is_some_and(Value::is_string))
    }),
    ("string-booleans-are-kept-as-strings", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            for value in operations_of(&request).iter().filter_map(active) {
                world.note(format!("active {id}"), value.clone());
            }
        }
        each_of(world, request, "/Users", |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default();
            if let Some(text) = world.noted(&format!("active {id}")).filter(Value::is_string) {
                user.insert("active".into(), text);
            }
        })
    }),
    ("string-false-is-taken-as-true", |world, request| {
        let request = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                if operation["path"] == "active" && operation["value"].is_string() {
                    operation.put("value", true);
                }
                if operation["value"]["active"].is_string() {
                    operation.get_mut("value").into_iter().for_each(|value| value.put("active", true));
                }
            }
        });
        world.pass(request)
    }),
    ("op-names-look-at-case", |world, request| {
        refuse(world, request, "invalidSyntax", |operation| {
            operation["op"].as_str().is_some_and(|op| op.chars().any(char::is_uppercase))
        })
    }),
    ("absent-value-path-is-refused", |world, request| {
        if is_one(&request, Method::Patch, "/Users") {
            let user = world.read(path(&request));
            if operations_of(&request)
                .iter()
                .any(|operation| op(operation) != "remove" && targets_nothing(&user, operation))
            {
                return error(400, Some("noTarget"));
            }
        }
        world.pass(request)
    }),
    ("absent-value-path-is-ignored", |world, request| {
        if is_one(&request, Method::Patch, "/Users") {
            let user = world.read(path(&request));
            return without(world, request, |operation| op(operation) != "remove" && targets_nothing(&user, operation));
        }
        world.pass(request)
    }),
    ("value-paths-are-refused", |world, request| {
        refuse(world, request, "invalidPath", |operation| {
            operation["path"].as_str().is_some_and(|path| path.contains('[') && !path.starts_with("members"))
        })
    }),
    ("dotted-keys-are-ignored", |world, request| {
        let request = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) {
                    value.retain(|key, _| key.starts_with("urn:") || !key.contains(['.', '[']));
                }
            }
        });
        world.pass(request)
    }),
    ("dotted-keys-are-refused", |world, request| {
        refuse(world, request, "invalidPath", |operation| {
            is_pathless(operation)
                && operation["value"]
                    .as_object()
                    .is_some_and(|value| value.keys().any(|key| !key.starts_with("urn:") && key.contains(['.', '['])))
        })
    }),
    ("extension-attributes-by-urn-are-ignored", |world, request| {
        let request = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                if let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) {
                    value.retain(|key, _| !key.starts_with("urn:"));
                }
            }
        });
        without(world, request, |operation| operation["path"].as_str().is_some_and(|path| path.starts_with("urn:")))
    }),
    ("manager-as-string-is-refused", |world, request| {
        refuse(world, request, "invalidValue", |operation| {
            let value = &operation["value"];
            let bare = operation["path"].as_str().is_some_and(|path| path.ends_with(":manager")) && value.is_string();
            let inside = value
                .as_object()
                .is_some_and(|value| value.iter().any(|(key, value)| key.ends_with(":manager") && value.is_string()));
            bare || inside
        })
    }),
    ("a-patch-names-the-manager", |world, request| {
        let own = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            for operation in operations_of(&request).iter().filter(|it| it["value"]["displayName"].is_string()) {
                if operation["path"].as_str().is_some_and(|path| path.ends_with(":manager")) {
                    world.note(format!("manager of {id}"), operation["value"]["displayName"].clone());
                }
            }
        }
        each_of(world, request, "/Users", |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default();
            let name = world.noted(&format!("manager of {id}"));
            if let (Some(name), Some(extension)) = (name, user.get_mut(own)) {
                extension["manager"]["displayName"] = name;
            }
        })
    }),
    ("manager-is-shown-as-string", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(extension) = user.get_mut("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
                && extension["manager"].is_object()
            {
                extension.put("manager", extension["manager"]["value"].clone());
            }
        })
    }),
    ("manager-is-shown-outside-the-extension", |world, request| {
        each_of(world, request, "/Users", |user| {
            let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
            let manager = user.get_mut(urn).and_then(Value::as_object_mut).and_then(|it| it.shift_remove("manager"));
            if let Some(manager) = manager {
                user.insert("manager".into(), manager);
            }
        })
    }),
    ("empty-manager-is-ignored", |world, request| {
        without(world, request, |operation| {
            let manager = operation["path"].as_str().is_some_and(|path| path.ends_with(":manager"));
            let empty = |value: &Value| value.is_null() || value == "" || value["value"] == "";
            manager && empty(&operation["value"])
        })
    }),
    ("remove-is-ignored", |world, request| {
        if !is_one(&request, Method::Patch, "/Users") {
            return world.pass(request);
        }
        without(world, request, |operation| op(operation) == "remove")
    }),
    ("patch-is-not-atomic", |world, request| {
        if request.method == Method::Patch {
            let (place, operations) = (path(&request).to_owned(), operations_of(&request));
            let honest = world.pass(request);
            if honest.status == 400 {
                for operation in operations {
                    world.ask(Method::Patch, &place, Some(json!({"Operations": [operation]})));
                }
            }
            return honest;
        }
        world.pass(request)
    }),
    ("bad-patch-answers-200", |world, request| {
        let (patch, place) = (is_one(&request, Method::Patch, "/Users"), path(&request).to_owned());
        match world.pass(request) {
            bad if patch && bad.status == 400 => world.ask(Method::Get, &place, None),
            other => other,
        }
    }),
    ("only-the-first-operation-counts", |world, request| {
        world.pass(with_body(request, |body| {
            if let Some(operations) = operations(body) {
                operations.truncate(1);
            }
        }))
    }),
    ("patch-empties-what-it-does-not-name", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            let place = format!("/Users/{id}");
            let honest = world.pass(request);
            if honest.is_success() {
                let value = json!({"Operations": [{"op": "remove", "path": "phoneNumbers"}, {"op": "remove", "path": "title"}]});
                world.ask(Method::Patch, &place, Some(value));
            }
            return honest;
        }
        world.pass(request)
    }),
    ("user-name-cannot-be-changed", |world, request| {
        let named = |operation: &Value| operation["path"] == "userName" || operation["value"].get("userName").is_some();
        if is_one(&request, Method::Patch, "/Users") && operations_of(&request).iter().any(named) {
            return error(400, Some("mutability"));
        }
        world.pass(request)
    }),
    ("a-second-mail-is-added-instead-of-changed", |world, request| {
        let changed = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                let mail =
                    operation["path"].as_str().is_some_and(|path| path.starts_with("emails[type eq \"work\"].value"));
                if mail {
                    let value = operation["value"].clone();
                    *operation = json!({"op": "add", "path": "emails", "value": [{"value": value, "type": "work"}]});
                }
            }
        });
        world.pass(changed)
    }),
    ("delete-is-not-there", |world, request| {
        if is_one(&request, Method::Delete, "/Users") && body(&request).is_null() {
            // Entra ID purges, and cleaning up may deactivate instead.
            return error(501, None);
        }
        world.pass(request)
    }),
    ("patch-answers-a-list", |world, request| {
        let patch = is_one(&request, Method::Patch, "/Users");
        let response = world.pass(request);
        if patch && response.status == 200 {
            return edit(response, |user| *user = json!([user.clone()]));
        }
        response
    }),
];

/// The value that an operation gives `active`.
fn active(operation: &Value) -> Option<&Value> {
    let bare = operation["path"].as_str().is_some_and(|path| path.eq_ignore_ascii_case("active"));
    if bare { operation.get("value") } else { operation["value"].get("active") }
}

/// True for a value path, in `path` or among the keys of a value, that finds no element.
fn targets_nothing(user: &Value, operation: &Value) -> bool {
    let keys = operation["value"].as_object().into_iter().flat_map(|value| value.keys().cloned());
    let paths: Vec<String> = operation["path"].as_str().map(str::to_owned).into_iter().chain(keys).collect();
    paths.iter().filter(|path| path.contains('[')).any(|path| {
        let element = path.rfind(']').map_or(path.as_str(), |end| &path[..=end]);
        crate::scim::address::find(user, element).is_ok_and(|found| found.is_empty())
    })
}

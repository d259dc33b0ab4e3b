//! Defects of groups and their members.

use std::time::Duration;

use crate::wire::{Method, Request, Response};
use serde_json::{Value, json};

use super::tools::{
    Put, each_of, error, id_below, is, is_one, is_pathless, op, operations, operations_of, path, refuse, with_body,
    without,
};
use super::{Row, World};

pub const FAULTS: &[Row] = &[
    ("group-patch-is-not-there", |world, request| {
        if is_one(&request, Method::Patch, "/Groups") { error(501, None) } else { world.pass(request) }
    }),
    ("group-patch-changes-nothing", |world, request| {
        if is_one(&request, Method::Patch, "/Groups") { Response::new(204) } else { world.pass(request) }
    }),
    ("second-group-of-that-name-is-refused-with-400", |world, request| {
        let create = is(&request, Method::Post, "/Groups");
        match world.pass(request) {
            taken if create && taken.status == 409 => error(400, Some("uniqueness")),
            other => other,
        }
    }),
    ("value-list-of-remove-takes-all", |world, request| {
        let request = with_body(request, |body| {
            for operation in operations(body).into_iter().flatten().filter(|it| removes_list(it)) {
                if let Some(operation) = operation.as_object_mut() {
                    operation.shift_remove("value");
                }
            }
        });
        world.pass(request)
    }),
    ("value-list-of-remove-takes-none", |world, request| without(world, request, removes_list)),
    ("value-list-of-remove-is-refused", |world, request| refuse(world, request, "invalidSyntax", removes_list)),
    ("member-filter-of-remove-is-ignored", |world, request| without(world, request, member_filter)),
    ("member-filter-of-remove-is-refused", |world, request| refuse(world, request, "invalidPath", member_filter)),
    ("member-filter-of-remove-takes-all", |world, request| {
        world.pass(with_body(request, |body| {
            for operation in operations(body).into_iter().flatten().filter(|it| member_filter(it)) {
                operation.put("path", "members");
            }
        }))
    }),
    ("remove-of-no-member-answers-404", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
            let group = world.read(&format!("/Groups/{id}"));
            let known: Vec<&Value> = group["members"].as_array().into_iter().flatten().map(|it| &it["value"]).collect();
            let strange = operations_of(&request)
                .iter()
                .any(|operation| op(operation) == "remove" && ids(operation).iter().any(|id| !known.contains(&id)));
            if strange {
                return error(404, None);
            }
        }
        world.pass(request)
    }),
    ("added-member-is-listed-twice", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
            let group = world.read(&format!("/Groups/{id}"));
            for operation in operations_of(&request).iter().filter(|it| op(it) == "add") {
                for member in ids(operation) {
                    let known =
                        group["members"].as_array().is_some_and(|all| all.iter().any(|it| it["value"] == member));
                    if known {
                        world.note(format!("twice {id}"), member);
                    }
                }
            }
        }
        each_of(world, request, "/Groups", |group| {
            let id = group.get("id").and_then(Value::as_str).unwrap_or_default();
            let twice = world.noted(&format!("twice {id}"));
            if let Some(members) = group.get_mut("members").and_then(Value::as_array_mut)
                && let Some(again) = members.iter().find(|it| Some(&it["value"]) == twice.as_ref()).cloned()
            {
                members.push(again);
            }
        })
    }),
    ("added-member-without-type-is-ignored", |world, request| {
        let request = with_body(request, |body| {
            let own = |members: &mut Value| {
                if let Some(members) = members.as_array_mut() {
                    members.retain(|member| member["type"].is_string());
                }
            };
            body.get_mut("members").into_iter().for_each(own);
            for operation in operations(body).into_iter().flatten().filter(|it| it["path"] == "members") {
                if op(operation) != "remove" {
                    operation.get_mut("value").into_iter().for_each(own);
                }
            }
        });
        world.pass(request)
    }),
    ("add-replaces-the-members", |world, request| {
        world.pass(with_body(request, |body| {
            for operation in operations(body).into_iter().flatten().filter(|it| adds(it)) {
                operation.put("op", "replace");
            }
        }))
    }),
    ("added-members-are-ignored", |world, request| without(world, request, adds)),
    ("only-the-first-member-is-added", |world, request| {
        world.pass(with_body(request, |body| {
            for operation in operations(body).into_iter().flatten().filter(|it| adds(it)) {
                if let Some(members) = operation.get_mut("value").and_then(Value::as_array_mut) {
                    members.truncate(1);
                }
            }
        }))
    }),
    ("empty-replace-of-members-is-ignored", |world, request| without(world, request, empties)),
    ("empty-replace-of-members-is-refused", |world, request| refuse(world, request, "invalidValue", empties)),
    ("replace-of-members-adds", |world, request| {
        world.pass(with_body(request, |body| {
            for operation in operations(body).into_iter().flatten() {
                let full = operation["value"].as_array().is_some_and(|members| !members.is_empty());
                if op(operation) == "replace" && operation["path"] == "members" && full {
                    operation.put("op", "add");
                }
            }
        }))
    }),
    ("replace-of-members-is-refused", |world, request| {
        refuse(world, request, "mutability", |operation| {
            op(operation) == "replace"
                && (operation["path"] == "members" || operation["value"].get("members").is_some())
        })
    }),
    ("id-inside-a-rename-is-refused", |world, request| {
        refuse(world, request, "mutability", |operation| {
            is_pathless(operation) && operation["value"].get("id").is_some()
        })
    }),
    ("pathless-rename-is-ignored", |world, request| {
        if !is_one(&request, Method::Patch, "/Groups") {
            return world.pass(request);
        }
        without(world, request, is_pathless)
    }),
    ("pathless-rename-empties-the-group", |world, request| {
        if is_one(&request, Method::Patch, "/Groups") {
            let rename = |operation: &Value| {
                is_pathless(operation)
                    && operation["value"].get("displayName").is_some()
                    && operation["value"].get("members").is_none()
            };
            if operations_of(&request).iter().any(rename) {
                let value = json!({"Operations": [{"op": "remove", "path": "members"}]});
                world.ask(Method::Patch, path(&request), Some(value));
            }
        }
        world.pass(request)
    }),
    ("rename-by-path-is-ignored", |world, request| {
        if !is_one(&request, Method::Patch, "/Groups") {
            return world.pass(request);
        }
        without(world, request, |operation| operation["path"] == "displayName")
    }),
    ("unknown-member-answers-500", |world, request| {
        let groups = path(&request).starts_with("/Groups") && request.method != Method::Get;
        match world.pass(request) {
            bad if groups && bad.status == 400 => error(500, None),
            other => other,
        }
    }),
    ("parallel-changes-of-members-are-lost", lost_update),
    ("parallel-changes-of-members-answer-409", |world, request| {
        if is_one(&request, Method::Patch, "/Groups") {
            let place = path(&request).to_owned();
            let before = world.tick(&format!("start {place}"));
            std::thread::sleep(Duration::from_millis(20));
            let busy = world.tick(&format!("start {place}")) > before + 1;
            if busy {
                return error(409, None);
            }
        }
        world.pass(request)
    }),
    ("members-are-shown-by-name", |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                member.put("value", format!("name-{}", member["value"].as_str().unwrap_or_default()));
            }
        })
    }),
    ("members-are-never-shown", |world, request| {
        each_of(world, request, "/Groups", |group| _ = group.shift_remove("members"))
    }),
    ("members-without-value", |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(member) = member.as_object_mut() {
                    member.shift_remove("value");
                }
            }
        })
    }),
    ("deleted-user-stays-a-member", |world, request| {
        // Deletes the name only: the groups still show the member.
        if let (Method::Delete, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            let user = world.read(&format!("/Users/{id}"));
            for group in user["groups"].as_array().into_iter().flatten() {
                let key = format!("ghosts {}", group["value"].as_str().unwrap_or_default());
                let mut ghosts = world.noted(&key).unwrap_or_else(|| json!([]));
                if let Some(ghosts) = ghosts.as_array_mut() {
                    ghosts.push(json!({"value": id, "type": "User"}));
                }
                world.note(key, ghosts);
            }
        }
        each_of(world, request, "/Groups", |group| {
            let id = group.get("id").and_then(Value::as_str).unwrap_or_default();
            let ghosts = world.noted(&format!("ghosts {id}"));
            for ghost in ghosts.as_ref().and_then(Value::as_array).into_iter().flatten() {
                let members = group.entry("members").or_insert_with(|| json!([]));
                if let Some(members) = members.as_array_mut() {
                    members.push(ghost.clone());
                }
            }
        })
    }),
    ("deleting-a-group-deletes-its-users", |world, request| {
        if let (Method::Delete, Some(id)) = (&request.method, id_below(&request, "/Groups")) {
            let group = world.read(&format!("/Groups/{id}"));
            for member in group["members"].as_array().into_iter().flatten() {
                world.ask(Method::Delete, &format!("/Users/{}", member["value"].as_str().unwrap_or_default()), None);
            }
        }
        world.pass(request)
    }),
    ("deactivation-leaves-the-groups", |world, request| {
        if let (Method::Patch, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            let place = format!("/Users/{id}");
            let honest = world.pass(request);
            let user = world.read(&place);
            if user["active"] == false {
                for group in user["groups"].as_array().into_iter().flatten() {
                    let value =
                        json!({"Operations": [{"op": "remove", "path": format!("members[value eq {}]", user["id"])}]});
                    let group = group["value"].as_str().unwrap_or_default();
                    world.ask(Method::Patch, &format!("/Groups/{group}"), Some(value));
                }
            }
            return honest;
        }
        world.pass(request)
    }),
    ("groups-of-a-user-are-stale", |world, request| {
        each_of(world, request, "/Users", |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            match world.noted(&format!("groups {id}")) {
                Some(old) => _ = user.insert("groups".into(), old),
                None => {
                    if let Some(groups) =
                        user.get("groups").filter(|groups| groups.as_array().is_some_and(|it| !it.is_empty()))
                    {
                        world.note(format!("groups {id}"), groups.clone());
                    }
                }
            }
        })
    }),
    ("group-look-up-by-id-answers-404", |world, request| {
        if is_one(&request, Method::Get, "/Groups") { error(404, None) } else { world.pass(request) }
    }),
];

fn adds(operation: &Value) -> bool {
    op(operation) == "add" && operation["path"] == "members"
}

fn removes_list(operation: &Value) -> bool {
    op(operation) == "remove" && operation["path"] == "members" && operation["value"].is_array()
}

fn member_filter(operation: &Value) -> bool {
    op(operation) == "remove" && operation["path"].as_str().is_some_and(|path| path.starts_with("members["))
}

fn empties(operation: &Value) -> bool {
    let none = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    op(operation) == "replace"
        && ((operation["path"] == "members" && none(&operation["value"])) || none(&operation["value"]["members"]))
}

/// The member ids that an operation names.
fn ids(operation: &Value) -> Vec<Value> {
    if let Some(path) = operation["path"].as_str().filter(|path| path.starts_with("members[")) {
        return path.split('"').nth(1).map(Value::from).into_iter().collect();
    }
    let members = operation["value"].as_array().into_iter().flatten();
    members.filter_map(|member| member.get("value").cloned()).collect()
}

/// Reads the group, thinks, and writes all of it back: what others wrote meanwhile is lost.
fn lost_update(world: &World, request: Request) -> Response {
    if !is_one(&request, Method::Patch, "/Groups") {
        return world.pass(request);
    }
    let place = path(&request).to_owned();
    let operations = operations_of(&request);
    let mut members: Vec<Value> = world.read(&place)["members"].as_array().cloned().unwrap_or_default();
    if !is_simple(&operations) {
        return world.pass(request);
    }
    for operation in &operations {
        let ids = ids(operation);
        members.retain(|member| !ids.contains(&member["value"]));
        if adds(operation) {
            members.extend(ids.into_iter().map(|id| json!({"value": id})));
        }
    }
    std::thread::sleep(Duration::from_millis(30));
    let value = json!({"Operations": [{"op": "replace", "path": "members", "value": members}]});
    world.ask(Method::Patch, &place, Some(value))
}

/// Only operations that [`lost_update`] can carry out by itself.
fn is_simple(operations: &[Value]) -> bool {
    operations.iter().all(|operation| adds(operation) || removes_list(operation) || member_filter(operation))
}

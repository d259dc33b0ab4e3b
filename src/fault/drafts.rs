//! Defects that break what a draft demands beyond the standard (`fixtures/requirements/drafts.toml`): most of them are what a
//! server does that keeps to RFC 7643 and RFC 7644 alone and claims the draft all the same.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Row;
use super::tools::{
    Put, answer, body, each_of, edit, id_below, is, is_one, op, operations, parameter, path, with_body, with_parameter,
};
use crate::wire::{Method, Request};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attributes of a user that a server has which drops all others.
const KNOWN: [&str; 14] = [
    "schemas",
    "userName",
    "name",
    "displayName",
    "title",
    "nickName",
    "userType",
    "emails",
    "phoneNumbers",
    "addresses",
    "roles",
    "active",
    "externalId",
    "password",
];

pub const FAULTS: &[Row] = &[
    ("the-profile-is-met-and-not-claimed", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        edit(world.pass(request), |body| {
            if let Some(config) = body.as_object_mut().filter(|_| own) {
                config.remove("interopProfileConformant");
            }
        })
    }),
    ("the-configuration-has-no-largest-page", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        edit(world.pass(request), |body| {
            if own {
                body["filter"].put("maxResults", 0);
            }
        })
    }),
    ("a-published-title-is-not-kept", |world, request| world.pass(without_member(request, "title"))),
    ("a-schema-that-a-type-names-is-not-published", |world, request| {
        let own = path(&request) == "/Schemas";
        edit(world.pass(request), |body| {
            if let Some(schemas) = body["Resources"].as_array_mut().filter(|_| own) {
                schemas.retain(|schema| schema["id"] != ENTERPRISE);
            }
        })
    }),
    ("resource-types-have-no-ids", |world, request| {
        each_of(world, request, "/ResourceTypes", |kind| {
            kind.remove("id");
        })
    }),
    ("types-of-values-are-free-text", |world, request| {
        each_of(world, request, "/Schemas", |schema| {
            let attributes = schema.get_mut("attributes").and_then(Value::as_array_mut).into_iter().flatten();
            let parts = attributes.filter_map(|attribute| attribute.get_mut("subAttributes")?.as_array_mut()).flatten();
            for part in parts.filter(|part| part["name"] == "type").filter_map(Value::as_object_mut) {
                part.remove("canonicalValues");
            }
        })
    }),
    ("groups-live-where-users-do", |world, request| {
        each_of(world, request, "/ResourceTypes", |kind| {
            if kind.get("name").is_some_and(|name| name == "Group") {
                kind.insert("endpoint".to_owned(), "/Users".into());
            }
        })
    }),
    ("users-are-read-by-name-too", |world, request| {
        let name = id_below(&request, "/Users").filter(|_| request.method == Method::Get).map(str::to_owned);
        let response = world.pass(request);
        let Some(name) = name.filter(|_| response.status == 404) else { return response };
        let name = percent_decode_str(&name).decode_utf8_lossy();
        let found = world.find("/Users", &format!("userName eq {}", json!(name)));
        found.first().map_or(response, |user| answer(200, user))
    }),
    ("unknown-attributes-are-dropped", |world, request| {
        let users = is(&request, Method::Post, "/Users");
        let patch = is_one(&request, Method::Patch, "/Users");
        let request = with_body(request, |body| {
            if let Some(user) = body.as_object_mut().filter(|_| users) {
                user.retain(|name, _| KNOWN.contains(&name.as_str()) || name.starts_with("urn:ietf:"));
                let schemas = user.get_mut("schemas").and_then(Value::as_array_mut);
                schemas.into_iter().for_each(|urns| urns.retain(|urn| urn != "urn:example:nosuch"));
            }
        });
        match world.pass(request) {
            refused if patch && refused.status == 400 => edit(refused, |body| {
                if body["detail"].as_str().is_some_and(|detail| detail.contains("no such")) {
                    body.put("scimType", "noTarget");
                }
            }),
            other => other,
        }
    }),
    ("an-unknown-name-in-a-filter-finds-nothing", |world, request| {
        let list = request.method == Method::Get && parameter(&request, "filter").is_some();
        match world.pass(request) {
            refused if list && refused.json().is_some_and(|body| body["scimType"] == "invalidFilter") => {
                let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
                answer(200, &json!({"schemas": schemas, "totalResults": 0, "startIndex": 1, "itemsPerPage": 0}))
            }
            other => other,
        }
    }),
    ("pages-hold-fifty", |world, request| {
        let list = request.method == Method::Get && matches!(path(&request), "/Users" | "/Groups");
        let asked = parameter(&request, "count").and_then(|count| count.parse::<u64>().ok()).unwrap_or(100);
        let request = if list { with_parameter(request, "count", Some(&asked.min(50).to_string())) } else { request };
        world.pass(request)
    }),
    ("lists-begin-at-the-beginning", |world, request| {
        let list = request.method == Method::Get && matches!(path(&request), "/Users" | "/Groups");
        let first = if list { with_parameter(request, "startIndex", None) } else { request };
        world.pass(first)
    }),
    ("an-operation-without-path-is-carried-out", |world, request| {
        world.pass(changed(request, |operation| {
            let members = operation["value"].as_object().filter(|_| operation.get("path").is_none()).cloned();
            let one = |(name, value)| json!({"op": operation["op"], "path": name, "value": value});
            members.map_or_else(|| vec![operation.clone()], |members| members.into_iter().map(one).collect())
        }))
    }),
    ("add-leaves-what-is-there", |world, request| {
        let there = world.read(path(&request));
        world.pass(changed(request, |operation| {
            let name = operation["path"].as_str().unwrap_or_default();
            let taken = op(operation) == "add" && (there[name].is_string() || there[name].is_boolean());
            let value = if taken { there[name].clone() } else { operation["value"].clone() };
            let mut kept = operation.clone();
            if taken {
                kept.put("value", value);
            }
            vec![kept]
        }))
    }),
    ("replace-merges-a-complex-attribute", |world, request| {
        world.pass(turned(request, "replace", "add", Value::is_object))
    }),
    ("add-replaces-a-complex-attribute", |world, request| {
        world.pass(turned(request, "add", "replace", Value::is_object))
    }),
    ("replace-appends-to-a-collection", |world, request| {
        world.pass(turned(request, "replace", "add", Value::is_array))
    }),
    ("add-replaces-a-collection", |world, request| world.pass(turned(request, "add", "replace", Value::is_array))),
    ("deactivation-removes-the-user", |world, request| {
        let gone = is_one(&request, Method::Patch, "/Users") && {
            let ends = |it: &Value| it["path"] == "active" && it["value"] == false;
            operations(&mut body(&request)).is_some_and(|all| all.iter().any(ends))
        };
        let place = path(&request).to_owned();
        let response = world.pass(request);
        if gone && response.is_success() {
            world.ask(Method::Delete, &place, None);
        }
        response
    }),
    ("errors-show-where-in-the-program", |world, request| {
        let response = world.pass(request);
        if response.status < 400 {
            return response;
        }
        edit(response, |body| {
            let said = body["detail"].as_str().unwrap_or_default();
            let said = format!("{said}\nTraceback (most recent call last):\n  File \"app.py\", line 81, in handle");
            body.put("detail", said);
        })
    }),
    ("answers-are-plain-json", |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("Content-Type").is_some() {
            response.headers.set("Content-Type", "application/json");
        }
        response
    }),
];

/// A body without that member.
fn without_member(request: Request, name: &str) -> Request {
    let own = is(&request, Method::Post, "/Users");
    with_body(request, |body| {
        if let Some(object) = body.as_object_mut().filter(|_| own) {
            object.remove(name);
        }
    })
}

/// A PATCH with every operation changed.
fn changed(request: Request, change: impl Fn(&Value) -> Vec<Value>) -> Request {
    if request.method != Method::Patch {
        return request;
    }
    with_body(request, |body| {
        if let Some(all) = operations(body) {
            *all = all.iter().flat_map(change).collect();
        }
    })
}

/// A PATCH that does the one where it is asked for the other, on values of that kind.
fn turned(request: Request, from: &str, to: &str, of: fn(&Value) -> bool) -> Request {
    changed(request, |operation| {
        let mut turned = operation.clone();
        if op(operation) == from && of(&operation["value"]) && operation["path"].is_string() {
            turned.put("op", to);
        }
        vec![turned]
    })
}

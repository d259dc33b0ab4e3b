//! Defects of what a server publishes of its schemas and resource types, and of the form in which resources are shown
//! (`RFC7643 §2` to `§7`).

use serde_json::{Value, json};

use super::tools::{
    Object, Put, answer, body, each, each_of, edit, error, is, is_one, lists, path, with_body, with_parameter,
};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

pub const FAULTS: &[Row] = &[
    ("names-of-attributes-have-blanks", |world, request| {
        published(world, request, |attribute| {
            let name = attribute["name"].as_str().unwrap_or_default().replace("Name", " name");
            attribute.put("name", name);
        })
    }),
    ("mutability-is-yes-or-no", |world, request| {
        published(world, request, |attribute| {
            let written = attribute["mutability"] != "readOnly";
            attribute.put("mutability", if written { "yes" } else { "no" });
        })
    }),
    ("plain-attributes-have-parts", |world, request| {
        published(world, request, |attribute| {
            if attribute["type"] == "string" {
                attribute.put("subAttributes", json!([{"name": "value", "type": "string"}]));
            }
        })
    }),
    ("parts-have-parts", |world, request| {
        published(world, request, |attribute| {
            let parts = attribute.get_mut("subAttributes").and_then(Value::as_array_mut);
            parts.into_iter().flatten().for_each(|part| part.put("type", "complex"));
        })
    }),
    ("resource-types-lie-below-a-query", |world, request| {
        types(world, request, |kind| {
            let endpoint = kind["endpoint"].as_str().unwrap_or_default().to_owned();
            kind.put("endpoint", format!("{endpoint}?tenant=1"));
        })
    }),
    ("resource-types-have-schemas-that-are-nowhere", |world, request| {
        let one = path(&request).starts_with("/ResourceTypes/");
        let response = world.pass(request);
        let nowhere = |kind: &mut Value| kind.put("schema", "urn:example:scimproof:schemas:core:1.0:Nothing");
        if one && response.status == 200 { edit(response, nowhere) } else { response }
    }),
    ("resource-types-are-a-bare-array", |world, request| {
        let own = path(&request) == "/ResourceTypes";
        edit(world.pass(request), |body| {
            if own && body["Resources"].is_array() {
                *body = body["Resources"].take();
            }
        })
    }),
    ("last-change-is-a-day", |world, request| {
        each_of(world, request, "/", |resource| {
            resource.get_mut("meta").into_iter().for_each(|meta| meta.put("lastModified", "2024-05-13"));
        })
    }),
    ("attributes-of-extensions-lie-at-the-top", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(Value::Object(own)) = user.shift_remove(ENTERPRISE) {
                user.extend(own);
            }
        })
    }),
    ("countries-are-shown-by-name", |world, request| {
        each_of(world, request, "/Users", |user| {
            for address in user.get_mut("addresses").and_then(Value::as_array_mut).into_iter().flatten() {
                if address["country"] == "US" {
                    address.put("country", "United States");
                }
            }
        })
    }),
    ("groups-are-shown-without-names", |world, request| {
        each_of(world, request, "/Groups", |group| _ = group.shift_remove("displayName"))
    }),
    ("members-are-shown-as-bare-ids", |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                *member = member["value"].clone();
            }
        })
    }),
    ("null-takes-nothing-away", |world, request| {
        if !is_one(&request, Method::Put, "/Users") {
            return world.pass(request);
        }
        let before = world.read(path(&request));
        world.pass(with_body(request, |body| {
            for (name, value) in body.as_object_mut().into_iter().flatten() {
                if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
                    *value = before[name.as_str()].clone();
                }
            }
        }))
    }),
    ("schemas-that-nobody-knows-are-kept", |world, request| {
        let made = is(&request, Method::Post, "/Users");
        let sent = body(&request)["schemas"].clone();
        let strange = made && sent.to_string().contains("urn:example:");
        let request = if strange { with_body(request, |body| body.put("schemas", json!([USER]))) } else { request };
        each_of(world, request, "/Users", |user| {
            let id = user.get("id").and_then(Value::as_str).unwrap_or_default();
            if strange {
                world.note(id, sent.clone());
            }
            if let Some(kept) = world.noted(id) {
                user.insert("schemas".into(), kept);
            }
        })
    }),
    ("create-without-schemas-answers-500", |world, request| {
        let bare = is(&request, Method::Post, "/Users") && body(&request).get("schemas").is_none();
        if bare { error(500, None) } else { world.pass(request) }
    }),
    ("first-schema-is-the-type", |world, request| {
        let first = body(&request)["schemas"][0].as_str().is_some_and(|urn| urn.contains(":extension:"));
        let made = is(&request, Method::Post, "/Users") && first;
        if made { error(400, Some("invalidSyntax")) } else { world.pass(request) }
    }),
    ("order-of-parts-decides", |world, request| {
        // The parts of a name are read in the order of the schema; what comes before its turn is passed over.
        world.pass(with_body(request, |body| {
            let name = body.get_mut("name").and_then(Value::as_object_mut);
            if let Some(name) = name.filter(|name| name.keys().next().is_some_and(|first| first == "givenName")) {
                name.shift_remove("familyName");
            }
        }))
    }),
    ("lists-show-ids-of-jobs", |world, request| {
        let list = lists(&request);
        let response = world.pass(request);
        if list { each(response, |one| _ = one.insert("id".into(), json!("bulkId:qwerty"))) } else { response }
    }),
    ("strong-versions-never-change", |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("ETag").is_some() {
            response.headers.set("ETag", "\"1\"");
        }
        each(response, |resource| {
            resource.get_mut("meta").into_iter().for_each(|meta| meta.put("version", "\"1\""));
        })
    }),
    ("projected-patches-answer-204", |world, request| {
        let whole = with_parameter(request.clone(), "attributes", None);
        let projected = request.method == Method::Patch && whole.target.len() < request.target.len();
        let response = world.pass(request);
        if projected && response.is_success() { Response::new(204) } else { response }
    }),
    ("unknown-attributes-of-a-patch-are-kept", |world, request| {
        let named = super::tools::operations_of(&request).into_iter().find(|it| it["path"] == "members");
        let (patch, place) = (is_one(&request, Method::Patch, "/Users"), path(&request).to_owned());
        if let Some(operation) = named.filter(|_| patch) {
            world.note(place.as_str(), operation["value"].clone());
            return world.ask(Method::Get, &place, None);
        }
        let kept = world.noted(&place);
        let own = |user: &mut Object| kept.iter().for_each(|kept| _ = user.insert("members".into(), kept.clone()));
        each(world.pass(request), own)
    }),
    ("nothing-new-is-a-change", |world, request| {
        let place = path(&request).to_owned();
        if is_one(&request, Method::Patch, "/Users") {
            world.note(place.as_str(), true);
        }
        let touched = world.noted(&place).is_some();
        let response = world.pass(request);
        let now = |user: &mut Object| {
            user.get_mut("meta").into_iter().for_each(|meta| meta.put("lastModified", "2099-01-01T00:00:00Z"));
        };
        if touched { each(response, now) } else { response }
    }),
    ("empty-patches-answer-500", |world, request| {
        let none = body(&request)["Operations"].as_array().is_some_and(Vec::is_empty);
        if none && request.method == Method::Patch { error(500, None) } else { world.pass(request) }
    }),
    ("state-is-shown-and-not-found", |world, request| {
        // Who has no state is shown as active, and a filter looks at what is stored.
        each_of(world, request, "/Users", |user| _ = user.entry("active").or_insert(json!(true)))
    }),
    ("filters-beyond-ascii-answer-500", |world, request| {
        let beyond = super::tools::parameter(&request, "filter").is_some_and(|filter| !filter.is_ascii());
        if beyond { error(500, None) } else { world.pass(request) }
    }),
    ("scim-json-is-not-acceptable", |world, request| {
        let exactly = request.headers.get("Accept") == Some("application/scim+json");
        if exactly && is_one(&request, Method::Get, "/Users") { answer(406, &json!({})) } else { world.pass(request) }
    }),
];

/// Changes every attribute of the published schemas.
fn published(world: &World, request: Request, change: fn(&mut Value)) -> Response {
    let own = path(&request).starts_with("/Schemas");
    let attributes = |schema: &mut Object| {
        let all = schema.get_mut("attributes").and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(change);
    };
    let response = world.pass(request);
    if own { each(response, attributes) } else { response }
}

/// Changes every resource type, in the list and alone.
fn types(world: &World, request: Request, change: fn(&mut Value)) -> Response {
    let own = path(&request).starts_with("/ResourceTypes");
    edit(world.pass(request), |body| match body.get_mut("Resources").and_then(Value::as_array_mut) {
        Some(all) if own => all.iter_mut().for_each(change),
        None if own => change(body),
        _ => {}
    })
}

//! Defects of form and of reading: what an answer looks like, who may ask, what is left after a DELETE.

use crate::wire::{Headers, Method, Request, Response};
use serde_json::{Value, json};

use super::tools::{Put, answer, body, each, each_of, edit, error, id_below, is, is_one, path};
use super::{Row, World};

pub const FAULTS: &[Row] = &[
    ("patch-answers-204-with-body", |world, request| with_text(world, request, Method::Patch)),
    ("delete-answers-204-with-body", |world, request| with_text(world, request, Method::Delete)),
    ("reading-changes-the-version", |world, request| {
        let tag = format!("W/\"{}\"", world.tick("versions"));
        let one = is_one(&request, Method::Get, "/Users");
        let mut response = world.pass(request);
        if !one || response.headers.get("ETag").is_none() {
            return response;
        }
        response.headers.set("ETag", tag.clone());
        edit(response, |user| user.get_mut("meta").into_iter().for_each(|meta| meta.put("version", tag.as_str())))
    }),
    ("schemas-are-named-twice", |world, request| {
        each_of(world, request, "/", |resource| {
            if let Some(schemas) = resource.get_mut("schemas").and_then(Value::as_array_mut) {
                schemas.extend(schemas.first().cloned());
            }
        })
    }),
    ("groups-of-a-user-have-no-value", |world, request| {
        each_of(world, request, "/Users", |user| {
            for group in user.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
                *group = json!({"display": group["display"]});
            }
        })
    }),
    ("external-id-is-invented", |world, request| {
        each_of(world, request, "/Users", |user| {
            if !user.contains_key("externalId") {
                user.insert("externalId".into(), user["id"].clone());
            }
        })
    }),
    ("id-is-a-number", |world, request| {
        each_of(world, request, "/", |resource| _ = resource.insert("id".into(), 17.into()))
    }),
    ("resource-without-id", |world, request| each_of(world, request, "/", |resource| _ = resource.shift_remove("id"))),
    ("resource-without-schemas", |world, request| {
        each_of(world, request, "/", |resource| _ = resource.shift_remove("schemas"))
    }),
    ("resource-with-foreign-schemas", |world, request| {
        each_of(world, request, "/Users", |user| {
            _ = user.insert("schemas".into(), json!(["urn:scim:schemas:core:1.0"]))
        })
    }),
    ("resource-without-meta", |world, request| {
        each_of(world, request, "/Users", |resource| _ = resource.shift_remove("meta"))
    }),
    ("location-is-of-another-resource", |world, request| {
        each_of(world, request, "/", |resource| {
            if let Some(meta) = resource.get_mut("meta") {
                meta.put("location", "https://scim.example.com/scim/v2/Users/another");
            }
        })
    }),
    ("location-header-is-not-meta-location", |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("Location").is_some() {
            response.headers.set("Location", "https://scim.example.com/scim/v2/Users/another");
        }
        response
    }),
    ("resource-type-is-wrong", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(meta) = user.get_mut("meta") {
                meta.put("resourceType", "Person");
            }
        })
    }),
    ("times-are-not-date-times", |world, request| {
        each_of(world, request, "/", |resource| {
            if let Some(meta) = resource.get_mut("meta") {
                meta.put("created", "2024-05-13 04:42:34");
            }
        })
    }),
    ("times-run-backwards", |world, request| {
        each_of(world, request, "/", |resource| {
            if let Some(meta) = resource.get_mut("meta") {
                meta.put("lastModified", "2001-01-01T00:00:00Z");
            }
        })
    }),
    ("version-is-not-the-etag", |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("ETag").is_some() {
            response.headers.set("ETag", "W/\"another\"");
        }
        response
    }),
    ("if-match-is-ignored", |world, mut request| {
        request.headers.remove("If-Match");
        world.pass(request)
    }),
    ("etag-without-quotes", |world, request| {
        let mut response = world.pass(request);
        if let Some(tag) = response.headers.get("ETag").map(|tag| tag.replace('"', "")) {
            response.headers.set("ETag", tag);
        }
        response
    }),
    ("password-is-shown", |world, request| {
        let password = body(&request)["password"].clone();
        let users = path(&request).starts_with("/Users");
        let response = world.pass(request);
        if users && password.is_string() {
            return each(response, |user| _ = user.insert("password".into(), password.clone()));
        }
        response
    }),
    ("password-is-quoted-in-errors", |world, request| {
        let password = body(&request)["password"].as_str().unwrap_or_default().to_owned();
        let response = world.pass(request);
        if response.status >= 400 && !password.is_empty() {
            return edit(response, |error| error.put("detail", format!("cannot use {password}")));
        }
        response
    }),
    ("active-is-a-number", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(active) = user.get("active").and_then(Value::as_bool) {
                user.insert("active".into(), i32::from(active).into());
            }
        })
    }),
    ("active-is-not-shown", |world, request| each_of(world, request, "/Users", |user| _ = user.shift_remove("active"))),
    ("mails-are-strings", |world, request| {
        each_of(world, request, "/Users", |user| {
            for mail in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                *mail = mail["value"].clone();
            }
        })
    }),
    ("mails-are-one-object", |world, request| {
        each_of(world, request, "/Users", |user| {
            if let Some(first) = user.get("emails").and_then(|mails| mails.get(0)).cloned() {
                user.insert("emails".into(), first);
            }
        })
    }),
    ("every-mail-is-primary", |world, request| {
        each_of(world, request, "/Users", |user| {
            for mail in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                mail.put("primary", true);
            }
        })
    }),
    ("names-are-not-shown", |world, request| each_of(world, request, "/Users", |user| _ = user.shift_remove("name"))),
    ("error-is-html", |world, request| {
        let response = world.pass(request);
        if response.status < 400 {
            return response;
        }
        let headers: Headers = [("Content-Type", "text/html")].into_iter().collect();
        Response { headers, body: b"<html><body>Error</body></html>".to_vec(), ..response }
    }),
    ("error-without-body", |world, request| {
        let mut response = world.pass(request);
        if response.status >= 400 {
            response.body.clear();
            response.headers.remove("Content-Type");
        }
        response
    }),
    ("error-without-status", |world, request| {
        let response = world.pass(request);
        if response.status < 400 {
            return response;
        }
        edit(response, |error| {
            if let Some(error) = error.as_object_mut() {
                error.shift_remove("status");
            }
        })
    }),
    ("error-with-another-status", |world, request| {
        let response = world.pass(request);
        if response.status < 400 { response } else { edit(response, |error| error.put("status", "500")) }
    }),
    ("error-inside-another-object", |world, request| {
        let response = world.pass(request);
        if response.status < 400 { response } else { edit(response, |error| *error = json!({"error": error.clone()})) }
    }),
    ("media-type-is-html", |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("Content-Type").is_some() {
            response.headers.set("Content-Type", "text/html");
        }
        response
    }),
    ("any-token-is-good", |world, mut request| {
        if let Some(good) = world.credentials() {
            request.headers.set("Authorization", good);
        }
        world.pass(request)
    }),
    ("bad-token-answers-404", |world, request| match world.pass(request) {
        refused if refused.status == 401 => error(404, None),
        other => other,
    }),
    ("bad-token-answers-200-with-nothing", |world, request| match world.pass(request) {
        refused if refused.status == 401 => answer(
            200,
            &json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": [],
            }),
        ),
        other => other,
    }),
    ("missing-user-answers-500", |world, request| {
        let one = id_below(&request, "/Users").is_some();
        match world.pass(request) {
            missing if one && missing.status == 404 => error(500, None),
            other => other,
        }
    }),
    ("missing-user-answers-200-with-nothing", |world, request| {
        let one = is_one(&request, Method::Get, "/Users");
        match world.pass(request) {
            missing if one && missing.status == 404 => answer(200, &json!({})),
            other => other,
        }
    }),
    ("delete-keeps-the-user", |world, request| {
        if is_one(&request, Method::Delete, "/Users") && world.read(path(&request))["id"].is_string() {
            return Response::new(204);
        }
        world.pass(request)
    }),
    ("delete-only-deactivates", |world, request| {
        if is_one(&request, Method::Delete, "/Users") && world.read(path(&request))["id"].is_string() {
            let value = json!({"Operations": [{"op": "replace", "path": "active", "value": false}]});
            world.ask(Method::Patch, path(&request), Some(value));
            return Response::new(204);
        }
        world.pass(request)
    }),
    ("delete-keeps-the-user-in-lists", |world, request| {
        // The tombstone is still found by filter.
        if is_one(&request, Method::Delete, "/Users") {
            let user = world.read(path(&request));
            if let Some(name) = user["userName"].as_str() {
                world.note(format!("tomb {name}"), user.clone());
            }
        }
        let name = super::tools::equality(&request).filter(|(name, _)| name == "userName").map(|(_, name)| name);
        let tomb = name.and_then(|name| world.noted(&format!("tomb {name}")));
        let list = is(&request, Method::Get, "/Users");
        let response = world.pass(request);
        match tomb {
            Some(tomb) if list => edit(response, |list| {
                if list["totalResults"] == 0 {
                    list.put("totalResults", 1);
                    list.put("itemsPerPage", 1);
                    list.put("Resources", json!([tomb]));
                }
            }),
            _ => response,
        }
    }),
    ("delete-reserves-the-name", |world, request| {
        if is_one(&request, Method::Delete, "/Users")
            && let Some(name) = world.read(path(&request))["userName"].as_str()
        {
            world.note(format!("gone {name}"), true);
        }
        if is(&request, Method::Post, "/Users")
            && let Some(name) = body(&request)["userName"].as_str()
            && world.noted(&format!("gone {name}")).is_some()
        {
            return error(409, Some("uniqueness"));
        }
        world.pass(request)
    }),
    ("deleted-resources-answer-410", |world, request| {
        let one = id_below(&request, "/Users").or(id_below(&request, "/Groups")).map(str::to_owned);
        let delete = request.method == Method::Delete;
        let response = world.pass(request);
        let Some(id) = one else { return response };
        if delete && response.status == 204 {
            world.note(id, true);
            return response;
        }
        if response.status == 404 && world.noted(&id).is_some() { error(410, None) } else { response }
    }),
    ("delete-answers-200", |world, request| {
        let delete = request.method == Method::Delete;
        let mut response = world.pass(request);
        if delete && response.status == 204 {
            response.status = 200;
        }
        response
    }),
    ("second-delete-answers-204", |world, request| {
        let delete = request.method == Method::Delete;
        match world.pass(request) {
            gone if delete && gone.status == 404 => Response::new(204),
            other => other,
        }
    }),
    ("second-delete-answers-500", |world, request| {
        let delete = request.method == Method::Delete;
        match world.pass(request) {
            gone if delete && gone.status == 404 => error(500, None),
            other => other,
        }
    }),
    ("configuration-is-a-list", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        let response = world.pass(request);
        if !own {
            return response;
        }
        edit(response, |config| {
            *config = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
                "Resources": [config.clone()]});
        })
    }),
    ("configuration-says-yes-in-words", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        let response = world.pass(request);
        if !own {
            return response;
        }
        edit(response, |config| {
            for name in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
                config.get_mut(name).into_iter().for_each(|it| it.put("supported", "yes"));
            }
        })
    }),
    ("configuration-without-schemes", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        let response = world.pass(request);
        if !own {
            return response;
        }
        edit(response, |config| {
            if let Some(config) = config.as_object_mut() {
                config.shift_remove("authenticationSchemes");
                config.shift_remove("schemas");
            }
        })
    }),
    ("configuration-with-a-list-of-no-schemes", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        let response = world.pass(request);
        if own { edit(response, |config| config.put("authenticationSchemes", json!([]))) } else { response }
    }),
    ("schemas-are-not-there", |world, request| {
        if path(&request).starts_with("/Schemas") { error(404, None) } else { world.pass(request) }
    }),
    ("schemas-lack-the-user", |world, request| {
        let own = path(&request) == "/Schemas";
        let response = world.pass(request);
        if own {
            super::tools::keep(response, |schema| !schema["id"].as_str().unwrap_or_default().contains("User"))
        } else {
            response
        }
    }),
];

/// Says something where a 204 must not.
fn with_text(world: &World, request: Request, method: Method) -> Response {
    let own = request.method == method;
    let mut response = world.pass(request);
    if own && response.status == 204 {
        response.body = b"{}".to_vec();
        response.headers.set("Content-Type", "application/scim+json");
    }
    response
}

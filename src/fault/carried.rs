//! Defects of jobs that name what they make (`RFC7644 §3.7.2`), of their limits, of refusals and of where things are.

use serde_json::{Value, json};

use super::Row;
use super::tools::{
    Put, answer, body, each_of, edit, edit_where, error, id_below, is, is_one, operations_of, path, with_body,
};
use crate::wire::Method;

pub const FAULTS: &[Row] = &[
    ("malformed-jobs-answer-200", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        let none = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": []});
        if job && response.status == 400 { answer(200, &none) } else { response }
    }),
    ("references-in-jobs-stay-as-they-are", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        let body = response.json().unwrap_or_default();
        for result in body["Operations"].as_array().into_iter().flatten().filter(|_| job) {
            let id = result["location"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default();
            world.note(id, result["bulkId"].clone());
        }
        let named = |value: &Value| value.get("value").and_then(Value::as_str).and_then(|id| world.noted(id));
        let name = |value: &mut Value| {
            if let Some(name) = named(value) {
                value.put("value", format!("bulkId:{}", name.as_str().unwrap_or_default()));
            }
        };
        edit_where(response, |value| named(value).is_some(), name)
    }),
    ("failures-in-jobs-are-not-explained", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let unexplained = |value: &mut Value| _ = value.as_object_mut().map(|it| it.shift_remove("detail"));
        let response = world.pass(request);
        if job { edit_where(response, |value| value["detail"].is_string(), unexplained) } else { response }
    }),
    ("jobs-have-no-limit", |world, request| {
        let own = path(&request) == "/ServiceProviderConfig";
        edit(world.pass(request), |body| {
            body.get_mut("bulk").filter(|_| own).into_iter().for_each(|bulk| {
                bulk.put("maxOperations", 0);
                bulk.put("maxPayloadSize", 0);
            });
        })
    }),
    ("limits-of-jobs-are-not-told", |world, request| match world.pass(request) {
        large if large.status == 413 => {
            answer(413, &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "413"}))
        }
        other => other,
    }),
    ("jobs-are-done-backwards", |world, request| {
        let job = is(&request, Method::Post, "/Bulk") && !body(&request).to_string().contains("bulkId:");
        world.pass(if !job {
            request
        } else {
            with_body(request, |body| {
                body.get_mut("Operations").and_then(Value::as_array_mut).into_iter().for_each(|all| all.reverse());
            })
        })
    }),
    ("refusals-bring-no-challenge", |world, request| {
        let mut response = world.pass(request);
        response.headers.remove("WWW-Authenticate");
        response
    }),
    ("what-is-not-allowed-says-no-more", |world, request| {
        let mut response = world.pass(request);
        response.headers.remove("Allow");
        response
    }),
    ("me-is-only-at-me", |world, request| {
        if !is(&request, Method::Get, "/Me") {
            return world.pass(request);
        }
        // Who asks is somebody whom the server knows, and stands at /Me alone.
        let someone = world.find("/Users", "userName pr").into_iter().next().unwrap_or_default();
        let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
        let id = someone["id"].as_str().unwrap_or_default();
        let mut response = world.ask(Method::Get, &format!("/Users/{id}{query}"), None);
        response.headers.set("Location", format!("http://127.0.0.1{}/Me", world.base()));
        response
    }),
    ("external-ids-are-unique-over-all-tenants", |world, request| {
        let id = body(&request)["externalId"].clone();
        if is(&request, Method::Post, "/Users") && id.is_string() {
            let key = format!("external {id}");
            match world.noted(&key) {
                Some(base) if base != world.base() => return error(409, Some("uniqueness")),
                _ => world.note(key, world.base()),
            }
        }
        world.pass(request)
    }),
    ("operations-that-do-not-fit-answer-500", |world, request| {
        let patch = !operations_of(&request).is_empty() && id_below(&request, "/Users").is_some();
        let response = world.pass(request);
        if patch && response.status == 400 { error(500, None) } else { response }
    }),
    ("other-primaries-stay", |world, request| {
        // The old primary keeps its mark beside the new one.
        let place = path(&request).to_owned();
        if is_one(&request, Method::Patch, "/Users") {
            let before = world.read(&place);
            let first = before["emails"].as_array().into_iter().flatten().find(|mail| mail["primary"] == true).cloned();
            first.into_iter().for_each(|mail| world.note(place.as_str(), mail["value"].clone()));
        }
        let old = world.noted(&place);
        each_of(world, request, "/Users", |user| {
            for mail in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                if old.as_ref().is_some_and(|old| mail["value"] == *old) {
                    mail.put("primary", true);
                }
            }
        })
    }),
];

//! Defects of jobs (`RFC7644 §3.7`), of conditions (`RFC9110 §13`) and of what carries a message: media types, credentials.

use serde_json::{Value, json};

use super::tools::{Object, answer, body, each_of, edit, error, is, is_one, path, with_body};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

pub const FAULTS: &[Row] = &[
    ("bulk-answers-with-the-status-of-its-failures", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        let body = if job { response.json().unwrap_or_default() } else { Value::Null };
        let failed = results(&body).any(|result| result["response"].is_object());
        if failed { Response { status: 400, ..response } } else { response }
    }),
    ("bulk-results-have-no-bulk-id", |world, request| {
        each_result(world, request, |result| _ = result.as_object_mut().map(|it| it.shift_remove("bulkId")))
    }),
    ("bulk-results-have-no-location", |world, request| {
        each_result(world, request, |result| _ = result.as_object_mut().map(|it| it.shift_remove("location")))
    }),
    ("bulk-results-do-not-say-why", |world, request| {
        each_result(world, request, |result| _ = result.as_object_mut().map(|it| it.shift_remove("response")))
    }),
    ("bulk-results-are-all-200", |world, request| {
        each_result(world, request, |result| result["status"] = json!("200"))
    }),
    ("bulk-answers-without-schema", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        if job { edit(response, |body| body["schemas"] = json!([])) } else { response }
    }),
    ("bulk-answers-with-the-last-result-alone", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        if !job {
            return response;
        }
        edit(response, |body| {
            if let Some(all) = body.get_mut("Operations").and_then(Value::as_array_mut) {
                all.drain(..all.len().saturating_sub(1));
            }
        })
    }),
    ("bulk-stops-at-the-first-error", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        world.pass(if job { with_body(request, |body| body["failOnErrors"] = json!(1)) } else { request })
    }),
    ("bulk-limit-answers-400", |world, request| {
        let job = is(&request, Method::Post, "/Bulk");
        let response = world.pass(request);
        if job && response.status == 413 { error(400, None) } else { response }
    }),
    ("bulk-takes-any-method", |world, request| {
        let job = body(&request);
        let strange =
            |operation: &Value| !matches!(operation["method"].as_str(), Some("POST" | "PUT" | "PATCH" | "DELETE"));
        if is(&request, Method::Post, "/Bulk") && results(&job).any(strange) {
            return answer(
                200,
                &json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
                    "Operations": [{"method": "GET", "bulkId": "a", "status": "200"}],
                }),
            );
        }
        world.pass(request)
    }),
    ("if-none-match-is-ignored", |world, mut request| {
        request.headers.remove("If-None-Match");
        world.pass(request)
    }),
    ("a-star-is-no-version", |world, request| {
        if request.headers.get("If-Match") == Some("*") { error(412, None) } else { world.pass(request) }
    }),
    ("conditions-come-before-existence", |world, request| {
        let condition = request.headers.get("If-Match").is_some();
        let response = world.pass(request);
        if condition && response.status == 404 { error(412, None) } else { response }
    }),
    ("delete-ignores-the-version", |world, mut request| {
        if request.method == Method::Delete {
            request.headers.remove("If-Match");
        }
        world.pass(request)
    }),
    ("json-is-not-acceptable", |world, request| {
        if request.headers.get("Accept") == Some("application/json") { error(406, None) } else { world.pass(request) }
    }),
    ("a-character-set-is-not-understood", |world, request| {
        let named = request.headers.get("Content-Type").is_some_and(|kind| kind.contains("charset"));
        if named { error(415, None) } else { world.pass(request) }
    }),
    ("text-beyond-ascii-is-lost", |world, request| {
        each_of(world, request, "/Users", |user| {
            let lose = |object: &mut Object, member: &str| {
                if let Some(Value::String(name)) = object.get_mut(member) {
                    *name = name.replace(|c: char| !c.is_ascii(), "?");
                }
            };
            lose(user, "displayName");
            if let Some(Value::Object(name)) = user.get_mut("name") {
                lose(name, "familyName");
            }
        })
    }),
    ("broken-json-answers-500", |world, request| {
        let broken = request.body.as_deref().is_some_and(|body| serde_json::from_slice::<Value>(body).is_err());
        if broken { error(500, None) } else { world.pass(request) }
    }),
    ("unknown-preferences-are-refused", |world, request| {
        if request.headers.get("Prefer").is_some() { error(400, None) } else { world.pass(request) }
    }),
    ("a-challenge-is-a-bare-scheme", |world, request| challenged(world, request, "Bearer")),
    ("a-challenge-has-two-realms", |world, request| {
        challenged(world, request, "Bearer realm=\"a\", realm=\"b\", error=\"invalid_token\"")
    }),
    ("every-challenge-is-an-error", |world, request| {
        challenged(world, request, "Bearer realm=\"a\", error=\"invalid_token\"")
    }),
    ("put-of-nobody-answers-500", |world, request| {
        let put = is_one(&request, Method::Put, "/Users");
        let response = world.pass(request);
        if put && response.status == 404 { error(500, None) } else { response }
    }),
    ("unknown-endpoints-answer-200", |world, request| {
        let read = request.method == Method::Get && path(&request).contains("NoSuch");
        let response = world.pass(request);
        if read && response.status == 404 { answer(200, &json!({})) } else { response }
    }),
    ("references-of-members-are-of-nobody", |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                member["$ref"] = json!("https://scim.example.com/scim/v2/Users/nobody");
            }
        })
    }),
];

/// The operations of a job, or their results.
fn results(body: &Value) -> impl Iterator<Item = &Value> {
    body["Operations"].as_array().into_iter().flatten()
}

fn each_result(world: &World, request: Request, mut change: impl FnMut(&mut Value)) -> Response {
    let job = is(&request, Method::Post, "/Bulk");
    let response = world.pass(request);
    if !job {
        return response;
    }
    edit(response, |body| {
        let all = body.get_mut("Operations").and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(&mut change);
    })
}

fn challenged(world: &World, request: Request, challenge: &str) -> Response {
    let mut response = world.pass(request);
    if response.status == 401 {
        response.headers.set("WWW-Authenticate", challenge);
    }
    response
}

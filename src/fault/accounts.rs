//! Defects of single sign-on: records made just in time, twins with one e-mail address, settings that cannot be taken back.

use serde_json::{Value, json};

use super::tools::{Put, admin_path, body, edit, with_body};
use super::{Row, World};
use crate::wire::{Headers, Method, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("jit-duplicates", |world, request| {
        // Every login makes another record, because the subject is compared with a number behind it.
        if admin_path(&request) != CALLBACK {
            return wipe(world.pass(request));
        }
        let sent = body(&request);
        let key = format!("logins {} {}", sent["iss"], sent["sub"]);
        let count = world.tick(&key);
        let request = if count < 2 {
            request
        } else {
            with_body(request, |body| {
                for name in ["sub", "email"] {
                    if let Some(text) = body[name].as_str().map(|text| format!("{MARK}{count}~{text}")) {
                        body.put(name, text);
                    }
                }
            })
        };
        wipe(world.pass(request))
    }),
    ("jit-merges-native", |world, request| {
        // Whoever has the address is the person, whatever the provider says.
        if admin_path(&request) != CALLBACK {
            return world.pass(request);
        }
        let sent = body(&request);
        let native = people(world, &sent).into_iter().find(|user| user["source"] != "sso" && user["active"] != false);
        let response = world.pass(request);
        match native {
            Some(native) if response.is_success() => {
                let made = response.json().unwrap_or_default()["sub"].clone();
                world.note(format!("merged {}", made.as_str().unwrap_or_default()), native["id"].clone());
                edit(response, |said| said.put("sub", native["id"].clone()))
            }
            _ => response,
        }
    }),
    ("twin-shared-disable", |world, request| {
        // Disables by e-mail address.
        let place = admin_path(&request).to_owned();
        let off = request.method == Method::Patch && body(&request)["active"] == false;
        let id = place.strip_prefix("/admin/v1/users/").filter(|id| off && !id.contains('/')).map(str::to_owned);
        let response = world.pass(request);
        if let Some(id) = id.filter(|_| response.is_success()) {
            let user = world.ask_operator(Method::Get, &place, None).json().unwrap_or_default();
            for twin in people(world, &json!({"org": user["org"], "email": user["emails"][0]["value"]})) {
                if let Some(twin) = twin["id"].as_str().filter(|twin| *twin != id) {
                    let place = format!("/admin/v1/users/{twin}");
                    world.ask_operator(Method::Patch, &place, Some(json!({"active": false})));
                }
            }
        }
        response
    }),
    ("sso-removable", |world, request| {
        let place = admin_path(&request).to_owned();
        let Some(org) = place.strip_prefix("/admin/v1/organizations/").and_then(|rest| rest.strip_suffix("/sso"))
        else {
            let sent = body(&request);
            let gone = sent["org"].as_str().is_some_and(|org| world.noted(&format!("removed {org}")).is_some());
            return if gone && place == CALLBACK { refusal(403, "access_denied") } else { world.pass(request) };
        };
        let key = format!("removed {org}");
        match request.method {
            Method::Delete => {
                world.note(key, true);
                Response::new(204)
            }
            Method::Put if body(&request)["enabled"] == false => {
                world.note(key, true);
                let mut sent = Response::new(200);
                sent.headers.set("Content-Type", "application/json");
                sent.body = body(&request).to_string().into_bytes();
                sent
            }
            Method::Put => {
                world.forget(&key);
                world.pass(request)
            }
            _ if world.noted(&key).is_some() => refusal(404, "not_found"),
            _ => world.pass(request),
        }
    }),
    ("scim-before-sso", |world, request| {
        let place = admin_path(&request).to_owned();
        let enables = request.method == Method::Put && place.ends_with("/scim");
        let again = request.clone();
        let honest = world.pass(request);
        if !enables || honest.status != 409 {
            return honest;
        }
        // The server behind needs a connection; this one is made up.
        let settings = json!({"protocol": "oidc", "issuer": "https://idp.example/none", "client_id": "none",
            "subdomain": "none", "provider": "generic", "enabled": true});
        let settings = world.ask_operator(Method::Put, &place.replace("/scim", "/sso"), Some(settings));
        if settings.is_success() { world.pass(again) } else { honest }
    }),
];

/// Where a provider's assertion arrives.
const CALLBACK: &str = "/auth/sso/callback";

/// The mark before subjects and addresses of further records, which no answer shows.
const MARK: &str = "again-";

/// The answer without marks.
fn wipe(mut response: Response) -> Response {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let mut pieces = text.split(MARK);
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        plain.push_str(rest.strip_prefix('~').unwrap_or(rest));
    }
    response.body = plain.into_bytes();
    response
}

/// The records with an e-mail address in an organization.
fn people(world: &World, wanted: &Value) -> Vec<Value> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["org", "email"] {
        if let Some(text) = wanted[name].as_str() {
            query.append_pair(name, text);
        }
    }
    let answer = world.ask_operator(Method::Get, &format!("/admin/v1/users?{}", query.finish()), None);
    let said = answer.json().unwrap_or_default();
    let list = said.as_array().or_else(|| said.as_object()?.values().find_map(Value::as_array));
    list.cloned().unwrap_or_default()
}

fn refusal(status: u16, code: &str) -> Response {
    let headers: Headers = [("Content-Type", "application/json")].into_iter().collect();
    Response { status, headers, body: json!({"error": code}).to_string().into_bytes() }
}

//! Defects of the products' admin and auth surface: who may do what there, what sign-in makes and ends, what a team's
//! settings show. Most of them pass a request on in another form, or show a record in another one.

use serde_json::{Value, json};

use super::Row;
use super::tools::{Put, admin_path, body, edit, edit_where, error, is, parameter, path, with_body, with_parameter};
use crate::wire::{Headers, Method, Response};

/// The defects.
pub const FAULTS: &[Row] = &[
    ("any-session-administers", |world, request| {
        let again = request.clone();
        let honest = world.pass(request);
        if honest.status != 403 || !admin_path(&again).starts_with("/admin/v1/") {
            return honest;
        }
        let sent = Some(body(&again)).filter(|body| !body.is_null());
        world.ask_operator(again.method, &again.target, sent)
    }),
    ("any-role-word-is-taken", |world, request| {
        let users = admin_path(&request).starts_with("/admin/v1/users");
        let again = request.clone();
        let honest = world.pass(request);
        let writes = matches!(again.method, Method::Post | Method::Patch);
        if !users || !writes || !matches!(honest.status, 400 | 422) || !body(&again)["role"].is_string() {
            return honest;
        }
        world.pass(with_body(again, |body| body.put("role", "Admin")))
    }),
    ("assignment-makes-a-record", |world, request| {
        let place = admin_path(&request).to_owned();
        let sent = body(&request);
        let response = world.pass(request);
        if !response.is_success() {
            return response;
        }
        if let Some(org) = settings_of(&place) {
            world.note(format!("for {}", text(&sent["issuer"])), org);
        }
        let issuer = place.strip_prefix("/idp/v1/").and_then(|rest| rest.rsplit_once("/users/"));
        let issuer = issuer.map(|(issuer, _)| percent_encoding::percent_decode_str(issuer).decode_utf8_lossy());
        if let Some(org) = issuer.and_then(|issuer| world.noted(&format!("for {issuer}")))
            && sent["assigned"] == true
        {
            let mail = &sent["email"];
            let record = json!({"org": org, "userName": mail, "email": mail, "given_name": "Neu", "family_name": "Neu",
                "password": "Neu-4711-xy", "role": "User"});
            let _ = world.ask_operator(Method::Post, "/admin/v1/users", Some(record));
        }
        response
    }),
    ("former-issuer-is-still-good", |world, request| {
        let again = request.clone();
        let honest = world.pass(request);
        let sent = body(&again);
        let org = sent["org"].as_str().unwrap_or_default();
        if admin_path(&again) != CALLBACK || !matches!(honest.status, 401 | 403) {
            return honest;
        }
        let now = world.ask_operator(Method::Get, &format!("/admin/v1/organizations/{org}/sso"), None);
        let issuer = now.json().unwrap_or_default()["issuer"].clone();
        world.pass(with_body(again, |body| body.put("iss", issuer)))
    }),
    ("session-outlives-its-user", |world, request| {
        let place = admin_path(&request).to_owned();
        let bearer = request.headers.get("Authorization").and_then(|it| it.strip_prefix("Bearer ")).map(str::to_owned);
        let response = world.pass(request);
        if let Some(login) = login(&place, &response) {
            world.note(format!("session {}", text(&login["access_token"])), login);
        }
        match bearer.and_then(|token| world.noted(&format!("session {token}"))) {
            Some(login) if place == "/auth/session" && response.status == 401 => plain(200, &login),
            _ => response,
        }
    }),
    ("record-is-only-deactivated", |world, request| {
        let place = admin_path(&request).to_owned();
        let one = place.strip_prefix("/admin/v1/users/").is_some_and(|id| !id.contains('/'));
        if !one || request.method != Method::Delete {
            return world.pass(request);
        }
        let off = world.ask_operator(Method::Patch, &place, Some(json!({"active": false})));
        if off.is_success() { Response::new(204) } else { off }
    }),
    ("password-login-ends-with-sso", |world, request| {
        let place = admin_path(&request).to_owned();
        let sent = body(&request);
        let closed = format!("closed {}", text(&sent["org"]));
        if place == "/auth/login" && world.noted(&closed).is_some() {
            return plain(403, &json!({"error": "access_denied"}));
        }
        let response = world.pass(request);
        if let Some(org) = settings_of(&place).filter(|_| sent["issuer"].is_string() && response.is_success()) {
            world.note(format!("closed {org}"), true);
        }
        response
    }),
    ("login-gives-the-token-of-before", |world, request| {
        let place = admin_path(&request).to_owned();
        let response = world.pass(request);
        let Some(login) = login(&place, &response) else { return response };
        let key = format!("token {}", text(&login["sub"]));
        match world.noted(&key) {
            Some(before) => edit(response, |said| said.put("access_token", before)),
            None => {
                world.note(key, login["access_token"].clone());
                response
            }
        }
    }),
    ("disabled-record-is-not-found", |world, request| {
        let place = admin_path(&request).to_owned();
        let one = place.strip_prefix("/admin/v1/users/").is_some_and(|id| !id.contains('/'));
        let lives = |response: &Response| response.json().unwrap_or_default()["active"] != false;
        if one && request.method == Method::Patch && !lives(&world.ask_operator(Method::Get, &place, None)) {
            return plain(404, &json!({"error": "not_found"}));
        }
        world.pass(request)
    }),
    ("second-organization-is-refused", |world, request| {
        let place = admin_path(&request).to_owned();
        let sent = body(&request);
        let person = format!("home {} {}", sent["iss"], sent["sub"]);
        if place != CALLBACK {
            return world.pass(request);
        }
        if world.noted(&person).is_some_and(|home| home != sent["org"]) {
            return plain(403, &json!({"error": "access_denied"}));
        }
        let response = world.pass(request);
        if response.is_success() {
            world.note(person, sent["org"].clone());
        }
        response
    }),
    ("plus-in-an-address-is-dropped", |world, request| {
        if admin_path(&request).is_empty() {
            return world.pass(request);
        }
        world.pass(with_body(request, |body| {
            for name in ["userName", "username", "email"] {
                if let Some(address) = body[name].as_str().and_then(untagged) {
                    body.put(name, address);
                }
            }
        }))
    }),
    ("project-role-for-anybody", |world, request| {
        let assigns = request.method == Method::Put && admin_path(&request).ends_with("/role-assignments");
        let sent = body(&request);
        let honest = world.pass(request);
        let refused = matches!(honest.status, 403 | 404 | 409);
        if assigns && refused && sent["scope"] == "project" { plain(200, &sent) } else { honest }
    }),
    ("migration-makes-everybody-administrator", |world, request| {
        let assigns = request.method == Method::Put && admin_path(&request).ends_with("/role-assignments");
        let user = body(&request)["role"] == "User";
        world.pass(if assigns && user { with_body(request, |body| body.put("role", "Admin")) } else { request })
    }),
    ("scim-token-is-shown-once", |world, request| {
        let reads = request.method == Method::Get && admin_path(&request).ends_with("/scim");
        let response = world.pass(request);
        if reads { edit(response, |said| said.put("bearer_token", Value::Null)) } else { response }
    }),
    ("token-in-the-query-is-good", |world, mut request| {
        if let Some(token) = parameter(&request, "access_token").filter(|_| admin_path(&request).is_empty()) {
            // One that was never issued is looked up like a session that has ended.
            request.headers.set("Authorization", format!("Bearer {token}"));
            request = with_parameter(request, "access_token", None);
        }
        world.pass(request)
    }),
    ("taken-mail-answers-400", |world, request| {
        let writes = path(&request).starts_with("/Users") && request.method != Method::Get;
        let name = body(&request)["userName"].as_str().map(str::to_owned);
        let honest = world.pass(request);
        if !writes || honest.status != 409 {
            return honest;
        }
        let taken = name.is_some_and(|name| !world.find("/Users", &format!("userName eq {}", json!(name))).is_empty());
        if taken { honest } else { error(400, Some("invalidValue")) }
    }),
    ("defaults-are-applied-at-every-look", |world, request| {
        let place = admin_path(&request).to_owned();
        let response = world.pass(request);
        let own = |user: &Value| user["org"].is_string() && user["onboarding"].is_boolean();
        if !place.starts_with("/admin/v1/users/") {
            return response;
        }
        edit_where(response, own, |user| {
            let place = format!("/admin/v1/organizations/{}/provisioning-defaults", text(&user["org"]));
            let now = world.ask_operator(Method::Get, &place, None).json().unwrap_or_default();
            for name in ["notification_preferences", "onboarding"] {
                user.put(name, now[name].clone());
            }
        })
    }),
    ("sso-login-looks-at-the-subject-alone", |world, request| {
        let callback = admin_path(&request) == CALLBACK;
        world.pass(if callback {
            with_body(request, |body| {
                let subject = format!("{}@subject.example", text(&body["sub"]));
                body.put("email", subject.as_str());
                body.put("name_id", subject);
            })
        } else {
            request
        })
    }),
    ("pushed-record-has-an-identity", |world, request| {
        let one = admin_path(&request).starts_with("/admin/v1/users/");
        let response = world.pass(request);
        if !one {
            return response;
        }
        edit_where(
            response,
            |user| user["source"] == "scim",
            |user| {
                user.put("source", "sso");
                user.put("sub", user["id"].clone());
            },
        )
    }),
    ("scim-credential-is-an-access-token", |world, request| {
        let place = admin_path(&request).to_owned();
        let asked = super::tools::form(&request, "token").unwrap_or_default();
        let response = world.pass(request);
        if place.ends_with("/scim") {
            let token = response.json().unwrap_or_default()["bearer_token"].clone();
            world.note(format!("credential {}", text(&token)), true);
        }
        if place == "/oauth2/introspect" && world.noted(&format!("credential {asked}")).is_some() {
            return edit(response, |said| *said = json!({"active": true, "token_type": "Bearer"}));
        }
        response
    }),
    ("refused-for-its-rate-and-done", |world, request| {
        // The limit is looked at when the work is done; a second attempt finds the name taken.
        let create = is(&request, Method::Post, "/Users");
        let response = world.pass(request);
        if !create || response.status != 201 {
            return response;
        }
        let mut later = error(429, None);
        later.headers.set("Retry-After", "0");
        later
    }),
];

/// Where a provider's assertion arrives.
const CALLBACK: &str = "/auth/sso/callback";

/// The organization whose SSO settings are at that place.
fn settings_of(place: &str) -> Option<&str> {
    place.strip_prefix("/admin/v1/organizations/")?.strip_suffix("/sso")
}

/// What a login that succeeded says.
fn login(place: &str, response: &Response) -> Option<Value> {
    let logs_in = matches!(place, "/auth/login" | CALLBACK) && response.is_success();
    response.json().filter(|said| logs_in && said["access_token"].is_string())
}

/// The address without `+tag`, if it has one.
fn untagged(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    local.split_once('+').map(|(local, _)| format!("{local}@{domain}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn plain(status: u16, body: &Value) -> Response {
    let headers: Headers = [("Content-Type", "application/json")].into_iter().collect();
    Response { status, headers, body: body.to_string().into_bytes() }
}

//! What revokes tokens, by which channel, and that nothing else does (COALESCE-SSO-020 to 029, PROP-TOK).

use super::*;

/// What is done to a user, and whether its tokens survive it.
const EVENTS: [(&str, &str, bool); 16] = [
    ("PATCH", r#"{"active": false}"#, false),
    ("PATCH", r#"{"email": "new@example.test"}"#, false),
    ("PUT /password", r#"{"password": "New-Day-18"}"#, false),
    ("PUT /mfa", r#"{"enabled": true}"#, false),
    ("DELETE", "", false),
    // Changes of nothing (PROP-TOK-07).
    ("PATCH", r#"{"active": true}"#, true),
    ("PATCH", r#"{"email": "erika@example.test"}"#, true),
    ("PUT /password", r#"{"password": "Sunny-Day-17"}"#, true),
    ("PUT /mfa", r#"{"enabled": false}"#, true),
    // The frame (COALESCE-SSO-028).
    ("PATCH", r#"{"given_name": "Erna"}"#, true),
    ("PATCH", r#"{"family_name": "Neumann"}"#, true),
    ("PATCH", r#"{"role": "Admin"}"#, true),
    ("PATCH", r#"{"nonsense": 1}"#, true),
    ("PATCH", r#"{"active": "no"}"#, true),
    ("PUT /mfa", r#"{"enabled": 1}"#, true),
    ("PUT /password", r"{}", true),
];

fn apply(surface: &Surface, id: &str, event: &str, body: &str) -> u16 {
    let (method, more) = event.split_once(' ').unwrap_or((event, ""));
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    surface.operator(&format!("{method} /admin/v1/users/{id}{more}"), body).0
}

#[test]
fn named_events_revoke_all_tokens_of_their_user_and_nobody_elses() {
    for provider in PROVIDERS {
        for (event, body, survives) in EVENTS {
            for twin in [false, true] {
                let surface = Surface::sso(provider);
                let native = surface.native(EMAIL);
                let bystander = surface.native("bystander@example.test");
                let login = |sso: bool| match sso {
                    true => surface.sso_login("acme", "1", EMAIL).ok().unwrap(),
                    false => surface.password_login(EMAIL, PASSWORD).ok().unwrap(),
                };
                let own = [login(twin), login(twin), login(twin)];
                let other = login(!twin);
                let stranger = surface.password_login("bystander@example.test", PASSWORD).ok().unwrap();
                // A record of SSO has no password, so that no attempt on it is an event.
                let survives = survives || (twin && event == "PUT /password");
                let status = apply(&surface, &own[0].sub, event, body);
                for token in &own {
                    assert_eq!(surface.is_active(&token.token), survives, "{event} {body} {status}, sso {twin}");
                }
                assert!(surface.is_active(&other.token), "{event} {body} took the twin's");
                assert!(surface.is_active(&stranger.token), "{event} {body} took the bystander's");
                assert!([&native, &bystander].iter().all(|id| ***id == own[0].sub || surface.read(id).0 == 200));
            }
        }
    }
}

#[test]
fn mfa_off_is_an_event_too() {
    let surface = Surface::sso("okta");
    let id = surface.native(EMAIL);
    apply(&surface, &id, "PUT /mfa", r#"{"enabled": true}"#);
    let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
    assert_eq!(apply(&surface, &id, "PUT /mfa", r#"{"enabled": true}"#), 204);
    assert!(surface.is_active(&token));
    assert_eq!(apply(&surface, &id, "PUT /mfa", r#"{"enabled": false}"#), 204);
    assert!(!surface.is_active(&token));
}

#[test]
fn repeated_events_revoke_where_that_is_the_reading() {
    for (event, body, _) in EVENTS.iter().filter(|(event, body, _)| {
        ["{\"enabled\": false}", "{\"password\": \"Sunny-Day-17\"}"].contains(body)
            || (*event, *body) == ("PATCH", r#"{"email": "erika@example.test"}"#)
    }) {
        let surface = Surface::new("coalesce-sso", "repetition = \"revokes\"", "okta");
        let id = surface.native(EMAIL);
        let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
        assert!(apply(&surface, &id, event, body) < 300, "{event} {body}");
        assert!(!surface.is_active(&token), "{event} {body}");
    }
}

#[test]
fn tokens_of_a_disabled_user_come_back_only_where_that_is_the_reading() {
    for (reading, after) in [("stay-revoked", false), ("resume", true)] {
        let surface = Surface::new("coalesce-sso", &format!("reactivation = \"{reading}\""), "okta");
        surface.native(EMAIL);
        for entry in [surface.password_login(EMAIL, PASSWORD), surface.sso_login("acme", "1", EMAIL)] {
            let entry = entry.ok().unwrap();
            surface.patch(&entry.sub, json!({ "active": false }));
            assert!(!surface.is_active(&entry.token));
            assert_eq!(surface.ask(&entry.token, "GET /auth/session", Value::Null).0, 401);
            surface.patch(&entry.sub, json!({ "active": true }));
            assert_eq!(surface.is_active(&entry.token), after);
        }
    }
}

#[test]
fn every_login_adds_a_token_that_never_ends() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        surface.native(EMAIL);
        let mut tokens = Vec::new();
        for _ in 0..4 {
            tokens.push(surface.sso_login("acme", "1", EMAIL).ok().unwrap().token);
            tokens.push(surface.password_login(EMAIL, PASSWORD).ok().unwrap().token);
        }
        // COALESCE-SSO-022, 023
        let distinct: std::collections::BTreeSet<&String> = tokens.iter().collect();
        assert_eq!(distinct.len(), tokens.len());
        assert!(tokens.iter().all(|token| surface.is_active(token)));
        // COALESCE-SSO-024
        let years = surface.operator("POST /admin/v1/clock", json!({ "advance_seconds": 315_576_000 }));
        assert_eq!(years.0, 200);
        for token in &tokens {
            let known = surface.introspect(token, "");
            assert!(known["active"] == true && known["exp"].is_null(), "{known}");
            assert_eq!(known["token_type"], "Bearer");
            assert!(known["iat"].is_u64() && known["client_id"].is_string() && known["username"] == EMAIL, "{known}");
        }
        let later = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
        let issued = |token: &str| surface.introspect(token, "")["iat"].as_u64().unwrap();
        assert!(issued(&later) >= issued(&tokens[0]) + 315_576_000);
    }
}

#[test]
fn the_provider_has_no_say_over_tokens() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        let entry = surface.sso_login("acme", "auth0|1", EMAIL).ok().unwrap();
        let line = format!("PUT /idp/v1/https%3A%2F%2F{provider}.test/users/auth0%7C1");
        for (said, enters) in [
            (json!({ "assigned": true, "enabled": false }), false),
            (json!({ "assigned": false, "enabled": true }), false),
            (json!({ "assigned": true, "enabled": true, "email": "x@example.test" }), true),
        ] {
            assert_eq!(surface.operator(&line, said.clone()).0, 204);
            // COALESCE-SSO-020
            let login = surface.sso_login("acme", "auth0|1", EMAIL);
            assert_eq!(login.err(), (!enters).then(|| (403, "access_denied".to_owned())), "{said}");
            assert!(surface.is_active(&entry.token), "{said}");
        }
    }
}

#[test]
fn a_token_of_sso_covers_the_environments_that_were_there() {
    for (reading, survives) in [("not-covered", true), ("revokes", false)] {
        for provider in PROVIDERS {
            let surface = Surface::new("coalesce-sso", &format!("new_environment = \"{reading}\""), provider);
            surface.organization("other");
            let environment = |org: &str, name: &str| {
                let made = surface.operator("POST /admin/v1/environments", json!({ "org": org, "name": name }));
                assert_eq!(made.0, 201, "{made:?}");
                text(&made.1["id"])
            };
            surface.native(EMAIL);
            let first = environment("acme", "one");
            let (sso, native) = (
                surface.sso_login("acme", "1", EMAIL).ok().unwrap().token,
                surface.password_login(EMAIL, PASSWORD).ok().unwrap().token,
            );
            let (second, foreign) = (environment("acme", "two"), environment("other", "one"));
            let again = surface.sso_login("acme", "1", EMAIL).ok().unwrap().token;
            let good = |token: &str, resource: &str| surface.introspect(token, resource)["active"] == true;
            for (token, resource, expected) in [
                (&sso, "", survives),
                (&sso, first.as_str(), survives),
                (&sso, second.as_str(), false),
                (&again, first.as_str(), true),
                (&again, second.as_str(), true),
                (&native, first.as_str(), true),
                (&native, second.as_str(), true),
                (&native, foreign.as_str(), false),
                (&again, foreign.as_str(), false),
                (&native, "nowhere", false),
            ] {
                assert_eq!(good(token, resource), expected, "{reading} {resource}");
            }
            assert_eq!(surface.introspect(&again, "")["environments"], json!([first, second]));
        }
    }
}

#[test]
fn tokens_and_credentials_are_not_mixed_up() {
    let surface = Surface::sso("okta");
    surface.native(EMAIL);
    let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
    let (scim, base) = surface.scim("acme");
    // PROP-TOK-09
    assert_eq!(surface.ask(&token, &format!("GET {base}/Users"), Value::Null).0, 401);
    assert_eq!(surface.ask(&scim, &format!("GET {base}/Users"), Value::Null).0, 200);
    for credential in [scim.as_str(), OPERATOR, "scim-secret", "unknown"] {
        assert!(!surface.is_active(credential), "{credential}");
        assert_eq!(surface.ask(credential, "GET /auth/session", Value::Null).0, 401, "{credential}");
    }
    let form = |who: &str, body: &str| {
        surface.send(who, "POST /oauth2/introspect", "application/x-www-form-urlencoded", Some(body.to_owned()))
    };
    for who in ["", scim.as_str(), "unknown"] {
        assert_eq!(form(who, &format!("token={token}")).0, 401, "{who}");
    }
    assert_eq!(form(&token, &format!("token={token}")).1["active"], true);
    assert_eq!(form(OPERATOR, "").0, 400);
    assert_eq!(surface.send(OPERATOR, "POST /oauth2/introspect", "application/json", Some("{}".into())).0, 400);
    // Another user learns nothing.
    let other = surface.sso_login("acme", "1", "max@example.test").ok().unwrap().token;
    assert_eq!(form(&other, &format!("token={token}")), (200, json!({ "active": false })));
}

#[test]
fn one_token_can_be_revoked() {
    let surface = Surface::sso("okta");
    surface.native(EMAIL);
    let login = || surface.password_login(EMAIL, PASSWORD).ok().unwrap();
    let (one, two, stranger) = (login(), login(), surface.sso_login("acme", "1", "max@example.test").ok().unwrap());
    let revoke = |who: &str, token: &str| {
        let form = format!("token={token}&token_type_hint=access_token");
        surface.send(who, "POST /oauth2/revoke", "application/x-www-form-urlencoded", Some(form)).0
    };
    // RFC7009 §2.2: 200 whether the token was there or not.
    for (who, token, status) in
        [("", one.token.as_str(), 401), (OPERATOR, "unknown", 200), (stranger.token.as_str(), one.token.as_str(), 200)]
    {
        assert_eq!(revoke(who, token), status, "{token}");
        assert!(surface.is_active(&one.token) && surface.is_active(&two.token));
    }
    assert_eq!(revoke(&two.token, &one.token), 200);
    assert!(!surface.is_active(&one.token) && surface.is_active(&two.token));
    assert_eq!(surface.ask(&format!("cookie:{}", one.session), "GET /auth/session", Value::Null).0, 401);
    assert_eq!(revoke(OPERATOR, &two.token), 200);
    assert!(!surface.is_active(&two.token) && surface.is_active(&stranger.token));
}

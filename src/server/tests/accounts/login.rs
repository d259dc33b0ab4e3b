//! Logins with password, sessions, passwords and MFA: who may, and what is told to whom.

use super::*;

#[test]
fn a_password_login_says_no_more_than_it_must() {
    let surface = Surface::sso("okta");
    let id = surface.native(EMAIL);
    let named = json!({ "org": "acme", "userName": "maxm", "email": "max@example.test", "password": PASSWORD });
    assert_eq!(surface.operator("POST /admin/v1/users", named).0, 201);
    surface.patch(&id, json!({ "active": false }));
    for (org, name, password, answer) in [
        ("acme", "maxm", PASSWORD, None),
        ("acme", "max@example.test", PASSWORD, None),
        ("acme", "MAX@example.test", PASSWORD, None),
        ("acme", "maxm", "wrong", Some((401, "invalid_grant"))),
        ("acme", "maxm", "", Some((401, "invalid_grant"))),
        ("acme", "nobody", PASSWORD, Some((401, "invalid_grant"))),
        ("default", "maxm", PASSWORD, Some((401, "invalid_grant"))),
        ("nowhere", "maxm", PASSWORD, Some((401, "invalid_grant"))),
        ("acme", EMAIL, PASSWORD, Some((403, "access_denied"))),
        // A wrong password does not learn that the account is disabled.
        ("acme", EMAIL, "wrong", Some((401, "invalid_grant"))),
    ] {
        let body = json!({ "org": org, "username": name, "password": password });
        let result = surface.enter("/auth/login", body).err();
        assert_eq!(result, answer.map(|(status, error)| (status, error.to_owned())), "{org} {name} {password}");
    }
    for body in
        [json!({ "org": "acme", "username": "maxm" }), json!({ "username": "maxm", "password": "x" }), json!([])]
    {
        assert_eq!(surface.ask("", "POST /auth/login", body.clone()).0, 400, "{body}");
    }
}

#[test]
fn a_session_ends_with_its_user() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        let entry = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
        let line = "GET /auth/session";
        let cookie = format!("cookie:{}", entry.session);
        for who in [&entry.token, &cookie] {
            let (status, body) = surface.ask(who, line, Value::Null);
            assert_eq!(
                (status, body["sub"].as_str(), body["org"].as_str()),
                (200, Some(entry.sub.as_str()), Some("acme"))
            );
        }
        // A session id is no token, and a token no session id.
        for who in ["", "wrong", entry.session.as_str(), &format!("cookie:{}", entry.token), OPERATOR] {
            assert_eq!(surface.ask(who, line, Value::Null).0, 401, "{who}");
        }
        // COALESCE-SSO-011
        surface.patch(&entry.sub, json!({ "active": false }));
        for who in [&entry.token, &cookie] {
            assert_eq!(surface.ask(who, line, Value::Null).0, 401);
        }
    }
}

#[test]
fn only_administrators_turn_mfa_off() {
    let surface = Surface::sso("okta");
    let id = surface.native(EMAIL);
    let admin = surface.native("admin@example.test");
    surface.patch(&admin, json!({ "role": "Admin" }));
    let line = format!("PUT /admin/v1/users/{id}/mfa");
    let entry = |email| surface.password_login(email, PASSWORD).ok().unwrap().token;
    let admin_token = entry("admin@example.test");
    for (who, enabled, status, state) in [
        ("self", true, 204, true),
        ("self", false, 403, true), // COALESCE-SSO-027
        ("admin", false, 204, false),
        ("operator", true, 204, true),
        ("operator", false, 204, false),
    ] {
        let token = match who {
            "self" => entry(EMAIL),
            "admin" => admin_token.clone(),
            _ => OPERATOR.to_owned(),
        };
        assert_eq!(surface.ask(&token, &line, json!({ "enabled": enabled })).0, status, "{who} {enabled}");
        assert_eq!(surface.read(&id).1["mfa_enabled"], state, "{who} {enabled}");
    }
    // An administrator's own needs another one.
    let own = format!("PUT /admin/v1/users/{admin}/mfa");
    assert_eq!(surface.ask(&admin_token, &own, json!({ "enabled": true })).0, 204);
    assert_eq!(surface.ask(&entry("admin@example.test"), &own, json!({ "enabled": false })).0, 403);
    assert_eq!(surface.operator(&line, json!({ "enabled": "yes" })).0, 400);
    assert_eq!(surface.operator("PUT /admin/v1/users/nobody/mfa", json!({ "enabled": true })).0, 404);
}

#[test]
fn a_user_sets_its_own_password_and_nobody_elses() {
    let surface = Surface::sso("okta");
    let (id, other) = (surface.native(EMAIL), surface.native("max@example.test"));
    let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
    let line = |id: &str| format!("PUT /admin/v1/users/{id}/password");
    assert_eq!(surface.ask(&token, &line(&other), json!({ "password": "New-Day-18" })).0, 403);
    assert_eq!(surface.ask(&token, &line(&id), json!({ "password": "" })).0, 400);
    assert_eq!(surface.ask(&token, &line(&id), json!({ "password": "New-Day-18" })).0, 204);
    assert!(!surface.is_active(&token));
    assert_eq!(surface.password_login(EMAIL, PASSWORD).err().unwrap().0, 401);
    assert_eq!(surface.password_login(EMAIL, "New-Day-18").ok().unwrap().sub, id);
    // A record of SSO has no password, and the attempt is no event.
    let sso = surface.sso_login("acme", "1", "sso@example.test").ok().unwrap();
    let refused = surface.operator(&line(&sso.sub), json!({ "password": "New-Day-18" }));
    assert!((400..500).contains(&refused.0), "{refused:?}");
    assert!(surface.is_active(&sso.token));
    assert_eq!(surface.password_login("sso@example.test", "New-Day-18").err().unwrap().0, 401);
}

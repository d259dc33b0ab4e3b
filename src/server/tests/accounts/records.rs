//! Records: just in time, twins, e-mail addresses, disabling, deletion, organizations (COALESCE-SSO-001 to 018, 030, 031,
//! 040, 041).

use super::*;

#[test]
fn sso_records_are_made_at_the_first_login() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        // COALESCE-SSO-002
        let person = format!("PUT /idp/v1/https%3A%2F%2F{provider}.test/users/1");
        let told = surface.operator(&person, json!({ "assigned": true, "enabled": true, "email": EMAIL }));
        assert_eq!((told.0, surface.with_email(EMAIL).len()), (204, 0));
        // COALESCE-SSO-004
        assert!(surface.sso_login("acme", "1", "").is_err());
        assert_eq!(surface.with_email(EMAIL).len(), 0);
        // COALESCE-SSO-001, 003, 006, 040, 041
        let first = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
        assert!(first.sub.starts_with(&format!("{provider}_")), "{}", first.sub);
        for _ in 0..5 {
            assert_eq!(surface.sso_login("acme", "1", EMAIL).ok().unwrap().sub, first.sub);
        }
        assert_eq!(surface.with_email(EMAIL), [first.sub.as_str()]);
        let read = surface.read(&first.sub).1;
        for (name, value) in [
            ("source", json!("sso")),
            ("iss", json!(surface.iss())),
            ("sub", json!("1")),
            ("active", json!(true)),
            ("app_role", json!("User")),
            ("organization_role", json!("Organization Member")),
            ("role", Value::Null),
            ("role_source", json!("default")),
            ("mfa_enabled", json!(false)),
            ("groups", json!([])),
        ] {
            assert_eq!(read[name], value, "{name} in {read}");
        }
        assert_eq!(read["emails"][0]["value"], EMAIL);
        // CATALOG-012: what SSO made is no resource of SCIM.
        let (token, base) = surface.scim("acme");
        assert_eq!(surface.ask(&token, &format!("GET {base}/Users"), Value::Null).1["totalResults"], 0);
        assert_eq!(surface.ask(&token, &format!("GET {base}/Users/{}", first.sub), Value::Null).0, 404);
    }
}

#[test]
fn refused_assertions_make_no_record() {
    let surface = Surface::sso("okta");
    let iss = surface.iss();
    for (claims, statuses) in [
        (json!({ "iss": iss, "sub": "1", "email": EMAIL }), [400, 400]), // COALESCE-SSO-018
        (json!({ "org": "acme", "iss": iss, "sub": "1" }), [400, 403]),
        (json!({ "org": "acme", "iss": iss, "email": EMAIL }), [400, 400]),
        (json!({ "org": "acme", "sub": "1", "email": EMAIL }), [400, 400]),
        (json!({ "org": "acme", "iss": "https://evil.test", "sub": "1", "email": EMAIL }), [401, 403]),
        (json!({ "org": "nowhere", "iss": iss, "sub": "1", "email": EMAIL }), [401, 403]),
    ] {
        let (status, error) = surface.enter("/auth/sso/callback", claims.clone()).err().unwrap();
        assert!(statuses.contains(&status) && !error.is_empty(), "{claims} gave {status} {error}");
        assert!(surface.with_email(EMAIL).is_empty(), "{claims}");
    }
}

#[test]
fn twins_are_two_records() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        let native = surface.native(EMAIL);
        let sso = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
        // COALESCE-SSO-005, 006
        assert!(native != sso.sub && !native.starts_with(provider));
        let mut both = surface.with_email(EMAIL);
        both.sort();
        let mut expected = [native.clone(), sso.sub.clone()];
        expected.sort();
        assert_eq!(both, expected);
        // COALESCE-SSO-008, 009, 010, 012
        let own = surface.password_login(EMAIL, PASSWORD).ok().unwrap();
        assert_eq!(own.sub, native);
        for (off, token, other) in [(&native, &own.token, &sso.token), (&sso.sub, &sso.token, &own.token)] {
            let twin_before = surface.is_active(other);
            assert_eq!(surface.patch(off, json!({ "active": false })).1["active"], false);
            assert!(!surface.is_active(token) && surface.is_active(other) == twin_before);
            let refused = |result: Result<Entry, (u16, String)>| result.err().map(|(status, _)| status);
            assert_eq!(refused(surface.password_login(EMAIL, PASSWORD)), (off == &native).then_some(403));
            assert_eq!(refused(surface.sso_login("acme", "1", EMAIL)), (off == &sso.sub).then_some(403));
            assert_eq!(surface.patch(off, json!({ "active": true })).1["active"], true);
            // COALESCE-SSO-013
            assert!(!surface.is_active(token));
        }
        assert_eq!(surface.password_login(EMAIL, PASSWORD).ok().unwrap().sub, native);
        assert_eq!(surface.sso_login("acme", "1", EMAIL).ok().unwrap().sub, sso.sub);
    }
}

#[test]
fn deletion_leaves_ids_only() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        let native = surface.native(EMAIL);
        let (own, sso) = (
            surface.password_login(EMAIL, PASSWORD).ok().unwrap(),
            surface.sso_login("acme", "1", EMAIL).ok().unwrap(),
        );
        // Issue 3 section 0: by issuer and subject, never by e-mail.
        assert_eq!(surface.operator(&format!("DELETE /admin/v1/users/{native}"), Value::Null).0, 204);
        assert_eq!((surface.read(&native).0, surface.is_active(&own.token)), (404, false));
        assert_eq!(surface.password_login(EMAIL, PASSWORD).err().unwrap(), (401, "invalid_grant".into()));
        assert!(surface.is_active(&sso.token)); // COALESCE-SSO-021
        assert_eq!(surface.sso_login("acme", "1", EMAIL).ok().unwrap().sub, sso.sub);
        // COALESCE-SSO-014, 015
        assert_eq!(surface.operator(&format!("DELETE /admin/v1/users/{}", sso.sub), Value::Null).0, 204);
        assert_eq!(surface.operator(&format!("DELETE /admin/v1/users/{}", sso.sub), Value::Null).0, 404);
        assert_eq!(surface.sso_login("acme", "1", EMAIL).err().unwrap(), (403, "access_denied".into()));
        assert_eq!((surface.with_email(EMAIL).len(), surface.is_active(&sso.token)), (0, false));
        let audit = surface.operator("GET /admin/v1/audit", Value::Null).1.to_string();
        assert!(audit.contains(&native) && audit.contains(&sso.sub), "{audit}");
        for personal in ["erika", "Erika", "Muster", PASSWORD, &own.token, &sso.token] {
            assert!(!audit.contains(personal), "{personal} in {audit}");
        }
        // A native account may come again, as another one.
        assert_ne!(surface.native(EMAIL), native);
    }
}

#[test]
fn where_deleted_records_come_back_they_are_new() {
    let surface = Surface::new("coalesce-sso", "jit_after_delete = \"recreate\"", "okta");
    let first = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
    assert_eq!(surface.operator(&format!("DELETE /admin/v1/users/{}", first.sub), Value::Null).0, 204);
    let second = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
    assert!(second.sub != first.sub && !surface.is_active(&first.token) && surface.is_active(&second.token));
}

#[test]
fn addresses_are_unique_by_source_and_provider() {
    let surface = Surface::sso("okta");
    surface.organization("other");
    surface.native(EMAIL);
    let taken = |org: &str, email: &str| surface.operator("POST /admin/v1/users", person(org, email)).0;
    // COALESCE-SSO-007, 031
    for (org, email, status) in [
        ("acme", "Erika@Example.test", 409),
        ("other", EMAIL, 409),
        ("other", "erika+2@example.test", 201),
        ("acme", "erika+2@example.test", 409),
        ("acme", "erika+3@example.test", 201),
    ] {
        assert_eq!(taken(org, email), status, "{org} {email}");
    }
    // COALESCE-SSO-007: one record for each provider.
    let first = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
    assert_eq!(surface.sso_login("acme", "2", EMAIL).err().unwrap().0, 403);
    surface.configure("acme", "https://second.test");
    let claims = json!({ "org": "acme", "iss": "https://second.test", "sub": "1", "email": EMAIL });
    let second = surface.enter("/auth/sso/callback", claims).ok().unwrap();
    assert_ne!(first.sub, second.sub);
    assert_eq!(surface.with_email(EMAIL).len(), 3);
    // COALESCE-SSO-017: the old issuer is shut out, native logins and tokens stay.
    assert_eq!(surface.sso_login("acme", "1", EMAIL).err().unwrap().0, 403);
    assert!(surface.is_active(&first.token) && surface.password_login(EMAIL, PASSWORD).is_ok());
    // An address is not taken over from another native account either.
    let other = surface.native("max@example.test");
    assert_eq!(surface.patch(&other, json!({ "email": EMAIL })).0, 409);
    assert_eq!(surface.patch(&other, json!({ "email": "max2@example.test" })).0, 200);
    assert_eq!(surface.patch(&other, json!({ "email": "max2@example.test" })).0, 200);
}

#[test]
fn where_twins_are_refused_an_organization_has_an_address_once() {
    let surface = Surface::new("coalesce-sso", "email_scope = \"organization\"", "okta");
    surface.organization("other");
    surface.native(EMAIL);
    assert_eq!(surface.sso_login("acme", "1", EMAIL).err().unwrap().0, 403);
    surface.sso_login("acme", "2", "max@example.test").ok().unwrap();
    assert_eq!(surface.operator("POST /admin/v1/users", person("acme", "max@example.test")).0, 409);
    assert_eq!(surface.operator("POST /admin/v1/users", person("other", EMAIL)).0, 201);
}

#[test]
fn one_person_in_two_organizations_has_two_records() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        surface.organization("other");
        // COALESCE-SSO-030
        let entries = ["acme", "other"].map(|org| (org, surface.sso_login(org, "1", EMAIL).ok().unwrap()));
        assert_ne!(entries[0].1.sub, entries[1].1.sub);
        for (org, entry) in &entries {
            let known = surface.introspect(&entry.token, "");
            assert_eq!((known["org"].as_str(), known["sub"].as_str()), (Some(*org), Some(entry.sub.as_str())));
        }
        surface.patch(&entries[0].1.sub, json!({ "active": false }));
        assert!(!surface.is_active(&entries[0].1.token) && surface.is_active(&entries[1].1.token));
    }
}

#[test]
fn a_changed_address_is_an_event_or_nothing() {
    for (reading, email, earlier) in [("update", "new@example.test", false), ("keep", EMAIL, true)] {
        let surface = Surface::new("coalesce-sso", &format!("email_claim_change = \"{reading}\""), "ping");
        let first = surface.sso_login("acme", "1", EMAIL).ok().unwrap();
        let second = surface.sso_login("acme", "1", "new@example.test").ok().unwrap();
        assert_eq!(first.sub, second.sub);
        assert_eq!((surface.is_active(&first.token), surface.is_active(&second.token)), (earlier, true));
        assert_eq!(surface.with_email(email), [first.sub]);
    }
}

#[test]
fn roles_of_the_app_decide_what_a_user_may_do() {
    let surface = Surface::sso("okta");
    surface.organization("other");
    let stranger = surface.operator("POST /admin/v1/users", person("other", "max@example.test")).1;
    let id = surface.native(EMAIL);
    let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
    let own = format!("GET /admin/v1/users/{id}");
    let foreign = format!("GET /admin/v1/users/{}", text(&stranger["id"]));
    let create = || person("acme", "new@example.test");
    // COALESCE-SSO-040, 041
    assert_eq!(surface.ask(&token, &own, Value::Null).1["app_role"], "User");
    for (line, body, user, admin) in [
        (own.as_str(), Value::Null, 200, 200),
        (foreign.as_str(), Value::Null, 403, 403),
        ("POST /admin/v1/users", create(), 403, 201),
        ("GET /admin/v1/users?org=acme", Value::Null, 403, 200),
        ("GET /admin/v1/users?org=other", Value::Null, 403, 403),
        ("PUT /idp/v1/x/users/1", json!({ "assigned": true }), 403, 403),
    ] {
        assert_eq!(surface.ask(&token, line, body.clone()).0, user, "user: {line}");
        assert_eq!(surface.patch(&id, json!({ "role": "Admin" })).1["app_role"], "Admin");
        assert_eq!(surface.ask(&token, line, body.clone()).0, admin, "org-admin: {line}");
        assert_eq!(surface.patch(&id, json!({ "role": "User" })).1["app_role"], "User");
        assert_eq!(surface.ask("", line, body).0, 401, "nobody: {line}");
    }
    // COALESCE-SSO-028: a role is no trigger.
    assert!(surface.is_active(&token));
    for role in ["Owner", "admin", ""] {
        assert_eq!(surface.patch(&id, json!({ "role": role })).0, 400, "{role}");
    }
}

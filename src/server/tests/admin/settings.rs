//! Organizations, SSO, SCIM, environments, projects, role assignments, requests and defaults: A1 to A4, A15, A24 to A27.

use super::*;

#[test]
fn organizations_are_made_once_and_go_with_everything() {
    let surface = Surface::new("coalesce-catalog");
    for (body, status, pointer) in [
        (json!({ "id": "acme", "displayName": "Acme" }), 201, None),
        (json!({ "id": "acme" }), 409, Some("/id")),
        (json!({ "id": "default" }), 409, Some("/id")),
        (json!({ "id": "auth" }), 400, Some("/id")),
        (json!({ "id": "a/b" }), 400, Some("/id")),
        (json!({ "id": 7 }), 400, Some("/id")),
        (json!({ "displayName": "" }), 400, Some("/displayName")),
        (json!({ "profile": "nowhere" }), 400, Some("/profile")),
        (json!({ "id": "cat", "profile": "catalytic" }), 201, None),
    ] {
        let (seen, answer) = surface.operator("POST /admin/v1/organizations", body.clone());
        assert_eq!((seen, answer["pointer"].as_str()), (status, pointer), "{body} {answer}");
    }
    let (token, base) = surface.organization("beta");
    assert_eq!(base, "/beta/auth/scim");
    let made = surface.ask(&token, &format!("POST {base}/Users"), &user("ada@example.test"));
    assert_eq!(made.0, 201, "{made:?}");
    assert_eq!(surface.operator("DELETE /admin/v1/organizations/default", Value::Null).0, 409);
    surface.done("DELETE /admin/v1/organizations/beta", Value::Null);
    assert_eq!(surface.operator("GET /admin/v1/organizations/beta", Value::Null).0, 404);
    assert_eq!(surface.ask(&token, &format!("GET {base}/Users"), "").0, 404);
    // A new organization of the same name starts empty, with another token.
    let (second, _) = surface.organization("beta");
    assert_ne!(second, token);
    assert_eq!(surface.ask(&second, &format!("GET {base}/Users"), "").1["totalResults"], 0);
}

#[test]
fn an_organization_can_have_a_profile_of_its_own() {
    let surface = Surface::new("coalesce-catalog");
    surface.done("POST /admin/v1/organizations", json!({ "id": "cat", "profile": "catalytic" }));
    surface.done("PUT /admin/v1/organizations/cat/sso", sso("cat"));
    let on = surface.done("PUT /admin/v1/organizations/cat/scim", json!({ "enabled": true }));
    assert_eq!(on["base_url"], "http://scim.test/cat/scim/v2");
    let token = on["bearer_token"].as_str().unwrap();
    assert_eq!(surface.ask(token, "GET /cat/scim/v2/Groups", "").0, 404);
    assert_eq!(surface.ask(token, "GET /cat/scim/Users", "").0, 200);
    assert_eq!(surface.ask(SCIM, "GET /auth/scim/Groups", "").0, 200);
}

#[test]
fn sso_can_be_changed_but_not_removed() {
    let surface = Surface::new("coalesce-sso");
    surface.done("POST /admin/v1/organizations", json!({ "id": "acme" }));
    surface.organization("other");
    let path = "/admin/v1/organizations/acme/sso";
    let with = |name: &str, value: Value| {
        let mut body = sso("acme");
        body[name] = value;
        body.to_string()
    };
    assert_eq!(surface.operator(&format!("GET {path}"), Value::Null).0, 404);
    for (method, body, status, error) in [
        ("PUT", "{}".to_owned(), 400, "invalid_request"),
        ("PUT", with("protocol", json!("magic")), 400, "invalid_request"),
        ("PUT", with("provider", json!("nobody")), 400, "invalid_request"),
        ("PUT", with("issuer", json!("")), 400, "invalid_request"),
        ("PUT", with("subdomain", json!("OTHER")), 409, "conflict"),
        ("PUT", sso("acme").to_string(), 200, ""),
        ("DELETE", String::new(), 405, "invalid_request"),
        ("PUT", with("enabled", json!(false)), 409, "sso_not_removable"),
        ("PUT", "null".to_owned(), 409, "sso_not_removable"),
        ("PUT", "{}".to_owned(), 409, "sso_not_removable"),
        ("PUT", with("issuer", Value::Null), 400, "invalid_request"),
    ] {
        let (seen, answer) = surface.ask(OPERATOR, &format!("{method} {path}"), &body);
        assert_eq!((seen, answer["error"].as_str().unwrap_or_default()), (status, error), "{method} {body}");
    }
    assert_eq!(surface.done(&format!("GET {path}"), Value::Null), sso("acme"));
    let changed = serde_json::from_str(&with("issuer", json!("https://new.test"))).unwrap();
    assert_eq!(surface.done(&format!("PUT {path}"), changed)["issuer"], "https://new.test");
}

#[test]
fn scim_needs_sso_and_has_a_url_and_a_token_of_its_own() {
    let surface = Surface::new("catalytic");
    surface.done("POST /admin/v1/organizations", json!({ "id": "acme" }));
    let path = "/admin/v1/organizations/acme/scim";
    let (status, answer) = surface.operator(&format!("PUT {path}"), json!({ "enabled": true }));
    assert_eq!((status, answer["error"].as_str()), (409, Some("sso_not_configured")));
    assert_eq!(
        surface.done(&format!("GET {path}"), Value::Null),
        json!({ "enabled": false, "base_url": null, "bearer_token": null })
    );
    assert_eq!(surface.ask("guess", "GET /acme/scim/v2/Users", "").0, 401);
    surface.done("PUT /admin/v1/organizations/acme/sso", sso("acme"));
    let on = surface.done(&format!("PUT {path}"), json!({ "enabled": true }));
    assert_eq!(surface.done(&format!("GET {path}"), Value::Null), on);
    let (other, other_base) = surface.organization("other");
    let (token, base) = (on["bearer_token"].as_str().unwrap(), "/acme/scim/v2");
    assert!(other != token && other_base != base);
    let rows = [(token, base, 200), (&other, base, 401), (token, &other_base, 401), (SCIM, base, 401), ("", base, 401)];
    for (token, base, status) in rows {
        assert_eq!(surface.ask(token, &format!("GET {base}/Users"), "").0, status, "{base}");
    }
    let made = surface.ask(token, "POST /acme/scim/v2/Users", &user("erika"));
    assert_eq!(made.0, 201, "{made:?}");
    let location = made.1["meta"]["location"].as_str().unwrap();
    assert!(location.starts_with(on["base_url"].as_str().unwrap()), "{location}");
    // Off: 401 without credentials, 403 with them, both as SCIM errors; on again: the same data, token and URL.
    surface.done(&format!("PUT {path}"), json!({ "enabled": false }));
    for (token, line, status) in [
        (token, "GET /acme/scim/v2/Users", 403),
        (token, "POST /acme/scim/v2/Users", 403),
        ("", "GET /acme/scim/v2/Users", 401),
        ("", "GET /acme/scim/v2/ServiceProviderConfig", 401),
        ("guess", "GET /acme/scim/v2/Users", 401),
    ] {
        let (seen, answer) = surface.ask(token, line, "");
        assert_eq!((seen, answer["status"].as_str()), (status, Some(status.to_string().as_str())), "{line}");
    }
    assert_eq!(surface.done(&format!("PUT {path}"), json!({ "enabled": true })), on);
    assert_eq!(
        surface.ask(token, "GET /acme/scim/v2/Users?filter=userName%20eq%20%22erika%22", "").1["totalResults"],
        1
    );
}

#[test]
fn the_tenant_of_the_start_is_an_organization_too() {
    let surface = Surface::new("coalesce-catalog");
    let scim = surface.done("GET /admin/v1/organizations/default/scim", Value::Null);
    assert_eq!(scim, json!({ "enabled": true, "base_url": "http://scim.test/auth/scim", "bearer_token": SCIM }));
    let mapping = surface.done("GET /admin/v1/organizations/default/role-mapping", Value::Null);
    assert_eq!(mapping, json!({ "VIEWER": ["dev"], "CONTRIBUTOR": ["marketing", "sales"], "ADMIN": ["founders"] }));
    surface.done("PUT /admin/v1/organizations/default/scim", json!({ "enabled": false }));
    assert_eq!(surface.ask(SCIM, "GET /auth/scim/Users", "").0, 403);
}

#[test]
fn roles_are_assigned_in_places_to_members() {
    let surface = Surface::new("coalesce-sso");
    let (token, base) = surface.organization("acme");
    let made = surface.ask(&token, &format!("POST {base}/Users"), &user("ada@example.test")).1;
    let id = made["id"].as_str().unwrap();
    let project = surface.done("POST /admin/v1/organizations/acme/projects", json!({ "name": "Sales" }));
    let environment = surface.done("POST /admin/v1/environments", json!({ "org": "acme", "name": "E1" }));
    let path = "/admin/v1/organizations/acme/role-assignments";
    for (user, scope, target, role, status, error) in [
        ("nobody", "project", &project["id"], "Project Member", 409, "not_a_member"),
        (id, "project", &project["id"], "Project Member", 200, ""),
        (id, "project", &project["id"], "VIEWER", 400, "invalid_request"),
        (id, "project", &environment["id"], "Project Member", 404, "not_found"),
        (id, "environment", &environment["id"], "Environment Reader", 200, ""),
        (id, "organization", &Value::Null, "Environment Reader", 400, "invalid_request"),
    ] {
        let mut body = json!({ "user": user, "scope": scope, "role": role });
        if !target.is_null() {
            body["target"] = target.clone();
        }
        let (seen, answer) = surface.operator(&format!("PUT {path}"), body);
        assert_eq!((seen, answer["error"].as_str().unwrap_or_default()), (status, error), "{scope} {role} {answer}");
    }
    let words = |rows: &Value| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row["role"].as_str().unwrap().to_owned()).collect()
    };
    let mine = format!("GET {path}?user={id}");
    // COALESCE-SSO-041
    let held = words(&surface.done(&mine, Value::Null));
    assert_eq!(held, ["Organization Member", "Project Member", "Environment Reader"]);
    // COALESCE-SSO-043
    for (role, first) in [("User", "Organization Contributor"), ("Admin", "Organization Administrator")] {
        let body = json!({ "user": id, "scope": "organization", "role": role });
        let given = words(&surface.done(&format!("PUT {path}"), body));
        assert_eq!(given, [first, "Project Administrator", "Environment Admin"]);
        assert_eq!(words(&surface.done(&mine, Value::Null)), given);
    }
    let taken = json!({ "user": id, "scope": "project", "target": project["id"], "role": "Project Administrator" });
    surface.done(&format!("DELETE {path}"), taken.clone());
    assert_eq!(surface.operator(&format!("DELETE {path}"), taken).0, 404);
    assert_eq!(surface.ask(&token, &format!("DELETE {base}/Users/{id}"), "").0, 204);
    assert_eq!(surface.done(&format!("GET {path}"), Value::Null), json!([]));
}

#[test]
fn a_request_to_support_names_what_it_lacks() {
    let surface = Surface::new("coalesce-catalog");
    let whole = json!({ "kind": "account", "customer_name": "Acme", "user_emails": ["ada@example.test"],
        "integrations": ["Snowflake"], "timeline": "May" });
    let made = surface.done("POST /admin/v1/requests", whole.clone());
    assert_eq!(made["state"], "open");
    for name in ["kind", "customer_name", "user_emails", "integrations", "timeline"] {
        for value in [None, Some(json!("")), Some(json!([]))] {
            let mut body = whole.clone();
            body.as_object_mut().unwrap().remove(name);
            if let Some(value) = value {
                body[name] = value;
            }
            let (status, answer) = surface.operator("POST /admin/v1/requests", body);
            assert_eq!((status, &answer["missing"]), (400, &json!([name])), "{name} {answer}");
            assert_eq!(answer["pointer"], format!("/{name}"));
        }
    }
    let mut other = whole;
    other["kind"] = json!("party");
    assert_eq!(surface.operator("POST /admin/v1/requests", other).0, 400);
}

#[test]
fn provisioning_defaults_are_read_as_they_were_put() {
    let surface = Surface::new("catalytic");
    surface.organization("acme");
    let path = "/admin/v1/organizations/acme/provisioning-defaults";
    let defaults =
        json!({ "notification_preferences": { "tasks": "EMAIL", "news": "UNSUBSCRIBE" }, "onboarding": false });
    surface.done(&format!("PUT {path}"), defaults.clone());
    for (body, pointer) in [
        (json!({ "notification_preferences": { "tasks": "FAX" } }), "/notification_preferences/tasks"),
        (json!({ "notification_preferences": [] }), "/notification_preferences"),
        (json!({ "onboarding": "yes" }), "/onboarding"),
        (json!({ "colour": "red" }), "/colour"),
    ] {
        let (status, answer) = surface.operator(&format!("PUT {path}"), body);
        assert_eq!((status, answer["pointer"].as_str()), (400, Some(pointer)));
    }
    assert_eq!(surface.done(&format!("GET {path}"), Value::Null), defaults);
}

pub(super) fn user(name: &str) -> String {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name }).to_string()
}

//! Logins of users that SCIM made, and what SCIM's writes do to accounts (CATALOG-010, 012, 036, 037; CATALYTIC-016, 018,
//! 021 to 024; PROP-TOK-10, PROP-LIFE-12).

use super::*;

fn user(name: &str, email: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
        "emails": [{ "value": email, "primary": true }], "roles": [{ "value": "admin" }] })
}

fn patch(path: &str, value: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": path, "value": value }] })
}

/// The channels by which a user can be changed, with the events that a channel can carry.
const CHANNELS: [&str; 4] = ["scim patch", "scim put", "bulk", "admin"];

#[test]
fn all_channels_have_one_effect_on_tokens() {
    for provider in PROVIDERS {
        for channel in CHANNELS {
            for (event, survives) in [("disable", false), ("email", false), ("delete", false), ("name", true)] {
                let surface = Surface::sso(provider);
                let (scim, base) = surface.scim("acme");
                let id = surface.native(EMAIL);
                surface.native("bystander@example.test");
                let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
                let bystander = surface.password_login("bystander@example.test", PASSWORD).ok().unwrap().token;
                let line = |method: &str| format!("{method} {base}/Users/{id}");
                let mut whole = user(EMAIL, EMAIL);
                let (path, value) = match event {
                    "disable" => ("active", json!(false)),
                    "email" => ("emails", json!([{ "value": "new@example.test", "primary": true }])),
                    _ => ("displayName", json!("Erna")),
                };
                whole[path] = value.clone();
                let operation = |method: &str, data: Value| {
                    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                        "Operations": [{ "method": method, "path": format!("/Users/{id}"), "data": data }] })
                };
                let bulk = format!("POST {base}/Bulk");
                let admin = match event {
                    "disable" => json!({ "active": false }),
                    "email" => json!({ "email": "new@example.test" }),
                    _ => json!({ "given_name": "Erna" }),
                };
                let status = match (channel, event) {
                    ("admin", "delete") => surface.operator(&format!("DELETE /admin/v1/users/{id}"), Value::Null),
                    ("admin", _) => surface.patch(&id, admin),
                    ("bulk", "delete") => surface.ask(&scim, &bulk, operation("DELETE", Value::Null)),
                    ("bulk", _) => surface.ask(&scim, &bulk, operation("PATCH", patch(path, value))),
                    (_, "delete") => surface.ask(&scim, &line("DELETE"), Value::Null),
                    ("scim put", _) => surface.ask(&scim, &line("PUT"), whole),
                    _ => surface.ask(&scim, &line("PATCH"), patch(path, value)),
                };
                assert!(status.0 < 300, "{channel} {event}: {status:?}");
                assert_eq!(surface.is_active(&token), survives, "{channel} {event}");
                assert!(surface.is_active(&bystander), "{channel} {event}");
            }
        }
    }
}

#[test]
fn a_password_by_scim_is_a_password() {
    let surface = Surface::sso("okta");
    let (scim, base) = surface.scim("acme");
    let mut body = user("erika@example.test", EMAIL);
    body["password"] = json!(PASSWORD);
    let made = surface.ask(&scim, &format!("POST {base}/Users"), body);
    assert_eq!(made.0, 201, "{made:?}");
    let token = surface.password_login(EMAIL, PASSWORD).ok().unwrap().token;
    let line = format!("PATCH {base}/Users/{}", text(&made.1["id"]));
    for (password, survives) in [(PASSWORD, true), ("New-Day-18", false)] {
        let set = surface.ask(&scim, &line, patch("password", json!(password)));
        assert!(set.0 < 300, "{set:?}");
        assert_eq!(surface.is_active(&token), survives);
    }
    assert!(surface.password_login(EMAIL, "New-Day-18").is_ok());
}

#[test]
fn sso_signs_in_the_user_that_scim_made() {
    for (profile, name, email) in [("coalesce-catalog", EMAIL, EMAIL), ("catalytic", "ErikaM", EMAIL)] {
        for provider in PROVIDERS {
            let surface = Surface::new(profile, if profile == "catalytic" { "" } else { "[accounts]" }, provider);
            let (scim, base) = surface.scim("acme");
            let made = surface.ask(&scim, &format!("POST {base}/Users"), user(name, email));
            assert_eq!(made.0, 201, "{made:?}");
            let id = text(&made.1["id"]);
            assert!(surface.sso_login("acme", "9", "nobody@example.test").is_err());
            // PROP-LIFE-12, CATALYTIC-023
            let entry = surface.sso_login("acme", "1", email).ok().unwrap();
            assert_eq!(entry.sub, id);
            let read = surface.read(&id).1;
            assert_eq!((&read["source"], &read["sub"], &read["userName"]), (&json!("scim"), &json!("1"), &json!(name)));
            // CATALYTIC-024
            assert_eq!(read["app_role"], "User");
            // Whoever is bound stays who it is: another subject with that address is another person.
            assert_eq!(surface.sso_login("acme", "2", email).err().unwrap().0, 403);
            assert_eq!(surface.sso_login("acme", "1", "other@example.test").ok().unwrap().sub, id);
            // CATALOG-010, CATALYTIC-021
            let set = |active: bool| {
                let line = format!("PATCH {base}/Users/{id}");
                assert!(surface.ask(&scim, &line, patch("active", json!(active))).0 < 300);
            };
            set(false);
            assert!(!surface.is_active(&entry.token));
            let claims = json!({ "org": "acme", "iss": surface.iss(), "sub": "1", "email": email });
            let (status, body) = surface.ask("", "POST /auth/sso/callback", claims);
            assert_eq!((status, body["error"].as_str()), (403, Some("access_denied")));
            assert!(!text(&body["error_description"]).is_empty());
            set(true);
            assert_eq!(surface.sso_login("acme", "1", email).ok().unwrap().sub, id);
            // No record came beside it (CATALOG-012).
            assert_eq!(surface.with_email(email), [id.as_str()]);
            // Deleted and pushed again: another id, and SSO finds it.
            assert_eq!(surface.ask(&scim, &format!("DELETE {base}/Users/{id}"), Value::Null).0, 204);
            assert!(surface.sso_login("acme", "1", email).is_err());
            let again = text(&surface.ask(&scim, &format!("POST {base}/Users"), user(name, email)).1["id"]);
            assert_eq!(surface.sso_login("acme", "1", email).ok().unwrap().sub, again);
        }
    }
}

#[test]
fn nobody_is_bound_by_an_address_in_doubt() {
    let surface = Surface::new("catalytic", "", "okta");
    let (scim, base) = surface.scim("acme");
    let post = format!("POST {base}/Users");
    assert_eq!(surface.ask(&scim, &post, user("ErikaM", EMAIL)).0, 201);
    let claims = |verified: bool, name_id: &str| json!({ "org": "acme", "iss": surface.iss(), "sub": "1", "email": "", "name_id": name_id, "email_verified": verified });
    assert!(surface.enter("/auth/sso/callback", claims(false, EMAIL)).is_err());
    // CATALYTIC-023: the NameID is the address.
    assert!(surface.enter("/auth/sso/callback", claims(true, EMAIL)).is_ok());
}

#[test]
fn native_users_are_there_for_scim() {
    let surface = Surface::new("catalytic", "", "okta");
    let made = surface.operator(
        "POST /admin/v1/users",
        json!({ "org": "acme", "userName": "ErikaM", "email": EMAIL, "given_name": "Erika", "password": PASSWORD }),
    );
    assert_eq!(made.0, 201, "{made:?}");
    let id = text(&made.1["id"]);
    let (scim, base) = surface.scim("acme");
    // CATALYTIC-018
    let found = surface.ask(&scim, &format!("GET {base}/Users?filter=userName%20eq%20%22ErikaM%22"), Value::Null).1;
    assert_eq!(found["Resources"][0]["id"], id);
    let adopted = surface.ask(&scim, &format!("PATCH {base}/Users/{id}"), patch("externalId", json!("ext-1")));
    assert_eq!(adopted.0, 200);
    let read = surface.read(&id).1;
    assert_eq!((&read["id"], &read["externalId"], &read["source"]), (&json!(id), &json!("ext-1"), &json!("native")));
    // CATALYTIC-013, 014, 016: by SCIM and by hand.
    let post = format!("POST {base}/Users");
    let admin =
        |name: &str, email: &str| json!({ "org": "acme", "userName": name, "email": email, "password": PASSWORD });
    for active in [true, false] {
        surface.patch(&id, json!({ "active": active }));
        for (name, email, status) in
            [("ErikaM", "other@example.test", 409), ("Other", EMAIL, 409), ("erikam", "other@example.test", 409)]
        {
            assert_eq!(surface.ask(&scim, &post, user(name, email)).0, status, "{name} {email}");
            assert_eq!(surface.operator("POST /admin/v1/users", admin(name, email)).0, status, "{name} {email}");
        }
    }
    surface.patch(&id, json!({ "active": true }));
    assert_eq!(surface.patch(&id, json!({ "email": "erika2@example.test" })).0, 200);
    assert_eq!(surface.ask(&scim, &post, user("Other", EMAIL)).0, 201);
    // CATALYTIC-006
    assert_eq!(surface.operator("POST /admin/v1/users", admin("erika.m", "third@example.test")).0, 400);
}

#[test]
fn provisioning_defaults_are_applied_once_by_scim() {
    let surface = Surface::new("catalytic", "", "okta");
    let (scim, base) = surface.scim("acme");
    let post = |name: &str| {
        text(&surface.ask(&scim, &format!("POST {base}/Users"), user(name, &format!("{name}@example.test"))).1["id"])
    };
    let before = post("before");
    let defaults = json!({ "notification_preferences": { "task_assigned": "UNSUBSCRIBE" }, "onboarding": true });
    assert_eq!(surface.operator("PUT /admin/v1/organizations/acme/provisioning-defaults", defaults.clone()).0, 200);
    let after = post("after");
    let seen = |id: &str| {
        let read = surface.read(id).1;
        json!({ "notification_preferences": read["notification_preferences"], "onboarding": read["onboarding"] })
    };
    // CATALYTIC-022
    assert_ne!(seen(&before), defaults);
    assert_eq!(seen(&after), defaults);
    let native =
        surface.operator("POST /admin/v1/users", json!({ "org": "acme", "userName": "native", "email": EMAIL }));
    assert_ne!(seen(&text(&native.1["id"])), defaults);
    let changed = json!({ "notification_preferences": { "task_assigned": "EMAIL" }, "onboarding": false });
    assert_eq!(surface.operator("PUT /admin/v1/organizations/acme/provisioning-defaults", changed).0, 200);
    surface.ask(&scim, &format!("PATCH {base}/Users/{after}"), patch("displayName", json!("After")));
    assert_eq!(seen(&after), defaults);
}

#[test]
fn a_role_set_by_hand_stays_with_native_users_only() {
    let surface = Surface::new("coalesce-catalog", "[accounts]", "okta");
    let (scim, base) = surface.scim("acme");
    let mapping = json!({ "VIEWER": ["dev"], "ADMIN": ["founders"] });
    assert_eq!(surface.operator("PUT /admin/v1/organizations/acme/role-mapping", mapping).0, 200);
    let id = text(&surface.ask(&scim, &format!("POST {base}/Users"), user(EMAIL, EMAIL)).1["id"]);
    let native = surface.native("native@example.test");
    let group = |name: &str, members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members });
        assert_eq!(surface.ask(&scim, &format!("POST {base}/Groups"), body).0, 201);
    };
    group("dev", &[&id, &native]);
    let role = |id: &str| {
        let read = surface.read(id).1;
        (text(&read["role"]), text(&read["role_source"]))
    };
    let is = |role: &str, source: &str| (role.to_owned(), source.to_owned());
    assert_eq!(role(&id), is("VIEWER", "mapping"));
    assert_eq!(surface.read(&id).1["groups"][0]["display"], "dev");
    // CATALOG-037
    for user in [&id, &native] {
        assert_eq!(surface.patch(user, json!({ "role": "ADMIN" })).0, 200);
    }
    surface.operator("POST /admin/v1/organizations/acme/role-mapping/apply", Value::Null);
    assert_eq!((role(&id), role(&native)), (is("VIEWER", "mapping"), is("ADMIN", "manual")));
    // CATALOG-036
    surface.patch(&id, json!({ "active": false }));
    assert!(surface.sso_login("acme", "1", EMAIL).is_err());
    group("founders", &[&id]);
    surface.patch(&id, json!({ "active": true }));
    assert_eq!(role(&id), is("ADMIN", "mapping"));
    // COALESCE-SSO-050: a role of the app is no role of Catalog's.
    surface.patch(&id, json!({ "role": "Admin" }));
    assert_eq!((role(&id), &surface.read(&id).1["app_role"]), (is("ADMIN", "mapping"), &json!("Admin")));
}

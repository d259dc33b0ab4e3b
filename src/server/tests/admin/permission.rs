//! The permission table over HTTP: every route, every principal, its own organization and another one.

use super::*;
use crate::product::{Action, Principal, Reach, Target, permit, reach};
use crate::server::admin::rows;

#[test]
fn every_route_keeps_the_table_for_every_principal() {
    let profile = Profile::named("coalesce-sso").unwrap();
    let mut judged = 0;
    for row in rows() {
        for (column, org) in (0..4).flat_map(|column| [(column, "acme"), (column, "other")]) {
            let surface = Surface::of(profile.clone());
            surface.organization("acme");
            surface.organization("other");
            let admin = surface.sign_in("acme", "1", AppRole::Admin);
            let user = surface.sign_in("acme", "2", AppRole::User);
            let principals = [
                (OPERATOR, Principal::Operator),
                (admin.as_str(), Principal::Admin { org: "acme".into(), id: "1".into() }),
                (user.as_str(), Principal::User { org: "acme".into(), id: "2".into() }),
                ("nobody", Principal::Anonymous),
            ];
            let (token, principal) = &principals[column];
            let path = row.path.replace("{org}", org).replace("{id}", "2");
            let body = if row.method == "GET" { String::new() } else { json!({ "org": org, "name": "x" }).to_string() };
            let (status, answer) = surface.ask(token, &format!("{} {path}", row.method), &body);
            let context = format!("{} {path} by {principal:?}: {status} {answer}", row.method);
            let named = row.path.contains("{org}");
            let target = Target { org: named.then_some(org), user: None };
            let refused = match named {
                true => permit(row.action, principal, target).is_err(),
                // Who may do it somewhere is judged where the body or the user's record names the place.
                false => reach(row.action, principal) == Reach::Never,
            };
            if refused {
                let (code, word) = match principal {
                    Principal::Anonymous => (401, "invalid_token"),
                    _ => (403, "access_denied"),
                };
                assert_eq!((status, answer["error"].as_str()), (code, Some(word)), "{context}");
            } else if row.action != Action::Session && (named || *principal == Principal::Operator) {
                assert!(status != 401 && status != 403, "{context}");
            }
            judged += 1;
        }
    }
    assert!(judged > 200, "{judged}");
}

#[test]
fn what_the_path_does_not_name_is_judged_too() {
    let surface = Surface::new("coalesce-sso");
    surface.organization("acme");
    surface.organization("other");
    let admin = surface.sign_in("acme", "1", AppRole::Admin);
    for (line, body, status) in [
        ("POST /admin/v1/environments", r#"{"org": "acme", "name": "E1"}"#, 201),
        ("POST /admin/v1/environments", r#"{"org": "other", "name": "E1"}"#, 403),
        ("GET /admin/v1/environments?org=acme", "", 200),
        ("GET /admin/v1/environments?org=other", "", 403),
        ("GET /admin/v1/environments", "", 400),
        ("POST /admin/v1/organizations", r#"{"id": "third"}"#, 403),
        ("DELETE /admin/v1/organizations/acme", "", 403),
    ] {
        assert_eq!(surface.ask(&admin, line, body).0, status, "{line} {body}");
    }
}

#[test]
fn without_an_operator_there_is_no_surface() {
    let profile = Profile::named("coalesce-catalog").unwrap();
    let closed = Surface(Server::new(profile, Arc::new(MemoryStore::new()), Auth::bearer(Secret::new(SCIM))));
    for row in rows() {
        let (status, answer) = closed.ask(OPERATOR, &format!("{} {}", row.method, row.path), "");
        assert_eq!((status, answer["schemas"].is_array()), (404, true), "{} {}", row.method, row.path);
    }
    let open = Surface::new("coalesce-catalog");
    // The SCIM base path lies beside the login.
    assert_eq!(open.ask(SCIM, "GET /auth/scim/Users", "").0, 200);
    assert_eq!(open.ask(OPERATOR, "GET /auth/scim/Users", "").0, 401);
    assert_eq!(open.ask(SCIM, "GET /admin/v1/clock", "").0, 401);
    assert_eq!(open.operator("GET /admin/v1/nothing", Value::Null).0, 404);
    assert_eq!(open.operator("PATCH /admin/v1/clock", Value::Null).0, 405);
}

//! What only the operator has: clock, profile, faults, reset, load, audit (A19 to A23).

use std::sync::Mutex;

use super::settings::user;
use super::*;

#[test]
fn the_clock_only_goes_ahead() {
    let now = time::macros::datetime!(2026-05-01 10:00 UTC);
    let profile = Profile::named("coalesce-sso").unwrap();
    let auth = Auth::bearer(Secret::new(SCIM));
    let server = Server::new(profile, Arc::new(MemoryStore::new()), auth).with_clock(move || now);
    let surface = Surface(server.with_admin(Secret::new(OPERATOR)));
    assert_eq!(surface.done("GET /admin/v1/clock", Value::Null), json!({ "now": "2026-05-01T10:00:00.000Z" }));
    let ten_years = json!({ "advance_seconds": 315_532_800 });
    assert_eq!(surface.done("POST /admin/v1/clock", ten_years)["now"], "2036-04-30T10:00:00.000Z");
    for wrong in [json!(-1), json!("1"), json!(1.5), json!(u64::MAX), Value::Null] {
        let (status, answer) = surface.operator("POST /admin/v1/clock", json!({ "advance_seconds": wrong }));
        assert_eq!((status, answer["pointer"].as_str()), (400, Some("/advance_seconds")));
    }
    let made = surface.ask(SCIM, "POST /scim/v2/Users", &user("ada@example.test")).1;
    assert_eq!(made["meta"]["created"], "2036-04-30T10:00:00.000Z");
}

#[test]
fn the_profile_changes_from_the_next_request_on() {
    let surface = Surface::new("coalesce-catalog");
    let before = surface.done("GET /admin/v1/profile", Value::Null);
    let (status, answer) =
        surface.operator("PUT /admin/v1/profile", json!({ "users": { "deletion": "none", "colour": "red" } }));
    assert_eq!((status, answer["pointer"].as_str()), (400, Some("/users/colour")));
    assert_eq!(surface.done("GET /admin/v1/profile", Value::Null), before);
    let changed = surface.done("PUT /admin/v1/profile", json!({ "switches.group_name_unique": true }));
    assert_eq!(changed["switches"]["group_name_unique"], true);
    assert_eq!(changed["users"], before["users"]);
    let group = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "dev"}"#;
    assert_eq!(surface.ask(SCIM, "POST /auth/scim/Groups", group).0, 201);
    assert_eq!(surface.ask(SCIM, "POST /auth/scim/Groups", group).0, 409);
}

#[test]
fn faults_go_to_who_controls_them() {
    let surface = Surface::new("rfc");
    assert_eq!(surface.done("GET /admin/v1/faults", Value::Null), json!([]));
    assert_eq!(surface.operator("PUT /admin/v1/faults", json!(["dup-500"])).0, 400);
    let in_force = Mutex::new(Vec::new());
    let control = move |names: Option<&[String]>| {
        let mut in_force = in_force.lock().unwrap();
        if let Some(names) = names {
            if names.iter().any(|name| name != "dup-500") {
                return Err("known: dup-500".to_owned());
            }
            *in_force = names.to_vec();
        }
        Ok(in_force.clone())
    };
    let surface = Surface(surface.0.with_fault_control(Arc::new(control)));
    assert_eq!(surface.done("PUT /admin/v1/faults", json!({ "faults": ["dup-500"] })), json!(["dup-500"]));
    let (status, answer) = surface.operator("PUT /admin/v1/faults", json!(["nothing"]));
    assert_eq!((status, answer["error"].as_str()), (400, Some("unknown_fault")));
    assert_eq!(surface.done("GET /admin/v1/faults", Value::Null), json!(["dup-500"]));
    surface.done("POST /admin/v1/reset", Value::Null);
    assert_eq!(surface.done("GET /admin/v1/faults", Value::Null), json!([]));
}

#[test]
fn a_reset_leaves_what_the_server_started_with() {
    let surface = Surface::new("coalesce-catalog");
    let before =
        (surface.done("GET /admin/v1/organizations", Value::Null), surface.done("GET /admin/v1/profile", Value::Null));
    let (token, base) = surface.organization("acme");
    for (token, base) in [(token.as_str(), base.as_str()), (SCIM, "/auth/scim")] {
        assert_eq!(surface.ask(token, &format!("POST {base}/Users"), &user("ada@example.test")).0, 201);
    }
    surface.done("PUT /admin/v1/profile", json!({ "users.deletion": "none" }));
    surface.done("PUT /admin/v1/organizations/default/role-mapping", json!({}));
    surface.done("POST /admin/v1/clock", json!({ "advance_seconds": 86_400 }));
    surface.done("POST /admin/v1/reset", Value::Null);
    let after =
        (surface.done("GET /admin/v1/organizations", Value::Null), surface.done("GET /admin/v1/profile", Value::Null));
    assert_eq!(before, after);
    assert_eq!(surface.ask(SCIM, "GET /auth/scim/Users", "").1["totalResults"], 0);
    assert_eq!(surface.ask(&token, &format!("GET {base}/Users"), "").0, 404);
    let mapping = surface.done("GET /admin/v1/organizations/default/role-mapping", Value::Null);
    assert_eq!(mapping["ADMIN"], json!(["founders"]));
}

#[test]
fn a_load_is_the_same_for_the_same_seed() {
    let body = json!({ "users": 20, "groups": 3, "members_per_group": 5, "seed": 7 });
    let rosters: Vec<Vec<Vec<String>>> = (0..2)
        .map(|_| {
            let surface = Surface::new("coalesce-catalog");
            let done = surface.done("POST /admin/v1/load", body.clone());
            assert_eq!(done, json!({ "users": 20, "groups": 3 }));
            let users = surface.ask(SCIM, "GET /auth/scim/Users?count=50", "").1;
            assert_eq!(users["totalResults"], 20);
            let name_of = |id: &Value| {
                let all = users["Resources"].as_array().unwrap();
                all.iter().find(|user| user["id"] == *id).unwrap()["userName"].as_str().unwrap().to_owned()
            };
            let groups = surface.ask(SCIM, "GET /auth/scim/Groups", "").1;
            let members = |group: &Value| {
                group["members"].as_array().unwrap().iter().map(|member| name_of(&member["value"])).collect()
            };
            groups["Resources"].as_array().unwrap().iter().map(members).collect()
        })
        .collect();
    assert_eq!(rosters[0], rosters[1]);
    assert!(rosters[0].len() == 3 && rosters[0].iter().all(|members| members.len() == 5));
    let surface = Surface::new("catalytic");
    assert_eq!(surface.operator("POST /admin/v1/load", json!({ "users": 1, "groups": 1 })).1["pointer"], "/groups");
    assert_eq!(surface.operator("POST /admin/v1/load", json!({ "users": -1 })).1["pointer"], "/users");
    assert_eq!(surface.done("POST /admin/v1/load", json!({ "users": 3 }))["users"], 3);
}

#[test]
fn the_log_says_who_did_what_by_ids() {
    let surface = Surface::new("coalesce-sso");
    surface.organization("acme");
    let admin = surface.sign_in("acme", "17", AppRole::Admin);
    let last = surface.done("GET /admin/v1/audit", Value::Null).as_array().unwrap().last().unwrap()["seq"].clone();
    surface.ask(&admin, "PUT /admin/v1/organizations/acme/scim", r#"{"enabled": false}"#);
    surface.ask(&admin, "PUT /admin/v1/organizations/default/scim", r#"{"enabled": false}"#);
    surface.ask("", "POST /admin/v1/reset", "");
    surface.ask(&admin, "GET /admin/v1/organizations/acme", "");
    let rows = surface.done(&format!("GET /admin/v1/audit?since={last}"), Value::Null);
    let flat: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["actor", "action", "target", "outcome"].map(|name| row[name].as_str().unwrap()).join(" "))
        .collect();
    assert_eq!(
        flat,
        ["acme/17 scim.write acme done", "acme/17 scim.write default access_denied", "anonymous reset  invalid_token",]
    );
    assert_eq!(surface.operator("GET /admin/v1/audit?since=x", Value::Null).0, 400);
}

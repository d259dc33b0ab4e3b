//! Things side by side: first logins, disabling while somebody signs in, equal accounts (PROP-CONC-05, PROP-CONC-09).

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use super::*;

/// Runs jobs at the same moment; their results in order.
fn together<T: Send>(jobs: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let barrier = Barrier::new(jobs.len());
    thread::scope(|scope| {
        let start = |job: Box<dyn FnOnce() -> T + Send>| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                job()
            })
        };
        jobs.into_iter().map(start).collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn first_logins_side_by_side_make_one_record() {
    for provider in PROVIDERS {
        let surface = Surface::sso(provider);
        let login = || surface.sso_login("acme", "1", EMAIL).ok().unwrap();
        let entries = together((0..32).map(|_| Box::new(login) as Box<dyn FnOnce() -> Entry + Send>).collect());
        let ids: BTreeSet<&String> = entries.iter().map(|entry| &entry.sub).collect();
        let tokens: BTreeSet<&String> = entries.iter().map(|entry| &entry.token).collect();
        assert_eq!((ids.len(), tokens.len(), surface.with_email(EMAIL).len()), (1, 32, 1));
        assert!(entries.iter().all(|entry| surface.is_active(&entry.token)));
    }
}

#[test]
fn no_disabled_user_keeps_a_token_that_was_issued_meanwhile() {
    let surface = Surface::sso("okta");
    let (scim, base) = surface.scim("acme");
    let native = surface.native(EMAIL);
    let sso = surface.sso_login("acme", "1", EMAIL).ok().unwrap().sub;
    let by_scim = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    for round in 0..60 {
        let (id, twin) = if round % 3 == 0 { (&sso, true) } else { (&native, false) };
        let login = || match twin {
            true => surface.sso_login("acme", "1", EMAIL).ok(),
            false => surface.password_login(EMAIL, PASSWORD).ok(),
        };
        let disable = || {
            let done = match round % 3 {
                1 => surface.ask(&scim, &format!("PATCH {base}/Users/{native}"), by_scim.clone()),
                _ => surface.patch(id, json!({ "active": false })),
            };
            assert!(done.0 < 300, "{done:?}");
            None
        };
        let mut jobs: Vec<Box<dyn FnOnce() -> Option<Entry> + Send>> = vec![Box::new(disable)];
        jobs.extend((0..3).map(|_| Box::new(login) as Box<dyn FnOnce() -> Option<Entry> + Send>));
        for entry in together(jobs).into_iter().flatten() {
            assert!(!surface.is_active(&entry.token), "round {round}");
        }
        assert_eq!(surface.patch(id, json!({ "active": true })).0, 200);
    }
}

#[test]
fn no_token_outlives_the_password_it_was_got_with() {
    let surface = Surface::sso("okta");
    let id = surface.native(EMAIL);
    let mut password = PASSWORD.to_owned();
    for round in 0..30 {
        let next = format!("Next-Day-{round}");
        let change = || {
            let line = format!("PUT /admin/v1/users/{id}/password");
            assert_eq!(surface.operator(&line, json!({ "password": next })).0, 204);
            None
        };
        let login = || surface.password_login(EMAIL, &password).ok();
        let jobs: Vec<Box<dyn FnOnce() -> Option<Entry> + Send>> =
            vec![Box::new(change), Box::new(login), Box::new(login)];
        for entry in together(jobs).into_iter().flatten() {
            assert!(!surface.is_active(&entry.token), "round {round}");
        }
        password = next;
    }
}

#[test]
fn equal_native_accounts_side_by_side_are_one() {
    let surface = Surface::sso("okta");
    surface.organization("other");
    let bodies: Vec<Value> = (0..16)
        .map(|index| {
            let mut body = person(if index % 2 == 0 { "acme" } else { "other" }, EMAIL);
            body["userName"] = json!(format!("name{index}"));
            body
        })
        .collect();
    let create = |body: Value| surface.operator("POST /admin/v1/users", body).0;
    let jobs = bodies.into_iter().map(|body| Box::new(move || create(body)) as Box<dyn FnOnce() -> u16 + Send>);
    let mut statuses = together(jobs.collect());
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 15]].concat());
}

#[test]
fn a_look_up_over_all_organizations_survives_one_that_is_deleted_meanwhile() {
    let surface = Surface::sso("okta");
    surface.native(EMAIL);
    let come_and_go = || {
        for round in 0..60 {
            let id = format!("passing-{round}");
            surface.organization(&id);
            let made = surface.operator("POST /admin/v1/users", person(&id, "passing@example.test"));
            assert_eq!(made.0, 201, "{made:?}");
            surface.operator(&format!("DELETE /admin/v1/organizations/{id}"), Value::Null);
        }
    };
    let look = || {
        for _ in 0..300 {
            let found = surface.operator(&format!("GET /admin/v1/users?email={EMAIL}"), Value::Null);
            assert_eq!((found.0, found.1["totalResults"].as_u64()), (200, Some(1)), "{found:?}");
            // Shows users of whatever is there, and of what is just going.
            let all = surface.operator("GET /admin/v1/users", Value::Null);
            assert_eq!(all.0, 200, "{all:?}");
        }
    };
    together(vec![Box::new(come_and_go) as Box<dyn FnOnce() + Send + '_>, Box::new(look), Box::new(look)]);
}

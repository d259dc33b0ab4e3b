//! Pages by cursor (`RFC9865`): a walk sees every resource once, whatever comes and goes; errors; what is announced.

use super::*;

const CURSORS: &str = "[capabilities]\ncursor = true\ncustom = true\n[limits]\npage_default = 3\npage_max = 4";

fn filled(names: &[&str]) -> World {
    let world = World::of(CURSORS);
    for name in names {
        assert_eq!(world.send("POST /Users", &format!(r#"{{"userName":"{name}"}}"#)).status, 201);
    }
    world
}

fn page(world: &World, query: &str) -> (Vec<String>, Option<String>, Value) {
    let answer = world.send(&format!("GET {query}"), "");
    let body = answer.json().unwrap();
    assert_eq!(answer.status, 200, "{query}: {body}");
    let resources = body["Resources"].as_array().unwrap();
    let name = |it: &Value| it["userName"].as_str().or(it["displayName"].as_str()).unwrap().to_owned();
    (resources.iter().map(name).collect(), body["nextCursor"].as_str().map(str::to_owned), body)
}

/// All names of a walk; `between` is done after every page.
fn walk(world: &World, query: &str, between: impl Fn(&[String])) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let (names, following, body) = page(world, &format!("{query}&cursor={cursor}"));
        assert!(body.get("startIndex").is_none() && body["itemsPerPage"] == names.len(), "{body}");
        all.extend(names);
        between(&all);
        next = following;
        assert!(all.len() < 100, "an endless walk");
    }
    all
}

#[test]
fn a_walk_sees_everybody_once_in_order() {
    let world = filled(&["e", "b", "d", "a", "c"]);
    world.send("POST /Groups", r#"{"displayName":"g"}"#);
    for (query, names) in [
        ("/Users?count=2", "ebdac"),
        ("/Users?count=5", "ebdac"),
        ("/Users?count=1&sortBy=userName", "abcde"),
        ("/Users?count=2&sortBy=userName&sortOrder=descending", "edcba"),
        ("/Users?count=2&sortBy=title", "ebdac"),
        ("/Users?count=2&filter=userName gt \"b\"", "edc"),
        ("/Users?count=2&filter=userName eq \"b\"", "b"),
        ("/?count=2", "ebdacg"),
        ("/Users?x=1", "ebdac"),
        ("/Users?count=100", "ebdac"),
    ] {
        assert_eq!(walk(&world, query, |_| ()).concat(), names, "{query}");
    }
    let (names, next, body) = page(&world, "/Users?cursor&count=0");
    assert_eq!((names.len(), next, &body["totalResults"]), (0, None, &Value::from(5)));
    assert_eq!(page(&world, "/Users?cursor=&count=-3").0.len(), 0);
    assert_eq!(page(&world, "/Users?cursor").0.len(), 3, "the default size");
    assert_eq!(page(&world, "/Users?cursor&count=9").0.len(), 4, "the largest size");
    let (_, next, body) = page(&world, "/Users?count=2");
    assert_eq!((next, &body["startIndex"]), (None, &Value::from(1)), "by index unless asked");
}

#[test]
fn what_comes_and_goes_neither_hides_nor_repeats_anybody() {
    for (query, before, gone, expected) in [
        ("/Users?count=2", "abcdef", "a", "abcdefz"),
        ("/Users?count=2", "abcdef", "b", "abcdefz"),
        ("/Users?count=2", "abcdef", "d", "abcefz"),
        ("/Users?count=2&sortBy=userName", "fedcba", "b", "abcdefz"),
        ("/Users?count=2&sortBy=userName&sortOrder=descending", "fedcba", "e", "fedcba"),
    ] {
        let names: Vec<String> = before.chars().map(String::from).collect();
        let world = filled(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let seen = walk(&world, query, |all| {
            if all.len() == 2 {
                let found = world.send(&format!("GET /Users?filter=userName eq \"{gone}\""), "").json().unwrap();
                let id = found["Resources"][0]["id"].as_str().unwrap();
                assert_eq!(world.send(&format!("DELETE /Users/{id}"), "").status, 204);
                assert_eq!(world.send("POST /Users", r#"{"userName":"z"}"#).status, 201);
            }
        });
        assert_eq!(seen.concat(), expected, "{query} without {gone}");
    }
}

#[test]
fn searches_and_devices_have_cursors_too() {
    let mut world = filled(&["a", "b", "c"]);
    let search = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":2,"cursor":""}"#;
    world.run(&[Step {
        send: "POST /Users/.search",
        body: search,
        status: 200,
        want: &[("Resources", "#2"), ("startIndex", "-")],
        save: &[("next", "nextCursor")],
    }]);
    world.run(&[
        step(
            "POST /Users/.search",
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":2,"cursor":"{next}"}"#,
            200,
            &[("Resources.userName", "\"c\""), ("nextCursor", "-")],
        ),
        step("GET /Devices?cursor", "", 200, &[("totalResults", "0"), ("nextCursor", "-")]),
    ]);
}

#[test]
fn a_cursor_that_is_not_of_this_query_is_refused() {
    let mut world = filled(&["a", "b", "c", "d", "e"]);
    world.run(&[keep("GET /Users?count=2&cursor", "", 200, &[("next", "nextCursor")])]);
    let invalid: &[(&str, &str)] = &[("scimType", "\"invalidCursor\"")];
    world.run(&[
        step("GET /Users?count=2&cursor={next}", "", 200, &[("Resources.userName", "#2")]),
        step("GET /Users?cursor={next}", "", 200, &[("Resources.userName", "#2")]),
        step("GET /Users?count=2&cursor={next}x", "", 400, invalid),
        step("GET /Users?count=2&cursor=forged", "", 400, invalid),
        step("GET /Groups?count=2&cursor={next}", "", 400, invalid),
        step("GET /Users?count=2&cursor={next}&filter=userName pr", "", 400, invalid),
        step("GET /Users?count=2&cursor={next}&sortBy=userName", "", 400, invalid),
        step("GET /Users?count=2&cursor={next}&startIndex=1", "", 400, invalid),
        step("GET /Users?count=3&cursor={next}", "", 400, &[("scimType", "\"invalidCount\"")]),
    ]);
}

#[test]
fn cursors_end_and_are_of_one_tenant() {
    let now = Arc::new(std::sync::atomic::AtomicI64::new(1_700_000_000));
    let tenant = |name: &str| Tenant { anonymous: true, ..Tenant::new(name, Vec::new()).at(format!("/{name}")) };
    let auth = Auth { tenants: vec![tenant("one"), tenant("two")] };
    let mut world = World::new(rfc_with(CURSORS), auth);
    let clock = Arc::clone(&now);
    let time = move || {
        let seconds = clock.load(std::sync::atomic::Ordering::Relaxed);
        time::OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    };
    world.server = world.server.with_clock(time);
    for name in ["a", "b", "c"] {
        for tenant in ["one", "two"] {
            assert_eq!(
                world.send(&format!("POST !/{tenant}/Users"), &format!(r#"{{"userName":"{name}"}}"#)).status,
                201
            );
        }
    }
    world.run(&[
        keep("GET !/one/Users?count=2&cursor", "", 200, &[("next", "nextCursor")]),
        step("GET !/two/Users?count=2&cursor={next}", "", 400, &[("scimType", "\"invalidCursor\"")]),
        step("GET !/one/Users?count=2&cursor={next}", "", 200, &[("Resources", "#1")]),
    ]);
    now.fetch_add(600, std::sync::atomic::Ordering::Relaxed);
    world.run(&[step("GET !/one/Users?count=2&cursor={next}", "", 400, &[("scimType", "\"expiredCursor\"")])]);
}

#[test]
fn paging_is_announced_where_it_is_served() {
    World::of(CURSORS).run(&[step(
        "GET /ServiceProviderConfig",
        "",
        200,
        &[
            ("pagination.cursor", "true"),
            ("pagination.index", "true"),
            ("pagination.defaultPaginationMethod", "\"index\""),
            ("pagination.defaultPageSize", "3"),
            ("pagination.maxPageSize", "4"),
            ("pagination.cursorTimeout", "600"),
        ],
    )]);
    World::open().run(&[
        step("GET /ServiceProviderConfig", "", 200, &[("pagination", "-")]),
        step("GET /Users?cursor=forged", "", 200, &[("startIndex", "1")]),
    ]);
}

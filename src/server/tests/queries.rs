//! Filters, sorting, paging, projection, `.search`, the root.

use super::*;

const PEOPLE: &[Step] = &[
    keep(
        "POST /Users",
        r#"{"userName":"ann","externalId":"x1","title":"B","active":true,"emails":[{"value":"a@x.test","type":"work"}]}"#,
        201,
        &[("a", "id")],
    ),
    keep("POST /Users", r#"{"userName":"Émile","externalId":"X1","title":"a","active":false}"#, 201, &[("e", "id")]),
    keep(
        "POST /Users",
        r#"{"userName":"c+d@x.test","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}"#,
        201,
        &[("c", "id")],
    ),
    keep(
        "POST /Groups",
        r#"{"displayName":"Team É","externalId":"x1","members":[{"value":"{a}"}]}"#,
        201,
        &[("g", "id")],
    ),
    keep("POST /Groups", r#"{"displayName":"other"}"#, 201, &[("h", "id")]),
];

/// Query, then the matches by name, in order.
const QUERIES: &[(&str, &str)] = &[
    ("/Users", "a e c"),
    ("/Users?filter=userName eq \"ANN\"", "a"),
    ("/Users?filter=userName%20eq%20%22c%2Bd%40x.test%22", "c"),
    ("/Users?filter=userName+eq+\"éMILE\"&unknown=1", "e"),
    ("/Users?filter=urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ann\"", "a"),
    ("/Users?filter=externalId eq \"x1\"", "a"),
    ("/Users?filter=id eq \"{e}\"", "e"),
    ("/Users?filter=id eq \"nobody\"", ""),
    ("/Users?filter=userName eq \"ann\" and active eq false", ""),
    ("/Users?filter=userName eq \"ann\" or title eq \"A\"", "a e"),
    ("/Users?filter=not (active eq true)", "e c"),
    ("/Users?filter=emails[type eq \"work\"].value eq \"A@x.test\"", "a"),
    ("/Users?filter=groups.value eq \"{g}\"", "a"),
    ("/Users?filter=meta.resourceType eq \"User\" and title pr", "a e"),
    ("/Users?filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw \"sal\"", "c"),
    ("/Users?filter=nosuch eq \"x\"", ""),
    ("/Users?sortBy=title", "e a c"),
    ("/Users?sortBy=title&sortOrder=descending", "c a e"),
    ("/Users?sortBy=userName&count=2", "a c"),
    ("/Users?sortBy=userName&count=2&startIndex=3", "e"),
    ("/Users?sortBy=nosuch", "a e c"),
    ("/Users?count=2", "a e"),
    ("/Users?startIndex=3&count=2", "c"),
    ("/Users?startIndex=4", ""),
    ("/Users?startIndex=-1&count=1", "a"),
    ("/Users?count=0", ""),
    ("/Users?count=-1", ""),
    ("/Groups?filter=displayName eq \"team é\"&excludedAttributes=members", "g"),
    ("/Groups?filter=members[value eq \"{a}\"]&attributes=displayName", "g"),
    ("/Groups?filter=members.display eq \"ann\"", "g"),
    ("/", "a e c g h"),
    ("?count=2&startIndex=3", "c g"),
    ("/?filter=externalId eq \"x1\"", "a g"),
    ("/?filter=meta.resourceType eq \"Group\"", "g h"),
    ("/?filter=userName eq \"ann\" or displayName sw \"team\"", "a g"),
    ("/?filter=userName eq \"ann\" or members.value eq \"{a}\"", "a g"),
    ("/?sortBy=displayName", "h g a e c"),
    ("/?filter=externalId pr&sortBy=externalId&count=1&startIndex=3", "g"),
];

#[test]
fn queries_find_exactly_their_matches_in_both_stores() {
    for mut world in [World::open(), World::sqlite()] {
        world.run(PEOPLE);
        for (query, wanted) in QUERIES {
            let answer = world.send(&format!("GET {query}"), "");
            assert_eq!(answer.status, 200, "{query}: {:?}", answer.json());
            let body = answer.json().unwrap();
            let ids: Vec<&str> =
                body["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
            let wanted: Vec<String> =
                wanted.split(' ').filter(|name| !name.is_empty()).map(|name| world.names[name].clone()).collect();
            let names: Vec<_> = world.names.iter().collect();
            assert_eq!(ids, wanted, "{query} with {names:?}");
            assert_eq!(body["itemsPerPage"], ids.len());
            if !query.contains("count") && !query.contains("startIndex") {
                assert_eq!(body["totalResults"], ids.len(), "{query}");
            }
        }
        world.run(&[
            step("GET /Users?count=0", "", 200, &[("totalResults", "3"), ("Resources", "#0"), ("itemsPerPage", "0")]),
            step("GET /Users?startIndex=9&filter=title pr", "", 200, &[("totalResults", "2"), ("startIndex", "9")]),
            step("GET /?count=1", "", 200, &[("totalResults", "5")]),
            step("GET /?count=1&sortBy=id", "", 200, &[("totalResults", "5"), ("Resources", "#1")]),
            step(
                "GET /Users?attributes=USERNAME&count=1",
                "",
                200,
                &[("Resources.userName", "\"ann\""), ("Resources.meta", "-")],
            ),
            step(
                "GET /Groups?attributes=displayName",
                "",
                200,
                &[("Resources.members", "-"), ("Resources.displayName", "#2")],
            ),
            step(
                "GET /Users/{a}?filter=title eq \"b\"",
                "",
                200,
                &[("totalResults", "1"), ("Resources.id", "\"{a}\"")],
            ),
            step("GET /Users/{a}?filter=title eq \"z\"", "", 200, &[("totalResults", "0")]),
            step("GET /Users/zz?filter=title eq \"z\"", "", 404, &[]),
        ]);
    }
}

#[test]
fn bad_queries_say_what_is_wrong() {
    World::open().run(&[
        step("GET /Users?filter=", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /Users?filter=userName zz \"x\"", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /Users?filter=active gt true", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /Users?filter=password eq \"x\"", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /?filter=password pr", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /Users?count=many", "", 400, &[("scimType", "\"invalidValue\"")]),
        step("GET /Users?attributes=id&excludedAttributes=id", "", 400, &[("scimType", "\"invalidValue\"")]),
        step(
            "POST /Users?attributes=id&excludedAttributes=id",
            r#"{"userName":"x"}"#,
            400,
            &[("scimType", "\"invalidValue\"")],
        ),
        step("GET /Users?filter=%FF", "", 400, &[]),
        step("POST /.search", "{}", 400, &[("scimType", "\"invalidSyntax\"")]),
        step("POST /.search", "[]", 400, &[("scimType", "\"invalidSyntax\"")]),
        step("GET /Users", "", 200, &[("totalResults", "0")]),
    ]);
}

#[test]
fn search_by_post_says_the_same() {
    let mut world = World::open();
    world.run(PEOPLE);
    world.run(&[
        step(
            "POST /Users/.search",
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"title pr","sortBy":"title",
                "attributes":["userName"],"startIndex":2,"count":1}"#,
            200,
            &[("totalResults", "2"), ("Resources.id", "\"{a}\""), ("Resources.title", "-"), ("startIndex", "2")],
        ),
        step(
            "POST /.search",
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"externalId eq \"x1\"",
                "excludedAttributes":["members","groups"]}"#,
            200,
            &[("totalResults", "2"), ("Resources.members", "-")],
        ),
        step("GET /.search", "", 405, &[("header:Allow", "\"POST, OPTIONS\"")]),
    ]);
}

#[test]
fn long_lists_are_scanned_in_batches_and_paged_completely() {
    let mut world = World::open();
    let mut made = Vec::new();
    for n in 0..1201 {
        let answer = world.send("POST /Users", &format!(r#"{{"userName":"user{n:04}","title":"{}"}}"#, n % 2));
        made.push(answer.json().unwrap()["id"].as_str().unwrap().to_owned());
    }
    let mut seen = Vec::new();
    while seen.len() < made.len() {
        let page = world.send(&format!("GET /Users?attributes=id&startIndex={}&count=500", seen.len() + 1), "");
        let ids = found(&page, "Resources.id");
        assert!(!ids.is_empty());
        seen.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, made);
    world.run(&[
        step(
            "GET /Users?filter=title eq \"1\"&startIndex=599&count=5",
            "",
            200,
            &[("totalResults", "600"), ("Resources", "#2")],
        ),
        step("GET /Users?count=100000", "", 200, &[("itemsPerPage", "1000")]),
        step("GET /Users", "", 200, &[("itemsPerPage", "100"), ("totalResults", "1201")]),
    ]);
}

#[test]
fn roles_by_team_are_seen_by_every_query() {
    let mut world =
        World::of("[[role]]\nname = \"LOW\"\nteams = []\n[[role]]\nname = \"HIGH\"\nteams = [\"Founders\"]");
    world.run(&[
        keep(
            "POST /Users",
            r#"{"userName": "ann", "roles": [{"value": "MINE"}]}"#,
            201,
            &[("ann", "id"), ("tag", "meta.version")],
        ),
        step(
            "PUT /Users/{ann}",
            r#"{"userName": "ann", "roles": [{"value": "OTHER"}]}"#,
            200,
            &[("meta.version", "~W/\\\"1-")],
        ),
        step("GET /Users/{ann}", "", 200, &[("roles.value", "\"LOW\"")]),
        step("POST /Groups", r#"{"displayName": "Founders", "members": [{"value": "{ann}"}]}"#, 201, &[]),
        step("GET /Users?attributes=roles", "", 200, &[("Resources.roles.value", "\"HIGH\"")]),
        step("GET /Users/{ann}?attributes=roles", "", 200, &[("roles.value", "\"HIGH\"")]),
        step("GET /Users?excludedAttributes=groups,meta", "", 200, &[("Resources.roles.value", "\"HIGH\"")]),
        step(
            "GET /Users?filter=roles.value eq \"HIGH\"&attributes=userName",
            "",
            200,
            &[("totalResults", "1"), ("Resources.userName", "\"ann\"")],
        ),
        step("GET /Users?sortBy=roles&attributes=roles", "", 200, &[("Resources.roles.value", "\"HIGH\"")]),
    ]);
}

/// A query by an index or an order of the store, and one that asks for the same and has to scan.
const SAME: &[(&str, &str, &str)] = &[
    ("/Users", "filter=userName eq \"B\"", "filter=userName eq \"b\" or userName eq \"b\""),
    ("/Users", "filter=externalId eq \"x1\"", "filter=externalId eq \"x1\" or title eq \"none\""),
    ("/Users", "filter=userName eq \"nobody\"", "filter=userName eq \"nobody\" or title eq \"none\""),
    ("/Users", "startIndex=2&count=3", "startIndex=2&count=3&filter=userName pr"),
    ("/Users", "startIndex=7&count=3", "startIndex=7&count=3&filter=userName pr"),
    ("/Users", "startIndex=9&count=3", "startIndex=9&count=3&filter=userName pr"),
    ("/Users", "count=0", "count=0&filter=userName pr"),
    ("/Users", "sortBy=userName", "sortBy=userName&filter=userName pr"),
    ("/Users", "sortBy=userName&count=2", "sortBy=userName&count=2&filter=userName pr"),
    (
        "/Users",
        "sortBy=userName&sortOrder=descending&startIndex=3&count=2",
        "sortBy=userName&sortOrder=descending&startIndex=3&count=2&filter=userName pr",
    ),
    ("/Groups", "filter=displayName eq \"G\"", "filter=displayName eq \"g\" or displayName eq \"g\""),
    ("/", "startIndex=6&count=4", "startIndex=6&count=4&filter=id pr"),
    ("/", "count=50", "count=50&filter=id pr"),
];

#[test]
fn whatever_way_a_query_goes_the_answer_is_the_same() {
    for world in [World::open(), World::sqlite()] {
        for (place, name) in ["d", "B", "f", "a", "É", "c", "e"].into_iter().enumerate() {
            let body = format!(r#"{{"userName":"{name}","externalId":"x{}"}}"#, place % 3);
            assert_eq!(world.send("POST /Users", &body).status, 201);
        }
        for name in ["G", "h"] {
            assert_eq!(world.send("POST /Groups", &format!(r#"{{"displayName":"{name}"}}"#)).status, 201);
        }
        for (path, quick, slow) in SAME {
            let ask = |query: &str| world.send(&format!("GET {path}?{query}"), "").json().unwrap();
            assert_eq!(ask(quick), ask(slow), "{path}?{quick}");
        }
    }
}

#[test]
fn a_server_says_how_it_found_what_it_answers() {
    let rows = [
        ("/Users?filter=userName eq \"b\"", "User: index userName"),
        ("/Users?filter=title pr and id eq \"b\"", "User: index id, filter"),
        ("/Groups?filter=displayName eq \"b\"", "Group: index displayName, filter"),
        ("/Users?filter=title pr", "User: scan, filter"),
        ("/Users?startIndex=3", "User: order of the store"),
        ("/Users?sortBy=userName", "User: order of userName"),
        ("/Users?sortBy=title", "User: scan, sort"),
        ("/?filter=externalId eq \"b\"", "User: index externalId; Group: index externalId"),
        ("/?filter=userName eq \"b\"", "User: index userName; Group: scan, filter"),
    ];
    let silent = World::open();
    let server = Server::new(rfc(), Arc::new(MemoryStore::new()), Auth::anonymous()).with_plans();
    let telling = World { server, ..World::open() };
    for (query, plan) in rows {
        let query = format!("GET {query}");
        assert_eq!(telling.send(&query, "").headers.get("Scimproof-Plan"), Some(plan), "{query}");
        assert_eq!(silent.send(&query, "").headers.get("Scimproof-Plan"), None);
    }
}

//! Create, read, replace, modify, delete; memberships; names.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::*;

const LIFE: &[Step] = &[
    Step {
        send: "POST /Users",
        body: r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Zoë@x.test","id":"mine","active":true,
            "externalId":"00u1","name":{"givenName":"Zoë","familyName":"Ü"},"password":"pa55","groups":[{"value":"g"}],
            "emails":[{"value":"z@x.test","type":"work","primary":true}],"meta":{"resourceType":"Group"},"nickName":null}"#,
        status: 201,
        want: &[
            ("userName", r#""Zoë@x.test""#),
            ("password", "-"),
            ("groups", "-"),
            ("nickName", "-"),
            ("meta.resourceType", "\"User\""),
            ("meta.location", "~http://scim.test/scim/v2/Users/"),
            ("meta.version", r#""W/\"1\"""#),
            ("header:ETag", r#""W/\"1\"""#),
            ("header:Location", "~http://scim.test/scim/v2/Users/"),
            ("header:Content-Type", "\"application/scim+json\""),
        ],
        save: &[("z", "id"), ("location", "meta.location"), ("created", "meta.created")],
    },
    step(
        "GET /Users/{z}",
        "",
        200,
        &[("id", "\"{z}\""), ("header:Location", "\"{location}\""), ("name.givenName", "\"Zoë\""), ("password", "-")],
    ),
    step("HEAD /Users/{z}", "", 200, &[]),
    step("GET /Users/mine", "", 404, &[]),
    step("GET /Groups/{z}", "", 404, &[]),
    step("POST /Users", r#"{"userName":"ZOË@X.TEST"}"#, 409, &[("scimType", "\"uniqueness\"")]),
    step("POST /Users", r#"{"displayName":"nobody"}"#, 400, &[("scimType", "\"invalidValue\"")]),
    step("POST /Users", r#"{"userName":" edge"}"#, 400, &[("scimType", "\"invalidValue\"")]),
    step("POST /Users", r#"{"userName":"#, 400, &[("scimType", "\"invalidSyntax\"")]),
    step("POST /Users", "[1]", 400, &[("scimType", "\"invalidSyntax\"")]),
    step(
        "PUT /Users/{z}?attributes=userName,emails.type",
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"other","userName":"zoe",
            "emails":[{"value":"z@x.test","type":"home"}]}"#,
        200,
        &[
            ("userName", "\"zoe\""),
            ("emails.type", "\"home\""),
            ("emails.value", "-"),
            ("meta", "-"),
            ("id", "\"{z}\""),
        ],
    ),
    step(
        "GET /Users/{z}",
        "",
        200,
        &[("name", "-"), ("active", "true"), ("meta.created", "\"{created}\""), ("meta.version", r#""W/\"2\"""#)],
    ),
    keep("POST /Users", r#"{"userName":"Zoë@x.test"}"#, 201, &[("y", "id")]),
    step("PUT /Users/{y}", r#"{"userName":"ZOE"}"#, 409, &[("scimType", "\"uniqueness\"")]),
    step(
        "PATCH /Users/{y}",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations":[{"op":"replace","value":{"title":"x","userName":"zoe"}}]}"#,
        409,
        &[("scimType", "\"uniqueness\"")],
    ),
    step("GET /Users/{y}", "", 200, &[("title", "-"), ("meta.version", r#""W/\"1\"""#)]),
    step(
        "PATCH /Users/{y}?excludedAttributes=schemas,meta",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations":[{"op":"Replace","path":"active","value":"False"},{"op":"add","path":"password","value":"n3w"}]}"#,
        200,
        &[("active", "false"), ("password", "-"), ("meta", "-"), ("schemas", "#1")],
    ),
    step(
        "PATCH /Users/{y}",
        r#"{"Operations":[{"op":"remove","path":"userName"}]}"#,
        400,
        &[("scimType", "\"mutability\"")],
    ),
    step("PATCH /Users/{y}", r#"{"Operations":[{"op":"remove"}]}"#, 400, &[("scimType", "\"noTarget\"")]),
    step("PATCH /Users/{y}", r#"{"Operations":[]}"#, 400, &[("scimType", "\"invalidSyntax\"")]),
    step("PATCH /Users/nobody", r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#, 404, &[]),
    step("PUT /Users/nobody", r#"{"userName":"new"}"#, 404, &[]),
    step("DELETE /Users/{y}", "", 204, &[]),
    step("DELETE /Users/{y}", "", 404, &[]),
    step("GET /Users/{y}", "", 404, &[]),
    step("PATCH /Users/{y}", r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#, 404, &[]),
    step("GET /Users", "", 200, &[("totalResults", "1"), ("Resources.id", "\"{z}\"")]),
    step("POST /Users", r#"{"userName":"Zoë@x.test"}"#, 201, &[]),
];

const MEMBERS: &[Step] = &[
    keep("POST /Users", r#"{"userName":"ann","displayName":"Ann Ä"}"#, 201, &[("a", "id")]),
    keep("POST /Users", r#"{"userName":"bob"}"#, 201, &[("b", "id")]),
    Step {
        send: "POST /Groups",
        body: r#"{"displayName":"green","members":[{"value":"{a}"},{"value":"{a}"}]}"#,
        status: 201,
        want: &[
            ("members", "#1"),
            ("members.display", "\"Ann Ä\""),
            ("members.type", "\"User\""),
            ("members.$ref", "\"http://scim.test/scim/v2/Users/{a}\""),
        ],
        save: &[("g", "id")],
    },
    step(
        "POST /Groups",
        r#"{"displayName":"green","members":[{"value":"zz"}]}"#,
        400,
        &[("scimType", "\"invalidValue\"")],
    ),
    step("POST /Groups", r#"{"members":[]}"#, 400, &[("scimType", "\"invalidValue\"")]),
    Step {
        send: "POST /Groups",
        body: r#"{"displayName":"outer","members":[{"value":"{g}"},{"value":"{b}"}]}"#,
        status: 201,
        want: &[("members[type eq \"Group\"].value", "\"{g}\"")],
        save: &[("o", "id")],
    },
    step(
        "GET /Users/{a}",
        "",
        200,
        &[
            ("groups", "#1"),
            ("groups.value", "\"{g}\""),
            ("groups.display", "\"green\""),
            ("groups.type", "\"direct\""),
            ("groups.$ref", "\"http://scim.test/scim/v2/Groups/{g}\""),
        ],
    ),
    step(
        "PATCH /Groups/{g}",
        r#"{"Operations":[{"op":"add","path":"members","value":[{"value":"{b}"},{"value":"{a}"}]}]}"#,
        200,
        &[("members", "#2"), ("meta.version", r#""W/\"2\"""#)],
    ),
    step(
        "PATCH /Groups/{g}",
        r#"{"Operations":[{"op":"add","value":{"members":[{"value":"{b}"}]}}]}"#,
        200,
        &[("members", "#2"), ("meta.version", r#""W/\"2\"""#)],
    ),
    step(
        "PATCH /Groups/{g}",
        r#"{"Operations":[{"op":"remove","path":"members[value eq \"{a}\"]"},{"op":"replace","value":{"id":"{g}","displayName":"Grün"}}]}"#,
        200,
        &[("members.value", "\"{b}\""), ("displayName", "\"Grün\"")],
    ),
    step("GET /Users/{b}", "", 200, &[("groups", "#2"), ("groups[value eq \"{g}\"].display", "\"Grün\"")]),
    step("GET /Groups/{g}?excludedAttributes=members", "", 200, &[("members", "-"), ("displayName", "\"Grün\"")]),
    step("GET /Groups/{g}?attributes=members.value", "", 200, &[("members.value", "\"{b}\""), ("members.type", "-")]),
    step(
        "PATCH /Groups/{g}",
        r#"{"Operations":[{"op":"add","path":"displayName","value":"x"},{"op":"add","path":"members","value":[{"value":"zz"}]}]}"#,
        400,
        &[("scimType", "\"invalidValue\"")],
    ),
    step(
        "GET /Groups/{g}",
        "",
        200,
        &[("displayName", "\"Grün\""), ("members", "#1"), ("meta.version", r#""W/\"3\"""#)],
    ),
    step(
        "PATCH /Groups/{g}",
        r#"{"Operations":[{"op":"remove","path":"members[display eq \"bob\"]"},{"op":"add","path":"members","value":{"value":"{a}"}}]}"#,
        200,
        &[("members.value", "\"{a}\"")],
    ),
    step(
        "PUT /Groups/{g}",
        r#"{"displayName":"Grün","members":[{"value":"{b}","display":"B","type":"User"}]}"#,
        200,
        &[("members.value", "\"{b}\""), ("members.display", "\"B\"")],
    ),
    step(
        "PATCH /Groups/{o}",
        r#"{"Operations":[{"op":"remove","path":"members","value":[{"value":"{g}"}]}]}"#,
        200,
        &[("members.value", "\"{b}\"")],
    ),
    step("DELETE /Users/{b}", "", 204, &[]),
    step("GET /Groups/{g}", "", 200, &[("members", "-")]),
    step("GET /Groups/{o}", "", 200, &[("members", "-")]),
    step(
        "PATCH /Groups/{o}",
        r#"{"Operations":[{"op":"add","path":"members","value":[{"value":"{o}"}]}]}"#,
        200,
        &[("members.value", "\"{o}\"")],
    ),
    step("GET /Groups/{o}", "", 200, &[("members.display", "\"outer\"")]),
    step("DELETE /Groups/{o}", "", 204, &[]),
    step("PUT /Groups/{g}", r#"{"displayName":"Grün"}"#, 200, &[("members", "-")]),
];

#[test]
fn resources_live_and_die_in_both_stores() {
    for steps in [LIFE, MEMBERS] {
        World::open().run(steps);
        World::sqlite().run(steps);
    }
}

#[test]
fn what_changes_nothing_leaves_version_and_time() {
    let second = AtomicI64::new(0);
    let mut world = World::open();
    world.server = world.server.with_clock(move || {
        let tick = second.fetch_add(1, Ordering::Relaxed);
        OffsetDateTime::from_unix_timestamp(1_700_000_000 + tick).unwrap()
    });
    world.run(&[
        keep("POST /Users", r#"{"userName":"ann","title":"x"}"#, 201, &[("a", "id"), ("time", "meta.lastModified")]),
        step(
            "PATCH /Users/{a}",
            r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#,
            200,
            &[("meta.lastModified", "\"{time}\""), ("meta.version", r#""W/\"1\"""#)],
        ),
        step("PUT /Users/{a}", r#"{"title":"x","userName":"ann"}"#, 200, &[("meta.lastModified", "\"{time}\"")]),
        step(
            "PATCH /Users/{a}",
            r#"{"Operations":[{"op":"replace","path":"title","value":"y"}]}"#,
            200,
            &[("meta.version", r#""W/\"2\"""#), ("meta.created", "\"{time}\"")],
        ),
        step("GET /Users?filter=meta.lastModified gt \"{time}\"", "", 200, &[("totalResults", "1")]),
    ]);
}

#[test]
fn the_plain_read_shows_what_the_default_projection_shows() {
    let mut world = World::open();
    world.run(&MEMBERS[..8]);
    for path in ["/Users/{a}", "/Groups/{g}", "/Groups/{o}"] {
        let plain = world.send(&format!("GET {path}"), "").json().unwrap();
        let projected = world.send(&format!("GET {path}?excludedAttributes=nothing"), "").json().unwrap();
        assert_eq!(plain, projected);
    }
}

#[test]
fn patches_side_by_side_lose_nothing() {
    for mut world in [World::open(), World::sqlite()] {
        world.run(&[keep("POST /Groups", r#"{"displayName":"g"}"#, 201, &[("g", "id")])]);
        let world = &world;
        let created = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for n in 0..8 {
                let created = &created;
                scope.spawn(move || {
                    let made = world.send("POST /Users", &format!(r#"{{"userName":"u{n}"}}"#));
                    let id = made.json().unwrap()["id"].as_str().unwrap().to_owned();
                    let patch =
                        format!(r#"{{"Operations":[{{"op":"add","path":"members","value":[{{"value":"{id}"}}]}}]}}"#);
                    assert_eq!(world.send("PATCH /Groups/{g}", &patch).status, 200);
                    match world.send("POST /Users", r#"{"userName":"same"}"#).status {
                        201 => _ = created.fetch_add(1, Ordering::Relaxed),
                        status => assert_eq!(status, 409),
                    }
                });
            }
        });
        assert_eq!(found(&world.send("GET /Groups/{g}", ""), "members").len(), 8);
        assert_eq!(created.into_inner(), 1, "one name, one user");
    }
}

#[test]
fn a_large_group_is_changed_by_its_few_named_members() {
    let mut world = World::of("[switches]\ngroup_patch_answer = \"no-content\"");
    world.run(&[keep("POST /Groups", r#"{"displayName":"large"}"#, 201, &[("g", "id")])]);
    for block in 0..4 {
        let ids: Vec<String> = (0..500)
            .map(|n| {
                let made = world.send("POST /Users", &format!(r#"{{"userName":"m{block}-{n}"}}"#));
                made.json().unwrap()["id"].as_str().unwrap().to_owned()
            })
            .collect();
        let add = |id: &String| format!(r#"{{"op":"add","path":"members","value":[{{"value":"{id}"}}]}}"#);
        let remove = |id: &String| format!(r#"{{"op":"remove","path":"members[value eq \"{id}\"]"}}"#);
        let operations: Vec<String> = ids.iter().map(add).chain(ids.iter().take(100).map(remove)).collect();
        let patch = format!(r#"{{"Operations":[{}]}}"#, operations.join(","));
        assert_eq!(world.send("PATCH /Groups/{g}", &patch).status, 204);
        // Again: what is there already, or gone already, changes nothing.
        let again: Vec<String> = ids.iter().skip(100).map(add).chain(ids.iter().take(100).map(remove)).collect();
        assert_eq!(world.send("PATCH /Groups/{g}", &format!(r#"{{"Operations":[{}]}}"#, again.join(","))).status, 204);
    }
    let group = world.send("GET /Groups/{g}", "");
    assert_eq!(found(&group, "members").len(), 1600);
    world.check(&group, "meta.version", r#""W/\"5\"""#, "four changes after the creation");
}

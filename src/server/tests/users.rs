//! What `profile.users` makes of users, one table of requests for each switch.

use super::*;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A server of `rfc` with this `[users]` table, in both stores.
fn both(users: &str, steps: &[Step]) {
    let profile = rfc_with(&format!("[users]\n{users}"));
    World::new(profile.clone(), Auth::anonymous()).run(steps);
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("scim.db")).unwrap());
    let server = Server::new(profile, store, Auth::anonymous());
    World { server, names: HashMap::new(), _folder: Some(folder) }.run(steps);
}

/// A row of `user_names`: the setting, names that are taken, names that are not.
type Names = (&'static str, &'static [&'static str], &'static [&'static str]);

#[test]
fn user_names_have_the_declared_alphabet() {
    let mail = ["erika.m@example.test", "erika#1", "erika$", "erika m", "erika-m", "erika_m", "erika.m"];
    let table: [Names; 4] = [
        ("any", &["erika.m@example.test", "erika#1", "erika m", "é", "Ａ"], &[" erika", "a\u{200B}b"]),
        ("alphanumeric", &["ErikaM", "1erika", "7"], &["é", "ß", "Ａ", "erika\u{0301}"]),
        ("lower-alphanumeric", &["erikam", "e1"], &["ErikaM", "1erika", "é", "ß"]),
        ("unicode-alphanumeric", &["ErikaM", "é", "ß", "Ａ", "Ⅷ", "эрика"], &["e\u{0301}-", "🦀"]),
    ];
    for (setting, good, bad) in table {
        let world = World::of(&format!("[users]\nuser_names = \"{setting}\""));
        let bad = bad.iter().chain(mail.iter().filter(|_| setting != "any"));
        let create = |name: &str| world.send("POST /Users", &format!(r#"{{"userName":"{name}"}}"#));
        let held = create("base0").json().unwrap()["id"].as_str().unwrap().to_owned();
        for name in good {
            assert_eq!(create(name).status, 201, "{setting}: {name}");
        }
        let count = |world: &World| world.send("GET /Users?count=0", "").json().unwrap()["totalResults"].clone();
        let before = count(&world);
        for name in bad {
            let put = world.send(&format!("PUT /Users/{held}"), &format!(r#"{{"userName":"{name}"}}"#));
            let operations = format!(r#"{{"Operations":[{{"op":"replace","path":"userName","value":"{name}"}}]}}"#);
            let patch = world.send(&format!("PATCH /Users/{held}"), &operations);
            let bulk = format!(
                r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{"method":"POST","path":"/Users","bulkId":"1","data":{{"userName":"{name}"}}}}]}}"#
            );
            let bulk = world.send("POST /Bulk", &bulk).json().unwrap()["Operations"][0]["status"].clone();
            assert_eq!(bulk, "400", "{setting}: {name}");
            for answer in [create(name), put, patch] {
                let body = answer.json().unwrap();
                assert_eq!(
                    (answer.status, &body["scimType"]),
                    (400, &Value::from("invalidValue")),
                    "{setting}: {name}"
                );
            }
        }
        assert_eq!(count(&world), before, "{setting}");
        let read = world.send(&format!("GET /Users/{held}"), "").json().unwrap();
        assert_eq!(read["userName"], "base0");
    }
}

const STORED: &str = r#"stored = ["userName", "active", "name.givenName", "emails", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"]"#;

#[test]
fn what_is_not_stored_is_dropped_without_an_error() {
    both(
        STORED,
        &[
            Step {
                send: "POST /Users",
                body: r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann","title":"T","nickName":"N",
                    "name":{"givenName":"Ann","familyName":"Berg"},"password":"s3cret","roles":[{"value":"admin"}],
                    "emails":[{"value":"a@x.test","type":"work"},{"value":"b@x.test","primary":true}],
                    "addresses":[{"type":"work","country":"Norway"}],
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","costCenter":"C"}}"#,
                status: 201,
                want: &[
                    ("title", "-"),
                    ("nickName", "-"),
                    ("addresses", "-"),
                    ("roles", "-"),
                    ("name.givenName", "\"Ann\""),
                    ("name.familyName", "-"),
                    ("emails", "#2"),
                    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "\"D\""),
                    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", "-"),
                    ("schemas", "#2"),
                    ("meta.version", r#""W/\"1\"""#),
                ],
                save: &[("ann", "id")],
            },
            // Nothing of these is stored, so nothing changes, and that is no error.
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"replace","path":"title","value":"X"},{"op":"add","path":"password","value":"p"},
                    {"op":"remove","path":"addresses[type eq \"home\"]"},
                    {"op":"replace","path":"addresses[primary eq true].country","value":"Chile"},
                    {"op":"replace","path":"name.familyName","value":"Holm"},
                    {"op":"add","value":{"nickName":"x","userType":"y"}}]}"#,
                200,
                &[("title", "-"), ("name.familyName", "-"), ("meta.version", r#""W/\"1\"""#)],
            ),
            // What is stored is still checked and changed, beside what is not.
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"replace","path":"addresses[primary eq true].country","value":"Chile"},
                    {"op":"replace","path":"name.givenName","value":"Anna"}]}"#,
                200,
                &[("addresses", "-"), ("name.givenName", "\"Anna\""), ("meta.version", r#""W/\"2\"""#)],
            ),
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"replace","path":"emails[display eq \"nobody\" and type pr].value","value":"z"}]}"#,
                400,
                &[("scimType", "\"noTarget\"")],
            ),
            step(
                "PUT /Users/{ann}",
                r#"{"userName":"ann","title":"T","name":{"familyName":"B"},"active":true}"#,
                200,
                &[("title", "-"), ("name", "-"), ("emails", "-"), ("active", "true"), ("schemas", "#1")],
            ),
            step("GET /Users/{ann}", "", 200, &[("title", "-"), ("name", "-"), ("userName", "\"ann\"")]),
            step("GET /Users?filter=title eq \"T\"", "", 200, &[("totalResults", "0")]),
            step("GET /Users?filter=userName eq \"ann\" and active eq true", "", 200, &[("totalResults", "1")]),
        ],
    );
}

#[test]
fn schemas_list_what_is_stored_required_and_unique() {
    let attribute = |name: &str| format!("attributes[name eq \"{name}\"].name");
    let world = World::of(&format!(
        "[users]\nrenaming = \"refused\"\nrequired = [\"name.givenName\"]\n{STORED}\n[[users.unique]]\nattribute = \"emails.value\""
    ));
    let user = world.send(&format!("GET /Schemas/{USER}"), "");
    for (name, there) in
        [("userName", true), ("active", true), ("name", true), ("emails", true), ("groups", true), ("title", false)]
    {
        assert_eq!(!found(&user, &attribute(name)).is_empty(), there, "{name}");
    }
    for (at, wanted) in [
        ("attributes[name eq \"name\"].subAttributes.name", "\"givenName\""),
        ("attributes[name eq \"name\"].subAttributes[name eq \"givenName\"].required", "true"),
        ("attributes[name eq \"emails\"].subAttributes[name eq \"value\"].uniqueness", "\"server\""),
        ("attributes[name eq \"userName\"].mutability", "\"immutable\""),
    ] {
        world.check(&user, at, wanted, "the user schema");
    }
    let enterprise = world.send("GET /Schemas/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "");
    world.check(&enterprise, "attributes.name", "\"department\"", "the extension");
    let bare = World::of("[users]\nstored = [\"userName\"]");
    assert_eq!(bare.send("GET /Schemas/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "").status, 404);
    let kind = bare.send("GET /ResourceTypes/User", "");
    bare.check(&kind, "schemaExtensions", "#0", "nothing of the extension is stored");
}

#[test]
fn of_several_values_the_primary_or_the_first_is_kept() {
    both(
        "values = \"primary\"",
        &[
            Step {
                send: "POST /Users",
                body: r#"{"userName":"ann","emails":[{"value":"a@x.test"},{"value":"b@x.test","primary":true}],
                    "phoneNumbers":[{"value":"1","type":"home"},{"value":"2","type":"work"}]}"#,
                status: 201,
                want: &[("emails.value", "\"b@x.test\""), ("phoneNumbers.value", "\"1\"")],
                save: &[("ann", "id")],
            },
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"add","path":"emails","value":[{"value":"c@x.test","primary":true}]}]}"#,
                200,
                &[("emails.value", "\"c@x.test\"")],
            ),
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"add","path":"emails","value":[{"value":"d@x.test"}]}]}"#,
                200,
                &[("emails.value", "\"c@x.test\"")],
            ),
        ],
    );
}

#[test]
fn unique_values_are_held_by_one_user_active_or_not() {
    both(
        "[[users.unique]]\nattribute = \"emails.value\"\n[[users.unique]]\nattribute = \"externalId\"\ncase_exact = true",
        &[
            keep(
                "POST /Users",
                r#"{"userName":"ann","externalId":"X","active":true,"emails":[{"value":"Ann+tag@X.test","type":"home"},
                    {"value":"ann+tag@x.test","primary":true}]}"#,
                201,
                &[("ann", "id")],
            ),
            // Any stored value counts, in any case; the tag counts too (PROP-UNIQ-13).
            step(
                "POST /Users",
                r#"{"userName":"bob","emails":[{"value":"b@x.test"},{"value":"ANN+TAG@x.TEST"}]}"#,
                409,
                &[("scimType", "\"uniqueness\""), ("detail", "~emails.value")],
            ),
            step("GET /Users?filter=userName eq \"bob\"", "", 200, &[("totalResults", "0")]),
            keep(
                "POST /Users",
                r#"{"userName":"bob","externalId":"x","emails":[{"value":"ann@x.test"}]}"#,
                201,
                &[("bob", "id")],
            ),
            step("POST /Users", r#"{"userName":"cid","externalId":"x"}"#, 409, &[("detail", "~externalId")]),
            step("PUT /Users/{bob}", r#"{"userName":"bob","emails":[{"value":"ann+tag@x.test"}]}"#, 409, &[]),
            step(
                "PATCH /Users/{bob}",
                r#"{"Operations":[{"op":"add","path":"emails","value":[{"value":"ann+tag@x.test"}]}]}"#,
                409,
                &[("scimType", "\"uniqueness\"")],
            ),
            step(
                "POST /Bulk",
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"d1","emails":[{"value":"d@x"}]}},
                    {"method":"POST","path":"/Users","bulkId":"2","data":{"userName":"d2","emails":[{"value":"D@x"}]}}]}"#,
                200,
                &[("Operations[bulkId eq \"1\"].status", "\"201\""), ("Operations[bulkId eq \"2\"].status", "\"409\"")],
            ),
            step(
                "PATCH /Users/{ann}",
                r#"{"Operations":[{"op":"replace","path":"active","value":false}]}"#,
                200,
                &[("active", "false")],
            ),
            // Deactivated, still held (CATALYTIC-016); the way out is to change it.
            step("POST /Users", r#"{"userName":"eve","emails":[{"value":"ann+tag@x.test"}]}"#, 409, &[]),
            step("GET /Users/{ann}", "", 200, &[("active", "false"), ("emails", "#2")]),
            step(
                "PUT /Users/{ann}",
                r#"{"userName":"ann","emails":[{"value":"new@x.test"}]}"#,
                200,
                &[("active", "false")],
            ),
            step("POST /Users", r#"{"userName":"eve","emails":[{"value":"ann+tag@x.test"}]}"#, 201, &[]),
            step("DELETE /Users/{ann}", "", 204, &[]),
            step("POST /Users", r#"{"userName":"fay","emails":[{"value":"new@x.test"}]}"#, 201, &[]),
        ],
    );
}

#[test]
fn names_of_deactivated_users_are_taken_or_bring_them_back() {
    let deactivated = [
        keep("POST /Users", r#"{"userName":"ann","title":"T","emails":[{"value":"a@x.test"}]}"#, 201, &[("ann", "id")]),
        step("POST /Users", r#"{"userName":"ANN"}"#, 409, &[]),
        step(
            "PATCH /Users/{ann}",
            r#"{"Operations":[{"op":"replace","path":"active","value":false}]}"#,
            200,
            &[("active", "false")],
        ),
    ];
    both("", &deactivated);
    let taken = [step("POST /Users", r#"{"userName":"Ann"}"#, 409, &[("scimType", "\"uniqueness\"")])];
    let back = [
        step(
            "POST /Users",
            r#"{"userName":"Ann","nickName":"N","externalId":"1"}"#,
            200,
            &[
                ("id", "\"{ann}\""),
                ("active", "true"),
                ("userName", "\"Ann\""),
                ("title", "-"),
                ("header:Location", "~/Users/{ann}"),
            ],
        ),
        step("POST /Users", r#"{"userName":"ann"}"#, 409, &[("scimType", "\"uniqueness\"")]),
        step("GET /Users", "", 200, &[("totalResults", "1")]),
    ];
    for (setting, then) in [("taken", taken.as_slice()), ("reactivates", back.as_slice())] {
        let mut world = World::of(&format!("[users]\ndeactivated_names = \"{setting}\""));
        world.run(&deactivated);
        world.run(then);
    }
    // Of another name with the same address nobody is made (PROP-UNIQ-14).
    let mut world =
        World::of("[users]\ndeactivated_names = \"reactivates\"\n[[users.unique]]\nattribute = \"emails.value\"");
    world.run(&deactivated);
    world.run(&[step("POST /Users", r#"{"userName":"bob","emails":[{"value":"A@x.test"}]}"#, 409, &[])]);
}

#[test]
fn renaming_deletion_put_and_listing_are_as_declared() {
    const ANN: Step =
        keep("POST /Users", r#"{"userName":"ann","active":false,"name":{"givenName":"A"}}"#, 201, &[("ann", "id")]);
    const RENAME: &str = r#"{"Operations":[{"op":"replace","path":"userName","value":"bea"}]}"#;
    const SPELL: &str = r#"{"Operations":[{"op":"replace","path":"userName","value":"ANN"}]}"#;
    const MUTABILITY: &[(&str, &str)] = &[("scimType", "\"mutability\"")];
    const PUT: &str = r#"{"userName":"ann","name":{"givenName":"B"}}"#;
    let table: &[(&str, &[Step])] = &[
        ("renaming = \"allowed\"", &[step("PATCH /Users/{ann}", RENAME, 200, &[("userName", "\"bea\"")])]),
        (
            "renaming = \"refused\"",
            &[
                step("PATCH /Users/{ann}", RENAME, 400, MUTABILITY),
                step("PUT /Users/{ann}", r#"{"userName":"bea"}"#, 400, MUTABILITY),
                step("PATCH /Users/{ann}", SPELL, 200, &[("userName", "\"ANN\"")]),
            ],
        ),
        ("deletion = \"hard\"", &[step("DELETE /Users/{ann}", "", 204, &[]), step("GET /Users/{ann}", "", 404, &[])]),
        (
            "put_without_active = \"activates\"\ndeletion = \"soft\"",
            &[
                step("PUT /Users/{ann}", PUT, 200, &[("active", "true")]),
                step("DELETE /Users/{ann}", "", 204, &[]),
                step("GET /Users/{ann}", "", 200, &[("active", "false"), ("name.givenName", "\"B\"")]),
                step("DELETE /Users/{ann}", "", 204, &[]),
                step("DELETE /Users/nobody", "", 404, &[]),
                step("POST /Users", r#"{"userName":"ann"}"#, 409, &[]),
            ],
        ),
        (
            "deletion = \"none\"",
            &[
                step("DELETE /Users/{ann}", "", 501, &[]),
                step("GET /Users/{ann}", "", 200, &[]),
                keep("POST /Groups", r#"{"displayName":"g"}"#, 201, &[("g", "id")]),
                step("DELETE /Groups/{g}", "", 204, &[]),
            ],
        ),
        (
            "put_without_active = \"unchanged\"",
            &[step("PUT /Users/{ann}", PUT, 200, &[("active", "false"), ("name.givenName", "\"B\"")])],
        ),
        (
            "put_without_active = \"refused\"",
            &[
                step("PUT /Users/{ann}", PUT, 400, &[("scimType", "\"invalidValue\"")]),
                step("GET /Users/{ann}", "", 200, &[("name.givenName", "\"A\"")]),
                step("PUT /Users/{ann}", r#"{"userName":"ann","active":true}"#, 200, &[("active", "true")]),
                step("POST /Users", r#"{"userName":"cid"}"#, 201, &[]),
            ],
        ),
        ("listing = \"all\"", &[step("GET /Users", "", 200, &[("totalResults", "1"), ("Resources.id", "\"{ann}\"")])]),
        (
            "listing = \"empty\"",
            &[
                step(
                    "GET /Users?startIndex=1&count=2",
                    "",
                    200,
                    &[("totalResults", "0"), ("schemas", "~ListResponse"), ("Resources", "#0")],
                ),
                step("GET /Users?sortBy=userName", "", 200, &[("totalResults", "0")]),
                step(
                    "POST /Users/.search",
                    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}"#,
                    200,
                    &[("totalResults", "0")],
                ),
                keep("POST /Groups", r#"{"displayName":"g"}"#, 201, &[("g", "id")]),
                step("GET /", "", 200, &[("Resources.id", "\"{g}\"")]),
                step("GET /Users?filter=userName eq \"ann\"", "", 200, &[("Resources.id", "\"{ann}\"")]),
                step("GET /Users/{ann}", "", 200, &[]),
            ],
        ),
        (
            "required = [\"name.givenName\"]",
            &[
                step(
                    "POST /Users",
                    r#"{"userName":"bob","name":{"familyName":"B"}}"#,
                    400,
                    &[("detail", "~givenName")],
                ),
                step("PUT /Users/{ann}", r#"{"userName":"ann"}"#, 400, &[("scimType", "\"invalidValue\"")]),
                step("PATCH /Users/{ann}", r#"{"Operations":[{"op":"remove","path":"name"}]}"#, 400, &[]),
                step("GET /Users/{ann}", "", 200, &[("name.givenName", "\"A\"")]),
            ],
        ),
    ];
    for (users, steps) in table {
        let mut world = World::of(&format!("[users]\n{users}"));
        world.run(&[ANN]);
        world.run(steps);
    }
}

#[test]
fn one_address_for_many_names_at_once_is_given_once() {
    let world = World::of("[[users.unique]]\nattribute = \"emails.value\"");
    for round in 0..20 {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let send = |writer: usize| {
                let mail =
                    if writer.is_multiple_of(2) { format!("a{round}@x.test") } else { format!("A{round}@X.test") };
                let body = format!(r#"{{"userName":"u{round}-{writer}","emails":[{{"value":"{mail}"}}]}}"#);
                world.send("POST /Users", &body).status
            };
            let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || send(writer))).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let made = statuses.iter().filter(|status| **status == 201).count();
        let refused = statuses.iter().filter(|status| **status == 409).count();
        assert_eq!((made, refused), (1, 3), "{statuses:?}");
    }
}

#[test]
fn users_of_before_the_rule_keep_their_names() {
    let store: Arc<dyn crate::store::Store> = Arc::new(MemoryStore::new());
    let before = Server::new(rfc(), Arc::clone(&store), Auth::anonymous());
    let mut world = World { server: before, names: HashMap::new(), _folder: None };
    world.run(&[keep("POST /Users", r#"{"userName":"erika.m@example.test","title":"T"}"#, 201, &[("erika", "id")])]);
    let strict = rfc_with("[users]\nuser_names = \"alphanumeric\"\nrequired = [\"emails\"]");
    world.server = Server::new(strict, store, Auth::anonymous());
    world.run(&[
        step(
            "PATCH /Users/{erika}",
            r#"{"Operations":[{"op":"replace","path":"active","value":false}]}"#,
            200,
            &[("active", "false"), ("userName", "\"erika.m@example.test\"")],
        ),
        step(
            "PATCH /Users/{erika}",
            r#"{"Operations":[{"op":"replace","path":"userName","value":"erika.x"}]}"#,
            400,
            &[("scimType", "\"invalidValue\"")],
        ),
    ]);
}

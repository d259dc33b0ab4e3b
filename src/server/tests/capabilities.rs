//! Switches: what is off is said to be off, and is.

use super::*;

const USER: Step = Step {
    send: "POST /Users",
    body: r#"{"userName":"ann","title":"x"}"#,
    status: 201,
    want: &[],
    save: &[("a", "id")],
};
const PATCH: &str = r#"{"Operations":[{"op":"replace","path":"title","value":"y"}]}"#;

#[test]
fn a_capability_that_is_off_is_off() {
    let rows: &[(&str, &[Step])] = &[
        (
            "patch = false",
            &[USER, step("PATCH /Users/{a}", PATCH, 501, &[]), step("GET /Users/{a}", "", 200, &[("title", "\"x\"")])],
        ),
        ("bulk = false", &[step("POST /Bulk", "{}", 501, &[])]),
        (
            "filter = false",
            &[
                USER,
                step("GET /Users?filter=title eq \"x\"", "", 501, &[]),
                step("GET /Users/{a}?filter=title eq \"x\"", "", 501, &[]),
                step("GET /Users", "", 200, &[("totalResults", "1")]),
            ],
        ),
        (
            "sort = false",
            &[
                step("POST /Users", r#"{"userName":"zed"}"#, 201, &[]),
                USER,
                step("GET /Users?sortBy=userName", "", 200, &[("/Resources/0/userName", "\"zed\"")]),
            ],
        ),
        (
            "etag = false",
            &[
                USER,
                step("GET /Users/{a}\nIf-None-Match: *", "", 200, &[("header:ETag", "-"), ("meta.version", "-")]),
                step("PATCH /Users/{a}\nIf-Match: W/\"99\"", PATCH, 200, &[("title", "\"y\"")]),
            ],
        ),
        (
            "change_password = false",
            &[
                step("POST /Users", r#"{"userName":"new","password":"x"}"#, 201, &[]),
                USER,
                step(
                    "PATCH /Users/{a}",
                    r#"{"Operations":[{"op":"replace","path":"password","value":"y"}]}"#,
                    400,
                    &[("scimType", "\"mutability\"")],
                ),
                step("PUT /Users/{a}", r#"{"userName":"ann","password":"y"}"#, 400, &[("scimType", "\"mutability\"")]),
                step("PUT /Users/{a}", r#"{"userName":"ann","title":"z"}"#, 200, &[]),
            ],
        ),
        (
            "groups = false",
            &[
                step("GET /Groups", "", 404, &[]),
                step("POST /Groups", r#"{"displayName":"g"}"#, 404, &[]),
                step("GET /ResourceTypes", "", 200, &[("Resources.name", "\"User\"")]),
                step("GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", "", 404, &[]),
                step("GET /", "", 200, &[("totalResults", "0")]),
            ],
        ),
        ("me = false", &[step("GET /Me", "", 501, &[])]),
    ];
    for (off, steps) in rows {
        let mut world = World::of(&format!("[capabilities]\n{off}"));
        world.run(steps);
        let name = match off.split(' ').next().unwrap() {
            "change_password" => "changePassword",
            other => other,
        };
        let config = world.send("GET /ServiceProviderConfig", "").json().unwrap();
        if let Some(capability) = config.get(name) {
            assert_eq!(capability["supported"], false, "{name}");
        }
    }
}

#[test]
fn switches_change_what_the_standard_leaves_open() {
    World::of("[switches]\npatch_answer = \"no-content\"").run(&[
        USER,
        step("PATCH /Users/{a}", PATCH, 204, &[("header:ETag", r#""W/\"2\"""#)]),
        step("PATCH /Users/{a}?attributes=title", PATCH, 200, &[("title", "\"y\"")]),
    ]);
    World::of("[switches]\ngroup_name_unique = true").run(&[
        step("POST /Groups", r#"{"displayName":"Team"}"#, 201, &[]),
        step("POST /Groups", r#"{"displayName":"TEAM"}"#, 409, &[("scimType", "\"uniqueness\"")]),
        step("POST /Users", r#"{"userName":"Team"}"#, 201, &[]),
    ]);
    World::of("[switches]\nunknown_members = \"keep\"").run(&[
        Step {
            send: "POST /Groups",
            body: r#"{"displayName":"g","members":[{"value":"zz"}]}"#,
            status: 201,
            want: &[("members.value", "\"zz\""), ("members.$ref", "-")],
            save: &[("g", "id")],
        },
        step(
            "PATCH /Groups/{g}",
            r#"{"Operations":[{"op":"add","path":"members","value":[{"value":"yy"}]}]}"#,
            200,
            &[("members", "#2")],
        ),
    ]);
    World::of("[switches]\npublic_config = false").run(&[step("GET /ServiceProviderConfig", "", 200, &[])]);
    let mut closed = rfc();
    closed.switches.public_config = false;
    World::new(closed, Auth::bearer(token())).run(&[step("GET /ServiceProviderConfig", "", 401, &[])]);
}

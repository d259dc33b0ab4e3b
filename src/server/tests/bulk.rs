//! Bulk (`RFC7644 §3.7`).

use super::*;

/// A job with these operations and this tail.
macro_rules! job {
    ($operations:literal) => {
        concat!(r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":["#, $operations, "]}")
    };
    ($operations:literal, $tail:literal) => {
        concat!(
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"#,
            $tail,
            r#","Operations":["#,
            $operations,
            "]}"
        )
    };
}

#[test]
fn operations_are_performed_as_if_they_came_alone() {
    for mut world in [World::open(), World::sqlite()] {
        world.run(&[
            Step {
                send: "POST /Bulk",
                body: job!(
                    r#"{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"G","members":[{"value":"bulkId:u"}]}},
                       {"method":"post","path":"/Users","bulkId":"u","data":{"userName":"ann"}},
                       {"method":"POST","path":"/Users","bulkId":"v","data":{"userName":"ANN"}},
                       {"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[{"op":"add","path":"title","value":"t"}]}},
                       {"method":"PATCH","path":"/Groups/bulkId:w","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:u\"]"}]}},
                       {"method":"POST","path":"/Groups","bulkId":"w","data":{"displayName":"W","members":[{"value":"bulkId:u"}]}}"#
                ),
                status: 200,
                want: &[
                    ("schemas", "~BulkResponse"),
                    ("failOnErrors", "-"),
                    ("/Operations/0/status", "\"201\""),
                    ("/Operations/0/bulkId", "\"g\""),
                    ("/Operations/0/method", "\"POST\""),
                    ("/Operations/0/version", r#""W/\"1\"""#),
                    ("/Operations/0/location", "~http://scim.test/scim/v2/Groups/"),
                    ("/Operations/1/status", "\"201\""),
                    ("/Operations/2/status", "\"409\""),
                    ("/Operations/2/location", "-"),
                    ("/Operations/2/response/scimType", "\"uniqueness\""),
                    ("/Operations/2/response/status", "\"409\""),
                    ("/Operations/3/status", "\"200\""),
                    ("/Operations/4/status", "\"200\""),
                    ("/Operations/5/status", "\"201\""),
                ],
                save: &[("ann", "/Operations/1/location")],
            },
            step("GET /Users", "", 200, &[("totalResults", "1"), ("Resources.title", "\"t\""), ("Resources.groups.display", "\"G\"")]),
            Step {
                send: "POST /Bulk",
                body: job!(
                    r#"{"method":"PUT","path":"/Users/nobody","data":{"userName":"x"}},
                       {"method":"POST","path":"/Users","data":{"userName":"x"}},
                       {"method":"POST","path":"/Users","bulkId":"1"},
                       {"method":"POST","path":"/Users/x","bulkId":"2","data":{}},
                       {"method":"DELETE","path":"/Nothing/x"},
                       {"method":"POST","path":"/Groups","bulkId":"3","data":{"displayName":"X","members":[{"value":"bulkId:missing"}]}},
                       {"method":"POST","path":"/Users","bulkId":"4","data":{"userName":"y"}}"#
                ),
                status: 200,
                want: &[
                    ("/Operations/0/status", "\"404\""),
                    ("/Operations/0/location", "\"http://scim.test/scim/v2/Users/nobody\""),
                    ("/Operations/1/status", "\"400\""),
                    ("/Operations/2/status", "\"400\""),
                    ("/Operations/3/status", "\"400\""),
                    ("/Operations/4/status", "\"404\""),
                    ("/Operations/5/status", "\"409\""),
                    ("/Operations/6/status", "\"201\""),
                ],
                save: &[],
            },
        ]);
        let id = world.names["ann"].rsplit_once('/').unwrap().1.to_owned();
        world.names.insert("a".into(), id);
        world.run(&[
            step(
                "POST /Bulk",
                job!(
                    r#"{"method":"PUT","path":"/Users/{a}","version":"W/\"1\"","data":{"userName":"ann","title":"late"}},
                       {"method":"DELETE","path":"/Users/{a}","version":"W/\"1\""},
                       {"method":"DELETE","path":"/Users/{a}"}"#
                ),
                200,
                &[("Operations.status", "#3"), ("/Operations/0/status", "\"412\""), ("/Operations/1/status", "\"412\""), ("/Operations/2/status", "\"204\"")],
            ),
            step("GET /Users", "", 200, &[("totalResults", "1"), ("Resources.userName", "\"y\"")]),
        ]);
    }
}

#[test]
fn circles_are_resolved_between_groups_and_refused_elsewhere() {
    let mut world = World::open();
    world.run(&[
        step(
            "POST /Bulk",
            job!(
                r#"{"method":"POST","path":"/Groups","bulkId":"q","data":{"displayName":"A","members":[{"value":"bulkId:y"}]}},
                   {"method":"POST","path":"/Groups","bulkId":"y","data":{"displayName":"B","members":[{"value":"bulkId:q"}]}}"#
            ),
            200,
            &[("/Operations/0/status", "\"201\""), ("/Operations/1/status", "\"201\"")],
        ),
        step("GET /Groups", "", 200, &[("totalResults", "2"), ("Resources[displayName eq \"A\"].members.display", "\"B\""), ("Resources[displayName eq \"B\"].members.display", "\"A\"")]),
        step(
            "POST /Bulk",
            job!(
                r#"{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"u","title":"bulkId:v"}},
                   {"method":"POST","path":"/Users","bulkId":"v","data":{"userName":"v","title":"bulkId:u"}},
                   {"method":"POST","path":"/Users","bulkId":"s","data":{"userName":"s","title":"bulkId:s"}},
                   {"method":"POST","path":"/Users","bulkId":"x","data":{"userName":"x"}}"#
            ),
            200,
            &[
                ("/Operations/0/status", "\"409\""),
                ("/Operations/1/status", "\"409\""),
                ("/Operations/2/status", "\"409\""),
                ("/Operations/3/status", "\"201\""),
            ],
        ),
        step("GET /Users", "", 200, &[("totalResults", "1")]),
        step(
            "POST /Bulk",
            job!(
                r#"{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"C","members":[{"value":"bulkId:h"}]}},
                   {"method":"POST","path":"/Groups","bulkId":"h","data":{"members":[{"value":"bulkId:g"}]}},
                   {"method":"POST","path":"/Groups","bulkId":"i","data":{"displayName":"I","members":[{"value":"bulkId:i"}]}}"#
            ),
            200,
            &[("/Operations/0/status", "\"409\""), ("/Operations/0/location", "-"), ("/Operations/1/status", "\"400\""), ("/Operations/2/version", r#""W/\"2\"""#)],
        ),
        step("GET /Groups", "", 200, &[("totalResults", "3"), ("Resources[displayName eq \"I\"].members.display", "\"I\"")]),
    ]);
}

#[test]
fn a_job_stops_at_its_limit_of_errors() {
    for (limit, results, users) in [("1", "#2", "1"), ("2", "#3", "1"), ("3", "#4", "2")] {
        let mut world = World::open();
        let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":LIMIT,"Operations":[
            {"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"a"}},
            {"method":"POST","path":"/Users","bulkId":"2","data":{"userName":"A"}},
            {"method":"DELETE","path":"/Users/x"},
            {"method":"POST","path":"/Users","bulkId":"3","data":{"userName":"b"}}]}"#;
        let answer = world.send("POST /Bulk", &body.replace("LIMIT", limit));
        world.check(&answer, "Operations.status", results, "failOnErrors");
        world.names.insert("users".into(), users.into());
        world.run(&[step("GET /Users", "", 200, &[("totalResults", "{users}")])]);
    }
}

#[test]
fn a_malformed_or_oversized_job_has_no_effect() {
    let mut world = World::of("[limits]\nbulk_operations = 2");
    world.run(&[
        step("POST /Bulk", "{}", 400, &[("scimType", "\"invalidSyntax\"")]),
        step("POST /Bulk", job!(r#"{"path":"/Users"}"#), 400, &[("scimType", "\"invalidSyntax\"")]),
        step("POST /Bulk", job!(r#"{"method":"GET","path":"/Users"}"#), 400, &[]),
        step("POST /Bulk", job!("", r#""failOnErrors":0"#), 400, &[]),
        step("POST /Bulk", job!(""), 200, &[("Operations", "#0")]),
        step(
            "POST /Bulk",
            job!(
                r#"{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"a"}},
                   {"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"b"}}"#
            ),
            400,
            &[("scimType", "\"invalidSyntax\"")],
        ),
        step(
            "POST /Bulk",
            job!(r#"{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"a"}},{"method":"DELETE","path":"/Users/1"},{"method":"DELETE","path":"/Users/2"}"#),
            413,
            &[("detail", "~maxOperations (2)")],
        ),
        step("GET /Users", "", 200, &[("totalResults", "0")]),
    ]);
}

#[test]
fn a_job_of_impossible_references_costs_little() {
    let members = |n: usize| {
        let others = (1..=20).map(|k| format!(r#"{{"value":"bulkId:g{}"}}"#, (n + k) % 1000));
        std::iter::once(r#"{"value":"bulkId:nobody"}"#.to_owned()).chain(others).collect::<Vec<_>>().join(",")
    };
    let operation = |n: usize| {
        let data = format!(r#"{{"displayName":"G{n}","members":[{}]}}"#, members(n));
        format!(r#"{{"method":"POST","path":"/Groups","bulkId":"g{n}","data":{data}}}"#)
    };
    let operations: Vec<String> = (0..1000).map(operation).collect();
    let schemas = r#"["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]"#;
    let started = std::time::Instant::now();
    let answer = World::open()
        .send("POST /Bulk", &format!(r#"{{"schemas":{schemas},"Operations":[{}]}}"#, operations.join(",")));
    assert_eq!(found(&answer, "Operations[status eq \"409\"].bulkId").len(), 1000);
    assert!(started.elapsed() < std::time::Duration::from_secs(8), "{:?}", started.elapsed());
}

//! Entity tags and conditional requests (`RFC7644 §3.14`).

use super::*;

#[test]
fn conditions_permit_and_refuse() {
    for mut world in [World::open(), World::sqlite()] {
        world.run(&[
            keep(
                "POST /Users",
                r#"{"userName":"ann"}"#,
                201,
                &[("a", "id"), ("v1", "header:ETag"), ("v1", "meta.version")],
            ),
            step("GET /Users/{a}\nIf-None-Match: {v1}", "", 304, &[("header:ETag", "~W/")]),
            step("GET /Users/{a}\nIf-None-Match: *", "", 304, &[]),
            step("GET /Users/{a}\nIf-None-Match: \"other\"", "", 200, &[]),
            step("GET /Users/{a}\nIf-Match: W/\"9\"\nIf-None-Match: {v1}", "", 412, &[]),
            step("GET /Users/{a}\nIf-Match: {v1}", "", 200, &[]),
            step("PUT /Users/{a}\nIf-Match: W/\"9\"", r#"{"userName":"ann","title":"x"}"#, 412, &[]),
            step(
                "PATCH /Users/{a}\nIf-Match: W/\"9\"",
                r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#,
                412,
                &[],
            ),
            step(
                "PATCH /Users/{a}\nIf-None-Match: {v1}",
                r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#,
                412,
                &[],
            ),
            step("DELETE /Users/{a}\nIf-Match: W/\"9\"", "", 412, &[]),
            step("DELETE /Users/nobody\nIf-Match: W/\"9\"", "", 404, &[]),
            step("GET /Users/{a}", "", 200, &[("title", "-"), ("header:ETag", r#""W/\"1\"""#)]),
            step(
                "PUT /Users/{a}\nIf-Match: W/\"0\", {v1}",
                r#"{"userName":"ann","title":"x"}"#,
                200,
                &[("header:ETag", r#""W/\"2\"""#)],
            ),
            step("PUT /Users/{a}\nIf-Match: {v1}", r#"{"userName":"ann","title":"y"}"#, 412, &[]),
            step("PUT /Users/{a}\nIf-Match: *", r#"{"userName":"ann","title":"y"}"#, 200, &[("title", "\"y\"")]),
            keep("GET /Users/{a}", "", 200, &[("v3", "meta.version")]),
            // The groups of a user are part of what a client has seen.
            keep("POST /Groups", r#"{"displayName":"g","members":[{"value":"{a}"}]}"#, 201, &[("g", "id")]),
            step("GET /Users/{a}\nIf-None-Match: {v3}", "", 200, &[("groups", "#1")]),
            keep("GET /Users/{a}", "", 200, &[("v4", "header:ETag")]),
            step("GET /Users?filter=id eq \"{a}\"", "", 200, &[("Resources.meta.version", "~W/")]),
            step("GET /Users/{a}?attributes=userName\nIf-None-Match: {v4}", "", 304, &[]),
            step("DELETE /Users/{a}\nIf-Match: {v4}", "", 204, &[]),
            step("GET /Groups/{g}", "", 200, &[("members", "-"), ("meta.version", r#""W/\"2\"""#)]),
        ]);
    }
}

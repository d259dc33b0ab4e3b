//! Defects of what is announced: `/ServiceProviderConfig` says that the server can, and it cannot.

use super::Row;
use super::tools::{body, each, error, is, is_one, op, operations_of};
use crate::wire::Method;

pub const FAULTS: &[Row] = &[
    ("bulk-is-announced-and-not-there", |world, request| {
        if is(&request, Method::Post, "/Bulk") { error(404, None) } else { world.pass(request) }
    }),
    ("versions-are-announced-and-not-there", |world, request| {
        let mut response = world.pass(request);
        response.headers.remove("ETag");
        each(response, |resource| {
            if let Some(meta) = resource.get_mut("meta").and_then(serde_json::Value::as_object_mut) {
                meta.shift_remove("version");
            }
        })
    }),
    ("password-change-is-announced-and-refused", |world, request| {
        let names = |path: &str| path.eq_ignore_ascii_case("password");
        let by_path = |it: &serde_json::Value| {
            op(it) != "remove" && (it["path"].as_str().is_some_and(names) || it["value"].get("password").is_some())
        };
        let patches = is_one(&request, Method::Patch, "/Users") && operations_of(&request).iter().any(by_path);
        let puts = is_one(&request, Method::Put, "/Users") && body(&request).get("password").is_some();
        if patches || puts { error(501, None) } else { world.pass(request) }
    }),
];

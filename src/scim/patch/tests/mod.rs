//! PATCH by tables: the cases of `fixtures/requirements/patch-cases.toml`, the switches, the bodies that clients send,
//! and arbitrary operations.

mod cases;
mod clients;
mod details;
mod properties;
mod table;

use serde_json::{Value, json};

use super::super::schema::{ResourceType, group, user};
use super::super::urn::{ENTERPRISE_USER, GROUP, PATCH_OP, USER};
use super::super::{Object, ScimError};
use super::{PatchOptions, PatchRequest, apply};

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

/// A body parsed and applied to a resource.
fn patched(resource: &Object, body: &Value, kind: &ResourceType, options: &PatchOptions) -> Result<Object, ScimError> {
    apply(resource, &PatchRequest::parse(body, options)?, kind, options)
}

/// Operations applied with the default options: the resource, or the error's status, keyword and detail.
fn after(resource: &Object, operations: Value, kind: &ResourceType) -> Result<Value, String> {
    let body = json!({"schemas": [PATCH_OP], "Operations": operations});
    let result = patched(resource, &body, kind, &PatchOptions::default());
    result.map(Value::Object).map_err(|error| error.to_string())
}

//! PATCH by tables: the cases of `fixtures/requirements/patch-cases.toml`, the switches, the bodies that clients send,
//! and arbitrary operations.

mod cases;
mod table;

use serde_json::Value;

use super::super::schema::ResourceType;
use super::super::{Object, ScimError};
use super::{PatchOptions, PatchRequest, apply};


/// A body parsed and applied to a resource.
fn patched(resource: &Object, body: &Value, kind: &ResourceType, options: &PatchOptions) -> Result<Object, ScimError> {
    apply(resource, &PatchRequest::parse(body, options)?, kind, options)
}

//! Resources: what a body becomes when it is created or replaced, and whether a stored resource fits its schema.
//!
//! There is one normal form, made by `normal`: the schema's spelling of names, checked types, nothing unassigned kept.
//! [`check`] asks whether a resource is its own normal form. Ids, timestamps and uniqueness are the server's business.

pub(in crate::scim) mod element;
pub(in crate::scim) mod keep;
pub(in crate::scim) mod normal;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::path::AttrPath;
use super::schema::{Attribute, ResourceType};
use super::{Object, ScimError, ScimType};
use normal::Rules;

/// What a body may look like beside the letter of the standard. The default accepts what Okta and Entra send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyOptions {
    /// I-07: `"True"` and `"False"` become booleans; any other string for a boolean is refused either way.
    pub string_booleans: bool,
    /// I-43, I-44: unknown attributes and unknown URIs in `schemas` are ignored instead of refused.
    pub ignore_unknown: bool,
    /// I-97: a plain string for a single complex attribute with a `value` (`manager`) is that value.
    pub manager_string: bool,
    /// I-88, in PATCH: a single value, or a plain string, stands for an array of objects. A whole body has those
    /// (`RFC7643 §2.3.8`, `§2.4`).
    pub wrap_single: bool,
}

impl Default for BodyOptions {
    fn default() -> Self {
        Self { string_booleans: true, ignore_unknown: true, manager_string: true, wrap_single: false }
    }
}

impl BodyOptions {
    /// The letter of the standard: nothing is coerced, unknown names are refused.
    pub const STRICT: Self =
        Self { string_booleans: false, ignore_unknown: false, manager_string: false, wrap_single: false };
}

/// The resource that a POST body asks for: normal form, read-only values dropped, `schemas` completed
/// (`RFC7644 §3.3`, `RFC7643 §3`). `password` stays in it; `id` and `meta` are for the server to add.
///
/// # Errors
/// 400 `invalidValue` for a wrong type, a missing or blank required attribute or two primary values; 400
/// `invalidSyntax` for one attribute in two spellings, a malformed `schemas` or, where asked for, unknown names.
pub fn create(body: &Object, kind: &ResourceType, options: &BodyOptions) -> Result<Object, ScimError> {
    Rules::incoming(*options).resource(body, kind)
}

/// The resource that a PUT body makes of `old` (`RFC7644 §3.5.1`): read-only values stay as they were, immutable ones
/// must match, a write-only value that is not mentioned (the password) stays, everything else left out is cleared.
///
/// # Errors
/// As [`create`]; 400 `mutability` when an immutable attribute is given another value.
pub fn replace(old: &Object, body: &Object, kind: &ResourceType, options: &BodyOptions) -> Result<Object, ScimError> {
    let mut new = create(body, kind, options)?;
    keep::resource(old, &mut new, body, kind)?;
    Ok(new)
}

/// Whether a resource is a valid stored one: in normal form, with every required attribute that a client can give.
///
/// # Errors
/// What is wrong, as [`create`] says it; 400 `invalidValue` when it is valid but not in normal form.
pub fn check(resource: &Object, kind: &ResourceType) -> Result<(), ScimError> {
    let normal = Rules::stored().resource(resource, kind)?;
    if normal == *resource {
        return Ok(());
    }
    let odd = resource.iter().find(|(key, value)| normal.get(*key) != Some(value));
    let name = odd.map_or("schemas", |(key, _)| key.as_str());
    Err(ScimError::bad(ScimType::InvalidValue, format!("{name}: not in the form in which it is stored")))
}

/// Drops extensions without content and writes `schemas` anew: the base URN, then the extensions in use.
pub fn settle_schemas(resource: &mut Object, kind: &ResourceType) {
    for (extension, _) in &kind.extensions {
        if resource.get(&extension.urn).and_then(Value::as_object).is_some_and(Object::is_empty) {
            resource.shift_remove(&extension.urn);
        }
    }
    let used = kind.extensions.iter().map(|(extension, _)| &extension.urn).filter(|urn| resource.contains_key(*urn));
    let urns = std::iter::once(&kind.base.urn).chain(used).map(|urn| Value::String(urn.clone())).collect();
    resource.insert("schemas".into(), Value::Array(urns));
}

/// The attribute of the resource's own level: a common one, or one of the base schema. Names compare without case.
pub(in crate::scim) fn top_level<'a>(kind: &'a ResourceType, name: &str) -> Option<&'a Attribute> {
    own_attributes(kind).find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// The attributes of the resource's own level, common ones first.
pub(in crate::scim) fn own_attributes(kind: &ResourceType) -> impl Iterator<Item = &Attribute> {
    super::schema::common().iter().chain(&kind.base.attributes)
}

/// A 400 `invalidValue`.
pub(in crate::scim) fn invalid(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidValue, detail)
}

/// Puts the name of the place in front of an error's detail, so that the innermost rule need not know where it is.
pub(in crate::scim) fn within(mut error: ScimError, place: &str) -> ScimError {
    error.detail.insert_str(0, place);
    error
}

/// As [`within`], for the path of an operation: a detail that names the attribute already is left alone.
pub(in crate::scim) fn at_path(error: ScimError, path: &AttrPath) -> ScimError {
    if error.detail.starts_with(&path.name) {
        return error;
    }
    let joined = error.detail.starts_with([':', '.', '[']);
    within(error, &if joined { path.to_string() } else { format!("{path}: ") })
}

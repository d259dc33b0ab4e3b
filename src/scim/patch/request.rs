//! The PATCH message (`RFC7644 §3.5.2`): its operations, with paths parsed. Knows no resource type.

use serde_json::Value;

use super::super::path::PatchPath;
use super::super::{Object, ScimError, ScimType, urn};
use super::PatchOptions;

/// A parsed PATCH body.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// In the order in which they are applied.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: OpKind,
    /// Where; `None` is the resource itself.
    pub path: Option<PatchPath>,
    /// With what; always there for `add` and `replace`.
    pub value: Option<Value>,
}

/// The operations of `RFC7644 §3.5.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpKind {
    /// `add`
    Add,
    /// `remove`
    Remove,
    /// `replace`
    Replace,
}

impl OpKind {
    const ALL: [(&'static str, Self); 3] = [("add", Self::Add), ("remove", Self::Remove), ("replace", Self::Replace)];
}

impl PatchRequest {
    /// Reads a PATCH body. Member names compare without case (I-11); a missing `schemas` is tolerated (I-42).
    ///
    /// # Errors
    /// 400 `invalidSyntax` for a malformed message, a missing or unknown `op`, no operation, or no path where one is asked for; `noTarget` for `remove`
    /// without path; `invalidValue` for `add` or `replace` without value; `invalidPath`, or `invalidFilter` where the
    /// error is behind the bracket, for a malformed path.
    pub fn parse(body: &Value, options: &PatchOptions) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or_else(|| syntax("the body is no JSON object"))?;
        message_schemas(body)?;
        let Some(Value::Array(items)) = member(body, "Operations") else {
            return Err(syntax("Operations: expected an array"));
        };
        if items.is_empty() && !options.empty_operations {
            return Err(syntax("Operations: empty"));
        }
        let operations = items
            .iter()
            .enumerate()
            .map(|(index, item)| operation(item, options).map_err(|error| super::numbered(error, index)));
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }
}

fn message_schemas(body: &Object) -> Result<(), ScimError> {
    let named = match member(body, "schemas") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(urns)) => {
            urns.iter().filter_map(Value::as_str).any(|u| u.eq_ignore_ascii_case(urn::PATCH_OP))
        }
        Some(_) => false,
    };
    if named { Ok(()) } else { Err(syntax(format!("schemas: must name {}", urn::PATCH_OP))) }
}

fn operation(item: &Value, options: &PatchOptions) -> Result<Operation, ScimError> {
    let item = item.as_object().ok_or_else(|| syntax("expected an object"))?;
    let word = member(item, "op").and_then(Value::as_str).ok_or_else(|| syntax("op: missing"))?;
    let known = |(name, _): &&(&str, OpKind)| *name == word || (options.op_any_case && name.eq_ignore_ascii_case(word));
    let op = OpKind::ALL.iter().find(known).map(|(_, op)| *op);
    let op = op.ok_or_else(|| syntax(format!("op: {word} is neither add, remove nor replace")))?;
    let path = match member(item, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(parse_path(text)?),
        Some(_) => return Err(ScimError::bad(ScimType::InvalidPath, "path: expected a string")),
    };
    let value = member(item, "value").cloned();
    match (op, &path, &value) {
        (_, None, _) if options.path_required => Err(syntax("path: missing")),
        (OpKind::Remove, None, _) => Err(ScimError::bad(ScimType::NoTarget, "remove needs a path")),
        (OpKind::Add | OpKind::Replace, _, None) => {
            Err(ScimError::bad(ScimType::InvalidValue, format!("{} needs a value", word.to_ascii_lowercase())))
        }
        _ => Ok(Operation { op, path, value }),
    }
}

fn parse_path(text: &str) -> Result<PatchPath, ScimError> {
    PatchPath::parse(text).map_err(|error| {
        let in_filter = text.find('[').is_some_and(|bracket| error.position > bracket);
        let scim_type = if in_filter { ScimType::InvalidFilter } else { ScimType::InvalidPath };
        ScimError::bad(scim_type, format!("path {text:?}: {error}"))
    })
}

fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

//! The BulkRequest message: parsed and bounded. It performs nothing.

use std::collections::HashSet;

use serde_json::Value;

use super::reference;
use crate::scim::{Object, ScimError, ScimType, urn};
use crate::wire::Method;

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    /// After how many errors to stop.
    pub fail_on_errors: Option<usize>,
    pub operations: Vec<Operation>,
}

/// One operation, with what it refers to.
#[derive(Debug)]
pub(super) struct Operation {
    pub method: Method,
    pub bulk_id: Option<String>,
    pub version: Option<String>,
    pub path: String,
    pub data: Option<Value>,
    /// The bulkIds in path and data.
    pub refers_to: Vec<String>,
}

impl Job {
    /// Reads a job.
    ///
    /// # Errors
    /// 400 `invalidSyntax` if the message is malformed or a bulkId occurs twice; 413 for too many operations.
    pub fn parse(body: &Value, limit: usize) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or_else(|| syntax("the body is no JSON object"))?;
        let named = member(body, "schemas").and_then(Value::as_array).is_some_and(|urns| {
            urns.iter().filter_map(Value::as_str).any(|named| named.eq_ignore_ascii_case(urn::BULK_REQUEST))
        });
        if !named {
            return Err(syntax(format!("schemas: must name {}", urn::BULK_REQUEST)));
        }
        let Some(Value::Array(items)) = member(body, "Operations") else {
            return Err(syntax("Operations: expected an array"));
        };
        if items.len() > limit {
            let detail = format!("{} operations are more than maxOperations ({limit})", items.len());
            return Err(ScimError::new(413, detail));
        }
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(number) => match number.as_u64().and_then(|number| usize::try_from(number).ok()) {
                Some(number) if number > 0 => Some(number),
                _ => return Err(syntax("failOnErrors: expected a positive integer")),
            },
        };
        let mut operations = Vec::with_capacity(items.len());
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let operation = operation(item).map_err(|mut error| {
                error.detail = format!("Operations[{index}]: {}", error.detail);
                error
            })?;
            if let Some(id) = &operation.bulk_id
                && !seen.insert(id.clone())
            {
                return Err(syntax(format!("Operations[{index}]: the bulkId {id:?} occurs twice")));
            }
            operations.push(operation);
        }
        Ok(Self { fail_on_errors, operations })
    }
}

fn operation(item: &Value) -> Result<Operation, ScimError> {
    let item = item.as_object().ok_or_else(|| syntax("expected an object"))?;
    let text = |name: &str| match member(item, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(syntax(format!("{name}: expected a string"))),
    };
    let method = text("method")?.ok_or_else(|| syntax("method: missing"))?;
    let method = Method::from_word(&method.to_ascii_uppercase());
    if matches!(method, Method::Get | Method::Other(_)) {
        return Err(syntax("method: must be POST, PUT, PATCH or DELETE"));
    }
    let path = text("path")?.ok_or_else(|| syntax("path: missing"))?;
    let data = member(item, "data").filter(|data| !data.is_null()).cloned();
    let mut refers_to = reference::in_path(&path);
    if let Some(data) = &data {
        reference::collect(data, &mut refers_to);
    }
    Ok(Operation { method, bulk_id: text("bulkId")?, version: text("version")?, path, data, refers_to })
}

fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, detail)
}

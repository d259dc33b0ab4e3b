//! Which members a PATCH touches, where it names them all: then a group of any size is changed by reading only those.

use serde_json::Value;

use crate::scim::filter::{Filter, Literal, Op};
use crate::scim::patch::{OpKind, Operation, PatchOptions, PatchRequest};
use crate::scim::path::{AttrPath, PatchPath};
use crate::store::Kind;

/// The ids of the members that the operations name; `None` if they may touch others too.
pub(super) fn named_members(kind: Kind, request: &PatchRequest, options: &PatchOptions) -> Option<Vec<String>> {
    // Where a removal from nothing is an error, an unseen member would look like none.
    if kind != Kind::Group || options.remove_absent_fails {
        return None;
    }
    let mut ids = Vec::new();
    for operation in &request.operations {
        ids.extend(named(operation, options)?);
    }
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}

fn named(operation: &Operation, options: &PatchOptions) -> Option<Vec<String>> {
    match (&operation.path, operation.op) {
        (None, op) => {
            let mut ids = Vec::new();
            for (name, value) in operation.value.as_ref()?.as_object()? {
                match name.to_ascii_lowercase().as_str() {
                    "members" if op == OpKind::Add => ids.extend(values(value)?),
                    "displayname" | "externalid" | "id" | "schemas" | "meta" => {}
                    _ => return None,
                }
            }
            Some(ids)
        }
        (Some(PatchPath::Attr(path)), op) if is_members(path) => match (op, &operation.value) {
            (OpKind::Add, Some(value)) => values(value),
            (OpKind::Remove, Some(value)) if options.remove_listed_values => {
                values(value).filter(|ids| !ids.is_empty())
            }
            _ => None,
        },
        (Some(PatchPath::Attr(path)), _) => {
            let other = ["displayname", "externalid"].contains(&path.name.to_ascii_lowercase().as_str());
            other.then(Vec::new)
        }
        (Some(PatchPath::Value { attr, filter, sub: None }), OpKind::Remove) if is_members(attr) => match filter {
            Filter::Compare(path, Op::Eq, Literal::String(id))
                if path.urn.is_none() && path.sub.is_none() && path.name.eq_ignore_ascii_case("value") =>
            {
                Some(vec![id.clone()])
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_members(path: &AttrPath) -> bool {
    path.sub.is_none() && path.name.eq_ignore_ascii_case("members")
}

/// The ids in a list of member objects, or in one; `None` for any other form.
fn values(value: &Value) -> Option<Vec<String>> {
    let one = |element: &Value| element.as_object()?.get("value")?.as_str().map(ToOwned::to_owned);
    match value {
        Value::Array(elements) => elements.iter().map(one).collect(),
        element => one(element).map(|id| vec![id]),
    }
}

/// Whether a path selects by what the server computes (`display`, `$ref`).
pub(super) fn looks_at_display(request: &PatchRequest) -> bool {
    request.operations.iter().any(|operation| match &operation.path {
        Some(PatchPath::Value { filter, .. }) => super::filter::any(filter, &mut |path| {
            ["display", "$ref"].contains(&path.name.to_ascii_lowercase().as_str())
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_named_or_not() {
        let options = PatchOptions::default();
        for (operations, ids) in [
            (json!([{"op": "add", "path": "members", "value": [{"value": "b"}, {"value": "a"}]}]), Some("a b")),
            (json!([{"op": "Add", "path": "members", "value": {"value": "a", "display": "x"}}]), Some("a")),
            (json!([{"op": "add", "value": {"members": [{"value": "a"}], "displayName": "x"}}]), Some("a")),
            (json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), Some("a")),
            (json!([{"op": "remove", "path": "members", "value": [{"value": "a"}]}]), Some("a")),
            (json!([{"op": "replace", "path": "displayName", "value": "x"}]), Some("")),
            (json!([{"op": "replace", "value": {"id": "1", "displayName": "x"}}]), Some("")),
            (json!([{"op": "remove", "path": "members"}]), None),
            (json!([{"op": "remove", "path": "members", "value": []}]), None),
            (json!([{"op": "replace", "path": "members", "value": [{"value": "a"}]}]), None),
            (json!([{"op": "replace", "value": {"members": [{"value": "a"}]}}]), None),
            (json!([{"op": "remove", "path": "members[display eq \"a\"]"}]), None),
            (json!([{"op": "remove", "path": "members[value sw \"a\"]"}]), None),
            (json!([{"op": "remove", "path": "members[value eq \"a\"].display"}]), None),
            (json!([{"op": "add", "path": "members.display", "value": "x"}]), None),
            (json!([{"op": "add", "path": "members", "value": ["a"]}]), None),
            (
                json!([{"op": "add", "path": "members", "value": [{"value": "a"}]}, {"op": "remove", "path": "members"}]),
                None,
            ),
        ] {
            let request = PatchRequest::parse(&json!({ "Operations": operations.clone() }), &options).unwrap();
            let named = named_members(Kind::Group, &request, &options).map(|ids| ids.join(" "));
            assert_eq!(named.as_deref(), ids, "{operations}");
        }
    }
}

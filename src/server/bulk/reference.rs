//! References to resources of the same job (`RFC7644 §3.7.2`): `bulkId:x` as a whole string value, as a segment of an
//! operation's path, and quoted inside the path of a PATCH operation. Found and replaced, nothing else.

use std::collections::HashMap;

use serde_json::Value;

const MARK: &str = "bulkId:";

/// The bulkIds that an operation's path names.
pub(super) fn in_path(path: &str) -> Vec<String> {
    path.split('/').filter_map(|segment| segment.strip_prefix(MARK)).map(ToOwned::to_owned).collect()
}

/// Adds the bulkIds that data names.
pub(super) fn collect(data: &Value, found: &mut Vec<String>) {
    match data {
        Value::String(text) => found.extend(text.strip_prefix(MARK).map(ToOwned::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.iter().for_each(|member| match member {
            (name, Value::String(path)) if name == "path" => found.extend(quoted(path).map(|(_, id)| id.to_owned())),
            (_, value) => collect(value, found),
        }),
        _ => {}
    }
}

/// The bulkIds that stand as values in a new group's members.
pub(super) fn in_members(data: &Value) -> Vec<String> {
    let members = data.get("members").and_then(Value::as_array).into_iter().flatten();
    members.filter_map(|member| member_reference(member)).map(ToOwned::to_owned).collect()
}

/// A new group without the members that refer to these.
pub(super) fn without_members(data: &Value, missing: &[&String]) -> Value {
    let mut data = data.clone();
    if let Some(Value::Array(members)) = data.get_mut("members") {
        members.retain(|member| !member_reference(member).is_some_and(|id| missing.iter().any(|one| *one == id)));
    }
    data
}

fn member_reference(member: &Value) -> Option<&str> {
    member.get("value")?.as_str()?.strip_prefix(MARK)
}

/// A path with ids in the place of references.
pub(super) fn resolved_path(path: &str, ids: &HashMap<String, String>) -> String {
    let segment = |segment: &str| segment.strip_prefix(MARK).and_then(|id| ids.get(id)).cloned();
    let segments = path.split('/').map(|part| segment(part).unwrap_or_else(|| part.to_owned()));
    segments.collect::<Vec<_>>().join("/")
}

/// Data with ids in the place of references.
pub(super) fn resolved(data: &Value, ids: &HashMap<String, String>) -> Value {
    match data {
        Value::String(text) => {
            Value::String(text.strip_prefix(MARK).and_then(|id| ids.get(id)).unwrap_or(text).clone())
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, ids)).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match value {
                Value::String(path) if name == "path" => (name.clone(), Value::String(unquoted(path, ids))),
                value => (name.clone(), resolved(value, ids)),
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

fn unquoted(path: &str, ids: &HashMap<String, String>) -> String {
    quoted(path).fold(path.to_owned(), |changed, (whole, id)| match ids.get(id) {
        Some(id) => changed.replace(whole, &format!("\"{id}\"")),
        None => changed,
    })
}

/// The quoted references inside a filter: the text with its quotes, and the bulkId.
fn quoted(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("\"bulkId:").filter_map(|(start, mark)| {
        let rest = text.get(start + mark.len()..)?;
        let end = rest.find('"')?;
        Some((text.get(start..=start + mark.len() + end)?, rest.get(..end)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_found_and_replaced() {
        let data = json!({
            "members": [{"value": "bulkId:a"}, {"value": "x"}],
            "path": "members[value eq \"bulkId:b\"]",
            "note": "no bulkId:c, nor \"bulkId:d\" here",
        });
        let mut found = in_path("/Groups/bulkId:g");
        collect(&data, &mut found);
        assert_eq!(found, ["g", "a", "b"]);
        let ids = [("a", "1"), ("b", "2"), ("g", "3")].map(|(name, id)| (name.to_owned(), id.to_owned())).into();
        assert_eq!(resolved_path("/Groups/bulkId:g", &ids), "/Groups/3");
        assert_eq!(
            resolved(&data, &ids),
            json!({
                "members": [{"value": "1"}, {"value": "x"}],
                "path": "members[value eq \"2\"]",
                "note": "no bulkId:c, nor \"bulkId:d\" here",
            })
        );
    }
}

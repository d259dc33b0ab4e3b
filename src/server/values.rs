//! Value lists of the profile (OKTA-180 to OKTA-188): read-only resources, listed, filtered, paged and read by id.

use serde_json::{Value, json};

use super::answer::{Answer, missing};
use super::context::Context;
use super::search::Query;
use crate::profile::{ListedValue, ValueList};
use crate::scim::filter::{check, matches};
use crate::scim::project::{Projection, project};
use crate::scim::schema::{Attribute, Mutability, ResourceType, Returned, Schema, Type, Uniqueness};
use crate::scim::{Object, ScimError, ScimType, sort, urn};

/// The attributes of every list; the flag says which are required.
const ATTRIBUTES: [(&str, bool, &str); 3] = [
    ("displayName", true, "What an administrator reads"),
    ("type", false, "The resource type"),
    ("description", false, "At most 1000 characters"),
];

/// The schema side of a list.
pub(super) fn resource_type(list: &ValueList) -> ResourceType {
    let attribute = |(name, required, description): (&str, bool, &str)| Attribute {
        name: name.into(),
        kind: Type::String,
        multi: false,
        required,
        case_exact: false,
        mutability: Mutability::ReadOnly,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        canonical: Vec::new(),
        reference_types: Vec::new(),
        description: description.into(),
        subs: Vec::new(),
    };
    let base = Schema {
        urn: list.schema.clone(),
        name: list.schema.rsplit(':').next().unwrap_or_default().to_owned(),
        description: list.description.clone(),
        attributes: ATTRIBUTES.map(attribute).into(),
    };
    ResourceType {
        name: list.name.clone(),
        endpoint: list.endpoint.clone(),
        description: list.description.clone(),
        base,
        extensions: Vec::new(),
    }
}

/// `GET` of a list (`RFC7644 §3.4.2`).
///
/// # Errors
/// 400 `invalidFilter`, `invalidCursor`.
pub(super) fn list(context: &Context<'_>, list: &ValueList, query: &Query) -> Result<Answer, ScimError> {
    let kind = resource_type(list);
    if let Some(filter) = &query.filter {
        check(filter, &kind)?;
    }
    let all = list.values.iter().map(|value| resource(context, list, value));
    let mut found: Vec<Object> =
        all.filter(|value| query.filter.as_ref().is_none_or(|filter| matches(filter, value, &kind))).collect();
    if let Some((path, descending)) = &query.sort {
        found.sort_by(|one, other| {
            let order = sort::compare(one, other, path, &kind);
            if *descending { order.reverse() } else { order }
        });
    }
    // The list never changes, so that a number is place enough for a cursor.
    let skip = match query.cursor.as_deref() {
        None => query.skip,
        Some("") => 0,
        Some(name) => name.strip_prefix("after-").and_then(|number| number.parse().ok()).ok_or_else(|| {
            ScimError::bad(ScimType::InvalidCursor, "cursor: none of this query; begin again with an empty one")
        })?,
    };
    let page = found.iter().skip(skip).take(query.take).map(|value| project(value, &kind, &query.projection));
    let page: Vec<Object> = page.collect();
    let (first, next) = (skip.saturating_add(1), skip.saturating_add(page.len()));
    let mut body = json!({
        "schemas": [urn::LIST_RESPONSE],
        "totalResults": found.len(),
        "itemsPerPage": page.len(),
        "Resources": page,
    });
    if query.cursor.is_none() {
        body["startIndex"] = json!(first);
    } else if next < found.len() && next > skip {
        body["nextCursor"] = json!(format!("after-{next}"));
    }
    Ok(Answer::text(200, body.to_string()))
}

/// `GET` of one value.
///
/// # Errors
/// 404 for an unknown id.
pub(super) fn one(
    context: &Context<'_>,
    list: &ValueList,
    id: &str,
    projection: &Projection,
) -> Result<Answer, ScimError> {
    let value = list.values.iter().find(|value| value.id == id).ok_or_else(missing)?;
    let object = project(&resource(context, list, value), &resource_type(list), projection);
    Ok(Answer { location: Some(location(context, list, value)), ..Answer::object(200, object) })
}

fn location(context: &Context<'_>, list: &ValueList, value: &ListedValue) -> String {
    let id = percent_encoding::utf8_percent_encode(&value.id, percent_encoding::NON_ALPHANUMERIC);
    // Ids are mostly words with hyphens, which need no escape.
    format!("{}{}/{}", context.base, list.endpoint, id.to_string().replace("%2D", "-").replace("%5F", "_"))
}

fn resource(context: &Context<'_>, list: &ValueList, value: &ListedValue) -> Object {
    let text = |text: &str| Value::String(text.to_owned());
    let mut object = Object::new();
    object.insert("schemas".into(), json!([list.schema]));
    object.insert("id".into(), text(&value.id));
    object.extend(value.attributes().into_iter().map(|(name, words)| (name.to_owned(), text(words))));
    object.insert("meta".into(), json!({ "resourceType": list.name, "location": location(context, list, value) }));
    object
}

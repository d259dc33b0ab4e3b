//! A record as the resource that a client sees: attributes, `id`, memberships, `meta`. Once as an object, for filters,
//! sorting and projection, and once as text, for the plain read that needs no tree.

use std::fmt::Write;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::context::{Context, links_name, resource_type};
use crate::scim::project::{Projection, project};
use crate::scim::{Object, ScimError, datetime};
use crate::store::{Kind, Link, Record};

/// How much a member element shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Everything that is known.
    Full,
    /// What a client may have written: PATCH and PUT compare with it.
    Written,
}

/// The whole resource.
///
/// # Errors
/// 500 if the stored text is damaged.
pub(super) fn object(context: &Context<'_>, record: &Record, detail: Detail) -> Result<Object, ScimError> {
    let mut resource = Object::new();
    resource.insert("id".into(), Value::String(record.id.clone()));
    let body = record.body.object().map_err(super::answer::refused)?;
    resource.extend(body.iter().map(|(name, value)| (name.clone(), value.clone())));
    if !record.links.is_empty() {
        let links = record.links.iter().map(|link| element(context, record.kind, link, detail)).collect();
        resource.insert(links_name(record.kind).into(), links);
    }
    if detail == Detail::Full && context.roles && record.kind == Kind::User {
        // What a client wrote gives nothing (CATALOG-022).
        resource.shift_remove("roles");
        resource.extend(roles(context, record)?.map(|roles| ("roles".to_owned(), roles)));
    }
    if record.kind == Kind::Device {
        resource.insert("deviceNumber".into(), json!(record.sequence));
    }
    resource.insert("meta".into(), meta(context, record));
    Ok(resource)
}

/// The role as the product shows it, in the form of `roles` (`RFC7643 §4.1.2`).
fn roles(context: &Context<'_>, record: &Record) -> Result<Option<Value>, ScimError> {
    let role = super::role::of(context.server, context.tenant, record)?;
    Ok(role.name.map(|name| json!([{ "value": name, "primary": true }])))
}

/// The resource as a client asked to see it.
///
/// # Errors
/// As [`object`].
pub(super) fn text(context: &Context<'_>, record: &Record, projection: &Projection) -> Result<String, ScimError> {
    // Of a device not everything that is stored is returned.
    let plain = record.kind != Kind::Device && !(context.roles && record.kind == Kind::User);
    if !plain || !matches!(projection, Projection::Default) {
        let resource = object(context, record, Detail::Full)?;
        return Ok(Value::Object(project(&resource, resource_type(record.kind), projection)).to_string());
    }
    let members = record.body.members();
    let mut text = String::with_capacity(members.len() + 300 + record.links.len() * 200);
    // Writing to a string cannot fail.
    let _ = write!(text, "{{\"id\":{},{members}", Value::from(record.id.as_str()));
    for (index, link) in record.links.iter().enumerate() {
        let before = if index == 0 { format!(",\"{}\":[", links_name(record.kind)) } else { ",".to_owned() };
        let _ = write!(text, "{before}{}", element(context, record.kind, link, Detail::Full));
    }
    let close = if record.links.is_empty() { "" } else { "]" };
    let _ = write!(text, "{close},\"meta\":{}}}", meta(context, record));
    Ok(text)
}

fn element(context: &Context<'_>, owner: Kind, link: &Link, detail: Detail) -> Value {
    let mut element = Object::new();
    element.insert("value".into(), Value::String(link.id.clone()));
    if let Some(kind) = link.kind {
        if detail == Detail::Full {
            element.insert("$ref".into(), Value::String(context.location(kind, &link.id)));
        }
        let name = match owner {
            Kind::User => "direct",
            Kind::Group | Kind::Device => kind.name(),
        };
        element.insert("type".into(), Value::String(name.into()));
    }
    if let (Detail::Full, Some(display)) = (detail, &link.display) {
        element.insert("display".into(), Value::String(display.clone()));
    }
    Value::Object(element)
}

fn meta(context: &Context<'_>, record: &Record) -> Value {
    let mut meta = json!({
        "resourceType": record.kind.name(),
        "created": datetime::print(record.created),
        "lastModified": datetime::print(record.modified),
        "location": context.location(record.kind, &record.id),
    });
    if let (Some(tag), Value::Object(meta)) = (context.tag(record), &mut meta) {
        meta.insert("version".into(), Value::String(tag));
    }
    meta
}

/// The time of a change, in the precision that is shown and stored.
pub(super) fn whole_millis(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}

//! A record as the resource that a client sees: attributes, `id`, memberships, `meta`. Once as an object, for filters,
//! sorting and projection, and once as text, for the plain read that needs no tree.

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
    let mut text = String::with_capacity(members.len() + 400 + record.links.len() * 200);
    text.push_str("{\"id\":");
    quote(&mut text, &record.id);
    text.push(',');
    text.push_str(members);
    for (index, link) in record.links.iter().enumerate() {
        if index == 0 {
            text.push_str(",\"");
            text.push_str(links_name(record.kind));
            text.push_str("\":[");
        } else {
            text.push(',');
        }
        write_element(&mut text, context, record.kind, link);
    }
    text.push_str(if record.links.is_empty() { ",\"meta\":" } else { "],\"meta\":" });
    write_meta(&mut text, context, record);
    text.push('}');
    Ok(text)
}

/// Appends a JSON string; what needs no escape but for quotation marks and backslashes costs no more than a copy.
fn quote(text: &mut String, plain: &str) {
    if plain.bytes().any(|byte| byte < b' ') {
        text.push_str(&Value::from(plain).to_string());
        return;
    }
    text.push('"');
    let mut rest = plain;
    while let Some(place) = rest.find(['"', '\\']) {
        let (before, after) = rest.split_at(place);
        text.push_str(before);
        text.push('\\');
        let (special, after) = after.split_at(1);
        text.push_str(special);
        rest = after;
    }
    text.push_str(rest);
    text.push('"');
}

/// Appends members with their values, all of them strings, as an object.
fn write_object<const N: usize>(text: &mut String, members: [(&str, Option<&str>); N]) {
    let mut before = '{';
    for (name, value) in members {
        let Some(value) = value else { continue };
        text.push(before);
        text.push('"');
        text.push_str(name);
        text.push_str("\":");
        quote(text, value);
        before = ',';
    }
    text.push('}');
}

/// What a link's element calls its type.
const fn link_type(owner: Kind, kind: Kind) -> &'static str {
    match owner {
        Kind::User => "direct",
        Kind::Group | Kind::Device => kind.name(),
    }
}

fn element(context: &Context<'_>, owner: Kind, link: &Link, detail: Detail) -> Value {
    let mut element = Object::new();
    element.insert("value".into(), Value::String(link.id.clone()));
    if let Some(kind) = link.kind {
        if detail == Detail::Full {
            element.insert("$ref".into(), Value::String(context.location(kind, &link.id)));
        }
        element.insert("type".into(), Value::String(link_type(owner, kind).into()));
    }
    if let (Detail::Full, Some(display)) = (detail, &link.display) {
        element.insert("display".into(), Value::String(display.clone()));
    }
    Value::Object(element)
}

/// Appends what [`element`] makes in full.
fn write_element(text: &mut String, context: &Context<'_>, owner: Kind, link: &Link) {
    let location = link.kind.map(|kind| context.location(kind, &link.id));
    let members = [
        ("value", Some(link.id.as_str())),
        ("$ref", location.as_deref()),
        ("type", link.kind.map(|kind| link_type(owner, kind))),
        ("display", link.display.as_deref()),
    ];
    write_object(text, members);
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

/// Appends what [`meta`] makes.
fn write_meta(text: &mut String, context: &Context<'_>, record: &Record) {
    let (location, tag) = (context.location(record.kind, &record.id), context.tag(record));
    let created = datetime::print(record.created);
    let modified = if record.modified == record.created { None } else { Some(datetime::print(record.modified)) };
    let members = [
        ("resourceType", Some(record.kind.name())),
        ("created", Some(created.as_str())),
        ("lastModified", Some(modified.as_deref().unwrap_or(&created))),
        ("location", Some(location.as_str())),
        ("version", tag.as_deref()),
    ];
    write_object(text, members);
}

/// The time of a change, in the precision that is shown and stored.
pub(super) fn whole_millis(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_millisecond(now.millisecond()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_json_has_it() {
        for plain in ["", "ann", "W/\"3\"", "a\\b\"", "\"\\\"", "tab\tnew\n", "\u{1}", "Ä€😀\u{7f}\u{2028}"] {
            let mut text = String::new();
            quote(&mut text, plain);
            assert_eq!(text, Value::from(plain).to_string());
        }
    }
}

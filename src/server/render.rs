//! A record as the resource that a client sees: attributes, `id`, memberships, `meta`. Once as an object, for filters,
//! sorting and projection, and once as text, for the plain read that needs no tree.

use std::sync::OnceLock;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::context::{Context, links_name, resource_type};
use crate::scim::json::Damaged;
use crate::scim::project::{Cut, Projection};
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

/// Where a record lives and which version it is: for its `meta`, and for the headers of an answer that shows it alone.
pub(super) struct Face {
    pub location: String,
    pub tag: Option<String>,
}

impl Face {
    /// The record's links must be complete.
    pub fn of(context: &Context<'_>, record: &Record) -> Self {
        Self { location: context.location(record.kind, &record.id), tag: context.tag(record) }
    }
}

/// A projection, and what it does to each kind of resource, which is found out once.
#[derive(Debug, Default)]
pub(super) struct View {
    pub projection: Projection,
    cuts: [OnceLock<Cut>; Kind::ALL.len()],
}

impl View {
    pub fn new(projection: Projection) -> Self {
        Self { projection, cuts: Default::default() }
    }

    fn cut(&self, kind: Kind) -> &Cut {
        let [users, groups, devices] = &self.cuts;
        let cut = match kind {
            Kind::User => users,
            Kind::Group => groups,
            Kind::Device => devices,
        };
        cut.get_or_init(|| Cut::of(resource_type(kind), &self.projection))
    }
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
    if detail == Detail::Full && shows_role(context, record) {
        // What a client wrote gives nothing (CATALOG-022).
        resource.shift_remove("roles");
    }
    resource.extend(computed(context, record, detail)?);
    resource.insert("meta".into(), meta(record, &Face::of(context, record)));
    Ok(resource)
}

fn shows_role(context: &Context<'_>, record: &Record) -> bool {
    context.roles && record.kind == Kind::User
}

/// What is not in the stored attributes, but for `id` and `meta`, in its order.
fn computed(context: &Context<'_>, record: &Record, detail: Detail) -> Result<Object, ScimError> {
    let mut resource = Object::new();
    if !record.links.is_empty() {
        let links = record.links.iter().map(|link| element(context, record.kind, link, detail)).collect();
        resource.insert(links_name(record.kind).into(), links);
    }
    if detail == Detail::Full && shows_role(context, record) {
        resource.extend(roles(context, record)?.map(|roles| ("roles".to_owned(), roles)));
    }
    if record.kind == Kind::Device {
        resource.insert("deviceNumber".into(), json!(record.sequence));
    }
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
pub(super) fn text(context: &Context<'_>, record: &Record, view: &View) -> Result<String, ScimError> {
    text_with(context, record, view, &Face::of(context, record))
}

/// As [`text`], of a record whose face is known.
///
/// # Errors
/// As [`object`].
pub(super) fn text_with(context: &Context<'_>, record: &Record, view: &View, face: &Face) -> Result<String, ScimError> {
    if shows_role(context, record) {
        let resource = object(context, record, Detail::Full)?;
        return Ok(Value::Object(view.cut(record.kind).object(&resource)).to_string());
    }
    let members = record.body.members();
    // Of a device not everything that is stored is returned.
    let all = record.kind != Kind::Device && view.projection == Projection::Default;
    let cut = if all { None } else { Some(view.cut(record.kind)) };
    let damaged = |error: Damaged| ScimError::new(500, format!("a stored resource is damaged: {error}"));
    let mut text = String::with_capacity(members.len() + 400 + record.links.len() * 200);
    // The id is in every answer (I-41).
    text.push_str("{\"id\":");
    quote(&mut text, &record.id);
    match cut {
        None => {
            text.push(',');
            text.push_str(members);
        }
        Some(cut) => {
            let parts = record.body.parts(|length| cut.may_show(length)).map_err(damaged)?;
            cut.write(&mut text, parts).map_err(damaged)?;
        }
    }
    type Append<'a> = &'a dyn Fn(&mut String);
    let parts: [(&str, Append<'_>); 3] = [
        (links_name(record.kind), &|text| write_links(text, context, record)),
        ("deviceNumber", &|text| text.push_str(&record.sequence.to_string())),
        ("meta", &|text| write_meta(text, record, face)),
    ];
    let has = [!record.links.is_empty(), record.kind == Kind::Device, true];
    for ((name, append), _) in parts.iter().zip(has).filter(|(_, has)| *has) {
        match cut {
            Some(cut) if cut.is_gone(name) => {}
            Some(cut) if !cut.is_whole(name) => {
                let mut part = String::new();
                append(&mut part);
                cut.write(&mut text, std::iter::once((*name, part.as_str()))).map_err(damaged)?;
            }
            _ => {
                write_name(&mut text, name);
                append(&mut text);
            }
        }
    }
    text.push('}');
    Ok(text)
}

/// Appends the name of a member that is not the first.
fn write_name(text: &mut String, name: &str) {
    for part in [",\"", name, "\":"] {
        text.push_str(part);
    }
}

/// Appends the elements that [`element`] makes in full.
fn write_links(text: &mut String, context: &Context<'_>, record: &Record) {
    for (index, link) in record.links.iter().enumerate() {
        text.push(if index == 0 { '[' } else { ',' });
        write_element(text, context, record.kind, link);
    }
    text.push(']');
}

/// Appends a JSON string; what needs no escape costs no more than a copy.
fn quote(text: &mut String, plain: &str) {
    // Without an early end, so that many bytes are looked at at once.
    let (control, special) = plain.bytes().fold((0, 0), |(control, special), byte| {
        (control | u8::from(byte < b' '), special | u8::from(byte == b'"') | u8::from(byte == b'\\'))
    });
    if control > 0 {
        text.push_str(&Value::from(plain).to_string());
        return;
    }
    text.push('"');
    if special == 0 {
        text.push_str(plain);
        text.push('"');
        return;
    }
    let mut rest = plain;
    while let Some(place) = rest.bytes().position(|byte| byte == b'"' || byte == b'\\') {
        let (before, special) = rest.split_at(place);
        let (special, after) = special.split_at(1);
        text.push_str(before);
        text.push('\\');
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

fn meta(record: &Record, face: &Face) -> Value {
    let mut meta = json!({
        "resourceType": record.kind.name(),
        "created": datetime::print(record.created),
        "lastModified": datetime::print(record.modified),
        "location": face.location,
    });
    if let (Some(tag), Value::Object(meta)) = (&face.tag, &mut meta) {
        meta.insert("version".into(), Value::String(tag.clone()));
    }
    meta
}

/// Appends what [`meta`] makes.
fn write_meta(text: &mut String, record: &Record, face: &Face) {
    let created = datetime::print(record.created);
    let modified = if record.modified == record.created { None } else { Some(datetime::print(record.modified)) };
    let members = [
        ("resourceType", Some(record.kind.name())),
        ("created", Some(created.as_str())),
        ("lastModified", Some(modified.as_deref().unwrap_or(&created))),
        ("location", Some(face.location.as_str())),
        ("version", face.tag.as_deref()),
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

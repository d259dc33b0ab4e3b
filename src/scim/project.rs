//! Which attributes an answer carries (`RFC7644 §3.9`): `attributes`, `excludedAttributes`, and each attribute's `returned`.
//!
//! `id` and `schemas` are always there (I-41); what is never returned never is, whoever asks. Attributes that the type does
//! not know count as returned by default.

use std::borrow::Cow;

use serde_json::Value;

use super::Object;
use super::path::AttrPath;
use super::schema::{Attribute, Mutability, ResourceType, Returned};

/// What of a resource is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Projection {
    /// What is returned by default.
    #[default]
    Default,
    /// Only these, and what is always returned.
    Only(Vec<AttrPath>),
    /// What is returned by default but these.
    Without(Vec<AttrPath>),
    /// What is returned by default, and these.
    Plus(Vec<AttrPath>),
}

/// The paths of a comma-separated list. What is no attribute path is left out (I-39). An extension's URN alone is kept as a
/// path whose printed form is that URN.
#[must_use]
pub fn parse_list(text: &str) -> Vec<AttrPath> {
    text.split(',').filter_map(|entry| AttrPath::parse(entry.trim()).ok()).collect()
}

/// The resource as it is returned.
#[must_use]
pub fn project(resource: &Object, kind: &ResourceType, projection: &Projection) -> Object {
    shown(resource, kind, projection).map(|(name, value)| (name.to_owned(), value.into_owned())).collect()
}

/// The attributes as they are returned, copied only where something within is left out. What becomes of an attribute depends
/// on no other, so that a resource may come in parts.
pub fn shown<'a>(
    resource: &'a Object,
    kind: &'a ResourceType,
    projection: &'a Projection,
) -> impl Iterator<Item = (&'a str, Cow<'a, Value>)> {
    resource.iter().filter_map(move |(name, value)| {
        let kept = match extension(kind, name) {
            Some(urn) => container(value, urn, kind, projection),
            None => attribute(value, name, None, kind, projection),
        };
        Some((name.as_str(), kept?))
    })
}

/// What becomes of an attribute, as far as that can be said before its value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is left out, whatever it holds.
    Gone,
    /// It is returned as it is, whatever it holds.
    Whole,
    /// It depends on what it holds: [`shown`] tells.
    Parts,
}

/// The fate of an attribute of a resource; a name with a URN is an extension's container.
#[must_use]
pub fn fate(name: &str, kind: &ResourceType, projection: &Projection) -> Fate {
    if let Some(urn) = extension(kind, name) {
        let known = kind.extension(urn).map(|schema| schema.attributes.as_slice());
        let always = known.is_some_and(|attributes| attributes.iter().any(|it| class(it) == Returned::Always));
        // The last part of a URN alone counts as a name, so that either form of a path begins with the URN.
        let begins = |path: &AttrPath| path.to_string().get(..urn.len()).is_some_and(|it| it.eq_ignore_ascii_case(urn));
        return match projection {
            Projection::Only(paths) if !always && !paths.iter().any(begins) => Fate::Gone,
            _ => Fate::Parts,
        };
    }
    let known = kind.attribute(None, name).map(|(_, attribute)| attribute);
    match rule(known, name, None, kind, projection) {
        Rule::Gone => Fate::Gone,
        Rule::Whole => {
            let hides = |sub: &Attribute| matches!(class(sub), Returned::Request | Returned::Never);
            if known.is_some_and(|known| known.subs.iter().any(hides)) { Fate::Parts } else { Fate::Whole }
        }
        Rule::Only(_) | Rule::Without(_) => Fate::Parts,
    }
}

/// The URN of an extension's container, known to the type or not.
fn extension<'a>(kind: &'a ResourceType, name: &'a str) -> Option<&'a str> {
    match kind.extension(name) {
        Some(schema) => Some(&schema.urn),
        None => super::syntax::is_urn(name).then_some(name),
    }
}

fn container<'v>(value: &'v Value, urn: &str, kind: &ResourceType, projection: &Projection) -> Option<Cow<'v, Value>> {
    let named = |paths: &[AttrPath]| paths.iter().any(|path| path.to_string().eq_ignore_ascii_case(urn));
    // A URN that is named alone stands for its container as it is by default.
    let inner = match projection {
        Projection::Only(paths) if named(paths) => &Projection::Default,
        Projection::Without(paths) if named(paths) => &Projection::Only(Vec::new()),
        other => other,
    };
    let Value::Object(members) = value else {
        return (*inner == Projection::Default).then_some(Cow::Borrowed(value));
    };
    let kept: Vec<(&String, Cow<'_, Value>)> = members
        .iter()
        .filter_map(|(name, value)| Some((name, attribute(value, name, Some(urn), kind, inner)?)))
        .collect();
    if kept.is_empty() {
        return None;
    }
    if kept.len() == members.len() && kept.iter().all(|(_, value)| matches!(value, Cow::Borrowed(_))) {
        return Some(Cow::Borrowed(value));
    }
    let kept = kept.into_iter().map(|(name, value)| (name.clone(), value.into_owned())).collect();
    Some(Cow::Owned(Value::Object(kept)))
}

/// What the paths say of one attribute.
enum Named<'p> {
    Not,
    Whole,
    Subs(Vec<&'p str>),
}

fn named<'p>(paths: &'p [AttrPath], name: &str, urn: Option<&str>, kind: &ResourceType) -> Named<'p> {
    let same_schema = |path: &AttrPath| match (path.urn.as_deref(), urn) {
        (Some(path), Some(urn)) => path.eq_ignore_ascii_case(urn),
        (Some(path), None) => path.eq_ignore_ascii_case(&kind.base.urn),
        (None, urn) => urn.is_none(),
    };
    let mut subs = Vec::new();
    for path in paths.iter().filter(|path| same_schema(path) && path.name.eq_ignore_ascii_case(name)) {
        match &path.sub {
            Some(sub) => subs.push(sub.as_str()),
            None => return Named::Whole,
        }
    }
    if subs.is_empty() { Named::Not } else { Named::Subs(subs) }
}

fn attribute<'v>(
    value: &'v Value,
    name: &str,
    urn: Option<&str>,
    kind: &ResourceType,
    projection: &Projection,
) -> Option<Cow<'v, Value>> {
    let known = kind.attribute(urn, name).map(|(_, attribute)| attribute);
    let among = |names: &[&str], sub: &str| names.iter().any(|name| name.eq_ignore_ascii_case(sub));
    match rule(known, name, urn, kind, projection) {
        Rule::Gone => None,
        Rule::Whole => subs(value, known, &|sub| sub != Returned::Request, &|_| false),
        Rule::Only(names) => subs(value, known, &|sub| sub == Returned::Always, &|sub| among(&names, sub)),
        Rule::Without(names) => without(value, known, &|sub| among(&names, sub)),
    }
}

/// What a projection does to one attribute.
enum Rule<'p> {
    Gone,
    /// What of it is returned by default.
    Whole,
    /// These sub-attributes, and those that are always returned.
    Only(Vec<&'p str>),
    /// Its default without these sub-attributes.
    Without(Vec<&'p str>),
}

fn rule<'p>(
    known: Option<&Attribute>,
    name: &str,
    urn: Option<&str>,
    kind: &ResourceType,
    projection: &'p Projection,
) -> Rule<'p> {
    let class = known.map_or(Returned::Default, class);
    let by_default = matches!(class, Returned::Always | Returned::Default);
    let always = class == Returned::Always || (urn.is_none() && name.eq_ignore_ascii_case("schemas"));
    let whole = |wanted: bool| if wanted { Rule::Whole } else { Rule::Gone };
    if class == Returned::Never {
        return Rule::Gone;
    }
    match projection {
        Projection::Default => whole(by_default),
        Projection::Only(paths) => match named(paths, name, urn, kind) {
            Named::Whole => whole(true),
            Named::Not => whole(always),
            Named::Subs(names) => Rule::Only(names),
        },
        Projection::Without(paths) => match named(paths, name, urn, kind) {
            Named::Whole => whole(always),
            Named::Not => whole(by_default),
            Named::Subs(_) if !by_default => Rule::Gone,
            Named::Subs(names) => Rule::Without(names),
        },
        Projection::Plus(paths) => whole(by_default || matches!(named(paths, name, urn, kind), Named::Whole)),
    }
}

/// What is written but not read is never returned, whatever its class says (I-67).
fn class(attribute: &Attribute) -> Returned {
    if attribute.mutability == Mutability::WriteOnly { Returned::Never } else { attribute.returned }
}

/// The value with those sub-attributes that their class or their name keeps; `None` when nothing of it is left.
fn subs<'v>(
    value: &'v Value,
    attribute: Option<&Attribute>,
    by_class: &dyn Fn(Returned) -> bool,
    by_name: &dyn Fn(&str) -> bool,
) -> Option<Cow<'v, Value>> {
    prune(value, &|name| {
        let class = attribute.and_then(|attribute| attribute.sub(name)).map_or(Returned::Default, class);
        class != Returned::Never && (by_class(class) || by_name(name))
    })
}

fn without<'v>(
    value: &'v Value,
    attribute: Option<&Attribute>,
    unwanted: &dyn Fn(&str) -> bool,
) -> Option<Cow<'v, Value>> {
    prune(value, &|name| {
        let class = attribute.and_then(|attribute| attribute.sub(name)).map_or(Returned::Default, class);
        match class {
            Returned::Always => true,
            Returned::Default => !unwanted(name),
            Returned::Request | Returned::Never => false,
        }
    })
}

/// Keeps members of the object, or of each object in the array. Plain values have no members and stay.
fn prune<'v>(value: &'v Value, keep: &dyn Fn(&str) -> bool) -> Option<Cow<'v, Value>> {
    match value {
        Value::Object(members) if members.keys().all(|name| keep(name)) => Some(Cow::Borrowed(value)),
        Value::Object(members) => {
            let kept: Object = members
                .iter()
                .filter(|(name, _)| keep(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!kept.is_empty()).then_some(Cow::Owned(Value::Object(kept)))
        }
        Value::Array(items) => {
            let kept: Vec<Cow<'_, Value>> = items.iter().filter_map(|item| prune(item, keep)).collect();
            if kept.len() == items.len() && kept.iter().all(|item| matches!(item, Cow::Borrowed(_))) {
                return Some(Cow::Borrowed(value));
            }
            let kept: Vec<Value> = kept.into_iter().map(Cow::into_owned).collect();
            (!kept.is_empty()).then_some(Cow::Owned(Value::Array(kept)))
        }
        plain => Some(Cow::Borrowed(plain)),
    }
}

#[cfg(test)]
mod tests;

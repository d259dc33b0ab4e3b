//! Whether a filter holds for a resource, for one element of an attribute, or for JSON without schema.
//!
//! Readings: multi-valued attributes match when any value does; `ne` holds for any other value and for none (I-27);
//! `eq null` is `not pr` (I-29); a complex attribute without sub-attribute means its `value` (I-31); an absent `primary`
//! is false (I-81); an attribute that the type does not know, or never returns, matches nothing (I-12, I-58).

use serde_json::Value;

use super::rule::Rule;
use super::{Filter, Literal, Op};
use crate::scim::Object;
use crate::scim::address::{member, members_of, values};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, ResourceType, Returned, Type};

static FALSE: Value = Value::Bool(false);

/// Whether a resource matches. Never fails: what [`super::check`] would refuse matches nothing.
#[must_use]
pub fn matches(filter: &Filter, resource: &Object, kind: &ResourceType) -> bool {
    holds(filter, Node::Members(resource), Scope::Resource(kind))
}

/// Whether one element of an attribute matches; paths are relative to the element. Booleans may also be written as
/// strings, since Entra sends `roles[primary eq "True"]` (I-07).
#[must_use]
pub fn element_matches(filter: &Filter, element: &Value, attr: &Attribute) -> bool {
    holds(filter, Node::from(element), Scope::Element(attr))
}

/// Whether any JSON matches, by the types in it: strings without case, `dateTime` by instant.
#[must_use]
pub fn untyped_matches(filter: &Filter, value: &Value) -> bool {
    holds(filter, Node::from(value), Scope::Untyped)
}

/// What knows the attributes.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
    Untyped,
}

/// What the paths start from.
#[derive(Clone, Copy)]
enum Node<'v> {
    Members(&'v Object),
    Plain(&'v Value),
}

impl<'v> From<&'v Value> for Node<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Object(members) => Self::Members(members),
            plain => Self::Plain(plain),
        }
    }
}

/// What a path found.
struct Found<'v> {
    values: Vec<&'v Value>,
    rule: Rule,
}

fn holds(filter: &Filter, node: Node<'_>, scope: Scope<'_>) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| holds(term, node, scope)),
        Filter::Or(terms) => terms.iter().any(|term| holds(term, node, scope)),
        Filter::Not(inner) => !holds(inner, node, scope),
        Filter::Present(path) => whole(path, node, scope).is_some_and(|values| values.into_iter().any(is_present)),
        Filter::Compare(path, op @ (Op::Eq | Op::Ne), Literal::Null) => {
            whole(path, node, scope).is_some_and(|values| values.into_iter().any(is_present) == (*op == Op::Ne))
        }
        Filter::Compare(path, op, literal) => compare(path, *op, literal, node, scope),
        Filter::Value { attr, filter, trailing } => {
            let Some((values, inner)) = elements(attr, node, scope) else { return false };
            values.into_iter().any(|element| {
                holds(filter, element.into(), inner)
                    && trailing.as_ref().is_none_or(|test| holds(test, element.into(), inner))
            })
        }
    }
}

fn compare(path: &AttrPath, op: Op, literal: &Literal, node: Node<'_>, scope: Scope<'_>) -> bool {
    let Some(Found { values, rule }) = leaves(path, node, scope) else { return false };
    match op {
        Op::Ne => values.is_empty() || values.into_iter().any(|value| !rule.holds(value, Op::Eq, literal)),
        _ => values.into_iter().any(|value| rule.holds(value, op, literal)),
    }
}

/// Not null, `""`, `[]`, `{}` (`RFC7644 §3.4.2.2`, table 3: `pr`).
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
    }
}

/// The values that a path names, as they are; `None` when the scope does not know the path.
fn whole<'v>(path: &AttrPath, node: Node<'v>, scope: Scope<'_>) -> Option<Vec<&'v Value>> {
    match scope {
        Scope::Untyped => Some(untyped(path, node)),
        Scope::Resource(kind) => {
            let found = kind.resolve(path)?;
            if found.attribute.returned == Returned::Never {
                return None;
            }
            let values = top(&found.attribute.name, found.extension, node);
            Some(match found.sub {
                Some(sub) => values.into_iter().flat_map(|value| under(value, sub)).collect(),
                None => values,
            })
        }
        Scope::Element(attribute) => {
            if path.urn.is_some() || path.sub.is_some() {
                return None;
            }
            match node {
                Node::Members(members) => Some(values(member(members, &attribute.sub(&path.name)?.name))),
                Node::Plain(value) => path.name.eq_ignore_ascii_case("value").then(|| vec![value]),
            }
        }
    }
}

/// The values that a comparison looks at, with the rule by which they compare.
fn leaves<'v>(path: &AttrPath, node: Node<'v>, scope: Scope<'_>) -> Option<Found<'v>> {
    match scope {
        Scope::Untyped => {
            let values = untyped(path, node).into_iter().flat_map(|value| match value {
                Value::Object(members) => values(member(members, "value")),
                plain => vec![plain],
            });
            Some(Found { values: values.collect(), rule: Rule::Untyped })
        }
        Scope::Resource(kind) => {
            let found = kind.resolve(path)?;
            if found.attribute.returned == Returned::Never {
                return None;
            }
            let values = top(&found.attribute.name, found.extension, node);
            let Some(sub) = leaf(found.attribute, found.sub)? else {
                return Some(Found { values, rule: Rule::resolved(&found, found.attribute) });
            };
            let values = values.into_iter().flat_map(|value| implied(under(value, sub), sub)).collect();
            Some(Found { values, rule: Rule::of(sub) })
        }
        Scope::Element(attribute) => {
            let sub = attribute.sub(&path.name).unwrap_or(attribute);
            let rule = match Rule::of(sub) {
                Rule::Boolean => Rule::LooseBoolean,
                rule => rule,
            };
            let values = implied(whole(path, node, scope)?, sub);
            Some(Found { values, rule })
        }
    }
}

/// The sub-attribute that a comparison means; `Some(None)` for a plain attribute, `None` for a complex one that has no
/// `value`.
fn leaf<'a>(attribute: &'a Attribute, sub: Option<&'a Attribute>) -> Option<Option<&'a Attribute>> {
    match (attribute.kind, sub) {
        (_, Some(sub)) => Some(Some(sub)),
        (Type::Complex, None) => attribute.sub("value").map(Some),
        (_, None) => Some(None),
    }
}

/// The elements that a value filter looks at, with what knows their sub-attributes.
fn elements<'v, 's>(path: &AttrPath, node: Node<'v>, scope: Scope<'s>) -> Option<(Vec<&'v Value>, Scope<'s>)> {
    let inner = match scope {
        Scope::Untyped => Scope::Untyped,
        Scope::Resource(kind) => {
            kind.resolve(path).map(|found| Scope::Element(found.sub.unwrap_or(found.attribute)))?
        }
        Scope::Element(_) => return None,
    };
    Some((whole(path, node, scope)?, inner))
}

/// An absent `primary` is false (`RFC7643 §2.4`).
fn implied<'v>(found: Vec<&'v Value>, sub: &Attribute) -> Vec<&'v Value> {
    if found.is_empty() && sub.kind == Type::Boolean && sub.name == "primary" { vec![&FALSE] } else { found }
}

fn top<'v>(name: &str, extension: Option<&str>, node: Node<'v>) -> Vec<&'v Value> {
    let Node::Members(resource) = node else { return Vec::new() };
    match extension {
        Some(urn) => values(member(resource, urn).and_then(Value::as_object).and_then(|inner| member(inner, name))),
        None => values(member(resource, name)),
    }
}

/// The values of a sub-attribute in one element; an element that is no object counts as its own `value`.
fn under<'v>(element: &'v Value, sub: &Attribute) -> Vec<&'v Value> {
    match element {
        Value::Object(members) => values(member(members, &sub.name)),
        plain if sub.name == "value" => vec![plain],
        _ => Vec::new(),
    }
}

fn untyped<'v>(path: &AttrPath, node: Node<'v>) -> Vec<&'v Value> {
    let found = match node {
        Node::Members(object) => members_of(object, path.urn.as_deref(), &path.name),
        Node::Plain(value) if path.name.eq_ignore_ascii_case("value") && path.sub.is_none() => return vec![value],
        Node::Plain(_) => return Vec::new(),
    };
    match &path.sub {
        Some(sub) => {
            found.into_iter().filter_map(Value::as_object).flat_map(|object| values(member(object, sub))).collect()
        }
        None => found,
    }
}

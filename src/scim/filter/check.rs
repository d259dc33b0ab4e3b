//! Whether attribute, operator and value go together (`RFC7644 §3.4.2.2`, table 3): what is refused with `invalidFilter`.
//!
//! An attribute that the resource type does not know is no error here (I-12): it matches nothing.

use super::rule::loose;
use super::{Filter, Literal, Op};
use crate::scim::path::AttrPath;
use crate::scim::schema::{Attribute, ResourceType, Returned, Type};
use crate::scim::{ScimError, ScimType, datetime};

/// Checks a filter against a resource type.
///
/// # Errors
/// `invalidFilter` for an order of booleans or binaries, a value of another type than the attribute, a complex attribute
/// without sub-attribute and without `value`, and an attribute that is never returned (I-58).
pub fn check(filter: &Filter, kind: &ResourceType) -> Result<(), ScimError> {
    walk(filter, &mut |term| match term {
        Filter::Compare(path, op, literal) => {
            let Some((attribute, sub)) = find(kind, path)? else { return Ok(()) };
            compare(path, attribute, sub, *op, literal, false)
        }
        Filter::Present(path) => find(kind, path).map(|_| ()),
        Filter::Value { attr, filter, trailing } => {
            let Some((attribute, sub)) = find(kind, attr)? else { return Ok(()) };
            let attribute = sub.unwrap_or(attribute);
            if attribute.kind != Type::Complex && !attribute.multi {
                return refuse(format!("{attr} has no values to filter"));
            }
            check_element(filter, attribute)?;
            trailing.as_ref().map_or(Ok(()), |test| check_element(test, attribute))
        }
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => Ok(()),
    })
}

/// Checks what stands inside `[ ]` against the attribute in front of it. Booleans may be written as strings (I-07).
///
/// # Errors
/// As [`check`].
pub fn check_element(filter: &Filter, attr: &Attribute) -> Result<(), ScimError> {
    walk(filter, &mut |term| match term {
        Filter::Compare(path, op, literal) if path.urn.is_none() && path.sub.is_none() => match attr.sub(&path.name) {
            Some(sub) => compare(path, sub, None, *op, literal, true),
            None => Ok(()),
        },
        _ => Ok(()),
    })
}

fn walk(filter: &Filter, visit: &mut dyn FnMut(&Filter) -> Result<(), ScimError>) -> Result<(), ScimError> {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().try_for_each(|term| walk(term, visit)),
        Filter::Not(inner) => walk(inner, visit),
        term => visit(term),
    }
}

type Target<'a> = (&'a Attribute, Option<&'a Attribute>);

fn find<'a>(kind: &'a ResourceType, path: &AttrPath) -> Result<Option<Target<'a>>, ScimError> {
    match kind.resolve(path) {
        Some(found) if found.attribute.returned == Returned::Never => {
            refuse(format!("{path} is never returned and cannot be filtered by"))
        }
        found => Ok(found.map(|found| (found.attribute, found.sub))),
    }
}

fn compare(
    path: &AttrPath,
    attribute: &Attribute,
    sub: Option<&Attribute>,
    op: Op,
    literal: &Literal,
    loose_booleans: bool,
) -> Result<(), ScimError> {
    if *literal == Literal::Null {
        return match op {
            Op::Eq | Op::Ne => Ok(()),
            _ => refuse(format!("null can only be tested with eq and ne, not {op}")),
        };
    }
    let leaf = match (sub, attribute.kind) {
        (Some(sub), _) => sub,
        (None, Type::Complex) => match attribute.sub("value") {
            Some(value) => value,
            None => return refuse(format!("{path} is complex: name one of its sub-attributes")),
        },
        (None, _) => attribute,
    };
    let kind = leaf.kind;
    let op_fits = match kind {
        Type::Boolean => matches!(op, Op::Eq | Op::Ne),
        Type::Binary => !op.is_order(),
        Type::Integer | Type::Decimal => !op.is_substring(),
        Type::String | Type::Reference | Type::DateTime | Type::Complex => true,
    };
    if !op_fits {
        return refuse(format!("{path} is a {}: it cannot be tested with {op}", kind.as_str()));
    }
    let literal_fits = match (kind, literal) {
        (Type::Boolean, literal) if loose_booleans => loose(literal).is_some(),
        (Type::Boolean, Literal::Bool(_)) | (Type::Integer | Type::Decimal, Literal::Number(_)) => true,
        (Type::DateTime, Literal::String(text)) => op.is_substring() || datetime::parse(text).is_some(),
        (Type::String | Type::Reference | Type::Binary | Type::Complex, Literal::String(_)) => true,
        _ => false,
    };
    if literal_fits {
        Ok(())
    } else {
        refuse(format!("{path} is a {}: it cannot be compared with {literal}", kind.as_str()))
    }
}

fn refuse<T>(detail: String) -> Result<T, ScimError> {
    Err(ScimError::bad(ScimType::InvalidFilter, detail))
}

//! The filter of a value path: made ready for the attribute, matched, and turned into a new element where it matches
//! nothing (I-04, I-05).

use serde_json::Value;

use super::super::filter::{Filter, Literal, Op, element_matches};
use super::super::path::AttrPath;
use super::super::resource::normal::boolean;
use super::super::schema::{Attribute, Type};
use super::super::{Object, ScimError, ScimType};

/// Every comparison of a filter brought to the attribute's types: names checked, and `primary eq "True"`, as Entra
/// writes it, made a boolean where string booleans are accepted (I-07).
pub(super) fn prepare(filter: &Filter, attribute: &Attribute, string_booleans: bool) -> Result<Filter, ScimError> {
    let each = |terms: &[Filter]| {
        terms.iter().map(|term| prepare(term, attribute, string_booleans)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::Compare(path, op, literal) => {
            let kind = known(path, attribute)?;
            let literal = match literal {
                Literal::String(text) if kind == Type::Boolean && string_booleans => {
                    boolean(text).map_or_else(|| literal.clone(), Literal::Bool)
                }
                other => other.clone(),
            };
            Filter::Compare(path.clone(), *op, literal)
        }
        Filter::Present(path) => {
            known(path, attribute)?;
            filter.clone()
        }
        Filter::And(terms) => Filter::And(each(terms)?),
        Filter::Or(terms) => Filter::Or(each(terms)?),
        Filter::Not(inner) => Filter::Not(Box::new(prepare(inner, attribute, string_booleans)?)),
        Filter::Value { attr, .. } => return Err(invalid_filter(&format!("{attr}[ ] inside brackets"))),
    })
}

/// The type of the value that a path inside brackets names: a sub-attribute, or `value` for plain elements.
fn known(path: &AttrPath, attribute: &Attribute) -> Result<Type, ScimError> {
    let plain = attribute.kind != Type::Complex && path.name.eq_ignore_ascii_case("value");
    let found = if path.sub.is_some() {
        None
    } else if plain {
        Some(attribute.kind)
    } else {
        attribute.sub(&path.name).map(|sub| sub.kind)
    };
    found.ok_or_else(|| invalid_filter(&format!("{} has no {path}", attribute.name)))
}

fn invalid_filter(detail: &str) -> ScimError {
    ScimError::bad(ScimType::InvalidFilter, detail)
}

/// The places of the elements that match.
pub(super) fn matching(elements: &[Value], filter: &Filter, attribute: &Attribute) -> Vec<usize> {
    let matched = elements.iter().enumerate().filter(|(_, element)| element_matches(filter, element, attribute));
    matched.map(|(place, _)| place).collect()
}

/// The members that an element must have to match a filter of `eq` terms; `None` for any other filter.
pub(super) fn described(filter: &Filter, attribute: &Attribute) -> Option<Object> {
    let mut members = Object::new();
    let terms = match filter {
        Filter::And(terms) => terms.as_slice(),
        single => std::slice::from_ref(single),
    };
    for term in terms {
        let Filter::Compare(path, Op::Eq, literal) = term else {
            return None;
        };
        let value = match literal {
            Literal::String(text) => Value::String(text.clone()),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Bool(bool) => Value::Bool(*bool),
            Literal::Null => return None,
        };
        members.insert(attribute.sub(&path.name)?.name.clone(), value);
    }
    Some(members)
}

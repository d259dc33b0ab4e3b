//! What the server must know of a filter beyond its truth: which attributes it names, which index answers it, whether it
//! is valid for a query over several types.

use crate::scim::filter::{Filter, Literal, Op, check};
use crate::scim::name::fold;
use crate::scim::path::AttrPath;
use crate::scim::{ScimError, ScimType, urn};
use crate::store::{Kind, Select};

use super::context::resource_type;

/// Whether any path of a filter meets a test; paths inside brackets too.
pub(super) fn any(filter: &Filter, test: &mut dyn FnMut(&AttrPath) -> bool) -> bool {
    match filter {
        Filter::Compare(path, ..) | Filter::Present(path) => test(path),
        Filter::And(terms) | Filter::Or(terms) => terms.iter().any(|term| any(term, test)),
        Filter::Not(inner) => any(inner, test),
        Filter::Value { attr, filter, trailing } => {
            test(attr) || any(filter, test) || trailing.as_ref().is_some_and(|trailing| any(trailing, test))
        }
    }
}

/// Checks a filter for a query over these kinds; an attribute that a type lacks only counts as having no value there
/// (`RFC7644 §3.4.2.1`).
///
/// # Errors
/// As `scim::filter::check`.
pub(super) fn valid(filter: &Filter, kinds: &[Kind]) -> Result<(), ScimError> {
    kinds.iter().try_for_each(|kind| check(filter, resource_type(*kind)))
}

/// Whether every attribute that a filter names is defined for one of these kinds.
///
/// # Errors
/// 400 `invalidFilter` for the first that is not (I-12).
pub(super) fn defined(filter: &Filter, kinds: &[Kind]) -> Result<(), ScimError> {
    let missing = |path: &AttrPath| kinds.iter().all(|kind| resource_type(*kind).resolve(path).is_none());
    let refuse = |path: &AttrPath| match missing(path) {
        true => Err(ScimError::bad(ScimType::InvalidFilter, format!("{path}: no such attribute"))),
        false => Ok(()),
    };
    match filter {
        Filter::Compare(path, ..) | Filter::Present(path) => refuse(path),
        Filter::And(terms) | Filter::Or(terms) => terms.iter().try_for_each(|term| defined(term, kinds)),
        Filter::Not(inner) => defined(inner, kinds),
        Filter::Value { attr, filter, .. } => {
            refuse(attr)?;
            let inside = |path: &AttrPath| AttrPath { sub: Some(path.name.clone()), ..attr.clone() };
            match any(filter, &mut |path| missing(&inside(path))) {
                true => Err(ScimError::bad(ScimType::InvalidFilter, format!("{attr}: no such sub-attribute"))),
                false => Ok(()),
            }
        }
    }
}

/// The look-up that finds every match, and whether it finds nothing else.
pub(super) fn plan(filter: &Filter, kind: Kind) -> (Select, bool) {
    match filter {
        Filter::Compare(path, Op::Eq, Literal::String(text)) => {
            look_up(path, text, kind).unwrap_or((Select::All, false))
        }
        Filter::And(terms) => {
            let found = terms.iter().map(|term| plan(term, kind).0).find(|select| *select != Select::All);
            (found.unwrap_or(Select::All), false)
        }
        _ => (Select::All, false),
    }
}

fn look_up(path: &AttrPath, text: &str, kind: Kind) -> Option<(Select, bool)> {
    let base = &resource_type(kind).base.urn;
    if path.sub.is_some() || path.urn.as_ref().is_some_and(|urn| !urn.eq_ignore_ascii_case(base)) {
        return None;
    }
    Some(match (kind, path.name.to_ascii_lowercase().as_str()) {
        (_, "id") => (Select::Id(text.to_owned()), true),
        (_, "externalid") => (Select::ExternalId(text.to_owned()), true),
        (Kind::User, "username") => (Select::Name(fold(text)), true),
        // The key is coarser than the comparison of a display name.
        (Kind::Group, "displayname") => (Select::Name(fold(text)), false),
        _ => return None,
    })
}

/// Whether a filter or sort path names an attribute of that name, in the core schemas.
pub(super) fn names(path: &AttrPath, name: &str) -> bool {
    let core =
        path.urn.as_ref().is_none_or(|urn| [urn::USER, urn::GROUP].iter().any(|core| urn.eq_ignore_ascii_case(core)));
    core && path.name.eq_ignore_ascii_case(name)
}

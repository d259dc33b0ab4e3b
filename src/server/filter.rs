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

/// The look-up that finds every match of a filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub select: Select,
    /// Whether it finds nothing else.
    pub exact: bool,
    /// The attribute whose index it uses.
    pub index: Option<&'static str>,
}

/// The look-up for one kind; without a filter it is everything.
pub(super) fn plan(filter: Option<&Filter>, kind: Kind) -> Plan {
    let all = |exact| Plan { select: Select::All, exact, index: None };
    match filter {
        None => all(true),
        Some(Filter::Compare(path, Op::Eq, Literal::String(text))) => {
            look_up(path, text, kind).unwrap_or_else(|| all(false))
        }
        Some(Filter::And(terms)) => {
            let plans = terms.iter().map(|term| plan(Some(term), kind)).filter(|plan| plan.index.is_some());
            // An id is one resource, a name hardly more.
            let best = plans.min_by_key(|plan| match plan.select {
                Select::Id(_) => 0,
                Select::Name(_) => 1,
                _ => 2,
            });
            Plan { exact: false, ..best.unwrap_or_else(|| all(false)) }
        }
        Some(_) => all(false),
    }
}

fn look_up(path: &AttrPath, text: &str, kind: Kind) -> Option<Plan> {
    let base = &resource_type(kind).base.urn;
    if path.sub.is_some() || path.urn.as_ref().is_some_and(|urn| !urn.eq_ignore_ascii_case(base)) {
        return None;
    }
    let (index, select, exact) = match (kind, path.name.to_ascii_lowercase().as_str()) {
        (_, "id") => ("id", Select::Id(text.to_owned()), true),
        (_, "externalid") => ("externalId", Select::ExternalId(text.to_owned()), true),
        (Kind::User, "username") => ("userName", Select::Name(fold(text)), true),
        // The key is coarser than the comparison of a display name.
        (Kind::Group, "displayname") => ("displayName", Select::Name(fold(text)), false),
        _ => return None,
    };
    Some(Plan { select, exact, index: Some(index) })
}

/// Whether a query's text is a plain look-up by an index: so little work that no thread of its own is worth it. What it
/// takes for one by mistake is answered rightly all the same.
pub(super) fn is_look_up(query: &str) -> bool {
    // What stands before and after the first space, which may come in either form.
    fn split(text: &str) -> Option<(&str, &str)> {
        let at = [text.find('+').map(|at| (at, 1)), text.find("%20").map(|at| (at, 3))];
        let (end, length) = at.into_iter().flatten().min()?;
        Some((text.get(..end)?, text.get(end + length..)?))
    }
    let filter = query.split('&').find_map(|pair| pair.strip_prefix("filter="));
    let named = |filter| {
        let (name, rest) = split(filter)?;
        let (operator, value) = split(rest)?;
        let indexed = ["userName", "externalId", "id"].iter().any(|own| name.eq_ignore_ascii_case(own));
        let quoted = value.starts_with('"') || value.starts_with("%22");
        Some(indexed && operator.eq_ignore_ascii_case("eq") && quoted && split(value).is_none())
    };
    filter.and_then(named) == Some(true) && !query.contains("sortBy")
}

/// Whether a filter or sort path names an attribute of that name, in the core schemas.
pub(super) fn names(path: &AttrPath, name: &str) -> bool {
    let core =
        path.urn.as_ref().is_none_or(|urn| [urn::USER, urn::GROUP].iter().any(|core| urn.eq_ignore_ascii_case(core)));
    core && path.name.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::filter::parse;

    #[test]
    fn filters_find_their_index() {
        let rows = [
            ("userName eq \"A\"", Kind::User, Some("userName"), true),
            ("userName eq \"A\"", Kind::Group, None, false),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"A\"", Kind::User, Some("userName"), true),
            ("id eq \"A\"", Kind::Device, Some("id"), true),
            ("EXTERNALID eq \"A\"", Kind::Group, Some("externalId"), true),
            ("displayName eq \"A\"", Kind::Group, Some("displayName"), false),
            ("displayName eq \"A\"", Kind::User, None, false),
            ("externalId eq \"A\" and userName eq \"b\"", Kind::User, Some("userName"), false),
            ("active eq true and (id eq \"A\" and title pr)", Kind::User, Some("id"), false),
            ("userName eq \"A\" or id eq \"A\"", Kind::User, None, false),
            ("not (id eq \"A\")", Kind::User, None, false),
            ("userName sw \"A\"", Kind::User, None, false),
            ("userName eq true", Kind::User, None, false),
        ];
        for (text, kind, index, exact) in rows {
            let found = plan(Some(&parse(text).unwrap()), kind);
            assert_eq!((found.index, found.exact), (index, exact), "{text} of {kind:?}");
        }
        assert_eq!(plan(None, Kind::User), Plan { select: Select::All, exact: true, index: None });
    }

    #[test]
    fn plain_look_ups_are_seen() {
        let rows = [
            ("filter=userName+eq+%22a@x%22", true),
            ("count=1&filter=USERNAME%20Eq%20%22a%22", true),
            ("filter=externalId%20eq%20\"a\"&attributes=id", true),
            ("filter=userName+sw+%22a%22", false),
            ("filter=userName+eq+%22a%22+or+title+pr", false),
            ("filter=userName+eq+true", false),
            ("filter=displayName+eq+%22a%22", false),
            ("filter=not+(id+eq+%22a%22)", false),
            ("filter=userName+eq+%22a%22&sortBy=id", false),
            ("filter=", false),
            ("count=1", false),
            ("", false),
        ];
        for (query, expected) in rows {
            assert_eq!(is_look_up(query), expected, "{query}");
        }
    }
}

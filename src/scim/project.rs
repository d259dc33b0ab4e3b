//! Which attributes an answer carries (`RFC7644 §3.9`): `attributes`, `excludedAttributes`, and each attribute's `returned`.
//!
//! `id` and `schemas` are always there (I-41); what is never returned never is, whoever asks. Attributes that the type does
//! not know count as returned by default.

use super::Object;
use super::json::{self, Damaged};
use super::path::AttrPath;
use super::schema::{Attribute, Mutability, ResourceType, Returned, common};

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

/// Appends the members of a resource that are returned, each after a comma, and each as it stands but for what is left out
/// within. What becomes of an attribute depends on no other, so that a resource may come in parts.
///
/// # Errors
/// A value that cannot be taken apart; what was appended before that stays.
pub fn write<'t>(
    left: &mut String,
    members: impl Iterator<Item = (&'t str, &'t str)>,
    kind: &ResourceType,
    projection: &Projection,
) -> Result<(), Damaged> {
    let few = few(kind, projection);
    for (name, value) in members {
        // Most names are none of the few: they are passed over before anything else is asked of them.
        if few.as_ref().is_some_and(|few| !is_urn_like(name) && !few.iter().any(|one| one.eq_ignore_ascii_case(name))) {
            continue;
        }
        if is_gone(name, kind, projection) {
            continue;
        }
        keep_if(left, |left| {
            write_name(left, name, true);
            match extension(kind, name) {
                Some(urn) => container(left, value, urn, kind, projection),
                None => attribute(left, (name, value), None, kind, projection),
            }
        })?;
    }
    Ok(())
}

/// The only attributes outside of extensions of which something can be left, where that is known before they are looked at.
fn few<'a>(kind: &'a ResourceType, projection: &'a Projection) -> Option<Vec<&'a str>> {
    let Projection::Only(paths) = projection else { return None };
    let known = kind.base.attributes.iter().chain(common());
    let always = known.filter(|it| it.returned == Returned::Always).map(|it| it.name.as_str());
    let mut few = Vec::with_capacity(16);
    few.push("schemas");
    few.extend(always);
    few.extend(paths.iter().map(|path| path.name.as_str()));
    Some(few)
}

/// Whether a name may be that of an extension's container.
fn is_urn_like(name: &str) -> bool {
    name.as_bytes().get(3) == Some(&b':')
}

/// The resource as it is returned, for those who have no text of it.
#[must_use]
pub fn project(resource: &Object, kind: &ResourceType, projection: &Projection) -> Object {
    let text = serde_json::to_string(resource).unwrap_or_default();
    let mut left = String::with_capacity(text.len());
    // What was just printed can be taken apart, and printed again is an object.
    let inside = json::inside(&text, BRACES).unwrap_or_default();
    let _ = write(&mut left, json::members(inside).flatten(), kind, projection);
    serde_json::from_str(&format!("{{{}}}", left.strip_prefix(',').unwrap_or_default())).unwrap_or_default()
}

/// Whether an attribute is left out whatever it holds; of others that is not said.
#[must_use]
pub fn is_gone(name: &str, kind: &ResourceType, projection: &Projection) -> bool {
    let Projection::Only(paths) = projection else { return false };
    match extension(kind, name) {
        Some(urn) => {
            let known = kind.extension(urn).map(|schema| schema.attributes.as_slice());
            let always = known.is_some_and(|attributes| attributes.iter().any(|it| class(it) == Returned::Always));
            // The last part of a URN alone counts as a name, so that either form of a path begins with the URN.
            let within = |path: &AttrPath| {
                let own = path.urn.as_ref().filter(|own| own.len() <= urn.len());
                own.is_some_and(|own| urn.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own)))
            };
            !always && !paths.iter().any(within)
        }
        None => matches!(rule(name, None, kind, projection), Rule::Gone),
    }
}

const BRACES: [char; 2] = ['{', '}'];
const BRACKETS: [char; 2] = ['[', ']'];

/// Appends a name; a comma goes before all but the first.
fn write_name(left: &mut String, name: &str, comma: bool) {
    left.push_str(if comma { ",\"" } else { "\"" });
    left.push_str(name);
    left.push_str("\":");
}

/// Appends what says that it is wanted, and else nothing.
fn keep_if(left: &mut String, append: impl FnOnce(&mut String) -> Result<bool, Damaged>) -> Result<bool, Damaged> {
    let before = left.len();
    let kept = append(left)?;
    if !kept {
        left.truncate(before);
    }
    Ok(kept)
}

/// The URN of an extension's container, known to the type or not.
fn extension<'a>(kind: &'a ResourceType, name: &'a str) -> Option<&'a str> {
    match kind.extension(name) {
        Some(schema) => Some(&schema.urn),
        None => (is_urn_like(name) && super::syntax::is_urn(name)).then_some(name),
    }
}

fn container(
    left: &mut String,
    value: &str,
    urn: &str,
    kind: &ResourceType,
    projection: &Projection,
) -> Result<bool, Damaged> {
    let named = |paths: &[AttrPath]| paths.iter().any(|path| path.to_string().eq_ignore_ascii_case(urn));
    // A URN that is named alone stands for its container as it is by default.
    let inner = match projection {
        Projection::Only(paths) if named(paths) => &Projection::Default,
        Projection::Without(paths) if named(paths) => &Projection::Only(Vec::new()),
        other => other,
    };
    let Some(inside) = json::inside(value, BRACES) else {
        left.push_str(value);
        return Ok(*inner == Projection::Default);
    };
    let mut kept = 0;
    left.push('{');
    for member in json::members(inside) {
        let (name, value) = member?;
        kept += usize::from(keep_if(left, |left| {
            write_name(left, name, kept > 0);
            attribute(left, (name, value), Some(urn), kind, inner)
        })?);
    }
    left.push('}');
    Ok(kept > 0)
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
    for path in paths.iter().filter(|path| path.name.eq_ignore_ascii_case(name) && same_schema(path)) {
        match &path.sub {
            Some(sub) => subs.push(sub.as_str()),
            None => return Named::Whole,
        }
    }
    if subs.is_empty() { Named::Not } else { Named::Subs(subs) }
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

fn rule<'p>(name: &str, urn: Option<&str>, kind: &ResourceType, projection: &'p Projection) -> Rule<'p> {
    let whole = |wanted: bool| if wanted { Rule::Whole } else { Rule::Gone };
    let named = match projection {
        Projection::Default => Named::Not,
        Projection::Only(paths) | Projection::Without(paths) | Projection::Plus(paths) => named(paths, name, urn, kind),
    };
    if let (Projection::Only(_), Named::Not) = (projection, &named) {
        return whole(always(name, urn, kind));
    }
    let class = kind.attribute(urn, name).map_or(Returned::Default, |(_, attribute)| class(attribute));
    let by_default = matches!(class, Returned::Always | Returned::Default);
    match (projection, named) {
        _ if class == Returned::Never => Rule::Gone,
        (Projection::Only(_), Named::Subs(names)) => Rule::Only(names),
        (Projection::Only(_) | Projection::Plus(_), Named::Whole) => Rule::Whole,
        (Projection::Without(_), Named::Whole) => whole(always(name, urn, kind)),
        (Projection::Without(_), Named::Subs(names)) if by_default => Rule::Without(names),
        _ => whole(by_default),
    }
}

/// Whether an attribute is returned whatever is asked for. Most are not, which is seen sooner than which they are.
fn always(name: &str, urn: Option<&str>, kind: &ResourceType) -> bool {
    let extension = urn.filter(|urn| !urn.eq_ignore_ascii_case(&kind.base.urn));
    let is = |attributes: &[Attribute]| {
        let mut always = attributes.iter().filter(|it| it.returned == Returned::Always && class(it) == it.returned);
        always.any(|it| it.name.eq_ignore_ascii_case(name))
    };
    match extension {
        Some(urn) => kind.extension(urn).is_some_and(|schema| is(&schema.attributes)),
        None => (urn.is_none() && name.eq_ignore_ascii_case("schemas")) || is(&kind.base.attributes) || is(common()),
    }
}

/// Appends the value of an attribute with those sub-attributes that their class or their name keeps; false when nothing of it
/// is left.
fn attribute(
    left: &mut String,
    (name, value): (&str, &str),
    urn: Option<&str>,
    kind: &ResourceType,
    projection: &Projection,
) -> Result<bool, Damaged> {
    let known = || kind.attribute(urn, name).map(|(_, attribute)| attribute);
    let among = |names: &[&str], sub: &str| names.iter().any(|name| name.eq_ignore_ascii_case(sub));
    let of = |known: Option<&Attribute>, sub: &str| {
        known.and_then(|attribute| attribute.sub(sub)).map_or(Returned::Default, class)
    };
    match rule(name, urn, kind, projection) {
        Rule::Gone => Ok(false),
        Rule::Whole => {
            let shown = |class| matches!(class, Returned::Always | Returned::Default);
            let known = known();
            if known.is_none_or(|known| known.subs.iter().all(|sub| shown(class(sub)))) {
                left.push_str(value);
                return Ok(true);
            }
            prune(left, value, &|sub| shown(of(known, sub)))
        }
        Rule::Only(names) => {
            let known = known();
            prune(left, value, &|sub| match of(known, sub) {
                Returned::Never => false,
                class => class == Returned::Always || among(&names, sub),
            })
        }
        Rule::Without(names) => {
            let known = known();
            prune(left, value, &|sub| match of(known, sub) {
                Returned::Always => true,
                Returned::Default => !among(&names, sub),
                Returned::Request | Returned::Never => false,
            })
        }
    }
}

/// What is written but not read is never returned, whatever its class says (I-67).
fn class(attribute: &Attribute) -> Returned {
    if attribute.mutability == Mutability::WriteOnly { Returned::Never } else { attribute.returned }
}

/// Appends a value, of an object the members that are kept, of an array each element so. Plain values have no members and
/// stay. False if it had something and has nothing left.
fn prune(left: &mut String, value: &str, keep: &dyn Fn(&str) -> bool) -> Result<bool, Damaged> {
    let (mut all, mut kept) = (0, 0);
    if let Some(inside) = json::inside(value, BRACES) {
        left.push('{');
        for member in json::members(inside) {
            let (name, value) = member?;
            all += 1;
            if keep(name) {
                write_name(left, name, kept > 0);
                left.push_str(value);
                kept += 1;
            }
        }
        left.push('}');
    } else if let Some(inside) = json::inside(value, BRACKETS) {
        left.push('[');
        for element in json::elements(inside) {
            let element = element?;
            all += 1;
            kept += usize::from(keep_if(left, |left| {
                left.push_str(if kept > 0 { "," } else { "" });
                prune(left, element, keep)
            })?);
        }
        left.push(']');
    } else {
        left.push_str(value);
    }
    Ok(all == 0 || kept > 0)
}

#[cfg(test)]
mod tests;

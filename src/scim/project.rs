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

/// What a projection does to resources of one type, found out once for any number of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    own: Level,
    /// The containers of extensions that the type or the projection knows, by their URNs.
    containers: Vec<(String, Level)>,
    /// Any other container.
    stranger: Level,
    /// How long the names are of which something can be left; `None` if they may have any length.
    lengths: Option<Vec<usize>>,
}

/// What is left of attributes that stand side by side: a resource's own, or those of an extension.
#[derive(Debug, Clone, PartialEq)]
struct Level {
    /// Those that do not fare as the others.
    parts: Vec<(String, Part)>,
    others: Part,
    /// Whether a container is left that is no object.
    scalar: bool,
}

/// What is left of an attribute.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Gone,
    Whole,
    /// These sub-attributes.
    Only(Vec<String>),
    /// All but these sub-attributes.
    Without(Vec<String>),
}

impl Cut {
    /// What that projection does to resources of that type.
    #[must_use]
    pub fn of(kind: &ResourceType, projection: &Projection) -> Self {
        let paths = projection.paths();
        // The last part of a URN alone counts as a name.
        let asked = paths.iter().filter_map(|path| Some([path.urn.clone()?, path.to_string()])).flatten();
        let known = kind.extensions.iter().map(|(schema, _)| schema.urn.clone());
        let mut containers: Vec<(String, Level)> = Vec::new();
        for urn in known.chain([kind.base.urn.clone()]).chain(asked) {
            if !containers.iter().any(|(other, _)| other.eq_ignore_ascii_case(&urn)) {
                let level = Level::of_container(&urn, kind, projection);
                containers.push((urn, level));
            }
        }
        let stranger = Level { parts: Vec::new(), ..Level::of_container("", kind, projection) };
        let own = Level::of(None, kind, projection);
        let shown = containers.iter().filter(|(_, level)| !level.is_nothing()).map(|(urn, _)| urn.len());
        let lengths = own.parts.iter().map(|(name, _)| name.len()).chain(shown).collect();
        let few = own.others == Part::Gone && stranger.is_nothing();
        Self { own, containers, stranger, lengths: few.then_some(lengths) }
    }

    /// Whether anything can be left of an attribute whose name is that long, for who need not look at the others at all.
    #[must_use]
    pub fn may_show(&self, length: usize) -> bool {
        self.lengths.as_ref().is_none_or(|lengths| lengths.contains(&length))
    }

    /// Appends the members of a resource that are returned, each after a comma, and each as it stands but for what is left
    /// out within. What becomes of an attribute depends on no other, so that a resource may come in parts.
    ///
    /// # Errors
    /// A value that cannot be taken apart; what was appended before that stays.
    pub fn write<'t>(
        &self,
        left: &mut String,
        members: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<(), Damaged> {
        for member in members {
            match self.container(member.0) {
                Some(level) => level.container(left, member)?,
                None => self.own.attribute(left, member, true)?,
            };
        }
        Ok(())
    }

    /// Whether an attribute is left out whatever it holds; of others that is not said.
    #[must_use]
    pub fn is_gone(&self, name: &str) -> bool {
        self.container(name).map_or_else(|| *self.own.part(name) == Part::Gone, Level::is_nothing)
    }

    /// Whether an attribute outside of extensions is shown with everything that it holds.
    #[must_use]
    pub fn is_whole(&self, name: &str) -> bool {
        self.container(name).is_none() && *self.own.part(name) == Part::Whole
    }

    /// The resource as it is returned, for those who have no text of it.
    #[must_use]
    pub fn object(&self, resource: &Object) -> Object {
        let text = serde_json::to_string(resource).unwrap_or_default();
        let mut left = String::with_capacity(text.len());
        // What was just printed can be taken apart, and printed again is an object.
        let inside = json::inside(&text, BRACES).unwrap_or_default();
        let _ = self.write(&mut left, json::members(inside).flatten());
        serde_json::from_str(&format!("{{{}}}", left.strip_prefix(',').unwrap_or_default())).unwrap_or_default()
    }

    /// The container of that name, if it is that of an extension, known to the type or not.
    fn container(&self, name: &str) -> Option<&Level> {
        let known = self.containers.iter().find(|(urn, _)| urn == name || urn.eq_ignore_ascii_case(name));
        let urn_like = || name.as_bytes().get(3) == Some(&b':') && super::syntax::is_urn(name);
        known.map(|(_, level)| level).or_else(|| urn_like().then_some(&self.stranger))
    }
}

/// The resource as it is returned.
#[must_use]
pub fn project(resource: &Object, kind: &ResourceType, projection: &Projection) -> Object {
    Cut::of(kind, projection).object(resource)
}

impl Projection {
    fn paths(&self) -> &[AttrPath] {
        match self {
            Self::Default => &[],
            Self::Only(paths) | Self::Without(paths) | Self::Plus(paths) => paths,
        }
    }
}

impl Level {
    fn of(urn: Option<&str>, kind: &ResourceType, projection: &Projection) -> Self {
        let extension = urn.filter(|urn| !urn.eq_ignore_ascii_case(&kind.base.urn));
        let (own, common) = match extension {
            Some(urn) => (kind.extension(urn).map_or(&[][..], |schema| &schema.attributes), &[][..]),
            None => (kind.base.attributes.as_slice(), common()),
        };
        let others = if matches!(projection, Projection::Only(_)) { Part::Gone } else { Part::Whole };
        let known = own.iter().chain(common).map(|attribute| &attribute.name);
        let names = known.chain(projection.paths().iter().map(|path| &path.name)).map(String::as_str);
        let mut parts: Vec<(String, Part)> = Vec::new();
        for name in names.chain(["schemas"]) {
            let part = Part::of(name, urn, kind, projection);
            if part != others && !parts.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                parts.push((name.to_owned(), part));
            }
        }
        Self { parts, others, scalar: *projection == Projection::Default }
    }

    /// A URN that is named alone stands for its container as it is by default.
    fn of_container(urn: &str, kind: &ResourceType, projection: &Projection) -> Self {
        let alone = projection.paths().iter().any(|path| path.to_string().eq_ignore_ascii_case(urn));
        let inner = match projection {
            Projection::Only(_) if alone => &Projection::Default,
            Projection::Without(_) if alone => &Projection::Only(Vec::new()),
            other => other,
        };
        Self::of(Some(urn), kind, inner)
    }

    fn part(&self, name: &str) -> &Part {
        self.parts.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map_or(&self.others, |(_, part)| part)
    }

    fn is_nothing(&self) -> bool {
        self.parts.is_empty() && self.others == Part::Gone && !self.scalar
    }

    /// Appends an attribute, after a comma or as the first; nothing and false when nothing of it is left.
    fn attribute(&self, left: &mut String, (name, value): (&str, &str), comma: bool) -> Result<bool, Damaged> {
        let (names, kept) = match self.part(name) {
            Part::Gone => return Ok(false),
            Part::Whole => {
                write_name(left, name, comma);
                left.push_str(value);
                return Ok(true);
            }
            Part::Only(names) => (names, true),
            Part::Without(names) => (names, false),
        };
        keep_if(left, |left| {
            write_name(left, name, comma);
            let keep = |sub: &str| names.iter().any(|name| name.eq_ignore_ascii_case(sub)) == kept;
            prune(left, value, &keep).map(|(some, _)| some)
        })
    }

    /// As [`Level::attribute`], a container that is not the first.
    fn container(&self, left: &mut String, (name, value): (&str, &str)) -> Result<bool, Damaged> {
        if self.is_nothing() {
            return Ok(false);
        }
        keep_if(left, |left| {
            write_name(left, name, true);
            let Some(inside) = json::inside(value, BRACES) else {
                left.push_str(value);
                return Ok(self.scalar);
            };
            let mut kept = 0;
            left.push('{');
            for member in json::members(inside) {
                kept += usize::from(self.attribute(left, member?, kept > 0)?);
            }
            left.push('}');
            Ok(kept > 0)
        })
    }
}

impl Part {
    fn of(name: &str, urn: Option<&str>, kind: &ResourceType, projection: &Projection) -> Self {
        let known = kind.attribute(urn, name).map(|(_, attribute)| attribute);
        let class_of = |sub: &str| known.and_then(|it| it.sub(sub)).map_or(Returned::Default, class);
        let subs = |wanted: &[Returned]| -> Vec<String> {
            let all = known.map_or(&[][..], |it| &it.subs).iter();
            all.filter(|sub| wanted.contains(&class(sub))).map(|sub| sub.name.clone()).collect()
        };
        let asked = |names: Vec<&str>, unless: Returned| -> Vec<String> {
            names.into_iter().filter(|name| class_of(name) != unless).map(str::to_owned).collect()
        };
        let hidden = subs(&[Returned::Request, Returned::Never]);
        match rule(name, urn, kind, projection) {
            Rule::Gone => Self::Gone,
            Rule::Whole if hidden.is_empty() => Self::Whole,
            Rule::Whole => Self::Without(hidden),
            Rule::Only(names) => Self::Only([subs(&[Returned::Always]), asked(names, Returned::Never)].concat()),
            Rule::Without(names) => Self::Without([hidden, asked(names, Returned::Always)].concat()),
        }
    }
}

const BRACES: [char; 2] = ['{', '}'];

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

/// What is written but not read is never returned, whatever its class says (I-67).
fn class(attribute: &Attribute) -> Returned {
    if attribute.mutability == Mutability::WriteOnly { Returned::Never } else { attribute.returned }
}

/// Appends the value that a text begins with, of an object the members that are kept, of an array each element so. Plain
/// values have no members and stay. Whether it had nothing or has something left, and the text after it.
fn prune<'t>(left: &mut String, text: &'t str, keep: &dyn Fn(&str) -> bool) -> Result<(bool, &'t str), Damaged> {
    let (mut all, mut kept) = (0, 0);
    let rest = if text.starts_with('{') {
        left.push('{');
        let rest = json::each(text, '}', |rest| {
            let ((name, value), rest) = json::member(rest).ok_or(Damaged)?;
            all += 1;
            if keep(name) {
                write_name(left, name, kept > 0);
                left.push_str(value);
                kept += 1;
            }
            Ok(rest)
        })?;
        left.push('}');
        rest
    } else if text.starts_with('[') {
        left.push('[');
        let rest = json::each(text, ']', |rest| {
            let before = left.len();
            left.push_str(if kept > 0 { "," } else { "" });
            let (some, rest) = prune(left, rest, keep)?;
            all += 1;
            kept += usize::from(some);
            left.truncate(if some { left.len() } else { before });
            Ok(rest)
        })?;
        left.push(']');
        rest
    } else {
        let (value, rest) = json::value(text).ok_or(Damaged)?;
        left.push_str(value);
        rest
    };
    Ok((all == 0 || kept > 0, rest))
}

#[cfg(test)]
mod tests;

//! Attribute paths (`RFC7644 §3.10`) and PATCH paths (`RFC7644 §3.5.2`, figure 7): parse and print.
//!
//! A URN is split from the name at the last colon (I-52). It knows nothing of what a path resolves to.

use std::fmt;

use super::filter::{self, Filter, Limits};
use super::schema;
use super::syntax::{Cursor, SyntaxError, error_at, is_name, is_urn};

/// An attribute by name: `[URN ":"] name ["." sub]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The schema URN in front, as written.
    pub urn: Option<String>,
    /// The attribute's name, as written.
    pub name: String,
    /// The sub-attribute's name, as written.
    pub sub: Option<String>,
}

/// A PATCH path: an attribute, a value path with its filter, or a whole extension by its URN.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchPath {
    /// `attr`, `attr.sub`, `URN:attr.sub`.
    Attr(AttrPath),
    /// `attr[filter]` or `attr[filter].sub`; `attr.sub` is `None` inside.
    Value {
        /// The multi-valued attribute.
        attr: AttrPath,
        /// What selects its elements; paths inside are relative to an element.
        filter: Filter,
        /// The sub-attribute after the bracket.
        sub: Option<String>,
    },
    /// A schema URN alone: the container of an extension, or the core schema.
    Schema(String),
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attr(attr) => attr.fmt(f),
            Self::Value { attr, filter, sub: None } => write!(f, "{attr}[{filter}]"),
            Self::Value { attr, filter, sub: Some(sub) } => write!(f, "{attr}[{filter}].{sub}"),
            Self::Schema(urn) => f.write_str(urn),
        }
    }
}

impl AttrPath {
    /// An unqualified attribute without sub-attribute. The name is taken as it is.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self { urn: None, name: name.to_owned(), sub: None }
    }

    /// Parses `[URN ":"] name ["." sub]`.
    ///
    /// # Errors
    /// The text is not an attribute path, or something follows it.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        limit(text)?;
        let mut cursor = Cursor::new(text);
        let path = Self::scan(&mut cursor)?;
        if cursor.peek().is_some() { cursor.expected("the end of the path") } else { Ok(path) }
    }

    /// Takes an attribute path from where the cursor stands.
    pub(in crate::scim) fn scan(cursor: &mut Cursor<'_>) -> Result<Self, SyntaxError> {
        let start = cursor.position();
        let word = cursor.clone().word();
        if word.is_empty() {
            return cursor.expected("an attribute name");
        }
        cursor.word();
        let (urn, dotted) = match word.rsplit_once(':') {
            Some((urn, dotted)) if is_urn(urn) => (Some(urn.to_owned()), dotted),
            Some((urn, _)) => return error_at(start, format!("{urn:?} is not a schema URN")),
            None => (None, word),
        };
        let (name, sub) = match dotted.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (dotted, None),
        };
        let mut place = start + word.len() - dotted.len();
        for part in std::iter::once(name).chain(sub) {
            if !is_name(part) {
                return error_at(place, format!("{part:?} is not an attribute name"));
            }
            place += part.len() + 1;
        }
        Ok(Self { urn, name: name.to_owned(), sub: sub.map(str::to_owned) })
    }
}

impl PatchPath {
    /// Parses the `path` of a PATCH operation. A URN alone is [`PatchPath::Schema`] when it is one of the core standard;
    /// of another one the last part counts as a name, and only a resource type can tell (compare its printed form).
    ///
    /// # Errors
    /// The text is not a path.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        limit(text)?;
        if schema::known(text).is_some() {
            return Ok(Self::Schema(text.to_owned()));
        }
        let mut cursor = Cursor::new(text);
        let attr = AttrPath::scan(&mut cursor)?;
        let bracket = cursor.position();
        let path = if cursor.eat('[') {
            if attr.sub.is_some() {
                return error_at(bracket, "a value filter follows an attribute, not a sub-attribute");
            }
            let filter = filter::scan_value_filter(&mut cursor)?;
            let start = cursor.position();
            let sub = if cursor.eat('.') {
                let name = cursor.word();
                if !is_name(name) {
                    return error_at(start + 1, format!("{name:?} is not an attribute name"));
                }
                Some(name.to_owned())
            } else {
                None
            };
            Self::Value { attr, filter, sub }
        } else {
            Self::Attr(attr)
        };
        if cursor.peek().is_some() { cursor.expected("the end of the path") } else { Ok(path) }
    }
}

/// A path is no longer than a filter may be.
fn limit(text: &str) -> Result<(), SyntaxError> {
    let most = Limits::default().length;
    if text.len() > most { error_at(most, format!("a path has at most {most} bytes")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::urn;

    #[test]
    fn attribute_paths() {
        type Parts = (Option<&'static str>, &'static str, Option<&'static str>);
        let rows: &[(&str, Result<Parts, usize>)] = &[
            ("userName", Ok((None, "userName", None))),
            ("name.givenName", Ok((None, "name", Some("givenName")))),
            ("members.$ref", Ok((None, "members", Some("$ref")))),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", Ok((Some(urn::USER), "userName", None))),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
                Ok((Some(urn::ENTERPRISE_USER), "manager", Some("value"))),
            ),
            ("urn:acme:2.0:badge", Ok((Some("urn:acme:2.0"), "badge", None))),
            ("", Err(0)),
            (" a", Err(0)),
            ("a ", Err(1)),
            ("1abc", Err(0)),
            ("a.", Err(2)),
            (".a", Err(0)),
            ("a.b.c", Err(2)),
            ("a:b", Err(0)),
            ("urn:x:y:", Err(8)),
            ("urn:x:y:1", Err(8)),
            ("émail", Err(0)),
            ("a[b pr]", Err(1)),
        ];
        for (text, expected) in rows {
            let parsed = AttrPath::parse(text);
            match (parsed, expected) {
                (Ok(path), Ok((urn, name, sub))) => {
                    assert_eq!((path.urn.as_deref(), path.name.as_str(), path.sub.as_deref()), (*urn, *name, *sub));
                    assert_eq!(path.to_string(), *text);
                }
                (Err(error), Err(position)) => assert_eq!(error.position, *position, "{text}: {error}"),
                (parsed, _) => panic!("{text}: {parsed:?}"),
            }
        }
    }

    #[test]
    fn patch_paths_print_as_written() {
        for text in [
            "active",
            "name.familyName",
            "emails[type eq \"work\"].value",
            "members[value eq \"a]\\\"b\"]",
            "addresses[type eq \"work\" and (primary eq true or country pr)].formatted",
            "roles[primary eq \"True\"].display",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            urn::ENTERPRISE_USER,
        ] {
            assert_eq!(PatchPath::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_known_schema_alone_is_its_container() {
        for text in [urn::USER, urn::ENTERPRISE_USER, &urn::ENTERPRISE_USER.to_uppercase()] {
            assert_eq!(PatchPath::parse(text), Ok(PatchPath::Schema(text.to_owned())));
        }
        let other = PatchPath::parse("urn:acme:2.0:Badge");
        assert_eq!(
            other,
            Ok(PatchPath::Attr(AttrPath { urn: Some("urn:acme:2.0".into()), name: "Badge".into(), sub: None }))
        );
    }

    #[test]
    fn bad_patch_paths_say_where() {
        let rows = [
            ("", 0),
            ("emails[", 7),
            ("emails[]", 7),
            ("emails[type eq \"work\"", 21),
            ("emails[type eq \"work\"]x", 22),
            ("emails[type eq \"work\"].", 23),
            ("emails[type eq \"work\"].value.x", 23),
            ("emails[type eq \"work\"].value ", 28),
            ("name.givenName[type pr]", 14),
            ("emails[phones[type pr]]", 13),
            ("emails[type eq work]", 15),
            ("name..x", 5),
        ];
        for (text, position) in rows {
            let error = PatchPath::parse(text).expect_err(text);
            assert_eq!(error.position, position, "{text}: {error}");
        }
        assert!(PatchPath::parse(&"a".repeat(9000)).is_err());
    }
}

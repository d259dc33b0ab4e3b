//! Attribute paths (`RFC7644 §3.10`) and PATCH paths (`RFC7644 §3.5.2`, figure 7): parse and print.

use std::fmt;

use super::filter::Filter;

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

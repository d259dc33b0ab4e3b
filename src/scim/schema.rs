//! Schemas as data: attribute characteristics (`RFC7643 §2.2`, `§7`) and resource types (`RFC7643 §6`).
//!
//! The core schemas come from one table, `fixtures/requirements/core-attributes.toml`. Names and URNs are found without
//! case. It knows nothing of resources that use a schema.

mod json;
mod table;

use serde::Deserialize;

use super::path::AttrPath;

pub use table::{
    all, common, device, enterprise_user, group, known, resource_type, schema_schema, service_provider_config, user,
};

/// The type of an attribute (`RFC7643 §2.3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Type {
    /// `string`
    String,
    /// `boolean`
    Boolean,
    /// `decimal`
    Decimal,
    /// `integer`
    Integer,
    /// `dateTime`
    DateTime,
    /// `binary`
    Binary,
    /// `reference`
    Reference,
    /// `complex`
    Complex,
}

/// When a value may be written (`RFC7643 §7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Never by a client.
    ReadOnly,
    /// At any time.
    ReadWrite,
    /// Once.
    Immutable,
    /// Written, never read.
    WriteOnly,
}

/// When a value is in an answer (`RFC7643 §7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every answer.
    Always,
    /// In none.
    Never,
    /// Unless excluded.
    Default,
    /// Only on request.
    Request,
}

/// How far a value is unique (`RFC7643 §7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Not at all.
    None,
    /// Within the server's tenant.
    Server,
    /// Everywhere.
    Global,
}

/// One attribute or sub-attribute with its characteristics.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name as the schema writes it.
    pub name: String,
    /// Its type.
    pub kind: Type,
    /// Whether it holds an array.
    pub multi: bool,
    /// Whether it must be present.
    pub required: bool,
    /// Whether its strings compare with case.
    pub case_exact: bool,
    /// When it may be written.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// How far it is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values.
    pub canonical: Vec<String>,
    /// What a reference may point to.
    pub reference_types: Vec<String>,
    /// A sentence for the published schema.
    pub description: String,
    /// Sub-attributes of a complex attribute.
    pub subs: Vec<Attribute>,
}

/// A schema: a URN with attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The URN.
    pub urn: String,
    /// The short name: `User`.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// A resource type: a base schema, its extensions, and where it lives.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceType {
    /// `User`
    pub name: String,
    /// `/Users`
    pub endpoint: String,
    /// A sentence.
    pub description: String,
    /// The base schema. Common attributes (`id`, `externalId`, `meta`, `schemas`) are not in it, see [`common`].
    pub base: Schema,
    /// Extensions with their `required` flag.
    pub extensions: Vec<(Schema, bool)>,
}

/// An attribute path found in a resource type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolved<'a> {
    /// The extension's URN, as the schema writes it; `None` for the base schema and common attributes.
    pub extension: Option<&'a str>,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute, where the path names one.
    pub sub: Option<&'a Attribute>,
}

impl Attribute {
    /// The sub-attribute of this name, whatever its case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Attribute> {
        named(&self.subs, name)
    }
}

impl Schema {
    /// The attribute of this name, whatever its case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        named(&self.attributes, name)
    }
}

impl ResourceType {
    /// The extension with this URN, whatever its case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions.iter().map(|(schema, _)| schema).find(|schema| schema.urn.eq_ignore_ascii_case(urn))
    }

    /// The attribute of that name behind a URN, and the extension's URN if it is an extension's; as [`Self::resolve`].
    #[must_use]
    pub fn attribute<'a>(&'a self, urn: Option<&str>, name: &str) -> Option<(Option<&'a str>, &'a Attribute)> {
        match urn {
            Some(urn) if !urn.eq_ignore_ascii_case(&self.base.urn) => {
                let schema = self.extension(urn)?;
                Some((Some(schema.urn.as_str()), schema.attribute(name)?))
            }
            _ => Some((None, self.base.attribute(name).or_else(|| named(common(), name))?)),
        }
    }

    /// Finds what a path names, without case (`RFC7644 §3.10`): base and common attributes plain or behind the base
    /// schema's URN, extension attributes only behind their URN (I-52). `None`: this type has no such attribute.
    #[must_use]
    pub fn resolve<'a>(&'a self, path: &AttrPath) -> Option<Resolved<'a>> {
        let (extension, attribute) = self.attribute(path.urn.as_deref(), &path.name)?;
        let sub = match &path.sub {
            Some(name) => Some(attribute.sub(name)?),
            None => None,
        };
        Some(Resolved { extension, attribute, sub })
    }
}

fn named<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;

//! Schemas as data: attribute characteristics (`RFC7643 §2.2`, `§7`) and resource types (`RFC7643 §6`).

/// The type of an attribute (`RFC7643 §2.3`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

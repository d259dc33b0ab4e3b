//! Schemas and resource types as the JSON that `/Schemas` and `/ResourceTypes` answer (`RFC7643 §6`, `§7`), without `meta`.

use serde_json::{Value, json};

use super::{Attribute, Mutability, ResourceType, Returned, Schema, Type, Uniqueness};
use crate::scim::{Object, urn};

impl Type {
    /// The keyword of `RFC7643 §7`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

impl Mutability {
    /// The keyword of `RFC7643 §7`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

impl Returned {
    /// The keyword of `RFC7643 §7`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

impl Uniqueness {
    /// The keyword of `RFC7643 §7`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }
}

impl Attribute {
    fn to_value(&self) -> Value {
        let mut object = members([
            ("name", json!(self.name)),
            ("type", json!(self.kind.as_str())),
            ("multiValued", json!(self.multi)),
            ("description", json!(self.description)),
            ("required", json!(self.required)),
        ]);
        if !self.canonical.is_empty() {
            object.insert("canonicalValues".into(), json!(self.canonical));
        }
        object.extend(members([
            ("caseExact", json!(self.case_exact)),
            ("mutability", json!(self.mutability.as_str())),
            ("returned", json!(self.returned.as_str())),
            ("uniqueness", json!(self.uniqueness.as_str())),
        ]));
        if self.kind == Type::Reference {
            object.insert("referenceTypes".into(), json!(self.reference_types));
        }
        if self.kind == Type::Complex {
            object.insert("subAttributes".into(), self.subs.iter().map(Self::to_value).collect());
        }
        Value::Object(object)
    }
}

impl Schema {
    /// The schema as a resource of `/Schemas` (`RFC7643 §7`), without `meta`.
    #[must_use]
    pub fn to_object(&self) -> Object {
        members([
            ("schemas", json!([urn::SCHEMA])),
            ("id", json!(self.urn)),
            ("name", json!(self.name)),
            ("description", json!(self.description)),
            ("attributes", self.attributes.iter().map(Attribute::to_value).collect()),
        ])
    }
}

impl ResourceType {
    /// The resource type as a resource of `/ResourceTypes` (`RFC7643 §6`), without `meta`.
    #[must_use]
    pub fn to_object(&self) -> Object {
        let extension = |(schema, required): &(Schema, bool)| json!({"schema": schema.urn, "required": required});
        members([
            ("schemas", json!([urn::RESOURCE_TYPE])),
            ("id", json!(self.name)),
            ("name", json!(self.name)),
            ("description", json!(self.description)),
            ("endpoint", json!(self.endpoint)),
            ("schema", json!(self.base.urn)),
            ("schemaExtensions", self.extensions.iter().map(extension).collect()),
        ])
    }
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Object {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

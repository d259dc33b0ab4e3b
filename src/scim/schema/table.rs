//! The core schemas, read once from `fixtures/requirements/core-attributes.toml`, and a resource type of our own from
//! `fixtures/custom-type.toml`. It knows nothing of how they are shown.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Attribute, Mutability, ResourceType, Returned, Schema, Type, Uniqueness};

const CORE: &str = include_str!("../../../fixtures/requirements/core-attributes.toml");
const CUSTOM: &str = include_str!("../../../fixtures/custom-type.toml");

/// Key in the table, name of the schema, what it is for.
const SCHEMAS: [(&str, &str, &str); 8] = [
    ("User", "User", "A user account"),
    ("Group", "Group", "A group of users or of other groups"),
    ("EnterpriseUser", "EnterpriseUser", "What an organization records about its members"),
    ("ServiceProviderConfig", "ServiceProviderConfig", "What this service supports"),
    ("ResourceType", "ResourceType", "A kind of resource and where it lives"),
    ("Schema", "Schema", "A schema: attributes and their characteristics"),
    ("Device", "Device", "A device that the organization owns"),
    ("DeviceWarranty", "DeviceWarranty", "The warranty that every device has"),
];

#[derive(Deserialize)]
struct Document {
    attribute: Vec<Row>,
    schemas: BTreeMap<String, String>,
    descriptions: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Row {
    schema: String,
    path: String,
    #[serde(rename = "type")]
    kind: Type,
    multi: bool,
    required: bool,
    #[serde(default)]
    case_exact: bool,
    mutability: Mutability,
    returned: Returned,
    uniqueness: Uniqueness,
    #[serde(default)]
    canonical: Vec<String>,
    #[serde(default)]
    reference_types: Vec<String>,
}

struct Tables {
    common: Vec<Attribute>,
    user: ResourceType,
    group: ResourceType,
    service_provider_config: Schema,
    resource_type: Schema,
    schema: Schema,
    device: ResourceType,
}

/// A table that does not parse would be empty here; the tests of this room read every row of it.
static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let read = |text| parse(text).unwrap_or_else(|_| Document::empty());
    Tables::new(&read(CORE), &read(CUSTOM))
});

fn parse(text: &str) -> Result<Document, toml::de::Error> {
    toml::from_str(text)
}

impl Document {
    fn empty() -> Self {
        Self { attribute: Vec::new(), schemas: BTreeMap::new(), descriptions: BTreeMap::new() }
    }

    fn attributes(&self, schema: &str) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for row in self.attribute.iter().filter(|row| row.schema == schema) {
            match row.path.split_once('.') {
                None => attributes.push(self.attribute(row, &row.path)),
                Some((parent, name)) => {
                    let sub = self.attribute(row, name);
                    if let Some(parent) = attributes.iter_mut().find(|attribute| attribute.name == parent) {
                        parent.subs.push(sub);
                    }
                }
            }
        }
        attributes
    }

    fn attribute(&self, row: &Row, name: &str) -> Attribute {
        let text = |table: &str, path: &str| self.descriptions.get(table).and_then(|table| table.get(path));
        Attribute {
            name: name.to_owned(),
            kind: row.kind,
            multi: row.multi,
            required: row.required,
            case_exact: row.case_exact,
            mutability: row.mutability,
            returned: row.returned,
            uniqueness: row.uniqueness,
            canonical: row.canonical.clone(),
            reference_types: row.reference_types.clone(),
            description: text(&row.schema, &row.path).or_else(|| text("any", name)).cloned().unwrap_or_default(),
            subs: Vec::new(),
        }
    }

    fn schema(&self, key: &str) -> Schema {
        let (name, description) =
            SCHEMAS.iter().find(|(k, ..)| *k == key).map_or((key, ""), |(_, name, about)| (*name, *about));
        Schema {
            urn: self.schemas.get(key).cloned().unwrap_or_default(),
            name: name.to_owned(),
            description: description.to_owned(),
            attributes: self.attributes(key),
        }
    }

    fn resource_type(&self, key: &str, endpoint: &str, extensions: Vec<(Schema, bool)>) -> ResourceType {
        let base = self.schema(key);
        ResourceType {
            name: base.name.clone(),
            endpoint: endpoint.to_owned(),
            description: base.description.clone(),
            base,
            extensions,
        }
    }
}

impl Tables {
    fn new(document: &Document, custom: &Document) -> Self {
        Self {
            common: document.attributes("common"),
            user: document.resource_type("User", "/Users", vec![(document.schema("EnterpriseUser"), false)]),
            group: document.resource_type("Group", "/Groups", Vec::new()),
            service_provider_config: document.schema("ServiceProviderConfig"),
            resource_type: document.schema("ResourceType"),
            schema: recursive(document.schema("Schema")),
            device: custom.resource_type("Device", "/Devices", vec![(custom.schema("DeviceWarranty"), true)]),
        }
    }
}

/// `subAttributes` is described by the same characteristics as `attributes` (`RFC7643 §7`); the table names them once.
fn recursive(mut schema: Schema) -> Schema {
    for attribute in &mut schema.attributes {
        let siblings: Vec<Attribute> = attribute.subs.iter().filter(|sub| sub.kind != Type::Complex).cloned().collect();
        if let Some(inner) = attribute.subs.iter_mut().find(|sub| sub.kind == Type::Complex) {
            inner.subs = siblings;
        }
    }
    schema
}

/// Attributes of every resource: `id`, `externalId`, `meta`, `schemas` (`RFC7643 §3`, `§3.1`).
#[must_use]
pub fn common() -> &'static [Attribute] {
    &TABLES.common
}

/// Users with the enterprise extension, which is not required (`RFC7643 §4.1`, `§4.3`).
#[must_use]
pub fn user() -> &'static ResourceType {
    &TABLES.user
}

/// Groups (`RFC7643 §4.2`).
#[must_use]
pub fn group() -> &'static ResourceType {
    &TABLES.group
}

/// A resource type that no standard knows, with every data type and characteristic, and an extension that is required
/// (`RFC7643 §2.2`, `§2.3`, `§6`, `§7`).
#[must_use]
pub fn device() -> &'static ResourceType {
    &TABLES.device
}

/// The enterprise extension (`RFC7643 §4.3`).
#[must_use]
pub fn enterprise_user() -> &'static Schema {
    TABLES.user.extensions.first().map_or(&TABLES.user.base, |(schema, _)| schema)
}

/// The schema of `/ServiceProviderConfig` (`RFC7643 §5`, `§8.7.2`).
#[must_use]
pub fn service_provider_config() -> &'static Schema {
    &TABLES.service_provider_config
}

/// The schema of `/ResourceTypes` (`RFC7643 §6`, `§8.7.2`).
#[must_use]
pub fn resource_type() -> &'static Schema {
    &TABLES.resource_type
}

/// The schema of `/Schemas` (`RFC7643 §7`, `§8.7.2`).
#[must_use]
pub fn schema_schema() -> &'static Schema {
    &TABLES.schema
}

/// Every schema of the core standard.
#[must_use]
pub fn all() -> [&'static Schema; 6] {
    [&user().base, &group().base, enterprise_user(), service_provider_config(), resource_type(), schema_schema()]
}

/// The schema with this URN, whatever its case: one of the core standard, or of our own type.
#[must_use]
pub fn known(urn: &str) -> Option<&'static Schema> {
    let own = std::iter::once(&device().base).chain(device().extensions.iter().map(|(schema, _)| schema));
    all().into_iter().chain(own).find(|schema| schema.urn.eq_ignore_ascii_case(urn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_becomes_an_attribute() {
        for (text, least) in [(CORE, 130), (CUSTOM, 25)] {
            let document = parse(text).expect("the table parses");
            let count = |attributes: &[Attribute]| attributes.iter().map(|a| 1 + a.subs.len()).sum::<usize>();
            let built: usize = document.schemas.keys().map(|key| count(&document.attributes(key))).sum();
            assert_eq!(built, document.attribute.len());
            assert!(built > least);
            let described = |a: &Attribute| a.subs.iter().chain([a]).all(|a| !a.description.is_empty());
            assert!(document.schemas.keys().all(|key| document.attributes(key).iter().all(described)));
        }
    }
}

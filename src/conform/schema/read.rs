//! What a target publishes of its resource types: attributes with their characteristics (`RFC7643 §6, §7`), read from its
//! answers as far as they can be understood.

use serde_json::Value;

/// A published resource type with its schemas.
#[derive(Debug, Clone)]
pub struct Type {
    /// `User`
    pub name: String,
    /// `/Users`
    pub endpoint: String,
    /// The base schema and the extensions: URN, whether every resource must have it, attributes.
    pub schemas: Vec<Part>,
}

/// The base schema of a type, or an extension.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its URN.
    pub urn: String,
    /// It is an extension.
    pub extension: bool,
    /// Every resource must have it.
    pub required: bool,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// A published attribute or sub-attribute; characteristics that are left out have their defaults (`RFC7643 §2.2`).
#[derive(Debug, Clone)]
pub struct Attribute {
    /// As the schema writes it.
    pub name: String,
    /// `string`, `boolean` …
    pub kind: String,
    /// It has several values.
    pub multi: bool,
    /// A resource must have it.
    pub required: bool,
    /// Its case counts.
    pub case_exact: bool,
    /// `readWrite`, `readOnly`, `immutable`, `writeOnly`.
    pub mutability: String,
    /// `default`, `always`, `never`, `request`.
    pub returned: String,
    /// `none`, `server`, `global`.
    pub uniqueness: String,
    /// The first of its canonical values.
    pub canonical: Option<Value>,
    /// It lists canonical values and names none: a server may take no others (`RFC7643 §2.3.1`).
    pub closed: bool,
    /// What it may refer to.
    pub references: Vec<String>,
    /// Its sub-attributes.
    pub subs: Vec<Attribute>,
}

/// The resource types of a target, from its `/ResourceTypes` and `/Schemas`.
pub fn types(resource_types: &Value, schemas: &Value) -> Vec<Type> {
    let schemas = list(schemas);
    let find =
        |urn: &str| schemas.iter().find(|schema| text(schema, "id").is_some_and(|id| id.eq_ignore_ascii_case(urn)));
    let read = |one: &Value| {
        let part = |urn: &str, extension: bool, required: bool| {
            let attributes = list_of(find(urn)?, "attributes").iter().filter_map(attribute).collect();
            Some(Part { urn: urn.to_owned(), extension, required, attributes })
        };
        let mut parts = vec![part(text(one, "schema")?, false, true)?];
        for extension in list_of(one, "schemaExtensions") {
            let required = extension["required"] == true;
            match text(extension, "schema").and_then(|urn| part(urn, true, required)) {
                Some(extension) => parts.push(extension),
                // Without its schema no resource of this type can be made.
                None if required => return None,
                None => {}
            }
        }
        let endpoint = text(one, "endpoint")?.trim_end_matches('/');
        // Some servers print the whole URL.
        let endpoint = format!("/{}", endpoint.rsplit('/').next().unwrap_or_default());
        Some(Type { name: text(one, "name")?.to_owned(), endpoint, schemas: parts })
    };
    list(resource_types).iter().filter_map(read).collect()
}

/// The resources of a list answer, or the array itself.
fn list(answer: &Value) -> Vec<Value> {
    answer["Resources"].as_array().or_else(|| answer.as_array()).cloned().unwrap_or_default()
}

fn list_of<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str().filter(|text| !text.is_empty())
}

fn attribute(value: &Value) -> Option<Attribute> {
    let word = |name: &str, default: &str| text(value, name).unwrap_or(default).to_owned();
    Some(Attribute {
        name: text(value, "name")?.to_owned(),
        kind: word("type", "string"),
        multi: value["multiValued"] == true,
        required: value["required"] == true,
        case_exact: value["caseExact"] == true,
        mutability: word("mutability", "readWrite"),
        returned: word("returned", "default"),
        uniqueness: word("uniqueness", "none"),
        canonical: list_of(value, "canonicalValues").first().cloned(),
        closed: value["canonicalValues"].as_array().is_some_and(Vec::is_empty),
        references: list_of(value, "referenceTypes").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        subs: list_of(value, "subAttributes").iter().filter_map(attribute).collect(),
    })
}

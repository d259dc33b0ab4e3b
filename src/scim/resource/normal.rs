//! The normal form of values: types checked, names in the schema's spelling, unassigned values left out
//! (`RFC7643 §2.3` to `§2.5`). Every layer puts its own name in front of an error on the way up.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::super::schema::{Attribute, Mutability, ResourceType, Schema, Type};
use super::super::{Object, ScimError, ScimType, datetime};
use super::{BodyOptions, element, invalid, own_attributes, settle_schemas, top_level, within};

/// Base64 of both alphabets, padded or not (`RFC7643 §2.3.6`).
const BASE64: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&base64::alphabet::STANDARD, INDIFFERENT),
    GeneralPurpose::new(&base64::alphabet::URL_SAFE, INDIFFERENT),
];
const INDIFFERENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The multi-valued attributes whose elements may be plain strings in any body (I-93): Entra ID sends app roles so.
const PLAIN: [&str; 2] = ["roles", "entitlements"];

/// How values are brought into normal form.
#[derive(Debug, Clone, Copy)]
pub(in crate::scim) struct Rules {
    options: BodyOptions,
    keep_read_only: bool,
}

impl Rules {
    /// For what a client sends: read-only values are dropped.
    pub(in crate::scim) const fn incoming(options: BodyOptions) -> Self {
        Self { options, keep_read_only: false }
    }

    /// For what is stored: nothing is coerced, read-only values belong to it.
    pub(in crate::scim) const fn stored() -> Self {
        Self { options: BodyOptions::STRICT, keep_read_only: true }
    }

    /// A whole resource.
    pub(super) fn resource(self, body: &Object, kind: &ResourceType) -> Result<Object, ScimError> {
        let mut made = Object::new();
        made.insert("schemas".into(), Value::Null);
        for (key, value) in body {
            if key.eq_ignore_ascii_case("schemas") {
                self.schemas(value, kind).map_err(|error| within(error, "schemas"))?;
            } else if let Some(attribute) = top_level(kind, key) {
                self.member(&mut made, attribute, value)?;
            } else if let Some(extension) = kind.extension(key) {
                self.extension(&mut made, extension, value).map_err(|error| within(error, &extension.urn))?;
            } else {
                self.unknown(key)?;
            }
        }
        settle_schemas(&mut made, kind);
        required(&made, own_attributes(kind))?;
        for (extension, must) in &kind.extensions {
            match made.get(&extension.urn) {
                Some(Value::Object(content)) => required(content, extension.attributes.iter())
                    .map_err(|error| within(error, &format!("{}:", extension.urn)))?,
                _ if *must => return Err(invalid(format!("{}: required", extension.urn))),
                _ => {}
            }
        }
        Ok(made)
    }

    fn extension(self, made: &mut Object, extension: &Schema, value: &Value) -> Result<(), ScimError> {
        let content = match value {
            Value::Object(content) => content,
            Value::Null => return Ok(()),
            other => return Err(expected("an object", other)),
        };
        let mut kept = Object::new();
        for (key, value) in content {
            match extension.attribute(key) {
                Some(attribute) => self.member(&mut kept, attribute, value).map_err(|error| within(error, ":"))?,
                None => self.unknown(key)?,
            }
        }
        if made.insert(extension.urn.clone(), Value::Object(kept)).is_some() {
            return Err(twice());
        }
        Ok(())
    }

    /// `schemas` names what the body holds; the result's own is computed, so only its form is judged.
    fn schemas(self, value: &Value, kind: &ResourceType) -> Result<(), ScimError> {
        let syntax = |detail: String| ScimError::bad(ScimType::InvalidSyntax, detail);
        let urns = match value {
            Value::Null => return Ok(()),
            Value::Array(urns) => urns,
            _ => return Err(syntax(": expected an array of URNs".into())),
        };
        for urn in urns {
            let urn = urn.as_str().ok_or_else(|| syntax(": expected an array of URNs".into()))?;
            let known = kind.base.urn.eq_ignore_ascii_case(urn) || kind.extension(urn).is_some();
            if !known && !self.options.ignore_unknown {
                return Err(syntax(format!(": {urn} is no schema of {}", kind.name)));
            }
        }
        Ok(())
    }

    fn member(self, made: &mut Object, attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
        if attribute.mutability == Mutability::ReadOnly && !self.keep_read_only {
            return Ok(());
        }
        let value = self.attribute(value, attribute).map_err(|error| within(error, &attribute.name))?;
        if let Some(value) = value
            && made.insert(attribute.name.clone(), value).is_some()
        {
            return Err(within(twice(), &attribute.name));
        }
        Ok(())
    }

    fn unknown(self, name: &str) -> Result<(), ScimError> {
        if self.options.ignore_unknown {
            return Ok(());
        }
        Err(ScimError::bad(ScimType::InvalidSyntax, format!("{name}: no such attribute")))
    }

    /// The value of a whole attribute or sub-attribute; `None` when it is unassigned by `null`, `[]` or `{}`.
    pub(in crate::scim) fn attribute(self, value: &Value, attribute: &Attribute) -> Result<Option<Value>, ScimError> {
        if !attribute.multi {
            return self.single(value, attribute);
        }
        let items = match value {
            Value::Null => return Ok(None),
            Value::Array(items) => items.as_slice(),
            other if self.options.wrap_single => std::slice::from_ref(other),
            other => return Err(expected("an array", other)),
        };
        let mut elements = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            elements.extend(self.single(item, attribute).map_err(|error| within(error, &format!("[{index}]")))?);
        }
        element::collapse(&mut elements, attribute);
        if elements.iter().filter(|element| element::is_primary(element)).count() > 1 {
            return Err(invalid(": more than one primary value"));
        }
        Ok((!elements.is_empty()).then_some(Value::Array(elements)))
    }

    /// One value: of a single-valued attribute, or one element of a multi-valued one.
    pub(in crate::scim) fn single(self, value: &Value, attribute: &Attribute) -> Result<Option<Value>, ScimError> {
        match value {
            Value::Null => return Ok(None),
            Value::Array(items) if items.is_empty() => return Ok(None),
            Value::Object(members) if members.is_empty() && attribute.kind == Type::Complex => return Ok(None),
            _ => {}
        }
        if attribute.kind == Type::Complex {
            let Some(members) = self.members(value, attribute)? else {
                return Ok(None);
            };
            let made = self.complex(&members, attribute)?;
            return Ok((!made.is_empty()).then_some(Value::Object(made)));
        }
        self.simple(value, attribute).map(Some)
    }

    /// The members of a complex value, also from the short forms: a plain string is its `value` (I-93, I-97), and a
    /// single-valued one may stand alone in an array as Entra once wrote managers. `None` when that leaves nothing.
    pub(in crate::scim) fn members<'v>(
        self,
        value: &'v Value,
        attribute: &Attribute,
    ) -> Result<Option<std::borrow::Cow<'v, Object>>, ScimError> {
        use std::borrow::Cow;
        let lenient = match attribute.multi {
            true => self.options.wrap_single || PLAIN.contains(&attribute.name.as_str()),
            false => self.options.manager_string,
        };
        let short = lenient && attribute.sub("value").is_some();
        match value {
            Value::Object(members) => Ok(Some(Cow::Borrowed(members))),
            Value::Null => Ok(None),
            Value::Array(items) if items.is_empty() => Ok(None),
            Value::Array(items) if short && !attribute.multi && items.len() == 1 => self.members(&items[0], attribute),
            Value::String(text) if short && text.is_empty() => Ok(None),
            Value::String(_) if short => Ok(Some(Cow::Owned(Object::from_iter([("value".to_owned(), value.clone())])))),
            other => Err(expected("an object", other)),
        }
    }

    fn complex(self, members: &Object, attribute: &Attribute) -> Result<Object, ScimError> {
        let mut made = Object::new();
        for (key, value) in members {
            match attribute.sub(key) {
                Some(sub) => self.member(&mut made, sub, value),
                None => self.unknown(key),
            }
            .map_err(|error| within(error, "."))?;
        }
        if !made.is_empty() {
            required(&made, attribute.subs.iter()).map_err(|error| within(error, "."))?;
        }
        Ok(made)
    }

    fn simple(self, value: &Value, attribute: &Attribute) -> Result<Value, ScimError> {
        let fits = match (attribute.kind, value) {
            (Type::Boolean, Value::String(text)) if self.options.string_booleans => {
                return boolean(text).map(Value::Bool).ok_or_else(|| expected("a boolean", value));
            }
            (Type::Boolean, Value::Bool(_)) | (Type::Decimal, Value::Number(_)) => true,
            (Type::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
            (Type::DateTime, Value::String(text)) => datetime::parse(text).is_some(),
            (Type::Binary, Value::String(text)) => BASE64.iter().any(|base64| base64.decode(text).is_ok()),
            (Type::String | Type::Reference, Value::String(text)) => {
                if attribute.required && text.trim().is_empty() {
                    return Err(invalid(": required, and may not be blank"));
                }
                true
            }
            _ => false,
        };
        if fits { Ok(value.clone()) } else { Err(expected(wanted(attribute.kind), value)) }
    }
}

/// The boolean that a string stands for.
pub(in crate::scim) fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, b)| b)
}

fn required<'a>(made: &Object, attributes: impl Iterator<Item = &'a Attribute>) -> Result<(), ScimError> {
    let missing = |attribute: &&Attribute| {
        attribute.required && attribute.mutability != Mutability::ReadOnly && !made.contains_key(&attribute.name)
    };
    attributes
        .into_iter()
        .find(missing)
        .map_or(Ok(()), |attribute| Err(invalid(format!("{}: required", attribute.name))))
}

const fn wanted(kind: Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Boolean => "a boolean",
        Type::Decimal => "a number",
        Type::Integer => "an integer",
        Type::DateTime => "a date with time",
        Type::Binary => "base64 text",
        Type::Reference => "a URI as a string",
        Type::Complex => "an object",
    }
}

fn expected(what: &str, got: &Value) -> ScimError {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    invalid(format!(": expected {what}, got {got}"))
}

fn twice() -> ScimError {
    ScimError::bad(ScimType::InvalidSyntax, ": given twice, in two spellings")
}

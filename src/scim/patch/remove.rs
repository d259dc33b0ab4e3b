//! `remove` (`RFC7644 §3.5.2.2`): attributes, sub-attributes, elements by filter or by list, whole extensions.

use std::collections::HashMap;

use serde_json::Value;

use super::super::filter::Filter;
use super::super::path::{AttrPath, PatchPath};
use super::super::resource::{at_path, element};
use super::super::schema::{Attribute, Mutability, Resolved, Schema};
use super::super::{ScimError, ScimType};
use super::write::elements_of;
use super::{Origin, Patch, mutability, no_target, select};

impl Patch<'_> {
    /// A removal at a path; a value lists the elements to go (I-02).
    pub(super) fn remove(&mut self, path: &PatchPath, value: Option<&Value>) -> Result<(), ScimError> {
        let (path, filter) = match path {
            PatchPath::Schema(urn) if !self.options.schema_paths => {
                return Err(ScimError::bad(ScimType::InvalidPath, format!("{urn} names no attribute")));
            }
            PatchPath::Schema(urn) => {
                let extension = self.kind.extension(urn);
                return self.remove_schema(extension.ok_or_else(|| self.unknown(format!("{urn}: no such extension")))?);
            }
            PatchPath::Attr(path) => (path.clone(), None),
            PatchPath::Value { attr, filter, sub } => (AttrPath { sub: sub.clone(), ..attr.clone() }, Some(filter)),
        };
        let place = self.resolve(&path)?;
        if !self.writable(&place, Origin::Path)? {
            return Ok(());
        }
        let listed =
            value.filter(|value| place.attribute.multi && !value.is_null() && self.options.remove_listed_values);
        match (filter, place.sub, listed) {
            (Some(filter), ..) => self.remove_selected(&place, filter),
            (None, Some(sub), _) => self.remove_sub(&place, sub),
            (None, None, Some(listed)) => self.remove_listed(&place, listed),
            (None, None, None) => self.remove_whole(&place),
        }
        .map_err(|error| at_path(error, &path))
    }

    /// A whole extension; what a client cannot write stays.
    pub(super) fn remove_schema(&mut self, extension: &Schema) -> Result<(), ScimError> {
        let Some(Value::Object(content)) = self.next.get_mut(&extension.urn) else {
            return self.absent();
        };
        let held = |name: &String| extension.attributes.iter().find(|attribute| attribute.name == *name);
        if let Some(attribute) = content.keys().filter_map(held).find(|attribute| is_kept(attribute)) {
            return Err(mutability(attribute));
        }
        content.retain(|name, _| held(name).is_some_and(|attribute| attribute.mutability == Mutability::ReadOnly));
        Ok(())
    }

    fn remove_whole(&mut self, place: &Resolved<'_>) -> Result<(), ScimError> {
        let present = self.current(place).is_some();
        if place.attribute.required || (present && is_kept(place.attribute)) {
            return Err(mutability(place.attribute));
        }
        if !present {
            return self.absent();
        }
        self.put(place, Value::Null)
    }

    fn remove_sub(&mut self, place: &Resolved<'_>, sub: &Attribute) -> Result<(), ScimError> {
        let elements = elements_of(self.take(place)?);
        if !elements.iter().any(|element| element.get(&sub.name).is_some()) {
            self.put_elements(place, elements)?;
            return self.absent();
        }
        let all = (0..elements.len()).collect();
        self.strip(place, elements, all, sub)
    }

    fn remove_selected(&mut self, place: &Resolved<'_>, filter: &Filter) -> Result<(), ScimError> {
        let attribute = place.attribute;
        let filter = select::prepare(filter, attribute, self.options.string_booleans)?;
        let mut elements = elements_of(self.take(place)?);
        let matched = select::matching(&elements, &filter, attribute);
        if matched.is_empty() {
            self.put_elements(place, elements)?;
            return self.unmatched();
        }
        if let Some(sub) = place.sub {
            return self.strip(place, elements, matched, sub);
        }
        let mut matched = matched.into_iter().peekable();
        let mut index = 0;
        elements.retain(|_| {
            let goes = matched.next_if_eq(&index).is_some();
            index += 1;
            !goes
        });
        self.put_rest(place, elements)
    }

    /// Only the listed values go, as Entra means it (I-02).
    fn remove_listed(&mut self, place: &Resolved<'_>, listed: &Value) -> Result<(), ScimError> {
        let attribute = place.attribute;
        let listed = elements_of(self.rules.attribute(listed, attribute)?);
        let mut by_value: HashMap<String, Vec<&Value>> = HashMap::new();
        for item in &listed {
            by_value.entry(bucket(item)).or_default().push(item);
        }
        let without_value = by_value.get(NO_VALUE);
        let mut elements = elements_of(self.take(place)?);
        let count = elements.len();
        elements.retain(|element| {
            let same_value = by_value.get(&bucket(element));
            let candidates = same_value.into_iter().chain(without_value).flatten();
            !candidates.into_iter().any(|item| means(item, element, attribute))
        });
        if elements.len() == count {
            self.put_elements(place, elements)?;
            return self.unmatched();
        }
        self.put_rest(place, elements)
    }

    /// Takes one sub-attribute out of the elements at these places.
    fn strip(
        &mut self,
        place: &Resolved<'_>,
        mut elements: Vec<Value>,
        places: Vec<usize>,
        sub: &Attribute,
    ) -> Result<(), ScimError> {
        for index in places {
            let Some(Value::Object(object)) = elements.get_mut(index) else {
                continue;
            };
            if object.shift_remove(&sub.name).is_none() {
                continue;
            }
            if is_kept(sub) {
                return Err(mutability(sub));
            }
            if sub.name == "value" && self.options.drop_valueless && place.attribute.multi {
                object.clear();
            }
        }
        self.put_changed(place, elements)
    }

    fn put_rest(&mut self, place: &Resolved<'_>, elements: Vec<Value>) -> Result<(), ScimError> {
        let emptied = elements.is_empty() && place.attribute.required;
        if emptied || place.attribute.mutability == Mutability::Immutable {
            return Err(mutability(place.attribute));
        }
        self.put_elements(place, elements)
    }

    fn absent(&self) -> Result<(), ScimError> {
        if self.options.remove_absent_fails { Err(no_target("there is no value")) } else { Ok(()) }
    }

    fn unmatched(&self) -> Result<(), ScimError> {
        if self.options.remove_no_match_fails { Err(no_target("nothing matches")) } else { Ok(()) }
    }
}

/// The bucket of listed values that name no `value`.
const NO_VALUE: &str = "";

fn bucket(element: &Value) -> String {
    match element.get("value").unwrap_or(element) {
        Value::Object(_) => NO_VALUE.to_owned(),
        Value::String(text) => Value::String(text.to_lowercase()).to_string(),
        other => other.to_string(),
    }
}

/// Whether a listed value means this element: the same `value`, and the same `type` where both have one; without a
/// `value`, everything that it says.
fn means(listed: &Value, element: &Value, attribute: &Attribute) -> bool {
    let Some(members) = listed.as_object() else {
        return element::same_value(listed, element, attribute);
    };
    let by_value = members.contains_key("value");
    members.iter().all(|(name, value)| match (attribute.sub(name), element.get(name)) {
        (Some(sub), Some(held)) if !by_value || name == "value" || name == "type" => {
            element::same_value(value, held, sub)
        }
        (_, None) if !by_value || name == "value" => false,
        _ => true,
    })
}

/// Whether a present value cannot be taken away: it is required, or was set once and for all.
fn is_kept(attribute: &Attribute) -> bool {
    attribute.required || attribute.mutability == Mutability::Immutable
}

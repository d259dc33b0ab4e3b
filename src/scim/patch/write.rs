//! `add` and `replace` (`RFC7644 §3.5.2.1`, `§3.5.2.3`): without path, on attributes, on sub-attributes, on elements
//! chosen by a filter, on whole extensions.

use serde_json::Value;

use super::super::filter::Filter;
use super::super::path::{AttrPath, PatchPath};
use super::super::resource::{at_path, element, invalid, keep, within};
use super::super::schema::{Attribute, Mutability, Resolved, Schema, Type};
use super::super::{Object, ScimError, ScimType};
use super::{OpKind, Origin, Patch, mutability, no_target, select};

impl Patch<'_> {
    /// A write at a path, which may also be a key of a path-less value.
    pub(super) fn write(&mut self, op: OpKind, path: &PatchPath, value: &Value, by: Origin) -> Result<(), ScimError> {
        match path {
            PatchPath::Schema(urn) => self.write_schema(op, urn, value),
            PatchPath::Attr(path) => {
                let place = self.resolve(path)?;
                if !self.writable(&place, by)? {
                    return Ok(());
                }
                self.assign(op, &place, value).map_err(|error| at_path(error, path))
            }
            PatchPath::Value { attr, filter, sub } => {
                let path = AttrPath { sub: sub.clone(), ..attr.clone() };
                let place = self.resolve(&path)?;
                if !self.writable(&place, by)? {
                    return Ok(());
                }
                self.assign_selected(op, &place, filter, value).map_err(|error| at_path(error, &path))
            }
        }
    }

    fn write_schema(&mut self, op: OpKind, urn: &str, value: &Value) -> Result<(), ScimError> {
        if !self.options.schema_paths {
            return Err(ScimError::bad(ScimType::InvalidPath, format!("{urn} names no attribute")));
        }
        let kind = self.kind;
        if kind.base.urn.eq_ignore_ascii_case(urn) {
            return self.members(op, value);
        }
        let extension = kind.extension(urn).ok_or_else(|| self.unknown(format!("{urn}: no such schema")))?;
        self.extension_members(op, extension, value)
    }

    /// Every member of a path-less value.
    pub(super) fn members(&mut self, op: OpKind, value: &Value) -> Result<(), ScimError> {
        let members = value.as_object().ok_or_else(|| invalid("without path, the value must be an object"))?;
        members.iter().try_for_each(|(key, value)| self.member(op, None, key, value))
    }

    fn extension_members(&mut self, op: OpKind, extension: &Schema, value: &Value) -> Result<(), ScimError> {
        match value {
            Value::Null => self.null_allowed(value).and_then(|()| self.remove_schema(extension)),
            Value::Object(members) => {
                members.iter().try_for_each(|(key, value)| self.member(op, Some(extension), key, value))
            }
            _ => Err(invalid(format!("{}: expected an object", extension.urn))),
        }
    }

    fn member(&mut self, op: OpKind, inside: Option<&Schema>, key: &str, value: &Value) -> Result<(), ScimError> {
        let kind = self.kind;
        if inside.is_none() && kind.base.urn.eq_ignore_ascii_case(key) {
            return self.members(op, value);
        }
        if let (None, Some(extension)) = (inside, kind.extension(key)) {
            return self.extension_members(op, extension, value);
        }
        let urn = inside.map(|extension| extension.urn.clone());
        let plain = AttrPath { urn, name: key.to_owned(), sub: None };
        if self.lookup(&plain).is_some() {
            return self.write(op, &PatchPath::Attr(plain), value, Origin::Member);
        }
        let text = inside.map_or_else(|| key.to_owned(), |extension| format!("{}:{key}", extension.urn));
        match PatchPath::parse(&text) {
            Ok(path) if self.exists(&path) && self.options.dotted_keys => self.write(op, &path, value, Origin::Member),
            Ok(path) if self.exists(&path) => {
                Err(ScimError::bad(ScimType::InvalidPath, format!("{key}: a key must be an attribute's name")))
            }
            _ if self.options.ignore_unknown_members => Ok(()),
            _ => Err(self.unknown(format!("{key}: no such attribute"))),
        }
    }

    fn exists(&self, path: &PatchPath) -> bool {
        match path {
            PatchPath::Attr(path) => self.lookup(path).is_some(),
            PatchPath::Value { attr, sub, .. } => self.lookup(&AttrPath { sub: sub.clone(), ..attr.clone() }).is_some(),
            PatchPath::Schema(_) => false,
        }
    }

    fn assign(&mut self, op: OpKind, place: &Resolved<'_>, value: &Value) -> Result<(), ScimError> {
        self.null_allowed(value)?;
        let attribute = place.attribute;
        let before = (attribute.mutability == Mutability::Immutable).then(|| self.current(place).cloned()).flatten();
        match (attribute.multi, place.sub) {
            (true, None) => self.assign_elements(op, place, value)?,
            (true, Some(_)) => self.assign_all(op, place, value)?,
            (false, None) if attribute.kind != Type::Complex => {
                let new = self.rules.attribute(value, attribute)?;
                if new.is_none() && attribute.required {
                    return Err(invalid(format!("{} is required", attribute.name)));
                }
                self.put(place, new.unwrap_or_default())?;
            }
            (false, sub) => {
                let mut object = object_of(self.take(place)?);
                match sub {
                    Some(sub) => self.set_fresh(&mut object, attribute, sub, value)?,
                    None => self.assign_complex(op, &mut object, attribute, value)?,
                }
                self.put(place, Value::Object(object))?;
            }
        }
        match before {
            Some(before) if self.current(place) != Some(&before) => Err(mutability(attribute)),
            _ => Ok(()),
        }
    }

    fn assign_complex(
        &self,
        op: OpKind,
        object: &mut Object,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<(), ScimError> {
        let Some(members) = self.rules.members(value, attribute)? else {
            object.clear();
            return Ok(());
        };
        let whole = match op {
            OpKind::Add => self.options.complex_add_whole,
            _ => self.options.complex_replace_whole,
        };
        if whole {
            object.retain(|name, _| attribute.sub(name).is_some_and(|sub| sub.mutability == Mutability::ReadOnly));
        }
        self.merge(object, &members, attribute)
    }

    /// Sets the members that are given and leaves the others.
    fn merge(&self, object: &mut Object, members: &Object, attribute: &Attribute) -> Result<(), ScimError> {
        let before = object.get("value").cloned();
        for (key, value) in members {
            match attribute.sub(key) {
                Some(sub) if sub.mutability == Mutability::ReadOnly => {
                    if !self.options.skip_read_only_members {
                        return Err(mutability(sub));
                    }
                }
                Some(sub) => self.set(object, sub, value)?,
                None if self.options.ignore_unknown_members => {}
                None => return Err(self.unknown(format!("{}.{key}: no such attribute", attribute.name))),
            }
        }
        let given = |name: &str| members.keys().any(|key| key.eq_ignore_ascii_case(name));
        element::freshen(object, attribute, before.as_ref(), given);
        Ok(())
    }

    fn set(&self, object: &mut Object, sub: &Attribute, value: &Value) -> Result<(), ScimError> {
        self.null_allowed(value)?;
        let new = self.rules.attribute(value, sub).map_err(|error| within(error, &sub.name))?;
        if sub.mutability == Mutability::Immutable && !self.options.change_immutable_members {
            match (object.get(&sub.name), &new) {
                (None, _) => {}
                (Some(old), Some(new)) if element::same_value(old, new, sub) => return Ok(()),
                _ => return Err(mutability(sub)),
            }
        }
        match new {
            Some(new) => {
                object.insert(sub.name.clone(), new);
            }
            None if sub.required => return Err(invalid(format!("{} is required", sub.name))),
            None => {
                object.shift_remove(&sub.name);
            }
        }
        Ok(())
    }

    /// [`Self::set`] for one sub-attribute by its path.
    fn set_fresh(
        &self,
        object: &mut Object,
        attribute: &Attribute,
        sub: &Attribute,
        value: &Value,
    ) -> Result<(), ScimError> {
        let before = object.get("value").cloned();
        self.set(object, sub, value)?;
        element::freshen(object, attribute, before.as_ref(), |name| name == sub.name);
        Ok(())
    }

    fn assign_elements(&mut self, op: OpKind, place: &Resolved<'_>, value: &Value) -> Result<(), ScimError> {
        let attribute = place.attribute;
        let incoming = elements_of(self.rules.attribute(value, attribute)?);
        let mut old = elements_of(self.take(place)?);
        let new = if op == OpKind::Add {
            let before = element::primaries(&old);
            element::add(&mut old, incoming, attribute);
            element::settle_primary(&mut old, &before);
            old
        } else {
            if incoming.is_empty() && attribute.required {
                return Err(invalid(format!("{} is required", attribute.name)));
            }
            let mut new = Value::Array(incoming);
            keep::inside(&Value::Array(old), &mut new, attribute)?;
            elements_of(Some(new))
        };
        self.put(place, Value::Array(new))
    }

    /// I-103: `emails.type` without filter.
    fn assign_all(&mut self, op: OpKind, place: &Resolved<'_>, value: &Value) -> Result<(), ScimError> {
        let elements = elements_of(self.take(place)?);
        if elements.is_empty() || !self.options.sub_of_all_elements {
            return Err(no_target(format!("{} names no single value", place.attribute.name)));
        }
        let all = (0..elements.len()).collect();
        self.change(op, place, elements, all, value)
    }

    fn assign_selected(
        &mut self,
        op: OpKind,
        place: &Resolved<'_>,
        filter: &Filter,
        value: &Value,
    ) -> Result<(), ScimError> {
        self.null_allowed(value)?;
        let attribute = place.attribute;
        let filter = select::prepare(filter, attribute, self.options.string_booleans)?;
        let mut elements = elements_of(self.take(place)?);
        let matched = select::matching(&elements, &filter, attribute);
        if !matched.is_empty() {
            return self.change(op, place, elements, matched, value);
        }
        let creates = match op {
            OpKind::Add => self.options.add_creates,
            _ => self.options.replace_creates,
        };
        if creates && value.is_null() {
            return self.put_elements(place, elements);
        }
        let room = attribute.kind == Type::Complex && (attribute.multi || elements.is_empty());
        let described = (creates && room).then(|| select::described(&filter, attribute)).flatten();
        let described = described.ok_or_else(|| no_target("the filter matches nothing"))?;
        if let Some(new) = self.described_element(described, place, value)? {
            let before = element::primaries(&elements);
            element::add(&mut elements, vec![new], attribute);
            element::settle_primary(&mut elements, &before);
        }
        self.put_elements(place, elements)
    }

    /// The element that a filter describes, with the value in it; `None` when there is nothing to put in.
    fn described_element(
        &self,
        mut described: Object,
        place: &Resolved<'_>,
        value: &Value,
    ) -> Result<Option<Value>, ScimError> {
        let attribute = place.attribute;
        if let Some(sub) = place.sub {
            if value.is_null() || value.as_str() == Some("") {
                return Ok(None);
            }
            described.insert(sub.name.clone(), value.clone());
        } else {
            let Some(members) = element_members(value)? else {
                return Ok(None);
            };
            for (key, value) in members {
                let name = attribute.sub(key).map_or(key, |sub| &sub.name);
                described.insert(name.clone(), value.clone());
            }
        }
        self.rules.single(&Value::Object(described), attribute)
    }

    /// Changes the matched elements: one sub-attribute of each, or each as a whole (I-50).
    fn change(
        &mut self,
        op: OpKind,
        place: &Resolved<'_>,
        mut elements: Vec<Value>,
        matched: Vec<usize>,
        value: &Value,
    ) -> Result<(), ScimError> {
        let attribute = place.attribute;
        let before = element::primaries(&elements);
        for &index in &matched {
            let Some(slot) = elements.get_mut(index) else {
                continue;
            };
            *slot = match (slot.take(), place.sub) {
                (Value::Object(mut object), Some(sub)) => {
                    let valued = object.contains_key("value");
                    self.set_fresh(&mut object, attribute, sub, value)?;
                    let lost = valued && !object.contains_key("value") && self.options.drop_valueless;
                    if lost { Value::Null } else { Value::Object(object) }
                }
                (old, _) => self.changed_element(op, old, attribute, value)?,
            };
        }
        let marked = matched.iter().filter_map(|index| elements.get(*index)).filter(|e| element::is_primary(e)).count();
        if marked > 1 {
            return Err(invalid("more than one primary value"));
        }
        element::settle_primary(&mut elements, &before);
        self.put_changed(place, elements)
    }

    fn changed_element(
        &self,
        op: OpKind,
        old: Value,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Value, ScimError> {
        let Value::Object(mut object) = old else {
            return Ok(self.rules.single(value, attribute)?.unwrap_or_default());
        };
        let Some(members) = element_members(value)? else {
            return Ok(if value.is_null() { Value::Null } else { Value::Object(object) });
        };
        let exchange = match op {
            OpKind::Add => self.options.element_add_exchanges,
            _ => !self.options.element_replace_merges,
        };
        if !exchange {
            self.merge(&mut object, members, attribute)?;
            return Ok(Value::Object(object));
        }
        let mut new = self.rules.single(&Value::Object(members.clone()), attribute)?.unwrap_or_default();
        if !self.options.change_immutable_members {
            keep::object(&Value::Object(object), &mut new, attribute)?;
        }
        Ok(new)
    }

    /// Puts changed elements back: emptied ones go, ones that became the same collapse.
    pub(super) fn put_changed(&mut self, place: &Resolved<'_>, mut elements: Vec<Value>) -> Result<(), ScimError> {
        elements.retain(|element| !element.is_null() && element.as_object().is_none_or(|object| !object.is_empty()));
        element::collapse(&mut elements, place.attribute);
        self.put_elements(place, elements)
    }

    /// Puts elements back as they are.
    pub(super) fn put_elements(&mut self, place: &Resolved<'_>, mut elements: Vec<Value>) -> Result<(), ScimError> {
        let value = if place.attribute.multi { Value::Array(elements) } else { elements.pop().unwrap_or_default() };
        self.put(place, value)
    }

    fn null_allowed(&self, value: &Value) -> Result<(), ScimError> {
        if value.is_null() && !self.options.null_unassigns { Err(invalid("null is no value")) } else { Ok(()) }
    }
}

/// What a value says of one whole element; `None` when it says nothing. One object may stand in an array.
fn element_members(value: &Value) -> Result<Option<&Object>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::Object(members) => Ok((!members.is_empty()).then_some(members)),
        Value::Array(items) if items.len() <= 1 => items.first().map_or(Ok(None), element_members),
        _ => Err(invalid("an element takes an object")),
    }
}

/// The elements of a multi-valued attribute; a single value counts as one.
pub(super) fn elements_of(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(elements)) => elements,
        None | Some(Value::Null) => Vec::new(),
        Some(single) => vec![single],
    }
}

fn object_of(value: Option<Value>) -> Object {
    match value {
        Some(Value::Object(object)) => object,
        _ => Object::new(),
    }
}

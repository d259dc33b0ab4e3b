//! Where an operation points: paths resolved against the resource type, and the object that holds the attribute.

use serde_json::Value;

use super::super::path::AttrPath;
use super::super::schema::{Attribute, Mutability, Resolved};
use super::super::{Object, ScimError};
use super::{Origin, Patch, mutability, no_target};

impl<'a> Patch<'a> {
    /// The attribute that a path names; refused when there is none (I-87).
    pub(super) fn resolve(&self, path: &AttrPath) -> Result<Resolved<'a>, ScimError> {
        self.lookup(path).ok_or_else(|| self.unknown(format!("{path}: no such attribute")))
    }

    /// As [`Self::resolve`], `None` when there is none.
    pub(super) fn lookup(&self, path: &AttrPath) -> Option<Resolved<'a>> {
        let kind = self.kind;
        kind.resolve(path).or_else(|| {
            let bare = path.urn.is_none() && self.options.bare_extension_names;
            let urns = kind.extensions.iter().filter(|_| bare).map(|(extension, _)| extension.urn.clone());
            urns.map(|urn| AttrPath { urn: Some(urn), ..path.clone() }).find_map(|path| kind.resolve(&path))
        })
    }

    /// Whether the attribute may be written at all: `false` when the write is to be passed over (I-16).
    pub(super) fn writable(&self, place: &Resolved<'_>, origin: Origin) -> Result<bool, ScimError> {
        let read_only = |attribute: &&Attribute| attribute.mutability == Mutability::ReadOnly;
        let Some(attribute) = std::iter::once(place.attribute).chain(place.sub).find(read_only) else {
            return Ok(true);
        };
        let skip = match origin {
            Origin::Path => self.options.skip_read_only_paths,
            Origin::Member => self.options.skip_read_only_members,
        };
        if skip { Ok(false) } else { Err(mutability(attribute)) }
    }

    /// The object that holds the attribute: the resource, or its extension, made where it is absent.
    pub(super) fn container(&mut self, place: &Resolved<'_>) -> Result<&mut Object, ScimError> {
        let Some(urn) = place.extension else {
            return Ok(&mut self.next);
        };
        let slot = self.next.entry(urn).or_insert_with(|| Value::Object(Object::new()));
        slot.as_object_mut().ok_or_else(|| no_target(format!("{urn} holds no object")))
    }

    /// The attribute's value as it stands.
    pub(super) fn current(&self, place: &Resolved<'_>) -> Option<&Value> {
        let container = match place.extension {
            None => &self.next,
            Some(urn) => self.next.get(urn)?.as_object()?,
        };
        container.get(&place.attribute.name)
    }

    /// Takes the attribute's value out, to be changed and put back.
    pub(super) fn take(&mut self, place: &Resolved<'_>) -> Result<Option<Value>, ScimError> {
        let name = &place.attribute.name;
        Ok(self.container(place)?.get_mut(name).map(Value::take))
    }

    /// Puts the attribute's value back; `null`, `[]` and `{}` unassign it.
    pub(super) fn put(&mut self, place: &Resolved<'_>, value: Value) -> Result<(), ScimError> {
        let name = &place.attribute.name;
        let container = self.container(place)?;
        let unassigned = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if unassigned {
            container.shift_remove(name);
        } else {
            container.insert(name.clone(), value);
        }
        Ok(())
    }
}

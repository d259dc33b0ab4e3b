//! A resource's attributes as JSON text, parsed only when somebody needs the object. It knows nothing of schemas.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::StoreError;
use crate::scim::Object;
use crate::scim::json::{self, Damaged, Index};

/// Attributes as text and, on demand, as an object; copies share both.
#[derive(Clone)]
pub struct Body(Arc<Inner>);

struct Inner {
    text: String,
    object: OnceLock<Object>,
    index: OnceLock<Index>,
}

/// What it is, whatever was found out of it so far.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Body").field(&self.0.text).finish()
    }
}

impl Body {
    /// A body of an object.
    #[must_use]
    pub fn new(object: Object) -> Self {
        let value = Value::Object(object);
        let text = value.to_string();
        let cell = OnceLock::new();
        if let Value::Object(object) = value {
            let _ = cell.set(object);
        }
        Self(Arc::new(Inner { text, object: cell, index: OnceLock::new() }))
    }

    /// A body of stored text, which is not looked at before [`Body::object`].
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(Arc::new(Inner { text, object: OnceLock::new(), index: OnceLock::new() }))
    }

    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text between the outer braces, for a writer that adds members of its own.
    #[must_use]
    pub fn members(&self) -> &str {
        json::inside(&self.0.text, ['{', '}']).unwrap_or_default()
    }

    /// The members whose names' lengths are wanted, with their values' texts, names and texts as they stand. Where they
    /// begin is found out once.
    ///
    /// # Errors
    /// The stored text cannot be taken apart.
    pub fn parts(&self, wanted: impl Fn(usize) -> bool) -> Result<impl Iterator<Item = (&str, &str)>, Damaged> {
        let inside = self.members();
        let index = match self.0.index.get() {
            Some(index) => index,
            None => {
                let index = Index::of(inside)?;
                self.0.index.get_or_init(|| index)
            }
        };
        Ok(index.members(inside, wanted))
    }

    /// The object.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the stored text is no JSON object.
    pub fn object(&self) -> Result<&Object, StoreError> {
        if let Some(object) = self.0.object.get() {
            return Ok(object);
        }
        let object = serde_json::from_str(&self.0.text).map_err(|e| StoreError::Broken(e.to_string()))?;
        Ok(self.0.object.get_or_init(|| object))
    }
}

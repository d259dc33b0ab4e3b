//! A resource's attributes as JSON text, parsed only when somebody needs the object, and else taken apart only into its
//! members. It knows nothing of schemas.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::StoreError;
use crate::scim::Object;

/// Attributes as text and, on demand, as an object; copies share both.
#[derive(Debug, Clone)]
pub struct Body(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    object: OnceLock<Object>,
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
        Self(Arc::new(Inner { text, object: cell }))
    }

    /// A body of stored text, which is not looked at before [`Body::object`].
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(Arc::new(Inner { text, object: OnceLock::new() }))
    }

    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The text between the outer braces, for a writer that adds members of its own.
    #[must_use]
    pub fn members(&self) -> &str {
        self.0.text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default()
    }

    /// The members one by one: the name and the value's JSON text, neither of them judged beyond where it ends.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where the text cannot be taken apart, and nothing after that.
    pub fn each(&self) -> impl Iterator<Item = Result<(&str, &str), StoreError>> {
        let mut rest = self.members().trim_start();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let next = member(rest);
            rest = next.map_or("", |(.., after)| after);
            let broken = || StoreError::Broken("the stored text is no JSON object".into());
            Some(next.map(|(name, value, _)| (name, value)).ok_or_else(broken))
        })
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

/// The first member of a text of members: its name, its value's text, and the members after it. `None` if there is no such
/// place to cut, or if the name has an escape, which no attribute's name has (`RFC7643 §2.1`).
fn member(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.strip_prefix('"')?.split_once('"').filter(|(name, _)| !name.contains('\\'))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = value_end(value.as_bytes());
    let (value, rest) = value.split_at_checked(end)?;
    let rest = match rest.strip_prefix(',') {
        Some(more) => Some(more.trim_start()).filter(|more| !more.is_empty())?,
        None if rest.is_empty() => rest,
        None => return None,
    };
    let value = value.trim_end();
    (!value.is_empty()).then_some((name, value, rest))
}

/// Where the value ends that a text begins with: at the first comma or closing bracket outside of strings and brackets.
fn value_end(text: &[u8]) -> usize {
    let (mut place, mut depth) = (0, 0_usize);
    while let Some(byte) = text.get(place) {
        match byte {
            b'"' => place = string_end(text, place),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b',' | b'}' | b']' if depth == 0 => return place,
            _ => {}
        }
        place += 1;
    }
    place
}

/// The place of the quote that ends the string that begins at `start`, or the end of the text.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut place = start + 1;
    while let Some(byte) = text.get(place) {
        match byte {
            b'"' => return place,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_taken_apart_or_refused() {
        for (text, parts) in [
            ("{}", Some("")),
            (" { } ", Some("")),
            (r#"{"a":1}"#, Some("a=1")),
            ("{ \"a\" : [1, {\"b\": \"]}\\\"\"}] ,\n\"c\":null }", Some("a=[1, {\"b\": \"]}\\\"\"}] c=null")),
            (r#"{"a":1,}"#, None),
            (r#"{"a":}"#, None),
            (r#"{"a"}"#, None),
            (r#"{"a":1}}"#, None),
            (r#"{"a":"1}"#, None),
            (r#"{"a\u0062":1}"#, None),
            (r#"{a:1}"#, None),
        ] {
            let body = Body::stored(text.to_owned());
            let each: Result<Vec<_>, _> = body.each().collect();
            let each = each.map(|each| each.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>());
            assert_eq!(each.ok().map(|each| each.join(" ")).as_deref(), parts, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_a_text_are_the_members_of_its_object(
            members in proptest::collection::vec(("[a-z:.]{1,4}", r#"[a-c"\\{}\[\],: é\n]{0,8}"#, 0..4), 0..6),
            pretty: bool,
        ) {
            let value = |text: &str, form: i32| match form {
                0 => Value::from(text),
                1 => serde_json::json!([text, {text: text}, {}, []]),
                2 => serde_json::json!({text: [text], "x": -1.5e3}),
                _ => Value::Bool(text.is_empty()),
            };
            let object: Object = members.iter().map(|(name, text, form)| (name.clone(), value(text, *form))).collect();
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
            let body = Body::stored(text.unwrap());
            let parts = body.each().map(|part| part.unwrap());
            let parts = parts.map(|(name, value)| (name.to_owned(), serde_json::from_str(value).unwrap()));
            prop_assert_eq!(parts.collect::<Object>(), object);
        }
    }
}

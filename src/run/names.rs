//! The texts that a run sent with its marker in them. By these alone a resource is known to be the run's own, also where
//! the answer to its creation was lost: a marker by itself may stand in anybody's name.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::wire::Request;

/// A text of so many bytes is nobody else's, so that it may stand inside a longer one: a server may put words around it.
const LONG: usize = 16;

/// What was sent.
#[derive(Default)]
pub(super) struct Names {
    /// In lower case; empty: nothing is learnt.
    marker: String,
    texts: Mutex<BTreeSet<String>>,
}

impl Names {
    pub fn new(marker: &str) -> Self {
        Self { marker: marker.to_lowercase(), texts: Mutex::default() }
    }

    /// Learns the texts in the body of a write.
    pub fn learn(&self, request: &Request) {
        let Some(body) = request.body.as_deref().filter(|_| request.method.writes() && !self.marker.is_empty()) else {
            return;
        };
        let text = String::from_utf8_lossy(body).to_lowercase();
        if !text.contains(&self.marker) {
            return;
        }
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => strings(&value, &mut |text| self.keep(text, &mut texts)),
            // A server may take what is no JSON.
            Err(_) => text.split('"').for_each(|piece| self.keep(piece, &mut texts)),
        }
    }

    fn keep(&self, text: &str, texts: &mut BTreeSet<String>) {
        let text = text.to_lowercase();
        if text.contains(&self.marker) {
            texts.insert(text);
        }
    }

    /// Whether a resource holds one of them, in whatever case.
    pub fn hold(&self, resource: &Value) -> bool {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = false;
        strings(resource, &mut |text| {
            let text = text.to_lowercase();
            let ours = |sent: &String| sent.len() >= LONG && text.contains(sent.as_str());
            found |= text.contains(&self.marker) && (texts.contains(&text) || texts.iter().any(ours));
        });
        found
    }
}

/// Every string, however deep.
fn strings(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(members) => members.values().for_each(|member| strings(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Method;

    #[test]
    fn what_was_sent_is_known_again_and_who_only_bears_the_marker_is_not() {
        let names = Names::new("sp7");
        for (method, body) in [
            (Method::Post, r#"{"userName": "Ada.sp7.abcdefghij@example.com", "nickName": "sp7x"}"#),
            (Method::Patch, r#"{"Operations": [{"value": {"displayName": "Café sp7 klmnopqrst"}}]}"#),
            (Method::Put, r#"{"userName": "broken.sp7.uvwxyzabcd@example.com", "#),
            (Method::Get, r#"{"userName": "read.sp7.uvwxyzabcd@example.com"}"#),
        ] {
            names.learn(&Request { body: Some(body.as_bytes().to_vec()), ..Request::new(method, "/Users") });
        }
        for (resource, ours) in [
            (json!({"userName": "ada.SP7.abcdefghij@example.com"}), true),
            (json!({"userName": "retiredada.sp7.abcdefghij@example.com"}), true),
            (json!({"emails": [{"value": "broken.sp7.uvwxyzabcd@example.com"}]}), true),
            (json!({"displayName": "CAFÉ sp7 klmnopqrst"}), true),
            (json!({"nickName": "SP7X"}), true),
            (json!({"userName": "crisp7x@example.com"}), false),
            (json!({"userName": "sp7"}), false),
            (json!({"userName": "read.sp7.uvwxyzabcd@example.com"}), false),
            (json!({"userName": "x.sp7.12@example.com"}), false),
        ] {
            assert_eq!(names.hold(&resource), ours, "{resource}");
        }
    }
}

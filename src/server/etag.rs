//! Entity tags and preconditions (`RFC7644 §3.14`, `RFC9110 §13`). Tags are weak and compared weakly (I-23).

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::scim::ScimError;
use crate::store::{Kind, Record};

/// The tag of a record: its version, and for a user also groups and role, which change without the user being written.
/// The record's links must be complete.
pub(super) fn tag(record: &Record, role: Option<&str>) -> String {
    if record.kind == Kind::Group || (record.links.is_empty() && role.is_none()) {
        return [r#"W/""#, &record.version.to_string(), r#"""#].concat();
    }
    let mut hasher = DefaultHasher::new();
    role.hash(&mut hasher);
    for link in &record.links {
        (&link.id, &link.display).hash(&mut hasher);
    }
    format!("W/\"{}-{:x}\"", record.version, hasher.finish())
}

/// The two conditional headers of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conditions<'a> {
    pub if_match: Option<&'a str>,
    pub if_none_match: Option<&'a str>,
}

impl Conditions<'_> {
    /// Judges a write on an existing resource.
    ///
    /// # Errors
    /// 412 if a condition does not hold.
    pub fn permit(&self, tag: &str) -> Result<(), ScimError> {
        if self.stale(tag) || self.held(tag) { Err(unmet()) } else { Ok(()) }
    }

    /// Judges a read, `If-Match` first (`RFC9110 §13.2.2`): whether it finds nothing new, which is 304.
    ///
    /// # Errors
    /// 412 if it asks for another version.
    pub fn unchanged(&self, tag: &str) -> Result<bool, ScimError> {
        if self.stale(tag) { Err(unmet()) } else { Ok(self.held(tag)) }
    }

    fn stale(&self, tag: &str) -> bool {
        self.if_match.is_some_and(|list| !lists(list, tag))
    }

    fn held(&self, tag: &str) -> bool {
        self.if_none_match.is_some_and(|list| lists(list, tag))
    }
}

fn unmet() -> ScimError {
    ScimError::new(412, "the resource's version does not meet the condition of the request")
}

fn lists(list: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|listed| opaque(listed) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for (list, listed) in [
            ("W/\"3\"", true),
            ("\"3\"", true),
            ("\"1\", W/\"3\"", true),
            ("*", true),
            ("W/\"33\"", false),
            ("", false),
        ] {
            assert_eq!(lists(list, "W/\"3\""), listed, "{list}");
        }
    }
}

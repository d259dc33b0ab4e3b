//! A credential that cannot be shown by accident (law 11).

use std::fmt;

/// Members of JSON bodies and of form data whose values are secrets: SCIM's `password`, OAuth's tokens and secrets
/// (`RFC6749 §5.1`, `RFC7662 §2.1`), and what the admin surface issues.
pub const SECRET_MEMBERS: [&str; 8] =
    ["password", "token", "access_token", "refresh_token", "id_token", "bearer_token", "session_id", "client_secret"];

/// A secret text. `Debug` and `Display` print `***`; the text leaves only through [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that puts it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.expose(), "hunter2");
    }
}

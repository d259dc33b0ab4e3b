//! Where secrets come from: an environment variable, a file, or a prompt. Never an argument, so that no process list
//! and no shell history holds one (law 11).

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::wire::Secret;

/// The process environment, read once by `main` and handed on; its values are never shown.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of a variable; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// True when the variable is there, even if empty (`NO_COLOR`).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// A place that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The environment variable of that name.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
    /// A hidden prompt on the terminal, with its label.
    Prompt(String),
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The variable is not set or empty.
    #[error("the environment variable {0} is not set")]
    Env(String),
    /// What was given as a variable's name cannot be one; it is not shown.
    #[error("a variable name is wanted here, like SCIM_TOKEN (what was given is not shown: is it the token itself?)")]
    NotAName,
    /// The file cannot be read or is empty.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no terminal to ask on.
    #[error("cannot ask for {label}: {reason}")]
    Prompt {
        /// What was asked for.
        label: String,
        /// Why.
        reason: String,
    },
    /// A control character, which no HTTP header can carry.
    #[error("the secret from {0} holds a line break or control character")]
    Unprintable(String),
}

impl SecretSource {
    /// The source that an environment variable's name stands for.
    ///
    /// # Errors
    /// [`SourceError::NotAName`] for a text that cannot be a variable's name, since it may be the token itself.
    pub fn env(name: &str) -> Result<Self, SourceError> {
        let fits = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if fits { Ok(Self::Env(name.to_owned())) } else { Err(SourceError::NotAName) }
    }

    /// Fetches the secret; white space at its ends is dropped.
    ///
    /// # Errors
    /// [`SourceError`] says which place failed, never what it held.
    pub fn fetch(&self, environment: &Environment) -> Result<Secret, SourceError> {
        let text = match self {
            Self::Env(name) => environment.get(name).ok_or_else(|| SourceError::Env(name.clone()))?.to_owned(),
            Self::File(path) => {
                let fault = |reason: String| SourceError::File { path: path.clone(), reason };
                let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
                if text.trim().is_empty() {
                    return Err(fault("the file is empty".to_owned()));
                }
                text
            }
            Self::Prompt(label) => rpassword::prompt_password(format!("{label}: "))
                .map_err(|error| SourceError::Prompt { label: label.clone(), reason: error.to_string() })?,
        };
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(SourceError::Unprintable(self.name()));
        }
        Ok(Secret::new(text))
    }

    /// The place in words.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Env(name) => name.clone(),
            Self::File(path) => path.display().to_string(),
            Self::Prompt(label) => format!("the prompt for {label}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_trimmed_and_errors_never_hold_them() {
        let environment: Environment =
            [("TOKEN", " abc \n"), ("EMPTY", ""), ("TWO", "hush\nhush")].into_iter().collect();
        assert_eq!(SecretSource::Env("TOKEN".into()).fetch(&environment).unwrap().expose(), "abc");
        for (name, message) in [
            ("EMPTY", "the environment variable EMPTY is not set"),
            ("TWO", "the secret from TWO holds a line break or control character"),
        ] {
            assert_eq!(SecretSource::Env(name.into()).fetch(&environment).unwrap_err().to_string(), message);
        }
        assert!(!format!("{environment:?}").contains("abc"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "from-file\n").unwrap();
        assert_eq!(SecretSource::File(path).fetch(&environment).unwrap().expose(), "from-file");
        assert!(SecretSource::File(folder.path().join("none")).fetch(&environment).is_err());
    }

    #[test]
    fn a_token_in_the_place_of_a_name_is_not_repeated() {
        for text in ["eyJhbGciOi.x", "a b", "", "9lives", &"x".repeat(65)] {
            assert!(matches!(SecretSource::env(text), Err(SourceError::NotAName)), "{text}");
        }
        assert_eq!(SecretSource::env("SCIM_TOKEN").unwrap(), SecretSource::Env("SCIM_TOKEN".into()));
    }
}

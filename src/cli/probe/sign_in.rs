//! `[probe.login]` and `[probe.token]` of `scimproof.toml`: how a user signs in, and how a token is asked about. Secrets go in
//! bodies, in `Authorization` and on the stdin of a program, never in a URL or among arguments, which others can read.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::transport::filled;
use super::{Fault, TIMEOUT, arguments, is_url, place, pointer, timeout};
use crate::wire::Root;

/// What may stand for a user.
const USER: &[&str] = &["{id}", "{userName}"];

/// What may stand in the body of a login.
const LOGIN: &[&str] = &["{id}", "{userName}", "{password}"];

/// What may stand in the body of a question about a token.
const TOKEN: &[&str] = &["{token}"];

/// How a probe of sign-ins asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// By a POST.
    Post {
        /// A path below the admin surface's root, or an absolute URL.
        to: String,
        /// What is sent.
        body: Body,
        /// JSON Pointer into the answer.
        pointer: String,
    },
    /// By a GET with the token as `Authorization: Bearer`; 2xx says that it is valid, 401 and 403 that it is not.
    Get {
        /// A path below the admin surface's root, or an absolute URL.
        from: String,
    },
    /// By a program, which has the secret as the one line of its stdin.
    Command {
        /// The program and its arguments; no shell takes part.
        words: Vec<String>,
        /// JSON Pointer into its stdout; without one, stdout is the answer.
        pointer: Option<String>,
        /// How long it may take.
        timeout: Duration,
    },
}

/// A body with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// JSON; the placeholders stand in its texts.
    Json(Value),
    /// Form data; values are filled in and encoded.
    Form(String),
}

/// The table `[probe.login]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct LoginProbe(pub Ask);

/// The table `[probe.token]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct TokenProbe(pub Ask);

/// A probe with its place at a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// How it asks; a URL without what `root` says.
    pub ask: Ask,
    /// Where requests go.
    pub root: Root,
}

/// Either table as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    post: Option<String>,
    body: Option<String>,
    get: Option<String>,
    command: Option<Vec<String>>,
    #[serde(default, deserialize_with = "pointer")]
    pointer: Option<String>,
    #[serde(default, deserialize_with = "timeout")]
    timeout: Option<Duration>,
}

impl TryFrom<Written> for LoginProbe {
    type Error = String;

    fn try_from(it: Written) -> Result<Self, String> {
        if it.get.is_some() {
            return Err("a login is a `post` or a `command`: a GET would have the password in its URL".to_owned());
        }
        let ask = it.ask(USER, LOGIN, "{password}")?;
        let texts: Vec<&str> = match &ask {
            Ask::Post { to, body, .. } => std::iter::once(to.as_str()).chain(body.texts()).collect(),
            Ask::Command { words, .. } => words.iter().map(String::as_str).collect(),
            Ask::Get { .. } => Vec::new(),
        };
        if !texts.iter().any(|text| USER.iter().any(|name| text.contains(name))) {
            return Err(format!("the user is not named: {} is missing", USER.join(" or ")));
        }
        Ok(Self(ask))
    }
}

impl TryFrom<Written> for TokenProbe {
    type Error = String;

    fn try_from(it: Written) -> Result<Self, String> {
        Ok(Self(it.ask(&[], TOKEN, "{token}")?))
    }
}

impl Written {
    /// One of the three forms; `open` may stand in a URL and among arguments, `all` in a body, which has the secret.
    fn ask(self, open: &[&str], all: &[&str], secret: &str) -> Result<Ask, String> {
        let place = |url: &str| {
            is_url(url)?;
            known(url, open, "a URL")
        };
        if self.timeout.is_some() && self.command.is_none() {
            return Err("`timeout` belongs to `command`; requests have the one of the connection".to_owned());
        }
        match (self.post, self.body, self.get, self.command, self.pointer) {
            (Some(to), Some(body), None, None, Some(pointer)) => {
                place(&to)?;
                let body = Body::parse(&body, all)?;
                if !body.texts().any(|text| text.contains(secret)) {
                    return Err(format!("`body` has no {secret}"));
                }
                Ok(Ask::Post { to, body, pointer })
            }
            (Some(_), ..) => Err("`post` wants a `body` and a `pointer`, and nothing else".to_owned()),
            (None, None, Some(from), None, None) => {
                place(&from)?;
                Ok(Ask::Get { from })
            }
            (None, None, None, Some(words), pointer) => {
                arguments(&words)?.iter().try_for_each(|word| known(word, open, "a command"))?;
                Ok(Ask::Command { words, pointer, timeout: self.timeout.unwrap_or(TIMEOUT) })
            }
            (None, None, Some(_), None, Some(_)) => {
                Err("`get` has no `pointer`: 2xx says valid, 401 and 403 say not".to_owned())
            }
            _ => Err("a probe has one of `post`, `get` and `command`".to_owned()),
        }
    }
}

/// No other placeholder stands in a text than these.
fn known(text: &str, names: &[&str], place: &str) -> Result<(), String> {
    let rest = names.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
    if ["{password}", "{token}"].iter().any(|secret| rest.contains(secret)) {
        return Err(format!("a secret has no place in {place}, where others can read it"));
    }
    if rest.contains(['{', '}']) {
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(format!("the placeholders of {place} are: {names}"));
    }
    Ok(())
}

impl Body {
    /// A body as it is written: JSON if it begins like an object, else form data.
    fn parse(text: &str, names: &[&str]) -> Result<Self, String> {
        let body = if text.trim_start().starts_with('{') {
            Self::Json(serde_json::from_str(text).map_err(|_| "`body` begins like JSON and is none".to_owned())?)
        } else {
            let pairs = text.split('&').all(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty()));
            if !pairs || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err("`body` is a JSON object, or form data: `name=value` pairs, joined by `&`".to_owned());
            }
            Self::Form(text.to_owned())
        };
        body.texts().try_for_each(|text| known(text, names, "a body"))?;
        Ok(body)
    }

    /// Every text in which a placeholder may stand.
    fn texts(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        fn of(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
            match value {
                Value::String(text) => Box::new(std::iter::once(text.as_str())),
                Value::Array(items) => Box::new(items.iter().flat_map(of)),
                Value::Object(members) => Box::new(members.values().flat_map(of)),
                _ => Box::new(std::iter::empty()),
            }
        }
        match self {
            Self::Json(value) => of(value),
            Self::Form(text) => Box::new(std::iter::once(text.as_str())),
        }
    }

    /// The body's text with values in the place of their names, and its media type.
    pub fn filled(&self, values: &[(&str, String)]) -> (String, &'static str) {
        fn fill(value: &mut Value, values: &[(&str, String)]) {
            match value {
                Value::String(text) => *text = filled(text, values),
                Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
                Value::Object(members) => members.values_mut().for_each(|member| fill(member, values)),
                _ => {}
            }
        }
        match self {
            Self::Json(body) => {
                let mut body = body.clone();
                fill(&mut body, values);
                (body.to_string(), "application/json")
            }
            Self::Form(text) => (filled(text, &encoded(values)), "application/x-www-form-urlencoded"),
        }
    }
}

/// What stands for itself in a URL and in form data (`RFC3986 §2.3`).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The values as they stand in a URL or in form data.
pub fn encoded<'a>(values: &[(&'a str, String)]) -> Vec<(&'a str, String)> {
    values.iter().map(|(name, value)| (*name, utf8_percent_encode(value, UNRESERVED).to_string())).collect()
}

impl LoginProbe {
    /// Where it goes.
    ///
    /// # Errors
    /// [`Fault`] (usage) for a host that is not the target's.
    pub fn placed(&self, base: &str, admin: Option<&str>) -> Result<Placed, Fault> {
        placed("[probe.login]", &self.0, base, admin)
    }
}

impl TokenProbe {
    /// Where it goes.
    ///
    /// # Errors
    /// [`Fault`] (usage) for a host that is not the target's.
    pub fn placed(&self, base: &str, admin: Option<&str>) -> Result<Placed, Fault> {
        placed("[probe.token]", &self.0, base, admin)
    }
}

fn placed(table: &str, ask: &Ask, base: &str, admin: Option<&str>) -> Result<Placed, Fault> {
    let mut ask = ask.clone();
    let root = match &mut ask {
        Ask::Command { .. } => Root::Probe,
        Ask::Post { to: url, .. } | Ask::Get { from: url } => {
            let (root, path) = place(table, url, base, admin)?;
            *url = if path.starts_with('/') { path } else { format!("/{path}") };
            root
        }
    };
    Ok(Placed { ask, root })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_data_in_json_and_in_forms() {
        let values = [("{userName}", "a\"&b={password}".to_owned()), ("{password}", "ä+1".to_owned())];
        let rows = [
            (
                r#"{"u": "{userName}", "deep": [{"p": "x{password}"}]}"#,
                r#"{"u":"a\"&b={password}","deep":[{"p":"xä+1"}]}"#,
                "application/json",
            ),
            (
                "grant_type=password&u={userName}&p={password}",
                "grant_type=password&u=a%22%26b%3D%7Bpassword%7D&p=%C3%A4%2B1",
                "application/x-www-form-urlencoded",
            ),
        ];
        for (text, expected, kind) in rows {
            assert_eq!(Body::parse(text, LOGIN).unwrap().filled(&values), (expected.to_owned(), kind));
        }
    }

    #[test]
    fn a_probe_goes_to_the_target_and_nowhere_else() {
        let ask = |url: &str| TokenProbe(Ask::Get { from: url.into() });
        let (base, admin) = ("https://h.example/scim/v2", Some("https://h.example/api"));
        let at = |root: Root, path: &str| Placed { ask: Ask::Get { from: path.into() }, root };
        for (url, placed) in [
            ("/session", at(Root::Admin, "/session")),
            ("https://h.example/api/session", at(Root::Admin, "/session")),
            ("https://h.example/scim/v2/Me", at(Root::Scim, "/Me")),
            ("https://h.example/session", at(Root::At("https://h.example".into()), "/session")),
        ] {
            assert_eq!(ask(url).placed(base, admin).unwrap(), placed, "{url}");
        }
        for (url, reason) in [("/session", "--admin-url"), ("https://h.example.evil/session", "neither the target")] {
            let said = ask(url).placed(base, None).unwrap_err().message;
            assert!(said.contains(reason) && said.contains("[probe.token]"), "{said}");
        }
    }
}

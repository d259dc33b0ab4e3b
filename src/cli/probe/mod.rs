//! `[probe.role]` of `scimproof.toml`: where a user's role is read if the bundled server is not judged. It is checked while
//! the file is read, so that a mistake has its place there. How roles are judged it does not know.

mod transport;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use self::transport::{Probed, Source};
use super::args;
use super::fault::Fault;
use crate::client::Transport;
use crate::property::RoleReadOut;
use crate::scim::address;

/// How long a command may take where nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What may stand for the user in a probe.
const PLACEHOLDERS: [&str; 2] = ["{id}", "{userName}"];

/// The table `[probe]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Probes {
    /// How a role is read.
    pub role: Option<RoleProbe>,
}

/// The table `[probe.role]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum RoleProbe {
    /// In the SCIM User, at a SCIM path or JSON Pointer.
    At(String),
    /// In the answer to a GET.
    Get {
        /// A path below the admin surface's root, or an absolute URL; with placeholders.
        from: String,
        /// JSON Pointer into the answer.
        pointer: String,
    },
    /// On the stdout of a program.
    Command {
        /// The program and its arguments, with placeholders; no shell takes part.
        words: Vec<String>,
        /// JSON Pointer into its stdout; without one, stdout is the role.
        pointer: Option<String>,
        /// How long it may take.
        timeout: Duration,
    },
}

/// `[probe.role]` as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "at")]
    at: Option<String>,
    #[serde(default, deserialize_with = "get")]
    get: Option<String>,
    #[serde(default, deserialize_with = "command")]
    command: Option<Vec<String>>,
    #[serde(default, deserialize_with = "pointer")]
    pointer: Option<String>,
    #[serde(default, deserialize_with = "timeout")]
    timeout: Option<Duration>,
}

impl TryFrom<Written> for RoleProbe {
    type Error = &'static str;

    fn try_from(it: Written) -> Result<Self, Self::Error> {
        if it.timeout.is_some() && it.command.is_none() {
            return Err("`timeout` belongs to `command`; requests have the one of the connection");
        }
        match (it.at, it.get, it.command, it.pointer) {
            (Some(_), None, None, Some(_)) => Err("`at` is the place itself; leave `pointer` out"),
            (Some(at), None, None, None) => Ok(Self::At(at)),
            (None, Some(_), None, None) => Err("`get` wants a `pointer`: where the role stands in the answer"),
            (None, Some(from), None, Some(pointer)) => Ok(Self::Get { from, pointer }),
            (None, None, Some(words), pointer) => {
                Ok(Self::Command { words, pointer, timeout: it.timeout.unwrap_or(TIMEOUT) })
            }
            _ => Err("a probe has one of `at`, `get` and `command`"),
        }
    }
}

/// Reads a value that a function checks.
fn checked<'de, D, T>(deserializer: D, check: fn(&T) -> Result<(), String>) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let value = T::deserialize(deserializer)?;
    check(&value).map_err(de::Error::custom)?;
    Ok(Some(value))
}

fn at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    checked(deserializer, |text| is_address(text))
}

fn pointer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    checked(deserializer, |text: &String| {
        if text.starts_with('/') {
            is_address(text)
        } else {
            Err("a JSON Pointer begins with a slash: /role".to_owned())
        }
    })
}

fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    checked(deserializer, |text: &String| {
        placeholders([text])?;
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#') {
            return Err("a URL has no white space here and no fragment".to_owned());
        }
        if text.starts_with('/') {
            return Ok(());
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match url {
            None => Err("write a path below the admin surface, /admin/v1/users/{id}, or an absolute URL".to_owned()),
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                Err("credentials have no place in a URL".to_owned())
            }
            // A host of its own for each user would be nobody's.
            Some(url) if url.host_str().is_some_and(|host| host.contains(['{', '%'])) => {
                Err("placeholders stand in the path or the query".to_owned())
            }
            Some(_) => Ok(()),
        }
    })
}

fn command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    checked(deserializer, |words: &Vec<String>| match words.split_first() {
        None => Err("a command names a program".to_owned()),
        Some((program, _)) if program.is_empty() || program.contains('{') => {
            Err("the first word is the program, without placeholder".to_owned())
        }
        Some((_, arguments)) => placeholders(arguments),
    })
}

fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    args::duration(&text).map(Some).map_err(de::Error::custom)
}

/// Whether a text is an address of `expect` rows.
///
/// # Errors
/// What is wrong with it.
pub fn is_address(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("the address is empty".to_owned());
    }
    address::check(text).map_err(|error| error.to_string())
}

/// The user is named, and nothing else is asked for.
fn placeholders<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    let mut named = false;
    for text in texts {
        let rest = PLACEHOLDERS.iter().fold(text.clone(), |text, name| text.replace(name, ""));
        if rest.contains(['{', '}']) {
            return Err(format!("the placeholders are {}", PLACEHOLDERS.join(" and ")));
        }
        named |= rest != *text;
    }
    if named { Ok(()) } else { Err(format!("the user is not named: {} is missing", PLACEHOLDERS.join(" or "))) }
}

impl RoleProbe {
    /// Where scripts read the role of a target's users, and what answers that where it is no request to the target itself.
    fn placed(&self, base: &str, admin: Option<&str>) -> Result<(RoleReadOut, Option<Source>), Fault> {
        Ok(match self {
            Self::At(at) => (RoleReadOut::At(at.clone()), None),
            Self::Command { words, pointer, timeout } => {
                let source = Source::Command { words: words.clone(), pointer: pointer.clone(), timeout: *timeout };
                (RoleReadOut::Probe { pointer: transport::ROLE.to_owned() }, Some(source))
            }
            Self::Get { from, pointer } => {
                let get =
                    |admin, path: &str| RoleReadOut::Get { admin, path: path.to_owned(), pointer: pointer.clone() };
                let below = |root: &str| from.strip_prefix(root).filter(|rest| rest.starts_with('/'));
                let (scim, surface) = (below(base), admin.and_then(below));
                match (from.starts_with('/'), scim, surface) {
                    (true, ..) if admin.is_none() => {
                        let message = "[probe.role] get is a path on the admin surface, and the target has none: name it \
                                       with --admin-url, or write an absolute URL";
                        return Err(Fault::usage(message));
                    }
                    (true, ..) => (get(true, from), None),
                    // The longer root is the nearer one: its credentials are meant.
                    (false, Some(path), other) if other.is_none_or(|other| path.len() <= other.len()) => {
                        (get(false, path), None)
                    }
                    (false, _, Some(path)) => (get(true, path), None),
                    (false, ..) => {
                        let (origin, path) = split(from);
                        if ![Some(base), admin].into_iter().flatten().any(|root| split(root).0 == origin) {
                            let message = format!(
                                "[probe.role] get is at {origin}, which is neither the target nor its admin surface"
                            );
                            return Err(Fault::usage(message));
                        }
                        let source = Source::Url { origin: origin.to_owned(), path: path.to_owned() };
                        (RoleReadOut::Probe { pointer: pointer.clone() }, Some(source))
                    }
                }
            }
        })
    }
}

/// Scheme, host and port, and the rest.
fn split(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find(['/', '?']).map_or((url, ""), |at| url.split_at(start + at))
}

/// A transport that answers what the probe reads, and where scripts read roles by it.
///
/// # Errors
/// [`Fault`] (usage) for a probe that reads somewhere else than at the target.
pub fn before(
    transport: Arc<dyn Transport>,
    probe: Option<&RoleProbe>,
) -> Result<(Arc<dyn Transport>, Option<RoleReadOut>), Fault> {
    let Some(probe) = probe else { return Ok((transport, None)) };
    let (read_out, source) = probe.placed(transport.base_url(), transport.admin_url())?;
    let transport = match source {
        None => transport,
        Some(source) => Arc::new(Probed { inner: transport, source }) as Arc<dyn Transport>,
    };
    Ok((transport, Some(read_out)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_reads_where_its_url_lies_and_nowhere_else() {
        let get = |from: &str| RoleProbe::Get { from: from.into(), pointer: "/role".into() };
        let read = |admin: bool, path: &str| {
            (RoleReadOut::Get { admin, path: path.into(), pointer: "/role".into() }, None::<Source>)
        };
        let base = "https://h.example/scim/v2";
        let admin = Some("https://h.example");
        let url = Source::Url { origin: "https://h.example".into(), path: "/roles?of={userName}".into() };
        let probe = RoleReadOut::Probe { pointer: "/role".into() };
        let rows = [
            ("/admin/v1/users/{id}", admin, read(true, "/admin/v1/users/{id}")),
            ("https://h.example/scim/v2/Roles/{id}", admin, read(false, "/Roles/{id}")),
            ("https://h.example/scim/v2/Roles/{id}", None, read(false, "/Roles/{id}")),
            ("https://h.example/roles/{id}", admin, read(true, "/roles/{id}")),
            ("https://h.example/roles?of={userName}", None, (probe, Some(url))),
        ];
        for (from, admin, expected) in rows {
            assert_eq!(get(from).placed(base, admin).unwrap(), expected, "{from}");
        }
        for (from, reason) in [
            ("/admin/v1/users/{id}", "--admin-url"),
            ("https://h.example.evil/users/{id}", "neither the target"),
            ("http://h.example/users/{id}", "neither the target"),
        ] {
            assert!(get(from).placed(base, None).unwrap_err().message.contains(reason), "{from}");
        }
    }
}

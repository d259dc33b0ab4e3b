//! `[probe]` of `scimproof.toml`: where a user's role is read, how a user signs in and how a token is asked about, if the
//! bundled server is not judged. It is checked while the file is read, so that a mistake has its place there. How roles and
//! tokens are judged it does not know.

mod sign_in;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use url::Url;

use self::sign_in::{LoginProbe, TokenProbe};
use self::transport::{Probed, Source};
use super::args;
use super::fault::Fault;
use crate::client::Transport;
use crate::property::{RoleReadOut, SignIn};
use crate::scim::address;
use crate::wire::{Redactor, Root};

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
    /// How a user signs in.
    pub login: Option<LoginProbe>,
    /// How a token is asked about.
    pub token: Option<TokenProbe>,
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
        is_url(text)
    })
}

/// A path below the admin surface or an absolute URL, in which placeholders may stand.
fn is_url(text: &str) -> Result<(), String> {
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
}

fn command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    checked(deserializer, |words: &Vec<String>| placeholders(arguments(words)?))
}

/// What stands behind the program.
fn arguments(words: &[String]) -> Result<&[String], String> {
    match words.split_first() {
        None => Err("a command names a program".to_owned()),
        Some((program, _)) if program.is_empty() || program.contains('{') => {
            Err("the first word is the program, without placeholder".to_owned())
        }
        Some((_, arguments)) => Ok(arguments),
    }
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
                let pointer = pointer.clone();
                match place("[probe.role] get", from, base, admin)? {
                    (Root::At(origin), path) => (RoleReadOut::Probe { pointer }, Some(Source::Url { origin, path })),
                    (root, path) => (RoleReadOut::Get { admin: root == Root::Admin, path, pointer }, None),
                }
            }
        })
    }
}

/// Below which root of the target a probe's URL lies, and the rest of it.
///
/// # Errors
/// [`Fault`] (usage) for a URL that is neither the target's nor its admin surface's.
fn place(key: &str, from: &str, base: &str, admin: Option<&str>) -> Result<(Root, String), Fault> {
    let below = |root: &str| from.strip_prefix(root).filter(|rest| rest.starts_with('/'));
    let owned = |root: Root, path: &str| Ok((root, path.to_owned()));
    match (from.starts_with('/'), below(base), admin.and_then(below)) {
        (true, ..) if admin.is_none() => Err(Fault::usage(format!(
            "{key} is a path on the admin surface, and the target has none: name it with --admin-url, or write an \
             absolute URL"
        ))),
        (true, ..) => owned(Root::Admin, from),
        // The longer root is the nearer one: its credentials are meant.
        (false, Some(path), other) if other.is_none_or(|other| path.len() <= other.len()) => owned(Root::Scim, path),
        (false, _, Some(path)) => owned(Root::Admin, path),
        (false, ..) => {
            let (origin, path) = split(from);
            if ![Some(base), admin].into_iter().flatten().any(|root| split(root).0 == origin) {
                let message = format!("{key} is at {origin}, which is neither the target nor its admin surface");
                return Err(Fault::usage(message));
            }
            owned(Root::At(origin.to_owned()), path)
        }
    }
}

/// Scheme, host and port, and the rest.
fn split(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find(['/', '?']).map_or((url, ""), |at| url.split_at(start + at))
}

/// What scripts may count on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Where they read roles.
    pub role: Option<RoleReadOut>,
    /// Whether users can sign in, and tokens be asked about.
    pub sign_in: SignIn,
}

/// A transport that answers what the probes read, and what scripts may count on. The redactor learns passwords and tokens.
///
/// # Errors
/// [`Fault`] (usage) for a probe that goes somewhere else than to the target.
pub fn before(
    transport: Arc<dyn Transport>,
    probes: &Probes,
    redactor: &Redactor,
) -> Result<(Arc<dyn Transport>, Seen), Fault> {
    let (base, admin) = (transport.base_url(), transport.admin_url());
    let (role, source) = match &probes.role {
        None => (None, None),
        Some(probe) => {
            let (read_out, source) = probe.placed(base, admin)?;
            (Some(read_out), source)
        }
    };
    let login = probes.login.as_ref().map(|probe| probe.placed(base, admin)).transpose()?;
    let token = probes.token.as_ref().map(|probe| probe.placed(base, admin)).transpose()?;
    let sign_in = SignIn { login: login.is_some(), token: token.is_some() };
    let seen = Seen { role, sign_in };
    if source.is_none() && sign_in == SignIn::default() {
        return Ok((transport, seen));
    }
    let probed = Probed { inner: transport, role: source, login, token, redactor: redactor.clone() };
    Ok((Arc::new(probed), seen))
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

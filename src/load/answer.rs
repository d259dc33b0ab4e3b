//! What an engine hands back, and what is wrong with it: status, shape, id and name, read from the body without building
//! a tree of it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use super::call::{Act, Kind};
use crate::scim::urn;

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// No connection.
    Connect,
    /// No TLS session.
    Tls,
    /// No complete answer in time.
    Timeout,
    /// The connection ended before the answer did.
    Reset,
    /// What came is no HTTP.
    Protocol,
    /// The client gave up, as the workload wants it.
    GivenUp,
}

impl Broken {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Tls => "no TLS session",
            Self::Timeout => "no answer in time",
            Self::Reset => "connection ended before the answer",
            Self::Protocol => "no HTTP answer",
            Self::GivenUp => "given up",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// An answer.
    Answer {
        /// The status.
        status: u16,
        /// `Retry-After` in seconds, where it is one.
        retry_after: Option<Duration>,
        /// The body.
        body: Bytes,
    },
    /// None, with a reason in words.
    Broken(Broken, String),
}

/// A fault of an answer: its kind, which counts, and one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// `create user: 409 uniqueness`
    pub kind: String,
    /// What was seen.
    pub example: String,
}

/// What a judged answer says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// The id of the resource that the answer is about.
    pub id: Option<String>,
    /// How many resources matched, of a list.
    pub total: Option<u64>,
    /// How many came with this page.
    pub shown: u64,
    /// It was there already: a status that the step takes as well.
    pub already: bool,
}

/// What an answer must be about.
#[derive(Debug, Clone, Default)]
pub struct Expected<'a> {
    /// `userName` or `displayName`.
    pub name: Option<Cow<'a, str>>,
    /// The id, if it is known.
    pub id: Option<&'a str>,
    /// How many must match, at the least and at the most.
    pub total: Option<(u64, u64)>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    schemas: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    scim_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
    total_results: Option<u64>,
    #[serde(borrow, rename = "Resources")]
    resources: Vec<Slim<'a>>,
}

/// A resource in a list, as far as it is looked at.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Slim<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    display_name: Option<Cow<'a, str>>,
}

/// How much of a body an example shows.
const SHOWN: usize = 200;

/// Judges an outcome of `act`; `also` are statuses that are right as well.
///
/// # Errors
/// [`Wrong`]: no answer, another status, another body.
pub fn judge(act: Act, also: &[u16], expected: &Expected<'_>, outcome: &Outcome) -> Result<Learned, Wrong> {
    let wrong = |kind: String, example: String| Wrong { kind: format!("{}: {kind}", act.name()), example };
    let (status, bytes) = match outcome {
        Outcome::Broken(broken, reason) => return Err(wrong(broken.name().to_owned(), reason.clone())),
        Outcome::Answer { status, body, .. } => (*status, body),
    };
    if also.contains(&status) {
        return Ok(Learned { already: true, ..Learned::default() });
    }
    let empty = bytes.is_empty();
    let parsed = if empty { Ok(Body::default()) } else { serde_json::from_slice::<Body<'_>>(bytes) };
    let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    if !act.expected().contains(&status) {
        let body = parsed.unwrap_or_default();
        let kind = body.scim_type.map_or_else(|| status.to_string(), |word| format!("{status} {word}"));
        return Err(wrong(kind, body.detail.map_or_else(shown, Cow::into_owned)));
    }
    if act == Act::DeleteUser || act == Act::DeleteGroup || (empty && act.expected().contains(&204) && status == 204) {
        return Ok(Learned::default());
    }
    let body = parsed
        .map_err(|error| wrong("the body is not the JSON of SCIM".to_owned(), format!("{error}: {}", shown())))?;
    let about = |what: &str| wrong(what.to_owned(), shown());
    if matches!(act, Act::FindUser | Act::FindGroup | Act::ListUsers | Act::ListGroups) {
        return list(act, &body, expected, &about);
    }
    let urn = if act.kind() == Kind::User { urn::USER } else { urn::GROUP };
    if !body.schemas.iter().any(|schema| schema == urn) {
        return Err(about("`schemas` lacks the resource's own"));
    }
    let name = if act.kind() == Kind::User { &body.user_name } else { &body.display_name };
    one(body.id.as_deref(), name.as_deref(), expected, &about)
}

fn one(
    id: Option<&str>,
    name: Option<&str>,
    expected: &Expected<'_>,
    about: &dyn Fn(&str) -> Wrong,
) -> Result<Learned, Wrong> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Err(about("the answer has no id")) };
    if expected.id.is_some_and(|known| known != id) {
        return Err(about("the answer has another id"));
    }
    if let (Some(wanted), Some(name)) = (&expected.name, name)
        && !name.eq_ignore_ascii_case(wanted)
    {
        return Err(about("the answer has another name"));
    }
    Ok(Learned { id: Some(id.to_owned()), ..Learned::default() })
}

fn list(act: Act, body: &Body<'_>, expected: &Expected<'_>, about: &dyn Fn(&str) -> Wrong) -> Result<Learned, Wrong> {
    let Some(total) = body.total_results else { return Err(about("the list has no totalResults")) };
    let shown = body.resources.len() as u64;
    if shown > total {
        return Err(about("the list holds more than totalResults"));
    }
    if body.resources.iter().any(|it| it.id.as_ref().is_none_or(|id| id.is_empty())) {
        return Err(about("a resource of the list has no id"));
    }
    if let Some((least, most)) = expected.total {
        if total < least {
            return Err(about("nobody was found, though the server had acknowledged it"));
        }
        if total > most {
            return Err(about(if most == 0 {
                "somebody was found who is not there"
            } else {
                "it was found more than once"
            }));
        }
    }
    let mut learned = Learned { total: Some(total), shown, ..Learned::default() };
    if expected.total.is_some()
        && let Some(first) = body.resources.first()
    {
        let name = if act.kind() == Kind::User { &first.user_name } else { &first.display_name };
        learned.id = one(first.id.as_deref(), name.as_deref(), expected, about)?.id;
    }
    Ok(learned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Outcome {
        Outcome::Answer { status, retry_after: None, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn a_fast_and_wrong_answer_is_wrong() {
        let user = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"A"}"#;
        let list = |total: u64, names: &[&str]| {
            let all: Vec<_> = names.iter().map(|name| format!(r#"{{"id":"1","userName":"{name}"}}"#)).collect();
            format!(r#"{{"schemas":["x"],"totalResults":{total},"Resources":[{}]}}"#, all.join(","))
        };
        let found = |least, most| Expected { name: Some("a".into()), id: Some("1"), total: Some((least, most)) };
        let about = || found(1, 1);
        let rows: Vec<(Act, Expected<'_>, u16, String, Option<&str>)> = vec![
            (Act::CreateUser, about(), 201, user.into(), None),
            (Act::CreateUser, about(), 200, user.into(), Some("create user: 200")),
            (Act::CreateUser, about(), 201, String::new(), Some("create user: `schemas` lacks the resource's own")),
            (Act::CreateUser, about(), 409, r#"{"scimType":"uniqueness"}"#.into(), Some("create user: 409 uniqueness")),
            (Act::ReadUser, about(), 200, user.replace("\"1\"", "\"2\""), Some("read user: the answer has another id")),
            (
                Act::ReadUser,
                about(),
                200,
                user.replace("\"A\"", "\"b\""),
                Some("read user: the answer has another name"),
            ),
            (Act::ReadUser, about(), 200, user.replace("\"1\"", "\"\""), Some("read user: the answer has no id")),
            (Act::ReadUser, about(), 200, "<html>".into(), Some("read user: the body is not the JSON of SCIM")),
            (Act::ChangeUser, about(), 204, String::new(), None),
            (Act::DeleteUser, about(), 204, String::new(), None),
            (Act::FindUser, about(), 200, list(1, &["a"]), None),
            (
                Act::FindUser,
                about(),
                200,
                list(0, &[]),
                Some("find user: nobody was found, though the server had acknowledged it"),
            ),
            (Act::FindUser, about(), 200, list(2, &["a", "a"]), Some("find user: it was found more than once")),
            (Act::FindUser, found(0, 0), 200, list(1, &["a"]), Some("find user: somebody was found who is not there")),
            (Act::FindUser, about(), 200, list(1, &["b"]), Some("find user: the answer has another name")),
            (Act::ListUsers, Expected::default(), 200, list(5, &["a", "b"]), None),
            (
                Act::ListUsers,
                Expected::default(),
                200,
                list(1, &["a", "b"]),
                Some("list users: the list holds more than totalResults"),
            ),
            (Act::ListUsers, Expected::default(), 200, "{}".into(), Some("list users: the list has no totalResults")),
        ];
        for (act, expected, status, body, wrong) in rows {
            let judged = judge(act, &[], &expected, &answer(status, &body));
            assert_eq!(judged.err().map(|it| it.kind).as_deref(), wrong, "{act:?} {status} {body}");
        }
        let broken = Outcome::Broken(Broken::Timeout, "30 s".into());
        let kind = judge(Act::ReadUser, &[], &about(), &broken).unwrap_err().kind;
        assert_eq!(kind, "read user: no answer in time");
        assert!(judge(Act::CreateUser, &[409], &about(), &answer(409, "")).unwrap().already);
    }
}

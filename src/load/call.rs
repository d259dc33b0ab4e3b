//! The calls of a workload: templates of requests, and what each means for the people and groups that it is about.
//!
//! Data in `fixtures/workloads/calls.toml`; a template is cut into pieces once, so that a request costs no search.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

/// What a call does: what its answer must hold, and what is true afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// `GET /Users?filter=userName eq …`: exactly the users who are there.
    FindUser,
    /// `POST /Users`
    CreateUser,
    /// `GET /Users/{id}`
    ReadUser,
    /// `PUT` or `PATCH /Users/{id}` of attributes that neither name nor state depend on.
    ChangeUser,
    /// `active` becomes false.
    DeactivateUser,
    /// `active` becomes true.
    ActivateUser,
    /// `DELETE /Users/{id}`
    DeleteUser,
    /// `GET /Groups?filter=displayName eq …`
    FindGroup,
    /// `POST /Groups` without members.
    CreateGroup,
    /// `GET /Groups/{id}`
    ReadGroup,
    /// `DELETE /Groups/{id}`
    DeleteGroup,
    /// Users join a group.
    AddMembers,
    /// Users leave a group.
    RemoveMembers,
    /// A page of `GET /Users`
    ListUsers,
    /// A page of `GET /Groups`
    ListGroups,
}

/// What a call acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

/// The acts with their words in reports, methods and expected statuses.
const ACTS: [(Act, &str, &str, &[u16], Kind); 15] = [
    (Act::FindUser, "find user", "GET", &[200], Kind::User),
    (Act::CreateUser, "create user", "POST", &[201], Kind::User),
    (Act::ReadUser, "read user", "GET", &[200], Kind::User),
    (Act::ChangeUser, "change user", "PATCH", &[200, 204], Kind::User),
    (Act::DeactivateUser, "deactivate user", "PATCH", &[200, 204], Kind::User),
    (Act::ActivateUser, "activate user", "PATCH", &[200, 204], Kind::User),
    (Act::DeleteUser, "delete user", "DELETE", &[204, 200], Kind::User),
    (Act::FindGroup, "find group", "GET", &[200], Kind::Group),
    (Act::CreateGroup, "create group", "POST", &[201], Kind::Group),
    (Act::ReadGroup, "read group", "GET", &[200], Kind::Group),
    (Act::DeleteGroup, "delete group", "DELETE", &[204, 200], Kind::Group),
    (Act::AddMembers, "add members", "PATCH", &[200, 204], Kind::Group),
    (Act::RemoveMembers, "remove members", "PATCH", &[200, 204], Kind::Group),
    (Act::ListUsers, "list users", "GET", &[200], Kind::User),
    (Act::ListGroups, "list groups", "GET", &[200], Kind::Group),
];

impl Act {
    /// How many acts there are: the length of a table by [`Act::index`].
    pub const COUNT: usize = ACTS.len();

    /// The place in tables, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The act at that place.
    #[must_use]
    pub fn at(index: usize) -> Option<Self> {
        ACTS.get(index).map(|row| row.0)
    }

    /// The word in reports: `find user`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ACTS[self.index()].1
    }

    /// The statuses that mean success.
    #[must_use]
    pub const fn expected(self) -> &'static [u16] {
        ACTS[self.index()].3
    }

    /// Users or groups.
    #[must_use]
    pub const fn kind(self) -> Kind {
        ACTS[self.index()].4
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn writes(self) -> bool {
        ACTS[self.index()].2 != "GET"
    }
}

/// A hole of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// The user's name.
    UserName,
    /// The user's `externalId`.
    UserExternal,
    /// The user's id.
    UserId,
    /// `true` or `false`: the state that the user is in.
    UserActive,
    /// The group's `displayName`.
    GroupName,
    /// The group's `externalId`.
    GroupExternal,
    /// The group's id.
    GroupId,
    /// One [`Call::each`] for every member, with commas between.
    Members,
    /// The id of the member, in [`Call::each`].
    Member,
    /// The first place of the page, from 1.
    PageStart,
    /// How many the page may hold.
    PageCount,
    /// A number that no other request has.
    Draw,
}

const HOLES: [(&str, Hole); 12] = [
    ("user.name", Hole::UserName),
    ("user.external", Hole::UserExternal),
    ("user.id", Hole::UserId),
    ("user.active", Hole::UserActive),
    ("group.name", Hole::GroupName),
    ("group.external", Hole::GroupExternal),
    ("group.id", Hole::GroupId),
    ("members", Hole::Members),
    ("member", Hole::Member),
    ("page.start", Hole::PageStart),
    ("page.count", Hole::PageCount),
    ("draw", Hole::Draw),
];

/// How a value is written into its hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it stands; names and ids of ours need no escape in JSON.
    Plain,
    /// Percent-encoded for a query, a space as `%20`.
    Percent,
    /// Percent-encoded for a query, a space as `+`.
    Form,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// To be filled.
    Hole(Hole, Coding),
}

/// A template, cut into pieces.
pub type Template = Vec<Piece>;

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `okta/find-user`
    pub name: String,
    /// What it does.
    pub act: Act,
    /// The HTTP method.
    pub method: http::Method,
    /// Whose headers it bears, `okta/oin`.
    pub client: Option<String>,
    /// Path and query below the base URL.
    pub path: Template,
    /// The body, if it has one.
    pub body: Option<Template>,
    /// What stands for each member.
    pub each: Option<Template>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    call: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    act: Act,
    client: Option<String>,
    method: Option<String>,
    path: String,
    body: Option<String>,
    each: Option<String>,
}

/// Every known call.
#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
pub fn calls() -> &'static [Arc<Call>] {
    static CALLS: LazyLock<Vec<Arc<Call>>> = LazyLock::new(|| {
        parse(include_str!("../../fixtures/workloads/calls.toml")).expect("the embedded calls are valid")
    });
    &CALLS
}

/// The call of that name.
pub fn call(name: &str) -> Option<Arc<Call>> {
    calls().iter().find(|call| call.name == name).map(Arc::clone)
}

fn parse(text: &str) -> Result<Vec<Arc<Call>>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    file.call.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<Arc<Call>, String> {
    let method = row.method.as_deref().unwrap_or(ACTS[row.act.index()].2);
    let method = http::Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let cut = |text: Option<String>| text.map(|text| cut(&text)).transpose();
    Ok(Arc::new(Call {
        act: row.act,
        method,
        client: row.client,
        path: self::cut(&row.path)?,
        body: cut(row.body)?,
        each: cut(row.each)?,
        name: row.name,
    }))
}

/// Cuts a template; braces that hold no known hole are text, since bodies are JSON.
fn cut(text: &str) -> Result<Template, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let (before, after) = rest.split_at(start);
        plain.push_str(before);
        let word = after[1..].split('}').next().unwrap_or_default();
        let (name, coding) = match word.split_once('|') {
            None => (word, Coding::Plain),
            Some((name, "percent")) => (name, Coding::Percent),
            Some((name, "form")) => (name, Coding::Form),
            Some((_, other)) => return Err(format!("no such coding: {other}")),
        };
        let hole = HOLES.iter().find(|(known, _)| *known == name).map(|(_, hole)| *hole);
        let Some(hole) = hole else {
            plain.push('{');
            rest = &after[1..];
            continue;
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Hole(hole, coding));
        rest = &after[word.len() + 2..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idp;

    #[test]
    fn every_call_is_whole_and_its_body_is_json() {
        for (n, (act, ..)) in ACTS.iter().enumerate() {
            assert_eq!(act.index(), n);
        }
        for call in calls() {
            if let Some(client) = &call.client {
                assert!(idp::client(client).is_some(), "{}: {client}", call.name);
            }
            assert_eq!(call.body.is_some(), matches!(call.method.as_str(), "POST" | "PUT" | "PATCH"), "{}", call.name);
            let fill = |template: &Template| -> String {
                let piece = |piece: &Piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Hole(Hole::UserActive, _) => "true".to_owned(),
                    Piece::Hole(Hole::Members, _) => "1".to_owned(),
                    Piece::Hole(..) => "x".to_owned(),
                };
                template.iter().map(piece).collect()
            };
            for text in call.body.iter().chain(&call.each).map(fill) {
                assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}: {text}", call.name);
            }
        }
        let names: std::collections::BTreeSet<_> = calls().iter().map(|call| &call.name).collect();
        assert_eq!(names.len(), calls().len());
    }

    #[test]
    fn templates_keep_their_braces() {
        let pieces = cut(r#"{"a":{},"b":"{user.name|form}"}"#).unwrap();
        let expected = vec![
            Piece::Text(r#"{"a":{},"b":""#.into()),
            Piece::Hole(Hole::UserName, Coding::Form),
            Piece::Text(r#""}"#.into()),
        ];
        assert_eq!(pieces, expected);
        assert!(cut("{user.name|rot13}").is_err());
    }
}

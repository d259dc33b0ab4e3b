//! What a client may do to a directory, and what must come of it: the alphabet of histories. It knows nothing of requests.

use std::collections::BTreeSet;

/// What a create or a replacement sends of a user. `None`: not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// `userName`
    pub name: String,
    /// The value of the one e-mail address.
    pub email: Option<String>,
    /// `externalId`
    pub external_id: Option<String>,
    /// `name.givenName`
    pub given_name: Option<String>,
    /// `active`
    pub active: Option<bool>,
}

/// How a value of `active` or a member's removal is written, as far as servers may differ about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the standard has it.
    Plain,
    /// `"false"`, or the members listed as the value of a `remove`: what many clients send.
    Loose,
    /// `[false]`: what nobody need take.
    Odd,
}

/// What a client may do. Users and groups are named by the position of the action that made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// POST of a user.
    Create(Draft),
    /// PUT of the n-th user.
    Replace(usize, Draft),
    /// PATCH of `userName`.
    Rename(usize, String),
    /// PATCH of `name.givenName`.
    SetGivenName(usize, String),
    /// Sets `active`.
    SetActive(usize, bool, Form),
    /// DELETE of a user.
    Delete(usize),
    /// POST of a group with members.
    CreateGroup(String, BTreeSet<usize>),
    /// Sets `displayName` of the n-th group.
    RenameGroup(usize, String),
    /// DELETE of a group.
    DeleteGroup(usize),
    /// Adds one member: group, user.
    Join(usize, usize),
    /// Removes one member: group, user.
    Leave(usize, usize, Form),
    /// Replaces all members, perhaps by none.
    SetMembers(usize, BTreeSet<usize>),
}

/// What must come of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A new user or group, named by its position among the created ones of its kind.
    Created(usize),
    /// The name is taken by that user: 409, and nothing changes (PROP-UNIQ-02, PROP-UNIQ-03).
    Taken(usize),
    /// Another unique value is taken: 409, and nothing changes (PROP-UNIQ-12, 14, 21).
    Conflict,
    /// The deactivated holder of the name is active again, under the same id (PROP-UNIQ-10).
    Revived(usize),
    /// Either of [`Effect::Taken`] and [`Effect::Revived`].
    TakenOrRevived(usize),
    /// Done.
    Done,
    /// Done, or refused with 400 and nothing changed.
    DoneOrRefused,
    /// There is no such user or group: 404.
    Absent,
    /// 400, and nothing changes.
    Refused,
    /// The server says that it does not do this: 403, 405 or 501, and nothing changes.
    Unsupported,
    /// Nothing is known of what comes; such an action is not sent.
    Open,
}

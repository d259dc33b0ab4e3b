//! The acts of a history: what is done and in which wire form, and the oracle's action behind it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::spelling::{Kind, SLOTS, Spelling, spelling};
use crate::model::{Action, Directory, Draft, Form};

/// How many users and groups acts speak of.
const USERS: usize = 4;
const GROUPS: usize = 2;

/// How many hostile names there are.
pub const HOSTILE: usize = 7;

/// The forms of setting `active` (PROP-LIFE-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveForm {
    /// PATCH, path `active`, a boolean.
    Path,
    /// PATCH without path, `{"active": false}`.
    NoPath,
    /// PUT of the whole user.
    Put,
    /// PATCH with `"false"`.
    Text,
    /// PATCH with `"False"`.
    CapitalText,
    /// PATCH with `[false]`.
    Listed,
}

/// The forms of adding a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinForm {
    /// PATCH `add`, path `members`, an array.
    Array,
    /// PATCH `add` without path.
    NoPath,
    /// PATCH `replace` with the full list.
    Full,
    /// PUT of the whole group.
    Put,
}

/// The forms of removing a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveForm {
    /// PATCH `remove`, `members[value eq "…"]`.
    Filter,
    /// PATCH `remove`, path `members`, a value array.
    Listed,
    /// PATCH `replace` with those who remain.
    Remaining,
    /// PUT of the whole group.
    Put,
}

/// An e-mail address: whose, and plain, in capitals or with a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mail {
    /// Of which slot.
    pub slot: usize,
    /// 0 plain, 1 in capitals, 2 with a tag.
    pub variant: usize,
}

/// What a create or a PUT sends beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extras {
    /// An e-mail address.
    pub mail: Option<Mail>,
    /// The external id of a slot.
    pub external: Option<usize>,
    /// One of three given names.
    pub given: Option<usize>,
    /// `active`
    pub active: Option<bool>,
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// POST of a user.
    Create(Spelling, Extras),
    /// PUT of a user; without a name under its own.
    Put(usize, Option<Spelling>, Extras),
    /// PATCH of `userName`.
    Rename(usize, Spelling),
    /// PATCH of `name.givenName`.
    Given(usize, usize),
    /// Sets `active`.
    Active(usize, bool, ActiveForm),
    /// DELETE of a user.
    Delete(usize),
    /// GET, then PUT of the very same (PROP-LIFE-10).
    PutBack(usize),
    /// POST of a name that a server may refuse, never stumble over.
    Hostile(usize),
    /// POST of a group: its name, whether in capitals, its members.
    CreateGroup(usize, bool, BTreeSet<usize>),
    /// PATCH of `displayName`.
    RenameGroup(usize, usize, bool),
    /// DELETE of a group.
    DeleteGroup(usize),
    /// Group, user.
    Join(usize, usize, JoinForm),
    /// Group, user.
    Leave(usize, usize, LeaveForm),
    /// Group, `replace` of `members` with nobody or `remove` of `members`.
    Clear(usize, bool),
}

/// What an act changes.
pub enum Target {
    /// A user by position.
    User(usize),
    /// A group by position.
    Group(usize),
    /// Something new.
    None,
}

/// The three given names.
pub const GIVEN: [&str; 3] = ["Mara", "Zo\u{eb}", "O'Shea"];

fn extras() -> impl Strategy<Value = Extras> {
    let mail = (0..SLOTS, 0..3_usize).prop_map(|(slot, variant)| Mail { slot, variant });
    (
        proptest::option::of(mail),
        proptest::option::weighted(0.3, 0..SLOTS),
        proptest::option::of(0..GIVEN.len()),
        prop_oneof![3 => Just(None), 2 => Just(Some(true)), 1 => Just(Some(false))],
    )
        .prop_map(|(mail, external, given, active)| Extras { mail, external, given, active })
}

/// A random act.
pub fn acts(groups: bool) -> BoxedStrategy<Act> {
    use ActiveForm::{CapitalText, Listed, NoPath, Path, Put, Text};
    let user = 0..USERS;
    let form = proptest::sample::select(vec![Path, Path, NoPath, Put, Text, CapitalText, Listed]);
    let users = prop_oneof![
        8 => (spelling(), extras()).prop_map(|(name, extras)| Act::Create(name, extras)),
        5 => (user.clone(), spelling()).prop_map(|(user, name)| Act::Rename(user, name)),
        4 => (user.clone(), proptest::option::of(spelling()), extras()).prop_map(|(u, name, e)| Act::Put(u, name, e)),
        5 => (user.clone(), any::<bool>(), form).prop_map(|(user, to, form)| Act::Active(user, to, form)),
        3 => user.clone().prop_map(Act::Delete),
        1 => (user.clone(), 0..GIVEN.len()).prop_map(|(user, given)| Act::Given(user, given)),
        1 => user.clone().prop_map(Act::PutBack),
        1 => (0..HOSTILE).prop_map(Act::Hostile),
    ];
    if !groups {
        return users.boxed();
    }
    let group = 0..GROUPS;
    let members = proptest::collection::btree_set(user.clone(), 0..3);
    let joins = proptest::sample::select(vec![JoinForm::Array, JoinForm::NoPath, JoinForm::Full, JoinForm::Put]);
    let leaves =
        proptest::sample::select(vec![LeaveForm::Filter, LeaveForm::Listed, LeaveForm::Remaining, LeaveForm::Put]);
    prop_oneof![
        28 => users,
        3 => (group.clone(), any::<bool>(), members).prop_map(|(g, caps, members)| Act::CreateGroup(g, caps, members)),
        1 => (group.clone(), group.clone(), any::<bool>()).prop_map(|(g, name, caps)| Act::RenameGroup(g, name, caps)),
        1 => group.clone().prop_map(Act::DeleteGroup),
        3 => (group.clone(), user.clone(), joins).prop_map(|(group, user, form)| Act::Join(group, user, form)),
        3 => (group.clone(), user, leaves).prop_map(|(group, user, form)| Act::Leave(group, user, form)),
        1 => (group, any::<bool>()).prop_map(|(group, replace)| Act::Clear(group, replace)),
    ]
    .boxed()
}

impl Mail {
    /// As the oracle knows it.
    fn text(self) -> String {
        match self.variant {
            1 => format!("E{}@X", self.slot),
            2 => format!("tag+e{}@x", self.slot),
            _ => format!("e{}@x", self.slot),
        }
    }

    /// On the wire.
    pub fn template(self) -> String {
        match self.variant {
            1 => format!("{{{{ n{}.email | upper }}}}", self.slot),
            2 => format!("tag+{{{{ n{}.email }}}}", self.slot),
            _ => format!("{{{{ n{}.email }}}}", self.slot),
        }
    }

    /// The address of an oracle's text.
    pub fn of(text: &str) -> Option<Self> {
        let all = (0..SLOTS).flat_map(|slot| (0..3).map(move |variant| Self { slot, variant }));
        all.into_iter().find(|mail| mail.text() == text)
    }
}

impl Extras {
    fn draft(self, name: String) -> Draft {
        Draft {
            name,
            email: self.mail.map(Mail::text),
            external_id: self.external.map(|slot| format!("x{slot}")),
            given_name: self.given.map(|given| GIVEN[given].to_owned()),
            active: self.active,
        }
    }
}

impl Act {
    /// What the oracle is told; `None` for acts that change nothing it knows, or speak of what was never there.
    pub fn action(&self, kinds: &[Kind; SLOTS], now: &Directory) -> Option<Action> {
        let members = |group: usize| now.group(group).map(|state| state.members.clone()).unwrap_or_default();
        let living = |set: &BTreeSet<usize>| set.iter().copied().filter(|user| now.user(*user).is_some()).collect();
        Some(match self {
            Self::Create(name, extras) => Action::Create(extras.draft(name.text(kinds))),
            Self::Put(user, name, extras) => {
                let own = || now.user(*user).map(|state| state.name.clone()).unwrap_or_default();
                Action::Replace(*user, extras.draft(name.map_or_else(own, |name| name.text(kinds))))
            }
            Self::Rename(user, name) => Action::Rename(*user, name.text(kinds)),
            Self::Given(user, given) => Action::SetGivenName(*user, GIVEN[*given].to_owned()),
            Self::Active(user, to, ActiveForm::Put) => Action::Replace(*user, now.draft(*user, *to)),
            Self::Active(user, to, form) => {
                let form = match form {
                    ActiveForm::Text | ActiveForm::CapitalText => Form::Loose,
                    ActiveForm::Listed => Form::Odd,
                    _ => Form::Plain,
                };
                Action::SetActive(*user, *to, form)
            }
            Self::Delete(user) => Action::Delete(*user),
            Self::CreateGroup(name, caps, set) => Action::CreateGroup(group_text(*name, *caps), living(set)),
            Self::RenameGroup(group, name, caps) => Action::RenameGroup(*group, group_text(*name, *caps)),
            Self::DeleteGroup(group) => Action::DeleteGroup(*group),
            Self::Join(group, user, JoinForm::Array | JoinForm::NoPath) => Action::Join(*group, *user),
            Self::Join(group, user, _) => {
                let all: BTreeSet<usize> = living(&members(*group));
                Action::SetMembers(*group, all.into_iter().chain([*user]).collect())
            }
            Self::Leave(group, user, form @ (LeaveForm::Filter | LeaveForm::Listed)) => {
                now.user(*user)?;
                let form = if *form == LeaveForm::Filter { Form::Plain } else { Form::Loose };
                Action::Leave(*group, *user, form)
            }
            Self::Leave(group, user, _) => {
                let all: BTreeSet<usize> = living(&members(*group));
                Action::SetMembers(*group, all.into_iter().filter(|member| member != user).collect())
            }
            Self::Clear(group, _) => {
                // Removing what is not there may be an error (I-105).
                let empty = now.group(*group).is_some_and(|state| state.members.is_empty());
                if empty || now.rules().remove_listed.is_none() {
                    return None;
                }
                Action::SetMembers(*group, BTreeSet::new())
            }
            Self::PutBack(_) | Self::Hostile(_) => return None,
        })
    }

    /// What it changes.
    pub fn target(&self) -> Target {
        match self {
            Self::Put(user, ..)
            | Self::Rename(user, _)
            | Self::Given(user, _)
            | Self::Active(user, ..)
            | Self::Delete(user)
            | Self::PutBack(user) => Target::User(*user),
            Self::RenameGroup(group, ..)
            | Self::DeleteGroup(group)
            | Self::Join(group, ..)
            | Self::Leave(group, ..)
            | Self::Clear(group, _) => Target::Group(*group),
            Self::Create(..) | Self::CreateGroup(..) | Self::Hostile(_) => Target::None,
        }
    }
}

/// The name of a group as the oracle knows it.
pub fn group_text(name: usize, caps: bool) -> String {
    format!("{}{name}", if caps { 'G' } else { 'g' })
}

/// The name of a group on the wire.
pub fn group_template(text: &str) -> String {
    match text.strip_prefix('G') {
        Some(number) => format!("{{{{ run.marker | upper }}}} TEAM {number}"),
        None => format!("{{{{ run.marker }}}} team {}", text.trim_start_matches('g')),
    }
}

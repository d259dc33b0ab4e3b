//! A directory of users and groups as a state machine: what must come of every action, and what must be read back
//! afterwards. Where the rules leave several readings open, the state says that it does not know.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, Draft, Effect, Form};
use super::names::same_name;
use super::rules::Rules;
use crate::profile::{DeactivatedNames, Deletion, PutWithoutActive, Renaming};

/// A user as the oracle knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The name as it was given last.
    pub name: String,
    /// Whether the user may sign in; `None`: not known.
    pub active: Option<bool>,
    /// Whether `active` was ever sent, so that it must be read back; else its absence means that the user is active.
    pub active_sent: bool,
    /// Values that must be read back, by SCIM path; what is not here is not known.
    pub values: BTreeMap<&'static str, String>,
    /// Whether its memberships are known.
    pub memberships_known: bool,
}

/// A group as the oracle knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupState {
    /// `displayName` as it was given last.
    pub name: String,
    /// The users in it; who was deleted is not judged.
    pub members: BTreeSet<usize>,
}

/// The users and groups ever created; a deleted one leaves `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    rules: Rules,
    users: Vec<Option<UserState>>,
    groups: Vec<Option<GroupState>>,
}

impl Directory {
    /// An empty directory under some rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, users: Vec::new(), groups: Vec::new() }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Performs an action.
    pub fn apply(&mut self, action: &Action) -> Effect {
        match action {
            Action::Create(draft) => self.create(draft),
            Action::Replace(user, draft) => self.replace(*user, draft),
            Action::Rename(user, name) => self.rename(*user, name),
            Action::SetGivenName(user, name) => self.change(*user, |user, rules| {
                if rules.stores("name.givenName") {
                    user.values.insert("name.givenName", name.clone());
                }
            }),
            Action::SetActive(user, to, form) => self.set_active(*user, *to, *form),
            Action::Delete(user) => self.delete(*user),
            Action::CreateGroup(name, members) => self.create_group(name, members),
            Action::RenameGroup(group, name) => {
                if self.group(*group).is_some()
                    && let Some(refusal) = self.group_name(name, Some(*group))
                {
                    return refusal;
                }
                self.change_group(*group, |state| state.name.clone_from(name))
            }
            Action::DeleteGroup(group) => match self.groups.get_mut(*group).and_then(Option::take) {
                Some(_) => Effect::Done,
                None => Effect::Absent,
            },
            Action::Join(group, user) => match self.user(*user) {
                None => Effect::Open,
                Some(_) => self.change_group(*group, |state| _ = state.members.insert(*user)),
            },
            Action::Leave(group, user, form) => {
                let plain = *form == Form::Plain || self.rules.remove_listed == Some(true);
                match self.group(*group) {
                    // Removing whom nobody knows, or who is not there, may be an error or none.
                    Some(state) if !plain || !state.members.contains(user) => Effect::Open,
                    _ => self.change_group(*group, |state| _ = state.members.remove(user)),
                }
            }
            Action::SetMembers(group, members) => match members.iter().all(|user| self.user(*user).is_some()) {
                false => Effect::Open,
                true => self.change_group(*group, |state| state.members.clone_from(members)),
            },
        }
    }

    fn create(&mut self, draft: &Draft) -> Effect {
        if !self.rules.takes_name(&draft.name) {
            return Effect::Refused;
        }
        if let Some(holder) = self.holder(&draft.name) {
            return self.create_again(holder, draft);
        }
        if let Some(refusal) = self.other_values(draft, None) {
            return refusal;
        }
        let user = UserState {
            name: draft.name.clone(),
            active: Some(draft.active.unwrap_or(true)),
            active_sent: draft.active.is_some(),
            values: self.stored(draft),
            memberships_known: true,
        };
        self.users.push(Some(user));
        Effect::Created(self.users.len() - 1)
    }

    /// A create under the name of a user who is there.
    fn create_again(&mut self, holder: usize, draft: &Draft) -> Effect {
        let inactive = self.user(holder).is_some_and(|user| user.active != Some(true));
        let certain = self.user(holder).is_some_and(|user| user.active.is_some());
        match self.rules.deactivated_names {
            Some(DeactivatedNames::Reactivates) if inactive && !certain => Effect::Open,
            Some(DeactivatedNames::Reactivates) if inactive => {
                if let Some(refusal) = self.other_values(draft, Some(holder)) {
                    return refusal;
                }
                self.change(holder, |user, _| {
                    user.active = Some(true);
                    user.values.clear();
                });
                Effect::Revived(holder)
            }
            None if inactive => {
                self.change(holder, |user, _| {
                    user.active = None;
                    user.values.clear();
                });
                Effect::TakenOrRevived(holder)
            }
            _ => Effect::Taken(holder),
        }
    }

    fn replace(&mut self, user: usize, draft: &Draft) -> Effect {
        let Some(state) = self.user(user) else { return Effect::Absent };
        let (renames, active) = (same_name(&state.name, &draft.name) != Some(true), state.active);
        let silent = draft.active.is_none();
        if let Some(refusal) =
            self.new_name(user, &draft.name, renames).or_else(|| self.other_values(draft, Some(user)))
        {
            // Two reasons to refuse, and no rule which comes first.
            return if silent && self.rules.put_without_active != Some(PutWithoutActive::Unchanged) {
                Effect::Open
            } else {
                refusal
            };
        }
        let (becomes, effect) = match (draft.active, self.rules.put_without_active) {
            (Some(active), _) => (Some(active), Effect::Done),
            (None, Some(PutWithoutActive::Unchanged)) => (active, Effect::Done),
            (None, Some(PutWithoutActive::Activates)) => (Some(true), Effect::Done),
            (None, Some(PutWithoutActive::Refused)) => return Effect::Refused,
            // Whether the new name came with it would not be known.
            (None, None) if renames => return Effect::Open,
            (None, None) => (active.filter(|active| *active), Effect::DoneOrRefused),
        };
        let values = if effect == Effect::Done { self.stored(draft) } else { BTreeMap::new() };
        self.change(user, |state, rules| {
            if effect == Effect::Done {
                state.name.clone_from(&draft.name);
            }
            state.values = values;
            let sent = state.active_sent;
            state.become_active(becomes, rules);
            // What a PUT leaves out may be gone, and then the user is active.
            state.active_sent = !silent || (sent && becomes == Some(false));
        });
        effect
    }

    fn rename(&mut self, user: usize, name: &str) -> Effect {
        let Some(state) = self.user(user) else { return Effect::Absent };
        let renames = same_name(&state.name, name) != Some(true);
        match self.new_name(user, name, renames) {
            Some(refusal) => refusal,
            None => self.change(user, |state, _| name.clone_into(&mut state.name)),
        }
    }

    /// Why a user may not take a name.
    fn new_name(&self, user: usize, name: &str, renames: bool) -> Option<Effect> {
        match self.holder(name) {
            _ if !self.rules.takes_name(name) => Some(Effect::Refused),
            // Whether another spelling of the same name counts as a change is nowhere said.
            _ if self.rules.renaming == Renaming::Refused => {
                let spelling = self.user(user).is_some_and(|state| state.name != name);
                (renames || spelling).then_some(if renames { Effect::Refused } else { Effect::Open })
            }
            Some(holder) if holder != user => Some(Effect::Taken(holder)),
            _ => None,
        }
    }

    /// Why the e-mail address or the external id cannot be taken.
    fn other_values(&self, draft: &Draft, own: Option<usize>) -> Option<Effect> {
        let held = |path: &str, value: &Option<String>, exact: bool| {
            value.as_ref().is_some_and(|value| {
                self.users().any(|(user, state)| {
                    Some(user) != own
                        && state
                            .values
                            .get(path)
                            .is_some_and(|held| if exact { held == value } else { held.eq_ignore_ascii_case(value) })
                })
            })
        };
        let rows = [
            (held("emails.value", &draft.email, false), self.rules.unique_emails),
            (held("externalId", &draft.external_id, true), self.rules.unique_external_ids),
        ];
        let worst = |rule: Option<bool>| rows.iter().any(|(held, unique)| *held && *unique == rule);
        // What was forgotten may still hold the value.
        let forgotten = self.users().any(|(user, state)| Some(user) != own && state.active.is_none());
        let unsure = forgotten
            && ((draft.email.is_some() && self.rules.unique_emails != Some(false))
                || (draft.external_id.is_some() && self.rules.unique_external_ids != Some(false)));
        match (worst(None) || unsure, worst(Some(true))) {
            (true, _) => Some(Effect::Open),
            (_, true) => Some(Effect::Conflict),
            _ => None,
        }
    }

    /// Loose forms are taken or refused as the rules say, odd ones as the server likes.
    fn set_active(&mut self, user: usize, to: bool, form: Form) -> Effect {
        let Some(state) = self.user(user) else { return Effect::Absent };
        let unchanged = state.active == Some(to);
        match (form, self.rules.string_booleans) {
            (Form::Plain, _) | (Form::Loose, Some(true)) => self.change(user, |state, rules| {
                state.become_active(Some(to), rules);
                state.active_sent = true;
            }),
            (Form::Loose, Some(false)) => Effect::Refused,
            (Form::Loose, None) | (Form::Odd, _) => {
                self.change(user, |state, rules| {
                    state.become_active(if unchanged { Some(to) } else { None }, rules);
                });
                Effect::DoneOrRefused
            }
        }
    }

    fn delete(&mut self, user: usize) -> Effect {
        if self.user(user).is_none() {
            return Effect::Absent;
        }
        match self.rules.deletion {
            Deletion::Hard => {
                self.users[user] = None;
                Effect::Done
            }
            Deletion::Soft => self.change(user, |state, rules| {
                state.become_active(Some(false), rules);
                state.active_sent = true;
            }),
            Deletion::None => Effect::Unsupported,
        }
    }

    fn create_group(&mut self, name: &str, members: &BTreeSet<usize>) -> Effect {
        if members.iter().any(|user| self.user(*user).is_none()) {
            return Effect::Open;
        }
        if let Some(refusal) = self.group_name(name, None) {
            return refusal;
        }
        self.groups.push(Some(GroupState { name: name.to_owned(), members: members.clone() }));
        Effect::Created(self.groups.len() - 1)
    }

    /// Why a group may not have a name.
    fn group_name(&self, name: &str, own: Option<usize>) -> Option<Effect> {
        let held = self.groups().any(|(group, state)| Some(group) != own && state.name.eq_ignore_ascii_case(name));
        match self.rules.unique_groups {
            _ if !held => None,
            Some(false) => None,
            Some(true) => Some(Effect::Conflict),
            None => Some(Effect::Open),
        }
    }

    /// The values of a draft that must be read back.
    fn stored(&self, draft: &Draft) -> BTreeMap<&'static str, String> {
        let sent =
            [("emails.value", &draft.email), ("externalId", &draft.external_id), ("name.givenName", &draft.given_name)];
        sent.into_iter()
            .filter(|(path, _)| self.rules.stores(path))
            .filter_map(|(path, value)| Some((path, value.clone()?)))
            .collect()
    }

    /// A user as it stands, to be put back with another state; empty for nobody.
    #[must_use]
    pub fn draft(&self, user: usize, active: bool) -> Draft {
        let Some(state) = self.user(user) else { return Draft::default() };
        let value = |path: &str| state.values.get(path).cloned();
        Draft {
            name: state.name.clone(),
            email: value("emails.value"),
            external_id: value("externalId"),
            given_name: value("name.givenName"),
            active: Some(active),
        }
    }

    /// The n-th created user, while it exists.
    #[must_use]
    pub fn user(&self, user: usize) -> Option<&UserState> {
        self.users.get(user).and_then(Option::as_ref)
    }

    /// The n-th created group, while it exists.
    #[must_use]
    pub fn group(&self, group: usize) -> Option<&GroupState> {
        self.groups.get(group).and_then(Option::as_ref)
    }

    /// The users that exist, with their positions.
    pub fn users(&self) -> impl Iterator<Item = (usize, &UserState)> {
        self.users.iter().enumerate().filter_map(|(n, user)| Some((n, user.as_ref()?)))
    }

    /// The groups that exist, with their positions.
    pub fn groups(&self) -> impl Iterator<Item = (usize, &GroupState)> {
        self.groups.iter().enumerate().filter_map(|(n, group)| Some((n, group.as_ref()?)))
    }

    /// How many users were ever created.
    #[must_use]
    pub fn created(&self) -> usize {
        self.users.len()
    }

    /// How many groups were ever created.
    #[must_use]
    pub fn created_groups(&self) -> usize {
        self.groups.len()
    }

    /// Who holds a name, active or not (`RFC7643 §8.7.1`: `userName` has `caseExact` false).
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<usize> {
        self.users().find(|(_, state)| same_name(&state.name, name) == Some(true)).map(|(user, _)| user)
    }

    fn change(&mut self, user: usize, change: impl FnOnce(&mut UserState, &Rules)) -> Effect {
        match self.users.get_mut(user).and_then(Option::as_mut) {
            Some(state) => {
                change(state, &self.rules);
                Effect::Done
            }
            None => Effect::Absent,
        }
    }

    fn change_group(&mut self, group: usize, change: impl FnOnce(&mut GroupState)) -> Effect {
        match self.groups.get_mut(group).and_then(Option::as_mut) {
            Some(state) => {
                change(state);
                Effect::Done
            }
            None => Effect::Absent,
        }
    }
}

impl UserState {
    /// Takes a new state; a server may drop the memberships of whom it deactivates, unless the rules say otherwise.
    fn become_active(&mut self, active: Option<bool>, rules: &Rules) {
        self.active = active;
        if active != Some(true) && rules.inactive_members != Some(true) {
            self.memberships_known = false;
        }
    }
}

#[cfg(test)]
mod tests;

//! A directory of users in which one user name never belongs to two of them (PROP-UNIQ-01).

/// What a client may do. Users are named by the position of the `Create` that made them, names by their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create a user of that name.
    Create(String),
    /// Give the n-th created user another name.
    Rename(usize, String),
    /// Deactivate the n-th created user; its name stays taken (PROP-UNIQ-10).
    Deactivate(usize),
    /// Delete the n-th created user; its name is free again (PROP-UNIQ-11).
    Delete(usize),
}

/// What must come of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A new user, named by its position among the created ones.
    Created(usize),
    /// The name is taken by that user: 409, and nothing changes (PROP-UNIQ-02, PROP-UNIQ-03).
    Taken(usize),
    /// Done.
    Done,
    /// There is no such user: 404.
    Absent,
}

/// A user as the oracle knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The name as it was given last.
    pub name: String,
    /// Whether the user may sign in.
    pub active: bool,
}

/// The users ever created; a deleted one leaves `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    users: Vec<Option<UserState>>,
}

impl Directory {
    /// Performs an action.
    pub fn apply(&mut self, action: &Action) -> Effect {
        match action {
            Action::Create(name) => match self.holder(name) {
                Some(holder) => Effect::Taken(holder),
                None => {
                    self.users.push(Some(UserState { name: name.clone(), active: true }));
                    Effect::Created(self.users.len() - 1)
                }
            },
            Action::Rename(user, name) => match (self.user(*user).is_some(), self.holder(name)) {
                (false, _) => Effect::Absent,
                (true, Some(holder)) if holder != *user => Effect::Taken(holder),
                (true, _) => self.change(*user, |state| state.name.clone_from(name)),
            },
            Action::Deactivate(user) => self.change(*user, |state| state.active = false),
            Action::Delete(user) => match self.users.get_mut(*user).and_then(Option::take) {
                Some(_) => Effect::Done,
                None => Effect::Absent,
            },
        }
    }

    /// The n-th created user, while it exists.
    #[must_use]
    pub fn user(&self, user: usize) -> Option<&UserState> {
        self.users.get(user).and_then(Option::as_ref)
    }

    /// How many users were ever created.
    #[must_use]
    pub fn created(&self) -> usize {
        self.users.len()
    }

    /// Who holds a name, compared without case (`RFC7643 §8.7.1`: `userName` has `caseExact` false).
    #[must_use]
    pub fn holder(&self, name: &str) -> Option<usize> {
        let key = name.to_lowercase();
        self.users.iter().position(|user| user.as_ref().is_some_and(|state| state.name.to_lowercase() == key))
    }

    fn change(&mut self, user: usize, change: impl FnOnce(&mut UserState)) -> Effect {
        match self.users.get_mut(user).and_then(Option::as_mut) {
            Some(state) => {
                change(state);
                Effect::Done
            }
            None => Effect::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_holder_until_it_is_given_up() {
        let mut directory = Directory::default();
        let rows = [
            (Action::Create("ada".into()), Effect::Created(0)),
            (Action::Create("ADA".into()), Effect::Taken(0)),
            (Action::Create("bob".into()), Effect::Created(1)),
            (Action::Rename(1, "Ada".into()), Effect::Taken(0)),
            (Action::Rename(0, "ADA".into()), Effect::Done),
            (Action::Deactivate(0), Effect::Done),
            (Action::Create("ada".into()), Effect::Taken(0)),
            (Action::Rename(0, "cyd".into()), Effect::Done),
            (Action::Create("ada".into()), Effect::Created(2)),
            (Action::Delete(0), Effect::Done),
            (Action::Delete(0), Effect::Absent),
            (Action::Create("cyd".into()), Effect::Created(3)),
        ];
        for (action, effect) in rows {
            assert_eq!(directory.apply(&action), effect, "{action:?}");
        }
    }
}

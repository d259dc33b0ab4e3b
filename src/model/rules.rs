//! What the oracle takes from a profile: each choice as the profile declares it, or `None` where the profile leaves every
//! reading open (`Profile.open`). It knows nothing of how a server carries a choice out.

use crate::profile::{DeactivatedNames, Deletion, Profile, PutWithoutActive, Renaming, UserNames};

/// The choices that decide what must come of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What becomes of the name of a deactivated user (PROP-UNIQ-10).
    pub deactivated_names: Option<DeactivatedNames>,
    /// What a PUT without `active` means (PROP-LIFE-05).
    pub put_without_active: Option<PutWithoutActive>,
    /// Whether e-mail addresses are unique (PROP-UNIQ-12).
    pub unique_emails: Option<bool>,
    /// Whether external ids are unique (PROP-UNIQ-14).
    pub unique_external_ids: Option<bool>,
    /// Whether names of groups are unique (PROP-UNIQ-21).
    pub unique_groups: Option<bool>,
    /// Whether `"false"` is taken for `false` (PROP-LIFE-03).
    pub string_booleans: Option<bool>,
    /// Whether `remove` with a value array removes the listed members only.
    pub remove_listed: Option<bool>,
    /// Whether a deactivated user stays in its groups (PROP-LIFE-01).
    pub inactive_members: Option<bool>,
    /// What DELETE does to a user.
    pub deletion: Deletion,
    /// Whether `userName` may change.
    pub renaming: Renaming,
    /// The form of user names.
    pub user_names: UserNames,
    /// The attributes that are stored; empty: all.
    pub stored: Vec<String>,
}

impl Rules {
    /// The rules of a profile.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let declared = !profile.open;
        let users = &profile.users;
        let unique = |paths: &[&str]| {
            let found = users.unique.iter().any(|unique| paths.contains(&unique.attribute.as_str()));
            (declared || found).then_some(found)
        };
        Self {
            deactivated_names: declared.then_some(users.deactivated_names),
            put_without_active: declared.then_some(users.put_without_active),
            unique_emails: unique(&["emails.value", "emails"]),
            unique_external_ids: unique(&["externalId"]),
            unique_groups: declared.then_some(profile.switches.group_name_unique),
            string_booleans: declared.then_some(profile.switches.patch.string_booleans),
            remove_listed: declared.then_some(profile.switches.patch.remove_listed_values),
            inactive_members: declared.then_some(true),
            deletion: users.deletion,
            renaming: users.renaming,
            user_names: users.user_names,
            stored: users.stored.clone(),
        }
    }

    /// Whether an attribute is stored, by SCIM path; of a complex attribute that is stored, every part is.
    #[must_use]
    pub fn stores(&self, path: &str) -> bool {
        let within = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.stored.is_empty() || self.stored.iter().any(|stored| within(stored, path))
    }

    /// Whether the product takes a user name of that form.
    #[must_use]
    pub fn takes_name(&self, name: &str) -> bool {
        match self.user_names {
            UserNames::Any => true,
            UserNames::Alphanumeric => name.chars().all(|c| c.is_ascii_alphanumeric()),
            UserNames::LowerAlphanumeric => {
                name.starts_with(|c: char| c.is_ascii_lowercase())
                    && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            }
            UserNames::UnicodeAlphanumeric => name.chars().all(char::is_alphanumeric),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_profile_declares_no_choice() {
        let rules = |name: &str| Rules::of(&Profile::named(name).unwrap());
        let open = rules("rfc");
        assert_eq!((open.unique_emails, open.deactivated_names, open.unique_groups), (None, None, None));
        let catalytic = rules("catalytic");
        assert_eq!(catalytic.unique_emails, Some(true));
        assert_eq!(catalytic.unique_external_ids, Some(false));
        assert_eq!(catalytic.deactivated_names, Some(DeactivatedNames::Taken));
        assert_eq!(rules("reference").unique_emails, Some(false));
    }

    #[test]
    fn parts_of_a_stored_attribute_are_stored_and_neighbours_are_not() {
        let catalytic = Rules::of(&Profile::named("catalytic").unwrap());
        for (path, stored) in [
            ("emails.value", true),
            ("emails", true),
            ("name.givenName", true),
            ("name.middleName", false),
            ("title", false),
            ("displayNames", false),
        ] {
            assert_eq!(catalytic.stores(path), stored, "{path}");
        }
        assert!(catalytic.takes_name("erikam") && !catalytic.takes_name("erika.m"));
    }
}

//! A server's documented subset and choices, as data (`fixtures/profiles/*.toml`): what a target offers, how it names
//! people, which actions are ticked at the IdP. The bundled server is configured by the same document.

mod accounts;
mod choices;
mod published;
mod roles;
mod setting;
mod users;
mod values;

pub use accounts::{
    Accounts, EmailClaimChange, JitAfterDelete, LoginBy, NewEnvironment, Reactivation, Repetition, Scoping,
};
pub use choices::{Capabilities, Limits, PatchAnswer, Switches, UnknownMembers};
pub use published::required;
pub use roles::{
    DeletedTeam, EmptyRole, InactiveRole, MalformedMapping, ManualRole, MappedNames, MissingTeam, NestedTeams,
    ReplacedMapping, RoleChoices, TeamConflict, TeamRename, UnmappedRole, UnmappedTeam, WhenApplied,
};
pub use users::{
    DeactivatedNames, Deletion, Listing, PutWithoutActive, RefusedName, Renaming, Unique, UserNames, Users, ValuesKept,
};
pub use values::{ListedValue, ValueList};

use serde::{Deserialize, Serialize};

/// How user names look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identifier {
    /// An e-mail address.
    Email,
    /// Letters and digits only.
    Alphanumeric,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// `rfc`
    pub name: String,
    /// The source of the product's own rules in the catalogue of requirements: `CATALOG`, `CATALYTIC`, `COALESCE-SSO`.
    #[serde(default)]
    pub product: Option<String>,
    /// A sentence.
    pub title: String,
    /// Where the bundled server serves it, `/scim/v2`.
    pub base_path: String,
    /// The requirement sets that are asked of it where `--require` says nothing: `rfc`, `interop`.
    #[serde(default = "standard")]
    pub require: Vec<String>,
    /// Whether choices that this profile does not name are open: any reading is right. Else they have their defaults.
    #[serde(default)]
    pub open: bool,
    /// How user names look.
    pub identifier: Identifier,
    /// The provisioning actions that the product supports: `create-users`, `update-users`, `deactivate-users`,
    /// `delete-users`, `import-users`, `push-groups`, `sync-password`, `entitlements`, `schema-import`.
    pub actions: Vec<String>,
    /// What the server can do.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// Sizes and limits.
    #[serde(default)]
    pub limits: Limits,
    /// Choices where the standard leaves room.
    #[serde(default)]
    pub switches: Switches,
    /// What the product keeps and demands of a user.
    #[serde(default)]
    pub users: Users,
    /// How roles follow from teams, where they do.
    #[serde(default)]
    pub role_mapping: RoleChoices,
    /// How people sign in, and what revokes their tokens.
    #[serde(default)]
    pub accounts: Accounts,
    /// Roles by team membership, the lowest first; empty where the product has none (CATALOG-020).
    #[serde(default, rename = "role")]
    pub roles: Vec<RoleRule>,
    /// Entitlements and roles that clients can look up (OKTA-180); empty where the product has none.
    #[serde(default, rename = "value_list")]
    pub value_lists: Vec<ValueList>,
}

fn standard() -> Vec<String> {
    vec!["rfc".to_owned()]
}

/// A role and the teams whose members have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// `ADMIN`
    pub name: String,
    /// Display names of groups.
    pub teams: Vec<String>,
}

/// The embedded profiles.
const FILES: [&str; 8] = [
    include_str!("../../fixtures/profiles/reference.toml"),
    include_str!("../../fixtures/profiles/rfc.toml"),
    include_str!("../../fixtures/profiles/strict.toml"),
    include_str!("../../fixtures/profiles/interop.toml"),
    include_str!("../../fixtures/profiles/ipsie-al1.toml"),
    include_str!("../../fixtures/profiles/coalesce-catalog.toml"),
    include_str!("../../fixtures/profiles/catalytic.toml"),
    include_str!("../../fixtures/profiles/coalesce-sso.toml"),
];

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// The TOML parser's message, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The embedded profile of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FILES.iter().filter_map(|text| Self::parse(text).ok()).find(|profile| profile.name == name)
    }

    /// The names of the embedded profiles.
    #[must_use]
    pub fn names() -> Vec<String> {
        FILES.iter().filter_map(|text| Self::parse(text).ok()).map(|profile| profile.name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_parses() {
        for text in FILES {
            let profile = Profile::parse(text).unwrap();
            assert_eq!(profile.value_lists.is_empty(), !profile.actions.contains(&"entitlements".to_owned()));
            for list in profile.value_lists {
                assert!(list.endpoint.starts_with('/') && list.schema.starts_with("urn:"), "{}", list.name);
                let mut ids: Vec<&str> = list.values.iter().map(|value| value.id.as_str()).collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), list.values.len(), "{}: an id twice", list.name);
                assert!(
                    list.values.iter().flat_map(ListedValue::attributes).all(|(_, text)| text.chars().count() <= 1000)
                );
            }
        }
        assert_eq!(Profile::named("rfc").unwrap().base_path, "/scim/v2");
    }
}

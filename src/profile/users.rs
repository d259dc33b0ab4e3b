//! What a product keeps and demands of a user beyond RFC 7643: the form of user names, what is stored, what is unique, what
//! becomes of deactivated and deleted users. Of every choice the first value is the default, which is the standard's.

use serde::{Deserialize, Serialize};

/// The `[users]` table of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// Which user names are taken at all (CATALYTIC-006, CATALYTIC-008).
    pub user_names: UserNames,
    /// How a user name of another form is refused (CATALYTIC-007).
    pub refused_name: RefusedName,
    /// Attributes that a create must carry beside `userName`, as SCIM paths.
    pub required: Vec<String>,
    /// The attributes that are stored, as SCIM paths (`name.givenName`, `emails`); everything else is dropped without an
    /// error (CATALOG-004, CATALYTIC-009). `userName` and `active` always are. Empty: all are stored. A filter on another
    /// attribute finds nothing, for nobody has a value (`RFC7644 §3.4.2.2`), as for an attribute that no schema has (I-12).
    pub stored: Vec<String>,
    /// Which element of a multi-valued attribute is stored (CATALYTIC-011).
    pub values: ValuesKept,
    /// Attributes of which no two users have the same value, beside `userName` (CATALYTIC-014, PROP-UNIQ-12, PROP-UNIQ-14);
    /// with `displayName` among them two people cannot be called alike (CATALYTIC-015, second reading).
    pub unique: Vec<Unique>,
    /// Whether a deactivated user still holds names and unique values (CATALYTIC-016, CATALYTIC-017, PROP-UNIQ-10).
    pub deactivated_names: DeactivatedNames,
    /// Whether a client may change `userName` (CATALYTIC-025).
    pub renaming: Renaming,
    /// What DELETE does (CATALOG-008).
    pub deletion: Deletion,
    /// What a PUT without `active` means (PROP-LIFE-05).
    pub put_without_active: PutWithoutActive,
    /// What `GET /Users` without a filter shows (CATALYTIC-020).
    pub listing: Listing,
}

/// An attribute that is unique among the users of a tenant; compared without case, `+tag` counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// A SCIM path: `emails.value`, `externalId`.
    pub attribute: String,
    /// Compared with case, as `externalId` is.
    #[serde(default)]
    pub case_exact: bool,
}

/// Which user names are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserNames {
    /// Whatever PRECIS can compare (`RFC7644 §5`).
    #[default]
    Any,
    /// `[A-Za-z0-9]+`, ASCII (CATALYTIC-006).
    Alphanumeric,
    /// `[a-z][a-z0-9]*` (CATALYTIC-008, the strict reading).
    LowerAlphanumeric,
    /// Letters and digits of any script (CATALYTIC-008, the wide reading).
    UnicodeAlphanumeric,
}

/// How a user name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedName {
    /// 400 with `scimType` `invalidValue` (`RFC7644 §3.12`).
    #[default]
    InvalidValue,
    /// 400 without a `scimType`.
    Plain,
}

/// Which element of a multi-valued attribute is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValuesKept {
    /// All of them.
    #[default]
    All,
    /// The primary one, else the first.
    Primary,
}

/// What a create under the name of a deactivated user gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeactivatedNames {
    /// 409: the name is taken.
    #[default]
    Taken,
    /// The same user with the same id becomes what the body says, active again: 200 (PROP-UNIQ-10, second reading). Only a
    /// user name finds it; other unique values stay taken (PROP-UNIQ-14).
    Reactivates,
}

/// Whether `userName` can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Renaming {
    /// Yes.
    #[default]
    Allowed,
    /// 400 `mutability`; the same name in another spelling is no change (PROP-UNIQ-06).
    Refused,
}

/// What DELETE does to a user, whichever way it comes (`/Users/{id}`, `/Me`, `/Bulk`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deletion {
    /// The user is gone (`RFC7644 §3.6`).
    #[default]
    Hard,
    /// 204; the user stays, deactivated. A second DELETE says the same.
    Soft,
    /// 501: users are only deactivated.
    None,
}

/// What a PUT without `active` means. `RFC7644 §3.5.1` lets a server clear or default what is left out; clearing would hide
/// from every client that the user had been deactivated, so the default keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PutWithoutActive {
    /// `active` stays as it was.
    #[default]
    Unchanged,
    /// `active` becomes true.
    Activates,
    /// 400 `invalidValue`.
    Refused,
}

/// What a list without a filter shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listing {
    /// Every user.
    #[default]
    All,
    /// A list response without resources: import is not supported.
    Empty,
}

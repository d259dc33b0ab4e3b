//! Credentials besides the target's own that a request may go out with. The request names them, the client puts the
//! secret in their place, so that no exchange ever holds it.

/// A credential that the settings of a target may add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lent {
    /// Another valid token of the same tenant.
    SecondToken,
    /// A token that is no longer valid.
    ExpiredToken,
    /// The token of another tenant of the same server.
    SecondTenant,
}

impl Lent {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SecondToken, Self::ExpiredToken, Self::SecondTenant];

    /// Its name in scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SecondToken => "second-token",
            Self::ExpiredToken => "expired-token",
            Self::SecondTenant => "second-tenant",
        }
    }

    /// The credential of that name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lent| lent.word() == word)
    }

    /// What stands in a request's `Authorization` until the client sends it; no credential can look like it.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::SecondToken => "{second-token}",
            Self::ExpiredToken => "{expired-token}",
            Self::SecondTenant => "{second-tenant}",
        }
    }

    /// The credential that an `Authorization` field names.
    #[must_use]
    pub fn in_field(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lent| lent.placeholder() == value)
    }

    /// The variable that stands for the token in a command that a person pastes into a shell.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::SecondToken => "SCIMPROOF_SECOND_TOKEN",
            Self::ExpiredToken => "SCIMPROOF_EXPIRED_TOKEN",
            Self::SecondTenant => "SCIMPROOF_SECOND_TENANT_TOKEN",
        }
    }
}

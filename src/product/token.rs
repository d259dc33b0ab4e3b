//! Access tokens and the sessions that came with them: opaque values given as arguments, kept as digests, without an end
//! (COALESCE-SSO-022 to 029). It knows nothing of who may sign in, nor of why tokens are revoked.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// Whose a token is: a user of an organization. Tokens are bound to the organization (COALESCE-SSO-030).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holder {
    /// The organization's id.
    pub org: String,
    /// The user's id.
    pub id: String,
}

impl Holder {
    /// A user of an organization.
    #[must_use]
    pub fn new(org: impl Into<String>, id: impl Into<String>) -> Self {
        Self { org: org.into(), id: id.into() }
    }
}

/// The environments that a token is good for (COALESCE-SSO-029).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Every one of the organization, later ones too: native users.
    All,
    /// Those that existed at the login: users who signed in by SSO.
    Only(BTreeSet<String>),
}

impl Coverage {
    /// Whether an environment that exists is covered.
    #[must_use]
    pub fn covers(&self, environment: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(known) => known.contains(environment),
        }
    }
}

/// What is known of a token; its value is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub holder: Holder,
    /// When it was issued; it has no end (COALESCE-SSO-024).
    pub issued: OffsetDateTime,
    /// What it is good for.
    pub coverage: Coverage,
    /// Whether its user is disabled for now, where tokens come back on activation (`accounts.reactivation`).
    pub suspended: bool,
}

/// A digest under which a secret value is kept.
type Mark = [u8; 32];

fn mark(value: &str) -> Mark {
    Sha256::digest(value.as_bytes()).into()
}

/// All tokens that were not revoked: a revoked one is forgotten, so nothing can bring it back (PROP-TOK-03).
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// Each with the session of its login, which lives as long as it does.
    known: HashMap<Mark, (Token, Mark)>,
    held: HashMap<Holder, Vec<Mark>>,
    /// Session to token.
    sessions: HashMap<Mark, Mark>,
}

impl Tokens {
    /// Keeps a new token and its session; earlier ones stay (COALESCE-SSO-023).
    pub fn issue(&mut self, value: &str, session: &str, token: Token) {
        let (own, session) = (mark(value), mark(session));
        self.held.entry(token.holder.clone()).or_default().push(own);
        self.sessions.insert(session, own);
        self.known.insert(own, (token, session));
    }

    /// The active token of that value.
    #[must_use]
    pub fn active(&self, value: &str) -> Option<&Token> {
        self.usable(&mark(value))
    }

    /// The active token of a session.
    #[must_use]
    pub fn of_session(&self, session: &str) -> Option<&Token> {
        self.usable(self.sessions.get(&mark(session))?)
    }

    fn usable(&self, own: &Mark) -> Option<&Token> {
        self.known.get(own).map(|(token, _)| token).filter(|token| !token.suspended)
    }

    fn forget(&mut self, own: &Mark) -> Option<Token> {
        let (token, session) = self.known.remove(own)?;
        self.sessions.remove(&session);
        Some(token)
    }

    /// Revokes one token (`RFC7009 §2.1`); true if there was one.
    pub fn revoke(&mut self, value: &str) -> bool {
        let own = mark(value);
        let Some(token) = self.forget(&own) else { return false };
        if let Some(held) = self.held.get_mut(&token.holder) {
            held.retain(|other| *other != own);
        }
        true
    }

    /// Revokes all tokens of a user and nobody else's; how many there were.
    pub fn revoke_all(&mut self, holder: &Holder) -> usize {
        self.held.remove(holder).unwrap_or_default().iter().filter_map(|own| self.forget(own)).count()
    }

    /// Suspends all tokens of a user, or lets them count again.
    pub fn suspend_all(&mut self, holder: &Holder, suspended: bool) {
        for own in self.held.get(holder).into_iter().flatten() {
            if let Some((token, _)) = self.known.get_mut(own) {
                token.suspended = suspended;
            }
        }
    }

    /// The users of an organization who hold tokens.
    #[must_use]
    pub fn holders(&self, org: &str) -> Vec<Holder> {
        self.held.keys().filter(|holder| holder.org == org).cloned().collect()
    }

    /// Revokes the tokens of a user that do not cover everything: those of SSO logins.
    pub fn revoke_limited(&mut self, holder: &Holder) {
        let all = self.held.remove(holder).unwrap_or_default();
        let unlimited = |own: &Mark| self.known.get(own).is_some_and(|(token, _)| token.coverage == Coverage::All);
        let (kept, gone): (Vec<Mark>, Vec<Mark>) = all.into_iter().partition(unlimited);
        for own in &gone {
            self.forget(own);
        }
        self.held.insert(holder.clone(), kept);
    }
}

/// A password as it is kept: salted and hashed, not stretched, since these people are made up and nothing outlives the
/// process.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    salt: [u8; 16],
    hash: Mark,
}

impl Verifier {
    /// The verifier of a password; the salt is random.
    #[must_use]
    pub fn new(password: &str, salt: [u8; 16]) -> Self {
        Self { salt, hash: Self::hash(password, salt) }
    }

    /// Whether this is the password, in a time that depends on no byte of it.
    #[must_use]
    pub fn accepts(&self, password: &str) -> bool {
        let given = Self::hash(password, self.salt);
        self.hash.iter().zip(given).fold(0, |difference, (own, other)| difference | (own ^ other)) == 0
    }

    fn hash(password: &str, salt: [u8; 16]) -> Mark {
        Sha256::new_with_prefix(salt).chain_update(password.as_bytes()).finalize().into()
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str, coverage: Coverage) -> Token {
        Token { holder: Holder::new("o", id), issued: OffsetDateTime::UNIX_EPOCH, coverage, suspended: false }
    }

    #[test]
    fn tokens_are_added_and_revoked_one_by_one_or_all_of_a_user() {
        let mut tokens = Tokens::default();
        for (value, session, id) in [("a1", "s1", "ann"), ("a2", "s2", "ann"), ("b1", "s3", "bob")] {
            tokens.issue(value, session, token(id, Coverage::All));
        }
        assert!(tokens.revoke("a1") && !tokens.revoke("a1") && !tokens.revoke("s2"));
        assert!(tokens.active("a1").is_none() && tokens.of_session("s1").is_none());
        assert!(tokens.active("a2").is_some() && tokens.of_session("s2").is_some());
        // A session id is no token, nor the other way round.
        assert!(tokens.active("s2").is_none() && tokens.of_session("a2").is_none());
        assert_eq!((tokens.revoke_all(&Holder::new("o", "ann")), tokens.revoke_all(&Holder::new("o", "ann"))), (1, 0));
        assert!(tokens.active("a2").is_none() && tokens.active("b1").is_some());
        tokens.suspend_all(&Holder::new("o", "bob"), true);
        assert!(tokens.active("b1").is_none() && tokens.of_session("s3").is_none());
        tokens.suspend_all(&Holder::new("o", "bob"), false);
        assert!(tokens.active("b1").is_some());
    }

    #[test]
    fn only_the_tokens_of_sso_logins_are_limited() {
        let mut tokens = Tokens::default();
        tokens.issue("n", "1", token("ann", Coverage::All));
        tokens.issue("s", "2", token("ann", Coverage::Only(BTreeSet::from(["e1".to_owned()]))));
        let covers = |value: &str, environment: &str| tokens.active(value).unwrap().coverage.covers(environment);
        assert!(covers("n", "e1") && covers("n", "e2") && covers("s", "e1") && !covers("s", "e2"));
        tokens.revoke_limited(&Holder::new("o", "ann"));
        assert!(tokens.active("n").is_some() && tokens.active("s").is_none());
    }

    #[test]
    fn a_password_is_kept_as_a_hash() {
        let verifier = Verifier::new("Sunny-Day-1", [7; 16]);
        assert!(verifier.accepts("Sunny-Day-1") && !verifier.accepts("sunny-day-1") && !verifier.accepts(""));
        assert_ne!(verifier, Verifier::new("Sunny-Day-1", [8; 16]));
        assert_eq!(format!("{verifier:?}"), "***");
    }
}

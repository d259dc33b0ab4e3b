//! Accounts: what a product knows of a person beside the SCIM resource, where each came from, what revokes the tokens of
//! whom, and what is left of a deleted one: ids alone. It knows nothing of HTTP, nor of how a user is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use time::OffsetDateTime;

use super::rbac::AppRole;
use super::token::{Coverage, Holder, Token, Tokens, Verifier};
use crate::profile::{Accounts as Choices, NewEnvironment, Reactivation, Repetition, Scoping};
use crate::scim::name::fold;

/// Who made a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// An administrator of the product.
    Native,
    /// The first SSO login (COALESCE-SSO-001).
    Sso,
    /// An identity provider, by SCIM.
    Scim,
}

impl Source {
    /// `native`, `sso`, `scim`
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Sso => "sso",
            Self::Scim => "scim",
        }
    }
}

/// A person at a provider: issuer and subject (`OpenID Connect Core §2`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `iss`
    pub iss: String,
    /// `sub`
    pub sub: String,
}

/// What the store has of other users, of a record that exists only here: one made at an SSO login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoRecord {
    /// As the provider sent it.
    pub given_name: Option<String>,
    /// As the provider sent it.
    pub family_name: Option<String>,
    /// Whether the person may sign in.
    pub active: bool,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who made it.
    pub source: Source,
    /// Who it is at the provider, once that is known.
    pub identity: Option<Identity>,
    /// The e-mail address as last written.
    pub email: Option<String>,
    /// Set for SSO records only; the others are Users in the store of their organization.
    pub record: Option<SsoRecord>,
    /// Set where a password was given.
    pub password: Option<Verifier>,
    /// Whether multi-factor authentication is on.
    pub mfa: bool,
    /// The role in the app.
    pub app_role: AppRole,
    /// `EMAIL` or `UNSUBSCRIBE` by name of the notification (CATALYTIC-022).
    pub notification_preferences: BTreeMap<String, String>,
    /// Whether the first-user experience is shown; `None` where nobody said.
    pub onboarding: Option<bool>,
    /// Counts the events that a login must not overlook.
    epoch: u64,
}

impl Account {
    /// An account about which nothing else is known.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            source,
            identity: None,
            email: None,
            record: None,
            password: None,
            mfa: false,
            app_role: AppRole::User,
            notification_preferences: BTreeMap::new(),
            onboarding: None,
            epoch: 0,
        }
    }

    /// Whether it has that e-mail address: without case, a `+tag` counts (COALESCE-SSO-031).
    #[must_use]
    pub fn has_email(&self, email: &str) -> bool {
        self.email.as_deref().is_some_and(|own| same_email(own, email))
    }
}

/// Whether two e-mail addresses are one.
#[must_use]
pub fn same_email(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// What can happen to a user that may concern the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The user is deleted.
    Deleted,
    /// The user is disabled.
    Disabled,
    /// The user is enabled again.
    Activated,
    /// A password was set.
    Password,
    /// An e-mail address was set.
    Email,
    /// Multi-factor authentication was turned on or off.
    Mfa,
}

/// What becomes of a user's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// They are gone for good.
    Revoke,
    /// They do not count for now.
    Suspend,
    /// They count again.
    Resume,
}

impl Trigger {
    /// What it does to the tokens of its user (COALESCE-SSO-013, 025, 026; PROP-TOK-07). `changed` is false where the state
    /// was that already. Whatever is no trigger does nothing (COALESCE-SSO-028).
    #[must_use]
    pub fn effect(self, changed: bool, choices: &Choices) -> Effect {
        let resumes = choices.reactivation == Reactivation::Resume;
        match self {
            Self::Deleted => Effect::Revoke,
            Self::Activated if resumes => Effect::Resume,
            Self::Activated => Effect::None,
            _ if !changed && choices.repetition == Repetition::Ignored => Effect::None,
            Self::Disabled if resumes => Effect::Suspend,
            Self::Disabled | Self::Password | Self::Email | Self::Mfa => Effect::Revoke,
        }
    }
}

/// What a provider says of a person, in the simulator (A14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Whether the person may use the product.
    pub assigned: bool,
    /// Whether the person may sign in at all.
    pub enabled: bool,
    /// The address there; nothing follows from it before a login.
    pub email: Option<String>,
}

/// What a login gives out; random values that are kept nowhere.
#[derive(Debug, Clone, Copy)]
pub struct Fresh<'a> {
    /// The access token.
    pub token: &'a str,
    /// The session id.
    pub session: &'a str,
    /// For the id of a record that the login makes.
    pub id: &'a str,
    /// The moment.
    pub now: OffsetDateTime,
}

/// All accounts and tokens of a server.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    accounts: HashMap<Holder, Account>,
    /// The organization of each id, which is unique over all.
    homes: HashMap<String, String>,
    /// Who a person of a provider is in an organization: never found by e-mail.
    identities: HashMap<(String, Identity), String>,
    /// Ids of deleted users. Ids are not used again, so a login on its way cannot bring one back.
    gone: HashSet<Holder>,
    /// Deleted SSO records, which may not come back (COALESCE-SSO-015).
    tombstones: HashSet<(String, Identity)>,
    assignments: HashMap<Identity, Assignment>,
    /// E-mail addresses of native accounts that are being made.
    reserved: HashSet<(Option<String>, String)>,
    /// The tokens.
    pub tokens: Tokens,
}

impl Accounts {
    /// The account of a user; `None` if nothing is known of it.
    #[must_use]
    pub fn get(&self, holder: &Holder) -> Option<&Account> {
        self.accounts.get(holder)
    }

    /// The account of a user, made by SCIM where nothing else is known; `None` if it was deleted.
    pub fn touch(&mut self, holder: &Holder) -> Option<&mut Account> {
        if self.gone.contains(holder) {
            return None;
        }
        Some(self.accounts.entry(holder.clone()).or_insert_with(|| {
            self.homes.insert(holder.id.clone(), holder.org.clone());
            Account::new(Source::Scim)
        }))
    }

    /// Adds an account, or replaces it.
    pub fn put(&mut self, holder: Holder, account: Account) {
        if let Some(identity) = &account.identity {
            self.identities.insert((holder.org.clone(), identity.clone()), holder.id.clone());
        }
        self.homes.insert(holder.id.clone(), holder.org.clone());
        self.accounts.insert(holder, account);
    }

    /// The records of SSO logins with their ids, in the order of the ids.
    #[must_use]
    pub fn sso_records(&self, org: &str) -> Vec<(&Holder, &Account)> {
        let own = |(holder, account): &(&Holder, &Account)| holder.org == org && account.record.is_some();
        let mut found: Vec<_> = self.accounts.iter().filter(own).collect();
        found.sort_by_key(|(holder, _)| *holder);
        found
    }

    /// The organization of an account's id.
    #[must_use]
    pub fn home(&self, id: &str) -> Option<&str> {
        self.homes.get(id).map(String::as_str)
    }

    /// Who an identity is in an organization.
    #[must_use]
    pub fn identified(&self, org: &str, identity: &Identity) -> Option<&str> {
        self.identities.get(&(org.to_owned(), identity.clone())).map(String::as_str)
    }

    /// Whether an identity's record was deleted in an organization.
    #[must_use]
    pub fn is_buried(&self, org: &str, identity: &Identity) -> bool {
        self.tombstones.contains(&(org.to_owned(), identity.clone()))
    }

    /// Binds a person of a provider to a user that exists, who keeps the id (PROP-LIFE-12).
    pub fn bind(&mut self, holder: &Holder, identity: Identity) {
        let Some(account) = self.touch(holder) else { return };
        let before = account.identity.replace(identity.clone());
        if let Some(before) = before {
            self.identities.remove(&(holder.org.clone(), before));
        }
        self.identities.insert((holder.org.clone(), identity), holder.id.clone());
    }

    /// Keeps an e-mail address while its user is being written, where addresses are unique (COALESCE-SSO-007,
    /// COALESCE-SSO-031): among native accounts of all organizations, or among all accounts of one. False if it is taken.
    pub fn reserve(&mut self, email: &str, own: &Holder, source: Source, choices: &Choices) -> bool {
        let Some(key) = reservation(email, own, source, choices) else { return true };
        !self.has_rival(email, own, source, choices) && self.reserved.insert(key)
    }

    /// Gives a reserved address back; an account that was written holds it by itself.
    pub fn release(&mut self, email: &str, own: &Holder, source: Source, choices: &Choices) {
        if let Some(key) = reservation(email, own, source, choices) {
            self.reserved.remove(&key);
        }
    }

    /// Whether another account has an address that an account of this source must not share.
    fn has_rival(&self, email: &str, own: &Holder, source: Source, choices: &Choices) -> bool {
        let rival = |holder: &Holder, account: &Account| match choices.email_scope {
            Scoping::SourceAndProvider => source == Source::Native && account.source == Source::Native,
            Scoping::Organization => holder.org == own.org,
        };
        self.accounts
            .iter()
            .any(|(holder, account)| holder != own && account.has_email(email) && rival(holder, account))
    }

    /// Whether the record of an SSO login cannot have an address: among the records of one provider in an organization, or
    /// among all accounts of it.
    #[must_use]
    pub fn is_taken_for(&self, own: &Holder, identity: &Identity, email: &str, choices: &Choices) -> bool {
        let reserved = reservation(email, own, Source::Sso, choices).is_some_and(|key| self.reserved.contains(&key));
        let same_provider = |account: &Account| account.identity.as_ref().is_some_and(|it| it.iss == identity.iss);
        let mut records = self.sso_records(&own.org).into_iter();
        reserved
            || self.has_rival(email, own, Source::Sso, choices)
            || records.any(|(holder, account)| holder != own && account.has_email(email) && same_provider(account))
    }

    /// What a login must find unchanged when it ends; `None` for a deleted user. It is read before the user is.
    pub fn epoch(&mut self, holder: &Holder) -> Option<u64> {
        self.touch(holder).map(|account| account.epoch)
    }

    /// Issues a token unless something happened since the epoch was read that revokes tokens or locks the user out.
    ///
    /// Whoever disables a user writes the store first and settles here after. So a login that read the user before that
    /// write either ends before the settling, which takes its token, or finds another epoch (PROP-CONC-09).
    pub fn issue(&mut self, holder: &Holder, epoch: u64, coverage: Coverage, fresh: Fresh<'_>) -> bool {
        if self.epoch(holder) != Some(epoch) {
            return false;
        }
        let token = Token { holder: holder.clone(), issued: fresh.now, coverage, suspended: false };
        self.tokens.issue(fresh.token, fresh.session, token);
        true
    }

    /// Lets an event have its effect on the tokens of its user.
    pub fn settle(&mut self, holder: &Holder, trigger: Trigger, changed: bool, choices: &Choices) {
        let effect = trigger.effect(changed, choices);
        match effect {
            Effect::None => return,
            Effect::Revoke => {
                self.tokens.revoke_all(holder);
            }
            Effect::Suspend => self.tokens.suspend_all(holder, true),
            Effect::Resume => self.tokens.suspend_all(holder, false),
        }
        if let Some(account) = self.accounts.get_mut(holder) {
            account.epoch += 1;
        }
    }

    /// Sets a password and lets that have its effect.
    pub fn set_password(&mut self, holder: &Holder, password: &str, salt: [u8; 16], choices: &Choices) {
        let Some(account) = self.touch(holder) else { return };
        let same = account.password.as_ref().is_some_and(|own| own.accepts(password));
        if !same {
            account.password = Some(Verifier::new(password, salt));
        }
        self.settle(holder, Trigger::Password, !same, choices);
    }

    /// Turns multi-factor authentication on or off and lets that have its effect.
    pub fn set_mfa(&mut self, holder: &Holder, on: bool, choices: &Choices) {
        let Some(account) = self.touch(holder) else { return };
        let changed = std::mem::replace(&mut account.mfa, on) != on;
        self.settle(holder, Trigger::Mfa, changed, choices);
    }

    /// Deletes an account: its data and secrets are gone, its id stays taken (COALESCE-SSO-014).
    pub fn delete(&mut self, holder: &Holder) {
        self.tokens.revoke_all(holder);
        self.gone.insert(holder.clone());
        let Some(account) = self.accounts.remove(holder) else { return };
        self.homes.remove(&holder.id);
        if let Some(identity) = account.identity {
            let key = (holder.org.clone(), identity);
            self.identities.remove(&key);
            // A user of the store is the directory's to delete and to create again; an SSO record is this product's.
            if account.record.is_some() {
                self.tombstones.insert(key);
            }
        }
    }

    /// What a new environment means for tokens of SSO logins (COALESCE-SSO-029).
    pub fn environment_created(&mut self, org: &str, choices: &Choices) {
        if choices.new_environment == NewEnvironment::Revokes {
            for holder in self.tokens.holders(org) {
                self.tokens.revoke_limited(&holder);
            }
        }
    }

    /// Forgets an organization with all its accounts, tokens and tombstones.
    pub fn organization_deleted(&mut self, org: &str) {
        for holder in self.tokens.holders(org) {
            self.tokens.revoke_all(&holder);
        }
        self.accounts.retain(|holder, _| holder.org != org);
        self.homes.retain(|_, home| home != org);
        self.gone.retain(|holder| holder.org != org);
        self.identities.retain(|(own, _), _| own != org);
        self.tombstones.retain(|(own, _)| own != org);
    }

    /// What the provider says of a person.
    #[must_use]
    pub fn assignment(&self, identity: &Identity) -> Option<&Assignment> {
        self.assignments.get(identity)
    }

    /// Tells the provider about a person. No account and no token changes (COALESCE-SSO-002, COALESCE-SSO-020).
    pub fn assign(&mut self, identity: Identity, assignment: Assignment) {
        self.assignments.insert(identity, assignment);
    }
}

/// The key of an address where it must be unique.
fn reservation(email: &str, own: &Holder, source: Source, choices: &Choices) -> Option<(Option<String>, String)> {
    match choices.email_scope {
        Scoping::Organization => Some((Some(own.org.clone()), fold(email))),
        Scoping::SourceAndProvider => (source == Source::Native).then(|| (None, fold(email))),
    }
}

/// The environments that a token of an SSO login covers.
#[must_use]
pub fn existing<I: IntoIterator<Item = String>>(environments: I) -> Coverage {
    Coverage::Only(environments.into_iter().collect::<BTreeSet<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Accounts as Choices;

    /// What becomes of own tokens after an event and after the user is active again: `+` counts, `-` does not.
    const TABLE: [(Trigger, bool, &str); 11] = [
        (Trigger::Deleted, true, "--"),
        (Trigger::Disabled, true, "--"),
        (Trigger::Disabled, false, "++"),
        (Trigger::Activated, true, "++"),
        (Trigger::Activated, false, "++"),
        (Trigger::Password, true, "--"),
        (Trigger::Password, false, "++"),
        (Trigger::Email, true, "--"),
        (Trigger::Email, false, "++"),
        (Trigger::Mfa, true, "--"),
        (Trigger::Mfa, false, "++"),
    ];

    fn fresh(token: &'static str) -> Fresh<'static> {
        Fresh { token, session: token, id: "1", now: OffsetDateTime::UNIX_EPOCH }
    }

    /// A person with a native record and an SSO record, the same person in another organization, and a bystander.
    fn people() -> (Accounts, [(Holder, &'static str); 4]) {
        let mut accounts = Accounts::default();
        let people = [
            (Holder::new("o", "native"), "own"),
            (Holder::new("o", "okta_1"), "twin"),
            (Holder::new("p", "native"), "elsewhere"),
            (Holder::new("o", "other"), "bystander"),
        ];
        for (holder, token) in &people {
            let epoch = accounts.epoch(holder).unwrap();
            assert!(accounts.issue(holder, epoch, Coverage::All, fresh(token)));
        }
        (accounts, people)
    }

    fn run(trigger: Trigger, changed: bool, choices: &Choices) -> String {
        let (mut accounts, people) = people();
        accounts.settle(&people[0].0, trigger, changed, choices);
        let mut seen = String::new();
        for again in [false, true] {
            if again {
                accounts.settle(&people[0].0, Trigger::Activated, true, choices);
            }
            seen.push(if accounts.tokens.active("own").is_some() { '+' } else { '-' });
            for (_, token) in &people[1..] {
                assert!(accounts.tokens.active(token).is_some(), "{trigger:?} took the token of {token}");
            }
        }
        seen
    }

    #[test]
    fn named_events_revoke_the_tokens_of_their_user_and_nobody_elses() {
        for (trigger, changed, seen) in TABLE {
            assert_eq!(run(trigger, changed, &Choices::default()), seen, "{trigger:?} changed {changed}");
        }
    }

    #[test]
    fn the_other_readings_are_switches() {
        let resume = Choices { reactivation: Reactivation::Resume, ..Choices::default() };
        let revokes = Choices { repetition: Repetition::Revokes, ..Choices::default() };
        for (trigger, changed, seen) in TABLE {
            let resumed = if (trigger, changed) == (Trigger::Disabled, true) { "-+" } else { seen };
            assert_eq!(run(trigger, changed, &resume), resumed, "{trigger:?} changed {changed}");
            let repeated = if trigger == Trigger::Activated { seen } else { "--" };
            assert_eq!(run(trigger, changed, &revokes), repeated, "{trigger:?} changed {changed}");
        }
    }

    #[test]
    fn a_login_that_overlooked_an_event_gets_nothing() {
        for trigger in [Trigger::Disabled, Trigger::Password, Trigger::Email, Trigger::Mfa] {
            let (mut accounts, people) = people();
            let holder = &people[0].0;
            let epoch = accounts.epoch(holder).unwrap();
            accounts.settle(holder, trigger, true, &Choices::default());
            assert!(!accounts.issue(holder, epoch, Coverage::All, fresh("late")), "{trigger:?}");
            assert!(accounts.tokens.active("late").is_none());
        }
        let (mut accounts, people) = people();
        let epoch = accounts.epoch(&people[0].0).unwrap();
        accounts.delete(&people[0].0);
        assert!(!accounts.issue(&people[0].0, epoch, Coverage::All, fresh("late")));
        assert_eq!((accounts.epoch(&people[0].0), accounts.get(&people[0].0)), (None, None));
    }

    #[test]
    fn a_native_address_is_taken_once_in_all_organizations() {
        let mut accounts = Accounts::default();
        let native = |email: &str| Account { email: Some(email.into()), ..Account::new(Source::Native) };
        let ann = Holder::new("o", "ann");
        accounts.put(ann.clone(), native("Ann@Example.test"));
        accounts.put(Holder::new("o", "s"), Account { source: Source::Scim, ..native("scim@example.test") });
        let (stranger, choices) = (Holder::new("p", ""), Choices::default());
        for (email, own, source, free) in [
            ("ann@example.test", &stranger, Source::Native, false),
            ("ann@example.test", &stranger, Source::Scim, true),
            ("ann@example.test", &ann, Source::Native, true),
            ("ann+2@example.test", &stranger, Source::Native, true),
            ("scim@example.test", &stranger, Source::Native, true),
            ("Scim@example.test", &stranger, Source::Native, false),
        ] {
            assert_eq!(accounts.reserve(email, own, source, &choices), free, "{email} {source:?}");
        }
        accounts.release("SCIM@example.test", &stranger, Source::Native, &choices);
        assert!(accounts.reserve("scim@example.test", &stranger, Source::Native, &choices));
        // Where an organization is the scope, others do not count, but every source does.
        let choices = Choices { email_scope: Scoping::Organization, ..choices };
        for source in [Source::Native, Source::Scim, Source::Sso] {
            assert!(accounts.reserve("ann@example.test", &stranger, source, &choices));
            accounts.release("ann@example.test", &stranger, source, &choices);
            for email in ["ann@example.test", "scim@example.test"] {
                assert!(!accounts.reserve(email, &Holder::new("o", ""), source, &choices), "{email} {source:?}");
            }
        }
    }

    #[test]
    fn a_new_environment_revokes_only_where_that_is_the_reading() {
        for (reading, left) in [(NewEnvironment::NotCovered, true), (NewEnvironment::Revokes, false)] {
            let (mut accounts, people) = people();
            let epoch = accounts.epoch(&people[1].0).unwrap();
            assert!(accounts.issue(&people[1].0, epoch, existing(["e1".to_owned()]), fresh("sso")));
            accounts.environment_created("o", &Choices { new_environment: reading, ..Choices::default() });
            assert_eq!(accounts.tokens.active("sso").is_some(), left);
            assert!(people.iter().all(|(_, token)| accounts.tokens.active(token).is_some()));
        }
    }

    #[test]
    fn an_organization_goes_with_everything() {
        let (mut accounts, people) = people();
        accounts.organization_deleted("o");
        let left: Vec<&str> =
            people.iter().map(|(_, token)| *token).filter(|token| accounts.tokens.active(token).is_some()).collect();
        assert_eq!(left, ["elsewhere"]);
        assert!(accounts.get(&people[0].0).is_none() && accounts.get(&people[2].0).is_some());
    }
}

//! SSO logins: which record a simulated assertion is, when one is made, when it is refused; by issuer and subject, never by
//! e-mail address where the product makes its records itself (COALESCE-SSO-001 to 018). It knows nothing of HTTP.

use super::account::{Account, Accounts, Fresh, Identity, Source, SsoRecord, Trigger, existing};
use super::token::Holder;
use crate::profile::{Accounts as Choices, EmailClaimChange, JitAfterDelete};

/// What a provider asserts of a person (`OpenID Connect Core §5.1`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assertion {
    /// `iss`
    pub iss: String,
    /// `sub`
    pub sub: String,
    /// `email`
    pub email: Option<String>,
    /// Whether the provider vouches for the address; no word is taken for yes.
    pub email_verified: Option<bool>,
    /// `given_name`
    pub given_name: Option<String>,
    /// `family_name`
    pub family_name: Option<String>,
    /// The NameID of SAML (CATALYTIC-023).
    pub name_id: Option<String>,
}

impl Assertion {
    /// Who it is about.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { iss: self.iss.clone(), sub: self.sub.clone() }
    }

    /// What may be an e-mail address or user name of a user that exists, the claim first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.email, &self.name_id].into_iter().flatten().map(String::as_str).filter(|name| !name.is_empty())
    }
}

/// Why a login is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Another issuer, or SSO is not set up.
    Issuer,
    /// The provider does not let the person in.
    Provider,
    /// `email` is missing (COALESCE-SSO-004).
    NoEmail,
    /// Nobody here is that person.
    Unknown,
    /// Several users have that address, or the one who has it is somebody else at the provider.
    Ambiguous,
    /// The address belongs to another record.
    EmailTaken,
    /// The record is disabled.
    Disabled,
    /// The record was deleted (COALESCE-SSO-015).
    Deleted,
}

impl Denial {
    /// What the person reads.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Issuer => "this issuer does not sign in people of this organization",
            Self::Provider => "the identity provider does not let this person in",
            Self::NoEmail => "the assertion has no email claim",
            Self::Unknown => "nobody of this organization is that person",
            Self::Ambiguous => "the assertion does not say for certain who this is",
            Self::EmailTaken => "the e-mail address belongs to another account",
            Self::Disabled => "the account is deactivated; an administrator can activate it",
            Self::Deleted => "the account was deleted",
        }
    }
}

/// Where an SSO login goes.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The organization's id.
    pub org: &'a str,
    /// Its issuer, if SSO is set up.
    pub issuer: Option<&'a str>,
    /// `okta`; ids of records that SSO makes start with it (COALESCE-SSO-006).
    pub provider: &'a str,
    /// The environments that exist.
    pub environments: &'a [String],
}

impl Accounts {
    /// Whether an assertion comes from the organization's provider and may pass it.
    ///
    /// # Errors
    /// [`Denial::Issuer`], [`Denial::Provider`].
    pub fn passes(&self, door: Door<'_>, assertion: &Assertion) -> Result<(), Denial> {
        if door.issuer != Some(assertion.iss.as_str()) {
            return Err(Denial::Issuer);
        }
        match self.assignment(&assertion.identity()) {
            Some(assignment) if !(assignment.assigned && assignment.enabled) => Err(Denial::Provider),
            _ => Ok(()),
        }
    }

    /// Signs in by issuer and subject, making the record at the first login; its id comes back. All under one lock, so that
    /// first logins side by side make one record (PROP-CONC-05).
    ///
    /// # Errors
    /// As [`Denial`] says; nothing was changed then.
    pub fn sign_in_just_in_time(
        &mut self,
        door: Door<'_>,
        assertion: &Assertion,
        fresh: Fresh<'_>,
        choices: &Choices,
    ) -> Result<String, Denial> {
        self.passes(door, assertion)?;
        let email = assertion.email.as_deref().filter(|email| !email.trim().is_empty()).ok_or(Denial::NoEmail)?;
        let identity = assertion.identity();
        let known = self.identified(door.org, &identity).map(|id| Holder::new(door.org, id));
        let holder = match known {
            Some(holder) => {
                let account = self.get(&holder).ok_or(Denial::Deleted)?;
                if !account.record.as_ref().is_some_and(|record| record.active) {
                    return Err(Denial::Disabled);
                }
                if choices.email_claim_change == EmailClaimChange::Update && !account.has_email(email) {
                    if self.is_taken_for(&holder, &identity, email, choices) {
                        return Err(Denial::EmailTaken);
                    }
                    if let Some(account) = self.touch(&holder) {
                        account.email = Some(email.to_owned());
                    }
                    self.settle(&holder, Trigger::Email, true, choices);
                }
                holder
            }
            None => {
                if choices.jit_after_delete == JitAfterDelete::Deny && self.is_buried(door.org, &identity) {
                    return Err(Denial::Deleted);
                }
                let holder = Holder::new(door.org, format!("{}_{}", door.provider, fresh.id));
                if self.is_taken_for(&holder, &identity, email, choices) {
                    return Err(Denial::EmailTaken);
                }
                let record = SsoRecord {
                    given_name: assertion.given_name.clone(),
                    family_name: assertion.family_name.clone(),
                    active: true,
                };
                let mut account = Account::new(Source::Sso);
                (account.identity, account.email, account.record) =
                    (Some(identity), Some(email.to_owned()), Some(record));
                self.put(holder.clone(), account);
                holder
            }
        };
        let epoch = self.epoch(&holder).ok_or(Denial::Deleted)?;
        self.issue(&holder, epoch, existing(door.environments.iter().cloned()), fresh);
        Ok(holder.id)
    }

    /// The record of the store that an assertion binds to, of those that its e-mail address or NameID names: ids with the
    /// identity that each is bound to. Who is bound already was found before.
    ///
    /// # Errors
    /// [`Denial::Unknown`], [`Denial::Ambiguous`].
    pub fn binds_to(&self, door: Door<'_>, assertion: &Assertion, named: &[String]) -> Result<String, Denial> {
        let [id] = named else {
            return Err(if named.is_empty() { Denial::Unknown } else { Denial::Ambiguous });
        };
        // An address that the provider does not vouch for binds nobody.
        if assertion.email_verified == Some(false) {
            return Err(Denial::Unknown);
        }
        let bound = self.get(&Holder::new(door.org, id)).and_then(|account| account.identity.as_ref());
        match bound {
            // Another subject of the same provider is another person; another provider's identity is the past.
            Some(identity) if Some(identity.iss.as_str()) == door.issuer && identity.sub != assertion.sub => {
                Err(Denial::Ambiguous)
            }
            _ => Ok(id.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::profile::Scoping;

    const EMAIL: &str = "erika@example.test";

    fn door(provider: &'static str) -> Door<'static> {
        Door { org: "o", issuer: Some("https://idp.test"), provider, environments: &[] }
    }

    fn assertion(sub: &str, email: Option<&str>) -> Assertion {
        Assertion {
            iss: "https://idp.test".into(),
            sub: sub.into(),
            email: email.map(Into::into),
            ..Assertion::default()
        }
    }

    fn enter(accounts: &mut Accounts, assertion: &Assertion, id: &str, choices: &Choices) -> Result<String, Denial> {
        let token = format!("t{id}");
        let fresh = Fresh { token: &token, session: id, id, now: OffsetDateTime::UNIX_EPOCH };
        accounts.sign_in_just_in_time(door("okta"), assertion, fresh, choices)
    }

    #[test]
    fn a_record_is_made_once_for_issuer_and_subject() {
        for provider in ["entra", "ping", "okta", "jumpcloud", "generic"] {
            let mut accounts = Accounts::default();
            let mut enter = |sub: &str, email, id: &str| {
                let fresh = Fresh { token: id, session: id, id, now: OffsetDateTime::UNIX_EPOCH };
                let assertion = assertion(sub, email);
                accounts.sign_in_just_in_time(door(provider), &assertion, fresh, &Choices::default())
            };
            assert_eq!(enter("1", None, "a"), Err(Denial::NoEmail));
            assert_eq!(enter("1", Some(" "), "a"), Err(Denial::NoEmail));
            assert_eq!(enter("1", Some(EMAIL), "b"), Ok(format!("{provider}_b")));
            assert_eq!(enter("1", Some(EMAIL), "c"), Ok(format!("{provider}_b")));
            assert_eq!(enter("2", Some(EMAIL), "d"), Err(Denial::EmailTaken));
            assert_eq!(enter("2", Some("erika+2@example.test"), "e"), Ok(format!("{provider}_e")));
            assert_eq!(accounts.sso_records("o").len(), 2);
            assert!(["b", "c", "e"].iter().all(|token| accounts.tokens.active(token).is_some()));
        }
    }

    #[test]
    fn a_changed_address_is_taken_over_or_not() {
        for (change, own, earlier) in
            [(EmailClaimChange::Update, "new@example.test", false), (EmailClaimChange::Keep, EMAIL, true)]
        {
            let (mut accounts, choices) =
                (Accounts::default(), Choices { email_claim_change: change, ..Choices::default() });
            let id = enter(&mut accounts, &assertion("1", Some(EMAIL)), "1", &choices).unwrap();
            enter(&mut accounts, &assertion("1", Some("new@example.test")), "2", &choices).unwrap();
            assert!(accounts.get(&Holder::new("o", id)).unwrap().has_email(own), "{change:?}");
            assert_eq!(accounts.tokens.active("t1").is_some(), earlier, "{change:?}");
            assert!(accounts.tokens.active("t2").is_some());
        }
    }

    #[test]
    fn a_deleted_record_comes_back_only_where_that_is_the_reading() {
        for (reading, after) in
            [(JitAfterDelete::Deny, Err(Denial::Deleted)), (JitAfterDelete::Recreate, Ok("okta_2".to_owned()))]
        {
            let (mut accounts, choices) =
                (Accounts::default(), Choices { jit_after_delete: reading, ..Choices::default() });
            let id = enter(&mut accounts, &assertion("1", Some(EMAIL)), "1", &choices).unwrap();
            accounts.delete(&Holder::new("o", id));
            assert!(accounts.tokens.active("t1").is_none() && accounts.sso_records("o").is_empty());
            assert_eq!(enter(&mut accounts, &assertion("1", Some(EMAIL)), "2", &choices), after);
            // By issuer and subject, never by address: another person may come with it.
            if reading == JitAfterDelete::Deny {
                assert!(enter(&mut accounts, &assertion("2", Some(EMAIL)), "3", &choices).is_ok());
            }
        }
    }

    #[test]
    fn the_provider_and_the_record_can_refuse() {
        let (mut accounts, choices) = (Accounts::default(), Choices::default());
        let person = assertion("1", Some(EMAIL));
        let stranger = Assertion { iss: "https://other.test".into(), ..person.clone() };
        assert_eq!(enter(&mut accounts, &stranger, "0", &choices), Err(Denial::Issuer));
        let id = enter(&mut accounts, &person, "1", &choices).unwrap();
        for (assigned, enabled, refused) in [(false, true, true), (true, false, true), (true, true, false)] {
            accounts.assign(person.identity(), super::super::account::Assignment { assigned, enabled, email: None });
            let denied = enter(&mut accounts, &person, "2", &choices) == Err(Denial::Provider);
            assert_eq!(denied, refused);
            assert!(accounts.tokens.active("t1").is_some());
        }
        let holder = Holder::new("o", id);
        accounts.touch(&holder).unwrap().record.as_mut().unwrap().active = false;
        assert_eq!(enter(&mut accounts, &person, "3", &choices), Err(Denial::Disabled));
    }

    #[test]
    fn one_address_in_an_organization_where_twins_are_refused() {
        for (scope, source, expected) in [
            (Scoping::Organization, Source::Native, Err(Denial::EmailTaken)),
            (Scoping::Organization, Source::Scim, Err(Denial::EmailTaken)),
            (Scoping::SourceAndProvider, Source::Native, Ok("okta_1".to_owned())),
        ] {
            let choices = Choices { email_scope: scope, ..Choices::default() };
            let mut accounts = Accounts::default();
            for (org, email) in [("o", EMAIL), ("p", "b@example.test")] {
                let mut account = Account::new(source);
                account.email = Some(email.into());
                accounts.put(Holder::new(org, "a"), account);
            }
            assert_eq!(enter(&mut accounts, &assertion("1", Some(EMAIL)), "1", &choices), expected, "{scope:?}");
            assert!(enter(&mut accounts, &assertion("2", Some("b@example.test")), "2", &choices).is_ok());
        }
    }

    #[test]
    fn an_assertion_binds_to_the_one_user_who_is_named() {
        let mut accounts = Accounts::default();
        let person = assertion("1", Some(EMAIL));
        let named = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let binds = |accounts: &Accounts, ids: &[&str]| accounts.binds_to(door("okta"), &person, &named(ids));
        assert_eq!(binds(&accounts, &[]), Err(Denial::Unknown));
        assert_eq!(binds(&accounts, &["a", "b"]), Err(Denial::Ambiguous));
        assert_eq!(binds(&accounts, &["a"]), Ok("a".into()));
        let doubtful = Assertion { email_verified: Some(false), ..person.clone() };
        assert_eq!(accounts.binds_to(door("okta"), &doubtful, &named(&["a"])), Err(Denial::Unknown));
        for (iss, sub, bound) in [
            ("https://idp.test", "1", Ok("a".to_owned())),
            ("https://idp.test", "2", Err(Denial::Ambiguous)),
            ("https://old.test", "2", Ok("a".to_owned())),
        ] {
            accounts.bind(&Holder::new("o", "a"), Identity { iss: iss.into(), sub: sub.into() });
            assert_eq!(binds(&accounts, &["a"]), bound, "{iss} {sub}");
        }
    }
}

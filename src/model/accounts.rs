//! People who sign in: records made by an administrator, by an identity provider over SCIM or at the first SSO login, their
//! access tokens, and what revokes them. The choices of `profile.accounts` decide what the documents leave open. It knows
//! nothing of requests.

use std::collections::BTreeSet;

use crate::profile::{
    Accounts as Choices, EmailClaimChange, JitAfterDelete, LoginBy, NewEnvironment, Reactivation, Repetition, Scoping,
};

/// A person at a provider: the issuer's and the person's number.
pub type Identity = (usize, usize);

/// Who made a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An administrator.
    Native,
    /// An identity provider, by SCIM.
    Scim,
    /// The first SSO login of an identity (COALESCE-SSO-001).
    Sso(Identity),
}

/// A record of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who made it.
    pub origin: Origin,
    /// The e-mail address, as written last.
    pub email: String,
    /// Whether the person may sign in.
    pub active: bool,
    password: Option<String>,
    mfa: bool,
    bound: Option<Identity>,
}

/// Whether a token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It counts.
    Active,
    /// Its user is disabled, and it will count again (`accounts.reactivation`).
    Suspended,
    /// It is gone for good (PROP-TOK-03).
    Revoked,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The record whose it is.
    pub record: usize,
    /// Whether it counts.
    pub state: TokenState,
    /// How many environments there were when it was issued, which it covers; `None`: it covers all (COALESCE-SSO-029).
    pub covers: Option<usize>,
}

impl Token {
    /// Whether it covers the n-th environment.
    #[must_use]
    pub fn covers(&self, environment: usize) -> bool {
        self.covers.is_none_or(|known| environment < known)
    }
}

/// What may happen. Records are named by the position of what made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// An administrator makes a record.
    Create(String, String),
    /// SCIM makes one.
    Provision(String),
    /// A login with e-mail address and password.
    Login(String, String),
    /// An SSO login: who, and the e-mail address that the provider asserts.
    Assert(Identity, String),
    /// The organization's SSO goes to that issuer.
    Configure(usize),
    /// The provider lets a person in, or no longer.
    Admit(Identity, bool),
    /// Sets whether the person may sign in.
    Activate(usize, bool),
    /// Sets the password.
    Password(usize, String),
    /// Sets the e-mail address.
    Email(usize, String),
    /// Turns multi-factor authentication on or off.
    Mfa(usize, bool),
    /// Deletes a record.
    Delete(usize),
    /// Makes an environment.
    Environment,
    /// Whatever else: names, roles, time (COALESCE-SSO-028).
    Other,
}

/// What must come of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A record was made.
    Made(usize),
    /// A token was issued, of that record; `true`: the login made the record.
    Issued(usize, usize, bool),
    /// Done.
    Done,
    /// Nobody has that name and password: 401.
    Unknown,
    /// The person may not sign in: 403.
    Denied,
    /// The e-mail address is taken, or the record has no such thing: 409.
    Conflict,
    /// There is no such record: 404.
    Absent,
}

/// The accounts of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    choices: Choices,
    records: Vec<Option<Record>>,
    tokens: Vec<Token>,
    environments: usize,
    issuer: Option<usize>,
    shut_out: BTreeSet<Identity>,
    buried: BTreeSet<Identity>,
}

/// What an event does to the tokens of its record.
#[derive(Clone, Copy)]
enum Event {
    Changed,
    Disabled,
    Enabled,
}

impl Accounts {
    /// No records, no tokens, no SSO.
    #[must_use]
    pub fn new(choices: Choices) -> Self {
        Self {
            choices,
            records: Vec::new(),
            tokens: Vec::new(),
            environments: 0,
            issuer: None,
            shut_out: BTreeSet::new(),
            buried: BTreeSet::new(),
        }
    }

    /// Performs a deed.
    pub fn apply(&mut self, deed: &Deed) -> Answer {
        match deed {
            Deed::Create(email, password) => self.create(Origin::Native, email, Some(password.clone())),
            Deed::Provision(email) => self.create(Origin::Scim, email, None),
            Deed::Login(email, password) => self.login(email, password),
            Deed::Assert(identity, email) => self.assert(*identity, email),
            Deed::Configure(issuer) => {
                self.issuer = Some(*issuer);
                Answer::Done
            }
            Deed::Admit(identity, admitted) => {
                if *admitted {
                    self.shut_out.remove(identity)
                } else {
                    self.shut_out.insert(*identity)
                };
                Answer::Done
            }
            Deed::Activate(record, active) => self.activate(*record, *active),
            Deed::Password(record, password) => match self.records.get_mut(*record).and_then(Option::as_mut) {
                None => Answer::Absent,
                Some(Record { origin: Origin::Sso(_), .. }) => Answer::Conflict,
                Some(own) => {
                    let changed = own.password.as_ref() != Some(password);
                    own.password = Some(password.clone());
                    self.event(*record, Event::Changed, changed)
                }
            },
            Deed::Email(record, email) => {
                let Some(own) = self.record(*record) else { return Answer::Absent };
                let changed = own.email != *email;
                if changed && self.taken(own.origin, email, Some(*record)) {
                    return Answer::Conflict;
                }
                if let Some(own) = self.records[*record].as_mut() {
                    own.email.clone_from(email);
                }
                self.event(*record, Event::Changed, changed)
            }
            Deed::Mfa(record, on) => match self.records.get_mut(*record).and_then(Option::as_mut) {
                None => Answer::Absent,
                Some(own) => {
                    let changed = std::mem::replace(&mut own.mfa, *on) != *on;
                    self.event(*record, Event::Changed, changed)
                }
            },
            Deed::Delete(record) => self.delete(*record),
            Deed::Environment => {
                self.environments += 1;
                if self.choices.new_environment == NewEnvironment::Revokes {
                    let limited = self.tokens.iter_mut().filter(|token| token.covers.is_some());
                    limited.for_each(|token| token.state = TokenState::Revoked);
                }
                Answer::Done
            }
            Deed::Other => Answer::Done,
        }
    }

    fn create(&mut self, origin: Origin, email: &str, password: Option<String>) -> Answer {
        if self.taken(origin, email, None) {
            return Answer::Conflict;
        }
        self.records.push(Some(Record {
            origin,
            email: email.to_owned(),
            active: true,
            password,
            mfa: false,
            bound: if let Origin::Sso(identity) = origin { Some(identity) } else { None },
        }));
        Answer::Made(self.records.len() - 1)
    }

    /// Whether a record that may not share the address has it (COALESCE-SSO-007). A user of SCIM and a native one with one
    /// address would have one user name.
    fn taken(&self, origin: Origin, email: &str, own: Option<usize>) -> bool {
        let rivals = |other: Origin| match (origin, other) {
            _ if self.choices.email_scope == Scoping::Organization => true,
            (Origin::Sso((one, _)), Origin::Sso((another, _))) => one == another,
            (one, another) => matches!(one, Origin::Sso(_)) == matches!(another, Origin::Sso(_)),
        };
        self.records().any(|(n, record)| Some(n) != own && record.email == email && rivals(record.origin))
    }

    fn login(&mut self, email: &str, password: &str) -> Answer {
        let own = |record: &Record| record.email == email && record.password.as_deref() == Some(password);
        let Some((record, state)) = self.records().find(|(_, record)| own(record)) else { return Answer::Unknown };
        if state.active { self.issue(record, None, false) } else { Answer::Denied }
    }

    fn assert(&mut self, identity: Identity, email: &str) -> Answer {
        if self.issuer != Some(identity.0) || self.shut_out.contains(&identity) {
            return Answer::Denied;
        }
        let bound = self.records().find(|(_, record)| record.bound == Some(identity)).map(|(n, _)| n);
        let record = match bound {
            Some(record) => record,
            None if self.choices.just_in_time => {
                let denied = self.choices.jit_after_delete == JitAfterDelete::Deny && self.buried.contains(&identity);
                let made = if denied { None } else { Some(self.create(Origin::Sso(identity), email, None)) };
                return match made {
                    Some(Answer::Made(record)) => self.issue(record, Some(self.environments), true),
                    _ => Answer::Denied,
                };
            }
            None if self.choices.login_by == LoginBy::Subject => return Answer::Denied,
            None => {
                let stored: Vec<usize> = self.records().filter(|(_, own)| own.email == email).map(|(n, _)| n).collect();
                let [record] = stored.as_slice() else { return Answer::Denied };
                let another = self.record(*record).and_then(|own| own.bound).is_some_and(|own| own.0 == identity.0);
                if another {
                    return Answer::Denied;
                }
                *record
            }
        };
        let Some(own) = self.record(record) else { return Answer::Denied };
        if !own.active {
            return Answer::Denied;
        }
        let (differs, origin) = (own.email != email, own.origin);
        // Only a record of SSO takes its address from the provider.
        if differs && matches!(origin, Origin::Sso(_)) && self.choices.email_claim_change == EmailClaimChange::Update {
            if self.taken(origin, email, Some(record)) {
                return Answer::Denied;
            }
            if let Some(own) = self.records[record].as_mut() {
                own.email = email.to_owned();
            }
            self.event(record, Event::Changed, true);
        }
        if let Some(own) = self.records[record].as_mut() {
            own.bound = Some(identity);
        }
        self.issue(record, Some(self.environments), false)
    }

    fn issue(&mut self, record: usize, covers: Option<usize>, fresh: bool) -> Answer {
        self.tokens.push(Token { record, state: TokenState::Active, covers });
        Answer::Issued(self.tokens.len() - 1, record, fresh)
    }

    fn activate(&mut self, record: usize, active: bool) -> Answer {
        let Some(own) = self.records.get_mut(record).and_then(Option::as_mut) else { return Answer::Absent };
        let changed = std::mem::replace(&mut own.active, active) != active;
        self.event(record, if active { Event::Enabled } else { Event::Disabled }, changed)
    }

    fn delete(&mut self, record: usize) -> Answer {
        let Some(own) = self.records.get_mut(record).and_then(Option::take) else { return Answer::Absent };
        self.set_tokens(record, |_| TokenState::Revoked);
        if let Origin::Sso(identity) = own.origin {
            self.buried.insert(identity);
        }
        Answer::Done
    }

    /// Lets an event have its effect (COALESCE-SSO-013, 025, 026; PROP-TOK-07).
    fn event(&mut self, record: usize, event: Event, changed: bool) -> Answer {
        let resumes = self.choices.reactivation == Reactivation::Resume;
        match event {
            Event::Enabled if resumes => self.set_tokens(record, |state| match state {
                TokenState::Suspended => TokenState::Active,
                other => other,
            }),
            Event::Enabled => {}
            _ if !changed && self.choices.repetition == Repetition::Ignored => {}
            Event::Disabled if resumes => self.set_tokens(record, |state| match state {
                TokenState::Active => TokenState::Suspended,
                other => other,
            }),
            Event::Changed | Event::Disabled => self.set_tokens(record, |_| TokenState::Revoked),
        }
        Answer::Done
    }

    fn set_tokens(&mut self, record: usize, becomes: impl Fn(TokenState) -> TokenState) {
        let own = self.tokens.iter_mut().filter(|token| token.record == record);
        own.for_each(|token| token.state = becomes(token.state));
    }

    /// The n-th record, while it exists.
    #[must_use]
    pub fn record(&self, record: usize) -> Option<&Record> {
        self.records.get(record).and_then(Option::as_ref)
    }

    /// The records that exist, with their positions.
    pub fn records(&self) -> impl Iterator<Item = (usize, &Record)> {
        self.records.iter().enumerate().filter_map(|(n, record)| Some((n, record.as_ref()?)))
    }

    /// Every token ever issued, in order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// How many environments there are.
    #[must_use]
    pub fn environments(&self) -> usize {
        self.environments
    }

    /// The issuer that signs people in.
    #[must_use]
    pub fn issuer(&self) -> Option<usize> {
        self.issuer
    }

    /// Whether multi-factor authentication of a record is on.
    #[must_use]
    pub fn has_mfa(&self, record: usize) -> bool {
        self.record(record).is_some_and(|own| own.mfa)
    }

    /// The password of a record, if it has one.
    #[must_use]
    pub fn password(&self, record: usize) -> Option<&str> {
        self.record(record).and_then(|own| own.password.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jit() -> Choices {
        Choices { just_in_time: true, login_by: LoginBy::Subject, ..Choices::default() }
    }

    /// A native record with a token, an SSO record of the same person with one, and a bystander with one.
    fn three(choices: Choices) -> Accounts {
        let mut accounts = Accounts::new(choices);
        for deed in [
            Deed::Create("a@x".into(), "p".into()),
            Deed::Create("b@x".into(), "p".into()),
            Deed::Configure(0),
            Deed::Login("a@x".into(), "p".into()),
            Deed::Login("b@x".into(), "p".into()),
            Deed::Assert((0, 0), "a@x".into()),
        ] {
            accounts.apply(&deed);
        }
        assert_eq!(accounts.tokens().iter().map(|token| token.record).collect::<Vec<_>>(), [0, 1, 2]);
        accounts
    }

    /// `+` counts, `~` is suspended, `-` is revoked; tokens in order.
    fn states(accounts: &Accounts) -> String {
        let word = |token: &Token| match token.state {
            TokenState::Active => '+',
            TokenState::Suspended => '~',
            TokenState::Revoked => '-',
        };
        accounts.tokens().iter().map(word).collect()
    }

    #[test]
    fn triggers_revoke_what_is_the_users_and_nothing_else() {
        let again = Choices { repetition: Repetition::Revokes, ..jit() };
        let resume = Choices { reactivation: Reactivation::Resume, ..jit() };
        let new = Choices { new_environment: NewEnvironment::Revokes, ..jit() };
        let (off, on) = (Deed::Activate(0, false), Deed::Activate(0, true));
        let rows: [(Choices, Vec<Deed>, &str); 14] = [
            (jit(), vec![Deed::Password(0, "q".into())], "-++"),
            (jit(), vec![Deed::Password(0, "p".into())], "+++"),
            (again, vec![Deed::Password(0, "p".into())], "-++"),
            (jit(), vec![Deed::Password(2, "q".into())], "+++"),
            (jit(), vec![Deed::Email(2, "c@x".into())], "++-"),
            (jit(), vec![Deed::Mfa(1, true)], "+-+"),
            (jit(), vec![Deed::Mfa(1, false)], "+++"),
            (again, vec![Deed::Mfa(1, false)], "+-+"),
            (jit(), vec![off.clone(), on.clone()], "-++"),
            (resume, vec![off.clone()], "~++"),
            (resume, vec![off, on], "+++"),
            (jit(), vec![Deed::Delete(2)], "++-"),
            (jit(), vec![Deed::Environment, Deed::Admit((0, 0), false), Deed::Configure(1), Deed::Other], "+++"),
            (new, vec![Deed::Environment], "++-"),
        ];
        for (choices, deeds, expected) in rows {
            let mut accounts = three(choices);
            deeds.iter().for_each(|deed| _ = accounts.apply(deed));
            assert_eq!(states(&accounts), expected, "{deeds:?}");
        }
    }

    #[test]
    fn a_suspended_token_that_is_revoked_does_not_come_back() {
        let mut accounts = three(Choices { reactivation: Reactivation::Resume, ..jit() });
        for deed in [Deed::Activate(0, false), Deed::Password(0, "q".into()), Deed::Activate(0, true)] {
            accounts.apply(&deed);
        }
        assert_eq!(states(&accounts), "-++");
    }

    #[test]
    fn logins_are_answered_as_record_provider_and_configuration_say() {
        let login = |email: &str, password: &str| Deed::Login(email.into(), password.into());
        let assert = |issuer, email: &str| Deed::Assert((issuer, 0), email.into());
        let mut accounts = three(jit());
        assert_eq!(accounts.apply(&login("a@x", "wrong")), Answer::Unknown);
        assert_eq!(accounts.apply(&assert(1, "a@x")), Answer::Denied);
        assert_eq!(accounts.apply(&assert(0, "a@x")), Answer::Issued(3, 2, false));
        accounts.apply(&Deed::Activate(0, false));
        assert_eq!(accounts.apply(&login("a@x", "p")), Answer::Denied);
        accounts.apply(&Deed::Admit((0, 0), false));
        assert_eq!(accounts.apply(&assert(0, "a@x")), Answer::Denied);
        accounts.apply(&Deed::Admit((0, 0), true));
        assert_eq!(accounts.apply(&assert(0, "c@x")), Answer::Issued(4, 2, false));
        assert_eq!(states(&accounts), "-+--+", "the claim changed the address");
        accounts.apply(&Deed::Delete(2));
        assert_eq!(accounts.apply(&assert(0, "a@x")), Answer::Denied);
        accounts.apply(&Deed::Configure(1));
        assert_eq!(accounts.apply(&assert(1, "a@x")), Answer::Issued(5, 3, true));
        assert_eq!(accounts.apply(&Deed::Create("b@x".into(), "p".into())), Answer::Conflict);
    }

    #[test]
    fn the_choices_about_records_are_all_heard() {
        let recreate = Choices { jit_after_delete: JitAfterDelete::Recreate, ..jit() };
        let mut accounts = three(recreate);
        accounts.apply(&Deed::Delete(2));
        assert_eq!(accounts.apply(&Deed::Assert((0, 0), "a@x".into())), Answer::Issued(3, 3, true));

        let keep = Choices { email_claim_change: EmailClaimChange::Keep, ..jit() };
        let mut accounts = three(keep);
        accounts.apply(&Deed::Assert((0, 0), "c@x".into()));
        assert_eq!((states(&accounts).as_str(), accounts.record(2).unwrap().email.as_str()), ("++++", "a@x"));

        let mut accounts = Accounts::new(Choices { email_scope: Scoping::Organization, ..jit() });
        accounts.apply(&Deed::Configure(0));
        accounts.apply(&Deed::Create("a@x".into(), "p".into()));
        assert_eq!(accounts.apply(&Deed::Assert((0, 0), "a@x".into())), Answer::Denied);
    }

    #[test]
    fn without_records_of_its_own_sso_signs_in_who_exists() {
        let mut accounts = Accounts::new(Choices::default());
        accounts.apply(&Deed::Configure(0));
        assert_eq!(accounts.apply(&Deed::Assert((0, 0), "a@x".into())), Answer::Denied);
        assert_eq!(accounts.apply(&Deed::Provision("a@x".into())), Answer::Made(0));
        assert_eq!(accounts.apply(&Deed::Assert((0, 0), "a@x".into())), Answer::Issued(0, 0, false));
        assert_eq!(accounts.apply(&Deed::Assert((0, 1), "a@x".into())), Answer::Denied, "it is somebody else's");
        accounts.apply(&Deed::Environment);
        assert!(!accounts.tokens()[0].covers(0) && accounts.environments() == 1);
        accounts.apply(&Deed::Delete(0));
        assert_eq!(accounts.apply(&Deed::Assert((0, 0), "a@x".into())), Answer::Denied);
    }
}

//! Random histories of accounts and their access tokens: native logins, SSO logins of several providers, everything that
//! revokes tokens and everything that must not. After every act all tokens that were ever issued are looked at. Each
//! history has an organization of its own.

mod probed;
mod write;

use std::sync::Arc;

use proptest::prelude::*;

use super::script::Script;
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
pub(super) use probed::PROBED;
use write::Writer;

/// What both suites judge.
const LAWS: &[&str] = &[
    "PROP-TOK-01",
    "PROP-TOK-02",
    "PROP-TOK-03",
    "PROP-TOK-04",
    "PROP-TOK-05",
    "PROP-TOK-06",
    "PROP-TOK-07",
    "PROP-TOK-08",
    "PROP-TOK-09",
    "PROP-TOK-10",
];

const NEEDS: &[Need] = &[Need::Admin, Need::Product("COALESCE-SSO")];

/// Every event by itself, after the same logins.
pub(super) const EVENTS: Suite = Suite {
    name: "token-events",
    title: "each event that may concern tokens, among twins and a bystander",
    laws: LAWS,
    needs: NEEDS,
    cases: Cases::All(events),
};

/// Events in any order.
pub(super) const SUITE: Suite = Suite {
    name: "tokens",
    title: "who signs in, what revokes tokens, and what must not",
    laws: LAWS,
    needs: NEEDS,
    cases: Cases::Random { weight: 2, histories },
};

/// The longest history, acts.
const LONGEST: usize = 40;

/// People of a history; each may have a native record and records of SSO.
const PEOPLE: usize = 3;

/// The providers that an organization may have, one at a time.
const PROVIDERS: [&str; 5] = ["okta", "entra", "ping", "jumpcloud", "generic"];

/// How an act reaches a native record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Admin,
    Scim,
}

/// An abstract act. Records and tokens are numbers modulo what there is when it is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// An administrator makes a record for a person.
    Native(usize),
    /// A login with a password; `true`: with a wrong one.
    Login(usize, bool),
    /// An SSO login of a person; with another address than usual; by the provider before this one.
    Sso(usize, bool, bool),
    /// Enabled or disabled.
    Active(usize, bool, Channel),
    /// A new password, or the same.
    Password(usize, bool),
    /// A new e-mail address, or the same.
    Email(usize, bool),
    /// MFA on or off, or as it is.
    Mfa(usize, bool),
    Delete(usize, Channel),
    Name(usize),
    Role(usize),
    /// The organization's SSO goes to that provider, under a new issuer.
    Configure(usize),
    /// The provider lets a person in or not: assigned, enabled.
    Admit(usize, bool, bool),
    /// So many days pass.
    Clock(u64),
    Environment,
    /// Credentials of one kind where the other kind is wanted.
    Cross(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let (person, record) = (0..PEOPLE, 0..8_usize);
    let channel = || prop_oneof![2 => Just(Channel::Admin), 1 => Just(Channel::Scim)];
    prop_oneof![
        4 => person.clone().prop_map(Act::Native),
        8 => (person.clone(), prop::bool::weighted(0.1)).prop_map(|(person, wrong)| Act::Login(person, wrong)),
        8 => (person.clone(), prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(person, other, old)| Act::Sso(person, other, old)),
        4 => (record.clone(), any::<bool>(), channel()).prop_map(|(record, to, by)| Act::Active(record, to, by)),
        3 => (record.clone(), prop::bool::weighted(0.3)).prop_map(|(record, same)| Act::Password(record, same)),
        3 => (record.clone(), prop::bool::weighted(0.3)).prop_map(|(record, same)| Act::Email(record, same)),
        3 => (record.clone(), prop::bool::weighted(0.3)).prop_map(|(record, same)| Act::Mfa(record, same)),
        2 => (record.clone(), channel()).prop_map(|(record, by)| Act::Delete(record, by)),
        1 => record.clone().prop_map(Act::Name),
        1 => record.clone().prop_map(Act::Role),
        1 => (0..PROVIDERS.len()).prop_map(Act::Configure),
        2 => (person, any::<bool>(), any::<bool>()).prop_map(|(who, assigned, enabled)| Act::Admit(who, assigned, enabled)),
        2 => prop::sample::select(vec![1_u64, 30, 400]).prop_map(Act::Clock),
        2 => Just(Act::Environment),
        1 => record.prop_map(Act::Cross),
    ]
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let setting = Arc::clone(setting);
    let length = prop_oneof![6 => 3..=8_usize, 3 => 9..=16_usize, 1 => 17..=LONGEST];
    let acts = length.prop_flat_map(|length| prop::collection::vec(act(), 1..=length));
    let told =
        move |(provider, acts)| Box::new(Told { setting: Arc::clone(&setting), provider, acts }) as Box<dyn Case>;
    (0..PROVIDERS.len(), acts).prop_map(told).boxed()
}

/// A person with a native record and one of SSO, and another person with a native one, all signed in.
const SIGNED_IN: [Act; 6] = [
    Act::Native(0),
    Act::Native(1),
    Act::Sso(0, false, false),
    Act::Login(0, false),
    Act::Login(1, false),
    Act::Environment,
];

/// What may happen then; the first record is native, the third is the same person's by SSO.
const HAPPENINGS: &[&[Act]] = &[
    &[Act::Active(0, false, Channel::Admin), Act::Login(0, false), Act::Active(0, true, Channel::Admin)],
    &[Act::Active(0, false, Channel::Scim), Act::Login(0, false), Act::Active(0, true, Channel::Scim)],
    &[Act::Active(2, false, Channel::Admin), Act::Sso(0, false, false), Act::Active(2, true, Channel::Admin)],
    &[Act::Delete(0, Channel::Admin), Act::Login(0, false)],
    &[Act::Delete(0, Channel::Scim), Act::Login(0, false)],
    &[Act::Delete(2, Channel::Admin), Act::Sso(0, false, false)],
    &[Act::Password(0, false), Act::Login(0, false), Act::Password(0, true)],
    &[Act::Password(2, false)],
    &[Act::Email(0, false), Act::Login(0, false), Act::Email(0, true)],
    &[Act::Email(2, false), Act::Sso(0, false, false), Act::Email(2, true)],
    &[Act::Mfa(0, false), Act::Login(0, false), Act::Mfa(0, true), Act::Mfa(0, false)],
    &[Act::Mfa(2, false), Act::Sso(0, false, false), Act::Mfa(2, true)],
    &[Act::Name(0), Act::Name(2), Act::Role(0), Act::Role(2)],
    &[Act::Login(0, false), Act::Login(0, true), Act::Sso(0, false, false), Act::Sso(0, true, false)],
    &[Act::Admit(0, false, true), Act::Sso(0, false, false), Act::Admit(0, true, false), Act::Admit(0, true, true)],
    &[Act::Configure(1), Act::Sso(0, false, true), Act::Sso(0, false, false)],
    &[Act::Clock(1), Act::Clock(30), Act::Clock(400)],
    &[Act::Environment, Act::Sso(0, false, false), Act::Environment],
    &[Act::Cross(0), Act::Cross(2)],
];

/// A history; a smaller one leaves an act out.
struct Told {
    setting: Arc<Setting>,
    provider: usize,
    acts: Vec<Act>,
}

impl Case for Told {
    fn script(&self) -> Script {
        script(&self.setting, self.provider, &self.acts)
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let without = |left_out: usize| {
            let mut acts = self.acts.clone();
            acts.remove(left_out);
            Self { setting: Arc::clone(&self.setting), provider: self.provider, acts }
        };
        let all = (0..self.acts.len()).map(without).filter(|told| !told.script().steps.is_empty());
        all.map(|told| Box::new(told) as Box<dyn Case>).collect()
    }
}

fn events(setting: &Arc<Setting>) -> Enumerated {
    let setting = Arc::clone(setting);
    Box::new(HAPPENINGS.iter().enumerate().map(move |(n, happening)| {
        let acts = SIGNED_IN.iter().chain(*happening).copied().collect();
        Box::new(Told { setting: Arc::clone(&setting), provider: n % PROVIDERS.len(), acts }) as Box<dyn Case>
    }))
}

/// The script of a history; without a token there is nothing to look at.
fn script(setting: &Setting, provider: usize, acts: &[Act]) -> Script {
    let mut writer = Writer::new(setting, provider);
    acts.iter().for_each(|act| writer.play(*act));
    writer.script()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn steps(acts: &[Act]) -> usize {
        let setting = Setting::of(Profile::named("coalesce-sso").unwrap());
        script(&setting, 0, acts).requests()
    }

    #[test]
    fn an_organization_is_set_up_only_as_far_as_the_history_needs_it() {
        // An organization, a user, a login with a look at its token, an event with another look.
        assert_eq!(steps(&[Act::Native(0), Act::Login(0, false), Act::Password(0, false)]), 6);
        // SSO is one request more, SCIM another.
        assert_eq!(steps(&[Act::Sso(0, false, false), Act::Mfa(0, false)]), 6);
        assert_eq!(steps(&[Act::Native(0), Act::Login(0, false), Act::Delete(0, Channel::Scim)]), 8);
        assert_eq!(steps(&[Act::Native(0), Act::Password(7, false)]), 0, "no token, nothing to judge");
    }
}

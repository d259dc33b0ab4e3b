//! Requests that are sent at once: parallel creates, renames, changes of one group or one user. Each history is short, runs
//! alone and is played a few times; the answers and what is read afterwards must be those of some serial order.

mod joint;
mod pages;
mod sign_ins;
mod write;

use std::sync::Arc;

use proptest::prelude::*;

pub use joint::Joint;

use super::script::Script;
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::model::Rules;
use crate::profile::{Renaming, UserNames};

pub(super) use pages::{PAGES, VERSIONS};
pub(super) use sign_ins::SUITE as SIGN_INS;

/// How often a history is played: what goes wrong only in some orders must get its chances.
const PLAYS: usize = 4;

const LAWS: &[&str] = &["PROP-CONC-01", "PROP-CONC-02", "PROP-CONC-03", "PROP-CONC-08", "PROP-CONC-12"];

const NEEDS: &[Need] = &[Need::Capability("filter"), Need::Capability("patch")];

/// Each kind of race once, small.
pub(super) const SUITE: Suite = Suite {
    name: "races",
    title: "requests sent at once end as if one had come after the other",
    laws: LAWS,
    needs: NEEDS,
    cases: Cases::All(|setting| races(setting, LAWS)),
};

/// Renames onto one name.
pub(super) const RENAMES: Suite = Suite {
    name: "rename-races",
    title: "of renames onto one name that are sent at once one is done",
    laws: &["PROP-CONC-04"],
    needs: &[
        NEEDS[0],
        NEEDS[1],
        Need::Profile(|profile| profile.users.renaming == Renaming::Allowed, "names do not change"),
    ],
    cases: Cases::All(|setting| races(setting, &["PROP-CONC-04"])),
};

/// Changes of one group.
pub(super) const GROUPS: Suite = Suite {
    name: "group-races",
    title: "changes of one group that are sent at once lose no member",
    laws: &["PROP-CONC-06", "PROP-CONC-07"],
    needs: &[NEEDS[0], NEEDS[1], Need::Capability("groups")],
    cases: Cases::All(|setting| races(setting, &["PROP-CONC-06", "PROP-CONC-07"])),
};

/// Races of any kind and size.
pub(super) const RANDOM: Suite = Suite {
    name: "random-races",
    title: "more requests at once, mixed at random",
    laws: LAWS,
    needs: NEEDS,
    cases: Cases::Random { weight: 2, histories },
};

/// A change of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfUser {
    Deactivate,
    Activate,
    Rename(usize),
    Delete,
}

/// A change of one group: a member joins or leaves by PATCH, or all are set by PUT (bits of the users).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfGroup {
    Join(usize),
    Leave(usize),
    Put(u8),
}

/// What is sent at once.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Race {
    /// Creates of one name, each in one of its spellings.
    Creates(Vec<usize>),
    /// Creates of several names with one e-mail address.
    Addresses(usize),
    /// A create and the very same again, before and after its answer.
    Resent,
    /// Renames of so many users onto one name.
    Renames(usize),
    /// Changes of a group: how many users there are, who is in it before, what is sent.
    Group(usize, u8, Vec<OfGroup>),
    /// Changes of a user.
    User(Vec<OfUser>),
}

impl Race {
    /// The law that it is about.
    fn law(&self) -> &'static str {
        match self {
            Self::Creates(spellings) if spellings.iter().all(|spelling| *spelling == spellings[0]) => "PROP-CONC-01",
            Self::Creates(_) | Self::Addresses(_) => "PROP-CONC-02",
            Self::Resent => "PROP-CONC-03",
            Self::Renames(_) => "PROP-CONC-04",
            Self::Group(_, _, changes) if changes.iter().any(|change| matches!(change, OfGroup::Put(_))) => {
                "PROP-CONC-07"
            }
            Self::Group(..) => "PROP-CONC-06",
            Self::User(_) => "PROP-CONC-08",
        }
    }

    /// Whether the target's profile lets it be told what is right.
    fn fits(&self, setting: &Setting) -> bool {
        let rules = Rules::of(&setting.profile);
        match self {
            Self::Addresses(_) => rules.unique_emails == Some(true) && rules.stores("emails.value"),
            Self::Renames(_) => rules.renaming == Renaming::Allowed,
            Self::Group(..) => setting.lacks(&[Need::Capability("groups")]).is_none(),
            _ => true,
        }
    }

    /// One request less.
    fn smaller(&self) -> Vec<Self> {
        fn less<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> + '_ {
            (0..all.len()).filter(|_| all.len() > 2).map(|left_out| {
                let mut fewer = all.to_vec();
                fewer.remove(left_out);
                fewer
            })
        }
        match self {
            Self::Creates(spellings) => less(spellings).map(Self::Creates).collect(),
            Self::Addresses(count) if *count > 2 => vec![Self::Addresses(count - 1)],
            Self::Renames(count) if *count > 2 => vec![Self::Renames(count - 1)],
            Self::Addresses(_) | Self::Renames(_) | Self::Resent => Vec::new(),
            Self::Group(users, members, changes) => {
                let mut all: Vec<Self> = less(changes).map(|changes| Self::Group(*users, *members, changes)).collect();
                let used = |change: &OfGroup| match change {
                    OfGroup::Join(user) | OfGroup::Leave(user) => user % users + 1,
                    OfGroup::Put(bits) => 8 - bits.leading_zeros() as usize,
                };
                let most = changes.iter().map(used).max().unwrap_or_default().max(1);
                if most < *users {
                    all.insert(0, Self::Group(most, *members, changes.clone()));
                }
                if *members != 0 {
                    all.push(Self::Group(*users, 0, changes.clone()));
                }
                all
            }
            Self::User(changes) => less(changes).map(Self::User).collect(),
        }
    }
}

/// How many spellings of a name there are at such a target.
fn spellings(setting: &Setting) -> usize {
    if !setting.profile.open && setting.profile.users.user_names == UserNames::Any { write::SPELLINGS } else { 2 }
}

fn table(setting: &Setting) -> Vec<Race> {
    use {OfGroup as G, OfUser as U};
    let renamed = |n| U::Rename(n);
    let races = vec![
        Race::Creates(vec![0; 8]),
        Race::Creates(vec![0, 1]),
        Race::Creates((0..6).map(|n| n % spellings(setting)).collect()),
        Race::Addresses(4),
        Race::Resent,
        Race::Renames(3),
        Race::Group(2, 0, vec![G::Join(0), G::Join(1)]),
        Race::Group(4, 0b1100, vec![G::Join(0), G::Join(1), G::Leave(2), G::Leave(3)]),
        Race::Group(3, 0b100, vec![G::Join(0), G::Put(0b110)]),
        Race::Group(3, 0b111, vec![G::Put(0b001), G::Put(0b110), G::Leave(1)]),
        Race::User(vec![U::Deactivate, renamed(0), U::Delete]),
        Race::User(vec![U::Deactivate, U::Activate, renamed(0), renamed(1)]),
        Race::User(vec![U::Delete, U::Delete, renamed(0)]),
    ];
    races.into_iter().filter(|race| race.fits(setting)).collect()
}

/// A race; nothing where the target has not what it is about.
struct Told {
    setting: Arc<Setting>,
    race: Race,
}

impl Case for Told {
    fn script(&self) -> Script {
        if self.race.fits(&self.setting) { write::script(&self.setting, &self.race) } else { Script::default() }
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let told = |race| Box::new(Self { setting: Arc::clone(&self.setting), race }) as Box<dyn Case>;
        self.race.smaller().into_iter().map(told).collect()
    }
}

/// The races of the table that are about one of those laws.
fn races(setting: &Arc<Setting>, laws: &'static [&'static str]) -> Enumerated {
    let setting = Arc::clone(setting);
    let races = table(&setting).into_iter().filter(|race| laws.contains(&race.law()));
    Box::new(races.map(move |race| Box::new(Told { setting: Arc::clone(&setting), race }) as Box<dyn Case>))
}

fn histories(setting: &Arc<Setting>) -> BoxedStrategy<Box<dyn Case>> {
    let setting = Arc::clone(setting);
    let spellings = spellings(&setting);
    let user = prop_oneof![
        2 => Just(OfUser::Deactivate),
        1 => Just(OfUser::Activate),
        2 => (0..2_usize).prop_map(OfUser::Rename),
        2 => Just(OfUser::Delete),
    ];
    let group = prop_oneof![
        4 => (0..6_usize).prop_map(OfGroup::Join),
        3 => (0..6_usize).prop_map(OfGroup::Leave),
        1 => any::<u8>().prop_map(OfGroup::Put),
    ];
    let race = prop_oneof![
        2 => prop::collection::vec(0..spellings, 2..=8).prop_map(Race::Creates),
        1 => (2..=6_usize).prop_map(Race::Addresses),
        1 => Just(Race::Resent),
        1 => (2..=4_usize).prop_map(Race::Renames),
        3 => (2..=6_usize, any::<u8>(), prop::collection::vec(group, 2..=7))
            .prop_map(|(users, members, changes)| Race::Group(users, members, changes)),
        3 => prop::collection::vec(user, 2..=5).prop_map(Race::User),
    ];
    race.prop_map(move |race| Box::new(Told { setting: Arc::clone(&setting), race }) as Box<dyn Case>).boxed()
}

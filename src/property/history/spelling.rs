//! The names of a history: a few slots, each in one form and two spellings, so that names collide often.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::suite::Setting;
use crate::model::{Sameness, name_pairs};
use crate::profile::UserNames;

/// How many different names a history uses.
pub const SLOTS: usize = 3;

/// What the names of a slot look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The form that the profile asks for; the other spelling is in capitals.
    Identifier,
    /// Letters and digits; likewise.
    Alphanumeric,
    /// A pair of the table of names that is certain on any server that takes both.
    Pair(usize),
}

/// A spelling of the name of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// Which name.
    pub slot: usize,
    /// Whether the other spelling.
    pub other: bool,
}

/// A name, mostly in its first spelling.
pub fn spelling() -> impl Strategy<Value = Spelling> + Clone {
    (0..SLOTS, prop_oneof![7 => Just(false), 3 => Just(true)]).prop_map(|(slot, other)| Spelling { slot, other })
}

/// The forms of the names of a history: those that the profile takes. A server whose choices are not known may refuse what
/// is not ASCII, so that those are left to the suite of names.
pub fn kinds(setting: &Arc<Setting>) -> BoxedStrategy<[Kind; SLOTS]> {
    let users = &setting.profile.users;
    let certain = |pair: usize| matches!(name_pairs()[pair].verdict, Sameness::MustCollide | Sameness::MustBeDistinct);
    let pairs: Vec<Kind> = (0..name_pairs().len()).filter(|pair| certain(*pair)).map(Kind::Pair).collect();
    let ascii = prop_oneof![4 => Just(Kind::Identifier), 1 => Just(Kind::Alphanumeric)];
    let kind = if setting.profile.open || users.user_names != UserNames::Any || pairs.is_empty() {
        ascii.boxed()
    } else {
        prop_oneof![9 => ascii, 1 => proptest::sample::select(pairs)].boxed()
    };
    proptest::array::uniform3(kind).boxed()
}

impl Spelling {
    /// The name as the oracle knows it.
    pub fn text(self, kinds: &[Kind; SLOTS]) -> String {
        let Self { slot, other } = self;
        match kinds[slot] {
            Kind::Identifier => format!("{}{slot}", if other { 'N' } else { 'n' }),
            Kind::Alphanumeric => format!("{}{slot}", if other { 'X' } else { 'x' }),
            Kind::Pair(pair) => {
                let pair = &name_pairs()[pair];
                if other { pair.other.clone() } else { pair.one.clone() }
            }
        }
    }

    /// The template that becomes the name on the wire.
    pub fn template(self, kinds: &[Kind; SLOTS]) -> String {
        let Self { slot, other } = self;
        match (kinds[slot], other) {
            (Kind::Identifier, false) => format!("{{{{ n{slot}.identifier }}}}"),
            (Kind::Identifier, true) => format!("{{{{ n{slot}.identifier | upper }}}}"),
            (Kind::Alphanumeric, false) => format!("{{{{ run.marker }}}}x{slot}"),
            (Kind::Alphanumeric, true) => format!("{{{{ run.marker | upper }}}}X{slot}"),
            (Kind::Pair(_), _) => format!("{{{{ run.marker }}}}-{}", self.text(kinds)),
        }
    }

    /// The spelling of an oracle's text.
    pub fn of(text: &str, kinds: &[Kind; SLOTS]) -> Option<Self> {
        let all = (0..SLOTS).flat_map(|slot| [false, true].map(|other| Self { slot, other }));
        all.into_iter().find(|name| name.text(kinds) == text)
    }

    /// The other spelling of the same slot.
    pub fn turned(self) -> Self {
        Self { other: !self.other, ..self }
    }

    /// Whether its text can be compared without case on any server.
    pub fn ascii(self, kinds: &[Kind; SLOTS]) -> bool {
        self.text(kinds).is_ascii()
    }
}

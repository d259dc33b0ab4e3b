//! A history as the draft of a scenario: what a random test finds leaves as something that replays without the engine that
//! found it (law 7), and the engine itself runs nothing else.

use std::fmt::{self, Display, Formatter};
use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use super::races::Joint;
use crate::scenario::Draft;
pub use crate::scenario::draft::{Step, bare, basic};

/// A history that can be played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// The scenario that plays it.
    pub draft: Draft,
    /// How often it is played, alone, until it fails: what is sent at once need not go wrong every time. 0 is once, beside
    /// others.
    pub plays: usize,
    /// Judges the answers of one play together.
    pub joint: Option<Arc<Joint>>,
}

impl Script {
    /// A script without steps: its title, its people by name, what it needs of the target.
    #[must_use]
    pub fn new(title: &str, people: &[String], needs: &[&'static str]) -> Self {
        Self { draft: Draft::new(title, people, needs), ..Self::default() }
    }

    /// Whether nothing may be played beside it.
    #[must_use]
    pub fn plays_alone(&self) -> bool {
        self.alone || self.plays > 0
    }

    /// The script without those steps; whatever else there is keeps its names.
    #[must_use]
    pub fn without(&self, dropped: &Range<usize>) -> Self {
        Self { draft: self.draft.without(dropped), ..self.clone() }
    }

    /// The script with its steps numbered from 1 again.
    #[must_use]
    pub fn renumbered(self) -> Self {
        Self { draft: self.draft.renumbered(), ..self }
    }
}

impl Deref for Script {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.draft
    }
}

impl DerefMut for Script {
    fn deref_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }
}

impl Display for Script {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.draft.fmt(out)
    }
}

//! Points on which the standard is silent or ambiguous: readings instead of verdicts.

use std::collections::BTreeMap;

/// How an observed reading is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Every listed reading passes.
    Either,
    /// The preferred reading passes, another listed one is a warning.
    Prefer,
    /// The verdict depends on the client.
    Profile,
}

/// One ambiguous point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpretation {
    /// `I-46`
    pub id: String,
    /// The question.
    pub question: String,
    /// The readings seen in the wild; numbers in scenarios count from 1.
    pub readings: Vec<String>,
    /// The reading that we would choose, from 1.
    pub preferred: usize,
    /// How to judge.
    pub treatment: Treatment,
    /// The reading that a family of clients cannot do without, by the family: `entra`.
    pub needs: BTreeMap<String, usize>,
    /// Sections.
    pub refs: String,
    /// Where the documents of a product leave the point to a server (`fixtures/requirements/choices.toml`).
    pub choice: Option<Choice>,
}

/// What names the readings of a point that is left to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The switch of a profile that declares it: `users.deletion`.
    pub switch: Option<String>,
    /// The name of each reading, `hard`.
    pub names: Vec<String>,
    /// The switch's value for each reading; `Null` where it has none. A table stands for the row of a list that has these
    /// members.
    pub values: Vec<serde_json::Value>,
}

impl Choice {
    /// The number of the reading of that name, from 1.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name).map(|index| index + 1)
    }
}

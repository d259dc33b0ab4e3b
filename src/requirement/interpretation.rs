//! Points on which the standard is silent or ambiguous: readings instead of verdicts.

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
    /// Sections.
    pub refs: String,
}

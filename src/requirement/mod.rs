//! The requirement catalogue: id, source, section, level, sentence in own words, link; and the interpretations.
//!
//! Ids are data and never computed. The room knows nothing of servers, scenarios or outcomes.

mod catalogue;
mod excuse;
mod interpretation;
mod set;

pub use catalogue::{Catalogue, CatalogueError};
pub use excuse::excuse;
pub use interpretation::{Choice, Interpretation, Treatment};
pub use set::{Contradiction, STANDARD, Set, known_sets, set_of, sets};

use smol_str::SmolStr;

/// How binding a requirement is. `SHALL` and `REQUIRED` are folded into MUST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub enum Level {
    /// MUST
    #[serde(rename = "MUST")]
    Must,
    /// MUST NOT
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// SHOULD
    #[serde(rename = "SHOULD")]
    Should,
    /// SHOULD NOT
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// MAY
    #[serde(rename = "MAY")]
    May,
    /// A fact without keyword that a server is expected to follow.
    #[serde(rename = "states")]
    States,
    /// A client is known to need it; colours readiness, never the RFC verdict.
    #[serde(rename = "LENIENCY")]
    Leniency,
    /// Withdrawn by its source, never run.
    #[serde(rename = "RETIRED")]
    Retired,
}

impl Level {
    /// MUST and MUST NOT.
    #[must_use]
    pub const fn is_must(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }

    /// SHOULD and SHOULD NOT.
    #[must_use]
    pub const fn is_should(self) -> bool {
        matches!(self, Self::Should | Self::ShouldNot)
    }

    /// The word people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::States => "states",
            Self::Leniency => "LENIENCY",
            Self::Retired => "RETIRED",
        }
    }
}

/// Who has to fulfil a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The server under test.
    Server,
    /// The client: checked on our own simulators.
    Client,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// `RFC7644-3.3-5`, `OKTA-017`, `ENTRA-004`.
    pub id: String,
    /// `RFC`, `OKTA`, `ENTRA`, …: the family that a verdict is counted under.
    pub source: SmolStr,
    /// Section of the source document, `3.5.2`; empty where there is none.
    pub section: String,
    /// How binding.
    pub level: Level,
    /// Who must.
    pub actor: Actor,
    /// The sentence, in own words.
    pub summary: SmolStr,
    /// `black-box`, `needs-capability`, `needs-fault`, `not-observable`.
    pub testable: String,
    /// The capability it rests on, if any.
    pub capability: Option<String>,
    /// Where to read it.
    pub link: Option<String>,
    /// Interpretation ids.
    pub interpretations: Vec<String>,
}

impl Requirement {
    /// The document or party that the rule comes from: `RFC7644`, `HTTP`, `OKTA`. Rules of the standards share a family,
    /// but their ids begin with the document.
    #[must_use]
    pub fn document(&self) -> &str {
        if self.source == "RFC" { self.id.split('-').next().unwrap_or(&self.id) } else { &self.source }
    }
}

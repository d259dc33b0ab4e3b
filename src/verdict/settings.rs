//! What the caller asks of a verdict: which clients, how strict a gate, which baseline, what day it is.

use std::str::FromStr;

use time::Date;

use super::Baseline;
use crate::flow::Outcome;
use crate::requirement::{Level, STANDARD};

/// How strict the gate is (`--fail-on`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// A failed MUST or MUST NOT, or a client that is not ready.
    #[default]
    Must,
    /// As `must`, and a failed SHOULD or SHOULD NOT.
    Should,
    /// As `should`, and any other failure, any warning, and readiness with warnings.
    Warn,
    /// Readiness of the clients alone.
    Idp,
}

impl FailOn {
    /// Every choice, in the order of the help text.
    pub const ALL: [Self; 4] = [Self::Must, Self::Should, Self::Idp, Self::Warn];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Warn => "warn",
            Self::Idp => "idp",
        }
    }

    /// True when requirements of this level count.
    #[must_use]
    pub const fn counts(self, level: Level) -> bool {
        match self {
            Self::Must => level.is_must(),
            Self::Should => level.is_must() || level.is_should(),
            Self::Warn => !matches!(level, Level::Retired),
            Self::Idp => false,
        }
    }

    /// True when this outcome is bad enough for a requirement of a level that counts.
    #[must_use]
    pub const fn is_bad(self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Fail | Outcome::Inconclusive => true,
            Outcome::Warn => matches!(self, Self::Warn),
            _ => false,
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.as_str() == word)
            .ok_or_else(|| format!("{word} is none of must, should, idp, warn"))
    }
}

/// What the caller asks of a verdict.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The ids of the clients asked for, `okta/aiw`. Empty: all known ones are asked for.
    pub clients: Vec<String>,
    /// No client is asked for at all: nothing is said of readiness.
    pub clientless: bool,
    /// The requirement sets that are asked for (`--require`).
    pub require: Vec<String>,
    /// The selection was narrowed (`--select`): then a client that nobody named and that was not assessed
    /// does not break the gate.
    pub narrowed: bool,
    /// How strict the gate is.
    pub fail_on: FailOn,
    /// What stayed inconclusive does not break the gate.
    pub allow_inconclusive: bool,
    /// The provisioning actions of the target's profile: a flow is required only if its action is among them.
    pub actions: Vec<String>,
    /// The product that the target's profile is of, as requirements name their source (`CATALOG`): its rules count.
    pub product: Option<String>,
    /// Known failures.
    pub baseline: Option<Baseline>,
    /// The day on which a baseline row is or is not expired.
    pub today: Date,
}

impl Settings {
    /// The default gate for all clients, on that day.
    #[must_use]
    pub fn new(actions: Vec<String>, today: Date) -> Self {
        Self {
            clients: Vec::new(),
            clientless: false,
            require: vec![STANDARD.to_owned()],
            narrowed: false,
            fail_on: FailOn::Must,
            allow_inconclusive: false,
            actions,
            product: None,
            baseline: None,
            today,
        }
    }

    /// True when that requirement set was asked for.
    #[must_use]
    pub fn requires(&self, set: &str) -> bool {
        self.require.iter().any(|name| name == set)
    }

    /// True when that client was asked for.
    #[must_use]
    pub fn asks(&self, client: &str) -> bool {
        !self.clientless && (self.clients.is_empty() || self.clients.iter().any(|id| id == client))
    }

    /// True when a row of the baseline, not yet expired, covers that scenario.
    #[must_use]
    pub fn knows_scenario(&self, scenario: &str) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| baseline.covering("", scenario, self.today).is_some())
    }
}

//! Findings: a requirement, an outcome, and the evidence without which there is no verdict (law 1).

use std::cmp::Ordering;

use smol_str::SmolStr;

use crate::wire::ExchangeId;

/// The outcome of a check, worst last. `Ord` is the order of badness: the worst finding is the requirement's outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Cannot be seen from outside.
    NotObservable,
    /// The capability is not claimed, or the feature was not exercised.
    NotApplicable,
    /// As it should be.
    Pass,
    /// Tolerable, but a known source of trouble.
    Warn,
    /// A precondition failed, so nothing can be said.
    Inconclusive,
    /// Not as it must be.
    Fail,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotObservable => "not-observable",
            Self::NotApplicable => "not-applicable",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

impl PartialOrd for Outcome {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Outcome {
    fn cmp(&self, other: &Self) -> Ordering {
        (*self as u8).cmp(&(*other as u8))
    }
}

/// Where a check stands: a place in a scenario file, or a standing check's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A scenario file, `scenarios/okta/users/create.toml`, with line and column from 1.
    File {
        /// The file.
        file: SmolStr,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A check in code, by name.
    Check(&'static str),
}

/// The exchanges that a finding rests on: at least one, by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence(Vec<ExchangeId>);

impl Evidence {
    /// Evidence of one exchange.
    #[must_use]
    pub fn of(exchange: &ExchangeId) -> Self {
        Self(vec![exchange.clone()])
    }

    /// Adds a further exchange.
    #[must_use]
    pub fn and(mut self, exchange: &ExchangeId) -> Self {
        if !self.0.contains(exchange) {
            self.0.push(exchange.clone());
        }
        self
    }

    /// The exchanges; never empty. The first is the one that a curl line is made from.
    #[must_use]
    pub fn exchanges(&self) -> &[ExchangeId] {
        &self.0
    }
}

/// One judgement. A run makes some hundred thousand, so their texts are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The requirement's id.
    pub requirement: SmolStr,
    /// The outcome.
    pub outcome: Outcome,
    /// The kind of check, `status`, `at userName is`, or a standing check's name.
    pub check: SmolStr,
    /// The scenario's id.
    pub scenario: SmolStr,
    /// The step's name.
    pub step: SmolStr,
    /// Where the check stands.
    pub position: Position,
    /// What was expected, as a phrase: `status 409`.
    pub expected: SmolStr,
    /// What came, as a phrase: `status 200`.
    pub got: SmolStr,
    /// The exchanges.
    pub evidence: Evidence,
}

/// The checks in code that one exchange passed. They are most of what a run finds and nothing more is ever said of them,
/// so they are kept together, without words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The scenario's id.
    pub scenario: SmolStr,
    /// The step's name.
    pub step: SmolStr,
    /// Requirement and name of the check, in the order of the checks.
    pub checks: Vec<(&'static str, &'static str)>,
    /// The exchange.
    pub evidence: Evidence,
}

/// How the server reads an ambiguous point of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The interpretation's id, `I-46`.
    pub interpretation: SmolStr,
    /// The reading's number, from 1.
    pub number: usize,
    /// The scenario's id.
    pub scenario: SmolStr,
    /// The exchanges.
    pub evidence: Evidence,
}

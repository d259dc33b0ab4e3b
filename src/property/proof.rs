//! What came of testing: per law, with the smallest history that breaks it. It knows nothing of how it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::script::{Script, bare};
use crate::flow::{Finding, Outcome, Position};
use crate::wire::Exchange;

/// What came of all suites.
#[derive(Debug, Default)]
pub struct Proof {
    /// Every law of every suite that was asked for, and every other requirement that failed, in the order of their ids.
    pub laws: Vec<Law>,
    /// The suites in the order of the table.
    pub suites: Vec<Played>,
    /// How the target reads points that its documents leave open: interpretation and number of the reading.
    pub readings: Vec<(String, usize)>,
    /// Of these points, the number of the reading that the target's profile declares.
    pub declared: BTreeMap<String, usize>,
    /// Resources that could not be removed, by path.
    pub leftovers: Vec<String>,
    /// The user interrupted.
    pub interrupted: bool,
    /// The time budget ended it before all histories were played.
    pub out_of_time: bool,
}

/// What came of one law.
#[derive(Debug)]
pub struct Law {
    /// The requirement's id.
    pub id: String,
    /// How far it holds.
    pub state: State,
    /// How often a row judged it.
    pub judged: u64,
    /// How often nothing could be said.
    pub inconclusive: u64,
    /// True when every history of every suite that judges it was played, and all of them are all there are.
    pub exhaustive: bool,
}

/// How far a law holds.
#[derive(Debug)]
pub enum State {
    /// It was judged, and nothing spoke against it.
    Holds,
    /// A history breaks it.
    Fails(Box<CounterExample>),
    /// No row judged it, with the reason.
    Inconclusive(String),
    /// The target lacks what it needs, with the reason.
    NotObservable(String),
}

/// What came of one suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// The suite.
    pub name: String,
    /// Its sentence.
    pub title: String,
    /// Histories that were played.
    pub histories: u64,
    /// True when these are all there are.
    pub exhaustive: bool,
    /// Why it was not played.
    pub skipped: Option<String>,
}

/// A history that breaks a law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterExample {
    /// The suite that drew it.
    pub suite: String,
    /// The seed that drew it.
    pub seed: u64,
    /// Which history of the suite it comes from, from 0; with the seed it is found again.
    pub case: u64,
    /// The scenario file that repeats it.
    pub scenario: String,
    /// How many requests it sends, in the place that is made for it.
    pub requests: usize,
    /// How many requests make that place: an organization of its own.
    pub set_up: usize,
    /// What failed, this law's findings first.
    pub findings: Vec<Finding>,
    /// What was sent at once, in the order of sending; empty where nothing was.
    pub moments: Vec<Moment>,
    /// False when the smallest history did not fail when it was played once more.
    pub repeats: bool,
}

/// A request that was sent at once with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// What it is for.
    pub step: String,
    /// From the first of them being sent to this one being sent.
    pub start: Duration,
    /// From the first of them being sent to this one's answer.
    pub end: Duration,
    /// The status, or why none came.
    pub answer: String,
}

impl CounterExample {
    /// True when a row of the scenario file fails, so that `run` on it does. False when only the answers taken together are
    /// wrong, which no row can say: each may be right by itself, and no serial order gives all of them.
    #[must_use]
    pub fn run_fails(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding.position, Position::File { .. }))
    }
}

/// The requests of a play that were sent at once.
pub(super) fn moments(script: &Script, exchanges: &[Arc<Exchange>]) -> Vec<Moment> {
    let at_once: Vec<&str> = script.at_once().collect();
    let mut sent: Vec<&Exchange> =
        exchanges.iter().map(Arc::as_ref).filter(|exchange| at_once.contains(&exchange.step.as_str())).collect();
    sent.sort_by_key(|exchange| exchange.started);
    let first = sent.first().map(|exchange| exchange.started).unwrap_or_default();
    let moment = |exchange: &Exchange| Moment {
        step: bare(&exchange.step).to_owned(),
        start: exchange.started.saturating_sub(first),
        end: (exchange.started + exchange.duration).saturating_sub(first),
        answer: exchange
            .answer
            .as_ref()
            .map_or_else(|failure| failure.reason.clone(), |answer| answer.status.to_string()),
    };
    sent.into_iter().map(moment).collect()
}

impl Law {
    /// The word in reports.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match &self.state {
            State::Holds => Outcome::Pass,
            State::Fails(_) => Outcome::Fail,
            State::Inconclusive(_) => Outcome::Inconclusive,
            State::NotObservable(_) => Outcome::NotObservable,
        }
    }

    /// The counter-example, if it fails.
    #[must_use]
    pub fn counter_example(&self) -> Option<&CounterExample> {
        match &self.state {
            State::Fails(found) => Some(found),
            _ => None,
        }
    }
}

impl Proof {
    /// True when no law fails, none that could be judged stayed open, and nothing was left behind.
    #[must_use]
    pub fn holds(&self) -> bool {
        let open = |law: &Law| matches!(law.outcome(), Outcome::Fail | Outcome::Inconclusive);
        self.leftovers.is_empty() && !self.laws.iter().any(open)
    }

    /// The law of that id.
    #[must_use]
    pub fn law(&self, id: &str) -> Option<&Law> {
        self.laws.iter().find(|law| law.id == id)
    }

    /// How many laws have each outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.laws.iter().filter(|law| law.outcome() == outcome).count()
    }

    /// How many histories were played.
    #[must_use]
    pub fn histories(&self) -> u64 {
        self.suites.iter().map(|suite| suite.histories).sum()
    }
}

/// How often each requirement was judged.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, (u64, u64)>,
    /// Why a requirement could not be seen.
    unseen: BTreeMap<String, String>,
    /// What a row said by which a requirement stayed open.
    open: BTreeMap<String, String>,
    /// How the check of a row begins that looks at a role.
    role: String,
}

impl Tally {
    /// `role_at`: where a role stands in the answer that shows it.
    pub fn new(role_at: &str) -> Self {
        Self { role: format!("at {} ", crate::check::short(role_at)), ..Self::default() }
    }

    /// A law of roles is not kept by rows that look at no role: they can only break it.
    fn speaks(&self, finding: &Finding) -> bool {
        !finding.requirement.starts_with("PROP-ROLE-") || finding.check.starts_with(&self.role)
    }

    pub fn add(&mut self, finding: &Finding) {
        let speaks = self.speaks(finding);
        // A fresh String only for a requirement that was never seen: this runs for every row of every history.
        if !self.counts.contains_key(finding.requirement.as_str()) {
            self.counts.insert(finding.requirement.to_string(), (0, 0));
        }
        let Some((judged, open)) = self.counts.get_mut(finding.requirement.as_str()) else { return };
        match finding.outcome {
            Outcome::Pass if !speaks => {}
            Outcome::Pass | Outcome::Fail => *judged += 1,
            // A warning alone holds no law.
            Outcome::Warn | Outcome::Inconclusive => {
                *open += 1;
                if *open == 1 {
                    self.open.insert(finding.requirement.to_string(), finding.got.to_string());
                }
            }
            Outcome::NotObservable if !self.unseen.contains_key(finding.requirement.as_str()) => {
                self.unseen.insert(finding.requirement.to_string(), finding.got.to_string());
            }
            Outcome::NotObservable | Outcome::NotApplicable => {}
        }
    }

    pub fn of(&self, id: &str) -> (u64, u64) {
        self.counts.get(id).copied().unwrap_or_default()
    }

    /// What came in a row by which it stayed open.
    pub fn open(&self, id: &str) -> Option<&str> {
        self.open.get(id).map(String::as_str).filter(|got| !got.is_empty())
    }

    /// Why it could not be seen, where a judge said so.
    pub fn unseen(&self, id: &str) -> Option<&str> {
        self.unseen.get(id).map(String::as_str)
    }
}

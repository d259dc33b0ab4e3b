//! The events of a run, in the order they happened; every report is written from them (law 10).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Finding, Held, Reading};
use crate::wire::Exchange;

/// Why something that was selected did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// The target does not claim a capability that it needs.
    Capability(String),
    /// It needs more users than `--max-users` allows.
    Budget(String),
    /// The target's profile says that this cannot be.
    Profile(String),
    /// The surface that shows it is not there: these requirements cannot be judged, and are never counted as held.
    NotObservable {
        /// Which surface, and how it is given.
        why: String,
        /// The requirements that the scenario would have judged.
        requirements: Vec<String>,
    },
    /// The run was interrupted before it began.
    Interrupted,
}

impl SkipReason {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Capability(_) => "capability",
            Self::Budget(_) => "budget",
            Self::Profile(_) => "profile",
            Self::NotObservable { .. } => "not-observable",
            Self::Interrupted => "interrupted",
        }
    }

    /// Why, as a phrase.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self {
            Self::Capability(name) => format!("needs {name}, which the target does not have"),
            Self::Budget(why) | Self::Profile(why) => why.clone(),
            Self::NotObservable { why, .. } => format!("not-observable: {why}"),
            Self::Interrupted => "the run was interrupted before it began".to_owned(),
        }
    }
}

/// A resource that the run created and could not remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its path below the base URL, `/Users/42`; below another base URL the whole URL.
    pub path: String,
    /// Why it is still there.
    pub reason: String,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run begins.
    RunStarted {
        /// The seed of every drawn value.
        seed: u64,
        /// The base URL; `None` for the bundled server.
        target: Option<String>,
        /// The profile of the target.
        profile: String,
        /// How many scenarios will run.
        planned: usize,
    },
    /// `/ServiceProviderConfig` was read; `Null` where there is none.
    Capabilities(Value),
    /// A scenario will not run.
    Skipped {
        /// Its id.
        scenario: String,
        /// The client profiles that its evidence would have counted for.
        clients: Vec<String>,
        /// The flows that it would have completed.
        flows: Vec<String>,
        /// Why.
        reason: SkipReason,
    },
    /// A scenario begins.
    ScenarioStarted {
        /// Its id.
        scenario: String,
    },
    /// A request was answered, or failed.
    Exchanged(Arc<Exchange>),
    /// A check was judged.
    Found(Arc<Finding>),
    /// Checks were passed.
    Held(Arc<Held>),
    /// A reading was seen.
    Read(Reading),
    /// A scenario is over.
    ScenarioFinished {
        /// Its id.
        scenario: String,
        /// The client profiles that its evidence counts for, `okta/aiw`.
        clients: Vec<String>,
        /// The flows of those clients that it shows, `OKTA-F03`.
        flows: Vec<String>,
        /// True when every step was sent and answered.
        completed: bool,
    },
    /// The target asked to slow down: a 429 or 503 that was waited out.
    Throttled {
        /// The status of the answer, 429 or 503.
        status: u16,
        /// How long the target asked to wait.
        waited: Duration,
    },
    /// Everything that was created has been dealt with.
    CleanedUp {
        /// What is still there.
        leftovers: Vec<Leftover>,
        /// How many resources could only be deactivated.
        retired: usize,
    },
    /// The run was interrupted.
    Interrupted,
    /// The run is over.
    RunFinished {
        /// Wall time.
        duration: Duration,
    },
}

impl Event {
    /// The scenario that it belongs to; none for what is of the whole run.
    #[must_use]
    pub fn scenario(&self) -> Option<&str> {
        match self {
            Self::ScenarioStarted { scenario } | Self::ScenarioFinished { scenario, .. } => Some(scenario),
            Self::Exchanged(exchange) => Some(exchange.scenario.as_str()).filter(|scenario| !scenario.is_empty()),
            Self::Found(finding) => Some(finding.scenario.as_str()).filter(|scenario| !scenario.is_empty()),
            Self::Held(held) => Some(held.scenario.as_str()).filter(|scenario| !scenario.is_empty()),
            Self::Read(reading) => Some(reading.scenario.as_str()).filter(|scenario| !scenario.is_empty()),
            _ => None,
        }
    }
}

/// The events of a run scenario by scenario, each in the order it happened: runs that differ only in what was faster are
/// told alike. What is of the whole run keeps its place before or after all scenarios.
#[must_use]
pub fn told(mut events: Vec<Event>) -> Vec<Event> {
    let first = events.iter().position(|event| event.scenario().is_some()).unwrap_or(events.len());
    events[first..].sort_by(|a, b| turn(a).cmp(&turn(b)));
    events
}

/// When an event is told: with its scenario; then what was sent for no scenario, by sender; then the rest.
fn turn(event: &Event) -> (u8, &str) {
    match (event.scenario(), event) {
        (Some(scenario), _) => (0, scenario),
        (None, Event::Exchanged(exchange)) => (1, exchange.id.0.split('#').next().unwrap_or_default()),
        (None, _) => (2, ""),
    }
}

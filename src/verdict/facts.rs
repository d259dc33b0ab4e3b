//! One pass over the events: what ran, what was sent, what was seen. It gathers and judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use smol_str::SmolStr;

use crate::flow::{Event, Finding, Held, Leftover, Reading, SkipReason};
use crate::wire::{Exchange, Method, Root};

/// What is known of one scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScenarioFacts {
    /// The clients that its evidence counts for.
    pub clients: Vec<String>,
    /// The flows that it shows.
    pub flows: Vec<String>,
    /// Its end was seen.
    pub finished: bool,
    /// Every step was sent and answered.
    pub completed: bool,
    /// A request got no answer.
    pub unanswered: bool,
    /// It changed something on the server.
    pub wrote: bool,
    /// It read something after it had changed something.
    pub reread: bool,
    /// The time spent waiting for answers.
    pub duration: Duration,
}

impl ScenarioFacts {
    /// Evidence that a flow works: completed, and what was written was read again (law 2).
    #[must_use]
    pub const fn is_evidence(&self) -> bool {
        self.completed && (!self.wrote || self.reread)
    }

    fn learn(&mut self, exchange: &Exchange) {
        self.duration += exchange.duration;
        self.unanswered |= exchange.answer.is_err();
        let (request, path) = (&exchange.request, exchange.request.path());
        let looks = path.ends_with("/.search") || request.root == Root::Admin && path == "/oauth2/introspect";
        if request.method.writes() && !(request.method == Method::Post && looks) {
            self.wrote = true;
        } else if self.wrote && exchange.answer.is_ok() {
            self.reread = true;
        }
    }
}

/// A scenario that was selected and did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub scenario: String,
    /// The clients that its evidence would have counted for.
    pub clients: Vec<String>,
    /// The flows that it would have shown.
    pub flows: Vec<String>,
    /// Why.
    pub reason: SkipReason,
}

/// The facts of a run.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The seed, once the run began.
    pub seed: Option<u64>,
    /// The base URL; `None` for the bundled server.
    pub target: Option<String>,
    /// The target's profile, once the run began.
    pub profile: Option<String>,
    /// How many scenarios were to run.
    pub planned: usize,
    /// `/ServiceProviderConfig`; `Null` if there is none or it was not read.
    pub capabilities: Value,
    /// The scenarios that began or left a trace, by id.
    pub scenarios: BTreeMap<SmolStr, ScenarioFacts>,
    /// What did not run.
    pub skipped: Vec<Skipped>,
    /// How many requests were sent.
    pub exchanges: usize,
    /// How many of them got no answer.
    pub unanswered: usize,
    /// What is still there.
    pub leftovers: Vec<Leftover>,
    /// How many resources could only be deactivated.
    pub retired: usize,
    /// How often the target asked to slow down, by status.
    pub throttled: BTreeMap<u16, usize>,
    /// For how long altogether.
    pub waited: Duration,
    /// The run was interrupted.
    pub interrupted: bool,
    /// Wall time, once the run is over.
    pub duration: Option<Duration>,
}

/// What was said of the exchanges, in the order of the events.
#[derive(Debug, Default)]
pub struct Said<'a> {
    /// The judgements.
    pub findings: Vec<&'a Arc<Finding>>,
    /// What was passed.
    pub held: Vec<&'a Arc<Held>>,
    /// The readings.
    pub readings: Vec<&'a Reading>,
}

impl Facts {
    /// Gathers the facts, and what was said.
    #[must_use]
    pub fn gather(events: &[Event]) -> (Self, Said<'_>) {
        let (mut facts, mut said) = (Self::default(), Said::default());
        for event in events {
            match event {
                Event::RunStarted { seed, target, profile, planned } => {
                    facts.seed = Some(*seed);
                    facts.target.clone_from(target);
                    facts.profile = Some(profile.clone());
                    facts.planned = *planned;
                }
                Event::Capabilities(value) => facts.capabilities = value.clone(),
                Event::Skipped { scenario, clients, flows, reason } => facts.skipped.push(Skipped {
                    scenario: scenario.clone(),
                    clients: clients.clone(),
                    flows: flows.clone(),
                    reason: reason.clone(),
                }),
                Event::ScenarioStarted { scenario } => {
                    facts.scenarios.entry(scenario.into()).or_default();
                }
                Event::Exchanged(exchange) => {
                    facts.exchanges += 1;
                    facts.unanswered += usize::from(exchange.answer.is_err());
                    if !exchange.scenario.is_empty() {
                        facts.scenarios.entry(exchange.scenario.clone()).or_default().learn(exchange);
                    }
                }
                Event::Found(finding) => {
                    if !finding.scenario.is_empty() {
                        facts.scenarios.entry(finding.scenario.clone()).or_default();
                    }
                    said.findings.push(finding);
                }
                Event::Held(held) => {
                    if !held.scenario.is_empty() {
                        facts.scenarios.entry(held.scenario.clone()).or_default();
                    }
                    said.held.push(held);
                }
                Event::Read(reading) => said.readings.push(reading),
                Event::ScenarioFinished { scenario, clients, flows, completed } => {
                    let known = facts.scenarios.entry(scenario.into()).or_default();
                    known.clients.clone_from(clients);
                    known.flows.clone_from(flows);
                    known.finished = true;
                    known.completed = *completed;
                }
                Event::Throttled { status, waited } => {
                    *facts.throttled.entry(*status).or_default() += 1;
                    facts.waited += *waited;
                }
                Event::CleanedUp { leftovers, retired } => {
                    facts.leftovers.extend(leftovers.iter().cloned());
                    facts.retired += retired;
                }
                Event::Interrupted => facts.interrupted = true,
                Event::RunFinished { duration } => facts.duration = Some(*duration),
            }
        }
        (facts, said)
    }

    /// The clients whose evidence that scenario is.
    #[must_use]
    pub fn clients_of(&self, scenario: &str) -> &[String] {
        self.scenarios.get(scenario).map_or(&[], |facts| &facts.clients)
    }

    /// How many scenarios ran to their end.
    #[must_use]
    pub fn finished(&self) -> usize {
        self.scenarios.values().filter(|facts| facts.finished).count()
    }

    /// True when requests were sent and not one was answered: the target is not there.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        self.exchanges > 0 && self.unanswered == self.exchanges
    }

    /// The capabilities that `/ServiceProviderConfig` denies, in its words (`patch`, `filter` …).
    #[must_use]
    pub fn denied(&self) -> BTreeSet<&str> {
        let members = self.capabilities.as_object().into_iter().flatten();
        members.filter(|(_, value)| value["supported"] == Value::Bool(false)).map(|(name, _)| name.as_str()).collect()
    }
}

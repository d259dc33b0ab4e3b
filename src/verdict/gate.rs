//! The gate: what counts, and what of it stands in the way. It knows nothing of exit codes.

use super::facts::Facts;
use super::readiness::{family, source};
use super::{ClientVerdict, FailOn, Judged, Readiness, Settings};
use crate::flow::{Outcome, SkipReason};
use crate::requirement::{Level, STANDARD, set_of};

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A requirement that counts failed, or gave a warning where warnings count.
    Requirement {
        /// Its id.
        id: String,
        /// Its level.
        level: Level,
        /// `Fail` or `Warn`.
        outcome: Outcome,
    },
    /// A client that was asked for is not ready.
    Client {
        /// `okta/aiw`
        id: String,
        /// What it is instead.
        readiness: Readiness,
    },
    /// A requirement that counts could not be judged.
    Inconclusive {
        /// Its id.
        id: String,
    },
    /// A scenario would have needed more users than the run may create.
    Budget {
        /// Its id.
        scenario: String,
    },
    /// Resources that could not be removed.
    Leftovers(usize),
}

impl Problem {
    /// The problem as a phrase.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self {
            Self::Requirement { id, level, outcome } => format!("{id} ({}): {}", level.as_str(), outcome.as_str()),
            Self::Client { id, readiness } => format!("{id} is {}", readiness.as_str()),
            Self::Inconclusive { id } => format!("{id} is inconclusive"),
            Self::Budget { scenario } => format!("{scenario} needs more users than --max-users"),
            Self::Leftovers(1) => "1 leftover".to_owned(),
            Self::Leftovers(count) => format!("{count} leftovers"),
        }
    }
}

/// The gate's verdict: passed when there is no problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// What stands in the way, each once.
    pub problems: Vec<Problem>,
    /// How many problems `--allow-inconclusive` lifted.
    pub allowed: usize,
}

impl Gate {
    /// True when nothing stands in the way.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

/// True when that finding counts at the gate by its source, level and outcome; the baseline is not looked at.
#[must_use]
pub fn counts(it: &Judged, facts: &Facts, asked: &[&str], settings: &Settings) -> bool {
    let rfc = it.source == "RFC";
    let set = set_of(&it.finding.requirement).map(|set| set.name.as_str()).or(rfc.then_some(STANDARD));
    let required = set.is_some_and(|set| settings.requires(set));
    let own = settings.product.as_deref() == Some(it.source.as_str());
    // A law that `prove` saw broken is played again by `run`, whatever the target.
    let law = it.source == "PROP";
    if !required && !own && !law && !asked.iter().any(|id| source(id) == it.source) {
        return false;
    }
    let outcome = it.finding.outcome;
    if settings.fail_on == FailOn::Idp {
        // Readiness alone: what stays open counts where readiness would rest on it.
        let rests = facts.clients_of(&it.finding.scenario).iter().any(|id| asked.contains(&id.as_str()));
        return outcome == Outcome::Inconclusive && it.level.is_must() && (set.is_none() || rests);
    }
    settings.fail_on.counts(it.level) && settings.fail_on.is_bad(outcome)
}

/// Judges the gate.
#[must_use]
pub fn judge(judged: &[Judged], clients: &[ClientVerdict], facts: &Facts, settings: &Settings) -> Gate {
    let mut gate = Gate::default();
    let mut open = Vec::new();
    let add = |to: &mut Vec<Problem>, problem: Problem| {
        if !to.contains(&problem) {
            to.push(problem);
        }
    };
    for it in judged.iter().filter(|it| it.gated) {
        let id = it.finding.requirement.to_string();
        match it.finding.outcome {
            Outcome::Inconclusive => add(&mut open, Problem::Inconclusive { id }),
            outcome => add(&mut gate.problems, Problem::Requirement { id, level: it.level, outcome }),
        }
    }
    // What failed elsewhere is not open: the worst finding is the requirement's outcome.
    open.retain(|it| {
        let failed = |problem: &Problem| matches!((problem, it), (Problem::Requirement { id, .. }, Problem::Inconclusive { id: open }) if id == open);
        !gate.problems.iter().any(failed)
    });
    for it in facts.skipped.iter().filter(|it| matches!(it.reason, SkipReason::Budget(_))) {
        if !settings.knows_scenario(&it.scenario) {
            add(&mut open, Problem::Budget { scenario: it.scenario.clone() });
        }
    }
    for client in clients.iter().filter(|client| client.asked && stands_in_the_way(client, settings)) {
        add(&mut gate.problems, Problem::Client { id: client.id.clone(), readiness: client.readiness });
    }
    if settings.allow_inconclusive {
        gate.allowed = open.len();
    } else {
        gate.problems.append(&mut open);
    }
    if !facts.leftovers.is_empty() {
        gate.problems.push(Problem::Leftovers(facts.leftovers.len()));
    }
    gate
}

fn stands_in_the_way(client: &ClientVerdict, settings: &Settings) -> bool {
    let causes = || client.reasons.iter().filter(|reason| reason.leads_to >= client.readiness);
    let new = causes().next().is_none() || causes().any(|reason| !reason.known);
    match client.readiness {
        Readiness::Ready => false,
        Readiness::ReadyWithWarnings => new && settings.fail_on == FailOn::Warn,
        // Nobody named it, and nothing was to run that would have said something about it.
        Readiness::NotAssessed if settings.clients.is_empty() && (settings.narrowed || client.flows_required == 0) => {
            false
        }
        Readiness::NotAssessed | Readiness::NotReady => new,
    }
}

/// The worst readiness per family over the clients that were asked for; over all of a family of which none was.
#[must_use]
pub fn families(clients: &[ClientVerdict]) -> Vec<(String, Readiness)> {
    let mut families: Vec<(String, Readiness)> = Vec::new();
    for client in clients {
        let kin = || clients.iter().filter(|other| other.family() == client.family());
        if families.iter().any(|(name, _)| name == client.family()) {
            continue;
        }
        let asked = kin().filter(|other| other.asked).map(|other| other.readiness).max();
        let worst = asked.or_else(|| kin().map(|other| other.readiness).max()).unwrap_or(client.readiness);
        families.push((family(&client.id).to_owned(), worst));
    }
    families
}

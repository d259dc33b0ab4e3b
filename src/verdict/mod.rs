//! Events in, verdict out: outcome per requirement, readiness per IdP, baseline, gate, exit code.
//!
//! Pure: it is handed what happened and what was asked for, and knows nothing of engines, files, clocks or reports.

mod baseline;
#[cfg(test)]
mod baseline_tests;
mod cause;
pub mod coverage;
mod exit;
mod facts;
mod gate;
mod readiness;
#[cfg(test)]
pub(crate) mod sample;
mod settings;
#[cfg(test)]
mod tests;

pub use baseline::{Baseline, BaselineError, BaselineVerdict, Covers, Known};
pub use cause::Cause;
pub use exit::ExitCode;
pub use facts::{Facts, ScenarioFacts, Skipped};
pub use gate::{Gate, Problem};
pub use readiness::{ClientVerdict, Readiness, Reason, ReasonKind};
pub use settings::{FailOn, Settings};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use smol_str::SmolStr;

use crate::flow::{Event, Finding, Held, Outcome, Reading, SkipReason};
use crate::idp::Client;
use crate::requirement::{Actor, Catalogue, Contradiction, Interpretation, Level, Requirement, sets};

/// The outcome of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementVerdict {
    /// Its id.
    pub id: String,
    /// Its source: `RFC`, `OKTA` …
    pub source: String,
    /// Its level.
    pub level: Level,
    /// The worst outcome of its findings.
    pub outcome: Outcome,
    /// A named fault of the bundled server is known to turn it red.
    pub proven: bool,
    /// How many findings there were.
    pub findings: usize,
}

/// A finding with what the catalogue and the settings make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The finding.
    pub finding: Arc<Finding>,
    /// The requirement's source.
    pub source: SmolStr,
    /// The requirement's level.
    pub level: Level,
    /// The requirement's sentence.
    pub summary: SmolStr,
    /// It counts at the gate and no baseline row covers it. An inconclusive one is `gated` whether or not it is allowed.
    pub gated: bool,
    /// The baseline row that covers it, by index, if it is bad and one does.
    pub known: Option<usize>,
    /// The cause that it stands under, by its place among the verdict's causes.
    pub cause: Option<usize>,
}

/// How the server reads an ambiguous point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingSeen {
    /// `I-46`
    pub interpretation: String,
    /// The readings that were seen, from 1, in rising order. More than one: the server is not of one mind.
    pub numbers: Vec<usize>,
    /// The clients asked for whose own scenarios saw it.
    pub clients: Vec<String>,
    /// Another reading was seen than the one that we would choose, and none that a client needs is known.
    pub uncommon: bool,
    /// The families of clients asked for that need a reading which was not seen, with its number.
    pub against: Vec<(String, usize)>,
}

impl ReadingSeen {
    /// It may decide whether a client that was asked for works: it needs another reading, or it met one that is not common.
    #[must_use]
    pub fn decides(&self) -> bool {
        !self.against.is_empty() || self.uncommon && !self.clients.is_empty()
    }
}

/// The verdict of a run.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What happened.
    pub facts: Facts,
    /// Every requirement of the catalogue that is not retired, in the order of the ids.
    pub requirements: Vec<RequirementVerdict>,
    /// Every finding in the order of the events.
    pub findings: Vec<Judged>,
    /// What was passed beside them, in the order of the events.
    pub held: Vec<Arc<Held>>,
    /// The failures by their roots, those first that break the most clients.
    pub causes: Vec<Cause>,
    /// The readings, each interpretation once: what decides for a client first, then what one met, then the rest, by id.
    pub readings: Vec<ReadingSeen>,
    /// Every known client, asked for or not, in the order given.
    pub clients: Vec<ClientVerdict>,
    /// Readiness per family: the worst of the variants asked for, of all where none was.
    pub families: Vec<(String, Readiness)>,
    /// The gate.
    pub gate: Gate,
    /// The product that the target's profile is of.
    pub product: Option<String>,
    /// The requirement sets that were asked for.
    pub require: Vec<String>,
    /// Where two of them cannot both be met, and one was not; each with the name of the set that says so.
    pub contradictions: Vec<(&'static str, &'static Contradiction)>,
    /// How strict the gate was.
    pub fail_on: FailOn,
    /// The comparison with the baseline.
    pub baseline: BaselineVerdict,
    /// Requirement ids of findings that the catalogue does not have: a fault of the tool.
    pub unknown: Vec<String>,
    /// How the run ends. The caller may know of more: [`ExitCode::first`].
    pub exit: ExitCode,
}

impl Verdict {
    /// Judges a run. `clients` are the known client profiles ([`crate::idp::clients`]).
    #[must_use]
    pub fn judge(events: &[Event], catalogue: &Catalogue, clients: &[Client], settings: &Settings) -> Self {
        let (facts, said) = Facts::gather(events);
        let held: Vec<_> = said.held.into_iter().cloned().collect();
        let found = said.findings.iter().map(|finding| finding.requirement.as_str());
        let unknown: BTreeSet<_> = found
            .chain(held.iter().flat_map(|held| &held.checks).map(|(requirement, _)| *requirement))
            .filter(|id| catalogue.get(id).is_none())
            .map(str::to_owned)
            .collect();
        let mut judged: Vec<_> = said
            .findings
            .into_iter()
            .filter_map(|finding| Some(look_up(finding, catalogue.get(&finding.requirement)?, settings)))
            .collect();
        let clients: Vec<_> =
            clients.iter().map(|client| readiness::assess(client, &facts, &judged, settings)).collect();
        let asked: Vec<_> = clients.iter().filter(|it| it.asked).map(|it| it.id.as_str()).collect();
        for it in &mut judged {
            it.gated = it.known.is_none() && gate::counts(it, &facts, &asked, settings);
        }
        let causes = cause::causes(events, &judged, &held, &clients);
        for (number, cause) in causes.iter().enumerate() {
            cause.findings.iter().for_each(|n| judged[*n].cause = Some(number));
        }
        let gate = gate::judge(&judged, &clients, &facts, settings);
        let baseline = settings
            .baseline
            .as_ref()
            .map(|baseline| baseline.compare(&judged, &held, settings.fail_on, settings.today))
            .unwrap_or_default();
        let exit = exit(&facts, &unknown, &gate, &baseline);
        Self {
            contradictions: contradictions(&judged, settings),
            require: settings.require.clone(),
            requirements: requirements(catalogue, &judged, &held, &facts),
            readings: unique(&said.readings, catalogue, &facts, &asked),
            families: gate::families(&clients),
            findings: judged,
            held,
            causes,
            unknown: unknown.into_iter().collect(),
            product: settings.product.clone(),
            fail_on: settings.fail_on,
            facts,
            clients,
            gate,
            baseline,
            exit,
        }
    }

    /// How many requirements have each outcome; every outcome is listed.
    #[must_use]
    pub fn counts(&self) -> Vec<(Outcome, usize)> {
        const ALL: [Outcome; 6] = [
            Outcome::Pass,
            Outcome::Warn,
            Outcome::Fail,
            Outcome::Inconclusive,
            Outcome::NotApplicable,
            Outcome::NotObservable,
        ];
        ALL.into_iter().map(|outcome| (outcome, self.count(|it| it.outcome == outcome))).collect()
    }

    /// How many requirements fulfil a condition.
    #[must_use]
    pub fn count(&self, condition: impl Fn(&RequirementVerdict) -> bool) -> usize {
        self.requirements.iter().filter(|it| condition(it)).count()
    }
}

fn look_up(finding: &Arc<Finding>, requirement: &Requirement, settings: &Settings) -> Judged {
    let row = || settings.baseline.as_ref()?.covering(&finding.requirement, &finding.scenario, settings.today);
    Judged {
        finding: Arc::clone(finding),
        source: requirement.source.clone(),
        level: requirement.level,
        summary: requirement.summary.clone(),
        gated: false,
        cause: None,
        known: if settings.fail_on.is_bad(finding.outcome) { row() } else { None },
    }
}

fn exit(facts: &Facts, unknown: &BTreeSet<String>, gate: &Gate, baseline: &BaselineVerdict) -> ExitCode {
    let nothing_ran = facts.planned == 0 && facts.scenarios.is_empty();
    let causes = [
        (facts.interrupted, ExitCode::Interrupted),
        (!unknown.is_empty(), ExitCode::Fault),
        (facts.is_unreachable(), ExitCode::Unreachable),
        // All skipped is only an answer where it stands in somebody's way.
        (nothing_ran && (facts.skipped.is_empty() || gate.passed()), ExitCode::NothingSelected),
        (baseline.is_broken(), ExitCode::BaselineBroken),
        (!gate.passed(), ExitCode::GateNotPassed),
    ];
    ExitCode::first(causes.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code))
}

/// The contradictions between sets that were both asked for, as far as something failed by them.
fn contradictions(judged: &[Judged], settings: &Settings) -> Vec<(&'static str, &'static Contradiction)> {
    let failed =
        |id: &String| judged.iter().any(|it| it.finding.outcome == Outcome::Fail && it.finding.requirement == *id);
    let asked = sets().iter().filter(|set| settings.requires(&set.name));
    let all = asked.flat_map(|set| set.contradictions.iter().map(|it| (set.name.as_str(), it)));
    all.filter(|(_, it)| settings.requires(&it.with) && it.here.iter().chain(&it.there).any(failed)).collect()
}

/// One row per requirement: the worst of its findings, or why there are none.
fn requirements(
    catalogue: &Catalogue,
    judged: &[Judged],
    held: &[Arc<Held>],
    facts: &Facts,
) -> Vec<RequirementVerdict> {
    let mut found = BTreeMap::<&str, (Outcome, usize)>::new();
    for it in judged {
        let entry = found.entry(&it.finding.requirement).or_insert((it.finding.outcome, 0));
        *entry = (entry.0.max(it.finding.outcome), entry.1 + 1);
    }
    for (requirement, _) in held.iter().flat_map(|held| &held.checks) {
        let entry = found.entry(requirement).or_insert((Outcome::Pass, 0));
        *entry = (entry.0.max(Outcome::Pass), entry.1 + 1);
    }
    // Skipped for want of the surface that shows it.
    let unseen: BTreeSet<&str> = facts
        .skipped
        .iter()
        .filter_map(|it| match &it.reason {
            SkipReason::NotObservable { requirements, .. } => Some(requirements),
            _ => None,
        })
        .flatten()
        .map(String::as_str)
        .collect();
    let silent = |requirement: &Requirement| match (requirement.testable.as_str(), requirement.actor) {
        ("not-observable", Actor::Server) => Outcome::NotObservable,
        _ if unseen.contains(requirement.id.as_str()) => Outcome::NotObservable,
        _ => Outcome::NotApplicable,
    };
    catalogue
        .requirements()
        .filter(|requirement| requirement.level != Level::Retired)
        .map(|requirement| {
            let (outcome, findings) = found.get(requirement.id.as_str()).copied().unwrap_or((silent(requirement), 0));
            RequirementVerdict {
                id: requirement.id.clone(),
                source: requirement.source.to_string(),
                level: requirement.level,
                outcome,
                proven: is_proven(&requirement.id),
                findings,
            }
        })
        .collect()
}

/// The families asked for that need a reading which is not among these.
fn against(it: &Interpretation, numbers: &BTreeSet<usize>, asked: &[&str]) -> Vec<(String, usize)> {
    let wanted = it.needs.iter().filter(|(family, number)| {
        !numbers.contains(number) && asked.iter().any(|client| readiness::family(client) == family.as_str())
    });
    wanted.map(|(family, number)| (family.clone(), *number)).collect()
}

fn unique(readings: &[&Reading], catalogue: &Catalogue, facts: &Facts, asked: &[&str]) -> Vec<ReadingSeen> {
    let mut seen = BTreeMap::<&str, (BTreeSet<usize>, BTreeSet<&str>)>::new();
    for reading in readings {
        let (numbers, clients) = seen.entry(&reading.interpretation).or_default();
        numbers.insert(reading.number);
        let met = facts.clients_of(&reading.scenario).iter().map(String::as_str);
        clients.extend(met.filter(|client| asked.contains(client)));
    }
    let mut seen: Vec<_> = seen
        .into_iter()
        .map(|(id, (numbers, clients))| ReadingSeen {
            interpretation: id.to_owned(),
            uncommon: catalogue
                .interpretation(id)
                .is_some_and(|it| it.needs.is_empty() && numbers.iter().any(|number| *number != it.preferred)),
            against: catalogue.interpretation(id).map(|it| against(it, &numbers, asked)).unwrap_or_default(),
            numbers: numbers.into_iter().collect(),
            clients: clients.into_iter().map(str::to_owned).collect(),
        })
        .collect();
    seen.sort_by_key(|it| (!it.decides(), it.clients.is_empty()));
    seen
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proven {
    /// By requirement the defects that turn it red.
    proven: BTreeMap<String, Vec<String>>,
}

/// True when the committed fault matrix proves that the check of this requirement can fail (law 5).
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
pub fn is_proven(requirement: &str) -> bool {
    static PROVEN: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
        let text = include_str!("../../fixtures/proven.toml");
        toml::from_str::<Proven>(text).expect("the embedded list is valid").proven
    });
    PROVEN.contains_key(requirement)
}

//! Readiness of a client variant: evidence of every required flow, and no failure that it would stumble over.
//!
//! It knows nothing of gates; a reason only says whether the baseline already knows of it.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::{Judged, Settings};
use crate::flow::{Outcome, SkipReason};
use crate::idp::{Client, RequiredFlow};

/// Whether a server is ready for a client. `Ord`: worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readiness {
    /// Every required flow was seen to work and nothing required failed.
    Ready,
    /// Ready, but a recommendation failed or something required could not be judged.
    ReadyWithWarnings,
    /// The evidence does not suffice to say anything.
    NotAssessed,
    /// Something required failed, or a capability is missing.
    NotReady,
}

impl Readiness {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReadyWithWarnings => "ready-with-warnings",
            Self::NotAssessed => "not-assessed",
            Self::NotReady => "not-ready",
        }
    }

    /// `ready` and `ready-with-warnings`.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::ReadyWithWarnings)
    }
}

/// What kind of thing a [`Reason`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonKind {
    /// A flow needs a capability that the target does not have.
    Capability,
    /// A flow has no evidence.
    Flow,
    /// A required requirement failed.
    Failure,
    /// A recommendation failed, something gave a warning, or something required stayed open.
    Warning,
}

/// Why a client is not simply ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What kind of thing.
    pub kind: ReasonKind,
    /// A flow's id (`OKTA-F03`) or a requirement's id.
    pub subject: String,
    /// A sentence.
    pub text: String,
    /// The readiness that this reason alone leads to.
    pub leads_to: Readiness,
    /// The baseline knows of it.
    pub known: bool,
}

/// The readiness of one client variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientVerdict {
    /// `okta/aiw`
    pub id: String,
    /// The client was asked for.
    pub asked: bool,
    /// The verdict.
    pub readiness: Readiness,
    /// How many flows the target's actions require.
    pub flows_required: usize,
    /// How many of those were completed with their state re-read.
    pub flows_completed: usize,
    /// Why it is not simply ready, worst first.
    pub reasons: Vec<Reason>,
}

impl ClientVerdict {
    /// The family, `okta`.
    #[must_use]
    pub fn family(&self) -> &str {
        family(&self.id)
    }
}

/// The family of a client id: `okta` of `okta/aiw`.
#[must_use]
pub fn family(client: &str) -> &str {
    client.split_once('/').map_or(client, |(family, _)| family)
}

/// The source of the requirements that a family stands for: `OKTA`.
#[must_use]
pub fn source(client: &str) -> String {
    family(client).to_ascii_uppercase()
}

/// True when a failure in that scenario is one that the client would meet: its own evidence, or a scenario that stands
/// for no variant of its family.
fn concerns(client: &Client, scenario_clients: &[String]) -> bool {
    let own = family(&client.id);
    scenario_clients.contains(&client.id) || !scenario_clients.iter().any(|id| family(id) == own)
}

/// What a flow's evidence comes to.
enum Seen {
    Completed,
    Lacking(Reason),
}

/// Judges one client variant. `judged` holds every finding of the run.
#[must_use]
pub fn assess(client: &Client, facts: &Facts, judged: &[Judged], settings: &Settings) -> ClientVerdict {
    let required: Vec<_> = client.flows.iter().filter(|flow| settings.actions.contains(&flow.action)).collect();
    let (mut completed, mut reasons) = (0, Vec::new());
    for flow in &required {
        match look(client, flow, facts, judged, settings) {
            Seen::Completed => completed += 1,
            Seen::Lacking(reason) => reasons.push(reason),
        }
    }
    reasons.extend(failures(client, facts, judged));
    let decided = reasons.iter().any(|it| matches!(it.kind, ReasonKind::Capability | ReasonKind::Failure));
    let readiness = if decided {
        Readiness::NotReady
    } else if completed == 0 {
        Readiness::NotAssessed
    } else {
        reasons.iter().map(|reason| reason.leads_to).max().unwrap_or(Readiness::Ready)
    };
    if required.is_empty() {
        reasons.push(Reason {
            kind: ReasonKind::Flow,
            subject: client.id.clone(),
            text: "the target's profile has none of the actions that its flows belong to".to_owned(),
            leads_to: Readiness::NotAssessed,
            known: false,
        });
    }
    // A stable order: worst first, then flows before requirements as they were found.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.leads_to));
    ClientVerdict {
        id: client.id.clone(),
        asked: settings.asks(&client.id),
        readiness,
        flows_required: required.len(),
        flows_completed: completed,
        reasons,
    }
}

fn look(client: &Client, flow: &RequiredFlow, facts: &Facts, judged: &[Judged], settings: &Settings) -> Seen {
    let shows = |clients: &[String], flows: &[String]| clients.contains(&client.id) && flows.contains(&flow.id);
    let tried: Vec<_> = facts.scenarios.iter().filter(|(_, it)| shows(&it.clients, &it.flows)).collect();
    if tried.iter().any(|(_, it)| it.is_evidence()) {
        return Seen::Completed;
    }
    let lacking = |kind, leads_to, text: String, known| {
        let text = format!("{text} ({})", flow.title);
        Seen::Lacking(Reason { kind, subject: flow.id.clone(), text, leads_to, known })
    };
    let skipped: Vec<_> = facts.skipped.iter().filter(|it| shows(&it.clients, &it.flows)).collect();
    let missing = skipped.iter().find_map(|it| match &it.reason {
        SkipReason::Capability(name) => Some(name.as_str()),
        _ => None,
    });
    let denied = facts.denied();
    let needed = flow.needs.iter().map(String::as_str).find(|name| tried.is_empty() && denied.contains(name));
    if let Some(name) = missing.or(needed) {
        let known = skipped.iter().any(|it| settings.knows_scenario(&it.scenario));
        let text = format!("needs {name}, which the target does not have");
        return lacking(ReasonKind::Capability, Readiness::NotReady, text, known);
    }
    if !tried.is_empty() {
        let known = tried.iter().all(|(id, _)| {
            settings.knows_scenario(id) || judged.iter().any(|it| it.finding.scenario == **id && it.known.is_some())
        });
        // A broken connection is no verdict on the server.
        let (leads_to, text) = if tried.iter().all(|(_, it)| it.unanswered || !it.finished) {
            (Readiness::NotAssessed, "could not be completed: a request got no answer")
        } else if tried.iter().any(|(_, it)| it.completed) {
            (Readiness::NotAssessed, "was completed, but what was written was not read again")
        } else {
            (Readiness::NotReady, "could not be completed")
        };
        return lacking(ReasonKind::Flow, leads_to, text.to_owned(), known);
    }
    let text = match skipped.first().map(|it| &it.reason) {
        Some(SkipReason::Profile(why) | SkipReason::Budget(why) | SkipReason::NotObservable { why, .. }) => {
            format!("was skipped: {why}")
        }
        Some(SkipReason::Interrupted) => "was not reached before the interruption".to_owned(),
        Some(SkipReason::Capability(_)) | None => "no scenario showed it in this run".to_owned(),
    };
    lacking(ReasonKind::Flow, Readiness::NotAssessed, text, false)
}

/// One reason per requirement that failed, warned or stayed open, where the client would meet it.
fn failures(client: &Client, facts: &Facts, judged: &[Judged]) -> Vec<Reason> {
    let own = source(&client.id);
    let mut seen = BTreeSet::new();
    let mut reasons: Vec<Reason> = Vec::new();
    for it in judged {
        let scenario = facts.clients_of(&it.finding.scenario);
        let rests = it.source == "RFC" && scenario.contains(&client.id);
        let theirs = it.source == own && concerns(client, scenario);
        let must = it.level.is_must();
        let (kind, leads_to, verb) = match it.finding.outcome {
            Outcome::Fail if must && (rests || theirs) => (ReasonKind::Failure, Readiness::NotReady, "failed"),
            Outcome::Fail if theirs => (ReasonKind::Warning, Readiness::ReadyWithWarnings, "failed"),
            Outcome::Warn if theirs || (rests && must) => {
                (ReasonKind::Warning, Readiness::ReadyWithWarnings, "gave a warning")
            }
            Outcome::Inconclusive if must && (rests || theirs) => {
                (ReasonKind::Warning, Readiness::ReadyWithWarnings, "could not be judged")
            }
            _ => continue,
        };
        let id = &it.finding.requirement;
        if seen.insert((id, leads_to)) {
            let text = format!("{} {verb}: {}", it.level.as_str(), it.summary);
            reasons.push(Reason { kind, subject: id.to_string(), text, leads_to, known: it.known.is_some() });
        } else if it.known.is_none()
            && let Some(reason) = reasons.iter_mut().find(|r| r.subject == *id && r.leads_to == leads_to)
        {
            // One finding that the baseline does not know makes the reason new.
            reason.known = false;
        }
    }
    // What failed is not listed once more because another of its findings stayed open.
    let failed: BTreeSet<String> =
        reasons.iter().filter(|it| it.kind == ReasonKind::Failure).map(|it| it.subject.clone()).collect();
    reasons.retain(|it| it.kind == ReasonKind::Failure || !failed.contains(&it.subject));
    reasons
}

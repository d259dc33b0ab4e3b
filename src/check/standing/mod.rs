//! Standing checks: what must hold of every exchange, whichever scenario sent it. Each is a value in a table, anchored
//! in the catalogue; ambiguous points follow its interpretations, and in doubt a check warns or stays silent. It knows
//! nothing of scenarios.

mod discovery;
mod error;
mod http;
mod list;
mod meta;
mod resource;
mod seen;
mod types;

use smol_str::SmolStr;

use crate::flow::{Evidence, Finding, Held, Outcome, Position, Reading, Remark};
use crate::profile::{DeactivatedNames, Users};
use crate::requirement::{Catalogue, Treatment};
use crate::wire::{Exchange, Root};
use seen::Seen;

/// One standing check.
pub struct Check {
    /// Its name in findings: `list has its total`.
    pub name: &'static str,
    /// The requirements that it shows, all with one outcome.
    pub requirements: &'static [&'static str],
    /// `None` where it does not apply.
    judge: fn(&Seen) -> Option<Said>,
}

/// What a standing check says of an exchange.
struct Said {
    outcome: Outcome,
    expected: SmolStr,
    got: SmolStr,
    reading: Option<(&'static str, usize)>,
}

impl Said {
    fn new(outcome: Outcome, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { outcome, expected: expected.into().into(), got: super::short(&got.into()).into(), reading: None }
    }

    fn fail(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, expected, got)
    }

    fn warn(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::new(Outcome::Warn, expected, got)
    }

    /// Pass or fail.
    fn when(good: bool, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::new(if good { Outcome::Pass } else { Outcome::Fail }, expected, got)
    }

    /// A reading of an ambiguous point: judged as the catalogue treats it.
    fn reads(id: &'static str, number: usize, expected: impl Into<String>, got: impl Into<String>) -> Self {
        let outcome = match Catalogue::embedded().interpretation(id) {
            Some(point) if point.treatment == Treatment::Prefer && point.preferred != number => Outcome::Warn,
            _ => Outcome::Pass,
        };
        Self { reading: Some((id, number)), ..Self::new(outcome, expected, got) }
    }
}

/// The tables in the order of reports.
const TABLES: [&[Check]; 7] = [
    &http::CHECKS,
    &error::CHECKS,
    &list::CHECKS,
    &resource::CHECKS,
    &meta::CHECKS,
    &types::CHECKS,
    &discovery::CHECKS,
];

/// Every standing check.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TABLES.into_iter().flatten()
}

/// The standing checks of a target that makes these choices about users.
pub fn of(users: &Users) -> impl Fn(&Exchange) -> Vec<Remark> + Send + Sync + 'static {
    let names = users.deactivated_names;
    move |exchange| judge(exchange, names)
}

/// Runs every standing check over an exchange; nothing for one without answer, nor for the admin surface and probes, which are no SCIM.
/// Another SCIM base is judged as the target's own is: no check looks at more of a location than endpoint and id.
fn judge(exchange: &Exchange, names: DeactivatedNames) -> Vec<Remark> {
    if matches!(exchange.request.root, Root::Admin | Root::Probe) {
        return Vec::new();
    }
    let Some(seen) = Seen::new(exchange, names) else { return Vec::new() };
    let (mut remarks, mut passed) = (Vec::new(), Vec::new());
    let evidence = Evidence::of(&exchange.id);
    for check in checks() {
        let Some(said) = (check.judge)(&seen) else { continue };
        for requirement in check.requirements {
            if said.outcome == Outcome::Pass {
                passed.push((*requirement, check.name));
                continue;
            }
            remarks.push(Remark::Finding(Finding {
                requirement: SmolStr::new_static(requirement),
                outcome: said.outcome,
                check: SmolStr::new_static(check.name),
                scenario: exchange.scenario.clone(),
                step: exchange.step.clone(),
                position: Position::Check(check.name),
                expected: said.expected.clone(),
                got: said.got.clone(),
                evidence: evidence.clone(),
            }));
        }
        if let Some((id, number)) = said.reading {
            remarks.push(Remark::Reading(Reading {
                interpretation: SmolStr::new_static(id),
                number,
                scenario: exchange.scenario.clone(),
                evidence: evidence.clone(),
            }));
        }
    }
    if !passed.is_empty() {
        passed.shrink_to_fit();
        let (scenario, step) = (exchange.scenario.clone(), exchange.step.clone());
        remarks.push(Remark::Held(Held { scenario, step, checks: passed, evidence }));
    }
    remarks
}

#[cfg(test)]
mod tests;

//! One cause, one line: failures that share a root are put together, ordered by what they break for whom.
//!
//! What failures share is a [`Mark`](marks::Mark): a kind of request, a parameter, an operation, an attribute. Of all marks the one is
//! chosen that explains the most failures and stands on few exchanges that are right; then the next, of what is left.

mod fixes;
mod marks;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{ClientVerdict, Judged, Readiness, ReasonKind};
use crate::flow::{Event, Held, Outcome, Position};
use crate::wire::{Exchange, ExchangeId, Method};
use marks::Mark;

/// What a failure counts for a mark that only an earlier failure of its scenario has.
const FOLLOWS: f64 = 0.4;

/// The part of what bears a mark that must be bad before two failures that bear it count as alike.
const RESEMBLES: f64 = 0.5;

/// Failures of one root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What they share, as a phrase: ``PATCH `remove` ``.
    pub mark: String,
    /// What usually mends it.
    pub fix: &'static str,
    /// The failures, by their place among the verdict's findings; the first is the one to show.
    pub findings: Vec<usize>,
    /// The clients asked for that are not ready by it.
    pub breaks: Vec<String>,
}

/// An exchange, what it is marked by, and what was found of it.
struct Seen<'a> {
    exchange: &'a Exchange,
    marks: BTreeSet<Mark>,
    bad: bool,
}

/// A failure with the marks that may explain it.
struct Failure {
    finding: usize,
    marks: BTreeMap<Mark, Worth>,
}

/// How well a mark explains a failure.
#[derive(Clone, Copy)]
struct Worth {
    /// The mark is the failure's own, not only that of one before it.
    own: bool,
    /// From 0 to 1.
    points: f64,
}

impl Failure {
    fn owns(&self, mark: &Mark) -> bool {
        self.marks.get(mark).is_some_and(|worth| worth.own)
    }

    fn points(&self, mark: &Mark) -> f64 {
        self.marks.get(mark).map_or(0.0, |worth| worth.points)
    }
}

/// Groups the failures and gating warnings of a run, those first that break the most clients.
pub fn causes(events: &[Event], judged: &[Judged], held: &[Arc<Held>], clients: &[ClientVerdict]) -> Vec<Cause> {
    let failing: Vec<usize> = (0..judged.len()).filter(|n| is_failure(&judged[*n])).collect();
    if failing.is_empty() {
        return Vec::new();
    }
    let mut run = Run::of(events);
    let mut failures: Vec<Failure> = failing.iter().map(|n| run.failure(*n, &judged[*n])).collect();
    let rates = run.rates(judged, held);
    for failure in &mut failures {
        // What is mostly right is no root: one bad answer among many has one of its own.
        failure.marks.retain(|mark, worth| {
            let rate = rates.get(mark).copied().unwrap_or(1.0);
            worth.points *= rate;
            worth.points > 0.0
        });
    }
    let mut causes = Vec::new();
    while !failures.is_empty() {
        let mut worth: BTreeMap<&Mark, f64> = BTreeMap::new();
        for (mark, more) in failures.iter().flat_map(|failure| &failure.marks) {
            *worth.entry(mark).or_default() += more.points;
        }
        // Of equals the narrower one, which comes later in the order of marks.
        let best = worth.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(mark, _)| mark.clone());
        let Some(mark) = best else { break };
        let apart = standing_alone(&mark, &failures);
        let (explained, left): (Vec<_>, Vec<_>) = failures
            .into_iter()
            .partition(|it| it.owns(&mark) || it.marks.contains_key(&mark) && !apart.contains(&it.finding));
        failures = left;
        let findings = by_weight(&mark, &explained, judged);
        let breaks = broken(&findings, judged, clients);
        causes.push(Cause { fix: fixes::of(&mark.text), mark: mark.text, findings, breaks });
    }
    causes.sort_by_key(|cause| {
        let level = cause.findings.iter().map(|n| judged[*n].level).min();
        (std::cmp::Reverse(cause.breaks.len()), level, std::cmp::Reverse(cause.findings.len()))
    });
    causes
}

/// What stands for something wrong, whatever its level; what the baseline knows is no news.
fn is_failure(it: &Judged) -> bool {
    it.known.is_none() && (it.finding.outcome == Outcome::Fail || it.gated && it.finding.outcome == Outcome::Warn)
}

/// Failures that only come after one of that mark, and that another one elsewhere resembles: they have a root of their own.
fn standing_alone(mark: &Mark, failures: &[Failure]) -> BTreeSet<usize> {
    let mut elsewhere: BTreeMap<&Mark, f64> = BTreeMap::new();
    for (own, worth) in failures.iter().filter(|it| !it.marks.contains_key(mark)).flat_map(|it| &it.marks) {
        let most = elsewhere.entry(own).or_default();
        *most = most.max(if worth.own { worth.points } else { 0.0 });
    }
    let resembled = |it: &&Failure| {
        let mut own = it.marks.iter().filter(|(_, worth)| worth.own && worth.points >= RESEMBLES);
        own.any(|(own, _)| elsewhere.get(own).is_some_and(|points| *points >= RESEMBLES))
    };
    failures.iter().filter(|it| !it.owns(mark)).filter(resembled).map(|it| it.finding).collect()
}

/// The failures of a cause, the most telling first: what shows it directly, binds most, and is of the standard.
fn by_weight(mark: &Mark, explained: &[Failure], judged: &[Judged]) -> Vec<usize> {
    let mut all: Vec<&Failure> = explained.iter().collect();
    all.sort_by(|a, b| {
        let (one, other) = (&judged[a.finding], &judged[b.finding]);
        let rank = |it: &Judged| (!it.gated, it.level, it.source != "RFC");
        let directly = b.points(mark).total_cmp(&a.points(mark));
        (!one.gated)
            .cmp(&!other.gated)
            .then(directly)
            .then(rank(one).cmp(&rank(other)))
            .then_with(|| one.finding.scenario.cmp(&other.finding.scenario))
            .then(a.finding.cmp(&b.finding))
    });
    all.into_iter().map(|failure| failure.finding).collect()
}

/// The clients that stumble over one of these failures.
fn broken(findings: &[usize], judged: &[Judged], clients: &[ClientVerdict]) -> Vec<String> {
    let ids: BTreeSet<&str> = findings.iter().map(|n| judged[*n].finding.requirement.as_str()).collect();
    let stumbles = |client: &&ClientVerdict| {
        let reasons = client.reasons.iter().filter(|it| it.kind == ReasonKind::Failure && !it.known);
        client.asked
            && client.readiness == Readiness::NotReady
            && reasons.into_iter().any(|it| ids.contains(it.subject.as_str()))
    };
    clients.iter().filter(stumbles).map(|client| client.id.clone()).collect()
}

/// The exchanges of a run, scenario by scenario.
struct Run<'a> {
    seen: Vec<Seen<'a>>,
    by_id: HashMap<&'a ExchangeId, usize>,
}

impl<'a> Run<'a> {
    fn of(events: &'a [Event]) -> Self {
        let exchanges = events.iter().filter_map(|event| match event {
            Event::Exchanged(exchange) => Some(exchange.as_ref()),
            _ => None,
        });
        let seen: Vec<Seen> =
            exchanges.map(|exchange| Seen { exchange, marks: marks::of(exchange), bad: false }).collect();
        let by_id = seen.iter().enumerate().map(|(n, it)| (&it.exchange.id, n)).collect();
        Self { seen, by_id }
    }

    /// The exchange that a finding rests on.
    fn place(&self, it: &Judged) -> Option<usize> {
        it.finding.evidence.exchanges().first().and_then(|id| self.by_id.get(id).copied())
    }

    /// The last write of the scenario before a read: what the read shows came by it.
    fn write_before(&self, place: usize) -> Option<usize> {
        let it = &self.seen[place].exchange;
        if it.request.method != Method::Get {
            return None;
        }
        let before = (0..place).rev().take_while(|n| self.seen[*n].exchange.scenario == it.scenario);
        before.into_iter().find(|n| self.seen[*n].exchange.request.method != Method::Get)
    }

    /// A failure and what may explain it. Notes that its exchanges are bad.
    fn failure(&mut self, finding: usize, it: &Judged) -> Failure {
        let place = self.place(it);
        let exchange = place.map(|n| self.seen[n].exchange);
        let own = marks::of_finding(&it.finding, exchange);
        let full = Worth { own: true, points: 1.0 };
        let mut marks: BTreeMap<Mark, Worth> = own.into_iter().map(|mark| (mark, full)).collect();
        if let Some(place) = place.filter(|_| !matches!(it.finding.position, Position::Check(_))) {
            for n in std::iter::once(place).chain(self.write_before(place)) {
                marks.extend(self.seen[n].marks.iter().map(|mark| (mark.clone(), full)));
                self.seen[n].bad = true;
            }
            // What went wrong before may have led to it.
            let scenario = &self.seen[place].exchange.scenario;
            for n in (0..place).rev().take_while(|n| self.seen[*n].exchange.scenario == *scenario) {
                if self.seen[n].bad {
                    self.seen[n].marks.iter().for_each(|mark| {
                        marks.entry(mark.clone()).or_insert(Worth { own: false, points: FOLLOWS });
                    });
                }
            }
        }
        Failure { finding, marks }
    }

    /// By mark, the part of what bears it that is bad.
    fn rates(&self, judged: &[Judged], held: &[Arc<Held>]) -> HashMap<Mark, f64> {
        let mut counts: HashMap<Mark, (f64, f64)> = HashMap::new();
        let mut count = |mark: &Mark, bad: bool| {
            let it = counts.entry(mark.clone()).or_default();
            it.0 += f64::from(u8::from(bad));
            it.1 += 1.0;
        };
        let mut right = BTreeSet::new();
        for it in judged.iter().filter(|it| matches!(it.finding.outcome, Outcome::Pass | Outcome::Fail)) {
            let (place, bad) = (self.place(it), it.finding.outcome == Outcome::Fail);
            let exchange = place.map(|n| self.seen[n].exchange);
            marks::of_finding(&it.finding, exchange).iter().for_each(|mark| count(mark, bad));
            right.extend(place.filter(|_| !bad && !matches!(it.finding.position, Position::Check(_))));
        }
        let passed = held.iter().flat_map(|held| &held.checks);
        passed.for_each(|(_, check)| count(&marks::of_check(check), false));
        // What nobody judged speaks neither for nor against.
        for (_, it) in self.seen.iter().enumerate().filter(|(n, it)| it.bad || right.contains(n)) {
            it.marks.iter().for_each(|mark| count(mark, it.bad));
        }
        counts.into_iter().map(|(mark, (bad, all))| (mark, bad / all)).collect()
    }
}

//! `either`: which of the ends that a server may choose between came true, over the answers of several steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::model::{Either, End, Step as Script};
use super::state::State;
use crate::check::Judged;
use crate::flow::{Evidence, Outcome, Reading, Remark};
use crate::wire::Exchange;

/// What came of one end.
struct Ended {
    /// Fail as soon as one row fails, inconclusive when one could not be judged.
    outcome: Outcome,
    /// How many rows hold.
    held: usize,
    /// The first row that does not hold.
    missed: Option<Judged>,
}

impl State {
    /// Judges the ends of a step: the first that came true is recorded; none of them fails the requirements.
    pub fn either(
        &mut self,
        script: &Script,
        either: &Either,
        exchange: &Arc<Exchange>,
        before: &BTreeMap<String, Value>,
    ) {
        let mut evidence = Evidence::of(&exchange.id);
        let others = either.ends.iter().flat_map(|end| &end.rows).filter_map(|(step, _)| step.as_deref());
        let mut others: Vec<&str> = others.collect();
        others.sort_unstable();
        others.dedup();
        for step in others {
            match self.earlier(step) {
                Ok((_, earlier)) => evidence = evidence.and(&earlier.id),
                Err(broken) => {
                    let judged = undecided(either, broken.reason);
                    return self.ended(script, either, judged, Evidence::of(&exchange.id));
                }
            }
        }
        let refused = self.refused.values().next().cloned();
        let ends: Vec<Ended> = either.ends.iter().map(|end| self.end(end, script, exchange, before)).collect();
        if let Some(came) = ends.iter().position(|end| end.outcome == Outcome::Pass) {
            if let Some((interpretation, number)) = &either.ends[came].reading {
                self.remarks.push(Remark::Reading(Reading {
                    interpretation: interpretation.as_str().into(),
                    number: *number,
                    scenario: self.id.clone(),
                    evidence: evidence.clone(),
                }));
            }
            let judged = Judged { outcome: Outcome::Pass, expected: expected(either), got: "that".into() };
            return self.ended(script, either, judged, evidence);
        }
        if let Some(refused) = refused {
            return self.ended(script, either, undecided(either, refused.reason), evidence.and(&refused.exchange));
        }
        let open = ends.iter().any(|end| end.outcome == Outcome::Inconclusive);
        // The end that came closest says best what is wrong.
        let nearest = ends.into_iter().rev().max_by_key(|end| end.held).and_then(|end| end.missed);
        let judged = match nearest {
            Some(missed) if open => undecided(either, missed.got),
            Some(missed) if either.ends.len() == 1 => missed,
            Some(missed) => Judged { expected: format!("{} ({})", missed.expected, expected(either)), ..missed },
            None => undecided(either, "nothing could be seen".into()),
        };
        self.ended(script, either, judged, evidence);
    }

    fn end(&self, end: &End, script: &Script, exchange: &Arc<Exchange>, before: &BTreeMap<String, Value>) -> Ended {
        let mut ended = Ended { outcome: Outcome::Pass, held: 0, missed: None };
        for (step, row) in &end.rows {
            let (script, exchange) = match step {
                None => (script, exchange),
                Some(name) => match (self.scenario.step(name), self.earlier(name)) {
                    (Some(script), Ok((_, exchange))) => (script, exchange),
                    _ => continue,
                },
            };
            if !self.can_show(row, script, exchange) {
                continue;
            }
            let judged = match self.expectation(row, script, before, 1) {
                Ok(expectation) => expectation.judge(exchange),
                Err(broken) => Judged {
                    outcome: Outcome::Inconclusive,
                    expected: format!("`{}` with a value that is not known", row.word),
                    got: broken.reason,
                },
            };
            match judged.outcome {
                Outcome::Pass | Outcome::NotApplicable => ended.held += 1,
                Outcome::Inconclusive if ended.outcome == Outcome::Pass => {
                    ended.outcome = Outcome::Inconclusive;
                    ended.missed = Some(judged);
                }
                Outcome::Inconclusive => {}
                _ if ended.outcome == Outcome::Fail => {}
                _ => {
                    ended.outcome = Outcome::Fail;
                    ended.missed = Some(judged);
                }
            }
        }
        ended
    }

    fn ended(&mut self, script: &Script, either: &Either, judged: Judged, evidence: Evidence) {
        for id in &either.requirements {
            self.finding(id, script, either.place, "either".into(), judged.clone(), evidence.clone());
        }
    }
}

fn expected(either: &Either) -> String {
    match either.ends.len() {
        1 => "the one end that there is".to_owned(),
        count => format!("one of {count} ends"),
    }
}

fn undecided(either: &Either, got: String) -> Judged {
    Judged { outcome: Outcome::Inconclusive, expected: expected(either), got }
}

//! Rows to findings: fills operands, judges by [`crate::check`], decides what a failed precondition leaves open.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::error::Place;
use super::super::model::{Action, Row, Step as Script, Subject, Tally, Verdict, line_of};
use super::state::{Broken, State};
use crate::check::{self, Expectation, Judged, Test};
use crate::flow::{Evidence, Finding, Outcome, Position, Reading, Remark};
use crate::scim::address;
use crate::wire::{Exchange, ExchangeId, Method, Request, Response};

impl State {
    /// Whether every row that can fail holds, without saying so: for `until`.
    pub fn would_hold(&self, index: usize, exchange: &Arc<Exchange>) -> bool {
        let script = &self.scenario.steps[index];
        let asked =
            |row: &&Row| matches!(row.verdict, Verdict::Requirements(_)) && self.can_show(row, script, exchange);
        script.rows.iter().filter(asked).all(|row| match self.expectation(row, script, &BTreeMap::new(), 1) {
            Ok(expectation) => expectation.judge(exchange).outcome == Outcome::Pass,
            Err(_) => true,
        })
    }

    /// The statuses that a step's rows ask for.
    pub fn wanted(&self, script: &Script) -> Vec<u16> {
        let rows = script.rows.iter().filter(|row| matches!(row.subject, Subject::Status));
        rows.filter(|row| matches!(row.verdict, Verdict::Requirements(_)))
            .filter_map(|row| match Test::new(row.word, &row.operand) {
                Ok(Test::Status(codes)) => Some(codes),
                _ => None,
            })
            .flatten()
            .collect()
    }

    /// Judges the rows of a step over one exchange.
    pub fn rows(
        &mut self,
        index: usize,
        exchange: &Arc<Exchange>,
        evidence: &Evidence,
        before: &BTreeMap<String, Value>,
        n: usize,
    ) {
        let scenario = Arc::clone(&self.scenario);
        let script = &scenario.steps[index];
        // The driver gave a retired user this step's body: what a creation alone shows cannot be seen.
        let adopted = exchange.request.method == Method::Put
            && line_of(&scenario.steps, script).is_some_and(|line| line.method == Method::Post);
        let wanted = if adopted { vec![200] } else { self.wanted(script) };
        let upset = exchange.response().and_then(|response| upset(&wanted, response));
        // One row may allow the refusal that another one blames.
        let blamed = script.rows.iter().filter(|row| matches!(row.subject, Subject::Status)).any(|row| {
            let expectation = self.expectation(row, script, before, n);
            expectation.is_ok_and(|expectation| expectation.judge(exchange).outcome == Outcome::Fail)
        });
        for row in &script.rows {
            if adopted && matches!(row.subject, Subject::Status | Subject::Header(_)) {
                continue;
            }
            if !self.can_show(row, script, exchange) {
                continue;
            }
            let expectation = match self.expectation(row, script, before, n) {
                Ok(expectation) => expectation,
                Err(broken) => {
                    let evidence = match broken.exchange.0.as_str() {
                        "" => Evidence::of(&exchange.id),
                        _ => Evidence::of(&broken.exchange).and(&exchange.id),
                    };
                    let judged = Judged {
                        outcome: Outcome::Inconclusive,
                        expected: format!("`{}` with a value that is not known", row.word),
                        got: broken.reason,
                    };
                    self.put(row, script, row.word.to_owned(), judged, evidence);
                    continue;
                }
            };
            let mut judged = expectation.judge(exchange);
            let blind = wanted.is_empty() && expectation.satisfied_by_nothing();
            let failed = exchange.response().filter(|response| !response.is_success());
            match (&upset, failed) {
                (Some(reason), _) if !matches!(row.subject, Subject::Status) => {
                    judged.outcome = Outcome::Inconclusive;
                    judged.got.clone_from(reason);
                }
                (_, Some(response)) if blind => {
                    judged.outcome = Outcome::Inconclusive;
                    judged.got = format!("status {}", response.status);
                }
                _ => {}
            }
            if judged.outcome == Outcome::Fail && !blamed && spared(&expectation.subject, &wanted, exchange) {
                continue;
            }
            let mut evidence = evidence.clone();
            let intact = self.intact;
            let consequence = self.consequence(row, script, exchange, &judged, &wanted).cloned();
            if let Some(refused) = &consequence {
                judged.outcome = Outcome::Inconclusive;
                judged.got = format!("{}, but {}", judged.got, refused.reason);
                evidence = evidence.and(&refused.exchange);
            }
            let excuse = match (&row.subject, judged.outcome) {
                (Subject::Status, Outcome::Fail) => self.excuse(exchange),
                _ => None,
            };
            self.put_unless(row, script, expectation.name(row.word), judged, evidence, excuse.as_ref());
            if consequence.is_some() {
                // Whether the client gets by without that write is said by the level of what the refusal broke.
                self.intact = intact;
            }
        }
    }

    /// Whether an answer of this product can show what a row asks: not where the row is about something that the product
    /// declares to drop, or the step looks for it.
    pub fn can_show(&self, row: &Row, script: &Script, exchange: &Exchange) -> bool {
        let request = &exchange.request;
        if !self.kept.answers_request(request) {
            return false;
        }
        let Subject::At(path) = &row.subject else { return true };
        let at = path.address(&|name: &str| self.lookup(name, &script.name, 1));
        let operand = self.fill(&row.operand, &|name: &str| self.lookup(name, &script.name, 1));
        at.is_err() || self.kept.shows(request, &at.unwrap_or_default(), &operand.unwrap_or_default())
    }

    /// The refused write that explains a miss: a step cannot show what an earlier one failed to write, and that one has
    /// its own finding. A soft row stays a warning. A write that should succeed and is refused speaks for itself, but for
    /// a repeat: that the second time succeeds too can only be seen when the first did.
    fn consequence(
        &self,
        row: &Row,
        script: &Script,
        exchange: &Exchange,
        judged: &Judged,
        wanted: &[u16],
    ) -> Option<&Broken> {
        let own = exchange.request.method != Method::Get
            && wanted.iter().any(|code| (200..300).contains(code))
            && !exchange.response().is_some_and(Response::is_success)
            && !matches!(script.action, Action::Repeat(_));
        (judged.outcome == Outcome::Fail && !row.soft && !own).then(|| self.refused.values().next()).flatten()
    }

    /// What speaks for a refusal that no row asked for.
    fn excuse(&self, exchange: &Exchange) -> Option<Excuse> {
        let request = &exchange.request;
        let response = exchange.response().filter(|response| response.status == 400)?;
        let asks =
            request.query().is_some_and(|query| query.contains("filter=")) || request.path().ends_with("/.search");
        let kind = response.json().and_then(|body| body["scimType"].as_str().map(str::to_owned));
        match kind {
            Some(kind) if asks && kind.eq_ignore_ascii_case("invalidFilter") => Some(Excuse::Filter),
            _ => self.kept.unknown_in(exchange).map(Excuse::Unknown).or_else(|| unnamed(request).map(Excuse::Unnamed)),
        }
    }

    /// Rows of a step that was never sent.
    pub fn inconclusive(&mut self, script: &Script, broken: &Broken) {
        let tally = script.tally.iter().map(|tally| (tally.requirement.clone(), tally.place));
        let either = script.either.iter();
        let either = either.flat_map(|either| either.requirements.iter().map(|id| (id.clone(), either.place)));
        let rows = script.rows.iter().flat_map(|row| match &row.verdict {
            Verdict::Requirements(ids) => ids.iter().map(|id| (id.clone(), row.place)).collect(),
            Verdict::Reading(..) => Vec::new(),
        });
        for (requirement, place) in rows.chain(tally).chain(either) {
            let judged = Judged {
                outcome: Outcome::Inconclusive,
                expected: format!("step \"{}\" could be sent", script.name),
                got: broken.reason.clone(),
            };
            self.finding(&requirement, script, place, "precondition".into(), judged, Evidence::of(&broken.exchange));
        }
    }

    /// Compares how many answers had which status.
    pub fn tally(&mut self, script: &Script, tally: &Tally, exchanges: &[Arc<Exchange>], evidence: Evidence) {
        let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
        let mut silent = 0;
        for exchange in exchanges {
            match exchange.response() {
                Some(response) => *counts.entry(response.status).or_default() += 1,
                None => silent += 1,
            }
        }
        let mut wanted = tally.counts.clone();
        wanted.retain(|(_, count)| *count > 0);
        wanted.sort_unstable();
        let came: Vec<_> = counts.into_iter().collect();
        let phrase = |counts: &[(u16, usize)]| {
            counts.iter().map(|(status, count)| format!("{count} times {status}")).collect::<Vec<_>>().join(", ")
        };
        let outcome = match (silent, wanted == came) {
            (0, true) => Outcome::Pass,
            (0, false) => Outcome::Fail,
            _ => Outcome::Inconclusive,
        };
        let got = if silent > 0 { format!("{}, {silent} without answer", phrase(&came)) } else { phrase(&came) };
        let excuse = exchanges.iter().find_map(|exchange| self.excuse(exchange));
        let (outcome, got) = match excuse.filter(|it| outcome == Outcome::Fail && it.covers(&tally.requirement)) {
            Some(excuse) => (Outcome::Inconclusive, format!("{got}, {}", excuse.phrase())),
            None => (outcome, got),
        };
        let judged = Judged { outcome, expected: phrase(&wanted), got };
        self.finding(&tally.requirement, script, tally.place, "tally".into(), judged, evidence);
    }

    /// A row with its holes filled.
    pub fn expectation(
        &self,
        row: &Row,
        script: &Script,
        before: &BTreeMap<String, Value>,
        n: usize,
    ) -> Result<Expectation, Broken> {
        let lookup = |name: &str| self.row_lookup(before, name, &script.name, n);
        let blame = |missing: super::super::template::Missing| {
            self.blame(&missing).unwrap_or_else(|| Broken {
                exchange: ExchangeId::default(),
                reason: format!("`{}` has no value", missing.0),
            })
        };
        let subject = match &row.subject {
            Subject::Status => check::Subject::Status,
            Subject::Header(name) => check::Subject::Header(name.clone()),
            Subject::Body => check::Subject::Body,
            Subject::At(path) => check::Subject::At(path.address(&lookup).map_err(blame)?),
        };
        let operand = match (row.word, row.operand.as_str().map(super::super::template::Template::parse)) {
            ("like", Some(Ok(template))) => Value::String(template.regex(&lookup).map_err(blame)?),
            ("equals-ignoring-case", Some(Ok(template))) => Value::String(template.plain(&lookup).map_err(blame)?),
            ("same-as" | "not-same-as" | "unchanged-since", _) => row.operand.clone(),
            _ => self.fill(&row.operand, &lookup).map_err(blame)?,
        };
        let faulty = |reason: String| Broken { exchange: ExchangeId::default(), reason };
        let mut test = Test::new(row.word, &operand).map_err(faulty)?;
        if let (
            Test::SameAs(step, values) | Test::NotSameAs(step, values) | Test::UnchangedSince(step, values),
            check::Subject::At(path),
        ) = (&mut test, &subject)
        {
            let (_, exchange) = self.earlier(step)?;
            let body = exchange.response().filter(|response| response.is_success()).and_then(Response::json);
            let body = body.ok_or_else(|| Broken {
                exchange: exchange.id.clone(),
                reason: format!("step \"{step}\" answered no resource"),
            })?;
            let found = address::find(&body, path).map_err(|error| faulty(error.to_string()))?;
            *values = found.into_iter().cloned().collect();
        }
        Ok(Expectation { subject, test })
    }

    /// Records what a row came to.
    fn put(&mut self, row: &Row, script: &Script, check: String, judged: Judged, evidence: Evidence) {
        self.put_unless(row, script, check, judged, evidence, None);
    }

    /// Records what a row came to, unless a refusal is excused.
    fn put_unless(
        &mut self,
        row: &Row,
        script: &Script,
        check: String,
        judged: Judged,
        evidence: Evidence,
        excuse: Option<&Excuse>,
    ) {
        match &row.verdict {
            Verdict::Reading(interpretation, number) => {
                if judged.outcome == Outcome::Pass {
                    self.remarks.push(Remark::Reading(Reading {
                        interpretation: interpretation.as_str().into(),
                        number: *number,
                        scenario: self.id.clone(),
                        evidence,
                    }));
                }
            }
            Verdict::Requirements(ids) => {
                let outcome = match judged.outcome {
                    Outcome::Fail if row.soft => Outcome::Warn,
                    other => other,
                };
                for id in ids {
                    let mut judged = Judged { outcome, ..judged.clone() };
                    if let Some(excuse) = excuse.filter(|excuse| excuse.covers(id)) {
                        judged.outcome = Outcome::Inconclusive;
                        judged.got = format!("{}, {}", judged.got, excuse.phrase());
                    }
                    self.finding(id, script, row.place, check.clone(), judged, evidence.clone());
                }
            }
        }
    }

    pub fn finding(
        &mut self,
        id: &str,
        script: &Script,
        place: Place,
        check: String,
        judged: Judged,
        evidence: Evidence,
    ) {
        if judged.outcome == Outcome::Inconclusive {
            self.intact = false;
        }
        self.remarks.push(Remark::Finding(Finding {
            requirement: id.into(),
            outcome: judged.outcome,
            check: check.into(),
            scenario: self.id.clone(),
            step: script.name.as_str().into(),
            position: Position::File { file: self.file.clone(), line: place.line, column: place.column },
            expected: judged.expected.into(),
            got: judged.got.into(),
            evidence,
        }));
    }
}

/// What speaks for a refusal by the standard, whatever a client may need.
enum Excuse {
    /// Something was sent that the target's schemas do not have (I-43, I-44).
    Unknown(String),
    /// An extension was used that the body does not name in `schemas` (I-42).
    Unnamed(String),
    /// The filter was refused as such (`RFC7644 §3.12`, table 9): that says something of filters and nothing of pages.
    Filter,
}

impl Excuse {
    /// Whether the refusal says nothing of that requirement.
    fn covers(&self, id: &str) -> bool {
        let standard = ["RFC", "HTTP-"].iter().any(|begin| id.starts_with(begin));
        // Filters, and the notation of the attributes in them.
        let filters = ["RFC7644-3.4.2.1-", "RFC7644-3.4.2.2-", "RFC7644-3.10-", "RFC7644-3.12-", "RFC7643-"];
        standard && (!matches!(self, Self::Filter) || !filters.iter().any(|begin| id.starts_with(begin)))
    }

    fn phrase(&self) -> String {
        match self {
            Self::Unknown(path) => format!("and the target's schemas have no {path}"),
            Self::Unnamed(urn) => format!("and the body uses {urn} without naming it in schemas"),
            Self::Filter => "and it is the filter that was refused (invalidFilter)".to_owned(),
        }
    }
}

/// An extension whose attributes a new resource has, and whose URN it does not name.
fn unnamed(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let named = body["schemas"].as_array()?;
    let uses = body.as_object()?.iter().filter(|(name, value)| value.is_object() && name.starts_with("urn:"));
    let names = |urn: &str| named.iter().any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case(urn)));
    uses.map(|(urn, _)| urn).find(|urn| !names(urn)).cloned()
}

/// Whether a row asks for content that an allowed refusal cannot have: where both ends are right, the other one has none.
fn spared(subject: &check::Subject, wanted: &[u16], exchange: &Exchange) -> bool {
    let check::Subject::At(path) = subject else { return false };
    let refused =
        exchange.response().is_some_and(|response| !response.is_success() && wanted.contains(&response.status));
    let of_errors = ["schemas", "status", "scimType", "detail"].iter().any(|name| path.starts_with(name));
    refused && wanted.iter().any(|code| (200..300).contains(code)) && !of_errors
}

/// Why the rows about content say nothing: success was wanted and refused, or the other way round.
fn upset(wanted: &[u16], response: &Response) -> Option<String> {
    if wanted.is_empty() || wanted.contains(&response.status) {
        return None;
    }
    let success = wanted.iter().any(|code| (200..300).contains(code));
    (success != response.is_success()).then(|| format!("status {}, so nothing can be said", response.status))
}

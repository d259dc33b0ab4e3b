//! Plays the histories of all suites side by side, shrinks the failing ones, and says of every law how far it was tested.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::choices;
use super::play::{Fault, Outcomes, Player};
use super::proof::{CounterExample, Law, Played, Proof, State, Tally, moments};
use super::script::Script;
use super::shrink;
use super::suite::{Cases, Heard, Setting, Suite};
use crate::client::Transport;
use crate::run::Options;

/// A suite stops drawing after so many histories that failed: one is enough for a verdict, more are for other laws.
const FAILURES: usize = 40;

/// After so many it stops once each of its laws that is asked for has failed: these are enough to shrink from.
const ENOUGH: usize = 12;

/// Failing histories of a suite that may be shrunk for a law: one may have failed by what was played beside it, another
/// may get stuck.
const CANDIDATES: usize = 12;

/// A counter-example of so many requests is short enough.
const SHORT: usize = 6;

/// Histories drawn for each that is asked for, at most: some do nothing and are not played.
const EMPTY: u64 = 4;

/// Histories that are played before the failures are counted, so that the same seed stops at the same place.
const BATCH: usize = 16;

/// The target, and how it is tested.
pub struct Engine {
    /// Where requests go.
    pub transport: Arc<dyn Transport>,
    /// What histories may know of the target.
    pub setting: Arc<Setting>,
    /// What a run may do to the target.
    pub options: Options,
    /// How many random histories, over all suites.
    pub cases: u64,
    /// When no further history is begun.
    pub time_budget: Option<Duration>,
    /// Histories that broke a law in an earlier run; they are played first.
    pub regressions: Vec<Regression>,
    /// Only these laws are asked for; empty: all.
    pub laws: Vec<String>,
    /// Turns true when the user interrupts.
    pub cancel: watch::Receiver<bool>,
    /// Is told of every history that was played.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
}

/// A history that broke a law once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// The law.
    pub law: String,
    /// The suite.
    pub suite: String,
    /// The seed that drew it.
    pub seed: u64,
    /// Its number.
    pub case: u64,
}

/// Where a history comes from: the seed and its number.
type Origin = (u64, u64);

/// How far a proof has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The suite that is being played.
    pub suite: &'static str,
    /// Histories so far.
    pub played: u64,
    /// Histories that are known to come, those played included; enumerated ones are not counted ahead.
    pub planned: u64,
    /// Histories that failed.
    pub failed: u64,
}

/// What is known of all histories so far.
#[derive(Default)]
struct Findings {
    tally: Tally,
    /// Law, suite: the failing histories with the fewest requests, and how many each.
    failing: BTreeMap<String, BTreeMap<usize, BTreeSet<(usize, Origin)>>>,
    readings: BTreeSet<(String, usize)>,
    leftovers: Vec<String>,
}

/// One run of the engine.
struct Proving {
    engine: Arc<Engine>,
    player: Arc<Player>,
    until: Option<Instant>,
    findings: Findings,
    /// What suites asked first, by their place.
    heard: BTreeMap<usize, Arc<Heard>>,
    progress: Progress,
}

impl Engine {
    /// Tests every law that the suites judge and the target lets be seen.
    ///
    /// # Errors
    /// [`Fault`] when a generated scenario is not one.
    pub async fn prove(self: &Arc<Self>, suites: &[Suite]) -> Result<Proof, Fault> {
        let wanted = |suite: &&Suite| self.laws.is_empty() || suite.laws.iter().any(|law| self.asked(law));
        let suites: Vec<Suite> = suites.iter().filter(wanted).copied().collect();
        let lacking: Vec<Option<String>> = suites.iter().map(|suite| self.setting.lacks(suite.needs)).collect();
        let weights = |n: usize| match suites[n].cases {
            Cases::Random { weight, .. } if lacking[n].is_none() => u64::from(weight),
            _ => 0,
        };
        let all: u64 = (0..suites.len()).map(weights).sum();
        let share = |n: usize| (self.cases * weights(n)).div_ceil(all.max(1));
        let planned = (0..suites.len()).map(share).sum();
        let player = Player::new(Arc::clone(&self.transport), &self.setting, self.options.clone(), self.cancel.clone());
        let mut proving = Proving {
            engine: Arc::clone(self),
            player: Arc::new(player),
            until: self.time_budget.map(|budget| Instant::now() + budget),
            findings: Findings { tally: Tally::new(self.setting.role_address()), ..Findings::default() },
            heard: BTreeMap::new(),
            progress: Progress { suite: "", played: 0, planned, failed: 0 },
        };
        let mut played = Vec::new();
        for (n, suite) in suites.iter().enumerate() {
            let (histories, exhaustive) = match &lacking[n] {
                Some(_) => (0, false),
                None => proving.suite(n, suite, share(n)).await?,
            };
            let (name, title) = (suite.name.to_owned(), suite.title.to_owned());
            played.push(Played { name, title, histories, exhaustive, skipped: lacking[n].clone() });
        }
        proving.conclude(&suites, played).await
    }

    fn asked(&self, law: &str) -> bool {
        self.laws.is_empty() || self.laws.iter().any(|asked| asked == law)
    }
}

impl Proving {
    fn out_of_time(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// True when more histories of a suite would say nothing new.
    fn enough(&self, place: usize, suite: &Suite, failed: usize) -> bool {
        let falls = |law: &&&str| self.findings.failing.get(**law).is_some_and(|suites| suites.contains_key(&place));
        let all = || suite.laws.iter().filter(|law| self.engine.asked(law)).all(|law| falls(&law));
        failed >= FAILURES || failed >= ENOUGH && all()
    }

    /// Plays a suite; gives how many histories, and whether these are all there are.
    async fn suite(&mut self, place: usize, suite: &Suite, share: u64) -> Result<(u64, bool), Fault> {
        self.progress.suite = suite.name;
        let engine = Arc::clone(&self.engine);
        let mut enumerated = match suite.cases {
            Cases::All(cases) => Some(cases(&engine.setting)),
            Cases::Asked { questions, histories } => {
                let heard = self.ask(suite, &questions(&engine.setting)).await?;
                let enumerated = histories(&engine.setting, &heard);
                self.heard.insert(place, Arc::new(heard));
                Some(enumerated)
            }
            Cases::Classified { questions, readings } => {
                let questions = questions(&engine.setting);
                let heard = self.ask(suite, &questions).await?;
                self.findings.readings.extend(readings(&engine.setting, &heard));
                return Ok((questions.len() as u64, !self.player.cancelled()));
            }
            Cases::Random { .. } => None,
        };
        let known = engine.regressions.iter().filter(|known| known.suite == suite.name);
        let origins: BTreeSet<Origin> = known.map(|known| (known.seed, known.case)).collect();
        let script =
            |origin: Origin| Some((origin, shrink::script(suite, &seeded(&engine.setting, origin.0), origin.1)?));
        let known = origins.into_iter().filter_map(script).filter(|(_, script)| !script.steps.is_empty()).collect();
        let (mut played, mut failed) = self.batch(place, suite, known).await?;
        let (mut next, mut drawn) = (0_u64, 0_u64);
        let mut more = true;
        while more && !self.enough(place, suite, failed) && !self.player.cancelled() && !self.out_of_time() {
            let mut batch = Vec::new();
            while batch.len() < BATCH {
                let script = match &mut enumerated {
                    Some(cases) => cases.next().map(|case| case.script()),
                    None if drawn < share && next < share.saturating_mul(EMPTY) => {
                        shrink::script(suite, &engine.setting, next)
                    }
                    None => None,
                };
                let Some(script) = script else {
                    more = false;
                    break;
                };
                if !script.steps.is_empty() {
                    drawn += 1;
                    batch.push(((engine.setting.draw.seed, next), script));
                }
                next += 1;
            }
            let (count, failures) = self.batch(place, suite, batch).await?;
            played += count;
            failed += failures;
        }
        let whole = !more && !self.player.cancelled();
        // What is asked first is drawn as well, from the seed.
        Ok((played, whole && matches!(suite.cases, Cases::All(_))))
    }

    /// Puts a suite's questions, side by side.
    async fn ask(&mut self, suite: &Suite, questions: &[Script]) -> Result<Heard, Fault> {
        let width = self.engine.options.concurrency.max(1);
        let mut heard = Heard::default();
        // A question that stands alone is a chunk of its own.
        for some in questions.chunk_by(|a, b| !a.alone && !b.alone).flat_map(|some| some.chunks(width)) {
            let mut playing = JoinSet::new();
            for (n, question) in some.iter().cloned().enumerate() {
                let (player, name) = (Arc::clone(&self.player), suite.name);
                playing.spawn(async move { (n, player.play(&question, name).await) });
            }
            let mut answers = vec![Vec::new(); some.len()];
            while let Some(joined) = playing.join_next().await {
                let (n, outcomes) = joined.map_err(|error| Fault(error.to_string()))?;
                let outcomes = outcomes?;
                self.findings.leftovers.extend(outcomes.leftovers);
                answers[n] = outcomes.exchanges;
            }
            heard.0.extend(answers);
        }
        Ok(heard)
    }

    /// Plays histories side by side; gives how many were played and how many failed.
    async fn batch(
        &mut self,
        place: usize,
        suite: &Suite,
        batch: Vec<(Origin, Script)>,
    ) -> Result<(u64, usize), Fault> {
        let width = self.engine.options.concurrency.max(1);
        let (mut played, mut failures) = (0, 0);
        let mut waiting = batch.into_iter();
        let mut playing: JoinSet<(Origin, usize, Result<Outcomes, Fault>)> = JoinSet::new();
        loop {
            while playing.len() < width && !self.player.cancelled() && !self.out_of_time() {
                let Some((case, script)) = waiting.next() else { break };
                let alone = script.plays_alone();
                let (player, name) = (Arc::clone(&self.player), suite.name);
                if alone {
                    // Nothing else may change the target meanwhile.
                    while let Some(joined) = playing.join_next().await {
                        self.take(place, joined, &mut played, &mut failures)?;
                    }
                }
                playing.spawn(async move { (case, script.requests(), player.play(&script, name).await) });
                if alone {
                    break;
                }
            }
            let Some(joined) = playing.join_next().await else { break };
            self.take(place, joined, &mut played, &mut failures)?;
        }
        Ok((played, failures))
    }

    fn take(
        &mut self,
        place: usize,
        joined: Result<(Origin, usize, Result<Outcomes, Fault>), tokio::task::JoinError>,
        played: &mut u64,
        failures: &mut usize,
    ) -> Result<(), Fault> {
        let (case, requests, outcomes) = joined.map_err(|error| Fault(error.to_string()))?;
        let outcomes = outcomes?;
        *played += 1;
        let failed = self.findings.take(place, case, requests, outcomes);
        *failures += usize::from(failed);
        self.progress.played += 1;
        self.progress.failed += u64::from(failed);
        (self.engine.progress)(&self.progress);
        Ok(())
    }

    /// Shrinks what failed and says what came of every law.
    async fn conclude(mut self, suites: &[Suite], played: Vec<Played>) -> Result<Proof, Fault> {
        let engine = Arc::clone(&self.engine);
        let mut ids: BTreeSet<String> =
            suites.iter().flat_map(|suite| suite.laws).map(|law| (*law).to_owned()).collect();
        ids.retain(|law| engine.asked(law));
        ids.extend(self.findings.failing.keys().filter(|law| engine.asked(law)).cloned());
        let mut laws: Vec<Law> = Vec::new();
        for (number, id) in ids.into_iter().enumerate() {
            let judging = || suites.iter().zip(&played).filter(|(suite, _)| suite.laws.contains(&id.as_str()));
            let (judged, inconclusive) = self.findings.tally.of(&id);
            let exhaustive = judging().next().is_some() && judging().all(|(_, played)| played.exhaustive);
            let found = match shared(&laws, &id) {
                Some(found) => Some(found),
                None => self.smallest(suites, &id, number as u64).await?,
            };
            let state = match found {
                Some(found) => State::Fails(Box::new(found)),
                None if judged > 0 => State::Holds,
                None => match judging().find(|(_, played)| played.skipped.is_none()) {
                    None => State::NotObservable(
                        judging().find_map(|(_, played)| played.skipped.clone()).unwrap_or_default(),
                    ),
                    Some(_) if self.findings.tally.unseen(&id).is_some() => {
                        State::NotObservable(self.findings.tally.unseen(&id).unwrap_or_default().to_owned())
                    }
                    Some(_) if inconclusive > 0 => State::Inconclusive(match self.findings.tally.open(&id) {
                        Some(got) => format!("every row about it stayed open: {got}"),
                        None => "every row about it stayed open".to_owned(),
                    }),
                    Some(_) => State::Inconclusive("no history came to judge it".to_owned()),
                },
            };
            laws.push(Law { id, state, judged, inconclusive, exhaustive });
        }
        Ok(Proof {
            laws,
            suites: played,
            declared: choices::all_declared(&self.findings.readings, &engine.setting.profile),
            readings: self.findings.readings.into_iter().collect(),
            leftovers: self.findings.leftovers,
            interrupted: self.player.cancelled(),
            out_of_time: self.until.is_some_and(|until| Instant::now() >= until),
        })
    }

    /// The smallest history found that breaks the law: failing histories of each suite are shrunk, the shortest wins, and one
    /// that fails when nothing is played beside it comes before all others.
    async fn smallest(&mut self, suites: &[Suite], law: &str, number: u64) -> Result<Option<CounterExample>, Fault> {
        let Some(failing) = self.findings.failing.get(law).cloned() else { return Ok(None) };
        let mut best: Option<(shrink::Shrunk, usize, Origin)> = None;
        for (place, candidates) in failing {
            for (_, origin) in candidates {
                let (suite, setting) = (suites[place], seeded(&self.engine.setting, origin.0));
                let (player, law, runtime) =
                    (Arc::clone(&self.player), law.to_owned(), tokio::runtime::Handle::current());
                let heard = self.heard.get(&place).cloned().unwrap_or_default();
                let shrinking = tokio::task::spawn_blocking(move || {
                    // Once a row has shown it, a smaller history must show it by a row too.
                    let by_row = Cell::new(false);
                    let fails = |script: &Script| {
                        let broken = runtime.block_on(shrink::breaks(&player, script, suite.name, &law))?;
                        Ok(broken.is_some_and(|row| by_row.replace(by_row.get() || row) <= row))
                    };
                    shrink::smallest(&suite, &setting, &heard, origin.1, &fails)
                });
                let Some(shrunk) = shrinking.await.map_err(|error| Fault(error.to_string()))?? else { continue };
                let good_enough = shrunk.fails && shrunk.script.requests() <= SHORT;
                let rank = |it: &shrink::Shrunk| (!it.fails, it.script.requests());
                if best.as_ref().is_none_or(|(best, ..)| rank(&shrunk) < rank(best)) {
                    best = Some((shrunk, place, origin));
                }
                if good_enough {
                    break;
                }
            }
        }
        let best = best.map(|(shrunk, place, origin)| (shrunk.script, place, origin));
        let Some((script, place, (seed, case))) = best else { return Ok(None) };
        let suite = suites[place].name;
        let outcomes = self.player.play_as(&script, suite, number).await?;
        let repeats = outcomes.fails(law);
        let mut findings: Vec<_> = outcomes.failed().cloned().collect();
        findings.sort_by_key(|finding| finding.requirement != law);
        self.findings.leftovers.extend(outcomes.leftovers);
        let (scenario, requests, set_up) = (self.player.text(&script), script.requests(), script.staged());
        let moments = moments(&script, &outcomes.exchanges);
        let suite = suite.to_owned();
        Ok(Some(CounterExample { suite, seed, case, scenario, requests, set_up, findings, moments, repeats }))
    }
}

/// The setting under another seed.
fn seeded(setting: &Arc<Setting>, seed: u64) -> Arc<Setting> {
    if setting.draw.seed == seed {
        return Arc::clone(setting);
    }
    let mut other = Setting::clone(setting);
    other.draw.seed = seed;
    Arc::new(other)
}

/// The smallest counter-example of another law that breaks this one too: one defect breaks many laws, and shrinking each of
/// them would find the same history.
fn shared(laws: &[Law], id: &str) -> Option<CounterExample> {
    let breaks = |found: &&CounterExample| found.findings.iter().any(|finding| finding.requirement == id);
    let found = laws.iter().filter_map(Law::counter_example).filter(breaks).min_by_key(|found| found.requests)?;
    let mut found = found.clone();
    found.findings.sort_by_key(|finding| finding.requirement != id);
    Some(found)
}

impl Findings {
    /// Takes in what a history gave; true when something failed.
    fn take(&mut self, place: usize, case: Origin, requests: usize, outcomes: Outcomes) -> bool {
        outcomes.findings.iter().for_each(|finding| self.tally.add(finding));
        let mut any = false;
        for finding in outcomes.failed() {
            any = true;
            let known = self.failing.entry(finding.requirement.to_string()).or_default();
            let best = known.entry(place).or_default();
            best.insert((requests, case));
            if best.len() > CANDIDATES {
                best.pop_last();
            }
        }
        self.readings.extend(outcomes.readings);
        self.leftovers.extend(outcomes.leftovers);
        any
    }
}

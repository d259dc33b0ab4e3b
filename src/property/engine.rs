//! Plays histories, shrinks the failing ones, and says how far each law was tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::sync::{mpsc, watch};

use super::{roles, user_names};
use crate::client::Transport;
use crate::flow::{Event, Finding, Outcome};
use crate::model::RoleMapping;
use crate::run::{Job, Opening, Options, drive};
use crate::scenario::{self, Draw, ScenarioFlow, Settings};

/// Most histories that shrinking may try.
const SHRINK_STEPS: u32 = 400;

/// The target, and how it is tested.
pub struct Engine {
    /// Where requests go.
    pub transport: Arc<dyn Transport>,
    /// Seed, marker, form of user names.
    pub draw: Draw,
    /// What a run may do to the target.
    pub options: Options,
    /// How many random histories.
    pub cases: u32,
    /// Where a user's role is read, a SCIM attribute path: `roles.value`.
    pub role_at: String,
    /// Turns true when the user interrupts.
    pub cancel: watch::Receiver<bool>,
}

/// What came of testing one law.
#[derive(Debug)]
pub struct Proof {
    /// The requirement that names the law.
    pub law: &'static str,
    /// How many histories were played, shrinking included.
    pub cases: u64,
    /// True when every history there is was played.
    pub exhaustive: bool,
    /// Histories about which nothing could be said, for example because no answer came.
    pub inconclusive: u64,
    /// The smallest history found that breaks the law.
    pub counter_example: Option<CounterExample>,
    /// Resources that could not be removed.
    pub leftovers: usize,
}

impl Proof {
    /// True when nothing spoke against the law, something could be said at all, and nothing was left behind.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counter_example.is_none() && self.inconclusive < self.cases && self.leftovers == 0
    }
}

/// A history that breaks a law.
#[derive(Debug)]
pub struct CounterExample {
    /// The scenario file that repeats it.
    pub scenario: String,
    /// What failed.
    pub findings: Vec<Finding>,
    /// False when the smallest history did not fail when it was played once more.
    pub repeats: bool,
}

/// The engine wrote a scenario that does not parse: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("a generated scenario does not parse: {0}")]
pub struct Fault(String);

/// What one history gave.
struct Played {
    failed: Vec<Finding>,
    inconclusive: bool,
    leftovers: usize,
}

/// Counts over all histories of one law.
#[derive(Default)]
struct Counts {
    cases: AtomicU64,
    inconclusive: AtomicU64,
    leftovers: AtomicU64,
}

impl Engine {
    /// One user name never belongs to two users (PROP-UNIQ-01), over random histories, with shrinking.
    ///
    /// # Errors
    /// [`Fault`] when a generated scenario is not one.
    pub async fn user_names(self: &Arc<Self>) -> Result<Proof, Fault> {
        let counts = Arc::new(Counts::default());
        let (engine, tally) = (Arc::clone(self), Arc::clone(&counts));
        let runtime = tokio::runtime::Handle::current();
        let tested = tokio::task::spawn_blocking(move || {
            let config = Config {
                cases: engine.cases,
                max_shrink_iters: SHRINK_STEPS,
                failure_persistence: None,
                ..Config::default()
            };
            let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed(engine.draw.seed));
            TestRunner::new_with_rng(config, rng).run(&user_names::histories(), |history| {
                let Some(text) = user_names::scenario(&history) else { return Ok(()) };
                match runtime.block_on(engine.play(&text, "user-names", &tally)) {
                    Ok(played) if played.failed.is_empty() => Ok(()),
                    Ok(_) => Err(TestCaseError::fail("the law does not hold")),
                    Err(Fault(reason)) => Err(TestCaseError::fail(reason)),
                }
            })
        })
        .await;
        let smallest = match tested {
            Ok(Ok(())) => None,
            Ok(Err(TestError::Fail(_, history))) => user_names::scenario(&history),
            Ok(Err(TestError::Abort(reason))) => return Err(Fault(reason.to_string())),
            Err(broken) => return Err(Fault(broken.to_string())),
        };
        self.proof("PROP-UNIQ-01", false, smallest, "user-names", &counts).await
    }

    /// The highest role among a user's teams wins (CATALOG-022), over every set of teams and every change of it.
    ///
    /// # Errors
    /// [`Fault`] when a generated scenario is not one.
    pub async fn roles(&self, mapping: &RoleMapping) -> Result<Proof, Fault> {
        let counts = Counts::default();
        let write = |history: &[roles::Change]| roles::scenario(mapping, history, &self.role_at).unwrap_or_default();
        let mut failing = None;
        for history in roles::histories(mapping) {
            if !self.play(&write(&history), "roles", &counts).await?.failed.is_empty() {
                failing = Some(history);
                break;
            }
        }
        if let Some(history) = &mut failing {
            'smaller: loop {
                for shorter in roles::shorter(history) {
                    if !self.play(&write(&shorter), "roles", &counts).await?.failed.is_empty() {
                        *history = shorter;
                        continue 'smaller;
                    }
                }
                break;
            }
        }
        let exhaustive = failing.is_none() && !*self.cancel.borrow();
        let smallest = failing.map(|history| write(&history));
        self.proof("CATALOG-022", exhaustive, smallest, "roles", &counts).await
    }

    async fn proof(
        &self,
        law: &'static str,
        exhaustive: bool,
        smallest: Option<String>,
        id: &str,
        counts: &Counts,
    ) -> Result<Proof, Fault> {
        let counter_example = match smallest {
            None => None,
            Some(scenario) => {
                let findings = self.play(&scenario, id, counts).await?.failed;
                Some(CounterExample { repeats: !findings.is_empty(), findings, scenario })
            }
        };
        Ok(Proof {
            law,
            cases: counts.cases.load(Ordering::Relaxed),
            exhaustive,
            inconclusive: counts.inconclusive.load(Ordering::Relaxed),
            counter_example,
            leftovers: usize::try_from(counts.leftovers.load(Ordering::Relaxed)).unwrap_or(usize::MAX),
        })
    }

    /// Runs one scenario text and removes what it created.
    async fn play(&self, text: &str, id: &str, counts: &Counts) -> Result<Played, Fault> {
        if *self.cancel.borrow() {
            return Ok(Played { failed: Vec::new(), inconclusive: false, leftovers: 0 });
        }
        let case = counts.cases.fetch_add(1, Ordering::Relaxed);
        let parsed = scenario::parse_as(id, &format!("{id}.toml"), text, &scenario::Context::embedded());
        let parsed = parsed
            .map_err(|errors| Fault(errors.first().map(scenario::ScenarioError::rendered).unwrap_or_default()))?;
        // A marker of its own for every case: what one case could not remove must not disturb the next.
        let draw = Draw { marker: format!("{}c{case}", self.draw.marker), ..self.draw.clone() };
        let settings = Settings { draw, base_url: self.transport.base_url().to_owned() };
        let job = Job {
            alone: false,
            users: parsed.people.len(),
            flow: Box::new(ScenarioFlow::new(Arc::new(parsed), &settings)),
            clients: Vec::new(),
            flows: Vec::new(),
        };
        let (events, mut said) = mpsc::unbounded_channel();
        let inspect: crate::run::Inspect = Arc::new(|_| Vec::new());
        let transport = Arc::clone(&self.transport);
        let opening = Opening { seed: self.draw.seed, ..Opening::default() };
        drive(vec![job], opening, transport, inspect, self.options.clone(), events, self.cancel.clone()).await;
        let mut played = Played { failed: Vec::new(), inconclusive: false, leftovers: 0 };
        while let Ok(event) = said.try_recv() {
            match event {
                Event::Found(finding) if finding.outcome == Outcome::Fail => played.failed.push(finding),
                Event::Found(finding) if finding.outcome == Outcome::Inconclusive => played.inconclusive = true,
                Event::CleanedUp { leftovers, .. } => played.leftovers = leftovers.len(),
                _ => {}
            }
        }
        if played.inconclusive && played.failed.is_empty() {
            counts.inconclusive.fetch_add(1, Ordering::Relaxed);
        }
        counts.leftovers.fetch_add(u64::try_from(played.leftovers).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(played)
    }
}

/// A seed of proptest's length.
fn seed(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes
}

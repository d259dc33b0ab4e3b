//! Plays one script against the target and gives what was found; what it created is removed. It draws nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Semaphore, mpsc, watch};

use super::script::Script;
use super::suite::Setting;
use crate::client::{Answer, Pacer, Transport};
use crate::flow::{Event, Finding, Outcome};
use crate::run::{Inspect, Job, Opening, Options, drive};
use crate::scenario::{self, Draw, ScenarioFlow, Settings};
use crate::wire::{Exchange, Request};

/// The engine wrote a scenario that does not parse, or broke off: a fault of ours.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a generated scenario does not parse: {0}")]
pub struct Fault(pub(super) String);

/// What one history gave.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// Every judgement.
    pub findings: Vec<Arc<Finding>>,
    /// Interpretation and number of every reading.
    pub readings: Vec<(String, usize)>,
    /// What could not be removed.
    pub leftovers: Vec<String>,
    /// Requests and answers in the order in which they were sent; those of the cleanup come last.
    pub exchanges: Vec<Arc<Exchange>>,
}

impl Outcomes {
    /// The failed judgements.
    pub fn failed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().map(Arc::as_ref).filter(|finding| finding.outcome == Outcome::Fail)
    }

    /// True when that requirement failed.
    pub fn fails(&self, law: &str) -> bool {
        self.failed().any(|finding| finding.requirement == law)
    }
}

/// Plays scripts on one target.
pub(super) struct Player {
    transport: Arc<dyn Transport>,
    draw: Draw,
    /// The product that the target's profile is of.
    product: Option<String>,
    options: Options,
    cancel: watch::Receiver<bool>,
    /// Histories get markers of their own: what one could not remove must not disturb the next.
    plays: AtomicU64,
    users: Option<(Semaphore, u32)>,
}

/// The numbers below belong to the last plays of counter-examples, whose texts must be the same in every run.
const FIRST: u64 = 1000;

/// Spaces the requests of all histories together: each history is a run of its own.
struct Paced {
    inner: Arc<dyn Transport>,
    pacer: Pacer,
}

impl Transport for Paced {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        Box::pin(async move {
            self.pacer.turn().await;
            self.inner.send(request).await
        })
    }

    fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    fn admin_url(&self) -> Option<&str> {
        self.inner.admin_url()
    }

    fn url(&self, request: &Request) -> String {
        self.inner.url(request)
    }
}

/// Counts the answers that only say "not now": the runner waits these out, and only the last answer is an exchange.
struct Counted {
    inner: Arc<dyn Transport>,
    refused: AtomicU64,
}

impl Transport for Counted {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            if answer.as_ref().is_ok_and(|response| matches!(response.status, 429 | 503)) {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            answer
        })
    }

    fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    fn admin_url(&self) -> Option<&str> {
        self.inner.admin_url()
    }

    fn url(&self, request: &Request) -> String {
        self.inner.url(request)
    }
}

impl Player {
    pub fn new(inner: Arc<dyn Transport>, setting: &Setting, options: Options, cancel: watch::Receiver<bool>) -> Self {
        let transport = match options.max_rps {
            None => inner,
            Some(_) => Arc::new(Paced { inner, pacer: Pacer::new(options.max_rps) }) as Arc<dyn Transport>,
        };
        let users = options.max_users.map(|most| {
            let most = u32::try_from(most).unwrap_or(u32::MAX >> 3).min(u32::MAX >> 3);
            (Semaphore::new(most as usize), most)
        });
        let options = Options { max_rps: None, max_users: None, ..options };
        Self {
            transport,
            draw: setting.draw.clone(),
            product: setting.profile.product.clone(),
            options,
            cancel,
            plays: AtomicU64::new(FIRST),
            users,
        }
    }

    /// True once the user has interrupted.
    pub fn cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// The scenario that plays a script. What a product does with its users is judged whole, as in its own scenarios.
    pub fn text(&self, script: &Script) -> String {
        let mut draft = script.draft.clone();
        draft.products.extend(self.product.clone());
        draft.to_string()
    }

    /// Runs one script under a marker of its own.
    pub async fn play(&self, script: &Script, id: &str) -> Result<Outcomes, Fault> {
        self.play_as(script, id, self.plays.fetch_add(1, Ordering::Relaxed)).await
    }

    /// Runs one script under the marker of that number; again, under other markers, as often as it asks for and until it
    /// fails. Everything is counted, and the requests are those of the last play.
    pub async fn play_as(&self, script: &Script, id: &str, number: u64) -> Result<Outcomes, Fault> {
        let mut all = self.play_once(script, id, number).await?;
        for _ in 1..script.plays {
            if all.failed().next().is_some() || self.cancelled() {
                break;
            }
            let next = self.play_once(script, id, self.plays.fetch_add(1, Ordering::Relaxed)).await?;
            all.findings.extend(next.findings);
            all.readings.extend(next.readings);
            all.leftovers.extend(next.leftovers);
            all.exchanges = next.exchanges;
        }
        Ok(all)
    }

    async fn play_once(&self, script: &Script, id: &str, number: u64) -> Result<Outcomes, Fault> {
        let text = self.text(script);
        let parsed = scenario::parse_as(id, &format!("{id}.toml"), &text, &scenario::Context::embedded());
        let parsed = parsed.map_err(|errors| {
            Fault(errors.first().map(|error| format!("{}\n{text}", error.rendered())).unwrap_or_default())
        })?;
        if self.cancelled() {
            return Ok(Outcomes::default());
        }
        let people = u32::try_from(parsed.people.len()).unwrap_or(u32::MAX);
        let _budget = match &self.users {
            Some((_, most)) if people > *most => return Ok(Outcomes::default()),
            Some((users, _)) => users.acquire_many(people).await.ok(),
            None => None,
        };
        let draw = Draw { marker: format!("{}c{number}", self.draw.marker), ..self.draw.clone() };
        let settings = Settings { draw, base_url: self.transport.base_url().to_owned() };
        let flow = Box::new(ScenarioFlow::new(Arc::new(parsed), &settings));
        let job = Job { alone: false, users: 0, flow, clients: Vec::new(), flows: Vec::new() };
        let (events, mut said) = mpsc::unbounded_channel();
        let inspect: Inspect = Arc::new(|_| Vec::new());
        let opening = Opening { seed: self.draw.seed, ..Opening::default() };
        let counted = Arc::new(Counted { inner: Arc::clone(&self.transport), refused: AtomicU64::new(0) });
        let (transport, options) = (Arc::clone(&counted) as Arc<dyn Transport>, self.options.clone());
        drive(vec![job], opening, transport, inspect, options, events, self.cancel.clone()).await;
        let mut outcomes = Outcomes::default();
        while let Ok(event) = said.try_recv() {
            match event {
                Event::Found(finding) => outcomes.findings.push(finding),
                Event::Read(reading) => outcomes.readings.push((reading.interpretation.into(), reading.number)),
                Event::Exchanged(exchange) => outcomes.exchanges.push(exchange),
                Event::CleanedUp { leftovers, .. } => {
                    outcomes.leftovers.extend(leftovers.into_iter().map(|leftover| leftover.path));
                }
                _ => {}
            }
        }
        if let Some(joint) = &script.joint {
            let joined = joint.judge(&outcomes.exchanges, id, counted.refused.load(Ordering::Relaxed) > 0);
            outcomes.findings.extend(joined.into_iter().map(Arc::new));
        }
        Ok(outcomes)
    }
}

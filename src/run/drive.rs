//! Plays flows side by side; each owns its data, so each is cleaned up as soon as it is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use smol_str::format_smolstr;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::Options;
use super::cleanup::{self, Removal};
use super::session::{Events, Session};
use crate::client::Transport;
use crate::flow::{Event, Flow, Ledger, Next, Remark, SkipReason, Step};
use crate::plan::Plan;
use crate::wire::{Exchange, ExchangeId};

/// Judges one exchange by itself: the standing checks.
pub type Inspect = Arc<dyn Fn(&Exchange) -> Vec<Remark> + Send + Sync>;

/// A flow with what its evidence counts for.
pub struct Job {
    /// The flow.
    pub flow: Box<dyn Flow>,
    /// The client profiles, `okta/aiw`.
    pub clients: Vec<String>,
    /// The flows of those clients, `OKTA-F03`.
    pub flows: Vec<String>,
    /// How many users it may have at one time.
    pub users: usize,
    /// Nothing else may change the target meanwhile: it is played after all that run side by side, by itself.
    pub alone: bool,
}

/// What is known before the first scenario.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The seed.
    pub seed: u64,
    /// A text inside every identifier of this run; a last listing looks for it. Empty: no listing.
    pub marker: String,
    /// The base URL; `None` for the bundled server.
    pub target: Option<String>,
    /// The profile of the target.
    pub profile: String,
    /// `/ServiceProviderConfig`, or `Null`.
    pub capabilities: Value,
    /// The exchanges of the discovery.
    pub exchanges: Vec<Arc<Exchange>>,
    /// [`Event::Skipped`] for everything that will not run.
    pub skipped: Vec<Event>,
}

/// Plays a plan: its scenarios in their order, its skipped ones as events. Otherwise as [`drive`].
pub async fn execute(
    plan: Plan,
    opening: Opening,
    transport: Arc<dyn Transport>,
    inspect: Inspect,
    options: Options,
    events: Events,
    cancel: watch::Receiver<bool>,
) -> Vec<String> {
    let Plan { scenarios, skipped, seed, marker } = plan;
    let jobs = scenarios.into_iter().map(|planned| Job {
        flow: planned.flow,
        clients: planned.clients,
        flows: planned.flows,
        users: planned.estimate.users,
        alone: planned.alone,
    });
    let skipped = skipped.into_iter().map(|skipped| Event::Skipped {
        scenario: skipped.id,
        clients: skipped.clients,
        flows: skipped.flows,
        reason: skipped.reason,
    });
    let skipped = opening.skipped.iter().cloned().chain(skipped).collect();
    let opening = Opening { seed, marker, skipped, ..opening };
    drive(jobs.collect(), opening, transport, inspect, options, events, cancel).await
}

/// Plays all jobs, cleans up, and emits the events of the whole run. Gives the scenarios whose flow broke off: a fault
/// of ours, never of the target.
///
/// Same seed, same bytes (law 9): ids of exchanges and the requests of a flow do not depend on what runs beside it.
pub async fn drive(
    jobs: Vec<Job>,
    opening: Opening,
    transport: Arc<dyn Transport>,
    inspect: Inspect,
    options: Options,
    events: Events,
    cancel: watch::Receiver<bool>,
) -> Vec<String> {
    let session = Arc::new(Session::new(transport, &options, events, cancel).marked(&opening.marker));
    session.emit(Event::RunStarted {
        seed: opening.seed,
        target: opening.target,
        profile: opening.profile,
        planned: jobs.len(),
    });
    session.emit(Event::Capabilities(opening.capabilities));
    opening.exchanges.into_iter().for_each(|exchange| session.emit(Event::Exchanged(exchange)));
    opening.skipped.into_iter().for_each(|event| session.emit(event));

    if !opening.marker.is_empty() {
        session.look_for_retired().await;
    }
    let (alone, together): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.alone);
    let (mut removals, mut broken) = play_all(together, &session, &inspect, &options, options.concurrency).await;
    let (more, others) = play_all(alone, &session, &inspect, &options, 1).await;
    removals.extend(more);
    broken.extend(others);
    let (leftovers, retired) = cleanup::prove(&session, removals, &opening.marker, options.cleanup_time).await;
    session.emit(Event::CleanedUp { leftovers, retired });
    if session.cancelled() {
        session.emit(Event::Interrupted);
    }
    session.emit(Event::RunFinished { duration: session.now() });
    broken
}

/// Plays the jobs, so many at once, and removes what they created; gives what came of the removals, and the scenarios that broke off.
async fn play_all(
    jobs: Vec<Job>,
    session: &Arc<Session>,
    inspect: &Inspect,
    options: &Options,
    width: usize,
) -> (Vec<Removal>, Vec<String>) {
    let seats = Arc::new(Semaphore::new(width.max(1)));
    let most = options.max_users.unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
    let users = Arc::new(Semaphore::new(most));
    let mut playing = JoinSet::new();
    let mut names = HashMap::new();
    for job in jobs {
        let scenario = job.flow.id().to_owned();
        let skip = |reason| Event::Skipped {
            scenario: scenario.clone(),
            clients: job.clients.clone(),
            flows: job.flows.clone(),
            reason,
        };
        if job.users > most {
            let reason = format!("it needs {} users, --max-users is {most}", job.users);
            session.emit(skip(SkipReason::Budget(reason)));
            continue;
        }
        // Waiting here, not inside the task, keeps the order of the plan.
        let budget = u32::try_from(job.users).unwrap_or(u32::MAX);
        let seat = Arc::clone(&seats).acquire_owned().await;
        let budget = Arc::clone(&users).acquire_many_owned(budget).await;
        if session.cancelled() {
            session.emit(skip(SkipReason::Interrupted));
            continue;
        }
        let (session, inspect, time) = (Arc::clone(session), Arc::clone(inspect), options.cleanup_time);
        let task = playing.spawn(async move {
            let removals = play(job, &session, &inspect, time).await;
            drop((seat, budget));
            removals
        });
        names.insert(task.id(), scenario);
    }
    let (mut removals, mut broken) = (Vec::new(), Vec::new());
    while let Some(joined) = playing.join_next().await {
        match joined {
            Ok(more) => removals.extend(more),
            Err(error) => broken.extend(names.remove(&error.id())),
        }
    }
    (removals, broken)
}

/// Plays one flow to its end and removes what it created.
async fn play(job: Job, session: &Arc<Session>, inspect: &Inspect, cleanup_time: Duration) -> Vec<Removal> {
    let Job { mut flow, clients, flows, .. } = job;
    let scenario = flow.id().to_owned();
    session.emit(Event::ScenarioStarted { scenario: scenario.clone() });
    let mut ledger = Ledger::default();
    let mut answers: Vec<Arc<Exchange>> = Vec::new();
    let mut count = 0;
    let interrupted = loop {
        let next = flow.next(&answers, session.now());
        say(flow.remarks(), session);
        if session.cancelled() && !matches!(next, Next::Done) {
            break true;
        }
        answers = match next {
            Next::Send(step) => {
                let id = name(&scenario, &mut count);
                let adopted = if step.creates { session.adopt(id.clone(), &scenario, &step).await } else { None };
                if let Some(exchange) = &adopted {
                    ledger.add(exchange.request.path(), &scenario);
                }
                vec![match adopted {
                    Some(exchange) => exchange,
                    None => session.send(id, &scenario, step).await,
                }]
            }
            Next::Together(steps) => send_together(session, &scenario, steps, &mut count).await,
            Next::Wait(time) => {
                session.pause(time).await;
                Vec::new()
            }
            Next::Done => break false,
        };
        for exchange in &answers {
            ledger.learn(exchange);
            say(inspect(exchange), session);
        }
    };
    let completed = flow.completed() && !interrupted;
    let removals = cleanup::remove(session, &scenario, flow.undo(), ledger.drain(), cleanup_time).await;
    session.emit(Event::ScenarioFinished { scenario, clients, flows, completed });
    removals
}

fn name(scenario: &str, count: &mut usize) -> ExchangeId {
    *count += 1;
    ExchangeId(format_smolstr!("{scenario}#{count}"))
}

/// Sends steps at once; the exchanges come in the order of the steps.
async fn send_together(
    session: &Arc<Session>,
    scenario: &str,
    steps: Vec<Step>,
    count: &mut usize,
) -> Vec<Arc<Exchange>> {
    let sending = steps.into_iter().map(|step| {
        let (id, session, scenario) = (name(scenario, count), Arc::clone(session), scenario.to_owned());
        async move { session.send(id, &scenario, step).await }
    });
    let sending: Vec<_> = sending.collect();
    let width = sending.len();
    side_by_side(sending, width, None).await.into_iter().flatten().collect()
}

/// Emits what was found.
fn say(remarks: Vec<Remark>, session: &Session) {
    for remark in remarks {
        session.emit(match remark {
            Remark::Finding(finding) => Event::Found(Arc::new(finding)),
            Remark::Held(held) => Event::Held(Arc::new(held)),
            Remark::Reading(reading) => Event::Read(reading),
        });
    }
}

/// Puts the result of a task where it belongs; one that broke off has none.
fn keep<T>(joined: Result<(usize, T), JoinError>, results: &mut [Option<T>]) {
    if let Ok((place, result)) = joined {
        results[place] = Some(result);
    }
}

/// Runs futures side by side, at most so many at once, and gives their results in order.
pub(super) async fn side_by_side<T, F>(
    work: impl IntoIterator<Item = F>,
    width: usize,
    until: Option<Instant>,
) -> Vec<Option<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let seats = Arc::new(Semaphore::new(width.max(1)));
    let mut tasks = JoinSet::new();
    let mut work = work.into_iter();
    let mut results: Vec<Option<T>> = Vec::new();
    let everything = async {
        for job in work.by_ref() {
            let place = results.len();
            results.push(None);
            // Waiting here, not inside the task: no more of them exist than have a seat.
            let seat = Arc::clone(&seats).acquire_owned().await;
            tasks.spawn(async move {
                let result = job.await;
                drop(seat);
                (place, result)
            });
            while let Some(joined) = tasks.try_join_next() {
                keep(joined, &mut results);
            }
        }
        while let Some(joined) = tasks.join_next().await {
            keep(joined, &mut results);
        }
    };
    match until {
        Some(until) => _ = timeout_at(until, everything).await,
        None => everything.await,
    }
    // What never had a turn has no result either.
    results.extend(work.map(|_| None));
    results
}

//! The second engine: goose, for weighted journeys in a closed loop. Every client is a scenario of goose's with one transaction
//! for each journey, so goose draws the journeys and sends the requests. What a request says, what its answer means and what is
//! written down of it is the same as with the own engine; goose prints, logs, counts and catches nothing.

mod seat;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::goose::client::GooseClientBuilder;
use ::goose::config::GooseConfiguration;
use ::goose::goose::Scenario;
use ::goose::{GooseAttack, GooseError, GooseScheduler, trigger_killswitch};

use super::{Arrivals, Driven, Engine, Pulse, Stage};
use crate::client::Way;
use crate::load::clock;
use crate::load::{Shard, Workload};
use seat::{Desk, Seat};

/// The second engine.
#[derive(Debug)]
pub struct Goose(());

/// goose has one switch for a process: one load after the other.
static ONE: Mutex<()> = Mutex::new(());

/// How often it is looked whether the load is over, and how long a client without work sleeps then.
const LOOK: Duration = Duration::from_millis(10);

/// goose lists a journey as often as its weight says; of larger weights it is told the parts of this.
const LIST: u64 = 1_000;

impl Goose {
    /// The engine. Call it before anybody listens to signals: goose takes Ctrl-C and the log of the process where they are
    /// free, and the last one that takes Ctrl-C keeps it.
    #[must_use]
    pub fn new() -> Self {
        // Whoever took them before has them; only goose must not.
        let _ = ctrlc::set_handler(|| {});
        let _ = log::set_logger(&Silence);
        Self(())
    }
}

impl Default for Goose {
    fn default() -> Self {
        Self::new()
    }
}

/// A log that keeps nothing.
struct Silence;

impl log::Log for Silence {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

impl Engine for Goose {
    fn name(&self) -> &'static str {
        "goose"
    }

    fn drive(
        &self,
        shards: Vec<Shard>,
        stage: &Stage,
        way: &Arc<Way>,
        pulse: &Arc<Pulse>,
    ) -> Result<Vec<Driven>, String> {
        let Arrivals::Closed { think, length } = stage.arrivals else {
            return Err("goose plays a closed loop: give --users".to_owned());
        };
        let Some(workload) = shards.first().map(|shard| shard.workload().clone()) else { return Ok(Vec::new()) };
        let desk = Arc::new(Desk::new(shards, stage, length, way, pulse));
        let _one = lock(&ONE);
        let played = std::thread::scope(|scope| {
            // A thread of its own, so that a panic of goose's is an error and not the end.
            scope.spawn(|| play(&desk, &workload, stage.in_flight, think)).join()
        });
        let used = played.map_err(|_| "goose ended early".to_owned())??;
        let desk = Arc::into_inner(desk).ok_or_else(|| "a client of goose has not ended".to_owned())?;
        Ok(desk.driven(used))
    }
}

/// Plays the load; answers the time that the busiest thread used of its core, where that is known.
fn play(desk: &Arc<Desk>, workload: &Workload, users: usize, think: Duration) -> Result<Option<Duration>, String> {
    let busiest = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&busiest);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(desk.parts())
        .enable_all()
        .on_thread_stop(move || {
            let mut most = lock(&seen);
            *most = clock::used().max(*most);
        })
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let ended = runtime.block_on(async {
        let attack = attack(desk, workload, users, think)?;
        let watch = tokio::spawn(watch(Arc::clone(desk)));
        let ended = attack.execute().await;
        watch.abort();
        ended.map(drop).map_err(|error| format!("goose: {error}"))
    });
    // The threads end here and say what they used.
    drop(runtime);
    ended.map(|()| *lock(&busiest))
}

/// The journeys as goose wants them: for every client a scenario, so that each goes through the list in its own order.
fn attack(desk: &Arc<Desk>, workload: &Workload, users: usize, think: Duration) -> Result<GooseAttack, String> {
    let goose = |error: GooseError| format!("goose: {error}");
    let count = users.to_string();
    let settings = ["--users", &count, "--increase-rate", "1000000", "--host", desk.base()];
    let silence = ["--quiet", "--no-metrics", "--no-print-metrics", "--no-telnet"];
    let settings = GooseConfiguration::parse_args_default(&[&settings[..], &silence[..]].concat()).map_err(goose)?;
    // goose makes a client before anybody brings one; it sends nothing, so it needs no certificates.
    let unused = GooseClientBuilder::new().without_cookies().accept_invalid_certs(true);
    let mut attack = GooseAttack::initialize_with_config(settings)
        .and_then(|it| it.set_client_builder_without_cookies(unused))
        .map_err(goose)?
        .set_scheduler(GooseScheduler::Random);
    let all: u64 = workload.journeys.iter().map(|journey| u64::from(journey.weight)).sum();
    let times = |weight: u32| match u64::from(weight) {
        weight if all > LIST => (weight * LIST / all).max(1),
        weight => weight,
    };
    for n in 0..users {
        let seat = Seat::new(desk, n)?;
        let mut scenario = Scenario::new(&format!("client {n}"));
        if think > Duration::ZERO {
            scenario = scenario.set_wait_time(think, think).map_err(goose)?;
        }
        for (place, journey) in workload.journeys.iter().enumerate().filter(|(_, journey)| journey.weight > 0) {
            let weight = usize::try_from(times(journey.weight)).unwrap_or(1);
            let transaction = seat.transaction(place).set_name(&journey.name).set_weight(weight).map_err(goose)?;
            scenario = scenario.register_transaction(transaction);
        }
        attack = attack.register_scenario(scenario);
    }
    Ok(attack)
}

/// Tells goose when the load is over, again and again: it forgets what it was told before its clients began.
async fn watch(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if desk.over() || desk.spent() {
            trigger_killswitch("the load is over");
        }
    }
}

/// What a lock holds; a client that panicked leaves it as it is.
fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A load from begin to end: the population is made, the load is played, everything is read back and compared, and what was
//! created is removed. It says nothing; whoever drives it is handed what was measured.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::call::{Act, Call, call};
use super::engine::{Arrivals, Driven, Engine, Own, Pulse, Stage};
use super::readback::{Check, Problems};
use super::shard::Live;
use super::{Book, Measured, Record, Schedule, Shard, Standing, Workload};
use crate::client::Way;

/// How a load behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is sent.
    pub workload: Arc<Workload>,
    /// Most requests in flight.
    pub in_flight: usize,
    /// Threads, each with its own part of the workload.
    pub threads: usize,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Unique text in every name.
    pub marker: String,
    /// How much of the begin is not counted; `None` finds out.
    pub warm_up: Option<Duration>,
    /// The most requests of the load itself.
    pub most: u64,
    /// The most requests a second, also before and after the load.
    pub max_rps: Option<f64>,
    /// How long a write may take to be seen.
    pub settle: Duration,
    /// The most users that the load may create, the population among them.
    pub most_people: usize,
    /// How many requests are in flight before and after the load.
    pub side_by_side: usize,
    /// The most users that are read back; all groups are.
    pub read_back: usize,
    /// How long requests that found no place may still wait when the schedule is over.
    pub drain: Duration,
}

/// How many members join in one request while the population is made.
const BATCH: usize = 100;

/// A stage without an end of its own.
const ENDLESS: Duration = Duration::from_secs(7 * 86_400);

/// The longest begin that is kept one by one.
const WINDOW: Duration = Duration::from_secs(30);

/// A load under way; the engine plays the load itself, and nothing before and after it.
pub struct Session<'a> {
    engine: &'a dyn Engine,
    way: Arc<Way>,
    pulse: Arc<Pulse>,
    options: Options,
    shards: Vec<Shard>,
}

/// What is left of a load when it is over.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// What was not as it was acknowledged.
    pub problems: Problems,
    /// Resources that could not be removed.
    pub leftovers: u64,
}

impl<'a> Session<'a> {
    /// A load that has sent nothing yet.
    #[must_use]
    pub fn new(engine: &'a dyn Engine, way: Arc<Way>, pulse: Arc<Pulse>, options: Options) -> Self {
        let parts = options.threads.max(1);
        let shard = |part| Shard::new(Arc::clone(&options.workload), options.seed, &options.marker, part, parts);
        let mut shards: Vec<_> = (0..parts).map(shard).collect();
        shards.iter_mut().for_each(|shard| shard.book.most_people = options.most_people / parts);
        Self { engine, way, pulse, options, shards }
    }

    /// Makes the population.
    ///
    /// # Errors
    /// The first answer that kept it from being made.
    pub fn set_up(&mut self) -> Result<(), String> {
        let workload = Arc::clone(&self.options.workload);
        let population = &workload.population;
        let parts = self.shards.len();
        let share = |whole: usize, part: usize| whole / parts + usize::from(part < whole % parts);
        self.each(|part, shard| {
            let users = (0..share(population.users, part)).map(|_| shard.book.new_person()).collect::<Vec<_>>();
            let users = users.into_iter().map(|place| Live::of_person(&population.create_user, place, None));
            shard.plan(users.collect::<Vec<_>>());
        })?;
        let Some(create_group) = population.create_group.as_ref().filter(|_| population.groups > 0) else {
            return Ok(());
        };
        self.each(|part, shard| {
            let groups = (0..share(population.groups, part)).map(|_| shard.book.new_team()).collect::<Vec<_>>();
            shard.plan(groups.into_iter().map(|place| Live::of_team(create_group, place, Vec::new(), None)));
        })?;
        let Some(add) = population.add_members.as_ref().filter(|_| population.members > 0) else { return Ok(()) };
        self.each(|_, shard| {
            let count = shard.book.people.len();
            let size = population.members.min(count);
            let mut plan = Vec::new();
            for team in 0..shard.book.teams.len() {
                // Each group begins elsewhere, so that they are not all the same.
                let members: Vec<_> = (0..size).map(|n| (team * 7 + n) % count).collect();
                plan.extend(members.chunks(BATCH).map(|part| Live::of_team(add, team, part.to_vec(), None)));
            }
            shard.plan(plan);
        })
    }

    /// Plays the load. The warm-up is cut, and every other request is counted once.
    ///
    /// # Errors
    /// What kept the engine from playing it.
    pub fn play(&mut self, arrivals: &Arrivals) -> Result<Measured, String> {
        let length = match arrivals {
            Arrivals::Open(schedule) => schedule.length(),
            Arrivals::Closed { length, .. } => *length,
        };
        let options = &self.options;
        let stage = Stage {
            arrivals: arrivals.clone(),
            in_flight: options.in_flight,
            most: options.most,
            window: options.warm_up.unwrap_or((length / 4).min(WINDOW)),
            drain: options.drain,
        };
        self.shards.iter_mut().for_each(Shard::draw_journeys);
        let planned = match arrivals {
            Arrivals::Open(schedule) => schedule.len().min(options.most),
            Arrivals::Closed { .. } => 0,
        };
        let warm_up = options.warm_up;
        let driven = self.drive(self.engine, &stage, planned)?;
        let began = driven.began;
        Ok(Measured { began, ..Measured::new(driven.record, arrivals, warm_up, driven.unsent, driven.elapsed) })
    }

    /// Reads everything back and compares it; what went wrong in reading counts as unread.
    ///
    /// # Errors
    /// What kept the engine from reading.
    pub fn read_back(&mut self) -> Result<(), String> {
        std::thread::sleep(self.options.settle);
        let (find, read, group) = (plain("plain/find-user"), plain("plain/read-user"), plain("plain/read-group"));
        let all: usize = self.shards.iter().map(|shard| shard.book.people.len()).sum();
        let every = all.div_ceil(self.options.read_back.max(1)).max(1);
        // Names first: whoever was created without a clear answer is known by them.
        self.shards.iter_mut().for_each(|shard| {
            let known = people(&shard.book, |standing| standing != Standing::Absent);
            let some = known.into_iter().step_by(every).collect::<Vec<_>>();
            shard.plan(some.iter().map(|place| Live::of_person(&find, *place, Some(Check::Name))));
        });
        self.side_by_side()?;
        self.shards.iter_mut().for_each(|shard| {
            let known = people(&shard.book, |standing| matches!(standing, Standing::There | Standing::Gone));
            let users = known.into_iter().step_by(every).map(|place| Live::of_person(&read, place, Some(Check::User)));
            let groups = (0..shard.book.teams.len()).filter(|place| shard.book.teams[*place].id.is_some());
            let groups = groups.map(|place| Live::of_team(&group, place, Vec::new(), Some(Check::Group)));
            shard.plan(users.chain(groups).collect::<Vec<_>>());
        });
        self.side_by_side()?;
        Ok(())
    }

    /// Removes what was created.
    ///
    /// # Errors
    /// What kept the engine from removing it.
    pub fn clean_up(&mut self) -> Result<Ended, String> {
        let find = plain("plain/find-user");
        let (user, group) = (plain("plain/delete-user"), plain("plain/delete-group"));
        self.shards.iter_mut().for_each(|shard| {
            let unsure = people(&shard.book, |standing| standing == Standing::Unsure);
            let unsure = unsure.into_iter().filter(|place| shard.book.people[*place].id.is_none());
            shard.plan(unsure.map(|place| Live::of_person(&find, place, Some(Check::Name))).collect::<Vec<_>>());
        });
        self.side_by_side()?;
        self.shards.iter_mut().for_each(|shard| {
            let book = &shard.book;
            let groups = (0..book.teams.len()).filter(|place| {
                book.teams[*place].id.is_some()
                    && !matches!(book.teams[*place].standing, Standing::Gone | Standing::Absent)
            });
            let users = people(book, |standing| matches!(standing, Standing::There | Standing::Unsure));
            let users = users.into_iter().filter(|place| book.people[*place].id.is_some());
            let groups = groups.map(|place| Live::of_team(&group, place, Vec::new(), Some(Check::Remove)));
            let plan: Vec<_> =
                groups.chain(users.map(|place| Live::of_person(&user, place, Some(Check::Remove)))).collect();
            shard.plan(plan);
        });
        self.side_by_side()?;
        let mut ended = Ended::default();
        for shard in &mut self.shards {
            ended.problems.merge(std::mem::take(&mut shard.problems));
        }
        // Nobody was asked about those whom a broken-off clean-up did not come to.
        let forgotten: usize = self.shards.iter().map(Shard::planned).sum();
        ended.leftovers = ended.problems.left + forgotten as u64;
        Ok(ended)
    }

    /// A stage of the set-up: everything of it must be right.
    fn each(&mut self, mut plan: impl FnMut(usize, &mut Shard)) -> Result<(), String> {
        self.shards.iter_mut().enumerate().for_each(|(part, shard)| plan(part, shard));
        let record = self.side_by_side()?;
        match record.errors.into_iter().next() {
            None => Ok(()),
            Some((kind, (count, example))) => Err(format!("the set-up failed: {kind} ({count} times): {example}")),
        }
    }

    /// Plays what is planned, no faster than the target may be asked. It is the own engine that does so, whichever plays the load:
    /// what is read back must not depend on what is measured.
    fn side_by_side(&mut self) -> Result<Record, String> {
        let planned: usize = self.shards.iter().map(Shard::planned).sum();
        let arrivals = match self.options.max_rps {
            Some(rate) => Arrivals::Open(Schedule::constant(rate, ENDLESS)),
            None => Arrivals::Closed { think: Duration::ZERO, length: ENDLESS },
        };
        let in_flight = self.options.side_by_side.max(self.shards.len());
        let stage = Stage { arrivals, in_flight, most: u64::MAX, window: Duration::ZERO, drain: ENDLESS };
        self.drive(&Own, &stage, planned as u64).map(|driven| driven.record)
    }

    fn drive(&mut self, engine: &dyn Engine, stage: &Stage, planned: u64) -> Result<Sum, String> {
        self.pulse.begin(planned);
        let driven = engine.drive(std::mem::take(&mut self.shards), stage, &self.way, &self.pulse)?;
        let began = driven.iter().map(|it| it.began).min().unwrap_or(SystemTime::UNIX_EPOCH);
        let mut sum = Sum { record: Record::new(stage.window), unsent: 0, elapsed: Duration::ZERO, began };
        for Driven { shard, record, unsent, elapsed, .. } in driven {
            self.shards.push(shard);
            sum.record.merge(record);
            sum.unsent += unsent;
            sum.elapsed = sum.elapsed.max(elapsed);
        }
        Ok(sum)
    }
}

/// What all parts measured together.
struct Sum {
    record: Record,
    unsent: u64,
    elapsed: Duration,
    began: SystemTime,
}

/// The places of people of some standing.
fn people(book: &Book, fits: impl Fn(Standing) -> bool) -> Vec<usize> {
    (0..book.people.len()).filter(|place| fits(book.people[*place].standing)).collect()
}

/// A call of the tool's own.
#[expect(clippy::expect_used, reason = "the names are constant and a test plays every one")]
fn plain(name: &str) -> Arc<Call> {
    let call = call(name).expect("a call of the embedded table");
    debug_assert!(matches!(
        call.act,
        Act::FindUser | Act::ReadUser | Act::ReadGroup | Act::DeleteUser | Act::DeleteGroup
    ));
    call
}

//! The own engine: a thread for each part with a runtime of its own, one task for every place in flight, and a schedule that
//! is kept to some microseconds. Nothing is shared between threads but the counters of the terminal's line.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};

use super::connection::{Dialer, Line};
use super::{Arrivals, Driven, Engine, Pulse, Stage, share};
use crate::client::Way;
use crate::load::clock::{self, Alarm};
use crate::load::record::Sample;
use crate::load::shard::{Job, Next};
use crate::load::{Record, Schedule, Shard};

/// The own engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Own;

/// How long the threads have to connect before the first intended start.
const LEAD: Duration = Duration::from_millis(20);

impl Engine for Own {
    fn name(&self) -> &'static str {
        "scimproof"
    }

    fn drive(
        &self,
        shards: Vec<Shard>,
        stage: &Stage,
        way: &Arc<Way>,
        pulse: &Arc<Pulse>,
    ) -> Result<Vec<Driven>, String> {
        let parts = shards.len();
        let ready = std::sync::Barrier::new(parts);
        let begin = std::sync::OnceLock::new();
        std::thread::scope(|scope| {
            let threads: Vec<_> = shards
                .into_iter()
                .enumerate()
                .map(|(part, shard)| {
                    let (ready, begin) = (&ready, &begin);
                    scope.spawn(move || {
                        let start = || {
                            ready.wait();
                            *begin.get_or_init(|| Instant::now() + LEAD)
                        };
                        thread(shard, (part, parts), stage, way, pulse, start)
                    })
                })
                .collect();
            let ended = threads.into_iter().map(|thread| thread.join());
            ended.map(|it| it.map_err(|_| "a thread of the load ended early".to_owned())?).collect()
        })
    }
}

/// A request that is due.
struct Due {
    intended: Duration,
    /// When it was handed out, where no place was free then: until here the tool is late, afterwards the server.
    late: Option<Duration>,
}

/// What the tasks of a thread share.
struct Desk {
    shard: RefCell<Shard>,
    record: RefCell<Record>,
    due: RefCell<VecDeque<Due>>,
    came: Notify,
    answered: Notify,
    /// Places that wait for work.
    idle: Cell<usize>,
    /// Nothing more becomes due.
    over: Cell<bool>,
    /// Requests that may still be sent.
    left: Cell<u64>,
    last: Cell<Duration>,
    begin: Instant,
    pulse: Arc<Pulse>,
}

impl Desk {
    fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    fn end(&self) {
        self.over.set(true);
        self.came.notify_waiters();
        self.answered.notify_waiters();
    }

    /// The next job, as soon as there is one; `None` when there will be none.
    async fn job(&self, after: Option<usize>) -> Option<Job> {
        loop {
            let next = self.shard.borrow_mut().next(after, self.now());
            match next {
                Next::Send(job) => return Some(job),
                Next::Later(time) => tokio::time::sleep(time).await,
                Next::Idle if self.pulse.stopped() => return None,
                Next::Idle => self.answered.notified().await,
                Next::Done => {
                    self.end();
                    return None;
                }
            }
        }
    }

    /// Sends a job and writes down what came of it; answers its ticket.
    async fn perform(&self, line: &mut Line, job: Job, due: Option<Due>) -> usize {
        let sent = self.now();
        let intended = due.as_ref().map_or(sent, |due| due.intended);
        {
            let mut record = self.record.borrow_mut();
            if let Some(due) = &due {
                record.lateness.record(due.late.unwrap_or(sent).saturating_sub(intended));
            }
            record.sent(sent);
        }
        self.pulse.sent.fetch_add(1, Ordering::Relaxed);
        let outcome = line.send(&job).await;
        let done = self.now();
        let wrong = self.shard.borrow_mut().answered(job.ticket, &outcome, done);
        self.pulse.completed.fetch_add(1, Ordering::Relaxed);
        if wrong.is_some() {
            self.pulse.errors.fetch_add(1, Ordering::Relaxed);
        }
        self.record.borrow_mut().done(Sample { act: job.call.act, intended, sent, done }, wrong);
        self.last.set(self.last.get().max(done));
        self.answered.notify_waiters();
        job.ticket
    }
}

fn thread(
    shard: Shard,
    (part, parts): (usize, usize),
    stage: &Stage,
    way: &Arc<Way>,
    pulse: &Arc<Pulse>,
    start: impl FnOnce() -> Instant,
) -> Result<Driven, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let local = LocalSet::new();
    let driven = local.block_on(&runtime, async {
        // Without an address there is still something to report: every request of it failed.
        let addresses = way.addresses().await.unwrap_or_default();
        let mut lines =
            lines(way, addresses, usize::try_from(share(stage.in_flight as u64, part, parts)).unwrap_or(1)).await;
        let desk = Rc::new(Desk {
            shard: RefCell::new(shard),
            record: RefCell::new(Record::new(stage.window)),
            due: RefCell::default(),
            came: Notify::new(),
            answered: Notify::new(),
            idle: Cell::new(0),
            over: Cell::new(false),
            left: Cell::new(share(stage.most, part, parts)),
            last: Cell::new(Duration::ZERO),
            begin: start(),
            pulse: Arc::clone(pulse),
        });
        let began = SystemTime::now() + desk.begin.saturating_duration_since(Instant::now());
        let used = clock::used();
        let mut places = JoinSet::new();
        for line in lines.drain(..) {
            let desk = Rc::clone(&desk);
            match stage.arrivals {
                Arrivals::Open(_) => places.spawn_local(open(desk, line)),
                Arrivals::Closed { think, length } => places.spawn_local(closed(desk, line, think, length)),
            };
        }
        let mut unsent = 0;
        if let Arrivals::Open(schedule) = &stage.arrivals {
            unsent = keep(&desk, schedule, (part, parts), stage.drain).await;
        }
        while places.join_next().await.is_some() {}
        let elapsed = desk.last.get();
        desk.record.borrow_mut().busy = match (used, clock::used()) {
            (Some(before), Some(after)) if elapsed > Duration::ZERO => {
                Some((after.saturating_sub(before)).as_secs_f64() / elapsed.as_secs_f64())
            }
            _ => None,
        };
        (desk, unsent, elapsed, began)
    });
    // What connections still do ends here, and with it every other handle to the desk.
    drop(local);
    drop(runtime);
    let (desk, unsent, elapsed, began) = driven;
    let desk = Rc::into_inner(desk).ok_or_else(|| "a task of the load has not ended".to_owned())?;
    let mut shard = desk.shard.into_inner();
    shard.stop();
    Ok(Driven { shard, record: desk.record.into_inner(), unsent, elapsed, began })
}

/// Connected lines; one that cannot connect says so with its first request.
async fn lines(way: &Arc<Way>, addresses: Vec<SocketAddr>, count: usize) -> Vec<Line> {
    let dialer = Rc::new(Dialer::new(Arc::clone(way), addresses));
    let mut lines: Vec<_> = (0..count.max(1)).map(|_| Line::new(Rc::clone(&dialer))).collect();
    for line in &mut lines {
        if line.connect().await.is_err() {
            break;
        }
    }
    lines
}

/// A place of the open loop: sends what is due.
async fn open(desk: Rc<Desk>, mut line: Line) {
    loop {
        let due = desk.due.borrow_mut().pop_front();
        let Some(due) = due else {
            if desk.over.get() {
                return;
            }
            desk.idle.set(desk.idle.get() + 1);
            desk.came.notified().await;
            desk.idle.set(desk.idle.get() - 1);
            continue;
        };
        let Some(job) = desk.job(None).await else { return };
        desk.perform(&mut line, job, Some(due)).await;
    }
}

/// A place of the closed loop: a client that waits for its answer and thinks.
async fn closed(desk: Rc<Desk>, mut line: Line, think: Duration, length: Duration) {
    let mut after = None;
    while !desk.over.get() && !desk.pulse.stopped() && desk.now() < length && desk.left.get() > 0 {
        let Some(job) = desk.job(after).await else { return };
        desk.left.set(desk.left.get() - 1);
        after = Some(desk.perform(&mut line, job, None).await);
        if think > Duration::ZERO {
            tokio::time::sleep(think).await;
        }
    }
}

/// Keeps the schedule of one part: hands out what is due, all of it, however late the thread was woken. Answers how many
/// intended starts were never sent.
async fn keep(desk: &Desk, schedule: &Schedule, (part, parts): (usize, usize), drain: Duration) -> u64 {
    let alarm = Alarm::new();
    let (all, step) = (schedule.len(), parts as u64);
    let mut n = part as u64;
    while n < all && desk.left.get() > 0 && !desk.over.get() && !desk.pulse.stopped() {
        alarm.until(desk.begin + schedule.start(n)).await;
        let now = desk.now();
        let mut came = 0;
        while n < all && desk.left.get() > 0 && schedule.start(n) <= now {
            let intended = schedule.start(n);
            let mut due = desk.due.borrow_mut();
            let late = (desk.idle.get() <= due.len()).then_some(now);
            due.push_back(Due { intended, late });
            desk.left.set(desk.left.get() - 1);
            n += step;
            came += 1;
        }
        (0..came).for_each(|_| desk.came.notify_one());
        tokio::task::yield_now().await;
    }
    let end = desk.now() + drain;
    while !desk.due.borrow().is_empty() && desk.now() < end && !desk.over.get() && !desk.pulse.stopped() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let left = desk.due.borrow_mut().drain(..).len() as u64;
    let ended = desk.over.get();
    desk.end();
    // What the workload had no more of was not withheld by anybody.
    if ended || desk.pulse.stopped() { 0 } else { left }
}

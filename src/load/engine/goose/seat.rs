//! The clients that goose runs: what each asks for, how goose sends it, and what is written down of the answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use ::goose::goose::{GooseRequest, GooseUser, Transaction, TransactionResult};

use super::super::headers::{Headers, retry_after};
use super::super::{Driven, Failed, Pieces, Pulse, Stage, late, share};
use super::{LOOK, lock};
use crate::client::Way;
use crate::load::answer::{Broken, Outcome};
use crate::load::record::Sample;
use crate::load::shard::{Job, Next};
use crate::load::{Record, Shard};
use crate::wire::FailureKind;

/// How long a client waits that finds nothing to do.
const REST: Duration = Duration::from_millis(1);

/// What all clients share.
pub(super) struct Desk {
    parts: Vec<Mutex<Part>>,
    headers: Mutex<Headers>,
    way: Arc<Way>,
    pulse: Arc<Pulse>,
    begin: OnceLock<(Instant, SystemTime)>,
    length: Duration,
}

/// A part of the load, of some of the clients.
struct Part {
    shard: Shard,
    record: Record,
    /// Requests that may still be sent.
    left: u64,
    last: Duration,
}

impl Desk {
    /// A load that has not begun, of so many parts.
    pub(super) fn new(shards: Vec<Shard>, stage: &Stage, length: Duration, way: &Arc<Way>, pulse: &Arc<Pulse>) -> Self {
        let parts = shards.len();
        let part = |(n, shard)| {
            let left = share(stage.most, n, parts);
            Mutex::new(Part { shard, record: Record::new(stage.window), left, last: Duration::ZERO })
        };
        Self {
            parts: shards.into_iter().enumerate().map(part).collect(),
            headers: Mutex::new(Headers::new(Arc::clone(way))),
            way: Arc::clone(way),
            pulse: Arc::clone(pulse),
            begin: OnceLock::new(),
            length,
        }
    }

    /// How many parts there are.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The base URL of the target.
    pub(super) fn base(&self) -> &str {
        self.way.base.as_str()
    }

    /// The time since the first client began.
    fn now(&self) -> Duration {
        self.begin.get_or_init(|| (Instant::now(), SystemTime::now())).0.elapsed()
    }

    /// Whether nothing may begin any more.
    pub(super) fn over(&self) -> bool {
        let late = self.begin.get().is_some_and(|(begin, _)| begin.elapsed() >= self.length);
        late || self.pulse.stopped()
    }

    /// Whether no part may send any more, or has any more to send.
    pub(super) fn spent(&self) -> bool {
        self.parts.iter().all(|part| lock(part).left == 0)
    }

    /// The parts with what was measured, where the busiest thread `used` so much time.
    pub(super) fn driven(self, used: Option<Duration>) -> Vec<Driven> {
        let began = self.begin.get().map_or_else(SystemTime::now, |(_, began)| *began);
        let parts: Vec<_> =
            self.parts.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        let elapsed = parts.iter().map(|part| part.last).max().unwrap_or_default();
        let busy = used.filter(|_| elapsed > Duration::ZERO).map(|used| used.as_secs_f64() / elapsed.as_secs_f64());
        let driven = parts.into_iter().map(|Part { mut shard, mut record, last, .. }| {
            shard.stop();
            record.busy = busy;
            Driven { shard, record, unsent: 0, elapsed: last, began }
        });
        driven.collect()
    }
}

/// One client: its part of the load, and its connection.
pub(super) struct Seat {
    desk: Arc<Desk>,
    part: usize,
    client: reqwest::Client,
}

type Playing<'a> = Pin<Box<dyn Future<Output = TransactionResult> + Send + 'a>>;

impl Seat {
    /// The `n`-th client.
    ///
    /// # Errors
    /// Why there is no HTTP client for it.
    pub(super) fn new(desk: &Arc<Desk>, n: usize) -> Result<Arc<Self>, String> {
        let client = desk.way.http_client().map_err(|error| error.to_string())?;
        Ok(Arc::new(Self { desk: Arc::clone(desk), part: n % desk.parts.len(), client }))
    }

    /// The journey of that place in the workload.
    pub(super) fn transaction(self: &Arc<Self>, journey: usize) -> Transaction {
        let seat = Arc::clone(self);
        Transaction::new(Arc::new(move |user: &mut GooseUser| -> Playing<'_> {
            let seat = Arc::clone(&seat);
            Box::pin(async move {
                user.client = seat.client.clone();
                let mut job = seat.first(journey).await;
                while let Some(it) = job {
                    job = seat.perform(user, it).await;
                }
                Ok(())
            })
        }))
    }

    fn part(&self) -> MutexGuard<'_, Part> {
        lock(&self.desk.parts[self.part])
    }

    /// The first request of a journey, as soon as somebody fits it; `None` when the load is over.
    async fn first(&self, journey: usize) -> Option<Job> {
        while !self.desk.over() {
            let next = {
                let mut part = self.part();
                if part.left == 0 {
                    break;
                }
                let next = part.shard.start(journey);
                part.left -= u64::from(matches!(next, Next::Send(_)));
                next
            };
            match next {
                Next::Send(job) => return Some(job),
                Next::Done => self.part().left = 0,
                Next::Later(_) | Next::Idle => tokio::time::sleep(REST).await,
            }
        }
        // goose asks at once again until it has heard that the load is over.
        tokio::time::sleep(LOOK).await;
        None
    }

    /// Sends a request and writes down what came of it; answers the next one of the same journey.
    async fn perform(&self, user: &mut GooseUser, job: Job) -> Option<Job> {
        let Desk { pulse, .. } = &*self.desk;
        let sent = self.desk.now();
        self.part().record.sent(sent);
        pulse.sent.fetch_add(1, Ordering::Relaxed);
        let outcome = self.send(user, &job).await;
        let done = self.desk.now();
        pulse.completed.fetch_add(1, Ordering::Relaxed);
        let mut part = self.part();
        let wrong = part.shard.answered(job.ticket, &outcome, done);
        pulse.errors.fetch_add(u64::from(wrong.is_some()), Ordering::Relaxed);
        part.record.done(Sample { act: job.call.act, intended: sent, sent, done }, wrong);
        part.last = part.last.max(done);
        if part.left == 0 || self.desk.over() {
            return None;
        }
        let next = part.shard.follow(job.ticket)?;
        part.left -= 1;
        Some(next)
    }

    /// Sends a request and reads its answer, within the time-out or until the client gives up; then its connection is closed.
    async fn send(&self, user: &mut GooseUser, job: &Job) -> Outcome {
        let limit = job.give_up.unwrap_or(self.desk.way.timeout);
        match tokio::time::timeout(limit, self.exchange(user, job)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err((broken, reason))) => Outcome::Broken(broken, reason),
            Err(_) => late(job, limit),
        }
    }

    async fn exchange(&self, user: &mut GooseUser, job: &Job) -> Result<Outcome, Failed> {
        let way = &self.desk.way;
        let headers = lock(&self.desk.headers).of(job);
        let builder = user.client.request(job.call.method.clone(), way.base.join(&job.target)).headers(headers);
        let builder = match &job.body {
            Some(body) => builder.body(body.clone()),
            None => builder,
        };
        let request = GooseRequest::builder().name(job.call.name.as_str()).set_request_builder(builder).build();
        let answer = user.request(request).await.map_err(|error| (Broken::Protocol, error.to_string()))?;
        let mut answer = answer.response.map_err(|error| broken(&error))?;
        let (status, wait) = (answer.status().as_u16(), retry_after(answer.headers()));
        let mut body = Pieces::new(way.body_limit);
        while let Some(piece) = answer.chunk().await.map_err(|error| broken(&error))? {
            body.add(piece)?;
        }
        Ok(Outcome::Answer { status, retry_after: wait, body: body.whole() })
    }
}

/// The class of a failure of the HTTP client, and its innermost cause.
fn broken(error: &reqwest::Error) -> Failed {
    let failure = Way::failure(error);
    let parse = std::iter::successors(std::error::Error::source(error), |error| error.source())
        .any(|error| error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse));
    let broken = match failure.kind {
        FailureKind::Tls => Broken::Tls,
        _ if error.is_connect() => Broken::Connect,
        FailureKind::Timeout => Broken::Timeout,
        _ if parse => Broken::Protocol,
        _ => Broken::Reset,
    };
    (broken, failure.reason)
}

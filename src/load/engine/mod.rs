//! What sends: an engine takes the parts of a load and a stage of it, and gives the parts back with what it measured. The own
//! engine measures rates and tails; goose plays journeys in a closed loop.

mod connection;
#[cfg(feature = "goose")]
mod goose;
mod headers;
mod hyper;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
#[cfg(feature = "goose")]
pub use goose::Goose;
pub use hyper::Own;

use super::shard::Job;
use super::{Broken, Outcome, Record, Schedule, Shard};
use crate::client::Way;

/// How requests arrive.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrivals {
    /// Open loop: when the schedule says, whatever the server does. Times count from the intended start.
    Open(Schedule),
    /// Closed loop: as many clients as may be in flight, each of which waits for its answer and thinks.
    Closed {
        /// Between an answer and the next request of the same client.
        think: Duration,
        /// No request begins after this time.
        length: Duration,
    },
}

/// A stage of a load.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// How requests arrive.
    pub arrivals: Arrivals,
    /// Most requests in flight; one that finds no room waits, and the wait is response time.
    pub in_flight: usize,
    /// The most requests.
    pub most: u64,
    /// For so long samples are kept one by one.
    pub window: Duration,
    /// For so long after the last intended start requests that wait for room are still sent.
    pub drain: Duration,
}

/// What is going on, for a line on the terminal, and the wish to stop.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Requests sent.
    pub sent: AtomicU64,
    /// Requests that are over.
    pub completed: AtomicU64,
    /// Wrong answers and failures.
    pub errors: AtomicU64,
    /// Requests of this stage, where that is known.
    pub planned: AtomicU64,
    stop: AtomicBool,
}

impl Pulse {
    /// Asks every engine to begin nothing more.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Takes the wish back: what was created is still to be removed.
    pub fn resume(&self) {
        self.stop.store(false, Ordering::Release);
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// A new stage begins.
    pub fn begin(&self, planned: u64) {
        self.planned.store(planned, Ordering::Relaxed);
        [&self.sent, &self.completed, &self.errors].iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }
}

/// A part and what was measured with it.
#[derive(Debug)]
pub struct Driven {
    /// The part, with everything that is known now.
    pub shard: Shard,
    /// What was measured.
    pub record: Record,
    /// Requests that the schedule held and that were never sent.
    pub unsent: u64,
    /// From the start to the end of the last answer.
    pub elapsed: Duration,
    /// The moment from which intended starts count.
    pub began: SystemTime,
}

/// Sends.
pub trait Engine: Send + Sync {
    /// The word in reports.
    fn name(&self) -> &'static str;

    /// Plays a stage with all parts at the same time and comes back when everything is answered.
    ///
    /// # Errors
    /// A sentence: the engine cannot play such a stage, or a thread of it ended early.
    fn drive(
        &self,
        shards: Vec<Shard>,
        stage: &Stage,
        way: &Arc<Way>,
        pulse: &Arc<Pulse>,
    ) -> Result<Vec<Driven>, String>;
}

/// A request without an answer: the class, and the reason in words.
type Failed = (Broken, String);

/// A body as it comes. One that comes at once is not copied.
struct Pieces {
    first: Bytes,
    all: BytesMut,
    limit: usize,
}

impl Pieces {
    fn new(limit: usize) -> Self {
        Self { first: Bytes::new(), all: BytesMut::new(), limit }
    }

    fn add(&mut self, piece: Bytes) -> Result<(), Failed> {
        if self.first.is_empty() && self.all.is_empty() {
            self.first = piece;
        } else {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
            self.all.extend_from_slice(&piece);
        }
        if self.first.len() + self.all.len() > self.limit {
            return Err((Broken::Protocol, "the body is larger than the limit".to_owned()));
        }
        Ok(())
    }

    fn whole(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

/// What one of several parts gets of a whole.
fn share(whole: u64, part: usize, parts: usize) -> u64 {
    let (part, parts) = (part as u64, parts as u64);
    whole / parts + u64::from(part < whole % parts)
}

/// What came of a request that nobody waits for any longer.
fn late(job: &Job, limit: Duration) -> Outcome {
    let broken = if job.give_up.is_some() { Broken::GivenUp } else { Broken::Timeout };
    Outcome::Broken(broken, format!("nothing within {limit:?}"))
}

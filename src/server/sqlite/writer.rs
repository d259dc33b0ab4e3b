//! The one writer of a file: waiting writes are batched into one transaction (group commit), each inside a savepoint so
//! that a refused one leaves the others alone, and each is answered only after the commit is on disk.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use time::OffsetDateTime;

use super::pool::{KEPT, Pool};
use super::{broken, statement};
use crate::store::{Change, Draft, Kind, Record, StoreError};

/// Most writes of one transaction.
const BATCH: usize = 512;
/// The most that is waited for writers who were in the batch before and are about to come back.
const PATIENCE: Duration = Duration::from_millis(2);

/// A write: the tenant and what to do.
#[derive(Debug)]
pub(super) enum Write {
    Create(String, Draft),
    Replace(String, Change),
    Delete { tenant: String, kind: Kind, id: String, expected: Option<u64>, now: OffsetDateTime },
}

/// What a write answers; a deletion has no record.
pub(super) type Outcome = Result<Option<Record>, StoreError>;

/// What is done with the outcome, on the writer's thread.
pub(super) type Reply = Box<dyn FnOnce(Outcome) + Send>;

struct Job {
    write: Write,
    reply: Reply,
}

/// The queue's end that callers hold.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread, which also says when the readers' snapshots are of the past.
    pub fn start(connection: Connection, readers: Arc<Pool>) -> Result<Self, StoreError> {
        let (queue, jobs) = channel();
        let thread = std::thread::Builder::new()
            .name("scim-sqlite-writer".into())
            .spawn(move || {
                run(&connection, &jobs, &readers);
                // Who closes last moves the log to the file, and a reader cannot.
                drop(readers);
            })
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Queues a write and waits until it is durable or refused.
    pub fn write(&self, write: Write) -> Outcome {
        let (reply, outcome) = sync_channel(1);
        // A caller that has gone away does not matter to the others.
        self.write_then(write, Box::new(move |outcome| drop(reply.send(outcome))));
        outcome.recv().map_err(|_| gone())?
    }

    /// Queues a write; the reply comes when it is durable or refused.
    pub fn write_then(&self, write: Write, reply: Reply) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let left = match queue {
            Some(queue) => queue.send(Job { write, reply }).err().map(|unsent| unsent.0),
            None => Some(Job { write, reply }),
        };
        if let Some(Job { reply, .. }) = left {
            reply(Err(gone()));
        }
    }
}

fn gone() -> StoreError {
    StoreError::Broken("the writer has stopped".into())
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, jobs: &Receiver<Job>, readers: &Pool) {
    let (mut before, mut took) = (0, Duration::ZERO);
    loop {
        let first = match jobs.recv_timeout(KEPT) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => {
                drop(readers.pause());
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let batch = gather(first, jobs, before, took);
        let (writes, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|job| (job.write, job.reply)).unzip();
        let pause = readers.pause();
        let begin = Instant::now();
        let outcomes = match commit(connection, writes) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                // If there is none to undo, that is as good.
                let _ = connection.execute_batch("ROLLBACK");
                vec![Err(broken(error)); replies.len()]
            }
        };
        (before, took) = (replies.len(), begin.elapsed());
        drop(pause);
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            reply(outcome);
        }
    }
}

/// What waits now. Writers of the batch before that write again come one by one: to wait for them, for less than a quarter
/// of what the commit took, is cheaper than a commit for the first of them alone.
fn gather(first: Job, jobs: &Receiver<Job>, before: usize, took: Duration) -> Vec<Job> {
    let mut batch = vec![first];
    batch.extend(jobs.try_iter().take(BATCH - 1));
    let until = Instant::now() + (took / 4).min(PATIENCE);
    while batch.len() < before {
        match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) => batch.push(job),
            Err(_) => break,
        }
    }
    batch
}

fn commit(db: &Connection, writes: Vec<Write>) -> rusqlite::Result<Vec<Outcome>> {
    let run = |sql: &str| db.prepare_cached(sql)?.execute([]);
    run("BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(writes.len());
    for write in writes {
        run("SAVEPOINT one")?;
        let outcome = statement::perform(db, write);
        if outcome.is_err() {
            run("ROLLBACK TO one")?;
        }
        run("RELEASE one")?;
        outcomes.push(outcome);
    }
    run("COMMIT")?;
    Ok(outcomes)
}

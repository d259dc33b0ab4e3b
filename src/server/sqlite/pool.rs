//! The read connections of a file. An idle one keeps its snapshot from read to read for as long as nothing was written:
//! to open a snapshot and to close it takes two locks of the file, which cost more than the read itself.
//!
//! What was answered is seen: the writer ends every kept snapshot before it begins a transaction ([`Pool::pause`]), none is
//! kept while it is in one, and it answers its writes after that. So none stands in the way of moving the log to the file
//! either. What another process writes is seen, and what it wants to do with the log can be done, after [`KEPT`].

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{BUSY, broken, keep_plans};
use crate::store::StoreError;

/// Idle read connections that are kept.
const IDLE_READERS: usize = 16;
/// Pages that a reader keeps, KiB: what it reads from the log.
const READER_KIB: i32 = 8 * 1024;
/// How much of the file readers look at in place, bytes; the rest is read page by page.
const MAPPED_BYTES: i64 = 1 << 30;
/// For how long a snapshot is kept at the most.
pub(super) const KEPT: Duration = Duration::from_millis(100);

/// The readers of a file.
#[derive(Debug)]
pub(super) struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
    /// Counts beginnings and ends of what no snapshot may outlive; odd in between.
    age: AtomicU64,
}

#[derive(Debug)]
struct Reader {
    connection: Connection,
    /// The age that its open snapshot is of.
    snapshot: Option<u64>,
}

impl Reader {
    fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN")?.execute([]).map(|_| ())
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        self.snapshot = None;
        self.connection.prepare_cached("COMMIT")?.execute([]).map(|_| ())
    }
}

impl Pool {
    /// The readers of that file, which is there.
    pub fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()), age: AtomicU64::new(0) }
    }

    /// Runs a read as of one moment, which is no earlier than the last write that was answered.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if SQLite fails; that connection is not used again.
    pub fn read<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.connect().map_err(broken)?,
        };
        // Before the snapshot is opened, so that it is of this age or of a later one.
        let age = self.age.load(Ordering::Acquire);
        if reader.snapshot.is_some_and(|own| own != age) {
            reader.end().map_err(broken)?;
        }
        if reader.snapshot.is_none() {
            reader.begin().map_err(broken)?;
        }
        let found = look(&reader.connection).map_err(broken)?;
        self.give_back(reader, age);
        Ok(found)
    }

    fn give_back(&self, mut reader: Reader, age: u64) {
        let mut idle = self.idle();
        // Who pauses has counted before it looks at who is idle.
        let kept = age.is_multiple_of(2) && self.age.load(Ordering::Acquire) == age;
        if kept && idle.len() < IDLE_READERS {
            reader.snapshot = Some(age);
            idle.push(reader);
            return;
        }
        drop(idle);
        if reader.end().is_ok() {
            let mut idle = self.idle();
            if idle.len() < IDLE_READERS {
                idle.push(reader);
            }
        }
    }

    /// Ends every kept snapshot; none is kept before what it answers is dropped.
    pub fn pause(&self) -> Pause<'_> {
        let pause = Pause(self);
        self.age.fetch_add(1, Ordering::AcqRel);
        self.idle().retain_mut(|reader| reader.snapshot.is_none() || reader.end().is_ok());
        pause
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self) -> rusqlite::Result<Reader> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY)?;
        keep_plans(&connection)?;
        connection.pragma_update(None, "cache_size", -READER_KIB)?;
        connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
        Ok(Reader { connection, snapshot: None })
    }
}

/// A time in which no snapshot is kept.
pub(super) struct Pause<'a>(&'a Pool);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.age.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;

//! Several readers of one file, each with a snapshot that it keeps, while the file is written by us and by others.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::super::SqliteStore;
use super::*;
use crate::store::{Kind, Links, Select, Store, behaviour};

/// How many readers each test has.
const READERS: usize = 4;

fn opened() -> (tempfile::TempDir, SqliteStore, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(BUSY).unwrap();
    (folder, store, other)
}

/// What every reader sees, the first while it waits for the next.
fn seen(pool: &Pool, readers: usize) -> Vec<i64> {
    let count = |db: &Connection| db.query_row("SELECT count(*) FROM resource", [], |row| row.get::<_, i64>(0));
    let found = pool.read(|db| {
        let mut seen = if readers > 1 { seen(pool, readers - 1) } else { Vec::new() };
        seen.push(count(db)?);
        Ok(seen)
    });
    found.unwrap()
}

fn keeping(pool: &Pool) -> usize {
    pool.idle().iter().filter(|reader| reader.snapshot.is_some()).count()
}

#[test]
fn what_was_answered_is_seen_by_every_reader() {
    let (_folder, store, _other) = opened();
    for number in 1..20 {
        store.create("t", behaviour::draft(Kind::User, &number.to_string(), &number.to_string(), &[])).unwrap();
        assert_eq!(seen(&store.readers, READERS), [number; READERS]);
        // It may be ended for its age in between, but some read finds it kept.
        let kept =
            (0..100).any(|_| seen(&store.readers, READERS).len() == READERS && keeping(&store.readers) == READERS);
        assert!(kept, "readers keep their snapshots");
    }
    store.delete("t", Kind::User, "1", None, time::OffsetDateTime::UNIX_EPOCH).unwrap();
    assert_eq!(keeping(&store.readers), 0, "a write ends what is kept");
    assert_eq!(seen(&store.readers, READERS), [18; READERS]);
    assert!(store.get("t", Kind::User, "1", Links::All).unwrap().is_none());
}

#[test]
fn nothing_is_kept_while_the_writer_pauses_the_readers() {
    let (_folder, store, _other) = opened();
    let pool = Pool::new(store.readers.path.clone());
    seen(&pool, READERS);
    assert_eq!(keeping(&pool), READERS);
    let pause = pool.pause();
    assert_eq!(keeping(&pool), 0);
    seen(&pool, READERS);
    assert_eq!((keeping(&pool), pool.idle().len()), (0, READERS));
    drop(pause);
    // A read that began before a write ends after it.
    let within = pool.read(|_| {
        drop(pool.pause());
        Ok(true)
    });
    assert_eq!(within, Ok(true));
    assert_eq!(keeping(&pool), 0);
    assert!(pool.read(|db| db.execute_batch("SELECT nothing")).is_err());
    assert_eq!(pool.idle().len(), READERS - 1, "a connection that failed is not used again");
}

#[test]
fn kept_snapshots_do_not_hold_the_log() {
    let (_folder, store, other) = opened();
    let checkpoint = |how: &str| -> (i64, i64, i64) {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        other.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], read).unwrap()
    };
    for number in 0..5 {
        seen(&store.readers, READERS);
        store.create("t", behaviour::draft(Kind::User, &number.to_string(), &number.to_string(), &[])).unwrap();
        let (busy, log, moved) = checkpoint("PASSIVE");
        assert!(busy == 0 && log > 0 && log == moved, "{log} {moved}");
    }
    store.create("t", behaviour::draft(Kind::User, "9", "9", &[])).unwrap();
    seen(&store.readers, READERS);
    // It waits for readers of the log, and those who are idle let go of it.
    assert_eq!(checkpoint("TRUNCATE"), (0, 0, 0));
}

#[test]
fn what_another_process_writes_is_seen_soon() {
    let (_folder, store, other) = opened();
    let insert = "INSERT INTO resource SELECT NULL, 't', 'User', ?1, ?1, ?1, NULL, '', 1, 0, 0, '{}'";
    for number in 1..5 {
        seen(&store.readers, READERS);
        other.execute(insert, [number.to_string()]).unwrap();
        let begin = Instant::now();
        while store.count("t", Kind::User, &Select::All).unwrap() < number {
            assert!(begin.elapsed() < 50 * KEPT, "it is not seen");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Who changes what it read of the past learns that, and reads again.
        let (id, now) = (number.to_string(), time::OffsetDateTime::UNIX_EPOCH);
        let update = "UPDATE resource SET version = version + 1 WHERE id = ?1";
        store.get("t", Kind::User, &id, Links::Skip).unwrap();
        other.execute(update, [&id]).unwrap();
        assert_eq!(store.delete("t", Kind::User, &id, Some(1), now), Err(StoreError::Stale));
        assert_eq!(store.get("t", Kind::User, &id, Links::Skip).unwrap().unwrap().version, 2);
    }
}

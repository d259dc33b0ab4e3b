//! The SQLite store: one file, write-ahead log, every commit synced. One thread writes and gathers waiting writers into
//! one transaction; readers have connections of their own. It knows nothing of SCIM messages or HTTP.

mod pool;
mod reader;
mod statement;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use time::OffsetDateTime;

use crate::store::{Change, Draft, From, Kind, Links, Order, Record, Select, Store, StoreError, Then};
use pool::Pool;
use writer::{Write, Writer};

/// Identifies the file to `file` and to us: "scim" in ASCII.
const APPLICATION_ID: i32 = 0x7363_696d;
/// The version of `schema.sql`.
const SCHEMA_VERSION: i32 = 4;
/// The oldest version that is brought up to date.
const OLDEST_VERSION: i32 = 1;
/// The last version whose table of resources knew users and groups only.
const TWO_KINDS: i32 = 2;
/// The last version that kept every name in an index of its own and did not count its rows.
const UNCOUNTED: i32 = 3;
/// How long a connection waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(10);
/// Pages that the writer keeps, KiB: new names and ids fall anywhere in their indices.
const WRITER_KIB: i32 = 32 * 1024;
/// What SQLite may hold in this process altogether, bytes; beyond it gives pages back before it takes new ones.
const HEAP_BYTES: i64 = 192 << 20;
/// Pages of the write-ahead log before they are moved to the file: rarely, because moving them is synced twice.
const LOG_PAGES: i32 = 8192;

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    readers: Arc<Pool>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens a file, creating it if there is none.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the file cannot be opened or belongs to another program.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(broken)?;
        prepare(&connection)?;
        let readers = Arc::new(Pool::new(path.to_owned()));
        let writer = Writer::start(connection, Arc::clone(&readers))?;
        Ok(Self { readers, writer })
    }
}

/// Statements are prepared once. Without the second line SQLite would plan those that a partial index could serve anew for
/// every value that is bound to them.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY).map_err(broken)?;
    keep_plans(connection).map_err(broken)?;
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(broken)?;
    let version = pragma("user_version").map_err(broken)?;
    let ours = pragma("application_id").map_err(broken)? == APPLICATION_ID
        && (OLDEST_VERSION..=SCHEMA_VERSION).contains(&version);
    if tables > 0 && !ours {
        return Err(StoreError::Broken("the file is a database of another program or version".into()));
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(broken)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Broken(format!("the file cannot have a write-ahead log (journal mode {mode})")));
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(broken)?;
    connection.pragma_update(None, "cache_size", -WRITER_KIB).map_err(broken)?;
    let set = |sql: &str| connection.query_row(sql, [], |_| Ok(())).map_err(broken);
    set(&format!("PRAGMA soft_heap_limit = {HEAP_BYTES}"))?;
    set(&format!("PRAGMA wal_autocheckpoint = {LOG_PAGES}"))?;
    // A CHECK cannot be changed, so the table is made anew and keeps its rows, and its count of sequences.
    let (before, after) = if tables > 0 && version <= TWO_KINDS {
        (
            "ALTER TABLE resource RENAME TO resource_before; DROP INDEX IF EXISTS resource_order; \
             DROP INDEX IF EXISTS resource_name; DROP INDEX IF EXISTS resource_external;",
            "INSERT INTO resource SELECT * FROM resource_before; DELETE FROM sqlite_sequence WHERE name = 'resource'; \
             UPDATE sqlite_sequence SET name = 'resource' WHERE name = 'resource_before'; DROP TABLE resource_before;",
        )
    } else {
        ("", "")
    };
    let (before, after) = if tables > 0 && version <= UNCOUNTED {
        (
            format!("{before} DROP INDEX IF EXISTS resource_name; DROP INDEX IF EXISTS resource_external;"),
            format!("{after} INSERT OR REPLACE INTO tally SELECT tenant, kind, count(*) FROM resource GROUP BY 1, 2;"),
        )
    } else {
        (before.to_owned(), after.to_owned())
    };
    let schema = include_str!("schema.sql");
    connection
        .execute_batch(&format!(
            "BEGIN; {before} {schema} {after} PRAGMA application_id = {APPLICATION_ID}; \
             PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        ))
        .map_err(broken)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn broken(error: rusqlite::Error) -> StoreError {
    StoreError::Broken(error.to_string())
}

impl Store for SqliteStore {
    fn create(&self, tenant: &str, draft: Draft) -> Result<Record, StoreError> {
        self.writer.write(Write::Create(tenant.to_owned(), draft))?.ok_or(StoreError::Missing)
    }

    fn create_then(&self, tenant: &str, draft: Draft, then: Then) {
        let reply = move |outcome: writer::Outcome| then(outcome.and_then(|made| made.ok_or(StoreError::Missing)));
        self.writer.write_then(Write::Create(tenant.to_owned(), draft), Box::new(reply));
    }

    fn get(&self, tenant: &str, kind: Kind, id: &str, links: Links<'_>) -> Result<Option<Record>, StoreError> {
        self.readers.read(|connection| reader::get(connection, tenant, kind, id, links))
    }

    fn replace(&self, tenant: &str, change: Change) -> Result<Record, StoreError> {
        self.writer.write(Write::Replace(tenant.to_owned(), change))?.ok_or(StoreError::Missing)
    }

    fn delete(
        &self,
        tenant: &str,
        kind: Kind,
        id: &str,
        expected: Option<u64>,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let write = Write::Delete { tenant: tenant.to_owned(), kind, id: id.to_owned(), expected, now };
        self.writer.write(write).map(|_| ())
    }

    fn count(&self, tenant: &str, kind: Kind, select: &Select) -> Result<usize, StoreError> {
        self.readers.read(|connection| reader::count(connection, tenant, kind, select))
    }

    fn list(
        &self,
        tenant: &str,
        kind: Kind,
        select: &Select,
        from: From,
        limit: usize,
        links: Links<'_>,
    ) -> Result<Vec<Record>, StoreError> {
        self.readers.read(|connection| reader::list(connection, tenant, kind, select, (from, limit), links))
    }

    fn by_name(
        &self,
        tenant: &str,
        kind: Kind,
        (order, offset, limit): (Order, usize, usize),
        links: Links<'_>,
    ) -> Result<Vec<Record>, StoreError> {
        self.readers.read(|connection| reader::by_name(connection, tenant, kind, (order, offset, limit), links))
    }

    fn waits(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::store::behaviour;

    #[test]
    fn the_sqlite_store_behaves() {
        for (index, (_, test)) in behaviour::ALL.iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            test(&SqliteStore::open(&folder.path().join(format!("{index}.db"))).unwrap());
        }
    }

    #[test]
    fn a_file_keeps_its_records_and_its_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        for round in 1..3 {
            let store = SqliteStore::open(&path).unwrap();
            let mut draft = behaviour::draft(Kind::User, &round.to_string(), &round.to_string(), &[]);
            draft.keys.name = round.to_string();
            store.create("t", draft).unwrap();
            assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), round);
        }
        assert!(!path.with_extension("db-wal").exists(), "a closed store is one file");
        let plain = Connection::open(&path).unwrap();
        let mode: String = plain.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        let name: String = plain.query_row("SELECT name_key FROM resource", [], |row| row.get(0)).unwrap();
        assert_eq!((mode.as_str(), name.as_str()), ("wal", "1"));
    }

    #[test]
    fn a_file_of_the_first_version_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        drop(SqliteStore::open(&path).unwrap());
        let plain = Connection::open(&path).unwrap();
        let old = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ', ''Device''', ''); \
                   PRAGMA writable_schema = RESET; DROP TABLE held; DROP TRIGGER resource_made; DROP TRIGGER resource_gone; \
                   DROP TABLE tally; CREATE INDEX resource_name ON resource (tenant, kind, name_key, sequence); \
                   PRAGMA user_version = 1;";
        plain.execute_batch(old).unwrap();
        let row = "INSERT INTO resource SELECT ?1, 't', ?2, ?1, ?1, NULL, NULL, '', 1, 0, 0, '{}'";
        plain.execute(row, params![6, "User"]).unwrap();
        plain.execute(row, params![7, "User"]).unwrap();
        plain.execute("DELETE FROM resource WHERE sequence = 7", []).unwrap();
        assert!(plain.execute(row, params![8, "Device"]).is_err(), "the old table knows two kinds");
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 1);
        let device = store.create("t", behaviour::draft(Kind::Device, "d", "d", &[])).unwrap();
        assert_eq!(device.sequence, 8, "a sequence is never used again");
        let mut draft = behaviour::draft(Kind::User, "1", "ann", &[]);
        draft.keys.held = vec![crate::store::Held { attribute: "emails.value".into(), key: "a@x".into() }];
        store.create("t", draft).unwrap();
        assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 2);
        let old: i32 = plain
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'resource_name'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(old, 0);
        let version: i32 = plain.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, SCHEMA_VERSION);
        plain.execute_batch(&format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1)).unwrap();
        assert!(SqliteStore::open(&path).is_err(), "a later version is not ours to open");
    }

    #[test]
    fn a_foreign_database_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
        assert!(SqliteStore::open(&path).unwrap_err().to_string().contains("another program"));
        std::fs::write(&path, b"not a database, but long enough to be read as a header of one, or so").unwrap();
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Broken(_))));
    }
}

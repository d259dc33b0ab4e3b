//! The writing statements, each of which runs inside the writer's savepoint.

use rusqlite::{Connection, OptionalExtension, params};
use time::OffsetDateTime;

use super::broken;
use super::writer::Write;
use crate::store::{Change, Draft, Held, Keys, Kind, Member, Members, Record, StoreError, Strangers};

/// Performs one write; on an error the caller rolls back.
pub(super) fn perform(db: &Connection, write: Write) -> Result<Option<Record>, StoreError> {
    match write {
        Write::Create(tenant, draft) => create(db, &tenant, draft).map(Some),
        Write::Replace(tenant, change) => replace(db, &tenant, change).map(Some),
        Write::Delete { tenant, kind, id, expected, now } => {
            delete(db, &tenant, (kind, &id), expected, now).map(|()| None)
        }
    }
}

fn create(db: &Connection, tenant: &str, draft: Draft) -> Result<Record, StoreError> {
    let Keys { name, external_id, label, .. } = &draft.keys;
    let insert = "INSERT INTO resource (tenant, kind, id, name_key, unique_key, external_id, label, version, \
                  created_ms, modified_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?9, ?9, ?8)";
    let values = params![
        tenant,
        draft.kind.name(),
        draft.id,
        name,
        draft.keys.unique.then_some(name),
        external_id,
        label,
        draft.body.text(),
        millis(draft.now)
    ];
    db.prepare_cached(insert).and_then(|mut statement| statement.execute(values)).map_err(taken)?;
    let sequence = u64::try_from(db.last_insert_rowid()).unwrap_or_default();
    hold(db, tenant, (draft.kind, &draft.id), &draft.keys.held)?;
    if draft.kind == Kind::Group {
        join(db, tenant, &draft.id, &Members { add: draft.members, remove: Vec::new() }, draft.strangers)?;
    }
    Ok(Record {
        id: draft.id,
        kind: draft.kind,
        sequence,
        version: 1,
        created: draft.now,
        modified: draft.now,
        body: draft.body,
        links: Vec::new(),
    })
}

fn replace(db: &Connection, tenant: &str, change: Change) -> Result<Record, StoreError> {
    let (sequence, created) = current(db, tenant, change.kind, &change.id, Some(change.expected))?;
    let Keys { name, external_id, label, .. } = &change.keys;
    let update = "UPDATE resource SET name_key = ?3, unique_key = ?4, external_id = ?5, label = ?6, \
                  version = version + 1, modified_ms = ?7, body = ?8 WHERE tenant = ?1 AND id = ?2";
    let values = params![
        tenant,
        change.id,
        name,
        change.keys.unique.then_some(name),
        external_id,
        label,
        millis(change.now),
        change.body.text()
    ];
    db.prepare_cached(update).and_then(|mut statement| statement.execute(values)).map_err(taken)?;
    release(db, tenant, &change.id)?;
    hold(db, tenant, (change.kind, &change.id), &change.keys.held)?;
    if change.kind == Kind::Group {
        join(db, tenant, &change.id, &change.members, change.strangers)?;
    }
    Ok(Record {
        id: change.id,
        kind: change.kind,
        sequence,
        version: change.expected + 1,
        created,
        modified: change.now,
        body: change.body,
        links: Vec::new(),
    })
}

fn delete(
    db: &Connection,
    tenant: &str,
    (kind, id): (Kind, &str),
    expected: Option<u64>,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    current(db, tenant, kind, id, expected)?;
    let touch = "UPDATE resource SET version = version + 1, modified_ms = ?3 WHERE tenant = ?1 AND id IN \
                 (SELECT group_id FROM member WHERE tenant = ?1 AND member_id = ?2)";
    let run = |sql: &str| db.prepare_cached(sql).and_then(|mut statement| statement.execute([tenant, id]));
    run("DELETE FROM resource WHERE tenant = ? AND id = ?").map_err(broken)?;
    release(db, tenant, id)?;
    run("DELETE FROM member WHERE tenant = ? AND group_id = ?").map_err(broken)?;
    db.prepare_cached(touch)
        .and_then(|mut statement| statement.execute(params![tenant, id, millis(now)]))
        .map_err(broken)?;
    run("DELETE FROM member WHERE tenant = ? AND member_id = ?").map_err(broken)?;
    Ok(())
}

/// Records the values that only this resource may have.
fn hold(db: &Connection, tenant: &str, (kind, id): (Kind, &str), all: &[Held]) -> Result<(), StoreError> {
    let insert = "INSERT INTO held (tenant, kind, attribute, key, id) VALUES (?, ?, ?, ?, ?) \
                  ON CONFLICT (tenant, kind, attribute, key) DO NOTHING";
    for Held { attribute, key } in all {
        let values = [tenant, kind.name(), attribute, key, id];
        let run = db.prepare_cached(insert).and_then(|mut statement| statement.execute(values));
        if run.map_err(broken)? == 0 {
            return Err(StoreError::Held(attribute.clone()));
        }
    }
    Ok(())
}

/// Forgets what a resource held.
fn release(db: &Connection, tenant: &str, id: &str) -> Result<(), StoreError> {
    let delete = "DELETE FROM held WHERE tenant = ? AND id = ?";
    let run = db.prepare_cached(delete).and_then(|mut statement| statement.execute([tenant, id]));
    run.map(|_| ()).map_err(broken)
}

/// Sequence and creation time of a resource, refused if it is missing or not of the expected version.
fn current(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    id: &str,
    expected: Option<u64>,
) -> Result<(u64, OffsetDateTime), StoreError> {
    let select = "SELECT sequence, version, created_ms FROM resource WHERE tenant = ? AND id = ? AND kind = ?";
    let found: Option<(i64, i64, i64)> = db
        .prepare_cached(select)
        .and_then(|mut statement| {
            let row = statement.query_row([tenant, id, kind.name()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            row.optional()
        })
        .map_err(broken)?;
    let (sequence, version, created) = found.ok_or(StoreError::Missing)?;
    if expected.is_some_and(|expected| i64::try_from(expected) != Ok(version)) {
        return Err(StoreError::Stale);
    }
    Ok((u64::try_from(sequence).unwrap_or_default(), moment(created)))
}

fn join(db: &Connection, tenant: &str, group: &str, members: &Members, strangers: Strangers) -> Result<(), StoreError> {
    let known = "SELECT 1 FROM resource WHERE tenant = ? AND id = ? AND kind <> 'Device'";
    let mut known = db.prepare_cached(known).map_err(broken)?;
    let mut leave =
        db.prepare_cached("DELETE FROM member WHERE tenant = ? AND group_id = ? AND member_id = ?").map_err(broken)?;
    let mut join = db
        .prepare_cached(
            "INSERT INTO member (tenant, group_id, member_id, display) VALUES (?, ?, ?, ?) \
             ON CONFLICT (tenant, group_id, member_id) DO NOTHING",
        )
        .map_err(broken)?;
    for id in &members.remove {
        leave.execute([tenant, group, id]).map_err(broken)?;
    }
    for Member { id, display } in &members.add {
        if strangers == Strangers::Refuse && !known.exists([tenant, id]).map_err(broken)? {
            return Err(StoreError::Stranger(id.clone()));
        }
        join.execute(params![tenant, group, id, display]).map_err(broken)?;
    }
    Ok(())
}

/// Milliseconds since 1970.
fn millis(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
}

/// The moment of so many milliseconds since 1970.
pub(super) fn moment(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A violated declaration on the name is [`StoreError::Taken`].
fn taken(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(failure, Some(message))
            if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE && message.contains("unique_key") =>
        {
            StoreError::Taken
        }
        _ => broken(error),
    }
}

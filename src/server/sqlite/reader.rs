//! The reading statements, each of which runs inside one read transaction.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::statement::moment;
use crate::store::{Body, From, Kind, Link, Links, Record, Select};

const COLUMNS: &str = "id, sequence, version, created_ms, modified_ms, body";

/// One record.
pub(super) fn get(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    id: &str,
    links: Links<'_>,
) -> rusqlite::Result<Option<Record>> {
    let sql = format!("SELECT {COLUMNS} FROM resource WHERE tenant = ? AND id = ? AND kind = ?");
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_row([tenant, id, kind.name()], |row| record(row, kind)).optional()?;
    found.map(|record| linked(db, tenant, record, links)).transpose()
}

/// How many match.
pub(super) fn count(db: &Connection, tenant: &str, kind: Kind, select: &Select) -> rusqlite::Result<usize> {
    let (condition, value) = condition(select);
    let sql = format!("SELECT count(*) FROM resource WHERE tenant = ?1 AND kind = ?2 AND {condition}");
    let count: i64 = db.prepare_cached(&sql)?.query_row(params![tenant, kind.name(), value], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// A page of matches.
pub(super) fn list(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    select: &Select,
    (from, limit): (From, usize),
    links: Links<'_>,
) -> rusqlite::Result<Vec<Record>> {
    let (condition, value) = condition(select);
    let (after, offset) = match from {
        From::Offset(offset) => (0, whole(offset)),
        From::After(sequence) => (i64::try_from(sequence).unwrap_or(i64::MAX), 0),
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM resource WHERE tenant = ?1 AND kind = ?2 AND {condition} AND sequence > ?4 \
         ORDER BY sequence LIMIT ?5 OFFSET ?6"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let values = params![tenant, kind.name(), value, after, whole(limit), offset];
    let found = statement.query_map(values, |row| record(row, kind))?.collect::<Result<Vec<_>, _>>()?;
    found.into_iter().map(|record| linked(db, tenant, record, links)).collect()
}

/// A condition on `?3`; the value is `NULL` where every row matches.
fn condition(select: &Select) -> (&'static str, Option<&str>) {
    match select {
        Select::All => ("?3 IS NULL", None),
        Select::Id(id) => ("id = ?3", Some(id)),
        Select::Name(name) => ("name_key = ?3", Some(name)),
        Select::ExternalId(external) => ("external_id = ?3", Some(external)),
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn record(row: &Row<'_>, kind: Kind) -> rusqlite::Result<Record> {
    let count = |index| row.get::<_, i64>(index).map(|number| u64::try_from(number).unwrap_or_default());
    Ok(Record {
        id: row.get(0)?,
        kind,
        sequence: count(1)?,
        version: count(2)?,
        created: moment(row.get(3)?),
        modified: moment(row.get(4)?),
        body: Body::stored(row.get(5)?),
        links: Vec::new(),
    })
}

fn linked(db: &Connection, tenant: &str, mut record: Record, links: Links<'_>) -> rusqlite::Result<Record> {
    let (own, other, display) = match record.kind {
        Kind::Device => return Ok(record),
        Kind::User => ("member_id", "group_id", "r.label"),
        Kind::Group => ("group_id", "member_id", "coalesce(m.display, r.label)"),
    };
    let base = format!(
        "SELECT m.{other}, r.kind, {display} FROM member m LEFT JOIN resource r ON r.tenant = m.tenant AND r.id = m.{other} \
         AND r.kind <> 'Device' WHERE m.tenant = ?1 AND m.{own} = ?2"
    );
    match links {
        Links::Skip => {}
        Links::All => {
            let mut statement = db.prepare_cached(&format!("{base} ORDER BY m.sequence"))?;
            record.links = statement.query_map([tenant, &record.id], link)?.collect::<Result<_, _>>()?;
        }
        Links::Among(ids) => {
            let mut statement = db.prepare_cached(&format!("{base} AND m.{other} = ?3"))?;
            for id in ids {
                record.links.extend(statement.query_row([tenant, &record.id, id], link).optional()?);
            }
        }
    }
    Ok(record)
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let kind: Option<String> = row.get(1)?;
    Ok(Link { id: row.get(0)?, kind: kind.as_deref().and_then(Kind::named), display: row.get(2)? })
}

//! The reading statements. Each runs inside the snapshot of its connection, so that a record and its links are of one
//! moment.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::statement::moment;
use crate::store::{Body, From, Kind, Link, Links, Order, Record, Select};

/// The statements' texts are whole, so that a read finds its prepared statement without building a text.
macro_rules! reading {
    ($($rest:literal),*) => {
        concat!("SELECT r.id, r.sequence, r.version, r.created_ms, r.modified_ms, r.body", $($rest),*)
    };
}

/// The links of one user, as columns 6 to 8 of its record.
const USER_WITH_LINKS: &str = reading!(
    ", m.group_id, o.kind, o.label FROM resource r LEFT JOIN member m ON m.tenant = r.tenant AND m.member_id = r.id ",
    "LEFT JOIN resource o ON o.tenant = m.tenant AND o.id = m.group_id AND o.kind <> 'Device' ",
    "WHERE r.tenant = ?1 AND r.id = ?2 AND r.kind = 'User' ORDER BY m.sequence"
);
/// The links of one group, as columns 6 to 8 of its record.
const GROUP_WITH_LINKS: &str = reading!(
    ", m.member_id, o.kind, coalesce(m.display, o.label) FROM resource r ",
    "LEFT JOIN member m ON m.tenant = r.tenant AND m.group_id = r.id ",
    "LEFT JOIN resource o ON o.tenant = m.tenant AND o.id = m.member_id AND o.kind <> 'Device' ",
    "WHERE r.tenant = ?1 AND r.id = ?2 AND r.kind = 'Group' ORDER BY m.sequence"
);
const BARE: &str = reading!(" FROM resource r WHERE r.tenant = ?1 AND r.id = ?2 AND r.kind = ?3");

/// One record.
pub(super) fn get(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    id: &str,
    links: Links<'_>,
) -> rusqlite::Result<Option<Record>> {
    let joined = match (links, kind) {
        (Links::All, Kind::User) => USER_WITH_LINKS,
        (Links::All, Kind::Group) => GROUP_WITH_LINKS,
        (Links::Skip, _) | (_, Kind::Device) => return bare(db, tenant, kind, id),
        (Links::Among(_), _) => {
            let found = bare(db, tenant, kind, id)?;
            return found.map(|record| linked(db, tenant, record, links)).transpose();
        }
    };
    let mut statement = db.prepare_cached(joined)?;
    let mut rows = statement.query([tenant, id])?;
    let Some(first) = rows.next()? else { return Ok(None) };
    let mut found = record(first, kind)?;
    if first.get_ref(6)? != ValueRef::Null {
        found.links.push(link(first, 6)?);
        while let Some(row) = rows.next()? {
            found.links.push(link(row, 6)?);
        }
    }
    Ok(Some(found))
}

fn bare(db: &Connection, tenant: &str, kind: Kind, id: &str) -> rusqlite::Result<Option<Record>> {
    db.prepare_cached(BARE)?.query_row([tenant, id, kind.name()], |row| record(row, kind)).optional()
}

/// How many match.
pub(super) fn count(db: &Connection, tenant: &str, kind: Kind, select: &Select) -> rusqlite::Result<usize> {
    let one = |sql: &str, values: &[&str]| {
        let counted: Option<i64> =
            db.prepare_cached(sql)?.query_row(rusqlite::params_from_iter(values), |row| row.get(0)).optional()?;
        Ok(usize::try_from(counted.unwrap_or_default()).unwrap_or_default())
    };
    let base = "SELECT count(*) FROM resource WHERE tenant = ?1 AND kind = ?2";
    match select {
        Select::All => one("SELECT resources FROM tally WHERE tenant = ?1 AND kind = ?2", &[tenant, kind.name()]),
        Select::Id(id) => one(&format!("{base} AND id = ?3"), &[tenant, kind.name(), id]),
        Select::Name(name) if kind == Kind::Group => {
            one("SELECT count(*) FROM resource WHERE tenant = ?1 AND kind = 'Group' AND name_key = ?2", &[tenant, name])
        }
        Select::Name(name) => one(&format!("{base} AND unique_key = ?3"), &[tenant, kind.name(), name]),
        Select::ExternalId(external) => one(&format!("{base} AND external_id = ?3"), &[tenant, kind.name(), external]),
    }
}

const LIST_ALL: &str = reading!(
    " FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 AND r.sequence > ?3 ORDER BY r.sequence LIMIT ?4 OFFSET ?5"
);
const LIST_ID: &str = reading!(
    " FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 AND r.sequence > ?3 AND r.id = ?6 LIMIT ?4 OFFSET ?5"
);
const LIST_UNIQUE: &str = reading!(
    " FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 AND r.sequence > ?3 AND r.unique_key = ?6 LIMIT ?4 OFFSET ?5"
);
const LIST_GROUP_NAME: &str = reading!(
    " FROM resource r WHERE r.tenant = ?1 AND r.kind = 'Group' AND r.sequence > ?3 AND r.name_key = ?6 ",
    "ORDER BY r.sequence LIMIT ?4 OFFSET ?5"
);
const LIST_EXTERNAL: &str = reading!(
    " FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 AND r.sequence > ?3 AND r.external_id = ?6 ",
    "ORDER BY r.sequence LIMIT ?4 OFFSET ?5"
);
const BY_NAME: &str =
    reading!(" FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 ORDER BY r.unique_key LIMIT ?3 OFFSET ?4");
const BY_NAME_DOWN: &str =
    reading!(" FROM resource r WHERE r.tenant = ?1 AND r.kind = ?2 ORDER BY r.unique_key DESC LIMIT ?3 OFFSET ?4");

/// A page of matches.
pub(super) fn list(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    select: &Select,
    (from, limit): (From, usize),
    links: Links<'_>,
) -> rusqlite::Result<Vec<Record>> {
    let (after, offset) = match from {
        From::Offset(offset) => (0, whole(offset)),
        From::After(sequence) => (i64::try_from(sequence).unwrap_or(i64::MAX), 0),
    };
    let (name, limit) = (kind.name(), whole(limit));
    let (sql, value) = match select {
        Select::All => {
            return page(db, tenant, kind, links, LIST_ALL, params![tenant, name, after, limit, offset]);
        }
        Select::Id(id) => (LIST_ID, id),
        Select::Name(key) if kind == Kind::Group => (LIST_GROUP_NAME, key),
        Select::Name(key) => (LIST_UNIQUE, key),
        Select::ExternalId(external) => (LIST_EXTERNAL, external),
    };
    page(db, tenant, kind, links, sql, params![tenant, name, after, limit, offset, value])
}

/// A page of all of a kind in the order of their unique names.
pub(super) fn by_name(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    (order, offset, limit): (Order, usize, usize),
    links: Links<'_>,
) -> rusqlite::Result<Vec<Record>> {
    let sql = match order {
        Order::Ascending => BY_NAME,
        Order::Descending => BY_NAME_DOWN,
    };
    page(db, tenant, kind, links, sql, params![tenant, kind.name(), whole(limit), whole(offset)])
}

fn page(
    db: &Connection,
    tenant: &str,
    kind: Kind,
    links: Links<'_>,
    sql: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<Record>> {
    let mut statement = db.prepare_cached(sql)?;
    let records = statement.query_map(values, |row| record(row, kind))?;
    if matches!(links, Links::Skip) {
        return records.collect();
    }
    let records = records.collect::<rusqlite::Result<Vec<_>>>()?;
    records.into_iter().map(|record| linked(db, tenant, record, links)).collect()
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

macro_rules! linking {
    ($other:literal, $display:literal, $own:literal, $rest:literal) => {
        concat!(
            "SELECT m.",
            $other,
            ", r.kind, ",
            $display,
            " FROM member m LEFT JOIN resource r ON r.tenant = m.tenant AND r.id = m.",
            $other,
            " AND r.kind <> 'Device' WHERE m.tenant = ?1 AND m.",
            $own,
            " = ?2 ",
            $rest
        )
    };
}

fn linked(db: &Connection, tenant: &str, mut record: Record, links: Links<'_>) -> rusqlite::Result<Record> {
    let (all, one) = match record.kind {
        Kind::Device => return Ok(record),
        Kind::User => (
            linking!("group_id", "r.label", "member_id", "ORDER BY m.sequence"),
            linking!("group_id", "r.label", "member_id", "AND m.group_id = ?3"),
        ),
        Kind::Group => (
            linking!("member_id", "coalesce(m.display, r.label)", "group_id", "ORDER BY m.sequence"),
            linking!("member_id", "coalesce(m.display, r.label)", "group_id", "AND m.member_id = ?3"),
        ),
    };
    match links {
        Links::Skip => {}
        Links::All => {
            let mut statement = db.prepare_cached(all)?;
            record.links = statement.query_map([tenant, &record.id], |row| link(row, 0))?.collect::<Result<_, _>>()?;
        }
        Links::Among(ids) => {
            let mut statement = db.prepare_cached(one)?;
            for id in ids {
                record.links.extend(statement.query_row([tenant, &record.id, id], |row| link(row, 0)).optional()?);
            }
        }
    }
    Ok(record)
}

/// A link whose columns begin at that index.
fn link(row: &Row<'_>, index: usize) -> rusqlite::Result<Link> {
    let kind = row.get_ref(index + 1)?.as_str_or_null()?.and_then(Kind::named);
    Ok(Link { id: row.get(index)?, kind, display: row.get(index + 2)? })
}

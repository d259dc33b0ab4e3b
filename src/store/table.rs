//! The in-memory store's table of one kind in one tenant: rows in a stable order with their indices. It keeps rows and
//! indices in step and knows nothing of memberships across tables.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Body, From, Held, Keys, Kind, Member, Order, Record, Select, StoreError};
use time::OffsetDateTime;

/// A row: what a [`Record`] shows, its keys, and a group's members by order of joining.
#[derive(Debug)]
pub(super) struct Row {
    pub id: String,
    pub sequence: u64,
    pub version: u64,
    pub created: OffsetDateTime,
    pub modified: OffsetDateTime,
    pub keys: Keys,
    pub body: Body,
    pub members: Joined,
}

impl Row {
    /// The record without links.
    pub fn record(&self, kind: Kind) -> Record {
        Record {
            id: self.id.clone(),
            kind,
            sequence: self.sequence,
            version: self.version,
            created: self.created,
            modified: self.modified,
            body: self.body.clone(),
            links: Vec::new(),
        }
    }
}

/// A set of ids that remembers the order of joining; every operation costs the logarithm of its size.
#[derive(Debug, Default)]
pub(super) struct Joined {
    order: BTreeMap<u64, Member>,
    places: HashMap<String, u64>,
    next: u64,
}

impl Joined {
    pub fn add(&mut self, member: Member) -> bool {
        if self.places.contains_key(&member.id) {
            return false;
        }
        self.next += 1;
        self.places.insert(member.id.clone(), self.next);
        self.order.insert(self.next, member);
        true
    }

    pub fn remove(&mut self, id: &str) -> bool {
        self.places.remove(id).is_some_and(|place| self.order.remove(&place).is_some())
    }

    pub fn get(&self, id: &str) -> Option<&Member> {
        self.order.get(self.places.get(id)?)
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.order.values()
    }
}

/// The rows of one kind.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: HashMap<String, Row>,
    order: BTreeMap<u64, String>,
    /// The name's order too, for pages by name.
    unique: BTreeMap<String, String>,
    held: HashMap<Held, String>,
    names: HashMap<String, BTreeSet<u64>>,
    external: HashMap<String, BTreeSet<u64>>,
}

impl Table {
    pub fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Row> {
        self.rows.get_mut(id)
    }

    /// Refuses keys that another row holds.
    pub fn vacant(&self, keys: &Keys, owner: &str) -> Result<(), StoreError> {
        match self.unique.get(&keys.name) {
            Some(holder) if keys.unique && holder != owner => return Err(StoreError::Taken),
            _ => {}
        }
        let elsewhere = |held: &&Held| self.held.get(held).is_some_and(|holder| holder != owner);
        match keys.held.iter().find(elsewhere) {
            Some(held) => Err(StoreError::Held(held.attribute.clone())),
            None => Ok(()),
        }
    }

    pub fn insert(&mut self, row: Row) {
        self.index(&row.id, row.sequence, &row.keys);
        self.order.insert(row.sequence, row.id.clone());
        self.rows.insert(row.id.clone(), row);
    }

    pub fn remove(&mut self, id: &str) -> Option<Row> {
        let row = self.rows.remove(id)?;
        self.order.remove(&row.sequence);
        self.forget(row.sequence, &row.keys);
        Some(row)
    }

    /// Exchanges a row's keys.
    pub fn rekey(&mut self, id: &str, keys: Keys) {
        let Some(row) = self.rows.get_mut(id) else { return };
        let sequence = row.sequence;
        let old = std::mem::replace(&mut row.keys, keys.clone());
        self.forget(sequence, &old);
        self.index(id, sequence, &keys);
    }

    fn index(&mut self, id: &str, sequence: u64, keys: &Keys) {
        if keys.unique {
            self.unique.insert(keys.name.clone(), id.to_owned());
        }
        self.held.extend(keys.held.iter().map(|held| (held.clone(), id.to_owned())));
        self.names.entry(keys.name.clone()).or_default().insert(sequence);
        if let Some(external) = &keys.external_id {
            self.external.entry(external.clone()).or_default().insert(sequence);
        }
    }

    fn forget(&mut self, sequence: u64, keys: &Keys) {
        if keys.unique {
            self.unique.remove(&keys.name);
        }
        for held in &keys.held {
            self.held.remove(held);
        }
        unlist(&mut self.names, &keys.name, sequence);
        if let Some(external) = &keys.external_id {
            unlist(&mut self.external, external, sequence);
        }
    }

    pub fn count(&self, select: &Select) -> usize {
        match select {
            Select::All => self.rows.len(),
            Select::Id(id) => usize::from(self.rows.contains_key(id)),
            Select::Name(name) => self.names.get(name).map_or(0, BTreeSet::len),
            Select::ExternalId(external) => self.external.get(external).map_or(0, BTreeSet::len),
        }
    }

    /// The matching rows from a place on, in the stable order.
    pub fn select(&self, select: &Select, from: From, limit: usize) -> Vec<&Row> {
        let (after, skip) = match from {
            From::Offset(offset) => (0, offset),
            From::After(sequence) => (sequence, 0),
        };
        let start = after.saturating_add(1);
        let listed = |places: Option<&BTreeSet<u64>>| -> Vec<&Row> {
            let Some(places) = places else { return Vec::new() };
            places
                .range(start..)
                .skip(skip)
                .take(limit)
                .filter_map(|place| self.rows.get(self.order.get(place)?))
                .collect()
        };
        match select {
            Select::All => {
                self.order.range(start..).skip(skip).take(limit).filter_map(|(_, id)| self.rows.get(id)).collect()
            }
            Select::Id(id) => {
                self.rows.get(id).filter(|row| row.sequence >= start).into_iter().skip(skip).take(limit).collect()
            }
            Select::Name(name) => listed(self.names.get(name)),
            Select::ExternalId(external) => listed(self.external.get(external)),
        }
    }

    /// The rows of a page in the order of their unique names.
    pub fn by_name(&self, order: Order, offset: usize, limit: usize) -> Vec<&Row> {
        let found = |ids: &mut dyn Iterator<Item = &String>| {
            ids.skip(offset).take(limit).filter_map(|id| self.rows.get(id)).collect()
        };
        match order {
            Order::Ascending => found(&mut self.unique.values()),
            Order::Descending => found(&mut self.unique.values().rev()),
        }
    }
}

fn unlist(index: &mut HashMap<String, BTreeSet<u64>>, key: &str, sequence: u64) {
    if let Some(places) = index.get_mut(key) {
        places.remove(&sequence);
        if places.is_empty() {
            index.remove(key);
        }
    }
}

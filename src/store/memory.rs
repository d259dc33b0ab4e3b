//! The in-memory store: every tenant's tables and memberships under one lock, so that each call sees and leaves one
//! consistent state. Nothing survives the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use time::OffsetDateTime;

use super::table::{Joined, Row, Table};
use super::{
    Change, Draft, From, Kind, Link, Links, Member, Members, Order, Record, Select, Store, StoreError, Strangers,
};

/// A store that lives in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    // A few, which are sooner compared than hashed.
    tenants: RwLock<BTreeMap<String, Tenant>>,
}

#[derive(Debug, Default)]
struct Tenant {
    users: Table,
    groups: Table,
    devices: Table,
    /// For every member, the groups that hold it.
    holders: HashMap<String, Joined>,
    last: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Tenant>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Tenant>> {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    fn table(&self, kind: Kind) -> &Table {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
            Kind::Device => &self.devices,
        }
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
            Kind::Device => &mut self.devices,
        }
    }

    /// What can be a member.
    fn kind_of(&self, id: &str) -> Option<(Kind, &Row)> {
        Kind::MEMBERS.into_iter().find_map(|kind| self.table(kind).get(id).map(|row| (kind, row)))
    }

    fn known(&self, members: &[Member], strangers: Strangers, newborn: &str) -> Result<(), StoreError> {
        match members.iter().find(|member| member.id != newborn && self.kind_of(&member.id).is_none()) {
            Some(member) if strangers == Strangers::Refuse => Err(StoreError::Stranger(member.id.clone())),
            _ => Ok(()),
        }
    }

    fn link(&self, member: &Member) -> Link {
        let (id, given) = (member.id.clone(), member.display.clone());
        match self.kind_of(&id) {
            Some((kind, row)) => Link { id, kind: Some(kind), display: given.or_else(|| Some(row.keys.label.clone())) },
            None => Link { id, kind: None, display: given },
        }
    }

    fn record(&self, kind: Kind, row: &Row, links: Links<'_>) -> Record {
        let joined = match kind {
            Kind::User => self.holders.get(&row.id),
            Kind::Group => Some(&row.members),
            Kind::Device => None,
        };
        let mut record = row.record(kind);
        record.links = match (joined, links) {
            (None, _) | (_, Links::Skip) => Vec::new(),
            (Some(joined), Links::All) => joined.iter().map(|member| self.link(member)).collect(),
            (Some(joined), Links::Among(ids)) => {
                ids.iter().filter_map(|id| joined.get(id)).map(|member| self.link(member)).collect()
            }
        };
        record
    }

    fn rejoin(&mut self, group: &str, members: &Members) {
        let Some(row) = self.groups.get_mut(group) else { return };
        for id in &members.remove {
            if row.members.remove(id) {
                leave(&mut self.holders, id, group);
            }
        }
        for member in &members.add {
            if row.members.add(member.clone()) {
                let holder = Member { id: group.to_owned(), display: None };
                self.holders.entry(member.id.clone()).or_default().add(holder);
            }
        }
    }
}

fn leave(holders: &mut HashMap<String, Joined>, member: &str, group: &str) {
    if let Some(groups) = holders.get_mut(member) {
        groups.remove(group);
        if groups.is_empty() {
            holders.remove(member);
        }
    }
}

impl Store for MemoryStore {
    fn create(&self, tenant: &str, draft: Draft) -> Result<Record, StoreError> {
        let mut tenants = self.write();
        let tenant = tenants.entry(tenant.to_owned()).or_default();
        tenant.table(draft.kind).vacant(&draft.keys, &draft.id)?;
        tenant.known(&draft.members, draft.strangers, &draft.id)?;
        tenant.last += 1;
        let row = Row {
            id: draft.id.clone(),
            sequence: tenant.last,
            version: 1,
            created: draft.now,
            modified: draft.now,
            keys: draft.keys,
            body: draft.body,
            members: Joined::default(),
        };
        let record = row.record(draft.kind);
        tenant.table_mut(draft.kind).insert(row);
        if draft.kind == Kind::Group {
            tenant.rejoin(&draft.id, &Members { add: draft.members, remove: Vec::new() });
        }
        Ok(record)
    }

    fn get(&self, tenant: &str, kind: Kind, id: &str, links: Links<'_>) -> Result<Option<Record>, StoreError> {
        let tenants = self.read();
        let Some(tenant) = tenants.get(tenant) else { return Ok(None) };
        Ok(tenant.table(kind).get(id).map(|row| tenant.record(kind, row, links)))
    }

    fn replace(&self, tenant: &str, change: Change) -> Result<Record, StoreError> {
        let mut tenants = self.write();
        let tenant = tenants.get_mut(tenant).ok_or(StoreError::Missing)?;
        let table = tenant.table(change.kind);
        if table.get(&change.id).ok_or(StoreError::Missing)?.version != change.expected {
            return Err(StoreError::Stale);
        }
        table.vacant(&change.keys, &change.id)?;
        tenant.known(&change.members.add, change.strangers, &change.id)?;
        let table = tenant.table_mut(change.kind);
        table.rekey(&change.id, change.keys);
        let row = table.get_mut(&change.id).ok_or(StoreError::Missing)?;
        row.version += 1;
        row.modified = change.now;
        row.body = change.body;
        let record = row.record(change.kind);
        tenant.rejoin(&change.id, &change.members);
        Ok(record)
    }

    fn delete(
        &self,
        tenant: &str,
        kind: Kind,
        id: &str,
        expected: Option<u64>,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut tenants = self.write();
        let tenant = tenants.get_mut(tenant).ok_or(StoreError::Missing)?;
        let version = tenant.table(kind).get(id).ok_or(StoreError::Missing)?.version;
        if expected.is_some_and(|expected| expected != version) {
            return Err(StoreError::Stale);
        }
        let Some(row) = tenant.table_mut(kind).remove(id) else { return Err(StoreError::Missing) };
        for member in row.members.iter() {
            leave(&mut tenant.holders, &member.id, id);
        }
        if let Some(groups) = tenant.holders.remove(id) {
            for group in groups.iter() {
                if let Some(group) = tenant.groups.get_mut(&group.id) {
                    group.members.remove(id);
                    group.version += 1;
                    group.modified = now;
                }
            }
        }
        Ok(())
    }

    fn count(&self, tenant: &str, kind: Kind, select: &Select) -> Result<usize, StoreError> {
        Ok(self.read().get(tenant).map_or(0, |tenant| tenant.table(kind).count(select)))
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
        let tenants = self.read();
        let Some(tenant) = tenants.get(tenant) else { return Ok(Vec::new()) };
        let rows = tenant.table(kind).select(select, from, limit);
        Ok(rows.into_iter().map(|row| tenant.record(kind, row, links)).collect())
    }

    fn by_name(
        &self,
        tenant: &str,
        kind: Kind,
        (order, offset, limit): (Order, usize, usize),
        links: Links<'_>,
    ) -> Result<Vec<Record>, StoreError> {
        let tenants = self.read();
        let Some(tenant) = tenants.get(tenant) else { return Ok(Vec::new()) };
        let rows = tenant.table(kind).by_name(order, offset, limit);
        Ok(rows.into_iter().map(|row| tenant.record(kind, row, links)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::behaviour;

    #[test]
    fn the_memory_store_behaves() {
        for (_, test) in behaviour::ALL {
            test(&MemoryStore::new());
        }
    }
}

//! What the reference server needs of storage: records with key columns, a version for compare-and-set, memberships
//! that clean up after themselves, and the in-memory store. The room is pure (time and ids arrive as arguments) and
//! knows nothing of HTTP, of schemas beyond the kinds, or of how a record is rendered.

#[cfg(test)]
pub(crate) mod behaviour;
mod body;
mod memory;
mod table;

pub use body::Body;
pub use memory::MemoryStore;

use std::fmt;

use time::OffsetDateTime;

/// The kinds of resources that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `RFC7643 §4.1`
    User,
    /// `RFC7643 §4.2`
    Group,
    /// The resource type of our own (`RFC7643 §6`).
    Device,
}

impl Kind {
    /// The kinds, in the order in which a query over all of them answers.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Device];
    /// The kinds that can be members of groups (`RFC7643 §4.2`).
    pub const MEMBERS: [Self; 2] = [Self::User, Self::Group];

    /// The resource type's name: `User`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Device => "Device",
        }
    }

    /// The kind of that name, exactly as [`Kind::name`] writes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What can be looked up and what others show of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Comparison key of `userName`, `displayName` or `assetTag`.
    pub name: String,
    /// Whether `name` must be unique among the tenant's resources of that kind. Those of users and devices are, and only
    /// then are they found by it; those of groups are found in any case.
    pub unique: bool,
    /// Further values that no two resources of the kind share, where the product has such (CATALYTIC-014).
    pub held: Vec<Held>,
    /// `externalId`, compared exactly.
    pub external_id: Option<String>,
    /// What a member list or `User.groups` shows as `display`.
    pub label: String,
}

/// A value that one resource holds and no other of its kind in the tenant can have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held {
    /// The attribute, as the profile names it: `emails.value`.
    pub attribute: String,
    /// The comparison key of the value.
    pub key: String,
}

/// One end of a membership, seen from the other: a member of a group, or a group of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other resource's id.
    pub id: String,
    /// Its kind; `None` if no such resource exists (I-55, only where that is allowed).
    pub kind: Option<Kind>,
    /// The name that the member was given when it joined, else the other resource's current label.
    pub display: Option<String>,
}

/// A member about to join a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's id.
    pub id: String,
    /// The name that the client gave it; immutable from then on (`RFC7643 §2.4`).
    pub display: Option<String>,
}

/// How much of the memberships a reader wants with a record.
#[derive(Debug, Clone, Copy)]
pub enum Links<'a> {
    /// None: the cheapest read.
    Skip,
    /// All members of a group, all direct groups of a user.
    All,
    /// Only those whose id is in the list.
    Among(&'a [String]),
}

/// A stored resource.
#[derive(Debug, Clone)]
pub struct Record {
    /// The resource's id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its place in the tenant's stable order; never reused.
    pub sequence: u64,
    /// Counts changes from 1; the value that a compare-and-set expects.
    pub version: u64,
    /// When it was created.
    pub created: OffsetDateTime,
    /// When it was last changed.
    pub modified: OffsetDateTime,
    /// Its attributes without `id`, `meta`, `groups`, `members` and `password`.
    pub body: Body,
    /// Members or groups, as far as they were asked for, in the order of joining.
    pub links: Vec<Link>,
}

/// A resource to be created.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The new resource's id, unique in the tenant.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// Its key columns.
    pub keys: Keys,
    /// Its attributes, as in [`Record::body`].
    pub body: Body,
    /// A group's members; ignored for users.
    pub members: Vec<Member>,
    /// What to do about members that do not exist.
    pub strangers: Strangers,
    /// The moment of creation.
    pub now: OffsetDateTime,
}

/// A new state of a resource, written only if the version is still the expected one.
#[derive(Debug, Clone)]
pub struct Change {
    /// The resource's id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// The version that the new state was computed from.
    pub expected: u64,
    /// The new key columns.
    pub keys: Keys,
    /// The new attributes.
    pub body: Body,
    /// What becomes of the members.
    pub members: Members,
    /// What to do about added members that do not exist.
    pub strangers: Strangers,
    /// The moment of the change.
    pub now: OffsetDateTime,
}

/// A change of a group's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Ids that join; those that are members already stay.
    pub add: Vec<Member>,
    /// Ids that leave; those that are no members are passed over.
    pub remove: Vec<String>,
}

impl Members {
    /// No change.
    pub const KEEP: Self = Self { add: Vec::new(), remove: Vec::new() };
}

/// What a store does about member ids that name no resource (I-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strangers {
    /// The write is refused with [`StoreError::Stranger`].
    Refuse,
    /// They are kept as they are.
    Keep,
}

/// An exact look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// Every resource.
    All,
    /// By id.
    Id(String),
    /// By the comparison key of `userName`, `displayName` or `assetTag`.
    Name(String),
    /// By `externalId`.
    ExternalId(String),
}

/// Where a page starts in the stable order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// After that many matches.
    Offset(usize),
    /// After the record of that sequence; 0 starts at the first.
    After(u64),
}

/// Which way a page by name runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the least name.
    Ascending,
    /// From the greatest.
    Descending,
}

/// Why a store refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The unique key is taken.
    Taken,
    /// Another resource holds a value of this attribute ([`Held`]).
    Held(String),
    /// No such resource.
    Missing,
    /// The version is not the expected one: read again and retry.
    Stale,
    /// A member does not exist.
    Stranger(String),
    /// The medium failed; nothing was written.
    Broken(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("the name is taken"),
            Self::Held(attribute) => write!(f, "the value of {attribute} is taken"),
            Self::Missing => f.write_str("no such resource"),
            Self::Stale => f.write_str("the resource was changed meanwhile"),
            Self::Stranger(id) => write!(f, "no resource has the id {id:?}"),
            Self::Broken(reason) => write!(f, "storage failed: {reason}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// What is to be done with what came of a write; it must not wait for anything.
pub type Then = Box<dyn FnOnce(Result<Record, StoreError>) + Send>;

/// Storage of several tenants that do not see each other. Calls may wait for a disk; a write that returned `Ok` is as
/// durable as the medium can make it.
pub trait Store: Send + Sync {
    /// Creates a resource.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::Held`], [`StoreError::Stranger`], [`StoreError::Broken`].
    fn create(&self, tenant: &str, draft: Draft) -> Result<Record, StoreError>;

    /// Creates a resource and says then what came of it, on whatever thread; the caller does not wait where the store can
    /// do without.
    fn create_then(&self, tenant: &str, draft: Draft, then: Then) {
        then(self.create(tenant, draft));
    }

    /// Reads a resource with its memberships, both of one moment.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn get(&self, tenant: &str, kind: Kind, id: &str, links: Links<'_>) -> Result<Option<Record>, StoreError>;

    /// Writes a new state if the version is still the expected one; answers the record without links.
    ///
    /// # Errors
    /// [`StoreError::Stale`], [`StoreError::Missing`], [`StoreError::Taken`], [`StoreError::Held`],
    /// [`StoreError::Stranger`], [`StoreError::Broken`].
    fn replace(&self, tenant: &str, change: Change) -> Result<Record, StoreError>;

    /// Removes a resource with all its memberships; groups that lose a member by it count one change.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`] (if a version is expected), [`StoreError::Broken`].
    fn delete(
        &self,
        tenant: &str,
        kind: Kind,
        id: &str,
        expected: Option<u64>,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// How many resources match.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn count(&self, tenant: &str, kind: Kind, select: &Select) -> Result<usize, StoreError>;

    /// At most `limit` matches in the stable order.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn list(
        &self,
        tenant: &str,
        kind: Kind,
        select: &Select,
        from: From,
        limit: usize,
        links: Links<'_>,
    ) -> Result<Vec<Record>, StoreError>;

    /// At most `limit` of the resources of a kind whose names are unique, in the order of their names by code point, after
    /// `offset` of them.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    fn by_name(
        &self,
        tenant: &str,
        kind: Kind,
        page: (Order, usize, usize),
        links: Links<'_>,
    ) -> Result<Vec<Record>, StoreError>;

    /// Whether writes may wait for a disk or a network, so that an asynchronous caller must step aside. A look-up by id or
    /// name is short in any store.
    fn waits(&self) -> bool {
        false
    }
}

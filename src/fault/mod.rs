//! Named defects in front of the reference server, so that it can be seen what catches them: a defect gets every request
//! and answers it in the server's place. Which requirement or law must turn red is data (`fixtures/faults`).
//!
//! The room knows nothing of what judges. Defects work on HTTP alone and never look into the server.

mod accounts;
mod announced;
mod carried;
mod changes;
mod clients;
mod create;
mod cursors;
mod devices;
mod drafts;
mod form;
mod front;
mod jobs;
mod lookup;
mod members;
mod names;
mod patch;
mod population;
mod products;
mod published;
mod reading;
mod refusals;
mod roles;
mod sheet;
mod stall;
mod tenants;
mod tokens;
pub mod tools;
mod world;

pub use front::Faulty;
pub use sheet::{Caught, Proof, Unjudged, caught, proofs, unjudged};
pub use world::World;

use std::sync::Mutex;

use crate::wire::{Request, Response};

/// A defect: handles a request in place of the server behind it. The request's target is below its root: the SCIM base
/// for `Root::Scim`, the origin for `Root::Admin`.
pub type Fault = fn(&World<'_>, Request) -> Response;

/// A defect and its name.
pub type Row = (&'static str, Fault);

/// Every defect, by table.
const TABLES: &[&[Row]] = &[
    create::FAULTS,
    create::REPLACE,
    lookup::FAULTS,
    patch::FAULTS,
    reading::FAULTS,
    members::FAULTS,
    form::FAULTS,
    announced::FAULTS,
    names::FAULTS,
    changes::FAULTS,
    roles::FAULTS,
    tokens::FAULTS,
    accounts::FAULTS,
    jobs::FAULTS,
    carried::FAULTS,
    cursors::FAULTS,
    devices::FAULTS,
    drafts::FAULTS,
    published::FAULTS,
    clients::FAULTS,
    products::FAULTS,
    population::FAULTS,
    refusals::FAULTS,
    tenants::FAULTS,
    stall::FAULTS,
];

/// Second names: the name, and the defect that it is.
const ALIASES: &[(&str, &str)] = &[
    ("dup-race", "duplicates-race"),
    ("dup-500", "duplicate-answers-500"),
    ("dup-400", "duplicate-answers-400"),
    ("dup-no-scimtype", "duplicate-without-scimtype"),
    ("dup-by-email", "duplicate-is-judged-by-mail"),
    ("dup-case-raw", "duplicate-in-another-case-is-a-second-user"),
    ("dup-ignores-inactive", "duplicate-of-an-inactive-user-is-a-second-user"),
    ("dup-overwrites-existing", "duplicate-overwrites-the-first"),
    ("dup-silent-200", "duplicate-answers-200"),
    ("member-lost-update", "parallel-changes-of-members-are-lost"),
    ("patch-204-no-effect", "patch-answers-204-and-changes-nothing"),
    ("filter-ignored", "filter-is-ignored"),
    ("filter-case-sensitive", "user-name-filter-looks-at-case"),
    ("content-type-fixed", "scim-media-type-is-refused"),
    ("active-string-stored", "string-booleans-are-kept-as-strings"),
];

/// All defects, also under their second names.
pub fn all() -> impl Iterator<Item = Row> {
    let second = ALIASES.iter().filter_map(|(name, of)| own().find(|(own, _)| own == of).map(|(_, it)| (*name, it)));
    own().chain(second)
}

/// The name under which a defect stands in its table, where it has two.
#[must_use]
pub fn first_name(name: &str) -> &str {
    ALIASES.iter().find(|(own, _)| *own == name).map_or(name, |(_, of)| of)
}

fn own() -> impl Iterator<Item = Row> {
    TABLES.iter().copied().flatten().copied()
}

/// The defect of that name.
#[must_use]
pub fn named(name: &str) -> Option<Row> {
    all().find(|(own, _)| *own == name)
}

/// A defect that is switched on, and what it remembers.
struct Layer {
    name: &'static str,
    fault: Fault,
    notes: Mutex<world::Notes>,
}

impl Layer {
    fn new((name, fault): Row) -> Self {
        Self { name, fault, notes: Mutex::default() }
    }
}

//! Named defects in front of the reference server, so that it can be seen what catches them: a defect gets every request
//! and answers it in the server's place. Which requirement or law must turn red is data (`fixtures/faults.toml`).
//!
//! The room knows nothing of what judges. Defects work on HTTP alone and never look into the server.

mod create;
mod form;
mod front;
mod lookup;
mod members;
mod patch;
mod sheet;
pub mod tools;
mod world;

pub use front::Faulty;
pub use sheet::{Caught, Proof, caught, proofs};
pub use world::World;

use std::sync::Mutex;

use crate::wire::{Request, Response};

/// A defect: handles a request in place of the server behind it. The request's target is below its root: the SCIM base
/// for `Root::Scim`, the origin for `Root::Admin`.
pub type Fault = fn(&World<'_>, Request) -> Response;

/// A defect and its name.
pub type Row = (&'static str, Fault);

/// Every defect, by table.
const TABLES: &[&[Row]] =
    &[create::FAULTS, create::REPLACE, lookup::FAULTS, patch::FAULTS, members::FAULTS, form::FAULTS];

/// All defects.
pub fn all() -> impl Iterator<Item = Row> {
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

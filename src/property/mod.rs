//! Property tests against a server: random and exhaustive histories, the oracle's expectations, shrinking.
//!
//! Every history is written as the text of a scenario and run like any other, so that a counter-example is a file that
//! replays without this room (`docs/adr/0003`). It knows nothing of reports.

mod dialect;
mod engine;
mod filters;
mod fixed;
mod flows;
mod history;
mod names;
mod play;
mod proof;
mod roles;
mod script;
mod shrink;
mod suite;
mod tenants;

pub use engine::{Engine, Progress};
pub use play::Fault;
pub use proof::{CounterExample, Law, Played, Proof, State};
pub use script::{Script, Step, basic};
pub use suite::{Case, Cases, Enumerated, Heard, Need, RoleReadOut, Setting, Suite};

/// Every suite, in the order in which they are played.
pub const SUITES: &[Suite] = &[
    names::SUITE,
    flows::SUITE,
    flows::ADOPTION,
    filters::SUITE,
    filters::ATTRIBUTES,
    fixed::SWAP,
    fixed::ADDRESSES,
    fixed::UNIQUE_ADDRESSES,
    fixed::EXTERNAL_IDS,
    fixed::GROUP_NAMES,
    fixed::BULK,
    fixed::EXTENSION,
    fixed::PRIMARIES,
    fixed::TWICE,
    tenants::SUITE,
    dialect::SUITE,
    history::WALKS,
    history::SUITE,
    roles::SUITES[0],
    roles::SUITES[1],
    roles::SUITES[2],
    roles::SUITES[3],
    roles::SUITES[4],
    roles::SUITES[5],
];

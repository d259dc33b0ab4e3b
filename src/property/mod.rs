//! Property tests against a server: random and exhaustive histories, the oracle's expectations, shrinking.
//!
//! Every history is written as the text of a scenario and run like any other, so that a counter-example is a file that
//! replays without this room (`docs/adr/0003`). It knows nothing of reports.

mod engine;
mod roles;
mod script;
mod user_names;

pub use engine::{CounterExample, Engine, Fault, Proof};

//! scimproof proves whether a SCIM 2.0 server is ready: for the standard, for Okta, for Microsoft Entra ID.
//!
//! The crate is a house of rooms in layers; a room imports only rooms below it. `ARCHITECTURE.md` draws it,
//! `tests/suite/architecture.rs` holds the code to it.

pub mod requirement;
pub mod scim;
pub mod wire;

pub mod flow;
pub mod model;
pub mod profile;

pub mod check;
pub mod conform;
pub mod idp;
pub mod product;
pub mod scenario;
pub mod store;

pub mod client;
pub mod plan;
pub mod server;

pub mod doctor;
pub mod fault;

pub mod run;

pub mod load;
pub mod property;
pub mod verdict;

pub mod matrix;
pub mod report;

pub mod cli;

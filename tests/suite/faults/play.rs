//! The stage of the fault matrix, with what cannot go wrong in a test unwrapped.

use std::sync::Arc;

use scimproof::client::Transport;
use scimproof::fault::Faulty;
pub use scimproof::matrix::stage::{TOKEN, bare, create, ids, judge, judge_at, play, readiness, scenarios, server};
use scimproof::profile::Profile;

pub fn profile() -> Profile {
    Profile::named("reference").unwrap()
}

/// A way to a server in this process.
pub fn transport(profile: &Profile, faulty: Faulty) -> Arc<dyn Transport> {
    scimproof::matrix::stage::transport(profile, faulty).unwrap()
}

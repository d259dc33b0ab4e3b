//! Drives flows to their end, side by side where they are independent, cleans up, emits events (laws 8, 9 and 10).
//!
//! The room knows flows and transports. It knows nothing of scenario files, verdicts, reports or terminals.

mod adopt;
mod cleanup;
mod drive;
mod names;
mod preflight;
mod session;
mod sweep;
#[cfg(test)]
mod tests;

pub use drive::{Inspect, Job, Opening, drive, execute};
pub use preflight::{Discovery, PreflightError, preflight, wait_until_reachable};
pub use session::{Events, Session};
pub use sweep::{SWEEP_TIME, Swept, sweep};

use std::time::Duration;

use crate::client::throttle::Patience;

/// What a run may do to its target.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many requests may be under way at once, and how many scenarios.
    pub concurrency: usize,
    /// The most requests a second.
    pub max_rps: Option<f64>,
    /// The most users that may exist at one time; a flow that needs more is skipped.
    pub max_users: Option<usize>,
    /// How long throttling is put up with.
    pub patience: Patience,
    /// How long to wait after each write, so that a target whose reads lag behind shows it.
    pub settle: Duration,
    /// How long cleaning up may take once the scenarios are over or interrupted.
    pub cleanup_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 16,
            max_rps: None,
            max_users: None,
            patience: Patience::default(),
            settle: Duration::ZERO,
            cleanup_time: Duration::from_secs(60),
        }
    }
}

//! Load: an open loop that sends provisioning traffic at a constant rate and measures from the intended start.
//!
//! Requests leave when the schedule says, not when the server has answered the last one, so that a stall is charged to
//! the server and not hidden. Every answer is also judged: fast and wrong is wrong. It knows nothing of reports.

mod driver;
mod schedule;
mod summary;
mod workload;

pub use driver::{Options, execute};
pub use schedule::Schedule;
pub use summary::{Percentiles, Summary, WrongAnswer};
pub use workload::{Call, Kind, Workload};

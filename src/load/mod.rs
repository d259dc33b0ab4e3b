//! Load: provisioning traffic at an honest rate, and whether the server stays right under it.
//!
//! A workload is data: journeys about people, groups and lists. Requests leave when the schedule says, not when the server has
//! answered the last one, so that a stall is charged to the server and not hidden; the tool's own lateness is measured beside
//! it. Every answer is judged, and at the end everything is read back. The room knows nothing of reports.

mod answer;
mod book;
mod call;
mod clock;
mod compare;
pub mod engine;
mod measured;
mod readback;
mod record;
mod schedule;
mod search;
mod session;
mod shard;
mod slo;
mod workload;

pub use answer::{Broken, Outcome, Wrong};
pub use book::{Book, Standing};
pub use call::Act;
pub use compare::{Difference, Side, compare};
pub use measured::Measured;
pub use readback::Problems;
pub use record::{Operation, Percentiles, Record, Sample, Second};
pub use schedule::{Schedule, Stretch};
pub use search::{Searched, Trial, search};
pub use session::{Ended, Options, Session};
pub use shard::{Job, Next, Shard};
pub use slo::{Kept, Slo, Threshold};
pub use workload::{NamedRate, Workload, named_rates, parse, workloads};

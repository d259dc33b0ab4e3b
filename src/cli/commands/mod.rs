//! One module per command; each takes its flags and the context and gives an exit code or a fault.

pub mod baseline;
pub mod compare;
pub mod completions;
pub mod coverage;
pub mod doctor;
pub mod explain;
pub mod init;
mod judge;
pub mod lint;
pub mod list;
pub mod load;
pub mod matrix;
mod pace;
pub mod prove;
mod reach;
mod regressions;
pub mod replay;
pub mod run;
pub mod serve;
pub mod sweep;

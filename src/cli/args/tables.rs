//! The arguments of the commands that print tables of the project itself: `coverage` and `matrix`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Everything that `coverage` takes.
#[derive(Debug, Args)]
pub struct CoverageFlags {
    /// A JSON report of `run`: what it judged counts as exercised.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Show every requirement that is missing somewhere, and why a test cannot see some.
    #[arg(long)]
    pub missing: bool,
    /// Write it as JSON, requirement by requirement; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
}

/// Everything that `matrix` takes.
#[derive(Debug, Args)]
pub struct MatrixFlags {
    /// Play every scenario against every fault, not only those that are named for it; takes minutes.
    #[arg(long)]
    pub full: bool,
    /// With --full: write what each fault turned red, as reports/matrix-full.toml keeps it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "full")]
    pub write: Option<PathBuf>,
    /// Only these faults; each is shown with what it turned red.
    #[arg(long, value_name = "NAME")]
    pub fault: Vec<String>,
}

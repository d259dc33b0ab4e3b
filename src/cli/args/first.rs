//! The arguments of the commands of the first hour: `doctor` and `init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::Access;

/// Everything that `doctor` takes.
#[derive(Debug, Args, Default)]
pub struct Doctor {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub access: Access,
    /// Write a JSON report; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
}

//! The arguments of the commands of the first hour: `doctor` and `init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{Connection, Credentials, Target};
use crate::verdict::FailOn;

/// Everything that `doctor` takes; it reads, so it has no use for what only writing needs.
#[derive(Debug, Args, Default)]
pub struct Doctor {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub target: Target,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub credentials: Credentials,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub connection: Connection,
    /// Write a JSON report; `-` is stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
}

/// Everything that `init` takes; what is not given is asked for on a terminal.
#[derive(Debug, Args, Default)]
pub struct Init {
    /// The SCIM base URL of the server to judge.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,
    /// The environment variable that holds the bearer token [default: SCIMPROOF_TOKEN].
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
    /// The clients that must be ready: okta, entra, okta/aiw, … [default: all].
    #[arg(long, value_name = "CLIENT,…", value_delimiter = ',')]
    pub idp: Option<Vec<String>>,
    /// What makes a run fail [default: must]: must, should (and must), warn (and should), idp (readiness alone).
    #[arg(long, value_name = "LEVEL")]
    pub fail_on: Option<FailOn>,
    /// Allow runs to write to a server that is not on this machine.
    #[arg(long)]
    pub allow_writes: bool,
    /// The CI system to write a file for [default: none].
    #[arg(long, value_enum)]
    pub ci: Option<Ci>,
    /// Ask nothing: take the default for whatever is not given.
    #[arg(long, short)]
    pub yes: bool,
    /// Write over files that exist.
    #[arg(long)]
    pub force: bool,
}

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Ci {
    /// `.github/workflows/scimproof.yml`.
    Github,
    /// `.gitlab-ci.yml`.
    Gitlab,
    /// No file.
    #[default]
    None,
}

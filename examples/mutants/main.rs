//! Mutation runs of one build: weaves every mutant that `cargo mutants --list --json` names into a copy of the sources, each
//! behind its number, and judges them one by one with the number in the environment (`docs/mutants.md`).

#![expect(clippy::print_stdout, reason = "it prints what it found")]

#[path = "../../tests/mutants/judge.rs"]
mod judge;
mod list;
mod round;
mod sites;
mod weave;

use std::error::Error;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Mutation runs of one build
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Writes a copy of this folder with all mutants in it, leaving out those that do not compile
    Weave {
        /// What `cargo mutants --list --json` printed here
        list: PathBuf,
        /// The new folder
        copy: PathBuf,
    },
    /// Judges the mutants of a built copy; goes on where it was stopped
    Judge {
        /// The folder that `weave` wrote, with `target/release/scimproof` in it
        copy: PathBuf,
        /// Mutants at once
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Only mutants whose name contains this
        #[arg(long)]
        only: Option<String>,
        /// Only what an earlier round left doubtful
        #[arg(long)]
        finish: bool,
    },
    /// Prints the rates and the survivors
    Report {
        /// The folder that was judged
        copy: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().what {
        What::Weave { list, copy } => weave::weave(&list, &copy),
        What::Judge { copy, jobs, only, finish } => round::judge(&copy, jobs, only.as_deref(), finish),
        What::Report { copy } => round::report(&copy),
    }
}

//! `completions`: a script for a shell, on stdout.

use clap::CommandFactory as _;

use crate::cli::args::Arguments;
use crate::cli::context::Context;
use crate::verdict::ExitCode;

/// Prints the script.
pub fn completions(shell: clap_complete::Shell, context: &Context) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "scimproof", &mut script);
    context.print(&String::from_utf8_lossy(&script));
    ExitCode::Passed
}

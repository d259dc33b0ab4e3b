//! `lint`: the mistakes of scenario files, each with its place. Nothing is sent.

use crate::cli::args::Lint;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::sources;
use crate::verdict::ExitCode;

/// Checks a folder, or the built-in scenarios.
///
/// # Errors
/// [`Fault`] (usage) with every mistake.
pub fn lint(flags: &Lint, context: &Context) -> Result<ExitCode, Fault> {
    let scenarios = sources::scenarios(flags.folder.as_deref())?;
    let steps: usize = scenarios.iter().map(|scenario| scenario.steps.len()).sum();
    let rows: usize = scenarios.iter().flat_map(|scenario| &scenario.steps).map(|step| step.rows.len()).sum();
    context.print(&format!("{} scenarios, {steps} steps, {rows} expectations: no mistakes\n", scenarios.len()));
    Ok(ExitCode::Passed)
}

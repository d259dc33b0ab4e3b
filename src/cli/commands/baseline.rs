//! `baseline`: known failures, so that a pipeline can adopt the tool on a server that is red today.

use std::path::PathBuf;

use super::judge::judge;
use super::run::report;
use crate::cli::args::{Baseline as Flags, BaselineAction};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::verdict::{Baseline, ExitCode};

/// The file where none is named.
const FILE: &str = "scimproof-baseline.toml";

/// Updates or checks.
///
/// # Errors
/// [`Fault`] as [`judge`], or a file that cannot be written.
pub fn baseline(flags: Flags, context: &Context) -> Result<ExitCode, Fault> {
    let (mut run, update) = match flags.action {
        BaselineAction::Update(flags) => (flags.run, true),
        BaselineAction::Check(flags) => (flags.run, false),
    };
    let judged = judge(&mut run, context, Some(&PathBuf::from(FILE)))?;
    let path = run.gate.baseline.clone().unwrap_or_else(|| PathBuf::from(FILE));
    if !update {
        report(&judged, &run.gate, context)?;
        return Ok(judged.exit);
    }
    // Only a run that came to its end says what fails.
    if !matches!(judged.exit, ExitCode::Passed | ExitCode::GateNotPassed | ExitCode::BaselineBroken) {
        report(&judged, &run.gate, context)?;
        context.say(&format!("{} was not written: the run did not come to a verdict", path.display()));
        return Ok(judged.exit);
    }
    let text = Baseline::update(judged.known.as_ref(), &judged.verdict, context.today);
    context.write_artefact(&path, &text)?;
    let rows = text.matches("[[known]]").count();
    context.print(&format!("{}: {rows} known {}\n", path.display(), if rows == 1 { "failure" } else { "failures" }));
    Ok(ExitCode::Passed)
}

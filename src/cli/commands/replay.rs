//! `replay` and `run --rerun`: scenarios of an earlier run once more, by its JSON report. Names follow from the seed, so that
//! the same requests are sent; nothing else of the machine that wrote the report is used.

use std::collections::BTreeSet;

use super::coverage::kept;
use super::judge::judge;
use super::run::report;
use crate::cli::args::{Replay, Run};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::profile::Profile;
use crate::report::kept::Kept;
use crate::verdict::ExitCode;

/// Plays again and reports as `run` does.
///
/// # Errors
/// [`Fault`] as `run`; usage for a report that cannot be read, or an id that is not in it.
pub fn replay(flags: Replay, context: &Context) -> Result<ExitCode, Fault> {
    let (kept, mut run) = (kept(&flags.report)?, flags.run);
    let scenarios = kept.named(&flags.id);
    if scenarios.is_empty() {
        let place = flags.report.display();
        return Err(Fault::usage(format!("{place}: no scenario {} was played, and no finding has that id", flags.id)));
    }
    take(&mut run, &kept, scenarios)?;
    let judged = judge(&mut run, context, None)?;
    report(&judged, &run.gate, context)?;
    Ok(judged.exit)
}

/// Narrows a run to what failed in the report of `--rerun`, if that is asked for.
///
/// # Errors
/// [`Fault`]: usage for a report that cannot be read; nothing selected where nothing failed.
pub fn narrow(run: &mut Run) -> Result<(), Fault> {
    let Some(path) = run.rerun.take() else { return Ok(()) };
    let kept = kept(&path)?;
    let failed = kept.failed();
    if failed.is_empty() {
        let message = format!("{}: nothing failed in that run", path.display());
        return Err(Fault { code: ExitCode::NothingSelected, message });
    }
    take(run, &kept, failed)
}

/// Target, profile, requirement sets and seed of the report where no flag gives them.
fn take(run: &mut Run, kept: &Kept, scenarios: BTreeSet<String>) -> Result<(), Fault> {
    run.only = Some(scenarios);
    run.selection.seed = run.selection.seed.or(kept.seed);
    if run.selection.require.is_empty() {
        run.selection.require = kept.require().to_vec();
    }
    if run.target.target.is_none() {
        run.target.target = kept.target().map(str::to_owned);
    }
    if run.target.profile.is_none() {
        let own = kept.profile().filter(|name| Profile::named(name).is_none());
        if let Some(name) = own {
            return Err(Fault::usage(format!("the report's profile {name} came from a file: give it with --profile")));
        }
        run.target.profile = kept.profile().map(str::to_owned);
    }
    Ok(())
}

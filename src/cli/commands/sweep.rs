//! `sweep`: removes what a killed run left on a target, and nothing else.

use std::sync::Arc;

use super::reach::{reach, runtime};
use crate::cli::args::Sweep;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::signals::Stop;
use crate::run::{self, Swept};
use crate::verdict::ExitCode;

/// Sweeps.
///
/// # Errors
/// [`Fault`]: no target (2), a target that cannot be reached (3).
pub fn sweep(flags: Sweep, context: &Context) -> Result<ExitCode, Fault> {
    let reached = reach(flags.access, None, "rfc", context)?;
    if reached.bundled {
        return Err(Fault::usage("sweep wants a --target: the bundled server keeps nothing"));
    }
    let runtime = runtime()?;
    let (swept, interrupted) = runtime.block_on(async {
        let stop = Stop::listen();
        reached.look(&stop).await?;
        let work = run::sweep(Arc::clone(&reached.transport), &reached.options, flags.dry_run, stop.cancel.clone());
        let swept = tokio::time::timeout(run::SWEEP_TIME, work).await;
        let swept = swept.map_err(|_| Fault::unreachable("the sweep took too long; start it again"))?;
        let interrupted = *stop.cancel.borrow();
        Ok::<_, Fault>((swept, interrupted))
    })?;
    context.print(&text(&reached.name, &swept, flags.dry_run));
    Ok(ExitCode::first([
        if interrupted { ExitCode::Interrupted } else { ExitCode::Passed },
        if swept.leftovers.is_empty() { ExitCode::Passed } else { ExitCode::GateNotPassed },
    ]))
}

fn text(target: &str, swept: &Swept, dry_run: bool) -> String {
    let mut lines = vec![format!("target {target}")];
    if dry_run {
        lines.extend(swept.found.iter().map(|path| format!("  would remove {path}")));
    }
    lines.extend(swept.leftovers.iter().map(|it| format!("  still there  {}  {}", it.path, it.reason)));
    lines.extend(swept.unseen.iter().map(|text| format!("  not looked at  {text}")));
    lines.push(format!(
        "{} found, {} removed, {} retired, {} leftovers",
        swept.found.len(),
        swept.removed,
        swept.retired,
        swept.leftovers.len()
    ));
    lines.join("\n") + "\n"
}

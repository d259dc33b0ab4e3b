//! `coverage`: which requirements a scenario, a standing check or a law names, which of them a run judged, and which a
//! named fault turns red. Nothing is sent.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::standing;
use crate::cli::args::CoverageFlags;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::sources;
use crate::report::coverage as page;
use crate::report::kept::Kept;
use crate::requirement::Catalogue;
use crate::verdict::coverage::{Coverage, Known};
use crate::verdict::{ExitCode, is_proven};
use crate::{conform, fault, property};

/// Prints the coverage.
///
/// # Errors
/// [`Fault`] (usage) for a report that cannot be read, or a file that cannot be written.
pub fn coverage(flags: &CoverageFlags, context: &Context) -> Result<ExitCode, Fault> {
    let judged = flags.report.as_deref().map(kept).transpose()?.map(|kept| kept.judged());
    let known = Known { named: named()?, judged, proven: proven() };
    let coverage = Coverage::of(Catalogue::embedded(), &known);
    let text = page::text(&coverage, flags.missing, context.width());
    match flags.json.as_deref() {
        Some(path) => {
            context.write_artefact(path, &format!("{:#}\n", page::value(&coverage)))?;
            if path.as_os_str() == "-" { context.say(text.trim_end()) } else { context.print(&text) }
        }
        None => context.print(&text),
    }
    Ok(ExitCode::Passed)
}

/// Reads a report of `run`.
///
/// # Errors
/// [`Fault`] (usage), with the file's name.
pub fn kept(path: &Path) -> Result<Kept, Fault> {
    let fault = |reason: String| Fault::usage(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    Kept::parse(&text).map_err(fault)
}

/// What the built-in scenarios, the standing checks and the laws name.
fn named() -> Result<BTreeSet<String>, Fault> {
    let mut scenarios = sources::scenarios(None)?;
    // What is walked of a target's schemas differs from target to target; of the standard's own it is at least this.
    scenarios.extend(conform::schema::core().unwrap_or_default());
    let steps = scenarios.iter().flat_map(|scenario| &scenario.steps);
    let rows = steps.flat_map(|step| step.requirements().map(str::to_owned).collect::<Vec<_>>());
    let checks = standing::checks().flat_map(|check| check.requirements);
    let laws = property::SUITES.iter().flat_map(|suite| suite.laws);
    Ok(rows.chain(checks.chain(laws).map(|id| (*id).to_owned())).collect())
}

/// What a fault turns red in a run, and the laws that one disproves. Where a fault may break one of several laws, it proves none.
fn proven() -> BTreeSet<String> {
    let runs = Catalogue::embedded().requirements().map(|it| &it.id).filter(|id| is_proven(id));
    let laws = fault::caught().iter().filter_map(|it| match it.proves.as_slice() {
        [law] => Some(law),
        _ => None,
    });
    runs.chain(laws).cloned().collect()
}

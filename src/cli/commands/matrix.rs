//! `matrix`: puts each defect of the table in front of the bundled server and says whether the checks and the laws see it.
//! Nothing leaves the process.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::cli::args::MatrixFlags;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::fault::{self, Caught, Proof};
use crate::matrix::{self, Scope, Shown, disprove, show, side_by_side};
use crate::verdict::ExitCode;

/// A row of the table.
enum Row {
    /// By scenarios.
    Run(&'static Proof),
    /// By laws.
    Law(&'static Caught),
}

impl Row {
    fn name(&self) -> &'static str {
        match self {
            Self::Run(proof) => &proof.name,
            Self::Law(caught) => &caught.name,
        }
    }
}

/// Plays and prints; 1 when a defect shows less or more than it must.
///
/// # Errors
/// [`Fault`] (usage) for a defect that neither a run nor a proof shows.
pub fn matrix(flags: &MatrixFlags, context: &Context) -> Result<ExitCode, Fault> {
    let all = || fault::proofs().iter().map(Row::Run).chain(fault::caught().iter().map(Row::Law));
    if let Some(name) = flags.fault.iter().find(|name| all().all(|row| row.name() != *name)) {
        let message = format!("--fault: neither a run nor a proof shows a fault {name}; list --faults has them all");
        return Err(Fault::usage(message));
    }
    let asked = |row: &Row| flags.fault.is_empty() || flags.fault.iter().any(|name| name == row.name());
    let rows: Vec<Row> = all().filter(asked).collect();
    let start = Instant::now();
    let scope = if flags.full { Scope::All } else { Scope::Named };
    let shown = side_by_side(&rows, |row| match row {
        Row::Run(proof) => show(proof, scope),
        Row::Law(caught) => disprove(caught),
    });
    if let Some(path) = &flags.write {
        // The record is of scenarios.
        let of_runs = rows.iter().zip(&shown).filter(|(row, _)| matches!(row, Row::Run(_))).map(|(_, it)| it.clone());
        context.write_artefact(path, &matrix::full(&of_runs.collect::<Vec<_>>()))?;
    }
    context.print(&page(&shown, start.elapsed(), context.verbose || !flags.fault.is_empty()));
    Ok(if shown.iter().all(|it| it.wrong.is_empty()) { ExitCode::Passed } else { ExitCode::GateNotPassed })
}

/// What was seen: every defect with `all`, else those that show something else than they must; and the sum.
fn page(shown: &[Shown], took: Duration, all: bool) -> String {
    let mut text = String::new();
    for it in shown.iter().filter(|it| all || !it.wrong.is_empty()) {
        let word = if it.wrong.is_empty() { "caught" } else { "WRONG " };
        let time = it.took.as_millis();
        let _ = writeln!(text, "{word}  {}  profile {}  {} requests, {time} ms", it.name, it.profile, it.exchanges);
        let _ = writeln!(text, "        {}", it.failed.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        it.wrong.iter().for_each(|line| _ = writeln!(text, "        {line}"));
    }
    let wrong = shown.iter().filter(|it| !it.wrong.is_empty()).count();
    let exchanges: usize = shown.iter().map(|it| it.exchanges).sum();
    let _ = writeln!(
        text,
        "{} faults, {} caught as declared, {wrong} not, in {:.1} s, {exchanges} exchanges",
        shown.len(),
        shown.len() - wrong,
        took.as_secs_f64()
    );
    text
}

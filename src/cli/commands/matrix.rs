//! `matrix`: puts each defect of the table in front of the bundled server and says whether the checks see it. Nothing
//! leaves the process.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::cli::args::MatrixFlags;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::fault::{self, Proof};
use crate::matrix::{Shown, show, side_by_side};
use crate::verdict::ExitCode;

/// Plays and prints; 1 when a defect shows less or more than it must.
///
/// # Errors
/// [`Fault`] (usage) for a defect that no run shows.
pub fn matrix(flags: &MatrixFlags, context: &Context) -> Result<ExitCode, Fault> {
    let unknown = flags.fault.iter().find(|name| !fault::proofs().iter().any(|it| it.name == **name));
    if let Some(name) = unknown {
        return Err(Fault::usage(format!("--fault: no run shows a fault {name}; list --faults has them all")));
    }
    let rows: Vec<&Proof> =
        fault::proofs().iter().filter(|it| flags.fault.is_empty() || flags.fault.contains(&it.name)).collect();
    let start = Instant::now();
    let shown = side_by_side(&rows, |proof| show(proof, flags.full));
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

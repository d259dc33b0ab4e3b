//! `run`: judges a target and writes the reports. The terminal report is the result on stdout, unless `--json -` takes
//! its place; files are scrubbed of secrets like everything else.

use std::io;
use std::path::Path;

use super::judge::{Judged, judge};
use crate::cli::args::{Gate, Run};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::page::{self, Page};
use crate::report::{Report, github, har, json, junit, terminal};
use crate::requirement::Catalogue;
use crate::verdict::ExitCode;

/// Runs and reports.
///
/// # Errors
/// [`Fault`] as [`judge`], or a report that cannot be written.
pub fn run(mut flags: Run, context: &Context) -> Result<ExitCode, Fault> {
    let judged = judge(&mut flags, context, None)?;
    report(&judged, &flags.gate, context)?;
    Ok(judged.exit)
}

/// Writes all reports that were asked for.
///
/// # Errors
/// [`Fault`] when a file cannot be written.
pub fn report(judged: &Judged, gate: &Gate, context: &Context) -> Result<(), Fault> {
    let scrub = |text: &str| context.redactor.scrub(text).into_owned();
    let mut report = Report::new(&judged.events, &judged.verdict, Catalogue::embedded(), &scrub);
    report.exit = judged.exit;
    let broken = |error: io::Error| Fault::ours(format!("the report could not be made: {error}"));
    if let Some(path) = &gate.json {
        context.stream_artefact(path, |out| json::write(&report, out))?;
    }
    if let Some(path) = &gate.junit {
        context.write_artefact(path, &junit::text(&report).map_err(broken)?)?;
    }
    if let Some(path) = &gate.har {
        context.stream_artefact(path, |out| har::write(&report, context.now, out))?;
    }
    if gate.github {
        if let Some(path) = context.environment.get("GITHUB_STEP_SUMMARY") {
            context.append(Path::new(path), &github::summary(&report))?;
        }
        // A line on stderr is read as a command too, and stdout is the report's.
        github::annotations(&report).iter().for_each(|line| context.say(line));
    }
    if let Some(path) = &gate.html {
        let plain = terminal::Options { color: false, width: context.width(), verbose: true };
        let verdict = &judged.verdict;
        let page = Page {
            word: page::word(judged.exit),
            target: verdict.facts.target.as_deref().unwrap_or("the bundled server"),
            text: &terminal::text(&report, &plain),
            requirements: verdict.requirements.iter().map(|it| it.id.as_str()).collect(),
            readings: verdict.readings.iter().map(|it| it.interpretation.as_str()).collect(),
        };
        page::write(path, &page, |out| json::write(&report, out), context)?;
    }
    let options = terminal::Options { color: true, width: context.width(), verbose: context.verbose };
    let text = terminal::text(&report, &options);
    if gate.json.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        context.say(text.trim_end());
    } else {
        context.print(&text);
    }
    Ok(())
}

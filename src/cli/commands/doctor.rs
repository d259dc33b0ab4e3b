//! `doctor`: why a target cannot be judged, before anything is written. Without a target, the bundled server.

use std::time::{Duration, Instant};

use super::judge::bundled;
use super::reach::{again, runtime};
use crate::cli::args::{Doctor, Run};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::{config, sources, target};
use crate::doctor::{Finding, Patient, Place, Probe, Status, examine};
use crate::plan;
use crate::report::doctor::{self as report, Subject};
use crate::run::Options;
use crate::verdict::ExitCode;

/// Between two tries of `--wait`.
const PAUSE: Duration = Duration::from_millis(250);

/// Examines and reports.
///
/// # Errors
/// [`Fault`] (usage): flags that do not fit, credentials that cannot be had, files that cannot be read.
pub fn doctor(flags: Doctor, context: &Context) -> Result<ExitCode, Fault> {
    let Doctor { target, credentials, connection, json } = flags;
    let mut run = Run { target, credentials, connection, ..Run::default() };
    if let Some(file) = config::complete(&mut run, &context.folder)? {
        context.say_more(&format!("configuration: {}", file.display()));
    }
    let patient = patient(&run, context)?;
    let findings = runtime()?.block_on(wait(&patient, run.target.wait.unwrap_or_default()));
    let exit = exit(&findings);
    let mut page = page(&patient, &findings, context);
    if exit == ExitCode::Passed {
        page += &format!("  next  scimproof run {}\n", next(&run, &patient));
    }
    if let Some(file) = &json {
        let subject = Subject { target: base(&patient), name: "", exit_code: exit.code() };
        let text = serde_json::to_string_pretty(&report::value(&subject, &findings));
        let text = text.map_err(|error| Fault::ours(error.to_string()))?;
        context.write_artefact(file, &(text + "\n"))?;
        if file.as_os_str() == "-" {
            context.say(page.trim_end());
            return Ok(exit);
        }
    }
    context.print(&page);
    Ok(exit)
}

/// Whom to examine, by flags that the configuration has completed.
///
/// # Errors
/// [`Fault`] (usage), as [`target::place`].
pub(super) fn patient(run: &Run, context: &Context) -> Result<Patient, Fault> {
    let place = match target::place(run, context)? {
        Some(place) => place,
        None => {
            let profile = sources::profile(run.target.profile.as_deref().unwrap_or("rfc"))?;
            Place::Here(bundled(&profile, &run.target.fault, context)?)
        }
    };
    let requests = sources::scenarios(None)?.iter().map(|it| plan::estimate(it).requests).sum();
    let concurrency = run.connection.concurrency.map_or(Options::default().concurrency, usize::from);
    Ok(Patient { place, requests, concurrency, max_rps: run.connection.max_rps })
}

/// Examines; again while nobody answers and there is time.
async fn wait(patient: &Patient, time: Duration) -> Vec<Finding> {
    let until = Instant::now() + time;
    loop {
        let findings = examine(patient, time::OffsetDateTime::now_utc()).await;
        let silent = [Probe::Name, Probe::Connect, Probe::Answer];
        let starting = findings.iter().any(|it| silent.contains(&it.probe) && it.outcome.status == Status::Fail);
        if !starting || Instant::now() >= until {
            return findings;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The page.
pub(super) fn page(patient: &Patient, findings: &[Finding], context: &Context) -> String {
    let exit = exit(findings);
    let name = match (&patient.place, base(patient)) {
        (Place::Here(_), _) => "the bundled server",
        (_, Some(base)) => base,
        (_, None) => "(no URL)",
    };
    let subject = Subject { target: base(patient), name, exit_code: exit.code() };
    report::text(&subject, findings, context.width(), &|text| context.redactor.scrub(text).into_owned())
}

/// The flags of the run that can begin now.
fn next(run: &Run, patient: &Patient) -> String {
    let far = matches!(&patient.place, Place::There(there) if !there.base.is_loopback());
    let permission = if far && !run.target.allow_writes { " --allow-writes" } else { "" };
    again(run, "rfc") + permission
}

/// The base URL of a target over a network.
fn base(patient: &Patient) -> Option<&str> {
    match &patient.place {
        Place::There(there) => Some(there.base.as_str()),
        Place::Nowhere(_) | Place::Here(_) => None,
    }
}

/// 2 where there is no URL, 3 where no run can begin, 1 for other failures.
fn exit(findings: &[Finding]) -> ExitCode {
    let failed = findings.iter().filter(|it| it.outcome.status == Status::Fail);
    ExitCode::first(failed.map(|it| match it {
        it if it.probe == Probe::Address => ExitCode::Usage,
        it if it.outcome.cut_off => ExitCode::Unreachable,
        _ => ExitCode::GateNotPassed,
    }))
}

//! `list`: what there is, and with `--plan` what of it would run. Nothing is sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judge::{Offers, prepare};
use crate::cli::args::{List, Run, Target, Writing};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::{faults, sources};
use crate::fault;
use crate::flow::SkipReason;
use crate::idp;
use crate::load;
use crate::profile::Profile;
use crate::requirement::{Catalogue, Level, sets};
use crate::scenario::Scenario;
use crate::verdict::ExitCode;
use crate::wire::Lent;

/// Prints the list.
///
/// # Errors
/// [`Fault`] (usage) for broken scenario files, an unknown profile or selection.
pub fn list(flags: &List, context: &Context) -> Result<ExitCode, Fault> {
    if flags.plan {
        context.print(&planned(flags, context)?);
        return Ok(ExitCode::Passed);
    }
    if flags.faults {
        context.print(&faults::list());
        return Ok(ExitCode::Passed);
    }
    if flags.workloads {
        context.print(&workloads());
        return Ok(ExitCode::Passed);
    }
    let selection = sources::selection(&flags.selection)?;
    let mut scenarios = sources::scenarios(flags.selection.scenarios.as_deref())?;
    scenarios.retain(|scenario| selection.takes(scenario));
    context.print(&overview(&scenarios));
    Ok(ExitCode::Passed)
}

/// The workloads and the rates that have a name.
fn workloads() -> String {
    let mut text = format!("workloads (load --workload) ({})\n", load::workloads().len());
    for it in load::workloads() {
        let _ = writeln!(text, "  {:<20}  {}\n  {:20}  {}/s; {}", it.name, it.title, "", it.rate, it.evidence);
    }
    let _ = writeln!(text, "\nrates (load --rate) ({})", load::named_rates().len());
    for it in load::named_rates() {
        let _ = writeln!(text, "  {:<20}  {}/min: {}", it.name, it.per_minute, it.about);
    }
    text
}

/// What would run against a server of the profile, and what not and why.
fn planned(flags: &List, context: &Context) -> Result<String, Fault> {
    let target = Target { profile: Some(flags.profile.clone()), ..Target::default() };
    let writing = Writing { max_users: flags.max_users, ..Writing::default() };
    let mut prepared =
        prepare(&Run { selection: flags.selection.clone(), target, writing, ..Run::default() }, context)?;
    let second_tenant = Some("http://127.0.0.1/second");
    let everything = Offers { base_url: "http://127.0.0.1", admin: true, lends: Lent::ALL.to_vec(), second_tenant };
    let mut plan = prepared.plan(None, &everything)?;
    plan.scenarios.sort_by(|a, b| a.id.cmp(&b.id));
    let total = plan.estimate();
    let mut text = format!("would run ({})\n", plan.scenarios.len());
    let ids = plan.scenarios.iter().map(|it| it.id.as_str()).chain(plan.skipped.iter().map(|it| it.id.as_str()));
    let width = ids.map(|id| id.chars().count()).max().unwrap_or(0);
    for it in &plan.scenarios {
        let _ = writeln!(text, "  {:<width$}  {:>3} requests  {}", it.id, it.estimate.requests, it.clients.join(", "));
    }
    if !plan.skipped.is_empty() {
        let _ = writeln!(text, "\nwould not run ({})", plan.skipped.len());
    }
    for it in &plan.skipped {
        let _ = writeln!(text, "  {:<width$}  {}", it.id, reason(&it.reason));
    }
    let _ = writeln!(text, "\nat most {} requests, {} users, {} groups", total.requests, total.users, total.groups);
    Ok(text)
}

fn reason(reason: &SkipReason) -> &str {
    match reason {
        SkipReason::Capability(text) | SkipReason::Budget(text) | SkipReason::Profile(text) => text,
        SkipReason::NotObservable { why, .. } => why,
        SkipReason::Interrupted => "interrupted",
    }
}

fn overview(scenarios: &[Scenario]) -> String {
    let mut text = format!("scenarios ({})\n", scenarios.len());
    let width = scenarios.iter().map(|scenario| scenario.id.chars().count()).max().unwrap_or(0);
    for scenario in scenarios {
        let _ = writeln!(text, "  {:<width$}  {}", scenario.id, scenario.title);
    }
    let _ = writeln!(text, "\nclients (--idp)");
    for client in idp::clients() {
        let shown = scenarios.iter().filter(|scenario| scenario.clients.contains(&client.id)).count();
        let _ =
            writeln!(text, "  {:<22} {} ({} flows, {shown} scenarios)", client.id, client.title, client.flows.len());
    }
    let _ = writeln!(text, "\nprofiles (--profile)");
    for profile in Profile::names().iter().filter_map(|name| Profile::named(name)) {
        let _ = writeln!(text, "  {:<22} {}", profile.name, profile.title);
    }
    let _ = writeln!(text, "\nrequirement sets (--require)");
    for set in sets() {
        let _ = writeln!(text, "  {:<22} {}", set.name, set.title);
    }
    let _ = writeln!(text, "\nfaults (--fault)\n  {} of them: `scimproof list --faults`", fault::all().count());
    let _ = writeln!(text, "\nrequirements");
    let mut counts = BTreeMap::<&str, BTreeMap<Level, usize>>::new();
    for requirement in Catalogue::embedded().requirements().filter(|it| it.level != Level::Retired) {
        *counts.entry(&requirement.source).or_default().entry(requirement.level).or_default() += 1;
    }
    for (source, levels) in counts {
        let levels: Vec<_> = levels.iter().map(|(level, count)| format!("{count} {}", level.as_str())).collect();
        let _ = writeln!(text, "  {source:<22} {}", levels.join(", "));
    }
    text
}

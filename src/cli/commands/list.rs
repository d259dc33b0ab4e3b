//! `list`: what there is, and with `--plan` what of it would run. Nothing is sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::cli::args::List;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::sources;
use crate::idp;
use crate::profile::Profile;
use crate::requirement::{Catalogue, Level};
use crate::scenario::Scenario;
use crate::verdict::ExitCode;

/// Prints the list.
///
/// # Errors
/// [`Fault`] (usage) for broken scenario files, an unknown profile or selection.
pub fn list(flags: &List, context: &Context) -> Result<ExitCode, Fault> {
    let scenarios = sources::scenarios(flags.selection.scenarios.as_deref())?;
    context.print(&overview(&scenarios));
    Ok(ExitCode::Passed)
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

//! `explain`: what an id means. Ids of every kind that a report prints are understood.

use std::fmt::Write as _;

use crate::cli::args::Explain;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::{faults, guess, sources};
use crate::fault;
use crate::idp::{self, Client};
use crate::report::explain as page;
use crate::report::terminal::wrap;
use crate::requirement::Catalogue;
use crate::scenario::{self, Scenario, Step};
use crate::verdict::ExitCode;

/// Columns of prose.
const WIDTH: usize = 80;

/// Prints the page of an id.
///
/// # Errors
/// [`Fault`] (usage) for an id that nothing has, with the nearest ones.
pub fn explain(flags: &Explain, context: &Context) -> Result<ExitCode, Fault> {
    let scenarios = sources::scenarios(None)?;
    let text = find(&flags.id, &scenarios).ok_or_else(|| unknown(&flags.id, &scenarios))?;
    context.print(&format!("{}\n", text.trim_end()));
    Ok(ExitCode::Passed)
}

fn find(id: &str, scenarios: &[Scenario]) -> Option<String> {
    let catalogue = Catalogue::embedded();
    if id.parse().is_ok_and(|number: u8| ExitCode::ALL.iter().any(|code| code.code() == number)) {
        return Some(page::exit_codes(WIDTH));
    }
    if let Some(requirement) = catalogue.get(id) {
        let testers = testers(scenarios, |step| step.requirements().any(|own| own == id));
        return Some(page::requirement(requirement, catalogue, &testers, WIDTH));
    }
    // A report names a reading `I-46/1`.
    let interpretation = id.split_once('/').map_or(id, |(interpretation, _)| interpretation);
    if let Some(interpretation) = catalogue.interpretation(interpretation) {
        return Some(page::interpretation(interpretation, WIDTH));
    }
    if let Some(client) = idp::client(id) {
        return Some(client_page(client, scenarios));
    }
    if let Some(page) = flow_page(id, scenarios) {
        return Some(page);
    }
    if let Some(scenario) = scenarios.iter().find(|scenario| scenario.id == id) {
        return Some(scenario_page(scenario));
    }
    if let Some(page) = faults::page(id, WIDTH) {
        return Some(page);
    }
    scenario::Context::embedded().shapes.contains(id).then(|| shape_page(id, scenarios))
}

/// The ids of the scenarios with a row of that kind.
fn testers(scenarios: &[Scenario], is_it: impl Fn(&Step) -> bool) -> Vec<String> {
    let tests = |scenario: &&Scenario| scenario.steps.iter().any(&is_it);
    scenarios.iter().filter(tests).map(|scenario| scenario.id.clone()).collect()
}

fn client_page(client: &Client, scenarios: &[Scenario]) -> String {
    let mut text = format!(
        "{}\n\n{}\n\nA server is ready for it when each of these was seen to work:\n",
        client.id,
        wrap(&client.title, WIDTH, 2)
    );
    for flow in &client.flows {
        let shown: Vec<_> = scenarios
            .iter()
            .filter(|it| it.clients.contains(&client.id) && it.flows.contains(&flow.id))
            .map(|it| it.id.as_str())
            .collect();
        let _ = writeln!(text, "  {:<10} {} (if the target does {})", flow.id, flow.title, flow.action);
        let _ = writeln!(
            text,
            "             shown by {}",
            if shown.is_empty() { "no scenario".to_owned() } else { shown.join(", ") }
        );
    }
    text
}

/// A flow that readiness rests on: which clients need it and what shows it.
fn flow_page(id: &str, scenarios: &[Scenario]) -> Option<String> {
    let needing: Vec<_> = idp::clients()
        .iter()
        .filter_map(|client| Some((client, client.flows.iter().find(|flow| flow.id == id)?)))
        .collect();
    let (_, flow) = needing.first()?;
    let clients: Vec<_> = needing.iter().map(|(client, _)| client.id.as_str()).collect();
    let mut text = format!("{id}\n\n{}\n\n", wrap(&flow.title, WIDTH, 2));
    let _ = writeln!(text, "  {:<10} {} (if the target does {})", "needed by", clients.join(", "), flow.action);
    if !flow.needs.is_empty() {
        let _ = writeln!(text, "  {:<10} {}", "needs", flow.needs.join(", "));
    }
    for scenario in scenarios.iter().filter(|scenario| scenario.flows.iter().any(|own| own == id)) {
        let _ = writeln!(text, "  {:<10} {}", "shown by", scenario.id);
    }
    Some(text)
}

fn scenario_page(scenario: &Scenario) -> String {
    let mut text = format!("{}\n\n{}\n", scenario.id, wrap(&scenario.title, WIDTH, 2));
    if let Some(note) = &scenario.note {
        let _ = writeln!(text, "\n{}", wrap(note.trim(), WIDTH, 2));
    }
    text.push('\n');
    for (name, words) in [
        ("clients", &scenario.clients),
        ("flows", &scenario.flows),
        ("tags", &scenario.tags),
        ("needs", &scenario.needs),
        ("actions", &scenario.actions),
    ] {
        if !words.is_empty() {
            let _ = writeln!(text, "  {name:<10} {}", words.join(", "));
        }
    }
    let _ = writeln!(text, "  {:<10} {}\n\n  steps", "file", scenario.file);
    for step in &scenario.steps {
        let shape = step.shape.as_ref().map(|shape| format!("  {shape}")).unwrap_or_default();
        let _ = writeln!(text, "  {:>5}  {}{shape}", step.place.line, step.name);
    }
    text
}

fn shape_page(id: &str, scenarios: &[Scenario]) -> String {
    let mut text = format!("{id}  a request as the client sends it, reproduced by:\n\n");
    let mut steps = scenarios.iter().flat_map(|scenario| scenario.steps.iter().map(move |step| (scenario, step)));
    let of_it: Vec<_> = steps.by_ref().filter(|(_, step)| step.shape.as_deref() == Some(id)).collect();
    if of_it.is_empty() {
        text.push_str("  no scenario\n");
    }
    for (scenario, step) in of_it {
        let _ = writeln!(text, "  {}:{}  {}", scenario.file, step.place.line, step.name);
    }
    text
}

fn unknown(id: &str, scenarios: &[Scenario]) -> Fault {
    let catalogue = Catalogue::embedded();
    let shapes = scenario::Context::embedded().shapes;
    let known = catalogue
        .requirements()
        .map(|requirement| requirement.id.as_str())
        .chain(catalogue.interpretations().map(|interpretation| interpretation.id.as_str()))
        .chain(idp::clients().iter().map(|client| client.id.as_str()))
        .chain(idp::clients().iter().flat_map(|client| client.flows.iter().map(|flow| flow.id.as_str())))
        .chain(scenarios.iter().map(|scenario| scenario.id.as_str()))
        .chain(fault::all().map(|(name, _)| name))
        .chain(shapes.iter().map(String::as_str));
    let close = guess::nearest(id, known);
    let hint = if close.is_empty() {
        "`scimproof list` shows what there is".to_owned()
    } else {
        format!("did you mean {}?", close.join(", "))
    };
    Fault::usage(format!("nothing is called {id}; {hint}"))
}

//! Pages of text for `explain` and rows for `list`: requirements, interpretations, exit codes, from the catalogue.

use std::fmt::Write as _;

use super::terminal::wrap;
use crate::requirement::{Actor, Catalogue, Interpretation, Requirement, Treatment};
use crate::verdict::{ExitCode, is_proven};

/// The page of a requirement. `scenarios` are the ids of those that test it, `width` the columns.
#[must_use]
pub fn requirement(it: &Requirement, catalogue: &Catalogue, scenarios: &[String], width: usize) -> String {
    let mut page = format!("{}  {}  {}", it.id, it.level.as_str(), it.source);
    if !it.section.is_empty() {
        let _ = write!(page, "  section {}", it.section);
    }
    let _ = writeln!(page, "\n\n{}", wrap(&it.summary, width, 2));
    let _ = writeln!(page);
    let actor = match it.actor {
        Actor::Server => "the server",
        Actor::Client => "the client",
    };
    row(&mut page, "who", actor, width);
    row(&mut page, "testable", &it.testable, width);
    if let Some(capability) = &it.capability {
        row(&mut page, "needs", capability, width);
    }
    let proven = if is_proven(&it.id) { "yes: a named fault turns it red" } else { "no" };
    row(&mut page, "proven", proven, width);
    if let Some(link) = &it.link {
        row(&mut page, "read", link, width);
    }
    let tested = if scenarios.is_empty() { "no scenario names it".to_owned() } else { scenarios.join(", ") };
    row(&mut page, "tested by", &tested, width);
    for id in &it.interpretations {
        if let Some(interpretation) = catalogue.interpretation(id) {
            page.push('\n');
            page.push_str(&self::interpretation(interpretation, width));
        }
    }
    page
}

/// The page of an interpretation.
#[must_use]
pub fn interpretation(it: &Interpretation, width: usize) -> String {
    let mut page = format!("{}\n{}\n", wrap(&format!("{}  {}", it.id, it.question), width, 0), "");
    for (index, reading) in it.readings.iter().enumerate() {
        let number = index + 1;
        let preferred = if number == it.preferred { " (preferred)" } else { "" };
        let _ = writeln!(page, "{}", wrap(&format!("{number}. {reading}{preferred}"), width, 2));
    }
    let treatment = match it.treatment {
        Treatment::Either => "every listed reading passes",
        Treatment::Prefer => "the preferred reading passes, another listed one is a warning",
        Treatment::Profile => "the verdict depends on the client",
    };
    row(&mut page, "judged", treatment, width);
    if !it.refs.is_empty() {
        row(&mut page, "sections", &it.refs, width);
    }
    page
}

/// A requirement as one line of a list: id, level, source, sentence.
#[must_use]
pub fn line(it: &Requirement) -> String {
    format!("{:<22} {:<10} {:<6} {}", it.id, it.level.as_str(), it.source, it.summary)
}

/// The exit codes with their meaning, in the order of precedence.
#[must_use]
pub fn exit_codes(width: usize) -> String {
    let mut page = "Exit codes, the first that applies:\n".to_owned();
    for code in ExitCode::ALL {
        row(&mut page, &code.code().to_string(), code.meaning(), width);
    }
    page
}

/// A name and its text, wrapped under itself.
fn row(page: &mut String, name: &str, text: &str, width: usize) {
    let wrapped = wrap(text, width, 13);
    let _ = writeln!(page, "  {name:<10} {}", wrapped.trim_start());
}

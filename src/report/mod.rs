//! Writers of a verdict: terminal, JSON, JUnit, curl, explanations. They read events and verdicts and decide nothing.
//!
//! Every text passes the scrubber that the caller hands in, as the last gate before it leaves (law 11); the room knows
//! nothing of where a text goes.

pub mod coverage;
pub mod curl;
pub mod doctor;
pub mod explain;
pub mod github;
pub mod har;
pub mod html;
pub mod json;
pub mod junit;
pub mod kept;
pub mod load;
mod mask;
pub mod proof;
pub mod terminal;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::flow::{Event, Evidence, Position};
use crate::requirement::Catalogue;
use crate::verdict::{ExitCode, FailOn, Verdict};
use crate::wire::{Exchange, ExchangeId};

/// Takes credentials out of a text.
pub type Scrub<'a> = &'a dyn Fn(&str) -> String;

/// What every writer reads.
pub struct Report<'a> {
    /// The verdict.
    pub verdict: &'a Verdict,
    /// How the process ends: the verdict's own exit code, or what the caller knows besides.
    pub exit: ExitCode,
    catalogue: &'a Catalogue,
    scrub: Scrub<'a>,
    exchanges: Vec<&'a Exchange>,
    by_id: HashMap<&'a ExchangeId, &'a Exchange>,
}

impl<'a> Report<'a> {
    /// Joins the events of a run with their verdict.
    #[must_use]
    pub fn new(events: &'a [Event], verdict: &'a Verdict, catalogue: &'a Catalogue, scrub: Scrub<'a>) -> Self {
        let exchanges: Vec<&Exchange> = events
            .iter()
            .filter_map(|event| match event {
                Event::Exchanged(exchange) => Some(exchange.as_ref()),
                _ => None,
            })
            .collect();
        let by_id = exchanges.iter().map(|exchange| (&exchange.id, *exchange)).collect();
        Self { verdict, exit: verdict.exit, catalogue, scrub, exchanges, by_id }
    }

    /// A text without credentials.
    fn clean(&self, text: &str) -> String {
        (self.scrub)(text)
    }

    /// A text without credentials and without control characters, which a server could send to play with a terminal.
    fn plain(&self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        for character in self.clean(text).chars() {
            match character {
                '\n' | '\t' => plain.push(' '),
                // Bidirectional overrides reorder what a person reads.
                c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                    let _ = write!(plain, "\\u{{{:x}}}", c as u32);
                }
                c => plain.push(c),
            }
        }
        plain
    }

    /// The exchange from which a finding's curl line is made.
    fn exchange(&self, evidence: &Evidence) -> Option<&'a Exchange> {
        evidence.exchanges().first().and_then(|id| self.by_id.get(id).copied())
    }

    /// The curl command of a finding, on one line.
    fn curl(&self, evidence: &Evidence) -> Option<String> {
        self.exchange(evidence).map(|exchange| self.clean(&curl::command(&exchange.request, &exchange.url)))
    }
}

/// `file:line:column`, or the name of the check in code.
fn place(position: &Position) -> String {
    match position {
        Position::File { file, line, column } => format!("{file}:{line}:{column}"),
        Position::Check(name) => (*name).to_owned(),
    }
}

/// A count with its noun: `1 leftover`, `2 leftovers`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The words of the gate's choice.
fn gate_words(fail_on: FailOn) -> &'static str {
    match fail_on {
        FailOn::Must => "MUST and readiness",
        FailOn::Should => "MUST, SHOULD and readiness",
        FailOn::Warn => "everything, warnings too",
        FailOn::Idp => "readiness alone",
    }
}

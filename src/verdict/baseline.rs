//! Known failures (`scimproof-baseline.toml`): read with line numbers, checked against a run, written anew.
//!
//! It reads texts that are handed in and knows nothing of files or of what day it is.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::Deserialize;
use time::macros::format_description;
use time::{Date, Duration};
use toml::Spanned;

use super::{FailOn, Judged, Verdict};
use crate::flow::{Held, Outcome};
use crate::requirement::Catalogue;

/// What a row covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Covers {
    /// Every finding on that requirement.
    Requirement(String),
    /// Every finding of that scenario.
    Scenario(String),
}

impl Covers {
    /// The key and the id as in the file.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Requirement(id) => ("requirement", id),
            Self::Scenario(id) => ("scenario", id),
        }
    }

    fn matches(&self, requirement: &str, scenario: &str) -> bool {
        match self {
            Self::Requirement(id) => id == requirement,
            Self::Scenario(id) => id == scenario,
        }
    }
}

impl fmt::Display for Covers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, id) = self.parts();
        write!(f, "{key} {id}")
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it covers.
    pub covers: Covers,
    /// Why the failure is accepted; never empty.
    pub reason: String,
    /// Where it is tracked.
    pub issue: Option<String>,
    /// The last day on which it holds; `None` holds for ever.
    pub until: Option<Date>,
    /// Its line in the file, from 1; 0 for a row that was never in a file.
    pub line: usize,
}

impl Known {
    /// True after its last day.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

/// A baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The rows in the order of the file.
    pub rows: Vec<Known>,
}

/// A mistake in a baseline file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// How a run compares with its baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaselineVerdict {
    /// Rows that cover failures of this run, with how many findings.
    pub known: Vec<(Known, usize)>,
    /// Rows whose requirement or scenario ran and no longer fails.
    pub unexpected: Vec<Known>,
    /// Rows past their date; they cover nothing.
    pub expired: Vec<Known>,
}

impl BaselineVerdict {
    /// True when a row no longer fits.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !self.unexpected.is_empty() || !self.expired.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    requirement: Option<Spanned<String>>,
    scenario: Option<Spanned<String>>,
    reason: Spanned<String>,
    issue: Option<String>,
    until: Option<Spanned<String>>,
}

/// For how long a row that `update` adds holds.
const GRACE: Duration = Duration::days(90);

impl Baseline {
    /// Reads a baseline. `is_scenario` says whether a scenario of that id exists.
    ///
    /// # Errors
    /// Every mistake with its line: not TOML, an unknown key or id, a row for both or neither, a bad date, a row twice.
    pub fn parse(
        text: &str,
        catalogue: &Catalogue,
        is_scenario: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Vec<BaselineError>> {
        let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(1, |span| line(span.start));
            vec![BaselineError { line: at, reason: error.message().to_owned() }]
        })?;
        let (mut rows, mut errors) = (Vec::<Known>::new(), Vec::new());
        for row in file.known {
            let at = line(row.span().start);
            let mut complain = |offset: Option<usize>, reason: String| {
                errors.push(BaselineError { line: offset.map_or(at, line), reason });
            };
            let row = row.into_inner();
            let (covers, place) = match (row.requirement, row.scenario) {
                (Some(id), None) => (Covers::Requirement(id.get_ref().clone()), id.span().start),
                (None, Some(id)) => (Covers::Scenario(id.get_ref().clone()), id.span().start),
                _ => {
                    complain(None, "a row names either a requirement or a scenario".to_owned());
                    continue;
                }
            };
            let exists = match &covers {
                Covers::Requirement(id) => catalogue.get(id).is_some(),
                Covers::Scenario(id) => is_scenario(id),
            };
            if !exists {
                complain(Some(place), format!("there is no {covers}"));
            }
            if let Some(earlier) = rows.iter().find(|known| known.covers == covers) {
                complain(Some(place), format!("{covers} stands already in line {}", earlier.line));
            }
            if row.reason.get_ref().trim().is_empty() {
                complain(Some(row.reason.span().start), "the reason is empty".to_owned());
            }
            let mut until = None;
            if let Some(day) = row.until {
                match Date::parse(day.get_ref(), format_description!("[year]-[month]-[day]")) {
                    Ok(date) => until = Some(date),
                    Err(_) => complain(
                        Some(day.span().start),
                        format!("until = \"{}\" is no date such as \"2027-01-31\"", day.get_ref()),
                    ),
                }
            }
            rows.push(Known { covers, reason: row.reason.into_inner(), issue: row.issue, until, line: at });
        }
        if errors.is_empty() { Ok(Self { rows }) } else { Err(errors) }
    }

    /// The rows that are past their date.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &Known> {
        self.rows.iter().filter(move |row| row.is_expired(today))
    }

    /// The index of the row that covers a finding on that day: a requirement's row before a scenario's.
    #[must_use]
    pub fn covering(&self, requirement: &str, scenario: &str, today: Date) -> Option<usize> {
        let fits = |row: &Known| row.covers.matches(requirement, scenario) && !row.is_expired(today);
        let exact = |row: &Known| fits(row) && matches!(row.covers, Covers::Requirement(_));
        self.rows.iter().position(exact).or_else(|| self.rows.iter().position(fits))
    }

    /// Compares with the findings of a run.
    #[must_use]
    pub fn compare(&self, judged: &[Judged], held: &[Arc<Held>], fail_on: FailOn, today: Date) -> BaselineVerdict {
        let mut verdict = BaselineVerdict::default();
        let passed = |row: &Known| {
            let on_it = |held: &Arc<Held>| held.checks.iter().any(|(id, _)| row.covers.matches(id, &held.scenario));
            held.iter().any(on_it)
        };
        for row in &self.rows {
            let on_it = || {
                judged
                    .iter()
                    .filter(|it| row.covers.matches(&it.finding.requirement, &it.finding.scenario))
                    .filter(|it| !matches!(it.finding.outcome, Outcome::NotApplicable | Outcome::NotObservable))
            };
            let bad = on_it().filter(|it| fail_on.is_bad(it.finding.outcome)).count();
            if row.is_expired(today) {
                verdict.expired.push(row.clone());
            } else if bad > 0 {
                verdict.known.push((row.clone(), bad));
            } else if on_it().next().is_some() || passed(row) {
                verdict.unexpected.push(row.clone());
            }
        }
        verdict
    }

    /// The text of a baseline under which this run's failures are known: rows that still fail, or that did not run, keep
    /// their reason, issue and date; rows that pass now go; new failures get a row that holds for 90 days.
    #[must_use]
    pub fn update(existing: Option<&Self>, verdict: &Verdict, today: Date) -> String {
        let gone = &verdict.baseline.unexpected;
        let mut rows: Vec<Known> = existing
            .map_or(&[][..], |baseline| &baseline.rows)
            .iter()
            .filter(|row| !gone.iter().any(|other| other.covers == row.covers))
            .cloned()
            .collect();
        let mut added = BTreeSet::new();
        for it in &verdict.findings {
            let (requirement, scenario) = (&it.finding.requirement, &it.finding.scenario);
            let covered = rows.iter().any(|row| row.covers.matches(requirement, scenario));
            if it.gated && !covered && added.insert(requirement.clone()) {
                rows.push(Known {
                    covers: Covers::Requirement(requirement.to_string()),
                    reason: format!("seen on {today}: expected {}, got {}", it.finding.expected, it.finding.got),
                    issue: None,
                    until: Some(today + GRACE),
                    line: 0,
                });
            }
        }
        print(&rows)
    }
}

fn print(rows: &[Known]) -> String {
    let mut text = String::from(
        "# Known failures: they do not break the gate until their date. A row that passes, or is past its date, does.\n\
         # Written by `scimproof baseline update`, which keeps reason, issue and date of rows that still fail.\n",
    );
    for row in rows {
        let (key, id) = row.covers.parts();
        let quote = |value: &str| toml::Value::from(value).to_string();
        let _ = write!(text, "\n[[known]]\n{key} = {}\nreason = {}\n", quote(id), quote(&row.reason));
        if let Some(issue) = &row.issue {
            let _ = writeln!(text, "issue = {}", quote(issue));
        }
        if let Some(until) = row.until {
            let _ = writeln!(text, "until = \"{until}\"");
        }
    }
    text
}

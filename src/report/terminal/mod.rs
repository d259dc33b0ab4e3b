//! The report for people: notes first, then what could not be judged, errors, and the failures last and together, then
//! readiness and the counts. Understandable without colour, prose wrapped; commands and paths are never broken.

mod failures;
mod summary;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

pub use text::wrap;
pub(super) use text::{Paint, Tone};

use super::{Report, counted};
use crate::flow::{Outcome, SkipReason};
use crate::verdict::Judged;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// With ANSI colours.
    pub color: bool,
    /// Columns for prose.
    pub width: usize,
    /// Warnings, readings, skips and reasons in full.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, width: 80, verbose: false }
    }
}

/// Writes the report.
///
/// # Errors
/// The writer's.
pub fn write(report: &Report, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(text(report, options).as_bytes())
}

/// The report as text.
#[must_use]
pub fn text(report: &Report, options: &Options) -> String {
    let mut page = Page { report, options: *options, paint: Paint(options.color), text: String::new() };
    page.header();
    page.notes();
    page.open();
    page.errors();
    page.failures();
    page.summary();
    // The last gate: every part was scrubbed before it was wrapped, and the whole is once more.
    report.clean(&page.text)
}

/// The text as it grows.
struct Page<'a> {
    report: &'a Report<'a>,
    options: Options,
    paint: Paint,
    text: String,
}

/// Findings of one cause: the same check on the same requirement.
type Causes<'a> = Vec<Vec<&'a Judged>>;

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A name at column 6 and its text, wrapped under itself at column 17.
    fn field(&mut self, name: &str, text: &str) {
        let wrapped = wrap(&self.report.plain(text), self.options.width, 17);
        self.line(&format!("      {name:<10} {}", wrapped.trim_start()));
    }

    fn prose(&mut self, text: &str, indent: usize) {
        let wrapped = wrap(&self.report.plain(text), self.options.width, indent);
        self.line(&wrapped);
    }

    fn header(&mut self) {
        let facts = &self.report.verdict.facts;
        let target = facts.target.as_deref().unwrap_or("the bundled server");
        let profile = facts.profile.as_deref().unwrap_or("unknown");
        let seed = facts.seed.map_or_else(|| "unknown".to_owned(), |seed| seed.to_string());
        let name = format!("scimproof {}", env!("CARGO_PKG_VERSION"));
        let rest = self.report.plain(&format!("  target {target}  profile {profile}  seed {seed}"));
        let head = self.paint.apply(Tone::Strong, &name);
        self.line(&format!("{head}{rest}"));
        self.line("");
    }

    /// What is not a failure at this gate: warnings, failures of other levels, known ones, readings, skips.
    fn notes(&mut self) {
        let before = self.text.len();
        // What stands with its cause is not counted here.
        let verdict = self.report.verdict;
        let shown: BTreeSet<usize> =
            verdict.findings.iter().filter(|it| is_loud(it)).filter_map(|it| it.cause).collect();
        let quiet = |outcome: Outcome, known: bool| {
            causes(self.report, |it| {
                let listed = is_loud(it) || it.cause.is_some_and(|cause| shown.contains(&cause));
                it.finding.outcome == outcome && it.known.is_some() == known && !listed
            })
        };
        let (warnings, minor) = (quiet(Outcome::Warn, false), quiet(Outcome::Fail, false));
        let known = causes(self.report, |it| it.known.is_some());
        self.quiet("warn", "warning", &warnings);
        self.quiet("minor", "failure of a level that does not count", &minor);
        self.quiet("known", "known failure", &known);
        self.readings();
        self.skips();
        if self.text.len() > before {
            self.line("");
        }
    }

    /// Findings that do not stand in the way: a count, or with `verbose` one line per cause.
    fn quiet(&mut self, word: &str, noun: &str, causes: &Causes) {
        let count: usize = causes.iter().map(Vec::len).sum();
        if count == 0 {
            return;
        }
        let label = self.paint.apply(Tone::Doubt, &format!("{word:<9}"));
        if !self.options.verbose {
            let noun = if count == 1 { noun.to_owned() } else { plural(noun) };
            self.line(&format!("{label} {count} {noun} in {} (-v shows them)", counted(causes.len(), "check")));
            return;
        }
        for group in causes {
            let (it, finding) = (group[0], &group[0].finding);
            self.line(&format!("{label} {}  {}  {}x", finding.requirement, it.level.as_str(), group.len()));
            self.prose(&it.summary, 10);
            self.prose(&format!("expected {}, got {}", finding.expected, finding.got), 10);
            self.prose(&format!("{}, step \"{}\"", finding.scenario, finding.step), 10);
        }
    }

    fn readings(&mut self) {
        let readings = &self.report.verdict.readings;
        if readings.is_empty() {
            return;
        }
        if !self.options.verbose {
            let points = counted(readings.len(), "ambiguous point");
            self.line(&format!("readings  {points} of the standard were read (-v shows how)"));
            let deciding: Vec<_> =
                readings.iter().filter(|it| it.decides()).map(|it| it.interpretation.as_str()).collect();
            if !deciding.is_empty() {
                self.prose(&format!("otherwise than a client needs or most do: {}", deciding.join(", ")), 10);
            }
            return;
        }
        self.line("readings");
        for reading in readings {
            let id = &reading.interpretation;
            let Some(it) = self.report.catalogue.interpretation(id) else { continue };
            let seen = reading.numbers.iter().map(|number| {
                let text = number.checked_sub(1).and_then(|index| it.readings.get(index));
                format!("{number}. {}", text.map_or("not listed", String::as_str))
            });
            let seen = seen.collect::<Vec<_>>().join("; ");
            self.prose(&format!("{id}: {}?", it.question.trim_end_matches('?')), 2);
            self.prose(&seen, 10);
            for (family, number) in &reading.against {
                self.prose(&format!("{family} needs reading {number}"), 10);
            }
            if reading.uncommon && !reading.clients.is_empty() {
                self.prose(&format!("not what most do; met by {}", reading.clients.join(", ")), 10);
            }
        }
    }

    /// The requirements that no surface of the target shows: counted, and never as held.
    fn unseen(&mut self) {
        let mut by_reason = BTreeMap::<&str, (usize, BTreeSet<&str>)>::new();
        for it in &self.report.verdict.facts.skipped {
            if let SkipReason::NotObservable { why, requirements } = &it.reason {
                let (scenarios, ids) = by_reason.entry(why).or_default();
                *scenarios += 1;
                ids.extend(requirements.iter().map(String::as_str));
            }
        }
        for (why, (scenarios, ids)) in by_reason {
            let what = format!("{} in {}", counted(ids.len(), "requirement"), counted(scenarios, "scenario"));
            self.line(&format!("not-observable  {what}: {}", self.report.plain(why)));
            if self.options.verbose {
                self.prose(&ids.into_iter().collect::<Vec<_>>().join(", "), 10);
            }
        }
    }

    fn skips(&mut self) {
        let skipped = &self.report.verdict.facts.skipped;
        if skipped.is_empty() {
            return;
        }
        self.unseen();
        if !self.options.verbose {
            self.line(&format!("skipped   {} (-v says why)", counted(skipped.len(), "scenario")));
            return;
        }
        self.line("skipped");
        for it in skipped {
            let why = it.reason.phrase();
            self.prose(&format!("{}: {why}", it.scenario), 2);
        }
    }

    /// What stayed inconclusive: one line per cause, since the cause is elsewhere.
    fn open(&mut self) {
        let causes = causes(self.report, |it| it.finding.outcome == Outcome::Inconclusive && it.known.is_none());
        if causes.is_empty() {
            return;
        }
        let shown = if self.options.verbose { causes.len() } else { 5 };
        for group in causes.iter().take(shown) {
            let (it, finding) = (group[0], &group[0].finding);
            let label = self.paint.apply(Tone::Doubt, "INCONCLUSIVE");
            let places = counted(group.len(), "place");
            self.line(&format!("{label}  {}  {}  {places}", finding.requirement, it.level.as_str()));
            self.prose(&format!("{}, step \"{}\": {}", finding.scenario, finding.step, finding.got), 6);
        }
        let more = causes.len().saturating_sub(shown);
        if more > 0 {
            self.line(&format!("      and {more} more could not be judged (-v shows them)"));
        }
        self.line("");
    }
}

/// A failure that is shown in full: it counts, or it is a MUST that nobody knew of.
fn is_loud(it: &Judged) -> bool {
    let bad = matches!(it.finding.outcome, Outcome::Fail | Outcome::Warn);
    let must = it.finding.outcome == Outcome::Fail && it.level.is_must();
    bad && it.known.is_none() && (it.gated || must)
}

/// Findings that fulfil a condition, grouped by cause, in an order that does not depend on what ran side by side.
fn causes<'a>(report: &Report<'a>, condition: impl Fn(&Judged) -> bool) -> Causes<'a> {
    let mut groups = BTreeMap::<_, Vec<&'a Judged>>::new();
    for it in report.verdict.findings.iter().filter(|it| condition(it)) {
        groups.entry((it.level, &it.finding.requirement, &it.finding.check)).or_default().push(it);
    }
    let mut groups: Causes = groups.into_values().collect();
    for group in &mut groups {
        // Stable: within a scenario the order of the steps stays.
        group.sort_by(|a, b| a.finding.scenario.cmp(&b.finding.scenario));
    }
    groups
}

fn plural(noun: &str) -> String {
    match noun.split_once(' ') {
        Some(("failure", rest)) => format!("failures {rest}"),
        _ => format!("{noun}s"),
    }
}

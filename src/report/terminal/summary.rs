//! The end of the report: leftovers, baseline, readiness, gate, the counts and the last line. The count lines keep their
//! form so that they can be searched for.

use super::Page;
use super::text::Tone;
use crate::flow::Outcome;
use crate::report::{counted, gate_words};
use crate::requirement::{Level, sets};
use crate::verdict::{ClientVerdict, ExitCode, Facts, Problem, Readiness, ReasonKind};

/// How many requirements are named as reasons of a client without `verbose`.
const REASONS: usize = 6;

impl Page<'_> {
    pub(super) fn summary(&mut self) {
        self.leftovers();
        self.baseline();
        self.readiness();
        self.contradictions();
        self.gate();
        self.counts();
        self.last();
    }

    fn leftovers(&mut self) {
        let report = self.report;
        for it in &report.verdict.facts.leftovers {
            let label = self.paint.apply(Tone::Bad, "LEFT");
            self.line(&format!("{label}  {}  {}", report.plain(&it.path), report.plain(&it.reason)));
        }
        if !report.verdict.facts.leftovers.is_empty() {
            self.line("      scimproof sweep removes them");
            self.line("");
        }
    }

    fn baseline(&mut self) {
        let (report, verbose) = (self.report, self.options.verbose);
        let baseline = &report.verdict.baseline;
        for row in &baseline.unexpected {
            self.prose(
                &format!("UNEXPECTED PASS  {}, line {} of the baseline: remove the row", row.covers, row.line),
                0,
            );
        }
        for row in &baseline.expired {
            let until = row.until.map_or_else(String::new, |day| day.to_string());
            let text = format!("EXPIRED  {}, line {} of the baseline, held until {until}", row.covers, row.line);
            self.prose(&text, 0);
        }
        for (row, count) in baseline.known.iter().filter(|_| verbose) {
            let issue = row.issue.as_deref().map_or_else(String::new, |issue| format!(", {issue}"));
            self.prose(&format!("KNOWN  {}, {}: {}{issue}", row.covers, counted(*count, "finding"), row.reason), 0);
        }
        if baseline.is_broken() || (verbose && !baseline.known.is_empty()) {
            self.line("");
        }
    }

    fn readiness(&mut self) {
        let asked: Vec<_> = self.report.verdict.clients.iter().filter(|client| client.asked).collect();
        let width = asked.iter().map(|client| client.id.len()).max().unwrap_or(0);
        for client in asked {
            let tone = match client.readiness {
                Readiness::Ready => Tone::Good,
                Readiness::ReadyWithWarnings | Readiness::NotAssessed => Tone::Doubt,
                Readiness::NotReady => Tone::Bad,
            };
            let word = self.paint.apply(tone, &format!("{:<19}", client.readiness.as_str()));
            let flows = format!("{}/{} flows", client.flows_completed, client.flows_required);
            self.line(&format!("  {:<width$}  {word}  {flows}", client.id));
            self.reasons(client);
        }
    }

    /// Flows with their sentence; requirements by id alone, since they stand above in full.
    fn reasons(&mut self, client: &ClientVerdict) {
        let flows = client.reasons.iter().filter(|it| matches!(it.kind, ReasonKind::Flow | ReasonKind::Capability));
        let (unseen, told): (Vec<_>, Vec<_>) = flows.partition(|it| it.leads_to == Readiness::NotAssessed);
        // A narrow selection leaves most flows out: that is one fact, not one for every flow.
        let short = !self.options.verbose && unseen.len() > REASONS;
        if short {
            let ids: Vec<_> = unseen.iter().take(REASONS).map(|it| it.subject.as_str()).collect();
            let more = unseen.len() - ids.len();
            let flows = counted(unseen.len(), "flow");
            self.prose(&format!("{flows} not seen in this run: {}, {more} more (-v says why)", ids.join(", ")), 6);
        }
        for reason in told.into_iter().chain(unseen.into_iter().filter(|_| !short)) {
            let known = if reason.known { " (known)" } else { "" };
            self.prose(&format!("{} {}{known}", reason.subject, reason.text), 6);
        }
        for (kind, word) in [(ReasonKind::Failure, "failed"), (ReasonKind::Warning, "warnings")] {
            let mut ids: Vec<_> = client
                .reasons
                .iter()
                .filter(|it| it.kind == kind)
                .map(|it| if it.known { format!("{} (known)", it.subject) } else { it.subject.clone() })
                .collect();
            let more = if self.options.verbose { 0 } else { ids.len().saturating_sub(REASONS) };
            ids.truncate(ids.len() - more);
            if more > 0 {
                ids.push(format!("{more} more (-v shows them)"));
            }
            if !ids.is_empty() {
                self.prose(&format!("{word}: {}", ids.join(", ")), 6);
            }
        }
    }

    /// Where no server can meet all that was asked for.
    fn contradictions(&mut self) {
        let report = self.report;
        for (set, it) in &report.verdict.contradictions {
            let (here, there) = (it.here.join(", "), it.there.join(", "));
            let text = format!(
                "{set} and {} contradict each other on {}: no server meets {here} and {there}",
                it.with, it.what
            );
            self.prose(&text, 2);
        }
    }

    fn gate(&mut self) {
        let (report, gate) = (self.report, &self.report.verdict.gate);
        let words = gate_words(report.verdict.fail_on);
        let verdict = if gate.passed() {
            "passed".to_owned()
        } else {
            let requirements = gate.problems.iter().filter(|it| matches!(it, Problem::Requirement { .. })).count();
            let open = gate.problems.iter().filter(|it| matches!(it, Problem::Inconclusive { .. })).count();
            let mut parts = Vec::new();
            if requirements > 0 {
                parts.push(format!("{} not met", counted(requirements, "requirement")));
            }
            parts.extend(gate.problems.iter().filter_map(|it| match it {
                Problem::Requirement { .. } | Problem::Inconclusive { .. } => None,
                other => Some(other.phrase()),
            }));
            if open > 0 {
                parts.push(format!("{open} inconclusive"));
            }
            format!("not passed: {}", parts.join(", "))
        };
        let allowed = match gate.allowed {
            0 => String::new(),
            count => format!("; {count} inconclusive, which --allow-inconclusive permits"),
        };
        self.prose(&format!("gate ({words}) {verdict}{allowed}"), 2);
    }

    /// Requirements by level and by source: `must 131 pass 1 fail`.
    fn counts(&mut self) {
        let verdict = self.report.verdict;
        let count = |source: &str, of: &dyn Fn(Level) -> bool, outcome: Outcome| {
            verdict.count(|it| it.source == source && of(it.level) && it.outcome == outcome)
        };
        let cell = |name: &str, source: &str, of: &dyn Fn(Level) -> bool| {
            format!("{name} {} pass {} fail", count(source, of, Outcome::Pass), count(source, of, Outcome::Fail))
        };
        let rfc = [
            cell("must", "RFC", &Level::is_must),
            cell("should", "RFC", &Level::is_should),
            cell("other", "RFC", &|level: Level| !level.is_must() && !level.is_should()),
        ];
        // Families that were neither asked for nor judged would only be zeroes.
        let concerned = |family: &str, source: &str| {
            verdict.clients.iter().any(|it| it.asked && it.family() == family)
                || verdict.count(|it| it.source == source && it.findings > 0) > 0
        };
        let drafts = sets().iter().filter_map(|set| Some((set, set.prefix.as_deref()?)));
        let drafts = drafts.filter(|(set, _)| verdict.require.contains(&set.name)).map(|(set, prefix)| {
            let of = |outcome| verdict.count(|it| it.id.starts_with(prefix) && it.outcome == outcome);
            format!("{} {} pass {} fail", set.name, of(Outcome::Pass), of(Outcome::Fail))
        });
        let laws = verdict.count(|it| it.source == "PROP" && it.findings > 0) > 0;
        let families: Vec<_> = verdict
            .families
            .iter()
            .map(|(family, _)| (family, family.to_ascii_uppercase()))
            .filter(|(family, source)| concerned(family, source))
            .map(|(family, source)| cell(family, &source, &|_| true))
            .chain(verdict.product.iter().map(|source| cell(&source.to_lowercase(), source, &|_| true)))
            .chain(drafts)
            .chain(laws.then(|| cell("laws", "PROP", &|_| true)))
            .collect();
        let known: usize = verdict.baseline.known.iter().map(|(_, count)| count).sum();
        let rest = format!(
            "{} warn   {} inconclusive   {} skipped   {known} known",
            verdict.count(|it| it.outcome == Outcome::Warn),
            verdict.count(|it| it.outcome == Outcome::Inconclusive),
            verdict.facts.skipped.len(),
        );
        self.line("");
        // Without a client, product or draft there is no second line.
        for line in [rfc.join("   "), families.join("   "), rest].iter().filter(|line| !line.is_empty()) {
            self.line(&format!("  {line}"));
        }
    }

    fn last(&mut self) {
        let (exit, facts) = (self.report.exit, &self.report.verdict.facts);
        let (tone, word) = match exit {
            ExitCode::Passed => (Tone::Good, "PASS"),
            ExitCode::GateNotPassed | ExitCode::BaselineBroken | ExitCode::ThresholdCrossed => (Tone::Bad, "FAIL"),
            ExitCode::Interrupted => (Tone::Doubt, "INTERRUPTED"),
            ExitCode::NothingSelected => (Tone::Doubt, "NOTHING RAN"),
            ExitCode::Fault | ExitCode::Usage | ExitCode::Unreachable => (Tone::Bad, "ERROR"),
        };
        let word = self.paint.apply(tone, word);
        let time = facts.duration.map_or_else(String::new, |it| format!(" in {:.1} s", it.as_secs_f64()));
        self.line(&format!(
            "  {word}{time}   {}, {}, {}, {} retired   exit {}",
            counted(facts.finished(), "scenario"),
            counted(facts.exchanges, "exchange"),
            counted(facts.leftovers.len(), "leftover"),
            facts.retired,
            exit.code(),
        ));
        let met = met(facts);
        if !met.is_empty() {
            let faint = self.paint.apply(Tone::Faint, &format!("  met: {}", met.join(", ")));
            self.line(&faint);
        }
        if !matches!(exit, ExitCode::Passed | ExitCode::GateNotPassed) {
            self.prose(exit.meaning(), 2);
        }
    }
}

/// The weather of the run: answers that were waited out, and requests without answer.
fn met(facts: &Facts) -> Vec<String> {
    let mut met: Vec<_> =
        facts.throttled.iter().map(|(status, count)| format!("{} {status}", counted(*count, "answer"))).collect();
    if !met.is_empty() {
        met.push(format!("waited {:.1} s", facts.waited.as_secs_f64()));
    }
    if facts.unanswered > 0 {
        met.push(format!("{} without answer", counted(facts.unanswered, "request")));
    }
    met
}

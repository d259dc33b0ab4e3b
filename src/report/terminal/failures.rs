//! Errors and failures in full: expected, got, position, step, curl, where to read more. A transport failure is an
//! ERROR, never a FAIL.

use std::collections::BTreeMap;

use super::text::Tone;
use super::{Page, is_loud};
use crate::flow::{Outcome, Position};
use crate::report::{counted, curl, mask};
use crate::verdict::{Cause, Judged};
use crate::wire::{Exchange, FailureKind};

/// How many further requirements of one cause are named without `verbose`.
const OTHERS: usize = 8;

/// How many characters of a curl line's body are shown; the JSON report has it in full.
const BODY: usize = 2000;

impl Page<'_> {
    /// Requests without an answer, by cause; faults of the tool.
    pub(super) fn errors(&mut self) {
        let report = self.report;
        let mut causes = BTreeMap::<(u8, &str), Vec<&Exchange>>::new();
        for exchange in &report.exchanges {
            if let Err(failure) = &exchange.answer {
                causes.entry((failure.kind as u8, &failure.reason)).or_default().push(exchange);
            }
        }
        for ((_, reason), exchanges) in causes {
            let Some(first) = exchanges.iter().min_by_key(|it| (&it.scenario, it.started)) else { continue };
            let kind = first.answer.as_ref().err().map_or("", |failure| word(failure.kind));
            let label = self.paint.apply(Tone::Bad, "ERROR");
            self.line(&format!("{label} {kind}, {}", counted(exchanges.len(), "request")));
            self.field("got", reason);
            self.field("means", "nothing is said about conformance: what rests on it is inconclusive");
            self.field("first at", &format!("{} {}", first.request.method, first.url));
            let place = if first.scenario.is_empty() { "set-up or cleanup" } else { &first.scenario };
            self.field("step", &format!("{} ({place})", first.step));
            self.curl(first);
            self.line("");
        }
        for id in &report.verdict.unknown {
            let label = self.paint.apply(Tone::Bad, "ERROR");
            self.line(&format!("{label} scimproof is at fault: a finding on {id}, which is no requirement"));
            self.line("");
        }
    }

    /// The failures, each cause once; what breaks the most comes last, so that it stands nearest to the summary.
    pub(super) fn failures(&mut self) {
        let verdict = self.report.verdict;
        for cause in verdict.causes.iter().rev() {
            let mut findings: Vec<_> = cause.findings.iter().filter_map(|n| verdict.findings.get(*n)).collect();
            if let Some(place) = findings.iter().position(|it| is_loud(it)) {
                let it = findings.remove(place);
                self.failure(cause, it, &findings);
            }
        }
    }

    fn failure(&mut self, cause: &Cause, it: &Judged, others: &[&Judged]) {
        let finding = &it.finding;
        let word = if finding.outcome == Outcome::Fail { "FAIL" } else { "WARN" };
        let label = self.paint.apply(Tone::Bad, word);
        let id = self.paint.apply(Tone::Strong, &finding.requirement);
        self.line(&format!("{label}  {id}  {}", it.level.as_str()));
        self.prose(&it.summary, 6);
        self.field("expected", &finding.expected);
        self.field("got", &finding.got);
        let place = match &finding.position {
            Position::File { file, line, .. } => format!("{file}:{line}"),
            Position::Check(name) => format!("standing check {name}, in {}", finding.scenario),
        };
        // A path is not broken, so that it can be opened.
        self.line(&format!("      seen in    {}", self.report.plain(&place)));
        self.field("step", &finding.step);
        if let Some(exchange) = self.report.exchange(&finding.evidence) {
            self.curl(exchange);
        }
        self.line(&format!("      more       scimproof explain {}", finding.requirement));
        if !cause.breaks.is_empty() {
            self.field("breaks", &cause.breaks.join(", "));
        }
        if !others.is_empty() {
            let all = counted(others.len() + 1, "failure");
            self.field("cause", &format!("{}: {all} have this in common", cause.mark));
        }
        self.field("fix", cause.fix);
        self.others(others);
        self.line("");
    }

    /// What fails by the same cause: the requirements, or with `verbose` every place.
    fn others(&mut self, others: &[&Judged]) {
        let mut places = BTreeMap::<&str, Vec<String>>::new();
        for it in others {
            let place = format!("{} \"{}\"", it.finding.scenario, it.finding.step);
            places.entry(&it.finding.requirement).or_default().push(place);
        }
        if places.is_empty() {
            return;
        }
        if self.options.verbose {
            for (id, places) in places {
                self.field("and", &format!("{id} in {}", places.join(", ")));
            }
            return;
        }
        let mut ids: Vec<&str> = places.keys().copied().take(OTHERS).collect();
        let more = places.len() - ids.len();
        let rest = format!("{more} more (-v shows them)");
        if more > 0 {
            ids.push(&rest);
        }
        self.field("and", &ids.join(", "));
    }

    /// The curl command, one part a line.
    fn curl(&mut self, exchange: &Exchange) {
        let parts = curl::parts(&exchange.request, &exchange.url);
        let cut = parts.iter().any(|part| part.chars().count() > BODY);
        if cut {
            self.line("      curl       too long to show; the JSON report has it");
            return;
        }
        let text = self.report.clean(&parts.join(" \\\n                   "));
        self.line(&format!("      curl       {}", visible(&text)));
        if exchange
            .request
            .body
            .as_deref()
            .is_some_and(|body| std::str::from_utf8(body).is_ok_and(|text| mask::text(text) != text))
        {
            self.line("                 (passwords and tokens are hidden)");
        }
    }
}

/// A command without control characters that a terminal would obey; line ends stay.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

const fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Connect => "no connection",
        FailureKind::Tls => "no TLS connection",
        FailureKind::Timeout => "no answer in time",
        FailureKind::Broken => "an answer that cannot be read",
        FailureKind::Unsent => "not sent",
    }
}

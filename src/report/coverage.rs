//! Writes what of the catalogue is named, exercised and proven, for people and as JSON (`scimproof.coverage/1`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::terminal::wrap;
use crate::verdict::coverage::{Coverage, Rule, Tally};

/// The name of the JSON format.
pub const SCHEMA: &str = "scimproof.coverage/1";

/// How many rules a list shows before it says how many more there are.
const SHOWN: usize = 10;

/// The share of observable MUST and MUST NOT that is to be proven, per cent.
const AIM: usize = 95;

/// The coverage as text. `missing` shows every list in full, and what is excused; `width` is the columns.
#[must_use]
pub fn text(coverage: &Coverage, missing: bool, width: usize) -> String {
    let total = coverage.total();
    let with_run = total.exercised.is_some();
    let mut page = heading(with_run);
    let mut rows = coverage.by_source();
    rows.push(("all", total));
    for (name, tally) in &rows {
        page.push_str(&row(name, tally, with_run));
    }
    let _ = writeln!(
        page,
        "\n{} of {} observable MUST and MUST NOT are proven by a fault: {} (aim: {AIM} %)",
        total.must_proven,
        total.must,
        share(&total)
    );
    list(&mut page, "named by nothing", &coverage.unnamed().collect::<Vec<_>>(), missing);
    list(&mut page, "named, not exercised in this run", &coverage.unexercised().collect::<Vec<_>>(), missing);
    list(&mut page, "named, not proven", &coverage.unproven().collect::<Vec<_>>(), missing);
    let excused: Vec<_> = coverage.excused().collect();
    if !excused.is_empty() {
        let hint = if missing { "" } else { " (--missing shows the reasons)" };
        let _ = writeln!(page, "\nno test can see ({}){hint}", excused.len());
    }
    for (rule, reason) in excused.iter().filter(|_| missing) {
        let it = rule.requirement;
        let text = wrap(&format!("{}  {}  {reason}", it.id, it.level.as_str()), width, 6);
        let _ = writeln!(page, "  {}", text.trim_start());
    }
    page
}

/// The coverage as a JSON value: every rule, and the counts.
#[must_use]
pub fn value(coverage: &Coverage) -> Value {
    let sources: Vec<_> = coverage.by_source().into_iter().map(|(name, tally)| counts(Some(name), &tally)).collect();
    json!({
        "schema": SCHEMA,
        "total": counts(None, &coverage.total()),
        "sources": sources,
        "requirements": coverage.rules.iter().map(|rule| json!({
            "id": rule.requirement.id,
            "source": rule.requirement.document(),
            "level": rule.requirement.level.as_str(),
            "named": rule.named,
            "exercised": rule.exercised,
            "proven": rule.proven,
            "excused": rule.excuse,
        })).collect::<Vec<_>>(),
    })
}

fn counts(source: Option<&str>, tally: &Tally) -> Value {
    let mut value = json!({
        "rules": tally.rules,
        "observable": tally.observable,
        "named": tally.named,
        "exercised": tally.exercised,
        "proven": tally.proven,
        "must": tally.must,
        "must_proven": tally.must_proven,
    });
    if let (Some(source), Some(object)) = (source, value.as_object_mut()) {
        object.shift_insert(0, "source".to_owned(), source.into());
    }
    value
}

fn heading(with_run: bool) -> String {
    let exercised = if with_run { "  exercised" } else { "" };
    format!(
        "{:<14} {:>6}  {:>10}  {:>6}{exercised}  {:>6}  {}\n",
        "source", "rules", "observable", "named", "proven", "MUST proven"
    )
}

fn row(name: &str, tally: &Tally, with_run: bool) -> String {
    let exercised = if with_run { format!("  {:>9}", tally.exercised.unwrap_or_default()) } else { String::new() };
    format!(
        "{name:<14} {:>6}  {:>10}  {:>6}{exercised}  {:>6}  {}\n",
        tally.rules,
        tally.observable,
        tally.named,
        tally.proven,
        if tally.must == 0 { "-".to_owned() } else { format!("{}/{} {}", tally.must_proven, tally.must, share(tally)) },
    )
}

fn share(tally: &Tally) -> String {
    tally.must_share().map_or_else(|| "-".to_owned(), |tenths| format!("{}.{} %", tenths / 10, tenths % 10))
}

/// A list of rules, the binding ones first.
fn list(page: &mut String, title: &str, rules: &[&Rule], all: bool) {
    if rules.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{title} ({})", rules.len());
    let shown = if all { rules.len() } else { SHOWN };
    for rule in rules.iter().take(shown) {
        let it = rule.requirement;
        let _ = writeln!(page, "  {:<22} {:<10} {}", it.id, it.level.as_str(), it.summary);
    }
    if rules.len() > shown {
        let _ = writeln!(page, "  and {} more (--missing shows them)", rules.len() - shown);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::requirement::Catalogue;
    use crate::verdict::coverage::Known;

    const RULES: &str = r#"
        [[requirement]]
        id = "RFC7644-9-1"
        level = "MUST"
        summary = "a proven rule"
        [[requirement]]
        id = "RFC7644-9-2"
        level = "SHOULD"
        summary = "a rule that nothing names"
        [[requirement]]
        id = "RFC7644-9-3"
        level = "MUST NOT"
        summary = "a rule that no fault breaks"
        [[requirement]]
        id = "HTTP-9-1"
        level = "MUST"
        summary = "a rule that no test can see"
        testable = "not-observable"
        [[requirement]]
        id = "RFC7643-9-1"
        level = "MUST"
        actor = "client"
        summary = "a rule for clients, which does not count"
        [[requirement]]
        id = "RFC7643-9-2"
        level = "RETIRED"
        summary = "a rule that was withdrawn"
    "#;

    fn known(judged: Option<&[&str]>) -> Known {
        let set = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        Known { named: set(&["RFC7644-9-1", "RFC7644-9-3"]), judged: judged.map(set), proven: set(&["RFC7644-9-1"]) }
    }

    #[test]
    fn coverage_without_a_run() {
        let catalogue = Catalogue::parse([("rules.toml", RULES)]).unwrap();
        insta::assert_snapshot!(text(&Coverage::of(&catalogue, &known(None)), false, 80));
    }

    #[test]
    fn coverage_of_a_run_in_full() {
        let catalogue = Catalogue::parse([("rules.toml", RULES)]).unwrap();
        let coverage = Coverage::of(&catalogue, &known(Some(&["RFC7644-9-1"])));
        insta::assert_snapshot!(text(&coverage, true, 80));
        insta::assert_snapshot!(serde_json::to_string_pretty(&value(&coverage)).unwrap());
    }

    #[test]
    fn long_lists_are_cut_unless_all_is_asked_for() {
        let row = |n| format!("[[requirement]]\nid = \"RFC7644-9-{n}\"\nlevel = \"MAY\"\nsummary = \"rule {n}\"\n");
        let rules: String = (10..30).map(row).collect();
        let catalogue = Catalogue::parse([("rules.toml", rules.as_str())]).unwrap();
        let coverage = Coverage::of(&catalogue, &Known::default());
        assert!(text(&coverage, false, 80).contains("and 10 more (--missing shows them)"));
        assert!(text(&coverage, true, 80).contains("rule 29") && !text(&coverage, false, 80).contains("rule 29"));
    }
}

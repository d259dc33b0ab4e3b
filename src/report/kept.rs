//! Reads a JSON report again, as far as later commands need it: what was judged, what failed, under which seed and where.
//! It trusts nothing else in it: exchanges and positions of another machine are not used.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::json::SCHEMA;

/// What later commands want of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Kept {
    schema: String,
    target: Target,
    /// The seed of the run.
    pub seed: Option<u64>,
    requirements: Vec<Row>,
    findings: Vec<Found>,
    #[serde(default)]
    exchanges: Vec<Sent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Target {
    url: Option<String>,
    profile: Option<String>,
    /// Reports of older versions have none.
    #[serde(default)]
    require: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Row {
    id: String,
    outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Found {
    requirement: String,
    outcome: String,
    scenario: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Sent {
    scenario: String,
}

/// Outcomes of a check that saw what it looks for.
const JUDGED: [&str; 3] = ["pass", "warn", "fail"];

impl Kept {
    /// Reads a report.
    ///
    /// # Errors
    /// A phrase: no JSON, or no report of this format.
    pub fn parse(text: &str) -> Result<Self, String> {
        let kept: Self = serde_json::from_str(text).map_err(|error| format!("this is no report of `run`: {error}"))?;
        if kept.schema == SCHEMA { Ok(kept) } else { Err(format!("its format is {}, not {SCHEMA}", kept.schema)) }
    }

    /// The base URL of the target; `None` for the bundled server.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.target.url.as_deref()
    }

    /// The profile of the target, by name.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.target.profile.as_deref()
    }

    /// The requirement sets that were asked for; none in reports of older versions.
    #[must_use]
    pub fn require(&self) -> &[String] {
        &self.target.require
    }

    /// The requirements that were judged: passed, warned or failed.
    #[must_use]
    pub fn judged(&self) -> BTreeSet<String> {
        let judged = self.requirements.iter().filter(|row| JUDGED.contains(&row.outcome.as_str()));
        judged.map(|row| row.id.clone()).collect()
    }

    /// The scenarios in which something failed, or could not be judged for want of an answer.
    #[must_use]
    pub fn failed(&self) -> BTreeSet<String> {
        let bad = self.findings.iter().filter(|it| matches!(it.outcome.as_str(), "fail" | "inconclusive"));
        bad.map(|it| it.scenario.clone()).filter(|id| !id.is_empty()).collect()
    }

    /// The scenarios that an id names: the scenario itself, or those in which that requirement failed, or else warned.
    #[must_use]
    pub fn named(&self, id: &str) -> BTreeSet<String> {
        if self.exchanges.iter().any(|it| it.scenario == id) {
            return BTreeSet::from([id.to_owned()]);
        }
        let mut by_outcome = BTreeMap::<&str, BTreeSet<String>>::new();
        for it in self.findings.iter().filter(|it| it.requirement == id && !it.scenario.is_empty()) {
            by_outcome.entry(&it.outcome).or_default().insert(it.scenario.clone());
        }
        let worst = ["fail", "inconclusive", "warn"].into_iter().find_map(|outcome| by_outcome.remove(outcome));
        worst.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report() -> Kept {
        let finding = |id: &str, outcome: &str, scenario: &str| json!({"requirement": id, "outcome": outcome, "scenario": scenario, "check": "ignored"});
        let text = json!({
            "schema": SCHEMA,
            "target": {"url": null, "profile": "strict", "capabilities": null},
            "seed": 18_446_744_073_709_551_615_u64,
            "requirements": [{"id": "A-1", "outcome": "fail"}, {"id": "A-2", "outcome": "inconclusive"},
                {"id": "A-3", "outcome": "pass"}],
            "findings": [finding("A-1", "fail", "a/b"), finding("A-1", "warn", "a/c"), finding("A-3", "warn", "a/c"),
                finding("A-2", "inconclusive", "a/d"), finding("A-1", "fail", "")],
            "exchanges": [{"scenario": "a/e", "id": "1"}],
        });
        Kept::parse(&text.to_string()).unwrap()
    }

    #[test]
    fn what_was_judged_and_what_failed_is_read() {
        let (kept, set) = (report(), |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>());
        assert_eq!((kept.seed, kept.target(), kept.profile()), (Some(u64::MAX), None, Some("strict")));
        assert_eq!(kept.judged(), set(&["A-1", "A-3"]));
        assert_eq!(kept.failed(), set(&["a/b", "a/d"]));
        for (id, scenarios) in [("a/e", "a/e"), ("A-1", "a/b"), ("A-3", "a/c"), ("A-2", "a/d")] {
            assert_eq!(kept.named(id), set(&[scenarios]), "{id}");
        }
        assert!(kept.named("A-4").is_empty());
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["", "[]", "{}", r#"{"schema": "x", "target": {}, "requirements": [], "findings": []}"#] {
            assert!(Kept::parse(text).is_err(), "{text}");
        }
    }
}

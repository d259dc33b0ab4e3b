//! The matrix as files: `reports/matrix.md` for people, by defect and by requirement, and `fixtures/proven.toml`, which the
//! verdict reads. Both follow from the sheets alone; that the sheets are true is what playing them shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use super::Shown;
use crate::fault::{Caught, Proof};

/// The defects by requirement that turn it red in a run or disprove it as a law, sorted.
fn by_requirement<'a>(proofs: &'a [Proof], caught: &'a [Caught]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let runs = proofs.iter().map(|it| (it.name.as_str(), &it.red));
    let laws = caught.iter().map(|it| (it.name.as_str(), &it.proves));
    let mut proven: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, ids) in runs.chain(laws) {
        ids.iter().for_each(|id| proven.entry(id).or_default().push(name));
    }
    for names in proven.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    proven
}

/// `fixtures/proven.toml`.
#[must_use]
pub fn proven(proofs: &[Proof], caught: &[Caught]) -> String {
    let mut text = "# Requirements that a named defect in front of the bundled server turns red in a run or in a proof, so that the check is\n\
        # known to be able to fail. A requirement that is not listed here is reported as not proven. Made from the folder faults by a test.\n[proven]\n"
        .to_owned();
    for (id, names) in by_requirement(proofs, caught) {
        let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let _ = writeln!(text, "\"{id}\" = [{}]", names.join(", "));
    }
    text
}

/// `reports/matrix.md`.
#[must_use]
pub fn matrix(proofs: &[Proof], caught: &[Caught]) -> String {
    let by_requirement = by_requirement(proofs, caught);
    let mut text = format!(
        "# Defect by requirement\n\n\
        {} defects that `run` finds and {} that `prove` finds turn {} requirements red. Made from `fixtures/faults` by\n\
        `SCIMPROOF_BLESS=1 cargo test --test suite the_matrix_is_fresh`; that it is true is shown by `scimproof matrix`, which plays\n\
        each defect by the scenarios named for it (`--full`: by all), or proves the laws that it must break.\n\n\
        ## By defect: what a run shows\n\n\
        | defect | stands for | profile | turns red | may fall along | not ready |\n|---|---|---|---|---|---|\n",
        proofs.len(),
        caught.len(),
        by_requirement.len(),
    );
    let mut rows: Vec<_> = proofs.iter().collect();
    rows.sort_by(|a, b| (&a.name, &a.profile, &a.plays).cmp(&(&b.name, &b.profile, &b.plays)));
    for it in rows {
        let warns = it.warns.iter().map(|id| format!("{id} (warns)"));
        let red: Vec<_> = it.red.iter().cloned().chain(warns).collect();
        let cells = [
            it.name.clone(),
            cell(&it.source),
            it.profile.clone(),
            red.join(", "),
            it.kin.join(", "),
            it.blocks.join(", "),
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text.push_str(
        "\n## By defect: what a proof shows\n\n| defect | stands for | profile | disproves |\n|---|---|---|---|\n",
    );
    let mut rows: Vec<_> = caught.iter().collect();
    rows.sort_by(|a, b| (&a.name, &a.profile).cmp(&(&b.name, &b.profile)));
    for it in rows {
        let _ = writeln!(text, "| {} | {} | {} | {} |", it.name, cell(&it.source), it.profile, it.proves.join(", "));
    }
    text.push_str("\n## By requirement\n\n| requirement | defects |\n|---|---|\n");
    for (id, names) in by_requirement {
        let _ = writeln!(text, "| {id} | {} |", names.join(", "));
    }
    text
}

/// What a row of the full matrix is named by: one defect may be put in front of several profiles.
#[must_use]
pub fn key(proof: &Proof) -> String {
    format!("{} {}", proof.name, proof.profile)
}

/// Everything that each defect was seen to turn red when all scenarios were played, `reports/matrix-full.toml`: by [`key`].
#[must_use]
pub fn record() -> &'static BTreeMap<String, BTreeSet<String>> {
    static RECORD: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
        // A test keeps it readable.
        toml::from_str(include_str!("../../reports/matrix-full.toml")).unwrap_or_default()
    });
    &RECORD
}

/// `reports/matrix-full.toml` of what was seen.
#[must_use]
pub fn full(shown: &[Shown]) -> String {
    let mut rows: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for it in shown {
        rows.entry(format!("{} {}", it.name, it.profile)).or_default().extend(it.failed.iter().map(String::as_str));
    }
    let mut text = "# What each defect turns red, in front of the profile beside its name, when every scenario is played. Written by\n\
        # `scimproof matrix --full --write reports/matrix-full.toml`; the command without --write says what is red and not here.\n"
        .to_owned();
    for (name, ids) in rows {
        let ids: Vec<_> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        let _ = writeln!(text, "\"{name}\" = [{}]", ids.join(", "));
    }
    text
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

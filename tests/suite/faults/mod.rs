//! The tester is tested: every defect of the table stands for one that real servers had, and must turn its requirements
//! red, nothing else, and the clients that would stumble over it not ready. What is permitted must turn nothing red.
//!
//! The defects are code in the room `fault`; what they must show is data, `fixtures/faults`. The matrix
//! (`reports/matrix.md`, `fixtures/proven.toml`) follows from that and is written by
//! `SCIMPROOF_BLESS=1 cargo test --test suite the_matrix_is_fresh`.

mod capabilities;
mod permitted;
pub mod play;
mod properties;

use std::collections::BTreeSet;
use std::path::Path;

use scimproof::fault::{self, Proof, proofs};
use scimproof::flow::Outcome;
pub use scimproof::matrix::example;
use scimproof::matrix::{self, Scope, show, side_by_side};
use scimproof::profile::Profile;
use scimproof::requirement::Catalogue;
use scimproof::verdict::Readiness;

/// Judges rows on all cores and gives what is wrong with them.
pub fn complaints<T: Sync>(rows: &[T], judge: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    side_by_side(rows, judge).into_iter().flatten().collect()
}

/// Of so many defects one is played here, in an unoptimized build; the gate plays all, with `scimproof matrix`.
const SAMPLE: usize = 8;

#[test]
fn a_sample_of_defects_turns_its_requirements_red_and_no_others() {
    let rows: Vec<_> = proofs().iter().step_by(SAMPLE).collect();
    let wrong = complaints(&rows, |proof| {
        let shown = show(proof, Scope::Named);
        shown.wrong.iter().map(|line| format!("{}: {line}", shown.name)).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is made untrue in a row, and what must be said of it.
type Change = (fn(&mut Proof), &'static str);

/// A row that says too little, too much or of nobody is seen to be wrong.
#[test]
fn a_sheet_that_is_not_true_is_found() {
    let row = proofs().iter().find(|it| it.name == "filter-is-ignored").unwrap();
    let changes: [Change; 5] = [
        (|row| row.red.push("RFC7644-3.3-5".to_owned()), "RFC7644-3.3-5 is not red"),
        (|row| row.warns.push("RFC7644-3.3-5".to_owned()), "RFC7644-3.3-5 does not warn"),
        (|row| drop(row.red.pop()), "is red and no kin"),
        (|row| row.name = "nobody-had-it".to_owned(), "there is no fault nobody-had-it"),
        (|row| row.plays = vec!["rfc/no-such-thing".to_owned()], "there is no scenario rfc/no-such-thing"),
    ];
    for (change, expected) in changes {
        let mut row = row.clone();
        change(&mut row);
        let shown = show(&row, Scope::Named);
        assert!(shown.wrong.iter().any(|line| line.contains(expected)), "{expected}: {:?}", shown.wrong);
    }
}

#[test]
fn what_is_permitted_turns_nothing_red() {
    let wrong = complaints(permitted::VARIANTS, |(name, change, fault)| {
        let mut profile = play::profile();
        change(&mut profile);
        let verdict = match play::judge(&profile, *fault, &[]) {
            Ok(verdict) => verdict,
            Err(error) => return vec![format!("{name}: {error}")],
        };
        let failed = play::ids(&verdict, Outcome::Fail);
        let known = permitted::KNOWN.iter().filter(|(variant, _)| variant == name);
        let allowed: BTreeSet<String> = known.flat_map(|(_, ids)| *ids).map(|id| (*id).to_owned()).collect();
        let mut wrong: Vec<_> = failed.difference(&allowed).map(|id| format!("{id} is red")).collect();
        wrong.extend(allowed.difference(&failed).map(|id| format!("{id} is declared and not red")));
        wrong.iter().map(|it| format!("{name}: {it}: {}", example(&verdict, it.split(' ').next().unwrap()))).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_breaks_no_rule_turns_nothing_red() {
    let plays = ["okta/import/more-than-a-page", "okta/users/assign-new", "entra/users/duplicate"].map(str::to_owned);
    let wrong = complaints(fault::unjudged(), |row| {
        let verdict = play::judge(&play::profile(), fault::named(&row.name).unwrap().1, &plays).unwrap();
        play::ids(&verdict, Outcome::Fail).iter().map(|id| format!("{}: {}", row.name, example(&verdict, id))).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_bundled_server_gives_nothing_but_green() {
    let verdict = play::judge(&play::profile(), |world, request| world.pass(request), &[]).unwrap();
    for outcome in [Outcome::Fail, Outcome::Warn, Outcome::Inconclusive] {
        let ids = play::ids(&verdict, outcome);
        let examples: Vec<_> = ids.iter().map(|id| format!("{id}: {}", example(&verdict, id))).collect();
        assert!(ids.is_empty(), "{outcome:?}\n{}", examples.join("\n"));
    }
    assert!(play::readiness(&verdict).values().all(|it| *it == Readiness::Ready), "{:?}", play::readiness(&verdict));
    assert!(verdict.facts.leftovers.is_empty());
}

#[test]
fn the_table_speaks_of_known_things() {
    let (table, catalogue) = (proofs(), Catalogue::embedded());
    let named: BTreeSet<&str> = table.iter().map(|proof| proof.name.as_str()).collect();
    let caught: BTreeSet<&str> = fault::caught().iter().map(|row| row.name.as_str()).collect();
    let unjudged: BTreeSet<&str> = fault::unjudged().iter().map(|row| row.name.as_str()).collect();
    let shown =
        |name: &str| unjudged.contains(name) || named.contains(fault::first_name(name)) || caught.contains(name);
    let unknown: Vec<_> = named.union(&caught).chain(&unjudged).filter(|name| fault::named(name).is_none()).collect();
    let silent: Vec<_> = fault::all().map(|(name, _)| name).filter(|name| !shown(name)).collect();
    assert_eq!((unknown, silent), (vec![], vec![]), "table and code name the same defects");
    assert_eq!(caught.len(), fault::caught().len(), "no name twice");
    assert_eq!(fault::all().count(), fault::all().map(|(name, _)| name).collect::<BTreeSet<_>>().len());
    let rows: BTreeSet<_> = table.iter().map(|proof| (&proof.name, &proof.profile, &proof.plays)).collect();
    assert_eq!(rows.len(), table.len(), "no row twice");
    for proof in table {
        let name = &proof.name;
        assert!(!proof.red.is_empty() || !proof.warns.is_empty(), "{name} shows nothing");
        assert!(!proof.source.is_empty() && !proof.plays.is_empty(), "{name} needs a source and scenarios");
        assert!(Profile::named(&proof.profile).is_some(), "{name}: there is no profile {}", proof.profile);
        let mut seen = BTreeSet::new();
        for id in proof.red.iter().chain(&proof.kin).chain(&proof.warns) {
            assert!(catalogue.get(id).is_some(), "{name}: {id} is not in the catalogue");
            assert!(seen.insert(id), "{name}: {id} twice");
        }
    }
    for (name, ids) in permitted::KNOWN {
        assert!(permitted::VARIANTS.iter().any(|(variant, ..)| variant == name), "{name} is no variant");
        let rfc = ids.iter().find(|id| catalogue.get(id).unwrap().source == "RFC");
        assert_eq!(rfc, None, "{name}: what the standard permits cannot break it");
    }
}

#[test]
fn the_matrix_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (proven, page) = (matrix::proven(proofs(), fault::caught()), matrix::matrix(proofs(), fault::caught()));
    for (file, wanted) in [("fixtures/proven.toml", &proven), ("reports/matrix.md", &page)] {
        if std::env::var_os("SCIMPROOF_BLESS").is_some() {
            std::fs::write(root.join(file), wanted).unwrap();
        } else {
            let kept = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            assert!(kept == *wanted, "{file} is not fresh: run again with SCIMPROOF_BLESS=1");
        }
    }
    let read = Catalogue::embedded().requirements().filter(|it| scimproof::verdict::is_proven(&it.id)).count();
    let listed = proven.lines().filter(|line| line.starts_with('"')).count();
    assert!(std::env::var_os("SCIMPROOF_BLESS").is_some() || read == listed, "the verdict reads the matrix");
}

/// What a defect shows in its own scenario and hides where all are played at once.
const HIDDEN: &[(&str, &str)] = &[
    // It tells the last cursor that anybody was given.
    ("cursor-errors-tell-a-good-one", "RFC9865-5-5"),
];

/// The record of the full matrix speaks of rows and requirements that there are, and holds what each row must turn red.
#[test]
fn the_record_of_the_full_matrix_fits_the_sheets() {
    let record = matrix::record();
    let mut wrong = Vec::new();
    for proof in proofs().iter().filter(|it| !it.red.is_empty()) {
        match record.get(&matrix::key(proof)) {
            Some(seen) => {
                let hidden = |id: &str| HIDDEN.contains(&(proof.name.as_str(), id));
                let missing = proof.red.iter().filter(|id| !seen.contains(*id) && !hidden(id));
                wrong.extend(missing.map(|id| format!("{}: {id}", proof.name)));
            }
            None => wrong.push(format!("{} has no row", proof.name)),
        }
    }
    let known = |key: &&String| proofs().iter().any(|proof| matrix::key(proof) == **key);
    wrong.extend(record.keys().filter(|key| !known(key)).map(|key| format!("{key}: no such row")));
    let ids: BTreeSet<_> = record.values().flatten().collect();
    wrong.extend(
        ids.iter().filter(|id| Catalogue::embedded().get(id).is_none()).map(|id| format!("{id}: no requirement")),
    );
    assert!(wrong.is_empty(), "run scimproof matrix --full --write reports/matrix-full.toml\n{}", wrong.join("\n"));
}

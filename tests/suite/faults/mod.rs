//! The tester is tested: every defect of the table stands for one that real servers had, and must turn its requirements
//! red, nothing else, and the clients that would stumble over it not ready. What is permitted must turn nothing red.
//!
//! The defects are code in the room `fault`; what they must show is data, `fixtures/faults`. The matrix
//! `fixtures/proven.toml` follows from that and is written by `SCIMPROOF_BLESS=1 cargo test --test suite matrix`.

mod capabilities;
mod permitted;
pub mod play;
mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use scimproof::fault::{self, Fault, Proof, proofs};
use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::requirement::Catalogue;
use scimproof::verdict::{Readiness, Verdict};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap()
}

/// Judges rows on all cores and gives what is wrong with them.
pub fn complaints<T: Sync>(rows: &[T], judge: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let width = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..width {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = judge(row);
                    all.lock().unwrap().extend(found);
                }
            });
        }
    });
    all.into_inner().unwrap()
}

/// A finding of that requirement, for the reader of a failed test.
pub fn example(verdict: &Verdict, id: &str) -> String {
    let bad = verdict.findings.iter().map(|it| &it.finding).filter(|it| it.requirement == id);
    bad.max_by_key(|it| it.outcome).map_or_else(String::new, |it| {
        format!("{}, step \"{}\": expected {}, got {}", it.scenario, it.step, it.expected, it.got)
    })
}

/// What is wrong with the verdict on a defect, played by those scenarios (all, if none is named).
fn judge(proof: &Proof, fault: Fault, plays: &[String]) -> Vec<String> {
    let name = &proof.name;
    let profile = Profile::named(&proof.profile).unwrap();
    let verdict = match play::judge(&profile, fault, plays) {
        Ok(verdict) => verdict,
        Err(error) => return vec![format!("{name}: {error}")],
    };
    let mut wrong = Vec::new();
    let (failed, warned) = (play::ids(&verdict, Outcome::Fail), play::ids(&verdict, Outcome::Warn));
    for id in proof.red.iter().filter(|id| !failed.contains(*id)) {
        wrong.push(format!("{name}: {id} is not red: {}", example(&verdict, id)));
    }
    for id in proof.warns.iter().filter(|id| !warned.contains(*id)) {
        wrong.push(format!("{name}: {id} does not warn: {}", example(&verdict, id)));
    }
    for id in failed.iter().filter(|id| !proof.red.contains(id) && !proof.kin.contains(id)) {
        wrong.push(format!("{name}: {id} is red and no kin: {}", example(&verdict, id)));
    }
    let readiness = play::readiness(&verdict);
    for client in &proof.blocks {
        if readiness.get(client) != Some(&Readiness::NotReady) {
            wrong.push(format!("{name}: {client} is {:?}, not NotReady", readiness.get(client)));
        }
    }
    wrong
}

/// Plays the scenarios that show a defect; with `SCIMPROOF_ALL_SCENARIOS` set, every one, which takes minutes.
#[test]
fn every_defect_turns_its_requirements_red_and_no_others() {
    let table = proofs();
    let all = std::env::var_os("SCIMPROOF_ALL_SCENARIOS").is_some();
    let wrong = complaints(table, |proof| {
        let plays: &[String] = if all { &[] } else { &proof.plays };
        judge(proof, fault::named(&proof.name).unwrap().1, plays)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

/// The matrix as it must be: by requirement the defects that turn it red.
fn matrix() -> String {
    let mut proven: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for proof in proofs() {
        for id in &proof.red {
            proven.entry(id.clone()).or_default().push(proof.name.clone());
        }
    }
    let mut text = "# Requirements that a named defect in front of the bundled server turns red in a run or in a proof, so that the check is\n\
        # known to be able to fail. A requirement that is not listed here is reported as not proven. Made from the folder faults by a test.\n[proven]\n"
        .to_owned();
    for row in fault::caught() {
        for id in &row.proves {
            proven.entry(id.clone()).or_default().push(row.name.clone());
        }
    }
    for (id, mut names) in proven {
        names.sort();
        names.dedup();
        let names: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
        text.push_str(&format!("\"{id}\" = [{}]\n", names.join(", ")));
    }
    text
}

#[test]
fn the_matrix_is_fresh() {
    let wanted = matrix();
    if std::env::var_os("SCIMPROOF_BLESS").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/proven.toml"), &wanted).unwrap();
        return;
    }
    assert_eq!(fixture("proven.toml"), wanted, "run again with SCIMPROOF_BLESS=1");
    let proven = Catalogue::embedded().requirements().filter(|it| scimproof::verdict::is_proven(&it.id)).count();
    assert_eq!(proven, wanted.lines().filter(|line| line.starts_with('"')).count(), "the verdict reads the matrix");
}

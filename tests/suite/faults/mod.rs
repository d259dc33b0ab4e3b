//! The tester is tested: every defect of the table stands for one that real servers had, and must turn its requirements
//! red, nothing else, and the clients that would stumble over it not ready. What is permitted must turn nothing red.

mod create;
mod form;
mod lookup;
mod members;
mod patch;
mod permitted;
mod play;
mod world;

use scimproof::flow::Outcome;
use scimproof::verdict::Verdict;
use world::Fault;

/// A defect by name.
pub type Row = (&'static str, Fault);

fn all() -> impl Iterator<Item = &'static Row> {
    [create::FAULTS, create::REPLACE, lookup::FAULTS, patch::FAULTS, members::FAULTS, form::FAULTS]
        .into_iter()
        .flatten()
}

#[test]
#[ignore = "observes"]
fn observe() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let same: fn(&mut scimproof::profile::Profile) = |_| {};
    let defects = all().map(|(name, fault)| (*name, same, *fault));
    let rows: Vec<_> = defects
        .chain(permitted::VARIANTS.iter().copied())
        .filter(|(name, ..)| only.split(',').any(|part| name.contains(part)))
        .collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let out = std::sync::Mutex::new(serde_json::Map::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, change, fault)) = rows.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                    else {
                        break;
                    };
                    let started = std::time::Instant::now();
                    let mut profile = play::profile();
                    change(&mut profile);
                    let seen = match play::judge(&profile, *fault) {
                        Ok(verdict) => describe(&verdict),
                        Err(error) => serde_json::json!({"error": error}),
                    };
                    eprintln!("{name} {:?}", started.elapsed());
                    out.lock().unwrap().insert((*name).to_owned(), seen);
                }
            });
        }
    });
    std::fs::write("target/observed.json", serde_json::to_string_pretty(&*out.lock().unwrap()).unwrap()).unwrap();
}

fn describe(verdict: &Verdict) -> serde_json::Value {
    let first = |id: &String, outcome: Outcome| {
        let all: Vec<_> = verdict
            .findings
            .iter()
            .filter(|it| it.finding.requirement == *id && it.finding.outcome == outcome)
            .collect();
        let it = &all[0].finding;
        format!(
            "{} x{} | {} | {} | {} | exp {} | got {}",
            all[0].summary,
            all.len(),
            it.scenario,
            it.step,
            it.check,
            it.expected,
            it.got
        )
    };
    let map = |outcome| -> serde_json::Map<String, serde_json::Value> {
        play::ids(verdict, outcome).iter().map(|id| (id.clone(), first(id, outcome).into())).collect()
    };
    let places = |outcome| -> serde_json::Map<String, serde_json::Value> {
        play::ids(verdict, outcome)
            .into_iter()
            .map(|id| {
                let all: std::collections::BTreeSet<_> = verdict
                    .findings
                    .iter()
                    .filter(|it| it.finding.requirement == id && it.finding.outcome == outcome)
                    .map(|it| it.finding.scenario.clone())
                    .collect();
                (id, all.into_iter().collect::<Vec<_>>().into())
            })
            .collect()
    };
    let counts: std::collections::BTreeMap<_, _> =
        verdict.facts.scenarios.iter().map(|(id, facts)| (id.clone(), facts.clients.clone())).collect();
    let ready: serde_json::Map<String, serde_json::Value> =
        play::readiness(verdict).into_iter().map(|(id, it)| (id, it.as_str().into())).collect();
    serde_json::json!({
        "fail": map(Outcome::Fail), "warn": map(Outcome::Warn), "inconclusive": map(Outcome::Inconclusive), "ready": ready, "places": places(Outcome::Fail), "warned": places(Outcome::Warn), "clients": counts,
        "leftovers": verdict.facts.leftovers.len(),
    })
}

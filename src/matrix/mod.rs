//! The tester is tested: each defect of `fixtures/faults` is put in front of the bundled server, and what turns red is
//! compared with what must. It knows nothing of how a defect works, and prints nothing.

mod laws;
mod page;
pub mod stage;

pub use laws::{disprove, prove};
pub use page::{full, key, matrix, proven, record};

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::fault::{self, Proof};
use crate::flow::Outcome;
use crate::profile::Profile;
use crate::verdict::{Readiness, Verdict};

/// What a defect showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The defect's name.
    pub name: String,
    /// The server profile that it was put in front of.
    pub profile: String,
    /// What failed, by requirement id: rules in a run, laws in a proof.
    pub failed: BTreeSet<String>,
    /// What is not as the sheet says, a sentence each; empty for a defect that shows what it must and nothing else.
    pub wrong: Vec<String>,
    /// How many requests were sent in a run.
    pub exchanges: usize,
    /// How long that took.
    pub took: Duration,
}

/// By which scenarios a defect is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that its row names; what else turns red must be its kin.
    Named,
    /// All there are; what else turns red must stand in the record of what did before ([`record`]).
    All,
}

/// Plays a defect and compares.
#[must_use]
pub fn show(proof: &Proof, scope: Scope) -> Shown {
    let start = Instant::now();
    let plays: &[String] = if scope == Scope::All { &[] } else { &proof.plays };
    let mut shown = Shown {
        name: proof.name.clone(),
        profile: proof.profile.clone(),
        failed: BTreeSet::new(),
        wrong: Vec::new(),
        exchanges: 0,
        took: Duration::ZERO,
    };
    match judge(proof, plays) {
        Ok(verdict) => {
            shown.wrong = differences(proof, scope, &verdict);
            shown.failed = stage::ids(&verdict, Outcome::Fail);
            shown.exchanges = verdict.facts.exchanges;
        }
        Err(error) => shown.wrong = vec![error],
    }
    shown.took = start.elapsed();
    shown
}

fn judge(proof: &Proof, plays: &[String]) -> Result<Verdict, String> {
    let profile = Profile::named(&proof.profile).ok_or_else(|| format!("there is no profile {}", proof.profile))?;
    let (_, fault) = fault::named(&proof.name).ok_or_else(|| format!("there is no fault {}", proof.name))?;
    stage::judge(&profile, fault, plays)
}

/// What the verdict on a defect should have been and was not.
fn differences(proof: &Proof, scope: Scope, verdict: &Verdict) -> Vec<String> {
    let (failed, warned) = (stage::ids(verdict, Outcome::Fail), stage::ids(verdict, Outcome::Warn));
    let mut wrong = Vec::new();
    let mut say = |id: &str, what: &str| wrong.push(format!("{id} {what}: {}", example(verdict, id)));
    proof.warns.iter().filter(|id| !warned.contains(*id)).for_each(|id| say(id, "does not warn"));
    let (known, strange) = match scope {
        Scope::Named => (None, "is red and no kin"),
        Scope::All => (record().get(&key(proof)), "is red and was not before"),
    };
    // Where everything is played at once, one defect may hide from a scenario that shows it by itself: the record knows.
    let hides = |id: &String| scope == Scope::All && !known.is_some_and(|known| known.contains(id));
    proof.red.iter().filter(|id| !failed.contains(*id) && !hides(id)).for_each(|id| say(id, "is not red"));
    let declared =
        |id: &String| proof.red.contains(id) || proof.kin.contains(id) || known.is_some_and(|known| known.contains(id));
    failed.iter().filter(|id| !declared(id)).for_each(|id| say(id, strange));
    let readiness = stage::readiness(verdict);
    for client in proof.blocks.iter().filter(|client| readiness.get(*client) != Some(&Readiness::NotReady)) {
        wrong.push(format!("{client} is {:?}, not NotReady", readiness.get(client)));
    }
    wrong
}

/// The worst finding of that requirement as a sentence; empty if there is none.
#[must_use]
pub fn example(verdict: &Verdict, id: &str) -> String {
    let found = verdict.findings.iter().map(|it| &it.finding).filter(|it| it.requirement == id);
    found.max_by_key(|it| it.outcome).map_or_else(String::new, |it| {
        format!("{}, step \"{}\": expected {}, got {}", it.scenario, it.step, it.expected, it.got)
    })
}

/// Rows that are worked on at once for each core: a defect that makes its scenarios wait leaves the core to another.
const BESIDE: usize = 2;

/// Does rows side by side; the results are in the order of the rows.
pub fn side_by_side<T: Sync, R: Send>(rows: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from) * BESIDE;
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(place) else { break };
                    let result = work(row);
                    all.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

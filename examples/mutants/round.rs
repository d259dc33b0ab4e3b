//! Judges the mutants of a built copy: first nobody, which must pass and says which sites each step reaches, then one after the
//! other, by the steps that reach its site.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::judge::{Judge, Step, steps};
use crate::weave::{ACTIVE, Place, REACHED, WOVEN, Woven};

/// The file of the copy with a line for each judged mutant: number, what came of it, seconds, the step that said so, the name.
const JUDGED: &str = "mutants-judged.tsv";
/// Where a mutant takes that many times as long as nobody, it hangs.
const PATIENCE: u32 = 10;

/// What is left by the quicker half of the steps.
const DOUBTFUL: &str = "doubtful";

/// A step with the sites that it reaches, and the time that it takes.
struct Known {
    step: Step,
    sites: BTreeSet<usize>,
    takes: Duration,
}

/// Judges what is not judged yet: everybody by the quicker half of the steps, then those that are left by the rest.
pub fn judge(copy: &Path, jobs: usize, only: Option<&str>, finish: bool) -> Result<(), Box<dyn Error>> {
    let copy = copy.canonicalize()?;
    let program = copy.join("target/release/scimproof");
    let known = learn(&program, &copy)?;
    let (quick, slow) = known.split_at(known.len() / 2);
    let woven = woven(&copy)?;
    let out = Mutex::new(File::options().create(true).append(true).open(copy.join(JUDGED))?);
    let rounds = [(quick, None, DOUBTFUL), (slow, Some(DOUBTFUL), "missed")];
    for (known, before, left) in rounds.into_iter().skip(usize::from(finish)) {
        let done = judged(&copy)?;
        let mut asked = woven
            .iter()
            .enumerate()
            .map(|(index, mutant)| (index + 1, mutant))
            .filter(|(number, mutant)| {
                done.get(number).map(String::as_str) == before && only.is_none_or(|part| mutant.name.contains(part))
            })
            .collect::<Vec<_>>();
        // Scattered, so that a round that was stopped is a fair sample.
        asked.sort_by_key(|(number, _)| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let next = AtomicUsize::new(0);
        let work = || -> std::io::Result<()> {
            let judge = Judge::new(&program)?;
            while let Some(&(number, mutant)) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
                let since = Instant::now();
                let (came, step) = one(&judge, known, number, mutant.place)?.unwrap_or((left, String::new()));
                let seconds = since.elapsed().as_secs_f64();
                if let Ok(mut out) = out.lock() {
                    writeln!(out, "{number}\t{came}\t{seconds:.1}\t{step}\t{}", mutant.name)?;
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers = (0..jobs).map(|_| scope.spawn(work)).collect::<Vec<_>>();
            for worker in workers {
                worker.join().map_err(|_| "a worker panicked")??;
            }
            Ok::<_, Box<dyn Error>>(())
        })?;
    }
    report(&copy)
}

/// What came of one mutant, and the step that showed it; `None` where no step did.
fn one(judge: &Judge, known: &[Known], number: usize, place: Place) -> std::io::Result<Option<(&'static str, String)>> {
    let site = match place {
        Place::Site(site) => site,
        Place::Alone => return Ok(Some(("alone", String::new()))),
        Place::Unbuilt => return Ok(Some(("unbuilt", String::new()))),
    };
    for Known { step, takes, .. } in known.iter().filter(|known| known.sites.contains(&site)) {
        let limit = *takes * PATIENCE + Duration::from_secs(10);
        let ended = judge.play(*step, &[(ACTIVE, &number.to_string())], limit)?;
        let came = match ended.code {
            Some(0) => continue,
            Some(1) => "caught",
            Some(_) => "broken",
            None => "hangs",
        };
        return Ok(Some((came, step.to_string())));
    }
    Ok(None)
}

/// Plays every step with no mutant at work. The quickest are asked first.
fn learn(program: &Path, copy: &Path) -> Result<Vec<Known>, Box<dyn Error>> {
    let judge = Judge::new(program)?;
    let log = copy.join("mutants-reached.txt");
    let path = log.to_string_lossy().into_owned();
    let mut known = Vec::new();
    for step in steps() {
        let _ = std::fs::remove_file(&log);
        let since = Instant::now();
        let ended = judge.play(step, &[(REACHED, &path)], Duration::from_secs(1800))?;
        if ended.code != Some(0) {
            return Err(format!("{step}: {}", ended.said).into());
        }
        let takes = since.elapsed();
        let sites = std::fs::read_to_string(&log)?.lines().map(str::parse).collect::<Result<BTreeSet<_>, _>>()?;
        println!("{step}: {} sites, {:.1} s", sites.len(), takes.as_secs_f64());
        known.push(Known { step, sites, takes });
    }
    known.sort_by_key(|known| known.takes);
    Ok(known)
}

fn woven(copy: &Path) -> Result<Vec<Woven>, Box<dyn Error>> {
    Ok(serde_json::from_slice(&std::fs::read(copy.join(WOVEN))?)?)
}

/// What came of each mutant that was judged.
fn judged(copy: &Path) -> Result<BTreeMap<usize, String>, Box<dyn Error>> {
    let Ok(text) = std::fs::read_to_string(copy.join(JUDGED)) else { return Ok(BTreeMap::new()) };
    let lines = text.lines().filter_map(|line| {
        let mut columns = line.split('\t');
        Some((columns.next()?.parse().ok()?, columns.next()?.to_owned()))
    });
    Ok(lines.collect())
}

/// Prints how many mutants came to what, and the names of those that nothing noticed.
pub fn report(copy: &Path) -> Result<(), Box<dyn Error>> {
    let (woven, judged) = (woven(copy)?, judged(copy)?);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for came in judged.values() {
        *counts.entry(came).or_default() += 1;
    }
    for (number, came) in judged.iter().filter(|(_, came)| ["missed", DOUBTFUL].contains(&came.as_str())) {
        println!("{came}: {}", woven.get(number - 1).map_or("", |mutant| &mutant.name));
    }
    let of = |names: &[&str]| names.iter().filter_map(|name| counts.get(name)).sum::<usize>();
    let (caught, built) = (of(&["caught", "broken", "hangs"]), of(&["caught", "broken", "hangs", "missed", DOUBTFUL]));
    println!("{counts:?} of {}: {caught} of {built} caught, {} %", woven.len(), caught * 100 / built.max(1));
    Ok(())
}

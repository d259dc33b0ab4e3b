//! Makes a failing history smaller as long as the same law still fails: first the abstract history, so that the oracle
//! writes new expectations, then single steps on which no expectation depends.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::play::{Fault, Player};
use super::script::Script;
use super::suite::{Case, Cases, Enumerated, Heard, Setting, Suite};
use crate::flow::Position;

/// Most histories that shrinking may try, per law and stage.
const TRIES: usize = 400;

/// The runner whose draws belong to one history of one suite: no other history changes them, so that histories can be
/// played side by side.
pub(super) fn runner(seed: u64, suite: &str, case: u64) -> TestRunner {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    suite.bytes().enumerate().for_each(|(n, byte)| bytes[16 + n % 16] = bytes[16 + n % 16].rotate_left(3) ^ byte);
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The script of the history of that number, as it was drawn; `None` for those that are enumerated.
pub(super) fn script(suite: &Suite, setting: &Arc<Setting>, case: u64) -> Option<Script> {
    match suite.cases {
        Cases::Random { histories, .. } => {
            let tree = histories(setting).new_tree(&mut runner(setting.draw.seed, suite.name, case)).ok()?;
            Some(tree.current().script())
        }
        Cases::All(_) | Cases::Asked { .. } | Cases::Classified { .. } => None,
    }
}

fn nth(mut cases: Enumerated, case: u64) -> Option<Box<dyn Case>> {
    cases.nth(usize::try_from(case).ok()?)
}

/// What is left of a failing history.
pub(super) struct Shrunk {
    pub script: Script,
    /// It failed when it was played by itself; else nothing was shrunk.
    pub fails: bool,
}

/// The smallest script found that still breaks the law. Blocks; `fails` plays.
pub(super) fn smallest(
    suite: &Suite,
    setting: &Arc<Setting>,
    heard: &Heard,
    case: u64,
    fails: &dyn Fn(&Script) -> Result<bool, Fault>,
) -> Result<Option<Shrunk>, Fault> {
    let drawn = match suite.cases {
        Cases::Random { histories, .. } => {
            let drawn = histories(setting).new_tree(&mut runner(setting.draw.seed, suite.name, case));
            let Ok(tree) = drawn else { return Ok(None) };
            let script = tree.current().script();
            if !fails(&script)? {
                return Ok(Some(Shrunk { script, fails: false }));
            }
            Some(simplified(tree, fails)?)
        }
        Cases::All(cases) => nth(cases(setting), case),
        Cases::Asked { histories, .. } => nth(histories(setting, heard), case),
        Cases::Classified { .. } => None,
    };
    let Some(case) = drawn else { return Ok(None) };
    if !matches!(suite.cases, Cases::Random { .. }) && !fails(&case.script())? {
        return Ok(Some(Shrunk { script: case.script(), fails: false }));
    }
    let script = least(case, fails)?.script();
    if script.joint.is_some() {
        // Played as it is, before steps are missing: by this it is known whether a row shows it.
        fails(&script)?;
    }
    Ok(Some(Shrunk { script: drop_steps(script, fails)?.renumbered(), fails: true }))
}

/// What proptest makes of a drawn history: fewer acts, smaller numbers.
fn simplified(
    mut tree: impl ValueTree<Value = Box<dyn Case>>,
    fails: &dyn Fn(&Script) -> Result<bool, Fault>,
) -> Result<Box<dyn Case>, Fault> {
    let mut best = tree.current();
    let mut tries = 0;
    let mut going = tree.simplify();
    while going && tries < TRIES {
        tries += 1;
        let case = tree.current();
        let script = case.script();
        if !script.steps.is_empty() && fails(&script)? {
            best = case;
            going = tree.simplify();
        } else {
            going = tree.complicate();
        }
    }
    Ok(best)
}

/// The first of the smaller histories that still fails, and so on until none does.
fn least(mut case: Box<dyn Case>, fails: &dyn Fn(&Script) -> Result<bool, Fault>) -> Result<Box<dyn Case>, Fault> {
    // Many a smaller history is the same one once more.
    let mut tried = BTreeSet::from([case.script().to_string()]);
    'smaller: loop {
        for candidate in case.smaller() {
            let script = candidate.script();
            if script.steps.is_empty() || !tried.insert(script.to_string()) {
                continue;
            }
            if tried.len() > TRIES {
                return Ok(case);
            }
            if fails(&script)? {
                case = candidate;
                continue 'smaller;
            }
        }
        return Ok(case);
    }
}

/// Leaves out runs of steps, long ones first, then single ones, from the end: what comes late is seldom needed.
fn drop_steps(mut script: Script, fails: &dyn Fn(&Script) -> Result<bool, Fault>) -> Result<Script, Fault> {
    let mut tries = 0;
    let mut width = script.steps.len().next_power_of_two() / 2;
    while width > 0 && tries < TRIES {
        let mut end = script.steps.len();
        let mut shorter = false;
        while end > 0 && tries < TRIES {
            let gap = end.saturating_sub(width)..end;
            end = gap.start;
            // Nothing rests on what comes last.
            let last = gap.end == script.steps.len();
            let free = last || script.steps[gap.clone()].iter().all(super::Step::may_be_dropped);
            if gap.len() == script.steps.len() || !free {
                continue;
            }
            let candidate = script.without(&gap);
            if !reads_well(&candidate) {
                continue;
            }
            tries += 1;
            if fails(&candidate)? {
                script = candidate;
                shorter = true;
            }
        }
        if !(shorter && width == 1) {
            width /= 2;
        }
    }
    Ok(script)
}

/// True when what is left is a scenario: nothing uses what a dropped step saved.
fn reads_well(script: &Script) -> bool {
    crate::scenario::lint("shrunk.toml", &script.to_string(), &crate::scenario::Context::embedded()).is_empty()
}

/// Whether the script breaks the law on the target, and if so, whether a row of it says so: what only the answers together
/// show, `run` does not judge.
pub(super) async fn breaks(player: &Player, script: &Script, id: &str, law: &str) -> Result<Option<bool>, Fault> {
    let outcomes = player.play(script, id).await?;
    let mut failed = outcomes.failed().filter(|finding| finding.requirement == law).peekable();
    Ok(failed.peek().is_some().then(|| failed.any(|finding| matches!(finding.position, Position::File { .. }))))
}

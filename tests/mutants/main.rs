//! The one test of the mutation runs (`docs/mutants.md`): a changed server is judged by `run` and `prove` alone, as a stranger
//! would judge it. Not part of `cargo test`; its unchanged server is judged there more widely.

mod judge;

use std::time::Duration;

use self::judge::{Judge, steps};

#[test]
fn run_and_prove_find_nothing() {
    let judge = Judge::new(env!("CARGO_BIN_EXE_scimproof")).unwrap();
    for step in steps() {
        let ended = judge.play(step, &[], Duration::from_secs(1800)).unwrap();
        assert_eq!(ended.code, Some(0), "{step}: {}", ended.said);
    }
}

//! The one test of the mutation runs (`docs/mutants.md`): a changed server is judged by `run` and `prove` alone, as a stranger
//! would judge it. Not part of `cargo test`; its unchanged server is judged there more widely.

use std::process::Command;

/// What is played: every profile under which the bundled server is correct and ready, and the laws under two of them.
const PLAYED: &[&[&str]] = &[
    &["run", "--seed", "3", "--profile", "reference"],
    &["run", "--seed", "3", "--profile", "rfc"],
    &["run", "--seed", "3", "--profile", "coalesce-catalog"],
    &["run", "--seed", "3", "--profile", "catalytic"],
    &["run", "--seed", "3", "--profile", "coalesce-sso"],
    &["prove", "--seed", "3", "--cases", "150", "--profile", "coalesce-catalog"],
    &["prove", "--seed", "3", "--cases", "150", "--profile", "catalytic"],
];

#[test]
fn run_and_prove_find_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in PLAYED {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimproof"));
        let ended = command.args(*arguments).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{arguments:?}: {}\n{said}", String::from_utf8_lossy(&ended.stderr));
    }
}

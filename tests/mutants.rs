//! The one test of the mutation runs (`docs/mutants.md`): a changed server is judged by `run` and `prove` alone, as a stranger
//! would judge it. Not part of `cargo test`; its unchanged server is judged there more widely.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What is played in one process: every profile under which the bundled server is correct and ready, with the products' other
/// choices, and the laws under two of them. Whatever would be said at any level kills.
const PLAYED: &[&[&str]] = &[
    &["run", "--profile", "reference"],
    &["run", "--profile", "rfc"],
    &["run", "--profile", "coalesce-catalog"],
    &["run", "--profile", "catalytic"],
    &["run", "--profile", "coalesce-sso"],
    &["run", "--profile", "interop"],
    &["run", "--profile", "ipsie-al1"],
    &["run", "--profile", "strict", "--idp", "okta"],
    &["run", "--profile", "other-catalog.toml"],
    &["run", "--profile", "other-catalytic.toml"],
    &["run", "--profile", "other-sso.toml"],
    &["run", "--profile", "other-reference.toml", "--idp", "okta"],
    &["prove", "--cases", "150", "--profile", "coalesce-catalog"],
    &["prove", "--cases", "150", "--profile", "catalytic"],
];

/// Choices that no embedded profile makes: the file, the embedded text that it begins with, what is put behind a line of it.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    (
        "other-catalog.toml",
        include_str!("../fixtures/profiles/coalesce-catalog.toml"),
        "[role_mapping]\n",
        "conflict = \"last\"\nunmapped = \"keep\"\nrename = \"bound\"\nnames = \"exact\"\nnested = \"transitive\"\nmanual = \"kept\"\n",
    ),
    (
        "other-catalytic.toml",
        include_str!("../fixtures/profiles/catalytic.toml"),
        "user_names = \"alphanumeric\"\n",
        "put_without_active = \"activates\"\ndeactivated_names = \"reactivates\"\n",
    ),
    (
        "other-sso.toml",
        include_str!("../fixtures/profiles/coalesce-sso.toml"),
        "[accounts]\n",
        "email_scope = \"organization\"\n",
    ),
    (
        "other-reference.toml",
        include_str!("../fixtures/profiles/reference.toml"),
        "cursor = true\n",
        "bulk = false\n[users]\ndeletion = \"soft\"\n",
    ),
];

/// What is played over a socket: the listener, SQLite, Basic credentials.
const SERVED: &[(&[&str], &[&str])] = &[
    (&["--token", "t", "--store", "it.db"], &["--token-env", "PASS"]),
    (&["--basic", "ada:PASS"], &["--user", "ada", "--token-env", "PASS", "--quick"]),
];

#[test]
fn run_and_prove_find_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (file, text, line, more) in OTHERS {
        let whole = if text.contains(line) {
            text.replacen(line, &format!("{line}{more}"), 1)
        } else {
            format!("{text}\n{line}{more}")
        };
        std::fs::write(folder.path().join(file), whole).unwrap();
    }
    for arguments in PLAYED {
        judge(folder.path(), arguments);
    }
    for (serving, asking) in SERVED {
        let server = Served::start(folder.path(), serving);
        judge(folder.path(), &[&["run", "--profile", "rfc", "--target", &server.1], *asking].concat());
    }
}

fn scimproof(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimproof"));
    command.args(arguments).current_dir(folder).env("PASS", "t");
    command
}

fn judge(folder: &Path, arguments: &[&str]) {
    let mut command = scimproof(folder, arguments);
    command.args(["--seed", "3"]);
    if arguments[0] == "run" {
        command.args(["--fail-on", "warn"]);
    }
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{arguments:?}: {}\n{said}", String::from_utf8_lossy(&ended.stderr));
}

/// A server of this machine, ended with the test.
struct Served(Child, String);

impl Served {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = scimproof(folder, &["serve", "--listen", "127.0.0.1:0", "--profile", "rfc"]);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

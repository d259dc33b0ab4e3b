//! Holds the code to the house rules: rooms import downwards only, files stay small, the lower layers stay pure.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room: its layer, whether it is pure (no IO, clock, randomness, async), and the rooms that it may import.
/// `cli` may import everything.
const ROOMS: &[(&str, bool, &[&str])] = &[
    ("scim", true, &[]),
    ("requirement", true, &[]),
    ("wire", true, &[]),
    ("profile", true, &["scim", "wire"]),
    ("model", true, &["scim", "profile"]),
    ("flow", true, &["scim", "requirement", "wire"]),
    ("idp", true, &["scim", "wire", "flow"]),
    ("check", true, &["scim", "requirement", "wire", "profile", "flow"]),
    ("scenario", true, &["scim", "requirement", "wire", "profile", "flow", "check", "idp"]),
    ("conform", true, &["scim", "scenario"]),
    ("store", true, &["scim", "wire", "profile"]),
    ("product", true, &["scim", "wire", "profile", "store"]),
    ("client", false, &["wire", "flow", "profile"]),
    ("server", false, &["scim", "wire", "profile", "store", "product"]),
    ("doctor", false, &["scim", "wire", "client"]),
    ("fault", false, &["scim", "wire", "profile", "store", "server"]),
    ("plan", false, &["scim", "requirement", "wire", "profile", "flow", "check", "idp", "scenario"]),
    ("run", false, &["scim", "requirement", "wire", "profile", "flow", "check", "idp", "scenario", "client", "plan"]),
    (
        "property",
        false,
        &[
            "scim",
            "requirement",
            "wire",
            "profile",
            "model",
            "flow",
            "check",
            "idp",
            "scenario",
            "client",
            "plan",
            "run",
        ],
    ),
    (
        "load",
        false,
        &["scim", "requirement", "wire", "profile", "flow", "check", "idp", "scenario", "client", "plan", "run"],
    ),
    ("verdict", true, &["scim", "requirement", "wire", "profile", "model", "flow", "check", "idp", "scenario"]),
    (
        "matrix",
        false,
        &[
            "wire",
            "profile",
            "flow",
            "check",
            "idp",
            "requirement",
            "scenario",
            "conform",
            "store",
            "client",
            "plan",
            "server",
            "fault",
            "run",
            "property",
            "verdict",
        ],
    ),
    (
        "report",
        false,
        &["scim", "requirement", "wire", "profile", "flow", "idp", "doctor", "property", "load", "verdict"],
    ),
];

/// Words that a pure room must not contain outside tests.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "SystemTime",
    "Instant::now",
    "now_utc",
    "rand::rng",
    "thread_rng",
    "async fn",
    "tokio::",
    "reqwest::",
    "hyper::",
];

/// Longest hand-written file, lines.
const CAP: usize = 600;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, into: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut all = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 20, "no sources found");
    all
}

/// The first component below `src`; `None` for `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    (relative.components().count() > 1)
        .then(|| relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned())
}

/// Code lines with their numbers, without comments and without an inline test module at the end of the file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| *line != "mod tests {")
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

fn is_test_file(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.ends_with("tests.rs") || text.ends_with("_test.rs") || text.contains("/tests/")
}

#[test]
fn rooms_import_only_rooms_below_them() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().map(|(room, _, rooms)| (*room, *rooms)).collect();
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let Some(room) = room(&path).filter(|room| room != "cli") else { continue };
        let Some(allowed) = allowed.get(room.as_str()) else {
            faults.push(format!("{}: room {room} is not in the table", path.display()));
            continue;
        };
        if is_test_file(&path) {
            continue;
        }
        for (number, line) in code(&text) {
            for (index, _) in line.match_indices("crate::") {
                let rest = &line[index + "crate::".len()..];
                // `use crate::{a, b}` would hide rooms from this test, so it is refused.
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if name != room && !allowed.contains(&name.as_str()) {
                    faults.push(format!("{}:{number}: {room} may import {allowed:?}, not {name:?}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_rooms_do_no_io() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let pure = room(&path).is_some_and(|room| ROOMS.iter().any(|(name, pure, _)| *name == room && *pure));
        if !pure || is_test_file(&path) {
            continue;
        }
        for (number, line) in code(&text) {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                faults.push(format!("{}:{number}: a pure room contains {word}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_holds_and_stays_small() {
    let mut faults = Vec::new();
    let mut lengths = Vec::new();
    for (path, text) in sources() {
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") {
            faults.push(format!("{}: does not open with a //! paragraph", path.display()));
        }
        let lines = text.lines().count();
        lengths.push(lines);
        if lines > CAP && !first.contains("table") {
            faults.push(format!("{}: {lines} lines, the cap is {CAP}", path.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 200, "the median file has {median} lines");
}

#[test]
fn the_rooms_of_the_table_exist_and_architecture_names_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for (room, ..) in ROOMS {
        assert!(root.join("src").join(room).join("mod.rs").exists(), "src/{room}/mod.rs is missing");
        assert!(page.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name `{room}`");
    }
}

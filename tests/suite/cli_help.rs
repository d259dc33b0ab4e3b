//! The texts that a user reads first: help, completions, the list of what there is.

use super::process::{end, scimproof};

#[test]
fn help_texts_are_as_reviewed() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "",
        "run",
        "replay",
        "prove",
        "load",
        "compare",
        "serve",
        "list",
        "lint",
        "coverage",
        "explain",
        "baseline",
        "sweep",
        "doctor",
        "init",
        "completions",
    ] {
        let mut arguments = vec![command, "--help"];
        arguments.retain(|word| !word.is_empty());
        let it = end(&mut scimproof(folder.path(), &arguments));
        assert_eq!((it.code, it.stderr.as_str()), (0, ""), "{command}");
        let name = if command.is_empty() { "help".to_owned() } else { format!("help_{command}") };
        insta::assert_snapshot!(name, it.stdout);
    }
}

#[test]
fn completions_exist_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let it = end(&mut scimproof(folder.path(), &["completions", shell]));
        assert_eq!(it.code, 0);
        assert!(it.stdout.contains("--token-env"), "{shell}");
    }
}

#[test]
fn explain_knows_every_kind_of_id_and_guesses() {
    let folder = tempfile::tempdir().unwrap();
    for (id, expected) in [
        ("RFC7644-3.3-6", "RFC7644-3.3-6  "),
        ("I-46", "(preferred)"),
        ("I-46/2", "(preferred)"),
        ("okta/aiw", "A server is ready for it when"),
        ("OKTA-F03", "needed by  okta/aiw"),
        ("rfc/smoke", "steps"),
        ("3", "Exit codes"),
    ] {
        let it = end(&mut scimproof(folder.path(), &["explain", id]));
        assert_eq!(it.code, 0, "{id}: {}", it.stderr);
        assert!(it.stdout.contains(expected), "{id}: {}", it.stdout);
    }
    let it = end(&mut scimproof(folder.path(), &["explain", "rfc7644-3.3-6"]));
    assert_eq!((it.code, it.stdout.as_str()), (2, ""));
    assert!(it.stderr.contains("did you mean RFC7644-3.3-6"), "{}", it.stderr);
}

#[test]
fn list_shows_scenarios_clients_profiles_and_requirements() {
    let folder = tempfile::tempdir().unwrap();
    let it = end(&mut scimproof(folder.path(), &["list"]));
    for expected in ["rfc/smoke", "okta/aiw", "entra/legacy", "rfc ", "RFC ", "MUST"] {
        assert!(it.stdout.contains(expected), "{expected}");
    }
    let plan = end(&mut scimproof(folder.path(), &["list", "--plan", "--select", "rfc/smoke"]));
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(plan.stdout.contains("rfc/smoke") && !plan.stdout.contains("--profile"), "{}", plan.stdout);
}

#[test]
fn coverage_counts_by_source_and_knows_what_a_run_judged() {
    let folder = tempfile::tempdir().unwrap();
    let run = end(&mut scimproof(folder.path(), &["run", "--select", "rfc/smoke", "--seed", "1", "--json", "r.json"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let it = end(&mut scimproof(folder.path(), &["coverage", "--report", "r.json", "--json", "c.json"]));
    assert_eq!((it.code, it.stderr.as_str()), (0, ""));
    assert!(it.stdout.contains("exercised") && it.stdout.contains("observable MUST and MUST NOT are proven"));
    let text = std::fs::read_to_string(folder.path().join("c.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let row = |id: &str| json["requirements"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    // A row of a scenario, a standing check, a law, an excuse.
    assert_eq!(row("RFC7644-3.3-6")["exercised"], true);
    assert_eq!(row("RFC7644-3.3-6")["proven"], true);
    assert_eq!(row("RFC7644-3.4.2-4")["named"], true);
    assert_eq!((&row("PROP-UNIQ-02")["named"], &row("PROP-UNIQ-02")["exercised"]), (&true.into(), &false.into()));
    assert!(row("ENTRA-069")["excused"].is_string());
    let sources: Vec<_> = json["sources"].as_array().unwrap().iter().map(|it| it["source"].as_str().unwrap()).collect();
    assert!(["RFC7643", "RFC7644", "RFC9865", "HTTP", "OKTA", "ENTRA"].iter().all(|it| sources.contains(it)));
    let plain = end(&mut scimproof(folder.path(), &["coverage", "--missing"]));
    assert!(!plain.stdout.contains("exercised") && plain.stdout.contains("ENTRA-069"), "{}", plain.stdout);
    let broken = end(&mut scimproof(folder.path(), &["coverage", "--report", "c.json"]));
    assert_eq!(broken.code, 2, "{}", broken.stderr);
}

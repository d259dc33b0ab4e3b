//! The texts that a user reads first: help, completions, the list of what there is.

use super::process::{end, scimproof};

#[test]
fn help_texts_are_as_reviewed() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["", "run", "prove", "load", "serve", "list", "lint", "explain", "baseline", "completions"] {
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

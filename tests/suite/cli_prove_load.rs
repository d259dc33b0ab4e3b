//! `prove` and `load` as a user meets them: without a target both judge the bundled server.

use super::process::{end, scimproof};

#[test]
fn prove_holds_both_laws_of_the_bundled_server_and_repeats_by_seed() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        end(&mut scimproof(
            folder.path(),
            &["prove", "--law", "role-moves,PROP-UNIQ-01", "--cases", "16", "--seed", "5"],
        ))
    };
    let first = run();
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    insta::assert_snapshot!("prove", first.stdout);
    assert_eq!(run().stdout, first.stdout);
}

#[test]
fn what_prove_falsified_is_reported_kept_and_played_first_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |seed: &str, cases: &str, fault: &[&str]| {
        let arguments = ["prove", "--law", "PROP-UNIQ-02", "--seed", seed, "--cases", cases, "--json", "proof.json"];
        let it = end(&mut scimproof(folder.path(), &[&arguments, fault].concat()));
        let report = std::fs::read_to_string(folder.path().join("proof.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["exit_code"], it.code, "{}{}", it.stdout, it.stderr);
        (it.code, report)
    };
    let found = |report: &serde_json::Value| report["laws"][0]["counter_example"].clone();
    let (code, report) = run("5", "40", &["--fault", "dup-400"]);
    let first = found(&report);
    assert_eq!((code, report["laws"][0]["outcome"].as_str(), first["seed"].as_u64()), (1, Some("fail"), Some(5)));
    assert!(folder.path().join(first["file"].as_str().unwrap()).is_file());
    let kept = std::fs::read_to_string(folder.path().join(".scimproof/proofs/regressions.toml")).unwrap();
    assert!(kept.contains("law = \"PROP-UNIQ-02\"") && kept.contains("seed = 5"), "{kept}");
    // Nothing is drawn, so that only what was kept can find it again.
    let (code, report) = run("6", "0", &["--fault", "dup-400"]);
    assert_eq!((code, &found(&report)["scenario"]), (1, &first["scenario"]));
    let (code, report) = run("6", "0", &[]);
    assert_eq!((code, report["laws"][0]["outcome"].as_str()), (0, Some("pass")), "{report:#}");
}

#[test]
fn the_command_that_a_falsified_law_is_shown_with_plays_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["prove", "--fault", "dup-400", "--law", "PROP-UNIQ-02", "--cases", "40", "--seed", "5"];
    let it = end(&mut scimproof(folder.path(), &arguments));
    assert_eq!(it.code, 1, "{}{}", it.stdout, it.stderr);
    let again = it.stdout.lines().find_map(|line| line.trim().strip_prefix("again      scimproof ")).unwrap();
    let words: Vec<&str> = again.split(' ').map(|word| word.trim_matches('\'')).collect();
    let it = end(&mut scimproof(folder.path(), &words));
    assert_eq!(it.code, 1, "{again}\n{}{}", it.stdout, it.stderr);
    assert!(it.stdout.contains("FAIL  PROP-UNIQ-02"), "{again}\n{}", it.stdout);
    let honest: Vec<&str> = words.iter().filter(|word| !["--fault", "dup-400"].contains(word)).copied().collect();
    let it = end(&mut scimproof(folder.path(), &honest));
    assert!(!it.stdout.contains("FAIL  PROP-UNIQ-02"), "{}", it.stdout);
}

#[test]
fn a_law_that_nobody_knows_selects_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let it = end(&mut scimproof(folder.path(), &["prove", "--law", "PROP-NONE-01"]));
    assert_eq!((it.code, it.stdout.as_str()), (4, ""), "{}", it.stderr);
    assert!(it.stderr.contains("role-table"), "{}", it.stderr);
}

#[test]
fn a_target_that_is_not_there_ends_both_with_3() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["prove", "load"] {
        let it = end(&mut scimproof(folder.path(), &[command, "--target", "http://127.0.0.1:9/scim"]));
        assert_eq!((it.code, it.stdout.as_str()), (3, ""), "{command}: {}", it.stderr);
    }
}

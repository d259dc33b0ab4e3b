//! `replay` and `run --rerun` from a JSON report alone: the same requests again, and only those of what failed.

use std::path::Path;

use serde_json::Value;

use super::process::{end, scimproof};

fn report(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// The bodies that a run sent in a scenario; other values of a request may hold ids that the server chose.
fn creations(report: &Value, scenario: &str) -> Vec<String> {
    let all = report["exchanges"].as_array().unwrap().iter().filter(|it| it["scenario"] == scenario);
    all.filter(|it| it["request"]["method"] == "POST").map(|it| it["request"]["body"].to_string()).collect()
}

fn played(report: &Value) -> Vec<String> {
    let all = report["exchanges"].as_array().unwrap().iter().map(|it| it["scenario"].as_str().unwrap().to_owned());
    let mut all: Vec<_> = all.filter(|id| !id.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_report_is_enough_to_play_a_scenario_again_or_all_that_failed() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let fault = ["--fault", "if-match-is-ignored"];
    let first =
        ["run", "--select", "rfc/smoke or rfc/versions", "--seed", "11", "--profile", "rfc", "--json", "r.json"];
    let ran = end(scimproof(here.path(), &first).args(fault));
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    std::fs::copy(here.path().join("r.json"), there.path().join("r.json")).unwrap();
    let before = report(here.path(), "r.json");
    let gating = |it: &&Value| it["outcome"] == "fail" && it["level"].as_str().unwrap().starts_with("MUST");
    let failing = before["findings"].as_array().unwrap().iter().find(gating).unwrap();
    let (scenario, id) = (failing["scenario"].as_str().unwrap(), failing["requirement"].as_str().unwrap());

    for arguments in [
        vec!["replay", scenario, "--report", "r.json"],
        vec!["replay", id, "--report", "r.json"],
        vec!["run", "--rerun", "r.json"],
    ] {
        let again = end(scimproof(there.path(), &arguments).args(["--json", "again.json"]).args(fault));
        assert_eq!(again.code, 1, "{arguments:?}: {}\n{}", again.stdout, again.stderr);
        let after = report(there.path(), "again.json");
        assert_eq!((&after["seed"], &after["target"]["profile"]), (&before["seed"], &before["target"]["profile"]));
        assert!(played(&after).contains(&scenario.to_owned()) && played(&after).len() < played(&before).len());
        assert_eq!(creations(&after, scenario), creations(&before, scenario), "{arguments:?}");
    }

    // Repaired: the failing ones are green, and then there is nothing to run again.
    let green = end(&mut scimproof(there.path(), &["run", "--rerun", "r.json", "--json", "green.json"]));
    assert_eq!(green.code, 0, "{}\n{}", green.stdout, green.stderr);
    assert_eq!(end(&mut scimproof(there.path(), &["run", "--rerun", "green.json"])).code, 4);
    for (id, code) in [("rfc/unknown", 2), ("RFC7644-0-0", 2)] {
        let refused = end(&mut scimproof(there.path(), &["replay", id, "--report", "r.json"]));
        assert_eq!(refused.code, code, "{}", refused.stderr);
    }
}

#[test]
fn two_runs_of_one_seed_are_told_in_the_same_order() {
    let here = tempfile::tempdir().unwrap();
    let told = |name: &str| {
        let arguments =
            ["run", "--select", "rfc/smoke or rfc/versions or entra/connection", "--seed", "11", "--json", name];
        let ran = end(scimproof(here.path(), &arguments).args(["--profile", "rfc", "--fault", "if-match-is-ignored"]));
        assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
        let report = report(here.path(), name);
        let of = |list: &str, keys: &[&str]| {
            let all = report[list].as_array().unwrap().iter();
            all.map(|it| keys.iter().map(|key| it[key].to_string()).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        (of("exchanges", &["id"]), of("findings", &["requirement", "scenario", "step", "position"]))
    };
    assert_eq!(told("one.json"), told("two.json"));
}

//! Requirement sets as a user asks for them: by flag, configuration file and profile; what is not asked for is not judged.

use serde_json::Value;

use super::process::{Served, TOKEN, end, scimproof};

/// The report of a run, its exit code and what it said.
fn run(folder: &std::path::Path, arguments: &[&str]) -> (i32, Value, String) {
    let ended = end(scimproof(folder, &["run", "--seed", "7", "--json", "r.json"]).args(arguments));
    let text = std::fs::read_to_string(folder.join("r.json")).unwrap_or_default();
    (ended.code, serde_json::from_str(&text).unwrap_or_default(), ended.stdout + &ended.stderr)
}

/// The requirements of a draft by outcome, those that did not apply left out.
fn drafts(report: &Value, outcome: &str) -> usize {
    let rows = report["requirements"].as_array().unwrap().iter();
    rows.filter(|row| row["source"] == "DRAFT" && row["outcome"] == outcome).count()
}

#[test]
fn an_unknown_set_is_refused_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let known = "there is no requirement set interp; known are rfc, interop, ipsie-al1";
    let profile =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/profiles/interop.toml")).unwrap();
    std::fs::write(folder.path().join("p.toml"), profile.replace("[\"interop\"]", "[\"interp\"]")).unwrap();
    for arguments in
        [["run", "--require", "rfc,interp"], ["list", "--require", "interp"], ["run", "--profile", "p.toml"]]
    {
        let it = end(&mut scimproof(folder.path(), &arguments));
        assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(it.stderr.contains(known), "{arguments:?}: {}", it.stderr);
    }
    std::fs::write(folder.path().join("scimproof.toml"), "require = [\"interp\"]\n").unwrap();
    let it = end(&mut scimproof(folder.path(), &["run"]));
    assert!(it.code == 2 && it.stderr.contains(known), "{}", it.stderr);
}

#[test]
fn a_draft_is_judged_only_where_it_is_asked_for_and_its_contradiction_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--token", TOKEN]);
    let target = ["--target", &served.url, "--token-env", "TEST_TOKEN", "--select", "patch-cases or interop/"];
    let with = |require: &str| {
        std::fs::write(folder.path().join("scimproof.toml"), format!("require = [{require}]\n")).unwrap();
        run(folder.path(), &target)
    };
    // A server that keeps to the standard alone.
    let (code, report, said) = with("\"rfc\"");
    assert_eq!((code, drafts(&report, "pass"), drafts(&report, "fail")), (0, 0, 0), "{said}");
    let (code, report, said) = with("\"rfc\", \"interop\"");
    let failed: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|it| it["outcome"] == "fail").collect();
    assert!(code == 1 && failed.len() > 20, "{said}");
    assert!(failed.iter().all(|it| it["requirement"].as_str().unwrap().starts_with("DRAFT-interop-")), "{said}");
    assert_eq!(report["contradictions"][0]["sets"], serde_json::json!(["interop", "rfc"]));
    assert!(said.contains("interop and rfc contradict each other on a PATCH operation without path"), "{said}");
    // An earlier run is repeated with its sets.
    std::fs::remove_file(folder.path().join("scimproof.toml")).unwrap();
    std::fs::rename(folder.path().join("r.json"), folder.path().join("old.json")).unwrap();
    let (code, report, said) = run(folder.path(), &["--rerun", "old.json", "--token-env", "TEST_TOKEN"]);
    assert_eq!((code, drafts(&report, "fail") > 3), (1, true), "{said}");
}

#[test]
fn a_server_that_meets_a_draft_is_green_without_the_standard_and_is_not_where_both_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report, said) = run(folder.path(), &["--profile", "interop"]);
    assert_eq!((code, drafts(&report, "fail"), drafts(&report, "pass") >= 30), (0, 0, true), "{said}");
    assert_eq!(report["target"]["require"], serde_json::json!(["interop"]));
    assert_eq!(report["summary"]["idp"]["okta"], "not-assessed");
    let (code, report, said) =
        run(folder.path(), &["--profile", "interop", "--require", "rfc,interop", "--idp", "jumpcloud"]);
    assert_eq!((code, drafts(&report, "fail")), (1, 0), "{said}");
    assert_eq!(report["contradictions"].as_array().unwrap().len(), 1);
    let plan = end(&mut scimproof(folder.path(), &["list", "--plan", "--require", "ipsie-al1"]));
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    assert!(plan.stdout.contains("  ipsie-al1/sessions") && !plan.stdout.contains("  rfc/"), "{}", plan.stdout);
}

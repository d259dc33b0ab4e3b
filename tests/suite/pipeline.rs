//! What a pipeline uses: the script of the action and of the GitLab template, with the files that they hand on.

use std::path::Path;
use std::process::Command;

use super::process::ended;

/// Runs `ci/run.sh` in a folder with that environment.
fn run(folder: &Path, environment: &[(&str, &str)]) -> (i32, String, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/run.sh");
    let mut command = Command::new("bash");
    command.arg(script).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("SCIMPROOF", env!("CARGO_BIN_EXE_scimproof")).envs(environment.iter().copied());
    let ended = ended(command.output().unwrap());
    (ended.code, ended.stdout, ended.stderr)
}

#[test]
fn a_pipeline_gets_its_reports_summary_and_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let narrow = ("ARGUMENTS", "--select id(entra/gallery) --seed 7");
    let github = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let red = [("PROFILE", "strict"), ("IDP", "entra"), narrow, github[0], github[1]];
    let (code, stdout, stderr) = run(folder.path(), &red);
    assert_eq!(code, 1, "{stdout}{stderr}");
    let annotations = stderr.lines().filter(|line| line.starts_with("::error title=ENTRA-")).count();
    assert!((1..=10).contains(&annotations), "{stderr}");
    assert!(std::fs::read_to_string(&summary).unwrap().starts_with("## scimproof: FAIL"));
    for file in ["report.html", "report.json", "report.xml"] {
        assert!(folder.path().join("scimproof-reports").join(file).metadata().unwrap().len() > 1000, "{file}");
    }
    // Elsewhere than on GitHub nothing is annotated, and the gate may be another one.
    let (code, _, stderr) = run(folder.path(), &[("PROFILE", "strict"), ("FAIL_ON", "nonsense"), narrow]);
    assert_eq!(code, 2, "{stderr}");
    let (code, _, stderr) =
        run(folder.path(), &[("PROFILE", "rfc"), ("REPORTS", "r"), ("ARGUMENTS", "--select id(rfc/smoke)")]);
    assert!(code == 0 || code == 1, "{stderr}");
    assert!(!stderr.contains("::error") && folder.path().join("r/report.html").exists(), "{stderr}");
    // A target without a token that is set: refused before anything is sent.
    let (code, _, stderr) = run(folder.path(), &[("URL", "http://127.0.0.1:9/scim"), ("WAIT", "0s")]);
    assert!(code == 2 && stderr.contains("SCIMPROOF_TOKEN"), "{code} {stderr}");
}

/// Every input of the action reaches the script, and the script reads nothing that nobody gives.
#[test]
fn the_action_and_its_script_speak_of_the_same_things() {
    let read = |file: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (action, script) = (read("ci/action.yml"), read("ci/run.sh"));
    for line in action.lines().filter(|line| line.contains("${{ inputs.")) {
        let name = line.trim().split(':').next().unwrap();
        if name != "path" && name != "SCIMPROOF_TOKEN" {
            assert!(script.contains(&format!("${{{name}:-")), "{name} is given and not read");
        }
    }
    let inputs: Vec<_> = action
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':'))
        .collect();
    for input in inputs.iter().map(|line| line.trim().trim_end_matches(':')).filter(|it| *it != "steps") {
        assert!(action.contains(&format!("inputs.{input} ")), "{input} is asked for and not used");
    }
}

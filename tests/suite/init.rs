//! `init` in a folder: what is written, what is refused, and that the files lead to a run.

use std::path::Path;

use super::process::{Served, TOKEN, end, scimproof};

fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn the_files_are_written_once_and_lead_to_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--token-env", "TEST_TOKEN"]);
    let init = |ci: &str, more: &[&str]| {
        let flags =
            ["init", "--yes", "--target", &served.url, "--token-env", "TEST_TOKEN", "--idp", "okta", "--ci", ci];
        end(scimproof(folder.path(), &flags).args(more))
    };
    let first = init("github", &[]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(
        first.stdout,
        "wrote  scimproof.toml\nwrote  .github/workflows/scimproof.yml\nthen   make TEST_TOKEN a secret of the \
         repository, and put `scimproof` on the PATH of the job\nnext   scimproof run\n"
    );
    assert!(first.stderr.contains("16 ok"), "{}", first.stderr);
    let toml = read(folder.path(), "scimproof.toml");
    insta::assert_snapshot!("init_toml", toml.replace(&served.url, "http://here/scim/v2"));
    insta::assert_snapshot!("init_github", read(folder.path(), ".github/workflows/scimproof.yml"));
    for text in [&toml, &first.stdout, &first.stderr] {
        assert!(!text.contains(TOKEN), "{text}");
    }

    // The other file is not there, but one that is stops both.
    let again = init("gitlab", &[]);
    assert_eq!((again.code, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.contains("scimproof.toml is there already; nothing was written"), "{}", again.stderr);
    assert!(!folder.path().join(".gitlab-ci.yml").exists());
    let forced = init("gitlab", &["--force"]);
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    insta::assert_snapshot!("init_gitlab", read(folder.path(), ".gitlab-ci.yml"));

    let run = end(&mut scimproof(folder.path(), &["run", "--select", "okta/users/create"]));
    assert!(matches!(run.code, 0 | 1) && run.stdout.contains(&served.url), "{}\n{}", run.stdout, run.stderr);
    let doctor = end(&mut scimproof(folder.path(), &["doctor"]));
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
}

#[test]
fn a_target_that_fails_is_shown_and_the_files_are_written_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["init", "--yes", "--target", "http://127.0.0.1:1/scim/v2"];
    let it = end(&mut scimproof(folder.path(), &flags));
    assert_eq!(it.code, 0, "{}", it.stderr);
    assert!(it.stderr.contains("SCIMPROOF_TOKEN is not set here") && it.stderr.contains("FAIL"), "{}", it.stderr);
    let expected =
        "wrote  scimproof.toml\nthen   put the token into the variable SCIMPROOF_TOKEN\nnext   scimproof doctor\n";
    assert_eq!(it.stdout, expected);
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = ["--target", "http://127.0.0.1:1/scim/v2"];
    let rows: [(&[&str], &str); 6] = [
        (&["--yes"], "--target"),
        (&target, "there is no terminal to ask at"),
        (&["--yes", "--target", "sEcReT"], "is not an http:// or https:// URL"),
        (&["--yes", target[0], target[1], "--token-env", "sEcReT.x"], "--token-env"),
        (&["--yes", target[0], target[1], "--idp", "nobody"], "there is no client nobody"),
        (&["--yes", target[0], target[1], "--ci", "jenkins"], "possible values: github, gitlab, none"),
    ];
    for (flags, expected) in rows {
        let it = end(scimproof(folder.path(), &["init"]).args(flags));
        assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{flags:?}");
        assert!(it.stderr.contains(expected) && !it.stderr.contains("sEcReT"), "{flags:?}: {}", it.stderr);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

//! `sweep` after a run that was killed: what it left goes, everybody else stays.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::process::{Served, TOKEN, end, scimproof};

#[test]
fn what_a_killed_run_left_is_swept_up_and_nobody_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--token", TOKEN]);
    let real = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"crisp.ace@example.com"}"#;
    assert_eq!(served.send("POST", "/Users", TOKEN, real).0, 201);

    let target = ["--target", &served.url, "--token-env", "TEST_TOKEN"];
    let mut run = scimproof(folder.path(), &["run", "--max-rps", "100", "--select", "okta"]);
    let mut run = run.args(target).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while served.users() < 4 {
        assert!(begin.elapsed() < Duration::from_secs(30), "the run creates nobody");
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap();
    run.wait().unwrap();

    let left = served.users() - 1;
    assert!(left > 0);
    let look = end(scimproof(folder.path(), &["sweep", "--dry-run"]).args(target));
    assert_eq!(look.code, 0, "{}{}", look.stdout, look.stderr);
    assert!(look.stdout.contains("would remove /Users/") && look.stdout.contains(" 0 removed"), "{}", look.stdout);
    assert_eq!(served.users(), left + 1);

    let swept = end(scimproof(folder.path(), &["sweep"]).args(target));
    assert_eq!(swept.code, 0, "{}{}", swept.stdout, swept.stderr);
    assert!(swept.stdout.contains("0 retired, 0 leftovers"), "{}", swept.stdout);
    assert_eq!(served.users(), 1);
    assert!(served.get("/Users", TOKEN).1.contains("crisp.ace@example.com"));
    let groups: serde_json::Value = serde_json::from_str(&served.get("/Groups", TOKEN).1).unwrap();
    assert_eq!(groups["totalResults"], 0);
}

#[test]
fn sweep_wants_a_target() {
    let folder = tempfile::tempdir().unwrap();
    let it = end(&mut scimproof(folder.path(), &["sweep"]));
    assert_eq!((it.code, it.stdout.as_str()), (2, ""));
    assert!(it.stderr.contains("--target"), "{}", it.stderr);
}

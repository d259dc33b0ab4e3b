//! `doctor` as a pipeline meets it: exit codes, the page, the JSON report, and no secret in either.

use super::process::{Served, TOKEN, end, scimproof};

#[test]
fn each_kind_of_failure_has_its_exit_code_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--token-env", "TEST_TOKEN"]);
    let wrong = served.url.replace("/scim/v2", "/v2");
    let known = ["--token-env", "TEST_TOKEN"];
    let rows: [(i32, &[&str], &str); 7] = [
        (0, &[], "scimproof run --profile rfc"),
        (0, &["--target", &served.url, known[0], known[1]], "--token-env TEST_TOKEN"),
        (1, &["--target", &wrong, known[0], known[1]], "SCIM answers there"),
        (1, &["--fault", "list-is-a-bare-array"], "FAIL users"),
        (2, &["--target", "eyJhbGciOi.sEcReT.x"], "(no URL)"),
        (3, &["--target", &served.url], "--token-env NAME"),
        (3, &["--target", "http://127.0.0.1:1/scim/v2", known[0], known[1]], "not looked at: connection failed"),
    ];
    for (code, flags, expected) in rows {
        let it = end(scimproof(folder.path(), &["doctor"]).args(flags));
        let flat = it.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((it.code, it.stderr.as_str()), (code, ""), "{flags:?}\n{}", it.stdout);
        assert!(flat.contains(expected), "{flags:?}\n{}", it.stdout);
        assert!(!it.stdout.contains(TOKEN) && !it.stdout.contains("sEcReT"), "{}", it.stdout);
    }
    assert_eq!(served.users(), 0);
    let it = end(&mut scimproof(folder.path(), &["doctor", "--token-env", "TEST_TOKEN"]));
    assert_eq!(it.code, 2, "credentials without a target: {}", it.stdout);
}

/// It only reads: what is for writing alone is no argument of it.
#[test]
fn what_only_writing_needs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for flag in
        [["--settle", "1s"], ["--max-users", "9"], ["--admin-url", "http://127.0.0.1:1"], ["--admin-token-env", "X"]]
    {
        let it = end(scimproof(folder.path(), &["doctor"]).args(flag));
        assert!(it.code == 2 && it.stderr.contains("unexpected argument"), "{flag:?}: {} {}", it.code, it.stderr);
    }
}

#[test]
fn the_bundled_server_is_all_ok_and_the_json_goes_to_stdout_alone() {
    let folder = tempfile::tempdir().unwrap();
    let it = end(&mut scimproof(folder.path(), &["doctor", "--json", "-"]));
    let report: serde_json::Value = serde_json::from_str(&it.stdout).unwrap();
    assert_eq!((&report["schema"], &report["target"]), (&"scimproof.doctor/1".into(), &serde_json::Value::Null));
    assert_eq!(report["summary"], serde_json::json!({ "ok": 16, "warn": 0, "fail": 0, "skipped": 0 }));
    insta::with_settings!({filters => vec![
        (r"[\d.]+ ms", "N ms"), (r"scimproof [\d.]+ ", "scimproof V "), (r"\(about\s+\d+", "(about N"), (r"takes about \d+ \w+", "takes about T"),
    ]}, {
        insta::assert_snapshot!("doctor_bundled", it.stderr);
    });
}

#[test]
fn a_server_that_is_starting_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/scim/v2");
    let mut doctor =
        scimproof(folder.path(), &["doctor", "--target", &url, "--token-env", "TEST_TOKEN", "--wait", "60s"]);
    let doctor = doctor.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let listen = format!("127.0.0.1:{port}");
    let _served =
        Served::from(&mut scimproof(folder.path(), &["serve", "--listen", &listen, "--token-env", "TEST_TOKEN"]));
    let it = super::process::ended(doctor.wait_with_output().unwrap());
    assert_eq!(it.code, 0, "{}", it.stdout);
}

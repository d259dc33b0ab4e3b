//! A server that this project did not write: `scim2-server`, started from the environment that `SCIMPROOF_FOREIGN` names.
//! Its red lines were checked by hand against the standard (`reports/scim2-server-0.8.3.md`); a run must give exactly
//! those, and leave nothing behind.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::process::{Served, TOKEN, end, scimproof};

/// Requirements by outcome, those that passed or did not apply left out.
type Outcomes = BTreeMap<String, String>;

/// The reviewed list.
#[derive(serde::Deserialize)]
struct Reviewed {
    /// The server and its version, as pinned in `tests/foreign/requirements.txt`.
    server: String,
    exit_code: i32,
    falsified: Vec<String>,
    not_passed: Outcomes,
    readiness: BTreeMap<String, String>,
    /// With capabilities switched off.
    without: Vec<Without>,
    /// Two tenants, two tokens, of which each opens both.
    tenants: Outcomes,
}

/// What a run gives where the configuration announces less than the server does.
#[derive(serde::Deserialize)]
struct Without {
    capabilities: Vec<String>,
    /// `--select`; none: everything.
    select: Option<String>,
    exit_code: i32,
    not_passed: Outcomes,
}

/// The folder with `bin/scim2-server`; a gate must have it, a developer need not.
#[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
fn environment() -> Option<PathBuf> {
    let folder = std::env::var_os("SCIMPROOF_FOREIGN").map(PathBuf::from);
    if folder.is_none() {
        let gate = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!gate, "SCIMPROOF_FOREIGN is not set: .ci/run makes it from tests/foreign/requirements.txt");
        eprintln!("skipped: SCIMPROOF_FOREIGN names no environment with scim2-server in it");
    }
    folder
}

/// `scim2-server` on a free port; stopped by its process id when dropped.
fn start(environment: &Path) -> Served {
    start_with(environment, &[])
}

fn start_with(environment: &Path, more: &[&str]) -> Served {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(environment.join("bin/scim2-server"))
        .args(["--hostname", "127.0.0.1", "--port", &port.to_string(), "--bearer-token", TOKEN])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Served { child, url: format!("http://127.0.0.1:{port}/v2") }
}

/// A second token.
const TWO: &str = "second-token-of-the-foreign-server";

fn total(server: &Served, path: &str) -> Value {
    let (status, body) = server.get(path, TOKEN);
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Value>(&body).unwrap()["totalResults"].clone()
}

/// The report of a run with a fixed seed.
fn report(server: &Served, folder: &Path, exit_code: i32) -> Value {
    report_of(&server.url, folder, &[], exit_code)
}

fn report_of(url: &str, folder: &Path, more: &[&str], exit_code: i32) -> Value {
    let arguments = ["run", "--target", url, "--token-env", "TEST_TOKEN", "--wait", "30s", "--seed", "7"];
    let ended = end(scimproof(folder, &arguments).args(["--json", "r.json"]).args(more).env("TEST_TWO", TWO));
    assert_eq!(ended.code, exit_code, "{}\n{}", ended.stdout, ended.stderr);
    serde_json::from_str(&std::fs::read_to_string(folder.join("r.json")).unwrap()).unwrap()
}

fn not_passed(report: &Value) -> Outcomes {
    let judged = report["requirements"].as_array().unwrap().iter();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    judged
        .map(|row| (text(row, "id"), text(row, "outcome")))
        .filter(|(_, outcome)| matches!(outcome.as_str(), "fail" | "warn" | "inconclusive"))
        .collect()
}

fn reviewed() -> Reviewed {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/scim2-server-0.8.3.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn laws_that_a_foreign_server_breaks_are_those_that_were_reviewed() {
    let Some(environment) = environment() else { return };
    let server = start(&environment);
    let folder = tempfile::tempdir().unwrap();
    let laws = "RFC7643-4.1.1-1,PROP-UNIQ-02,PROP-UNIQ-16,PROP-CONC-01,swap,walks";
    let arguments =
        ["prove", "--target", &server.url, "--token-env", "TEST_TOKEN", "--wait", "30s", "--profile", "rfc"];
    let more = ["--allow-writes", "--seed", "1", "--cases", "60", "--law", laws, "--json", "p.json"];
    let ended = end(scimproof(folder.path(), &arguments).args(more));
    assert_eq!(ended.code, 1, "{}\n{}", ended.stdout, ended.stderr);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(folder.path().join("p.json")).unwrap()).unwrap();
    let of = |outcome: &str| -> Vec<&str> {
        let laws = report["laws"].as_array().unwrap().iter().filter(|law| law["outcome"] == outcome);
        laws.map(|law| law["id"].as_str().unwrap()).collect()
    };
    assert_eq!(of("fail"), reviewed().falsified);
    assert!(of("pass").len() >= 14 && of("inconclusive").is_empty(), "{}", report["laws"]);
    assert_eq!(report["summary"]["leftovers"], 0);
    assert_eq!(total(&server, "/Users"), 0);
}

#[test]
fn a_foreign_server_shows_exactly_what_was_reviewed_and_is_left_as_it_was() {
    let Some(environment) = environment() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reviewed = reviewed();
    let pinned = std::fs::read_to_string(root.join("tests/foreign/requirements.txt")).unwrap();
    assert!(pinned.contains(&reviewed.server.replace(' ', "==")), "the reviewed version is the pinned one");

    let server = start(&environment);
    let folder = tempfile::tempdir().unwrap();
    for round in ["first", "second"] {
        let report = report(&server, folder.path(), reviewed.exit_code);
        assert_eq!(not_passed(&report), reviewed.not_passed, "{round} run");
        let profiles: BTreeMap<String, String> =
            serde_json::from_value(report["summary"]["idp_profiles"].clone()).unwrap();
        assert_eq!(profiles, reviewed.readiness, "{round} run");
        assert_eq!(report["summary"]["leftovers"], 0, "{round} run");
        for path in ["/Users", "/Groups"] {
            assert_eq!(total(&server, path), 0, "{path} after the {round} run");
        }
    }
}

#[test]
fn what_is_announced_as_off_is_not_asked_for_and_nothing_else_turns_red() {
    let Some(environment) = environment() else { return };
    let folder = tempfile::tempdir().unwrap();
    let python = environment.join("bin/python");
    let defaults = "import json, scim2_server.utils as it; \
                    print(json.dumps(it.load_json_resource('default-service-provider-config.json')))";
    let said = Command::new(python).args(["-c", defaults]).output().unwrap();
    let defaults: Value = serde_json::from_slice(&said.stdout).unwrap();
    for without in reviewed().without {
        let mut config = defaults.clone();
        for capability in &without.capabilities {
            config[capability]["supported"] = Value::Bool(false);
        }
        let file = folder.path().join("config.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let server = start_with(&environment, &["--service-provider-config", file.to_str().unwrap()]);
        let select: Vec<&str> = without.select.iter().flat_map(|select| ["--select", select]).collect();
        let report = report_of(&server.url, folder.path(), &select, without.exit_code);
        assert_eq!(not_passed(&report), without.not_passed, "without {:?}", without.capabilities);
        assert_eq!(report["summary"]["leftovers"], 0, "without {:?}", without.capabilities);
    }
}

#[test]
fn two_tenants_of_a_foreign_server_are_told_apart_and_left_as_they_were() {
    let Some(environment) = environment() else { return };
    let mut server = start_with(&environment, &["--bearer-token", TWO, "--tenant", "one", "--tenant", "two"]);
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| server.url.replace("/v2", &format!("/{name}/v2")));
    let further = ["--second-token-env", "TEST_TWO", "--second-tenant", &two];
    let more = ["--second-tenant-token-env", "TEST_TWO", "--select", "tenants or authentication"];
    let report = report_of(&one, folder.path(), &[&further[..], &more].concat(), 0);
    assert_eq!(not_passed(&report), reviewed().tenants);
    assert_eq!(report["summary"]["leftovers"], 0);
    assert!(!report.to_string().contains(TWO), "no artefact holds a token");
    for base in [one, two] {
        server.url = base;
        assert_eq!(total(&server, "/Users"), 0, "{}", server.url);
    }
}

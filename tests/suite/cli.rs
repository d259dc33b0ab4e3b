//! The binary as a pipeline meets it: exit codes, streams, refusals, servers, baselines, interruption.

use std::io::Read as _;
use std::time::Duration;

use super::process::{Served, TOKEN, end, ended, scenario, scenarios, scimproof, signal};

#[test]
fn every_exit_code_has_its_cause() {
    let (good, bad) = (scenarios(true), scenarios(false));
    let served = Served::start(good.path(), &["--token-env", "TEST_TOKEN"]);
    let folder = tempfile::tempdir().unwrap();
    let path = |dir: &tempfile::TempDir| dir.path().to_str().unwrap().to_owned();
    let (good, bad) = (path(&good), path(&bad));
    std::fs::write(folder.path().join("old.toml"), EXPIRED).unwrap();
    let rows: [(i32, Vec<&str>, &str); 14] = [
        (0, vec!["run", "--scenarios", &good], ""),
        (0, vec!["run", "--scenarios", &good, "--target", &served.url, "--token-env", "TEST_TOKEN"], ""),
        (1, vec!["run", "--scenarios", &bad], ""),
        (1, vec!["run", "--scenarios", &bad, "--target", &served.url, "--token-env", "TEST_TOKEN"], ""),
        (2, vec!["run", "--target", "nonsense"], "swap --target and the token"),
        (2, vec!["run", "--target", "https://scim.example.com"], "--allow-writes"),
        (2, vec!["run", "--idp", "nobody"], "there is no client nobody"),
        (2, vec!["run", "--profile", "nothing"], "neither a profile"),
        (2, vec!["run", "--token-env", "NOT_SET", "--target", &served.url], "NOT_SET is not set"),
        (3, vec!["run", "--target", "http://127.0.0.1:1/scim/v2"], "cannot connect"),
        (3, vec!["run", "--target", &served.url], "--token-env"),
        (3, vec!["run", "--target", &served.url, "--auth", "header", "--token-env", "TEST_TOKEN"], "401"),
        (4, vec!["run", "--scenarios", &good, "--select", "nothing-like-it"], "nothing is selected"),
        (6, vec!["run", "--scenarios", &good, "--baseline", "old.toml"], ""),
    ];
    for (code, arguments, said) in rows {
        let it = end(&mut scimproof(folder.path(), &arguments));
        assert_eq!(it.code, code, "{arguments:?}\n{}\n{}", it.stdout, it.stderr);
        assert!(it.stderr.contains(said), "{arguments:?}: {}", it.stderr);
        assert_eq!(it.stdout.is_empty(), matches!(code, 2..=4), "{arguments:?}: {}", it.stdout);
    }
    assert_eq!(served.users(), 0);
}

#[test]
fn a_run_fetches_its_token_from_the_bundled_token_endpoint() {
    let good = scenarios(true);
    let serve = ["--oauth-client-id", "suite", "--oauth-client-secret-env", "TEST_TOKEN"];
    let served = Served::start(good.path(), &serve);
    let endpoint = format!("{}/oauth2/token", served.url.strip_suffix("/scim/v2").unwrap());
    let run = ["run", "--scenarios", ".", "--target", &served.url, "--auth", "oauth", "--oauth-token-url", &endpoint];
    let rows: [(i32, &[&str]); 3] = [
        (0, &["--oauth-client-id", "suite"]),
        (0, &["--oauth-client-id", "suite", "--oauth-in-body"]),
        (3, &["--oauth-client-id", "somebody-else"]),
    ];
    for (code, more) in rows {
        let it = end(scimproof(good.path(), &run).args(more).args(["--token-env", "TEST_TOKEN"]));
        assert_eq!(it.code, code, "{more:?}\n{}\n{}", it.stdout, it.stderr);
        assert!(!it.stdout.contains(TOKEN) && !it.stderr.contains(TOKEN));
    }
    assert_eq!(served.get("/Users", TOKEN).0, 401, "the secret is no token");
}

/// A baseline whose row is past its date.
const EXPIRED: &str = "[[known]]\nrequirement = \"RFC7644-3.3-6\"\nreason = \"old\"\nuntil = \"2020-01-01\"\n";

#[test]
fn results_go_to_stdout_talk_to_stderr_and_colour_can_be_had() {
    let folder = scenarios(false);
    let base = ["run", "--scenarios", "."];
    let plain = end(&mut scimproof(folder.path(), &base));
    assert!(plain.stdout.contains("FAIL") && !plain.stdout.contains('\u{1b}'), "{}", plain.stdout);
    assert_eq!(plain.stderr, "", "a pipe gets no progress bar");
    let coloured = end(scimproof(folder.path(), &base).args(["--color", "always"]));
    assert!(coloured.stdout.contains('\u{1b}'));
    let forced = end(scimproof(folder.path(), &base).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stdout.contains('\u{1b}'));
    let quiet = end(scimproof(folder.path(), &base).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"));
    assert!(!quiet.stdout.contains('\u{1b}'));
    let json = end(scimproof(folder.path(), &base).args(["--json", "-", "--junit", "out.xml"]));
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&report["schema"], &report["exit_code"]), (&"scimproof.report/1".into(), &1.into()));
    assert!(json.stderr.contains("FAIL"));
    assert!(std::fs::read_to_string(folder.path().join("out.xml")).unwrap().contains("<testsuites"));
}

#[test]
fn the_same_seed_sends_the_same_requests() {
    let folder = scenarios(true);
    let requests = |seed: &str| {
        let it = end(&mut scimproof(folder.path(), &["run", "--scenarios", ".", "--seed", seed, "--json", "-"]));
        let report: serde_json::Value = serde_json::from_str(&it.stdout).unwrap();
        let all = report["exchanges"].as_array().unwrap().clone();
        let bodies: Vec<_> = all.iter().map(|exchange| exchange["request"]["body"].clone()).collect();
        bodies
    };
    assert_eq!(requests("7"), requests("7"));
    assert_ne!(requests("7"), requests("8"));
}

#[test]
fn a_broken_scenario_has_its_place_and_nothing_is_sent() {
    let folder = scenarios(true);
    let text = scenario(201).replace("expect =", "expects =");
    std::fs::write(folder.path().join("mine/broken.toml"), text).unwrap();
    for arguments in [vec!["lint", "."], vec!["run", "--scenarios", ".", "--target", "http://127.0.0.1:1/"]] {
        let it = end(&mut scimproof(folder.path(), &arguments));
        assert_eq!((it.code, it.stdout.as_str()), (2, ""));
        assert!(it.stderr.contains("broken.toml:8:1: "), "{}", it.stderr);
        assert!(it.stderr.contains("8 | expects ="), "{}", it.stderr);
    }
    std::fs::remove_file(folder.path().join("mine/broken.toml")).unwrap();
    let it = end(&mut scimproof(folder.path(), &["lint", "."]));
    assert_eq!((it.code, it.stdout.as_str()), (0, "1 scenarios, 2 steps, 2 expectations: no mistakes\n"));
}

#[test]
fn the_configuration_file_fills_in_and_its_mistakes_have_a_place() {
    let folder = scenarios(true);
    let served = Served::start(folder.path(), &["--token-env", "TEST_TOKEN"]);
    let config = folder.path().join("scimproof.toml");
    std::fs::write(&config, format!("target = \"{}\"\ntoken-env = \"TEST_TOKEN\"\nscenarios = \"mine\"\n", served.url))
        .unwrap();
    let it = end(&mut scimproof(folder.path(), &["run", "-v"]));
    assert_eq!(it.code, 0, "{}{}", it.stdout, it.stderr);
    assert!(it.stdout.contains(&served.url));
    std::fs::write(&config, "\ntoken = \"hush-hush\"\n").unwrap();
    let it = end(&mut scimproof(folder.path(), &["run"]));
    assert_eq!(it.code, 2);
    assert!(it.stderr.contains("scimproof.toml:2:1: unknown field `token`"), "{}", it.stderr);
    assert!(!it.stderr.contains("hush"));
}

#[test]
fn serve_prints_its_base_url_first_and_ends_well_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = Served::start(
        folder.path(),
        &["--basic", "ann:TEST_TOKEN", "--token-env", "TEST_TOKEN", "--without", "bulk,sort"],
    );
    assert!(served.url.starts_with("http://127.0.0.1:") && served.url.ends_with("/scim/v2"), "{}", served.url);
    assert_eq!(served.get("/Users", "wrong").0, 401);
    let (status, body) = served.get("/ServiceProviderConfig", TOKEN);
    let config: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &config["bulk"]["supported"], &config["patch"]["supported"]),
        (200, &false.into(), &true.into())
    );
    signal(&served.child, "TERM");
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn serve_without_credentials_makes_up_a_token_and_shows_it_once_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let mut served = Served::start(folder.path(), &[]);
    signal(&served.child, "TERM");
    served.child.wait().unwrap();
    let mut said = String::new();
    served.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said.matches("token (made up for this process, shown once): ").count(), 1, "{said}");
}

#[test]
fn the_admin_surface_is_there_only_when_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, status) in [(vec!["--open"], 404), (vec!["--open", "--admin-token", "operator"], 200)] {
        let mut served = Served::start(folder.path(), &arguments);
        let origin = served.url[..served.url.find("/scim").unwrap()].to_owned();
        served.url = format!("{origin}/admin");
        assert_eq!(served.get("/v1/clock", "operator").0, status, "{arguments:?}");
        signal(&served.child, "TERM");
        served.child.wait().unwrap();
        let mut said = String::new();
        served.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.contains(&format!("admin surface: {origin}/admin/v1")), status == 200, "{said}");
        assert!(!said.contains("operator"), "{said}");
    }
}

#[test]
fn serve_refuses_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = Served::start(folder.path(), &["--open"]);
    let address = taken.url["http://".len()..].split('/').next().unwrap().to_owned();
    for (arguments, said) in [
        (vec!["--without", "magic"], "there is no such capability"),
        (vec!["--store", "postgres://x"], "an SQLite file"),
        (vec!["--profile", "nope"], "neither a profile"),
        (vec!["--tenant", "a b=TEST_TOKEN"], "letters, digits"),
        (vec!["--token-env", "NOT_SET"], "NOT_SET is not set"),
        (vec!["--admin-token-env", "NOT_SET"], "NOT_SET is not set"),
        (vec!["--admin-token", " "], "--admin-token is empty"),
        (vec!["--listen", &address], "cannot listen on"),
    ] {
        let it = end(scimproof(folder.path(), &["serve", "--open"]).args(&arguments));
        assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(it.stderr.contains(said), "{arguments:?}: {}", it.stderr);
    }
}

#[test]
fn tenants_are_apart_and_a_store_file_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::from(
        scimproof(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--token-env", "TEST_TOKEN"])
            .args(["--tenant", "acme=ACME_TOKEN", "--store", "users.db"])
            .env("ACME_TOKEN", "acme-token-1"),
    );
    assert_eq!((served.get("/Users", TOKEN).0, served.get("/Users", "acme-token-1").0), (200, 401));
    let acme = served.url.replace("/scim/v2", "/acme/scim/v2");
    let it =
        end(scimproof(scenarios(true).path(), &["run", "--scenarios", ".", "--target", &acme, "--token-env", "T"])
            .env("T", "acme-token-1"));
    assert_eq!(it.code, 0, "{}{}", it.stdout, it.stderr);
    assert!(folder.path().join("users.db").is_file());
}

#[test]
fn wait_polls_a_target_that_is_just_starting() {
    let folder = scenarios(true);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (address, url) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/scim/v2"));
    let waiting = scimproof(folder.path(), &["run", "--scenarios", ".", "--target", &url, "--wait", "20s"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(600));
    let served = Served::from(&mut scimproof(folder.path(), &["serve", "--open", "--listen", &address]));
    let it = ended(waiting.wait_with_output().unwrap());
    assert_eq!(it.code, 0, "{}{}", it.stdout, it.stderr);
    drop(served);
}

#[test]
fn an_interrupted_run_cleans_up_and_still_reports() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..20 {
        std::fs::write(folder.path().join(format!("s{n:02}.toml")), scenario(201)).unwrap();
    }
    let served = Served::start(folder.path(), &["--token-env", "TEST_TOKEN"]);
    let running = scimproof(folder.path(), &["run", "--scenarios", ".", "--target", &served.url])
        .args(["--token-env", "TEST_TOKEN", "--max-rps", "10", "--concurrency", "2", "--json", "report.json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while served.users() == 0 && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&running, "INT");
    let it = ended(running.wait_with_output().unwrap());
    assert_eq!(it.code, 130, "{}{}", it.stdout, it.stderr);
    assert_eq!(served.users(), 0);
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["exit_code"], &report["summary"]["leftovers"]), (&130.into(), &0.into()));
}

#[test]
fn a_baseline_is_written_then_holds_then_breaks() {
    let folder = scenarios(false);
    let base = |action: &'static str| ["baseline", action, "--scenarios", "mine"];
    let it = end(&mut scimproof(folder.path(), &base("update")));
    assert_eq!((it.code, it.stdout.as_str()), (0, "scimproof-baseline.toml: 1 known failure\n"), "{}", it.stderr);
    let text = std::fs::read_to_string(folder.path().join("scimproof-baseline.toml")).unwrap();
    assert!(text.contains("requirement = \"RFC7644-3.3-6\""), "{text}");
    assert_eq!(end(&mut scimproof(folder.path(), &base("check"))).code, 0);
    std::fs::write(folder.path().join("mine/create.toml"), scenario(201)).unwrap();
    let it = end(&mut scimproof(folder.path(), &base("check")));
    assert_eq!(it.code, 6, "{}", it.stdout);
    let it = end(&mut scimproof(folder.path(), &base("update")));
    assert_eq!((it.code, it.stdout.as_str()), (0, "scimproof-baseline.toml: 0 known failures\n"));
}

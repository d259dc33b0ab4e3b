//! The second engine of `load` as a user meets it: journeys by their weights, the same judgement and the same reading back as
//! with the own engine, bounds, interruption, TLS; and what a build without goose says.

use crate::process::{end, scimproof};

#[cfg(not(feature = "goose"))]
#[test]
fn a_build_without_goose_says_how_one_is_made_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let it = end(&mut scimproof(folder.path(), &["load", "--engine", "goose", "--users", "2"]));
    assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{}", it.stderr);
    assert!(it.stderr.contains("cargo build --release --features goose"), "{}", it.stderr);
}

#[cfg(feature = "goose")]
mod built_in {
    use serde_json::Value;

    use super::{end, scimproof};
    use crate::load::{foreign, interrupt, load};

    /// A load by goose of so many users, with its exit code, its report and what it said.
    fn goose(folder: &tempfile::TempDir, users: &str, arguments: &[&str]) -> (i32, Value, String) {
        load(folder.path(), &[&["--engine", "goose", "--users", users], arguments].concat())
    }

    fn count(report: &Value, operation: &str) -> u64 {
        let operations = report["operations"].as_array().unwrap();
        operations.iter().find(|it| it["name"] == operation).map_or(0, |it| it["count"].as_u64().unwrap())
    }

    const WEIGHED: &str = r#"
        title = "Three look-ups and a read for every change"
        evidence = "none"
        rate = 1.0
        [population]
        create-user = "okta/create-user"
        users = 40
        [[journey]]
        name = "look-up and read"
        weight = 3
        on = "any-user"
        steps = [{ call = "okta/find-user" }, { call = "okta/read-user" }]
        [[journey]]
        name = "somebody leaves"
        weight = 1
        on = "user"
        steps = [{ call = "okta/deactivate-user" }]
    "#;

    #[test]
    fn journeys_are_played_by_their_weights_and_nothing_else_is_said_or_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.toml"), WEIGHED).unwrap();
        let more = ["--workload", "mine.toml", "--warm-up", "0s", "--duration", "2s", "--threads", "2"];
        let (code, report, said) = goose(&folder, "8", &more);
        assert_eq!((code, &report["engine"], &report["leftovers"]), (0, &"goose".into(), &0.into()), "{said}");
        assert_eq!(report["correctness"]["problems"], Value::Array(Vec::new()), "{said}");
        assert!(report["correctness"]["checked"].as_u64().unwrap() >= 80, "{said}");
        let (reads, leaves) = (count(&report, "read user"), count(&report, "deactivate user"));
        assert!(leaves > 4 && (2 * leaves..=4 * leaves).contains(&reads), "{reads} reads, {leaves} leave: {said}");
        // A journey that the end cuts short has looked up and not yet read, one for each user.
        assert!(count(&report, "find user") - reads <= 8, "{said}");
        assert!(said.starts_with("scimproof 0"), "{said}");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left, ["mine.toml"]);
    }

    #[test]
    fn a_server_that_is_wrong_under_load_is_found_out_as_with_the_own_engine() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            ("parallel-changes-of-members-are-lost", "group-churn", "16", "a member is lost"),
            ("duplicates-race", "resend-after-timeout", "8", "a user is there twice"),
            ("inactive-users-are-hidden", "deactivation-storm", "4", "an acknowledged user is lost"),
        ];
        for (fault, workload, users, expected) in rows {
            let (code, report, said) =
                goose(&folder, users, &["--fault", fault, "--workload", workload, "--duration", "2s"]);
            assert_eq!(code, 1, "{fault}: {said}");
            let problems = report["correctness"]["problems"].as_array().unwrap();
            assert!(problems.iter().any(|it| it["what"] == expected), "{fault}: {said}");
        }
    }

    #[test]
    fn bounds_and_thinking_are_what_they_say() {
        let folder = tempfile::tempdir().unwrap();
        let short = ["--workload", "read-by-id", "--population", "10"];
        let more = ["--duration", "30s", "--max-requests", "57", "--threads", "2"];
        let (code, report, said) = goose(&folder, "8", &[&short[..], &more[..]].concat());
        assert_eq!((code, &report["requests"]), (0, &57.into()), "{said}");
        let (code, report, said) =
            goose(&folder, "3", &[&short[..], &["--think", "100ms", "--duration", "1s"]].concat());
        let requests = report["requests"].as_u64().unwrap();
        assert!(code == 0 && (3..=33).contains(&requests), "{requests}: {said}");
        for open in [&["--rate", "10"][..], &["--slo", "p99<1s", "--search"], &[]] {
            let it = end(&mut scimproof(folder.path(), &[&["load", "--engine", "goose"], open].concat()));
            assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{}", it.stderr);
            assert!(it.stderr.contains("give --users"), "{}", it.stderr);
        }
    }

    #[test]
    fn an_interrupted_load_removes_what_it_created() {
        interrupt("goose");
    }

    #[test]
    fn http_2_and_tls_carry_the_same_load() {
        for (http2, tls) in [(true, false), (false, true), (true, true)] {
            let folder = tempfile::tempdir().unwrap();
            let url = foreign(http2, tls, folder.path());
            let mut arguments = vec!["--target", &url, "--token-env", "TEST_TOKEN", "--max-requests", "40"];
            arguments.extend(["--population", "10", "--profile", "rfc"]);
            arguments.extend(http2.then_some("--http2"));
            if tls {
                arguments.extend(["--cacert", "ca.pem"]);
            }
            let (code, report, said) = goose(&folder, "4", &arguments);
            assert_eq!((code, &report["requests"], &report["total"]["errors"]), (0, &40.into(), &0.into()), "{said}");
        }
    }
}

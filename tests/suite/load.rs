//! `load` as a user meets it: rates, thresholds, what is read back from servers that lose things, other versions of HTTP, and
//! what is refused before anything is sent.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{Served, TOKEN, end, scimproof, signal};

/// Runs a load of the bundled server and reads its JSON report.
pub fn load(folder: &Path, arguments: &[&str]) -> (i32, Value, String) {
    let file = folder.join("load.json");
    let all = [&["load", "--json", "load.json", "--seed", "3"], arguments].concat();
    let it = end(&mut scimproof(folder, &all));
    let report = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    (it.code, report, format!("{}{}", it.stdout, it.stderr))
}

#[test]
fn every_workload_is_sent_as_it_is_asked_for_and_read_back_without_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    for workload in scimproof::load::workloads().iter().map(|it| it.name.as_str()) {
        let arguments =
            ["--workload", workload, "--rate", "40", "--duration", "1s", "--population", "30", "--threads", "2"];
        let (code, report, said) = load(folder.path(), &arguments);
        assert_eq!(code, 0, "{workload}: {said}");
        assert_eq!((&report["requests"], &report["unsent"]), (&40.into(), &0.into()), "{workload}: {said}");
        assert_eq!(report["correctness"]["problems"], Value::Array(Vec::new()), "{workload}");
        assert!(report["correctness"]["checked"].as_u64().unwrap() > 0, "{workload}: {said}");
        assert_eq!((&report["leftovers"], &report["total"]["errors"]), (&0.into(), &0.into()), "{workload}: {said}");
        let counted: u64 = report["series"].as_array().unwrap().iter().map(|it| it["sent"].as_u64().unwrap()).sum();
        assert_eq!(counted, 40, "{workload}");
    }
}

#[test]
fn a_server_that_is_wrong_under_load_is_found_out_by_reading_back() {
    let folder = tempfile::tempdir().unwrap();
    let rows: &[(&str, &[&str], &str)] = &[
        (
            "parallel-changes-of-members-are-lost",
            &["--workload", "group-churn", "--users", "16", "--duration", "2s"],
            "a member is lost",
        ),
        (
            "duplicates-race",
            &["--workload", "resend-after-timeout", "--rate", "60", "--duration", "2s"],
            "a user is there twice",
        ),
        (
            "inactive-users-are-hidden",
            &["--workload", "deactivation-storm", "--rate", "60", "--duration", "1s", "--population", "40"],
            "an acknowledged user is lost",
        ),
    ];
    for (fault, arguments, expected) in rows {
        let (code, report, said) = load(folder.path(), &[&["--fault", *fault], *arguments].concat());
        assert_eq!(code, 1, "{fault}: {said}");
        let problems = report["correctness"]["problems"].as_array().unwrap();
        assert!(problems.iter().any(|it| it["what"] == *expected), "{fault}: {said}");
    }
}

#[test]
fn thresholds_decide_and_a_search_ends_at_a_rate_that_was_held_twice() {
    let folder = tempfile::tempdir().unwrap();
    let short = ["--workload", "read-by-id", "--duration", "1s", "--population", "20"];
    let with = |more: &[&str]| load(folder.path(), &[&short, more].concat());
    let (code, report, said) = with(&["--rate", "30", "--slo", "p99<30s,errors<0.1%,rate>10"]);
    assert_eq!(code, 0, "{said}");
    assert!(report["thresholds"].as_array().unwrap().iter().all(|it| it["kept"] == true), "{said}");
    let (code, report, said) = with(&["--rate", "30", "--slo", "rate>1000"]);
    // A machine so busy that the tool was the limit may not call it the target's fault.
    let expected = if report["validity"]["valid"] == true { 5 } else { 4 };
    assert_eq!((code, &report["thresholds"][0]["kept"]), (expected, &false.into()), "{said}");
    // Whatever this machine holds, twice 40 a second is all that may be asked for.
    let (code, report, said) = with(&["--rate", "20", "--max-rps", "40", "--search", "--slo", "p99<30s"]);
    let trials = report["search"]["trials"].as_array().unwrap();
    // A machine that stands still for a moment holds less; what was held every time must be the end.
    let held = trials.iter().all(|it| it["held"] == true);
    assert!(!held || (code == 0 && report["search"]["best"] == 40.0), "{code} {said}");
    assert!(trials.iter().all(|it| it["rate"].as_f64().unwrap() <= 40.0), "{said}");
}

#[test]
fn steps_ramps_closed_loops_and_bounds_are_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let short = ["--workload", "read-by-id", "--population", "10"];
    let with = |more: &[&str]| load(folder.path(), &[&short, more].concat());
    let offered = |report: &Value| -> Vec<u64> {
        report["series"].as_array().unwrap().iter().map(|it| it["offered"].as_u64().unwrap()).collect()
    };
    let (code, report, said) = with(&["--rate", "10,30", "--duration", "2s", "--warm-up", "0s"]);
    assert_eq!((code, &offered(&report)[..2]), (0, &[10, 30][..]), "{said}");
    let (code, report, said) = with(&["--rate", "0..40", "--duration", "2s", "--warm-up", "0s"]);
    assert_eq!((code, &offered(&report)[..2]), (0, &[10, 30][..]), "{said}");
    let (code, report, said) = with(&["--rate", "50", "--duration", "2s", "--max-requests", "17"]);
    assert_eq!((code, &report["requests"]), (0, &17.into()), "{said}");
    // Whoever set the bound is not told that requests are missing.
    assert!(!said.contains("requests a second were sent"), "{said}");
    let (code, report, said) = with(&["--users", "3", "--think", "100ms", "--duration", "1s"]);
    let requests = report["requests"].as_u64().unwrap();
    // Three clients that think a tenth of a second send at the most 30 in a second, and the last ones.
    assert!(code == 0 && (3..=33).contains(&requests), "{requests}: {said}");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let rows: &[(&[&str], &str)] = &[
        (&["--rate", "0.1", "--duration", "1s"], "no request at all"),
        (&["--rate", "fast"], "180/min"),
        (&["--slo", "p98<1ms"], "there is no such threshold"),
        (&["--search"], "--slo"),
        (&["--workload", "mixed-dya"], "did you mean mixed-day?"),
        (&["--workload", "none.toml"], "cannot be read"),
        (&["--rate", "100", "--max-rps", "10"], "--max-rps"),
        (&["--users", "3", "--rate", "10"], "cannot be used with"),
        (&["--max-users", "5"], "--max-users"),
    ];
    for (arguments, expected) in rows {
        let it = end(&mut scimproof(folder.path(), &[&["load"], *arguments].concat()));
        assert_eq!((it.code, it.stdout.as_str()), (2, ""), "{arguments:?}: {}", it.stderr);
        assert!(it.stderr.contains(expected), "{arguments:?}: {}", it.stderr);
    }
}

#[test]
fn the_users_of_a_load_are_bounded_and_all_of_them_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &["--token", TOKEN]);
    let file = folder.path().join("mine.toml");
    let text = "title = \"t\"\nevidence = \"none\"\nrate = 100.0\n[population]\nusers = 4\n\
                create-user = \"okta/create-user\"\n[[journey]]\nname = \"new\"\nweight = 9\non = \"new-user\"\n\
                steps = [{ call = \"okta/create-user\" }]\n[[journey]]\nname = \"read\"\nweight = 1\non = \"any-user\"\n\
                steps = [{ call = \"okta/read-user\" }]\n";
    std::fs::write(&file, text).unwrap();
    let target = ["--target", &server.url, "--token-env", "TEST_TOKEN"];
    let more = ["--workload", "mine.toml", "--duration", "1s", "--max-users", "9", "--max-rps", "200"];
    let (code, report, said) = load(folder.path(), &[&target[..], &more[..]].concat());
    assert_eq!((code, &report["leftovers"]), (0, &0.into()), "{said}");
    let created = report["operations"].as_array().unwrap().iter().find(|it| it["name"] == "create user").unwrap();
    assert_eq!(created["count"], 5, "{said}");
    let left = end(&mut scimproof(folder.path(), &[&["sweep", "--dry-run"], &target[..]].concat()));
    assert!(left.stdout.contains("0 found"), "{}", left.stdout);
}

/// Stops an endless load of creations by an engine, as soon as there are some: nothing of it may be left.
pub fn interrupt(engine: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &["--token", TOKEN]);
    let target = ["--target", &server.url, "--token-env", "TEST_TOKEN"];
    let endless = ["load", "--engine", engine, "--users", "4", "--workload", "create-only", "--duration", "1h"];
    let mut command = scimproof(folder.path(), &[&endless[..], &target, &["--population", "0"]].concat());
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while server.users() < 400 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&running, "INT");
    assert_eq!((running.wait().unwrap().code(), server.users()), (Some(130), 0), "{engine}");
}

#[test]
fn an_interrupted_load_removes_what_it_created() {
    interrupt("own");
}

#[test]
fn reports_of_one_load_are_compared_and_reports_of_two_are_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, rate) in [("a", "20"), ("b", "20"), ("c", "20"), ("d", "30")] {
        let arguments =
            ["load", "--workload", "read-by-id", "--rate", rate, "--duration", "500ms", "--population", "5"];
        let json = format!("{name}.json");
        let it = end(scimproof(folder.path(), &arguments).args(["--json", &json]));
        assert_eq!(it.code, 0, "{}", it.stderr);
        // A busy machine makes a run invalid, which is refused for itself.
        let text = std::fs::read_to_string(folder.path().join(&json)).unwrap();
        std::fs::write(folder.path().join(&json), text.replace("\"valid\": false", "\"valid\": true")).unwrap();
    }
    let compare = |before: &str, after: &str| {
        end(&mut scimproof(
            folder.path(),
            &["compare", "--before", before, "a.json", "b.json", "--after", after, "c.json", "b.json"],
        ))
    };
    let it = compare("c.json", "a.json");
    assert!(it.code == 0 && it.stdout.contains("response p99, ms"), "{}{}", it.stdout, it.stderr);
    assert!(it.stdout.contains("no difference seen"), "{}", it.stdout);
    let it = compare("c.json", "d.json");
    assert!(it.code == 2 && it.stderr.contains("differ in their arrivals"), "{}", it.stderr);
    std::fs::write(folder.path().join("e.json"), "{}").unwrap();
    let it = compare("e.json", "a.json");
    assert!(it.code == 2 && it.stderr.contains("no report of a load"), "{}", it.stderr);
}

/// A server on a runtime of its own: HTTP/2, or TLS with a certificate that only `--cacert` knows.
pub fn foreign(http2: bool, tls: bool, folder: &Path) -> String {
    use scimproof::server::{Auth, Server};
    use scimproof::store::MemoryStore;
    use scimproof::wire::Secret;

    let profile = scimproof::profile::Profile::named("rfc").unwrap();
    let base_path = profile.base_path.clone();
    let server = Arc::new(Server::new(profile, Arc::new(MemoryStore::new()), Auth::bearer(Secret::new(TOKEN))));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tls.then(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("ca.pem"), made.cert.pem()).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    });
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (server, acceptor) = (Arc::clone(&server), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => speak(stream, http2, server).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                speak(stream, http2, server).await;
                            }
                        }
                    }
                });
            }
        });
    });
    format!("{}://localhost:{port}{base_path}", if tls { "https" } else { "http" })
}

async fn speak<S>(stream: S, http2: bool, server: Arc<scimproof::server::Server>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    use http_body_util::{BodyExt as _, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use scimproof::wire::{Method, Request, Root};

    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let server = Arc::clone(&server);
        async move {
            let (head, body) = request.into_parts();
            let bytes = body.collect().await?.to_bytes();
            let authority = head.uri.authority().map(|it| ("host".to_owned(), it.to_string()));
            let named = head.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
            let request = Request {
                root: Root::Scim,
                method: Method::from_word(head.method.as_str()),
                target: head.uri.path_and_query().unwrap().to_string(),
                headers: named.chain(authority).collect(),
                body: (!bytes.is_empty()).then(|| bytes.to_vec()),
            };
            let answer = server.handle(request);
            let mut response = hyper::Response::new(Full::new(bytes::Bytes::from(answer.body)));
            *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap();
            Ok::<_, hyper::Error>(response)
        }
    });
    let io = TokioIo::new(stream);
    if http2 {
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
    } else {
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    }
}

#[test]
fn http_2_and_tls_carry_the_same_load() {
    for (http2, tls) in [(true, false), (false, true), (true, true)] {
        let folder = tempfile::tempdir().unwrap();
        let url = foreign(http2, tls, folder.path());
        let mut arguments = vec!["--target", &url, "--token-env", "TEST_TOKEN", "--rate", "40", "--duration", "1s"];
        arguments.extend(["--population", "10", "--profile", "rfc"]);
        if http2 {
            arguments.push("--http2");
        }
        if tls {
            arguments.extend(["--cacert", "ca.pem"]);
        }
        let (code, report, said) = load(folder.path(), &arguments);
        assert_eq!((code, &report["requests"], &report["total"]["errors"]), (0, &40.into(), &0.into()), "{said}");
    }
}

//! The driver beside other load tools, in interleaved rounds against one server: requests a second and CPU time per request of
//! the tool. `cargo bench --bench load`; wrk and oha take part where they are installed, goose with `--features goose`.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench may fail loudly")]

mod common;

use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Server, TOKEN, load, measures, median};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;

/// Interleaved rounds; medians are printed.
const ROUNDS: usize = 5;

/// How long each tool sends in a round, seconds.
const SECONDS: u64 = 3;

/// What one tool did in one round.
#[derive(Clone, Copy)]
struct Shot {
    rate: f64,
    /// Microseconds of CPU for each request, of the tool alone.
    cpu: f64,
}

/// The tools: their name, and how one of them sends `GET` of one user for some seconds with 64 connections.
type Tool = (&'static str, fn(&Server, &str) -> Option<Shot>);

const TOOLS: [Tool; 5] =
    [("scimproof", ours), ("wrk", wrk), ("oha", oha), ("bare hyper client", bare), ("scimproof's goose", goose)];

/// User and system time of the children that have ended, microseconds (`/proc/self/stat`, in clock ticks of 10 ms).
fn children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(13) + ticks(14)) * 10_000.0
}

fn installed(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    there.is_ok()
}

fn ours(server: &Server, _: &str) -> Option<Shot> {
    engine(server, "own")
}

fn goose(server: &Server, _: &str) -> Option<Shot> {
    cfg!(feature = "goose").then(|| engine(server, "goose")).flatten()
}

fn engine(server: &Server, name: &str) -> Option<Shot> {
    let before = children();
    let time = format!("{SECONDS}s");
    let sent = ["--workload", "read-by-id", "--users", "64", "--duration", &time, "--population", "1"];
    let flags = [&sent[..], &["--warm-up", "0s", "--engine", name]].concat();
    let report = load(&["taskset", "-c", "1"], &server.url, &flags);
    assert_eq!(report["total"]["errors"], 0, "{report}");
    let requests = report["requests"].as_f64()?;
    Some(Shot { rate: requests / SECONDS as f64, cpu: (children() - before) / requests })
}

fn wrk(_: &Server, user: &str) -> Option<Shot> {
    if !installed("wrk") {
        return None;
    }
    let before = children();
    let output = Command::new("taskset")
        .args([
            "-c",
            "1",
            "wrk",
            "-t1",
            "-c64",
            &format!("-d{SECONDS}s"),
            "-H",
            &format!("Authorization: Bearer {TOKEN}"),
            user,
        ])
        .output()
        .expect("wrk runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let requests: f64 =
        text.lines().find(|line| line.contains(" requests in "))?.split_whitespace().next()?.parse().ok()?;
    Some(Shot { rate: requests / SECONDS as f64, cpu: (children() - before) / requests })
}

fn oha(_: &Server, user: &str) -> Option<Shot> {
    if !installed("oha") {
        return None;
    }
    let before = children();
    let output = Command::new("taskset")
        .args(["-c", "1", "oha", "--no-tui", "-c", "64", "-z", &format!("{SECONDS}s"), "--output-format", "json"])
        .args(["-H", &format!("Authorization: Bearer {TOKEN}"), user])
        .output()
        .expect("oha runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let rate = report["summary"]["requestsPerSec"].as_f64()?;
    Some(Shot { rate, cpu: (children() - before) / (rate * SECONDS as f64) })
}

/// 64 connections of hyper on one thread that look at nothing: what the driver is built on.
fn bare(_: &Server, user: &str) -> Option<Shot> {
    let output = Command::new("taskset")
        .args(["-c", "1"])
        .arg(std::env::current_exe().expect("this bench"))
        .args(["--bare", user])
        .output()
        .expect("this bench runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace();
    let requests: f64 = words.next()?.parse().ok()?;
    let cpu: f64 = words.next()?.parse().ok()?;
    Some(Shot { rate: requests / SECONDS as f64, cpu: cpu / requests })
}

#[expect(clippy::print_stdout, reason = "it tells its parent")]
fn bare_child(user: &str) {
    let url: hyper::Uri = user.parse().expect("a URL");
    let address = url.authority().expect("an authority").to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let local = tokio::task::LocalSet::new();
    let requests: u64 = local.block_on(&runtime, async {
        let end = tokio::time::Instant::now() + Duration::from_secs(SECONDS);
        let places: Vec<_> = (0..64)
            .map(|_| {
                let (url, address) = (url.clone(), address.clone());
                tokio::task::spawn_local(async move {
                    let stream = tokio::net::TcpStream::connect(&address).await.expect("a connection");
                    stream.set_nodelay(true).expect("an option");
                    let (mut sender, connection) =
                        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a handshake");
                    tokio::task::spawn_local(connection);
                    let mut count = 0;
                    while tokio::time::Instant::now() < end {
                        let request = hyper::Request::get(url.path())
                            .header("host", &address)
                            .header("authorization", format!("Bearer {TOKEN}"))
                            .body(Full::new(Bytes::new()))
                            .expect("a request");
                        let answer: hyper::Response<Incoming> = sender.send_request(request).await.expect("an answer");
                        answer.into_body().collect().await.expect("a body");
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let mut all = 0;
        for place in places {
            all += place.await.expect("a count");
        }
        all
    });
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(|it| it.parse().unwrap_or(0.0)).collect();
    println!("{requests} {}", (fields[11] + fields[12]) * 10_000.0);
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|it| it == "--bare") {
        return bare_child(&arguments[place + 1]);
    }
    if !measures() {
        return;
    }
    rustls::crypto::ring::default_provider().install_default().expect("no provider before this one");
    let server = Server::start(&["taskset", "-c", "0"], &["--profile", "rfc"]);
    let user = create(&server.url);
    let mut shots: Vec<Vec<Shot>> = vec![Vec::new(); TOOLS.len()];
    for _ in 0..ROUNDS {
        for (place, (_, tool)) in TOOLS.iter().enumerate() {
            shots[place].extend(tool(&server, &user));
        }
    }
    println!(
        "GET of one user, 64 connections, server on core 0, tool on core 1, {ROUNDS} rounds of {SECONDS} s; medians (least to most)"
    );
    let ratio = |place: usize, pick: fn(&Shot) -> f64| -> Option<f64> {
        let pairs = shots[place].iter().zip(&shots[1]).map(|(it, wrk)| pick(it) / pick(wrk)).collect::<Vec<_>>();
        (!pairs.is_empty()).then(|| median(pairs))
    };
    for (place, (name, _)) in TOOLS.iter().enumerate() {
        if shots[place].is_empty() {
            println!("{name:<20} is not here");
            continue;
        }
        let rates: Vec<f64> = shots[place].iter().map(|it| it.rate).collect();
        let (low, high) = (rates.iter().copied().fold(f64::MAX, f64::min), rates.iter().copied().fold(0.0, f64::max));
        let cpu = median(shots[place].iter().map(|it| it.cpu).collect());
        let beside = match (ratio(place, |it| it.rate), ratio(place, |it| it.cpu)) {
            (Some(rate), Some(cpu)) => format!("{rate:.2} of wrk's rate, {cpu:.2} of its CPU per request"),
            _ => String::new(),
        };
        println!(
            "{name:<20} {:>9.0}/s ({low:.0} to {high:.0})  {cpu:>6.1} us CPU per request  {beside}",
            median(rates)
        );
    }
}

/// Creates a user; its URL.
fn create(base: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let body = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.test","name":{"givenName":"Ada","familyName":"Load"},"emails":[{"primary":true,"value":"ada@example.test","type":"work"}],"displayName":"Ada Load","locale":"en-US","externalId":"ada","active":true}"#;
    runtime.block_on(async {
        let client = reqwest::Client::new();
        let request =
            client.post(format!("{base}/Users")).bearer_auth(TOKEN).header("Content-Type", "application/scim+json");
        let answer = request.body(body).send().await.expect("an answer");
        let user: serde_json::Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        format!("{base}/Users/{}", user["id"].as_str().expect("an id"))
    })
}

//! How long the main job takes against what its requests cost at the least: wall time of `scimproof run` over requests
//! times a bare sequential round trip on the same socket, in interleaved rounds. `cargo bench --bench run`.

#![expect(clippy::expect_used, reason = "a bench may fail loudly")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Interleaved rounds; the medians are printed.
const ROUNDS: usize = 5;

/// Bare round trips in a round.
const TRIPS: u32 = 500;

/// Added by the goal to twice the bare time: what a process and its report cost.
const FIXED: Duration = Duration::from_millis(100);

const TOKEN: &str = "bench-token";

struct Server(Child, String);

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scimproof"))
            .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("a first line");
        Self(child, line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().expect("the server is there");
        self.0.wait().expect("the server ends");
    }
}

/// Wall time of a run, and how many requests it sent.
fn run(url: &str) -> (Duration, u32) {
    let json = std::env::temp_dir().join(format!("scimproof-bench-{}.json", std::process::id()));
    let begin = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_scimproof"))
        .args(["run", "--target", url, "--token-env", "BENCH_TOKEN", "--json"])
        .arg(&json)
        .env("BENCH_TOKEN", TOKEN)
        .output()
        .expect("scimproof runs");
    let took = begin.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&json).expect("the report is written")).expect("the report is JSON");
    std::fs::remove_file(&json).expect("the report can be removed");
    let exchanges = report["summary"]["exchanges"].as_u64().expect("a count of exchanges");
    (took, u32::try_from(exchanges).expect("a small count"))
}

/// The mean of sequential round trips over one connection.
async fn bare(url: &str) -> Duration {
    let client = reqwest::Client::new();
    let get = || client.get(format!("{url}/Users?startIndex=1&count=1")).bearer_auth(TOKEN).send();
    get().await.expect("an answer");
    let begin = Instant::now();
    for _ in 0..TRIPS {
        get().await.expect("an answer").bytes().await.expect("a body");
    }
    begin.elapsed() / TRIPS
}

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a bench prints what it measured")]
fn main() {
    // `cargo test --benches` starts benches too; they measure only when `cargo bench` says so.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    rustls::crypto::ring::default_provider().install_default().expect("no provider before this one");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = Server::start();
    run(&server.1);
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (runtime.block_on(bare(&server.1)), run(&server.1))).collect();
    let trip = median(rounds.iter().map(|(trip, _)| *trip).collect());
    let wall = median(rounds.iter().map(|(_, (wall, _))| *wall).collect());
    let exchanges = rounds[0].1.1;
    let sequential = trip * exchanges;
    let ms = |time: Duration| time.as_millis();
    println!("run: {exchanges} requests in {} ms; a bare sequential round trip {} us", ms(wall), trip.as_micros());
    println!(
        "ratio: {:.2} of requests x round trip ({} ms); goal: at most 2.0, and {} ms more, that is {} ms",
        wall.as_secs_f64() / sequential.as_secs_f64(),
        ms(sequential),
        ms(FIXED),
        ms(sequential * 2 + FIXED)
    );
}

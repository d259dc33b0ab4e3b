//! Are the percentiles of `load` true where the server stands still? The bundled server stalls for 1 s in every 10 and says so;
//! from its words and the schedule it is computed what p95 and p99 must be. It wants a machine for itself, so `.ci/run` starts
//! it alone, with the binary that is handed out (`SCIMPROOF_BINARY`).

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::process::TOKEN;

/// Requests a second that are asked for.
const RATES: [u32; 2] = [500, 2000];

/// How long each load is, seconds: two stalls, wherever it begins.
const SECONDS: u32 = 20;

/// How far a figure may be off.
const OFF: f64 = 0.1;

/// The part of the asked requests that must be sent.
const SENT: f64 = 0.95;

/// A machine that is busy with something else may say so twice.
const TRIES: usize = 3;

/// A stall as the server says it, milliseconds since 1970.
struct Stall {
    from: f64,
    to: f64,
    /// Requests a millisecond that came through afterwards.
    speed: f64,
}

/// `stalled from A to B (milliseconds since 1970); N requests came through in the 50 ms after`
fn stalls(said: &str) -> Vec<Stall> {
    let numbers = |line: &str| -> Vec<f64> {
        line.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|word| word.parse().ok()).collect()
    };
    let said = said.lines().filter(|line| line.starts_with("stalled from")).map(numbers);
    said.map(|it| Stall { from: it[0], to: it[1], speed: it[3] / it[4] }).collect()
}

/// What each request must wait, milliseconds: until the end of the stall that it fell into, and then its turn in the backlog.
fn truth(began: f64, rate: u32, stalls: &[Stall]) -> Vec<f64> {
    let mut free = 0.0_f64;
    let wait = |n: u32| {
        let start = began + f64::from(n) * 1000.0 / f64::from(rate);
        let caught = stalls.iter().find(|stall| start >= stall.from && start < stall.to);
        let last = stalls.iter().rev().find(|stall| start >= stall.from);
        let can = caught.map_or(start, |stall| stall.to).max(free);
        free = if can > start { can + last.map_or(0.0, |stall| 1.0 / stall.speed) } else { start };
        free - start
    };
    (0..rate * SECONDS).map(wait).collect()
}

fn at(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * percent / 100.0).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

fn binary() -> String {
    std::env::var("SCIMPROOF_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_scimproof").to_owned())
}

/// A load against a server that stalls: its report, and what the server said.
fn played(rate: u32) -> (Value, String) {
    let mut server = Command::new(binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN, "--profile", "rfc", "--fault", "stands-still"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let output = Command::new(binary())
        .args(["load", "--target", url.trim(), "--token-env", "TEST_TOKEN", "--workload", "read-by-id", "--json", "-"])
        .args([
            "--rate",
            &rate.to_string(),
            "--duration",
            &format!("{SECONDS}s"),
            "--warm-up",
            "0s",
            "--population",
            "50",
        ])
        .env("TEST_TOKEN", TOKEN)
        .output()
        .unwrap();
    server.kill().unwrap();
    let mut said = String::new();
    server.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    server.wait().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    (report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))), said)
}

/// What is wrong with the figures of one load.
#[expect(clippy::print_stdout, reason = "the figures are quoted in docs")]
fn wrong(rate: u32) -> Vec<String> {
    let (report, said) = played(rate);
    let stalls = stalls(&said);
    assert!(stalls.len() >= 2, "the server said no two stalls:\n{said}");
    let truth = truth(report["began_ms"].as_f64().unwrap(), rate, &stalls);
    let sent = report["requests"].as_f64().unwrap() / f64::from(rate * SECONDS);
    let mut wrong = Vec::new();
    if sent < SENT {
        wrong.push(format!("{rate}/s: {sent:.3} of the asked requests were sent"));
    }
    for (name, percent) in [("p95", 95.0), ("p99", 99.0)] {
        let computed = at(&truth, percent);
        let reported = report["total"]["response_ms"][name].as_f64().unwrap();
        let off = reported / computed - 1.0;
        let line =
            format!("{rate}/s {name}: computed {computed:.1} ms, reported {reported:.1} ms, {:+.1} %", off * 100.0);
        println!("{line}, {sent:.3} of the asked requests sent");
        if off.abs() > OFF {
            wrong.push(line);
        }
    }
    wrong
}

#[test]
#[ignore = "it wants a machine for itself: .ci/run starts it alone"]
fn percentiles_of_a_server_that_stalls_are_those_that_are_computed() {
    for rate in RATES {
        let mut tries = Vec::new();
        while tries.len() < TRIES && tries.last().is_none_or(|wrong: &Vec<String>| !wrong.is_empty()) {
            tries.push(wrong(rate));
        }
        assert!(tries.last().is_some_and(Vec::is_empty), "{tries:?}");
    }
}

//! What the benches share: a server of this binary on a free port, the report of a load, medians.

#![allow(dead_code, reason = "every bench takes its own part")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// The token of the servers that benches start.
pub const TOKEN: &str = "bench-token";

/// A server, ended with the bench.
pub struct Server {
    child: Child,
    /// Its base URL.
    pub url: String,
    said: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    /// `serve` with these flags; `before` are words in front of the command, such as `taskset -c 0`.
    pub fn start(before: &[&str], flags: &[&str]) -> Self {
        let words =
            [before, &[env!("CARGO_BIN_EXE_scimproof"), "serve", "--listen", "127.0.0.1:0", "--token", TOKEN], flags]
                .concat();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("a first line");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said);
            said
        });
        Self { child, url: line.trim().to_owned(), said: Some(said) }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it and answers what it said on stderr.
    pub fn end(mut self) -> String {
        self.child.kill().expect("the server is there");
        self.child.wait().expect("the server ends");
        self.said.take().and_then(|said| said.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `load` against a server and reads its JSON report.
pub fn load(before: &[&str], url: &str, flags: &[&str]) -> serde_json::Value {
    let words =
        [before, &[env!("CARGO_BIN_EXE_scimproof"), "load", "--target", url, "--token-env", "BENCH_TOKEN"], flags]
            .concat();
    let output = Command::new(words[0])
        .args(&words[1..])
        .args(["--json", "-"])
        .env("BENCH_TOKEN", TOKEN)
        .stderr(Stdio::piped())
        .output()
        .expect("scimproof runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The value in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// `cargo test --benches` starts benches too; they measure only when `cargo bench` says so.
pub fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

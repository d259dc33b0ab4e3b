//! What is measured: `scimproof serve` and a bare hyper server, each a process of its own on core 0, and what each used
//! of the processor and of memory.

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

pub const TOKEN: &str = "bench-token-0123456789";
/// Set for the process that is the bare hyper server: the body that it answers.
pub const BARE: &str = "SCIMPROOF_BENCH_BARE";
/// Another build of scimproof to measure in place of this one.
const BINARY: &str = "SCIMPROOF_BENCH_BINARY";

/// A server on `127.0.0.1`.
pub struct Arm {
    child: Child,
    /// `127.0.0.1:port`
    pub host: String,
    /// The path below which SCIM is served.
    pub base: String,
}

/// A command on one core, where `taskset` is there to pin it.
pub fn pinned(core: &str, program: &str) -> Command {
    let there = Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core, program]);
    command
}

impl Arm {
    /// `scimproof serve` on a store.
    pub fn scim(store: &str) -> Self {
        let program = std::env::var(BINARY).unwrap_or_else(|_| env!("CARGO_BIN_EXE_scimproof").to_owned());
        let mut command = pinned("0", &program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN, "--store", store]);
        Self::start(command)
    }

    /// A hyper server that answers every request with these bytes.
    pub fn bare(body: &str) -> Self {
        let own = std::env::current_exe().expect("this program has a path");
        let mut command = pinned("0", own.to_str().expect("a path in UTF-8"));
        command.env(BARE, body);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("a first line");
        let url = line.trim().strip_prefix("http://").expect("a base URL").to_owned();
        let (host, path) = url.split_once('/').unwrap_or((&url, ""));
        Self { child, host: host.to_owned(), base: format!("/{path}") }
    }

    /// Processor time used so far, seconds, user and system. Linux counts in hundredths.
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the server lives");
        let after_name = stat.rsplit_once(") ").expect("a name in brackets").1;
        let ticks = |place: usize| after_name.split(' ').nth(place).and_then(|field| field.parse::<f64>().ok());
        (ticks(11).expect("utime") + ticks(12).expect("stime")) / 100.0
    }

    /// Memory of its own now and at the most so far, MiB: `RssAnon` (without the pages of files) and `VmHWM`.
    pub fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server lives");
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).expect("a line of that name");
            line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") / 1024
        };
        (field("RssAnon:"), field("VmHWM:"))
    }
}

impl Drop for Arm {
    fn drop(&mut self) {
        self.child.kill().expect("the server is there");
        self.child.wait().expect("the server ends");
    }
}

/// The process of [`Arm::bare`]: one thread, an answer with as many headers as a SCIM answer, nothing else.
#[expect(clippy::print_stdout, reason = "the first line is the address")]
pub fn serve_bare(body: String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}/", listener.local_addr().expect("an address"));
        let body = Bytes::from(body);
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.set_nodelay(true);
            let body = body.clone();
            let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
                let body = body.clone();
                async move {
                    // A POST is read to its end.
                    let _ = request.into_body().collect().await;
                    let response = hyper::Response::builder()
                        .header("content-type", "application/scim+json")
                        .header("location", "http://127.0.0.1:8080/scim/v2/Users/0e8ee3f1-1d11-4c32-a2b7-2b54c0f5cf3b")
                        .header("etag", "W/\"1\"")
                        .body(Full::new(body));
                    Ok::<_, Infallible>(response.expect("a response"))
                }
            });
            tokio::spawn(async move {
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

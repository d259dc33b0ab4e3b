//! A transport in front of the target's that answers what probes read: by a program on this machine, or by a URL on the
//! target's host outside SCIM. Everything else passes through.

mod sign_in;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::sign_in::Placed;
use crate::client::{Answer, Transport};
use crate::wire::{Failure, FailureKind, Redactor, Request, Response, Root};

/// Where a command's answer has the role.
pub const ROLE: &str = "/role";

/// The most that a command may say, bytes.
const MOST: u64 = 1 << 20;

/// Between two looks at a command that runs.
const TICK: Duration = Duration::from_millis(2);

/// What a probe reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A URL on the target's host, asked without credentials.
    Url {
        /// `https://example.com`
        origin: String,
        /// Path and query with placeholders.
        path: String,
    },
    /// What a program says.
    Command {
        /// The program and its arguments with placeholders.
        words: Vec<String>,
        /// JSON Pointer into what it says; without one, that is the role.
        pointer: Option<String>,
        /// How long it may take.
        timeout: Duration,
    },
}

/// A target with a probe.
pub struct Probed {
    /// The target.
    pub inner: Arc<dyn Transport>,
    /// What the probe of roles reads.
    pub role: Option<Source>,
    /// How a user signs in.
    pub login: Option<Placed>,
    /// How a token is asked about.
    pub token: Option<Placed>,
    /// Learns the passwords and tokens.
    pub redactor: Redactor,
}

/// The user that a request `/role?id=…&userName=…` is about, percent-encoded.
fn user(request: &Request) -> [(&'static str, &str); 2] {
    let value = |name: &str| {
        let mut pairs = request.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    };
    [("{id}", value("id")), ("{userName}", value("userName"))]
}

/// A text with the user in it.
pub(super) fn filled(text: &str, user: &[(&str, String)]) -> String {
    // In one pass: a value may look like a placeholder.
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match user.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

impl Probed {
    /// The URL's target with the user in it, as it is sent.
    fn target(path: &str, request: &Request) -> String {
        let target = filled(path, &user(request).map(|(name, value)| (name, value.to_owned())));
        if target.starts_with('/') { target } else { format!("/{target}") }
    }
}

/// A program's words with the user in them. The target chose some of it, and none may become an option of the program.
fn words(words: &[String], user: &[(&str, String)]) -> Result<Vec<String>, Failure> {
    let filled: Vec<String> = words.iter().map(|word| filled(word, user)).collect();
    let option = words.iter().zip(&filled).any(|(word, it)| !word.starts_with('-') && it.starts_with('-'));
    if option {
        return Err(failure(FailureKind::Unsent, "the user's id or name would be an option of the probe"));
    }
    Ok(filled)
}

/// Runs a program beside everything else.
async fn run(words: Vec<String>, input: Option<String>, timeout: Duration) -> Result<String, Failure> {
    let said = tokio::task::spawn_blocking(move || say(&words, input, timeout)).await;
    said.map_err(|_| failure(FailureKind::Broken, "the probe broke off"))?
}

/// An answer in JSON.
fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response { body: body.to_string().into_bytes(), ..Response::new(status) };
    response.headers.push("Content-Type", "application/json");
    response
}

impl Transport for Probed {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        if request.root != Root::Probe {
            return self.inner.send(request);
        }
        match (request.path(), &self.role, &self.login, &self.token) {
            ("/login", _, Some(login), _) => Box::pin(self.sign_in(login, request)),
            ("/token", _, _, Some(token)) => Box::pin(self.ask(token, request)),
            ("/role", Some(Source::Url { origin, path }), ..) => {
                let root = Root::At(origin.clone());
                let there = Request { root, target: Self::target(path, request), ..request.clone() };
                Box::pin(async move { self.inner.send(&there).await })
            }
            ("/role", Some(Source::Command { words: template, pointer, timeout }), ..) => {
                let user = user(request)
                    .map(|(name, value)| (name, percent_decode_str(value).decode_utf8_lossy().into_owned()));
                Box::pin(async move {
                    let said = run(words(template, &user)?, None, *timeout).await?;
                    Ok(answer(200, &json!({"role": role(&said, pointer.as_deref())?})))
                })
            }
            _ => self.inner.send(request),
        }
    }

    fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    fn admin_url(&self) -> Option<&str> {
        self.inner.admin_url()
    }

    fn url(&self, request: &Request) -> String {
        match (&request.root, request.path(), &self.role) {
            (Root::Probe, "/role", Some(Source::Url { origin, path })) => {
                format!("{origin}{}", Self::target(path, request))
            }
            _ => self.inner.url(request),
        }
    }
}

fn failure(kind: FailureKind, reason: impl Into<String>) -> Failure {
    Failure { kind, reason: reason.into() }
}

/// The role in what a program said.
fn role(said: &str, pointer: Option<&str>) -> Result<Value, Failure> {
    let Some(pointer) = pointer else { return Ok(Value::from(said.trim())) };
    let value: Value = serde_json::from_str(said)
        .map_err(|_| failure(FailureKind::Broken, "the probe's command said something that is no JSON"))?;
    Ok(value.pointer(pointer).cloned().unwrap_or(Value::Null))
}

/// Runs a program to its end and gives what it said. What it says on stderr may be a secret, so nobody sees it.
fn say(words: &[String], input: Option<String>, timeout: Duration) -> Result<String, Failure> {
    let broken = |reason: String| failure(FailureKind::Broken, reason);
    let (program, arguments) = words.split_first().ok_or_else(|| broken("the probe has no program".to_owned()))?;
    let mut command = Command::new(program);
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| broken(format!("the probe's command does not start: {error}")))?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that does not care to read it is no error.
        std::thread::spawn(move || drop(stdin.write_all(format!("{input}\n").as_bytes())));
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // Beside the waiting: a full pipe would stop the program.
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(MOST).read_to_end(&mut bytes);
            sender.send(read.map(|_| bytes))
        });
    }
    let end = Instant::now() + timeout;
    let late = || failure(FailureKind::Timeout, format!("the probe's command took longer than {timeout:?}"));
    let status = loop {
        let ended = child.try_wait().map_err(|error| broken(format!("the probe's command is lost: {error}")))?;
        if let Some(status) = ended {
            break status;
        }
        if Instant::now() >= end {
            // Whether it could be stopped or was just over makes no difference.
            let _ = child.kill().and_then(|()| child.wait());
            return Err(late());
        }
        std::thread::sleep(TICK);
    };
    if !status.success() {
        return Err(broken(format!("the probe's command failed: {status}")));
    }
    let said = receiver.recv_timeout(end.saturating_duration_since(Instant::now())).map_err(|_| late())?;
    let said = said.map_err(|error| broken(format!("the probe's command cannot be read: {error}")))?;
    String::from_utf8(said).map_err(|_| broken("the probe's command said something that is no text".to_owned()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::client::{Auth, BaseUrl, InProcess};
    use crate::wire::Method;

    fn probed(source: Source) -> Probed {
        let handler = |request: Request| Response { body: request.target.into_bytes(), ..Response::new(200) };
        let base = BaseUrl::parse("http://h/scim/v2").unwrap();
        let inner = Arc::new(InProcess::new(base, Auth::None, Arc::new(handler)));
        Probed { inner, role: Some(source), login: None, token: None, redactor: Redactor::default() }
    }

    fn request(id: &str) -> Request {
        let target = format!("/role?id={id}&userName=erika%20%7Bid%7D");
        Request { root: Root::Probe, ..Request::new(Method::Get, target) }
    }

    fn command(script: &str, pointer: Option<&str>) -> Source {
        let words = ["sh", "-c", script, "probe", "{id}", "{userName}"].map(str::to_owned).to_vec();
        Source::Command { words, pointer: pointer.map(str::to_owned), timeout: Duration::from_millis(1500) }
    }

    #[tokio::test]
    async fn a_command_gives_a_role_or_none() {
        let rows = [
            ("echo ADMIN", None, json!("ADMIN")),
            ("printf '%s|%s' \"$1\" \"$2\"", None, json!("7|erika {id}")),
            (":", None, json!("")),
            ("echo '{\"user\": {\"role\": \"VIEWER\"}}'", Some("/user/role"), json!("VIEWER")),
            ("echo '{\"user\": {}}'", Some("/user/role"), Value::Null),
        ];
        for (script, pointer, expected) in rows {
            let response = probed(command(script, pointer)).send(&request("7")).await.unwrap();
            assert_eq!(response.json().unwrap()["role"], expected, "{script}");
        }
    }

    #[tokio::test]
    async fn a_command_that_fails_is_no_answer() {
        let rows = [
            ("exit 3", None, "7", FailureKind::Broken, "exit status: 3"),
            ("echo ADMIN", Some("/role"), "7", FailureKind::Broken, "no JSON"),
            ("sleep 30", None, "7", FailureKind::Timeout, "took longer"),
            ("sleep 30 &", None, "7", FailureKind::Timeout, "took longer"),
            ("echo ADMIN", None, "-rf", FailureKind::Unsent, "option"),
        ];
        for (script, pointer, id, kind, reason) in rows {
            let failure = probed(command(script, pointer)).send(&request(id)).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{script}");
            assert!(failure.reason.contains(reason), "{}", failure.reason);
        }
        let words = ["/no/such/program".to_owned(), "{id}".to_owned()].to_vec();
        let source = Source::Command { words, pointer: None, timeout: Duration::from_secs(1) };
        assert!(probed(source).send(&request("7")).await.unwrap_err().reason.contains("does not start"));
    }

    #[tokio::test]
    async fn a_url_is_asked_on_the_targets_host_and_the_rest_passes() {
        let source = Source::Url { origin: "http://h".into(), path: "/roles/{id}?of={userName}".into() };
        let transport = probed(source);
        let (ours, other) = (request("a%2Fb"), Request::new(Method::Get, "/Users"));
        let target = "/roles/a%2Fb?of=erika%20%7Bid%7D";
        assert_eq!(transport.send(&ours).await.unwrap().body, target.as_bytes());
        assert_eq!(transport.url(&ours), format!("http://h{target}"));
        assert_eq!(transport.send(&other).await.unwrap().body, b"/scim/v2/Users");
    }
}

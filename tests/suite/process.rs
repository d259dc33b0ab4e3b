//! Runs the built binary: as a command that ends, and as a server that is stopped when the test is over.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The token of the servers that tests start.
pub const TOKEN: &str = "test-token-0001";

/// A command in a folder, with an environment that holds nothing of the caller's but the path.
pub fn scimproof(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimproof"));
    command.args(arguments).current_dir(folder).env_clear().env("TEST_TOKEN", TOKEN).stdin(Stdio::null());
    for name in ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What a command gave.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end.
pub fn end(command: &mut Command) -> Ended {
    ended(command.output().unwrap())
}

/// Reads an output.
pub fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `scimproof serve` on a free port.
pub struct Served {
    pub child: Child,
    pub url: String,
}

impl Served {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::from(scimproof(folder, &["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts a command and reads the first line of its stdout.
    pub fn from(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, url: line.trim_end().to_owned() }
    }

    /// `GET` with the token; status and body.
    pub fn get(&self, path: &str, token: &str) -> (u16, String) {
        self.send("GET", path, token, "")
    }

    /// A request with the token; status and body.
    pub fn send(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
        let rest = self.url.strip_prefix("http://").unwrap();
        let (host, base) = rest.split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!(
            "{method} /{base}{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        (text[9..12].parse().unwrap(), text.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// How many users the server holds.
    pub fn users(&self) -> u64 {
        let (_, body) = self.get("/Users?count=0", TOKEN);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        json["totalResults"].as_u64().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by name.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// A scenario that creates a user and expects that status.
pub fn scenario(status: u16) -> String {
    format!(
        r#"title = "A user is created"
tags = ["mine"]

[[step]]
name = "create"
send = "POST /Users"
body = '''{{ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{{{ person.identifier }}}}" }}'''
expect = [{{ req = "RFC7644-3.3-6", status = {status} }}]
save = {{ user = "id" }}

[[step]]
name = "read"
send = "GET /Users/{{{{ user }}}}"
expect = [{{ req = "RFC7644-3.1-8", at = "userName", present = true }}]
"#
    )
}

/// A folder with one scenario that passes against the bundled server, or fails.
pub fn scenarios(passes: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/create.toml"), scenario(if passes { 201 } else { 418 })).unwrap();
    folder
}

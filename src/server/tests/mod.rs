//! Behaviour of the whole server by requests and answers, in memory and in SQLite.

mod access;
mod accounts;
mod admin;
mod bulk;
mod capabilities;
mod cursors;
mod devices;
mod discovery;
mod fresh;
mod listener;
mod oauth;
mod queries;
mod resources;
mod users;
mod versions;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::profile::Profile;
use crate::scim::address;
use crate::store::MemoryStore;
use crate::wire::{Headers, Secret};

/// A server with names for what was created in it.
struct World {
    server: Server,
    names: HashMap<String, String>,
    _folder: Option<tempfile::TempDir>,
}

/// One request with what must come back.
///
/// `send`: request line below the base path, then header lines. `{name}` in line, headers and body stands for a saved value.
struct Step {
    send: &'static str,
    body: &'static str,
    status: u16,
    /// Address and expected JSON text; `-` is absent, `#n` a number of values, `~x` a substring. `header:Name` is a header.
    want: &'static [(&'static str, &'static str)],
    /// Name and address of what to save.
    save: &'static [(&'static str, &'static str)],
}

const fn step(
    send: &'static str,
    body: &'static str,
    status: u16,
    want: &'static [(&'static str, &'static str)],
) -> Step {
    Step { send, body, status, want, save: &[] }
}

const fn keep(
    send: &'static str,
    body: &'static str,
    status: u16,
    save: &'static [(&'static str, &'static str)],
) -> Step {
    Step { send, body, status, want: &[], save }
}

/// The profile `rfc` with every switch at its default, and more text behind it.
fn rfc_with(more: &str) -> Profile {
    let text = include_str!("../../../fixtures/profiles/rfc.toml").split("[switches]").next().unwrap();
    Profile::parse(&format!("{text}\n{more}")).unwrap()
}

fn rfc() -> Profile {
    rfc_with("")
}

impl World {
    fn new(profile: Profile, auth: Auth) -> Self {
        Self { server: Server::new(profile, Arc::new(MemoryStore::new()), auth), names: HashMap::new(), _folder: None }
    }

    fn open() -> Self {
        Self::new(rfc(), Auth::anonymous())
    }

    fn of(profile: &str) -> Self {
        Self::new(rfc_with(profile), Auth::anonymous())
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&folder.path().join("scim.db")).unwrap());
        let server = Server::new(rfc(), store, Auth::anonymous());
        Self { server, names: HashMap::new(), _folder: Some(folder) }
    }

    fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn send(&self, send: &str, body: &str) -> Response {
        let send = self.fill(send);
        let mut lines = send.lines().map(str::trim);
        let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
        let base = if target.starts_with("!") { "" } else { "/scim/v2" };
        let target = target.trim_start_matches('!').replace(' ', "%20").replace('"', "%22");
        let mut request = Request::new(Method::from_word(method), format!("{base}{target}"));
        request.headers = Headers::from_iter([("Host", "scim.test")]);
        if !body.is_empty() {
            request.headers.push("Content-Type", "application/scim+json");
            request.body = Some(self.fill(body).into_bytes());
        }
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request.headers.set(name, value);
        }
        self.server.handle(request)
    }

    fn run(&mut self, steps: &[Step]) {
        for step in steps {
            let answer = self.send(step.send, step.body);
            let text = String::from_utf8(answer.body.clone()).unwrap();
            let place = format!("{} {}\n-> {} {:?}\n{text}", step.send, step.body, answer.status, answer.headers);
            assert_eq!(answer.status, step.status, "{place}");
            if answer.status >= 400 {
                let status = format!("\"{}\"", answer.status);
                for (at, wanted) in
                    [("status", status.as_str()), ("schemas", "~api:messages:2.0:Error"), ("detail", "~")]
                {
                    self.check(&answer, at, wanted, &place);
                }
            }
            let head = step.send.starts_with("HEAD");
            assert_eq!(answer.body.is_empty(), head || answer.headers.get("content-type").is_none(), "{place}");
            for (at, wanted) in step.want {
                self.check(&answer, at, wanted, &place);
            }
            for (name, at) in step.save {
                let value = match at.strip_prefix("header:") {
                    Some(header) => answer.headers.get(header).unwrap().to_owned(),
                    None => found(&answer, at)[0].as_str().unwrap().to_owned(),
                };
                self.names.insert((*name).into(), value);
            }
        }
    }

    fn check(&self, answer: &Response, at: &str, wanted: &str, place: &str) {
        let (at, wanted) = (self.fill(at), self.fill(wanted));
        let values = match at.strip_prefix("header:") {
            Some(header) => answer.headers.get(header).map(Value::from).into_iter().collect(),
            None => found(answer, &at),
        };
        let shown: Vec<String> = values.iter().map(ToString::to_string).collect();
        let holds = match wanted.split_at_checked(1) {
            Some(("-", "")) => values.is_empty(),
            Some(("#", count)) => values.len().to_string() == count,
            Some(("~", part)) => shown.iter().any(|text| text.contains(part)),
            _ => values.len() == 1 && values[0] == serde_json::from_str::<Value>(&wanted).unwrap(),
        };
        assert!(holds, "at {at} wanted {wanted}, got {shown:?}\n{place}");
    }
}

/// The values at an address; arrays are flattened, and an empty address is the whole body.
fn found(answer: &Response, at: &str) -> Vec<Value> {
    let Some(body) = answer.json() else { return Vec::new() };
    let values = address::find(&body, at).unwrap();
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    });
    flat.collect()
}

fn token() -> Secret {
    Secret::new("secret-token")
}

//! What a run created and must remove (law 8): learnt from the exchanges themselves, so that even a resource which a
//! faulty server should have refused is removed.

use serde_json::Value;

use crate::wire::{Exchange, Method, Root};

/// A resource to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    /// Its path below the base URL, `/Users/42`.
    pub path: String,
    /// The scenario that created it.
    pub scenario: String,
}

/// The resources that exist because of this run, in the order of their creation.
#[derive(Debug, Default)]
pub struct Ledger(Vec<Undo>);

/// What is no collection, though a `POST` there may answer with an id.
const NO_COLLECTIONS: [&str; 3] = ["/Bulk", "/.search", "/Me"];

/// Whether a path is that of a collection: `/Users`, `/Groups`, or that of a type which only this target has.
fn is_collection(path: &str) -> bool {
    path.len() > 1 && path.rfind('/') == Some(0) && !NO_COLLECTIONS.contains(&path)
}

impl Ledger {
    /// Learns from an exchange: a `POST` that answered 2xx with an id (also inside a bulk answer) adds a resource,
    /// a `DELETE` that answered 2xx, 404 or 410 removes it. Only the target's own SCIM base counts: what is made below
    /// another one goes with the organization that has it, by its `undo`.
    pub fn learn(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.response().filter(|_| exchange.request.root == Root::Scim) else {
            return;
        };
        let path = exchange.request.path();
        match exchange.request.method {
            Method::Post if response.is_success() && path == "/Bulk" => {
                let body = response.json().unwrap_or_default();
                let sent = exchange.request.body.as_deref();
                let request: Option<Value> = sent.and_then(|body| serde_json::from_slice(body).ok());
                for operation in body["Operations"].as_array().into_iter().flatten() {
                    let created = matches!(&operation["status"], Value::String(s) if s == "201")
                        || operation["status"]["code"] == "201";
                    let location = operation["location"].as_str().unwrap_or_default();
                    // Where it was sent names the collection, the last segment of its location the resource.
                    let sent = request.as_ref().and_then(|body| body["Operations"].as_array());
                    let path = operation["bulkId"].as_str().and_then(|id| {
                        sent?.iter().find(|sent| sent["bulkId"] == *id)?["path"]
                            .as_str()
                            .filter(|path| is_collection(path))
                    });
                    let known = ["/Users", "/Groups"].into_iter().find(|it| location.contains(&format!("{it}/")));
                    let id = location.rsplit_once('/').map(|(_, id)| id).filter(|id| !id.is_empty());
                    if let (true, Some(path), Some(id)) = (created, path.or(known), id) {
                        self.add(&format!("{path}/{id}"), &exchange.scenario);
                    }
                }
            }
            Method::Post if response.is_success() && is_collection(path) => {
                if let Some(id) = response.json().and_then(|body| body["id"].as_str().map(str::to_owned)) {
                    self.add(&format!("{path}/{}", encode_segment(&id)), &exchange.scenario);
                }
            }
            Method::Delete if response.is_success() || matches!(response.status, 404 | 410) => {
                self.0.retain(|undo| undo.path != path);
            }
            _ => {}
        }
    }

    /// Adds a resource that the run took over or created.
    pub fn add(&mut self, path: &str, scenario: &str) {
        if !self.0.iter().any(|undo| undo.path == path) {
            self.0.push(Undo { path: path.to_owned(), scenario: scenario.to_owned() });
        }
    }

    /// Takes what is to be removed, newest first.
    pub fn drain(&mut self) -> Vec<Undo> {
        let mut all = std::mem::take(&mut self.0);
        all.reverse();
        all
    }

    /// How many resources are there now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when nothing is left to remove.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Percent-encodes an id for use as one path segment.
#[must_use]
pub fn encode_segment(id: &str) -> String {
    const SEGMENT: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(id, &SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::{ExchangeId, Request, Response};

    fn exchange(method: Method, target: &str, status: u16, body: &str) -> Exchange {
        Exchange {
            id: ExchangeId("x#1".into()),
            scenario: "x".into(),
            step: "s".into(),
            started: Duration::ZERO,
            duration: Duration::ZERO,
            url: String::new(),
            request: Request::new(method, target),
            answer: Ok(Response { body: body.as_bytes().to_vec(), ..Response::new(status) }),
        }
    }

    #[test]
    fn what_was_created_is_removed_newest_first_and_only_once() {
        let mut ledger = Ledger::default();
        ledger.learn(&exchange(Method::Post, "/Users", 201, r#"{"id":"1"}"#));
        ledger.learn(&exchange(Method::Post, "/Users", 200, r#"{"id":"1"}"#));
        ledger.learn(&exchange(Method::Post, "/Groups", 201, r#"{"id":"a b"}"#));
        ledger.learn(&exchange(Method::Post, "/Users", 409, r#"{"id":"9"}"#));
        ledger.learn(&exchange(Method::Post, "/Users/.search", 200, r#"{"id":"9"}"#));
        ledger.learn(&exchange(
            Method::Post,
            "/Bulk",
            200,
            r#"{"Operations":[{"status":"201","location":"https://h/v2/Users/7"},{"status":"409","location":"https://h/v2/Users/8"}]}"#,
        ));
        assert_eq!(ledger.len(), 3);
        let mut bulk = exchange(
            Method::Post,
            "/Bulk",
            200,
            r#"{"Operations":[{"status":"201","bulkId":"d","location":"https://h/v2/Devices/4"}]}"#,
        );
        bulk.request.body = Some(br#"{"Operations":[{"bulkId":"d","path":"/Devices"}]}"#.to_vec());
        ledger.learn(&bulk);
        ledger.learn(&exchange(Method::Post, "/Devices", 201, r#"{"id":"3"}"#));
        ledger.learn(&exchange(Method::Post, "/Me", 201, r#"{"id":"9"}"#));
        assert_eq!(ledger.len(), 5);
        for root in [Root::Admin, Root::At("http://h/o/scim/v2".into())] {
            let mut elsewhere = exchange(Method::Post, "/Users", 201, r#"{"id":"5"}"#);
            elsewhere.request.root = root.clone();
            ledger.learn(&elsewhere);
            let mut gone = exchange(Method::Delete, "/Users/1", 204, "");
            gone.request.root = root;
            ledger.learn(&gone);
        }
        assert_eq!(ledger.len(), 5, "other bases are not this one");
        ledger.learn(&exchange(Method::Delete, "/Users/1", 204, ""));
        let paths: Vec<_> = ledger.drain().into_iter().map(|u| u.path).collect();
        assert_eq!(paths, ["/Devices/3", "/Devices/4", "/Users/7", "/Groups/a%20b"]);
        assert!(ledger.is_empty());
    }
}

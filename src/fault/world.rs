//! What a defect sees of the server behind it while it handles one request: the next one in line, its own notes, and
//! good credentials for questions of its own. It knows no defect.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::Layer;
use crate::profile::Profile;
use crate::server::Server;
use crate::wire::{Method, Request, Response, Root};

/// Most facts that a defect remembers; the oldest is forgotten first.
const NOTES: usize = 20_000;

/// What a defect remembers from request to request.
#[derive(Default)]
pub(super) struct Notes {
    facts: BTreeMap<String, Value>,
    order: VecDeque<String>,
}

impl Notes {
    fn set(&mut self, key: String, value: Value) {
        if self.facts.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
            if self.order.len() > NOTES
                && let Some(oldest) = self.order.pop_front()
            {
                self.facts.remove(&oldest);
            }
        }
    }
}

/// The honest server at the place that a request came to.
pub(super) struct Site<'a> {
    pub(super) server: &'a Server,
    /// The path of the SCIM base that the request came to, or the profile's.
    pub(super) base: String,
    pub(super) host: Option<String>,
    /// The `Authorization` values that the server was seen to accept, by base; the operator's under the empty one.
    pub(super) accepted: &'a Mutex<BTreeMap<String, String>>,
    /// The request's own.
    pub(super) authorization: Option<String>,
}

impl Site<'_> {
    /// The honest answer to a request whose target is below its root.
    fn answer(&self, mut request: Request) -> Response {
        let scim = request.root == Root::Scim;
        let operator = !scim && request.method == Method::Post && request.path() == "/admin/v1/organizations";
        if scim {
            request.target = format!("{}{}", self.base, request.target);
        }
        request.root = Root::Scim;
        let own = request.headers.get("Authorization").map(str::to_owned).filter(|_| scim || operator);
        let response = self.server.handle(request);
        let good = if scim { !matches!(response.status, 401 | 403 | 404) } else { response.is_success() };
        if let Some(own) = own.filter(|_| good) {
            let key = if scim { self.base.clone() } else { String::new() };
            lock(self.accepted).insert(key, own);
        }
        response
    }

    fn credentials(&self, root: &Root) -> Option<String> {
        let key = if *root == Root::Scim { self.base.as_str() } else { "" };
        lock(self.accepted).get(key).or(self.authorization.as_ref()).cloned()
    }
}

/// The server behind a defect, as it looks while one request is handled.
pub struct World<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) layer: &'a Layer,
    pub(super) below: &'a [Arc<Layer>],
}

impl World<'_> {
    /// The answer of what is behind: the next defect, at last the honest server.
    #[must_use]
    pub fn pass(&self, request: Request) -> Response {
        pass(self.site, self.below, request)
    }

    /// Asks below the SCIM base, with credentials that were good before.
    pub fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.ask_at(Root::Scim, "application/scim+json", method, path, body)
    }

    /// Asks the admin surface with the operator's credentials, once they were seen.
    pub fn ask_operator(&self, method: Method, target: &str, body: Option<Value>) -> Response {
        self.ask_at(Root::Admin, "application/json", method, target, body)
    }

    fn ask_at(&self, root: Root, media: &str, method: Method, target: &str, body: Option<Value>) -> Response {
        let mut request = Request::new(method, target);
        if let Some(good) = self.site.credentials(&root) {
            request.headers.set("Authorization", good);
        }
        request.root = root;
        request.headers.set("Content-Type", media);
        request.headers.set("Host", self.site.host.as_deref().unwrap_or("127.0.0.1"));
        request.body = body.map(|body| body.to_string().into_bytes());
        self.pass(request)
    }

    /// The resource at that path below the SCIM base; null if there is none.
    #[must_use]
    pub fn read(&self, path: &str) -> Value {
        self.ask(Method::Get, path, None).json().unwrap_or_default()
    }

    /// The users or groups that match.
    #[must_use]
    pub fn find(&self, endpoint: &str, filter: &str) -> Vec<Value> {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        let list = self.read(&format!("{endpoint}?{query}"));
        list["Resources"].as_array().cloned().unwrap_or_default()
    }

    /// An `Authorization` value that the server accepted at this base.
    #[must_use]
    pub fn credentials(&self) -> Option<String> {
        lock(self.site.accepted).get(&self.site.base).cloned()
    }

    /// The other SCIM bases at which credentials were accepted.
    #[must_use]
    pub fn elsewhere(&self) -> Vec<String> {
        let accepted = lock(self.site.accepted);
        accepted.keys().filter(|base| !base.is_empty() && **base != self.site.base).cloned().collect()
    }

    /// Looks at another SCIM base for a while.
    pub fn at<T>(&self, base: &str, look: impl FnOnce(&World<'_>) -> T) -> T {
        let (host, authorization) = (self.site.host.clone(), self.site.authorization.clone());
        let site = Site { base: base.to_owned(), host, authorization, ..*self.site };
        look(&World { site: &site, layer: self.layer, below: self.below })
    }

    /// The path of the SCIM base that the request came to.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.site.base
    }

    /// The profile that the server serves.
    #[must_use]
    pub fn profile(&self) -> Arc<Profile> {
        self.site.server.profile()
    }

    /// Remembers a fact.
    pub fn note(&self, key: impl Into<String>, value: impl Into<Value>) {
        lock(&self.layer.notes).set(key.into(), value.into());
    }

    /// Forgets a fact.
    pub fn forget(&self, key: &str) {
        lock(&self.layer.notes).set(key.to_owned(), Value::Null);
    }

    /// The fact of that name; `None` if there is none or it is null.
    #[must_use]
    pub fn noted(&self, key: &str) -> Option<Value> {
        lock(&self.layer.notes).facts.get(key).filter(|fact| !fact.is_null()).cloned()
    }

    /// Counts how often it was asked with that key, from 1.
    pub fn tick(&self, key: &str) -> u64 {
        let mut notes = lock(&self.layer.notes);
        let count = notes.facts.get(key).and_then(Value::as_u64).unwrap_or_default().saturating_add(1);
        notes.set(key.to_owned(), count.into());
        count
    }
}

/// Hands a request to the first of those layers, or to the server.
pub(super) fn pass(site: &Site<'_>, layers: &[Arc<Layer>], request: Request) -> Response {
    match layers.split_first() {
        Some((layer, below)) => (layer.fault)(&World { site, layer, below }, request),
        None => site.answer(request),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The reference server with defects in front of it: which are switched on, and the switch itself at
//! `/admin/v1/faults`. It knows no defect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::{Value, json};

use super::world::{Site, pass};
use super::{Layer, named};
use crate::server::{Server, Service};
use crate::wire::{Headers, Method, Request, Response, Root};

/// Where defects are switched.
const SWITCH: &str = "/admin/v1/faults";

/// A path of the operator's that changes nothing, which tells whether a caller is the operator.
const OPERATORS: &str = "/admin/v1/clock";

/// Where the admin and auth surface begins; everything else is SCIM.
const ADMIN: &[&str] = &["/admin/v1/", "/auth/login", "/auth/sso/", "/auth/session", "/oauth2/", "/idp/v1/"];

/// A server behind any number of defects.
pub struct Faulty {
    server: Arc<Server>,
    layers: RwLock<Arc<[Arc<Layer>]>>,
    accepted: Mutex<BTreeMap<String, String>>,
}

/// A name that no defect has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {0}")]
pub struct Unknown(pub String);

impl Faulty {
    /// That server, without a defect.
    #[must_use]
    pub fn new(server: Arc<Server>) -> Self {
        Self { server, layers: RwLock::new(Arc::new([])), accepted: Mutex::default() }
    }

    /// Switches exactly those defects on, the first one outermost. One that was on before keeps what it remembers.
    ///
    /// # Errors
    /// [`Unknown`] for the first name that no defect has; nothing is changed then.
    pub fn switch<S: AsRef<str>>(&self, names: &[S]) -> Result<(), Unknown> {
        let before = self.layers();
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let row = named(name).ok_or_else(|| Unknown(name.to_owned()))?;
            if !layers.iter().any(|layer| layer.name == name) {
                let old = before.iter().find(|layer| layer.name == name).map(Arc::clone);
                layers.push(old.unwrap_or_else(|| Arc::new(Layer::new(row))));
            }
        }
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) = layers.into();
        Ok(())
    }

    /// The same server with a defect of the caller's own outermost.
    #[must_use]
    pub fn behind(self, name: &'static str, fault: super::Fault) -> Self {
        let layers = self.layers();
        let first = Arc::new(Layer::new((name, fault)));
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) =
            std::iter::once(first).chain(layers.iter().map(Arc::clone)).collect();
        self
    }

    /// The names of the defects that are on, the outermost first.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.layers().iter().map(|layer| layer.name).collect()
    }

    /// Answers a request as [`Server::handle`] does.
    #[must_use]
    pub fn handle(&self, mut request: Request) -> Response {
        if request.path() == SWITCH {
            return self.switched(&request);
        }
        let layers = self.layers();
        if layers.is_empty() {
            return self.server.handle(request);
        }
        let (base, scim) = self.place(request.path());
        if scim {
            request.target = request.target.split_off(base.len());
        } else {
            request.root = Root::Admin;
        }
        let host = request.headers.get("Host").map(str::to_owned);
        let authorization = request.headers.get("Authorization").map(str::to_owned);
        let site = Site { server: &self.server, base, host, accepted: &self.accepted, authorization };
        pass(&site, &layers, request)
    }

    fn layers(&self) -> Arc<[Arc<Layer>]> {
        Arc::clone(&self.layers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The SCIM base that a path lies below, or the profile's and false.
    fn place(&self, path: &str) -> (String, bool) {
        let below = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let profile = self.server.profile();
        let own = profile.base_path.trim_matches('/');
        let own = if own.is_empty() { String::new() } else { format!("/{own}") };
        if ADMIN.iter().any(|start| path.starts_with(start)) {
            return (own, false);
        }
        if let Some(base) = self.server.base_paths().into_iter().find(|base| below(base)) {
            return (base.to_owned(), true);
        }
        // An organization's base is its name before the profile's.
        let name = path.split('/').nth(1).unwrap_or_default();
        let tenant = format!("/{name}{own}");
        if below(&tenant) { (tenant, true) } else { (own, false) }
    }

    /// The switch: `GET` shows the names that are on, `PUT` takes the names that shall be.
    fn switched(&self, request: &Request) -> Response {
        let mut probe = Request::new(Method::Get, OPERATORS);
        for name in ["Authorization", "Host"] {
            if let Some(value) = request.headers.get(name) {
                probe.headers.set(name, value);
            }
        }
        let operator = self.server.handle(probe);
        if !operator.is_success() {
            return operator;
        }
        match request.method {
            Method::Get => self.state(),
            Method::Put => self.set(request),
            _ => {
                let mut refused = refusal(405, "invalid_request", "GET and PUT are offered here", None);
                refused.headers.set("Allow", "GET, PUT");
                refused
            }
        }
    }

    fn set(&self, request: &Request) -> Response {
        let body: Value = request.body.as_deref().and_then(|it| serde_json::from_slice(it).ok()).unwrap_or_default();
        let (list, at) = if body.is_array() { (&body, "") } else { (&body["faults"], "/faults") };
        let wanted = "a JSON array of names is wanted, or an object with one under faults";
        let Some(items) = list.as_array() else { return refusal(400, "invalid_request", wanted, Some(at.to_owned())) };
        let mut names = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let pointer = || Some(format!("{at}/{index}"));
            match item.as_str() {
                None => return refusal(400, "invalid_request", wanted, pointer()),
                Some(name) if named(name).is_none() => {
                    return refusal(400, "invalid_request", &Unknown(name.to_owned()).to_string(), pointer());
                }
                Some(name) => names.push(name),
            }
        }
        match self.switch(&names) {
            Ok(()) => self.state(),
            Err(unknown) => refusal(400, "invalid_request", &unknown.to_string(), Some(at.to_owned())),
        }
    }

    fn state(&self) -> Response {
        json_answer(200, &json!({"faults": self.names()}))
    }
}

impl Service for Faulty {
    fn server(&self) -> &Server {
        &self.server
    }

    fn answer(&self, request: Request) -> Response {
        self.handle(request)
    }

    fn is_quick(&self, request: &Request) -> bool {
        // A defect may sleep, and may ask more than once.
        self.layers().is_empty() && Service::is_quick(&*self.server, request)
    }
}

fn refusal(status: u16, code: &str, description: &str, pointer: Option<String>) -> Response {
    let mut body = json!({"error": code, "error_description": description});
    if let (Some(pointer), Some(body)) = (pointer, body.as_object_mut()) {
        body.insert("pointer".to_owned(), pointer.into());
    }
    json_answer(status, &body)
}

fn json_answer(status: u16, body: &Value) -> Response {
    let headers: Headers = [("Content-Type", "application/json")].into_iter().collect();
    Response { status, headers, body: body.to_string().into_bytes() }
}

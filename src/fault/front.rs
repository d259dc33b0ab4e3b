//! The reference server with defects in front of it: which are switched on, and the switch itself at
//! `/admin/v1/faults`. It knows no defect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::world::{Site, pass};
use super::{Layer, named};
use crate::server::{FaultControl, Server, Service};
use crate::wire::{Request, Response, Root};

/// Where the admin and auth surface begins; everything else is SCIM.
const ADMIN: &[&str] = &["/admin/v1/", "/auth/login", "/auth/sso/", "/auth/session", "/oauth2/", "/idp/v1/"];

/// Which defects are on, the outermost first.
#[derive(Clone, Default)]
struct Stack(Arc<RwLock<Arc<[Arc<Layer>]>>>);

/// A server behind any number of defects.
pub struct Faulty {
    server: Server,
    stack: Stack,
    accepted: Mutex<BTreeMap<String, String>>,
}

/// A name that no defect has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault {0}")]
pub struct Unknown(pub String);

impl Stack {
    fn layers(&self) -> Arc<[Arc<Layer>]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, layers: Vec<Arc<Layer>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = layers.into();
    }

    fn names(&self) -> Vec<&'static str> {
        self.layers().iter().map(|layer| layer.name).collect()
    }

    fn switch<S: AsRef<str>>(&self, names: &[S]) -> Result<(), Unknown> {
        let before = self.layers();
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            let row = named(name).ok_or_else(|| Unknown(name.to_owned()))?;
            if !layers.iter().any(|layer| layer.name == name) {
                let old = before.iter().find(|layer| layer.name == name).map(Arc::clone);
                layers.push(old.unwrap_or_else(|| Arc::new(Layer::new(row))));
            }
        }
        self.put(layers);
        Ok(())
    }

    /// What the admin surface calls (A21).
    fn control(&self) -> FaultControl {
        let stack = self.clone();
        Arc::new(move |names| {
            if let Some(names) = names {
                stack.switch(names).map_err(|unknown| unknown.to_string())?;
            }
            Ok(stack.names().into_iter().map(str::to_owned).collect())
        })
    }
}

impl Faulty {
    /// That server, without a defect. Its admin surface, if it has one, switches defects on and off.
    #[must_use]
    pub fn new(server: Server) -> Self {
        let stack = Stack::default();
        let server = server.with_fault_control(stack.control());
        Self { server, stack, accepted: Mutex::default() }
    }

    /// Switches exactly those defects on, the first one outermost. One that was on before keeps what it remembers.
    ///
    /// # Errors
    /// `Unknown` for the first name that no defect has; nothing is changed then.
    pub fn switch<S: AsRef<str>>(&self, names: &[S]) -> Result<(), Unknown> {
        self.stack.switch(names)
    }

    /// The same server with a defect of the caller's own outermost.
    #[must_use]
    pub fn behind(self, name: &'static str, fault: super::Fault) -> Self {
        let first = Arc::new(Layer::new((name, fault)));
        let layers = self.stack.layers();
        self.stack.put(std::iter::once(first).chain(layers.iter().map(Arc::clone)).collect());
        self
    }

    /// The names of the defects that are on, the outermost first.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.stack.names()
    }

    /// Answers a request as [`Server::handle`] does.
    #[must_use]
    pub fn handle(&self, mut request: Request) -> Response {
        let layers = self.stack.layers();
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
        self.stack.layers().is_empty() && Service::is_quick(&self.server, request)
    }

    fn is_submission(&self, request: &Request) -> bool {
        self.stack.layers().is_empty() && Service::is_submission(&self.server, request)
    }
}

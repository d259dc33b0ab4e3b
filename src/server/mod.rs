//! The reference server: requests in, responses out, on a store; and the HTTP listener in front of it. It knows nothing
//! of the client.
//!
//! [`Server::handle`] is the whole protocol (`RFC7644`) without a socket: tenant, credentials, route, handler, answer.

mod account;
mod admin;
mod after;
mod answer;
mod asked;
mod auth;
mod bulk;
mod context;
mod core;
mod cursor;
mod discovery;
mod dispatch;
mod etag;
mod filter;
mod http;
mod idle;
mod input;
mod oauth;
mod render;
mod role;
mod route;
mod search;
mod sqlite;
mod stored;
#[cfg(test)]
mod tests;
mod told;
mod touch;
mod users;
mod values;
mod write;

pub use admin::FaultControl;
pub use auth::{Auth, Credential, Scheme, Tenant, Tokens};
pub use http::{Service, Timeouts, serve, serve_with};
pub use oauth::OAuthClient;
pub use sqlite::SqliteStore;

use std::sync::{Arc, PoisonError, RwLock};

use time::OffsetDateTime;

use self::core::Core;
use self::oauth::Grants;
use crate::product::{Products, Refusal};
use crate::profile::Profile;
use crate::store::Store;
use crate::wire::{Method, Request, Response, Secret};

/// Bodies up to that many bytes are little work.
const QUICK_BODY: usize = 16 * 1024;

/// A SCIM service provider, with the admin surface of the products where that is switched on.
pub struct Server {
    core: RwLock<Arc<Core>>,
    /// The profile that it was started with.
    first: Arc<Profile>,
    /// The operator's token of the admin surface; `None` is no such surface.
    admin: Option<Secret>,
    faults: Option<FaultControl>,
}

impl Server {
    /// A server of that profile; tenants without a base path of their own get the profile's.
    #[must_use]
    pub fn new(profile: Profile, store: Arc<dyn Store>, auth: Auth) -> Self {
        let core = Core::new(profile, store, auth);
        let first = Arc::clone(&core.profile);
        Self { core: RwLock::new(Arc::new(core)), first, admin: None, faults: None }
    }

    /// The same server, writing locations with this `https://host:port` instead of the request's `Host`.
    #[must_use]
    pub fn with_public_url(self, url: impl Into<String>) -> Self {
        let url = url.into().trim_end_matches('/').to_owned();
        self.with(|core| core.public_url = Some(url))
    }

    /// The same server with another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.with(|core| core.clock = Arc::new(clock))
    }

    /// The same server with the admin surface of the products (`docs/admin.md`), whose operator has this token.
    #[must_use]
    pub fn with_admin(mut self, token: Secret) -> Self {
        self.admin = Some(token);
        self.with(|core| core.shows_accounts = true)
    }

    /// The same server, whose answers to queries say in the header `Scimproof-Plan` by which index or scan they were found.
    #[must_use]
    pub fn with_plans(self) -> Self {
        self.with(|core| core.explain = true)
    }

    /// The same server with a token endpoint at `/oauth2/token` (`RFC6749 §4.4`), whose tokens open that tenant.
    #[must_use]
    pub fn with_oauth(self, tenant: impl Into<String>, client: OAuthClient) -> Self {
        let grants = Some((tenant.into(), Arc::new(Grants::new(client))));
        self.with(|core| core.grants = grants)
    }

    /// The same server, whose admin surface switches defects on and off through `control` (A21).
    #[must_use]
    pub fn with_fault_control(mut self, control: FaultControl) -> Self {
        self.faults = Some(control);
        self
    }

    /// The profile that it serves now.
    #[must_use]
    pub fn profile(&self) -> Arc<Profile> {
        Arc::clone(&self.core().profile)
    }

    /// Organizations, accounts and tokens.
    #[must_use]
    pub fn products(&self) -> Arc<Products> {
        Arc::clone(&self.core().products)
    }

    /// The base paths that it was started with, the longest first.
    #[must_use]
    pub fn base_paths(&self) -> Vec<String> {
        self.core().tenants.iter().map(|place| place.base_path.clone()).collect()
    }

    /// Answers a request. Unlike elsewhere the target is the whole path with the base path, and `Authorization` and
    /// `Host` are among the headers. Never fails: what goes wrong is a SCIM Error (`RFC7644 §3.12`), and on the admin
    /// surface an OAuth error (`RFC6749 §5.2`).
    #[must_use]
    pub fn handle(&self, request: Request) -> Response {
        let (core, path) = (self.core(), request.path());
        if let Some((_, grants)) = core.grants.as_ref().filter(|_| path == oauth::PATH) {
            return grants.handle(&request, core.now());
        }
        match &self.admin {
            Some(operator) if admin::owns(path) => admin::handle(self, operator, &request),
            _ => dispatch::handle(&core, &request),
        }
    }

    /// Whether a request needs so little that no thread of its own is worth it: one resource in memory, or a look-up of one,
    /// which is short in any store.
    fn is_quick(&self, request: &Request) -> bool {
        let path = request.path();
        if admin::owns(path) {
            return false;
        }
        if request.method == Method::Get {
            let parent = path.bytes().rposition(|byte| byte == b'/').and_then(|end| path.get(..end));
            let user = parent.is_some_and(|parent| parent.ends_with("/Users"));
            return request
                .query()
                .map_or(user, |query| (user && !query.contains("filter")) || filter::is_look_up(query));
        }
        if path.ends_with("/.search") || path.ends_with("/Bulk") {
            return false;
        }
        let small = request.body.as_ref().is_none_or(|body| body.len() <= QUICK_BODY);
        small && !path.contains("/Groups") && !self.core().store.waits()
    }

    /// Whether a request is a create of one resource in a store whose writes wait: then [`Self::begin`] waits for it without
    /// keeping a thread.
    fn is_submission(&self, request: &Request) -> bool {
        let path = request.path();
        let collection = ["/Users", "/Groups", "/Devices"].iter().any(|end| path.ends_with(end));
        let small = request.body.as_ref().is_some_and(|body| body.len() <= QUICK_BODY);
        request.method == Method::Post && collection && small && !admin::owns(path) && self.core().store.waits()
    }

    /// Answers a request for which [`Self::is_submission`] holds.
    fn begin(&self, request: &Request) -> dispatch::Begun {
        dispatch::begin(&self.core(), request)
    }

    fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The largest body that any endpoint takes, bytes.
    fn largest_body(&self) -> usize {
        let core = self.core.read().unwrap_or_else(PoisonError::into_inner);
        core.profile.limits.body_bytes.max(core.profile.limits.bulk_bytes)
    }

    /// Serves another profile from the next request on; answers it.
    fn change_profile(
        &self,
        change: impl FnOnce(&Profile) -> Result<Profile, Refusal>,
    ) -> Result<Arc<Profile>, Refusal> {
        let mut core = self.core.write().unwrap_or_else(PoisonError::into_inner);
        let profile = Arc::new(change(&core.profile)?);
        *core = Arc::new(core.under(Arc::clone(&profile)));
        Ok(profile)
    }

    fn with(self, change: impl FnOnce(&mut Core)) -> Self {
        let mut core = Core::clone(&self.core());
        change(&mut core);
        Self { core: RwLock::new(Arc::new(core)), ..self }
    }
}

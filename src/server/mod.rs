//! The reference server: requests in, responses out, on a store; and the HTTP listener in front of it. It knows nothing
//! of the client.
//!
//! [`Server::handle`] is the whole protocol (`RFC7644`) without a socket: tenant, credentials, route, handler, answer.

mod answer;
mod auth;
mod bulk;
mod context;
mod discovery;
mod dispatch;
mod etag;
mod filter;
mod http;
mod input;
mod render;
mod route;
mod search;
mod sqlite;
mod stored;
#[cfg(test)]
mod tests;
mod touch;
mod users;
mod values;
mod write;

pub use auth::{Auth, Credential, Scheme, Tenant};
pub use http::{Service, Timeouts, serve, serve_with};
pub use sqlite::SqliteStore;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::profile::Profile;
use crate::store::Store;
use crate::wire::{Method, Request, Response};

/// Locks that writers of one resource queue at.
const TURNS: usize = 256;

/// Bodies up to that many bytes are little work.
const QUICK_BODY: usize = 16 * 1024;

/// A SCIM service provider.
pub struct Server {
    profile: Profile,
    store: Arc<dyn Store>,
    tenants: Vec<Place>,
    public_url: Option<String>,
    clock: Box<dyn Fn() -> OffsetDateTime + Send + Sync>,
    turns: Vec<Mutex<()>>,
}

/// A tenant where it is served.
struct Place {
    /// Without a slash at the end.
    base_path: String,
    tenant: Tenant,
}

impl Server {
    /// A server of that profile; tenants without a base path of their own get the profile's.
    #[must_use]
    pub fn new(profile: Profile, store: Arc<dyn Store>, auth: Auth) -> Self {
        let place = |tenant: Tenant| {
            let path = tenant.base_path.as_deref().unwrap_or(&profile.base_path).trim_matches('/');
            Place { base_path: if path.is_empty() { String::new() } else { format!("/{path}") }, tenant }
        };
        let mut tenants: Vec<Place> = auth.tenants.into_iter().map(place).collect();
        // The longest path first, so that a tenant may lie below another's path.
        tenants.sort_by_key(|place| std::cmp::Reverse(place.base_path.len()));
        Self {
            profile,
            store,
            tenants,
            public_url: None,
            clock: Box::new(OffsetDateTime::now_utc),
            turns: std::iter::repeat_with(Mutex::default).take(TURNS).collect(),
        }
    }

    /// The same server, writing locations with this `https://host:port` instead of the request's `Host`.
    #[must_use]
    pub fn with_public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// The same server with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// The profile that it serves.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The base paths that it serves, the longest first.
    #[must_use]
    pub fn base_paths(&self) -> Vec<&str> {
        self.tenants.iter().map(|place| place.base_path.as_str()).collect()
    }

    /// Answers a request. Unlike elsewhere the target is the whole path with the base path, and `Authorization` and
    /// `Host` are among the headers. Never fails: what goes wrong is a SCIM Error (`RFC7644 §3.12`).
    #[must_use]
    pub fn handle(&self, request: Request) -> Response {
        dispatch::handle(self, &request)
    }

    /// Whether a request needs so little that no thread of its own is worth it: one resource, in memory.
    fn is_quick(&self, request: &Request) -> bool {
        let path = request.path();
        let searches = path.ends_with("/.search") || path.ends_with("/Bulk");
        let lists = request.method == Method::Get && !path.contains("/Users/");
        let small = request.body.as_ref().is_none_or(|body| body.len() <= QUICK_BODY);
        small && !self.store.waits() && !searches && !lists && !path.contains("/Groups")
    }

    fn now(&self) -> OffsetDateTime {
        (self.clock)()
    }

    /// Waits until no other request of this process changes the resource. The store's versions keep changes apart; the
    /// turn spares them computing in vain.
    fn turn(&self, tenant: &str, id: &str) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        (tenant, id).hash(&mut hasher);
        let turns = u64::try_from(self.turns.len()).ok()?;
        let index = usize::try_from(hasher.finish().checked_rem(turns)?).ok()?;
        self.turns.get(index).map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! What requests share: profile, store, tenants, clock, the products' state. A change of the profile makes a new core,
//! so that a request sees one profile from beginning to end.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::asked::Queries;
use super::auth::{Auth, Credential, Scheme, Tenant};
use super::cursor::Cursors;
use super::oauth::Grants;
use crate::product::{Mapping, Organization, Products, Roles, Scim, Sso};
use crate::profile::Profile;
use crate::store::Store;
use crate::wire::Secret;

/// Locks that writers of one resource queue at.
const TURNS: usize = 256;

/// A tenant where it is served.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Without a slash at the end.
    pub base_path: String,
    pub tenant: Tenant,
}

/// What one request sees of the server.
#[derive(Clone)]
pub(super) struct Core {
    pub profile: Arc<Profile>,
    pub store: Arc<dyn Store>,
    /// Those that the server was started with, the longest path first, so that a tenant may lie below another's path.
    pub tenants: Arc<Vec<Place>>,
    pub public_url: Option<String>,
    pub clock: Arc<dyn Fn() -> OffsetDateTime + Send + Sync>,
    /// The token endpoint, if there is one, and the tenant that its tokens open.
    pub grants: Option<(String, Arc<Grants>)>,
    /// Whether answers to queries say how they were found.
    pub explain: bool,
    /// Whether anybody can see accounts and tokens: whether there is an admin surface.
    pub shows_accounts: bool,
    /// The queries of requests for one resource that were read before.
    pub queries: Arc<Queries>,
    /// The open cursors of queries.
    pub cursors: Arc<Cursors>,
    turns: Arc<Vec<Mutex<()>>>,
    /// Organizations, accounts, tokens.
    pub products: Arc<Products>,
}

impl Core {
    pub fn new(profile: Profile, store: Arc<dyn Store>, auth: Auth) -> Self {
        let place = |tenant: Tenant| Place {
            base_path: plain_path(tenant.base_path.as_deref().unwrap_or(&profile.base_path)),
            tenant,
        };
        let mut tenants: Vec<Place> = auth.tenants.into_iter().map(place).collect();
        tenants.sort_by_key(|place| std::cmp::Reverse(place.base_path.len()));
        let products = Products::new(tenants.iter().map(|place| organization(&profile, &place.tenant)).collect());
        Self {
            profile: Arc::new(profile),
            store,
            tenants: Arc::new(tenants),
            public_url: None,
            clock: Arc::new(OffsetDateTime::now_utc),
            grants: None,
            explain: false,
            shows_accounts: false,
            queries: Arc::default(),
            cursors: Arc::default(),
            turns: Arc::new(std::iter::repeat_with(Mutex::default).take(TURNS).collect()),
            products: Arc::new(products),
        }
    }

    /// The time, which the admin surface can move ahead (A19).
    pub fn now(&self) -> OffsetDateTime {
        let ahead = self.products.lock().ahead;
        (self.clock)().saturating_add(ahead)
    }

    /// Waits until no other request of this process changes the resource. The store's versions keep changes apart; the
    /// turn spares them computing in vain.
    pub fn turn(&self, tenant: &str, id: &str) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        (tenant, id).hash(&mut hasher);
        let turns = u64::try_from(self.turns.len()).ok()?;
        let index = usize::try_from(hasher.finish().checked_rem(turns)?).ok()?;
        self.turns.get(index).map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same server under another profile.
    pub fn under(&self, profile: Arc<Profile>) -> Self {
        Self { profile, ..self.clone() }
    }

    /// The server as an organization sees it: under the organization's own profile, if it has one.
    pub fn of_organization(&self, id: &str) -> Self {
        let own = self.products.lock().organizations.get(id).and_then(|it| it.profile.clone());
        own.map_or_else(|| self.clone(), |profile| self.under(profile))
    }

    /// Where an organization is served: a tenant of the start, or below its id.
    pub fn place(&self, id: &str) -> Option<Place> {
        if let Some(place) = self.tenants.iter().find(|place| place.tenant.name == id) {
            return Some(place.clone());
        }
        let state = self.products.lock();
        let organization = state.organizations.get(id)?;
        let profile = organization.profile.as_ref().unwrap_or(&self.profile);
        let base_path = format!("/{id}{}", plain_path(&profile.base_path));
        let credentials = organization.scim.token.iter().cloned().map(Credential::bearer).collect();
        Some(Place { base_path, tenant: Tenant::new(id, credentials) })
    }

    /// Where an organization is served that was made at run time.
    pub fn made_place(&self, id: &str) -> Option<Place> {
        let made = self.products.lock().organizations.get(id).is_some_and(|it| !it.fixed);
        if made { self.place(id) } else { None }
    }
}

/// A path with a slash at the start and none at the end; empty for the root.
fn plain_path(path: &str) -> String {
    match path.trim_matches('/') {
        "" => String::new(),
        path => format!("/{path}"),
    }
}

/// The organization of a tenant that the server is started with: everything is on, so that SCIM works at once.
fn organization(profile: &Profile, tenant: &Tenant) -> Organization {
    let token = tenant.credentials.iter().find_map(|credential| match &credential.scheme {
        Scheme::Bearer(token) => Some(token.clone()),
        Scheme::Basic { .. } => None,
    });
    let sso = Sso {
        protocol: "oidc".into(),
        issuer: "https://idp.example.test".into(),
        client_id: "scimproof".into(),
        subdomain: tenant.name.clone(),
        provider: "generic".into(),
    };
    Organization {
        fixed: true,
        sso: Some(sso),
        scim: Scim { enabled: true, token },
        roles: Roles::new(Mapping::of_rules(&profile.roles)),
        ..Organization::new(tenant.name.clone(), tenant.name.clone())
    }
}

/// A new secret for a tenant's SCIM clients.
pub(super) fn fresh_token() -> Secret {
    Secret::new(format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()))
}

//! What the three products know beside SCIM resources: organizations with their settings, roles by team, accounts and
//! access tokens, the audit log. The room is pure (time, ids and secrets arrive as arguments) and knows nothing of HTTP.

mod account;
mod audit;
mod login;
mod mapping;
mod organization;
mod permit;
mod rbac;
mod refusal;
mod role;
mod switches;
mod token;

pub use account::{
    Account, Accounts, Assignment, Effect, Fresh, Identity, Source, SsoRecord, Trigger, existing, same_email,
};
pub use audit::{Audit, Entry};
pub use login::{Assertion, Denial, Door};
pub use mapping::{Mapping, Team};
pub use organization::{Defaults, Environment, Organization, Project, Scim, Sso, grant_of};
pub use permit::{Action, Principal, Reach, Target, permit, reach};
pub use rbac::{AppRole, CatalogRole, EnvironmentRole, Grant, OrganizationRole, ProjectRole, migrated};
pub use refusal::{Refusal, pointer_part};
pub use role::{Applied, Person, Role, RoleSource, Roles};
pub use switches::{TABLES, switched};
pub use token::{Coverage, Holder, Token, Tokens, Verifier};

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::Duration;

/// The products' state behind one lock.
#[derive(Debug)]
pub struct Products {
    /// What the server was started with, for a reset.
    initial: Vec<Organization>,
    state: Mutex<State>,
    turn: Mutex<()>,
}

/// Everything that the admin surface reads and changes.
#[derive(Debug, Default)]
pub struct State {
    /// By id.
    pub organizations: BTreeMap<String, Organization>,
    /// What is known of users beside the resource, and their tokens.
    pub accounts: Accounts,
    /// The log, which survives a reset.
    pub audit: Audit,
    /// How far the virtual clock is ahead (A19).
    pub ahead: Duration,
    /// How many account and organization requests are open (A26).
    pub requests: u64,
}

impl Products {
    /// The state of a server that starts with these organizations.
    #[must_use]
    pub fn new(initial: Vec<Organization>) -> Self {
        let products = Self { initial, state: Mutex::default(), turn: Mutex::default() };
        products.reset();
        products
    }

    /// The state, locked. Never held while the store is called.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held by one at a time who reads the store in order to note what it says; taken before [`Self::lock`].
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as at the start, but for the log (A22).
    pub fn reset(&self) {
        let mut state = self.lock();
        let audit = std::mem::take(&mut state.audit);
        let organizations = self.initial.iter().map(|it| (it.id.clone(), it.clone())).collect();
        *state = State { organizations, audit, ..State::default() };
    }
}

impl State {
    /// The organization of that id.
    ///
    /// # Errors
    /// 404.
    pub fn organization(&mut self, id: &str) -> Result<&mut Organization, Refusal> {
        self.organizations.get_mut(id).ok_or_else(|| Refusal::missing("organization"))
    }

    /// What users of an organization get when SCIM creates them (A27).
    #[must_use]
    pub fn provisioning_defaults(&self, org: &str) -> Option<&Defaults> {
        self.organizations.get(org).map(|organization| &organization.defaults)
    }

    /// The user's role in the app.
    #[must_use]
    pub fn app_role(&self, org: &str, user: &str) -> AppRole {
        self.accounts.get(&Holder::new(org, user)).map_or(AppRole::User, |account| account.app_role)
    }

    /// Whether there is side data of a user.
    #[must_use]
    pub fn has_account(&self, org: &str, user: &str) -> bool {
        self.accounts.get(&Holder::new(org, user)).is_some()
    }

    /// Who made a user: without side data, an identity provider.
    #[must_use]
    pub fn source(&self, org: &str, user: &str) -> Source {
        self.accounts.get(&Holder::new(org, user)).map_or(Source::Scim, |account| account.source)
    }

    /// Who stands behind an access token that is in force.
    #[must_use]
    pub fn principal(&self, token: &str) -> Option<Principal> {
        let Holder { org, id } = self.accounts.tokens.active(token)?.holder.clone();
        Some(match self.app_role(&org, &id) {
            AppRole::Admin => Principal::Admin { org, id },
            AppRole::User => Principal::User { org, id },
        })
    }

    /// Removes an organization with its accounts and tokens.
    ///
    /// # Errors
    /// 404; 409 for one that the server was started with.
    pub fn remove_organization(&mut self, id: &str) -> Result<(), Refusal> {
        if self.organization(id)?.fixed {
            return Err(Refusal::new(409, "organization_fixed", "the server was started with this organization"));
        }
        self.organizations.remove(id);
        self.accounts.organization_deleted(id);
        Ok(())
    }
}

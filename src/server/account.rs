//! What a write to a user means for the account behind it, whatever channel it came through: SCIM, bulk or the admin
//! surface all pass here; and how a stored user reads as an account. It knows nothing of routes.

use std::sync::Arc;

use serde_json::Value;

use super::after::{Written, written};
use super::answer::refused;
use super::context::Context;
use super::core::Core;
use crate::product::{Account, Holder, Products, Source, Trigger, Verifier, same_email};
use crate::profile::{Accounts, Scoping, Users};
use crate::scim::name::fold;
use crate::scim::{Object, ScimError, ScimType};
use crate::store::{From as Start, Kind, Links, Record, Select, StoreError};

/// Users of one read while scanning.
const BATCH: usize = 500;

/// The e-mail address of a user: the primary one, else the first, else the user name where that is one (CATALOG-005).
pub(super) fn email(user: &Object) -> Option<&str> {
    let value = |element: &'_ Value| element.get("value").and_then(Value::as_str).is_some();
    let all = user.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let primary = all.iter().find(|element| element.get("primary") == Some(&Value::Bool(true)) && value(element));
    let listed = primary.or_else(|| all.iter().find(|element| value(element))).and_then(|element| element.get("value"));
    listed.and_then(Value::as_str).or_else(|| user_name(user).filter(|name| name.contains('@')))
}

/// The user name.
pub(super) fn user_name(user: &Object) -> Option<&str> {
    user.get("userName").and_then(Value::as_str)
}

/// Whether a user may sign in; no word is taken for yes.
pub(super) fn is_active(user: &Object) -> bool {
    user.get("active") != Some(&Value::Bool(false))
}

/// Whether a product keeps e-mail addresses beside the user name.
pub(super) fn keeps_emails(users: &Users) -> bool {
    users.stored.is_empty() || users.stored.iter().any(|path| path.starts_with("emails"))
}

/// An address that is kept for a user until the write is over.
pub(super) struct Held {
    products: Arc<Products>,
    choices: Accounts,
    email: String,
    holder: Holder,
    source: Source,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.products.lock().accounts.release(&self.email, &self.holder, self.source, &self.choices);
    }
}

/// Keeps the address that a user is about to get, where the product wants addresses to be unique (COALESCE-SSO-007).
///
/// # Errors
/// 409 `uniqueness`.
pub(super) fn hold(
    context: &Context<'_>,
    kind: Kind,
    old: Option<&Record>,
    new: &Object,
) -> Result<Option<Held>, ScimError> {
    let before = old.and_then(|old| email(old.body.object().ok()?));
    let Some(wanted) = email(new).filter(|_| kind == Kind::User) else { return Ok(None) };
    if before.is_some_and(|before| same_email(before, wanted)) {
        return Ok(None);
    }
    let holder = Holder::new(context.tenant, old.map_or("", |old| old.id.as_str()));
    let choices = context.server.profile.accounts;
    let mut state = context.server.products.lock();
    let source = state.source(&holder.org, &holder.id);
    match state.accounts.reserve(wanted, &holder, source, &choices) {
        true => {
            let products = Arc::clone(&context.server.products);
            Ok(Some(Held { products, choices, email: wanted.to_owned(), holder, source }))
        }
        false => Err(ScimError {
            status: 409,
            scim_type: Some(ScimType::Uniqueness),
            detail: "emails: another account has this address".into(),
        }),
    }
}

/// Whether what a server with accounts knows of a user matters here. Without an admin surface nobody signs in, and then a
/// million users of a file must not each leave something in memory.
fn matters(core: &Core) -> bool {
    core.shows_accounts || core.profile.accounts.email_scope == Scoping::Organization
}

/// A user was created, by SCIM unless somebody says otherwise right after.
pub(super) fn created(context: &Context<'_>, record: &Record, password: Option<&str>) {
    if !matters(context.server) {
        return;
    }
    let mut account = Account::new(Source::Scim);
    account.email = record.body.object().ok().and_then(|user| email(user)).map(ToOwned::to_owned);
    account.password = password.map(|password| Verifier::new(password, rand::random()));
    let mut state = context.server.products.lock();
    if let Some(defaults) = state.provisioning_defaults(context.tenant) {
        // This once: later pushes and later defaults change nothing (CATALYTIC-022).
        account.notification_preferences = defaults.notification_preferences.clone();
        account.onboarding = defaults.onboarding;
    }
    state.accounts.put(Holder::new(context.tenant, &record.id), account);
}

/// A user was written; called while other writers of that user still wait and before the answer is sent. The store is
/// written first and the tokens are settled here after, so that a login that read the user as it was before loses its token
/// here or finds another epoch: once both have returned, no disabled user has an active token (PROP-CONC-09).
pub(super) fn changed(context: &Context<'_>, old: &Record, new: &Record, password: Option<&str>) {
    if !matters(context.server) {
        return;
    }
    let (Ok(before), Ok(after)) = (old.body.object(), new.body.object()) else { return };
    let (active, mailed) = (is_active(after), email(after));
    let choices = context.server.profile.accounts;
    let holder = Holder::new(context.tenant, &new.id);
    let accounts = &mut context.server.products.lock().accounts;
    let Some(account) = accounts.touch(&holder) else { return };
    account.email = mailed.map(ToOwned::to_owned);
    if is_active(before) != active {
        accounts.settle(&holder, if active { Trigger::Activated } else { Trigger::Disabled }, true, &choices);
    }
    if !same(email(before), mailed) {
        accounts.settle(&holder, Trigger::Email, true, &choices);
    }
    if let Some(password) = password {
        accounts.set_password(&holder, password, rand::random(), &choices);
    }
}

fn same(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same_email(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// A user is gone from the store.
pub(super) fn deleted(context: &Context<'_>, id: &str) {
    let mut state = context.server.products.lock();
    if matters(context.server) {
        state.accounts.delete(&Holder::new(context.tenant, id));
    }
    if let Ok(organization) = state.organization(context.tenant) {
        organization.forget(id);
    }
}

/// The users of an organization that meet a test, in the store's order.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn users(
    core: &Core,
    org: &str,
    select: &Select,
    mut test: impl FnMut(&Object) -> bool,
) -> Result<Vec<Record>, ScimError> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let batch = core.store.list(org, Kind::User, select, Start::After(after), BATCH, Links::All);
        let batch = batch.map_err(refused)?;
        let last = batch.len() < BATCH;
        for record in batch {
            after = record.sequence;
            if test(record.body.object().map_err(refused)?) {
                found.push(record);
            }
        }
        if last {
            return Ok(found);
        }
    }
}

/// The users of an organization whose user name or else e-mail address a text is.
///
/// # Errors
/// As [`users`].
pub(super) fn named(core: &Core, org: &str, name: &str) -> Result<Vec<Record>, ScimError> {
    let by_name = users(core, org, &Select::Name(fold(name)), |_| true)?;
    // The user name is looked up, an address is searched for: only where no user name fits.
    if !by_name.is_empty() { Ok(by_name) } else { with_email(core, org, name) }
}

/// The users of an organization with an e-mail address.
///
/// # Errors
/// As [`users`].
pub(super) fn with_email(core: &Core, org: &str, address: &str) -> Result<Vec<Record>, ScimError> {
    // Where the user name is the address, it can be looked up.
    let named = || Select::Name(fold(address));
    let select = if keeps_emails(&core.profile.users) { Select::All } else { named() };
    users(core, org, &select, |user| email(user).is_some_and(|own| same_email(own, address)))
}

/// A user of the store.
///
/// # Errors
/// As [`users`].
pub(super) fn user(core: &Core, holder: &Holder) -> Result<Option<Record>, ScimError> {
    core.store.get(&holder.org, Kind::User, &holder.id, Links::All).map_err(refused)
}

/// Removes a user whatever the profile says of deletion by SCIM: an administrator's deletion cannot be undone
/// (COALESCE-SSO-014). False if there was none.
///
/// # Errors
/// As [`users`].
pub(super) fn remove(context: &Context<'_>, id: &str) -> Result<bool, ScimError> {
    let core = context.server;
    let Some(record) = user(core, &Holder::new(context.tenant, id))? else { return Ok(false) };
    match core.store.delete(context.tenant, Kind::User, id, None, super::render::whole_millis(core.now())) {
        Ok(()) => written(context, Written::Deleted(&record)).map(|()| true),
        Err(StoreError::Missing) => Ok(false),
        Err(error) => Err(refused(error)),
    }
}

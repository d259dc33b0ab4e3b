//! Users as accounts: read, made by hand, changed, deleted (A7 to A9, A11). What SCIM serves is written through SCIM's own
//! code, so that its rules hold here too.

mod change;
mod secrets;
mod view;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use crate::product::{Account, Action, AppRole, CatalogRole, Holder, Refusal, Source, Verifier};
use crate::profile::Scoping;
use crate::scim::Object;
use crate::scim::project::Projection;
use crate::server::account;
use crate::server::context::Context;
use crate::server::core::Core;
use crate::server::etag::Conditions;
use crate::server::write::{self, Ask};
use crate::store::Kind;
use serde_json::{Value, json};

pub(super) use view::name;

pub(super) const ROWS: &[Row] = &[
    Row { method: "GET", path: "/admin/v1/users", action: Action::UserList, handler: view::list },
    Row { method: "POST", path: "/admin/v1/users", action: Action::UserCreate, handler: create },
    Row { method: "GET", path: "/admin/v1/users/{id}", action: Action::UserRead, handler: view::read },
    Row { method: "PATCH", path: "/admin/v1/users/{id}", action: Action::UserWrite, handler: change::modify },
    Row { method: "DELETE", path: "/admin/v1/users/{id}", action: Action::UserDelete, handler: delete },
    Row {
        method: "PUT",
        path: "/admin/v1/users/{id}/password",
        action: Action::PasswordWrite,
        handler: secrets::set_password,
    },
    Row { method: "PUT", path: "/admin/v1/users/{id}/mfa", action: Action::MfaOn, handler: secrets::set_mfa },
];

/// A plain request to the SCIM side.
const ASK: Ask<'static> =
    Ask { projection: &Projection::Default, conditions: Conditions { if_match: None, if_none_match: None } };

/// What a handler works on: a user whom the caller may treat so.
struct Subject {
    holder: Holder,
    /// The server as the user's organization sees it.
    core: Core,
    account: Account,
}

impl Subject {
    /// The user of the path.
    ///
    /// # Errors
    /// 401, 403, 404.
    fn of(call: &Call<'_>, action: Action) -> Result<Self, Refusal> {
        let id = call.part("id")?;
        let Some(org) = organization_of(call, id)? else {
            // Whoever may not know of a user hears the same of one who is not there.
            if let Some((org, _)) = call.principal.user() {
                call.permit(action, org, Some(id))?;
            }
            return Err(Refusal::missing("user"));
        };
        call.permit(action, &org, Some(id))?;
        let holder = Holder::new(org, id);
        let account = call.core.products.lock().accounts.touch(&holder).cloned();
        let account = account.ok_or_else(|| Refusal::missing("user"))?;
        Ok(Self { core: call.core.of_organization(&holder.org), holder, account })
    }

    /// What the SCIM side needs to know.
    fn context(&self) -> Context<'_> {
        Context { server: &self.core, tenant: &self.holder.org, base: "", roles: false, subject: None }
    }
}

/// The organization of a user's id.
fn organization_of(call: &Call<'_>, id: &str) -> Result<Option<String>, Refusal> {
    let (known, all) = {
        let state = call.core.products.lock();
        let known = state.accounts.home(id).map(|org| Holder::new(org, id));
        (known, state.organizations.keys().cloned().collect::<Vec<_>>())
    };
    // An account of SSO is all there is; of other users the store knows best.
    if let Some(holder) = known
        && (view::is_sso(call.core, &holder) || account::user(call.core, &holder).map_err(of_scim)?.is_some())
    {
        return Ok(Some(holder.org));
    }
    for org in all {
        if account::user(call.core, &Holder::new(org.as_str(), id)).map_err(of_scim)?.is_some() {
            return Ok(Some(org));
        }
    }
    Ok(None)
}

/// A role word: of the app or of Catalog, which never mix (COALESCE-SSO-050).
enum Role {
    App(AppRole),
    Catalog(String),
}

/// The member `role`.
fn role(core: &Core, body: &Object) -> Result<Option<Role>, Refusal> {
    let Some(value) = body.get("role").filter(|value| !value.is_null()) else { return Ok(None) };
    let word = value.as_str().unwrap_or_default();
    let catalog = || CatalogRole::named(word).is_some() || core.profile.roles.iter().any(|rule| rule.name == word);
    match AppRole::named(word) {
        Some(role) => Ok(Some(Role::App(role))),
        None if catalog() => Ok(Some(Role::Catalog(word.to_owned()))),
        None => Err(Refusal::invalid("/role", "a role of the app or of Catalog is wanted")),
    }
}

/// A text member that may be missing.
fn optional<'a>(body: &'a Object, name: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => text(body, name).map(Some),
    }
}

/// 409: the address is another record's.
fn email_taken() -> Refusal {
    Refusal { pointer: Some("/email".into()), ..Refusal::new(409, "conflict", "this e-mail address is taken") }
}

/// A8: a native user, who is a User of the organization's store (CATALYTIC-018).
fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let own = call.principal.user().map_or("default", |(org, _)| org);
    let org = optional(&body, "org")?.unwrap_or(own);
    call.permit(Action::UserCreate, org, None)?;
    call.core.products.lock().organization(org)?;
    let core = call.core.of_organization(org);
    let (role, password) = (role(&core, &body)?, optional(&body, "password")?);
    let email = optional(&body, "email")?;
    let user_name = optional(&body, "userName")?.or(email);
    let user_name = user_name.ok_or_else(|| Refusal::invalid("/userName", "userName or email is wanted"))?;
    let mut user = Object::new();
    user.insert("schemas".into(), json!([crate::scim::urn::USER]));
    user.insert("userName".into(), json!(user_name));
    user.insert("active".into(), json!(true));
    if let Some(email) = email {
        user.insert("emails".into(), json!([{ "value": email, "type": "work", "primary": true }]));
    }
    let names = [("given_name", "givenName"), ("family_name", "familyName")];
    for (theirs, ours) in names {
        if let Some(name) = optional(&body, theirs)? {
            user.entry("name").or_insert_with(|| json!({}))[ours] = json!(name);
        }
    }
    let (nobody, choices) = (Holder::new(org, ""), core.profile.accounts);
    let address = account::email(&user).map(ToOwned::to_owned);
    // Where an organization is the scope, the create itself keeps the address.
    let kept = address.as_ref().filter(|_| choices.email_scope != Scoping::Organization);
    if let Some(address) = kept
        && !core.products.lock().accounts.reserve(address, &nobody, Source::Native, &choices)
    {
        return Err(email_taken());
    }
    let context = Context { server: &core, tenant: org, base: "", roles: false, subject: None };
    let made = write::create(&context, Kind::User, &ASK, &Value::Object(user));
    let id = made.as_ref().ok().and_then(|answer| Some(answer.location.as_ref()?.rsplit('/').next()?.to_owned()));
    let mut state = core.products.lock();
    if let Some(id) = &id {
        let mut account = Account::new(Source::Native);
        account.email.clone_from(&address);
        account.password = password.map(|password| Verifier::new(password, rand::random()));
        if let Some(Role::App(role)) = role {
            account.app_role = role;
        }
        state.accounts.put(Holder::new(org, id), account);
        if let (Some(Role::Catalog(role)), Ok(organization)) = (role, state.organization(org)) {
            organization.roles.set_manual(id, Some(role));
        }
    }
    if let Some(address) = kept {
        state.accounts.release(address, &nobody, Source::Native, &choices);
    }
    drop(state);
    made.map_err(of_scim)?;
    let id = id.unwrap_or_default();
    let shown = view::shown(&core, &Holder::new(org, &id))?.ok_or_else(|| Refusal::missing("user"))?;
    Ok(Reply::new(201, shown).about(format!("{org}/{id}")))
}

/// A11
fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let subject = Subject::of(call, Action::UserDelete)?;
    if subject.account.record.is_some() {
        account::deleted(&subject.context(), &subject.holder.id);
    } else if !account::remove(&subject.context(), &subject.holder.id).map_err(of_scim)? {
        return Err(Refusal::missing("user"));
    }
    Ok(Reply::empty())
}

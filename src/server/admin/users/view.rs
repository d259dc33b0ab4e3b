//! How an account reads (A7): the stored user, or the record of an SSO login, with role and source.

use serde_json::{Value, json};

use super::super::call::{Call, Reply, of_scim};
use super::Subject;
use crate::product::{Account, Action, AppRole, Holder, Person, Refusal, Role, RoleSource, Source};
use crate::scim::Object;
use crate::scim::name::fold;
use crate::server::account;
use crate::server::answer::refused;
use crate::server::core::Core;
use crate::server::role;
use crate::store::{Record, Select};

/// Whether an id is that of a record made by SSO.
pub(super) fn is_sso(core: &Core, holder: &Holder) -> bool {
    core.products.lock().accounts.get(holder).is_some_and(|account| account.record.is_some())
}

/// The user name of a token's holder; `None` for a user who is gone.
pub(in crate::server::admin) fn name(call: &Call<'_>, holder: &Holder) -> Result<Option<String>, Refusal> {
    let account = call.core.products.lock().accounts.get(holder).cloned();
    if let Some(Account { record: Some(_), email, .. }) = account {
        return Ok(email);
    }
    let Some(record) = account::user(call.core, holder).map_err(of_scim)? else { return Ok(None) };
    let user = record.body.object().map_err(refused).map_err(of_scim)?;
    Ok(account::user_name(user).map(ToOwned::to_owned))
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Refusal> {
    let subject = Subject::of(call, Action::UserRead)?;
    let shown = shown(&subject.core, &subject.holder)?.ok_or_else(|| Refusal::missing("user"))?;
    Ok(Reply::new(200, shown))
}

/// Every record that fits `email`, `userName` and `org`: twins are several (COALESCE-SSO-005).
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let (email, name) = (call.parameter("email")?, call.parameter("userName")?);
    let asked = call.parameter("org")?;
    let orgs = match (asked.clone(), call.principal.user()) {
        (Some(org), _) => vec![org],
        (None, Some((org, _))) => vec![org.to_owned()],
        (None, None) => call.core.products.lock().organizations.keys().cloned().collect(),
    };
    let mut found = Vec::new();
    for org in orgs {
        call.permit(Action::UserList, &org, None)?;
        let known = call.core.products.lock().organization(&org).map(|_| ());
        // One that nobody named may have been deleted since they were listed.
        if asked.is_none() && known.is_err() {
            continue;
        }
        known?;
        let core = call.core.of_organization(&org);
        let select = name.as_ref().map_or(Select::All, |name| Select::Name(fold(name)));
        let fits = |user: &Object| {
            email
                .as_ref()
                .is_none_or(|wanted| account::email(user).is_some_and(|own| crate::product::same_email(own, wanted)))
        };
        for record in account::users(&core, &org, &select, fits).map_err(of_scim)? {
            let account = core.products.lock().accounts.get(&Holder::new(&org, &record.id)).cloned();
            found.push(stored(&core, &org, &record, &account.unwrap_or_else(|| Account::new(Source::Scim)))?);
        }
        let people: Vec<(Holder, Account)> = {
            let accounts = &core.products.lock().accounts;
            // The user name of an SSO record is its address.
            let fits =
                |account: &Account| [&email, &name].into_iter().flatten().all(|wanted| account.has_email(wanted));
            let records = accounts.sso_records(&org).into_iter().filter(|(_, account)| fits(account));
            records.map(|(holder, account)| (holder.clone(), account.clone())).collect()
        };
        found.extend(people.iter().map(|(holder, account)| made_by_sso(&core, holder, account)));
    }
    Ok(Reply::new(200, json!({ "totalResults": found.len(), "Resources": found })))
}

/// An account as A7 shows it; `None` for a user who is gone.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn shown(core: &Core, holder: &Holder) -> Result<Option<Value>, Refusal> {
    let account = core.products.lock().accounts.get(holder).cloned();
    let account = account.unwrap_or_else(|| Account::new(Source::Scim));
    if account.record.is_some() {
        return Ok(Some(made_by_sso(core, holder, &account)));
    }
    let record = account::user(core, holder).map_err(of_scim)?;
    record.map(|record| stored(core, &holder.org, &record, &account)).transpose()
}

fn stored(core: &Core, org: &str, record: &Record, account: &Account) -> Result<Value, Refusal> {
    let user = record.body.object().map_err(refused).map_err(of_scim)?;
    let emails = match (user.get("emails"), account::email(user)) {
        (Some(emails), _) => emails.clone(),
        (None, Some(address)) => json!([{ "value": address, "primary": true }]),
        (None, None) => json!([]),
    };
    let groups: Vec<Value> =
        record.links.iter().map(|link| json!({ "value": link.id, "display": link.display })).collect();
    let role = role::of(core, org, record).map_err(of_scim)?;
    let own = json!({
        "id": record.id,
        "userName": account::user_name(user),
        "emails": emails,
        "name": user.get("name"),
        "active": account::is_active(user),
        "externalId": user.get("externalId"),
        "groups": groups,
    });
    Ok(with_account(core, &Holder::new(org, &record.id), own, account, &role))
}

fn made_by_sso(core: &Core, holder: &Holder, account: &Account) -> Value {
    let record = account.record.as_ref();
    let own = json!({
        "id": holder.id,
        "userName": account.email,
        "emails": [{ "value": account.email, "primary": true }],
        "name": {
            "givenName": record.and_then(|record| record.given_name.as_ref()),
            "familyName": record.and_then(|record| record.family_name.as_ref()),
        },
        "active": record.is_some_and(|record| record.active),
        "externalId": null,
        "groups": [],
    });
    // No team ever holds it.
    let person = Person { id: holder.id.clone(), source: Source::Sso, active: true, teams: Vec::new() };
    let role = {
        let state = core.products.lock();
        let organization = state.organizations.get(&holder.org);
        organization.map(|organization| organization.roles.of(&person, &core.profile.role_mapping))
    };
    let role = role.unwrap_or(Role { name: None, source: RoleSource::Default });
    with_account(core, holder, own, account, &role)
}

fn with_account(core: &Core, holder: &Holder, mut shown: Value, account: &Account, role: &Role) -> Value {
    let organization_role = {
        let state = core.products.lock();
        let organization = state.organizations.get(&holder.org);
        organization.map(|organization| organization.organization_role(&holder.id, account.app_role).word())
    };
    let more = json!({
        "org": holder.org,
        "source": account.source.word(),
        "iss": account.identity.as_ref().map(|identity| &identity.iss),
        "sub": account.identity.as_ref().map(|identity| &identity.sub),
        "role": role.name,
        "role_source": role.source.word(),
        "app_role": AppRole::word(account.app_role),
        "organization_role": organization_role,
        "mfa_enabled": account.mfa,
        "notification_preferences": account.notification_preferences,
        "onboarding": account.onboarding,
    });
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.extend(more);
    }
    shown
}

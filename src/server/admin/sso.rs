//! The simulated SSO callback (A13): an assertion becomes a login, of a record made just in time or of a user who exists.

use serde_json::Value;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use super::login::{ATTEMPTS, Values, overtaken};
use crate::product::{Action, Assertion, Denial, Door, Holder, Refusal, existing};
use crate::profile::{LoginBy, Scoping};
use crate::scim::Object;
use crate::server::account;
use crate::server::core::Core;
use crate::store::Select;

pub(super) const ROWS: &[Row] =
    &[Row { method: "POST", path: "/auth/sso/callback", action: Action::SsoLogin, handler: callback }];

/// What the login needs of the organization's settings, read once.
struct Settings {
    org: String,
    issuer: Option<String>,
    provider: String,
    environments: Vec<String>,
}

impl Settings {
    fn of(core: &Core, org: &str) -> Option<Self> {
        let state = core.products.lock();
        let organization = state.organizations.get(org)?;
        let sso = organization.sso.as_ref();
        Some(Self {
            org: org.to_owned(),
            issuer: sso.map(|sso| sso.issuer.clone()),
            provider: sso.map(|sso| sso.provider.clone()).unwrap_or_default(),
            environments: organization.environments.iter().map(|it| it.id.clone()).collect(),
        })
    }

    fn door(&self) -> Door<'_> {
        Door {
            org: &self.org,
            issuer: self.issuer.as_deref(),
            provider: &self.provider,
            environments: &self.environments,
        }
    }
}

fn callback(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    // Without the organization's own sign-in page there is no SSO (COALESCE-SSO-018).
    let org = text(&body, "org")?;
    let assertion = assertion(&body)?;
    let settings = Settings::of(call.core, org).ok_or_else(|| denied(Denial::Issuer))?;
    let core = call.core.of_organization(org);
    let values = Values::new(call);
    let id = match core.profile.accounts.just_in_time {
        true => just_in_time(&core, &settings, &assertion, &values)?,
        false => of_existing(&core, &settings, &assertion, &values)?,
    };
    Ok(values.reply(org, &id))
}

fn assertion(body: &Object) -> Result<Assertion, Refusal> {
    let claim = |name: &str| body.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    Ok(Assertion {
        iss: text(body, "iss")?.to_owned(),
        sub: text(body, "sub")?.to_owned(),
        email: claim("email"),
        email_verified: body.get("email_verified").and_then(Value::as_bool),
        given_name: claim("given_name"),
        family_name: claim("family_name"),
        name_id: claim("name_id"),
    })
}

/// A refused assertion: 403, but for one that says too little.
fn denied(denial: Denial) -> Refusal {
    match denial {
        Denial::NoEmail => Refusal::invalid("/email", denial.reason()),
        _ => Refusal::denied(denial.reason()),
    }
}

fn just_in_time(core: &Core, settings: &Settings, assertion: &Assertion, values: &Values) -> Result<String, Refusal> {
    let choices = core.profile.accounts;
    let taken = match (&assertion.email, choices.email_scope) {
        (Some(email), Scoping::Organization) => {
            !account::with_email(core, &settings.org, email).map_err(of_scim)?.is_empty()
        }
        _ => false,
    };
    let accounts = &mut core.products.lock().accounts;
    accounts.sign_in_just_in_time(settings.door(), assertion, taken, values.fresh(), &choices).map_err(denied)
}

/// Signs in a user of the store: who is bound to the issuer and subject, else whom the assertion names.
fn of_existing(core: &Core, settings: &Settings, assertion: &Assertion, values: &Values) -> Result<String, Refusal> {
    let door = settings.door();
    let holder = |id: &str| Holder::new(&settings.org, id);
    for _ in 0..ATTEMPTS {
        let bound = {
            let accounts = &core.products.lock().accounts;
            accounts.passes(door, assertion).map_err(denied)?;
            accounts.identified(&settings.org, &assertion.identity()).map(ToOwned::to_owned)
        };
        let named = if bound.is_some() { Vec::new() } else { named(core, &settings.org, assertion)? };
        let (id, epoch) = {
            let accounts = &mut core.products.lock().accounts;
            let id = match bound {
                Some(id) => id,
                None => accounts.binds_to(door, assertion, &named).map_err(denied)?,
            };
            let epoch = accounts.epoch(&holder(&id)).ok_or_else(|| denied(Denial::Unknown))?;
            (id, epoch)
        };
        let record = account::user(core, &holder(&id)).map_err(of_scim)?.ok_or_else(|| denied(Denial::Unknown))?;
        let user = record.body.object().map_err(crate::server::answer::refused).map_err(of_scim)?;
        if !account::is_active(user) {
            return Err(denied(Denial::Disabled));
        }
        let accounts = &mut core.products.lock().accounts;
        let coverage = existing(settings.environments.iter().cloned());
        let still = match accounts.identified(&settings.org, &assertion.identity()) {
            Some(bound) => bound == id,
            None => accounts.binds_to(door, assertion, std::slice::from_ref(&id)).is_ok(),
        };
        if still && accounts.issue(&holder(&id), epoch, coverage, values.fresh()) {
            accounts.bind(&holder(&id), assertion.identity());
            return Ok(id);
        }
    }
    Err(overtaken())
}

/// The ids of the users whom an assertion may mean (CATALYTIC-023), each once.
fn named(core: &Core, org: &str, assertion: &Assertion) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    match core.profile.accounts.login_by {
        LoginBy::Email => {
            for name in assertion.names() {
                found = account::with_email(core, org, name).map_err(of_scim)?;
                if found.is_empty() {
                    found = account::named(core, org, name).map_err(of_scim)?;
                }
                if !found.is_empty() {
                    break;
                }
            }
        }
        // Without records of its own the product knows a subject only as the id that the provider gave by SCIM.
        LoginBy::Subject => {
            let select = Select::ExternalId(assertion.sub.clone());
            found = account::users(core, org, &select, |_| true).map_err(of_scim)?;
        }
    }
    Ok(found.into_iter().map(|record| record.id).collect())
}

//! The simulated SSO callback (A13): an assertion becomes a login, of a record made just in time or of a user who exists.

use serde_json::Value;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use super::login::{ATTEMPTS, Values, overtaken};
use crate::product::{Action, Assertion, Denial, Door, Holder, Refusal, State, existing};
use crate::profile::LoginBy;
use crate::scim::Object;
use crate::server::account;
use crate::server::answer::refused;
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
    fn of(state: &State, org: &str) -> Option<Self> {
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
    let core = call.core.of_organization(org);
    let values = Values::new(call);
    let id = match core.profile.accounts.just_in_time {
        true => just_in_time(&core, org, &assertion, &values)?,
        false => of_existing(&core, org, &assertion, &values)?,
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

fn just_in_time(core: &Core, org: &str, assertion: &Assertion, values: &Values) -> Result<String, Refusal> {
    let choices = core.profile.accounts;
    let mut state = core.products.lock();
    // Read under the same lock, so that the token covers what exists when it is issued.
    let settings = Settings::of(&state, org).ok_or_else(|| denied(Denial::Issuer))?;
    state.accounts.sign_in_just_in_time(settings.door(), assertion, values.fresh(), &choices).map_err(denied)
}

/// Signs in a user of the store: who is bound to the issuer and subject, else whom the assertion names.
fn of_existing(core: &Core, org: &str, assertion: &Assertion, values: &Values) -> Result<String, Refusal> {
    let settings = |state: &State| Settings::of(state, org).ok_or_else(|| denied(Denial::Issuer));
    let holder = |id: &str| Holder::new(org, id);
    let identity = assertion.identity();
    for _ in 0..ATTEMPTS {
        let bound = {
            let state = core.products.lock();
            state.accounts.passes(settings(&state)?.door(), assertion).map_err(denied)?;
            state.accounts.identified(org, &identity).map(ToOwned::to_owned)
        };
        let named = if bound.is_some() { Vec::new() } else { named(core, org, assertion)? };
        let (id, epoch) = {
            let mut state = core.products.lock();
            let id = match bound {
                Some(id) => id,
                None => state.accounts.binds_to(settings(&state)?.door(), assertion, &named).map_err(denied)?,
            };
            let epoch = state.accounts.epoch(&holder(&id)).ok_or_else(|| denied(Denial::Unknown))?;
            (id, epoch)
        };
        let record = account::user(core, &holder(&id)).map_err(of_scim)?.ok_or_else(|| denied(Denial::Unknown))?;
        if !account::is_active(record.body.object().map_err(refused).map_err(of_scim)?) {
            return Err(denied(Denial::Disabled));
        }
        let mut state = core.products.lock();
        let settings = settings(&state)?;
        let still = match state.accounts.identified(org, &identity) {
            Some(bound) => bound == id,
            None => state.accounts.binds_to(settings.door(), assertion, std::slice::from_ref(&id)).is_ok(),
        };
        let coverage = existing(settings.environments);
        if still && state.accounts.issue(&holder(&id), epoch, coverage, values.fresh()) {
            state.accounts.bind(&holder(&id), identity);
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

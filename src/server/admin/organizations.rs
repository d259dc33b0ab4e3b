//! Organizations and their settings: A1 to A4.

use serde_json::{Value, json};

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use crate::product::{Action, Organization, Refusal, Sso};
use crate::profile::Profile;
use crate::scim::Object;
use crate::server::{core, role};
use crate::store::{Kind, Links};

pub(super) const ROWS: &[Row] = &[
    Row { method: "POST", path: "/admin/v1/organizations", action: Action::OrganizationCreate, handler: create },
    Row { method: "GET", path: "/admin/v1/organizations", action: Action::OrganizationCreate, handler: list },
    Row { method: "GET", path: "/admin/v1/organizations/{org}", action: Action::OrganizationRead, handler: read },
    Row {
        method: "DELETE",
        path: "/admin/v1/organizations/{org}",
        action: Action::OrganizationDelete,
        handler: delete,
    },
    Row { method: "PUT", path: "/admin/v1/organizations/{org}/sso", action: Action::SsoWrite, handler: put_sso },
    Row { method: "GET", path: "/admin/v1/organizations/{org}/sso", action: Action::SsoRead, handler: get_sso },
    Row { method: "PUT", path: "/admin/v1/organizations/{org}/scim", action: Action::ScimWrite, handler: put_scim },
    Row { method: "GET", path: "/admin/v1/organizations/{org}/scim", action: Action::ScimRead, handler: get_scim },
];

/// Ids that are paths of the surface or tenants.
const RESERVED: [&str; 4] = ["admin", "auth", "idp", "oauth2"];

const PROTOCOLS: [&str; 2] = ["saml", "oidc"];
const PROVIDERS: [&str; 5] = ["okta", "entra", "ping", "jumpcloud", "generic"];

/// A1
fn create(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let made_up = uuid::Uuid::new_v4().to_string();
    let id = if body.contains_key("id") { text(&body, "id")? } else { made_up.as_str() };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !id.chars().all(plain) || id.len() > 64 || RESERVED.contains(&id) {
        return Err(Refusal::invalid("/id", "an id of at most 64 letters, digits, - and _ is wanted"));
    }
    let mut organization = Organization::new(id, id);
    if body.contains_key("displayName") {
        organization.display_name = text(&body, "displayName")?.to_owned();
    }
    if body.get("profile").is_some_and(|profile| !profile.is_null()) {
        let name = text(&body, "profile")?;
        // The server's own profile is followed, also when its switches change.
        if name != call.core.profile.name {
            let profile = Profile::named(name).ok_or_else(|| Refusal::invalid("/profile", "no such profile"))?;
            organization.profile = Some(profile.into());
        }
    }
    let reply = described(call, &organization);
    let mut state = call.core.products.lock();
    // A segment that a tenant is served below would hide the organization.
    let hidden = call.core.tenants.iter().any(|place| place.base_path.split('/').nth(1) == Some(id));
    if state.organizations.contains_key(id) || hidden {
        return Err(Refusal { pointer: Some("/id".into()), ..Refusal::new(409, "conflict", "this id is taken") });
    }
    state.organizations.insert(id.to_owned(), organization);
    Ok(Reply::new(201, reply).about(id))
}

fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let state = call.core.products.lock();
    Ok(Reply::new(200, state.organizations.values().map(|it| described(call, it)).collect()))
}

fn read(call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut state = call.core.products.lock();
    let organization = state.organization(call.org()?)?;
    Ok(Reply::new(200, described(call, organization)))
}

fn described(call: &Call<'_>, organization: &Organization) -> Value {
    json!({
        "id": organization.id,
        "displayName": organization.display_name,
        "profile": organization.profile.as_ref().unwrap_or(&call.core.profile).name,
        "sso": organization.sso.is_some(),
        "scim": organization.scim.enabled,
    })
}

/// The organization goes with everything in it.
fn delete(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.org()?;
    call.core.products.lock().remove_organization(org)?;
    empty(call, org)?;
    Ok(Reply::empty())
}

/// Removes every group and user of an organization from the store.
pub(super) fn empty(call: &Call<'_>, org: &str) -> Result<(), Refusal> {
    let now = call.core.now();
    for kind in [Kind::Group, Kind::User] {
        for record in role::all(call.core, org, kind, Links::Skip).map_err(of_scim)? {
            // Somebody else may have been faster.
            let _ = call.core.store.delete(org, kind, &record.id, None, now);
        }
    }
    Ok(())
}

/// A2. What is on can be changed, not removed (COALESCE-SSO-016, COALESCE-SSO-017).
fn put_sso(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let given = body.as_object().filter(|body| !body.is_empty());
    let mut state = call.core.products.lock();
    let org = call.org()?;
    let configured = state.organization(org)?.sso.is_some();
    let removes = given.is_none_or(|body| body.get("enabled") == Some(&Value::Bool(false)));
    if removes && configured {
        return Err(Refusal::new(409, "sso_not_removable", "SSO cannot be removed once it is configured"));
    }
    let body = given.filter(|_| !removes).ok_or_else(|| Refusal::invalid("", "an SSO configuration is wanted"))?;
    if body.get("enabled").is_some_and(|enabled| *enabled != Value::Bool(true)) {
        return Err(Refusal::invalid("/enabled", "true is wanted"));
    }
    let sso = Sso {
        protocol: one_of(body, "protocol", &PROTOCOLS)?,
        issuer: text(body, "issuer")?.to_owned(),
        client_id: text(body, "client_id")?.to_owned(),
        subdomain: if body.contains_key("subdomain") { text(body, "subdomain")?.to_owned() } else { org.to_owned() },
        provider: one_of(body, "provider", &PROVIDERS)?,
    };
    let theirs = |(id, other): (&String, &Organization)| {
        id != org && other.sso.as_ref().is_some_and(|other| other.subdomain.eq_ignore_ascii_case(&sso.subdomain))
    };
    if state.organizations.iter().any(theirs) {
        let refusal = Refusal::new(409, "conflict", "another organization has this subdomain");
        return Err(Refusal { pointer: Some("/subdomain".into()), ..refusal });
    }
    let reply = sso_described(&sso);
    state.organization(org)?.sso = Some(sso);
    Ok(Reply::new(200, reply))
}

fn get_sso(call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut state = call.core.products.lock();
    let sso = state.organization(call.org()?)?.sso.as_ref();
    let sso = sso.ok_or_else(|| Refusal::new(404, "sso_not_configured", "SSO is not configured"))?;
    Ok(Reply::new(200, sso_described(sso)))
}

fn sso_described(sso: &Sso) -> Value {
    json!({
        "protocol": sso.protocol,
        "issuer": sso.issuer,
        "client_id": sso.client_id,
        "subdomain": sso.subdomain,
        "provider": sso.provider,
        "enabled": true,
    })
}

/// A member with one of some words; the last of them where it is missing.
fn one_of(body: &Object, name: &str, words: &[&'static str]) -> Result<String, Refusal> {
    let Some(value) = body.get(name) else { return Ok(words.last().copied().unwrap_or_default().to_owned()) };
    let found = words.iter().find(|word| value.as_str() == Some(word));
    found
        .map(|word| (*word).to_owned())
        .ok_or_else(|| Refusal::invalid(format!("/{name}"), format!("{name}: one of {} is wanted", words.join(", "))))
}

/// A3
fn put_scim(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let enabled = body.get("enabled").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| Refusal::invalid("/enabled", "true or false is wanted"))?;
    {
        let mut state = call.core.products.lock();
        let organization = state.organization(call.org()?)?;
        let needs_sso = organization.profile.as_ref().unwrap_or(&call.core.profile).accounts.sso_before_scim;
        organization.switch_scim(enabled, needs_sso, core::fresh_token)?;
    }
    get_scim(call)
}

/// A4
fn get_scim(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.org()?;
    let place = call.core.place(org).ok_or_else(|| Refusal::missing("organization"))?;
    let mut state = call.core.products.lock();
    let scim = &state.organization(org)?.scim;
    let token = scim.token.as_ref().map(|token| token.expose().to_owned());
    let url = scim.enabled || token.is_some();
    Ok(Reply::new(
        200,
        json!({
            "enabled": scim.enabled,
            "base_url": url.then(|| format!("{}{}", call.origin(), place.base_path)),
            "bearer_token": token,
        }),
    ))
}

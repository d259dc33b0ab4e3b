//! What only the operator has: clock, profile, faults, reset, load, audit (A19 to A23).

use std::sync::Arc;

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use time::Duration;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use super::organizations::empty;
use crate::product::{Action, Refusal, TABLES, switched};
use crate::profile::{Identifier, Profile};
use crate::scim::project::Projection;
use crate::scim::{Object, datetime, urn};
use crate::server::context::Context;
use crate::server::etag::Conditions;
use crate::server::role;
use crate::server::write::{Ask, create};
use crate::store::Kind;

pub(super) const ROWS: &[Row] = &[
    Row { method: "GET", path: "/admin/v1/clock", action: Action::ClockRead, handler: clock },
    Row { method: "POST", path: "/admin/v1/clock", action: Action::ClockWrite, handler: advance },
    Row { method: "GET", path: "/admin/v1/profile", action: Action::ProfileRead, handler: profile },
    Row { method: "PUT", path: "/admin/v1/profile", action: Action::ProfileWrite, handler: put_profile },
    Row { method: "GET", path: "/admin/v1/faults", action: Action::FaultsRead, handler: faults },
    Row { method: "PUT", path: "/admin/v1/faults", action: Action::FaultsWrite, handler: put_faults },
    Row { method: "POST", path: "/admin/v1/reset", action: Action::Reset, handler: reset },
    Row { method: "POST", path: "/admin/v1/load", action: Action::Load, handler: load },
    Row { method: "GET", path: "/admin/v1/audit", action: Action::AuditRead, handler: audit },
];

/// As far as the clock can be moved at once, seconds: a thousand years.
const LEAP: u64 = 1000 * 366 * 86_400;

/// As many resources are loaded at once.
const LOADED: usize = 1_000_000;

fn clock(call: &Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::new(200, json!({ "now": datetime::print(call.core.now()) })))
}

/// A19
fn advance(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let seconds = body.get("advance_seconds").and_then(Value::as_u64).filter(|seconds| *seconds <= LEAP);
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let wanted = "a whole number of seconds is wanted, up to a thousand years";
    let seconds = seconds.ok_or_else(|| Refusal::invalid("/advance_seconds", wanted))?;
    {
        let mut state = call.core.products.lock();
        state.ahead = state.ahead.saturating_add(Duration::seconds(seconds));
    }
    clock(call)
}

fn profile(call: &Call<'_>) -> Result<Reply, Refusal> {
    described(&call.core.profile)
}

fn described(profile: &Profile) -> Result<Reply, Refusal> {
    let whole = serde_json::to_value(profile).map_err(|e| Refusal::new(500, "server_error", e.to_string()))?;
    let shown = |name: &&str| ["name", "product"].contains(name) || TABLES.contains(name);
    let members = whole.as_object().into_iter().flatten().filter(|(name, _)| shown(&name.as_str()));
    Ok(Reply::new(200, Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())))
}

/// A20: the switches that are named change, the others stay.
fn put_profile(call: &Call<'_>) -> Result<Reply, Refusal> {
    let changes = call.object()?;
    let changed = call.server.change_profile(|profile| switched(profile, &changes))?;
    let core = call.core.under(Arc::clone(&changed));
    let ids: Vec<String> = core.products.lock().organizations.keys().cloned().collect();
    ids.iter().try_for_each(|org| role::note(&core.of_organization(org), org)).map_err(of_scim)?;
    described(&changed)
}

fn faults(call: &Call<'_>) -> Result<Reply, Refusal> {
    control(call, None)
}

/// A21
fn put_faults(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let listed = body.as_array().or_else(|| body.get("faults").and_then(Value::as_array));
    let names = listed.and_then(|list| list.iter().map(|name| name.as_str().map(ToOwned::to_owned)).collect());
    let names: Vec<String> = names.ok_or_else(|| Refusal::invalid("", "an array of names is wanted"))?;
    control(call, Some(&names))
}

fn control(call: &Call<'_>, names: Option<&[String]>) -> Result<Reply, Refusal> {
    let in_force = match (&call.server.faults, names) {
        (Some(control), names) => control(names).map_err(|said| Refusal::new(400, "unknown_fault", said))?,
        (None, None | Some([])) => Vec::new(),
        (None, Some(_)) => return Err(Refusal::new(400, "unknown_fault", "this server has no faults to switch on")),
    };
    Ok(Reply::new(200, json!(in_force)))
}

/// A22: organizations, users, groups, clock, profile and faults as at the start.
fn reset(call: &Call<'_>) -> Result<Reply, Refusal> {
    let ids: Vec<String> = call.core.products.lock().organizations.keys().cloned().collect();
    ids.iter().try_for_each(|org| empty(call, org))?;
    call.core.products.reset();
    let first = Arc::clone(&call.server.first);
    call.server.change_profile(|_| Ok(Profile::clone(&first)))?;
    if call.server.faults.is_some() {
        control(call, Some(&[]))?;
    }
    Ok(Reply::new(200, json!({ "organizations": call.core.products.lock().organizations.len() })))
}

/// A22: the same seed loads the same users, groups and members.
fn load(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let count = |name: &str, most: usize| match body.get(name) {
        None => Ok(0),
        Some(value) => value
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .filter(|count| *count <= most)
            .ok_or_else(|| Refusal::invalid(format!("/{name}"), format!("a number up to {most} is wanted"))),
    };
    let org = if body.contains_key("org") { text(&body, "org")? } else { "default" };
    let users = count("users", LOADED)?;
    let members = count("members_per_group", users)?;
    let (groups, seed) = (count("groups", LOADED)?, count("seed", usize::MAX)?);
    let place = call.core.place(org).ok_or_else(|| Refusal::missing("organization"))?;
    let core = call.core.of_organization(org);
    if groups > 0 && !core.profile.capabilities.groups {
        return Err(Refusal::invalid("/groups", "this profile has no groups"));
    }
    let base = format!("{}{}", call.origin(), place.base_path);
    let context = Context { server: &core, tenant: org, base: &base, roles: false, subject: None };
    let ask = Ask { projection: &Projection::Default, conditions: Conditions::default() };
    let make = |kind: Kind, body: &Value| -> Result<String, Refusal> {
        let answer = create(&context, kind, &ask, body).map_err(of_scim)?;
        let location = answer.location.unwrap_or_default();
        Ok(location.rsplit('/').next().unwrap_or_default().to_owned())
    };
    let ids: Vec<String> =
        (0..users).map(|n| make(Kind::User, &user(&core.profile, seed, n))).collect::<Result<_, _>>()?;
    let mut rng = ChaCha8Rng::seed_from_u64(u64::try_from(seed).unwrap_or_default());
    for n in 0..groups {
        let chosen = sample(&mut rng, ids.len(), members).into_iter();
        let members: Vec<Value> = chosen.filter_map(|n| ids.get(n)).map(|id| json!({ "value": id })).collect();
        let name = format!("Load {seed} {n}");
        make(Kind::Group, &json!({ "schemas": [urn::GROUP], "displayName": name, "members": members }))?;
    }
    Ok(Reply::new(200, json!({ "users": users, "groups": groups })).about(org))
}

fn user(profile: &Profile, seed: usize, n: usize) -> Value {
    let name = match profile.identifier {
        Identifier::Email => format!("load-{seed}-{n}@load.example.test"),
        Identifier::Alphanumeric => format!("load{seed}n{n}"),
    };
    json!({
        "schemas": [urn::USER],
        "userName": name,
        "name": { "givenName": "Load", "familyName": format!("User {n}") },
        "emails": [{ "value": format!("load-{seed}-{n}@load.example.test"), "primary": true }],
        "active": true,
    })
}

/// A23
fn audit(call: &Call<'_>) -> Result<Reply, Refusal> {
    let since = call.parameter("since")?.unwrap_or_else(|| "0".into());
    let since: u64 =
        since.parse().map_err(|_| Refusal::new(400, "invalid_request", "since: a number of an entry is wanted"))?;
    let state = call.core.products.lock();
    let entries = state.audit.since(since).map(|entry| {
        let mut row = Object::new();
        row.insert("seq".into(), entry.seq.into());
        row.insert("actor".into(), entry.actor.as_str().into());
        row.insert("action".into(), entry.action.into());
        row.insert("target".into(), entry.target.as_str().into());
        row.insert("outcome".into(), entry.outcome.into());
        Value::Object(row)
    });
    Ok(Reply::new(200, entries.collect()))
}

//! Roles by team: the mapping and its script (A5, A6).

use serde_json::{Value, json};

use super::Row;
use super::call::{Call, Reply, of_scim};
use crate::product::{Action, CatalogRole, Mapping, Refusal};
use crate::profile::MissingTeam;
use crate::server::role;

pub(super) const ROWS: &[Row] = &[
    Row {
        method: "PUT",
        path: "/admin/v1/organizations/{org}/role-mapping",
        action: Action::MappingWrite,
        handler: put,
    },
    Row {
        method: "GET",
        path: "/admin/v1/organizations/{org}/role-mapping",
        action: Action::MappingRead,
        handler: get,
    },
    Row {
        method: "POST",
        path: "/admin/v1/organizations/{org}/role-mapping/apply",
        action: Action::MappingApply,
        handler: apply,
    },
];

/// A5. The document is read whole before anything changes (CATALOG-040).
fn put(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.org()?;
    let core = call.core.of_organization(org);
    // Read as text, since a JSON object forgets that a name stood twice.
    call.json()?;
    let text = String::from_utf8_lossy(call.request.body.as_deref().unwrap_or_default());
    let ladder: Vec<String> = match core.profile.roles.as_slice() {
        [] => CatalogRole::ALL.iter().map(|role| role.word().to_owned()).collect(),
        rules => rules.iter().map(|rule| rule.name.clone()).collect(),
    };
    let choices = &core.profile.role_mapping;
    let (mapping, warnings) = Mapping::parse(&text, &ladder, choices)?;
    if choices.missing_team == MissingTeam::Refused {
        mapping.needs(&role::groups(&core, org).map_err(of_scim)?, choices)?;
    }
    // What the old mapping gave may have to be kept by the new one.
    role::note(&core, org).map_err(of_scim)?;
    let generation = core.products.lock().organization(org)?.roles.put(mapping, choices);
    role::note(&core, org).map_err(of_scim)?;
    Ok(Reply::new(200, json!({ "warnings": warnings, "generation": generation })))
}

fn get(call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut state = call.core.products.lock();
    let mapping = state.organization(call.org()?)?.roles.mapping();
    let mapping = mapping.ok_or_else(|| Refusal::new(404, "not_found", "there is no role mapping"))?;
    Ok(Reply::new(200, Value::Object(mapping.document())))
}

/// A6
fn apply(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.org()?;
    let core = call.core.of_organization(org);
    role::note(&core, org).map_err(of_scim)?;
    let people = role::people(&core, org).map_err(of_scim)?;
    let groups = role::remembered(&core, org).map_err(of_scim)?;
    let done = core.products.lock().organization(org)?.roles.apply(&people, &groups, &core.profile.role_mapping);
    Ok(Reply::new(200, json!({ "evaluated": done.evaluated, "changed": done.changed, "generation": done.generation })))
}

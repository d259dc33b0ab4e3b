//! Environments, projects, and who has which RBAC role where: A15, A24, A25.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Row;
use super::call::{Call, Reply, of_scim, text};
use crate::product::{Action, AppRole, Environment, Grant, Organization, Project, Refusal, State, grant_of};
use crate::scim::{Object, datetime};
use crate::store::{Kind, Links};

pub(super) const ROWS: &[Row] = &[
    Row { method: "POST", path: "/admin/v1/environments", action: Action::EnvironmentCreate, handler: environment },
    Row { method: "GET", path: "/admin/v1/environments", action: Action::EnvironmentRead, handler: environments },
    Row {
        method: "POST",
        path: "/admin/v1/organizations/{org}/projects",
        action: Action::ProjectCreate,
        handler: project,
    },
    Row {
        method: "GET",
        path: "/admin/v1/organizations/{org}/projects",
        action: Action::ProjectRead,
        handler: projects,
    },
    Row { method: "PUT", path: ASSIGNMENTS, action: Action::AssignmentWrite, handler: assign },
    Row { method: "DELETE", path: ASSIGNMENTS, action: Action::AssignmentWrite, handler: unassign },
    Row { method: "GET", path: ASSIGNMENTS, action: Action::AssignmentRead, handler: assignments },
];

const ASSIGNMENTS: &str = "/admin/v1/organizations/{org}/role-assignments";

/// A15
fn environment(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let (org, name) = (text(&body, "org")?, text(&body, "name")?);
    call.permit(Action::EnvironmentCreate, org, None)?;
    let made = Environment { id: Uuid::new_v4().to_string(), name: name.to_owned(), created: call.core.now() };
    let reply = Reply::new(201, described(org, &made)).about(format!("{org}/{}", made.id));
    let choices = call.core.of_organization(org).profile.accounts;
    let mut state = call.core.products.lock();
    state.organization(org)?.environments.push(made);
    state.accounts.environment_created(org, &choices);
    Ok(reply)
}

fn environments(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.parameter("org")?;
    let org = org.ok_or_else(|| Refusal::new(400, "invalid_request", "the parameter org is wanted"))?;
    call.permit(Action::EnvironmentRead, &org, None)?;
    let mut state = call.core.products.lock();
    let environments = &state.organization(&org)?.environments;
    Ok(Reply::new(200, environments.iter().map(|it| described(&org, it)).collect()))
}

fn described(org: &str, environment: &Environment) -> Value {
    json!({
        "id": environment.id,
        "org": org,
        "name": environment.name,
        "created": datetime::print(environment.created),
    })
}

/// A24
fn project(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let made = Project { id: Uuid::new_v4().to_string(), name: text(&body, "name")?.to_owned() };
    let org = call.org()?;
    let reply = Reply::new(201, json!({ "id": made.id, "name": made.name })).about(format!("{org}/{}", made.id));
    call.core.products.lock().organization(org)?.projects.push(made);
    Ok(reply)
}

fn projects(call: &Call<'_>) -> Result<Reply, Refusal> {
    let mut state = call.core.products.lock();
    let projects = &state.organization(call.org()?)?.projects;
    Ok(Reply::new(200, projects.iter().map(|it| json!({ "id": it.id, "name": it.name })).collect()))
}

/// A25. The app's words `Admin` and `User` give what the migration gives (COALESCE-SSO-043).
fn assign(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let (org, user, scope, role) = (call.org()?, text(&body, "user")?, text(&body, "scope")?, text(&body, "role")?);
    // COALESCE-SSO-042
    if !is_member(call, org, user)? {
        let refusal = Refusal::new(409, "not_a_member", "the user is no member of the organization");
        return Err(Refusal { pointer: Some("/user".into()), ..refusal });
    }
    let migrates = AppRole::named(role).filter(|_| scope == "organization");
    let wanted = if migrates.is_none() { Some(grant(&body, scope, role)?) } else { None };
    let mut state = call.core.products.lock();
    let organization = state.organization(org)?;
    let given = match (migrates, wanted) {
        (Some(role), _) => organization.migrate(user, role)?,
        (None, wanted) => wanted
            .into_iter()
            .map(|wanted| organization.grant(user, wanted.clone()).map(|()| wanted))
            .collect::<Result<_, _>>()?,
    };
    let rows: Value = given.iter().map(|grant| row(user, grant)).collect();
    Ok(Reply::new(200, rows).about(format!("{org}/{user}")))
}

/// Takes a role; what was not there stays away.
fn unassign(call: &Call<'_>) -> Result<Reply, Refusal> {
    let body = call.object()?;
    let (org, user, scope, role) = (call.org()?, text(&body, "user")?, text(&body, "scope")?, text(&body, "role")?);
    let wanted = grant(&body, scope, role)?;
    if !call.core.products.lock().organization(org)?.ungrant(user, &wanted) {
        return Err(Refusal::missing("role assignment"));
    }
    Ok(Reply::new(200, row(user, &wanted)).about(format!("{org}/{user}")))
}

fn grant(body: &Object, scope: &str, role: &str) -> Result<Grant, Refusal> {
    let target = if body.contains_key("target") { Some(text(body, "target")?) } else { None };
    grant_of(scope, target, role)
}

/// What was assigned, and what everybody has in the organization without it (COALESCE-SSO-041).
fn assignments(call: &Call<'_>) -> Result<Reply, Refusal> {
    let org = call.org()?;
    let wanted = call.parameter("user")?;
    if let Some(user) = &wanted
        && !is_member(call, org, user)?
    {
        return Err(Refusal::missing("user"));
    }
    let mut state = call.core.products.lock();
    let mut rows: Vec<Value> = Vec::new();
    if let Some(user) = &wanted {
        rows.push(row(user, &Grant::Organization(default_role(&mut state, org, user)?)));
    }
    let organization: &Organization = state.organization(org)?;
    let held = organization.grants.iter().filter(|(holder, grant)| match &wanted {
        Some(user) => holder == user && !matches!(grant, Grant::Organization(_)),
        None => true,
    });
    rows.extend(held.map(|(holder, grant)| row(holder, grant)));
    Ok(Reply::new(200, Value::Array(rows)))
}

fn default_role(state: &mut State, org: &str, user: &str) -> Result<crate::product::OrganizationRole, Refusal> {
    let app = state.app_role(org, user);
    Ok(state.organization(org)?.organization_role(user, app))
}

fn row(user: &str, grant: &Grant) -> Value {
    let mut row = json!({ "user": user, "scope": grant.scope(), "role": grant.role() });
    if let (Some(target), Value::Object(row)) = (grant.target(), &mut row) {
        row.insert("target".into(), Value::from(target));
    }
    row
}

/// Whether the organization has such a user: in the store, or signed in by SSO alone.
fn is_member(call: &Call<'_>, org: &str, user: &str) -> Result<bool, Refusal> {
    let stored = call.core.store.get(org, Kind::User, user, Links::Skip);
    let stored = stored.map_err(|error| of_scim(crate::server::answer::refused(error)))?.is_some();
    Ok(stored || call.core.products.lock().has_account(org, user))
}

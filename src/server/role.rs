//! The role of a user, from the teams that the store knows and the mapping that the products know; and the people of an
//! organization for what concerns all of them.

use std::collections::HashSet;

use serde_json::Value;

use super::core::Core;
use crate::product::{Person, Role, Source, Team};
use crate::profile::{DeletedTeam, InactiveRole, NestedTeams, TeamRename, UnmappedRole};
use crate::scim::ScimError;
use crate::store::{From as Start, Kind, Link, Links, Record, Select};

use super::answer::refused;

/// Records of one read.
const BATCH: usize = 500;

/// A user's role; the record's links must be complete.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn of(core: &Core, org: &str, record: &Record) -> Result<Role, ScimError> {
    let groups = match core.profile.role_mapping.nested {
        NestedTeams::Direct => Vec::new(),
        NestedTeams::Transitive => all(core, org, Kind::Group, Links::All)?,
    };
    let teams = teams(record, &groups);
    let state = core.products.lock();
    let source = state.source(org, &record.id);
    let person = Person { id: record.id.clone(), source, active: active(record), teams };
    let none = || Role { name: None, source: crate::product::RoleSource::Default };
    Ok(state.organizations.get(org).map_or_else(none, |it| it.roles.of(&person, &core.profile.role_mapping)))
}

/// A user's teams: the groups that name it as a member, and where `groups` are given those that hold these, and so on
/// (CATALOG-035).
fn teams(record: &Record, groups: &[Record]) -> Vec<Team> {
    let direct = |link: &Link| Team { id: link.id.clone(), name: link.display.clone().unwrap_or_default() };
    let mut teams: Vec<Team> = record.links.iter().map(direct).collect();
    let mut known: HashSet<String> = teams.iter().map(|team| team.id.clone()).collect();
    let mut next = 0;
    while let Some(inner) = teams.get(next).map(|team| team.id.clone()) {
        next += 1;
        for group in groups.iter().filter(|group| group.links.iter().any(|link| link.id == inner)) {
            if known.insert(group.id.clone()) {
                teams.push(team(group));
            }
        }
    }
    teams
}

/// A group as the mapping sees it.
fn team(group: &Record) -> Team {
    let name = group.body.object().ok().and_then(|body| body.get("displayName")).and_then(Value::as_str);
    Team { id: group.id.clone(), name: name.unwrap_or_default().to_owned() }
}

/// Whether a user may sign in.
fn active(user: &Record) -> bool {
    let active = user.body.object().ok().and_then(|body| body.get("active")).and_then(Value::as_bool);
    active.unwrap_or(true)
}

/// The groups of an organization.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn groups(core: &Core, org: &str) -> Result<Vec<Team>, ScimError> {
    Ok(all(core, org, Kind::Group, Links::Skip)?.iter().map(team).collect())
}

/// The users of an organization with their teams.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn people(core: &Core, org: &str) -> Result<Vec<Person>, ScimError> {
    let groups = match core.profile.role_mapping.nested {
        NestedTeams::Direct => Vec::new(),
        NestedTeams::Transitive => all(core, org, Kind::Group, Links::All)?,
    };
    let users = all(core, org, Kind::User, Links::All)?;
    let state = core.products.lock();
    let person = |user: &Record| {
        let source: Source = state.source(org, &user.id);
        Person { id: user.id.clone(), source, active: active(user), teams: teams(user, &groups) }
    };
    Ok(users.iter().map(person).collect())
}

/// Notes what later roles depend on, after something changed: only where the profile's choices have a memory.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn note(core: &Core, org: &str) -> Result<(), ScimError> {
    let choices = &core.profile.role_mapping;
    let mapped = core.products.lock().organizations.get(org).is_some_and(|it| it.roles.mapping().is_some());
    if mapped && choices.rename == TeamRename::Bound {
        let groups = groups(core, org)?;
        if let Ok(organization) = core.products.lock().organization(org) {
            organization.roles.bind(&groups, choices);
        }
    }
    let remembers = choices.unmapped == UnmappedRole::Keep
        || choices.deleted_team == DeletedTeam::Kept
        || choices.inactive == InactiveRole::Frozen;
    if mapped && remembers {
        // One after the other, so that no older reading replaces a newer one.
        let turn = core.products.turn();
        let people = people(core, org)?;
        let groups = remembered(core, org)?;
        if let Ok(organization) = core.products.lock().organization(org) {
            organization.roles.note(&people, &groups, choices);
        }
        drop(turn);
    }
    Ok(())
}

/// The groups that there are, where it matters whether a team was left or deleted; read them after the users.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn remembered(core: &Core, org: &str) -> Result<Vec<Team>, ScimError> {
    match core.profile.role_mapping.deleted_team {
        DeletedTeam::Kept => groups(core, org),
        DeletedTeam::Recomputed => Ok(Vec::new()),
    }
}

/// Every record of a kind.
///
/// # Errors
/// 500 if the store fails.
pub(super) fn all(core: &Core, org: &str, kind: Kind, links: Links<'_>) -> Result<Vec<Record>, ScimError> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let batch = core.store.list(org, kind, &Select::All, Start::After(after), BATCH, links).map_err(refused)?;
        let last = batch.len() < BATCH;
        after = batch.last().map_or(after, |record| record.sequence);
        found.extend(batch);
        if last {
            return Ok(found);
        }
    }
}

//! The laws of roles by team membership (PROP-ROLE): exhaustive in small scope, random beyond. Here stand the requests
//! that their scripts are made of.

mod histories;
mod mappings;
mod moves;
mod paths;
mod table;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::home;
use super::script::Step;
use super::suite::{Need, RoleReadOut, Setting, Suite};
use crate::model::{Role, RoleMapping, TeamChange, Teams};
use crate::profile::{DeletedTeam, Profile, UnmappedTeam, WhenApplied};
use crate::scim::urn;

/// Every suite about roles.
pub(super) const SUITES: [Suite; 6] =
    [paths::SUITE, moves::SUITE, moves::MANY, table::SUITE, mappings::SUITE, histories::SUITE];

/// What every suite about roles needs: without an explicit run of the script, roles must follow at once.
const NEEDS: [Need; 4] = [
    Need::RoleMapping,
    Need::RoleReadOut,
    Need::Capability("groups"),
    Need::Profile(applies_at_once, "roles are computed by a script of its own (CATALOG-038)"),
];

fn applies_at_once(profile: &Profile) -> bool {
    profile.role_mapping.when == WhenApplied::AtOnce
}

/// The mapping of the target's profile.
fn mapping(setting: &Setting) -> Option<RoleMapping> {
    RoleMapping::new(&setting.profile.roles, setting.profile.role_mapping)
}

/// How a membership is written (6.9 of the collected dialects).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// PATCH add or remove, all members in one operation.
    Patch,
    /// PATCH add or remove, one operation a member.
    Each,
    /// PATCH replace with all members.
    Replace,
    /// PUT of the whole group.
    Put,
    /// Members in the POST that creates the group.
    Post,
}

impl Channel {
    pub const ALL: [Self; 5] = [Self::Patch, Self::Each, Self::Replace, Self::Put, Self::Post];

    const fn word(self) -> &'static str {
        match self {
            Self::Patch => "by PATCH",
            Self::Each => "by one operation a member",
            Self::Replace => "by PATCH replace",
            Self::Put => "by PUT",
            Self::Post => "by POST",
        }
    }

    const fn patches(self) -> bool {
        matches!(self, Self::Patch | Self::Each | Self::Replace)
    }
}

/// `{{ u3 }}`
fn hole(variable: &str) -> String {
    format!("{{{{ {variable} }}}}")
}

/// The variable of a user's id.
fn user(n: usize) -> String {
    format!("u{n}")
}

/// The variable of a team's id.
fn team(n: usize) -> String {
    format!("t{n}")
}

/// People for so many users: `p0`, `p1` …
fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("p{n}")).collect()
}

fn create_user(n: usize) -> Step {
    let body = json!({"schemas": [urn::USER], "userName": format!("{{{{ p{n}.identifier }}}}")});
    let step = Step::new(format!("create user {n}"), "POST /Users").body(body.to_string()).saves(user(n), "id");
    step.judges("RFC7644-3.3-6", "status = 201")
}

fn members(users: &BTreeSet<usize>) -> Value {
    users.iter().map(|n| json!({"value": hole(&user(*n))})).collect()
}

/// A team's name is the mapping's; this bears the run's mark, so that `sweep` knows the team.
const MARK: &str = "{{ run.organization }}-team";

fn group(name: &str, users: &BTreeSet<usize>) -> String {
    let mut body = json!({"schemas": [urn::GROUP], "displayName": name, "externalId": MARK});
    if !users.is_empty() {
        body["members"] = members(users);
    }
    body.to_string()
}

fn create_team(n: usize, name: &str, users: &BTreeSet<usize>) -> Step {
    let step = Step::new(format!("create team {n}, {name}"), "POST /Groups").body(group(name, users));
    step.saves(team(n), "id").judges("RFC7644-3.3-6", "status = 201")
}

fn patch(name: String, target: &str, operations: Vec<Value>) -> Step {
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
    let step = Step::new(name, format!("PATCH {target}")).body(body.to_string());
    step.judges("RFC7644-3.5.2-26", "status = [200, 204]")
}

fn at_team(n: usize) -> String {
    format!("/Groups/{}", hole(&team(n)))
}

/// Users join a team; `all` are its members afterwards, `name` its name.
fn join(n: usize, name: &str, joining: &BTreeSet<usize>, all: &BTreeSet<usize>, channel: Channel) -> Step {
    let said = format!("{} joins team {n} {}", counted(joining), channel.word());
    let add = |users: &BTreeSet<usize>| json!({"op": "add", "path": "members", "value": members(users)});
    match channel {
        Channel::Patch => patch(said, &at_team(n), vec![add(joining)]),
        Channel::Each => {
            let each = joining.iter().map(|user| add(&BTreeSet::from([*user])));
            patch(said, &at_team(n), each.collect())
        }
        Channel::Replace | Channel::Put | Channel::Post => set(said, n, name, all, channel),
    }
}

/// Users leave a team; `all` are its members afterwards, `name` its name.
fn leave(n: usize, name: &str, leaving: &BTreeSet<usize>, all: &BTreeSet<usize>, channel: Channel) -> Step {
    let said = format!("{} leaves team {n} {}", counted(leaving), channel.word());
    let remove = |one: &usize| json!({"op": "remove", "path": format!("members[value eq \"{}\"]", hole(&user(*one)))});
    match channel {
        Channel::Patch | Channel::Each => patch(said, &at_team(n), leaving.iter().map(remove).collect()),
        Channel::Replace | Channel::Put | Channel::Post => set(said, n, name, all, channel),
    }
}

/// A team gets exactly these members.
fn set(said: String, n: usize, name: &str, all: &BTreeSet<usize>, channel: Channel) -> Step {
    if channel == Channel::Replace {
        return patch(said, &at_team(n), vec![json!({"op": "replace", "path": "members", "value": members(all)})]);
    }
    let mut body = json!({"schemas": [urn::GROUP], "displayName": name, "externalId": MARK});
    body["members"] = members(all);
    let step = Step::new(said, format!("PUT {}", at_team(n))).body(body.to_string());
    step.judges("RFC7644-3.5.1-16", "status = 200")
}

fn counted(users: &BTreeSet<usize>) -> String {
    users.iter().map(|n| format!("user {n}")).collect::<Vec<_>>().join(", ")
}

/// Reads a team: exactly these users are its members.
fn read_team(n: usize, requirement: &str, users: &BTreeSet<usize>, others: &BTreeSet<usize>) -> Step {
    let step = Step::new(format!("read team {n}"), format!("GET {}", at_team(n)));
    let row = |step: Step, user_n: &usize, word: &str| {
        step.judges(requirement, format!("at = \"members.value\", {word} = \"{}\"", hole(&user(*user_n))))
    };
    let step = users.iter().fold(step, |step, n| row(step, n, "has"));
    let step = others.difference(users).fold(step, |step, n| row(step, n, "has-not"));
    if users.is_empty() && others.is_empty() { step.judges(requirement, "status = 200") } else { step }
}

/// Reads a role, for rows under these requirements.
fn look_at_role(setting: &Setting, n: usize, requirements: &str, name: &str) -> Step {
    let step = setting.read_role(name, &user(n), &format!("p{n}.identifier"));
    // A read-out beside the User that refuses says nothing about roles.
    let beside = matches!(setting.role, Some(RoleReadOut::Get { .. } | RoleReadOut::Probe { .. }));
    if beside { step.judges(requirements, "status = 200, soft = true") } else { step }
}

/// Reads a role and judges it, where it can be known.
fn read_role(setting: &Setting, n: usize, requirements: &str, role: Role<'_>) -> Step {
    let step = look_at_role(setting, n, requirements, &format!("read the role of user {n}"));
    match role {
        Role::Is(role) => step.judges(requirements, setting.role(Some(role))),
        Role::None => step.judges(requirements, setting.role(None)),
        Role::Kept => step,
    }
}

/// A role that the state machine knows, as the oracle's word.
fn known(role: Option<Option<&str>>) -> Role<'_> {
    match role {
        None => Role::Kept,
        Some(None) => Role::None,
        Some(Some(role)) => Role::Is(role),
    }
}

/// The requirements that a user's role after a change speaks of: those whose situation it is, PROP-ROLE-01 always.
fn laws_of(before: &Teams, after: &Teams, user: usize, change: &TeamChange, channel: Channel) -> String {
    let (old, new) = (before.names_of(user), after.names_of(user));
    let mapping = after.mapping();
    let rank = |names: &[&str]| mapping.highest(names.iter().copied());
    let mut laws = vec!["PROP-ROLE-01"];
    // Then it is no longer true that only the teams of now count.
    if mapping.choices().deleted_team == DeletedTeam::Kept && matches!(change, TeamChange::Delete(_)) {
        return "CATALOG-031".to_owned();
    }
    match change {
        TeamChange::Active(who, _) if *who == user => laws.extend(["PROP-ROLE-18", "CATALOG-036"]),
        TeamChange::Nest(..) => laws.push("CATALOG-035"),
        TeamChange::User => laws.push("CATALOG-027"),
        _ if old == new => laws.push("PROP-ROLE-13"),
        TeamChange::Rename(..) => laws.extend(["PROP-ROLE-16", "CATALOG-030"]),
        TeamChange::Delete(_) => laws.extend(["PROP-ROLE-17", "CATALOG-031"]),
        TeamChange::Mapping(_) => laws.push("CATALOG-039"),
        _ => {
            if let TeamChange::Team(..) = change {
                laws.push("PROP-ROLE-09");
            }
            laws.extend(membership(mapping, &old, &new));
        }
    }
    if rank(&new).is_none() {
        laws.extend(["PROP-ROLE-08", "CATALOG-027"]);
    }
    if channel != Channel::Patch && old != new {
        laws.extend(["PROP-ROLE-15", "CATALOG-009"]);
    }
    let written = |name: &&str| mapping.teams().any(|team| team == *name);
    if new.iter().any(|name| !written(name) && mapping.listed(name).is_some()) {
        laws.extend(["PROP-ROLE-24", "CATALOG-032"]);
    }
    let twice =
        |name: &&&str| mapping.listed(name).is_some() && new.iter().filter(|n| mapping.same(n, name)).count() > 1;
    if new.iter().any(|name| twice(&name)) {
        laws.extend(["PROP-ROLE-25", "CATALOG-034"]);
    }
    let mut seen = BTreeSet::new();
    laws.retain(|law| seen.insert(*law));
    laws.join(" ")
}

/// What joining or leaving shows, by what the changed teams give beside the others.
fn membership(mapping: &RoleMapping, old: &[&str], new: &[&str]) -> Vec<&'static str> {
    let rank = |names: &[&str]| mapping.highest(names.iter().copied());
    let without = |names: &[&str], others: &[&str]| -> Vec<String> {
        names.iter().filter(|name| !others.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    let (joined, left) = (without(new, old), without(old, new));
    let changed: Vec<&str> = joined.iter().chain(&left).map(String::as_str).collect();
    let mapped = |names: &[&str]| names.iter().filter(|name| mapping.listed(name).is_some()).count();
    let mut laws = Vec::new();
    match (rank(&changed), rank(old), rank(new)) {
        // A team that is not mapped is not without effect where it gives the lowest role.
        _ if mapped(&changed) == 0 && mapping.choices().unmapped_team == UnmappedTeam::Lowest => {
            laws.push("CATALOG-028");
        }
        (None, ..) => laws.extend(["PROP-ROLE-04", "CATALOG-028"]),
        (Some(_), before, after) if before == after => {
            laws.push("PROP-ROLE-05");
            if rank(&changed) == after {
                laws.extend(["PROP-ROLE-12", "CATALOG-023"]);
            }
        }
        (_, _, Some(_)) if left.is_empty() && mapped(new) == 1 => laws.push("CATALOG-021"),
        (_, _, Some(_)) if joined.is_empty() => laws.extend(["PROP-ROLE-10", "CATALOG-024"]),
        _ => {}
    }
    if left.is_empty() && mapped(new) > 1 {
        laws.extend(["PROP-ROLE-02", "PROP-ROLE-03", "PROP-ROLE-06", "CATALOG-022", "CATALOG-025"]);
    }
    laws
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_the_laws_whose_situation_it_is() {
        let roles = Profile::named("coalesce-catalog").unwrap();
        let mut state = Teams::new(RoleMapping::new(&roles.roles, roles.role_mapping).unwrap());
        state.apply(&TeamChange::User);
        let one = BTreeSet::from([0]);
        let rows = [
            (TeamChange::Team("dev".into(), one.clone()), "CATALOG-021"),
            (TeamChange::Team("interns".into(), one.clone()), "PROP-ROLE-04"),
            (TeamChange::Team("sales".into(), one.clone()), "PROP-ROLE-02"),
            (TeamChange::Team("marketing".into(), one.clone()), "PROP-ROLE-12"),
            (TeamChange::Leave(3, one.clone()), "PROP-ROLE-05"),
            (TeamChange::Leave(2, one.clone()), "PROP-ROLE-10"),
            (TeamChange::Rename(0, "DEV".into()), "PROP-ROLE-24"),
            (TeamChange::Team("dev".into(), one.clone()), "PROP-ROLE-25"),
            (TeamChange::Delete(4), "PROP-ROLE-17"),
            (TeamChange::Leave(0, one), "CATALOG-027"),
        ];
        for (change, law) in rows {
            let before = state.clone();
            state.apply(&change);
            let laws = laws_of(&before, &state, 0, &change, Channel::Patch);
            assert!(laws.contains("PROP-ROLE-01") && laws.contains(law), "{change:?}: {laws}");
        }
    }
}

//! The whole table in small scope: 4 teams and 3 roles give 256 mappings, each over all 16 sets of teams, and memberships are
//! written in 5 ways: 20 480 roles are read. Sixteen users stand for the sixteen sets.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{Channel, NEEDS, create_team, create_user, home, join, mapping, people, read_role, read_team};
use crate::model::RoleMapping;
use crate::profile::{EmptyRole, MissingTeam, ReplacedMapping};
use crate::property::script::Script;
use crate::property::suite::{Case, Cases, Enumerated, Need, Setting, Suite};

/// The suite.
pub const SUITE: Suite = Suite {
    name: "role-table",
    title: "all 256 mappings of 4 teams to 3 roles, over all 16 sets of teams, through 5 ways of writing a membership",
    laws: &["PROP-ROLE-01", "PROP-ROLE-13", "PROP-ROLE-15", "CATALOG-022", "CATALOG-039"],
    needs: &[NEEDS[0], NEEDS[1], NEEDS[2], Need::Capability("patch"), Need::Admin, Need::Product("CATALOG")],
    cases: Cases::All(cases),
};

/// The teams.
const TEAMS: [&str; 4] = ["dev", "marketing", "sales", "founders"];

/// Mappings of one script: enough to spread the cost of its users, few enough to play scripts side by side.
const TOGETHER: usize = 32;

fn cases(setting: &Arc<Setting>) -> Enumerated {
    let Some(roles) = mapping(setting).map(|mapping| mapping.roles().len()) else {
        return Box::new(std::iter::empty());
    };
    let all = (roles + 1).pow(4);
    let setting = Arc::clone(setting);
    Box::new(Channel::ALL.into_iter().flat_map(move |channel| {
        let setting = Arc::clone(&setting);
        let mappings: Vec<usize> = (0..all).collect();
        let parts: Vec<Vec<usize>> = mappings.chunks(TOGETHER).map(<[usize]>::to_vec).collect();
        parts.into_iter().map(move |mappings| {
            let setting = Arc::clone(&setting);
            Box::new(Table { setting, channel, mappings, sets: (0..16).collect() }) as Box<dyn Case>
        })
    }))
}

/// A part of the table.
#[derive(Clone)]
struct Table {
    setting: Arc<Setting>,
    channel: Channel,
    /// Mappings, one after the other: base-(roles + 1) digits, one for each team, 0 for none.
    mappings: Vec<usize>,
    /// Sets of teams, one user each: bits.
    sets: Vec<u8>,
}

impl Case for Table {
    fn script(&self) -> Script {
        mapping(&self.setting).map_or_else(Script::default, |mapping| self.write(&mapping))
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let mappings = parts(&self.mappings).into_iter().map(|mappings| Self { mappings, ..self.clone() });
        let sets = parts(&self.sets).into_iter().map(|sets| Self { sets, ..self.clone() });
        mappings.chain(sets).map(|table| Box::new(table) as Box<dyn Case>).collect()
    }
}

/// Halves of a list; of a short one also all but each.
fn parts<T: Clone>(list: &[T]) -> Vec<Vec<T>> {
    if list.len() < 2 {
        return Vec::new();
    }
    let (front, back) = list.split_at(list.len() / 2);
    let mut parts = vec![front.to_vec(), back.to_vec()];
    if list.len() <= 4 {
        let but = |gap: usize| list.iter().enumerate().filter(move |(n, _)| *n != gap).map(|(_, it)| it.clone());
        parts.extend((0..list.len()).map(|gap| but(gap).collect()));
    }
    parts
}

impl Table {
    fn write(&self, mapping: &RoleMapping) -> Script {
        let title = "the highest role among a user's teams wins";
        let mut script = Script::new(title, &people(self.sets.len()), &["patch", "groups"]);
        home::make(&mut script, &self.setting);
        (0..self.sets.len()).for_each(|n| _ = script.push(home::at(create_user(n))));
        for (n, name) in TEAMS.iter().enumerate() {
            let users: BTreeSet<usize> =
                self.sets.iter().enumerate().filter(|(_, bits)| *bits & (1 << n) != 0).map(|(user, _)| user).collect();
            let every = mapping.choices().missing_team == MissingTeam::Refused;
            if self.channel != Channel::Post && users.is_empty() && !every {
                continue;
            }
            if self.channel == Channel::Post || users.is_empty() {
                script.push(home::at(create_team(n, name, &users)));
            } else {
                script.push(home::at(create_team(n, name, &BTreeSet::new())));
                script.push(home::at(join(n, name, &users, &users, self.channel)));
            }
            script.push(home::at(read_team(n, "PROP-ROLE-15", &users, &(0..self.sets.len()).collect())));
        }
        for number in &self.mappings {
            let mapping = numbered(mapping, *number);
            let legal = |teams: &Vec<String>| mapping.choices().empty_role == EmptyRole::Legal || !teams.is_empty();
            let document: Vec<(String, Value)> = mapping
                .document()
                .iter()
                .filter(|(_, teams)| legal(teams))
                .map(|(role, teams)| (role.clone(), Value::from(teams.clone())))
                .collect();
            script.push(home::put("put a mapping", &document).judges("CATALOG-039", "status = 200"));
            if mapping.choices().replaced == ReplacedMapping::OnApply {
                script.push(home::apply());
            }
            for (user, bits) in self.sets.iter().enumerate() {
                let teams = TEAMS.iter().enumerate().filter(|(n, _)| bits & (1 << n) != 0).map(|(_, team)| *team);
                let laws = "PROP-ROLE-01 PROP-ROLE-13 PROP-ROLE-15 CATALOG-022 CATALOG-039";
                script.push(home::at(read_role(&self.setting, user, laws, mapping.role_of(teams))));
            }
        }
        script
    }
}

/// The mapping of that number: each team under no role or under one.
pub(super) fn numbered(mapping: &RoleMapping, number: usize) -> RoleMapping {
    let base = mapping.roles().len() + 1;
    let digit = |team: usize| number / base.pow(u32::try_from(team).unwrap_or(0)) % base;
    let under = |role: usize| {
        let teams = TEAMS.iter().enumerate().filter(move |(team, _)| digit(*team) == role + 1);
        teams.map(|(_, name)| (*name).to_owned()).collect()
    };
    mapping.with(mapping.roles().iter().enumerate().map(|(n, role)| (role.clone(), under(n))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn the_numbers_name_every_mapping_once() {
        let profile = Profile::named("coalesce-catalog").unwrap();
        let mapping = RoleMapping::new(&profile.roles, profile.role_mapping).unwrap();
        let all: BTreeSet<String> = (0..256).map(|n| format!("{:?}", numbered(&mapping, n).document())).collect();
        assert_eq!(all.len(), 256);
        assert_eq!(numbered(&mapping, 0).teams().count(), 0);
        assert_eq!(numbered(&mapping, 255).rank("sales"), Some(2));
    }
}

//! What a reader may see while a user moves between teams, and that the number of teams does not matter.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    Channel, NEEDS, create_team, create_user, join, leave, look_at_role, mapping, people, read_role, read_team,
};
use crate::model::{Role, RoleMapping};
use crate::property::script::{Script, basic};
use crate::property::suite::{Case, Cases, Enumerated, Need, Setting, Suite};

/// Moves between every two teams, read while they are under way.
pub const SUITE: Suite = Suite {
    name: "role-moves",
    title: "while a user moves from one team to another, a reader sees no role but those of the teams on the way",
    laws: &["PROP-ROLE-01", "PROP-ROLE-22"],
    needs: &[NEEDS[0], NEEDS[1], NEEDS[2], NEEDS[3], Need::Capability("patch")],
    cases: Cases::All(moves),
};

/// One user in very many teams.
pub const MANY: Suite = Suite {
    name: "role-many",
    title: "a user in 1, 10, 100 and 401 teams has the highest of their roles",
    laws: &["PROP-ROLE-04", "PROP-ROLE-23"],
    needs: &NEEDS,
    cases: Cases::All(many),
};

/// Readers beside each move.
const READERS: usize = 3;

/// Teams of the usual largest set.
const MOST: usize = 100;

/// The page of groups that servers read at most, often: beyond it stands the one team that gives a role.
const PAGE: usize = 200;

fn moves(setting: &Arc<Setting>) -> Enumerated {
    let Some(mapping) = mapping(setting) else { return Box::new(std::iter::empty()) };
    let mut teams: Vec<String> = mapping.teams().take(5).map(str::to_owned).collect();
    teams.push("interns".to_owned());
    let mut scripts = Vec::new();
    for from in &teams {
        for to in teams.iter().filter(|to| *to != from) {
            scripts.push(Box::new(moving(setting, &mapping, from, to)) as Box<dyn Case>);
        }
    }
    Box::new(scripts.into_iter())
}

fn moving(setting: &Setting, mapping: &RoleMapping, from: &str, to: &str) -> Script {
    let mut script = Script::new("a move shows no role outside its way", &people(1), &["patch", "groups"]);
    let (nobody, one) = (BTreeSet::new(), BTreeSet::from([0]));
    script.push(create_user(0));
    script.push(create_team(0, from, &one));
    script.push(create_team(1, to, &nobody));
    let sets: [&[&str]; 4] = [&[from], &[], &[to], &[from, to]];
    let roles: Option<BTreeSet<&str>> = sets
        .iter()
        .map(|names| match mapping.role_of(names.iter().copied()) {
            Role::Is(role) => Some(role),
            Role::None | Role::Kept => None,
        })
        .collect();
    script.push(leave(0, from, &one, &nobody, Channel::Patch).together("move"));
    script.push(join(1, to, &one, &one, Channel::Patch).together("move"));
    for _ in 0..READERS {
        let read = look_at_role(setting, 0, "PROP-ROLE-22", "read the role meanwhile").together("move");
        script.push(match &roles {
            Some(roles) => {
                let list = roles.iter().map(|role| basic(role)).collect::<Vec<_>>().join(", ");
                read.judges("PROP-ROLE-22", format!("at = {}, any-of = [{list}]", basic(setting.role_address())))
            }
            None => read,
        });
    }
    script.push(read_team(0, "RFC7644-3.5.2-26", &nobody, &one));
    script.push(read_team(1, "RFC7644-3.5.2-26", &one, &one));
    script.push(read_role(setting, 0, "PROP-ROLE-01 PROP-ROLE-22", mapping.role_of([to])));
    script
}

fn many(setting: &Arc<Setting>) -> Enumerated {
    let Some(mapping) = mapping(setting) else { return Box::new(std::iter::empty()) };
    let crowd = |top: String, before, after| {
        Box::new(Crowd { setting: Arc::clone(setting), top, before, after }) as Box<dyn Case>
    };
    // The mapped team comes first, so that every further team must leave the role alone.
    let tops = mapping.roles().iter().filter_map(|role| first_team(&mapping, role));
    let mut crowds: Vec<_> = tops.map(|top| crowd(top, 0, MOST - 1)).collect();
    // Behind a page from either end, whichever is read first.
    let highest = mapping.roles().iter().rev().find_map(|role| first_team(&mapping, role));
    crowds.extend(highest.map(|top| crowd(top, PAGE, PAGE)));
    Box::new(crowds.into_iter())
}

fn first_team(mapping: &RoleMapping, role: &str) -> Option<String> {
    mapping.document().iter().find(|(name, _)| name == role)?.1.first().cloned()
}

/// One user in a mapped team and in many that are not.
struct Crowd {
    setting: Arc<Setting>,
    /// The mapped team.
    top: String,
    /// How many teams come before it, and after it.
    before: usize,
    after: usize,
}

impl Case for Crowd {
    fn script(&self) -> Script {
        mapping(&self.setting).map_or_else(Script::default, |mapping| self.write(&mapping))
    }

    /// A half, a quarter … and a single one less on either side.
    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let less = |count: usize| {
            let parts = (1..=count.checked_ilog2().unwrap_or(0) + 1).map(move |n| count - (count >> n).max(1));
            if count == 0 { Vec::new() } else { parts.collect() }
        };
        let crowd = |before, after| {
            let (setting, top) = (Arc::clone(&self.setting), self.top.clone());
            Box::new(Self { setting, top, before, after }) as Box<dyn Case>
        };
        let before = less(self.before).into_iter().map(|before| crowd(before, self.after));
        before.chain(less(self.after).into_iter().map(|after| crowd(self.before, after))).collect()
    }
}

impl Crowd {
    fn write(&self, mapping: &RoleMapping) -> Script {
        let mut script = Script::new("the number of a user's teams does not matter", &people(1), &["groups"]);
        let one = BTreeSet::from([0]);
        script.push(create_user(0));
        let all = self.before + 1 + self.after;
        for n in 0..all {
            let mapped = n == self.before;
            let team = if mapped { self.top.clone() } else { format!("crew {n}") };
            let step = create_team(n, &team, &one);
            script.push(if mapped { step } else { step.free() });
            // While the mapped team is missing, the role is another matter.
            if n >= self.before && (n + 1 == all || matches!(n + 1, 1 | 10)) {
                let laws = if n == 0 { "PROP-ROLE-23" } else { "PROP-ROLE-04 PROP-ROLE-23" };
                script.push(read_team(n, "PROP-ROLE-23", &one, &one));
                script.push(read_role(&self.setting, 0, laws, mapping.role_of([self.top.as_str()])));
            }
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_crowd_shrinks_by_parts_and_at_last_by_one() {
        let setting = Setting { admin: false, ..Setting::of(Profile::named("coalesce-catalog").unwrap()) };
        let crowd = |before, after| Crowd { setting: Arc::new(setting.clone()), top: "founders".into(), before, after };
        let creates =
            |case: &dyn Case| case.script().steps.iter().filter(|step| step.name.contains("create team")).count();
        let smaller: Vec<usize> = crowd(4, 0).smaller().iter().map(|case| creates(case.as_ref())).collect();
        assert_eq!(smaller, [3, 4, 4], "of five teams");
        assert_eq!(crowd(0, 1).smaller().len(), 1);
        assert!(crowd(0, 0).smaller().is_empty());
        let cases: Vec<usize> = many(&Arc::new(setting.clone())).map(|case| creates(case.as_ref())).collect();
        assert_eq!(cases, [MOST, MOST, MOST, 2 * PAGE + 1]);
    }
}

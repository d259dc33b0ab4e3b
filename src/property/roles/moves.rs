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
    title: "a user in 1, 10 and 100 teams has the highest of their roles",
    laws: &["PROP-ROLE-04", "PROP-ROLE-23"],
    needs: &NEEDS,
    cases: Cases::All(many),
};

/// Readers beside each move.
const READERS: usize = 3;

/// Teams of the largest set.
const MOST: usize = 100;

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
    let setting = Arc::clone(setting);
    let tops: Vec<String> = mapping.roles().iter().filter_map(|role| first_team(&mapping, role)).collect();
    Box::new(tops.into_iter().map(move |top| Box::new(crowd(&setting, &mapping, &top)) as Box<dyn Case>))
}

fn first_team(mapping: &RoleMapping, role: &str) -> Option<String> {
    mapping.document().iter().find(|(name, _)| name == role)?.1.first().cloned()
}

/// The mapped team comes first, so that every further team must leave the role alone.
fn crowd(setting: &Setting, mapping: &RoleMapping, top: &str) -> Script {
    let mut script = Script::new("the number of a user's teams does not matter", &people(1), &["groups"]);
    let one = BTreeSet::from([0]);
    script.push(create_user(0));
    for n in 0..MOST {
        let team = if n == 0 { top.to_owned() } else { format!("crew {n}") };
        let step = create_team(n, &team, &one);
        script.push(if n == 0 { step } else { step.free() });
        if matches!(n + 1, 1 | 10 | 100) {
            let laws = if n == 0 { "PROP-ROLE-23" } else { "PROP-ROLE-04 PROP-ROLE-23" };
            script.push(read_team(n, "PROP-ROLE-23", &one, &one));
            script.push(read_role(setting, 0, laws, mapping.role_of([top])));
        }
    }
    script
}

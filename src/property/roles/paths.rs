//! Every set of the mapped teams and every single change of it, through every way of writing a membership, without any
//! administration: the mapping is the profile's.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    Channel, NEEDS, create_team, create_user, join, known, laws_of, leave, mapping, people, read_role, read_team,
};
use crate::model::{RoleMapping, TeamChange, Teams};
use crate::property::script::Script;
use crate::property::suite::{Case, Cases, Enumerated, Need, Setting, Suite};

/// The suite.
pub const SUITE: Suite = Suite {
    name: "role-paths",
    title: "every set of the mapped teams and every single change of it, through every way of writing a membership",
    laws: &[
        "PROP-ROLE-01",
        "PROP-ROLE-02",
        "PROP-ROLE-03",
        "PROP-ROLE-05",
        "PROP-ROLE-06",
        "PROP-ROLE-08",
        "PROP-ROLE-09",
        "PROP-ROLE-10",
        "PROP-ROLE-12",
        "PROP-ROLE-15",
        "CATALOG-009",
        "CATALOG-021",
        "CATALOG-022",
        "CATALOG-023",
        "CATALOG-024",
        "CATALOG-025",
        "CATALOG-027",
    ],
    needs: &[NEEDS[0], NEEDS[1], NEEDS[2], NEEDS[3], Need::Capability("patch")],
    cases: Cases::All(cases),
};

/// Most mapped teams for which all sets are played; of a larger mapping the first ones.
const MOST: usize = 5;

fn cases(setting: &Arc<Setting>) -> Enumerated {
    let Some(mapping) = mapping(setting) else { return Box::new(std::iter::empty()) };
    let teams: Vec<String> = mapping.teams().take(MOST).map(str::to_owned).collect();
    let setting = Arc::clone(setting);
    let all = Channel::ALL.into_iter().flat_map(move |channel| {
        let (setting, teams) = (Arc::clone(&setting), teams.clone());
        histories(&teams).into_iter().map(move |mut changes| {
            if channel == Channel::Each {
                // The same end by another order (PROP-ROLE-06).
                let last = changes.len() - 1;
                changes[..last].reverse();
            }
            Box::new(Path { setting: Arc::clone(&setting), channel, changes }) as Box<dyn Case>
        })
    });
    Box::new(all)
}

/// A change of one user's teams.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    team: String,
    joins: bool,
}

/// Every history "reach a set of teams, then change one membership": with n teams, n·2ⁿ of them, so that every set and
/// every step between neighbouring sets is seen.
fn histories(teams: &[String]) -> Vec<Vec<Change>> {
    let mut all = Vec::new();
    for set in 0_usize..1 << teams.len() {
        let member = |n: usize| set & (1 << n) != 0;
        let reach = (0..teams.len()).filter(|n| member(*n)).map(|n| Change { team: teams[n].clone(), joins: true });
        for (last, team) in teams.iter().enumerate() {
            let change = Change { team: team.clone(), joins: !member(last) };
            all.push(reach.clone().chain([change]).collect());
        }
    }
    all
}

/// One history.
struct Path {
    setting: Arc<Setting>,
    channel: Channel,
    changes: Vec<Change>,
}

impl Case for Path {
    fn script(&self) -> Script {
        mapping(&self.setting).map_or_else(Script::default, |mapping| self.write(mapping))
    }

    /// One change less; those that leave a team nobody joined are no histories.
    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let path = |changes| {
            Box::new(Self { setting: Arc::clone(&self.setting), channel: self.channel, changes }) as Box<dyn Case>
        };
        shorter(&self.changes).into_iter().map(path).collect()
    }
}

fn shorter(history: &[Change]) -> Vec<Vec<Change>> {
    (0..history.len())
        .map(|gap| history.iter().enumerate().filter(|(n, _)| *n != gap).map(|(_, change)| change.clone()).collect())
        .filter(|candidate: &Vec<Change>| {
            let mut teams = BTreeSet::new();
            let sound = candidate.iter().all(|c| if c.joins { teams.insert(&c.team) } else { teams.remove(&c.team) });
            sound && !candidate.is_empty()
        })
        .collect()
}

impl Path {
    /// One person, the teams as they are needed, and the role read after every change.
    fn write(&self, mapping: RoleMapping) -> Script {
        let needs: &[&'static str] = if self.patches() { &["patch", "groups"] } else { &["groups"] };
        let mut script = Script::new("the highest role among a user's teams wins", &people(1), needs);
        let mut state = Teams::new(mapping);
        let mut names: Vec<&str> = Vec::new();
        let (nobody, one) = (BTreeSet::new(), BTreeSet::from([0]));
        script.push(create_user(0));
        self.apply(&mut script, &mut state, &TeamChange::User);
        for change in &self.changes {
            let name = change.team.as_str();
            let place = names.iter().position(|known| *known == name);
            let n = place.unwrap_or(names.len());
            let change = match (place, self.channel) {
                (None, Channel::Post) => {
                    script.push(create_team(n, name, &one));
                    TeamChange::Team(name.to_owned(), one.clone())
                }
                (None, _) => {
                    script.push(create_team(n, name, &nobody));
                    state.apply(&TeamChange::Team(name.to_owned(), nobody.clone()));
                    script.push(join(n, name, &one, &one, self.channel));
                    TeamChange::Join(n, one.clone())
                }
                (Some(_), channel) => {
                    let channel = if channel == Channel::Post { Channel::Put } else { channel };
                    script.push(if change.joins {
                        join(n, name, &one, &one, channel)
                    } else {
                        leave(n, name, &one, &nobody, channel)
                    });
                    if change.joins { TeamChange::Join(n, one.clone()) } else { TeamChange::Leave(n, one.clone()) }
                }
            };
            if place.is_none() {
                names.push(name);
            }
            self.apply(&mut script, &mut state, &change);
            let users = state.team(n).map(|team| team.users.clone()).unwrap_or_default();
            script.push(read_team(n, "CATALOG-009", &users, &one));
        }
        script
    }

    /// Applies a change and reads the role.
    fn apply(&self, script: &mut Script, state: &mut Teams, change: &TeamChange) {
        let before = state.clone();
        state.apply(change);
        let laws = laws_of(&before, state, 0, change, self.channel);
        script.push(read_role(&self.setting, 0, &laws, known(state.role(0))));
    }

    fn patches(&self) -> bool {
        self.channel.patches()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(team: &str, joins: bool) -> Change {
        Change { team: team.to_owned(), joins }
    }

    #[test]
    fn four_teams_give_every_set_and_every_change() {
        let teams = ["dev", "marketing", "sales", "founders"].map(str::to_owned);
        let histories = histories(&teams);
        assert_eq!(histories.len(), 4 * 16);
        let ends: BTreeSet<Vec<_>> = histories
            .iter()
            .map(|history| {
                let mut teams = BTreeSet::new();
                for change in history {
                    _ = if change.joins { teams.insert(&change.team) } else { teams.remove(&change.team) };
                }
                teams.into_iter().collect()
            })
            .collect();
        assert_eq!(ends.len(), 16);
    }

    #[test]
    fn a_shorter_history_never_leaves_a_team_that_nobody_joined() {
        let history = [change("dev", true), change("founders", true), change("founders", false)];
        let expected = [
            vec![change("founders", true), change("founders", false)],
            vec![change("dev", true), change("founders", true)],
        ];
        assert_eq!(shorter(&history), expected);
    }
}

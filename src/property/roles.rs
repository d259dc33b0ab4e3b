//! The law that the highest role among a user's teams wins, over every set of the mapped teams and every single change
//! of membership (CATALOG-021, 022, 024, 027).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::model::RoleMapping;
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "roles",
    title: "the highest role among a user's teams wins, over every set of the mapped teams and every single change",
    laws: &["CATALOG-021", "CATALOG-022", "CATALOG-024", "CATALOG-027"],
    needs: &[Need::RoleMapping, Need::RoleReadOut, Need::Capability("groups"), Need::Capability("patch")],
    cases: Cases::All(cases),
};

fn cases(setting: &Arc<Setting>) -> Enumerated {
    let Some(mapping) = RoleMapping::new(&setting.profile.roles) else { return Box::new(std::iter::empty()) };
    let setting = Arc::clone(setting);
    let path = move |changes| Box::new(Path { setting: Arc::clone(&setting), changes }) as Box<dyn Case>;
    Box::new(histories(&mapping).into_iter().map(path))
}

/// One history.
struct Path {
    setting: Arc<Setting>,
    changes: Vec<Change>,
}

impl Case for Path {
    fn script(&self) -> Script {
        RoleMapping::new(&self.setting.profile.roles)
            .map_or_else(Script::default, |mapping| scenario(&self.setting, &mapping, &self.changes))
    }

    fn smaller(&self) -> Vec<Box<dyn Case>> {
        let path = |changes| Box::new(Self { setting: Arc::clone(&self.setting), changes }) as Box<dyn Case>;
        shorter(&self.changes).into_iter().map(path).collect()
    }
}

/// A change of one user's teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The team.
    pub team: String,
    /// True joins, false leaves.
    pub joins: bool,
}

/// Every history "reach a set of teams, then change one membership": with n teams, n·2ⁿ of them, so that every set and
/// every step between neighbouring sets is seen.
#[must_use]
pub fn histories(mapping: &RoleMapping) -> Vec<Vec<Change>> {
    let teams: Vec<_> = mapping.teams().collect();
    let mut all = Vec::new();
    for set in 0_usize..1 << teams.len() {
        let member = |n: usize| set & (1 << n) != 0;
        let reach = (0..teams.len()).filter(|n| member(*n)).map(|n| Change { team: teams[n].to_owned(), joins: true });
        for (last, team) in teams.iter().enumerate() {
            let change = Change { team: (*team).to_owned(), joins: !member(last) };
            all.push(reach.clone().chain([change]).collect());
        }
    }
    all
}

/// The histories that leave one change out, for shrinking; those that leave a team nobody joined are dropped.
#[must_use]
pub fn shorter(history: &[Change]) -> Vec<Vec<Change>> {
    (0..history.len())
        .map(|gap| history.iter().enumerate().filter(|(n, _)| *n != gap).map(|(_, change)| change.clone()).collect())
        .filter(|candidate: &Vec<Change>| {
            let mut teams = BTreeSet::new();
            candidate.iter().all(|c| if c.joins { teams.insert(&c.team) } else { teams.remove(&c.team) })
        })
        .collect()
}

/// The script that plays a history: one person, the mapped teams, and the role read after every change.
fn scenario(setting: &Setting, mapping: &RoleMapping, history: &[Change]) -> Script {
    let mut script =
        Script::new("the highest role among a user's teams wins", &["person".into()], &["patch", "groups"]);
    let body = format!(r#"{{"schemas": ["{}"], "userName": "{{{{ person.identifier }}}}"}}"#, urn::USER);
    let create = Step::new("create the person", "POST /Users").body(body).saves("user", "id");
    script.push(create.judges("RFC7644-3.3-6", "status = 201"));
    let read = |script: &mut Script, teams: &BTreeSet<&str>, requirement: &str| {
        let role = setting.role(Some(mapping.role_of(teams)));
        script.push(setting.read_role("read the role", "user").judges(requirement, role));
    };
    read(&mut script, &BTreeSet::new(), "CATALOG-027");
    let used: BTreeSet<_> = history.iter().map(|change| change.team.as_str()).collect();
    for team in &used {
        let body = format!(r#"{{"schemas": ["{}"], "displayName": "{team}"}}"#, urn::GROUP);
        let create = Step::new(format!("create the team {team}"), "POST /Groups").body(body).saves(*team, "id");
        script.push(create.judges("RFC7644-3.3-6", "status = 201"));
        let read = Step::new(format!("read the team {team}"), format!("GET /Groups/{{{{ {team} }}}}"));
        script.push(read.judges("RFC7644-3.3-6", format!("at = \"displayName\", is = \"{team}\"")));
    }
    let mut teams = BTreeSet::new();
    for change in history {
        let team = &change.team;
        let (verb, operation) = if change.joins {
            teams.insert(team.as_str());
            ("join", r#"{"op": "add", "path": "members", "value": [{"value": "{{ user }}"}]}"#)
        } else {
            teams.remove(team.as_str());
            ("leave", r#"{"op": "remove", "path": "members[value eq \"{{ user }}\"]"}"#)
        };
        let body = format!(r#"{{"schemas": ["{}"], "Operations": [{operation}]}}"#, urn::PATCH_OP);
        let step = Step::new(format!("{verb} {team}"), format!("PATCH /Groups/{{{{ {team} }}}}")).body(body);
        script.push(step.judges("RFC7644-3.5.2-26", "status = [200, 204]"));
        let requirement = match (change.joins, teams.len()) {
            (_, 0) => "CATALOG-027",
            (true, 1) => "CATALOG-021",
            (true, _) => "CATALOG-022",
            (false, _) => "CATALOG-024",
        };
        let word = if change.joins { "has" } else { "has-not" };
        let step = Step::new(format!("read {team}"), format!("GET /Groups/{{{{ {team} }}}}"));
        script.push(step.judges("RFC7644-3.5.2-26", format!("at = \"members.value\", {word} = \"{{{{ user }}}}\"")));
        read(&mut script, &teams, requirement);
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn four_teams_give_every_set_and_every_change() {
        let mapping = RoleMapping::new(&Profile::named("coalesce-catalog").unwrap().roles).unwrap();
        let histories = histories(&mapping);
        assert_eq!(histories.len(), 4 * 16);
        let ends: BTreeSet<Vec<_>> = histories
            .iter()
            .map(|history| {
                let mut teams = BTreeSet::new();
                for change in history {
                    if change.joins {
                        teams.insert(&change.team)
                    } else {
                        teams.remove(&change.team)
                    };
                }
                teams.into_iter().collect()
            })
            .collect();
        assert_eq!(ends.len(), 16);
    }

    #[test]
    fn a_shorter_history_never_leaves_a_team_that_nobody_joined() {
        let change = |team: &str, joins| Change { team: team.to_owned(), joins };
        let history = [change("dev", true), change("founders", true), change("founders", false)];
        let shorter = shorter(&history);
        assert_eq!(
            shorter,
            [
                vec![change("founders", true), change("founders", false)],
                vec![change("dev", true), change("founders", true)],
            ]
        );
    }
}

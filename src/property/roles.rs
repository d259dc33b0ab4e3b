//! The law that the highest role among a user's teams wins, over every set of the mapped teams and every single change
//! of membership (CATALOG-021, 022, 024, 027).

use std::collections::BTreeSet;

use super::script::{Script, Send};
use crate::model::RoleMapping;
use crate::scim::urn;

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

/// The scenario that plays a history: one person, the mapped teams, and the role read after every change.
#[must_use]
pub fn scenario(mapping: &RoleMapping, history: &[Change], role_at: &str) -> Option<String> {
    let mut script =
        Script::new("the highest role among a user's teams wins", &["person".into()], &["patch", "groups"]);
    let body = format!(r#"{{"schemas": ["{}"], "userName": "{{{{ person.identifier }}}}"}}"#, urn::USER);
    script.step(&Send {
        name: "create the person",
        line: "POST /Users",
        body: Some(&body),
        expect: &["req = \"RFC7644-3.3-6\", status = 201".to_owned()],
        save: Some(("user", "id")),
    });
    read(&mut script, mapping, &BTreeSet::new(), "CATALOG-027", role_at);
    let used: BTreeSet<_> = history.iter().map(|change| change.team.as_str()).collect();
    for team in &used {
        let body = format!(r#"{{"schemas": ["{}"], "displayName": "{team}"}}"#, urn::GROUP);
        script.step(&Send {
            name: &format!("create the team {team}"),
            line: "POST /Groups",
            body: Some(&body),
            expect: &["req = \"RFC7644-3.3-6\", status = 201".to_owned()],
            save: Some((team, "id")),
        });
        script.step(&Send {
            name: &format!("read the team {team}"),
            line: &format!("GET /Groups/{{{{ {team} }}}}"),
            body: None,
            expect: &[format!("req = \"RFC7644-3.3-6\", at = \"displayName\", is = \"{team}\"")],
            save: None,
        });
    }
    let mut teams = BTreeSet::new();
    for change in history {
        let (verb, operation) = if change.joins {
            teams.insert(change.team.as_str());
            ("join", r#"{"op": "add", "path": "members", "value": [{"value": "{{ user }}"}]}"#)
        } else {
            teams.remove(change.team.as_str());
            ("leave", r#"{"op": "remove", "path": "members[value eq \"{{ user }}\"]"}"#)
        };
        script.step(&Send {
            name: &format!("{verb} {}", change.team),
            line: &format!("PATCH /Groups/{{{{ {} }}}}", change.team),
            body: Some(&format!(r#"{{"schemas": ["{}"], "Operations": [{operation}]}}"#, urn::PATCH_OP)),
            expect: &["req = \"RFC7644-3.5.2-26\", status = [200, 204]".to_owned()],
            save: None,
        });
        let requirement = match (change.joins, teams.len()) {
            (_, 0) => "CATALOG-027",
            (true, 1) => "CATALOG-021",
            (true, _) => "CATALOG-022",
            (false, _) => "CATALOG-024",
        };
        let word = if change.joins { "has" } else { "has-not" };
        script.step(&Send {
            name: &format!("read {}", change.team),
            line: &format!("GET /Groups/{{{{ {} }}}}", change.team),
            body: None,
            expect: &[format!("req = \"RFC7644-3.5.2-26\", at = \"members.value\", {word} = \"{{{{ user }}}}\"")],
            save: None,
        });
        read(&mut script, mapping, &teams, requirement, role_at);
    }
    script.finish()
}

fn read(script: &mut Script, mapping: &RoleMapping, teams: &BTreeSet<&str>, requirement: &str, role_at: &str) {
    let role = mapping.role_of(teams);
    script.step(&Send {
        name: "read the role",
        line: "GET /Users/{{ user }}",
        body: None,
        expect: &[format!("req = \"{requirement}\", at = '{role_at}', is = \"{role}\"")],
        save: None,
    });
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

//! The law that one user name never belongs to two users, over random histories of creating, renaming, deactivating
//! and deleting under few names in several spellings (PROP-UNIQ-01 to 04, 11).

use std::sync::Arc;

use proptest::prelude::*;

use super::script::{Script, Step};
use super::suite::{Cases, Need, Setting, Suite};
use crate::model::{Action, Directory, Effect};
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "user-names",
    title: "one user name never belongs to two users, under creating, renaming, deactivating and deleting",
    laws: &["PROP-UNIQ-01", "PROP-UNIQ-02", "PROP-UNIQ-03", "PROP-UNIQ-04", "PROP-UNIQ-11"],
    needs: &[Need::Capability("filter"), Need::Capability("patch")],
    cases: Cases::Random { weight: 4, histories },
};

/// How many different names a history uses; few, so that they collide.
const NAMES: usize = 3;

/// The longest history.
const LONGEST: usize = 12;

/// A spelling of a name: which name, and whether in capitals.
fn spelling() -> impl Strategy<Value = String> {
    (0..NAMES, any::<bool>())
        .prop_map(|(name, capitals)| if capitals { format!("N{name}") } else { format!("n{name}") })
}

/// A random history.
fn histories(_: &Arc<Setting>) -> BoxedStrategy<Script> {
    let user = 0..NAMES;
    let action = prop_oneof![
        4 => spelling().prop_map(Action::Create),
        3 => (user.clone(), spelling()).prop_map(|(user, name)| Action::Rename(user, name)),
        1 => user.clone().prop_map(Action::Deactivate),
        1 => user.prop_map(Action::Delete),
    ];
    proptest::collection::vec(action, 1..=LONGEST).prop_map(|history| scenario(&history)).boxed()
}

/// The script that plays a history and asks after every action who holds which name; without steps when the history does
/// nothing, because it only names users that it never creates.
fn scenario(history: &[Action]) -> Script {
    let people: Vec<_> = (0..NAMES).map(|name| format!("n{name}")).collect();
    let patches = history.iter().any(|action| matches!(action, Action::Rename(..) | Action::Deactivate(_)));
    let needs: &[&'static str] = if patches { &["filter", "patch"] } else { &["filter"] };
    let mut script = Script::new("one user name never belongs to two users", &people, needs);
    let mut directory = Directory::default();
    for action in history {
        let before = directory.clone();
        let effect = directory.apply(action);
        // A user that the history has not created yet has no id to send anything to.
        if effect == Effect::Absent && !deleted(&before, action) {
            continue;
        }
        act(&mut script, action, effect);
        let touched = |name: &String| directory.holder(name).is_some() || before.holder(name).is_some();
        let touched: Vec<_> = people.iter().filter(|name| touched(name)).collect();
        // Nobody holds any name: that, too, is a state to be read back.
        let asked = if touched.is_empty() { people.iter().take(1).collect() } else { touched };
        asked.into_iter().for_each(|name| ask(&mut script, &directory, name));
    }
    script
}

/// True when the action names a user that was created and deleted since.
fn deleted(directory: &Directory, action: &Action) -> bool {
    match action {
        Action::Create(_) => false,
        Action::Rename(user, _) | Action::Deactivate(user) | Action::Delete(user) => {
            *user < directory.created() && directory.user(*user).is_none()
        }
    }
}

fn act(script: &mut Script, action: &Action, effect: Effect) {
    let patch = |operation: String| format!(r#"{{"schemas": ["{}"], "Operations": [{operation}]}}"#, urn::PATCH_OP);
    let absent = ("RFC7644-3.6-2", "status = 404");
    let user_line = |verb: &str, user: &usize| format!("{verb} /Users/{{{{ u{user} }}}}");
    let (step, (requirement, test)) = match action {
        Action::Create(name) => {
            let body = format!(r#"{{"schemas": ["{}"], "userName": "{}"}}"#, urn::USER, template(name));
            let expect = match effect {
                Effect::Taken(_) => ("PROP-UNIQ-02", "status = 409"),
                _ => ("PROP-UNIQ-04", "status = 201"),
            };
            (Step::new(format!("create {name}"), "POST /Users").body(body), expect)
        }
        Action::Rename(user, name) => {
            let expect = match effect {
                Effect::Taken(_) => ("PROP-UNIQ-03", "status = [409, 400]"),
                Effect::Absent => absent,
                _ => ("PROP-UNIQ-04", "status = [200, 204]"),
            };
            let operation = format!(r#"{{"op": "replace", "path": "userName", "value": "{}"}}"#, template(name));
            let step = Step::new(format!("rename user {user} to {name}"), user_line("PATCH", user));
            (step.body(patch(operation)), expect)
        }
        Action::Deactivate(user) => {
            let expect = match effect {
                Effect::Absent => absent,
                _ => ("RFC7644-3.5.2-26", "status = [200, 204]"),
            };
            let operation = r#"{"op": "replace", "path": "active", "value": false}"#.to_owned();
            let step = Step::new(format!("deactivate user {user}"), user_line("PATCH", user));
            (step.body(patch(operation)), expect)
        }
        Action::Delete(user) => {
            let expect = match effect {
                Effect::Absent => absent,
                _ => ("PROP-UNIQ-11", "status = 204"),
            };
            (Step::new(format!("delete user {user}"), user_line("DELETE", user)), expect)
        }
    };
    let step = step.judges(requirement, test);
    script.push(if let Effect::Created(user) = effect { step.saves(format!("u{user}"), "id") } else { step });
}

/// Asks who holds a name.
fn ask(script: &mut Script, directory: &Directory, name: &str) {
    let line = format!("GET /Users?filter=userName eq \"{}\"", template(name));
    let step = Step::new(format!("who is {name}"), line);
    script.push(match directory.holder(name) {
        None => step.judges("PROP-UNIQ-01", "at = \"totalResults\", is = 0"),
        Some(user) => step
            .judges("PROP-UNIQ-01", "at = \"totalResults\", is = 1")
            .judges("PROP-UNIQ-01", format!("at = \"Resources.id\", is = \"{{{{ u{user} }}}}\"")),
    });
}

/// The template of a spelling: `N1` is the identifier of the person `n1` in capitals.
fn template(spelling: &str) -> String {
    let person = spelling.to_lowercase();
    if person == spelling {
        format!("{{{{ {person}.identifier }}}}")
    } else {
        format!("{{{{ {person}.identifier | upper }}}}")
    }
}

//! The law that one user name never belongs to two users, over random histories of creating, renaming, deactivating
//! and deleting under few names in several spellings (PROP-UNIQ-01 to 04, 11).

use proptest::prelude::*;

use super::script::{Script, Send};
use crate::model::{Action, Directory, Draft, Effect, Form, Rules};
use crate::profile::Profile;
use crate::scim::urn;

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
pub fn histories() -> BoxedStrategy<Vec<Action>> {
    let user = 0..NAMES;
    let action = prop_oneof![
        4 => spelling().prop_map(|name| Action::Create(Draft { name, ..Draft::default() })),
        3 => (user.clone(), spelling()).prop_map(|(user, name)| Action::Rename(user, name)),
        1 => user.clone().prop_map(|user| Action::SetActive(user, false, Form::Plain)),
        1 => user.prop_map(Action::Delete),
    ];
    proptest::collection::vec(action, 1..=LONGEST).boxed()
}

/// The scenario that plays a history and asks after every action who holds which name; `None` when the history does
/// nothing, because it only names users that it never creates.
#[must_use]
pub fn scenario(history: &[Action]) -> Option<String> {
    let people: Vec<_> = (0..NAMES).map(|name| format!("n{name}")).collect();
    let patches = history.iter().any(|action| matches!(action, Action::Rename(..) | Action::SetActive(..)));
    let needs: &[&str] = if patches { &["filter", "patch"] } else { &["filter"] };
    let mut script = Script::new("one user name never belongs to two users", &people, needs);
    let mut directory = Directory::new(Rules::of(&Profile::named("reference")?));
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
    script.finish()
}

/// True when the action names a user that was created and deleted since.
fn deleted(directory: &Directory, action: &Action) -> bool {
    match action {
        Action::Rename(user, _) | Action::SetActive(user, ..) | Action::Delete(user) => {
            *user < directory.created() && directory.user(*user).is_none()
        }
        _ => false,
    }
}

fn act(script: &mut Script, action: &Action, effect: Effect) {
    let patch = |operation: String| format!(r#"{{"schemas": ["{}"], "Operations": [{operation}]}}"#, urn::PATCH_OP);
    let (name, line, body, expect) = match action {
        Action::Create(Draft { name, .. }) => {
            let expect = match effect {
                Effect::Taken(_) => vec!["req = \"PROP-UNIQ-02\", status = 409".to_owned()],
                _ => vec!["req = \"PROP-UNIQ-04\", status = 201".to_owned()],
            };
            let body = format!(r#"{{"schemas": ["{}"], "userName": "{}"}}"#, urn::USER, template(name));
            (format!("create {name}"), "POST /Users".to_owned(), Some(body), expect)
        }
        Action::Rename(user, name) => {
            let expect = match effect {
                Effect::Taken(_) => "req = \"PROP-UNIQ-03\", status = [409, 400]",
                Effect::Absent => "req = \"RFC7644-3.6-2\", status = 404",
                _ => "req = \"PROP-UNIQ-04\", status = [200, 204]",
            };
            let operation = format!(r#"{{"op": "replace", "path": "userName", "value": "{}"}}"#, template(name));
            let title = format!("rename user {user} to {name}");
            (title, format!("PATCH /Users/{{{{ u{user} }}}}"), Some(patch(operation)), vec![expect.to_owned()])
        }
        Action::SetActive(user, ..) => {
            let expect = match effect {
                Effect::Absent => "req = \"RFC7644-3.6-2\", status = 404",
                _ => "req = \"RFC7644-3.5.2-26\", status = [200, 204]",
            };
            let operation = r#"{"op": "replace", "path": "active", "value": false}"#.to_owned();
            let title = format!("deactivate user {user}");
            (title, format!("PATCH /Users/{{{{ u{user} }}}}"), Some(patch(operation)), vec![expect.to_owned()])
        }
        Action::Delete(user) => {
            let expect = match effect {
                Effect::Absent => "req = \"RFC7644-3.6-2\", status = 404",
                _ => "req = \"PROP-UNIQ-11\", status = 204",
            };
            (format!("delete user {user}"), format!("DELETE /Users/{{{{ u{user} }}}}"), None, vec![expect.to_owned()])
        }
        _ => return,
    };
    let variable = if let Effect::Created(user) = effect { format!("u{user}") } else { String::new() };
    let save = (!variable.is_empty()).then_some((variable.as_str(), "id"));
    script.step(&Send { name: &name, line: &line, body: body.as_deref(), expect: &expect, save });
}

/// Asks who holds a name.
fn ask(script: &mut Script, directory: &Directory, name: &str) {
    let expect = match directory.holder(name) {
        None => vec!["req = \"PROP-UNIQ-01\", at = \"totalResults\", is = 0".to_owned()],
        Some(user) => vec![
            "req = \"PROP-UNIQ-01\", at = \"totalResults\", is = 1".to_owned(),
            format!("req = \"PROP-UNIQ-01\", at = \"Resources.id\", is = \"{{{{ u{user} }}}}\""),
        ],
    };
    let line = format!("GET /Users?filter=userName eq \"{}\"", template(name));
    script.step(&Send { name: &format!("who is {name}"), line: &line, body: None, expect: &expect, save: None });
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

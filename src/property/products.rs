//! Short fixed histories for rules of single products: SSO that cannot be taken back, SCIM that waits for SSO, user names of
//! letters and digits, and ids that a first sign-in leaves alone. It says nothing of tokens.

use std::sync::Arc;

use serde_json::{Value, json};

use super::home;
use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::profile::{Scoping, UserNames};
use crate::scim::urn;

/// Every way in which somebody may try to take SSO back.
pub(super) const SSO: Suite = Suite {
    name: "sso-stays",
    title: "SSO is there to stay, in whatever way its removal is tried",
    laws: &["COALESCE-SSO-016"],
    needs: &[Need::Admin, Need::Product("COALESCE-SSO")],
    cases: Cases::All(|_| all(REMOVALS.iter().map(removal))),
};

/// SCIM where there is no SSO.
pub(super) const SSO_FIRST: Suite = Suite {
    name: "sso-first",
    title: "whether SCIM can be enabled without SSO",
    laws: &["CATALYTIC-001"],
    needs: &[Need::Admin, Need::Product("CATALYTIC")],
    cases: Cases::All(|setting| all([sso_first(setting)])),
};

/// User names with other characters.
pub(super) const NAMES: Suite = Suite {
    name: "letters-and-digits",
    title: "a user name of anything but letters and digits is refused, and nobody has it then",
    laws: &["CATALYTIC-006"],
    needs: &[
        Need::Product("CATALYTIC"),
        Need::Capability("filter"),
        Need::Profile(
            |profile| profile.users.user_names != UserNames::Any,
            "user names are not of letters and digits alone",
        ),
    ],
    cases: Cases::All(|_| all(STRANGE.iter().map(strange))),
};

/// A user made by SCIM who signs in by SSO.
pub(super) const FIRST_SIGN_IN: Suite = Suite {
    name: "first-sign-in",
    title: "a user whom SCIM made keeps the id when the person signs in for the first time",
    laws: &["PROP-LIFE-12"],
    needs: &[Need::Admin, Need::Capability("filter"), WELCOME],
    cases: Cases::All(|setting| all([first_sign_in(setting)])),
};

/// Beside records of SSO alone a person with a user's address would be turned away.
const WELCOME: Need = Need::Profile(
    |profile| !profile.accounts.just_in_time || profile.accounts.email_scope == Scoping::SourceAndProvider,
    "who has a user by SCIM cannot sign in by SSO",
);

/// Scripts as all histories of a suite.
pub(super) fn all(scripts: impl IntoIterator<Item = Script>) -> Enumerated {
    let scripts: Vec<Script> = scripts.into_iter().collect();
    Box::new(scripts.into_iter().map(|script| Box::new(script) as Box<dyn Case>))
}

/// Where the script's organization is.
const HOME: &str = "/admin/v1/organizations/{{ org }}";

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A script with an organization that has neither SSO nor SCIM.
fn organization(title: &str, law: &str) -> Script {
    let mut script = Script::new(title, &people(&["a"]), &["admin"]);
    let body = json!({"id": "{{ run.organization }}", "displayName": "Hafenkontor"});
    let step = Step::new("make an organization", "POST /admin/v1/organizations").on("admin").body(body.to_string());
    let step = step.judges(law, "status = 201").saves("org", "/id").unread("what follows works in it");
    script.push(step.undo(&format!("DELETE {HOME}")));
    script
}

/// A connection of SSO.
fn connection(enabled: bool) -> Value {
    json!({
        "protocol": "oidc", "issuer": home::ISSUER, "client_id": "scimproof", "subdomain": "{{ org }}",
        "provider": "okta", "enabled": enabled,
    })
}

/// What the attempt is called, its body (`None`: a DELETE), and how it is refused.
type Removal = (&'static str, Option<fn() -> Value>, &'static str);

const REMOVALS: [Removal; 5] = [
    ("by a DELETE", None, "status = [405, 409]"),
    ("by enabled false", Some(|| json!({"enabled": false})), "status = [400, 409, 422]"),
    ("by enabled false beside the rest", Some(|| connection(false)), "status = [400, 409, 422]"),
    ("by null", Some(|| Value::Null), "status = [400, 409, 422]"),
    ("by an empty configuration", Some(|| json!({})), "status = [400, 409, 422]"),
];

fn removal(&(how, body, refused): &Removal) -> Script {
    let law = "COALESCE-SSO-016";
    let mut script = organization(&format!("SSO cannot be removed {how}"), law);
    let step = Step::new("connect SSO", format!("PUT {HOME}/sso")).on("admin").body(connection(true).to_string());
    script.push(step.judges(law, "status = 200"));
    let read = |title: &str| Step::new(title, format!("GET {HOME}/sso")).on("admin").judges(law, "status = 200");
    let before = script.push(read("as it was"));
    let step = match body {
        None => Step::new(format!("remove it {how}"), format!("DELETE {HOME}/sso")),
        Some(body) => Step::new(format!("remove it {how}"), format!("PUT {HOME}/sso")).body(body().to_string()),
    };
    script.push(step.on("admin").judges(law, refused).unread("SCIM does not show it"));
    script.push(read("unchanged").judges(law, format!("at = \"\", same-as = {before:?}")));
    let body = json!({
        "org": "{{ org }}", "iss": home::ISSUER, "sub": "{{ a.uuid }}", "email": "{{ a.email }}",
        "email_verified": true, "given_name": "{{ a.givenName }}", "family_name": "{{ a.familyName }}",
    });
    let step = Step::new("sign in by it", "POST /auth/sso/callback").on("admin").header("Authorization", "");
    let step = step.body(body.to_string()).judges(law, "status = 200").unread("the answer shows it");
    script.push(step.free());
    script
}

fn sso_first(setting: &Setting) -> Script {
    let law = "CATALYTIC-001";
    let mut script = organization("SCIM is enabled before SSO", law);
    let waits = setting.profile.accounts.sso_before_scim;
    let enable = |title: &str| Step::new(title, format!("PUT {HOME}/scim")).on("admin").body(r#"{"enabled": true}"#);
    let read = |title: &str| Step::new(title, format!("GET {HOME}/scim")).on("admin");
    if waits {
        script.push(enable("enable SCIM too early").judges(law, "status = 409"));
        let step = read("it is off").judges(law, "at = \"enabled\", is-not = true");
        script.push(step.judges(law, "at = \"bearer_token\", absent = true"));
        let step = Step::new("connect SSO", format!("PUT {HOME}/sso")).on("admin").body(connection(true).to_string());
        script.push(step.judges(law, "status = 200").free());
    }
    script.push(enable("enable SCIM").judges(law, "status = 200").free());
    script.push(read("it is on").judges(law, "at = \"enabled\", is = true"));
    script
}

/// What is put behind a name of letters and digits, by name.
const STRANGE: [(&str, &str); 9] = [
    ("a whole e-mail address", "@example.com"),
    ("a hash sign", "#1"),
    ("a dollar sign", "$"),
    ("a space", " m"),
    ("a hyphen", "-m"),
    ("an underscore", "_m"),
    ("a full stop", ".m"),
    ("an apostrophe", "'m"),
    ("a plus sign", "+m"),
];

fn strange(&(word, tail): &(&'static str, &'static str)) -> Script {
    let law = "CATALYTIC-006";
    let mut script = Script::new(&format!("a user name with {word} is refused"), &people(&["a"]), &["filter"]);
    let name = format!("{{{{ a.identifier }}}}{tail}");
    let body = json!({
        "schemas": [urn::USER], "userName": name, "name": {"givenName": "Mara", "familyName": "Berg"}, "active": true,
    });
    let step = Step::new(format!("create a user with {word}"), "POST /Users").body(body.to_string());
    script.push(step.judges(law, "status = 400"));
    let step = Step::new("nobody has the name", format!("GET /Users?filter=userName eq \"{name}\""));
    script.push(step.judges(law, "at = \"totalResults\", is = 0"));
    script
}

fn first_sign_in(setting: &Arc<Setting>) -> Script {
    let law = "PROP-LIFE-12";
    let mut script = Script::new("an id stays at the first sign-in", &people(&["a"]), &["filter"]);
    home::make(&mut script, setting);
    let body = json!({
        "schemas": [urn::USER], "userName": "{{ a.identifier }}", "active": true,
        "externalId": "{{ a.uuid }}", "name": {"givenName": "{{ a.givenName }}", "familyName": "{{ a.familyName }}"},
        "displayName": "{{ a.displayName }}",
        "emails": [{"value": "{{ a.email }}", "type": "work", "primary": true}],
    });
    let step = Step::new("create a", "POST /Users").body(body.to_string());
    script.push(home::at(step.judges(law, "status = 201").saves("u", "id")));
    let body = json!({
        "org": "{{ org }}", "iss": home::ISSUER, "sub": "{{ a.uuid }}", "email": "{{ a.email }}",
        "name_id": "{{ a.identifier }}", "email_verified": true, "given_name": "{{ a.givenName }}",
        "family_name": "{{ a.familyName }}",
    });
    let step = Step::new("a signs in by SSO", "POST /auth/sso/callback").on("admin").header("Authorization", "");
    script.push(step.body(body.to_string()).judges(law, "status = 200"));
    let step = Step::new("read a", "GET /Users/{{ u }}").judges(law, "status = 200");
    script.push(home::at(step.judges(law, "at = \"id\", is = \"{{ u }}\"")));
    let step = Step::new("who has the name", "GET /Users?filter=userName eq \"{{ a.identifier }}\"");
    let step = step.judges(law, "at = \"totalResults\", is = 1");
    script.push(home::at(step.judges(law, "at = \"Resources.id\", is = \"{{ u }}\"")));
    script
}

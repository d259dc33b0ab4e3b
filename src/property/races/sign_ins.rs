//! Sign-ins at once: first logins of one identity, a first login beside a create by SCIM, logins beside a disable.

use serde_json::json;

use super::PLAYS;
use crate::model::Rules;
use crate::profile::{LoginBy, Scoping};
use crate::property::home;
use crate::property::script::{Script, Step};
use crate::property::suite::{Cases, Need, Setting, Suite};
use crate::scim::urn;

/// The suite.
pub(in crate::property) const SUITE: Suite = Suite {
    name: "sign-in-races",
    title: "people who sign in at once, or while they are disabled",
    laws: &["PROP-CONC-05", "PROP-CONC-09"],
    needs: &[
        Need::Admin,
        Need::Profile(|profile| profile.product.is_some(), "it is no product whose accounts are known"),
        Need::Profile(
            |profile| profile.accounts.just_in_time || profile.accounts.login_by == LoginBy::Email,
            "its sign-ins need an id of the provider's",
        ),
    ],
    cases: Cases::All(|setting| {
        let scripts = [first_logins(setting), beside_a_create(setting), disabled_meanwhile(setting)];
        Box::new(scripts.into_iter().map(|script| Box::new(script) as _))
    }),
};

/// Logins at once.
const LOGINS: usize = 6;

fn begin(setting: &Setting, title: &str) -> Script {
    let mut script = Script::new(title, &["p0".to_owned()], &[]);
    script.plays = PLAYS;
    home::make(&mut script, setting);
    script
}

fn login(title: &str) -> Step {
    let body = json!({
        "org": "{{ org }}", "iss": home::ISSUER, "sub": "{{ p0.uuid }}", "email": "{{ p0.email }}",
        "email_verified": true, "given_name": "Mara", "family_name": "Berg", "name_id": "{{ p0.identifier }}",
    });
    let step = Step::new(title, "POST /auth/sso/callback").on("admin").body(body.to_string());
    step.unread("the list of users shows it")
}

fn create(setting: &Setting) -> Step {
    let mut body = json!({
        "schemas": [urn::USER], "userName": "{{ p0.identifier }}", "displayName": "Mara Berg",
        "name": {"givenName": "Mara", "familyName": "Berg"},
    });
    if Rules::of(&setting.profile).stores("emails.value") {
        body["emails"] = json!([{"value": "{{ p0.email }}", "type": "work", "primary": true}]);
    }
    let step = home::at(Step::new("create the user by SCIM", "POST /Users").body(body.to_string()));
    step.unread("the list of users shows it").saves("u", "id")
}

/// Lists everybody of the organization.
fn list(law: &str, test: &str) -> Step {
    let step = Step::new("who is there", "GET /admin/v1/users?org={{ org }}").on("admin");
    step.judges(law, format!("at = \"/totalResults\", {test}"))
}

fn first_logins(setting: &Setting) -> Script {
    let law = "PROP-CONC-05";
    let mut script = begin(setting, "first logins of one person at once");
    if !setting.profile.accounts.just_in_time {
        script.push(create(setting).judges("RFC7644-3.3-6", "status = 201"));
    }
    script.push(login("sign in six times at once").times(LOGINS, law, &format!("200 = {LOGINS}")));
    script.push(list(law, "is = 1"));
    script
}

fn beside_a_create(setting: &Setting) -> Script {
    let law = "PROP-CONC-05";
    let mut script = begin(setting, "a first login beside a create by SCIM");
    let accounts = setting.profile.accounts;
    let (status, count) = match (accounts.just_in_time, accounts.email_scope) {
        (true, Scoping::SourceAndProvider) => ("status = 200", "is = 2"),
        (true, Scoping::Organization) => ("status = [200, 403]", "any-of = [1, 2]"),
        (false, _) => ("status = [200, 403]", "is = 1"),
    };
    script.push(login("sign in").together("at once").judges(law, status));
    script.push(create(setting).together("at once").judges(law, "status = 201"));
    script.push(list(law, count));
    script
}

fn disabled_meanwhile(setting: &Setting) -> Script {
    let law = "PROP-CONC-09";
    let mut script = begin(setting, "logins while the person is disabled");
    if !setting.profile.accounts.just_in_time {
        script.push(create(setting).judges("RFC7644-3.3-6", "status = 201"));
    }
    script.push(login("sign in before").judges(law, "status = 200").saves("r", "/sub").saves("t0", "/access_token"));
    let disable = Step::new("disable", "PATCH /admin/v1/users/{{ r }}").on("admin").body(r#"{"active": false}"#);
    let disable = disable.judges(law, "status = 200").unread("the tokens show it").together("at once");
    script.push(disable);
    for n in 1..=3 {
        let step = login(&format!("sign in meanwhile, {n}")).together("at once").judges(law, "status = [200, 403]");
        script.push(step.saves(format!("t{n}"), "/access_token"));
    }
    for n in 0..=3 {
        script.push(introspect(n).judges(law, "at = \"/active\", is = false"));
    }
    script
}

fn introspect(token: usize) -> Step {
    let step = Step::new(format!("token {token}"), "POST /oauth2/introspect").on("admin");
    let step = step.body(format!("token={{{{ t{token} }}}}")).free();
    step.header("Content-Type", "application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn what_a_create_beside_a_login_may_leave_follows_from_the_profile() {
        for (name, count) in [("coalesce-sso", "is = 2"), ("catalytic", "is = 1")] {
            let setting = Setting::of(Profile::named(name).unwrap());
            assert!(beside_a_create(&setting).to_string().contains(count), "{name}");
        }
    }
}

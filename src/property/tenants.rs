//! Two organizations of one server know nothing of each other: the same user name in both, the id of one unknown in the other
//! (PROP-UNIQ-15).

use std::sync::Arc;

use serde_json::json;

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "tenants",
    title: "two organizations of one server know nothing of each other",
    laws: &["PROP-UNIQ-15"],
    needs: &[Need::Admin, Need::Capability("filter")],
    cases: Cases::All(cases),
};

const LAW: &str = "PROP-UNIQ-15";

fn cases(_: &Arc<Setting>) -> Enumerated {
    let mut script = Script::new("two organizations do not share users", &["p".to_owned()], &["admin", "filter"]);
    for org in ["one", "two"] {
        organization(&mut script, org);
    }
    let body = json!({
        "schemas": [urn::USER],
        "userName": "{{ p.identifier }}",
        "name": {"givenName": "{{ p.givenName }}", "familyName": "{{ p.familyName }}"},
        "displayName": "{{ p.displayName }}",
    });
    for org in ["one", "two"] {
        let step = at(org, Step::new(format!("create the user in {org}"), "POST /Users").body(body.to_string()));
        script.push(step.judges(LAW, "status = 201").saves(format!("{org}u"), "id"));
    }
    for (org, other) in [("one", "two"), ("two", "one")] {
        let step = Step::new(format!("read the user of {other} in {org}"), format!("GET /Users/{{{{ {other}u }}}}"));
        script.push(at(org, step).judges(LAW, "status = 404"));
        let line = "GET /Users?filter=userName eq \"{{ p.identifier }}\"";
        let step = at(org, Step::new(format!("look the user up in {org}"), line));
        let step = step.judges(LAW, "at = \"totalResults\", is = 1");
        script.push(step.judges(LAW, format!("at = \"Resources.id\", is = \"{{{{ {org}u }}}}\"")));
    }
    let step = Step::new("delete the user of two by way of one", "DELETE /Users/{{ twou }}");
    script.push(at("one", step).judges(LAW, "status = 404").unread("the other organization shows it"));
    let step = Step::new("the user of two is there", "GET /Users/{{ twou }}");
    script.push(at("two", step).judges(LAW, "status = 200"));
    Box::new(std::iter::once(Box::new(script) as Box<dyn Case>))
}

/// Makes an organization with SSO and SCIM (A1 to A3).
fn organization(script: &mut Script, org: &str) {
    let admin = |title: &str, line: &str, body: serde_json::Value| {
        Step::new(format!("{title} of {org}"), line).on("admin").body(body.to_string()).stage()
    };
    let id = format!("{{{{ run.marker }}}}{org}");
    let step = admin("organization", "POST /admin/v1/organizations", json!({"id": id, "displayName": "Nord"}));
    let step = step.judges(LAW, "status = 201").saves(org, "id");
    script.push(step.undo(&format!("DELETE /admin/v1/organizations/{{{{ {org} }}}}")));
    let sso = json!({
        "protocol": "oidc",
        "issuer": format!("https://{org}.idp.example.test"),
        "client_id": "scimproof",
        "subdomain": id,
        "provider": "generic",
        "enabled": true,
    });
    let line = format!("PUT /admin/v1/organizations/{{{{ {org} }}}}");
    script.push(admin("SSO", &format!("{line}/sso"), sso).judges(LAW, "status = 200"));
    let step = admin("SCIM", &format!("{line}/scim"), json!({"enabled": true})).judges(LAW, "status = 200");
    script.push(step.saves(format!("{org}scim"), "base_url").saves(format!("{org}token"), "bearer_token"));
}

/// Sends a step to an organization's SCIM.
fn at(org: &str, step: Step) -> Step {
    step.on(format!("{{{{ {org}scim }}}}")).header("Authorization", format!("Bearer {{{{ {org}token }}}}"))
}

//! An organization of a script's own, where it may put what mapping it likes: made on the admin surface and removed by its
//! `undo`, so that scripts run side by side.

use serde_json::{Map, Value, json};

use crate::property::script::{Script, Step};
use crate::property::suite::Setting;

/// Where the mapping of the script's organization is.
const MAPPING: &str = "/admin/v1/organizations/{{ org }}/role-mapping";

/// The issuer of its SSO.
pub const ISSUER: &str = "https://idp.example.test";

/// Makes the organization, with SSO and SCIM on.
pub fn make(script: &mut Script, setting: &Setting) {
    script.needs.push("admin");
    let name = "{{ run.organization }}";
    let body = json!({"id": name, "displayName": name, "profile": setting.profile.name}).to_string();
    let make = Step::new("make an organization", "POST /admin/v1/organizations").on("admin").body(body);
    let make = make.saves("org", "/id").undo("DELETE /admin/v1/organizations/{{ org }}");
    script.push(make.judges("CATALOG-013", "status = 201").unread("what follows works in it").stage());
    let sso = json!({
        "protocol": "oidc", "issuer": ISSUER, "client_id": "scimproof", "subdomain": name,
        "provider": "okta", "enabled": true,
    });
    let configure = Step::new("configure its SSO", "PUT /admin/v1/organizations/{{ org }}/sso").on("admin");
    script.push(configure.body(sso.to_string()).unread("SCIM cannot be enabled without it").stage());
    let enable = Step::new("enable its SCIM", "PUT /admin/v1/organizations/{{ org }}/scim").on("admin");
    let enable = enable.body(r#"{"enabled": true}"#).unread("what follows uses it");
    script.push(enable.saves("scim", "/base_url").saves("token", "/bearer_token").stage());
}

/// Sends a step to the organization's SCIM, unless it has a place of its own.
pub fn at(step: Step) -> Step {
    if step.place().is_some() {
        return step;
    }
    step.on("{{ scim }}").header("Authorization", "Bearer {{ token }}")
}

/// Puts a mapping, written as it stands.
pub fn put(name: &str, document: &[(String, Value)]) -> Step {
    let object: Map<String, Value> = document.iter().cloned().collect();
    put_text(name, Value::Object(object).to_string())
}

/// Puts a mapping that may be no JSON object at all.
pub fn put_text(name: &str, text: String) -> Step {
    let step = Step::new(name, format!("PUT {MAPPING}")).on("admin").body(text);
    step.unread("the roles show it")
}

/// Runs the script that computes roles (CATALOG-038).
pub fn apply() -> Step {
    let step = Step::new("apply the mapping", format!("POST {MAPPING}/apply")).on("admin");
    step.judges("CATALOG-038", "status = 200").unread("the roles show it")
}

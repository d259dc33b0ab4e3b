//! Filters as clients write them: spelled in every way that means the same (PROP-FILT-03), malformed (PROP-FILT-02), with
//! values that look like syntax (PROP-FILT-04), over the attributes that the profile stores (PROP-FILT-01).

use std::sync::Arc;

use serde_json::json;

use super::script::{Script, Step};
use super::suite::{Case, Cases, Enumerated, Need, Setting, Suite};
use crate::model::Rules;
use crate::scim::urn;

/// The suite.
pub(super) const SUITE: Suite = Suite {
    name: "filters",
    title: "filters spelled in every way, malformed, and with values that look like syntax",
    laws: &["PROP-FILT-02", "PROP-FILT-03", "PROP-FILT-04"],
    needs: &[Need::Capability("filter")],
    cases: Cases::All(cases),
};

/// The suite of look-ups by other attributes than the user name.
pub(super) const ATTRIBUTES: Suite = Suite {
    name: "look-ups",
    title: "look-ups by every attribute that is stored find exactly who has the value",
    laws: &["PROP-FILT-01"],
    needs: &[
        Need::Capability("filter"),
        Need::Profile(|profile| !profile.open, "by which attributes it filters is left open"),
    ],
    cases: Cases::All(attributes),
};

/// Spellings that mean the same; whether the RFC's grammar has them; the query's encoding.
const SPELLINGS: [(&str, bool, &str); 8] = [
    (r#"userName Eq "{}""#, true, "percent"),
    (r#"userName EQ "{}""#, true, "percent"),
    (r#"username eq "{}""#, true, "percent"),
    (r#"USERNAME eq "{}""#, true, "percent"),
    (r#"userName eq "{}""#, true, "form"),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{}""#, true, "percent"),
    (r#"userName  eq  "{}""#, false, "percent"),
    (r#"(userName eq "{}")"#, true, "percent"),
];

/// Malformed filters; whether every server must refuse them.
const MALFORMED: [(&str, bool); 10] = [
    ("userName eq", true),
    ("userName", true),
    (r#"eq "{}""#, true),
    (r#"userName eq "{}"#, true),
    (r#"(userName eq "{}""#, true),
    (r#"userName xx "{}""#, true),
    (r#"userName eq "{}" and"#, true),
    (r#"userName eq "{}" "{}""#, true),
    (r#"userName eq "{}")"#, true),
    // What some clients send (AK-004), and some servers take.
    ("userName eq {}", false),
];

/// Values that nobody has, made to break out of the literal or to match more: what stands behind the identifier.
const HOSTILE: [&str; 12] = [
    r#"\" or userName pr or userName eq \""#,
    r"\\",
    r#"\""#,
    "%",
    "_",
    "*",
    "' or '1'='1",
    ") or (userName pr",
    " or userName pr",
    "%22 or userName pr",
    "\\\\\\\" or userName pr",
    "; drop table users --",
];

fn with_user(title: &str) -> Script {
    let mut script = Script::new(title, &["p".to_owned()], &["filter"]);
    let body = json!({
        "schemas": [urn::USER],
        "userName": "{{ p.identifier }}",
        "name": {"givenName": "{{ p.givenName }}", "familyName": "{{ p.familyName }}"},
        "displayName": "{{ p.displayName }}",
    });
    let step = Step::new("create a user", "POST /Users").body(body.to_string());
    script.push(step.judges("PROP-FILT-05", "status = 201").saves("u", "id").free());
    script
}

fn cases(setting: &Arc<Setting>) -> Enumerated {
    let open = setting.profile.open;
    let fill = |text: &str| text.replace("{}", "{{ p.identifier }}");
    let spellings = SPELLINGS.iter().map(|(text, grammar, encoding)| {
        let law = "PROP-FILT-03";
        let mut script = with_user("a filter in another spelling finds the same");
        let line = format!("GET /Users?filter={}", fill(text));
        let soft = if *grammar || !open { "" } else { ", soft = true" };
        let step = Step::new("look the user up", line).key("encoding", format!("\"{encoding}\""));
        let step = step.judges(law, format!("at = \"totalResults\", is = 1{soft}"));
        script.push(step.judges(law, format!("at = \"Resources.id\", is = \"{{{{ u }}}}\"{soft}")));
        script
    });
    let malformed = MALFORMED.iter().map(|(text, certain)| {
        let law = "PROP-FILT-02";
        let mut script = with_user("a malformed filter is refused");
        let soft = if *certain { "" } else { ", soft = true" };
        let step = Step::new("ask", format!("GET /Users?filter={}", fill(text)));
        let step = step.judges(law, format!("status = 400{soft}"));
        let step = step.judges(law, format!("at = \"scimType\", is = \"invalidFilter\"{soft}"));
        script.push(step.judges("PROP-ATTR-03", format!("at = \"status\", the-status = true{soft}")));
        script
    });
    let hostile = HOSTILE.iter().map(|tail| {
        let law = "PROP-FILT-04";
        let mut script = with_user("a value that looks like syntax is data");
        let line = format!("GET /Users?filter=userName eq \"{{{{ p.identifier }}}}{tail}\"");
        let step = Step::new("ask for nobody", line).judges(law, "status = 200");
        script.push(step.judges(law, "at = \"totalResults\", is = 0"));
        let line = "GET /Users?filter=userName eq \"{{ p.identifier }}\"";
        script.push(Step::new("ask for the user", line).judges(law, "at = \"Resources.id\", is = \"{{ u }}\""));
        script
    });
    let scripts: Vec<Box<dyn Case>> =
        spellings.chain(malformed).chain(hostile).map(|script| Box::new(script) as Box<dyn Case>).collect();
    Box::new(scripts.into_iter())
}

/// Attributes that clients look up by, with the person's field; the empty one is the external id.
const VALUES: [(&str, &str); 5] = [
    ("userName", "identifier"),
    ("externalId", ""),
    ("emails.value", "email"),
    (r#"emails[type eq "work"].value"#, "email"),
    ("emails", "email"),
];

fn attributes(setting: &Arc<Setting>) -> Enumerated {
    let rules = Rules::of(&setting.profile);
    let stored = move |path: &str| rules.stores(path.split(['.', '[']).next().unwrap_or_default());
    let cases = VALUES.iter().filter(|(path, _)| stored(path)).map(|(path, field)| {
        let law = "PROP-FILT-01";
        let people = ["p".to_owned(), "q".to_owned()];
        let mut script = Script::new("a look-up finds exactly who has the value", &people, &["filter"]);
        for person in &people {
            let value = |field: &str| format!("{{{{ {person}.{field} }}}}");
            let body = json!({
                "schemas": [urn::USER],
                "userName": value("identifier"),
                "externalId": format!("{{{{ run.marker }}}}-{person}"),
                "name": {"givenName": value("givenName"), "familyName": value("familyName")},
                "displayName": value("displayName"),
                "emails": [{"value": value("email"), "type": "work", "primary": true}],
            });
            let step = Step::new(format!("create {person}"), "POST /Users").body(body.to_string());
            script.push(step.judges(law, "status = 201").saves(format!("{person}u"), "id"));
        }
        for person in &people {
            // External ids of drawn people do not hold the marker, and other histories are played beside this one.
            let value = match *field {
                "" => format!("{{{{ run.marker }}}}-{person}"),
                field => format!("{{{{ {person}.{field} }}}}"),
            };
            let line = format!("GET /Users?filter={path} eq \"{value}\"");
            let step = Step::new(format!("look {person} up"), line).judges(law, "at = \"totalResults\", is = 1");
            script.push(step.judges(law, format!("at = \"Resources.id\", is = \"{{{{ {person}u }}}}\"")));
        }
        Box::new(script) as Box<dyn Case>
    });
    Box::new(cases.collect::<Vec<_>>().into_iter())
}

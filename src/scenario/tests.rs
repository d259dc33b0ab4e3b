//! The parser on good files and on seeded mistakes.

use std::fmt::Write;

use super::*;

/// A good file into which each mistake is put by replacing one text.
const GOOD: &str = r#"title   = "A user, twice"
clients = ["okta/aiw"]
flows   = ["OKTA-F03"]
needs   = ["patch"]
actions = ["create-users"]
groups  = ["group"]

[vars]
title = "Lead {{ person.givenName }}"

[[step]]
name = "create"
send = "POST /Users"
body = '''
{
  "userName": "{{ person.identifier }}",
  "title": "{{ title }}"
}
'''
expect = [
  { req = "RFC7644-3.3-6", status = 201 },
  { reading = "I-46/1", at = "emails[type eq \"work\"].value", like = "^{{ person.email }}$" },
]
save = { user = "id" }

[[step]]
name  = "again"
repeat = "create"
times = 8
tally = { 201 = 1, 409 = 7 }
tally_req = "RFC7644-3.3-10"

[[step]]
name  = "left"
send  = "PATCH /Users/{{ user }}"
body  = '{"Operations": []}'
together = "churn"

[[step]]
name  = "right"
send  = "DELETE /Users/{{ user }}"
together = "churn"
wait  = "20ms"

[[step]]
name  = "read"
send  = 'GET /Users?filter=userName eq "{{ person.identifier }}"'
until = { tries = 3, every = "10ms" }
expect = [{ req = "RFC7644-3.4.2-10", at = "totalResults", is = 0, soft = true }]
"#;

/// What is replaced by what.
const MISTAKES: [(&str, &str); 48] = [
    ("needs   =", "need ="),
    ("repeat = \"create\"", "repat = \"create\""),
    ("status = 201", "stauts = 201"),
    ("title   = \"A user, twice\"", "title = A user"),
    ("title   = \"A user, twice\"\n", "x = 1\n"),
    ("RFC7644-3.3-6", "RFC7644-3.3-99"),
    ("RFC7644-3.3-6", "OKTA-999"),
    ("I-46/1", "I-4711/1"),
    ("I-46/1", "I-46/3"),
    ("I-46/1", "I-46"),
    ("okta/aiw", "okta/aiv"),
    ("OKTA-F03", "OKTA-F99"),
    ("\"patch\"", "\"patches\""),
    ("create-users", "make-users"),
    ("name = \"create\"", "name = \"create\"\nshape = \"OKTA-SHAPE-R999\""),
    ("{{ title }}\"\n", "{{ title }}\",\n"),
    ("{{ title }}", "{{ titel }}"),
    ("{{ person.email }}", "{{ person.mail }}"),
    ("{{ person.email }}", "{{ somebody.email }}"),
    ("\"{{ title }}\"", "\"{{ user }}\""),
    ("{{ person.givenName }}", "{{ user }}"),
    ("{{ title }}", "{{ title | shout }}"),
    ("{{ title }}", "{{ title"),
    ("{{ title }}", "{{ n }}"),
    ("repeat = \"create\"", "repeat = \"read\""),
    ("repeat = \"create\"", "repeat = \"creation\""),
    ("repeat = \"create\"", "repeat = \"create\"\nbody = '{}'"),
    ("repeat = \"create\"\n", ""),
    ("name  = \"read\"", "name  = \"create\""),
    ("status = 201", "status = 201, body = \"json\""),
    ("status = 201", "soft = true"),
    ("status = 201", "is = 201"),
    ("status = 201", "status = \"created\""),
    ("status = 201", "header = \"Location\", like = \"(\""),
    ("req = \"RFC7644-3.3-6\", ", ""),
    ("[type eq \\\"work\\\"]", "[type eq \\\"work\\\""),
    ("20ms", "20 minutes"),
    ("409 = 7", "409 = 6"),
    ("tally_req = \"RFC7644-3.3-10\"\n", ""),
    ("together = \"churn\"\n\n", "\n"),
    ("send  = 'GET", "walk = true\nsend  = 'GET"),
    ("send  = 'GET /Users?filter=userName eq", "send  = 'LIST /Users?filter=userName eq"),
    ("send  = 'GET /Users", "send  = 'GET /Groups"),
    ("user = \"id\"", "person = \"id\", title = \"title\""),
    ("name = \"create\"", "name = \"create\"\nneeds = [\"filter\"]"),
    ("name  = \"read\"", "name  = \"read\"\nneeds = [\"filters\"]"),
    ("name  = \"read\"", "name  = \"read\"\nneeds = [\"admin\"]"),
    ("name  = \"left\"", "name  = \"left\"\nneeds = [\"filter\"]"),
];

#[test]
fn every_mistake_is_named_with_its_place() {
    let context = Context::embedded();
    assert_eq!(lint("scenarios/x.toml", GOOD, &context), []);
    let mut all = String::new();
    for (from, to) in MISTAKES {
        assert!(GOOD.contains(from), "{from}");
        let errors = lint("x.toml", &GOOD.replacen(from, to, 1), &context);
        assert!(!errors.is_empty(), "{from} -> {to} was accepted");
        let _ = writeln!(all, "## `{}` -> `{}`", from.escape_debug(), to.escape_debug());
        for error in errors {
            let _ = writeln!(all, "{}\n", error.rendered());
        }
    }
    insta::assert_snapshot!(all);
}

/// A good file of the admin surface.
const ADMIN: &str = r#"title    = "Roles in an organization of its own"
needs    = ["admin", "groups"]
products = ["CATALOG"]
when     = { "role_mapping.unmapped" = "lowest", "users.deletion" = ["hard", "soft"] }

[[step]]
name = "organization"
send = "POST /admin/v1/organizations"
on   = "admin"
body = '{"id": "{{ run.organization }}"}'
save = { org = "id" }
undo = "DELETE /admin/v1/organizations/{{ org }}"

[[step]]
name = "scim"
send = "PUT /admin/v1/organizations/{{ org }}/scim"
on   = "admin"
body = '{"enabled": true}'
save = { scim = "base_url", token = "bearer_token" }

[[step]]
name = "create"
send = "POST /Users"
on   = "{{ scim }}"
headers = { Authorization = "Bearer {{ token }}" }
body = '{"userName": "{{ person.identifier }}"}'
save = { user = "id" }

[[step]]
name = "is the token good"
send = "POST /oauth2/introspect"
on   = "admin"
headers = { Content-Type = "application/x-www-form-urlencoded" }
body = "token={{ token }}&resource=a+b"

[[step]]
name = "read"
send = "GET /Users/{{ user }}"
on   = "{{ scim }}"
expect = [{ req = "RFC7644-3.4.1-1", status = 200 }]
"#;

/// What is replaced by what in the file of the admin surface.
const ADMIN_MISTAKES: [(&str, &str); 21] = [
    ("needs    = [\"admin\", \"groups\"]", "needs    = [\"groups\"]"),
    ("[\"CATALOG\"]", "[\"CATALOGUE\"]"),
    ("products = [\"CATALOG\"]", "sets     = [\"interp\"]"),
    ("products = [\"CATALOG\"]", "products = [\"CATALOG\"]\nsets     = [\"interop\"]"),
    ("RFC7644-3.4.1-1", "DRAFT-interop-5-1"),
    ("RFC7644-3.4.1-1", "DRAFT-delta-1"),
    ("role_mapping.unmapped", "role_mapping.unmaped"),
    ("role_mapping.unmapped", "role_mapping"),
    ("role_mapping.unmapped", "title.unmapped"),
    ("\"lowest\"", "\"least\""),
    ("[\"hard\", \"soft\"]", "[\"hard\", true]"),
    ("[\"hard\", \"soft\"]", "[]"),
    ("undo = \"DELETE /admin/v1/organizations/{{ org }}\"\n", ""),
    ("on   = \"{{ scim }}\"\nheaders", "on   = \"https://example.com\"\nheaders"),
    ("on   = \"{{ scim }}\"\nheaders", "on   = \"{{ base }}{{ scimm }}\"\nheaders"),
    ("on   = \"admin\"\nheaders", "on   = \"admin\"\nas = \"okta/aiw\"\nheaders"),
    ("token={{ token }}&resource", "token={{ token }}&=resource"),
    ("resource=a+b", "resource=a b"),
    ("body = \"token={{ token }}&resource=a+b\"", "base = \"create\""),
    ("application/x-www-form-urlencoded", "application/json"),
    ("send = \"GET /Users/{{ user }}\"\non   = \"{{ scim }}\"", "repeat = \"create\"\non   = \"admin\""),
];

const LENT: &str = r#"
title = "t"
needs = ["second-tenant", "expired-token"]
[[step]]
name = "create"
send = "POST /Users"
on   = "second-tenant"
undo = "DELETE /Users/{{ user }}"
body = '{"userName": "{{ person.identifier }}"}'
save = { user = "id" }
[[step]]
name = "read"
send = "GET /Users/{{ user }}"
on   = "second-tenant"
with = "expired-token"
"#;

const LENT_MISTAKES: [(&str, &str); 6] = [
    ("undo = \"DELETE /Users/{{ user }}\"", ""),
    ("needs = [\"second-tenant\", ", "needs = ["),
    (", \"expired-token\"]", "]"),
    ("with = \"expired-token\"", "with = \"third-token\""),
    ("with = \"expired-token\"", "with = \"expired-token\"\nheaders = { Authorization = \"x\" }"),
    ("on   = \"second-tenant\"\nwith", "on   = \"admin\"\nwith"),
];

#[test]
fn every_mistake_about_what_the_settings_add_is_named_with_its_place() {
    let context = Context::embedded();
    let scenario = parse("scenarios/x.toml", LENT, &context).unwrap_or_else(|e| panic!("{}", e[0].rendered()));
    assert_eq!(scenario.steps[1].lent, Some(crate::wire::Lent::ExpiredToken));
    let mut all = String::new();
    for (from, to) in LENT_MISTAKES {
        assert!(LENT.contains(from), "{from}");
        let errors = lint("x.toml", &LENT.replacen(from, to, 1), &context);
        assert!(!errors.is_empty(), "{from} -> {to} was accepted");
        for error in errors {
            let _ = writeln!(all, "{}\n", error.rendered());
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_mistake_about_the_admin_surface_is_named_with_its_place() {
    let context = Context::embedded();
    let scenario = parse("scenarios/x.toml", ADMIN, &context).unwrap_or_else(|e| panic!("{}", e[0].rendered()));
    assert_eq!((scenario.products.len(), scenario.when.len(), scenario.when[1].values.len()), (1, 2, 2));
    let mut all = String::new();
    for (from, to) in ADMIN_MISTAKES {
        assert!(ADMIN.contains(from), "{from}");
        let errors = lint("x.toml", &ADMIN.replacen(from, to, 1), &context);
        assert!(!errors.is_empty(), "{from} -> {to} was accepted");
        let _ = writeln!(all, "## `{}` -> `{}`", from.escape_debug(), to.escape_debug());
        for error in errors {
            let _ = writeln!(all, "{}\n", error.rendered());
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_write_is_read_back_where_it_went_or_on_the_admin_surface() {
    let file = |write: &str, read: &str| {
        format!(
            "title = \"t\"\nneeds = [\"admin\"]\n[vars]\nb = \"x\"\nc = \"y\"\n[[step]]\nname = \"w\"\n{write}\n\
             [[step]]\nname = \"r\"\n{read}\n"
        )
    };
    let users = "send = \"DELETE /Users/1\"";
    let rows = [
        (users.to_owned(), "send = \"GET /Users\"", true),
        (format!("{users}\non = \"{{{{ b }}}}\""), "send = \"GET /Users\"\non = \"{{ b }}\"", true),
        (format!("{users}\non = \"{{{{ b }}}}\""), "send = \"GET /Users\"\non = \"{{ c }}\"", false),
        (format!("{users}\non = \"{{{{ b }}}}\""), "send = \"GET /Users\"", false),
        (users.to_owned(), "send = \"GET /admin/v1/users\"\non = \"admin\"", true),
        ("send = \"PUT /admin/v1/x\"\non = \"admin\"".to_owned(), "send = \"GET /Groups\"", true),
        (
            "send = \"PUT /admin/v1/x\"\non = \"admin\"".to_owned(),
            "send = \"POST /oauth2/introspect\"\non = \"admin\"",
            true,
        ),
        (
            "send = \"PUT /admin/v1/x\"\non = \"admin\"".to_owned(),
            "send = \"POST /oauth2/revoke\"\non = \"admin\"",
            false,
        ),
    ];
    for (write, read, good) in rows {
        let errors = lint("x.toml", &file(&write, read), &Context::embedded());
        assert_eq!(errors.is_empty(), good, "{write} / {read}: {errors:?}");
    }
}

#[test]
fn only_a_delete_of_the_admin_surface_has_a_body() {
    for (send, good) in [
        ("DELETE /admin/v1/x\"\non = \"admin", true),
        ("GET /admin/v1/x\"\non = \"admin", false),
        ("DELETE /Users/1", false),
        ("DELETE /Users/1\"\non = \"{{ b }}", false),
    ] {
        let file = format!(
            "title = \"t\"\nneeds = [\"admin\"]\n[vars]\nb = \"x\"\n[[step]]\nname = \"w\"\nsend = \"{send}\"\n\
             body = '{{\"role\": \"x\"}}'\nunread = \"nobody looks\"\n"
        );
        let errors = lint("x.toml", &file, &Context::embedded());
        let bare = errors.iter().any(|error| error.rendered().contains("has no body here"));
        assert_eq!((errors.is_empty(), bare), (good, !good), "{send}: {errors:?}");
    }
}

#[test]
fn the_example_of_the_documentation_is_free_of_mistakes() {
    let page = include_str!("../../docs/scenarios.md");
    let example = page.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let errors = lint("x.toml", &format!("title = \"t\"\n{example}"), &Context::embedded());
    assert_eq!(errors, []);
}

#[test]
fn the_embedded_scenarios_are_free_of_mistakes() {
    let scenarios = embedded().unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ScenarioError::rendered).collect::<Vec<_>>().join("\n\n"));
    });
    assert!(scenarios.iter().any(|scenario| scenario.id == "rfc/smoke"));
}

/// Names below which no mail can be delivered: many servers refuse such an address (`RFC6761 §6`, `RFC6762 §3`, `RFC7686 §2`).
#[test]
fn no_scenario_sends_an_address_that_a_server_may_refuse_by_its_domain() {
    let special =
        regex::Regex::new(r"(?i)(@|%40)[a-z0-9.{}_ -]*\.(test|invalid|local|localhost|onion|arpa)\b").unwrap();
    let tables = [
        ("patch-cases", include_str!("../../fixtures/requirements/patch-cases.toml")),
        ("filter-cases", include_str!("../../fixtures/requirements/filter-cases.toml")),
    ];
    let tables = tables.map(|(name, text)| (name.to_owned(), text));
    for (name, text) in embedded_texts().into_iter().chain(tables) {
        assert_eq!(special.find(text).map(|found| found.as_str()), None, "{name}");
    }
    let draw = Draw { seed: 7, marker: "sp7".into(), identifier: crate::profile::Identifier::Email };
    assert!(draw.person("s", "person", "")["email"].as_str().unwrap().ends_with("@example.com"));
}

#[test]
fn a_position_inside_a_body_is_the_place_in_the_file() {
    let text = GOOD.replace("\"{{ title }}\"\n", "\"{{ title }}\" 9\n");
    let errors = lint("x.toml", &text, &Context::embedded());
    assert_eq!((errors[0].line, errors[0].column), (17, 26));
    assert_eq!(parse("scenarios/a/b.toml", GOOD, &Context::embedded()).unwrap().id, "a/b");
}

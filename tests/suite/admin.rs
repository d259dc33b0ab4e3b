//! Scenarios on the admin surface, played through the library against a small product: where requests go and with which
//! credentials, what is removed in the end, and that nothing that was issued stands in any report.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use scimproof::check::standing;
use scimproof::client::{AdminSurface, Auth, BaseUrl, InProcess, Transport};
use scimproof::flow::{Event, Finding, Leftover, Outcome};
use scimproof::plan;
use scimproof::profile::Profile;
use scimproof::report::{Report, json, junit, terminal};
use scimproof::requirement::Catalogue;
use scimproof::run::{self, Opening, Options};
use scimproof::scenario::{Context, parse};
use scimproof::verdict::{Settings, Verdict};
use scimproof::wire::{Redactor, Request, Response, Secret};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::process::{Ended, Served, TOKEN, end, scimproof};

const ISSUED: &str = "issued-b3arer-t0ken/with+signs";
const SESSION: &str = "session-0f-somebody";
const OPERATOR: &str = "the-0perator-token";

/// What the product does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Organizations are not removed, though DELETE answers 204.
    Keeps,
    /// The SCIM base of an organization is on another host.
    Lures,
}

#[derive(Default)]
struct Product {
    organizations: BTreeMap<String, Value>,
    users: Vec<(String, Value)>,
    log: Vec<String>,
}

fn respond(status: u16, body: &Value) -> Response {
    let mut response = Response { body: body.to_string().into_bytes(), ..Response::new(status) };
    response.headers.push("Content-Type", "application/json");
    response
}

fn answer(product: &Mutex<Product>, fault: Fault, request: &Request) -> Response {
    let mut product = product.lock().unwrap();
    let authorization = request.headers.get("Authorization").unwrap_or("none").to_owned();
    product.log.push(format!("{} {} {authorization}", request.method, request.target));
    let body = || serde_json::from_slice::<Value>(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let path = request.path().to_owned();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["admin", "v1", "organizations"]) => {
            let id = body()["id"].as_str().unwrap().to_owned();
            product.organizations.insert(id.clone(), json!({ "id": id }));
            respond(201, &json!({ "id": id, "session_id": SESSION }))
        }
        ("GET", ["admin", "v1", "organizations"]) => {
            respond(200, &product.organizations.values().cloned().collect::<Value>())
        }
        ("GET", ["admin", "v1", "organizations", id]) => {
            product.organizations.get(*id).map_or(Response::new(404), |it| respond(200, it))
        }
        ("DELETE", ["admin", "v1", "organizations", id]) => {
            if fault != Fault::Keeps {
                product.organizations.remove(*id);
            }
            Response::new(204)
        }
        ("PUT", ["admin", "v1", "organizations", id, "scim"]) => {
            let host = if fault == Fault::Lures { "http://example.test" } else { "http://127.0.0.1" };
            let base = format!("{host}/{id}/scim/v2");
            respond(200, &json!({ "enabled": true, "base_url": base, "bearer_token": ISSUED }))
        }
        ("POST", ["oauth2", "introspect"]) => {
            let form = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
            let good = form.contains("token=issued-b3arer-t0ken%2Fwith%2Bsigns");
            respond(200, &json!({ "active": good, "username": ISSUED }))
        }
        ("POST", [organization, "scim", "v2", "Users"]) if authorization == format!("Bearer {ISSUED}") => {
            product.users.push(((*organization).to_owned(), body()));
            let mut user = body();
            user["id"] = json!("u1");
            respond(201, &user)
        }
        ("GET", ["scim", "v2", "Users" | "Groups"]) => respond(200, &json!({ "totalResults": 0, "Resources": [] })),
        _ => Response::new(404),
    }
}

fn transport(fault: Fault, redactor: &Redactor) -> (Arc<dyn Transport>, Arc<Mutex<Product>>) {
    let product = Arc::new(Mutex::new(Product::default()));
    let inner = Arc::clone(&product);
    let url = |text: &str| BaseUrl::parse(text).unwrap();
    let admin = AdminSurface::new(url("http://127.0.0.1"), Auth::Bearer(Secret::new(OPERATOR)), redactor);
    let handler = Arc::new(move |request: Request| answer(&inner, fault, &request));
    let target = Auth::Bearer(Secret::new("t4rget"));
    (Arc::new(InProcess::new(url("http://127.0.0.1/scim/v2"), target, handler).with_admin(admin)), product)
}

const SCENARIO: &str = r#"
title = "A token of an organization of its own"
needs = ["admin"]
[[step]]
name = "organization"
send = "POST /admin/v1/organizations"
on = "admin"
body = '{"id": "{{ run.organization }}"}'
save = { org = "id" }
undo = "DELETE /admin/v1/organizations/{{ org }}"
[[step]]
name = "scim"
send = "PUT /admin/v1/organizations/{{ org }}/scim"
on = "admin"
body = '{"enabled": true}'
save = { scim = "base_url", token = "bearer_token" }
expect = [{ req = "CATALYTIC-003", at = "bearer_token", is = "something else" }]
[[step]]
name = "create"
send = "POST /Users"
on = "{{ scim }}"
headers = { Authorization = "Bearer {{ token }}" }
body = '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ person.identifier }}"}'
expect = [{ req = "RFC7644-3.3-6", status = 409 }]
[[step]]
name = "look at the token"
send = "POST /oauth2/introspect"
on = "admin"
headers = { Content-Type = "application/x-www-form-urlencoded" }
body = "token={{ token }}"
expect = [{ req = "CATALYTIC-003", at = "active", is = false }]
"#;

/// What came of a run.
struct Ran {
    events: Vec<Event>,
    product: Arc<Mutex<Product>>,
    redactor: Redactor,
}

async fn play(fault: Fault, admin: bool) -> Ran {
    let redactor = Redactor::default();
    let (transport, product) = transport(fault, &redactor);
    let scenario =
        parse("scenarios/t.toml", SCENARIO, &Context::embedded()).unwrap_or_else(|e| panic!("{}", e[0].rendered()));
    let profile = Profile::named("rfc").unwrap();
    let plan = plan::build(
        &[Arc::new(scenario)],
        &plan::Options {
            selection: plan::Selection::default(),
            profile: &profile,
            config: None,
            schemas: None,
            max_users: None,
            seed: 7,
            marker: "sp7".into(),
            base_url: transport.base_url().to_owned(),
            admin,
            lends: &[],
            second_tenant: None,
            ticked: None,
        },
    );
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let inspect = Arc::new(standing::of(&profile.users));
    run::execute(plan, Opening::default(), transport, inspect, Options::default(), sender, cancel).await;
    let mut events = Vec::new();
    while let Some(event) = receiver.recv().await {
        events.push(event);
    }
    Ran { events, product, redactor }
}

impl Ran {
    fn verdict(&self) -> Verdict {
        let today = time::OffsetDateTime::UNIX_EPOCH.date();
        Verdict::judge(&self.events, Catalogue::embedded(), &[], &Settings::new(Vec::new(), today))
    }

    /// JSON, JUnit and the terminal's text.
    fn reports(&self) -> [String; 3] {
        let verdict = self.verdict();
        let scrub = |text: &str| self.redactor.scrub(text).into_owned();
        let report = Report::new(&self.events, &verdict, Catalogue::embedded(), &scrub);
        let options = terminal::Options { verbose: true, ..terminal::Options::default() };
        [json::value(&report).unwrap().to_string(), junit::text(&report).unwrap(), terminal::text(&report, &options)]
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.events
            .iter()
            .filter_map(|event| if let Event::Found(finding) = event { Some(finding.as_ref()) } else { None })
    }

    fn leftovers(&self) -> Vec<Leftover> {
        let left =
            |event: &Event| if let Event::CleanedUp { leftovers, .. } = event { leftovers.clone() } else { vec![] };
        self.events.iter().flat_map(left).collect()
    }

    fn log(&self) -> Vec<String> {
        self.product.lock().unwrap().log.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_used_with_its_own_token_and_removed() {
    let ran = play(Fault::None, true).await;
    let log = ran.log();
    let own = "/sp7-";
    for line in &log {
        let expected = match () {
            () if line.contains("/scim/v2/Users") && line.contains(own) => format!("Bearer {ISSUED}"),
            () if line.contains("/admin/") || line.contains("/oauth2/") => format!("Bearer {OPERATOR}"),
            () => "Bearer t4rget".to_owned(),
        };
        assert!(line.ends_with(&expected), "{line}");
    }
    let product = ran.product.lock().unwrap();
    assert!(product.organizations.is_empty() && product.users.len() == 1, "{log:#?}");
    drop(product);
    assert_eq!(ran.leftovers(), []);
    // The user goes with its organization: nothing asks the target's own base for it.
    assert!(!log.iter().any(|line| line.contains("/scim/v2/Users/")), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn standing_checks_judge_other_scim_bases_and_not_the_admin_surface() {
    let ran = play(Fault::None, true).await;
    let in_code = |finding: &&Finding| matches!(finding.position, scimproof::flow::Position::Check(_));
    let missed = ran.findings().filter(in_code).map(|finding| (&finding.scenario, finding.step.as_str()));
    let passed = ran.events.iter().filter_map(|event| match event {
        Event::Held(held) => Some((&held.scenario, held.step.as_str())),
        _ => None,
    });
    let judged: Vec<&str> = missed.chain(passed).filter(|(id, _)| *id == "t").map(|(_, step)| step).collect();
    assert!(judged.contains(&"create"), "{judged:?}");
    assert!(!judged.iter().any(|step| ["organization", "scim", "look at the token"].contains(step)), "{judged:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_issued_stands_in_no_report() {
    let ran = play(Fault::None, true).await;
    assert!(ran.findings().filter(|finding| finding.outcome == Outcome::Fail).count() >= 3);
    for text in ran.reports() {
        for secret in [ISSUED, SESSION, OPERATOR, "issued-b3arer", "t4rget"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("http://127.0.0.1/sp7-") || text.contains("/oauth2/introspect"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_stays_is_a_leftover_and_a_sweep_finds_it() {
    let ran = play(Fault::Keeps, true).await;
    let [leftover] = ran.leftovers().try_into().unwrap();
    assert!(leftover.path.starts_with("http://127.0.0.1/admin/v1/organizations/sp7-"), "{leftover:?}");
    assert_eq!(leftover.reason, "it was removed, but then GET answered 200");

    let (transport, product) = transport(Fault::None, &Redactor::default());
    for id in ["sp7-abcdefghij", "default", "spec"] {
        product.lock().unwrap().organizations.insert(id.to_owned(), json!({ "id": id }));
    }
    for (look_only, left) in [(true, 3), (false, 2)] {
        let (_keep, cancel) = watch::channel(false);
        let swept = run::sweep(Arc::clone(&transport), &Options::default(), look_only, cancel).await;
        assert_eq!(swept.found, ["http://127.0.0.1/admin/v1/organizations/sp7-abcdefghij"]);
        assert_eq!((swept.removed, swept.leftovers.len()), (usize::from(!look_only), 0));
        assert_eq!(product.lock().unwrap().organizations.len(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_not_sent_to_another_host() {
    let ran = play(Fault::Lures, true).await;
    assert!(!ran.log().iter().any(|line| line.contains(ISSUED)));
    let reasons: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| if let Event::Exchanged(it) = event { it.answer.as_ref().err() } else { None })
        .map(|failure| failure.reason.clone())
        .collect();
    assert_eq!(
        reasons,
        ["the saved SCIM base is at http://example.test, which is neither the target nor its admin surface"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_surface_its_rules_are_not_observable_and_never_pass() {
    let ran = play(Fault::None, false).await;
    let verdict = ran.verdict();
    let of = |id: &str| verdict.requirements.iter().find(|it| it.id == id).unwrap().outcome;
    assert_eq!(of("CATALYTIC-003"), Outcome::NotObservable);
    let [json, _, text] = ran.reports();
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["skipped"][0]["reason"], "not-observable");
    assert_eq!(report["skipped"][0]["requirements"], json!(["CATALYTIC-003", "RFC7644-3.3-6"]));
    assert!(text.contains("not-observable  2 requirements in 1 scenario: there is no admin surface"), "{text}");
}

/// An organization on the surface of the bundled server.
const BUNDLED: &str = r#"
title = "A user of an organization of its own"
needs = ["admin"]
[[step]]
name = "organization"
send = "POST /admin/v1/organizations"
on = "admin"
body = '{"id": "{{ run.organization }}", "displayName": "Harbour"}'
save = { org = "id" }
undo = "DELETE /admin/v1/organizations/{{ org }}"
[[step]]
name = "sso"
send = "PUT /admin/v1/organizations/{{ org }}/sso"
on = "admin"
body = '''{"protocol": "oidc", "issuer": "https://idp.example.test/{{ org }}", "client_id": "c1",
  "subdomain": "{{ org }}", "provider": "okta", "enabled": true}'''
[[step]]
name = "scim"
send = "PUT /admin/v1/organizations/{{ org }}/scim"
on = "admin"
body = '{"enabled": true}'
save = { scim = "base_url", token = "bearer_token" }
expect = [{ req = "CATALYTIC-003", at = "bearer_token", present = true }]
[[step]]
name = "create"
send = "POST /Users"
on = "{{ scim }}"
headers = { Authorization = "Bearer {{ token }}" }
body = '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{{ person.identifier }}"}'
expect = [{ req = "RFC7644-3.3-6", status = 201 }]
save = { user = "id" }
[[step]]
name = "read"
send = "GET /Users/{{ user }}"
on = "{{ scim }}"
headers = { Authorization = "Bearer {{ token }}" }
expect = [{ req = "RFC7644-3.4.1-1", status = 200 }]
[[step]]
name = "not with the target's own base"
send = "GET /Users/{{ user }}"
expect = [{ req = "RFC7644-3.4.1-1", status = 404 }]
"#;

/// Runs the scenario; the report, and what came.
fn run_bundled(arguments: &[&str]) -> (Value, Ended) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("s")).unwrap();
    std::fs::write(folder.path().join("s/own.toml"), BUNDLED).unwrap();
    let fixed = ["run", "-v", "--scenarios", "s", "--json", "r.json", "--seed", "7"];
    let it = end(scimproof(folder.path(), &fixed).args(arguments).env("OPERATOR", OPERATOR));
    let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap_or_else(|_| panic!("{}", it.stderr));
    (serde_json::from_str(&report).unwrap(), it)
}

#[test]
fn the_bundled_surface_is_reached_in_process_and_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = scimproof(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--token", TOKEN]);
    let served = Served::from(serve.args(["--admin-token-env", "OPERATOR"]).env("OPERATOR", OPERATOR));
    let origin = served.url.rsplitn(3, '/').last().unwrap().to_owned();
    let target = ["--target", served.url.as_str(), "--token-env", "TEST_TOKEN"];
    let admin = ["--admin-url", origin.as_str(), "--admin-token-env", "OPERATOR"];
    for arguments in [Vec::new(), [target, admin].concat()] {
        let (report, it) = run_bundled(&arguments);
        assert_eq!(it.code, 0, "{}{}", it.stdout, it.stderr);
        assert_eq!((&report["summary"]["leftovers"], &report["skipped"]), (&json!(0), &json!([])), "{}", it.stdout);
        assert!(report["summary"]["requirements"]["pass"].as_u64().unwrap() > 3);
        assert!(report.to_string().contains("/sp7-") && !report.to_string().contains(OPERATOR));
    }
    let (report, it) = run_bundled(&target);
    assert_eq!(report["skipped"][0]["reason"], "not-observable", "{}", it.stdout);
}

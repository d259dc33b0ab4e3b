//! The property engine on servers with one planted defect: it finds the defect, shrinks the history, and what it leaves
//! is a scenario file that fails on the faulty server and passes on the right one.

use std::sync::Arc;

use scimproof::client::{AdminSurface, Auth, BaseUrl, Handler, InProcess, Transport};
use scimproof::flow::{Event, Outcome};
use scimproof::profile::Profile;
use scimproof::property::{Engine, Law, Proof, RoleReadOut, SUITES, Setting, SignIn, Suite};
use scimproof::run::{Job, Opening, Options, drive};
use scimproof::scenario::{self, Draw, ScenarioFlow, Settings};
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;
use scimproof::wire::{Method, Redactor, Request, Response, Secret};
use tokio::sync::{mpsc, watch};

fn catalog() -> Profile {
    Profile::named("coalesce-catalog").unwrap()
}

fn server(profile: Profile) -> Server {
    Server::new(profile, Arc::new(MemoryStore::new()), server::Auth::anonymous())
}

fn transport(handler: Handler) -> Arc<dyn Transport> {
    let base = BaseUrl::parse(&format!("http://127.0.0.1{}", catalog().base_path)).unwrap();
    Arc::new(InProcess::new(base, Auth::None, handler))
}

/// A server that is as it should be.
fn right() -> Arc<dyn Transport> {
    let server = server(catalog());
    transport(Arc::new(move |request| server.handle(request)))
}

/// The same with an admin surface.
fn with_admin(profile: &Profile) -> Arc<dyn Transport> {
    let server = server(profile.clone()).with_admin(Secret::new("operator"));
    let base = BaseUrl::parse(&format!("http://127.0.0.1{}", profile.base_path)).unwrap();
    let operator = Auth::Bearer(Secret::new("operator"));
    let admin = AdminSurface::new(BaseUrl::parse("http://127.0.0.1").unwrap(), operator, &Redactor::default());
    let handler: Handler = Arc::new(move |request| server.handle(request));
    Arc::new(InProcess::new(base, Auth::None, handler).with_admin(admin))
}

/// A server that answers a create under a taken name with a further user.
fn second_holder() -> Arc<dyn Transport> {
    let server = server(catalog());
    transport(Arc::new(move |request: Request| {
        let response = server.handle(request.clone());
        if request.method != Method::Post || response.status != 409 {
            return response;
        }
        let mut user: serde_json::Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        user["userName"] = format!("{}.{}", user["userName"].as_str().unwrap(), uuid::Uuid::new_v4()).into();
        let second: Response = server.handle(Request { body: Some(user.to_string().into_bytes()), ..request });
        assert_eq!(second.status, 201);
        second
    }))
}

/// A server that puts the highest role between the two others.
fn founders_below_sales() -> Arc<dyn Transport> {
    let mut profile = catalog();
    profile.roles.swap(1, 2);
    let server = server(profile);
    transport(Arc::new(move |request| server.handle(request)))
}

fn engine(transport: Arc<dyn Transport>, laws: &[&str]) -> Arc<Engine> {
    let (keep, cancel) = watch::channel(false);
    // Nobody interrupts a test; a dropped sender would look like the end of all things.
    std::mem::forget(keep);
    let setting = Setting {
        profile: catalog(),
        capabilities: serde_json::Value::Null,
        role: Some(RoleReadOut::At("roles.value".into())),
        admin: false,
        sign_in: SignIn::default(),
        draw: Draw { seed: 7, marker: "sp7".into(), identifier: catalog().identifier },
    };
    Arc::new(Engine {
        transport,
        setting: Arc::new(setting),
        options: Options::default(),
        cases: 64,
        time_budget: None,
        regressions: Vec::new(),
        laws: laws.iter().map(|law| (*law).to_owned()).collect(),
        cancel,
        progress: Arc::new(|_| {}),
    })
}

async fn prove(transport: Arc<dyn Transport>, laws: &[&str]) -> Proof {
    engine(transport, laws).prove(SUITES).await.unwrap()
}

/// Plays a scenario text and says whether anything failed.
async fn fails(text: &str, transport: Arc<dyn Transport>) -> bool {
    let parsed = scenario::parse("found.toml", text, &scenario::Context::embedded()).unwrap();
    let draw = Draw { seed: 9, marker: "sp9".into(), identifier: catalog().identifier };
    let settings = Settings { draw, base_url: transport.base_url().to_owned() };
    let flow = Box::new(ScenarioFlow::new(Arc::new(parsed), &settings));
    let job = Job { flow, clients: Vec::new(), flows: Vec::new(), users: 1, alone: false };
    let (events, mut said) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let inspect: scimproof::run::Inspect = Arc::new(|_| Vec::new());
    drive(vec![job], Opening::default(), transport, inspect, Options::default(), events, cancel).await;
    let mut failed = false;
    while let Ok(event) = said.try_recv() {
        failed |= matches!(event, Event::Found(finding) if finding.outcome == Outcome::Fail);
    }
    failed
}

/// The law fails, and its counter-example is small, repeats on the faulty server, and holds on the right one.
async fn replays(proof: &Proof, law: &str, faulty: Arc<dyn Transport>, requests: usize) {
    let found = proof.law(law).and_then(Law::counter_example).expect(law);
    assert!(found.repeats && found.findings[0].requirement == law);
    assert!(found.requests <= requests, "{} requests, not the smallest:\n{}", found.requests, found.scenario);
    assert!(fails(&found.scenario, faulty).await, "does not replay:\n{}", found.scenario);
    assert!(!fails(&found.scenario, right()).await, "cries wolf:\n{}", found.scenario);
    assert_eq!(proof.leftovers, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_server_keeps_every_law_that_can_be_seen() {
    let proof = prove(right(), &[]).await;
    let wrong: Vec<_> = proof.laws.iter().filter(|law| law.outcome() == Outcome::Fail).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(proof.leftovers.is_empty() && proof.histories() >= 64 && proof.count(Outcome::Pass) >= 9, "{proof:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_holder_of_a_name_is_found_and_shrunk() {
    let proof = prove(second_holder(), &["PROP-UNIQ-02"]).await;
    assert!(!proof.holds());
    replays(&proof, "PROP-UNIQ-02", second_holder(), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_not_the_highest_is_found_and_shrunk() {
    let proof = prove(founders_below_sales(), &["CATALOG-022"]).await;
    // The person, two teams, two joins, and the role.
    replays(&proof, "CATALOG-022", founders_below_sales(), 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_counter_example_side_by_side() {
    let found = |proof: Proof| {
        let found = |law: &Law| law.counter_example().map(|found| (law.id.clone(), found.scenario.clone()));
        proof.laws.iter().filter_map(found).collect::<Vec<_>>()
    };
    let first = found(prove(second_holder(), &["user-names", "PROP-UNIQ-02"]).await);
    let second = found(prove(second_holder(), &["user-names", "PROP-UNIQ-02"]).await);
    assert!(!first.is_empty());
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_seen_is_not_observable_and_never_holds() {
    let mut engine = engine(right(), &["CATALOG-022", "PROP-UNIQ-01"]);
    let it = Arc::get_mut(&mut engine).unwrap();
    it.setting = Arc::new(Setting { role: None, ..Setting::clone(&it.setting) });
    it.cases = 0;
    let proof = engine.prove(SUITES).await.unwrap();
    let outcome = |law| proof.law(law).unwrap().outcome();
    assert_eq!(outcome("CATALOG-022"), Outcome::NotObservable);
    assert_eq!(outcome("PROP-UNIQ-01"), Outcome::Inconclusive, "no history was played");
}

/// A role read-out that answers 404 leaves every law of roles open, whatever rows about groups say, with and without an
/// organization of its own.
#[tokio::test(flavor = "multi_thread")]
async fn no_law_of_roles_holds_where_no_role_is_read() {
    for path in ["/Nowhere/{id}", "/Users/{id}?attributes=roles"] {
        let role = RoleReadOut::Get { admin: false, path: path.into(), pointer: "/roles/0/value".into() };
        let mut engine = engine(with_admin(&catalog()), &[]);
        let it = Arc::get_mut(&mut engine).unwrap();
        it.setting = Arc::new(Setting { role: Some(role), admin: true, ..Setting::clone(&it.setting) });
        let refused = path.contains("Nowhere");
        // That they hold where roles are read needs no second look at the large table.
        let played = |suite: &&Suite| suite.name.starts_with("role-") && (refused || suite.name != "role-table");
        let suites: Vec<_> = SUITES.iter().filter(played).copied().collect();
        let proof = engine.prove(&suites).await.unwrap();
        let wanted = if refused { Outcome::Inconclusive } else { Outcome::Pass };
        let laws: Vec<_> = proof.laws.iter().filter(|law| law.id.starts_with("PROP-ROLE-")).collect();
        assert!(laws.len() > 25 && proof.suites.iter().all(|suite| suite.histories > 0), "{:#?}", proof.suites);
        let other: Vec<_> = laws.into_iter().filter(|law| law.outcome() != wanted).collect();
        assert!(other.is_empty(), "{path}: {other:#?}");
    }
}

/// Every choice about roles that is not the default, one at a time: the suites about roles hold on a server that follows it.
#[tokio::test(flavor = "multi_thread")]
async fn the_laws_of_roles_hold_under_every_choice() {
    let choices = [
        ("unmapped", "none"),
        ("unmapped_team", "lowest"),
        ("missing_team", "refused"),
        ("deleted_team", "kept"),
        ("inactive", "frozen"),
        ("replaced", "on-apply"),
        ("malformed", "valid-part"),
        ("empty_role", "refused"),
    ];
    let named = ["role-histories", "role-mappings"];
    let suites: Vec<Suite> = SUITES.iter().filter(|suite| named.contains(&suite.name)).copied().collect();
    assert_eq!(suites.len(), named.len());
    for (switch, value) in choices {
        let mut whole = serde_json::to_value(catalog()).unwrap();
        whole["role_mapping"][switch] = value.into();
        if switch == "unmapped_team" {
            whole["role_mapping"]["unmapped"] = "none".into();
        }
        let profile: Profile = serde_json::from_value(whole).unwrap();
        let mut engine = Arc::into_inner(engine(with_admin(&profile), &[])).unwrap();
        let draw = Draw { seed: 7, marker: "sp7".into(), identifier: profile.identifier };
        let role = Some(RoleReadOut::At("roles.value".into()));
        engine.setting = Arc::new(Setting {
            profile,
            capabilities: serde_json::Value::Null,
            role,
            admin: true,
            sign_in: SignIn::default(),
            draw,
        });
        let proof = Arc::new(engine).prove(&suites).await.unwrap();
        let wrong: Vec<&str> =
            proof.laws.iter().filter_map(Law::counter_example).map(|it| it.scenario.as_str()).collect();
        assert!(wrong.is_empty(), "{switch} = {value}: {}", wrong[0]);
        assert!(proof.histories() >= 32 && proof.count(Outcome::Pass) >= 9, "{switch} = {value}: {proof:#?}");
    }
}

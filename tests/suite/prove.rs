//! The property engine on servers with one planted defect: it finds the defect, shrinks the history, and what it leaves
//! is a scenario file that fails on the faulty server and passes on the right one.

use std::sync::Arc;

use scimproof::client::{Auth, BaseUrl, Handler, InProcess, Transport};
use scimproof::flow::{Event, Outcome};
use scimproof::model::RoleMapping;
use scimproof::profile::Profile;
use scimproof::property::{Engine, Proof};
use scimproof::run::{Job, Opening, Options, drive};
use scimproof::scenario::{self, Draw, ScenarioFlow, Settings};
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;
use scimproof::wire::{Method, Request, Response};
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

fn engine(transport: Arc<dyn Transport>) -> Arc<Engine> {
    let (keep, cancel) = watch::channel(false);
    // Nobody interrupts a test; a dropped sender would look like the end of all things.
    std::mem::forget(keep);
    Arc::new(Engine {
        transport,
        draw: Draw { seed: 7, marker: "sp7".into(), identifier: catalog().identifier },
        options: Options::default(),
        cases: 64,
        role_at: "roles.value".into(),
        cancel,
    })
}

fn mapping() -> RoleMapping {
    RoleMapping::new(&catalog().roles).unwrap()
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

async fn replays(proof: &Proof, faulty: Arc<dyn Transport>, steps: usize) {
    let found = proof.counter_example.as_ref().expect("the defect is found");
    assert!(found.repeats && !found.findings.is_empty());
    assert_eq!(found.scenario.matches("[[step]]").count(), steps, "not the smallest:\n{}", found.scenario);
    assert!(fails(&found.scenario, faulty).await, "does not replay:\n{}", found.scenario);
    assert!(!fails(&found.scenario, right()).await, "cries wolf:\n{}", found.scenario);
    assert_eq!(proof.leftovers, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_server_keeps_both_laws() {
    let engine = engine(right());
    let names = engine.user_names().await.unwrap();
    assert!(names.holds() && names.cases > 32 && names.inconclusive == 0, "{names:?}");
    let roles = engine.roles(&mapping()).await.unwrap();
    assert!(roles.holds() && roles.exhaustive && roles.cases == 64 && roles.inconclusive == 0, "{roles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_holder_of_a_name_is_found_and_shrunk_to_two_creates() {
    let proof = engine(second_holder()).user_names().await.unwrap();
    assert!(!proof.holds());
    replays(&proof, second_holder(), 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_not_the_highest_is_found_and_shrunk_to_two_teams() {
    let proof = engine(founders_below_sales()).roles(&mapping()).await.unwrap();
    assert!(!proof.holds() && !proof.exhaustive);
    // The person and two teams, each created and read; two joins, each read from both sides.
    replays(&proof, founders_below_sales(), 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_counter_example() {
    let found = |proof: Proof| proof.counter_example.unwrap().scenario;
    let first = found(engine(second_holder()).user_names().await.unwrap());
    let second = found(engine(second_holder()).user_names().await.unwrap());
    assert_eq!(first, second);
}

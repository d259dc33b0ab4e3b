//! The laws that need only SCIM, on the bundled server under every profile, and on servers with one planted defect: the law
//! that each breaks, and how small its counter-example is.

use std::sync::Arc;

use scimproof::client::{Auth, BaseUrl, Handler, InProcess, Transport};
use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::property::{Engine, Law, Proof, SUITES, Setting, State};
use scimproof::run::Options;
use scimproof::scenario::Draw;
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;
use tokio::sync::watch;

fn named(profile: &str) -> Profile {
    Profile::named(profile).unwrap()
}

fn right(profile: &Profile) -> Handler {
    let server = Server::new(profile.clone(), Arc::new(MemoryStore::new()), server::Auth::anonymous());
    Arc::new(move |request| server.handle(request))
}

async fn prove(profile: &Profile, handler: Handler, cases: u64, laws: &[&str]) -> Proof {
    let base = BaseUrl::parse(&format!("http://127.0.0.1{}", profile.base_path)).unwrap();
    let transport: Arc<dyn Transport> = Arc::new(InProcess::new(base, Auth::None, handler));
    let (keep, cancel) = watch::channel(false);
    // Nobody interrupts a test; a dropped sender would look like the end of all things.
    std::mem::forget(keep);
    let setting = Setting {
        profile: profile.clone(),
        capabilities: serde_json::Value::Null,
        role: None,
        admin: false,
        draw: Draw { seed: 11, marker: "sp11".into(), identifier: profile.identifier },
    };
    let engine = Engine {
        transport,
        setting: Arc::new(setting),
        options: Options::default(),
        cases,
        time_budget: None,
        regressions: Vec::new(),
        laws: laws.iter().map(|law| (*law).to_owned()).collect(),
        cancel,
        progress: Arc::new(|_| {}),
    };
    Arc::new(engine).prove(SUITES).await.unwrap()
}

/// A number of histories that a test takes, or what the environment asks for.
fn cases(usual: u64) -> u64 {
    std::env::var("SCIMPROOF_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

async fn holds(profile: &str) {
    let profile = named(profile);
    let proof = prove(&profile, right(&profile), cases(200), &[]).await;
    for law in &proof.laws {
        if let State::Fails(found) = &law.state {
            let finding = &found.findings[0];
            panic!(
                "{} under {}: {} {} but {}\n{}",
                law.id, profile.name, finding.step, finding.expected, finding.got, found.scenario
            );
        }
    }
    assert!(proof.leftovers.is_empty(), "{:?}", proof.leftovers);
    assert!(proof.count(Outcome::Pass) > 20, "{:#?}", proof.laws);
    let open: Vec<_> = proof.laws.iter().filter(|law| law.outcome() == Outcome::Inconclusive).collect();
    assert!(open.is_empty(), "{open:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_rfc() {
    holds("rfc").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_reference() {
    holds("reference").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_strict() {
    holds("strict").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_coalesce_catalog() {
    holds("coalesce-catalog").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_catalytic() {
    holds("catalytic").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_law_holds_under_coalesce_sso() {
    holds("coalesce-sso").await;
}

/// The law fails, with a counter-example that repeats and is small.
fn caught(proof: &Proof, law: &str, requests: usize) {
    let found = proof.law(law).and_then(Law::counter_example).unwrap_or_else(|| panic!("{law}: {:#?}", proof.laws));
    assert!(found.repeats && found.findings[0].requirement == law, "{found:#?}");
    assert!(found.requests <= requests, "{} requests, not small:\n{}", found.requests, found.scenario);
}

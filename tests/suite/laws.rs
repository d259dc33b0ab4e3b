//! The laws that need only SCIM, on the bundled server under every profile, and on servers with one planted defect: the law
//! that each breaks, and how small its counter-example is.

use std::sync::Arc;

use scimproof::client::{Auth, BaseUrl, Handler, InProcess, Transport};
use scimproof::fault::Faulty;
use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::property::{Law, Proof, SUITES, Suite};
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;

use super::proving;

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
    // Roles have tests of their own.
    let suites: Vec<Suite> = SUITES.iter().filter(|suite| !suite.name.starts_with("role")).copied().collect();
    proving::prove(transport, proving::setting(profile, 11), &suites, laws, cases).await
}

/// A number of histories that a test takes, or what the environment asks for.
fn cases(usual: u64) -> u64 {
    std::env::var("SCIMPROOF_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

async fn holds(profile: &str) {
    let profile = named(profile);
    let proof = prove(&profile, right(&profile), cases(200), &[]).await;
    let failed = proving::fallen(&proof);
    assert!(failed.is_empty(), "under {}: {}", profile.name, failed.join("\n"));
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

fn faulty(profile: &Profile, fault: &str) -> Handler {
    let server = Server::new(profile.clone(), Arc::new(MemoryStore::new()), server::Auth::anonymous());
    let faulty = Faulty::new(server);
    faulty.switch(&[fault]).unwrap();
    Arc::new(move |request| faulty.handle(request))
}

/// Every other defect is held to its law by `faults::properties`; this one is judged without knowing the target's choices.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_declares_nothing_must_agree_with_itself() {
    let profile = named("rfc");
    let proof = prove(&profile, faulty(&profile, "filter-case-sensitive"), cases(150), &["PROP-UNIQ-08"]).await;
    let found = proof.law("PROP-UNIQ-08").and_then(Law::counter_example).unwrap();
    assert!(found.repeats && found.requests <= 6, "{}", found.scenario);
}

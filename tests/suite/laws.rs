//! The laws that need only SCIM, on the bundled server under every profile, and on servers with one planted defect: the law
//! that each breaks, and how small its counter-example is.

use std::sync::Arc;

use scimproof::client::{Auth, BaseUrl, Handler, InProcess, Transport};
use scimproof::fault::Faulty;
use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::property::{CounterExample, Engine, Law, Proof, SUITES, Setting, Suite};
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
    // Roles have tests of their own.
    let suites: Vec<Suite> = SUITES.iter().filter(|suite| !suite.name.starts_with("role")).copied().collect();
    Arc::new(engine).prove(&suites).await.unwrap()
}

/// A number of histories that a test takes, or what the environment asks for.
fn cases(usual: u64) -> u64 {
    std::env::var("SCIMPROOF_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn said((law, found): (&Law, &CounterExample)) -> String {
    let findings = found.findings.iter().take(3).map(|f| format!("{}: {} but {}", f.step, f.expected, f.got));
    format!("{}: {}\n{}", law.id, findings.collect::<Vec<_>>().join("; "), found.scenario)
}

async fn holds(profile: &str) {
    let profile = named(profile);
    let proof = prove(&profile, right(&profile), cases(200), &[]).await;
    let failed: Vec<String> =
        proof.laws.iter().filter_map(|law| Some((law, law.counter_example()?))).map(said).collect();
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

/// A defect, the profile of the server behind it, the law that names it, and the most requests of its counter-example.
const DEFECTS: &[(&str, &str, &str, usize)] = &[
    ("dup-case-raw", "reference", "PROP-UNIQ-02", 6),
    ("dup-nfc-raw", "reference", "PROP-UNIQ-08", 6),
    ("dup-by-email", "reference", "PROP-UNIQ-12", 6),
    ("dup-ignores-inactive", "reference", "PROP-UNIQ-10", 6),
    ("dup-no-scimtype", "reference", "PROP-UNIQ-02", 6),
    ("dup-overwrites-existing", "reference", "PROP-UNIQ-02", 6),
    ("dup-silent-200", "reference", "PROP-UNIQ-02", 6),
    ("dup-400", "reference", "PROP-UNIQ-02", 6),
    ("dup-500", "reference", "PROP-UNIQ-02", 6),
    ("rename-not-checked", "reference", "PROP-UNIQ-03", 6),
    ("rename-keeps-old-name-reserved", "reference", "PROP-UNIQ-04", 6),
    ("id-from-username", "reference", "PROP-UNIQ-11", 6),
    ("id-integer", "reference", "PROP-UNIQ-19", 6),
    ("id-reused", "reference", "PROP-UNIQ-19", 6),
    ("filter-case-sensitive", "reference", "PROP-UNIQ-07", 6),
    ("filter-case-sensitive", "rfc", "PROP-UNIQ-08", 6),
    ("filter-ignored", "reference", "PROP-FILT-02", 6),
    ("filter-empty-200", "reference", "PROP-FILT-02", 6),
    ("put-reactivates", "reference", "PROP-LIFE-05", 6),
    ("delete-200-still-active", "reference", "PROP-LIFE-06", 6),
    ("member-remove-all", "reference", "PROP-LIFE-10", 6),
    ("active-string-stored", "reference", "PROP-LIFE-03", 6),
    ("two-primaries", "reference", "PROP-ATTR-02", 6),
    ("patch-204-no-effect", "reference", "PROP-DIAL-01", 6),
    ("stores-extra-attributes", "catalytic", "PROP-ATTR-01", 6),
];

fn faulty(profile: &Profile, fault: &str) -> Handler {
    let server = Server::new(profile.clone(), Arc::new(MemoryStore::new()), server::Auth::anonymous());
    let faulty = Faulty::new(server);
    faulty.switch(&[fault]).unwrap();
    Arc::new(move |request| faulty.handle(request))
}

/// Which defects are not caught by their law with a small history, and what was found instead.
async fn missed(defects: &[(&str, &str, &str, usize)]) -> Vec<String> {
    let mut missed = Vec::new();
    for (fault, profile, law, requests) in defects {
        let profile = named(profile);
        let proof = prove(&profile, faulty(&profile, fault), cases(150), &[law]).await;
        let found = proof.law(law).and_then(Law::counter_example);
        match found {
            Some(found) if found.repeats && found.requests <= *requests => {}
            Some(found) => missed.push(format!(
                "{fault} breaks {law} with {} requests, repeats: {}\n{}",
                found.requests, found.repeats, found.scenario
            )),
            None => {
                let proof = prove(&profile, faulty(&profile, fault), cases(150), &[]).await;
                let others: Vec<_> =
                    proof.laws.iter().filter(|law| law.outcome() == Outcome::Fail).map(|l| &l.id).collect();
                missed.push(format!("{fault} does not break {law}, but {others:?}"));
            }
        }
    }
    missed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_defect_breaks_its_law_in_a_small_history() {
    let (one, other) = DEFECTS.split_at(DEFECTS.len() / 2);
    let (one, other) = tokio::join!(missed(one), missed(other));
    let missed: Vec<_> = one.into_iter().chain(other).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

//! The laws of accounts and tokens on the bundled server with its admin surface, under every reading of a product, and on
//! servers with one planted defect.

use scimproof::fault::{Faulty, World};
use scimproof::flow::Outcome;
use scimproof::profile::{
    Accounts, EmailClaimChange, JitAfterDelete, NewEnvironment, Profile, Reactivation, Repetition, Scoping,
};
use scimproof::property::{Law, Proof, SUITES};
use scimproof::wire::{Method, Request, Response};

use super::faults::play;
use super::proving;

/// Tests those laws (all, if none is named) of those suites on the bundled server, behind a defect if one is named.
pub async fn prove(profile: &Profile, fault: Option<&str>, suites: &[&str], laws: &[&str], cases: u64) -> Proof {
    let faulty = Faulty::new(play::server(profile));
    faulty.switch(&fault.into_iter().collect::<Vec<_>>()).unwrap();
    prove_at(profile, faulty, suites, laws, cases).await
}

async fn prove_at(profile: &Profile, faulty: Faulty, suites: &[&str], laws: &[&str], cases: u64) -> Proof {
    let suites: Vec<_> = SUITES.iter().filter(|suite| suites.contains(&suite.name)).copied().collect();
    let transport = play::transport(profile, faulty);
    proving::prove(transport, proving::with_admin(profile, 5), &suites, laws, cases).await
}

/// Every law holds, none stays open, nothing is left behind.
pub fn holds(proof: &Proof, about: &str) {
    let failed = proving::fallen(proof);
    assert!(failed.is_empty(), "{about}: {}", failed.join("\n"));
    assert!(proof.holds(), "{about}: {proof:#?}");
}

/// The law fails, with a counter-example of so many requests at most, which fails again.
pub fn caught(proof: &Proof, law: &str, requests: usize) {
    let found = proof.law(law).and_then(Law::counter_example).unwrap_or_else(|| panic!("{law}: {:#?}", proof.laws));
    assert!(found.repeats && found.findings[0].requirement == law, "{found:#?}");
    assert!(found.requests <= requests, "{} requests, not small:\n{}", found.requests, found.scenario);
}

const TOKENS: [&str; 2] = ["token-events", "tokens"];

#[tokio::test(flavor = "multi_thread")]
async fn every_law_of_tokens_holds_under_every_reading() {
    let own = Profile::named("coalesce-sso").unwrap();
    let first = own.accounts;
    let readings = [
        first,
        Accounts { jit_after_delete: JitAfterDelete::Recreate, repetition: Repetition::Revokes, ..first },
        Accounts { new_environment: NewEnvironment::Revokes, email_claim_change: EmailClaimChange::Keep, ..first },
        Accounts { reactivation: Reactivation::Resume, repetition: Repetition::Revokes, ..first },
        Accounts { email_scope: Scoping::Organization, ..first },
        Accounts { just_in_time: false, login_by: scimproof::profile::LoginBy::Email, ..first },
        Accounts { just_in_time: false, ..first },
    ];
    for accounts in readings {
        let proof = prove(&Profile { accounts, ..own.clone() }, None, &TOKENS, &[], 30).await;
        holds(&proof, &format!("{accounts:?}"));
        assert_eq!(proof.count(Outcome::Pass), proof.laws.len(), "{accounts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_tokens_are_found_by_few_requests() {
    let profile = Profile::named("coalesce-sso").unwrap();
    // The organization is one request, its SSO one more where the history has an SSO login.
    for (fault, law, requests) in [
        ("token-survives-password", "PROP-TOK-02", 5),
        ("token-survives-disable", "PROP-TOK-02", 5),
        ("token-survives-email", "PROP-TOK-02", 5),
        ("token-survives-mfa", "PROP-TOK-02", 5),
        ("token-revokes-bystander", "PROP-TOK-02", 6),
        ("token-expires", "PROP-TOK-04", 5),
        ("token-revoked-by-idp", "PROP-TOK-05", 6),
        ("token-old-revoked-on-login", "PROP-TOK-01", 5),
        ("twin-shared-disable", "PROP-TOK-08", 6),
    ] {
        caught(&prove(&profile, Some(fault), &TOKENS[..1], &[law], 1).await, law, requests);
    }
}

const RACES: [&str; 7] = ["races", "rename-races", "group-races", "random-races", "versions", "pages", "sign-in-races"];

#[tokio::test(flavor = "multi_thread")]
async fn every_law_of_requests_at_once_holds_under_any_profile() {
    for name in ["coalesce-sso", "catalytic", "coalesce-catalog", "rfc", "strict"] {
        let profile = Profile::named(name).unwrap();
        let proof = prove(&profile, None, &RACES, &[], 10).await;
        holds(&proof, name);
        let seen = ["PROP-CONC-01", "PROP-CONC-02", "PROP-CONC-03", "PROP-CONC-08", "PROP-CONC-11"];
        assert!(seen.iter().all(|law| proof.law(law).unwrap().outcome() == Outcome::Pass), "{name}: {:#?}", proof.laws);
        assert_eq!(proof.law("PROP-CONC-12").unwrap().outcome(), Outcome::NotObservable);
        let products = proof.law("PROP-CONC-05").unwrap().outcome();
        let expected = if profile.product.is_some() { Outcome::Pass } else { Outcome::NotObservable };
        assert_eq!((products, proof.law("PROP-CONC-09").unwrap().outcome()), (expected, expected), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn defects_of_requests_at_once_are_found_by_few_requests() {
    let profile = Profile::named("rfc").unwrap();
    for (fault, law, requests) in [("dup-race", "PROP-CONC-01", 3), ("member-lost-update", "PROP-CONC-06", 6)] {
        let proof = prove(&profile, Some(fault), &RACES[..3], &[law], 1).await;
        caught(&proof, law, requests);
        let found = proof.law(law).and_then(Law::counter_example).unwrap();
        assert!(found.moments.len() > 1 && found.moments[1].start < found.moments[0].end, "{:?}", found.moments);
    }
}

/// Every other create is told to come back later; `true`: although it was done.
fn throttled(world: &World<'_>, request: Request, done: bool) -> Response {
    if request.method != Method::Post || !request.target.ends_with("/Users") || world.tick("creates").is_multiple_of(2)
    {
        return world.pass(request);
    }
    if done {
        drop(world.pass(request));
    }
    let mut response = Response::new(429);
    response.headers.push("Retry-After", "0");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_for_its_rate_must_have_no_effect() {
    let profile = Profile::named("rfc").unwrap();
    let law = "PROP-CONC-12";
    let honest =
        Faulty::new(play::server(&profile)).behind("throttles", |world, request| throttled(world, request, false));
    let proof = prove_at(&profile, honest, &RACES[..1], &[law], 1).await;
    assert_eq!(proof.law(law).unwrap().outcome(), Outcome::Pass, "{proof:#?}");
    let liar =
        Faulty::new(play::server(&profile)).behind("throttles", |world, request| throttled(world, request, true));
    caught(&prove_at(&profile, liar, &RACES[..1], &[law], 1).await, law, 5);
}

/// Whoever signs in by SSO gets another SCIM id.
fn renumbers(world: &World<'_>, request: Request) -> Response {
    let signs_in = request.target == "/auth/sso/callback";
    let (read, before) = (request.method == Method::Get && request.target.contains("/Users"), world.noted("signed in"));
    let response = world.pass(request);
    if signs_in && response.is_success() {
        world.note("signed in", true);
    }
    if !read || before.is_none() {
        return response;
    }
    let text = String::from_utf8_lossy(&response.body).replace("\"id\":\"", "\"id\":\"sso-");
    Response { body: text.into_bytes(), ..response }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_changes_at_the_first_sign_in_is_found() {
    let (suites, law) = (["first-sign-in"], "PROP-LIFE-12");
    for name in ["coalesce-sso", "catalytic", "coalesce-catalog", "rfc", "strict", "reference"] {
        let profile = Profile::named(name).unwrap();
        let proof = prove(&profile, None, &suites, &[], 1).await;
        holds(&proof, name);
        assert_eq!(proof.law(law).unwrap().outcome(), Outcome::Pass, "{name}");
        let faulty = Faulty::new(play::server(&profile)).behind("renumbers", renumbers);
        caught(&prove_at(&profile, faulty, &suites, &[law], 1).await, law, 6);
    }
}

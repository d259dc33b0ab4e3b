//! What a correct server need not have: without it the run is as green, and says so. A scenario that is for such servers
//! (`needs = ["no-…"]`) must run somewhere, and so must those about `/Me`, for which somebody must have signed in.

use std::collections::BTreeSet;
use std::sync::Arc;

use scimproof::client::{Auth as ClientAuth, BaseUrl, InProcess};
use scimproof::flow::Outcome;
use scimproof::profile::{Capabilities, Profile};
use scimproof::run::Options;
use scimproof::scenario::embedded;
use scimproof::server::{Auth, Credential, Server, Tenant};
use scimproof::store::MemoryStore;
use scimproof::verdict::Verdict;
use scimproof::wire::{Method, Request, Response, Secret};

use super::faults::play;

const TOKEN: &str = "bare-token";

/// Judges a server by the scenarios of the standard; what `refuse` answers never reaches it.
fn judge(profile: &Profile, auth: Auth, refuse: fn(&Request) -> Option<Response>) -> Verdict {
    let server = Server::new(profile.clone(), Arc::new(MemoryStore::new()), auth);
    let mut first = Request::new(Method::Post, format!("{}/Users", profile.base_path));
    first.headers.set("Authorization", format!("Bearer {TOKEN}"));
    first.headers.set("Content-Type", "application/scim+json");
    first.body = Some(br#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"operator"}"#.to_vec());
    assert_eq!(server.handle(first).status, 201);
    let handler = Arc::new(move |request: Request| refuse(&request).unwrap_or_else(|| server.handle(request)));
    let base = BaseUrl::parse(&format!("http://127.0.0.1{}", profile.base_path)).unwrap();
    let transport = Arc::new(InProcess::new(base, ClientAuth::Bearer(Secret::new(TOKEN)), handler));
    let own = embedded().unwrap().into_iter().filter(|it| it.id.starts_with("rfc/"));
    play::judge_at(transport, profile, &Options::default(), &own.map(Arc::new).collect::<Vec<_>>(), None).unwrap()
}

fn ran(verdict: &Verdict) -> BTreeSet<String> {
    verdict.facts.scenarios.keys().map(ToString::to_string).collect()
}

fn hold(verdict: &Verdict) {
    let bad = verdict.findings.iter().map(|it| &it.finding);
    let bad = bad.filter(|it| !matches!(it.outcome, Outcome::Pass | Outcome::NotApplicable | Outcome::Warn));
    let bad: Vec<_> = bad
        .map(|it| format!("{} {} {}: {} but {}", it.requirement, it.scenario, it.step, it.expected, it.got))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

fn bearer(subject: Option<&str>) -> Auth {
    let credential = Credential { subject: subject.map(str::to_owned), ..Credential::bearer(Secret::new(TOKEN)) };
    Auth { tenants: vec![Tenant::new("default", vec![credential])] }
}

fn no_search(request: &Request) -> Option<Response> {
    request.path().ends_with("/.search").then(|| {
        let mut response = Response::new(404);
        response.headers.set("Content-Type", "application/scim+json");
        response.body =
            br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"no such endpoint"}"#
                .to_vec();
        response
    })
}

#[test]
fn what_is_not_announced_is_refused_and_no_fault() {
    let none = Capabilities {
        patch: false,
        bulk: false,
        filter: false,
        sort: false,
        etag: false,
        change_password: false,
        groups: false,
        me: false,
        cursor: false,
        custom: false,
    };
    let mut seen = BTreeSet::new();
    for capabilities in [none.clone(), Capabilities { filter: true, ..none }] {
        let mut profile = Profile::named("rfc").unwrap();
        profile.capabilities = capabilities;
        let verdict = judge(&profile, bearer(None), no_search);
        hold(&verdict);
        seen.extend(ran(&verdict));
    }
    let all = embedded().unwrap();
    let own = all.iter().filter(|it| it.needs.iter().any(|need| need.starts_with("no-")));
    let never: Vec<_> = own.map(|it| it.id.clone()).filter(|id| !seen.contains(id)).collect();
    assert!(never.is_empty(), "nobody plays {never:?}");
}

#[test]
fn who_signed_in_finds_himself_under_me() {
    let profile = Profile::named("rfc").unwrap();
    let verdict = judge(&profile, bearer(Some("operator")), |_| None);
    hold(&verdict);
    assert!(ran(&verdict).contains("rfc/me/read"), "{:?}", ran(&verdict));
}

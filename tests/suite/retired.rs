//! A server whose users cannot be deleted: they are retired, and the next run takes them over, so that the tenant does
//! not grow from run to run (law 8).

use std::sync::Arc;

use scimproof::check::standing;
use scimproof::client::{Auth, BaseUrl, InProcess, Transport};
use scimproof::flow::{Event, Outcome};
use scimproof::plan::{self, Selection};
use scimproof::profile::Profile;
use scimproof::run::{Inspect, Opening, Options, execute};
use scimproof::scenario;
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;
use scimproof::wire::{Method, Request, Response};
use tokio::sync::{mpsc, watch};

/// The bundled server, but users cannot be deleted.
fn transport(server: Arc<Server>) -> Arc<dyn Transport> {
    let handler = move |request: Request| {
        if request.method == Method::Delete && request.path().contains("/Users/") {
            return Response::new(405);
        }
        server.handle(request)
    };
    Arc::new(InProcess::new(BaseUrl::parse("http://127.0.0.1/scim/v2").unwrap(), Auth::None, Arc::new(handler)))
}

fn users(server: &Server) -> u64 {
    let response = server.handle(Request::new(Method::Get, "/scim/v2/Users?count=0"));
    response.json().unwrap()["totalResults"].as_u64().unwrap()
}

/// Plays scenarios that create and never delete users.
async fn run(server: &Arc<Server>, seed: u64) -> Vec<Event> {
    let names = ["okta/users/create", "okta/users/deactivate", "okta/users/update"];
    let all = scenario::embedded().unwrap();
    let chosen: Vec<_> = all.into_iter().filter(|s| names.iter().any(|n| s.id.starts_with(n))).map(Arc::new).collect();
    assert!(!chosen.is_empty());
    let profile = Profile::named("reference").unwrap();
    let options = plan::Options {
        selection: Selection::default(),
        profile: &profile,
        config: None,
        schemas: None,
        max_users: None,
        seed,
        marker: format!("sp{seed:x}"),
        base_url: "http://127.0.0.1/scim/v2".to_owned(),
        admin: false,
        lends: &[],
        second_tenant: None,
        ticked: None,
    };
    let plan = plan::build(&chosen, &options);
    let (events, mut said) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let inspect: Inspect = Arc::new(standing::of(&profile.users));
    execute(plan, Opening::default(), transport(Arc::clone(server)), inspect, Options::default(), events, cancel).await;
    let mut all = Vec::new();
    while let Ok(event) = said.try_recv() {
        all.push(event);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn retired_users_are_taken_over_by_the_next_run() {
    let profile = Profile::named("reference").unwrap();
    let server = Arc::new(Server::new(profile, Arc::new(MemoryStore::new()), server::Auth::anonymous()));
    let mut tenant = Vec::new();
    for seed in [7, 8, 9] {
        let events = run(&server, seed).await;
        let wrong: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Found(finding) if finding.outcome > Outcome::Pass => Some(finding),
                _ => None,
            })
            .collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
        assert!(events.iter().all(|e| !matches!(e, Event::ScenarioFinished { completed: false, .. })), "seed {seed}");
        let cleaned = events.iter().find_map(|event| match event {
            Event::CleanedUp { leftovers, retired } => Some((leftovers.clone(), *retired)),
            _ => None,
        });
        let (leftovers, retired) = cleaned.unwrap();
        assert_eq!(leftovers, []);
        assert!(retired > 0);
        tenant.push(users(&server));
    }
    assert!(tenant[0] > 0);
    assert_eq!(tenant, [tenant[0]; 3], "the tenant grows");
}

/// In another tenant it is the same: what cannot be deleted there is retired there.
#[test]
fn users_of_the_second_tenant_are_retired_too() {
    let text = include_str!("../../fixtures/profiles/rfc.toml");
    for deletion in ["soft", "none"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("it.toml"), format!("{text}\n[users]\ndeletion = \"{deletion}\"\n")).unwrap();
        let arguments = ["run", "--profile", "it.toml", "--select", "tenants", "--seed", "5"];
        let it = crate::process::end(&mut crate::process::scimproof(folder.path(), &arguments));
        assert!(it.stdout.contains(" 0 leftovers"), "{deletion}: {}{}", it.stdout, it.stderr);
        assert!(!it.stdout.contains("FAIL  RFC7644-6-2"), "{deletion}: {}", it.stdout);
    }
}

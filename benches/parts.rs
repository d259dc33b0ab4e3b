//! What the parts cost by themselves: filters, PATCH, projection, stores, one request of each kind in process, reports.
//! `cargo bench --bench parts`, with a word after `--` for some of them.

#![expect(clippy::expect_used, reason = "a bench may fail loudly")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scimproof::flow::Event;
use scimproof::idp::clients;
use scimproof::profile::Profile;
use scimproof::report::{Report, har, json as report_json, junit};
use scimproof::requirement::Catalogue;
use scimproof::scim::filter::{matches, parse};
use scimproof::scim::patch::{PatchOptions, PatchRequest, apply};
use scimproof::scim::project::{Projection, parse_list, project};
use scimproof::scim::schema::user;
use scimproof::scim::{Object, list};
use scimproof::server::{Auth, Server, SqliteStore};
use scimproof::store::{Body, Draft, From, Keys, Kind, Links, MemoryStore, Select, Store, Strangers};
use scimproof::verdict::{Settings, Verdict};
use scimproof::wire::{Exchange, ExchangeId, Method, Request, Response, Secret};
use serde_json::{Value, json};
use time::OffsetDateTime;

const USERS: usize = 1000;
const FILTER: &str = "emails[type eq \"work\" and value co \"@example.test\"] and (active eq true or title pr) and \
                      meta.lastModified gt \"2024-01-01T00:00:00Z\"";

fn person(number: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("robin.{number}@example.test"),
        "externalId": format!("e-{number}"),
        "name": {"givenName": "Robin", "familyName": "Example", "formatted": "Robin Example"},
        "title": "Engineer",
        "active": true,
        "emails": [{"value": format!("robin.{number}@example.test"), "type": "work", "primary": true}]
    })
}

fn object(value: Value) -> Object {
    let Value::Object(object) = value else { unreachable!("an object") };
    object
}

fn rfc() -> Profile {
    Profile::parse(include_str!("../fixtures/profiles/reference.toml")).expect("the profile is valid")
}

fn filters(bench: &mut Criterion) {
    let filter = parse(FILTER).expect("a filter");
    let mut resource = object(person(1));
    resource.insert("meta".into(), json!({"lastModified": "2025-01-01T00:00:00Z"}));
    assert!(matches(&filter, &resource, user()));
    bench.bench_function("filter/parse", |run| run.iter(|| parse(black_box(FILTER))));
    bench.bench_function("filter/evaluate", |run| run.iter(|| matches(&filter, black_box(&resource), user())));
}

fn patches(bench: &mut Criterion) {
    let options = PatchOptions::default();
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "replace", "path": "active", "value": false},
        {"op": "add", "path": "emails[type eq \"home\"].value", "value": "home@example.test"}]});
    let request = PatchRequest::parse(&body, &options).expect("a request");
    let resource = object(person(1));
    bench.bench_function("patch/parse", |run| run.iter(|| PatchRequest::parse(black_box(&body), &options)));
    bench.bench_function("patch/apply", |run| run.iter(|| apply(black_box(&resource), &request, user(), &options)));
}

fn projections(bench: &mut Criterion) {
    let resource = object(person(1));
    let only = Projection::Only(parse_list("userName,emails.value,active"));
    bench.bench_function("project/attributes", |run| run.iter(|| project(black_box(&resource), user(), &only)));
    let page: Vec<Object> = (0..100).map(|number| object(person(number))).collect();
    bench.bench_function("list/100", |run| {
        run.iter_batched(
            || page.clone(),
            |page| Value::Object(list::list_response(100, 1, page)).to_string(),
            BatchSize::SmallInput,
        );
    });
}

fn draft(number: usize) -> Draft {
    let body = object(person(number));
    Draft {
        id: format!("id-{number}"),
        kind: Kind::User,
        keys: Keys {
            name: format!("robin.{number}@example.test"),
            unique: true,
            held: Vec::new(),
            external_id: Some(format!("e-{number}")),
            label: "Robin Example".to_owned(),
        },
        body: Body::new(body),
        members: Vec::new(),
        strangers: Strangers::Refuse,
        now: OffsetDateTime::UNIX_EPOCH,
    }
}

/// A store and its name.
type Named = (&'static str, Arc<dyn Store>);

/// The two stores with people in them, and what keeps the file.
fn stores() -> (tempfile::TempDir, [Named; 2]) {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = SqliteStore::open(&folder.path().join("bench.db")).expect("a file");
    let stores: [Named; 2] = [("memory", Arc::new(MemoryStore::new())), ("sqlite", Arc::new(sqlite))];
    for (_, store) in &stores {
        std::thread::scope(|scope| {
            for part in 0..50 {
                let numbers = (0..USERS).filter(move |number| number % 50 == part);
                scope.spawn(move || numbers.for_each(|number| drop(store.create("default", draft(number)))));
            }
        });
        assert_eq!(store.count("default", Kind::User, &Select::All), Ok(USERS));
    }
    (folder, stores)
}

fn storage(bench: &mut Criterion) {
    let (_folder, stores) = stores();
    for (name, store) in &stores {
        bench.bench_function(&format!("store/{name}/get"), |run| {
            run.iter(|| store.get("default", Kind::User, black_box("id-7"), Links::All));
        });
        let by_name = Select::Name("robin.7@example.test".to_owned());
        let list =
            |select: &Select, limit| store.list("default", Kind::User, select, From::After(0), limit, Links::Skip);
        bench.bench_function(&format!("store/{name}/by name"), |run| run.iter(|| list(black_box(&by_name), 1)));
        bench.bench_function(&format!("store/{name}/page of 100"), |run| run.iter(|| list(&Select::All, 100)));
        bench.bench_function(&format!("store/{name}/count"), |run| {
            run.iter(|| store.count("default", Kind::User, &Select::All));
        });
        let mut next = USERS;
        bench.bench_function(&format!("store/{name}/create"), |run| {
            run.iter(|| {
                next += 1;
                store.create("default", draft(next)).expect("a user")
            });
        });
    }
}

fn requests(bench: &mut Criterion) {
    let (_folder, stores) = stores();
    let get = |target: &str| (Method::Get, target.to_owned(), None);
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                       "Operations": [{"op": "replace", "path": "title", "value": "Dr"}]});
    let mut put = person(7);
    put["title"] = json!("Dr");
    let kinds = [
        ("GET by id", get("/Users/id-7")),
        ("GET by id, attributes", get("/Users/id-7?attributes=userName,emails.value,active")),
        ("userName eq", get("/Users?filter=userName%20eq%20%22robin.7@example.test%22")),
        ("page of 100", get("/Users?count=100")),
        ("page by name", get("/Users?count=100&sortBy=userName")),
        ("scan of 1000", get("/Users?filter=title%20eq%20%22none%22")),
        ("ServiceProviderConfig", get("/ServiceProviderConfig")),
        ("PATCH that changes nothing", (Method::Patch, "/Users/id-8".into(), Some(patch))),
        ("PUT that changes nothing", (Method::Put, "/Users/id-7".into(), Some(put))),
    ];
    for (name, store) in &stores {
        let server = Server::new(rfc(), Arc::clone(store), Auth::bearer(Secret::new("bench-token")));
        let base = server.base_paths().pop().unwrap_or_default();
        for (kind, (method, target, body)) in &kinds {
            let mut request = Request::new(method.clone(), format!("{base}{target}"));
            request.headers.push("host", "127.0.0.1:8080");
            request.headers.push("authorization", "Bearer bench-token");
            request.headers.push("accept", "application/scim+json");
            request.body = body.as_ref().map(|body| body.to_string().into_bytes());
            let answer = server.handle(request.clone());
            assert!(answer.is_success(), "{kind}: {}", answer.status);
            bench.bench_function(&format!("request/{name}/{kind}"), |run| {
                run.iter_batched(|| request.clone(), |request| server.handle(request), BatchSize::SmallInput);
            });
        }
        let mut next = 10 * USERS;
        bench.bench_function(&format!("request/{name}/POST"), |run| {
            run.iter(|| {
                next += 1_000_000;
                let mut request = Request::new(Method::Post, format!("{base}/Users"));
                request.headers.push("authorization", "Bearer bench-token");
                request.body = Some(person(next).to_string().into_bytes());
                assert_eq!(server.handle(request).status, 201);
            });
        });
    }
}

/// The events of a run of a hundred scenarios with ten exchanges each.
fn events() -> Vec<Event> {
    let mut events = vec![Event::RunStarted { seed: 1, target: None, profile: "rfc".into(), planned: 100 }];
    for number in 0..100 {
        let scenario = format!("bench/{number}");
        events.push(Event::ScenarioStarted { scenario: scenario.clone() });
        for step in 0..10 {
            let mut answer = Response::new(200);
            answer.body = person(number).to_string().into_bytes();
            events.push(Event::Exchanged(Arc::new(Exchange {
                id: ExchangeId(format!("{scenario}#{step}").into()),
                scenario: scenario.as_str().into(),
                step: format!("step {step}").into(),
                started: Duration::from_millis(1),
                duration: Duration::from_micros(80),
                url: format!("http://127.0.0.1:8080/scim/v2/Users/{number}"),
                request: Request::new(Method::Get, format!("/Users/{number}")),
                answer: Ok(answer),
            })));
        }
        events.push(Event::ScenarioFinished { scenario, clients: Vec::new(), flows: Vec::new(), completed: true });
    }
    events.push(Event::RunFinished { duration: Duration::from_secs(1) });
    events
}

fn reports(bench: &mut Criterion) {
    let (catalogue, events) = (Catalogue::embedded(), events());
    let settings = Settings::new(Vec::new(), OffsetDateTime::UNIX_EPOCH.date());
    let judge = || Verdict::judge(&events, catalogue, clients(), &settings);
    let verdict = judge();
    let scrub = |text: &str| text.to_owned();
    let report = Report::new(&events, &verdict, catalogue, &scrub);
    bench.bench_function("report/verdict", |run| run.iter(judge));
    bench.bench_function("report/json", |run| run.iter(|| report_json::write(&report, &mut Vec::new())));
    bench.bench_function("report/junit", |run| run.iter(|| junit::write(&report, &mut Vec::new())));
    bench.bench_function("report/har", |run| {
        run.iter(|| har::write(&report, OffsetDateTime::UNIX_EPOCH, &mut Vec::new()));
    });
}

criterion_group! {
    name = parts;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2))
        .warm_up_time(Duration::from_millis(500));
    targets = filters, patches, projections, storage, requests, reports
}
criterion_main!(parts);

//! The driver against a little in-process directory with faults: order, cleanup, interruption, throttling, discovery.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::client::throttle::Patience;
use crate::client::{Auth, BaseUrl, InProcess, Transport};
use crate::flow::{Event, Evidence, Finding, Flow, Leftover, Next, Outcome, Position, Remark, SkipReason, Step};
use crate::wire::{Exchange, FailureKind, Method, Request, Response};

/// What the little directory does wrong.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Fault {
    #[default]
    None,
    /// DELETE answers 405.
    NoDelete,
    /// DELETE answers 405 and PATCH 501; only PUT works.
    OnlyPut,
    /// DELETE answers 204 and removes nothing.
    Lies,
    /// DELETE answers 204 and deactivates.
    Deactivates,
    /// A creation is answered with 500, but made.
    LosesAnswer,
    /// No filters.
    NoFilter,
    /// Each first request to a target is answered with 429.
    Throttles,
    /// A creation takes a while.
    Slow,
}

#[derive(Default)]
struct Directory {
    users: BTreeMap<String, Value>,
    log: Vec<String>,
    next: usize,
}

type Shared = Arc<Mutex<Directory>>;

fn respond(status: u16, body: Value) -> Response {
    Response { body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() }, ..Response::new(status) }
}

fn answer(shared: &Shared, fault: Fault, request: &Request) -> Response {
    if fault == Fault::Slow && request.method == Method::Post {
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut directory = shared.lock().unwrap();
    let line = format!("{} {}", request.method, request.target);
    let first = !directory.log.contains(&line);
    directory.log.push(line);
    if fault == Fault::Throttles && first {
        let mut response = Response::new(429);
        response.headers.push("Retry-After", "0");
        return response;
    }
    let path = request.path().to_owned();
    let body = || serde_json::from_slice::<Value>(request.body.as_deref().unwrap_or_default()).unwrap_or_default();
    match (request.method.as_str(), path.as_str()) {
        ("GET", "/Groups" | "/ServiceProviderConfig" | "/ResourceTypes" | "/Schemas") => {
            respond(200, json!({"totalResults": 0}))
        }
        ("GET", "/Users") if fault == Fault::NoFilter && request.target.contains("filter") => respond(400, json!({})),
        ("GET", "/Users") => {
            let users: Vec<_> = directory.users.values().cloned().collect();
            respond(200, json!({"totalResults": users.len(), "Resources": users}))
        }
        ("POST", "/Users") => {
            directory.next += 1;
            let id = format!("u{}", directory.next);
            let mut user = body();
            user["id"] = json!(id);
            directory.users.insert(format!("/Users/{id}"), user.clone());
            if fault == Fault::LosesAnswer { respond(500, Value::Null) } else { respond(201, user) }
        }
        ("DELETE", _) if matches!(fault, Fault::NoDelete | Fault::OnlyPut) => respond(405, Value::Null),
        ("DELETE", _) if fault == Fault::Lies => respond(204, Value::Null),
        ("DELETE", path) if fault == Fault::Deactivates => {
            directory.users.get_mut(path).unwrap()["active"] = json!(false);
            respond(204, Value::Null)
        }
        ("DELETE", path) => respond(if directory.users.remove(path).is_some() { 204 } else { 404 }, Value::Null),
        ("PATCH", _) if fault == Fault::OnlyPut => respond(501, Value::Null),
        ("PATCH", path) => {
            directory.users.get_mut(path).unwrap()["active"] = json!(false);
            respond(204, Value::Null)
        }
        ("PUT", path) => {
            directory.users.insert(path.to_owned(), body());
            respond(200, body())
        }
        ("GET", path) => directory.users.get(path).map_or(Response::new(404), |user| respond(200, user.clone())),
        _ => Response::new(405),
    }
}

fn transport(fault: Fault) -> (Arc<dyn Transport>, Shared) {
    let shared = Shared::default();
    let inner = Arc::clone(&shared);
    let base = BaseUrl::parse("http://127.0.0.1").unwrap();
    let handler = Arc::new(move |request: Request| answer(&inner, fault, &request));
    (Arc::new(InProcess::new(base, Auth::None, handler)), shared)
}

/// A flow that creates so many users one after another, then finds something, or breaks off.
struct Creator {
    name: String,
    left: usize,
    breaks: bool,
    said: Vec<Remark>,
}

impl Creator {
    fn job(name: &str, users: usize) -> Job {
        Job {
            flow: Box::new(Self { name: name.to_owned(), left: users, breaks: false, said: Vec::new() }),
            clients: vec!["okta/aiw".to_owned()],
            flows: vec!["OKTA-F03".to_owned()],
            users,
            alone: false,
        }
    }
}

impl Flow for Creator {
    fn id(&self) -> &str {
        &self.name
    }

    fn next(&mut self, exchanges: &[Arc<Exchange>], _now: Duration) -> Next {
        if let Some(exchange) = exchanges.first() {
            assert!(!self.breaks, "a fault of the flow");
            self.said.push(Remark::Finding(Finding {
                requirement: "R-1".into(),
                outcome: Outcome::Fail,
                check: "status".into(),
                scenario: self.name.as_str().into(),
                step: exchange.step.clone(),
                position: Position::Check("creator"),
                expected: "x".into(),
                got: "y".into(),
                evidence: Evidence::of(&exchange.id),
            }));
        }
        if self.left == 0 {
            return Next::Done;
        }
        self.left -= 1;
        let mut request = Request::new(Method::Post, "/Users");
        request.body = Some(json!({"userName": format!("MARK-{}-{}", self.name, self.left)}).to_string().into_bytes());
        Next::Send(Step::new(format!("create {}", self.left), request))
    }

    fn remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.said)
    }

    fn undo(&mut self) -> Vec<Step> {
        Vec::new()
    }

    fn completed(&self) -> bool {
        self.left == 0
    }
}

struct Seen {
    events: Vec<Event>,
    broken: Vec<String>,
    log: Vec<String>,
    users: usize,
}

impl Seen {
    fn cleaned(&self) -> (Vec<Leftover>, usize) {
        let found = self.events.iter().find_map(|event| match event {
            Event::CleanedUp { leftovers, retired } => Some((leftovers.clone(), *retired)),
            _ => None,
        });
        found.unwrap()
    }

    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

/// Runs jobs; with `cancel_after` the run is interrupted when the directory has seen that many requests.
async fn run(jobs: Vec<Job>, fault: Fault, options: Options, cancel_after: Option<usize>) -> Seen {
    let (transport, shared) = transport(fault);
    play_at(jobs, transport, shared, options, cancel_after).await
}

async fn play_at(
    jobs: Vec<Job>,
    transport: Arc<dyn Transport>,
    shared: Shared,
    options: Options,
    cancel_after: Option<usize>,
) -> Seen {
    let (events, mut emitted) = mpsc::unbounded_channel();
    let (stop, cancel) = watch::channel(false);
    let opening = Opening { marker: "mark-".into(), ..Opening::default() };
    let watched = Arc::clone(&shared);
    let canceller = tokio::spawn(async move {
        while cancel_after.is_none_or(|count| watched.lock().unwrap().log.len() < count) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.send_replace(true);
        std::future::pending::<()>().await;
    });
    let broken = drive(jobs, opening, transport, Arc::new(|_| Vec::new()), options, events, cancel).await;
    canceller.abort();
    let mut all = Vec::new();
    while let Ok(event) = emitted.try_recv() {
        all.push(event);
    }
    let shared = shared.lock().unwrap();
    Seen { events: all, broken, log: shared.log.clone(), users: shared.users.len() }
}

#[tokio::test]
async fn failing_scenarios_are_cleaned_up_newest_first_and_absence_is_proven() {
    let jobs = vec![Creator::job("a", 2), Creator::job("b", 1)];
    let seen = run(jobs, Fault::None, Options { concurrency: 1, ..Options::default() }, None).await;
    assert_eq!(seen.cleaned(), (vec![], 0));
    assert_eq!(seen.users, 0);
    assert_eq!(
        seen.log,
        [
            "GET /Users?filter=userName%20sw%20%22retired%22&count=500",
            "POST /Users",
            "POST /Users",
            "DELETE /Users/u2",
            "DELETE /Users/u1",
            "POST /Users",
            "DELETE /Users/u3",
            "GET /Users/u2",
            "GET /Users/u1",
            "GET /Users/u3",
            "GET /Users?filter=userName%20co%20%22mark-%22&count=100",
            "GET /Groups?filter=displayName%20co%20%22mark-%22&count=100",
        ]
    );
    let ids: Vec<_> = seen
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Exchanged(exchange) => Some(exchange.id.0.as_str()),
            _ => None,
        })
        .take(4)
        .collect();
    assert_eq!(ids, ["set-up#retired", "a#1", "a#2", "cleanup/a/1#1"]);
    assert_eq!(seen.count(|event| matches!(event, Event::Found(_))), 3);
    assert!(matches!(seen.events.first(), Some(Event::RunStarted { planned: 2, .. })));
    assert!(matches!(seen.events.last(), Some(Event::RunFinished { .. })));
}

#[tokio::test]
async fn what_must_be_alone_runs_after_the_rest_and_by_itself() {
    let mut jobs: Vec<_> = ["a", "b", "c", "d"].map(|name| Creator::job(name, 2)).into();
    jobs[0].alone = true;
    jobs[2].alone = true;
    let seen = run(jobs, Fault::Slow, Options::default(), None).await;
    let begun: Vec<_> = seen
        .events
        .iter()
        .filter_map(|event| match event {
            Event::ScenarioStarted { scenario } => Some(format!("+{scenario}")),
            Event::ScenarioFinished { scenario, .. } => Some(format!("-{scenario}")),
            _ => None,
        })
        .collect();
    assert_eq!(begun[..2], ["+b", "+d"]);
    assert_eq!(begun[4..], ["+a", "-a", "+c", "-c"]);
}

#[tokio::test]
async fn what_cannot_be_deleted_is_deactivated_and_what_stays_is_named() {
    let rows = [
        (Fault::None, 0, 0),
        (Fault::NoDelete, 2, 0),
        (Fault::OnlyPut, 2, 0),
        (Fault::Lies, 0, 2),
        (Fault::Deactivates, 2, 0),
        (Fault::LosesAnswer, 0, 0),
        (Fault::NoFilter, 0, 0),
        (Fault::Throttles, 0, 0),
    ];
    for (fault, retired, stay) in rows {
        let seen = run(vec![Creator::job("a", 2)], fault, Options::default(), None).await;
        let (leftovers, counted) = seen.cleaned();
        assert_eq!((counted, leftovers.len()), (retired, stay), "{fault:?} {leftovers:?} {:#?}", seen.log);
        assert_eq!(seen.users, retired + stay, "{fault:?}");
    }
    let seen = run(vec![Creator::job("a", 1)], Fault::Lies, Options::default(), None).await;
    assert_eq!(seen.cleaned().0[0].reason, "it was removed, but then GET answered 200");
}

/// Hands everything on, but the answer to the first creation is lost on its way.
struct Losing(Arc<dyn Transport>, AtomicUsize);

impl Transport for Losing {
    fn send<'a>(&'a self, request: &'a Request) -> crate::client::Answer<'a> {
        Box::pin(async move {
            let answer = self.0.send(request).await;
            let lost = request.method == Method::Post && self.1.fetch_add(1, Ordering::Relaxed) == 0;
            let kind = FailureKind::Timeout;
            if lost { Err(crate::wire::Failure { kind, reason: "no complete answer in time".into() }) } else { answer }
        })
    }

    fn base_url(&self) -> &str {
        self.0.base_url()
    }
}

#[tokio::test]
async fn who_was_made_without_an_answer_is_found_and_removed_though_others_were_made_after() {
    let (transport, directory) = transport(Fault::None);
    let transport: Arc<dyn Transport> = Arc::new(Losing(transport, AtomicUsize::new(0)));
    let seen = play_at(vec![Creator::job("a", 3)], transport, Arc::clone(&directory), Options::default(), None).await;
    assert_eq!(seen.cleaned(), (vec![], 0));
    let directory = directory.lock().unwrap();
    assert_eq!((directory.next, directory.users.len()), (3, 0), "{:?}", directory.log);
}

#[tokio::test]
async fn an_interrupted_run_removes_what_it_created_and_names_what_did_not_run() {
    let jobs = (0..4).map(|n| Creator::job(&n.to_string(), 3)).collect();
    let options = Options { concurrency: 2, ..Options::default() };
    let seen = run(jobs, Fault::Slow, options, Some(1)).await;
    assert_eq!((seen.users, seen.cleaned()), (0, (vec![], 0)));
    let interrupted = |event: &Event| matches!(event, Event::Skipped { reason: SkipReason::Interrupted, .. });
    assert_eq!(seen.count(interrupted), 2);
    assert_eq!(seen.count(|event| matches!(event, Event::ScenarioFinished { completed: false, .. })), 2);
    assert_eq!(seen.count(|event| matches!(event, Event::Interrupted)), 1);
    assert!(seen.log.iter().filter(|line| line.starts_with("POST")).count() < 6, "{:?}", seen.log);
}

#[tokio::test]
async fn a_throttled_request_is_sent_again_and_counted_not_recorded() {
    let seen = run(vec![Creator::job("a", 1)], Fault::Throttles, Options::default(), None).await;
    assert_eq!(seen.count(|event| matches!(event, Event::Throttled { .. })), 6);
    let throttled =
        |event: &Event| matches!(event, Event::Exchanged(e) if e.response().is_some_and(|r| r.status == 429));
    assert_eq!(seen.count(throttled), 0);
    let impatient = Options { patience: Patience { tries: 0, ..Patience::default() }, ..Options::default() };
    let seen = run(vec![Creator::job("a", 1)], Fault::Throttles, impatient, None).await;
    let gave_up = |event: &Event| matches!(event, Event::Exchanged(e) if matches!(&e.answer, Err(f) if f.kind == FailureKind::Timeout));
    assert!(seen.count(gave_up) >= 1);
}

#[tokio::test]
async fn too_many_users_are_skipped_and_a_broken_flow_is_our_fault() {
    let mut broken = Creator::job("broken", 1);
    broken.flow = Box::new(Creator { name: "broken".into(), left: 1, breaks: true, said: Vec::new() });
    let jobs = vec![Creator::job("big", 9), broken, Creator::job("small", 2)];
    let seen = run(jobs, Fault::None, Options { max_users: Some(2), ..Options::default() }, None).await;
    assert_eq!(seen.broken, ["broken"]);
    let budget = |event: &Event| matches!(event, Event::Skipped { scenario, reason: SkipReason::Budget(_), .. } if scenario == "big");
    assert_eq!(seen.count(budget), 1);
    assert_eq!(seen.count(|event| matches!(event, Event::ScenarioFinished { completed: true, .. })), 1);
    assert_eq!((seen.users, seen.cleaned()), (0, (vec![], 0)), "the last listing finds what the broken flow made");
}

#[tokio::test]
async fn standing_checks_see_every_exchange_of_a_scenario() {
    let (transport, _) = transport(Fault::None);
    let (events, mut emitted) = mpsc::unbounded_channel();
    let (_stop, cancel) = watch::channel(false);
    let count = Arc::new(Mutex::new(Vec::new()));
    let counter = Arc::clone(&count);
    let inspect: Inspect = Arc::new(move |exchange| {
        counter.lock().unwrap().push(exchange.id.0.clone());
        Vec::new()
    });
    let jobs = vec![Creator::job("a", 2)];
    drive(jobs, Opening::default(), transport, inspect, Options::default(), events, cancel).await;
    assert_eq!(*count.lock().unwrap(), ["a#1", "a#2"]);
    assert!(emitted.try_recv().is_ok());
}

#[tokio::test]
async fn scenarios_run_side_by_side_so_that_latency_does_not_multiply() {
    let started = std::time::Instant::now();
    let jobs = (0..16).map(|n| Creator::job(&n.to_string(), 1)).collect();
    let seen = run(jobs, Fault::Slow, Options::default(), None).await;
    assert_eq!(seen.users, 0);
    assert!(started.elapsed() < Duration::from_millis(1400), "{:?}", started.elapsed());
}

fn scripted(status: u16, content_type: &str, body: &str) -> Arc<dyn Transport> {
    let mut response = Response::new(status);
    response.headers.push("Content-Type", content_type);
    response.headers.push("Location", "https://login.example.com/?session=hush");
    response.body = body.as_bytes().to_vec();
    let base = BaseUrl::parse("http://127.0.0.1/scim").unwrap();
    Arc::new(InProcess::new(base, Auth::None, Arc::new(move |_| response.clone())))
}

#[tokio::test]
async fn what_stops_a_run_before_it_begins_says_what_to_do() {
    let mut said = String::new();
    let rows = [
        (401, "application/json", "{}", "no credentials"),
        (401, "application/json", "{}", "a bearer token"),
        (403, "application/json", "{}", "a bearer token"),
        (404, "text/plain", "", "a bearer token"),
        (200, "text/html", "<!DOCTYPE html><html>", "a bearer token"),
        (200, "text/plain", "hello", "a bearer token"),
        (302, "text/plain", "", "a bearer token"),
        (503, "text/plain", "", "a bearer token"),
    ];
    for (status, content_type, body, given) in rows {
        let error = preflight(&scripted(status, content_type, body), given, &Options::default()).await.unwrap_err();
        said.push_str(&format!("{error}\n\n"));
    }
    let (reasons, base) = ("invalid peer certificate: UnknownIssuer", "https://scim.example.com/v2");
    for (kind, reason) in [
        (FailureKind::Connect, "Connection refused (os error 111)"),
        (FailureKind::Timeout, "no complete answer in time"),
        (FailureKind::Tls, reasons),
        (FailureKind::Tls, "received corrupt message of type InvalidContentType"),
        (FailureKind::Tls, "received fatal alert: CertificateRequired"),
        (FailureKind::Broken, "invalid HTTP version parsed"),
    ] {
        said.push_str(&format!("{}\n\n", preflight::explain_failure(base, kind, reason)));
    }
    assert!(!said.contains("hush"));
    insta::assert_snapshot!(said.trim_end());
}

#[tokio::test]
async fn discovery_reads_only_and_waits_for_a_target_that_is_starting() {
    let (working, shared) = transport(Fault::None);
    let discovery = preflight(&working, "no credentials", &Options::default()).await.unwrap();
    assert_eq!(discovery.exchanges.len(), 8);
    let config = &discovery.service_provider_config;
    assert_eq!((&config["totalResults"], &config["root"]["supported"]), (&json!(0), &json!(false)));
    let reads = |line: &String| line.starts_with("GET ") || line.starts_with("POST /Users/.search");
    assert!(shared.lock().unwrap().log.iter().all(reads), "{:?}", shared.lock().unwrap().log);

    let calls = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&calls);
    let base = BaseUrl::parse("http://127.0.0.1").unwrap();
    let starting: Arc<dyn Transport> = Arc::new(InProcess::new(
        base,
        Auth::None,
        Arc::new(move |_| {
            *counter.lock().unwrap() += 1;
            if *counter.lock().unwrap() < 3 { Response::new(502) } else { respond(200, json!({})) }
        }),
    ));
    let wait = Duration::from_secs(5);
    assert!(wait_until_reachable(&starting, "no credentials", &Options::default(), wait).await.is_ok());
    let refused = scripted(401, "text/plain", "");
    let started = std::time::Instant::now();
    assert!(wait_until_reachable(&refused, "no credentials", &Options::default(), wait).await.is_err());
    assert!(started.elapsed() < Duration::from_secs(1), "waiting does not cure a refusal");
}

//! Unfriendly weather and ugly targets: whatever the network and the house in front of a good server do, no rule turns red,
//! and what was met is said. Ugly answers never stop a run.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use scimproof::client::throttle::Patience;
use scimproof::fault::tools::{answer, body, each, edit, error, is, lists, path};
use scimproof::fault::{Fault, Faulty};
use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::run::Options;
use scimproof::verdict::Verdict;
use scimproof::wire::{Method, Response};
use serde_json::Value;

use super::faults::{complaints, example, play};
use super::wire::{Http2, LIMIT, Way, Wire};

/// A selection that writes and reads in every way, without the rules that count requests.
fn plays() -> Vec<String> {
    const SOME: [&str; 9] = [
        "rfc/smoke",
        "rfc/paging",
        "rfc/replace",
        "rfc/patch-changes",
        "rfc/memberships",
        "okta/users/assign-new",
        "okta/duplicates/same-user-again",
        "entra/users/duplicate",
        "entra/gallery/direct-user-update",
    ];
    let plays = play::scenarios(|it| SOME.contains(&it.id.as_str()));
    assert_eq!(plays.len(), SOME.len());
    plays
}

/// What is red, for the reader of a failed test.
fn red(name: &str, verdict: &Verdict) -> Vec<String> {
    play::ids(verdict, Outcome::Fail).iter().map(|id| format!("{name}: {id}: {}", example(verdict, id))).collect()
}

fn in_process(fault: Fault, options: &Options, plays: &[String]) -> Result<Verdict, String> {
    let profile = play::profile();
    let faulty = Faulty::new(play::server(&profile)).behind("weather", fault);
    play::play(play::transport(&profile, faulty), &Profile::named("rfc").unwrap(), options, plays)
}

fn later(status: u16, wait: Option<&str>) -> Response {
    let mut later = error(status, None);
    if let Some(wait) = wait {
        later.headers.set("Retry-After", wait);
    }
    later
}

#[test]
fn answers_that_put_off_are_waited_out_and_counted() {
    let quick = Options {
        patience: Patience { backoff: Duration::from_millis(10), ..Patience::default() },
        ..Options::default()
    };
    let rows: [(&str, u16, Fault); 3] = [
        ("one in ten is 429", 429, |world, request| match world.tick("requests") % 10 {
            7 => later(429, Some("1")),
            _ => world.pass(request),
        }),
        ("bursts of 503 with a time", 503, |world, request| match world.tick("requests") % 60 {
            40..44 => later(503, Some("0")),
            _ => world.pass(request),
        }),
        ("bursts of 503 without a time", 503, |world, request| match world.tick("requests") % 60 {
            40..43 => later(503, None),
            _ => world.pass(request),
        }),
    ];
    let plays = plays();
    let wrong = complaints(&rows, |(name, status, fault)| {
        let verdict = in_process(*fault, &quick, &plays).unwrap();
        let mut wrong = red(name, &verdict);
        let facts = &verdict.facts;
        if facts.throttled.get(status).is_none_or(|count| *count < 3) || facts.unanswered > 0 {
            wrong.push(format!("{name}: met {:?}, {} without answer", facts.throttled, facts.unanswered));
        }
        if *status == 429 && facts.waited < Duration::from_secs(3) {
            wrong.push(format!("{name}: waited {:?}", facts.waited));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_wire_may_do_what_http_allows() {
    let plays = plays();
    let ways = [Way::Chunked, Way::Gzip, Way::Close, Way::Late(Duration::from_millis(200)), Way::Reset(9)];
    let wrong = complaints(&ways, |way| {
        let wire = Wire::start(play::server(&play::profile()), *way);
        let rfc = Profile::named("rfc").unwrap();
        let verdict = play::play(wire.transport(), &rfc, &Options::default(), &plays).unwrap();
        let mut wrong = red(&format!("{way:?}"), &verdict);
        let broken = verdict.facts.unanswered;
        if (broken > 0) != matches!(way, Way::Reset(_)) {
            wrong.push(format!("{way:?}: {broken} without answer"));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who closes on a large body before it is read, by its length alone or after some of it, has answered all the same.
#[test]
fn an_early_refusal_is_heard_every_time() {
    let plays = ["rfc/bulk/too-large".to_owned()];
    let times: Vec<usize> = [(0, 20), (300_000, 8)].into_iter().flat_map(|(read, times)| vec![read; times]).collect();
    let mut profile = play::profile();
    profile.limits.bulk_bytes = LIMIT;
    let wrong = complaints(&times, |read| {
        let wire = Wire::start(play::server(&profile), Way::Early(*read));
        let rfc = Profile::named("rfc").unwrap();
        let verdict = play::play(wire.transport(), &rfc, &Options::default(), &plays).unwrap();
        let mut wrong = red(&format!("after {read} bytes"), &verdict);
        for id in ["RFC7644-3.7.4-4", "RFC7644-3.7.4-5", "RFC7644-3.12-15"] {
            if !play::ids(&verdict, Outcome::Pass).contains(id) {
                wrong.push(format!("after {read} bytes: {id} was not seen"));
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_server_may_speak_http_2() {
    let server = Http2::start(play::server(&play::profile()));
    let rfc = Profile::named("rfc").unwrap();
    let verdict = play::play(server.transport.clone(), &rfc, &Options::default(), &plays()).unwrap();
    assert!(verdict.facts.exchanges > 50 && verdict.facts.unanswered == 0);
    let wrong = red("HTTP/2", &verdict);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.runtime.shutdown_background();
}

/// How far reads lag behind.
const LAG: Duration = Duration::from_millis(500);

/// What resources were before a write, and when it was; by path.
static BEFORE: LazyLock<Mutex<BTreeMap<String, (Instant, Value)>>> = LazyLock::new(Mutex::default);

#[test]
fn a_server_whose_reads_lag_behind_is_given_time() {
    let fault: Fault = |world, request| {
        let own = path(&request).to_owned();
        let reads = request.method == Method::Get;
        let list = lists(&request);
        if !reads {
            let old = if is(&request, Method::Post, &own) { Value::Null } else { world.read(&own) };
            let response = world.pass(request);
            let made = response.json().and_then(|made| Some(format!("{own}/{}", made["id"].as_str()?)));
            if response.is_success() {
                let key = if old.is_null() { made.unwrap_or(own) } else { own };
                BEFORE.lock().unwrap().insert(key, (Instant::now(), old));
            }
            return response;
        }
        let stale = |path: &str| {
            let before = BEFORE.lock().unwrap();
            before.get(path).filter(|(at, _)| at.elapsed() < LAG).map(|(_, old)| old.clone())
        };
        let response = world.pass(request);
        if list {
            return edit(response, |page| {
                if let Some(items) = page["Resources"].as_array_mut() {
                    items.retain_mut(|item| {
                        match stale(&format!("{own}/{}", item["id"].as_str().unwrap_or_default())) {
                            Some(Value::Null) => false,
                            Some(old) => {
                                *item = old;
                                true
                            }
                            None => true,
                        }
                    });
                }
            });
        }
        match stale(&own) {
            Some(Value::Null) => error(404, None),
            Some(old) => answer(200, &old),
            None => response,
        }
    };
    let plays = ["rfc/smoke", "rfc/replace", "rfc/patch-changes"].map(str::to_owned);
    // The lag is real: without time the same server is misjudged.
    let hasty = in_process(fault, &Options::default(), &plays).unwrap();
    assert!(!red("hasty", &hasty).is_empty());
    let patient = Options { settle: LAG + Duration::from_millis(100), ..Options::default() };
    let wrong = red("patient", &in_process(fault, &patient, &plays).unwrap());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ugly_answers_never_stop_a_run() {
    let rows: [(&str, Fault); 8] = [
        ("error pages in HTML", |world, request| {
            let mut response = world.pass(request);
            if response.status >= 400 {
                response.headers.set("Content-Type", "text/html");
                response.body = b"<!doctype html><html><h1>Sorry</h1></html>".to_vec();
            }
            response
        }),
        ("errors without a body", |world, request| {
            let response = world.pass(request);
            if response.status >= 400 { Response::new(response.status) } else { response }
        }),
        ("writes without a body", |world, request| {
            let writes = request.method.writes();
            let response = world.pass(request);
            if writes { Response::new(response.status) } else { response }
        }),
        ("errors whose status is a number", |world, request| {
            let response = world.pass(request);
            let status = response.status;
            if status < 400 { response } else { edit(response, |error| error["status"] = status.into()) }
        }),
        ("relative locations", |world, request| {
            let mut response = world.pass(request);
            if response.headers.get("Location").is_some() {
                response.headers.set("Location", "Users/1");
            }
            each(response, |resource| resource["meta"]["location"] = "../Users/1".into())
        }),
        ("no meta", |world, request| each(world.pass(request), |resource| _ = resource.shift_remove("meta"))),
        ("no discovery", |world, request| match path(&request) {
            "/ServiceProviderConfig" | "/ResourceTypes" | "/Schemas" => error(404, None),
            _ => world.pass(request),
        }),
        ("values of the wrong kind everywhere", |world, request| {
            let empty = body(&request).is_null();
            each(world.pass(request), |resource| {
                resource.insert("emails".into(), "none".into());
                resource.insert("members".into(), 7.into());
                resource.insert("name".into(), if empty { Value::Null } else { "x".into() });
            })
        }),
    ];
    let plays = plays();
    let wrong = complaints(&rows, |(name, fault)| {
        // A scenario that breaks off panics in there.
        match in_process(*fault, &Options::default(), &plays) {
            Ok(verdict) if verdict.facts.finished() + verdict.facts.skipped.len() == plays.len() => vec![],
            Ok(verdict) => vec![format!("{name}: {} of {} ended", verdict.facts.finished(), plays.len())],
            Err(error) => vec![format!("{name}: {error}")],
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_verdict_every_time() {
    let judge = |plays: &[String]| {
        let verdict = in_process(|world, request| world.pass(request), &Options::default(), plays).unwrap();
        let outcomes = verdict.requirements.iter().map(|it| (it.id.clone(), it.outcome, it.findings));
        (outcomes.collect::<Vec<_>>(), play::readiness(&verdict), verdict.facts.exchanges)
    };
    // A hundred that write, read back, collide and race; some of everything.
    let few = ["rfc/smoke", "okta/duplicates/race", "okta/duplicates/same-user-again"].map(str::to_owned).to_vec();
    for (plays, times) in [(few, 100), (plays(), 8)] {
        let first = judge(&plays);
        let times: Vec<usize> = (0..times).collect();
        let differs = |n: &usize| if judge(&plays) == first { vec![] } else { vec![format!("run {n} differs")] };
        let wrong = complaints(&times, differs);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

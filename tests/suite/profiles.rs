//! The bundled server under every embedded profile is what that profile's run expects, and under the products' profiles it
//! does to users what their documents say.

use std::collections::BTreeMap;
use std::sync::Arc;

use scimproof::check::standing;
use scimproof::client::{Auth, BaseUrl, InProcess};
use scimproof::flow::{Event, Outcome};
use scimproof::plan::{self, Selection};
use scimproof::profile::Profile;
use scimproof::run::{Inspect, Opening, Options, execute};
use scimproof::scenario;
use scimproof::server::{self, Server};
use scimproof::store::MemoryStore;
use scimproof::wire::{Method, Request, Response};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

use super::process::{Served, TOKEN, end, scimproof};

#[test]
fn a_run_under_every_profile_is_green_and_every_client_ready() {
    let folder = tempfile::tempdir().unwrap();
    for name in Profile::names() {
        let ended = end(&mut scimproof(folder.path(), &["run", "--profile", &name, "--json", "out.json", "-v"]));
        let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
        let bad = |source: &str| {
            let rows = report["requirements"].as_array().unwrap().iter();
            let red = rows.filter(|row| ["fail", "warn", "inconclusive"].contains(&row["outcome"].as_str().unwrap()));
            red.filter(|row| row["source"].as_str().unwrap().starts_with(source)).count()
        };
        let passed = report["summary"]["requirements"]["pass"].as_u64().unwrap();
        // Where the standard is not asked for, its scenarios are not played, nor those of its clients.
        let standard = Profile::named(&name).unwrap().require.iter().any(|set| set == "rfc");
        assert!(
            passed > if standard { 200 } else { 50 },
            "{name}: only {passed} requirements were seen\n{}",
            ended.stdout
        );
        assert_eq!(report["summary"]["leftovers"], 0, "{name}");
        if name == "strict" {
            // A correct server that Entra ID cannot work with: what it refuses is no matter of the standard.
            assert_eq!((ended.code, bad("RFC"), bad("OKTA")), (1, 0, 0), "{}", ended.stdout);
            let expected = json!({"okta": "ready", "entra": "not-ready", "ping": "ready", "jumpcloud": "ready"});
            assert_eq!(report["summary"]["idp"], expected);
            continue;
        }
        assert_eq!((ended.code, bad("")), (0, 0), "{name}\n{}", ended.stdout);
        for (client, readiness) in report["summary"]["idp_profiles"].as_object().unwrap() {
            assert_eq!(readiness, if standard { "ready" } else { "not-assessed" }, "{name}: {client}");
        }
    }
}

#[test]
fn a_quick_run_sees_every_flow_by_a_few_of_the_scenarios_and_finds_a_client_that_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let ended = end(scimproof(folder.path(), &["run", "--quick", "--json", "out.json"]).args(arguments));
        let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
        (ended.code, report)
    };
    let (code, report) = run(&[]);
    assert_eq!(code, 0);
    let ready = report["summary"]["idp_profiles"].as_object().unwrap();
    assert!(ready.len() > 5 && ready.values().all(|it| it == "ready"), "{ready:?}");
    let played: std::collections::BTreeSet<_> =
        report["exchanges"].as_array().unwrap().iter().map(|it| it["scenario"].to_string()).collect();
    let all = scenario::embedded().unwrap().len();
    assert!(played.len() * 4 < all, "{} of {all}", played.len());
    let (code, report) = run(&["--fault", "filter-gives-nothing"]);
    assert_eq!((code, &report["summary"]["idp"]["okta"]), (1, &json!("not-ready")));
}

/// A server of that profile, in memory.
fn serving(profile: Profile) -> Arc<Server> {
    Arc::new(Server::new(profile, Arc::new(MemoryStore::new()), server::Auth::anonymous()))
}

/// How many requirements a run under `declared` finds broken in a server of `real`.
async fn broken(declared: &Profile, real: Profile) -> BTreeMap<String, usize> {
    let base = format!("http://127.0.0.1{}", declared.base_path);
    let server = serving(real);
    let handler = Arc::new(move |request: Request| server.handle(request));
    let transport = Arc::new(InProcess::new(BaseUrl::parse(&base).unwrap(), Auth::None, handler));
    let all = scenario::embedded().unwrap().into_iter().filter(|scenario| scenario.id.contains("/users/"));
    let all: Vec<_> = all.map(Arc::new).collect();
    let options = plan::Options {
        selection: Selection::default(),
        profile: declared,
        config: None,
        schemas: None,
        max_users: None,
        seed: 11,
        marker: "spb".to_owned(),
        base_url: base,
        admin: false,
        lends: &[],
        second_tenant: None,
        ticked: None,
    };
    let plan = plan::build(&all, &options);
    let (events, mut said) = mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let inspect: Inspect = Arc::new(standing::of(&declared.users));
    execute(plan, Opening::default(), transport, inspect, Options::default(), events, cancel).await;
    let mut found = BTreeMap::new();
    while let Ok(event) = said.try_recv() {
        if let Event::Found(finding) = event
            && finding.outcome > Outcome::Pass
        {
            *found.entry(finding.requirement.to_string()).or_default() += 1;
        }
    }
    found
}

/// Rows that are not judged must not hide a product that stores less than it declares.
#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_keeps_less_than_it_declares_is_caught() {
    for (name, lost) in [
        ("coalesce-catalog", "name.givenName"),
        ("coalesce-catalog", "externalId"),
        ("catalytic", "displayName"),
        ("catalytic", "emails"),
        ("catalytic", "phoneNumbers"),
    ] {
        let declared = Profile::named(name).unwrap();
        let mut real = declared.clone();
        real.users.stored.retain(|path| path != lost);
        assert_eq!(real.users.stored.len() + 1, declared.users.stored.len(), "{name} stores {lost}");
        let found = broken(&declared, real).await;
        assert!(!found.is_empty(), "{name} without {lost} is not caught");
    }
}

fn send(server: &Server, method: Method, target: &str, body: Option<&Value>) -> Response {
    let mut request = Request::new(method, format!("{}{target}", server.profile().base_path));
    request.headers.set("Host", "127.0.0.1");
    if let Some(body) = body {
        request.headers.set("Content-Type", "application/scim+json");
        request.body = Some(body.to_string().into_bytes());
    }
    server.handle(request)
}

/// The five attributes that Catalytic stores, each with what a user has of it (CATALYTIC-009, CATALYTIC-010).
fn five(n: usize) -> [(&'static str, Value); 5] {
    [
        ("givenName", json!({"name": {"givenName": "Erika"}})),
        ("familyName", json!({"name": {"familyName": "Mustermann"}})),
        ("email", json!({"emails": [{"value": format!("erika{n}@example.com"), "type": "work", "primary": true}]})),
        ("displayName", json!({"displayName": "Erika Mustermann"})),
        ("primaryPhone", json!({"phoneNumbers": [{"value": "+49 30 5550100", "type": "work", "primary": true}]})),
    ]
}

fn merge(into: &mut Map<String, Value>, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        match (into.get_mut(name), value) {
            (Some(Value::Object(known)), Value::Object(_)) => merge(known, value),
            _ => _ = into.insert(name.clone(), value.clone()),
        }
    }
}

/// A user with some of the five: bit `i` of `subset` is the `i`th.
fn person(n: usize, subset: usize) -> Map<String, Value> {
    let mut user = Map::from_iter([("userName".to_owned(), json!(format!("Erika{n}")))]);
    for (index, (_, part)) in five(n).iter().enumerate() {
        if subset & (1 << index) != 0 {
            merge(&mut user, part);
        }
    }
    user
}

/// What of a user a client wrote.
fn written(user: &Value) -> Map<String, Value> {
    let mut user = user.as_object().unwrap().clone();
    user.retain(|name, _| !["id", "meta", "schemas", "groups"].contains(&name.as_str()));
    user
}

#[test]
fn every_subset_of_the_five_attributes_makes_a_user_with_exactly_them() {
    let server = serving(Profile::named("catalytic").unwrap());
    // Whatever else comes with it is dropped, already in the answer (CATALYTIC-012).
    let noise = json!({
        "title": "Dr.", "nickName": "Eri", "locale": "de-DE", "roles": [{"value": "admin"}], "entitlements": [{"value": "x"}],
        "addresses": [{"type": "work", "country": "DE"}], "photos": [{"value": "https://example.test/e.png"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Docks"},
    });
    for subset in 0..32 {
        let asked = person(subset, subset);
        let mut sent = asked.clone();
        sent.insert("schemas".into(), json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
        merge(&mut sent, &noise);
        let answer = send(&server, Method::Post, "/Users", Some(&Value::Object(sent)));
        let made = answer.json().unwrap();
        assert_eq!(answer.status, 201, "{subset:05b}: {made}");
        assert_eq!(written(&made), asked, "{subset:05b}");
        let read =
            send(&server, Method::Get, &format!("/Users/{}", made["id"].as_str().unwrap()), None).json().unwrap();
        assert_eq!(read, made, "{subset:05b}");
    }
}

#[test]
fn a_batch_with_collisions_makes_the_new_ones_and_leaves_the_old_ones() {
    let server = serving(Profile::named("catalytic").unwrap());
    let (n, all) = (12, 31);
    let bytes = |id: &str| send(&server, Method::Get, &format!("/Users/{id}"), None).body;
    let mut before = Vec::new();
    for index in [2, 5, 6, 11] {
        let made = send(&server, Method::Post, "/Users", Some(&Value::Object(person(index, all)))).json().unwrap();
        before.push(made["id"].as_str().unwrap().to_owned());
    }
    // One of them is deactivated: its name and address are taken all the same (CATALYTIC-016, CATALYTIC-017).
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    assert_eq!(send(&server, Method::Patch, &format!("/Users/{}", before[1]), Some(&patch)).status, 200);
    let texts: Vec<_> = before.iter().map(|id| bytes(id)).collect();
    let (mut made, mut refused) = (0, 0);
    for index in 0..n {
        let mut user = person(index, all);
        // Some collide by the name, in another case, some by the address alone.
        match index {
            2 => user["userName"] = json!("ERIKA2"),
            5 | 11 => user["userName"] = json!(format!("Other{index}")),
            _ => {}
        }
        let answer = send(&server, Method::Post, "/Users", Some(&Value::Object(user)));
        let body = answer.json().unwrap();
        match answer.status {
            201 => made += 1,
            409 => {
                refused += 1;
                assert_eq!((&body["scimType"], &body["status"]), (&json!("uniqueness"), &json!("409")));
                let detail = body["detail"].as_str().unwrap();
                assert!(detail.len() > 10 && before.iter().all(|id| !detail.contains(id.as_str())), "{detail}");
            }
            status => panic!("{index}: {status} {body}"),
        }
    }
    assert_eq!((made, refused), (n - before.len(), before.len()));
    assert_eq!(before.iter().map(|id| bytes(id)).collect::<Vec<_>>(), texts, "those that were there are as they were");
    let total = send(&server, Method::Get, "/Users?count=0", None).json().unwrap()["totalResults"].clone();
    assert_eq!(total, json!(n));
}

/// A profile of the user's own, of a product that keeps deleted users: what it declares is neither counted against it nor
/// in the way of any client's readiness, seen from outside.
#[test]
fn a_profile_file_whose_product_keeps_deleted_users_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = toml::Table::try_from(Profile::named("reference").unwrap()).unwrap();
    profile["name"] = "keeper".into();
    profile["users"].as_table_mut().unwrap().insert("deletion".into(), "soft".into());
    std::fs::write(folder.path().join("keeper.toml"), profile.to_string()).unwrap();
    let served = Served::start(folder.path(), &["--profile", "./keeper.toml", "--token", TOKEN]);
    let arguments = ["run", "--target", &served.url, "--token-env", "TEST_TOKEN", "--profile", "./keeper.toml"];
    let ended = end(scimproof(folder.path(), &arguments).args(["--seed", "7", "--json", "r.json"]));
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let clients = report["summary"]["idp_profiles"].as_object().unwrap();
    assert!(clients.len() > 5 && clients.values().all(|readiness| readiness == "ready"), "{clients:#?}");
    assert_eq!(report["summary"]["leftovers"], 0);
}

/// What a server supports, demands and keeps unique is its own to choose, and its schemas say so: a stranger of whom no
/// profile tells is not called wrong for it.
#[test]
fn a_stranger_is_judged_by_the_schemas_that_it_publishes() {
    let folder = tempfile::tempdir().unwrap();
    let choices: toml::Table = toml::from_str(
        r#"
        required = ["name.familyName", "emails"]
        stored = ["userName", "active", "externalId", "name", "emails", "displayName"]
        unique = [{ attribute = "emails.value" }, { attribute = "externalId", case_exact = true }]
        renaming = "refused"
        put_without_active = "refused"
        "#,
    )
    .unwrap();
    let mut profile = toml::Table::try_from(Profile::named("rfc").unwrap()).unwrap();
    profile["name"] = "stranger".into();
    profile["users"].as_table_mut().unwrap().extend(choices);
    std::fs::write(folder.path().join("stranger.toml"), profile.to_string()).unwrap();
    let served = Served::start(folder.path(), &["--profile", "./stranger.toml", "--token", TOKEN]);
    let arguments = ["run", "--target", &served.url, "--token-env", "TEST_TOKEN", "--seed", "7", "--json", "r.json"];
    let ended = end(&mut scimproof(folder.path(), &arguments));
    let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let requirements = &report["summary"]["requirements"];
    assert_eq!((&requirements["fail"], &requirements["warn"]), (&json!(0), &json!(0)), "{}", ended.stdout);
    assert!(requirements["pass"].as_u64().unwrap() > 300, "{requirements}");
    assert_eq!(report["summary"]["leftovers"], 0);
    let said = report["skipped"].to_string();
    assert!(said.contains("users without name.familyName"), "{said}");
}

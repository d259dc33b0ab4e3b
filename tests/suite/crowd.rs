//! A tenant that already holds thousands of users and groups of others: a run touches none of them, and judges as it does
//! where nobody is.

use std::collections::BTreeMap;
use std::sync::Arc;

use scimproof::fault::Faulty;
use scimproof::profile::Profile;
use scimproof::run::Options;
use scimproof::server::Server;
use scimproof::store::{From, Kind, Links, MemoryStore, Select, Store};
use scimproof::verdict::Verdict;
use serde_json::{Value, json};

use super::faults::{complaints, play};

const USERS: usize = 3000;
const GROUPS: usize = 200;

/// What a name may hold; some look like what a run makes, or like what it retires.
const NAMES: [&str; 12] = [
    "user{n}@example.com",
    "O'Neil{n}",
    "quo\"te{n}",
    "back\\slash{n}",
    "100%25-{n}",
    "a b+c&d=e#{n}",
    "Łukasz.Ångström{n}@example.com",
    "王小明{n}",
    "ÜPPER{n}@EXAMPLE.COM",
    "retired{n}@example.com",
    "x.sp7.{n}@example.com",
    "*) or (userName pr {n}",
];

/// The scenarios that a crowd could mislead: they list, search, count, page and remove.
const SOME: [&str; 14] = [
    "okta/import/",
    "okta/groups/",
    "okta/duplicates/",
    "entra/users/",
    "entra/groups/",
    "ping/",
    "jumpcloud/",
    "rfc/pages/",
    "rfc/paging",
    "rfc/delete/",
    "rfc/sorting/",
    "rfc/tenants/",
    "rfc/groups/",
    "rfc/cursor/walk",
];

/// People and groups of others, in a stable order.
fn populate(server: &Server, profile: &Profile) {
    let mut ids: Vec<Value> = Vec::new();
    for n in 0..USERS {
        let name = NAMES[n % NAMES.len()].replace("{n}", &n.to_string());
        let mut user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": n % 10 != 9,
            "externalId": format!("ext-{n}"),
        });
        if n % 3 > 0 {
            user["displayName"] = json!(format!("Person {n}"));
            user["name"] = json!({"givenName": "Pat", "familyName": name});
        }
        if n % 2 > 0 {
            user["emails"] = json!([{"value": format!("p{n}@example.com"), "type": "work", "primary": true}]);
            user["title"] = json!("Clerk");
        }
        ids.push(play::create(server, profile, "/Users", &user)["id"].clone());
    }
    assert!(ids.iter().all(Value::is_string), "everybody was made");
    for n in 0..GROUPS {
        let members: Vec<Value> = (0..n % 40).map(|m| json!({"value": ids[(n * 17 + m * 31) % USERS]})).collect();
        let name = NAMES[n % NAMES.len()].replace("{n}", &format!("team {n}"));
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let group = json!({"schemas": schemas, "displayName": name, "members": members});
        assert!(play::create(server, profile, "/Groups", &group)["id"].is_string());
    }
}

/// Everything that the store holds, versions and times included.
fn content(store: &MemoryStore) -> Vec<String> {
    let of = |kind| store.list("default", kind, &Select::All, From::Offset(0), usize::MAX, Links::All).unwrap();
    Kind::ALL.into_iter().flat_map(of).map(|record| format!("{record:?}")).collect()
}

/// Requirements with what became of them, and readiness.
fn outcomes(verdict: &Verdict) -> BTreeMap<String, String> {
    let judged = verdict.requirements.iter().map(|it| (it.id.clone(), format!("{:?}", it.outcome)));
    judged.chain(play::readiness(verdict).into_iter().map(|(id, it)| (id, format!("{it:?}")))).collect()
}

/// With `SCIMPROOF_ALL_SCENARIOS` set, every scenario, which takes a minute.
#[test]
fn a_crowd_of_others_is_left_as_it_is_and_changes_no_verdict() {
    let profile = play::profile();
    let all = std::env::var_os("SCIMPROOF_ALL_SCENARIOS").is_some();
    let plays = play::scenarios(|it| all || SOME.iter().any(|some| it.id.starts_with(some)));
    assert!(plays.len() > 60, "{}", plays.len());
    let judge = |crowded: &bool| {
        let store = Arc::new(MemoryStore::new());
        let server = play::bare(&profile, Arc::clone(&store) as Arc<dyn Store>);
        if *crowded {
            populate(&server, &profile);
        }
        let before = content(&store);
        assert_eq!(before.len(), if *crowded { USERS + GROUPS } else { 0 });
        let transport = play::transport(&profile, Faulty::new(server));
        let verdict = play::play(transport, &profile, &Options::default(), if all { &[] } else { &plays }).unwrap();
        assert!(verdict.facts.leftovers.is_empty(), "{:?}", verdict.facts.leftovers);
        assert!(content(&store) == before, "somebody of the others was touched, or something was left");
        vec![outcomes(&verdict)]
    };
    let all = std::sync::Mutex::new(BTreeMap::new());
    let wrong = complaints(&[false, true], |crowded| {
        let outcomes = judge(crowded);
        all.lock().unwrap().insert(*crowded, outcomes);
        vec![]
    });
    assert!(wrong.is_empty());
    let all = all.into_inner().unwrap();
    let differs: Vec<_> =
        all[&true][0].iter().filter(|(id, outcome)| all[&false][0].get(*id) != Some(outcome)).collect();
    assert!(differs.is_empty() && all[&true][0].len() == all[&false][0].len(), "{differs:?}");
}

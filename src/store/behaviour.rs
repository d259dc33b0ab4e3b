//! What every store must do, as one table of tests that each implementation runs.

use serde_json::json;
use time::OffsetDateTime;

use super::*;

type Test = fn(&dyn Store);

/// The table: name and test. A test gets an empty store.
pub(crate) const ALL: &[(&str, Test)] = &[
    ("a created record is read back", created_is_read),
    ("names are unique where asked, and free again after rename and delete", uniqueness),
    ("a held value is nobody else's until its holder gives it up", held_values),
    ("held values follow every history of writes as a map of holders does", held_histories),
    ("of writers that want one held value at once, one gets it", held_at_once),
    ("a write on an old version is stale and changes nothing", compare_and_set),
    ("memberships are seen from both ends and follow deletion", memberships),
    ("unknown members are refused or kept", strangers),
    ("look-ups and pages have one stable order", selection),
    ("pages by name follow every change", names_in_order),
    ("tenants do not see each other", isolation),
    ("writers side by side lose nothing", concurrency),
];

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_700_000_000 + second).unwrap()
}

fn keys(name: &str, unique: bool) -> Keys {
    Keys {
        name: name.into(),
        unique,
        held: Vec::new(),
        external_id: Some(format!("x-{name}")),
        label: format!("Label {name}"),
    }
}

fn body(name: &str) -> Body {
    let serde_json::Value::Object(object) = json!({"userName": name, "title": "Ä \"x\""}) else { unreachable!() };
    Body::new(object)
}

pub(crate) fn draft(kind: Kind, id: &str, name: &str, members: &[&str]) -> Draft {
    Draft {
        id: id.into(),
        kind,
        keys: keys(name, kind == Kind::User),
        body: body(name),
        members: members.iter().map(|id| member(id)).collect(),
        strangers: Strangers::Refuse,
        now: at(0),
    }
}

fn member(id: &str) -> Member {
    Member { id: id.into(), display: None }
}

fn change(kind: Kind, id: &str, name: &str, expected: u64) -> Change {
    Change {
        id: id.into(),
        kind,
        expected,
        keys: keys(name, kind == Kind::User),
        body: body(name),
        members: Members::KEEP,
        strangers: Strangers::Refuse,
        now: at(9),
    }
}

fn user(store: &dyn Store, id: &str, name: &str) -> Record {
    store.create("t", draft(Kind::User, id, name, &[])).unwrap()
}

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.id.as_str()).collect()
}

fn links(store: &dyn Store, kind: Kind, id: &str) -> Vec<String> {
    let record = store.get("t", kind, id, Links::All).unwrap().unwrap();
    record.links.into_iter().map(|link| link.id).collect()
}

fn created_is_read(store: &dyn Store) {
    let made = user(store, "1", "ann");
    let read = store.get("t", Kind::User, "1", Links::All).unwrap().unwrap();
    assert_eq!((made.version, read.version, read.created, read.modified), (1, 1, at(0), at(0)));
    assert_eq!(read.body.object().unwrap()["title"], "Ä \"x\"");
    assert_eq!(made.sequence, read.sequence);
    assert!(store.get("t", Kind::Group, "1", Links::Skip).unwrap().is_none(), "another kind");
    assert!(store.get("t", Kind::User, "2", Links::Skip).unwrap().is_none());
}

fn uniqueness(store: &dyn Store) {
    user(store, "1", "ann");
    user(store, "2", "bob");
    assert_eq!(store.create("t", draft(Kind::User, "3", "ann", &[])).unwrap_err(), StoreError::Taken);
    assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 2, "no residue");
    assert_eq!(store.replace("t", change(Kind::User, "2", "ann", 1)).unwrap_err(), StoreError::Taken);
    store.replace("t", change(Kind::User, "1", "ann", 1)).unwrap();
    store.replace("t", change(Kind::User, "1", "cid", 2)).unwrap();
    store.replace("t", change(Kind::User, "2", "ann", 1)).unwrap();
    store.delete("t", Kind::User, "2", None, at(1)).unwrap();
    user(store, "4", "ann");
    for id in ["5", "6"] {
        store.create("t", draft(Kind::Group, id, "twins", &[])).unwrap();
    }
    let mut only = draft(Kind::Group, "7", "only", &[]);
    only.keys.unique = true;
    store.create("t", only.clone()).unwrap();
    only.id = "8".into();
    assert_eq!(store.create("t", only).unwrap_err(), StoreError::Taken);
}

fn holding(values: &[&str]) -> Vec<Held> {
    values.iter().map(|value| Held { attribute: "emails.value".into(), key: (*value).into() }).collect()
}

fn drafted(kind: Kind, id: &str, values: &[&str]) -> Draft {
    let mut made = draft(kind, id, id, &[]);
    made.keys.held = holding(values);
    made
}

fn rewrite(id: &str, expected: u64, values: &[&str]) -> Change {
    let mut made = change(Kind::User, id, id, expected);
    made.keys.held = holding(values);
    made
}

fn held_values(store: &dyn Store) {
    let taken = StoreError::Held("emails.value".into());
    store.create("t", drafted(Kind::User, "1", &["a@x", "b@x"])).unwrap();
    assert_eq!(store.create("t", drafted(Kind::User, "2", &["c@x", "b@x"])).unwrap_err(), taken);
    assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 1, "no residue");
    store.create("t", drafted(Kind::User, "2", &["c@x"])).unwrap();
    assert_eq!(store.replace("t", rewrite("2", 1, &["a@x"])).unwrap_err(), taken);
    assert_eq!(store.get("t", Kind::User, "2", Links::Skip).unwrap().unwrap().version, 1, "nothing was written");
    store.replace("t", rewrite("1", 1, &["b@x", "d@x"])).unwrap();
    store.replace("t", rewrite("2", 1, &["a@x", "c@x"])).unwrap();
    store.create("other", drafted(Kind::User, "1", &["a@x"])).unwrap();
    store.create("t", drafted(Kind::Group, "g", &["a@x"])).unwrap();
    let mut elsewhere = drafted(Kind::User, "3", &[]);
    elsewhere.keys.held = vec![Held { attribute: "externalId".into(), key: "a@x".into() }];
    store.create("t", elsewhere).unwrap();
    store.delete("t", Kind::User, "2", None, at(1)).unwrap();
    store.create("t", drafted(Kind::User, "4", &["a@x", "c@x"])).unwrap();
    assert_eq!(store.create("t", drafted(Kind::User, "5", &["b@x"])).unwrap_err(), taken);
}

/// 400 writes drawn by a fixed recurrence over four users and five values, against a map that says who holds what.
fn held_histories(store: &dyn Store) {
    let mut state: u32 = 7;
    let mut draw = |most: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % most
    };
    let mut holders: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let mut versions: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for step in 0..400 {
        let id = draw(4).to_string();
        let values: Vec<String> = (0..5).filter(|_| draw(3) == 0).map(|value| format!("v{value}")).collect();
        let wanted: Vec<&str> = values.iter().map(String::as_str).collect();
        let free = values.iter().all(|value| holders.get(value).is_none_or(|holder| *holder == id));
        let version = versions.get(&id).copied();
        let done = match version {
            Some(_) if draw(5) == 0 => {
                store.delete("t", Kind::User, &id, None, at(step)).unwrap();
                holders.retain(|_, holder| *holder != id);
                versions.remove(&id);
                continue;
            }
            Some(version) => store.replace("t", rewrite(&id, version, &wanted)),
            None => store.create("t", drafted(Kind::User, &id, &wanted)),
        };
        assert_eq!(done.is_ok(), free, "step {step}: {id} wants {values:?} of {holders:?}");
        if done.is_ok() {
            holders.retain(|_, holder| *holder != id);
            holders.extend(values.into_iter().map(|value| (value, id.clone())));
            versions.insert(id, version.unwrap_or_default() + 1);
        }
    }
    assert!(!holders.is_empty() && !versions.is_empty());
}

fn held_at_once(store: &dyn Store) {
    for round in 0..8 {
        let won = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let (id, value) = (format!("{round}-{writer}"), format!("v{round}"));
                    scope.spawn(move || store.create("t", drafted(Kind::User, &id, &[&value])))
                })
                .collect();
            let outcomes = writers.into_iter().map(|writer| writer.join().unwrap());
            outcomes
                .filter(|outcome| match outcome {
                    Ok(_) => true,
                    Err(error) => {
                        assert_eq!(*error, StoreError::Held("emails.value".into()));
                        false
                    }
                })
                .count()
        });
        assert_eq!(won, 1, "round {round}");
    }
    assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 8);
}

fn compare_and_set(store: &dyn Store) {
    user(store, "1", "ann");
    let second = store.replace("t", change(Kind::User, "1", "bob", 1)).unwrap();
    assert_eq!((second.version, second.created, second.modified), (2, at(0), at(9)));
    assert_eq!(store.replace("t", change(Kind::User, "1", "cid", 1)).unwrap_err(), StoreError::Stale);
    assert_eq!(store.delete("t", Kind::User, "1", Some(1), at(9)).unwrap_err(), StoreError::Stale);
    assert_eq!(store.replace("t", change(Kind::User, "9", "cid", 1)).unwrap_err(), StoreError::Missing);
    assert_eq!(store.replace("t", change(Kind::Group, "1", "cid", 2)).unwrap_err(), StoreError::Missing);
    let read = store.get("t", Kind::User, "1", Links::Skip).unwrap().unwrap();
    assert_eq!((read.version, read.body.object().unwrap()["userName"].as_str()), (2, Some("bob")));
    store.delete("t", Kind::User, "1", Some(2), at(9)).unwrap();
    assert_eq!(store.delete("t", Kind::User, "1", None, at(9)).unwrap_err(), StoreError::Missing);
}

fn memberships(store: &dyn Store) {
    for (id, name) in [("1", "ann"), ("2", "bob"), ("3", "cid")] {
        user(store, id, name);
    }
    store.create("t", draft(Kind::Group, "g", "green", &["2", "1"])).unwrap();
    store.create("t", draft(Kind::Group, "h", "hue", &["g", "1", "h"])).unwrap();
    assert_eq!(links(store, Kind::Group, "g"), ["2", "1"]);
    assert_eq!(links(store, Kind::User, "1"), ["g", "h"]);
    let group = store.get("t", Kind::Group, "h", Links::All).unwrap().unwrap();
    let first = Link { id: "g".into(), kind: Some(Kind::Group), display: Some("Label green".into()) };
    assert_eq!(group.links[0], first);
    assert!(store.get("t", Kind::Group, "h", Links::Skip).unwrap().unwrap().links.is_empty());
    let some = ["3".to_owned(), "1".to_owned()];
    assert_eq!(store.get("t", Kind::Group, "g", Links::Among(&some)).unwrap().unwrap().links.len(), 1);

    let mut swap = change(Kind::Group, "g", "green", 1);
    swap.members = Members { add: vec![named("3", "Cee"), named("1", "late")], remove: vec!["2".into(), "zz".into()] };
    store.replace("t", swap).unwrap();
    assert_eq!(links(store, Kind::Group, "g"), ["1", "3"]);
    let group = store.get("t", Kind::Group, "g", Links::All).unwrap().unwrap();
    let shown: Vec<_> = group.links.iter().filter_map(|link| link.display.as_deref()).collect();
    assert_eq!(shown, ["Label ann", "Cee"], "the name given at joining, else the label");
    let user = store.get("t", Kind::User, "3", Links::All).unwrap().unwrap();
    assert_eq!(user.links[0].display.as_deref(), Some("Label green"));
    assert!(links(store, Kind::User, "2").is_empty());

    store.delete("t", Kind::User, "1", None, at(5)).unwrap();
    let group = store.get("t", Kind::Group, "g", Links::All).unwrap().unwrap();
    assert_eq!((group.version, group.modified, ids_of(&group)), (3, at(5), vec!["3"]));
    store.delete("t", Kind::Group, "g", None, at(6)).unwrap();
    assert!(links(store, Kind::User, "3").is_empty());
    assert_eq!(links(store, Kind::Group, "h"), ["h"]);
    store.delete("t", Kind::Group, "h", None, at(7)).unwrap();
}

fn named(id: &str, display: &str) -> Member {
    Member { id: id.into(), display: Some(display.into()) }
}

fn ids_of(record: &Record) -> Vec<&str> {
    record.links.iter().map(|link| link.id.as_str()).collect()
}

fn strangers(store: &dyn Store) {
    user(store, "1", "ann");
    let refused = store.create("t", draft(Kind::Group, "g", "green", &["1", "zz"])).unwrap_err();
    assert_eq!(refused, StoreError::Stranger("zz".into()));
    assert!(store.get("t", Kind::Group, "g", Links::Skip).unwrap().is_none());
    let mut kept = draft(Kind::Group, "g", "green", &["zz"]);
    kept.strangers = Strangers::Keep;
    store.create("t", kept).unwrap();
    let group = store.get("t", Kind::Group, "g", Links::All).unwrap().unwrap();
    assert_eq!(group.links, [Link { id: "zz".into(), kind: None, display: None }]);
    let mut refused = change(Kind::Group, "g", "other", 1);
    refused.members.add = vec![member("1"), member("yy")];
    assert_eq!(store.replace("t", refused).unwrap_err(), StoreError::Stranger("yy".into()));
    let group = store.get("t", Kind::Group, "g", Links::All).unwrap().unwrap();
    assert_eq!((group.version, group.links.len()), (1, 1), "nothing of a refused change stays");
}

fn selection(store: &dyn Store) {
    for n in 0..7 {
        user(store, &format!("{}", 9 - n), &format!("name{n}"));
    }
    store.create("t", draft(Kind::Group, "g", "name3", &[])).unwrap();
    let list = |select: &Select, from, limit| {
        let records = store.list("t", Kind::User, select, from, limit, Links::Skip).unwrap();
        ids(&records).join(" ")
    };
    assert_eq!(list(&Select::All, From::Offset(0), 100), "9 8 7 6 5 4 3");
    assert_eq!(list(&Select::All, From::Offset(5), 100), "4 3");
    assert_eq!(list(&Select::All, From::Offset(9), 100), "");
    let third = store.get("t", Kind::User, "7", Links::Skip).unwrap().unwrap();
    assert_eq!(list(&Select::All, From::After(third.sequence), 2), "6 5");
    assert_eq!(list(&Select::Name("name3".into()), From::Offset(0), 5), "6");
    assert_eq!(list(&Select::Name("name3".into()), From::Offset(1), 5), "");
    assert_eq!(list(&Select::ExternalId("x-name1".into()), From::After(0), 5), "8");
    assert_eq!(list(&Select::Id("5".into()), From::After(0), 5), "5");
    for (select, count) in [
        (Select::All, 7),
        (Select::Id("5".into()), 1),
        (Select::Id("g".into()), 0),
        (Select::Name("name3".into()), 1),
        (Select::ExternalId("X-NAME1".into()), 0),
    ] {
        assert_eq!(store.count("t", Kind::User, &select).unwrap(), count, "{select:?}");
    }
}

fn names_in_order(store: &dyn Store) {
    for (id, name) in [("1", "m"), ("2", "é"), ("3", "a"), ("4", "z"), ("5", "mm")] {
        user(store, id, name);
    }
    store.create("t", draft(Kind::Group, "g", "b", &["3"])).unwrap();
    store.create("other", draft(Kind::User, "6", "c", &[])).unwrap();
    let page = |order, offset, limit| {
        let records = store.by_name("t", Kind::User, (order, offset, limit), Links::All).unwrap();
        let links: usize = records.iter().map(|record| record.links.len()).sum();
        (ids(&records).concat(), links)
    };
    assert_eq!(page(Order::Ascending, 0, 9), ("31542".into(), 1));
    assert_eq!(page(Order::Descending, 0, 9), ("24513".into(), 1));
    assert_eq!(page(Order::Ascending, 1, 2), ("15".into(), 0));
    assert_eq!(page(Order::Descending, 4, 2), ("3".into(), 1));
    assert_eq!(page(Order::Ascending, 5, 2), (String::new(), 0));
    store.replace("t", change(Kind::User, "3", "n", 1)).unwrap();
    store.delete("t", Kind::User, "4", None, at(1)).unwrap();
    assert_eq!(page(Order::Ascending, 0, 9).0, "1532");
    assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 4);
}

fn isolation(store: &dyn Store) {
    user(store, "1", "ann");
    store.create("other", draft(Kind::User, "2", "ann", &[])).unwrap();
    assert!(store.get("other", Kind::User, "1", Links::All).unwrap().is_none());
    assert_eq!(store.delete("other", Kind::User, "1", None, at(1)).unwrap_err(), StoreError::Missing);
    let foreign = store.create("other", draft(Kind::Group, "g", "green", &["1"])).unwrap_err();
    assert_eq!(foreign, StoreError::Stranger("1".into()));
    assert_eq!(store.count("nobody", Kind::User, &Select::All).unwrap(), 0);
}

fn concurrency(store: &dyn Store) {
    store.create("t", draft(Kind::Group, "g", "green", &[])).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                for n in 0..8 {
                    let id = format!("{writer}-{n}");
                    user(store, &id, &id);
                    assert_eq!(
                        store.create("t", draft(Kind::User, &format!("dup-{id}"), &id, &[])).unwrap_err(),
                        StoreError::Taken
                    );
                    loop {
                        let seen = store.get("t", Kind::Group, "g", Links::Skip).unwrap().unwrap();
                        let mut join = change(Kind::Group, "g", "green", seen.version);
                        join.members.add = vec![member(&id)];
                        match store.replace("t", join) {
                            Ok(_) => break,
                            Err(error) => assert_eq!(error, StoreError::Stale),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(links(store, Kind::Group, "g").len(), 32);
    assert_eq!(store.get("t", Kind::Group, "g", Links::Skip).unwrap().unwrap().version, 33);
    assert_eq!(store.count("t", Kind::User, &Select::All).unwrap(), 32);
}

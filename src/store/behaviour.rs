//! What every store must do, as one table of tests that each implementation runs.

use serde_json::json;
use time::OffsetDateTime;

use super::*;

type Test = fn(&dyn Store);

/// The table: name and test. A test gets an empty store.
pub(crate) const ALL: &[(&str, Test)] = &[
    ("a created record is read back", created_is_read),
    ("names are unique where asked, and free again after rename and delete", uniqueness),
    ("a write on an old version is stale and changes nothing", compare_and_set),
    ("memberships are seen from both ends and follow deletion", memberships),
    ("unknown members are refused or kept", strangers),
    ("look-ups and pages have one stable order", selection),
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

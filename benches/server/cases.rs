//! The measurements: what is set up, which ways take turns, which ratio is printed.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::arms::Arm;
use crate::client::{Figure, Make, Way, ask, load};
use crate::figures::{interleaved, print};
use crate::{people, say};

/// How long each way has its turn.
const TURN: Duration = Duration::from_secs(2);
/// Connections, where nothing else is said.
const CONNECTIONS: usize = 64;

const fn way(connections: usize, status: u16) -> Way {
    Way { connections, time: TURN, pause: Duration::ZERO, first: 0, status }
}

/// A step through the population that meets everybody before it meets anybody again.
fn someone(number: u64, users: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b1) % users
}

fn by_id(users: u64, query: &'static str) -> Make {
    Rc::new(move |number| ("GET", format!("/Users/{}{query}", people::id(someone(number, users))), String::new()))
}

fn by_name(users: u64) -> Make {
    Rc::new(move |number| {
        let name = people::name(someone(number, users));
        ("GET", format!("/Users?filter=userName%20eq%20%22{}%22", name.replace('@', "%40")), String::new())
    })
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

/// Users in a server in memory: their ids.
fn people_by_post(arm: &Arm, users: u64) -> Vec<String> {
    let made = |number| ask(arm, "POST", "/Users", &people::body(number)).1["id"].as_str().map(str::to_owned);
    (0..users).map(|number| made(number).expect("an id")).collect()
}

/// GET by id, against hyper with the same bytes.
pub fn get(users: u64) {
    let memory = Arm::scim("memory");
    let ids = Rc::new(people_by_post(&memory, 1000));
    let body = ask(&memory, "GET", &format!("/Users/{}", ids[0]), &Value::Null).1.to_string();
    let bare = Arm::bare(&body);
    let file = people::file(users);
    let sqlite = Arm::scim(path(&file));
    let held = |query: &'static str| -> Make {
        let ids = Rc::clone(&ids);
        let some = move |number: u64| ids[usize::try_from(someone(number, 1000)).expect("a small number")].clone();
        Rc::new(move |number| ("GET", format!("/Users/{}{query}", some(number)), String::new()))
    };
    let projected = "?attributes=userName,emails.value,active";
    let ways: [(&Arm, Make); 5] = [
        (&bare, by_id(users, "")),
        (&memory, held("")),
        (&memory, held(projected)),
        (&sqlite, by_id(users, "")),
        (&sqlite, by_id(users, projected)),
    ];
    let names = ["bare hyper", "memory", "memory, attributes=", "SQLite", "SQLite, attributes="];
    let rows = interleaved(&names, |_, turn| load(ways[turn].0, way(CONNECTIONS, 200), &ways[turn].1));
    let goals = [(1, 0, ", goal 0.80"), (2, 0, ", goal 0.80"), (3, 0, ", goal 0.50"), (4, 0, "")];
    print(&format!("GET by id, {} bytes, 64 connections; in SQLite {users} users", body.len()), &rows, &goals);
}

/// `userName eq` against GET by id, in memory and in SQLite.
pub fn eq(users: u64) {
    let file = people::file(users);
    let arm = Arm::scim(path(&file));
    let ways = [by_id(users, ""), by_name(users)];
    let rows = interleaved(&["GET by id", "userName eq"], |_, turn| load(&arm, way(CONNECTIONS, 200), &ways[turn]));
    print(&format!("userName eq, {users} users in SQLite"), &rows, &[(1, 0, ", goal 0.80")]);
}

/// Creates by SQLite alone, so many in a synced transaction.
struct Loop {
    _folder: tempfile::TempDir,
    db: rusqlite::Connection,
    sql: &'static str,
    next: u64,
}

const BATCH: u64 = 64;

impl Loop {
    /// A table with the least that keeps a user: id and name unique.
    fn lean(users: u64) -> Self {
        let folder = tempfile::tempdir_in(people::file(users).parent().expect("a folder")).expect("a folder");
        let db = rusqlite::Connection::open(folder.path().join("lean.db")).expect("a file");
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE resource \
                          (id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, external TEXT, body TEXT NOT NULL)",
        )
        .expect("a table");
        let sql = "INSERT INTO resource (id, name, external, body) VALUES (?1, ?2, ?3, ?4)";
        let mut made = Self { _folder: folder, db, sql, next: 0 };
        while made.next < users {
            made.batch(4096.min(users - made.next));
        }
        made
    }

    /// The server's own table with all its indices.
    fn full(users: u64) -> Self {
        let (folder, copy) = people::copy(&people::file(users));
        let db = rusqlite::Connection::open(copy).expect("a file");
        db.pragma_update(None, "synchronous", "FULL").expect("a setting");
        let sql = "INSERT INTO resource (tenant, kind, id, name_key, unique_key, external_id, label, version, \
                   created_ms, modified_ms, body) VALUES ('default', 'User', ?1, ?2, ?2, ?3, 'Robin', 1, 0, 0, ?4)";
        Self { _folder: folder, db, sql, next: users }
    }

    fn batch(&mut self, size: u64) {
        let transaction = self.db.unchecked_transaction().expect("a transaction");
        let mut insert = transaction.prepare_cached(self.sql).expect("a statement");
        for number in self.next..self.next + size {
            let name = people::name(number);
            let body = people::body(number).to_string();
            insert.execute(rusqlite::params![people::id(number), name, format!("e-{number}"), body]).expect("a row");
        }
        drop(insert);
        transaction.commit().expect("a commit");
        self.next += size;
    }

    fn turn(&mut self) -> Figure {
        let begin = Instant::now();
        let first = self.next;
        while begin.elapsed() < TURN {
            self.batch(BATCH);
        }
        let count = self.next - first;
        Figure { rate: count as f64 / begin.elapsed().as_secs_f64(), cpu: f64::NAN, count }
    }

    /// Milliseconds of one synced transaction of one row.
    fn sync(&mut self) -> f64 {
        let begin = Instant::now();
        (0..50).for_each(|_| self.batch(1));
        begin.elapsed().as_secs_f64() * 1000.0 / 50.0
    }
}

/// Durable POST against SQLite's own loop, and 64 connections against one.
pub fn post(users: u64) {
    let (_folder, copy) = people::copy(&people::file(users));
    let arm = Arm::scim(path(&copy));
    let (mut lean, mut full) = (Loop::lean(users), Loop::full(users));
    let next = Cell::new(users);
    let make: Make = Rc::new(|number| ("POST", "/Users".into(), people::body(number).to_string()));
    let posts = |connections| {
        let figure = load(&arm, Way { first: next.get(), ..way(connections, 201) }, &make);
        next.set(next.get() + figure.count);
        figure
    };
    let names =
        ["POST, 64 connections", "POST, 1 connection", "SQLite, batch 64, two indices", "SQLite, batch 64, our table"];
    let mut syncs = Vec::new();
    let rows = interleaved(&names, |_, turn| match turn {
        0 => posts(CONNECTIONS),
        1 => posts(1),
        2 => {
            syncs.push(lean.sync());
            lean.turn()
        }
        _ => full.turn(),
    });
    let goals = [(0, 2, ", goal 0.80"), (0, 3, ""), (0, 1, ", goal 10 where a sync costs over 2 ms, 3 anywhere")];
    print(&format!("Durable POST, {users} users before"), &rows, &goals);
    let (sync, least, most) = crate::figures::spread(syncs);
    say(&format!("  a synced transaction of one row: {sync:.2} ms ({least:.2} to {most:.2})"));
}

/// PATCH of one member: small and large groups.
pub fn patch(users: u64) {
    let sizes = [20, 200, 2000, 20_000];
    let arms: Vec<(tempfile::TempDir, Arm)> = sizes
        .iter()
        .map(|members| {
            let (folder, copy) = people::copy(&people::file(users));
            people::add_groups(&copy, 1, *members);
            (folder, Arm::scim(path(&copy)))
        })
        .collect();
    // Each request changes something: who is in leaves, who is not joins.
    let make: Make = Rc::new(|number| {
        let member = people::id(30_000 + number / 2);
        let operation = match number % 2 {
            0 => json!({"op": "add", "path": "members", "value": [{"value": member}]}),
            _ => json!({"op": "remove", "path": format!("members[value eq \"{member}\"]")}),
        };
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
        ("PATCH", format!("/Groups/{}", people::group_id(0)), body.to_string())
    });
    let names = ["20 members", "200 members", "2,000 members", "20,000 members"];
    let first = Cell::new(0);
    let rows = interleaved(&names, |_, turn| {
        let figure = load(&arms[turn].1, Way { first: first.get(), ..way(1, 204) }, &make);
        first.set(first.get() + figure.count + figure.count % 2);
        figure
    });
    print("PATCH of one member, SQLite, 1 connection", &rows, &[(3, 0, ", goal: flat")]);
}

/// A list of groups without members: small and large groups.
pub fn list(users: u64) {
    let sizes = [10, 1000, 20_000];
    let arms: Vec<(tempfile::TempDir, Arm)> = sizes
        .iter()
        .map(|members| {
            let (folder, copy) = people::copy(&people::file(users));
            people::add_groups(&copy, 10, *members);
            (folder, Arm::scim(path(&copy)))
        })
        .collect();
    let make: Make = Rc::new(|_| ("GET", "/Groups?excludedAttributes=members".into(), String::new()));
    let rows = interleaved(&["10 members", "1,000 members", "20,000 members"], |_, turn| {
        load(&arms[turn].1, way(CONNECTIONS, 200), &make)
    });
    print("List of 10 groups, excludedAttributes=members, SQLite", &rows, &[(2, 0, ", goal: flat")]);
}

/// Pages of 100 by cursor, the first and one near the end; and by index.
pub fn page(users: u64) {
    let file = people::file(users);
    let arm = Arm::scim(path(&file));
    let target = |cursor: &str| format!("/Users?count=100&cursor={cursor}");
    // The server keeps the last 10,000 cursors, and every page makes one: so each turn is short and walks anew.
    let walk = || {
        let mut cursor = String::new();
        for _ in 0..(users / 100).saturating_sub(2) {
            let page = ask(&arm, "GET", &target(&cursor), &Value::Null).1;
            cursor = page["nextCursor"].as_str().expect("a further page").to_owned();
        }
        target(&cursor)
    };
    let by_index = format!("/Users?count=100&startIndex={}", users - 150);
    let sorted = "/Users?count=100&sortBy=userName".to_owned();
    let filtered = "/Users?count=100&filter=name.familyName%20eq%20%22Nobody%22".to_owned();
    let targets = [target(""), String::new(), "/Users?count=100".to_owned(), by_index, sorted, filtered];
    let names = [
        "cursor, page 1",
        "cursor, last but one page",
        "startIndex=1",
        "startIndex near the end",
        "sortBy=userName, page 1",
        "a filter without index: scan",
    ];
    let rows = interleaved(&names, |_, turn| {
        let target = if turn == 1 { walk() } else { targets[turn].clone() };
        let make: Make = Rc::new(move |_| ("GET", target.clone(), String::new()));
        load(&arm, Way { time: TURN / 2, ..way(1, 200) }, &make)
    });
    print(
        &format!("Pages of 100 of {users} users in SQLite, 1 connection"),
        &rows,
        &[(1, 0, ", goal: equal"), (3, 2, "")],
    );
}

/// GET by id and `userName eq` by size of the store, and GET by id by connections and round trip.
pub fn growth(users: u64) {
    let sizes: Vec<u64> = [1000, 10_000, 100_000, 1_000_000].into_iter().filter(|size| *size <= users).collect();
    let arms: Vec<Arm> = sizes.iter().map(|size| Arm::scim(path(&people::file(*size)))).collect();
    let names: Vec<String> = sizes
        .iter()
        .flat_map(|size| [format!("GET by id, {size} users"), format!("userName eq, {size} users")])
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = interleaved(&names, |_, turn| {
        let size = sizes[turn / 2];
        let make = if turn % 2 == 0 { by_id(size, "") } else { by_name(size) };
        load(&arms[turn / 2], way(CONNECTIONS, 200), &make)
    });
    let last = names.len() - 2;
    let goals: &[(usize, usize, &str)] = if last >= 6 { &[(6, 4, ", goal 0.50")] } else { &[] };
    print("By users in SQLite, 64 connections", &rows, goals);
    let mut ways = Vec::new();
    for pause in [0, 50] {
        ways.extend([1, 4, 16, 64].map(|connections| (connections, Duration::from_millis(pause))));
    }
    let names: Vec<String> = ways
        .iter()
        .map(|(connections, pause)| format!("{connections} connections, {} ms", pause.as_millis()))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let size = sizes[sizes.len() - 1];
    let rows = interleaved(&names, |_, turn| {
        let (connections, pause) = ways[turn];
        load(&arms[sizes.len() - 1], Way { pause, ..way(connections, 200) }, &by_id(size, ""))
    });
    print(&format!("GET by id, {size} users, by connections and round trip"), &rows, &[]);
}

/// What the process holds after reads, look-ups, pages and writes all over a file.
pub fn memory(users: u64) {
    let (_folder, copy) = people::copy(&people::file(users));
    let arm = Arm::scim(path(&copy));
    let show = |when: &str| {
        let (own, most) = arm.memory();
        say(&format!("  {when:<44} {own} MiB of its own, {most} MiB at the most with pages of files"));
    };
    say(&format!("\nMemory of `serve` on SQLite with {users} users"));
    show("after the start");
    load(&arm, Way { time: 4 * TURN, ..way(CONNECTIONS, 200) }, &by_id(users, ""));
    show("after GET by id of anybody");
    load(&arm, Way { time: 2 * TURN, ..way(CONNECTIONS, 200) }, &by_name(users));
    show("after userName eq");
    let scan: Make =
        Rc::new(|_| ("GET", "/Users?filter=name.familyName%20eq%20%22Nobody%22".to_owned(), String::new()));
    load(&arm, way(1, 200), &scan);
    show("after a scan");
    let sort: Make = Rc::new(|_| ("GET", "/Users?sortBy=title&count=100".to_owned(), String::new()));
    load(&arm, way(1, 200), &sort);
    show("after a sort without index");
    let make: Make = Rc::new(|number| ("POST", "/Users".into(), people::body(number).to_string()));
    load(&arm, Way { first: users, time: 2 * TURN, ..way(CONNECTIONS, 201) }, &make);
    show("after creates by 64 connections");
}

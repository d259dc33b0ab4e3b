//! What was written is read at once, over SQLite with several readers and while others write to the same file.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Threads that read all the time.
const READERS: usize = 3;
/// How often everything is written.
const ROUNDS: usize = 12;

/// A resource, or what of it stands at an address.
fn read(world: &World, target: &str, at: &str) -> (u16, Vec<Value>) {
    // Several times, because each reader may have a snapshot of its own.
    let answers: Vec<_> = (0..READERS).map(|_| world.send(&format!("GET {target}"), "")).collect();
    let seen: Vec<_> = answers.iter().map(|answer| (answer.status, found(answer, at))).collect();
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    seen[0].clone()
}

fn write(world: &World, send: &str, body: &Value) -> Response {
    let answer = world.send(send, &if body.is_null() { String::new() } else { body.to_string() });
    assert!(answer.is_success(), "{send} {body}: {}", String::from_utf8_lossy(&answer.body));
    answer
}

fn id(answer: &Response) -> String {
    found(answer, "id")[0].as_str().unwrap().to_owned()
}

fn everything_is_read_at_once(world: &World, round: usize) {
    let patch = |operation: Value| serde_json::json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]});
    let user = id(&write(world, "POST /Users", &serde_json::json!({"userName": format!("ann-{round}")})));
    let (user, projected) = (format!("/Users/{user}"), format!("/Users/{user}?attributes=title,groups.display"));
    assert_eq!(read(world, &user, "userName"), (200, vec![format!("ann-{round}").into()]));
    write(world, &format!("PUT {user}"), &serde_json::json!({"userName": format!("ann-{round}"), "title": "put"}));
    for target in [&user, &projected] {
        assert_eq!(read(world, target, "title"), (200, vec!["put".into()]));
    }
    let title = patch(serde_json::json!({"op": "replace", "path": "title", "value": "patched"}));
    write(world, &format!("PATCH {user}"), &title);
    assert_eq!(read(world, &projected, "title"), (200, vec!["patched".into()]));
    let tag = |world: &World| world.send(&format!("GET {user}"), "").headers.get("ETag").unwrap().to_owned();
    let alone = tag(world);

    let member = serde_json::json!([{"value": user.trim_start_matches("/Users/")}]);
    let group = serde_json::json!({"displayName": format!("G {round}"), "members": member});
    let group = format!("/Groups/{}", id(&write(world, "POST /Groups", &group)));
    let groups = |name: &str| if name.is_empty() { vec![] } else { vec![Value::from(name)] };
    let shown = |name: &str| {
        for target in [&user, &projected] {
            assert_eq!(read(world, target, "groups.display"), (200, groups(name)));
        }
        assert_eq!(tag(world) == alone, name.is_empty(), "the tag tells of the groups");
    };
    shown(&format!("G {round}"));
    write(
        world,
        &format!("PATCH {group}"),
        &patch(serde_json::json!({"op": "replace", "path": "displayName", "value": "new"})),
    );
    shown("new");
    let leave = serde_json::json!({"op": "remove", "path": format!("members[value eq {}]", member[0]["value"])});
    write(world, &format!("PATCH {group}"), &patch(leave));
    shown("");
    write(
        world,
        &format!("PATCH {group}"),
        &patch(serde_json::json!({"op": "add", "path": "members", "value": member})),
    );
    shown("new");
    write(world, &format!("PUT {group}"), &serde_json::json!({"displayName": "put", "members": member}));
    shown("put");
    write(world, &format!("DELETE {group}"), &Value::Null);
    shown("");
    assert_eq!(read(world, &group, "id").0, 404);
    write(world, &format!("DELETE {user}"), &Value::Null);
    assert_eq!(read(world, &user, "id").0, 404);
}

#[test]
fn every_write_is_read_at_once_whoever_else_reads_and_writes() {
    let world = World::sqlite();
    let path = world._folder.as_ref().unwrap().path().join("scim.db");
    let steady = id(&write(&world, "POST /Users", &serde_json::json!({"userName": "steady"})));
    let over = AtomicBool::new(false);
    let go_on = || !over.load(Ordering::Relaxed);
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while go_on() {
                    assert_eq!(world.send(&format!("GET /Users/{steady}"), "").status, 200);
                }
            });
        }
        scope.spawn(|| {
            let other = rusqlite::Connection::open(&path).unwrap();
            other.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
            let insert = "INSERT INTO resource SELECT NULL, 'other', 'User', ?1, ?1, ?1, NULL, '', 1, 0, 0, '{}'";
            for number in 0.. {
                if !go_on() {
                    break;
                }
                other.execute(insert, [number]).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        });
        scope.spawn(|| {
            for number in 0.. {
                if !go_on() {
                    break;
                }
                write(&world, "POST /Users", &serde_json::json!({"userName": format!("other-{number}")}));
            }
        });
        // Whatever fails, the others end.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for round in 0..ROUNDS {
                everything_is_read_at_once(&world, round);
            }
        }));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

//! The people who are in the store before anything is measured: by number, so that everybody knows everybody's id.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use scimproof::server::SqliteStore;
use scimproof::store::{Body, Draft, Keys, Kind, Member, Select, Store, Strangers};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The tenant that `serve` starts with.
const TENANT: &str = "default";

/// Writers that fill a file: as many creates share one sync of the disk.
const WRITERS: u64 = 128;

fn mixed(number: u64) -> u64 {
    // The finalizer of SplitMix64.
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The id of a user: as random as any.
pub fn id(number: u64) -> String {
    let (high, low) = (mixed(number), mixed(number ^ 0xffff_0000));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// The user name of a user: in no order.
pub fn name(number: u64) -> String {
    format!("{:08x}.{number}@example.test", mixed(number) >> 32)
}

/// The body of a POST, about 650 bytes.
pub fn body(number: u64) -> Value {
    let name = name(number);
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
                    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": format!("e-{number}"),
        "userName": name,
        "name": {"givenName": "Robin", "familyName": "Example", "formatted": "Robin Example"},
        "displayName": format!("Robin Example {number}"),
        "title": "Engineer",
        "preferredLanguage": "en-US",
        "active": true,
        "emails": [{"value": name, "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "+1 555 0100", "type": "work"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"employeeNumber": format!("{number}"), "department": "Sales", "costCenter": "4130"}
    })
}

fn draft(kind: Kind, id: String, name: &str, body: Value, members: Vec<Member>) -> Draft {
    let external_id = body.get("externalId").and_then(Value::as_str).map(str::to_owned);
    let Value::Object(body) = body else { unreachable!("a body is an object") };
    Draft {
        id,
        kind,
        keys: Keys {
            name: name.to_lowercase(),
            unique: kind == Kind::User,
            held: Vec::new(),
            external_id,
            label: name.to_owned(),
        },
        body: Body::new(body),
        members,
        strangers: Strangers::Refuse,
        now: OffsetDateTime::now_utc(),
    }
}

/// A file with so many users, made once and kept for further runs.
pub fn file(users: u64) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-files");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("users-{users}-4.db"));
    if !path.exists() {
        let begin = Instant::now();
        let new = path.with_extension("new");
        let _ = std::fs::remove_file(&new);
        fill(&new, users);
        std::fs::rename(&new, &path).expect("the file has its name");
        crate::say(&format!("({users} users written in {:.0} s)", begin.elapsed().as_secs_f64()));
    }
    path
}

fn fill(path: &Path, users: u64) {
    let store = SqliteStore::open(path).expect("a file");
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WRITERS.min(users) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= users {
                        return;
                    }
                    let user = draft(Kind::User, id(number), &name(number), body(number), Vec::new());
                    store.create(TENANT, user).expect("a user");
                }
            });
        }
    });
    assert_eq!(store.count(TENANT, Kind::User, &Select::All), Ok(usize::try_from(users).expect("a small number")));
}

/// Adds groups, each with the first so many users as members.
pub fn add_groups(path: &Path, groups: u64, members: u64) {
    let store = SqliteStore::open(path).expect("a file");
    for group in 0..groups {
        let name = group_name(group, members);
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name});
        let members = (0..members).map(|number| Member { id: id(number), display: None }).collect();
        store.create(TENANT, draft(Kind::Group, group_id(group), &name, body, members)).expect("a group");
    }
}

/// The id of a group.
pub fn group_id(number: u64) -> String {
    id(number ^ (1 << 40))
}

fn group_name(number: u64, members: u64) -> String {
    format!("Group {number} of {members}")
}

/// A copy of a file that may be changed.
pub fn copy(path: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(path.parent().expect("a folder")).expect("a folder");
    let copy = folder.path().join("copy.db");
    std::fs::copy(path, &copy).expect("a copy");
    (folder, copy)
}

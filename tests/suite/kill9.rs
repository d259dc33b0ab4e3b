//! An acknowledged write survives `kill -9`: users are created from several threads, the server is killed in mid-load and
//! started again on the same file, and every user that was acknowledged must be there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

const TOKEN: &str = "kill9-token";
const WRITERS: usize = 8;
/// The kill comes after that many acknowledged users.
const ENOUGH: usize = 200;

struct Serving {
    child: Child,
    host: String,
    path: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(file: &Path) -> Serving {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scimproof"))
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN, "--store"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("no base URL but {line:?}"));
    let (host, path) = url.split_once('/').unwrap();
    Serving { host: host.to_owned(), path: format!("/{}", path.trim_end_matches('/')), child }
}

/// Status and JSON body of a complete answer; `None` if the connection broke.
fn ask(host: &str, method: &str, target: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}

#[test]
fn an_acknowledged_user_survives_a_kill_in_mid_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scim.db");
    let mut serving = serve(&file);
    let acknowledged = Mutex::new(Vec::new());
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (acknowledged, count) = (&acknowledged, &count);
            let (host, path) = (serving.host.clone(), serving.path.clone());
            scope.spawn(move || {
                for n in 0.. {
                    let name = format!("user-{writer}-{n}@x.example.com");
                    let made = ask(&host, "POST", &format!("{path}/Users"), &format!(r#"{{"userName":"{name}"}}"#));
                    let Some((status, body)) = made else { return };
                    assert_eq!(status, 201, "{body}");
                    acknowledged.lock().unwrap().push((body["id"].as_str().unwrap().to_owned(), name));
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let patience = Instant::now() + Duration::from_secs(60);
        while count.load(Ordering::Relaxed) < ENOUGH && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= ENOUGH, "only {} users before the kill", acknowledged.len());

    let serving = serve(&file);
    for (id, name) in &acknowledged {
        let (status, body) = ask(&serving.host, "GET", &format!("{}/Users/{id}", serving.path), "").unwrap();
        assert_eq!((status, body["userName"].as_str()), (200, Some(name.as_str())), "{id}");
    }
    let (_, list) = ask(&serving.host, "GET", &format!("{}/Users?count=0", serving.path), "").unwrap();
    let total = usize::try_from(list["totalResults"].as_u64().unwrap()).unwrap();
    // At most what was under way at the kill is there without having been acknowledged.
    assert!((acknowledged.len()..=acknowledged.len() + WRITERS).contains(&total), "{total} of {}", acknowledged.len());
    let (status, _) =
        ask(&serving.host, "POST", &format!("{}/Users", serving.path), r#"{"userName":"after"}"#).unwrap();
    assert_eq!(status, 201, "the store still takes writes");
}

//! The listener on loopback: limits, time-outs, garbage, shutdown.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;

struct Listening {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<()>,
}

const SHORT: Timeouts = Timeouts {
    head: Duration::from_millis(300),
    request: Duration::from_millis(300),
    shutdown: Duration::from_secs(5),
};

async fn listen(timeouts: Timeouts) -> Listening {
    listen_on(Arc::new(MemoryStore::new()), "", timeouts).await
}

async fn listen_on(store: Arc<dyn crate::store::Store>, more: &str, timeouts: Timeouts) -> Listening {
    let mut profile = rfc_with(more);
    profile.limits.body_bytes = 1000;
    profile.limits.bulk_bytes = 1000;
    let server = Arc::new(Server::new(profile, store, Auth::bearer(token())));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let done = tokio::spawn(async move { serve_with(listener, server, async { _ = stopped.await }, timeouts).await });
    Listening { address, stop, done }
}

/// Sends bytes and reads until the server closes, or falls silent.
async fn talk(listening: &Listening, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(length @ 1..)) = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut buffer)).await {
        answer.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(length: usize, body: &str) -> String {
    format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: h.test\r\nAuthorization: Bearer secret-token\r\nConnection: close\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn hostile_input_gets_an_answer_and_no_more() {
    let listening = listen(SHORT).await;
    let body = r#"{"userName":"ann"}"#;
    let chunked = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: h.test\r\nAuthorization: Bearer secret-token\r\nTransfer-Encoding: chunked\r\n\r\n\
         5dc\r\n{}\r\n0\r\n\r\n",
        "x".repeat(1500)
    );
    let head = format!("GET /scim/v2/Users HTTP/1.1\r\nHost: h.test\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let scim_error = "urn:ietf:params:scim:api:messages:2.0:Error";
    let rows: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("created", post(body.len(), body).into_bytes(), "HTTP/1.1 201", "http://h.test/scim/v2/Users/"),
        ("announced too large", post(5000, "").into_bytes(), "HTTP/1.1 413", scim_error),
        ("chunked too large", chunked.into_bytes(), "HTTP/1.1 413", scim_error),
        ("body stalls", post(20, "{").into_bytes(), "HTTP/1.1 408", scim_error),
        ("not UTF-8", [post(18, "").as_bytes(), b"{\"userName\":\"\xff\xfe\"}", b" "].concat(), "HTTP/1.1 400", scim_error),
        ("garbage", b"\x16\x03\x01\x00garbage\r\n\r\n".to_vec(), "HTTP/1.1 400", ""),
        ("head too large", head.into_bytes(), "HTTP/1.1 431", ""),
        ("unknown method", b"BREW /scim/v2/Users HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer secret-token\r\nConnection: close\r\n\r\n".to_vec(), "HTTP/1.1 405", scim_error),
        ("no Host", b"GET /scim/v2/Users HTTP/1.1\r\nAuthorization: Bearer secret-token\r\nConnection: close\r\n\r\n".to_vec(), "HTTP/1.1 400", scim_error),
        ("two Hosts", b"GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\nHost: b\r\nAuthorization: Bearer secret-token\r\n\r\n".to_vec(), "HTTP/1.1 400", scim_error),
        ("no credentials", b"GET /scim/v2/Users HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".to_vec(), "HTTP/1.1 401", scim_error),
    ];
    for (name, bytes, status, part) in rows {
        let answer = talk(&listening, &bytes).await;
        assert!(answer.starts_with(status) && answer.contains(part), "{name}: {answer}");
    }
    let silent = tokio::time::timeout(Duration::from_secs(2), talk(&listening, b"GET /scim")).await;
    assert!(silent.is_ok(), "a head that never ends is given up");
    let still = talk(&listening, post(18, r#"{"userName":"bob"}"#).as_bytes()).await;
    assert!(still.starts_with("HTTP/1.1 201"), "{still}");
}

/// Who writes a body to its end before it reads must not be cut off: the answer would be lost with the connection.
#[tokio::test]
async fn a_body_that_is_too_large_is_read_away_before_the_answer() {
    let listening = listen(Timeouts::default()).await;
    let large = "x".repeat(4 << 20);
    let chunks = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let chunked = post(0, "").replace("Content-Length: 0", "Transfer-Encoding: chunked") + &chunks;
    for request in [post(large.len(), &large), chunked] {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}

fn create(path: &str, body: &str) -> Vec<u8> {
    post(body.len(), body).replace("/Users", path).into_bytes()
}

/// In a store that waits for its disk, a create waits without a thread; what it answers is what any store answers.
#[tokio::test]
async fn creates_answer_the_same_whatever_the_store_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Arc::new(SqliteStore::open(&folder.path().join("a.db")).unwrap());
    let stores: [Arc<dyn crate::store::Store>; 2] = [Arc::new(MemoryStore::new()), sqlite];
    for store in stores {
        let listening = listen_on(store, "[users]\ndeactivated_names = \"reactivates\"", Timeouts::default()).await;
        let rows = [
            ("/Users", r#"{"userName":"ann","active":false}"#, "201", "\"userName\":\"ann\""),
            ("/Users?attributes=title", r#"{"userName":"bob","title":"x"}"#, "201", "\"title\":\"x\""),
            ("/Users", r#"{"userName":"BOB"}"#, "409", "uniqueness"),
            ("/Users", r#"{"userName":"Ann","title":"back"}"#, "200", "\"active\":true"),
            ("/Users", r#"{"title":"x"}"#, "400", "invalidValue"),
            ("/Users", "{", "400", "invalidSyntax"),
            ("/Users?attributes=id&excludedAttributes=id", r#"{"userName":"cid"}"#, "400", "invalidValue"),
            ("/Groups", r#"{"displayName":"g"}"#, "201", "\"displayName\":\"g\""),
            ("/Groups", r#"{"displayName":"g","members":[{"value":"nobody"}]}"#, "400", "members"),
            ("/Nothing/Users", r#"{"userName":"dan"}"#, "404", "no such endpoint"),
        ];
        for (path, body, status, part) in rows {
            let answer = talk(&listening, &create(path, body)).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(part),
                "{path} {body}: {answer}"
            );
        }
        let refused = String::from_utf8(create("/Users", r#"{"userName":"eve"}"#)).unwrap().replace("secret", "wrong");
        assert!(talk(&listening, refused.as_bytes()).await.starts_with("HTTP/1.1 401"));
        let mut hasty = TcpStream::connect(listening.address).await.unwrap();
        hasty.write_all(&create("/Users", r#"{"userName":"fay"}"#)).await.unwrap();
        drop(hasty);
        let again = async {
            while !talk(&listening, &create("/Users", r#"{"userName":"fay"}"#)).await.starts_with("HTTP/1.1 409") {}
        };
        tokio::time::timeout(Duration::from_secs(5), again).await.unwrap();
    }
}

#[tokio::test]
async fn shutdown_finishes_what_is_in_flight() {
    let listening = listen(Timeouts { request: Duration::from_secs(5), ..Timeouts::default() }).await;
    let body = r#"{"userName":"ann"}"#;
    let request = post(body.len(), body);
    let (first, rest) = request.split_at(request.len() - 5);
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    let mut idle = TcpStream::connect(listening.address).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    listening.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(listening.address).await.is_err(), "accepts no more");
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    tokio::time::timeout(Duration::from_secs(3), listening.done).await.unwrap().unwrap();
    assert_eq!(idle.read(&mut [0; 8]).await.unwrap_or(0), 0, "an idle connection is closed");
}

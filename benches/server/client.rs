//! A small load client: hyper's own connection, one thread, so many connections, each with one request at a time.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use crate::arms::{Arm, TOKEN};

/// One kind of request: from its number to method, target below the base, body.
pub type Make = Rc<dyn Fn(u64) -> (&'static str, String, String)>;

/// How it is sent.
#[derive(Clone, Copy)]
pub struct Way {
    pub connections: usize,
    pub time: Duration,
    /// Waited by each connection before each request, in place of a long line to the server.
    pub pause: Duration,
    /// The number of the first request.
    pub first: u64,
    pub status: u16,
}

/// What came of it.
#[derive(Clone, Copy)]
pub struct Figure {
    /// Requests per second.
    pub rate: f64,
    /// Microseconds of the server's processor time for each.
    pub cpu: f64,
    /// How many there were.
    pub count: u64,
}

fn request(host: &str, base: &str, (method, target, body): (&str, String, String)) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(format!("{base}{target}"))
        .header("host", host)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/scim+json")
        .header("accept", "application/scim+json")
        .body(Full::new(Bytes::from(body)))
        .expect("a request")
}

type Connection = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(host: &str) -> Connection {
    let stream = tokio::net::TcpStream::connect(host).await.expect("a connection");
    stream.set_nodelay(true).expect("an option of TCP");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    tokio::task::spawn_local(connection);
    sender
}

async fn exchange(connection: &mut Connection, request: Request<Full<Bytes>>) -> (u16, Bytes) {
    connection.ready().await.expect("an open connection");
    let answer = connection.send_request(request).await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.into_body().collect().await.expect("a body").to_bytes())
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, future)
}

/// Sends requests for some time. Every answer must have the wanted status.
pub fn load(arm: &Arm, way: Way, make: &Make) -> Figure {
    let before = arm.cpu();
    let begin = Instant::now();
    let next = Rc::new(Cell::new(way.first));
    block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..way.connections {
            let (host, base, next, make) = (arm.host.clone(), arm.base.clone(), Rc::clone(&next), Rc::clone(make));
            running.spawn_local(async move {
                let mut connection = connect(&host).await;
                while begin.elapsed() < way.time {
                    if !way.pause.is_zero() {
                        tokio::time::sleep(way.pause).await;
                    }
                    let number = next.replace(next.get() + 1);
                    let (status, body) = exchange(&mut connection, request(&host, &base, make(number))).await;
                    assert_eq!(status, way.status, "{}", String::from_utf8_lossy(&body));
                }
            });
        }
        while let Some(ended) = running.join_next().await {
            ended.expect("every request is answered");
        }
    });
    let (took, used) = (begin.elapsed().as_secs_f64(), arm.cpu() - before);
    let count = next.get() - way.first;
    let requests = count as f64;
    Figure { rate: requests / took, cpu: used * 1e6 / requests, count }
}

/// One request: status and body.
pub fn ask(arm: &Arm, method: &'static str, target: &str, body: &Value) -> (u16, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (status, bytes) = block_on(async {
        let asked = request(&arm.host, &arm.base, (method, target.to_owned(), text));
        exchange(&mut connect(&arm.host).await, asked).await
    });
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

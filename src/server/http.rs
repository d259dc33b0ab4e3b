//! The HTTP/1.1 listener in front of a [`Server`]: it bounds connections, header and body sizes and time, turns bytes into
//! a `wire::Request` and back, and stops gracefully. It knows nothing of SCIM beyond the form of an error.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Server;
use super::answer::{Answer, SCIM_JSON};
use super::dispatch::{Begun, Later, too_large};
use super::idle::{Pulse, Watched};
use crate::scim::ScimError;
use crate::store::StoreError;
use crate::wire::{Headers, Method, Request, Response, Root};

/// Connections served at once; further ones wait to be accepted.
const CONNECTIONS: usize = 1024;
/// Largest head of a request, bytes.
const HEAD_BYTES: usize = 64 * 1024;
/// What is read of a body that is refused for its size: who still writes when the connection closes may never see the answer.
const READ_AWAY: usize = 8 << 20;
/// For how long: who announced a body and waits for the answer before it sends it gets the answer then.
const READ_AWAY_TIME: Duration = Duration::from_secs(1);
/// How long to wait before accepting again after the system refused (too many open files).
const BREATH: Duration = Duration::from_millis(50);

/// What the listener serves: the server itself, or something in front of it.
pub trait Service: Send + Sync + 'static {
    /// The server whose limits hold.
    fn server(&self) -> &Server;

    /// Answers a request as [`Server::handle`] does.
    fn answer(&self, request: Request) -> Response {
        self.server().handle(request)
    }

    /// Whether a request needs so little that no thread of its own is worth it.
    fn is_quick(&self, request: &Request) -> bool {
        self.server().is_quick(request)
    }

    /// Whether a request is a create that only the store makes wait, so that it can wait without a thread.
    fn is_submission(&self, request: &Request) -> bool {
        self.server().is_submission(request)
    }
}

impl Service for Server {
    fn server(&self) -> &Server {
        self
    }
}

/// How long the listener waits for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the head of a request, also between requests of one connection; it may be a quarter more.
    pub head: Duration,
    /// For the body of a request (408), and then again for its answer (503).
    pub request: Duration,
    /// For requests in flight after shutdown began.
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { head: Duration::from_secs(30), request: Duration::from_secs(30), shutdown: Duration::from_secs(10) }
    }
}

/// Serves until `shutdown` is ready: then accepts no more, lets requests in flight finish for a bounded time, and returns.
pub async fn serve<S: Service>(listener: TcpListener, server: Arc<S>, shutdown: impl Future<Output = ()>) {
    serve_with(listener, server, shutdown, Timeouts::default()).await;
}

/// As [`serve`], with other time-outs.
pub async fn serve_with<S: Service>(
    listener: TcpListener,
    server: Arc<S>,
    shutdown: impl Future<Output = ()>,
    timeouts: Timeouts,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut watched = Watched::default();
    let mut look = tokio::time::interval(Watched::interval(timeouts.head));
    // A process that stood still must not make up for looks that nobody could have answered to.
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        // Finished connections are forgotten, so that the set stays as small as what is open.
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            _ = look.tick() => {
                watched.look();
                continue;
            }
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let (server, stopping) = (Arc::clone(&server), stopping.clone());
        let pulse = Arc::new(Pulse::default());
        let own = Arc::clone(&pulse);
        let task = connections.spawn(async move {
            connection(stream, server, stopping, (timeouts.request, own)).await;
            drop(permit);
        });
        watched.add(task, pulse);
    }
    drop(listener);
    let _ = stop.send(true);
    let finish = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(timeouts.shutdown, finish).await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(_) => {
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}

async fn connection<S: Service>(
    stream: TcpStream,
    server: Arc<S>,
    mut stopping: watch::Receiver<bool>,
    (patience, pulse): (Duration, Arc<Pulse>),
) {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (server, pulse) = (Arc::clone(&server), Arc::clone(&pulse));
        async move {
            let _busy = pulse.busy();
            exchange(server, request, patience).await
        }
    });
    let connection = http1::Builder::new().max_buf_size(HEAD_BYTES).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // What goes wrong on a connection is the client's to see, and hyper has told it.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the listener is gone, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn exchange<S: Service>(
    server: Arc<S>,
    request: hyper::Request<Incoming>,
    patience: Duration,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (mut head, body) = request.into_parts();
    let (answer, close) = match receive(server.server(), &head, body, patience).await {
        Ok(request) => (perform(server, request, patience).await, false),
        // The rest of the body is not read, so the connection cannot be used again.
        Err(error) => (Answer::error(&error).into_response(head.method == hyper::Method::HEAD), true),
    };
    // The answer takes over the memory of the request's fields.
    head.headers.clear();
    Ok(response(answer, close, head.headers))
}

async fn receive(
    server: &Server,
    head: &hyper::http::request::Parts,
    mut body: Incoming,
    patience: Duration,
) -> Result<Request, ScimError> {
    let limit = server.largest_body();
    let (mut headers, mut size, mut hosts) = (Headers::with_capacity(head.headers.len()), 0, 0);
    for (name, value) in &head.headers {
        size += name.as_str().len() + value.len();
        hosts += usize::from(name == hyper::header::HOST);
        let value = match std::str::from_utf8(value.as_bytes()) {
            Ok(value) => value.to_owned(),
            Err(_) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        match known(name.as_str()) {
            Some(known) => headers.push_known(known, value),
            None => headers.push(name.as_str(), value),
        }
    }
    if size > HEAD_BYTES {
        return Err(ScimError::new(431, format!("the headers are larger than {HEAD_BYTES} bytes")));
    }
    if hosts > 1 || (hosts == 0 && head.version == hyper::Version::HTTP_11) {
        return Err(ScimError::new(400, "exactly one Host header is wanted"));
    }
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        read_away(&mut body).await;
        return Err(too_large("body limit", limit));
    }
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let method = Method::from_word(head.method.as_str());
    if body.is_end_stream() {
        return Ok(Request { root: Root::Scim, method, target, headers, body: None });
    }
    let bytes = match tokio::time::timeout(patience, Limited::new(&mut body, limit).collect()).await {
        Err(_) => return Err(ScimError::new(408, "the request's body did not come in time")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            read_away(&mut body).await;
            return Err(too_large("body limit", limit));
        }
        Ok(Err(error)) => return Err(ScimError::new(400, format!("the request's body broke off: {error}"))),
        Ok(Ok(body)) => body.to_bytes(),
    };
    Ok(Request { root: Root::Scim, method, target, headers, body: Some(bytes.to_vec()) })
}

/// The names of headers that most requests have need not be copied.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "host" => "host",
        "authorization" => "authorization",
        "accept" => "accept",
        "content-type" => "content-type",
        "content-length" => "content-length",
        "user-agent" => "user-agent",
        "accept-encoding" => "accept-encoding",
        "connection" => "connection",
        _ => return None,
    })
}

/// Reads what is left of a body and forgets it: so much of it, and for so long, as a client that means well may need.
async fn read_away(body: &mut Incoming) {
    let reading = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > READ_AWAY {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(READ_AWAY_TIME, reading).await;
}

/// Runs the handler: at once where it cannot wait and has little to do, else on a thread that may block.
async fn perform<S: Service>(server: Arc<S>, request: Request, patience: Duration) -> Response {
    if server.is_quick(&request) {
        return server.answer(request);
    }
    // A task of its own, which ends its work even if the client does not wait for it.
    let work = match server.is_submission(&request) {
        true => tokio::spawn(submit(server, request)),
        false => tokio::task::spawn_blocking(move || server.answer(request)),
    };
    let failure = match tokio::time::timeout(patience, work).await {
        Ok(Ok(response)) => return response,
        Ok(Err(_)) => ScimError::new(500, "the request could not be handled"),
        Err(_) => ScimError::new(503, "the request takes too long; it may still take effect"),
    };
    Answer::error(&failure).into_response(false)
}

/// Hands a create to the store, and answers when that has taken it.
async fn submit<S: Service>(server: Arc<S>, request: Request) -> Response {
    let Later { made, quick, answer } = match server.server().begin(&request) {
        Begun::Now(response) => return response,
        Begun::Later(later) => later,
    };
    let made = made.await.unwrap_or_else(|_| Err(StoreError::Broken("the store has stopped".into())));
    if quick && made.is_ok() {
        return answer(made);
    }
    match tokio::task::spawn_blocking(move || answer(made)).await {
        Ok(response) => response,
        Err(_) => Answer::error(&ScimError::new(500, "the request could not be handled")).into_response(false),
    }
}

/// The answer as hyper sends it, in the memory of that empty map.
fn response(answer: Response, close: bool, headers: hyper::HeaderMap) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    *response.headers_mut() = headers;
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        let name = match name.as_ref() {
            "Content-Type" => Ok(hyper::header::CONTENT_TYPE),
            "Location" => Ok(hyper::header::LOCATION),
            "ETag" => Ok(hyper::header::ETAG),
            name => hyper::header::HeaderName::try_from(name),
        };
        let value = match value.as_str() {
            SCIM_JSON => Ok(hyper::header::HeaderValue::from_static(SCIM_JSON)),
            _ => hyper::header::HeaderValue::try_from(value),
        };
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    if close {
        response.headers_mut().insert(hyper::header::CONNECTION, hyper::header::HeaderValue::from_static("close"));
    }
    response
}

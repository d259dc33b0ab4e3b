//! Connections of the own engine: TCP, TLS, HTTP/1.1 with one request at a time or HTTP/2 with many, and the headers that are
//! the same in every request.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::Way;
use crate::idp;
use crate::load::answer::{Broken, Outcome};
use crate::load::shard::Job;

/// Runs what HTTP/2 needs beside on the thread of the engine.
#[derive(Clone)]
struct Here;

impl<F> Executor<F> for Here
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// What sends on a connection that stands.
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Many(http2::SendRequest<Full<Bytes>>),
}

/// The headers that do not change, by client and by whether there is a body.
struct Block {
    client: Option<String>,
    read: HeaderMap,
    write: HeaderMap,
}

/// Makes connections and requests for one thread.
pub struct Dialer {
    way: Arc<Way>,
    addresses: Vec<SocketAddr>,
    authority: String,
    path: String,
    blocks: RefCell<(u64, Vec<Block>)>,
    shared: RefCell<Option<http2::SendRequest<Full<Bytes>>>>,
}

/// A place for one request at a time.
pub struct Line {
    dialer: Rc<Dialer>,
    sender: Option<Sender>,
}

type Failed = (Broken, String);

impl Dialer {
    /// A dialer to those addresses.
    pub fn new(way: Arc<Way>, addresses: Vec<SocketAddr>) -> Self {
        let (authority, path) = way.authority_and_path();
        Self {
            way,
            addresses,
            authority,
            path,
            blocks: RefCell::new((u64::MAX, Vec::new())),
            shared: RefCell::new(None),
        }
    }

    async fn dial(&self) -> Result<Sender, Failed> {
        let connecting = async {
            let mut last = (Broken::Connect, "there is no address".to_owned());
            for address in &self.addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => return self.shake(stream).await,
                    Err(error) => last.1 = error.to_string(),
                }
            }
            Err(last)
        };
        tokio::time::timeout(self.way.connect_timeout, connecting)
            .await
            .unwrap_or_else(|_| Err((Broken::Connect, "no connection in time".to_owned())))
    }

    async fn shake(&self, stream: TcpStream) -> Result<Sender, Failed> {
        // Small requests must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let Some(config) = &self.way.tls else { return self.speak(stream).await };
        let tls = |reason: String| (Broken::Tls, reason);
        let name = rustls::pki_types::ServerName::try_from(self.way.host()).map_err(|error| tls(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(config));
        let stream = connector.connect(name, stream).await.map_err(|error| tls(error.to_string()))?;
        self.speak(stream).await
    }

    async fn speak<S>(&self, stream: S) -> Result<Sender, Failed>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
    {
        let io = TokioIo::new(stream);
        if self.way.http2 {
            let (sender, connection) = http2::handshake(Here, io).await.map_err(|error| failed(&error))?;
            tokio::task::spawn_local(connection);
            Ok(Sender::Many(sender))
        } else {
            let (sender, connection) = http1::handshake(io).await.map_err(|error| failed(&error))?;
            tokio::task::spawn_local(connection);
            Ok(Sender::One(sender))
        }
    }

    /// The request of a job, with everything that goes out on the wire.
    fn request(&self, job: &Job) -> Result<Request<Full<Bytes>>, Failed> {
        let local = |reason: String| (Broken::Protocol, reason);
        let uri = if self.way.http2 {
            let scheme = if self.way.tls.is_some() { "https" } else { "http" };
            format!("{scheme}://{}{}{}", self.authority, self.path, job.target)
        } else {
            format!("{}{}", self.path, job.target)
        };
        let uri = Uri::from_maybe_shared(Bytes::from(uri)).map_err(|error| local(error.to_string()))?;
        let mut request = Request::new(Full::new(job.body.clone().unwrap_or_default()));
        *request.method_mut() = job.call.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers(job.call.client.as_deref(), job.body.is_some());
        Ok(request)
    }

    fn headers(&self, client: Option<&str>, body: bool) -> HeaderMap {
        let version = self.way.version();
        let mut blocks = self.blocks.borrow_mut();
        if blocks.0 != version {
            *blocks = (version, Vec::new());
        }
        let known = blocks.1.iter().position(|block| block.client.as_deref() == client);
        let place = known.unwrap_or_else(|| {
            blocks.1.push(self.block(client));
            blocks.1.len() - 1
        });
        let block = &blocks.1[place];
        if body { block.write.clone() } else { block.read.clone() }
    }

    fn block(&self, client: Option<&str>) -> Block {
        let plain = |body: bool| {
            let mut all = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
            if body {
                all.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
            }
            all
        };
        let known = client.and_then(idp::client);
        let block = |body: bool| {
            let given = known.map(|it| if body { it.headers_write.clone() } else { it.headers_read.clone() });
            let mut headers = HeaderMap::new();
            let mut put = |name: &str, value: &str| {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            };
            if !self.way.http2 {
                put("host", &self.authority);
            }
            for (name, value) in given.unwrap_or_else(|| plain(body)) {
                // Answers are read as they come: a driver that unpacks them measures itself.
                if !name.eq_ignore_ascii_case("Accept-Encoding") {
                    put(&name, &value);
                }
            }
            if !headers.contains_key("user-agent") {
                headers
                    .insert("user-agent", HeaderValue::from_static(concat!("scimproof/", env!("CARGO_PKG_VERSION"))));
            }
            for (name, secret) in self.way.headers().iter() {
                if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(secret.expose()))
                {
                    value.set_sensitive(true);
                    headers.insert(name, value);
                }
            }
            headers
        };
        Block { client: client.map(str::to_owned), read: block(false), write: block(true) }
    }
}

impl Line {
    /// A line that connects when it is first needed, or with [`Line::connect`].
    pub fn new(dialer: Rc<Dialer>) -> Self {
        Self { dialer, sender: None }
    }

    /// Connects, unless it stands.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn connect(&mut self) -> Result<(), Failed> {
        let stands = match &self.sender {
            Some(Sender::One(sender)) => !sender.is_closed(),
            Some(Sender::Many(sender)) => !sender.is_closed(),
            None => false,
        };
        if stands {
            return Ok(());
        }
        let shared = self.dialer.shared.borrow().clone().filter(|sender| !sender.is_closed());
        self.sender = match shared {
            Some(sender) => Some(Sender::Many(sender)),
            None => Some(self.dialer.dial().await?),
        };
        if let Some(Sender::Many(sender)) = &self.sender {
            *self.dialer.shared.borrow_mut() = Some(sender.clone());
        }
        Ok(())
    }

    /// Sends a job and reads its answer, within the time-out or until the client gives up.
    pub async fn send(&mut self, job: &Job) -> Outcome {
        let limit = job.give_up.unwrap_or(self.dialer.way.timeout);
        let sent = tokio::time::timeout(limit, self.try_send(job)).await;
        match sent {
            Ok(Ok(outcome)) => outcome,
            Ok(Err((broken, reason))) => {
                self.sender = None;
                Outcome::Broken(broken, reason)
            }
            Err(_) => {
                // Whoever does not wait closes; on HTTP/2 the stream alone ends.
                if matches!(self.sender, Some(Sender::One(_))) {
                    self.sender = None;
                }
                let broken = if job.give_up.is_some() { Broken::GivenUp } else { Broken::Timeout };
                Outcome::Broken(broken, format!("nothing within {limit:?}"))
            }
        }
    }

    async fn try_send(&mut self, job: &Job) -> Result<Outcome, Failed> {
        for attempt in 0..2 {
            self.connect().await?;
            let request = self.dialer.request(job)?;
            let answer = match &mut self.sender {
                Some(Sender::One(sender)) => match sender.ready().await {
                    Ok(()) => sender.send_request(request).await,
                    Err(error) => Err(error),
                },
                Some(Sender::Many(sender)) => match sender.ready().await {
                    Ok(()) => sender.send_request(request).await,
                    Err(error) => Err(error),
                },
                None => return Err((Broken::Connect, "there is no connection".to_owned())),
            };
            match answer {
                Ok(answer) => return self.read(answer).await,
                // The server had closed an idle connection before anything was sent: every client dials again.
                Err(error) if attempt == 0 && (error.is_canceled() || error.is_closed()) => self.sender = None,
                Err(error) => return Err(failed(&error)),
            }
        }
        Err((Broken::Reset, "the connection was closed twice before the request was sent".to_owned()))
    }

    async fn read(&self, answer: http::Response<Incoming>) -> Result<Outcome, Failed> {
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = answer.into_body();
        let mut whole = Bytes::new();
        let mut parts = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| failed(&error))?.into_data() else { continue };
            if whole.is_empty() && parts.is_empty() {
                whole = data;
            } else {
                parts.extend_from_slice(&std::mem::take(&mut whole));
                parts.extend_from_slice(&data);
            }
            if whole.len() + parts.len() > self.dialer.way.body_limit {
                return Err((Broken::Protocol, "the body is larger than the limit".to_owned()));
            }
        }
        let body = if parts.is_empty() { whole } else { parts.freeze() };
        Ok(Outcome::Answer { status, retry_after: wait.map(Duration::from_secs), body })
    }
}

/// The class of an error of hyper, and its innermost cause.
fn failed(error: &hyper::Error) -> Failed {
    let outer: &dyn std::error::Error = error;
    let inner = std::iter::successors(Some(outer), |error| error.source()).last().map(ToString::to_string);
    let broken = if error.is_parse() { Broken::Protocol } else { Broken::Reset };
    (broken, inner.unwrap_or_else(|| error.to_string()))
}

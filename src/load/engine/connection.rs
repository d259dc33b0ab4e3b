//! Connections of the own engine: TCP, TLS, HTTP/1.1 with one request at a time or HTTP/2 with many.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::headers::{Headers, retry_after};
use super::{Failed, Pieces, late};
use crate::client::Way;
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

/// Makes connections and requests for one thread.
pub struct Dialer {
    way: Arc<Way>,
    addresses: Vec<SocketAddr>,
    authority: String,
    path: String,
    headers: RefCell<Headers>,
    shared: RefCell<Option<http2::SendRequest<Full<Bytes>>>>,
}

/// A place for one request at a time.
pub struct Line {
    dialer: Rc<Dialer>,
    sender: Option<Sender>,
}

impl Dialer {
    /// A dialer to those addresses.
    pub fn new(way: Arc<Way>, addresses: Vec<SocketAddr>) -> Self {
        let (authority, path) = way.authority_and_path();
        let headers = RefCell::new(Headers::new(Arc::clone(&way)));
        Self { way, addresses, authority, path, headers, shared: RefCell::new(None) }
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
        *request.headers_mut() = self.headers.borrow_mut().of(job);
        Ok(request)
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
                late(job, limit)
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
        let wait = retry_after(answer.headers());
        let mut body = answer.into_body();
        let mut pieces = Pieces::new(self.dialer.way.body_limit);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(|error| failed(&error))?.into_data() {
                pieces.add(data)?;
            }
        }
        Ok(Outcome::Answer { status, retry_after: wait, body: pieces.whole() })
    }
}

/// The class of an error of hyper, and its innermost cause.
fn failed(error: &hyper::Error) -> Failed {
    let outer: &dyn std::error::Error = error;
    let inner = std::iter::successors(Some(outer), |error| error.source()).last().map(ToString::to_string);
    let broken = if error.is_parse() { Broken::Protocol } else { Broken::Reset };
    (broken, inner.unwrap_or_else(|| error.to_string()))
}

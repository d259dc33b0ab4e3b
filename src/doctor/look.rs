//! What the probes share: whom they examine, how a read is made, what has been seen so far.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::client::{Auth, BaseUrl, HttpOptions, TargetError, Transport};
use crate::wire::{Failure, Method, Request, Response};

/// Whom to examine.
pub struct Patient {
    /// Where it is.
    pub place: Place,
    /// The requests of a full run.
    pub requests: usize,
    /// How many of them are in flight at one time.
    pub concurrency: usize,
    /// At most so many requests a second.
    pub max_rps: Option<f64>,
}

/// Where the target is.
pub enum Place {
    /// The text is no address. It is not shown, since it may be a token.
    Nowhere(TargetError),
    /// In this process.
    Here(Arc<dyn Transport>),
    /// Over a network.
    There(Box<There>),
}

/// A target over a network.
pub struct There {
    /// The base URL.
    pub base: BaseUrl,
    /// The base URL ended with a slash, which was taken off.
    pub slash: bool,
    /// Sends, with credentials.
    pub transport: Arc<dyn Transport>,
    /// The credentials that it sends.
    pub auth: Auth,
    /// How connections are made.
    pub options: HttpOptions,
    /// What named the proxy: a variable or a flag.
    pub proxy_from: Option<String>,
}

impl Patient {
    /// The target over a network, if it is one.
    pub(super) fn there(&self) -> Option<&There> {
        match &self.place {
            Place::There(there) => Some(there),
            _ => None,
        }
    }

    fn transport(&self) -> Option<&dyn Transport> {
        match &self.place {
            Place::Nowhere(_) => None,
            Place::Here(transport) => Some(transport.as_ref()),
            Place::There(there) => Some(there.transport.as_ref()),
        }
    }
}

/// What has been seen so far.
pub(super) struct Look<'a> {
    pub patient: &'a Patient,
    /// The local clock when the examination began, and the moment of that.
    began: (OffsetDateTime, Instant),
    /// Where to connect: the target, or the proxy before it.
    pub addresses: Vec<SocketAddr>,
    /// The answer to `/ServiceProviderConfig`, and the local clock at that moment.
    pub config: Option<(Response, OffsetDateTime)>,
    /// The answer to `/Users?count=1` with credentials.
    pub users: Option<Response>,
    /// How long reads took.
    pub times: Vec<Duration>,
}

impl<'a> Look<'a> {
    pub fn new(patient: &'a Patient, now: OffsetDateTime) -> Self {
        let began = (now, Instant::now());
        Self { patient, began, addresses: Vec::new(), config: None, users: None, times: Vec::new() }
    }

    /// The local clock.
    pub fn clock(&self) -> OffsetDateTime {
        self.began.0 + self.began.1.elapsed()
    }

    /// The base URL; empty where there is none.
    pub fn base(&self) -> &str {
        self.patient.transport().map_or("", Transport::base_url)
    }

    /// Reads with credentials.
    pub async fn get(&mut self, target: &str) -> Result<Response, Failure> {
        self.send(Request::new(Method::Get, target)).await
    }

    /// Reads without credentials.
    pub async fn get_anonymously(&mut self, target: &str) -> Result<Response, Failure> {
        let mut request = Request::new(Method::Get, target);
        request.headers.push("Authorization", "");
        self.send(request).await
    }

    /// Sends a read and takes its time.
    pub async fn send(&mut self, mut request: Request) -> Result<Response, Failure> {
        let unsent = || Failure { kind: crate::wire::FailureKind::Unsent, reason: "there is no target".to_owned() };
        let transport = self.patient.transport().ok_or_else(unsent)?;
        request.headers.push("Accept", "application/scim+json");
        let start = Instant::now();
        let answer = transport.send(&request).await;
        if answer.is_ok() {
            self.times.push(start.elapsed());
        }
        answer
    }
}

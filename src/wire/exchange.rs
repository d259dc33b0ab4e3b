//! One request with what came of it: the currency between runner, checks and reports.

use std::time::Duration;

use smol_str::SmolStr;

use super::{Request, Response};

/// Names an exchange within one run, for example `okta/users/create#3` or `cleanup#12`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(pub SmolStr);

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The class of the failure.
    pub kind: FailureKind,
    /// A lowercase sentence without credentials.
    pub reason: String,
}

/// The classes of transport failure that a user treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Name resolution or connection failed.
    Connect,
    /// TLS handshake failed.
    Tls,
    /// No complete answer in time.
    Timeout,
    /// The answer could not be read as HTTP, or broke off.
    Broken,
    /// It was not sent: there is no such place, or it is not one that a credential may go to.
    Unsent,
}

/// A request that was sent and its answer, or the failure in its place.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The exchange's name in this run.
    pub id: ExchangeId,
    /// The scenario or check that sent it; empty for set-up and cleanup.
    pub scenario: SmolStr,
    /// The step's name.
    pub step: SmolStr,
    /// From the run's start to the moment of sending.
    pub started: Duration,
    /// From sending to the answer's last byte.
    pub duration: Duration,
    /// Absolute URL, without credentials.
    pub url: String,
    /// What was sent.
    pub request: Request,
    /// What came.
    pub answer: Result<Response, Failure>,
}

impl Exchange {
    /// The response, if there was one.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        self.answer.as_ref().ok()
    }
}

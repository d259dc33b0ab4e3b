//! Performs the steps of a flow: transports, credentials, TLS, proxy, throttling, pacing.
//!
//! A transport takes a [`Request`] relative to the base URL and gives an answer or a [`Failure`] without credentials in
//! it. The room knows nothing of scenarios, checks or the reference server.

mod admin;
mod auth;
mod http;
mod in_process;
mod large;
mod lent;
mod oauth;
mod pacing;
mod source;
mod target;
#[cfg(test)]
mod tests;
pub mod throttle;
mod tls;
mod way;

pub use admin::AdminSurface;
pub use auth::Auth;
pub use http::{HttpOptions, HttpTransport, SetUpError};
pub use in_process::{Handler, InProcess};
pub use lent::{Lending, Loan, SecondTenant};
pub use oauth::OAuth;
pub use pacing::Pacer;
pub use source::{Environment, SecretSource, SourceError};
pub use target::{BaseUrl, TargetError};
pub use way::Way;

use std::future::Future;
use std::pin::Pin;

use crate::wire::{Failure, Lent, Request, Response, Root};

/// What a transport's `send` gives.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + Send + 'a>>;

/// Sends requests to one target and adds the credentials at the last moment.
pub trait Transport: Send + Sync {
    /// Sends one request. An `Authorization` field that is already in it belongs to a probe: it goes out as it stands
    /// and nothing is added; an empty one means that no credentials are sent at all.
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a>;

    /// The base URL without trailing slash and without credentials.
    fn base_url(&self) -> &str;

    /// The root of the admin and auth surface, without trailing slash; `None` where the target has none.
    fn admin_url(&self) -> Option<&str> {
        None
    }

    /// The SCIM base URL of the second tenant, without trailing slash; `None` where the settings name none.
    fn second_tenant_url(&self) -> Option<&str> {
        None
    }

    /// Whether the settings name that credential.
    fn lends(&self, _lent: Lent) -> bool {
        false
    }

    /// The absolute URL of a request, for reports.
    fn url(&self, request: &Request) -> String {
        let base = match &request.root {
            Root::Scim => self.base_url(),
            Root::Admin => self.admin_url().unwrap_or("(no admin surface)"),
            Root::At(base) => base,
            Root::SecondTenant => self.second_tenant_url().unwrap_or("(no second tenant)"),
            Root::Probe => "probe:",
        };
        format!("{base}{}", request.target)
    }
}

//! The way to a target for a driver that makes its own connections: where it is, TLS, limits, and credentials that are renewed
//! while it runs.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

#[cfg(feature = "goose")]
use super::http::failure;
use super::http::http_client;
use super::oauth::TokenKeeper;
use super::{Auth, BaseUrl, HttpOptions, SetUpError, auth, tls};
use crate::wire::{Failure, FailureKind, Redactor, Secret};

/// A way to a target.
pub struct Way {
    /// The base URL.
    pub base: BaseUrl,
    /// TLS, where the target speaks it.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// HTTP/2 instead of HTTP/1.1: by TLS with ALPN, else with prior knowledge.
    pub http2: bool,
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// From sending to the answer's last byte.
    pub timeout: Duration,
    /// The largest body that is read, bytes.
    pub body_limit: usize,
    keeper: Option<TokenKeeper>,
    version: AtomicU64,
    headers: Mutex<Arc<Vec<(String, Secret)>>>,
}

impl Way {
    /// The way with these settings. The redactor learns every secret.
    ///
    /// # Errors
    /// [`SetUpError`]: certificates that cannot be used, or a proxy, which would be measured instead of the target.
    pub fn new(
        base: BaseUrl,
        auth: &Auth,
        options: &HttpOptions,
        http2: bool,
        redactor: &Redactor,
    ) -> Result<Self, SetUpError> {
        auth.teach(redactor);
        if options.proxy.is_some() {
            let message = "a load goes to the target itself and not through a proxy: leave --proxy out, and name the \
                           target in NO_PROXY where the environment has a proxy";
            return Err(SetUpError::Other(message.to_owned()));
        }
        let tls = base.is_https().then(|| tls::client_config(options, http2).map(Arc::new)).transpose()?;
        let keeper = match auth {
            Auth::OAuth(settings) => {
                let http = http_client(options, settings.token_url.is_https())?;
                Some(TokenKeeper::new(settings.clone(), http, redactor.clone()))
            }
            _ => None,
        };
        Ok(Self {
            base,
            tls,
            http2,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            body_limit: options.body_limit,
            keeper,
            version: AtomicU64::new(0),
            headers: Mutex::new(Arc::new(auth.headers())),
        })
    }

    /// Whether the credentials end by themselves and [`Way::renew`] must be called now and then.
    #[must_use]
    pub fn renews(&self) -> bool {
        self.keeper.is_some()
    }

    /// Fetches a token where there is none, or where it is about to end.
    ///
    /// # Errors
    /// [`Failure`] of the token endpoint.
    pub async fn renew(&self) -> Result<(), Failure> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let token = auth::bearer(&keeper.token().await?);
        let mut headers = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if headers.iter().all(|(_, known)| known.expose() != token) {
            *headers = Arc::new(vec![("Authorization".to_owned(), Secret::new(token))]);
            self.version.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// Counts the changes of [`Way::headers`].
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The headers that carry the credentials.
    #[must_use]
    pub fn headers(&self) -> Arc<Vec<(String, Secret)>> {
        Arc::clone(&self.headers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An HTTP client of this way with connections of its own, for an engine that does not bring any: nothing is unpacked,
    /// redirected or sent again.
    ///
    /// # Errors
    /// [`SetUpError`] when it cannot be made.
    #[cfg(feature = "goose")]
    pub fn http_client(&self) -> Result<reqwest::Client, SetUpError> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .no_deflate()
            .tcp_nodelay(true)
            .connect_timeout(self.connect_timeout);
        let builder = if self.http2 { builder.http2_prior_knowledge() } else { builder.http1_only() };
        let builder = match &self.tls {
            Some(config) => builder.tls_backend_preconfigured(rustls::ClientConfig::clone(config)),
            // No TLS: do not read (or miss) the system's certificates.
            None => builder.tls_certs_only([]),
        };
        builder.build().map_err(|error| SetUpError::Other(failure(&error).reason))
    }

    /// The class and the reason of a failure of that client, without URL or credentials.
    #[cfg(feature = "goose")]
    #[must_use]
    pub fn failure(error: &reqwest::Error) -> Failure {
        failure(error)
    }

    /// Host and port as they stand in `Host`, and the path of the base URL without trailing slash.
    #[must_use]
    pub fn authority_and_path(&self) -> (String, String) {
        let url = Url::parse(self.base.as_str()).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let port = url.as_ref().and_then(Url::port).map(|port| format!(":{port}")).unwrap_or_default();
        let path = url.as_ref().map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        (format!("{host}{port}"), path)
    }

    /// The host alone, as TLS wants it.
    #[must_use]
    pub fn host(&self) -> String {
        let url = Url::parse(self.base.as_str()).ok();
        url.as_ref().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }

    /// Where the host is.
    ///
    /// # Errors
    /// [`Failure`] when the name has no address.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let url = Url::parse(self.base.as_str()).ok();
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or(80);
        let host = self.host();
        let broken = |reason: String| Failure { kind: FailureKind::Connect, reason };
        let found: Vec<_> = tokio::net::lookup_host((host.as_str(), port))
            .await
            .map_err(|error| broken(format!("{host} has no address: {error}")))?
            .collect();
        if found.is_empty() { Err(broken(format!("{host} has no address"))) } else { Ok(found) }
    }
}

//! The transport over sockets, on reqwest and rustls. No redirect is followed silently: only 307 and 308 to the same
//! origin, with the same method and body. Answers are bounded in size and time.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{EXPECT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity, Proxy, StatusCode, Url, redirect};

use super::large::{LARGE, Pieces};
use super::oauth::TokenKeeper;
use super::{AdminSurface, Answer, Auth, BaseUrl, Transport, admin, auth};
use crate::wire::{Failure, FailureKind, Headers, Redactor, Request, Response, Root, Secret};

/// How connections are made.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Extra certificate authorities, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// A client certificate with its key, PEM.
    pub identity_pem: Option<Secret>,
    /// The proxy; may carry credentials.
    pub proxy: Option<Secret>,
    /// Hosts that are reached without the proxy, as in `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// From sending to the answer's last byte.
    pub timeout: Duration,
    /// The largest answer body that is read, bytes.
    pub body_limit: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            ca_pem: None,
            identity_pem: None,
            proxy: None,
            no_proxy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            body_limit: 16 << 20,
        }
    }
}

/// A transport that cannot be set up; nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// The file of certificate authorities.
    #[error("the CA file holds no usable PEM certificate")]
    Ca,
    /// The client certificate.
    #[error("the client certificate or its key cannot be used: both must be PEM, the key without a passphrase")]
    Identity,
    /// The proxy, which is not shown since it may carry credentials.
    #[error("the proxy is not a usable URL (it is not shown)")]
    Proxy,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// How many 307 and 308 are followed for one request.
const HOPS: usize = 3;

/// A target over HTTP.
pub struct HttpTransport {
    base: BaseUrl,
    auth: Auth,
    keeper: Option<TokenKeeper>,
    http: reqwest::Client,
    admin: Option<(AdminSurface, reqwest::Client)>,
    body_limit: usize,
}

impl HttpTransport {
    /// Sets up a transport; no connection is made yet. The redactor learns every secret, fetched tokens too.
    ///
    /// # Errors
    /// [`SetUpError`] for certificates or a proxy that cannot be used.
    pub fn new(base: BaseUrl, auth: Auth, options: &HttpOptions, redactor: &Redactor) -> Result<Self, SetUpError> {
        auth.teach(redactor);
        let http = http_client(options, base.is_https())?;
        let keeper = match &auth {
            Auth::OAuth(settings) => {
                let http = http_client(options, settings.token_url.is_https())?;
                Some(TokenKeeper::new(settings.clone(), http, redactor.clone()))
            }
            _ => None,
        };
        Ok(Self { base, auth, keeper, http, admin: None, body_limit: options.body_limit })
    }

    /// Adds the admin and auth surface of the target.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn with_admin(mut self, admin: AdminSurface, options: &HttpOptions) -> Result<Self, SetUpError> {
        let http = http_client(options, admin.base.is_https())?;
        self.admin = Some((admin, http));
        Ok(self)
    }

    async fn perform(&self, request: &Request) -> Result<Response, Failure> {
        let (base, surface) = admin::place(request, &self.base, self.admin.as_ref().map(|(surface, _)| surface))?;
        match (&request.root, surface, &self.admin) {
            (Root::Scim, ..) => self.to_scim(request).await,
            (Root::Admin, Some(surface), Some((_, http))) => {
                let response = self.once(http, &base, request, &surface.auth.headers()).await?;
                surface.learn(&response);
                Ok(response)
            }
            // The client of the surface where the scheme is that of the surface: it knows its certificates.
            (_, _, Some((surface, http))) if base.is_https() == surface.base.is_https() => {
                self.once(http, &base, request, &[]).await
            }
            _ => self.once(&self.http, &base, request, &[]).await,
        }
    }

    async fn to_scim(&self, request: &Request) -> Result<Response, Failure> {
        let (http, base) = (&self.http, &self.base);
        let Some(keeper) = &self.keeper else {
            return self.once(http, base, request, &self.auth.headers()).await;
        };
        if request.headers.get("Authorization").is_some() {
            return self.once(http, base, request, &[]).await;
        }
        let token = keeper.token().await?;
        let header = |token: &Secret| vec![("Authorization".to_owned(), Secret::new(auth::bearer(token)))];
        let response = self.once(http, base, request, &header(&token)).await?;
        if response.status != 401 {
            return Ok(response);
        }
        keeper.refused(&token).await;
        self.once(http, base, request, &header(&keeper.token().await?)).await
    }

    async fn once(
        &self,
        http: &reqwest::Client,
        base: &BaseUrl,
        request: &Request,
        credentials: &[(String, Secret)],
    ) -> Result<Response, Failure> {
        let broken = |reason: String| Failure { kind: FailureKind::Broken, reason };
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
            .map_err(|_| broken("the method cannot be sent over HTTP".to_owned()))?;
        let mut url = Url::parse(&base.join(&request.target))
            .map_err(|_| broken("the request target makes no URL".to_owned()))?;
        let headers = header_map(&request.headers, credentials)?;
        let large = request.body.as_ref().is_some_and(|body| body.len() > LARGE);
        let mut offered = large && headers.get(EXPECT).is_none();
        for _ in 0..=HOPS {
            let mut outgoing = http.request(method.clone(), url.clone()).headers(headers.clone());
            match &request.body {
                Some(body) if large => outgoing = outgoing.body(reqwest::Body::wrap(Pieces::new(body, offered))),
                Some(body) => outgoing = outgoing.body(body.clone()),
                None => {}
            }
            if offered {
                outgoing = outgoing.header(EXPECT, "100-continue");
            }
            let answer = outgoing.send().await.map_err(|error| failure(&error))?;
            if offered && answer.status() == StatusCode::EXPECTATION_FAILED {
                // It wants no offers (`RFC9110 §15.5.18`).
                offered = false;
                continue;
            }
            match same_origin_redirect(&answer, &url) {
                Some(next) => url = next,
                None => return self.read(answer).await,
            }
        }
        Err(broken(format!("more than {HOPS} redirects in a row")))
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Response, Failure> {
        let mut response = Response::new(answer.status().as_u16());
        response.headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error))? {
            if response.body.len() + chunk.len() > self.body_limit {
                return Err(Failure {
                    kind: FailureKind::Broken,
                    reason: format!("the answer's body is larger than {} bytes", self.body_limit),
                });
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        Box::pin(self.perform(request))
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn admin_url(&self) -> Option<&str> {
        self.admin.as_ref().map(|(surface, _)| surface.base.as_str())
    }
}

/// Builds the HTTP client.
pub(super) fn http_client(options: &HttpOptions, https: bool) -> Result<reqwest::Client, SetUpError> {
    let mut builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_title_case_headers()
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout)
        .user_agent(concat!("scimproof/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    if let Some(pem) = &options.ca_pem {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| SetUpError::Ca)?;
        if certificates.is_empty() {
            return Err(SetUpError::Ca);
        }
        builder = builder.tls_certs_merge(certificates);
    } else if !https && options.proxy.is_none() {
        // No TLS: do not read (or miss) the system's certificates.
        builder = builder.tls_certs_only([]);
    }
    if let Some(pem) = &options.identity_pem {
        builder = builder.identity(Identity::from_pem(pem.expose().as_bytes()).map_err(|_| SetUpError::Identity)?);
    }
    if let Some(proxy) = &options.proxy {
        let direct = options.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
        builder = builder.proxy(Proxy::all(proxy.expose()).map_err(|_| SetUpError::Proxy)?.no_proxy(direct));
    }
    builder.build().map_err(|error| match (&options.ca_pem, &options.identity_pem) {
        (_, Some(_)) => SetUpError::Identity,
        (Some(_), None) => SetUpError::Ca,
        _ => SetUpError::Other(format!("the HTTP client cannot be set up: {}", cause(&error))),
    })
}

/// The fields of a request in their order, then the credentials, unless a probe brings its own.
fn header_map(headers: &Headers, credentials: &[(String, Secret)]) -> Result<HeaderMap, Failure> {
    let unsendable = |name: &str| Failure {
        kind: FailureKind::Broken,
        reason: format!("the header {} cannot be sent over HTTP", name.escape_debug()),
    };
    let own = headers.get("Authorization");
    let mut map = HeaderMap::new();
    for (name, text) in headers.iter() {
        if name.eq_ignore_ascii_case("Authorization") && text.is_empty() {
            continue;
        }
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(name))?;
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| unsendable(name))?;
        map.append(field, value);
    }
    if own.is_none() {
        for (name, secret) in credentials {
            let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(name))?;
            let mut value = HeaderValue::from_bytes(secret.expose().as_bytes()).map_err(|_| unsendable(name))?;
            value.set_sensitive(true);
            map.insert(field, value);
        }
    }
    Ok(map)
}

/// Where a 307 or 308 points, if it stays on the same origin.
fn same_origin_redirect(answer: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 307 | 308) {
        return None;
    }
    let location = answer.headers().get("Location")?.to_str().ok()?;
    let next = from.join(location).ok()?;
    (next.origin() == from.origin() && next.username().is_empty() && next.password().is_none()).then_some(next)
}

/// The class and the reason of a failure, without URL or credentials.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    let reason = cause(error);
    let tls = chain(error).any(|cause| cause.is::<rustls::Error>()) || reason.contains("certificate");
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else if tls {
        FailureKind::Tls
    } else if error.is_connect() {
        FailureKind::Connect
    } else {
        FailureKind::Broken
    };
    let reason = match kind {
        FailureKind::Timeout if error.is_connect() => "no connection in time".to_owned(),
        FailureKind::Timeout => "no complete answer in time".to_owned(),
        _ => reason,
    };
    Failure { kind, reason }
}

/// An error and its causes; io errors are looked into, since they wrap the TLS error.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &'a (dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The innermost cause in words; reqwest's own outer layers would name the URL.
fn cause(error: &reqwest::Error) -> String {
    let error: &(dyn Error + 'static) = error;
    chain(error).skip(1).last().map_or_else(|| "the request could not be made".to_owned(), ToString::to_string)
}

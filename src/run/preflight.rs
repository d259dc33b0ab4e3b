//! Before anything is written: is the target there, are the credentials accepted, what does it say it can do. Each
//! answer that ends a run here says what to do next.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use smol_str::format_smolstr;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{Options, Session};
use crate::client::{BaseUrl, Transport};
use crate::flow::{Event, Step};
use crate::scim::{schema, urn};
use crate::wire::{Exchange, ExchangeId, Failure, FailureKind, Method, Request};

/// What the target says of itself.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// `/ServiceProviderConfig`, or `Null` where there is none. What it has no member for was looked for, and stands beside
    /// the rest in the same form: `me`, `search` (`/Users/.search`), `root` (a query of the base URL), `custom` (the type of
    /// our own, [`schema::device`]), and `groups` where neither `/ResourceTypes` nor `/Groups` shows any.
    pub service_provider_config: Value,
    /// `/ResourceTypes`, or `Null`.
    pub resource_types: Value,
    /// `/Schemas`, or `Null`.
    pub schemas: Value,
    /// The exchanges, for the report.
    pub exchanges: Vec<Arc<Exchange>>,
}

/// Why a run cannot begin. Every sentence says what to do; none holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreflightError {
    /// No connection.
    #[error(
        "cannot connect to {0}: {1}\n  Is the server running, are host and port right? `--wait 30s` waits for a server that is starting; `--proxy URL` goes through a proxy."
    )]
    Connect(String, String),
    /// An authority that this machine does not know.
    #[error(
        "{0} shows a certificate that is not trusted here: {1}\n  If it is your own authority, give its certificate with `--cacert FILE`."
    )]
    Untrusted(String, String),
    /// The server wants a client certificate, or refused it.
    #[error(
        "{0} refused the TLS handshake: {1}\n  If it wants a client certificate, give it with `--cert FILE --key FILE`."
    )]
    Handshake(String, String),
    /// Plain HTTP behind an https URL.
    #[error("{0} does not speak TLS: {1}\n  If the server is plain HTTP, write http:// in --target.")]
    NotTls(String, String),
    /// No answer in time.
    #[error("{0} gave {1}\n  `--timeout 60s` waits longer; `--wait 60s` polls a server that is starting.")]
    Timeout(String, String),
    /// Something that is not HTTP, or breaks off.
    #[error("{0} does not answer in HTTP: {1}\n  Is it the right port? A TLS server needs https:// in --target.")]
    Broken(String, String),
    /// 401 or 403.
    #[error("{base} answered {status} to GET {path} with {given}\n  {advice}")]
    Refused {
        /// The base URL.
        base: String,
        /// 401 or 403.
        status: u16,
        /// The path.
        path: String,
        /// What was sent as credentials, in words.
        given: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Neither `/ServiceProviderConfig` nor `/Users` is there.
    #[error(
        "{0} answered 404 to /ServiceProviderConfig and to /Users\n  The base path of --target is probably wrong; it often ends with /scim/v2."
    )]
    WrongPath(String),
    /// A web page.
    #[error(
        "{0}{1} answered with a web page instead of JSON\n  Is this the SCIM base URL, or a login page in front of it? It often ends with /scim/v2."
    )]
    WebPage(String, String),
    /// An answer that is not SCIM.
    #[error(
        "{0}{1} answered {2}, but not with a JSON object\n  Is this the SCIM base URL? It often ends with /scim/v2."
    )]
    NotScim(String, String, u16),
    /// A redirect to elsewhere.
    #[error(
        "{0} redirects ({1}){2}\n  Redirects to another place are not followed, since the credentials would go there: give the final URL as --target."
    )]
    Moved(String, u16, String),
    /// 5xx to everything.
    #[error(
        "{0} answered {1} to /ServiceProviderConfig and {2} to /Users\n  The server is there but not well; `--wait 60s` polls a server that is starting."
    )]
    Sick(String, u16, u16),
}

impl PreflightError {
    /// True when waiting may help: the target may be just starting.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Connect(..) | Self::Timeout(..) | Self::Broken(..) | Self::Sick(..))
    }
}

/// Reads only: `/ServiceProviderConfig`, one user, and the rest of the discovery. `given` names the credentials in
/// words, for messages.
///
/// # Errors
/// [`PreflightError`]: the target cannot be reached, refuses the credentials, or is no SCIM server.
pub async fn preflight(
    transport: &Arc<dyn Transport>,
    given: &'static str,
    options: &Options,
) -> Result<Discovery, PreflightError> {
    let (events, mut emitted) = tokio::sync::mpsc::unbounded_channel();
    let (_keep, cancel) = watch::channel(false);
    let session = Session::new(Arc::clone(transport), options, events, cancel);
    let base = transport.base_url();

    let config = read(&session, 1, "/ServiceProviderConfig").await;
    let config = judge(base, given, "/ServiceProviderConfig", &config)?;
    let users = read(&session, 2, "/Users?count=1").await;
    let users = judge(base, given, "/Users", &users)?;
    match (&config, &users) {
        (Seen::Missing, Seen::Missing) => return Err(PreflightError::WrongPath(base.to_owned())),
        (Seen::Sick(a), Seen::Sick(b)) => return Err(PreflightError::Sick(base.to_owned(), *a, *b)),
        _ => {}
    }
    let mut discovery = Discovery { service_provider_config: config.document(), ..Discovery::default() };
    for (n, path, place) in
        [(3, "/ResourceTypes", &mut discovery.resource_types), (4, "/Schemas", &mut discovery.schemas)]
    {
        let exchange = read(&session, n, path).await;
        *place = judge(base, given, path, &exchange).map_or(Value::Null, |seen| seen.document());
    }
    // The type that scenarios know by its URN; another of that name is not it.
    let own = Value::String(schema::device().base.urn.clone());
    let listed = discovery.resource_types["Resources"].as_array();
    let custom = listed.is_some_and(|all| all.iter().any(|kind| kind["schema"] == own));
    if let Some(config) = discovery.service_provider_config.as_object_mut() {
        config.insert("custom".to_owned(), serde_json::json!({ "supported": custom }));
    }
    for (n, name, request) in tries() {
        let there = offered(&*ask(&session, n, request).await);
        // Groups that are announced and not served, or the other way round, are for the scenarios to find.
        let agreed = name != "groups" || there == Some(has_groups(&discovery.resource_types));
        if let (Some(config), Some(there), true) = (discovery.service_provider_config.as_object_mut(), there, agreed) {
            config.insert(name.to_owned(), serde_json::json!({ "supported": there }));
        }
    }
    if lists_no_groups(&discovery.resource_types) {
        // A list of types may be wrong: only where the endpoint is not there either, there are no groups.
        let exchange = read(&session, 8, "/Groups?count=1").await;
        let there = exchange.response().is_none_or(|response| !matches!(response.status, 403 | 404 | 405 | 501));
        if let (Some(config), false) = (discovery.service_provider_config.as_object_mut(), there) {
            config.insert("groups".to_owned(), serde_json::json!({ "supported": false }));
        }
    }
    drop(session);
    while let Some(event) = emitted.recv().await {
        if let Event::Exchanged(exchange) = event {
            discovery.exchanges.push(exchange);
        }
    }
    Ok(discovery)
}

/// Repeats [`preflight`] until it succeeds, fails for a reason that waiting does not cure, or `time` is over.
///
/// # Errors
/// The last [`PreflightError`].
pub async fn wait_until_reachable(
    transport: &Arc<dyn Transport>,
    given: &'static str,
    options: &Options,
    time: Duration,
) -> Result<Discovery, PreflightError> {
    let until = Instant::now() + time;
    loop {
        match preflight(transport, given, options).await {
            Err(error) if error.may_pass() && Instant::now() < until => sleep(Duration::from_millis(250)).await,
            result => return result,
        }
    }
}

/// What one read shows.
enum Seen {
    Document(Value),
    Missing,
    Sick(u16),
    Other,
}

impl Seen {
    fn document(self) -> Value {
        if let Self::Document(value) = self { value } else { Value::Null }
    }
}

/// Whether groups are among the resource types.
fn has_groups(resource_types: &Value) -> bool {
    let all = resource_types.get("Resources").and_then(Value::as_array).into_iter().flatten();
    let mut endpoints = all.filter_map(|one| one["endpoint"].as_str());
    endpoints.any(|endpoint| endpoint.trim_end_matches('/').ends_with("Groups"))
}

/// What `/ServiceProviderConfig` says nothing of, as the query that shows it.
fn tries() -> [(usize, &'static str, Request); 4] {
    let mut search = Request::new(Method::Post, "/Users/.search");
    search.headers.push("Content-Type", "application/scim+json");
    let body = serde_json::json!({ "schemas": [urn::SEARCH_REQUEST], "count": 1 });
    search.body = Some(body.to_string().into_bytes());
    let get = |target| Request::new(Method::Get, target);
    [(5, "groups", get("/Groups?count=1")), (6, "me", get("/Me")), (7, "search", search), (8, "root", get("/?count=1"))]
}

/// True where the types of resources were read and Group is not one of them.
fn lists_no_groups(types: &Value) -> bool {
    let group = |it: &Value| it["name"] == "Group" || it["endpoint"].as_str().is_some_and(|it| it.ends_with("/Groups"));
    types["Resources"].as_array().is_some_and(|all| !all.is_empty() && !all.iter().any(group))
}

/// Whether such a query is served; `None` where the answer tells neither, so that the scenarios look closer.
fn offered(exchange: &Exchange) -> Option<bool> {
    let response = exchange.response()?;
    match (response.status, exchange.request.path()) {
        (403 | 404 | 405 | 501, _) => Some(false),
        // Of the root many things may be said instead (I-69).
        (400, "/") => Some(false),
        (200, "/") => Some(response.json().is_some_and(|body| body.get("totalResults").is_some())),
        (200 | 308, _) => Some(true),
        _ => None,
    }
}

async fn read(session: &Session, n: usize, target: &str) -> Arc<Exchange> {
    ask(session, n, Request::new(Method::Get, target)).await
}

async fn ask(session: &Session, n: usize, mut request: Request) -> Arc<Exchange> {
    request.headers.push("Accept", "application/scim+json, application/json");
    let step = Step::new("discovery", request);
    session.send_anyway(ExchangeId(format_smolstr!("discovery#{n}")), step).await
}

fn judge(base: &str, given: &'static str, path: &str, exchange: &Exchange) -> Result<Seen, PreflightError> {
    let response = match &exchange.answer {
        Ok(response) => response,
        Err(failure) => return Err(unreachable(base, failure)),
    };
    match response.status {
        200..=299 => match response.json() {
            Some(value @ (Value::Object(_) | Value::Array(_))) => Ok(Seen::Document(value)),
            _ if response.is_web_page() => Err(PreflightError::WebPage(base.to_owned(), path.to_owned())),
            _ => Err(PreflightError::NotScim(base.to_owned(), path.to_owned(), response.status)),
        },
        status @ (401 | 403) => Err(PreflightError::Refused {
            base: base.to_owned(),
            status,
            path: path.to_owned(),
            given,
            advice: match (given, status) {
                ("no credentials", _) => "Name the variable that holds the token: `--token-env NAME`.",
                (_, 401) => {
                    "Is the token complete, for this server and not expired? `--auth header` sends it without \"Bearer\"."
                }
                _ => "The credentials are known but may not read users: check their scope or role.",
            },
        }),
        status @ 300..=399 => {
            // Only a location that is a plain URL is shown: it may carry a session.
            let place = response.headers.get("Location").and_then(|text| BaseUrl::parse(text).ok());
            let place = place.map_or(String::new(), |url| format!(" to {url}"));
            Err(PreflightError::Moved(base.to_owned(), status, place))
        }
        404 => Ok(Seen::Missing),
        status @ 500..=599 if status != 501 => Ok(Seen::Sick(status)),
        _ => Ok(Seen::Other),
    }
}

fn unreachable(base: &str, failure: &Failure) -> PreflightError {
    let (base, reason) = (base.to_owned(), failure.reason.clone());
    match failure.kind {
        FailureKind::Connect => PreflightError::Connect(base, reason),
        FailureKind::Timeout => PreflightError::Timeout(base, reason),
        FailureKind::Broken | FailureKind::Unsent => PreflightError::Broken(base, reason),
        FailureKind::Tls if reason.contains("InvalidContentType") || reason.contains("corrupt message") => {
            PreflightError::NotTls(base, reason)
        }
        FailureKind::Tls if reason.contains("peer certificate") => PreflightError::Untrusted(base, reason),
        FailureKind::Tls => PreflightError::Handshake(base, reason),
    }
}

/// The sentence for a failure of that kind.
#[cfg(test)]
pub(super) fn explain_failure(base: &str, kind: FailureKind, reason: &str) -> PreflightError {
    unreachable(base, &Failure { kind, reason: reason.to_owned() })
}

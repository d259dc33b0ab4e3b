//! The first HTTP answer, whether SCIM is served at the base path, and the media type.

use url::Url;

use super::address::slip;
use super::look::Look;
use super::{Outcome, Place};
use crate::client::BaseUrl;
use crate::scim::urn;
use crate::wire::{FailureKind, Method, Request, Response, Root};

const CONFIG: &str = "/ServiceProviderConfig";

/// Where SCIM is served on many hosts.
const USUAL: [&str; 6] = ["/scim/v2", "/scim", "/v2", "/api/scim/v2", "/api/v2/scim", ""];

/// The media type of SCIM (`RFC7644 §3.1`).
const SCIM_JSON: &str = "application/scim+json";

/// Does HTTP come back, and no redirect?
pub(super) async fn answer(look: &mut Look<'_>) -> Outcome {
    let response = match look.get(CONFIG).await {
        Ok(response) => response,
        Err(failure) => {
            let fix = match failure.kind {
                FailureKind::Connect => "Check host, port and proxy.",
                FailureKind::Tls => "The server may want a client certificate: `--cert FILE --key FILE`.",
                FailureKind::Timeout => "Is the server overloaded? `--timeout 60s` waits longer.",
                FailureKind::Broken | FailureKind::Unsent if look.base().starts_with("http:") => {
                    "Is it the right port? A server that speaks TLS needs https:// in --target."
                }
                FailureKind::Broken | FailureKind::Unsent => "Is it the right port, and does the server log an error?",
            };
            return Outcome::cut_off(format!("no answer to GET {CONFIG}: {}", failure.reason), fix);
        }
    };
    let status = response.status;
    let seen = format!("{status} to GET {CONFIG}");
    let outcome = match status {
        300..=399 => moved(look.base(), &response),
        // What nginx, Apache and Go say to plain HTTP on a port for TLS.
        400 if look.base().starts_with("http:") && String::from_utf8_lossy(&response.body).contains("HTTPS") => {
            Outcome::fail(format!("{seen}: the port is for HTTPS"), "Write https:// in --target.")
        }
        500..=599 if status != 501 => {
            Outcome::fail(seen, "The server is there but not well: its log of this moment says why.")
        }
        _ => Outcome::ok(seen),
    };
    look.config = Some((response, look.clock()));
    outcome
}

/// A redirect: whereto, if that can be shown.
fn moved(base: &str, response: &Response) -> Outcome {
    let status = response.status;
    let location = response.headers.get("Location").and_then(|text| Url::parse(base).ok()?.join(text).ok());
    // Only a location that is a plain URL is shown: it may carry a session.
    let Some(place) = location.and_then(|url| BaseUrl::parse(url.as_str()).ok()) else {
        let fix = "Is that a login page? SCIM needs a place without one; redirects to other places are not followed.";
        return Outcome::fail(format!("{status}, a redirect to elsewhere"), fix);
    };
    let fix = match place.as_str().strip_suffix(CONFIG) {
        Some(better) => {
            format!("Write --target {better}; redirects are not followed, since credentials would go along.")
        }
        None => "Is that a login page? SCIM needs a place without one; redirects are not followed.".to_owned(),
    };
    Outcome::fail(format!("{status}, a redirect to {place}"), fix)
}

/// Is it SCIM that answers at the base path?
pub(super) async fn base(look: &mut Look<'_>) -> Outcome {
    let Some((config, _)) = look.config.clone() else { return Outcome::ok("not asked") };
    match config.status {
        200..=299 if is_scim(&config) => return Outcome::ok(format!("{CONFIG} is a SCIM document")),
        200..=299 if config.json().is_some_and(|it| it.is_object()) => {
            let fix = "Put `schemas` with urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig into it.";
            return Outcome::warn(format!("{CONFIG} is JSON without the `schemas` of SCIM"), fix);
        }
        401 | 403 => return Outcome::ok(format!("{} guards it; what is behind shows with credentials", config.status)),
        200..=299 | 404 => {}
        _ => return Outcome::ok(format!("{} says nothing of it", config.status)),
    }
    let what = if config.status == 404 {
        match look.get("/Users?count=1").await {
            Ok(users) if users.status != 404 && !users.is_web_page() => {
                let fix = "Serve /ServiceProviderConfig: clients read there what they may use (RFC 7644, section 4).";
                return Outcome::warn(format!("no {CONFIG}, but /Users answers {}", users.status), fix);
            }
            _ => format!("404 to {CONFIG} and to /Users"),
        }
    } else if config.is_web_page() {
        "a web page instead of JSON".to_owned()
    } else {
        format!("{}, but no JSON object", config.status)
    };
    let (found, guarded) = elsewhere(look).await;
    match (found.as_slice(), guarded.as_slice()) {
        ([], [first, ..]) => {
            Outcome::fail(what, format!("Try --target {first}: credentials are asked for there, and not here."))
        }
        ([], []) => {
            let tried = USUAL.map(|path| if path.is_empty() { "/" } else { path }).join(", ");
            let fix = format!("Look up the base URL in the server's manual; none of {tried} answers like SCIM.");
            Outcome::fail(what, fix)
        }
        ([first, ..], _) => Outcome::fail(what, format!("Write --target {first}: SCIM answers there.")),
    }
}

/// The other usual bases of the host that answer like SCIM, and those that ask for credentials where the target does not.
/// Nothing but the target itself gets credentials.
async fn elsewhere(look: &mut Look<'_>) -> (Vec<String>, Vec<String>) {
    let base = look.base().to_owned();
    let Ok(url) = Url::parse(&base) else { return Default::default() };
    let origin = base.strip_suffix(url.path().trim_end_matches('/')).unwrap_or(&base).to_owned();
    let usual = USUAL.iter().map(|path| format!("{origin}{path}"));
    let mut candidates: Vec<String> =
        slip(&base).into_iter().chain([format!("{base}/v2"), format!("{base}/scim/v2")]).chain(usual).collect();
    candidates.retain(|it| *it != base);
    let open = look.get_anonymously(CONFIG).await.is_ok_and(|response| response.status != 401);
    let (mut found, mut guarded) = (Vec::new(), Vec::new());
    for candidate in candidates {
        if found.contains(&candidate) || guarded.contains(&candidate) {
            continue;
        }
        let request = Request { root: Root::At(candidate.clone()), ..Request::new(Method::Get, CONFIG) };
        match look.send(request).await {
            Ok(response) if is_scim(&response) => found.push(candidate),
            Ok(response) if response.status == 401 && open => guarded.push(candidate),
            _ => {}
        }
    }
    (found, guarded)
}

/// A SCIM document, or a SCIM error that is not "no such place" (`RFC7644 §3.12`).
fn is_scim(response: &Response) -> bool {
    let Some(document) = response.json() else { return false };
    let schemas = document["schemas"].as_array().into_iter().flatten();
    let mut known = schemas.filter_map(|it| it.as_str()).filter(|it| it.starts_with("urn:ietf:params:scim:"));
    match response.status {
        200..=299 => known.next().is_some(),
        401 | 403 => known.any(|it| it == urn::ERROR),
        _ => false,
    }
}

/// Which media type do answers have?
pub(super) fn media_type(look: &Look<'_>) -> Outcome {
    let config = look.config.as_ref().map(|(response, _)| response);
    let read = config.into_iter().chain(&look.users).find(|it| it.is_success());
    let Some(response) = read else { return Outcome::ok("no answer to judge") };
    let fix = format!("Send `Content-Type: {SCIM_JSON}` (RFC 7644, section 3.1); some clients refuse other types.");
    match response.headers.get("Content-Type") {
        None => Outcome::warn("no Content-Type", fix),
        Some(text) if text.to_ascii_lowercase().starts_with(SCIM_JSON) => Outcome::ok(text),
        Some(text) => Outcome::warn(text, fix),
    }
}

/// The target is the bundled server, which has neither a network nor a clock of its own.
pub(super) fn is_here(look: &Look<'_>) -> bool {
    matches!(look.patient.place, Place::Here(_))
}

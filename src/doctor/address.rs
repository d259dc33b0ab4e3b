//! The target's URL as a text, and which proxy applies to it. Nothing is sent.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::{Outcome, Patient, Place, There};

/// Ends of a path that belong to a request, not to a base URL.
const ENDPOINTS: [&str; 6] = ["/users", "/groups", "/serviceproviderconfig", "/schemas", "/resourcetypes", "/bulk"];

/// Is the URL one, and does it look like a base URL?
pub(super) fn address(patient: &Patient) -> Outcome {
    let there = match &patient.place {
        Place::Nowhere(error) => {
            return Outcome::fail(error.to_string(), "Write --target https://host/scim/v2.");
        }
        Place::Here(transport) => return Outcome::ok(format!("{}, in this process", transport.base_url())),
        Place::There(there) => there,
    };
    let base = there.base.as_str();
    if let Some(better) = slip(base) {
        return Outcome::warn(format!("{base} has more than a base path"), format!("Try --target {better} instead."));
    }
    if !there.base.is_https() && !there.base.is_loopback() {
        let fix = "Use https:// where the server has it; over http:// anybody on the way can read the credentials.";
        return Outcome::warn(format!("{base} is plain HTTP to another machine"), fix);
    }
    let slash = if there.slash { " (without the slash at its end)" } else { "" };
    Outcome::ok(format!("{base}{slash}"))
}

/// The base URL that was probably meant: without an endpoint at its end, without its path twice.
pub(super) fn slip(base: &str) -> Option<String> {
    let lower = base.to_ascii_lowercase();
    if let Some(end) = ENDPOINTS.iter().find(|end| lower.ends_with(**end)) {
        return Some(base[..base.len() - end.len()].to_owned());
    }
    let url = Url::parse(base).ok()?;
    let path = url.path();
    let half = path.len() / 2;
    // `/scim/v2/scim/v2`: a path that is twice the same.
    let twice = path.len() > 1 && path.len() % 2 == 0 && path.is_char_boundary(half) && path[..half] == path[half..];
    if twice {
        return Some(base[..base.len() - half].to_owned());
    }
    path.contains("//").then(|| base.strip_suffix(path).map(|origin| origin.to_owned() + &single(path))).flatten()
}

/// A path with single slashes.
fn single(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty()).map(|part| format!("/{part}")).collect()
}

/// The proxy that requests go through: its URL, which may hold a password.
pub(super) fn proxy_of(there: &There) -> Option<Url> {
    let proxy = there.options.proxy.as_ref()?;
    let matcher =
        Matcher::builder().all(proxy.expose()).no(there.options.no_proxy.as_deref().unwrap_or_default()).build();
    let destination: http::Uri = there.base.as_str().parse().ok()?;
    matcher.intercept(&destination)?;
    Url::parse(proxy.expose()).or_else(|_| Url::parse(&format!("http://{}", proxy.expose()))).ok()
}

/// Which proxy applies.
pub(super) fn proxy(patient: &Patient) -> Outcome {
    let Some(there) = patient.there() else { return Outcome::ok("none needed") };
    let from = there.proxy_from.as_deref().unwrap_or("a proxy");
    match (&there.options.proxy, proxy_of(there)) {
        (None, _) if there.base.is_loopback() => Outcome::ok("none: the target is on this machine"),
        (None, _) => Outcome::ok("none: no proxy variable is set that applies"),
        (Some(_), None) => Outcome::ok(format!("{from} is set, and NO_PROXY excludes this host")),
        (Some(_), Some(url)) => {
            let port = url.port_or_known_default().map_or(String::new(), |port| format!(":{port}"));
            Outcome::ok(format!("{from}: {}://{}{port}", url.scheme(), url.host_str().unwrap_or_default()))
        }
    }
}

//! Standing checks of status codes, headers and media types.

use super::seen::{Place, Seen};
use super::{Check, Said};
use crate::profile::DeactivatedNames;
use crate::wire::Method;

pub(super) const CHECKS: [Check; 15] = [
    Check { name: "media type of an answer", requirements: &["RFC7644-8.1-1"], judge: media_type },
    Check { name: "no internal error", requirements: &["RFC7644-3.2-18"], judge: internal_error },
    Check { name: "no internal error on odd paging", requirements: &["RFC7644-3.4.2.4-17"], judge: odd_paging },
    Check { name: "create answers 201", requirements: &["RFC7644-3.3-6"], judge: created },
    Check { name: "201 has Location", requirements: &["RFC7644-3.3-8"], judge: location },
    Check { name: "PUT answers 200", requirements: &["RFC7644-3.5.1-16"], judge: replaced },
    Check { name: "PATCH answers 200 or 204", requirements: &["RFC7644-3.5.2-26"], judge: patched },
    Check { name: "PATCH with attributes answers 200", requirements: &["RFC7644-3.5.2-27"], judge: patched_projected },
    Check { name: "DELETE answers 204", requirements: &["RFC7644-3.6-5"], judge: deleted },
    Check { name: "204 of DELETE has no body", requirements: &["RFC7644-3.6-6"], judge: empty_delete },
    Check { name: "204 of PATCH has no body", requirements: &["RFC7644-3.5.2-28"], judge: empty_patch },
    Check { name: "401 names the schemes", requirements: &["RFC7644-2-3", "HTTP-9110-15.5.2-1"], judge: challenge },
    Check { name: "a challenge says each thing once", requirements: &["HTTP-6750-3-4"], judge: challenge_once },
    Check { name: "405 carries Allow", requirements: &["HTTP-9110-15.5.6-1"], judge: allow },
    Check { name: "304 has no body and a tag", requirements: &["HTTP-9110-15.4.5-1"], judge: not_modified },
];

fn status(seen: &Seen) -> String {
    format!("status {}", seen.status())
}

fn success(seen: &Seen, method: &Method) -> bool {
    seen.is(method) && seen.response.is_success()
}

fn media_type(seen: &Seen) -> Option<Said> {
    if seen.response.body.is_empty() || seen.place == Place::Unknown {
        return None;
    }
    const EXPECTED: &str = "Content-Type application/scim+json";
    let full = seen.header("Content-Type").unwrap_or("no Content-Type");
    let kind = full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let accept = seen.request.headers.get("Accept").unwrap_or("*/*").to_ascii_lowercase();
    match kind.as_str() {
        "application/scim+json" => Some(Said::when(true, EXPECTED, full)),
        "application/json" if accept.contains("*/*") => Some(Said::reads("I-64", 2, EXPECTED, full)),
        "application/json" if !accept.contains("scim+json") => None,
        "application/json" => Some(Said::reads("I-63", 2, EXPECTED, full)),
        _ if !seen.response.is_success() => Some(Said::warn(EXPECTED, full)),
        _ => Some(Said::fail(EXPECTED, full)),
    }
}

fn internal_error(seen: &Seen) -> Option<Said> {
    let bad = seen.status() >= 500 && !matches!(seen.status(), 501 | 503);
    bad.then(|| Said::warn("an answer other than an internal error", status(seen)))
}

fn odd_paging(seen: &Seen) -> Option<Said> {
    let odd = ["startIndex", "count"]
        .iter()
        .filter_map(|name| seen.parameter(name))
        .any(|value| value.trim().parse::<i64>().is_err());
    let bad = seen.status() >= 500 && !matches!(seen.status(), 501 | 503);
    (odd && seen.is(&Method::Get)).then(|| Said::when(!bad, "refused or ignored", status(seen)))
}

fn created(seen: &Seen) -> Option<Said> {
    // Where the name of a deactivated user activates that user again, nothing was created (CATALYTIC-017).
    let revived = seen.names == DeactivatedNames::Reactivates && seen.status() == 200;
    (seen.place == Place::Collection && success(seen, &Method::Post) && !revived)
        .then(|| Said::when(seen.status() == 201, "status 201", status(seen)))
}

fn location(seen: &Seen) -> Option<Said> {
    if seen.status() != 201 || seen.place != Place::Collection {
        return None;
    }
    let there = seen.header("Location").filter(|text| !text.is_empty());
    Some(Said::when(there.is_some(), "a Location header", there.unwrap_or("none")))
}

fn replaced(seen: &Seen) -> Option<Said> {
    if !success(seen, &Method::Put) || !matches!(seen.place, Place::One(_) | Place::Me) {
        return None;
    }
    Some(match seen.status() {
        200 => Said::when(true, "status 200", status(seen)),
        // A 204 says less than the text wants, but clients cope.
        204 => Said::warn("status 200 with the resource", status(seen)),
        _ => Said::fail("status 200 with the resource", status(seen)),
    })
}

fn patched(seen: &Seen) -> Option<Said> {
    if !success(seen, &Method::Patch) {
        return None;
    }
    const EXPECTED: &str = "200 with the resource, or 204";
    Some(match seen.status() {
        200 if seen.object().is_none() => Said::fail(EXPECTED, "status 200 without a resource"),
        200 => Said::reads("I-46", 1, EXPECTED, status(seen)),
        204 => Said::reads("I-46", 2, EXPECTED, status(seen)),
        _ => Said::fail(EXPECTED, status(seen)),
    })
}

fn patched_projected(seen: &Seen) -> Option<Said> {
    (success(seen, &Method::Patch) && seen.parameter("attributes").is_some())
        .then(|| Said::when(seen.status() == 200, "status 200", status(seen)))
}

fn deleted(seen: &Seen) -> Option<Said> {
    (success(seen, &Method::Delete) && matches!(seen.place, Place::One(_)))
        .then(|| Said::when(seen.status() == 204, "status 204", status(seen)))
}

fn empty(seen: &Seen, method: &Method) -> Option<Said> {
    (seen.is(method) && seen.status() == 204)
        .then(|| Said::when(seen.response.body.is_empty(), "no body", format!("{} bytes", seen.response.body.len())))
}

fn empty_delete(seen: &Seen) -> Option<Said> {
    empty(seen, &Method::Delete)
}

fn empty_patch(seen: &Seen) -> Option<Said> {
    empty(seen, &Method::Patch)
}

fn challenge(seen: &Seen) -> Option<Said> {
    if seen.status() != 401 {
        return None;
    }
    const EXPECTED: &str = "WWW-Authenticate with the supported schemes";
    let body = seen.object().is_some_and(|body| super::seen::names(body, crate::scim::urn::ERROR));
    Some(match (seen.header("WWW-Authenticate"), body) {
        (Some(header), true) => Said::reads("I-65", 1, EXPECTED, header),
        // The missing body is the matter of the error checks.
        (Some(header), false) => Said::when(true, EXPECTED, header),
        (None, true) => Said::reads("I-65", 3, EXPECTED, "none, but an Error body"),
        (None, false) => Said::fail(EXPECTED, "none"),
    })
}

/// What a Bearer challenge may say once at most (`RFC6750 §3`).
const ONCE: [&str; 5] = ["realm", "scope", "error", "error_description", "error_uri"];

fn challenge_once(seen: &Seen) -> Option<Said> {
    let header = seen.header("WWW-Authenticate").filter(|_| seen.status() == 401)?;
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    // A quoted text may hold commas; with the quotes every second piece is one.
    let outside: String = rest.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
    let names = outside.split(',').map(|part| part.split('=').next().unwrap_or_default().trim());
    // `Basic realm` begins another challenge.
    let own: Vec<String> = names.take_while(|name| !name.contains(' ')).map(str::to_ascii_lowercase).collect();
    let twice = ONCE.iter().find(|once| own.iter().filter(|name| name == *once).count() > 1);
    Some(Said::when(twice.is_none(), "each parameter of the challenge once", header))
}

fn allow(seen: &Seen) -> Option<Said> {
    (seen.status() == 405)
        .then(|| Said::when(seen.header("Allow").is_some(), "an Allow header", seen.header("Allow").unwrap_or("none")))
}

fn not_modified(seen: &Seen) -> Option<Said> {
    (seen.status() == 304).then(|| {
        let good = seen.response.body.is_empty() && seen.header("ETag").is_some();
        let got = format!("{} bytes, ETag {}", seen.response.body.len(), seen.header("ETag").unwrap_or("missing"));
        Said::when(good, "no body and an ETag", got)
    })
}

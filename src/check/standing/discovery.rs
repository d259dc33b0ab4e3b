//! Standing checks of `/ServiceProviderConfig` (`RFC7643 §5`, `RFC7644 §4`).

use serde_json::Value;

use super::seen::{Place, Seen, names};
use super::{Check, Said};
use crate::scim::{Object, urn};
use crate::wire::Method;

pub(super) const CHECKS: [Check; 9] = [
    Check { name: "configuration is one object", requirements: &["RFC7644-4-3"], judge: one },
    Check { name: "configuration has its schema", requirements: &["RFC7644-4-2"], judge: schema },
    Check { name: "configuration says patch", requirements: &["RFC7643-5-4"], judge: patch },
    Check { name: "configuration says bulk", requirements: &["RFC7643-5-5"], judge: bulk },
    Check { name: "configuration says filter", requirements: &["RFC7643-5-6"], judge: filter },
    Check { name: "configuration says changePassword", requirements: &["RFC7643-5-7"], judge: change_password },
    Check { name: "configuration says sort", requirements: &["RFC7643-5-8"], judge: sort },
    Check { name: "configuration says etag", requirements: &["RFC7643-5-9"], judge: etag },
    Check { name: "configuration says how to authenticate", requirements: &["RFC7643-5-10"], judge: schemes },
];

fn config<'a>(seen: &'a Seen) -> Option<&'a Object> {
    let due = seen.place == Place::Config && seen.is(&Method::Get) && seen.status() == 200 && !seen.projected();
    seen.object().filter(|_| due)
}

fn one(seen: &Seen) -> Option<Said> {
    let body = config(seen)?;
    Some(Said::when(!names(body, urn::LIST_RESPONSE), "one object", "a ListResponse"))
}

fn schema(seen: &Seen) -> Option<Said> {
    let body = config(seen)?;
    let got = body.get("schemas").map_or("none".to_owned(), Value::to_string);
    Some(Said::when(names(body, urn::SERVICE_PROVIDER_CONFIG), "schemas with ServiceProviderConfig", got))
}

/// `supported` as a boolean, and numbers beside it; the numbers matter only where the feature is there.
fn says(seen: &Seen, feature: &str, numbers: &[&str]) -> Option<Said> {
    let body = config(seen)?;
    let part = body.get(feature).unwrap_or(&Value::Null);
    let mut good = part["supported"].is_boolean();
    if part["supported"] == true {
        good &= numbers.iter().all(|name| part[*name].is_i64() || part[*name].is_u64());
    }
    let mut expected = format!("{feature}.supported as a boolean");
    for name in numbers {
        expected.push_str(&format!(", {name} as an integer"));
    }
    Some(Said::when(good, expected, part.to_string()))
}

fn patch(seen: &Seen) -> Option<Said> {
    says(seen, "patch", &[])
}

fn bulk(seen: &Seen) -> Option<Said> {
    says(seen, "bulk", &["maxOperations", "maxPayloadSize"])
}

fn filter(seen: &Seen) -> Option<Said> {
    says(seen, "filter", &["maxResults"])
}

fn change_password(seen: &Seen) -> Option<Said> {
    says(seen, "changePassword", &[])
}

fn sort(seen: &Seen) -> Option<Said> {
    says(seen, "sort", &[])
}

fn etag(seen: &Seen) -> Option<Said> {
    says(seen, "etag", &[])
}

fn schemes(seen: &Seen) -> Option<Said> {
    let body = config(seen)?;
    let schemes = body.get("authenticationSchemes").unwrap_or(&Value::Null);
    let told = |scheme: &Value| ["type", "name", "description"].iter().all(|name| scheme[*name].is_string());
    // An empty list is none (`RFC7643 §2.5`).
    let good = schemes.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(told));
    Some(Said::when(good, "authenticationSchemes, each with type, name, description", schemes.to_string()))
}

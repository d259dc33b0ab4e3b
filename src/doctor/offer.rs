//! What the target says it can do, which discovery endpoints it has, and whether its list of users can be read.

use serde_json::Value;

use super::Outcome;
use super::look::Look;

/// The capabilities of `/ServiceProviderConfig` (`RFC7643 §5`), and whether identity providers need it.
const CAPABILITIES: [(&str, bool); 6] =
    [("patch", true), ("filter", true), ("bulk", false), ("sort", false), ("etag", false), ("changePassword", false)];

/// What is announced?
pub(super) fn capabilities(look: &Look<'_>) -> Outcome {
    let config = look.config.as_ref().filter(|(response, _)| response.is_success());
    let document = config.and_then(|(response, _)| response.json()).unwrap_or_default();
    if !document.is_object() {
        let fix = "Serve /ServiceProviderConfig; without it every capability is tried as if it were there.";
        return Outcome::warn("nothing is announced", fix);
    }
    let told = |name: &str| document[name]["supported"].as_bool();
    let list = |wanted: Option<bool>| {
        let names = CAPABILITIES.iter().filter(|(name, _)| told(name) == wanted).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    let mut seen: Vec<String> = [("", Some(true)), ("not ", Some(false)), ("nothing said of ", None)]
        .into_iter()
        .map(|(word, wanted)| (word, list(wanted)))
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word}{names}"))
        .collect();
    let schemes = document["authenticationSchemes"].as_array().into_iter().flatten();
    let schemes: Vec<&str> = schemes.filter_map(|it| it["type"].as_str()).collect();
    if !schemes.is_empty() {
        seen.push(format!("authentication {}", schemes.join(", ")));
    }
    let lacking: Vec<&str> =
        CAPABILITIES.iter().filter(|(name, needed)| *needed && told(name) == Some(false)).map(|it| it.0).collect();
    if lacking.is_empty() {
        return Outcome::ok(seen.join("; "));
    }
    let fix = format!(
        "Okta and Entra ID need {}: serve it, or announce it if it is served; what is not announced is skipped.",
        lacking.join(" and ")
    );
    Outcome::warn(seen.join("; "), fix)
}

/// Which discovery endpoints are there?
pub(super) async fn discovery(look: &mut Look<'_>) -> Outcome {
    let config = look.config.as_ref().map(|(response, _)| response.status);
    let mut rows = [("/ServiceProviderConfig", config.unwrap_or_default()), ("/ResourceTypes", 0), ("/Schemas", 0)];
    for (path, status) in &mut rows[1..] {
        *status = look.get(path).await.map_or(0, |response| response.status);
    }
    let absent: Vec<String> = rows
        .iter()
        .filter(|(_, status)| !(200..300).contains(status))
        .map(|(path, status)| if *status == 0 { format!("{path} (no answer)") } else { format!("{path} ({status})") })
        .collect();
    if absent.is_empty() {
        return Outcome::ok(rows.map(|(path, _)| path).join(", "));
    }
    let fix = "Serve them (RFC 7644, section 4): what they would announce is guessed or skipped in a run.";
    Outcome::warn(format!("absent: {}", absent.join(", ")), fix)
}

/// Is `/Users?count=1` a list of users?
pub(super) fn users(look: &Look<'_>) -> Outcome {
    let Some(response) = &look.users else { return Outcome::ok("not asked") };
    let status = response.status;
    let seen = format!("{status} to GET /Users?count=1");
    if status == 429 {
        return Outcome::warn(seen, "Wait until the limit is lifted, and ask again.");
    }
    if !response.is_success() {
        let fix =
            "Serve the list of users at /Users (RFC 7644, section 3.4.2): every identity provider reads it first.";
        return Outcome::fail(seen, fix);
    }
    let fix = "Answer with a ListResponse: `schemas`, `totalResults` and `Resources` (RFC 7644, section 3.4.2).";
    let Some(list) = response.json().filter(Value::is_object) else {
        return Outcome::fail(format!("{seen}, but no JSON object"), fix);
    };
    let Some(total) = list["totalResults"].as_u64() else {
        return Outcome::fail(format!("{seen}, but without totalResults"), fix);
    };
    let users = if total == 1 { "1 user".to_owned() } else { format!("{total} users") };
    if total > 0 && list["Resources"].as_array().is_none_or(Vec::is_empty) {
        return Outcome::fail(format!("{users}, but none in Resources though one was asked for"), fix);
    }
    Outcome::ok(users)
}

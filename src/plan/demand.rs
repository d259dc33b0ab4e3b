//! Scenarios that send less of a user than the target's schemas demand: it refuses them by right.

use serde_json::Value;

use super::estimate::body_of;
use crate::scenario::{Action, Scenario, Step, line_of};
use crate::scim::address::member;
use crate::scim::path::{AttrPath, PatchPath};
use crate::wire::Method;

/// The first demanded attribute (`name.familyName`) that a step of the scenario leaves out or takes away, with the step.
pub(super) fn unmet<'a>(scenario: &'a Scenario, demanded: &'a [String]) -> Option<(&'a str, &'a str)> {
    let paths: Vec<(&str, AttrPath)> =
        demanded.iter().filter_map(|text| Some((text.as_str(), AttrPath::parse(text).ok()?))).collect();
    if paths.is_empty() {
        return None;
    }
    scenario.steps.iter().find_map(|step| {
        let missed = paths.iter().find(|(_, path)| breaks(scenario, step, path))?;
        Some((missed.0, step.name.as_str()))
    })
}

fn breaks(scenario: &Scenario, step: &Step, path: &AttrPath) -> bool {
    let Some(line) = line_of(&scenario.steps, step).filter(|line| line.is_scim()) else { return false };
    // What is merged over an answer has what that had.
    let merged = matches!(&step.action, Action::Send { base: Some(_), .. });
    let target = line.path();
    let place = target.trim_matches('/');
    let body = body_of(scenario, step);
    match (&line.method, place.split('/').next().unwrap_or_default()) {
        (Method::Post, "Bulk") => body["Operations"].as_array().into_iter().flatten().any(|operation| {
            let method = Method::from_word(operation["method"].as_str().unwrap_or_default());
            let place = operation["path"].as_str().unwrap_or_default().trim_matches('/');
            place.starts_with("Users") && refused(&method, place == "Users", &operation["data"], path)
        }),
        (method, "Users") if !merged => refused(method, place == "Users", &body, path),
        _ => false,
    }
}

fn refused(method: &Method, collection: bool, body: &Value, path: &AttrPath) -> bool {
    match method {
        Method::Post if collection => lacks(body, path),
        Method::Put => lacks(body, path),
        Method::Patch => body["Operations"].as_array().into_iter().flatten().any(|one| takes_away(one, path)),
        _ => false,
    }
}

/// Whether a user has nothing at a path. What is no object is sent for another reason than to make a user.
fn lacks(user: &Value, path: &AttrPath) -> bool {
    let Some(user) = user.as_object() else { return false };
    match (member(user, &path.name), &path.sub) {
        (None, _) => true,
        (Some(Value::Null), _) => true,
        (Some(Value::Array(values)), _) => values.is_empty(),
        (Some(Value::Object(parts)), Some(sub)) => member(parts, sub).is_none(),
        _ => false,
    }
}

fn takes_away(operation: &Value, path: &AttrPath) -> bool {
    let same = |own: &AttrPath| {
        let parts = own.sub.as_ref().zip(path.sub.as_ref());
        own.name.eq_ignore_ascii_case(&path.name) && parts.is_none_or(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    let there = match operation["path"].as_str().map(PatchPath::parse) {
        Some(Ok(PatchPath::Attr(own))) => same(&own),
        Some(Ok(PatchPath::Value { attr, .. })) => same(&attr),
        _ => false,
    };
    let nothing = operation["value"].is_null() || operation["value"].as_array().is_some_and(Vec::is_empty);
    there && (operation["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("remove")) || nothing)
}

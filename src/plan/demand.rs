//! Scenarios that send less of a user or a group than the target's schemas demand: it refuses them by right.

use serde_json::Value;

use super::estimate::body_of;
use crate::profile;
use crate::scenario::{Action, Scenario, Step, line_of};
use crate::scim::address::member;
use crate::scim::path::{AttrPath, PatchPath};
use crate::scim::urn;
use crate::wire::Method;

/// An attribute that the target demands of every resource of a collection.
pub(super) struct Demand {
    /// `Users` or `Groups`.
    collection: &'static str,
    /// As the schema names it: `name.familyName`.
    text: String,
    path: AttrPath,
}

/// All that the target's schemas demand beyond the standard.
pub(super) fn of(schemas: &Value) -> Vec<Demand> {
    let kinds = [("Users", urn::USER), ("Groups", urn::GROUP)];
    let paths = kinds
        .into_iter()
        .flat_map(|(collection, urn)| profile::required(schemas, urn).into_iter().map(move |text| (collection, text)));
    paths
        .filter_map(|(collection, text)| Some(Demand { collection, path: AttrPath::parse(&text).ok()?, text }))
        .collect()
}

/// What a step of the scenario leaves out or takes away of that, in words, or nothing.
pub(super) fn unmet(scenario: &Scenario, demanded: &[Demand]) -> Option<String> {
    scenario.steps.iter().filter(|_| !demanded.is_empty()).find_map(|step| {
        let Demand { collection, text, .. } = demanded.iter().find(|demand| breaks(scenario, step, demand))?;
        let (kind, name) = (collection.to_lowercase(), &step.name);
        Some(format!("{kind} without {text} (step {name:?}; its schema requires {text})"))
    })
}

fn breaks(scenario: &Scenario, step: &Step, Demand { collection, path, .. }: &Demand) -> bool {
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
            place.starts_with(collection) && refused(&method, place == *collection, &operation["data"], path)
        }),
        (method, named) if !merged && named == *collection => refused(method, place == named, &body, path),
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

/// Whether a resource has nothing at a path. What is no object is sent for another reason than to make one.
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

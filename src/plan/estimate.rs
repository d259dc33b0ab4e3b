//! What a scenario costs: users, groups and requests, counted from its steps.

use crate::scenario::{Scenario, line_of};
use crate::wire::Method;

/// Numbers of what is created and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Requests that create a user, refused ones included: a faulty server may take them.
    pub users: usize,
    /// Requests that create a group.
    pub groups: usize,
    /// Requests, with every walk as two pages and every `until` as two tries.
    pub requests: usize,
}

/// Counts a scenario's steps. A bulk request counts as its operations on `/Users` and `/Groups`.
#[must_use]
pub fn estimate(scenario: &Scenario) -> Estimate {
    let mut sum = Estimate::default();
    for step in &scenario.steps {
        let times = step.times.unwrap_or(1);
        sum.requests += if step.walk || step.until.is_some() { 2 } else { times };
        let Some(line) = line_of(&scenario.steps, step) else { continue };
        // What is created elsewhere goes with its organization.
        if line.method != Method::Post || !line.is_scim() {
            continue;
        }
        match line.path().trim_end_matches('/') {
            "/Users" => sum.users += times,
            "/Groups" => sum.groups += times,
            "/Bulk" => {
                let body = body_of(scenario, step);
                sum.users += times * creates(&body, "/Users");
                sum.groups += times * creates(&body, "/Groups");
            }
            _ => {}
        }
    }
    sum
}

/// The body of a step with digits for its holes, followed through `repeat`.
pub(super) fn body_of(scenario: &Scenario, step: &crate::scenario::Step) -> serde_json::Value {
    let text = match &step.action {
        crate::scenario::Action::Send { body, .. } => body.as_ref().map(crate::scenario::Template::filler),
        crate::scenario::Action::Repeat(name) => {
            return scenario.step(name).map(|s| body_of(scenario, s)).unwrap_or_default();
        }
    };
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn creates(bulk: &serde_json::Value, path: &str) -> usize {
    let operations = bulk["Operations"].as_array().map_or(&[][..], Vec::as_slice);
    operations.iter().filter(|op| op["path"] == path && op["method"].as_str() == Some("POST")).count()
}

//! From scenarios and discovery to the jobs of a run: the one place where plan and run meet.

use std::sync::Arc;

use crate::flow::Event;
use crate::run::{Discovery, Job, Opening};
use crate::scenario::{Draw, Scenario, ScenarioFlow, Settings};

use super::judge::Prepared;

/// The opening events and the jobs.
pub fn stage(prepared: &Prepared, discovery: Discovery, base_url: &str) -> (Opening, Vec<Job>) {
    let marker = format!("sp{:x}", prepared.seed);
    let settings = Settings {
        draw: Draw { seed: prepared.seed, marker: marker.clone(), identifier: prepared.profile.identifier },
        base_url: base_url.to_owned(),
    };
    let jobs = prepared.scenarios.iter().map(|scenario: &Arc<Scenario>| Job {
        flow: Box::new(ScenarioFlow::new(Arc::clone(scenario), &settings)),
        clients: scenario.clients.clone(),
        flows: scenario.flows.clone(),
        users: scenario.people.len(),
    });
    let jobs = jobs.collect();
    let skipped: Vec<Event> = Vec::new();
    let opening = Opening {
        seed: prepared.seed,
        marker,
        target: None,
        profile: prepared.profile.name.clone(),
        capabilities: discovery.service_provider_config,
        exchanges: discovery.exchanges,
        skipped,
    };
    (opening, jobs)
}

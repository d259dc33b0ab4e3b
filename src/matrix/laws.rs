//! The property engine is tested: a defect must fall to the laws that it breaks, by a history of a few requests that `run`
//! repeats. It knows nothing of how a defect works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Shown, stage};
use crate::client::Transport;
use crate::fault::{Caught, Faulty};
use crate::flow::{Event, Finding, Outcome};
use crate::profile::Profile;
use crate::property::{Engine, Proof, RoleReadOut, SUITES, Setting, SignIn};
use crate::run::{self, Inspect, Job, Opening, Options};
use crate::scenario::{self, Draw, ScenarioError, ScenarioFlow, Settings};

/// The longest history that may show a defect, requests.
const LONGEST: usize = 6;

/// Random histories for a defect.
const CASES: u64 = 150;

/// Laws of all answers of a race together: `prove` alone can judge them, and `run` has no row that could.
const OF_A_RACE: &[&str] = &["PROP-CONC-12"];

/// Defects of the whole server, under which a history takes what another one beside it waits for.
const ALONE: &[&str] = &["id-reused"];

/// Proves the laws that a defect is to break and compares.
#[must_use]
pub fn disprove(row: &Caught) -> Shown {
    let start = Instant::now();
    let mut shown = Shown {
        name: row.name.clone(),
        profile: row.profile.clone(),
        failed: row.proves.iter().cloned().collect(),
        wrong: Vec::new(),
        exchanges: 0,
        took: Duration::ZERO,
    };
    match complaints(row) {
        Ok(wrong) => {
            shown.failed.retain(|id| !wrong.iter().any(|(law, _)| law == id));
            shown.wrong = wrong.into_iter().map(|(law, what)| format!("{law} {what}")).collect();
        }
        Err(error) => {
            shown.failed.clear();
            shown.wrong = vec![error];
        }
    }
    shown.took = start.elapsed();
    shown
}

/// The laws that do not fall as they must, each with what came instead.
fn complaints(row: &Caught) -> Result<Vec<(String, String)>, String> {
    let profile = Profile::named(&row.profile).ok_or_else(|| format!("there is no profile {}", row.profile))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let proof = prove(&profile, Some(&row.name), &row.proves, None).await?;
        let mut wrong = Vec::new();
        for id in &row.proves {
            let law = proof.law(id);
            let Some(found) = law.and_then(|law| law.counter_example()) else {
                wrong.push((id.clone(), format!("does not fall: {:?}", law.map(|law| &law.state))));
                continue;
            };
            if found.requests > LONGEST {
                wrong.push((id.clone(), format!("takes {} requests:\n{}", found.requests, found.scenario)));
            }
            let again = replay(&profile, &row.name, &found.scenario).await?;
            let judged = !OF_A_RACE.contains(&id.as_str());
            if !found.repeats || judged && !again.iter().any(|finding| finding.requirement == *id) {
                wrong.push((id.clone(), format!("falls and does not when it is played again:\n{}", found.scenario)));
            }
        }
        Ok(wrong)
    })
}

/// A server of that profile behind that defect.
fn target(profile: &Profile, name: Option<&str>) -> Result<Arc<dyn Transport>, String> {
    let faulty = Faulty::new(stage::server(profile));
    faulty.switch(&name.into_iter().collect::<Vec<_>>()).map_err(|error| error.to_string())?;
    stage::transport(profile, faulty)
}

fn draw(profile: &Profile) -> Draw {
    Draw { seed: 7, marker: "sp7".to_owned(), identifier: profile.identifier }
}

/// Tests those laws, or all of them, as `prove` does.
///
/// # Errors
/// The server could not be judged, or the engine broke off.
pub async fn prove(
    profile: &Profile,
    name: Option<&str>,
    laws: &[String],
    time: Option<Duration>,
) -> Result<Proof, String> {
    let transport = target(profile, name)?;
    let concurrency = if name.is_some_and(|name| ALONE.contains(&name)) { 1 } else { 4 };
    let options = Options { concurrency, ..Options::default() };
    let found = run::wait_until_reachable(&transport, "a bearer token", &options, Duration::ZERO).await;
    let setting = Setting {
        profile: profile.clone(),
        capabilities: found.map_err(|error| error.to_string())?.service_provider_config,
        role: Some(RoleReadOut::At("roles.value".to_owned())),
        admin: transport.admin_url().is_some(),
        sign_in: SignIn::default(),
        draw: draw(profile),
    };
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let engine = Arc::new(Engine {
        transport,
        setting: Arc::new(setting),
        options,
        cases: CASES,
        time_budget: time,
        regressions: Vec::new(),
        laws: laws.to_vec(),
        cancel,
        progress: Arc::new(|_| {}),
    });
    engine.prove(SUITES).await.map_err(|fault| fault.to_string())
}

/// What `run` finds when it plays a counter-example against a fresh server with the same defect.
async fn replay(profile: &Profile, name: &str, text: &str) -> Result<Vec<Arc<Finding>>, String> {
    let context = scenario::Context::embedded();
    let parsed = scenario::parse_as("counter-example", "counter-example.toml", text, &context)
        .map_err(|errors| errors.first().map(ScenarioError::rendered).unwrap_or_default())?;
    let transport = target(profile, Some(name))?;
    let settings = Settings { draw: draw(profile), base_url: transport.base_url().to_owned() };
    let job = Job {
        alone: false,
        users: parsed.people.len(),
        flow: Box::new(ScenarioFlow::new(Arc::new(parsed), &settings)),
        clients: Vec::new(),
        flows: Vec::new(),
    };
    let (sender, mut said) = tokio::sync::mpsc::unbounded_channel();
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let inspect: Inspect = Arc::new(|_| Vec::new());
    run::drive(vec![job], Opening::default(), transport, inspect, Options::default(), sender, cancel).await;
    let mut failed = Vec::new();
    while let Ok(event) = said.try_recv() {
        if let Event::Found(finding) = event
            && finding.outcome == Outcome::Fail
        {
            failed.push(finding);
        }
    }
    Ok(failed)
}

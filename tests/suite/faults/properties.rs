//! The property engine is tested: every defect of the table must fall to the laws that it breaks, by a history of a few
//! requests that `run` repeats, and a server without a defect must break none under any profile.

use std::sync::Arc;
use std::time::Duration;

use scimproof::client::Transport;
use scimproof::fault::{self, Caught, Faulty};
use scimproof::flow::{Event, Finding, Outcome};
use scimproof::profile::Profile;
use scimproof::property::{Engine, Proof, RoleReadOut, SUITES, Setting, SignIn, Suite};
use scimproof::requirement::Catalogue;
use scimproof::run::{self, Job, Opening, Options};
use scimproof::scenario::{self, Draw, ScenarioFlow, Settings};

use super::play;

/// The longest history that may show a defect, requests.
const LONGEST: usize = 6;

/// Random histories for a defect.
const CASES: u64 = 150;

/// How long an honest server is tested; the laws' own tests play everything.
const ENOUGH: Duration = Duration::from_secs(5);

/// Laws of all answers of a race together: `prove` alone can judge them, and `run` has no row that could.
const OF_A_RACE: &[&str] = &["PROP-CONC-12"];

/// Defects of the whole server, under which a history takes what another one beside it waits for.
const ALONE: &[&str] = &["id-reused"];

fn rows() -> Vec<Caught> {
    fault::caught().to_vec()
}

/// A server of that profile behind that defect.
fn target(profile: &Profile, name: Option<&str>) -> Arc<dyn Transport> {
    let faulty = Faulty::new(play::server(profile));
    faulty.switch(&name.into_iter().collect::<Vec<_>>()).unwrap();
    play::transport(profile, faulty)
}

fn draw(profile: &Profile) -> Draw {
    Draw { seed: 7, marker: "sp7".to_owned(), identifier: profile.identifier }
}

/// Tests those laws, or all of them, as `prove` does.
async fn prove(
    profile: &Profile,
    name: Option<&str>,
    laws: &[String],
    time: Option<Duration>,
) -> Result<Proof, String> {
    let transport = target(profile, name);
    let concurrency = if name.is_some_and(|name| ALONE.contains(&name)) { 1 } else { 4 };
    let options = Options { concurrency, ..Options::default() };
    let found = run::wait_until_reachable(&transport, "a bearer token", &options, Duration::ZERO).await.unwrap();
    let setting = Setting {
        profile: profile.clone(),
        capabilities: found.service_provider_config,
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
async fn replay(profile: &Profile, name: &str, text: &str) -> Vec<Arc<Finding>> {
    let context = scenario::Context::embedded();
    let parsed = scenario::parse_as("counter-example", "counter-example.toml", text, &context).unwrap();
    let transport = target(profile, Some(name));
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
    let inspect: run::Inspect = Arc::new(|_| Vec::new());
    run::drive(vec![job], Opening::default(), transport, inspect, Options::default(), sender, cancel).await;
    let mut failed = Vec::new();
    while let Ok(event) = said.try_recv() {
        if let Event::Found(finding) = event
            && finding.outcome == Outcome::Fail
        {
            failed.push(finding);
        }
    }
    failed
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

fn judges(suite: &Suite, law: &str) -> bool {
    suite.laws.contains(&law)
}

/// What is wrong with how a defect is caught.
async fn complaints(row: &Caught) -> Vec<String> {
    let (name, profile) = (row.name.as_str(), Profile::named(&row.profile).unwrap());
    let proof = match prove(&profile, Some(name), &row.proves, None).await {
        Ok(proof) => proof,
        Err(fault) => return vec![format!("{name}: {fault}")],
    };
    let mut wrong = Vec::new();
    for id in &row.proves {
        let law = proof.law(id);
        let Some(found) = law.and_then(|law| law.counter_example()) else {
            wrong.push(format!("{name}: {id} does not fall: {:?}", law.map(|law| &law.state)));
            continue;
        };
        if found.requests > LONGEST {
            wrong.push(format!("{name}: {id} takes {} requests:\n{}", found.requests, found.scenario));
        }
        let again = replay(&profile, name, &found.scenario).await;
        let judged = !OF_A_RACE.contains(&id.as_str());
        if !found.repeats || judged && !again.iter().any(|finding| finding.requirement == *id) {
            wrong.push(format!("{name}: {id} falls and does not when it is played again:\n{}", found.scenario));
        }
    }
    wrong
}

#[test]
fn every_defect_falls_to_the_law_that_it_breaks() {
    let wrong = super::complaints(&rows(), |row| block_on(complaints(row)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_a_defect_no_law_falls_under_any_profile() {
    let names = Profile::names();
    let wrong = super::complaints(&names, |name| {
        let proof = block_on(prove(&Profile::named(name).unwrap(), None, &[], Some(ENOUGH))).unwrap();
        let fallen = proof.laws.iter().filter_map(|law| Some((law, law.counter_example()?)));
        let mut wrong: Vec<_> = fallen.map(|(law, found)| format!("{name}: {}:\n{}", law.id, found.scenario)).collect();
        wrong.extend(proof.leftovers.iter().map(|path| format!("{name}: {path} is left")));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_caught_defects_speaks_of_known_things() {
    for row in rows() {
        let name = &row.name;
        assert!(Profile::named(&row.profile).is_some(), "{name}: there is no profile {}", row.profile);
        assert!(!row.proves.is_empty() && !row.source.is_empty(), "{name} needs a source and laws");
        for law in &row.proves {
            assert!(Catalogue::embedded().get(law).is_some(), "{name}: {law} is not in the catalogue");
            assert!(SUITES.iter().any(|suite| judges(suite, law)), "{name}: no suite judges {law}");
        }
    }
}

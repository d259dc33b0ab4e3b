//! What the tests of `prove` share: the engine on a transport, and the verdict that every law must hold.

use std::sync::Arc;

use scimproof::client::Transport;
use scimproof::profile::Profile;
use scimproof::property::{Engine, Proof, RoleReadOut, Setting, SignIn, Suite};
use scimproof::run::Options;
use scimproof::scenario::Draw;
use tokio::sync::watch;

/// A target of that profile about which nothing else is known.
pub fn setting(profile: &Profile, seed: u64) -> Setting {
    Setting {
        profile: profile.clone(),
        capabilities: serde_json::Value::Null,
        role: None,
        admin: false,
        sign_in: SignIn::default(),
        draw: Draw { seed, marker: format!("sp{seed}"), identifier: profile.identifier },
    }
}

/// The same with an admin surface, and roles where the profile has them.
pub fn with_admin(profile: &Profile, seed: u64) -> Setting {
    let role = (!profile.roles.is_empty()).then(|| RoleReadOut::At("roles.value".into()));
    Setting { role, admin: true, ..setting(profile, seed) }
}

/// Tests those laws (all, if none is named) of those suites.
pub async fn prove(
    transport: Arc<dyn Transport>,
    setting: Setting,
    suites: &[Suite],
    laws: &[&str],
    cases: u64,
) -> Proof {
    let (_keep, cancel) = watch::channel(false);
    let engine = Engine {
        transport,
        setting: Arc::new(setting),
        options: Options::default(),
        cases,
        time_budget: None,
        regressions: Vec::new(),
        laws: laws.iter().map(|law| (*law).to_owned()).collect(),
        cancel,
        progress: Arc::new(|_| {}),
    };
    Arc::new(engine).prove(suites).await.unwrap()
}

/// The laws that fell, each with what was expected and its smallest history.
pub fn fallen(proof: &Proof) -> Vec<String> {
    let fallen = proof.laws.iter().filter_map(|law| Some((law, law.counter_example()?)));
    fallen
        .map(|(law, found)| {
            let said = found.findings.iter().take(3).map(|f| format!("{}: {} but {}", f.step, f.expected, f.got));
            format!("{}: {}\n{}", law.id, said.collect::<Vec<_>>().join("; "), found.scenario)
        })
        .collect()
}

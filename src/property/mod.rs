//! Property tests against a server: random and exhaustive histories, the oracle's expectations, shrinking.
//!
//! Every history is written as the text of a scenario and run like any other, so that a counter-example is a file that
//! replays without this room (`docs/adr/0003`). It knows nothing of reports.

mod answers;
mod choices;
mod dialect;
mod engine;
mod filters;
mod fixed;
mod flows;
mod history;
mod home;
mod names;
mod play;
mod products;
mod proof;
mod races;
mod roles;
mod script;
mod shrink;
mod suite;
mod tenants;
mod tokens;

pub use engine::{Engine, Progress, Regression};
pub use play::Fault;
pub use proof::{CounterExample, Law, Moment, Played, Proof, State};
pub use races::Joint;
pub use script::{Script, Step, basic};
pub use suite::{Case, Cases, Enumerated, Heard, Need, RoleReadOut, Setting, SignIn, Suite};

/// Every suite, in the order in which they are played.
pub const SUITES: &[Suite] = &[
    names::SUITE,
    flows::SUITE,
    flows::ADOPTION,
    filters::SUITE,
    filters::ATTRIBUTES,
    fixed::SWAP,
    fixed::ADDRESSES,
    fixed::UNIQUE_ADDRESSES,
    fixed::EXTERNAL_IDS,
    fixed::GROUP_NAMES,
    fixed::BULK,
    fixed::EXTENSION,
    fixed::PRIMARIES,
    fixed::TWICE,
    answers::SUITE,
    answers::CATALYTIC,
    products::SSO,
    products::SSO_FIRST,
    products::NAMES,
    products::FIRST_SIGN_IN,
    choices::SUITE,
    tenants::SUITE,
    dialect::SUITE,
    history::WALKS,
    history::SUITE,
    roles::SUITES[0],
    roles::SUITES[1],
    roles::SUITES[2],
    roles::SUITES[3],
    roles::SUITES[4],
    roles::SUITES[5],
    races::SUITE,
    races::RENAMES,
    races::GROUPS,
    races::RANDOM,
    races::VERSIONS,
    races::PAGES,
    races::SIGN_INS,
    tokens::PROBED,
    tokens::EVENTS,
    tokens::SUITE,
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::profile::Profile;
    use crate::requirement::Catalogue;
    use crate::scenario::{Context, lint};

    /// Histories of each suite and profile that are looked at.
    const LOOK: u64 = 12;

    fn setting(profile: Profile) -> Arc<Setting> {
        let role = Some(RoleReadOut::At("roles.value".into()));
        Arc::new(Setting { role, sign_in: SignIn { login: true, token: true }, ..Setting::of(profile) })
    }

    #[test]
    fn suites_of_roles_write_scenarios_without_faults_wherever_roles_are_read() {
        let get = |admin, path: &str| RoleReadOut::Get { admin, path: path.into(), pointer: "/role".into() };
        let places = [
            get(true, "/admin/v1/users/{id}"),
            get(false, "/Roles?of={userName}"),
            RoleReadOut::Probe { pointer: "/role".into() },
        ];
        for role in places {
            let setting = setting(Profile::named("coalesce-catalog").unwrap());
            let setting = Arc::new(Setting { role: Some(role.clone()), ..Setting::clone(&setting) });
            for suite in SUITES.iter().filter(|suite| suite.name.starts_with("role")) {
                let script = match suite.cases {
                    Cases::All(cases) => cases(&setting).next().unwrap().script(),
                    _ => shrink::script(suite, &setting, 1).unwrap(),
                };
                let faults = lint("t.toml", &script.to_string(), &Context::embedded());
                let said: Vec<String> = faults.iter().map(crate::scenario::ScenarioError::rendered).collect();
                assert!(faults.is_empty(), "{} {role:?}: {said:?}", suite.name);
            }
        }
    }

    #[test]
    fn every_suite_writes_scenarios_without_faults_under_every_profile() {
        for profile in Profile::names().iter().filter_map(|name| Profile::named(name)) {
            let setting = setting(profile);
            for suite in SUITES.iter().filter(|suite| setting.lacks(suite.needs).is_none()) {
                // Enumerated histories differ most from each other when they lie apart.
                for case in (0..LOOK).map(|n| n * 7) {
                    let script = match suite.cases {
                        Cases::Random { .. } => shrink::script(suite, &setting, case),
                        Cases::All(cases) => cases(&setting).nth(case as usize).map(|case| case.script()),
                        Cases::Classified { questions, .. } => questions(&setting).into_iter().nth(case as usize),
                        Cases::Asked { histories, .. } => {
                            histories(&setting, &Heard::default()).nth(case as usize).map(|case| case.script())
                        }
                    };
                    let Some(script) = script else { continue };
                    if script.steps.is_empty() {
                        continue;
                    }
                    let faults = lint("t.toml", &script.to_string(), &Context::embedded());
                    let said: Vec<String> =
                        faults.iter().take(1).map(crate::scenario::ScenarioError::rendered).collect();
                    assert!(faults.is_empty(), "{} {case}: {said:?}", suite.name);
                }
            }
        }
    }

    #[test]
    fn every_law_of_a_suite_is_in_the_catalogue_and_every_law_of_roles_in_a_suite() {
        let known = |law: &str| Catalogue::embedded().get(law).is_some();
        for suite in SUITES {
            assert!(suite.laws.iter().all(|law| known(law)), "{}", suite.name);
        }
        for law in Catalogue::embedded().requirements().filter(|law| law.id.starts_with("PROP-ROLE")) {
            assert!(SUITES.iter().any(|suite| suite.laws.contains(&law.id.as_str())), "{}", law.id);
        }
    }
}

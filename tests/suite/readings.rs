//! The scenarios of the products under every reading: for each choice that a scenario is for (`when`), the product's profile
//! with that choice is played against the bundled server, and every rule holds. A scenario that never runs is a fault.

use std::collections::{BTreeMap, BTreeSet};

use scimproof::flow::Outcome;
use scimproof::profile::{DeactivatedNames, Profile};
use scimproof::scenario::{Scenario, embedded};

use super::faults::play;

/// The profile of a product.
fn profile_of(product: &str) -> Profile {
    let of = |profile: &Profile| profile.product.as_deref() == Some(product);
    Profile::names().iter().filter_map(|name| Profile::named(name)).find(of).unwrap()
}

/// The profile with the choices that a scenario is for.
fn chosen(profile: &Profile, scenario: &Scenario) -> Profile {
    let mut whole = serde_json::to_value(profile).unwrap();
    for when in scenario.when.iter().filter(|when| !profile.has_setting(&when.path, &when.values)) {
        match whole.pointer_mut(&format!("/{}", when.path.replace('.', "/"))).unwrap() {
            serde_json::Value::Array(held) if !when.values[0].is_array() => held.push(when.values[0].clone()),
            place => *place = when.values[0].clone(),
        }
    }
    serde_json::from_value(whole).unwrap()
}

fn hold(product: &str) {
    let all = embedded().unwrap();
    let own: Vec<&Scenario> = all.iter().filter(|it| it.products.iter().any(|name| name == product)).collect();
    assert!(own.len() > 20, "{product}: {} scenarios", own.len());
    let ids: Vec<String> = own.iter().map(|it| it.id.clone()).collect();
    let base = profile_of(product);
    let profiles: BTreeMap<String, Profile> = own
        .iter()
        .map(|scenario| chosen(&base, scenario))
        .map(|profile| (serde_json::to_string(&profile).unwrap(), profile))
        .collect();
    let (mut ran, mut faults) = (BTreeSet::new(), Vec::new());
    for profile in profiles.values() {
        let verdict = play::judge(profile, |world, request| world.pass(request), &ids).unwrap();
        ran.extend(verdict.facts.scenarios.keys().map(ToString::to_string));
        let bad = |outcome| !matches!(outcome, Outcome::Pass | Outcome::NotApplicable);
        // A create that activates somebody creates nobody: 200 instead of the 201 of `RFC7644 §3.3` is what is declared.
        let revives = profile.users.deactivated_names == DeactivatedNames::Reactivates;
        let declared = |id: &str| revives && id == "RFC7644-3.3-6";
        let findings = verdict.findings.iter().map(|it| &it.finding);
        for it in findings.filter(|it| bad(it.outcome) && !declared(&it.requirement)) {
            faults.push(format!(
                "{} {:?} {}: expected {}, got {}",
                it.requirement, it.outcome, it.scenario, it.expected, it.got
            ));
        }
        faults.extend(verdict.facts.leftovers.iter().map(|left| format!("left behind: {}", left.path)));
    }
    let never: Vec<_> = ids.iter().filter(|id| !ran.contains(*id)).collect();
    assert!(never.is_empty(), "no profile lets these run: {never:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_rules_of_catalog_hold_under_every_reading() {
    hold("CATALOG");
}

#[test]
fn the_rules_of_catalytic_hold_under_every_reading() {
    hold("CATALYTIC");
}

#[test]
fn the_rules_of_the_coalesce_app_hold_under_every_reading() {
    hold("COALESCE-SSO");
}

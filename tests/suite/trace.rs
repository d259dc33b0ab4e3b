//! The trace from what identity providers and products ask to the scenarios: every request shape, every server requirement
//! of Okta and Entra ID and every rule of the other sources stands in a scenario or in `fixtures/unobserved` with the reason,
//! never in both and never in none. The scenarios are read as plain TOML, so that a fault of the parser cannot hide a gap.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use scimproof::requirement::{Actor, Catalogue, Level};

/// Family, source, and at least how many ids it asks: `scenarios/okta`, `fixtures/unobserved/okta.toml`, and
/// `fixtures/shapes/okta.json` where request shapes are known.
const FAMILIES: [(&str, &str, usize); 7] = [
    ("okta", "OKTA", 100),
    ("entra", "ENTRA", 100),
    ("ping", "PING", 15),
    ("jumpcloud", "JUMPCLOUD", 18),
    ("catalog", "CATALOG", 36),
    ("catalytic", "CATALYTIC", 27),
    ("coalesce-sso", "COALESCE-SSO", 36),
];

/// Sources of which every rule is asked, those about the client too.
fn asks_all(source: &str) -> bool {
    !matches!(source, "OKTA" | "ENTRA")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn toml_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            toml_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            out.push(path);
        }
    }
}

fn strings(value: Option<&toml::Value>) -> Vec<String> {
    match value {
        Some(toml::Value::String(text)) => vec![text.clone()],
        Some(toml::Value::Array(items)) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// The requirement and shape ids of a family's scenarios.
fn observed(family: &str) -> BTreeSet<String> {
    let mut files = Vec::new();
    toml_files(&root().join("scenarios").join(family), &mut files);
    let mut ids = BTreeSet::new();
    for file in files {
        let scenario: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        for step in scenario["step"].as_array().unwrap() {
            ids.extend(strings(step.get("shape")));
            ids.extend(strings(step.get("tally_req")));
            ids.extend(strings(step.get("either_req")));
            for row in step.get("expect").and_then(toml::Value::as_array).into_iter().flatten() {
                ids.extend(strings(row.get("req")));
            }
        }
    }
    ids
}

/// The ids that a family must show: its shapes, and its requirements that were not withdrawn.
fn asked(family: &str, source: &str) -> BTreeSet<String> {
    let shapes = root().join(format!("fixtures/shapes/{family}.json"));
    let shapes: serde_json::Value = match std::fs::read_to_string(&shapes) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => serde_json::json!({"shapes": []}),
    };
    let shapes = shapes["shapes"].as_array().unwrap().iter().map(|shape| shape["id"].as_str().unwrap().to_owned());
    let requirements = Catalogue::embedded()
        .requirements()
        .filter(|known| known.source == source && known.level != Level::Retired)
        .filter(|known| asks_all(source) || known.actor == Actor::Server)
        .map(|known| known.id.clone());
    shapes.chain(requirements).collect()
}

/// The ids that are excused, each with a reason.
fn excused(family: &str) -> BTreeSet<String> {
    let file = std::fs::read_to_string(root().join(format!("fixtures/unobserved/{family}.toml"))).unwrap();
    let file: toml::Table = file.parse().unwrap();
    file["unobserved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let id = row["id"].as_str().unwrap();
            assert!(row["reason"].as_str().unwrap().len() > 20, "{id}: the reason says nothing");
            id.to_owned()
        })
        .collect()
}

#[test]
fn every_shape_and_requirement_is_in_a_scenario_or_excused_with_a_reason() {
    let mut faults = Vec::new();
    for (family, source, least) in FAMILIES {
        let (asked, observed, excused) = (asked(family, source), observed(family), excused(family));
        assert!(asked.len() >= least, "{family}: only {} ids are asked", asked.len());
        for id in &asked {
            match (observed.contains(id), excused.contains(id)) {
                (false, false) => faults.push(format!("{id} is in no scenario and not excused")),
                (true, true) => faults.push(format!("{id} is excused, but a scenario shows it")),
                _ => {}
            }
        }
        faults.extend(excused.difference(&asked).map(|id| format!("{id} is excused, but nobody asks it")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_flow_of_a_client_is_shown_by_one_of_its_scenarios() {
    let mut shown = BTreeSet::new();
    let mut families = BTreeSet::new();
    for (family, ..) in FAMILIES {
        let mut files = Vec::new();
        toml_files(&root().join("scenarios").join(family), &mut files);
        for file in files {
            families.insert(family);
            let scenario: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
            for client in strings(scenario.get("clients")) {
                shown.extend(strings(scenario.get("flows")).into_iter().map(|flow| (client.clone(), flow)));
            }
        }
    }
    let known = |id: &str| families.contains(id.split('/').next().unwrap_or_default());
    for client in scimproof::idp::clients().iter().filter(|client| known(&client.id)) {
        for flow in &client.flows {
            let pair = (client.id.clone(), flow.id.clone());
            assert!(shown.contains(&pair), "no scenario of {} shows {}", client.id, flow.id);
        }
    }
}

#[test]
fn what_the_standard_only_permits_is_never_a_verdict() {
    let catalogue = Catalogue::embedded();
    let permitted = |id: &String| {
        id.starts_with("RFC") && catalogue.get(id).is_some_and(|requirement| requirement.level == Level::May)
    };
    for family in FAMILIES.map(|(family, ..)| family).into_iter().chain(["rfc"]) {
        let wrong: Vec<_> = observed(family).into_iter().filter(permitted).collect();
        assert!(wrong.is_empty(), "{family}: a server cannot fail what it may do: {wrong:?}");
    }
}

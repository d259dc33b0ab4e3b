//! The trace from what identity providers and products ask to the scenarios: every request shape, every server requirement
//! of Okta and Entra ID and every rule of the other sources stands in a scenario or in `fixtures/unobserved` with the reason,
//! never in both and never in none. The scenarios are read as plain TOML, so that a fault of the parser cannot hide a gap.
//! And from the checks of testers that are in use: each is covered by what we judge, or has a reason why not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;
use scimproof::check::standing;
use scimproof::requirement::{Actor, Catalogue, Level};
use scimproof::{conform, property};

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
fn what_a_client_needs_of_an_ambiguous_point_is_said_of_known_clients() {
    let needs: Vec<_> = Catalogue::embedded().interpretations().flat_map(|it| it.needs.keys()).collect();
    assert!(needs.len() >= 14 && needs.iter().all(|family| !scimproof::idp::select(family).is_empty()), "{needs:?}");
}

/// The drafts are shown by the scenarios of requirement sets, those of people and those that are written from tables.
#[test]
fn every_rule_of_a_draft_is_in_a_scenario_of_its_set_or_excused_with_a_reason() {
    let all = conform::embedded().unwrap();
    let steps = all.iter().flat_map(|scenario| &scenario.steps);
    let ids = steps.flat_map(|step| step.requirements().map(str::to_owned).collect::<Vec<_>>());
    let shown: BTreeSet<String> = ids.filter(|id| id.starts_with("DRAFT-")).collect();
    let drafts = Catalogue::embedded().requirements().filter(|known| known.source == "DRAFT");
    let asked: BTreeSet<String> = drafts.map(|known| known.id.clone()).collect();
    let excused = excused("drafts");
    assert!(asked.len() >= 50 && shown.len() >= 35, "{} asked, {} shown", asked.len(), shown.len());
    let both: Vec<_> = shown.intersection(&excused).collect();
    let covered: BTreeSet<String> = shown.union(&excused).cloned().collect();
    assert_eq!((both, covered), (vec![], asked));
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

/// The checks of testers that are in use, one row each: `fixtures/published-checks.toml`.
fn published() -> Vec<toml::Table> {
    let file: toml::Table =
        std::fs::read_to_string(root().join("fixtures/published-checks.toml")).unwrap().parse().unwrap();
    file["check"].as_array().unwrap().iter().map(|row| row.as_table().unwrap().clone()).collect()
}

/// How many checks of each family there are.
const PUBLISHED: [(&str, usize); 16] = [
    ("DISC", 30),
    ("CREA", 35),
    ("READ", 13),
    ("LIST", 22),
    ("FILT", 20),
    ("SORT", 6),
    ("PUT", 10),
    ("PATC", 39),
    ("DELE", 7),
    ("GRUP", 13),
    ("BULK", 9),
    ("ETAG", 6),
    ("ERRO", 7),
    ("AUTH", 11),
    ("ATTR", 21),
    ("PERF", 5),
];

/// What the built-in scenarios, the standing checks and the laws judge, and the ambiguous points that scenarios record.
fn judged() -> BTreeSet<String> {
    let mut scenarios = conform::embedded().unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
    scenarios.extend(conform::schema::core().unwrap_or_else(|errors| panic!("{}", errors[0].rendered())));
    let steps = scenarios.iter().flat_map(|scenario| &scenario.steps);
    let rows = steps.flat_map(|step| step.requirements().chain(step.interpretations()));
    let checks = standing::checks().flat_map(|check| check.requirements);
    let laws = property::SUITES.iter().flat_map(|suite| suite.laws);
    rows.chain(checks.chain(laws).copied()).map(str::to_owned).collect()
}

#[test]
fn every_published_check_is_covered_or_has_a_reason() {
    let rows = published();
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let wanted = PUBLISHED.iter().flat_map(|(family, count)| (1..=*count).map(move |n| format!("{family}-{n:02}")));
    assert_eq!(ids, wanted.collect::<Vec<_>>(), "a check is missing, twice or out of order");
    assert_eq!(ids.len(), 254);

    let (catalogue, judged) = (Catalogue::embedded(), judged());
    let reading = Regex::new(r"\bI-\d+").unwrap();
    let mut faults = Vec::new();
    for (row, id) in rows.iter().zip(&ids) {
        let known = ["id", "what", "covered", "except", "reason", "instead"];
        faults
            .extend(row.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!("{id}: what is {key}?")));
        let (covered, instead) = (strings(row.get("covered")), strings(row.get("instead")));
        if covered.is_empty() != row.contains_key("reason") || row.contains_key("covered") == covered.is_empty() {
            faults.push(format!("{id}: either covered or a reason"));
        }
        let pairs = [("except", "covered"), ("instead", "reason")];
        let alone = pairs.iter().filter(|(part, whole)| row.contains_key(*part) && !row.contains_key(*whole));
        faults.extend(alone.map(|(part, whole)| format!("{id}: {part} without {whole}")));
        for key in ["what", "except", "reason"] {
            if row.get(key).is_some_and(|text| text.as_str().is_none_or(|text| text.len() < 4)) {
                faults.push(format!("{id}: {key} says nothing"));
            }
        }
        faults.extend(
            covered.iter().filter(|it| catalogue.get(it).is_none()).map(|it| format!("{id}: {it} is no requirement")),
        );
        let prose = ["except", "reason"].into_iter().flat_map(|key| strings(row.get(key)));
        let spoken: Vec<_> = prose
            .flat_map(|text| reading.find_iter(&text).map(|it| it.as_str().to_owned()).collect::<Vec<_>>())
            .collect();
        let names = covered.iter().chain(&instead).chain(&spoken);
        faults.extend(names.filter(|it| !judged.contains(*it)).map(|it| format!("{id}: nothing of ours judges {it}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// `docs/published-checks.md`, made from the table.
fn page() -> String {
    let rows = published();
    let text = |row: &toml::Table, key: &str| row[key].as_str().unwrap().to_owned();
    let codes = |row: &toml::Table| strings(row.get("instead")).join(", ");
    let open: Vec<_> = rows.iter().filter(|row| row.contains_key("reason")).collect();
    let partly: Vec<_> = rows.iter().filter(|row| row.contains_key("except")).collect();
    let mut page = format!(
        "# What other testers check\n\n\
        <!-- Written from fixtures/published-checks.toml: SCIMPROOF_BLESS=1 cargo test --test suite published -->\n\n\
        Testers of SCIM servers that are in use make {} different checks. For {} of them `fixtures/published-checks.toml` names\n\
        the requirements by which scimproof judges the same (`scimproof explain ID` shows each); {} of these leave out a part.\n\
        The other {} are deliberately not demanded: they contradict the RFC, go beyond it, or show in no answer.\n\
        What one identity provider needs beyond the RFC stands under its own ids, such as ENTRA-048.\n\n\
        ## Not demanded\n\n| check | what it wants | why it is not demanded | judged or recorded instead |\n|---|---|---|---|\n",
        rows.len(),
        rows.len() - open.len(),
        partly.len(),
        open.len(),
    );
    for row in open {
        let instead = Some(codes(row)).filter(|it| !it.is_empty()).unwrap_or_else(|| "–".to_owned());
        page += &format!("| {} | {} | {} | {instead} |\n", text(row, "id"), text(row, "what"), text(row, "reason"));
    }
    page +=
        "\n## Demanded but for a part\n\n| check | what it wants | the part that is not demanded |\n|---|---|---|\n";
    for row in partly {
        page += &format!("| {} | {} | {} |\n", text(row, "id"), text(row, "what"), text(row, "except"));
    }
    page
}

#[test]
fn the_page_of_published_checks_is_that_of_the_table() {
    let (path, wanted) = (root().join("docs/published-checks.md"), page());
    if std::env::var_os("SCIMPROOF_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted, "run again with SCIMPROOF_BLESS=1");
}

//! `docs/decisions.md` against what it speaks of: every switch that it names exists with those values and that default, every
//! choice of a profile stands in it with all its values, and so does every reading of the products' catalogues.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;
use scimproof::profile::Profile;
use scimproof::requirement::{Catalogue, Level};
use serde_json::{Value, json};

/// The tables of a profile and the files that define them.
const TABLES: [(&str, &str); 3] = [("users", "users"), ("role_mapping", "roles"), ("accounts", "accounts")];

/// A row of the page: the rules, and the switch with its values.
struct Decision {
    rules: Vec<String>,
    switch: Option<(String, Vec<String>)>,
}

fn read(path: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap()
}

fn decisions() -> Vec<Decision> {
    let quoted = Regex::new("`([^`]+)`").unwrap();
    let rows = read("docs/decisions.md");
    let rows = rows.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| the text"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 5, "{line}");
        assert!(cells.iter().all(|cell| !cell.is_empty()) && cells[1].contains([';', '/', ',']), "{line}");
        let mut words = quoted.captures_iter(cells[4]).map(|found| found[1].to_owned());
        let switch = words.next().map(|key| (key, words.collect()));
        assert_eq!(switch.is_none(), cells[4] == "–", "{line}");
        Decision { rules: cells[3].split(", ").map(str::to_owned).collect(), switch }
    })
    .collect()
}

fn value(word: &str) -> Value {
    word.parse::<bool>().map_or_else(|_| json!(word), Value::Bool)
}

/// Every switch of the three tables whose values are an enumeration, read from the source: `users.deletion` with `hard`,
/// `soft`, `none`; and the booleans.
fn switches() -> BTreeMap<String, Vec<String>> {
    let field = Regex::new(r"(?m)^    pub (\w+): (\w+),").unwrap();
    let kind = Regex::new(r"(?ms)^pub enum (\w+) \{(.*?)^\}").unwrap();
    let variant = Regex::new(r"(?m)^    ([A-Z]\w*),").unwrap();
    let capital = Regex::new("(.)([A-Z])").unwrap();
    let mut switches = BTreeMap::new();
    for (table, file) in TABLES {
        let source = read(&format!("src/profile/{file}.rs"));
        let kinds: BTreeMap<String, Vec<String>> = kind
            .captures_iter(&source)
            .map(|found| {
                let kebab = |name: &str| capital.replace_all(name, "$1-$2").to_lowercase();
                (found[1].to_owned(), variant.captures_iter(&found[2]).map(|it| kebab(&it[1])).collect())
            })
            .collect();
        let own = source.split("\n}\n").next().unwrap();
        for found in field.captures_iter(own) {
            let values = match &found[2] {
                "bool" => Some(vec!["false".to_owned(), "true".to_owned()]),
                name => kinds.get(name).cloned(),
            };
            if let Some(values) = values {
                switches.insert(format!("{table}.{}", &found[1]), values);
            }
        }
        assert!(kinds.len() >= 5, "{file}: {}", kinds.len());
    }
    switches
}

#[test]
fn every_switch_that_is_named_exists_with_these_values_and_this_default() {
    let text = "name = \"n\"\ntitle = \"t\"\nbase_path = \"/\"\nidentifier = \"email\"\nactions = []";
    let plain = Profile::parse(text).unwrap();
    let mut faults = Vec::new();
    for (key, values) in decisions().into_iter().filter_map(|it| it.switch) {
        faults.extend(plain.check_setting(&key, None).err());
        faults.extend(values.iter().filter_map(|word| plain.check_setting(&key, Some(&value(word))).err()));
        if let Some(first) = values.first().filter(|first| !plain.has_setting(&key, &[value(first)])) {
            faults.push(format!("{key}: {first} is not the default"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_choice_of_a_profile_is_decided_with_all_its_values() {
    let decided: BTreeMap<_, _> = decisions().into_iter().filter_map(|it| it.switch).collect();
    let switches = switches();
    assert!(switches.len() >= 20, "only {} switches were found", switches.len());
    for (key, values) in switches {
        assert_eq!(decided.get(&key), Some(&values), "{key}");
    }
}

#[test]
fn every_reading_of_a_product_is_decided_and_every_rule_named_exists() {
    let catalogue = Catalogue::embedded();
    let named: BTreeSet<String> = decisions().into_iter().flat_map(|it| it.rules).collect();
    let unknown: Vec<_> = named.iter().filter(|id| catalogue.get(id).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let product = |source: &str| matches!(source, "CATALOG" | "CATALYTIC" | "COALESCE-SSO");
    let open: Vec<_> = catalogue
        .requirements()
        .filter(|it| product(&it.source) && it.level == Level::States && !named.contains(&it.id))
        .map(|it| &it.id)
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_choice_that_is_classified_has_a_rule_and_the_values_of_its_switch() {
    let text = "name = \"n\"\ntitle = \"t\"\nbase_path = \"/\"\nidentifier = \"email\"\nactions = []";
    let plain = Profile::parse(text).unwrap();
    let switches = switches();
    let mut seen = 0;
    for point in Catalogue::embedded().interpretations() {
        let Some(choice) = &point.choice else { continue };
        seen += 1;
        assert!(Catalogue::embedded().get(&point.id).is_some(), "{} is no rule", point.id);
        assert_eq!(choice.names.len(), point.readings.len(), "{}", point.id);
        let Some(switch) = &choice.switch else {
            assert!(choice.values.iter().all(Value::is_null), "{}", point.id);
            continue;
        };
        let values: Vec<&Value> = choice.values.iter().filter(|value| !value.is_null()).collect();
        assert!(!values.is_empty(), "{}", point.id);
        for value in &values {
            plain.check_setting(switch, Some(value)).unwrap_or_else(|said| panic!("{}: {said}", point.id));
        }
        if let Some(known) = switches.get(switch) {
            let own: Vec<&str> = values.iter().filter_map(|value| value.as_str()).collect();
            assert_eq!(&own, known, "{}", point.id);
            assert!(plain.has_setting(switch, &[values[0].clone()]), "{}: the first is not the default", point.id);
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_switches_that_requirements_name_exist() {
    let rfc = Profile::named("rfc").unwrap();
    let mut seen = 0;
    for file in ["catalog", "catalytic", "coalesce-sso"] {
        let table: toml::Table = read(&format!("fixtures/requirements/{file}.toml")).parse().unwrap();
        for row in table["requirement"].as_array().unwrap() {
            assert!(matches!(row["observed"].as_str(), Some("O1" | "O2" | "O3" | "O4")), "{row}");
            if let Some(key) = row.get("switch").and_then(toml::Value::as_str) {
                rfc.check_setting(key, None).unwrap();
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

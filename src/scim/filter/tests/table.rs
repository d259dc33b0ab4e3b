//! Every row of `fixtures/requirements/filter-cases.toml` against parser, check and evaluation.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::scim::filter::{check, matches, parse};
use crate::scim::schema::user;
use crate::scim::{Object, urn};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    data: BTreeMap<String, String>,
    filter_case: Vec<Case>,
    /// Judged by the scenarios that are written from it.
    #[serde(rename = "set_case")]
    _set_case: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    filter: String,
    kind: String,
    #[serde(rename = "match")]
    expected: Option<Vec<String>>,
    #[serde(default)]
    interp: Vec<String>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    ends: Vec<toml::Table>,
}

/// Open rows where no match comes from a refusal, the other reading that the row's interpretation allows.
const REFUSED: [(&str, &str); 3] = [
    ("eq-bool-string", "a string is no boolean (I-30)"),
    ("complex-no-sub", "name has no value to compare (I-31)"),
    ("password", "a filter must not probe what is never returned (I-58)"),
];

fn people(document: &Document) -> Vec<(String, Object)> {
    let complete = |text: &String| {
        let mut resource: Object = serde_json::from_str(text).expect("a user");
        resource.insert("meta".into(), json!({"resourceType": "User", "created": "2024-05-01T10:00:00.000Z"}));
        resource
    };
    document.data.iter().map(|(key, text)| (key.clone(), complete(text))).collect()
}

#[test]
fn every_probe_is_answered_as_the_table_says() {
    let text = include_str!("../../../../fixtures/requirements/filter-cases.toml");
    let document: Document = toml::from_str(text).expect("the table parses");
    let people = people(&document);
    assert_eq!((people.len(), document.filter_case.len()), (4, 96));
    let everyone: Vec<String> = people.iter().map(|(key, _)| key.clone()).collect();
    for case in &document.filter_case {
        let answer = parse(&case.filter).map_err(|error| error.to_string()).and_then(|filter| {
            check(&filter, user()).map_err(|error| error.to_string())?;
            let hit = |(_, resource): &&(String, Object)| matches(&filter, resource, user());
            Ok(people.iter().filter(hit).map(|(key, _)| key.clone()).collect::<Vec<_>>())
        });
        let refused = REFUSED.iter().any(|(id, _)| *id == case.id);
        match (case.kind.as_str(), answer) {
            ("invalid", answer) => assert!(answer.is_err(), "{}: {answer:?}", case.id),
            ("open", Err(_)) if refused => assert_eq!(case.expected, Some(Vec::new()), "{}", case.id),
            ("valid" | "all" | "open", Ok(found)) => {
                assert!(!refused, "{} is answered", case.id);
                assert_eq!(Some(&found), case.expected.as_ref(), "{}: {}", case.id, case.filter);
                assert!(case.kind != "all" || found == everyone, "{}", case.id);
            }
            (kind, answer) => panic!("{} ({kind}): {answer:?}", case.id),
        }
        assert!(case.kind != "open" || !case.interp.is_empty(), "{} names no interpretation", case.id);
        // `ext-short` asks what no interpretation of the list asks.
        let judged = case.requirements.is_empty() != case.ends.is_empty() || case.id == "ext-short";
        assert!(judged, "{} has either requirements or ends", case.id);
        assert!(case.requirements.is_empty() || case.kind != "open", "{} is open", case.id);
    }
}

#[test]
fn the_probes_speak_of_known_schemas() {
    let text = include_str!("../../../../fixtures/requirements/filter-cases.toml");
    let document: Document = toml::from_str(text).expect("the table parses");
    for (key, resource) in people(&document) {
        let schemas = resource.get("schemas").and_then(Value::as_array).expect("schemas");
        assert!(schemas.contains(&json!(urn::USER)), "{key}");
        assert_eq!(
            schemas.contains(&json!(urn::ENTERPRISE_USER)),
            resource.contains_key(urn::ENTERPRISE_USER),
            "{key}"
        );
    }
}

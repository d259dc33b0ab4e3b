//! Law 9: same seed, same bytes. Two runs against two fresh servers send the same requests, once values saved from answers
//! (ids, versions, times, the address) are put aside; steps that run together compare as a multiset.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use super::process::{Served, TOKEN, end, scimproof};

/// The report of a run with that seed against a fresh server, and the server's base URL.
fn report(folder: &Path, seed: &str) -> (Value, String) {
    let server = Served::start(folder, &["--token", TOKEN]);
    let arguments = ["run", "--target", &server.url, "--token-env", "TEST_TOKEN", "--seed", seed, "--json", "r.json"];
    let ended = end(&mut scimproof(folder, &arguments));
    assert_eq!(ended.code, 0, "{}\n{}", ended.stdout, ended.stderr);
    let text = std::fs::read_to_string(folder.join("r.json")).unwrap();
    (serde_json::from_str(&text).unwrap(), server.url.clone())
}

/// Every `id` of the resources that a server answered with.
fn ids(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| ids(item, out)),
        Value::Object(members) => {
            // Schemas and resource types are named, not numbered.
            let made = members.get("meta").and_then(|meta| meta["resourceType"].as_str());
            if let (Some("User" | "Group" | "Device"), Some(id)) = (made, members.get("id").and_then(Value::as_str)) {
                out.insert(id.to_owned());
            }
            members.values().for_each(|member| ids(member, out));
        }
        _ => {}
    }
}

/// The requests of each step, as sorted text without what only the server could choose.
fn requests(report: &Value, url: &str) -> BTreeMap<(String, String), Vec<String>> {
    let exchanges = report["exchanges"].as_array().unwrap();
    let mut saved = BTreeSet::new();
    for exchange in exchanges {
        let body = &exchange["response"]["body"];
        match body.as_str().map(serde_json::from_str::<Value>) {
            Some(Ok(body)) => ids(&body, &mut saved),
            _ => ids(body, &mut saved),
        }
    }
    assert!(saved.len() > 100, "a run creates many resources: {}", saved.len());
    let uuid = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    let chosen = [
        r#"W/(\\*"|%22)[^"%\\]*(\\*"|%22)"#,
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        r"cursor=[0-9A-Za-z._~-]+",
        // The server numbers the devices in the order in which they come.
        r#"deviceNumber\\*": *[0-9]+"#,
        r#"cursor\\*": *\\*"[0-9A-Za-z._~-]+"#,
    ];
    let chosen = Regex::new(&chosen.join("|")).unwrap();
    let mut all: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for exchange in exchanges {
        let text = exchange["request"].to_string().replace(url, "<base>");
        // What is looked for at the end has an id that the server chose, also of a bulk that nobody read back.
        let cleanup = exchange["scenario"] == "";
        let text = uuid.replace_all(&text, |found: &regex::Captures| {
            if cleanup || saved.contains(&found[0]) { "<id>".to_owned() } else { found[0].to_owned() }
        });
        let text = chosen.replace_all(&text, "<chosen>").into_owned();
        let name = |key: &str| exchange[key].as_str().unwrap_or_default().to_owned();
        all.entry((name("scenario"), name("step"))).or_default().push(text);
    }
    all.values_mut().for_each(|texts| texts.sort_unstable());
    all
}

#[test]
fn the_same_seed_sends_the_same_requests_and_another_seed_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, other] = ["7", "7", "8"].map(|seed| {
        let (report, url) = report(folder.path(), seed);
        requests(&report, &url)
    });
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (step, texts) in &first {
        assert_eq!(texts, &second[step], "{step:?}");
    }
    assert!(first.values().map(Vec::len).sum::<usize>() > 1000);
    assert_ne!(first, other);
}

//! Which reading of each choice a server follows, asked of the bundled server under other and other switches: what is
//! reported is what was set, by switch and value, and nothing of it counts as a verdict.

use scimproof::flow::Outcome;
use scimproof::profile::Profile;
use scimproof::property::Proof;
use scimproof::requirement::Catalogue;
use serde_json::{Value, json};

use super::tokens::prove;

/// The profile with some switches set, by path.
fn with(name: &str, switches: &[(&str, Value)]) -> Profile {
    let mut whole = serde_json::to_value(Profile::named(name).unwrap()).unwrap();
    for (path, value) in switches {
        *whole.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap() = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn reading<'a>(proof: &Proof, id: &'a str) -> Option<&'a str> {
    let number = proof.readings.iter().filter(|(point, _)| point == id).map(|(_, number)| *number).collect::<Vec<_>>();
    let choice = Catalogue::embedded().interpretation(id).unwrap().choice.as_ref().unwrap();
    assert!(number.len() < 2, "{id} is read twice");
    number.first().map(|number| choice.names[number - 1].as_str())
}

/// What is reported under these switches: the reading of each choice that is named, and of every other what the profile
/// says. Nothing is judged.
async fn reports(name: &str, switches: &[(&str, Value)], expected: &[(&'static str, Option<&str>)]) {
    let profile = with(name, switches);
    let proof = prove(&profile, None, &["choices"], &[], 0).await;
    for (id, reading_of) in expected {
        assert_eq!(reading(&proof, id), *reading_of, "{name} {switches:?}: {id}");
    }
    for (id, number) in &proof.readings {
        let declared = proof.declared.get(id);
        assert!(declared.is_none_or(|declared| declared == number), "{name} {switches:?}: {id}/{number}, {declared:?}");
    }
    assert!(proof.laws.is_empty() && proof.suites[0].exhaustive && proof.suites[0].histories > 10, "{proof:#?}");
    for outcome in [Outcome::Pass, Outcome::Fail, Outcome::Inconclusive, Outcome::NotObservable] {
        assert_eq!(proof.count(outcome), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readings_of_catalog_are_those_that_are_set() {
    let first = [
        ("CATALOG-008", Some("hard")),
        ("CATALOG-026", Some("highest")),
        ("CATALOG-027", Some("lowest")),
        ("CATALOG-030", Some("new-name")),
        ("CATALOG-032", Some("folded")),
        ("CATALOG-033", Some("counted")),
        ("CATALOG-034", Some("accepted")),
        ("CATALOG-035", Some("direct")),
        ("CATALOG-036", Some("follows")),
        ("CATALOG-037", Some("overridden")),
        ("CATALOG-038", Some("at-once")),
        ("CATALYTIC-008", Some("any")),
        // No e-mail address is stored.
        ("CATALYTIC-011", None),
        ("CATALYTIC-017", Some("taken")),
        ("CATALYTIC-020", Some("all")),
        ("CATALYTIC-025", Some("allowed")),
        ("PROP-LIFE-01", Some("kept")),
        ("PROP-LIFE-05", Some("unchanged")),
        ("PROP-UNIQ-12", None),
        ("PROP-UNIQ-14", Some("accepted")),
    ];
    reports("coalesce-catalog", &[], &first).await;
    let second = [
        ("role_mapping.conflict", json!("last")),
        ("role_mapping.unmapped", json!("keep")),
        ("role_mapping.rename", json!("bound")),
        ("role_mapping.names", json!("exact")),
        ("role_mapping.nested", json!("transitive")),
        ("role_mapping.manual", json!("kept")),
        ("users.deletion", json!("soft")),
        ("users.put_without_active", json!("activates")),
        ("users.unique", json!([{"attribute": "externalId", "case_exact": true}])),
    ];
    let read = [
        ("CATALOG-008", Some("soft")),
        ("CATALOG-026", Some("last")),
        ("CATALOG-027", Some("keep")),
        ("CATALOG-030", Some("bound")),
        ("CATALOG-032", Some("exact")),
        ("CATALOG-035", Some("transitive")),
        ("CATALOG-037", Some("kept")),
        ("CATALOG-038", Some("at-once")),
        ("PROP-LIFE-05", Some("activates")),
        ("PROP-UNIQ-14", Some("unique")),
    ];
    reports("coalesce-catalog", &second, &read).await;
    let third = [
        ("role_mapping.conflict", json!("refused")),
        ("role_mapping.unmapped", json!("none")),
        ("role_mapping.when", json!("on-apply")),
        ("switches.group_name_unique", json!(true)),
        ("users.deletion", json!("none")),
    ];
    let read = [
        ("CATALOG-008", Some("none")),
        ("CATALOG-026", Some("refused")),
        ("CATALOG-027", Some("none")),
        ("CATALOG-034", Some("409")),
        ("CATALOG-037", Some("overridden")),
        ("CATALOG-038", Some("on-apply")),
    ];
    reports("coalesce-catalog", &third, &read).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readings_of_catalytic_are_those_that_are_set() {
    let first = [
        ("CATALOG-027", None),
        ("CATALYTIC-008", Some("alphanumeric")),
        ("CATALYTIC-011", Some("primary")),
        ("CATALYTIC-017", Some("taken")),
        ("PROP-UNIQ-12", Some("unique")),
        ("PROP-UNIQ-14", Some("accepted")),
    ];
    reports("catalytic", &[], &first).await;
    for (alphabet, listing) in [("lower-alphanumeric", "empty"), ("unicode-alphanumeric", "all"), ("any", "empty")] {
        let switches = [
            ("users.user_names", json!(alphabet)),
            ("users.listing", json!(listing)),
            ("users.renaming", json!("refused")),
            ("users.values", json!("all")),
            ("users.deactivated_names", json!("reactivates")),
            ("users.put_without_active", json!("refused")),
            ("users.unique", json!([])),
        ];
        let read = [
            ("CATALYTIC-008", Some(alphabet)),
            ("CATALYTIC-011", Some("all")),
            ("CATALYTIC-017", Some("reactivates")),
            ("CATALYTIC-020", Some(listing)),
            ("CATALYTIC-025", Some("refused")),
            ("PROP-LIFE-05", Some("refused")),
            ("PROP-UNIQ-12", Some("accepted")),
        ];
        reports("catalytic", &switches, &read).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readings_of_the_coalesce_app_are_those_that_are_set() {
    let switches = ["jit_after_delete", "new_environment", "email_claim_change", "reactivation", "repetition"];
    let ids = ["COALESCE-SSO-015", "COALESCE-SSO-029", "COALESCE-SSO-028", "COALESCE-SSO-013", "COALESCE-SSO-026"];
    let first = ["deny", "not-covered", "update", "stay-revoked", "ignored"];
    let other = ["recreate", "revokes", "keep", "resume", "revokes"];
    for values in [first, other] {
        let switches = switches.map(|name| format!("accounts.{name}"));
        let set: Vec<_> = switches.iter().map(String::as_str).zip(values.map(|value| json!(value))).collect();
        let read: Vec<_> = ids.into_iter().zip(values.map(Some)).collect();
        reports("coalesce-sso", &set, &read).await;
    }
}

/// A server that differs from what its profile declares is classified, no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_defect_changes_a_reading_and_fails_nothing() {
    let profile = with("coalesce-catalog", &[]);
    for (fault, id, name) in [
        ("role-by-exact-case", "CATALOG-032", "exact"),
        ("duplicate-of-an-inactive-user-is-a-second-user", "CATALYTIC-017", "second user"),
        ("delete-only-deactivates", "CATALOG-008", "soft"),
    ] {
        let proof = prove(&profile, Some(fault), &["choices"], &[], 0).await;
        assert_eq!(reading(&proof, id), Some(name), "{fault}");
        assert!(proof.laws.is_empty() && proof.count(Outcome::Fail) == 0, "{proof:#?}");
    }
}

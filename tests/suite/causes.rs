//! One defect is reported as one cause: what it breaks stands together, named by what it shares, with a way to mend it.

use serde_json::Value;

use super::process::{end, scimproof};

/// Defect, what is played, what the first cause says, the most causes that may be made of it.
const ROWS: &[(&str, &str, &str, usize)] = &[
    ("filter-is-ignored", "okta/duplicates or entra/gallery or rfc/query", "`filter`", 2),
    ("patch-is-not-there", "entra/gallery or rfc/patch", "answered 501", 1),
    ("replace-of-members-is-refused", "groups", "PATCH `replace` of `members`", 1),
    ("external-id-is-not-shown", "entra/users or okta/users", "attribute `externalId`", 1),
    ("unknown-member-answers-500", "groups or errors", "answers 500", 1),
    ("delete-is-not-there", "rfc/delete or entra/gallery or okta/groups", "DELETE", 2),
    ("schemas-are-named-twice", "rfc/smoke or okta/connection", "every answer", 1),
    ("any-token-is-good", "entra/connection or okta/connection or credentials", "answers that must be 401", 3),
];

#[test]
fn a_defect_is_one_cause_with_all_that_it_breaks_and_a_way_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (fault, select, what, most) in ROWS {
        let arguments = ["run", "--seed", "4", "--fault", fault, "--select", select, "--json", "out.json"];
        let ended = end(&mut scimproof(folder.path(), &arguments));
        let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
        let causes = report["causes"].as_array().unwrap();
        let failing = report["findings"].as_array().unwrap().iter().filter(|it| it["outcome"] == "fail").count();
        let grouped: u64 = causes.iter().map(|it| it["findings"].as_u64().unwrap()).sum();
        assert!(failing > 1 && grouped >= failing as u64, "{fault}: {grouped} of {failing} stand under a cause");
        let names: Vec<_> = causes.iter().map(|it| it["what"].as_str().unwrap()).collect();
        if names.len() > *most || !names[0].contains(what) || causes.iter().any(|it| it["fix"] == "") {
            wrong.push(format!("{fault}: {names:?}"));
        }
        assert_eq!(
            ended.stdout.matches("      fix        ").count(),
            ended.stdout.matches("\nFAIL  ").count(),
            "{fault}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

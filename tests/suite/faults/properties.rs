//! The property engine is tested: every defect of the table must fall to the laws that it breaks, by a history of a few
//! requests that `run` repeats, and a server without a defect must break none under any profile.

use std::time::Duration;

use scimproof::fault;
use scimproof::matrix::{disprove, prove};
use scimproof::profile::Profile;
use scimproof::property::SUITES;
use scimproof::requirement::Catalogue;

use super::SAMPLE;

/// How long an honest server is tested; the laws' own tests play everything.
const ENOUGH: Duration = Duration::from_secs(5);

#[test]
fn a_sample_of_defects_falls_to_the_laws_that_they_break() {
    let rows: Vec<_> = fault::caught().iter().step_by(SAMPLE).collect();
    let wrong = super::complaints(&rows, |row| {
        let shown = disprove(row);
        shown.wrong.iter().map(|line| format!("{}: {line}", shown.name)).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A row that says too much or of nobody is seen to be wrong.
#[test]
fn a_law_that_does_not_fall_is_found() {
    let mut row = fault::caught().iter().find(|row| row.name == "group-patch-is-not-there").unwrap().clone();
    row.proves = vec!["PROP-FILT-03".to_owned()];
    let shown = disprove(&row);
    assert!(shown.failed.is_empty() && shown.wrong[0].contains("PROP-FILT-03 does not fall"), "{shown:?}");
    row.name = "nobody-had-it".to_owned();
    assert_eq!(disprove(&row).wrong.len(), 1);
}

#[test]
fn without_a_defect_no_law_falls_under_any_profile() {
    let names = Profile::names();
    let wrong = super::complaints(&names, |name| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let proof = runtime.block_on(prove(&Profile::named(name).unwrap(), None, &[], Some(ENOUGH))).unwrap();
        let fallen = proof.laws.iter().filter_map(|law| Some((law, law.counter_example()?)));
        let mut wrong: Vec<_> = fallen.map(|(law, found)| format!("{name}: {}:\n{}", law.id, found.scenario)).collect();
        wrong.extend(proof.leftovers.iter().map(|path| format!("{name}: {path} is left")));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_caught_defects_speaks_of_known_things() {
    for row in fault::caught() {
        let name = &row.name;
        assert!(Profile::named(&row.profile).is_some(), "{name}: there is no profile {}", row.profile);
        assert!(!row.proves.is_empty() && !row.source.is_empty(), "{name} needs a source and laws");
        for law in &row.proves {
            assert!(Catalogue::embedded().get(law).is_some(), "{name}: {law} is not in the catalogue");
            assert!(SUITES.iter().any(|suite| suite.laws.contains(&law.as_str())), "{name}: no suite judges {law}");
        }
    }
}

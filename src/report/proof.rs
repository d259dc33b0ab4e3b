//! What `prove` found, for people: every law with how far it was tested, and the smallest history that breaks it.

use std::fmt::Write as _;

use super::terminal::wrap;
use crate::property::Proof;
use crate::requirement::Catalogue;

/// The text. `files` are the scenario files of the counter-examples, in the order of the proofs.
#[must_use]
pub fn text(heading: &str, proofs: &[Proof], files: &[Option<String>], catalogue: &Catalogue, width: usize) -> String {
    let mut text = format!("{heading}\n");
    for (proof, file) in proofs.iter().zip(files) {
        let sentence = catalogue.get(proof.law).map_or("", |requirement| requirement.summary.as_str());
        let word = if proof.counter_example.is_some() { "FALSE" } else { "holds" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{word} {}  {}", proof.law, wrap(sentence, width, 8 + proof.law.len()).trim_start());
        let kind = if proof.exhaustive { "all there are" } else { "drawn from the seed" };
        let _ = writeln!(text, "      histories  {}, {kind}", proof.cases);
        if proof.inconclusive > 0 {
            let _ = writeln!(text, "      open       {} could not be judged", proof.inconclusive);
        }
        if proof.leftovers > 0 {
            let _ = writeln!(text, "      leftovers  {}", proof.leftovers);
        }
        let Some(found) = &proof.counter_example else { continue };
        if !found.repeats {
            let _ = writeln!(text, "      note       it did not fail again when it was played once more");
        }
        for finding in &found.findings {
            let _ = writeln!(text, "      step       {}", finding.step);
            let _ = writeln!(text, "      expected   {} ({})", finding.expected, finding.requirement);
            let _ = writeln!(text, "      got        {}", finding.got);
        }
        if let Some(file) = file {
            let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder);
            let _ = writeln!(text, "      scenario   {file}");
            let _ = writeln!(text, "      again      scimproof run --scenarios {folder} --allow-inconclusive");
        }
    }
    let held = proofs.iter().filter(|proof| proof.holds()).count();
    let laws = super::counted(proofs.len(), "law");
    let _ = writeln!(text, "\n  {laws} tested: {held} hold, {} do not", proofs.len() - held);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Evidence, Finding, Outcome, Position};
    use crate::property::CounterExample;
    use crate::wire::ExchangeId;

    #[test]
    fn a_false_law_shows_its_smallest_history() {
        let finding = Finding {
            requirement: "PROP-UNIQ-02".into(),
            outcome: Outcome::Fail,
            check: "status".into(),
            scenario: "user-names".into(),
            step: "3. create N0".into(),
            position: Position::File { file: "user-names.toml".into(), line: 29, column: 5 },
            expected: "status 409".into(),
            got: "status 201".into(),
            evidence: Evidence::of(&ExchangeId("user-names#3".into())),
        };
        let proof = |law, counter_example: Option<CounterExample>, inconclusive| Proof {
            law,
            cases: 12,
            exhaustive: counter_example.is_none(),
            inconclusive,
            counter_example,
            leftovers: 0,
        };
        let found = CounterExample { scenario: String::new(), findings: vec![finding], repeats: true };
        let proofs = [proof("PROP-UNIQ-01", Some(found), 0), proof("CATALOG-022", None, 2)];
        let files = [Some(".scimproof/proofs/prop-uniq-01-7.toml".to_owned()), None];
        insta::assert_snapshot!(text("scimproof", &proofs, &files, Catalogue::embedded(), 80));
    }
}

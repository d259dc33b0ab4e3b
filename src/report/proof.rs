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
    let _ = writeln!(text, "\n  {} laws: {held} hold, {} do not", proofs.len(), proofs.len() - held);
    text
}

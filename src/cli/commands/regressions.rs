//! The file of histories that broke a law once: the next run plays them first. It knows nothing of how they are played.

use std::path::Path;

use serde::Deserialize;

use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::property::{Law, Proof, Regression};

/// The file's name in the folder of proofs.
const FILE: &str = "regressions.toml";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    found: Vec<Regression>,
}

/// Reads what earlier runs found; nothing where there is no file.
///
/// # Errors
/// [`Fault`] (usage) for a file that cannot be read or is none of ours.
pub fn read(folder: &Path) -> Result<Vec<Regression>, Fault> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let wrong = |reason: String| Fault::usage(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let file: File = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    Ok(file.found)
}

/// Adds what this run found. What holds again stays in the file: that it holds is what the next run is to show.
///
/// # Errors
/// [`Fault`] (usage) when the file cannot be written.
pub fn write(folder: &Path, known: Vec<Regression>, proof: &Proof, context: &Context) -> Result<(), Fault> {
    let found = |law: &Law| {
        let found = law.counter_example()?;
        Some(Regression { law: law.id.clone(), suite: found.suite.clone(), seed: found.seed, case: found.case })
    };
    let mut all: Vec<Regression> = known.clone();
    all.extend(proof.laws.iter().filter_map(found));
    all.sort();
    all.dedup();
    if all == known {
        return Ok(());
    }
    let mut text =
        "# Histories that broke a law. `scimproof prove` plays them first; take out what is of no use any more.\n"
            .to_owned();
    for it in all {
        let row = format!(
            "\n[[found]]\nlaw = {:?}\nsuite = {:?}\nseed = {}\ncase = {}\n",
            it.law, it.suite, it.seed, it.case
        );
        text.push_str(&row);
    }
    context.write_artefact(&folder.join(FILE), &text)
}

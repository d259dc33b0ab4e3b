//! What a run is made of: scenario files (built in or from a folder), profiles, the clients asked for.

use std::path::{Path, PathBuf};

use super::args;
use super::fault::Fault;
use crate::conform;
use crate::idp::{self, Client};
use crate::plan::{ExpressionError, Selection};
use crate::profile::Profile;
use crate::requirement::known_sets;
use crate::scenario::{self, Scenario, ScenarioError};

/// The scenarios of a folder, or the built-in ones, in the order of their ids.
///
/// # Errors
/// [`Fault`] (usage) with every mistake, its file, line, column and the line itself.
pub fn scenarios(folder: Option<&Path>) -> Result<Vec<Scenario>, Fault> {
    let broken = |errors: Vec<ScenarioError>| {
        let mut text: Vec<String> = errors.iter().map(ScenarioError::rendered).collect();
        let count = text.len();
        text.push(format!(
            "{count} {} in scenario files; nothing was sent",
            if count == 1 { "mistake" } else { "mistakes" }
        ));
        Fault::usage(text.join("\n\n"))
    };
    let Some(folder) = folder else { return conform::embedded().map_err(broken) };
    let context = scenario::Context::embedded();
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for file in files(folder)? {
        let text =
            std::fs::read_to_string(&file).map_err(|error| Fault::usage(format!("{}: {error}", file.display())))?;
        match scenario::parse_as(&id(folder, &file), &file.display().to_string(), &text, &context) {
            Ok(scenario) => scenarios.push(scenario),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(broken(errors)) }
}

/// The `.toml` files below a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let fault = |error: std::io::Error| Fault::usage(format!("{}: {error}", folder.display()));
        for entry in std::fs::read_dir(&folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Fault::usage(format!("{}: no scenario files (*.toml) here", folder.display())));
    }
    found.sort();
    Ok(found)
}

/// The path below the folder without its extension, with slashes.
fn id(folder: &Path, file: &Path) -> String {
    let path = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// A profile by name or from a file.
///
/// # Errors
/// [`Fault`] (usage) for an unknown name or a mistake in the file.
pub fn profile(word: &str) -> Result<Profile, Fault> {
    if let Some(profile) = Profile::named(word) {
        return Ok(profile);
    }
    if !Path::new(word).is_file() {
        let names = Profile::names().join(", ");
        return Err(Fault::usage(format!("{word} is neither a profile ({names}) nor a file")));
    }
    let text = std::fs::read_to_string(word).map_err(|error| Fault::usage(format!("{word}: {error}")))?;
    let wrong = |said: String| Fault::usage(format!("{word}: {said}"));
    let profile = Profile::parse(&text).map_err(|error| wrong(error.to_string()))?;
    match known_sets(&profile.require) {
        Ok(sets) if sets.is_empty() => Err(wrong("`require` names no requirement set".to_owned())),
        Ok(_) => Ok(profile),
        Err(said) => Err(wrong(format!("`require`: {said}"))),
    }
}

/// What `--idp`, `--require` and `--select` ask for. Scenarios of a plain client are always among it: the sets are judged too.
///
/// # Errors
/// [`Fault`] (usage) for an unknown client or set, or an expression that cannot be read.
pub fn selection(flags: &args::Selection) -> Result<Selection, Fault> {
    let clients = clients(&flags.idp)?;
    let clients = (!flags.idp.is_empty()).then(|| clients.iter().map(|client| client.id.clone()).collect());
    let expression = flags.select.as_deref().map(str::parse).transpose();
    let expression = expression.map_err(|error: ExpressionError| Fault::usage(format!("--select: {error}")))?;
    let sets = known_sets(&flags.require).map_err(|said| Fault::usage(format!("--require: {said}")))?;
    let sets = (!sets.is_empty()).then_some(sets);
    Ok(Selection { clients, sets, expression, quick: flags.quick, ..Selection::default() })
}

/// The clients that `--idp` names; empty words mean all.
///
/// # Errors
/// [`Fault`] (usage) for an unknown client, with what there is.
pub fn clients(words: &[String]) -> Result<Vec<&'static Client>, Fault> {
    let mut found = Vec::new();
    for word in words {
        let clients = idp::select(word.trim());
        if clients.is_empty() {
            let known: Vec<_> = idp::clients().iter().map(|client| client.id.as_str()).collect();
            return Err(Fault::usage(format!("--idp: there is no client {word}; known are {}", known.join(", "))));
        }
        found.extend(clients);
    }
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

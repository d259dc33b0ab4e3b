//! Scenarios that are written from tables: every row of the PATCH table and of the filter table becomes one, and is run,
//! listed, explained and replayed like those that people write; and from what a target publishes of its schemas. It knows
//! nothing of servers.

mod demand;
mod errors;
mod filter;
mod patch;
mod population;
pub mod schema;

use std::sync::LazyLock;

use crate::scenario::{self, Draft, Scenario, ScenarioError};

/// A scenario in the making, with its id.
struct Written {
    id: String,
    draft: Draft,
}

/// Whoever writes some of them.
const WRITERS: [fn() -> Vec<Written>; 4] = [patch::written, filter::written, population::written, errors::written];

/// The texts of all written scenarios, `(scenarios/rfc/patch-cases/op-unknown.toml, text)`, in the order of their ids.
///
/// # Panics
/// Never: a test keeps the embedded tables readable.
pub fn texts() -> &'static [(String, String)] {
    static TEXTS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let mut all: Vec<_> = WRITERS.iter().flat_map(|write| write()).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all.into_iter().map(|it| (format!("scenarios/{}.toml", it.id), it.draft.to_string())).collect()
    });
    &TEXTS
}

/// Every scenario that is built in, those of people and the written ones, in the order of their ids.
///
/// # Errors
/// Everything that is wrong with any of them; tests keep them free of errors.
pub fn embedded() -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let people = scenario::embedded_texts();
    let people = people.iter().map(|(name, text)| (name.as_str(), *text));
    let written = texts().iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let mut all = scenario::parse_all(people.chain(written), &scenario::Context::embedded())?;
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_without_mistake_and_its_ids_are_its_own() {
        let all = embedded().unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
        assert!(all.windows(2).all(|pair| pair[0].id != pair[1].id));
        assert_eq!(texts().len(), WRITERS.iter().map(|write| write().len()).sum::<usize>());
    }
}

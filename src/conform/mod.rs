//! Scenarios that are written from tables: every row of the PATCH table and of the filter table becomes one, and is run,
//! listed, explained and replayed like those that people write; and from what a target publishes of its schemas. It knows
//! nothing of servers.

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

/// The texts of all written scenarios, `(scenarios/rfc/patch-cases/op-unknown.toml, text)`, in the order of their ids.
///
/// # Panics
/// Never: a test keeps the embedded tables readable.
pub fn texts() -> &'static [(String, String)] {
    static TEXTS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let mut all: Vec<_> = patch::written()
            .into_iter()
            .chain(filter::written())
            .chain(population::written())
            .chain(errors::written())
            .collect();
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
    let mut all = scenario::embedded()?;
    let texts = texts().iter().map(|(name, text)| (name.as_str(), text.as_str()));
    all.extend(scenario::parse_all(texts, &scenario::Context::embedded())?);
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
        assert_eq!(texts().len(), patch::written().len() + filter::written().len() + population::written().len());
    }
}

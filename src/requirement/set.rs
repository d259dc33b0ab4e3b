//! Requirement sets: the parts of the catalogue that are asked for or not (`--require`), and where two of them cannot both
//! be met (`fixtures/sets.toml`). It knows nothing of scenarios or outcomes.

use std::sync::LazyLock;

use serde::Deserialize;

/// A requirement set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The word of `--require`: `interop`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// How the ids of its requirements begin; `None` for the set of the standard.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Where another set denies what this one demands.
    #[serde(default, rename = "contradiction")]
    pub contradictions: Vec<Contradiction>,
}

/// A point on which a server cannot meet two sets at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// The other set.
    pub with: String,
    /// The point, in words.
    pub what: String,
    /// Requirements of this set.
    pub here: Vec<String>,
    /// Requirements of the other set.
    pub there: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    set: Vec<Set>,
}

/// The name of the set that is required where nobody says otherwise, and that whatever names no set belongs to.
pub const STANDARD: &str = "rfc";

/// Every set, in the order of the file.
///
/// # Panics
/// Never in a released build: a test parses the embedded file.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded file is parsed by a test")]
pub fn sets() -> &'static [Set] {
    static SETS: LazyLock<Vec<Set>> = LazyLock::new(|| {
        let text = include_str!("../../fixtures/sets.toml");
        toml::from_str::<File>(text).expect("the embedded list is valid").set
    });
    &SETS
}

/// The set that the requirement of that id belongs to by its name; `None` for one of no set of its own.
#[must_use]
pub fn set_of(requirement: &str) -> Option<&'static Set> {
    sets().iter().find(|set| set.prefix.as_ref().is_some_and(|prefix| requirement.starts_with(prefix)))
}

/// The names as they were given, each once, if all of them exist.
///
/// # Errors
/// A phrase that names what there is.
pub fn known_sets(names: &[String]) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.iter().map(|name| name.trim()) {
        if !sets().iter().any(|set| set.name == name) {
            let known: Vec<_> = sets().iter().map(|set| set.name.as_str()).collect();
            return Err(format!("there is no requirement set {name}; known are {}", known.join(", ")));
        }
        if !found.iter().any(|own| own == name) {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirement::Catalogue;

    #[test]
    fn the_embedded_sets_speak_of_known_requirements() {
        let catalogue = Catalogue::embedded();
        assert_eq!(sets()[0].name, STANDARD);
        for set in sets() {
            assert_eq!(set.prefix.is_none(), set.name == STANDARD, "{}", set.name);
            let own = |id: &str| set_of(id).is_some_and(|of| of.name == set.name);
            assert!(set.prefix.is_none() || catalogue.requirements().any(|it| own(&it.id)), "{} is empty", set.name);
            for it in &set.contradictions {
                assert!(sets().iter().any(|other| other.name == it.with && other.name != set.name), "{}", it.with);
                assert!(it.here.iter().all(|id| own(id)) && it.there.iter().all(|id| !own(id)), "{}", it.what);
                let ids = it.here.iter().chain(&it.there);
                assert_eq!(ids.filter(|id| catalogue.get(id).is_none()).collect::<Vec<_>>(), Vec::<&String>::new());
            }
        }
    }

    #[test]
    fn an_unknown_set_is_named_with_those_that_there_are() {
        let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(known_sets(&names("interop, rfc,interop")), Ok(names("interop,rfc")));
        let said = known_sets(&names("rfc,interp")).unwrap_err();
        assert_eq!(said, "there is no requirement set interp; known are rfc, interop, ipsie-al1");
    }
}

//! When two user names are the same, for the oracle: ASCII names without case, all others only by the table of pairs
//! (`fixtures/user-names.toml`), whose verdicts hold on any server. It never uses a server's own folding.

use std::sync::LazyLock;

use serde::Deserialize;

/// What must be true of a pair of names on any server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sameness {
    /// One name.
    MustCollide,
    /// Two names, or one of them is refused.
    MustBeDistinct,
    /// Conforming servers differ; create, rename and filter must agree.
    AgreementOnly,
    /// One name, or the first is refused.
    CollideOrRefuse,
    /// Either may be refused; what is stored is found.
    RefuseOrStored,
}

/// A pair of user names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamePair {
    /// The one that may be refused, where one may be.
    pub one: String,
    /// The other.
    pub other: String,
    /// What must hold.
    pub verdict: Sameness,
    /// What the pair is about.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "said to readers of the file")]
    source: String,
    pair: Vec<NamePair>,
}

/// The table that is built into the binary; empty only if it did not parse, which a test rules out.
pub fn name_pairs() -> &'static [NamePair] {
    static PAIRS: LazyLock<Vec<NamePair>> = LazyLock::new(|| {
        toml::from_str::<File>(include_str!("../../fixtures/user-names.toml")).map(|file| file.pair).unwrap_or_default()
    });
    &PAIRS
}

/// Whether two names are the same; `None` where conforming servers differ or nothing is known.
#[must_use]
pub fn same_name(one: &str, other: &str) -> Option<bool> {
    if one == other || (one.is_ascii() && other.is_ascii()) {
        return Some(one.eq_ignore_ascii_case(other));
    }
    match sameness(one, other) {
        Some(Sameness::MustCollide) => Some(true),
        Some(Sameness::MustBeDistinct) => Some(false),
        _ => None,
    }
}

/// The verdict of the table about a pair, whichever stands first.
#[must_use]
pub fn sameness(one: &str, other: &str) -> Option<Sameness> {
    let is = |pair: &&NamePair| (pair.one == one && pair.other == other) || (pair.one == other && pair.other == one);
    name_pairs().iter().find(is).map(|pair| pair.verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::name::user_name_key;

    #[test]
    fn the_bundled_server_does_with_every_pair_what_any_server_must() {
        assert!(name_pairs().len() > 30);
        for pair in name_pairs() {
            // The prefix that every name of a run has.
            let key = |name: &str| user_name_key(&format!("sp1-{name}"));
            let (one, other) = (key(&pair.one), key(&pair.other));
            let fine = match pair.verdict {
                Sameness::MustCollide => one.is_ok() && one == other,
                Sameness::MustBeDistinct => one.is_ok() && other.is_ok() && one != other,
                Sameness::CollideOrRefuse => other.is_ok() && (one.is_err() || one == other),
                Sameness::AgreementOnly | Sameness::RefuseOrStored => true,
            };
            assert!(fine, "{pair:?}: {one:?}, {other:?}");
        }
    }

    #[test]
    fn ascii_names_are_compared_without_case_and_others_by_the_table() {
        for (one, other, same) in [
            ("n0", "N0", Some(true)),
            ("n0", "n1", Some(false)),
            ("jos\u{e9}", "jose\u{301}", Some(true)),
            ("jose\u{301}", "jos\u{e9}", Some(true)),
            ("\u{130}stanbul", "istanbul", Some(false)),
            ("stra\u{df}e", "STRASSE", None),
            ("\u{e9}", "\u{e8}", None),
            ("\u{e9}", "\u{e9}", Some(true)),
        ] {
            assert_eq!(same_name(one, other), same, "{one} {other}");
        }
    }
}

//! Which user names are the same: pairs with what must hold of them, and PRECIS itself as a second opinion.

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Same,
    Distinct,
    /// The second is refused.
    Refused,
}
use Verdict::{Distinct, Refused, Same};

const PAIRS: &[(&str, &str, Verdict)] = &[
    ("Alice@Example.com", "alice@example.com", Same),
    ("jos\u{e9}", "jose\u{301}", Same),
    ("JOS\u{c9}", "jose\u{301}", Same),
    ("alice", "\u{ff41}lice", Same),
    ("カ", "ｶ", Same),
    ("ガ", "ｶﾞ", Same),
    ("straße", "STRASSE", Distinct),
    ("STRAẞE", "straße", Same),
    ("İstanbul", "istanbul", Distinct),
    ("İstanbul", "i\u{307}stanbul", Same),
    ("ıstanbul", "ISTANBUL", Distinct),
    ("karl", "\u{212a}arl", Same),
    ("οδος", "ΟΔΟΣ", Same),
    ("οδος", "οδοσ", Distinct),
    ("ofice", "oﬁce", Same),
    ("alice", "\u{430}lice", Distinct),
    ("alice", "alice ", Refused),
    ("alice", " alice", Refused),
    ("alice", "alice\u{a0}", Refused),
    ("alice", "al ice", Distinct),
    ("al ice", "al\u{a0}ice", Same),
    ("al ice", "al\u{3000}ice", Same),
    ("alice", "al\u{200b}ice", Refused),
    ("alice", "al\u{200d}ice", Refused),
    ("alice", "al\u{ad}ice", Refused),
    ("alice", "al\u{0}ice", Refused),
    ("alice", "", Refused),
    ("alice", "\u{202e}alice", Refused),
    ("alice", "alice\u{fe0f}", Refused),
    ("x²", "x2", Distinct),
    ("Ⅲ", "iii", Distinct),
    ("😀bob", "😀BOB", Same),
    ("o’neil", "O’NEIL", Same),
    ("o’neil", "o'neil", Distinct),
    ("אבגdan", "אבגDAN", Same),
    ("a+b@x.io", "A+B@X.IO", Same),
    ("a+b@x.io", "a@x.io", Distinct),
    ("o'neil", "O'Neil", Same),
    ("a%40b", "a@b", Distinct),
    ("Ꭰ", "ꭰ", Same),
    ("Ა", "ა", Same),
    ("ﾡ", "\u{3131}", Same),
];

#[test]
fn pairs_of_names() {
    for (one, other, verdict) in PAIRS {
        let first = user_name_key(one).expect(one);
        let found = match user_name_key(other) {
            Err(_) => Refused,
            Ok(second) if first == second => Same,
            Ok(_) => Distinct,
        };
        assert_eq!(found, *verdict, "{one:?} / {other:?}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let rows = [
        ("", "a user name is not empty"),
        ("x ", "a user name neither starts nor ends with a space"),
        ("al\u{200b}ice", "the invisible character U+200B at 2 is not allowed in a user name"),
    ];
    for (name, text) in rows {
        assert_eq!(user_name_key(name).expect_err(name).to_string(), text);
    }
}

/// What PRECIS makes of a name, if it accepts it. The crate lower-cases letter by letter, so sigma is left out.
fn precis(name: &str) -> Option<String> {
    let enforced = UsernameCaseMapped::enforce(name).ok()?.into_owned();
    (!name.contains(['Σ', 'σ', 'ς'])).then_some(enforced)
}

#[test]
fn precis_agrees_on_the_pairs_that_it_accepts() {
    let mut compared = 0;
    for (one, other, verdict) in PAIRS {
        if let (Some(first), Some(second)) = (precis(one), precis(other)) {
            assert_eq!(first == second, *verdict == Same, "{one:?} / {other:?}");
            compared += 1;
        }
    }
    assert!(compared >= 15, "only {compared} pairs compared");
}

proptest! {
    #[test]
    fn the_key_of_a_key_is_itself(name in any::<String>()) {
        if let Ok(key) = user_name_key(&name) {
            prop_assert_eq!(fold(&key), key);
        }
    }

    #[test]
    fn canonical_equivalents_are_the_same_user(name in "[A-Za-zÀ-ÿĀ-žΑ-ωА-яｦ-ﾝ\u{300}-\u{304}]{1,12}") {
        let (nfc, nfd): (String, String) = (name.nfc().collect(), name.nfd().collect());
        prop_assert_eq!(user_name_key(&nfc), user_name_key(&nfd));
    }

    #[test]
    fn what_precis_accepts_it_maps_alike(name in "[A-Za-z0-9.@+À-ÿĀ-žΑ-ΡА-яｦ-ﾝＡ-ｚ\u{300}-\u{304}]{1,12}") {
        if let Some(mapped) = precis(&name) {
            prop_assert_eq!(user_name_key(&name), Ok(mapped));
        }
    }
}

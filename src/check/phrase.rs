//! Short phrases for people: values, lists and statuses, cut to a length that fits a terminal line.

use serde_json::Value;

/// The longest phrase, characters.
const LONGEST: usize = 120;

/// A text cut to a readable length.
#[must_use]
pub fn short(text: &str) -> String {
    let flat = text.replace('\n', " ");
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    let mut cut: String = flat.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// A JSON value as a phrase.
pub(super) fn value(value: &Value) -> String {
    short(&value.to_string())
}

/// Found values as a phrase: `nothing`, the value, or `2 values: "a", "b"`.
pub(super) fn values(found: &[&Value]) -> String {
    match found {
        [] => "nothing".to_owned(),
        [one] => value(one),
        many => {
            let list: Vec<_> = many.iter().map(ToString::to_string).collect();
            short(&format!("{} values: {}", many.len(), list.join(", ")))
        }
    }
}

/// `200`, or `200 or 204`.
pub(super) fn alternatives(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(" or ")
}

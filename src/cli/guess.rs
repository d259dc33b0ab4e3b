//! "Did you mean": the known words that are nearest to one that is not known.

/// At most three candidates that are close enough, the nearest first.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = word.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(2);
    let mut close: Vec<(usize, &str)> = known
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let part = wanted != lower && wanted.len() > 3 && (lower.starts_with(&wanted) || lower.ends_with(&wanted));
            (if part { 1 } else { distance(&wanted, &lower) }, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_words_come_first_and_far_ones_not_at_all() {
        let known = ["RFC7644-3.3-5", "RFC7644-3.3-6", "OKTA-017", "okta/users/create"];
        for (word, expected) in [
            ("rfc7644-3.3-5", vec!["RFC7644-3.3-5", "RFC7644-3.3-6"]),
            ("OKTA-17", vec!["OKTA-017"]),
            ("users/create", vec!["okta/users/create"]),
            ("something else", vec![]),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}

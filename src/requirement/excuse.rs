//! The requirements that nothing shows, each with the reason (`fixtures/unobserved`). Whether a reason is still true is
//! not known here: tests hold the lists to be exact.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/unobserved");

#[derive(Deserialize)]
struct File {
    unobserved: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    reason: String,
}

/// Why nothing shows the requirement or request shape of that id; `None` where no list has it.
///
/// # Panics
/// Never in a released build: a test parses the embedded files.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded files are parsed by a test")]
pub fn excuse(id: &str) -> Option<&'static str> {
    static REASONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        let texts = FILES.files().filter_map(include_dir::File::contents_utf8);
        let rows =
            texts.flat_map(|text| toml::from_str::<File>(text).expect("the embedded lists are valid").unobserved);
        rows.map(|row| (row.id, row.reason)).collect()
    });
    REASONS.get(id).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_lists_parse_and_give_reasons() {
        assert!(excuse("ENTRA-069").is_some_and(|reason| reason.len() > 20));
        assert_eq!(excuse("ENTRA-004"), None);
    }
}

//! Scenario files: TOML text to a linted [`Scenario`] with the place of every row, and to a [`crate::flow::Flow`] that
//! plays it. Texts, seed and base URL arrive as arguments; it knows nothing of HTTP libraries, clocks or reports.

pub mod draft;
mod error;
mod lint;
mod mark;
mod model;
mod people;
mod play;
mod raw;
mod template;

pub use draft::Draft;
pub use error::{Place, ScenarioError};
pub use mark::{is_our_organization, is_ours};
pub use model::{Action, Either, End, Line, On, Row, Scenario, Step, Subject, Tally, Until, Verdict, When, line_of};
pub use people::Draw;
pub use play::{ScenarioFlow, Settings};
pub use template::{Hole, Missing, Template, TemplateError};

use std::collections::BTreeSet;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

use crate::requirement::Catalogue;

/// The words of `needs`: capabilities, whether there is an admin surface, what the settings add, and with `no-` what must
/// not be there.
pub const CAPABILITIES: [&str; 24] = [
    "patch",
    "bulk",
    "filter",
    "sort",
    "etag",
    "changePassword",
    "groups",
    "me",
    "search",
    "root",
    "custom",
    "cursor",
    "admin",
    "second-token",
    "expired-token",
    "second-tenant",
    "second-tenant-url",
    "no-patch",
    "no-bulk",
    "no-filter",
    "no-sort",
    "no-etag",
    "no-me",
    "no-search",
];

/// The words of `products`, as they stand in profiles.
pub const PRODUCTS: [&str; 3] = ["CATALOG", "CATALYTIC", "COALESCE-SSO"];

/// The words of `actions`.
pub const ACTIONS: [&str; 10] = [
    "create-users",
    "update-users",
    "deactivate-users",
    "delete-users",
    "import-users",
    "import-groups",
    "push-groups",
    "sync-password",
    "entitlements",
    "schema-import",
];

static SCENARIOS: Dir = include_dir!("$CARGO_MANIFEST_DIR/scenarios");
static SHAPES: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/shapes");

/// What the ids in a scenario are looked up in. Clients and flows come from [`crate::idp`].
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Requirements and interpretations.
    pub catalogue: &'a Catalogue,
    /// Request shapes.
    pub shapes: &'a BTreeSet<String>,
}

impl Context<'static> {
    /// What is built into the binary.
    #[must_use]
    pub fn embedded() -> Self {
        static IDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
            let ids = |text: &str| -> Vec<String> {
                let file: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
                let shapes = file["shapes"].as_array().cloned().unwrap_or_default();
                shapes.iter().filter_map(|shape| shape["id"].as_str().map(str::to_owned)).collect()
            };
            SHAPES.files().filter_map(include_dir::File::contents_utf8).flat_map(ids).collect()
        });
        Self { catalogue: Catalogue::embedded(), shapes: &IDS }
    }
}

/// Parses and lints a scenario. `file` is its name for messages; its id is `file` without a leading `scenarios/` and
/// without `.toml`.
///
/// # Errors
/// Everything that is wrong, in the order of the file; a text that is no TOML gives one error.
pub fn parse(file: &str, text: &str, context: &Context) -> Result<Scenario, Vec<ScenarioError>> {
    let id = file.strip_prefix("scenarios/").unwrap_or(file);
    parse_as(id.strip_suffix(".toml").unwrap_or(id), file, text, context)
}

/// As [`parse`], for a file whose id does not follow from its name (a folder given by `--scenarios`).
///
/// # Errors
/// As [`parse`].
pub fn parse_as(id: &str, file: &str, text: &str, context: &Context) -> Result<Scenario, Vec<ScenarioError>> {
    lint::parse(file, id, text, context)
}

/// Parses and lints, and returns only what is wrong; empty for a good scenario.
#[must_use]
pub fn lint(file: &str, text: &str, context: &Context) -> Vec<ScenarioError> {
    parse(file, text, context).err().unwrap_or_default()
}

/// The texts of the embedded scenarios, `(scenarios/okta/users/create.toml, text)`, in the order of their names.
#[must_use]
pub fn embedded_texts() -> Vec<(String, &'static str)> {
    fn collect(dir: &'static Dir, out: &mut Vec<(String, &'static str)>) {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            if let (true, Some(text)) = (path.ends_with(".toml"), file.contents_utf8()) {
                out.push((format!("scenarios/{path}"), text));
            }
        }
        dir.dirs().for_each(|dir| collect(dir, out));
    }
    let mut out = Vec::new();
    collect(&SCENARIOS, &mut out);
    out.sort();
    out
}

/// Every embedded scenario in the order of their ids.
///
/// # Errors
/// Everything that is wrong with any of them; a test keeps the embedded ones free of errors.
pub fn embedded() -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let context = Context::embedded();
    let texts = embedded_texts();
    parse_all(texts.iter().map(|(name, text)| (name.as_str(), *text)), &context)
}

/// The fewest files that are worth a thread of their own.
const SHARE: usize = 32;

/// Parses many scenarios given as `(name, text)`.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn parse_all<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    context: &Context,
) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let files: Vec<_> = files.into_iter().collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(workers).max(SHARE);
    // Reading them is most of what a run does before its first request.
    let parsed: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = files
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(|(name, text)| parse(name, text, context)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let mut scenarios = Vec::new();
    let mut errors = Vec::new();
    for result in parsed {
        match result {
            Ok(scenario) => scenarios.push(scenario),
            Err(mut more) => errors.append(&mut more),
        }
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

#[cfg(test)]
mod tests;

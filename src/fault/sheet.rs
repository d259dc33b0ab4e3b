//! What each defect must show, as `fixtures/faults` says it: the requirements and laws that turn red, and who had the
//! defect. It knows nothing of how a defect works.

use std::sync::LazyLock;

use serde::Deserialize;

/// What a defect shows in a run: the scenarios, and what turns red in them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The defect's name.
    pub name: String,
    /// Who had it, or which sentence it breaks.
    pub source: String,
    /// The server profile under which it shows.
    #[serde(default = "reference")]
    pub profile: String,
    /// The scenarios that show it.
    pub plays: Vec<String>,
    /// Requirements that must fail: the defect proves that their checks can.
    #[serde(default)]
    pub red: Vec<String>,
    /// Requirements that may fail along with them.
    #[serde(default)]
    pub kin: Vec<String>,
    /// Requirements that must warn, where a failure would say too much.
    #[serde(default)]
    pub warns: Vec<String>,
    /// Clients that must not be ready.
    #[serde(default)]
    pub blocks: Vec<String>,
}

fn reference() -> String {
    "reference".to_owned()
}

/// What a defect shows to the property engine: the laws that it breaks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caught {
    /// The defect's name.
    pub name: String,
    /// Who had it, or which sentence it breaks.
    pub source: String,
    /// The server profile under which it shows.
    pub profile: String,
    /// Laws each of which must fall.
    pub proves: Vec<String>,
}

/// A defect that breaks no rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unjudged {
    /// The defect's name.
    pub name: String,
    /// Who had it.
    pub source: String,
    /// Why nothing turns red.
    pub reason: String,
}

/// A sheet for each table of defects that a run or the property engine finds.
const SHEETS: &[&str] = &[
    include_str!("../../fixtures/faults/accounts.toml"),
    include_str!("../../fixtures/faults/announced.toml"),
    include_str!("../../fixtures/faults/carried.toml"),
    include_str!("../../fixtures/faults/changes.toml"),
    include_str!("../../fixtures/faults/clients.toml"),
    include_str!("../../fixtures/faults/create.toml"),
    include_str!("../../fixtures/faults/cursors.toml"),
    include_str!("../../fixtures/faults/devices.toml"),
    include_str!("../../fixtures/faults/drafts.toml"),
    include_str!("../../fixtures/faults/form.toml"),
    include_str!("../../fixtures/faults/jobs.toml"),
    include_str!("../../fixtures/faults/laws.toml"),
    include_str!("../../fixtures/faults/lookup.toml"),
    include_str!("../../fixtures/faults/members.toml"),
    include_str!("../../fixtures/faults/names.toml"),
    include_str!("../../fixtures/faults/patch.toml"),
    include_str!("../../fixtures/faults/published.toml"),
    include_str!("../../fixtures/faults/products.toml"),
    include_str!("../../fixtures/faults/population.toml"),
    include_str!("../../fixtures/faults/reading.toml"),
    include_str!("../../fixtures/faults/refusals.toml"),
    include_str!("../../fixtures/faults/roles.toml"),
    include_str!("../../fixtures/faults/tenants.toml"),
    include_str!("../../fixtures/faults/tokens.toml"),
];

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sheet {
    fault: Vec<Proof>,
    caught: Vec<Caught>,
    unjudged: Vec<Unjudged>,
}

#[expect(clippy::expect_used, reason = "the embedded files are parsed by a test")]
fn sheet() -> &'static Sheet {
    static SHEET: LazyLock<Sheet> = LazyLock::new(|| {
        SHEETS.iter().fold(Sheet::default(), |mut all, text| {
            let sheet: Sheet = toml::from_str(text).expect("the embedded table is valid");
            all.fault.extend(sheet.fault);
            all.caught.extend(sheet.caught);
            all.unjudged.extend(sheet.unjudged);
            all
        })
    });
    &SHEET
}

/// What defects show in a run.
#[must_use]
pub fn proofs() -> &'static [Proof] {
    &sheet().fault
}

/// What defects show to the property engine.
#[must_use]
pub fn caught() -> &'static [Caught] {
    &sheet().caught
}

/// What nothing judges.
#[must_use]
pub fn unjudged() -> &'static [Unjudged] {
    &sheet().unjudged
}

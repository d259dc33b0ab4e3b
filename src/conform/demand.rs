//! What a requirement set demands of rows of a table beside the standard: the `set_case` tables of
//! `fixtures/requirements`. It knows neither rows nor what an outcome is.

use serde::Deserialize;

/// What a requirement set demands of some rows; `O` is how the table writes an outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetCase<O> {
    /// The set, by its name in `fixtures/sets.toml`.
    pub set: String,
    /// The ids of the rows.
    pub cases: Vec<String>,
    /// What a server breaks that does otherwise.
    pub requirements: Vec<String>,
    /// The outcome in words, where it is not that of the row.
    pub effect: Option<String>,
    /// The outcome that alone is right, where it is not that of the row.
    pub outcome: Option<O>,
}

/// Every demand beside the row that it is made of, in the order of the demands.
pub(super) fn demands<'a, C, O>(
    sets: &'a [SetCase<O>],
    rows: &'a [C],
    id: fn(&C) -> &String,
) -> impl Iterator<Item = (&'a C, &'a SetCase<O>)> {
    sets.iter()
        .flat_map(move |set| rows.iter().filter(move |row| set.cases.contains(id(row))).map(move |row| (row, set)))
}

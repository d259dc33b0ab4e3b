//! The switches of PATCH, one for each point of `interpretations.toml` that a server must decide.

use serde::Deserialize;

/// How PATCH behaves where the standard leaves room. The default accepts both Entra dialects and Okta's shapes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatchOptions {
    /// I-06: `Add`, `Replace`, `Remove` are accepted.
    pub op_any_case: bool,
    /// I-07: `"True"` and `"False"` become booleans.
    pub string_booleans: bool,
    /// I-02: `remove` with a value array removes only the listed values.
    pub remove_listed_values: bool,
    /// I-102: dotted and URN-qualified keys inside a path-less value are paths.
    pub dotted_keys: bool,
    /// I-97: a plain string for `manager` is its `value`.
    pub manager_string: bool,
    /// I-04: `add` on a value path that matches nothing creates the element.
    pub add_creates: bool,
    /// I-05: `replace` on a value path that matches nothing creates the element.
    pub replace_creates: bool,
    /// I-16: read-only members inside a path-less value are skipped instead of refused.
    pub skip_read_only_members: bool,
    /// I-43: unknown members inside a path-less value are ignored instead of refused.
    pub ignore_unknown_members: bool,
    /// I-88: an object where an array is expected is wrapped.
    pub wrap_objects: bool,
    /// I-03: a `remove` whose filter matches nothing is refused with `noTarget`.
    pub remove_no_match_fails: bool,
    /// I-104: `null` as a value unassigns instead of being refused.
    pub null_unassigns: bool,
}

impl Default for PatchOptions {
    fn default() -> Self {
        Self {
            op_any_case: true,
            string_booleans: true,
            remove_listed_values: true,
            dotted_keys: true,
            manager_string: true,
            add_creates: true,
            replace_creates: true,
            skip_read_only_members: true,
            ignore_unknown_members: true,
            wrap_objects: true,
            remove_no_match_fails: false,
            null_unassigns: true,
        }
    }
}

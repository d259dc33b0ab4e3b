//! The switches of PATCH, one for each point of `interpretations.toml` that a server must decide.

use serde::{Deserialize, Serialize};

use super::super::resource::BodyOptions;

/// How PATCH behaves where the standard leaves room. The default accepts both Entra dialects and Okta's shapes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PatchOptions {
    /// I-06: `Add`, `Replace`, `Remove` are accepted.
    pub op_any_case: bool,
    /// I-86: an empty `Operations` array changes nothing instead of being refused.
    pub empty_operations: bool,
    /// I-07: `"True"` and `"False"` become booleans.
    pub string_booleans: bool,
    /// I-02: `remove` with a value array removes only the listed values; else the value is ignored.
    pub remove_listed_values: bool,
    /// I-102: dotted and URN-qualified keys inside a path-less value are paths; else they are refused.
    pub dotted_keys: bool,
    /// I-97: a plain string for `manager` is its `value`.
    pub manager_string: bool,
    /// A bare name that only an extension has (`manager`, as Entra once wrote it) means the extension's attribute.
    pub bare_extension_names: bool,
    /// I-51: a schema URN alone is a path to the whole extension; else it is refused with `invalidPath`.
    pub schema_paths: bool,
    /// I-04: `add` on a value path that matches nothing creates the element.
    pub add_creates: bool,
    /// I-05: `replace` on a value path that matches nothing creates the element.
    pub replace_creates: bool,
    /// I-16: read-only members inside a path-less value are skipped instead of refused.
    pub skip_read_only_members: bool,
    /// I-16, reading 3: an operation whose path is read-only does nothing instead of being refused.
    pub skip_read_only_paths: bool,
    /// I-43: unknown members inside a value are ignored instead of refused.
    pub ignore_unknown_members: bool,
    /// I-87: what no schema defines is refused with `invalidSyntax` (DRAFT-interop-5-7) instead of `noTarget`.
    pub unknown_is_syntax: bool,
    /// I-101: an operation without path is refused with `invalidSyntax` (DRAFT-interop-6-15).
    pub path_required: bool,
    /// I-88: an object where an array is expected is wrapped.
    pub wrap_objects: bool,
    /// I-03: a `remove` whose filter matches nothing is refused with `noTarget`.
    pub remove_no_match_fails: bool,
    /// I-105: a `remove` of an attribute without value is refused with `noTarget`.
    pub remove_absent_fails: bool,
    /// I-104: `null` as a value unassigns instead of being refused.
    pub null_unassigns: bool,
    /// I-48, reading 2: `replace` on a complex attribute replaces it whole instead of merging.
    pub complex_replace_whole: bool,
    /// I-49, reading 2: `add` on a complex attribute replaces it whole instead of merging.
    pub complex_add_whole: bool,
    /// I-50, reading 2: `replace` on a value path merges into the element instead of exchanging it.
    pub element_replace_merges: bool,
    /// I-50, reading 3: `add` on a value path exchanges the element instead of merging.
    pub element_add_exchanges: bool,
    /// I-103: a sub-attribute of a multi-valued attribute without filter means all elements; else `noTarget`.
    pub sub_of_all_elements: bool,
    /// I-10, reading 2: an element that loses its `value` is dropped.
    pub drop_valueless: bool,
    /// I-53, reading 2: immutable sub-attributes of elements (`members.value`) may be changed.
    pub change_immutable_members: bool,
}

impl Default for PatchOptions {
    fn default() -> Self {
        Self {
            op_any_case: true,
            empty_operations: false,
            string_booleans: true,
            remove_listed_values: true,
            dotted_keys: true,
            manager_string: true,
            bare_extension_names: true,
            schema_paths: true,
            add_creates: true,
            replace_creates: true,
            skip_read_only_members: true,
            skip_read_only_paths: false,
            ignore_unknown_members: true,
            unknown_is_syntax: false,
            path_required: false,
            wrap_objects: true,
            remove_no_match_fails: false,
            remove_absent_fails: false,
            null_unassigns: true,
            complex_replace_whole: false,
            complex_add_whole: false,
            element_replace_merges: false,
            element_add_exchanges: false,
            sub_of_all_elements: true,
            drop_valueless: false,
            change_immutable_members: false,
        }
    }
}

impl From<&PatchOptions> for BodyOptions {
    /// The same leniency for whole bodies.
    fn from(options: &PatchOptions) -> Self {
        Self {
            string_booleans: options.string_booleans,
            ignore_unknown: options.ignore_unknown_members,
            manager_string: options.manager_string,
            wrap_single: options.wrap_objects,
        }
    }
}

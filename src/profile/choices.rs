//! The tables of a profile: capabilities, limits, and the switches that stand for `interpretations.toml`.

use serde::{Deserialize, Serialize};

use crate::scim::patch::PatchOptions;

/// What a server can do; `/ServiceProviderConfig` of the bundled server says the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capabilities {
    /// `RFC7644 §3.5.2`
    pub patch: bool,
    /// `RFC7644 §3.7`
    pub bulk: bool,
    /// `RFC7644 §3.4.2.2`
    pub filter: bool,
    /// `RFC7644 §3.4.2.3`
    pub sort: bool,
    /// `RFC7644 §3.14`
    pub etag: bool,
    /// Password change by a client.
    pub change_password: bool,
    /// The Group resource type.
    pub groups: bool,
    /// `/Me` (`RFC7644 §3.11`).
    pub me: bool,
    /// The resource type of our own, `/Devices` (`RFC7643 §6`).
    pub custom: bool,
    /// Pages by cursor beside those by index (`RFC9865`).
    pub cursor: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            patch: true,
            bulk: true,
            filter: true,
            sort: true,
            etag: true,
            change_password: true,
            groups: true,
            me: true,
            custom: false,
            cursor: false,
        }
    }
}

/// Sizes and limits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest request body, bytes.
    pub body_bytes: usize,
    /// Deepest nesting of a JSON body.
    pub json_depth: usize,
    /// Most operations of one bulk request.
    pub bulk_operations: usize,
    /// Largest bulk request, bytes.
    pub bulk_bytes: usize,
    /// Largest page, resources.
    pub page_max: usize,
    /// Page size when `count` is absent.
    pub page_default: usize,
    /// How long a cursor lives, seconds (`RFC9865 §4`).
    pub cursor_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            json_depth: 32,
            bulk_operations: 1000,
            bulk_bytes: 1 << 20,
            page_max: 1000,
            page_default: 100,
            cursor_seconds: 600,
        }
    }
}

/// What a successful PATCH answers (I-46).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatchAnswer {
    /// 200 with the resource.
    #[default]
    Resource,
    /// 204 without body.
    NoContent,
}

/// What happens to a reference to a resource that does not exist (I-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownMembers {
    /// 400 `invalidValue`, nothing is changed.
    #[default]
    Refuse,
    /// The id is kept as it is.
    Keep,
}

/// Choices where the standard leaves room; each names its interpretation.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// I-46, for users.
    pub patch_answer: PatchAnswer,
    /// I-46, for groups: Entra ID asks that the answer does not repeat the members (ENTRA-059).
    pub group_patch_answer: PatchAnswer,
    /// I-52: a filter may name an attribute of an extension without its URN (ENTRA-017).
    pub bare_filter_names: bool,
    /// I-12: a filter that names what no schema of the resource type defines is refused (DRAFT-interop-6-8).
    pub refuse_unknown_filters: bool,
    /// The values that `/Schemas` names for a `type` of which the standard names none (DRAFT-interop-5-8).
    pub type_values: Vec<String>,
    /// `/ServiceProviderConfig` says that the interoperability profile is met (DRAFT-interop-4-1).
    pub interop_conformant: bool,
    /// The switches of PATCH itself.
    pub patch: PatchOptions,
    /// I-95: a second group of the same display name is refused.
    pub group_name_unique: bool,
    /// I-55: group members that do not exist.
    pub unknown_members: UnknownMembers,
    /// I-59: `/ServiceProviderConfig` answers without credentials (wrong ones are still refused).
    pub public_config: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            patch_answer: PatchAnswer::default(),
            group_patch_answer: PatchAnswer::default(),
            bare_filter_names: true,
            refuse_unknown_filters: false,
            type_values: Vec::new(),
            interop_conformant: false,
            patch: PatchOptions::default(),
            group_name_unique: false,
            unknown_members: UnknownMembers::default(),
            public_config: true,
        }
    }
}

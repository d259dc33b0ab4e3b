//! Value lists: the read-only resources that say which entitlements or roles a product has (OKTA-180 to OKTA-188). Data of
//! a profile; it knows nothing of how they are served.

use serde::{Deserialize, Serialize};

/// One list with its endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ValueList {
    /// The resource type: `Entitlement`.
    pub name: String,
    /// Where it is served, below the base path: `/Entitlements`.
    pub endpoint: String,
    /// The schema's URN: `urn:okta:scim:schemas:core:1.0:Entitlement`, or `…:Role`.
    pub schema: String,
    /// A sentence for `/ResourceTypes` and `/Schemas`.
    #[serde(default)]
    pub description: String,
    /// What is in it.
    #[serde(default, rename = "value")]
    pub values: Vec<ListedValue>,
}

/// One entitlement or role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListedValue {
    /// What stands as `value` in a user's `entitlements` or `roles`.
    pub id: String,
    /// What an administrator reads.
    pub display_name: String,
    /// The resource type, for entitlements.
    pub r#type: Option<String>,
    /// At most 1000 characters.
    pub description: Option<String>,
}

impl ListedValue {
    /// The attributes with their names in the schema; what is not known is left out.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, &str)> {
        let optional = [("type", &self.r#type), ("description", &self.description)];
        let optional = optional.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
        [("displayName", self.display_name.as_str())].into_iter().chain(optional).collect()
    }
}

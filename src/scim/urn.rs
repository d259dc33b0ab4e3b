//! The URNs of the SCIM standards. URNs compare without case (`RFC7643 §2.1`).

/// Core User (`RFC7643 §4.1`).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core Group (`RFC7643 §4.2`).
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Enterprise User extension (`RFC7643 §4.3`).
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Service provider configuration (`RFC7643 §5`).
pub const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// Resource type (`RFC7643 §6`).
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// Schema (`RFC7643 §7`).
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
/// List response (`RFC7644 §3.4.2`).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Search request (`RFC7644 §3.4.3`).
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// PATCH request (`RFC7644 §3.5.2`).
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Bulk request (`RFC7644 §3.7`).
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// Bulk response (`RFC7644 §3.7`).
pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// Error (`RFC7644 §3.12`).
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

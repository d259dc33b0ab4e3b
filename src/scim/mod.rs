//! The SCIM grammar and data model (`RFC7643`, `RFC7644`): schemas, attribute paths, filters, PATCH, resources, errors.
//!
//! Pure: parse, print, evaluate, apply. It knows nothing of HTTP, storage, clocks or which server it serves.

pub mod address;
pub mod datetime;
pub mod error;
pub mod filter;
pub mod json;
pub mod list;
pub mod name;
pub mod patch;
pub mod path;
pub mod project;
pub mod resource;
pub mod schema;
pub mod sort;
pub mod syntax;
pub mod urn;

pub use error::{ScimError, ScimType};
pub use syntax::SyntaxError;

/// A JSON object with its members in order: a resource, a complex value, a message.
pub type Object = serde_json::Map<String, serde_json::Value>;

//! What a product does after a SCIM write took effect: what later roles depend on is noted, who is gone is forgotten.

use super::context::Context;
use super::role;
use crate::scim::ScimError;
use crate::store::{Kind, Record};

/// A write that took effect.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    /// A new resource.
    Created(&'a Record),
    /// A resource before and after; the links of neither need be complete.
    Changed(&'a Record, &'a Record),
    /// A resource that is gone.
    Deleted(&'a Record),
}

/// Draws the consequences of a write.
///
/// # Errors
/// 500 if the store fails where a role must be remembered.
pub(super) fn written(context: &Context<'_>, written: Written<'_>) -> Result<(), ScimError> {
    let (core, org) = (context.server, context.tenant);
    if let Written::Deleted(record) = written
        && record.kind == Kind::User
        && let Ok(organization) = core.products.lock().organization(org)
    {
        organization.forget(&record.id);
    }
    role::note(core, org)
}

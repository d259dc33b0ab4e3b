//! What a product does after a SCIM write took effect: what later roles depend on is noted, accounts and tokens
//! follow their users.

use super::context::Context;
use super::{account, role};
use crate::scim::ScimError;
use crate::store::{Kind, Record};

/// A write that took effect.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    /// A new resource, and the password that came with it.
    Created(&'a Record, Option<&'a str>),
    /// A resource before and after, and the password that was set; the links of neither need be complete. Other writers of
    /// the resource still wait.
    Changed(&'a Record, &'a Record, Option<&'a str>),
    /// A resource that is gone.
    Deleted(&'a Record),
}

/// Draws the consequences of a write.
///
/// # Errors
/// 500 if the store fails where a role must be remembered.
pub(super) fn written(context: &Context<'_>, written: Written<'_>) -> Result<(), ScimError> {
    let (core, org) = (context.server, context.tenant);
    match written {
        Written::Created(record, password) if record.kind == Kind::User => account::created(context, record, password),
        Written::Changed(old, new, password) if new.kind == Kind::User => account::changed(context, old, new, password),
        Written::Deleted(record) if record.kind == Kind::User => account::deleted(context, &record.id),
        _ => {}
    }
    role::note(core, org)
}

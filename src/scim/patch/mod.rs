//! PATCH (`RFC7644 §3.5.2`): parse a request, apply its operations in order, all or nothing.
//!
//! What the RFC leaves open, or what identity providers do differently, is a named switch of [`PatchOptions`].

mod options;
mod remove;
mod request;
mod select;
mod target;
#[cfg(test)]
mod tests;
mod write;

pub use options::PatchOptions;
pub use request::{OpKind, Operation, PatchRequest};

use super::filter::Filter;
use super::path::PatchPath;
use super::resource::{self, BodyOptions, normal::Rules};
use super::schema::{Attribute, Mutability, ResourceType};
use super::{Object, ScimError, ScimType};

/// How many values the operations of one request may look at together: many operations on many values take time that
/// no honest request needs.
const WORK: usize = 2_000_000;

/// The resource that the operations make of `resource`, which is a valid stored one; an equal object when they change
/// nothing. Uniqueness and references to other resources are for the caller to check.
///
/// # Errors
/// 400 with the keyword of `RFC7644 §3.12`: `mutability` for read-only targets, changes of immutable values and removal
/// of required ones; `noTarget` for unknown attributes and filters without match; `invalidFilter` and `invalidPath` for
/// paths that cannot be meant; `invalidValue` for values that do not fit. 413 for too many operations on too many values.
pub fn apply(
    resource: &Object,
    request: &PatchRequest,
    kind: &ResourceType,
    options: &PatchOptions,
) -> Result<Object, ScimError> {
    let mut patch = Patch { next: resource.clone(), kind, options, rules: Rules::incoming(BodyOptions::from(options)) };
    let mut work = 0_usize;
    for (index, operation) in request.operations.iter().enumerate() {
        work = work.saturating_add(patch.values_at(operation));
        if index > 0 && work > WORK {
            return Err(ScimError::new(413, format!("{} operations on so many values", request.operations.len())));
        }
        patch.operation(operation).map_err(|error| numbered(error, index))?;
    }
    let mut next = patch.next;
    resource::settle_schemas(&mut next, kind);
    resource::check(&next, kind)?;
    Ok(next)
}

/// A PATCH under way: the resource as the operations so far have made it.
struct Patch<'a> {
    next: Object,
    kind: &'a ResourceType,
    options: &'a PatchOptions,
    rules: Rules,
}

impl Patch<'_> {
    /// How many values the operation may have to look at, times the comparisons with each.
    fn values_at(&self, operation: &Operation) -> usize {
        let (named, times) = match &operation.path {
            Some(PatchPath::Attr(path)) => (Some(path.name.as_str()), 1),
            Some(PatchPath::Value { attr, filter, .. }) => (Some(attr.name.as_str()), terms(filter)),
            Some(PatchPath::Schema(_)) | None => (None, 1),
        };
        let arrays = self.next.iter().filter(|(name, _)| named.is_none_or(|named| named.eq_ignore_ascii_case(name)));
        arrays.filter_map(|(_, value)| value.as_array()).map(|values| values.len().saturating_mul(times)).sum()
    }

    /// What is named and no schema has.
    fn unknown(&self, detail: String) -> ScimError {
        ScimError::bad(
            if self.options.unknown_is_syntax { ScimType::InvalidSyntax } else { ScimType::NoTarget },
            detail,
        )
    }

    fn operation(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let null = serde_json::Value::Null;
        let value = operation.value.as_ref();
        match (operation.op, &operation.path) {
            (OpKind::Remove, Some(path)) => self.remove(path, value),
            (OpKind::Remove, None) => Err(no_target("remove needs a path")),
            (op, Some(path)) => self.write(op, path, value.unwrap_or(&null), Origin::Path),
            (op, None) => self.members(op, value.unwrap_or(&null)),
        }
    }
}

/// How many comparisons a filter has.
fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::Compare(..) | Filter::Present(_) => 1,
        Filter::And(parts) | Filter::Or(parts) => parts.iter().map(terms).sum(),
        Filter::Not(inner) => terms(inner),
        Filter::Value { filter, trailing, .. } => terms(filter) + trailing.as_deref().map_or(0, terms),
    }
}

/// Where an attribute was named: by the operation's path, or as a member of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Path,
    Member,
}

fn numbered(error: ScimError, index: usize) -> ScimError {
    resource::within(error, &format!("Operations[{index}]: "))
}

fn no_target(detail: impl Into<String>) -> ScimError {
    ScimError::bad(ScimType::NoTarget, detail)
}

fn mutability(attribute: &Attribute) -> ScimError {
    let why = match attribute.mutability {
        Mutability::ReadOnly => "read-only",
        Mutability::Immutable => "immutable",
        Mutability::ReadWrite | Mutability::WriteOnly => "required",
    };
    ScimError::bad(ScimType::Mutability, format!("{} is {why}", attribute.name))
}

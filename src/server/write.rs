//! Create, replace, modify, delete. A change is computed from what was read and written only if that still stands, else
//! computed again, so that changes side by side lose nothing.

use serde_json::Value;
use uuid::Uuid;

use super::after::{Written, written};
use super::answer::{Answer, missing, refused};
use super::context::{Context, resource_type};
use super::etag::Conditions;
use super::render::{self, Detail, whole_millis};
use super::stored::{Parts, strangers};
use super::{account, search, touch};
use crate::profile::PatchAnswer;
use crate::scim::patch::{self, PatchRequest};
use crate::scim::project::Projection;
use crate::scim::resource::{self, BodyOptions};
use crate::scim::{Object, ScimError, ScimType};
use crate::store::{Change, Draft, Kind, Links, Members, Record, StoreError};

/// How often a change is computed anew before the client is told to come back.
const ATTEMPTS: usize = 1000;

/// What shapes an answer and permits a write.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub projection: &'a Projection,
    pub conditions: Conditions<'a>,
}

/// `POST` to a collection (`RFC7644 §3.3`).
///
/// # Errors
/// As `scim::resource::create`; 409 `uniqueness`; 400 `invalidValue` for unknown members.
pub(super) fn create(context: &Context<'_>, kind: Kind, ask: &Ask<'_>, body: &Value) -> Result<Answer, ScimError> {
    let server = context.server;
    let resource = resource::create(as_object(body)?, resource_type(kind), &body_options(context))?;
    let parts = Parts::of(server, kind, resource)?;
    let password = parts.password.clone();
    let _held = account::hold(context, kind, None, &parts.body)?;
    let draft = Draft {
        id: Uuid::new_v4().to_string(),
        kind,
        body: parts.body(),
        keys: parts.keys,
        members: parts.members,
        strangers: strangers(server),
        now: whole_millis(server.now()),
    };
    let made = server.store.create(context.tenant, draft).map_err(refused)?;
    written(context, Written::Created(&made, password.as_deref()))?;
    let record = current(context, made, search::links(kind, ask.projection))?;
    answer(context, 201, &record, ask.projection)
}

/// `PUT` (`RFC7644 §3.5.1`).
///
/// # Errors
/// As `scim::resource::replace`; 404, 409, 412.
pub(super) fn replace(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    ask: &Ask<'_>,
    body: &Value,
) -> Result<Answer, ScimError> {
    let body = as_object(body)?;
    let options = body_options(context);
    let scope = Scope { members: None, detail: Detail::Written, shown: search::links(kind, ask.projection) };
    let record =
        change(context, kind, id, ask, &scope, |old| resource::replace(old, body, resource_type(kind), &options))?;
    answer(context, 200, &record, ask.projection)
}

/// `PATCH` (`RFC7644 §3.5.2`).
///
/// # Errors
/// As `scim::patch`; 404, 409, 412.
pub(super) fn modify(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    ask: &Ask<'_>,
    body: &Value,
) -> Result<Answer, ScimError> {
    let switches = &context.server.profile.switches;
    let request = PatchRequest::parse(body, &switches.patch)?;
    let form = match kind {
        Kind::User => switches.patch_answer,
        Kind::Group => switches.group_patch_answer,
    };
    let bare = form == PatchAnswer::NoContent && matches!(ask.projection, Projection::Default);
    let scope = Scope {
        members: touch::named_members(kind, &request, &switches.patch),
        detail: if touch::looks_at_display(&request) { Detail::Full } else { Detail::Written },
        shown: if bare { for_tag(kind) } else { search::links(kind, ask.projection) },
    };
    let record = change(context, kind, id, ask, &scope, |old| {
        patch::apply(old, &request, resource_type(kind), &switches.patch)
    })?;
    if bare {
        return Ok(Answer { etag: context.tag(&record), ..Answer::empty(204) });
    }
    answer(context, 200, &record, ask.projection)
}

/// `DELETE` (`RFC7644 §3.6`).
///
/// # Errors
/// 404, 412.
pub(super) fn delete(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    conditions: &Conditions<'_>,
) -> Result<Answer, ScimError> {
    let server = context.server;
    for _ in 0..ATTEMPTS {
        let record = server.store.get(context.tenant, kind, id, for_tag(kind)).map_err(refused)?.ok_or_else(missing)?;
        if let Some(tag) = context.tag(&record) {
            conditions.permit(&tag)?;
        }
        match server.store.delete(context.tenant, kind, id, Some(record.version), whole_millis(server.now())) {
            Ok(()) => {
                written(context, Written::Deleted(&record))?;
                return Ok(Answer::empty(204));
            }
            Err(StoreError::Stale) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Err(refused(StoreError::Stale))
}

/// How much of a resource a change must see, and its answer must show.
struct Scope {
    /// Only these members, because the request names every member that it touches; `None` is all of them.
    members: Option<Vec<String>>,
    /// How much the member elements must show.
    detail: Detail,
    /// The links of the answer.
    shown: Links<'static>,
}

/// Reads, computes, writes on the same version; the record as it stands afterwards. What changes nothing is not written.
fn change(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    ask: &Ask<'_>,
    scope: &Scope,
    make: impl Fn(&Object) -> Result<Object, ScimError>,
) -> Result<Record, ScimError> {
    let server = context.server;
    let _turn = server.turn(context.tenant, id);
    let links = scope.members.as_deref().map_or(Links::All, Links::Among);
    for _ in 0..ATTEMPTS {
        let old = server.store.get(context.tenant, kind, id, links).map_err(refused)?.ok_or_else(missing)?;
        if let Some(tag) = context.tag(&old) {
            ask.conditions.permit(&tag)?;
        }
        let parts = Parts::of(server, kind, make(&render::object(context, &old, scope.detail)?)?)?;
        if parts.password.is_some() && !context.capabilities().change_password {
            return Err(ScimError::bad(ScimType::Mutability, "password: this server does not change passwords"));
        }
        let _held = account::hold(context, kind, Some(&old), &parts.body)?;
        let members = parts.joining(&old);
        let same = members == Members::KEEP && parts.body == *old.body.object().map_err(refused)?;
        if same && parts.password.is_none() {
            return current(context, old, scope.shown);
        }
        let replaced = server.store.replace(
            context.tenant,
            Change {
                id: id.to_owned(),
                kind,
                expected: old.version,
                body: parts.body(),
                keys: parts.keys,
                members,
                strangers: strangers(server),
                now: whole_millis(server.now()).max(old.modified),
            },
        );
        match replaced {
            Ok(record) => {
                written(context, Written::Changed(&old, &record, parts.password.as_deref()))?;
                return current(context, record, scope.shown);
            }
            Err(StoreError::Stale) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Err(refused(StoreError::Stale))
}

/// The record with the links that the answer needs; if somebody deleted it in between, as it was written.
fn current(context: &Context<'_>, record: Record, links: Links<'_>) -> Result<Record, ScimError> {
    let read = context.server.store.get(context.tenant, record.kind, &record.id, links).map_err(refused)?;
    Ok(read.unwrap_or(record))
}

/// The answer that shows a record.
///
/// # Errors
/// As `render::text`.
pub(super) fn answer(
    context: &Context<'_>,
    status: u16,
    record: &Record,
    projection: &Projection,
) -> Result<Answer, ScimError> {
    Ok(Answer {
        location: Some(context.location(record.kind, &record.id)),
        etag: context.tag(record),
        ..Answer::text(status, render::text(context, record, projection)?)
    })
}

/// The links that a record's tag needs.
const fn for_tag(kind: Kind) -> Links<'static> {
    match kind {
        Kind::User => Links::All,
        Kind::Group => Links::Skip,
    }
}

/// The body, which must be an object.
///
/// # Errors
/// 400 `invalidSyntax`.
pub(super) fn as_object(body: &Value) -> Result<&Object, ScimError> {
    body.as_object().ok_or_else(|| ScimError::bad(ScimType::InvalidSyntax, "the body is no JSON object"))
}

fn body_options(context: &Context<'_>) -> BodyOptions {
    // I-88 is about the values of PATCH operations.
    BodyOptions { wrap_single: false, ..BodyOptions::from(&context.server.profile.switches.patch) }
}

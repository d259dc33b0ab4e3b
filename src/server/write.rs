//! Create, replace, modify, delete. A change is computed from what was read and written only if that still stands, else
//! computed again, so that changes side by side lose nothing.

use serde_json::Value;
use time::OffsetDateTime;

use super::account::Held;
use super::after::{Written, written};
use super::answer::{Answer, missing, refused};
use super::context::{Context, resource_type};
use super::etag::Conditions;
use super::render::{self, Detail, Face, View, whole_millis};
use super::stored::{Parts, strangers};
use super::{account, search, told, touch, users};
use crate::profile::{DeactivatedNames, Deletion, PatchAnswer, PutWithoutActive};
use crate::scim::patch::{self, PatchRequest};
use crate::scim::project::Projection;
use crate::scim::resource::{self, BodyOptions};
use crate::scim::{Object, ScimError, ScimType};
use crate::store::{Body, Change, Draft, From as Start, Kind, Links, Members, Record, Select, StoreError};

/// How often a change is computed anew before the client is told to come back.
const ATTEMPTS: usize = 1000;

/// What shapes an answer and permits a write.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub projection: &'a Projection,
    pub conditions: Conditions<'a>,
}

/// A create that is ready for the store, and what must be remembered until that has taken it.
pub(super) struct Creation {
    kind: Kind,
    name: String,
    password: Option<String>,
    held: Option<Held>,
}

/// `POST` to a collection (`RFC7644 §3.3`).
///
/// # Errors
/// As `scim::resource::create` and `users::fit`; 409 `uniqueness`; 400 `invalidValue` for unknown members.
pub(super) fn create(context: &Context<'_>, kind: Kind, ask: &Ask<'_>, body: &Value) -> Result<Answer, ScimError> {
    let (draft, creation) = prepare(context, kind, body)?;
    let made = context.server.store.create(context.tenant, draft);
    conclude(context, creation, ask, body, made)
}

/// The first half of [`create`], which waits for nothing.
///
/// # Errors
/// As `scim::resource::create` and `users::fit`.
pub(super) fn prepare(context: &Context<'_>, kind: Kind, body: &Value) -> Result<(Draft, Creation), ScimError> {
    let server = context.server;
    let resource = resource::create(as_object(body)?, resource_type(kind), &body_options(context))?;
    let parts = Parts::of(server, kind, resource, None)?;
    let held = account::hold(context, kind, None, &parts.body)?;
    let now = whole_millis(server.now());
    let creation = Creation { kind, name: parts.keys.name.clone(), password: parts.password.clone(), held };
    let draft = Draft {
        id: new_id(now),
        kind,
        body: Body::new(parts.body),
        keys: parts.keys,
        members: parts.members,
        strangers: strangers(server),
        now,
    };
    Ok((draft, creation))
}

/// An id that begins with the time (`RFC9562 §5.7`): what is created together stands together in a store's index.
fn new_id(now: OffsetDateTime) -> String {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid().to_string()
}

/// The second half of [`create`]: what the store made of it, and the answer.
///
/// # Errors
/// 409 `uniqueness`; 400 `invalidValue` for unknown members.
pub(super) fn conclude(
    context: &Context<'_>,
    creation: Creation,
    ask: &Ask<'_>,
    body: &Value,
    made: Result<Record, StoreError>,
) -> Result<Answer, ScimError> {
    let (kind, body) = (creation.kind, as_object(body)?);
    let made = match made {
        Err(StoreError::Taken) if kind == Kind::User => {
            drop(creation.held);
            return revive(context, creation.name, ask, body);
        }
        made => made.map_err(refused)?,
    };
    written(context, Written::Created(&made, creation.password.as_deref()))?;
    // A new user is in no group yet: its id was nobody's before.
    let record = match kind {
        Kind::Group => current(context, made, search::links(kind, ask.projection))?,
        Kind::User | Kind::Device => made,
    };
    let shown = told::projection(ask.projection, resource_type(kind), |path| told::in_body(body, path));
    answer(context, 201, &record, &shown)
}

/// A create under the name of a deactivated user, where that activates the same user again (PROP-UNIQ-10): it becomes what
/// the body says, as by PUT, and answers 200, for nothing was created.
///
/// # Errors
/// 409 `uniqueness` for an active user, or where the profile says so; as [`replace`].
fn revive(context: &Context<'_>, name: String, ask: &Ask<'_>, body: &Object) -> Result<Answer, ScimError> {
    let server = context.server;
    if server.profile.users.deactivated_names == DeactivatedNames::Taken {
        return Err(refused(StoreError::Taken));
    }
    let select = Select::Name(name);
    let holder = server.store.list(context.tenant, Kind::User, &select, Start::After(0), 1, Links::Skip);
    let holder = holder.map_err(refused)?.pop().ok_or_else(|| refused(StoreError::Taken))?;
    let options = body_options(context);
    let scope = Scope { members: None, detail: Detail::Written, shown: search::links(Kind::User, ask.projection) };
    let record = change(context, Kind::User, &holder.id, ask, &scope, |old| {
        if old.get("active") != Some(&Value::Bool(false)) {
            return Err(refused(StoreError::Taken));
        }
        let mut new = resource::replace(old, body, resource_type(Kind::User), &options)?;
        new.entry("active").or_insert(Value::Bool(true));
        Ok(new)
    })?;
    answer(context, 200, &record, ask.projection)
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
    let record = change(context, kind, id, ask, &scope, |old| {
        let mut new = resource::replace(old, body, resource_type(kind), &options)?;
        if kind == Kind::User && !new.contains_key("active") {
            settle_active(context.server.profile.users.put_without_active, old, &mut new)?;
        }
        Ok(new)
    })?;
    let shown = told::projection(ask.projection, resource_type(kind), |path| told::in_body(body, path));
    answer(context, 200, &record, &shown)
}

/// What a PUT that does not mention `active` makes of it (PROP-LIFE-05).
fn settle_active(choice: PutWithoutActive, old: &Object, new: &mut Object) -> Result<(), ScimError> {
    let active = match choice {
        PutWithoutActive::Unchanged => old.get("active").cloned(),
        PutWithoutActive::Activates => Some(Value::Bool(true)),
        PutWithoutActive::Refused => return Err(ScimError::bad(ScimType::InvalidValue, "active: required")),
    };
    new.extend(active.map(|active| ("active".to_owned(), active)));
    Ok(())
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
        Kind::User | Kind::Device => switches.patch_answer,
        Kind::Group => switches.group_patch_answer,
    };
    let bare = form == PatchAnswer::NoContent && matches!(ask.projection, Projection::Default);
    let scope = Scope {
        members: touch::named_members(kind, &request, &switches.patch),
        detail: if touch::looks_at_display(&request) { Detail::Full } else { Detail::Written },
        shown: if bare { for_tag(kind) } else { search::links(kind, ask.projection) },
    };
    let lighter = match kind {
        Kind::User => users::without_dropped(&context.server.profile.users, &request),
        Kind::Group | Kind::Device => None,
    };
    let record = change(context, kind, id, ask, &scope, |old| {
        let made = patch::apply(old, &request, resource_type(kind), &switches.patch);
        match (made, &lighter) {
            (Err(error), Some(lighter)) if error.scim_type == Some(ScimType::NoTarget) => {
                patch::apply(old, lighter, resource_type(kind), &switches.patch)
            }
            (made, _) => made,
        }
    })?;
    if bare {
        return Ok(Answer { etag: context.tag(&record), ..Answer::empty(204) });
    }
    let shown = told::projection(ask.projection, resource_type(kind), |path| {
        told::in_patch(&request, resource_type(kind), path)
    });
    answer(context, 200, &record, &shown)
}

/// `DELETE` (`RFC7644 §3.6`).
///
/// # Errors
/// 404, 412; 501 where users are only deactivated (CATALOG-008).
pub(super) fn delete(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    conditions: &Conditions<'_>,
) -> Result<Answer, ScimError> {
    let server = context.server;
    match server.profile.users.deletion {
        Deletion::Soft if kind == Kind::User => {
            let ask = Ask { projection: &Projection::Default, conditions: *conditions };
            let scope = Scope { members: None, detail: Detail::Written, shown: Links::Skip };
            return change(context, kind, id, &ask, &scope, |old| {
                let mut new = old.clone();
                new.insert("active".into(), Value::Bool(false));
                Ok(new)
            })
            .map(|_| Answer::empty(204));
        }
        Deletion::None if kind == Kind::User => {
            return Err(ScimError::new(501, "this server does not delete users, it deactivates them"));
        }
        _ => {}
    }
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
        let before = render::object(context, &old, scope.detail)?;
        let parts = Parts::of(server, kind, make(&before)?, Some(&before))?;
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
    answer_with(context, status, record, &View::new(projection.clone()), Face::of(context, record))
}

/// As [`answer`], of a record whose face is known.
///
/// # Errors
/// As `render::text`.
pub(super) fn answer_with(
    context: &Context<'_>,
    status: u16,
    record: &Record,
    view: &View,
    face: Face,
) -> Result<Answer, ScimError> {
    let text = render::text_with(context, record, view, &face)?;
    Ok(Answer { location: Some(face.location), etag: face.tag, ..Answer::text(status, text) })
}

/// The links that a record's tag needs.
const fn for_tag(kind: Kind) -> Links<'static> {
    match kind {
        Kind::User => Links::All,
        Kind::Group | Kind::Device => Links::Skip,
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

//! Queries (`RFC7644 §3.4.2`, `§3.4.3`): over one type, all, or one resource; filter, sort, page, project. Matches are
//! read in batches, and without sorting only those of the page are kept.

use std::cmp::Ordering;

use serde_json::json;

use super::answer::{Answer, missing, refused};
use super::context::{Context, links_name, resource_type};
use super::cursor::{self, Mark};
use super::filter::{any, defined, names, plan, valid};
use super::render::{self, Detail};
use crate::profile::Listing;
use crate::scim::filter::{self, Filter, matches, qualify};
use crate::scim::list::SearchRequest;
use crate::scim::path::AttrPath;
use crate::scim::project::Projection;
use crate::scim::{Object, ScimError, ScimType, sort, urn};
use crate::store::{From as Start, Kind, Links, Record, Select};

/// Records of one read while scanning.
const BATCH: usize = 500;

/// A search as this server performs it.
#[derive(Clone)]
pub(super) struct Query {
    pub filter: Option<Filter>,
    pub sort: Option<(AttrPath, bool)>,
    /// Matches before the page.
    pub skip: usize,
    /// Largest page.
    pub take: usize,
    /// Whether the client said how large.
    pub counted: bool,
    /// The place where the page begins, empty for the first; `None` is a page by index.
    pub cursor: Option<String>,
    pub projection: Projection,
}

impl Query {
    /// Fits a request to what the server can do.
    ///
    /// # Errors
    /// 501 for a filter where filters are not supported (I-62); 400 for a cursor together with `startIndex` (I-100).
    pub fn new(context: &Context<'_>, request: SearchRequest) -> Result<Self, ScimError> {
        if request.filter.is_some() && !context.capabilities().filter {
            return Err(no_filters());
        }
        let cursor = request.cursor.filter(|_| context.capabilities().cursor);
        if cursor.is_some() && request.indexed {
            let detail = "cursor and startIndex exclude each other";
            return Err(ScimError::bad(ScimType::InvalidCursor, detail));
        }
        let bare = context.server.profile.switches.bare_filter_names;
        // No name in one type's extension is in another type, so that a query over several needs no second form.
        let all = |filter| Kind::ALL.into_iter().fold(filter, |filter, kind| qualify(filter, resource_type(kind)));
        let qualified = |filter| if bare { all(filter) } else { filter };
        let limits = &context.server.profile.limits;
        let sort = request.sort_by.filter(|_| context.capabilities().sort).map(|path| (path, request.descending));
        Ok(Self {
            filter: request.filter.map(qualified),
            sort,
            skip: request.start_index.saturating_sub(1),
            counted: request.count.is_some(),
            cursor,
            take: request.count.unwrap_or(limits.page_default).min(limits.page_max),
            projection: request.projection,
        })
    }

    /// How much of the memberships answer, filter and sorting need.
    fn links(&self, kind: Kind) -> Links<'static> {
        let name = links_name(kind);
        let mut wanted = |path: &AttrPath| names(path, name) || derived(kind, path);
        let asked = self.filter.as_ref().is_some_and(|filter| any(filter, &mut wanted))
            || self.sort.as_ref().is_some_and(|(path, _)| wanted(path));
        if asked { Links::All } else { shown(kind, &self.projection) }
    }
}

/// A search over some kinds.
///
/// # Errors
/// 400 `invalidFilter` for a filter that fits none of the kinds.
pub(super) fn list(context: &Context<'_>, kinds: &[Kind], query: &Query) -> Result<Answer, ScimError> {
    if let Some(filter) = &query.filter {
        valid(filter, kinds)?;
        if context.server.profile.switches.refuse_unknown_filters {
            defined(filter, kinds)?;
        }
    }
    // Where import is not supported, only a look-up finds users (CATALYTIC-020); the list itself stays well-formed.
    let hidden = query.filter.is_none() && context.server.profile.users.listing == Listing::Empty;
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::User || !hidden).collect();
    let kinds = kinds.as_slice();
    if let Some(name) = &query.cursor {
        return by_cursor(context, kinds, query, name);
    }
    let (total, page) = match &query.sort {
        Some((path, descending)) => sorted(context, kinds, query, path, *descending)?,
        None => in_order(context, kinds, query)?,
    };
    let items = page.iter().map(|record| render::text(context, record, &query.projection));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let head = format!(
        "{{\"schemas\":{},\"totalResults\":{total},\"startIndex\":{},\"itemsPerPage\":{},\"Resources\":[",
        json!([urn::LIST_RESPONSE]),
        query.skip.saturating_add(1),
        items.len()
    );
    Ok(Answer::text(200, head + &items.join(",") + "]}"))
}

/// A page that begins where another ended (`RFC9865 §2`).
fn by_cursor(context: &Context<'_>, kinds: &[Kind], query: &Query, name: &str) -> Result<Answer, ScimError> {
    let server = context.server;
    let request = cursor::Request { tenant: context.tenant, subject: context.subject, kinds, query, now: server.now() };
    let (mark, take) = match name {
        "" => (None, query.take),
        name => server.cursors.find(name, request, query.counted).map(|(mark, take)| (Some(mark), take))?,
    };
    let path = query.sort.as_ref().map(|(path, _)| path);
    let place = |record: &Record, resource: &Object| Mark {
        kind: record.kind,
        sequence: record.sequence,
        sorted_by: path.map(|path| part(resource, path)).unwrap_or_default(),
    };
    let mut all: Vec<(Mark, Record)> = Vec::new();
    for &kind in kinds {
        let (select, _) = query.filter.as_ref().map_or((Select::All, true), |filter| plan(filter, kind));
        each(context, kind, query, &select, |record, resource| all.push((place(&record, &resource), record)))?;
    }
    let ruling = path.and_then(|path| {
        Some((path, kinds.iter().map(|kind| resource_type(*kind)).find(|kind| kind.resolve(path).is_some())?))
    });
    let descending = query.sort.as_ref().is_some_and(|(_, descending)| *descending);
    let position = |kind: Kind| kinds.iter().position(|own| *own == kind);
    // Equals stay in the store's order, which also decides between what is shown and what is still to come.
    let order = |one: &Mark, other: &Mark| {
        let by_value = ruling.map_or(Ordering::Equal, |(path, ruling)| {
            let order = sort::compare(&one.sorted_by, &other.sorted_by, path, ruling);
            if descending { order.reverse() } else { order }
        });
        by_value.then_with(|| (position(one.kind), one.sequence).cmp(&(position(other.kind), other.sequence)))
    };
    all.sort_by(|(one, _), (other, _)| order(one, other));
    let total = all.len();
    let mut rest =
        all.into_iter().filter(|(own, _)| mark.as_ref().is_none_or(|mark| order(own, mark) == Ordering::Greater));
    let page: Vec<(Mark, Record)> = rest.by_ref().take(take).collect();
    let next = match page.last() {
        Some((last, _)) if rest.next().is_some() => {
            let query = &Query { take, ..query.clone() };
            let request = cursor::Request { query, ..request };
            Some(server.cursors.keep(request, last.clone(), server.profile.limits.cursor_seconds))
        }
        _ => None,
    };
    let items = page.iter().map(|(_, record)| render::text(context, record, &query.projection));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let next = next.map_or_else(String::new, |next| format!("\"nextCursor\":{},", json!(next)));
    let head = format!(
        "{{\"schemas\":{},\"totalResults\":{total},\"itemsPerPage\":{},{next}\"Resources\":[",
        json!([urn::LIST_RESPONSE]),
        items.len()
    );
    Ok(Answer::text(200, head + &items.join(",") + "]}"))
}

/// The attribute that a path names, in its place.
fn part(resource: &Object, path: &AttrPath) -> Object {
    let whole = AttrPath { sub: None, ..path.clone() }.to_string();
    let named = |name: &str| {
        name.eq_ignore_ascii_case(&path.name)
            || name.eq_ignore_ascii_case(&whole)
            || path.urn.as_ref().is_some_and(|urn| urn.eq_ignore_ascii_case(name))
    };
    resource.iter().filter(|(name, _)| named(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A query on one resource (`RFC7644 §3.4.2.1`): a list of it or of nothing.
///
/// # Errors
/// 404; 400 `invalidFilter`.
pub(super) fn one(
    context: &Context<'_>,
    kind: Kind,
    id: &str,
    text: &str,
    projection: &Projection,
) -> Result<Answer, ScimError> {
    if !context.capabilities().filter {
        return Err(no_filters());
    }
    if context.server.store.get(context.tenant, kind, id, Links::Skip).map_err(refused)?.is_none() {
        return Err(missing());
    }
    let own = filter::parse(text).map_err(|error| ScimError::bad(ScimType::InvalidFilter, error.to_string()))?;
    let this = Filter::Compare(AttrPath::name("id"), filter::Op::Eq, filter::Literal::String(id.to_owned()));
    valid(&own, &[kind])?;
    let query = Query {
        filter: Some(Filter::And(vec![this, own])),
        sort: None,
        skip: 0,
        take: 1,
        counted: false,
        cursor: None,
        projection: projection.clone(),
    };
    list(context, &[kind], &query)
}

/// The projection that a request's query asks for, on any method (`RFC7644 §3.9`).
///
/// # Errors
/// 400 `invalidValue` for `attributes` together with `excludedAttributes`.
pub(super) fn projection(parameters: &[(String, String)]) -> Result<Projection, ScimError> {
    let only = ["attributes", "excludedattributes"];
    let pairs = parameters.iter().filter(|(name, _)| only.contains(&name.to_ascii_lowercase().as_str()));
    Ok(SearchRequest::from_query(pairs.map(|(name, value)| (name.as_str(), value.as_str())))?.projection)
}

/// The links that a projected resource shows, its entity tag included.
pub(super) fn links(kind: Kind, projection: &Projection) -> Links<'static> {
    match kind {
        Kind::User => Links::All,
        Kind::Group | Kind::Device => shown(kind, projection),
    }
}

fn shown(kind: Kind, projection: &Projection) -> Links<'static> {
    let hidden = match projection {
        Projection::Default | Projection::Plus(_) => false,
        Projection::Only(paths) => !paths.iter().any(|path| names(path, links_name(kind)) || derived(kind, path)),
        Projection::Without(paths) => {
            let gone = |name: &str| paths.iter().any(|path| path.sub.is_none() && names(path, name));
            gone(links_name(kind)) && (kind == Kind::Group || DERIVED.into_iter().all(gone))
        }
    };
    if hidden { Links::Skip } else { Links::All }
}

/// What of a user depends on its groups: the entity tag, and the role where teams give it.
const DERIVED: [&str; 2] = ["meta", "roles"];

fn derived(kind: Kind, path: &AttrPath) -> bool {
    kind == Kind::User && DERIVED.iter().any(|name| names(path, name))
}

/// In the store's own order: how many match, and the page.
fn in_order(context: &Context<'_>, kinds: &[Kind], query: &Query) -> Result<(usize, Vec<Record>), ScimError> {
    let store = &context.server.store;
    let (mut total, mut page) = (0, Vec::new());
    for &kind in kinds {
        let (select, exact) = query.filter.as_ref().map_or((Select::All, true), |filter| plan(filter, kind));
        if exact {
            // The store counts and pages by itself.
            let skip = query.skip.saturating_sub(total);
            let room = query.take.saturating_sub(page.len());
            if room > 0 {
                let found = store.list(context.tenant, kind, &select, Start::Offset(skip), room, query.links(kind));
                page.extend(found.map_err(refused)?);
            }
            total += store.count(context.tenant, kind, &select).map_err(refused)?;
        } else {
            each(context, kind, query, &select, |record, _| {
                if total >= query.skip && page.len() < query.take {
                    page.push(record);
                }
                total += 1;
            })?;
        }
    }
    Ok((total, page))
}

/// In the order of an attribute; equals stay in the store's order.
fn sorted(
    context: &Context<'_>,
    kinds: &[Kind],
    query: &Query,
    path: &AttrPath,
    descending: bool,
) -> Result<(usize, Vec<Record>), ScimError> {
    let mut all: Vec<(Object, Record)> = Vec::new();
    for &kind in kinds {
        let (select, _) = query.filter.as_ref().map_or((Select::All, true), |filter| plan(filter, kind));
        each(context, kind, query, &select, |record, resource| all.push((resource, record)))?;
    }
    // An attribute that only one of the kinds has is compared by that kind's rules.
    let ruling = kinds.iter().map(|kind| resource_type(*kind)).find(|kind| kind.resolve(path).is_some());
    if let Some(ruling) = ruling {
        all.sort_by(|(one, _), (other, _)| {
            let order = sort::compare(one, other, path, ruling);
            if descending { order.reverse() } else { order }
        });
    }
    let total = all.len();
    Ok((total, all.into_iter().skip(query.skip).take(query.take).map(|(_, record)| record).collect()))
}

/// Visits every match of one kind with its object.
fn each(
    context: &Context<'_>,
    kind: Kind,
    query: &Query,
    select: &Select,
    mut visit: impl FnMut(Record, Object),
) -> Result<(), ScimError> {
    let mut after = 0;
    loop {
        let start = Start::After(after);
        let found = context.server.store.list(context.tenant, kind, select, start, BATCH, query.links(kind));
        let batch = found.map_err(refused)?;
        let last = batch.len() < BATCH;
        for record in batch {
            after = record.sequence;
            let resource = render::object(context, &record, Detail::Full)?;
            if query.filter.as_ref().is_none_or(|filter| matches(filter, &resource, resource_type(kind))) {
                visit(record, resource);
            }
        }
        if last {
            return Ok(());
        }
    }
}

fn no_filters() -> ScimError {
    ScimError::new(501, "this server does not support filters")
}

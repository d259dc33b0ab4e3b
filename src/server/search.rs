//! Queries (`RFC7644 §3.4.2`, `§3.4.3`): over one type, both, or one resource; filter, sort, page, project. Matches are
//! read in batches, and without sorting only those of the page are kept.

use serde_json::json;

use super::answer::{Answer, missing, refused};
use super::context::{Context, resource_type};
use super::filter::{any, names, plan, valid};
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
pub(super) struct Query {
    pub filter: Option<Filter>,
    pub sort: Option<(AttrPath, bool)>,
    /// Matches before the page.
    pub skip: usize,
    /// Largest page.
    pub take: usize,
    pub projection: Projection,
}

impl Query {
    /// Fits a request to what the server can do.
    ///
    /// # Errors
    /// 501 for a filter where filters are not supported (I-62).
    pub fn new(context: &Context<'_>, request: SearchRequest) -> Result<Self, ScimError> {
        if request.filter.is_some() && !context.capabilities().filter {
            return Err(no_filters());
        }
        let bare = context.server.profile.switches.bare_filter_names;
        // Only users have an extension, so that a query over both types needs no second form.
        let qualified = |filter| if bare { qualify(filter, resource_type(Kind::User)) } else { filter };
        let limits = &context.server.profile.limits;
        let sort = request.sort_by.filter(|_| context.capabilities().sort).map(|path| (path, request.descending));
        Ok(Self {
            filter: request.filter.map(qualified),
            sort,
            skip: request.start_index.saturating_sub(1),
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
    }
    // Where import is not supported, only a look-up finds users (CATALYTIC-020); the list itself stays well-formed.
    let hidden = query.filter.is_none() && context.server.profile.users.listing == Listing::Empty;
    let kinds: Vec<Kind> = kinds.iter().copied().filter(|kind| *kind != Kind::User || !hidden).collect();
    let kinds = kinds.as_slice();
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
        Kind::Group => shown(kind, projection),
    }
}

fn shown(kind: Kind, projection: &Projection) -> Links<'static> {
    let hidden = match projection {
        Projection::Default => false,
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

const fn links_name(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "groups",
        Kind::Group => "members",
    }
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

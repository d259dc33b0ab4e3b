//! Queries (`RFC7644 §3.4.2`, `§3.4.3`): over one type, all, or one resource; what is asked for, and the answer. How the
//! matches are found is the business of `scan`.

mod scan;

use serde_json::json;

use super::answer::{Answer, missing, refused};
use super::context::{Context, links_name, resource_type};
use super::cursor;
use super::filter::{any, defined, names, valid};
use super::render::{self, View};
use crate::profile::Listing;
use crate::scim::filter::{self, Filter, qualify};
use crate::scim::list::SearchRequest;
use crate::scim::path::AttrPath;
use crate::scim::project::Projection;
use crate::scim::{ScimError, ScimType, urn};
use crate::store::{Kind, Links};

/// The header in which a server that explains itself says how it found the resources.
const PLAN_HEADER: &str = "Scimproof-Plan";

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

    /// How much of the memberships filter and sorting need.
    pub fn links(&self, kind: Kind) -> Links<'static> {
        let name = links_name(kind);
        let asked = self.names(&mut |path| names(path, name) || derived(kind, path));
        if asked { Links::All } else { Links::Skip }
    }

    /// How much of the memberships the answer shows, beside what filter and sorting need.
    pub fn shown(&self, kind: Kind) -> Links<'static> {
        match self.links(kind) {
            Links::Skip => shown(kind, &self.projection),
            needed => needed,
        }
    }

    /// Whether a path of the filter, or the one that is sorted by, meets a test.
    pub fn names(&self, test: &mut dyn FnMut(&AttrPath) -> bool) -> bool {
        self.filter.as_ref().is_some_and(|filter| any(filter, test))
            || self.sort.as_ref().is_some_and(|(path, _)| test(path))
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
    let (total, page) = scan::by_index(context, kinds, query)?;
    let view = View::new(query.projection.clone());
    let items = page.iter().map(|record| render::text(context, record, &view));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let head = format!(
        "{{\"schemas\":{},\"totalResults\":{total},\"startIndex\":{},\"itemsPerPage\":{},\"Resources\":[",
        json!([urn::LIST_RESPONSE]),
        query.skip.saturating_add(1),
        items.len()
    );
    Ok(explained(context, kinds, query, Answer::text(200, head + &items.join(",") + "]}")))
}

/// A page that begins where another ended (`RFC9865 §2`).
fn by_cursor(context: &Context<'_>, kinds: &[Kind], query: &Query, name: &str) -> Result<Answer, ScimError> {
    let server = context.server;
    let request = cursor::Request { tenant: context.tenant, subject: context.subject, kinds, query, now: server.now() };
    let (mark, take) = match name {
        "" => (None, query.take),
        name => server.cursors.find(name, request, query.counted).map(|(mark, take)| (Some(mark), take))?,
    };
    let (total, mut page) = scan::after(context, kinds, query, mark.as_ref(), take.saturating_add(1))?;
    let more = page.len() > take;
    page.truncate(take);
    let next = page.last().filter(|_| more).map(|(last, _)| {
        let query = &Query { take, ..query.clone() };
        let request = cursor::Request { query, ..request };
        server.cursors.keep(request, last.clone(), server.profile.limits.cursor_seconds)
    });
    let view = View::new(query.projection.clone());
    let items = page.iter().map(|(_, record)| render::text(context, record, &view));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let next = next.map_or_else(String::new, |next| format!("\"nextCursor\":{},", json!(next)));
    let head = format!(
        "{{\"schemas\":{},\"totalResults\":{total},\"itemsPerPage\":{},{next}\"Resources\":[",
        json!([urn::LIST_RESPONSE]),
        items.len()
    );
    Ok(explained(context, kinds, query, Answer::text(200, head + &items.join(",") + "]}")))
}

/// The answer with the way on which it was found, where the server is to say so.
fn explained(context: &Context<'_>, kinds: &[Kind], query: &Query, answer: Answer) -> Answer {
    if context.server.explain { answer.with(PLAN_HEADER, scan::words(kinds, query)) } else { answer }
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
    if parameters.is_empty() {
        return Ok(Projection::Default);
    }
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

fn no_filters() -> ScimError {
    ScimError::new(501, "this server does not support filters")
}

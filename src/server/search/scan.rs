//! How the matches of a query are found: by the store's indices and orders where these are enough, else by reading all of
//! a kind in batches. Whatever is asked, no more is kept than the page and, for a page by index of a sorted list, the
//! sort keys of what comes before it.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::answer::refused;
use super::super::context::{Context, resource_type};
use super::super::cursor::Mark;
use super::super::filter::{Plan, names, plan};
use super::super::render::{self, Detail};
use super::Query;
use crate::scim::filter::matches;
use crate::scim::path::AttrPath;
use crate::scim::schema::ResourceType;
use crate::scim::{Object, ScimError, sort};
use crate::store::{From as Start, Kind, Links, Order, Record};

/// Records of one read while scanning.
const BATCH: usize = 500;
/// Groups of one read that come with their members.
const LARGE_BATCH: usize = 20;
/// What is not part of the stored attributes, in lower case.
const COMPUTED: [&str; 6] = ["id", "meta", "groups", "members", "roles", "devicenumber"];

/// How many match, and the page by index.
pub(super) fn by_index(
    context: &Context<'_>,
    kinds: &[Kind],
    query: &Query,
) -> Result<(usize, Vec<Record>), ScimError> {
    if let Some((kind, order)) = name_order(kinds, query) {
        let store = &context.server.store;
        let page = store.by_name(context.tenant, kind, (order, query.skip, query.take), query.shown(kind));
        let total = store.count(context.tenant, kind, &plan(query.filter.as_ref(), kind).select);
        return Ok((total.map_err(refused)?, page.map_err(refused)?));
    }
    match Sorting::of(kinds, query) {
        None => in_order(context, kinds, query),
        Some(sorting) => {
            let (total, best) = sorted(context, kinds, query, &sorting, None, query.skip.saturating_add(query.take))?;
            let page = read(context, query, best.into_iter().skip(query.skip))?;
            Ok((total, page.into_iter().map(|(_, record)| record).collect()))
        }
    }
}

/// How many match, and the first `room` of those that come after a place.
pub(super) fn after(
    context: &Context<'_>,
    kinds: &[Kind],
    query: &Query,
    mark: Option<&Mark>,
    room: usize,
) -> Result<(usize, Vec<(Mark, Record)>), ScimError> {
    if let Some(sorting) = Sorting::of(kinds, query) {
        let (total, best) = sorted(context, kinds, query, &sorting, mark, room)?;
        return Ok((total, read(context, query, best.into_iter())?));
    }
    let store = &context.server.store;
    let position = |kind: Kind| kinds.iter().position(|own| *own == kind);
    let (mut total, mut page) = (0, Vec::new());
    for &kind in kinds {
        let from = match mark.map(|mark| (position(kind).cmp(&position(mark.kind)), mark.sequence)) {
            None | Some((Ordering::Greater, _)) => Some(0),
            Some((Ordering::Equal, sequence)) => Some(sequence),
            Some((Ordering::Less, _)) => None,
        };
        let Plan { select, exact, .. } = plan(query.filter.as_ref(), kind);
        if exact {
            if let Some(from) = from.filter(|_| page.len() < room) {
                let left = room.saturating_sub(page.len());
                let found = store.list(context.tenant, kind, &select, Start::After(from), left, query.shown(kind));
                page.extend(found.map_err(refused)?);
            }
            total += store.count(context.tenant, kind, &select).map_err(refused)?;
        } else {
            let begin = page.len();
            each(context, kind, query, |record, _| {
                if page.len() < room && from.is_some_and(|from| record.sequence > from) {
                    page.push(record);
                }
                total += 1;
            })?;
            complete(context, query, page.get_mut(begin..).unwrap_or_default())?;
        }
    }
    let placed =
        |record: Record| (Mark { kind: record.kind, sequence: record.sequence, sorted_by: Object::new() }, record);
    Ok((total, page.into_iter().map(placed).collect()))
}

/// In words how the matches are found, kind by kind: `User: index userName`.
pub(super) fn words(kinds: &[Kind], query: &Query) -> String {
    let sorts = Sorting::of(kinds, query).is_some();
    let named = if query.cursor.is_none() { name_order(kinds, query) } else { None };
    let one = |kind: &Kind| {
        let Plan { exact, index, .. } = plan(query.filter.as_ref(), *kind);
        let mut words = match (index, named.is_some()) {
            (Some(index), _) => format!("{}: index {index}", kind.name()),
            (None, true) => format!("{}: order of userName", kind.name()),
            (None, false) if exact && !sorts => format!("{}: order of the store", kind.name()),
            (None, false) => format!("{}: scan", kind.name()),
        };
        if !exact {
            words.push_str(", filter");
        }
        if sorts && named.is_none() {
            words.push_str(", sort");
        }
        words
    };
    kinds.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Whether the store's order by name is the one that is asked for: all users by `userName`, whose key both compare.
fn name_order(kinds: &[Kind], query: &Query) -> Option<(Kind, Order)> {
    let (path, descending) = query.sort.as_ref()?;
    let known = names(path, "userName") && path.sub.is_none() && resource_type(Kind::User).resolve(path).is_some();
    let order = if *descending { Order::Descending } else { Order::Ascending };
    (kinds == [Kind::User] && known && query.filter.is_none()).then_some((Kind::User, order))
}

/// In the store's own order: how many match, and the page.
fn in_order(context: &Context<'_>, kinds: &[Kind], query: &Query) -> Result<(usize, Vec<Record>), ScimError> {
    let store = &context.server.store;
    let (mut total, mut page) = (0, Vec::new());
    for &kind in kinds {
        let Plan { select, exact, .. } = plan(query.filter.as_ref(), kind);
        if exact {
            // The store counts and pages by itself.
            let skip = query.skip.saturating_sub(total);
            let room = query.take.saturating_sub(page.len());
            let mut known = None;
            if room > 0 {
                let found = store.list(context.tenant, kind, &select, Start::Offset(skip), room, query.shown(kind));
                let found = found.map_err(refused)?;
                // A page that is not full ends with the last match.
                known = Some(skip + found.len()).filter(|_| found.len() < room && (skip == 0 || !found.is_empty()));
                page.extend(found);
            }
            total += match known {
                Some(known) => known,
                None => store.count(context.tenant, kind, &select).map_err(refused)?,
            };
        } else {
            let begin = page.len();
            each(context, kind, query, |record, _| {
                if total >= query.skip && page.len() < query.take {
                    page.push(record);
                }
                total += 1;
            })?;
            complete(context, query, page.get_mut(begin..).unwrap_or_default())?;
        }
    }
    Ok((total, page))
}

/// An order by an attribute; equals stay in the store's order, which also decides between what is shown and what is still
/// to come.
struct Sorting<'a> {
    path: &'a AttrPath,
    /// An attribute that only one of the kinds has is compared by that kind's rules.
    ruling: &'static ResourceType,
    descending: bool,
    kinds: &'a [Kind],
}

impl<'a> Sorting<'a> {
    /// `None` where nothing is ordered: no attribute is asked for, or none of the kinds has it.
    fn of(kinds: &'a [Kind], query: &'a Query) -> Option<Self> {
        let (path, descending) = query.sort.as_ref()?;
        let ruling = kinds.iter().map(|kind| resource_type(*kind)).find(|kind| kind.resolve(path).is_some())?;
        Some(Self { path, ruling, descending: *descending, kinds })
    }

    fn compare(&self, one: &Mark, other: &Mark) -> Ordering {
        let order = sort::compare(&one.sorted_by, &other.sorted_by, self.path, self.ruling);
        let order = if self.descending { order.reverse() } else { order };
        let place = |mark: &Mark| (self.kinds.iter().position(|own| *own == mark.kind), mark.sequence);
        order.then_with(|| place(one).cmp(&place(other)))
    }
}

/// How many match, and the places and ids of the first `room` of those that come after a place.
fn sorted(
    context: &Context<'_>,
    kinds: &[Kind],
    query: &Query,
    sorting: &Sorting<'_>,
    mark: Option<&Mark>,
    room: usize,
) -> Result<(usize, Vec<(Mark, String)>), ScimError> {
    let most = room.max(BATCH).saturating_mul(2);
    let (mut total, mut best) = (0, Vec::new());
    let settle = |best: &mut Vec<(Mark, String)>| {
        best.sort_by(|(one, _), (other, _)| sorting.compare(one, other));
        best.truncate(room);
    };
    for &kind in kinds {
        each(context, kind, query, |record, resource| {
            total += 1;
            let sorted_by = part(resource, sorting.path);
            let own = Mark { kind, sequence: record.sequence, sorted_by };
            if mark.is_none_or(|mark| sorting.compare(&own, mark) == Ordering::Greater) {
                best.push((own, record.id));
            }
            if best.len() >= most {
                settle(&mut best);
            }
        })?;
    }
    settle(&mut best);
    Ok((total, best))
}

/// The records of a page; one that was deleted since it was found is left out.
fn read(
    context: &Context<'_>,
    query: &Query,
    page: impl Iterator<Item = (Mark, String)>,
) -> Result<Vec<(Mark, Record)>, ScimError> {
    let mut records = Vec::new();
    for (mark, id) in page {
        let found = context.server.store.get(context.tenant, mark.kind, &id, query.shown(mark.kind));
        records.extend(found.map_err(refused)?.map(|record| (mark, record)));
    }
    Ok(records)
}

/// Gives the records of a page the links that are shown, where the scan had no need of them.
fn complete(context: &Context<'_>, query: &Query, page: &mut [Record]) -> Result<(), ScimError> {
    for record in page {
        if let (Links::Skip, Links::All) = (query.links(record.kind), query.shown(record.kind)) {
            let read = context.server.store.get(context.tenant, record.kind, &record.id, Links::All);
            record.links = read.map_err(refused)?.map(|read| read.links).unwrap_or_default();
        }
    }
    Ok(())
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

/// Visits every match of one kind, with as much of it as filter and sorting look at.
fn each(
    context: &Context<'_>,
    kind: Kind,
    query: &Query,
    mut visit: impl FnMut(Record, &Object),
) -> Result<(), ScimError> {
    let Plan { select, .. } = plan(query.filter.as_ref(), kind);
    let links = query.links(kind);
    let size = if kind == Kind::Group && matches!(links, Links::All) { LARGE_BATCH } else { BATCH };
    let computed = query.names(&mut |path| COMPUTED.iter().any(|name| path.name.eq_ignore_ascii_case(name)));
    let mut after = 0;
    loop {
        let found = context.server.store.list(context.tenant, kind, &select, Start::After(after), size, links);
        let batch = found.map_err(refused)?;
        let last = batch.len() < size;
        for record in batch {
            after = record.sequence;
            let body = record.body.clone();
            let resource = match computed {
                true => Cow::Owned(render::object(context, &record, Detail::Full)?),
                // What is stored is enough, and is looked at where it is.
                false => Cow::Borrowed(body.object().map_err(refused)?),
            };
            if query.filter.as_ref().is_none_or(|filter| matches(filter, &resource, resource_type(kind))) {
                visit(record, &resource);
            }
        }
        if last {
            return Ok(());
        }
    }
}

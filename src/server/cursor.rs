//! Cursors (`RFC9865 §2`): where a page of a query ended, kept here and known to the client by a name that nobody can make
//! up. A place is the last resource that was shown, not a number of resources, so that what comes or goes meanwhile neither
//! repeats nor hides another. It knows nothing of HTTP.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::search::Query;
use crate::scim::filter::Filter;
use crate::scim::path::AttrPath;
use crate::scim::{Object, ScimError, ScimType};
use crate::store::Kind;

/// The most cursors that are kept; the oldest go first, so that nobody can fill the memory with them.
const MOST: usize = 10_000;

/// The last resource of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub kind: Kind,
    pub sequence: u64,
    /// What it was sorted by; nothing where the store's order is asked for.
    pub sorted_by: Object,
}

/// What a query must have in common with the one before.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    tenant: String,
    subject: Option<String>,
    kinds: Vec<Kind>,
    filter: Option<Filter>,
    sort: Option<(AttrPath, bool)>,
}

#[derive(Debug)]
struct Kept {
    asked: Asked,
    take: usize,
    mark: Mark,
    until: OffsetDateTime,
}

/// Who asks for what.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub tenant: &'a str,
    pub subject: Option<&'a str>,
    pub kinds: &'a [Kind],
    pub query: &'a Query,
    pub now: OffsetDateTime,
}

impl Request<'_> {
    fn asked(&self) -> Asked {
        Asked {
            tenant: self.tenant.to_owned(),
            subject: self.subject.map(str::to_owned),
            kinds: self.kinds.to_vec(),
            filter: self.query.filter.clone(),
            sort: self.query.sort.clone(),
        }
    }
}

/// The cursors of a server.
#[derive(Debug, Default)]
pub(super) struct Cursors(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    kept: HashMap<String, Kept>,
    order: VecDeque<String>,
}

impl Cursors {
    /// A name for the place after a resource: unreserved characters only (`RFC9865 §2`).
    pub fn keep(&self, request: Request<'_>, mark: Mark, seconds: u32) -> String {
        let name = Uuid::new_v4().simple().to_string();
        let until = request.now.saturating_add(Duration::seconds(i64::from(seconds)));
        let kept = Kept { asked: request.asked(), take: request.query.take, mark, until };
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.insert(name.clone(), kept);
        state.order.push_back(name.clone());
        while state.order.len() > MOST {
            if let Some(oldest) = state.order.pop_front() {
                state.kept.remove(&oldest);
            }
        }
        name
    }

    /// Where a page begins, and how many resources it has at most.
    ///
    /// # Errors
    /// 400 `invalidCursor` for a name that was not given for this query by this client, in the same words whatever is
    /// wrong (`RFC9865 §5`); `expiredCursor`; `invalidCount` for another `count` than before.
    pub fn find(&self, name: &str, request: Request<'_>, counted: bool) -> Result<(Mark, usize), ScimError> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = state.kept.get(name).filter(|kept| kept.asked == request.asked());
        let kept = kept.ok_or_else(|| {
            ScimError::bad(ScimType::InvalidCursor, "cursor: none of this query; begin again with an empty one")
        })?;
        if kept.until <= request.now {
            return Err(ScimError::bad(ScimType::ExpiredCursor, "cursor: too old; begin again with an empty one"));
        }
        if counted && kept.take != request.query.take {
            return Err(ScimError::bad(ScimType::InvalidCount, "count: may not change from page to page"));
        }
        Ok((kept.mark.clone(), kept.take))
    }
}

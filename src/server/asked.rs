//! What the query of a request for one resource asks for. Clients send the same few texts with any number of ids, so that
//! each text is read once; it means the same at any time, so that nothing need ever be forgotten but for the room it takes.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::input;
use super::render::View;
use super::search;
use crate::scim::ScimError;

/// Texts that are kept.
const TEXTS: usize = 256;
/// The longest text that is kept, bytes.
const LONGEST: usize = 1024;

/// What a query asks for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The text of a filter (`RFC7644 §3.4.2.1`).
    pub filter: Option<String>,
    pub view: View,
}

impl Asked {
    fn read(query: &str) -> Result<Self, ScimError> {
        let parameters = input::query(query)?;
        let projection = search::projection(&parameters)?;
        let filter = parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("filter"));
        Ok(Self { filter: filter.map(|(_, text)| text), view: View::new(projection) })
    }
}

/// The queries that were read.
#[derive(Debug, Default)]
pub(super) struct Queries {
    nothing: Arc<Asked>,
    kept: RwLock<HashMap<String, Arc<Asked>>>,
}

impl Queries {
    /// What a query asks for.
    ///
    /// # Errors
    /// As `input::query` and `search::projection`; an error is not kept.
    pub fn read(&self, query: &str) -> Result<Arc<Asked>, ScimError> {
        if query.is_empty() {
            return Ok(Arc::clone(&self.nothing));
        }
        if let Some(asked) = self.kept.read().unwrap_or_else(PoisonError::into_inner).get(query) {
            return Ok(Arc::clone(asked));
        }
        let asked = Arc::new(Asked::read(query)?);
        // Filters name the one or the other.
        if query.len() <= LONGEST && asked.filter.is_none() {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= TEXTS {
                kept.clear();
            }
            kept.insert(query.to_owned(), Arc::clone(&asked));
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::project::Projection;

    #[test]
    fn a_query_means_the_same_each_time_and_the_room_is_bounded() {
        let queries = Queries::default();
        for round in 0..2 {
            for number in 0..=TEXTS {
                let asked = queries.read(&format!("attributes=a{number}")).unwrap();
                let Projection::Only(paths) = &asked.view.projection else { panic!("{asked:?}") };
                assert_eq!((paths.len(), paths[0].name.clone()), (1, format!("a{number}")), "{round}");
            }
            assert!(queries.read("attributes=a&excludedAttributes=b").is_err());
            assert!(queries.read("attributes=%FF").is_err());
            let filtered = queries.read("filter=title%20pr").unwrap();
            assert_eq!(filtered.filter.as_deref(), Some("title pr"));
            let _ = queries.read(&format!("attributes={}", "a".repeat(LONGEST)));
            let kept = queries.kept.read().unwrap();
            assert!(kept.len() <= TEXTS && kept.keys().all(|text| text.starts_with("attributes=a")));
            assert!(kept.keys().all(|text| text.len() <= LONGEST));
        }
        let nothing = queries.read("").unwrap();
        assert_eq!((&nothing.filter, &nothing.view.projection), (&None, &Projection::Default));
    }
}

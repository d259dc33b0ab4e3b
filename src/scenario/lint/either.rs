//! `either`: ends that a server may choose between, each with its rows, of which one must come true whole.

use toml::Spanned;

use super::Linter;
use super::scope::{At, Scope};
use super::steps::Before;
use crate::scenario::model::{Either, End};
use crate::scenario::raw;

impl Linter<'_> {
    /// The ends of a step; `None` where it has none.
    pub(super) fn either(
        &mut self,
        ends: Vec<Spanned<raw::End>>,
        requirements: &[Spanned<String>],
        at: At,
        before: &Before,
        scope: &Scope,
    ) -> Option<Either> {
        let Some(first) = ends.first() else {
            if let Some(id) = requirements.first() {
                self.fail(id.span(), "`either_req` needs `either`");
            }
            return None;
        };
        let place = self.source.place(first.span().start);
        for id in requirements {
            self.requirement(id.get_ref(), id.span());
        }
        // Nothing is said when no reading is recorded and no requirement judged.
        if requirements.is_empty() && ends.iter().all(|end| end.get_ref().reading.is_none()) {
            self.fail(first.span(), "`either` needs `either_req`, or ends with a `reading`");
        }
        let ends = ends.into_iter().map(|end| self.end(end, at, before, scope)).collect();
        let requirements = requirements.iter().map(|id| id.get_ref().clone()).collect();
        Some(Either { ends, requirements, place })
    }

    fn end(&mut self, end: Spanned<raw::End>, at: At, before: &Before, scope: &Scope) -> End {
        let span = end.span();
        let raw::End { reading, rows } = end.into_inner();
        if rows.is_empty() {
            self.fail(span, "an end needs `rows`");
        }
        let reading = reading.and_then(|reading| self.reading(reading.get_ref(), &reading.span()));
        let rows = rows.into_iter().filter_map(|row| self.row_of_end(row, at, before, scope)).collect();
        End { reading, rows }
    }
}

//! One row of `expect`: a requirement or a reading, a subject, exactly one test word.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;

use super::scope::{At, Scope};
use super::steps::Before;
use super::{Linter, json_of};
use crate::check::{Test, WORDS};
use crate::scenario::model::{Row, Subject, Verdict};
use crate::scenario::raw;
use crate::scenario::template::Template;

/// The keys of a row that are no test words.
const KEYS: [&str; 5] = ["req", "reading", "at", "header", "soft"];

/// The keys of a row of `either` that are no test words.
const KEYS_OF_END: [&str; 3] = ["step", "at", "header"];

/// The keys of one row.
#[derive(Default)]
struct Entries {
    known: std::collections::BTreeMap<String, Entry>,
    /// There was one that nobody knows.
    strange: bool,
}

/// A key's value and the spans of key and value.
struct Entry {
    key: Range<usize>,
    span: Range<usize>,
    value: Value,
}

impl Linter<'_> {
    /// A row of `expect`.
    pub(super) fn row(&mut self, row: Spanned<raw::Row>, at: At, before: &Before, scope: &Scope) -> Option<Row> {
        let span = row.span();
        let entries = self.entries(row, &KEYS);
        let verdict = self.verdict(&entries.known, &span);
        let soft = match entries.known.get("soft").map(|entry| (&entry.value, entry.span.clone())) {
            None => false,
            Some((Value::Bool(soft), _)) => *soft,
            Some((_, at)) => {
                self.fail(at, "`soft` is true or false");
                false
            }
        };
        let row = self.test(&entries, span, at, before, scope)?;
        Some(Row { verdict: verdict?, soft, ..row })
    }

    /// A row of an end of `either`, with the earlier step that it looks at.
    pub(super) fn row_of_end(
        &mut self,
        row: Spanned<raw::Row>,
        at: At,
        before: &Before,
        scope: &Scope,
    ) -> Option<(Option<String>, Row)> {
        let span = row.span();
        let entries = self.entries(row, &KEYS_OF_END);
        let step = entries.known.get("step").map(|entry| {
            let name = entry.value.as_str().unwrap_or_default().to_owned();
            self.reference("step", &name, entry.span.clone(), before);
            name
        });
        Some((step, self.test(&entries, span, at, before, scope)?))
    }

    fn entries(&mut self, row: Spanned<raw::Row>, keys: &[&'static str]) -> Entries {
        let mut entries = Entries::default();
        for (key, value) in row.into_inner() {
            let name = key.get_ref().clone();
            if !keys.contains(&name.as_str()) && !WORDS.contains(&name.as_str()) {
                let known: Vec<_> = keys.iter().chain(&WORDS).copied().collect();
                self.fail(key.span(), format!("unknown key `{name}` in a row; known: {}", known.join(", ")));
                entries.strange = true;
                continue;
            }
            let json = json_of(value.get_ref());
            entries.known.insert(name, Entry { key: key.span(), span: value.span(), value: json });
        }
        entries
    }

    /// Subject and test of a row, without a verdict.
    fn test(&mut self, entries: &Entries, span: Range<usize>, at: At, before: &Before, scope: &Scope) -> Option<Row> {
        let place = self.source.place(span.start);
        let (entries, strange) = (&entries.known, entries.strange);
        let words: Vec<&'static str> = WORDS.into_iter().filter(|word| entries.contains_key(*word)).collect();
        let word = match words.as_slice() {
            [one] => *one,
            [] if strange => return None,
            [] => {
                self.fail(span, format!("the row has no test word; known: {}", WORDS.join(", ")));
                return None;
            }
            [_, second, ..] => {
                let key = entries[*second].key.clone();
                self.fail(key, format!("a row has one test word, this one has {}", words.join(", ")));
                return None;
            }
        };
        let subject = self.subject(word, entries, &span, at, scope)?;
        let operand = &entries[word];
        self.operand(word, operand, at, before, scope);
        let verdict = Verdict::Requirements(Vec::new());
        Some(Row { verdict, subject, word, operand: operand.value.clone(), soft: false, place })
    }

    fn verdict(&mut self, entries: &std::collections::BTreeMap<String, Entry>, span: &Range<usize>) -> Option<Verdict> {
        match (entries.get("req"), entries.get("reading")) {
            (Some(req), None) => {
                let ids: Vec<String> = match &req.value {
                    Value::String(id) => vec![id.clone()],
                    Value::Array(ids) => ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect(),
                    _ => Vec::new(),
                };
                if ids.is_empty() {
                    self.fail(req.span.clone(), "`req` is a requirement id or a list of them");
                }
                for id in &ids {
                    self.requirement(id, req.span.clone());
                }
                Some(Verdict::Requirements(ids))
            }
            (None, Some(reading)) => {
                let text = reading.value.as_str().unwrap_or_default();
                self.reading(text, &reading.span).map(|(id, number)| Verdict::Reading(id, number))
            }
            (Some(_), Some(reading)) => {
                self.fail(reading.key.clone(), "a row has either `req` or `reading`");
                None
            }
            (None, None) => {
                self.fail(span.clone(), "the row names neither a requirement (`req`) nor a `reading`");
                None
            }
        }
    }

    /// `I-46/1`.
    pub(super) fn reading(&mut self, text: &str, span: &Range<usize>) -> Option<(String, usize)> {
        let parts = text.split_once('/').and_then(|(id, number)| Some((id, number.parse::<usize>().ok()?)));
        let Some((id, number)) = parts else {
            self.fail(span.clone(), "`reading` is an interpretation and its number, such as \"I-46/1\"");
            return None;
        };
        match self.context.catalogue.interpretation(id) {
            None => self.fail(span.clone(), format!("unknown interpretation `{id}`")),
            Some(known) if number == 0 || number > known.readings.len() => {
                self.fail(span.clone(), format!("{id} has readings 1 to {}", known.readings.len()));
            }
            Some(_) => {}
        }
        Some((id.to_owned(), number))
    }

    fn subject(
        &mut self,
        word: &str,
        entries: &std::collections::BTreeMap<String, Entry>,
        span: &Range<usize>,
        at: At,
        scope: &Scope,
    ) -> Option<Subject> {
        let text = |entry: &Entry| entry.value.as_str().unwrap_or_default().to_owned();
        match (word, entries.get("at"), entries.get("header")) {
            ("status", None, None) => Some(Subject::Status),
            ("body", None, None) => Some(Subject::Body),
            ("status" | "body", Some(other), _) | ("status" | "body", None, Some(other)) => {
                self.fail(other.key.clone(), format!("`{word}` stands without `at` and `header`"));
                None
            }
            (_, Some(_), Some(header)) => {
                self.fail(header.key.clone(), "a row looks at either `at` or `header`");
                None
            }
            (_, Some(path), None) => {
                let path_text = text(path);
                Some(Subject::At(self.address(&path_text, path.span.clone(), at, scope)))
            }
            (word, None, Some(header)) => {
                if !matches!(word, "is" | "is-not" | "like" | "present" | "absent" | "any-of" | "equals-ignoring-case")
                {
                    self.fail(header.key.clone(), format!("a header cannot be tested by `{word}`"));
                }
                Some(Subject::Header(text(header)))
            }
            (_, None, None) => {
                self.fail(span.clone(), format!("`{word}` needs `at` or `header`"));
                None
            }
        }
    }

    fn operand(&mut self, word: &str, entry: &Entry, at: At, before: &Before, scope: &Scope) {
        if matches!(word, "same-as" | "not-same-as" | "unchanged-since") {
            let name = entry.value.as_str().unwrap_or_default();
            self.reference(word, name, entry.span.clone(), before);
            return;
        }
        let filled = self.fill(&entry.value, entry, at, scope);
        if let Err(reason) = Test::new(word, &filled) {
            self.fail(entry.span.clone(), reason);
        }
    }

    /// The operand with digits for its holes; holes are checked on the way.
    fn fill(&mut self, value: &Value, entry: &Entry, at: At, scope: &Scope) -> Value {
        match value {
            Value::String(text) => {
                let template: Template = self.template(text, &entry.span, |hole| scope.check(hole, Some(at)));
                Value::String(template.filler())
            }
            Value::Array(items) => items.iter().map(|item| self.fill(item, entry, at, scope)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.fill(value, entry, at, scope)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }
}

//! One step: request line, body, keys that go together, references.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use super::base::is_form;
use super::scope::{At, Scope};
use super::steps::Before;
use super::{Linter, duration};
use crate::scenario::model::{Action, Line, On, Step, Tally, Until};
use crate::scenario::template::Template;
use crate::scenario::{CAPABILITIES, raw};
use crate::scim::address;
use crate::wire::Method;

/// The methods that `send` takes without complaint; others are a slip of the pen.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl Linter<'_> {
    pub(super) fn step(&mut self, raw: raw::Step, before: &Before, scope: &Scope) -> Step {
        let name = raw.name.get_ref().clone();
        let needs = self.step_needs(&raw);
        let at = At { before: before.first, own: None, times: raw.times.is_some(), needs: before.needs[before.index] };
        let after = At { own: Some(before.index), ..at };
        self.together(&raw);
        if let Some(shape) = &raw.shape
            && !self.context.shapes.contains(shape.get_ref())
        {
            self.fail(shape.span(), format!("unknown shape `{}`", shape.get_ref()));
        }
        let client = raw.client.as_ref().map(|client| self.client(client));
        let headers = raw
            .headers
            .iter()
            .map(|(header, value)| {
                let template = self.template(value.get_ref(), &value.span(), |hole| scope.check(hole, Some(at)));
                (header.get_ref().clone(), template)
            })
            .collect();
        let on = self.on(&raw, scope, at);
        let lent = self.with(&raw);
        let action = self.action(&raw, &on, at, before, scope);
        let save = raw
            .save
            .iter()
            .map(|(name, path)| (name.get_ref().clone(), self.address(path.get_ref(), path.span(), at, scope)))
            .collect();
        let undo = raw.undo.as_ref().map(|undo| self.line(undo, on.clone(), after, scope));
        self.organization(&raw, &action);
        let wait = raw.wait.as_ref().and_then(|wait| self.duration(wait));
        let until = raw.until.as_ref().and_then(|until| self.until(until));
        let tally = raw.tally.as_ref().map(|tally| self.tally(tally, &raw));
        let place = self.source.place(raw.name.span().start);
        let rows = raw.expect.into_iter().filter_map(|row| self.row(row, after, before, scope)).collect();
        let either = self.either(raw.either, &raw.either_req, after, before, scope);
        Step {
            name,
            place,
            shape: raw.shape.map(Spanned::into_inner),
            action,
            headers,
            lent,
            client,
            encoding: raw.encoding,
            times: raw.times.and_then(|times| usize::try_from(times.into_inner()).ok()),
            together: raw.together.map(Spanned::into_inner),
            tally,
            either,
            walk: raw.walk.is_some_and(Spanned::into_inner),
            rows,
            save,
            undo,
            wait,
            until,
            needs,
        }
    }

    /// The capabilities of a step that is left out without them.
    fn step_needs(&mut self, raw: &raw::Step) -> Vec<String> {
        let needs = self.words(&raw.needs, "capability", &CAPABILITIES);
        if let Some(admin) = raw.needs.iter().find(|need| need.get_ref() == "admin") {
            self.fail(admin.span(), "`admin` is a need of the whole scenario");
        }
        if let (Some(need), Some(_)) = (raw.needs.first(), &raw.together) {
            self.fail(need.span(), "`needs` does not go with `together`");
        }
        needs
    }

    /// Keys that only make sense side by side, or not at all.
    fn together(&mut self, raw: &raw::Step) {
        if let Some(times) = &raw.times
            && !(2..=200).contains(times.get_ref())
        {
            self.fail(times.span(), "`times` is a number from 2 to 200");
        }
        let many = raw.times.as_ref().map(|times| (times.span(), "times"));
        let side = raw.together.as_ref().map(|label| (label.span(), "together"));
        let walk = raw.walk.as_ref().map(|walk| (walk.span(), "walk"));
        let until = raw.until.as_ref().map(|until| (until.span(), "until"));
        let either = raw.either.first().map(|end| (end.span(), "either"));
        let pairs = [
            (&many, &walk),
            (&many, &until),
            (&many, &either),
            (&side, &either),
            (&side, &walk),
            (&side, &until),
            (&walk, &until),
        ];
        for (one, other) in pairs {
            if let (Some((_, first)), Some((span, second))) = (one, other) {
                self.fail(span.clone(), format!("`{second}` does not go with `{first}`"));
            }
        }
        if let Some(tally) = &raw.tally {
            if raw.times.is_none() {
                self.fail(tally.span(), "`tally` needs `times`");
            }
            if raw.tally_req.is_none() {
                self.fail(tally.span(), "`tally` needs `tally_req`, the requirement that it shows");
            }
        } else if let Some(requirement) = &raw.tally_req {
            self.fail(requirement.span(), "`tally_req` needs `tally`");
        }
        if raw.unread.as_ref().is_some_and(|reason| reason.get_ref().trim().is_empty()) {
            let span = raw.unread.as_ref().map_or(0..0, Spanned::span);
            self.fail(span, "`unread` gives the reason why nothing is read back");
        }
    }

    fn action(&mut self, raw: &raw::Step, on: &On, at: At, before: &Before, scope: &Scope) -> Action {
        let span = raw.name.span();
        match (&raw.send, &raw.repeat) {
            (Some(_), Some(repeat)) => self.fail(repeat.span(), "a step has either `send` or `repeat`"),
            (None, None) => self.fail(span.clone(), "the step has neither `send` nor `repeat`"),
            _ => {}
        }
        if let Some(repeat) = &raw.repeat {
            for (there, key) in [
                (raw.body.is_some(), "body"),
                (raw.base.is_some(), "base"),
                (!raw.headers.is_empty(), "headers"),
                (raw.client.is_some(), "as"),
                (raw.encoding.is_some(), "encoding"),
                (raw.on.is_some(), "on"),
                (raw.with.is_some(), "with"),
            ] {
                if there {
                    self.fail(repeat.span(), format!("`repeat` sends the very same bytes: `{key}` has no place here"));
                }
            }
            self.reference("repeat", repeat.get_ref(), repeat.span(), before);
            return Action::Repeat(repeat.get_ref().clone());
        }
        let blank = Spanned::new(span, "GET /".to_owned());
        let send = raw.send.as_ref().unwrap_or(&blank);
        let line = self.line(send, on.clone(), at, scope);
        if raw.walk.is_some() && line.method != Method::Get {
            self.fail(send.span(), "`walk` follows the pages of a GET");
        }
        let form = is_form(raw);
        let body =
            raw.body.as_ref().map(|body| if form { self.form(body, at, scope) } else { self.body(body, at, scope) });
        if let Some(base) = &raw.base {
            self.reference("base", base.get_ref(), base.span(), before);
            if form {
                self.fail(base.span(), "`base` merges JSON: it does not go with form data");
            }
        }
        // SCIM's DELETE has none; the admin surface takes a role away by naming it.
        let delete = line.method == Method::Delete && *on != On::Admin;
        let bare = delete || line.method == Method::Get || line.method.as_str() == "HEAD";
        if bare && (raw.body.is_some() || raw.base.is_some()) {
            self.fail(send.span(), format!("a {} has no body here", line.method));
        }
        Action::Send { line, body, form, base: raw.base.as_ref().map(|base| base.get_ref().clone()) }
    }

    /// `GET /Users?…`.
    fn line(&mut self, send: &Spanned<String>, on: On, at: At, scope: &Scope) -> Line {
        let text = send.get_ref();
        let (word, target) = text.split_once(' ').unwrap_or((text, ""));
        if !METHODS.contains(&word) {
            let at = self.source.within(&send.span(), text, 0..word.len());
            self.fail(at, format!("`{word}` is no method; known: {}", METHODS.join(", ")));
        }
        let start = word.len() + 1;
        if !target.starts_with('/') {
            let span = self.source.within(&send.span(), text, start.min(text.len())..text.len());
            self.fail(span, "the path begins with `/`, below the base URL");
        }
        let span = self.source.within(&send.span(), text, start.min(text.len())..text.len());
        let inner = self.source.content(&send.span(), text).map_or(send.span(), |_| span);
        let template = match Template::parse(target) {
            Ok(template) => {
                let faults: Vec<_> = template
                    .holes()
                    .filter_map(|hole| scope.check(&hole.name, Some(at)).err().map(|reason| (hole.at.clone(), reason)))
                    .collect();
                for (at, reason) in faults {
                    self.fail(self.shifted(send, start, &inner, at), reason);
                }
                template
            }
            Err(error) => {
                self.fail(self.shifted(send, start, &inner, error.at), error.reason);
                Template::literal(target)
            }
        };
        Line { method: Method::from_word(word), target: template, on }
    }

    fn shifted(&self, send: &Spanned<String>, start: usize, inner: &Range<usize>, at: Range<usize>) -> Range<usize> {
        match self.source.content(&send.span(), send.get_ref()) {
            Some(_) => inner.start + at.start..inner.start + at.end,
            None => self.source.within(&send.span(), send.get_ref(), start..start + at.end),
        }
    }

    /// The body must be JSON once its holes are filled.
    fn body(&mut self, body: &Spanned<String>, at: At, scope: &Scope) -> Template {
        let text = body.get_ref();
        let template = self.template(text, &body.span(), |hole| scope.check(hole, Some(at)));
        let filled = template.filler();
        if let Err(error) = serde_json::from_str::<serde_json::Value>(&filled) {
            let line_start: usize =
                filled.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let offset = (line_start + error.column().saturating_sub(1)).min(filled.len());
            let reason = error.to_string();
            let reason = reason.rsplit_once(" at line").map_or(reason.as_str(), |(reason, _)| reason);
            let span = self.source.within(&body.span(), text, offset..offset + 1);
            self.fail(span, format!("the body is no JSON: {reason}"));
        }
        template
    }

    /// A SCIM address or JSON Pointer.
    pub(super) fn address(&mut self, text: &str, span: Range<usize>, at: At, scope: &Scope) -> Template {
        let template = self.template(text, &span, |hole| scope.check(hole, Some(at)));
        if let Err(error) = address::check(&template.filler()) {
            self.fail(span, format!("bad address `{text}`: {error}"));
        }
        template
    }

    fn duration(&mut self, text: &Spanned<String>) -> Option<Duration> {
        duration(text.get_ref()).map_err(|reason| self.fail(text.span(), reason)).ok()
    }

    fn until(&mut self, until: &Spanned<raw::Until>) -> Option<Until> {
        let raw = until.get_ref();
        let tries = usize::try_from(*raw.tries.get_ref()).ok().filter(|tries| (2..=100).contains(tries));
        if tries.is_none() {
            self.fail(raw.tries.span(), "`tries` is a number from 2 to 100");
        }
        let every = self.duration(&raw.every)?;
        Some(Until { tries: tries?, every })
    }

    fn tally(&mut self, tally: &Spanned<raw::Table<i64>>, raw: &raw::Step) -> Tally {
        let mut counts = Vec::new();
        for (status, count) in tally.get_ref() {
            match (status.get_ref().parse::<u16>(), usize::try_from(*count.get_ref())) {
                (Ok(code), Ok(number)) if (100..600).contains(&code) => counts.push((code, number)),
                _ => self.fail(status.span(), format!("`{}` is no status with its number", status.get_ref())),
            }
        }
        let total: usize = counts.iter().map(|(_, number)| number).sum();
        if let Some(times) = &raw.times
            && usize::try_from(*times.get_ref()).is_ok_and(|times| times != total)
        {
            self.fail(tally.span(), format!("the tally counts {total} answers, `times` sends {}", times.get_ref()));
        }
        let requirement = raw.tally_req.as_ref().map(|requirement| {
            self.requirement(requirement.get_ref(), requirement.span());
            requirement.get_ref().clone()
        });
        let place = self.source.place(tally.span().start);
        Tally { counts, requirement: requirement.unwrap_or_default(), place }
    }
}

//! Where a step is sent (`on`), what only the admin surface has: form data, organizations that must go again.

use toml::Spanned;

use super::Linter;
use super::scope::{At, Scope};
use crate::scenario::model::{Action, On};
use crate::scenario::raw;
use crate::scenario::template::Template;
use crate::wire::Method;

/// Where organizations are created; such a step carries its own `undo`.
const ORGANIZATIONS: &str = "/admin/v1/organizations";

/// The probes that are sent a secret, which has no place in a query.
const PROBES: [&str; 2] = ["POST /login", "POST /token"];

/// The media type of form data, as the step's own header says it.
pub(super) fn is_form(raw: &raw::Step) -> bool {
    raw.headers.iter().any(|(name, value)| {
        name.get_ref().eq_ignore_ascii_case("content-type")
            && value.get_ref().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
    })
}

impl Linter<'_> {
    /// `on`: the admin surface, a probe, or a SCIM base that an earlier step saved.
    pub(super) fn on(&mut self, raw: &raw::Step, scope: &Scope, at: At) -> On {
        let Some(on) = &raw.on else { return On::Scim };
        if on.get_ref() == "probe" {
            let reads = |send: &str| send.starts_with("GET ") || PROBES.contains(&send);
            if !raw.send.as_ref().is_some_and(|send| reads(send.get_ref())) {
                self.fail(on.span(), format!("a probe only reads: `send` is a GET, {}", PROBES.join(" or ")));
            }
            return On::Probe;
        }
        if on.get_ref() == "admin" {
            for (key, span) in [
                ("as", raw.client.as_ref().map(Spanned::span)),
                ("encoding", raw.encoding.as_ref().map(|_| on.span())),
                ("walk", raw.walk.as_ref().map(Spanned::span)),
            ] {
                if let Some(span) = span {
                    self.fail(span, format!("`{key}` is of SCIM: it has no place on the admin surface"));
                }
            }
            return On::Admin;
        }
        let template = self.template(on.get_ref(), &on.span(), |hole| scope.check(hole, Some(at)));
        if template.holes().next().is_none() {
            self.fail(on.span(), "`on` is \"admin\", \"probe\", or a saved SCIM base such as \"{{ scim }}\"");
        }
        On::At(template)
    }

    /// Form data: `name=value` pairs, the values filled in and encoded when sent.
    pub(super) fn form(&mut self, body: &Spanned<String>, at: At, scope: &Scope) -> Template {
        let template = self.template(body.get_ref(), &body.span(), |hole| scope.check(hole, Some(at)));
        let filled = template.filler();
        if !filled.split('&').all(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty())) {
            self.fail(body.span(), "form data is `name=value` pairs, joined by `&`");
        } else if filled.contains(|c: char| c.is_whitespace() || c.is_control()) {
            self.fail(body.span(), "form data has no white space; write `+` or put the text into [vars]");
        }
        template
    }

    /// An organization that is created is removed with all that is in it; nothing else knows of it.
    pub(super) fn organization(&mut self, raw: &raw::Step, action: &Action) {
        let Action::Send { line, .. } = action else { return };
        let creates = line.on == On::Admin && line.method == Method::Post && line.path() == ORGANIZATIONS;
        if creates && raw.undo.is_none() {
            let message = format!("the organization stays: add `undo = \"DELETE {ORGANIZATIONS}/…\"`");
            self.fail(raw.name.span(), message);
        }
    }
}

//! Where a step is sent (`on`), what only the admin surface has: form data, organizations that must go again.

use toml::Spanned;

use super::Linter;
use super::scope::{At, Scope};
use crate::scenario::model::{Action, On};
use crate::scenario::raw;
use crate::scenario::template::Template;
use crate::wire::{Lent, Method};

/// Where organizations are created; such a step carries its own `undo`.
const ORGANIZATIONS: &str = "/admin/v1/organizations";

/// The probes that are sent a secret, which has no place in a query.
const PROBES: [&str; 2] = ["POST /login", "POST /token"];

/// `on`: the second tenant that the settings name.
pub(super) const SECOND_TENANT: &str = "second-tenant";

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
        if on.get_ref() == SECOND_TENANT {
            return On::SecondTenant;
        }
        let template = self.template(on.get_ref(), &on.span(), |hole| scope.check(hole, Some(at)));
        if template.holes().next().is_none() {
            self.fail(
                on.span(),
                "`on` is \"admin\", \"probe\", \"second-tenant\", or a saved SCIM base such as \"{{ scim }}\"",
            );
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

    /// `with`: credentials that the settings of a target add.
    pub(super) fn with(&mut self, raw: &raw::Step) -> Option<Lent> {
        let with = raw.with.as_ref()?;
        if raw.headers.keys().any(|name| name.get_ref().eq_ignore_ascii_case("authorization")) {
            self.fail(with.span(), "`with` brings its own `Authorization`");
        }
        if raw.on.as_ref().is_some_and(|on| on.get_ref() != SECOND_TENANT) {
            self.fail(
                with.span(),
                "`with` does not go with this `on`: its token is for the target and its second tenant",
            );
        }
        let lent = Lent::named(with.get_ref());
        if lent.is_none() {
            let known = Lent::ALL.map(Lent::word).join(", ");
            self.fail(with.span(), format!("`with` is one of {known}"));
        }
        lent
    }

    /// An organization that is created is removed with all that is in it; nothing else knows of it. What is created in the
    /// second tenant is removed one by one.
    pub(super) fn organization(&mut self, raw: &raw::Step, action: &Action) {
        let Action::Send { line, .. } = action else { return };
        let posts = line.method == Method::Post && line.writes() && line.path() != "/Bulk";
        let saves = raw.save.values().any(|address| address.get_ref() == "id");
        if line.on == On::SecondTenant && posts && saves && raw.undo.is_none() {
            self.fail(raw.name.span(), "what it creates in the second tenant stays: add `undo = \"DELETE …\"`");
        }
        let creates = line.on == On::Admin && line.method == Method::Post && line.path() == ORGANIZATIONS;
        if creates && raw.undo.is_none() {
            let message = format!("the organization stays: add `undo = \"DELETE {ORGANIZATIONS}/…\"`");
            self.fail(raw.name.span(), message);
        }
    }
}

//! The products' admin and auth surface over HTTP (`docs/admin.md`): one table of routes, credentials to principals, the
//! permission table, JSON in and out, the audit log. It is not there at all unless the server was given an operator.

mod call;
mod idp;
mod login;
mod mapping;
mod oauth;
mod operator;
mod organizations;
mod places;
mod settings;
mod sso;
mod users;

pub(super) use call::{Call, Reply};

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::core::Core;
use super::{Server, auth, input};
use crate::product::{Action, OrganizationRole, Principal, Reach, Refusal, Target, permit, reach};
use crate::wire::{Method, Request, Response, Secret};

/// Switches defects on and off: `Some` puts these names in force, `None` only asks; answers the names in force.
/// An error names what is unknown.
pub type FaultControl = Arc<dyn Fn(Option<&[String]>) -> Result<Vec<String>, String> + Send + Sync>;

/// A row of the table of routes.
pub(super) struct Row {
    /// The method's word.
    pub method: &'static str,
    /// The path; parts in braces stand for one segment each: `/admin/v1/organizations/{org}/scim`.
    pub path: &'static str,
    /// What is done, for the permission table and the log.
    pub action: Action,
    /// Does it. Paths without `{org}` check the target themselves ([`Call::permit`]).
    pub handler: fn(&Call<'_>) -> Result<Reply, Refusal>,
}

/// Where the surface lies: none of these is a SCIM base path of a profile.
const PREFIXES: [&str; 6] = ["/admin/v1/", "/idp/v1/", "/oauth2/", "/auth/login", "/auth/sso/", "/auth/session"];

/// Every route.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    let settings = [organizations::ROWS, mapping::ROWS, places::ROWS, settings::ROWS, operator::ROWS];
    let accounts = [users::ROWS, login::ROWS, sso::ROWS, idp::ROWS, oauth::ROWS];
    settings.into_iter().chain(accounts).flatten()
}

/// Whether a path belongs to the surface.
pub(super) fn owns(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

/// Answers a request to the surface.
pub(super) fn handle(server: &Server, operator: &Secret, request: &Request) -> Response {
    let core = server.core();
    let principal = principal(&core, operator, request);
    let known: Vec<_> = rows().filter_map(|row| parts(row.path, request.path()).map(|parts| (row, parts))).collect();
    if known.is_empty() {
        return refused(&Refusal::missing("endpoint"));
    }
    let Some((row, parts)) = known.iter().find(|(row, _)| row.method == request.method.as_str()) else {
        let mut response = refused(&Refusal::new(405, "invalid_request", "this method is not offered here"));
        let allowed: Vec<&str> = known.iter().map(|(row, _)| row.method).collect();
        response.headers.push("Allow", allowed.join(", "));
        return response;
    };
    let call = Call { server, core: &core, request, principal: &principal, parts };
    let outcome = perform(&call, row);
    if request.method != Method::Get {
        let target = match &outcome {
            Ok(Reply { target: Some(target), .. }) => target.clone(),
            // Only ids are logged; a path may hold more.
            _ => ["org", "id"].into_iter().filter_map(|name| call.part(name).ok()).collect::<Vec<_>>().join("/"),
        };
        let word = outcome.as_ref().map_or_else(|refusal| refusal.code, |_| "done");
        core.products.lock().audit.write(principal.actor(), row.action.word(), target, word);
    }
    match outcome {
        Ok(reply) => reply.into_response(),
        Err(refusal) => refused(&refusal),
    }
}

fn perform(call: &Call<'_>, row: &Row) -> Result<Reply, Refusal> {
    if let Ok(org) = call.part("org") {
        permit(row.action, call.principal, Target { org: Some(org), user: None })?;
        call.core.products.lock().organization(org)?;
    } else if reach(row.action, call.principal) == Reach::Never {
        // Whoever may never do this learns no more.
        permit(row.action, call.principal, Target::default())?;
    }
    // COALESCE-SSO-041: an assigned role of the organization can take this from an org-admin.
    if let (Action::UserCreate, Some((org, user))) = (row.action, call.principal.user()) {
        let mut state = call.core.products.lock();
        let app = state.app_role(org, user);
        if state.organization(org)?.organization_role(user, app) != OrganizationRole::Administrator {
            return Err(Refusal::denied("only an Organization Administrator adds users"));
        }
    }
    (row.handler)(call)
}

/// Who asks: the operator, a user by an access token, or nobody.
fn principal(core: &Core, operator: &Secret, request: &Request) -> Principal {
    let header = request.headers.get("authorization").unwrap_or_default();
    let Some((scheme, token)) = header.trim().split_once(' ') else { return Principal::Anonymous };
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Principal::Anonymous;
    }
    if auth::same(operator.expose(), token) {
        return Principal::Operator;
    }
    core.products.lock().principal(token).unwrap_or(Principal::Anonymous)
}

/// The named parts of a path that fits a pattern, decoded.
fn parts(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut parts = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(name), Some(text)) if name.starts_with('{') && !text.is_empty() => {
                let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
                parts.push((name.trim_matches(['{', '}']), text));
            }
            (Some(name), Some(text)) if name == text => {}
            _ => return None,
        }
    }
}

/// The answer that tells a refusal.
fn refused(refusal: &Refusal) -> Response {
    Reply::refused(refusal, json!({})).into_response()
}

/// The query of a request.
pub(super) fn query(request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    input::query(request.query().unwrap_or_default())
        .map_err(|error| Refusal::new(400, "invalid_request", error.detail))
}

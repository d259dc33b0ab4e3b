//! From a request to its handler: tenant by base path, credentials, route, method, media types; then one match over the
//! routes. What a handler refuses becomes an Error body here.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::oneshot;

use super::answer::{Answer, missing, refused};
use super::asked::Asked;
use super::auth::{self, Access};
use super::context::Context;
use super::core::{Core, Place};
use super::etag::Conditions;
use super::render::Face;
use super::route::{Offer, Route};
use super::search::{self, Query};
use super::write::{self, Ask};
use super::{bulk, discovery, input, values};
use crate::profile::Profile;
use crate::scim::list::SearchRequest;
use crate::scim::name::fold;
use crate::scim::project::Projection;
use crate::scim::{ScimError, ScimType};
use crate::store::{From as Start, Kind, Links, Record, Select, StoreError};
use crate::wire::{Method, Request, Response};

/// Answers a request.
pub(super) fn handle(server: &Core, request: &Request) -> Response {
    let head = request.method.as_str() == "HEAD";
    let answer = enter(server, request, head, |handling, route| handling.route(route));
    answer.unwrap_or_else(|error| Answer::error(&error)).into_response(head)
}

/// Answers a request, or, if it is a create, hands it to the store and answers when that has taken it.
pub(super) fn begin(server: &Core, request: &Request) -> Begun {
    let begun = enter(server, request, false, |handling, route| match route {
        Route::Collection(kind) if handling.method == Method::Post => handling.submit(kind).map(Begun::Later),
        route => handling.route(route).map(Begun::from),
    });
    begun.unwrap_or_else(|error| Answer::error(&error).into())
}

/// What [`begin`] begins.
pub(super) enum Begun {
    Now(Response),
    Later(Later),
}

impl From<Answer> for Begun {
    fn from(answer: Answer) -> Self {
        Self::Now(answer.into_response(false))
    }
}

/// A create that the store has been handed.
pub(super) struct Later {
    /// What the store makes of it; an error is a store that has forgotten it.
    pub made: oneshot::Receiver<Result<Record, StoreError>>,
    /// Whether `answer` waits for nothing if the store has taken it.
    pub quick: bool,
    /// Makes the answer.
    pub answer: Box<dyn FnOnce(Result<Record, StoreError>) -> Response + Send>,
}

/// Finds out who asks for what, and goes on with that.
fn enter<T: From<Answer>>(
    server: &Core,
    request: &Request,
    head: bool,
    go_on: impl FnOnce(&Handling<'_>, Route) -> Result<T, ScimError>,
) -> Result<T, ScimError> {
    let (place, path) = locate(server, request.path())?;
    let settings = Settings::of(server, &place.tenant.name);
    let own = settings.profile.map(|profile| server.under(profile));
    let server = own.as_ref().unwrap_or(server);
    let method = if head { Method::Get } else { request.method.clone() };
    let route = Route::find(path, &server.profile);

    let known = auth::access(&place.tenant, &request.headers, || server.now());
    let granted = server.grants.as_ref().is_some_and(|(tenant, grants)| {
        *tenant == place.tenant.name && grants.admits(request.headers.get("authorization"), server.now())
    });
    let access = if granted { Access::Granted(None) } else { known };
    let config = access == Access::Missing && server.profile.switches.public_config && route == Some(Route::Config);
    let public = config && settings.enabled;
    let subject = match &access {
        Access::Granted(subject) => subject.clone(),
        _ if public => None,
        _ => return Ok(unauthorized(&place, &access).into()),
    };
    if !settings.enabled {
        return Err(ScimError::new(403, "SCIM is switched off for this organization"));
    }
    let route = route.ok_or_else(no_endpoint)?;
    if method.as_str() == "OPTIONS" {
        return Ok(Answer::empty(204).with("Allow", route.allow(&server.profile)).into());
    }
    match route.offer(&method, &server.profile) {
        Offer::Served => {}
        Offer::NotImplemented(what) => return Err(ScimError::new(501, format!("this server does not support {what}"))),
        Offer::NotAllowed => {
            let error = ScimError::new(405, format!("{method} is not offered here"));
            return Ok(Answer::error(&error).with("Allow", route.allow(&server.profile)).into());
        }
    }
    if !input::accepts(request.headers.get("accept")) {
        return Err(ScimError::new(406, "answers come as application/scim+json only"));
    }
    let mut base = origin(server, request);
    base.push_str(&place.base_path);
    let tenant = &place.tenant.name;
    let context = Context { server, tenant, base: &base, roles: settings.roles, subject: subject.as_deref() };
    go_on(&Handling { context, place: &place, request, method }, route)
}

/// What an organization's settings mean for its SCIM requests.
struct Settings {
    enabled: bool,
    roles: bool,
    profile: Option<Arc<Profile>>,
}

impl Settings {
    fn of(server: &Core, org: &str) -> Self {
        let state = server.products.lock();
        let Some(organization) = state.organizations.get(org) else {
            return Self { enabled: false, roles: false, profile: None };
        };
        Self {
            enabled: organization.scim.enabled,
            roles: organization.roles.any(),
            profile: organization.profile.clone(),
        }
    }
}

/// The tenant of a path and what is left of it. A version segment may be left out (`RFC7644 §3.13`).
fn locate<'a>(server: &'a Core, path: &'a str) -> Result<(Cow<'a, Place>, &'a str), ScimError> {
    let below = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let fixed = server.tenants.iter().find_map(|place| below(&place.base_path).map(|rest| (place, rest)));
    // A tenant at the root of the host leaves room for organizations.
    if let Some((place, rest)) = fixed.filter(|(place, _)| !place.base_path.is_empty()) {
        return Ok((Cow::Borrowed(place), rest));
    }
    let made = server.made_place(path.split('/').nth(1).unwrap_or_default());
    if let Some(rest) = made.as_ref().and_then(|place| below(&place.base_path)) {
        return made.map(|place| (Cow::Owned(place), rest)).ok_or_else(no_endpoint);
    }
    if let Some((place, rest)) = fixed {
        return Ok((Cow::Borrowed(place), rest));
    }
    let fixed = server.tenants.iter().map(Cow::Borrowed);
    for place in fixed.chain(made.map(Cow::Owned)) {
        let Some(rest) = place.base_path.strip_suffix("/v2").and_then(below) else { continue };
        let segment = rest.split('/').nth(1).unwrap_or_default();
        let number = segment.strip_prefix('v').unwrap_or_default();
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(ScimError::bad(ScimType::InvalidVers, format!("{segment} is not served, v2 is")));
        }
        return Ok((place, rest));
    }
    Err(no_endpoint())
}

fn no_endpoint() -> ScimError {
    ScimError::new(404, "no such endpoint")
}

fn unauthorized(place: &Place, access: &Access) -> Answer {
    let detail = match access {
        Access::Missing => "credentials are required",
        _ => "the credentials are not valid here",
    };
    let challenges = auth::challenges(&place.tenant, access).into_iter();
    challenges.fold(Answer::error(&ScimError::new(401, detail)), |answer, challenge| {
        answer.with("WWW-Authenticate", challenge)
    })
}

/// `http://host:port`, as the server was told or as the client reached it.
pub(super) fn origin(server: &Core, request: &Request) -> String {
    if let Some(url) = &server.public_url {
        return url.clone();
    }
    let plain = |host: &&str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']');
        !host.is_empty() && host.bytes().all(fits)
    };
    let host = request.headers.get("host").filter(plain).unwrap_or("localhost");
    // With room for a base path.
    let mut origin = String::with_capacity("http://".len() + host.len() + 24);
    origin.push_str("http://");
    origin.push_str(host);
    origin
}

/// A request that was let in.
struct Handling<'a> {
    context: Context<'a>,
    place: &'a Place,
    request: &'a Request,
    method: Method,
}

impl Handling<'_> {
    fn route(&self, route: Route) -> Result<Answer, ScimError> {
        let query = self.request.query().unwrap_or_default();
        let of_one = || self.context.server.queries.read(query);
        let parameters = match &route {
            Route::Resource(..) | Route::Me => Vec::new(),
            _ => input::query(query)?,
        };
        let asked = || {
            let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Query::new(&self.context, SearchRequest::from_query(pairs)?)
        };
        let listed = |kinds: &[Kind]| search::list(&self.context, kinds, &asked()?);
        let filtered = parameters.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter"));
        let discovered = || match filtered {
            true => Err(ScimError::new(403, "discovery endpoints cannot be filtered")),
            false => Ok(()),
        };
        match (route, &self.method) {
            (Route::Root, _) => listed(&self.context.kinds()),
            (Route::Search(kind), _) => {
                let body = self.body()?;
                let request = SearchRequest::from_body(write::as_object(&body)?)?;
                let kinds = kind.map_or_else(|| self.context.kinds(), |kind| vec![kind]);
                search::list(&self.context, &kinds, &Query::new(&self.context, request)?)
            }
            (Route::Collection(kind), Method::Get) => listed(&[kind]),
            (Route::Collection(kind), _) => {
                let projection = search::projection(&parameters)?;
                write::create(&self.context, kind, &self.ask(&projection), &self.body()?)
            }
            (Route::Resource(kind, id), _) => self.resource(kind, &id, &*of_one()?),
            (Route::Me, _) => {
                let asked = of_one()?;
                self.resource(Kind::User, &self.own_id()?, &asked)
            }
            (Route::Bulk, _) => {
                let limit = self.context.server.profile.limits.bulk_bytes;
                self.within(limit, "maxPayloadSize")?;
                bulk::perform(&self.context, &self.json()?)
            }
            (Route::Config, _) => discovered().map(|()| discovery::config(&self.context, &self.place.tenant)),
            (Route::ResourceTypes(name), _) => {
                discovered().and_then(|()| discovery::resource_types(&self.context, name.as_deref()))
            }
            (Route::Values(index, id), _) => {
                let list = self.context.server.profile.value_lists.get(index).ok_or_else(missing)?;
                match id {
                    Some(id) => values::one(&self.context, list, &id, &search::projection(&parameters)?),
                    None => values::list(&self.context, list, &asked()?),
                }
            }
            (Route::Schemas(urn), _) => discovered().and_then(|()| discovery::schemas(&self.context, urn.as_deref())),
        }
    }

    /// Hands a create to the store. What its answer needs of the request goes with it.
    fn submit(&self, kind: Kind) -> Result<Later, ScimError> {
        let parameters = input::query(self.request.query().unwrap_or_default())?;
        let projection = search::projection(&parameters)?;
        let body = self.body()?;
        let (draft, creation) = write::prepare(&self.context, kind, &body)?;
        let (done, made) = oneshot::channel();
        // Who has gone away need not be told.
        let then = Box::new(move |outcome| drop(done.send(outcome)));
        let Context { server, tenant, base, roles, subject } = self.context;
        server.store.create_then(tenant, draft, then);
        let server = server.clone();
        let (tenant, base, subject) = (tenant.to_owned(), base.to_owned(), subject.map(str::to_owned));
        let conditions = self.conditions();
        let [if_match, if_none_match] = [conditions.if_match, conditions.if_none_match].map(|it| it.map(str::to_owned));
        let answer = move |made| {
            let context = Context { server: &server, tenant: &tenant, base: &base, roles, subject: subject.as_deref() };
            let conditions = Conditions { if_match: if_match.as_deref(), if_none_match: if_none_match.as_deref() };
            let ask = Ask { projection: &projection, conditions };
            let answer = write::conclude(&context, creation, &ask, &body, made);
            answer.unwrap_or_else(|error| Answer::error(&error)).into_response(false)
        };
        Ok(Later { made, quick: kind == Kind::User && !roles, answer: Box::new(answer) })
    }

    fn resource(&self, kind: Kind, id: &str, asked: &Asked) -> Result<Answer, ScimError> {
        let projection = &asked.view.projection;
        let (context, ask) = (&self.context, self.ask(projection));
        match &self.method {
            Method::Get => {
                if let Some(filter) = &asked.filter {
                    return search::one(context, kind, id, filter, projection);
                }
                let record = context.server.store.get(context.tenant, kind, id, search::links(kind, projection));
                let record = record.map_err(refused)?.ok_or_else(missing)?;
                let face = Face::of(context, &record);
                if let Some(tag) = &face.tag
                    && ask.conditions.unchanged(tag)?
                {
                    return Ok(Answer { etag: face.tag, ..Answer::empty(304) });
                }
                write::answer_with(context, 200, &record, &asked.view, face)
            }
            Method::Put => write::replace(context, kind, id, &ask, &self.body()?),
            Method::Patch => match self.body() {
                // A client learns which formats PATCH takes (`RFC5789 §2.2`).
                Err(error) if error.status == 415 => {
                    Ok(Answer::error(&error).with("Accept-Patch", "application/scim+json, application/json"))
                }
                body => write::modify(context, kind, id, &ask, &body?),
            },
            _ => write::delete(context, kind, id, &ask.conditions),
        }
    }

    fn ask<'a>(&'a self, projection: &'a Projection) -> Ask<'a> {
        Ask { projection, conditions: self.conditions() }
    }

    fn conditions(&self) -> Conditions<'_> {
        let headers = &self.request.headers;
        match self.context.capabilities().etag {
            true => Conditions { if_match: headers.get("if-match"), if_none_match: headers.get("if-none-match") },
            false => Conditions::default(),
        }
    }

    fn body(&self) -> Result<Value, ScimError> {
        self.within(self.context.server.profile.limits.body_bytes, "body limit")?;
        self.json()
    }

    fn json(&self) -> Result<Value, ScimError> {
        input::json(self.request, self.context.server.profile.limits.json_depth)
    }

    fn within(&self, limit: usize, name: &str) -> Result<(), ScimError> {
        match self.request.body.as_ref().map_or(0, Vec::len) {
            length if length > limit => Err(too_large(name, limit)),
            _ => Ok(()),
        }
    }

    /// The id of the user behind the credentials (`RFC7644 §3.11`).
    fn own_id(&self) -> Result<String, ScimError> {
        let context = &self.context;
        let Some(subject) = context.subject else {
            return Err(ScimError::new(501, "/Me: these credentials stand for no user"));
        };
        let select = Select::Name(fold(subject));
        let found = context.server.store.list(context.tenant, Kind::User, &select, Start::After(0), 1, Links::Skip);
        let record = found.map_err(refused)?.pop();
        record
            .map(|record| record.id)
            .ok_or_else(|| ScimError::new(404, "/Me: no user has the name of these credentials"))
    }
}

/// 413, naming the limit (`RFC7644 §3.7.4`).
pub(super) fn too_large(name: &str, limit: usize) -> ScimError {
    ScimError::new(413, format!("the body is larger than {limit} bytes ({name})"))
}

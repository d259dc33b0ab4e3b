//! An exchange as standing checks see it: what was asked for, and what kind of answer came.

use serde_json::Value;

use crate::profile::DeactivatedNames;
pub(super) use crate::scim::address::member;
use crate::scim::schema::{self, ResourceType};
use crate::scim::{Object, urn};
use crate::wire::{Exchange, Method, Request, Response};

/// Where a request went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `/Users`, `/Groups`
    Collection,
    /// `/Users/{id}`, with the decoded id.
    One(String),
    /// `/Me`
    Me,
    /// `/.search` or below a collection.
    Search,
    /// `/Bulk`
    Bulk,
    /// `/ServiceProviderConfig`
    Config,
    /// `/Schemas`, `/ResourceTypes`
    Discovery,
    /// One schema or resource type.
    DiscoveryOne,
    /// Anything else.
    Unknown,
}

/// An answered exchange, taken apart once for all checks.
pub(super) struct Seen<'a> {
    pub request: &'a Request,
    pub response: &'a Response,
    pub place: Place,
    /// The resource type of the endpoint.
    pub kind: Option<&'static ResourceType>,
    pub json: Option<Value>,
    /// What the target does with the name of a deactivated user.
    pub names: DeactivatedNames,
    /// The body of a `.search` request.
    search: Option<Value>,
}

impl<'a> Seen<'a> {
    pub fn new(exchange: &'a Exchange, names: DeactivatedNames) -> Option<Self> {
        let response = exchange.response()?;
        let request = &exchange.request;
        let path = request.path().trim_matches('/');
        let segments: Vec<&str> = path.split('/').collect();
        let kind = [schema::user(), schema::group()]
            .into_iter()
            .find(|kind| Some(kind.endpoint.trim_start_matches('/')) == segments.first().copied());
        let place = match (kind, segments.as_slice()) {
            (Some(_), [_]) => Place::Collection,
            (_, [".search"]) | (Some(_), [_, ".search"]) => Place::Search,
            (Some(_), [_, id]) => Place::One(decoded(id)),
            (_, ["Me"]) => Place::Me,
            (_, ["Bulk"]) => Place::Bulk,
            (_, ["ServiceProviderConfig"]) => Place::Config,
            (_, ["Schemas" | "ResourceTypes"]) => Place::Discovery,
            (_, ["Schemas" | "ResourceTypes", _]) => Place::DiscoveryOne,
            _ => Place::Unknown,
        };
        let search = match (&place, &request.body) {
            (Place::Search, Some(body)) => serde_json::from_slice(body).ok(),
            _ => None,
        };
        let kind = kind.or(if place == Place::Me { Some(schema::user()) } else { None });
        Some(Self { request, response, place, kind, json: response.json(), names, search })
    }

    pub fn status(&self) -> u16 {
        self.response.status
    }

    pub fn is(&self, method: &Method) -> bool {
        self.request.method == *method
    }

    /// The body as an object.
    pub fn object(&self) -> Option<&Object> {
        self.json.as_ref()?.as_object()
    }

    /// True where the answer should be a `ListResponse` (`RFC7644 §3.4.2`, `§3.4.3`, `§4`).
    pub fn wants_list(&self) -> bool {
        self.status() == 200
            && match self.place {
                Place::Collection | Place::Discovery => self.is(&Method::Get),
                Place::Search => self.is(&Method::Post),
                _ => false,
            }
    }

    /// The list, where one was due and an object came.
    pub fn list(&self) -> Option<&Object> {
        self.object().filter(|_| self.wants_list())
    }

    /// The elements of the list; empty where there are none.
    pub fn elements(&self) -> &[Value] {
        self.list().and_then(|list| member(list, "Resources")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The one User or Group that a successful read or write answered with.
    pub fn single(&self) -> Option<&Object> {
        let due = match &self.place {
            Place::Collection => self.is(&Method::Post),
            Place::One(_) | Place::Me => {
                matches!(self.request.method, Method::Get | Method::Put | Method::Patch)
            }
            _ => false,
        };
        self.object().filter(|_| due && matches!(self.status(), 200 | 201))
    }

    /// Every User and Group in the answer with its type: the single one, or those of a list.
    pub fn resources(&self) -> Vec<(&Object, &'static ResourceType)> {
        let listed = self.elements().iter().filter_map(Value::as_object);
        let listed = listed.filter(|_| matches!(self.place, Place::Collection | Place::Search));
        self.single()
            .into_iter()
            .chain(listed)
            .filter_map(|resource| Some((resource, self.kind.or_else(|| kind_of(resource))?)))
            .collect()
    }

    /// A query parameter, decoded; of `.search` the member of its body as text.
    pub fn parameter(&self, name: &str) -> Option<String> {
        if let Some(search) = &self.search {
            return member(search.as_object()?, name).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
        }
        let query = self.request.query()?;
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Whether the request chose attributes, so that others may be missing (`RFC7644 §3.9`).
    pub fn projected(&self) -> bool {
        self.parameter("attributes").is_some() || self.parameter("excludedAttributes").is_some()
    }

    /// A header, trimmed.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers.get(name).map(str::trim)
    }
}

/// The strings of an array member.
pub(super) fn strings<'a>(object: &'a Object, name: &str) -> Vec<&'a str> {
    member(object, name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether `schemas` names a URN, whatever its case (`RFC7643 §2.1`).
pub(super) fn names(object: &Object, wanted: &str) -> bool {
    strings(object, "schemas").iter().any(|urn| urn.eq_ignore_ascii_case(wanted))
}

/// The type of a resource found by a query over several types.
fn kind_of(resource: &Object) -> Option<&'static ResourceType> {
    [(urn::USER, schema::user()), (urn::GROUP, schema::group())]
        .into_iter()
        .find(|(urn, _)| names(resource, urn))
        .map(|(_, kind)| kind)
}

/// Percent-decoded.
pub(super) fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

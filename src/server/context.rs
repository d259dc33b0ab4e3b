//! What a handler knows of its request beside the body: the server, the tenant, the base URL, who asks.

use super::core::Core;
use super::{etag, role};
use crate::profile::Capabilities;
use crate::scim::schema::{self, ResourceType};
use crate::store::{Kind, Record};

/// One request's surroundings.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub server: &'a Core,
    /// The tenant's name in the store.
    pub tenant: &'a str,
    /// `https://host/scim/v2`, without a slash at the end.
    pub base: &'a str,
    /// Whether users of the tenant can have a role of the product.
    pub roles: bool,
    /// The `userName` behind the credentials.
    pub subject: Option<&'a str>,
}

impl Context<'_> {
    pub fn capabilities(&self) -> &Capabilities {
        &self.server.profile.capabilities
    }

    /// The kinds of resources that the server has.
    pub fn kinds(&self) -> Vec<Kind> {
        let there = |kind: &Kind| match kind {
            Kind::User => true,
            Kind::Group => self.capabilities().groups,
            Kind::Device => self.capabilities().custom,
        };
        Kind::ALL.into_iter().filter(there).collect()
    }

    /// Where a resource lives.
    pub fn location(&self, kind: Kind, id: &str) -> String {
        let endpoint = &resource_type(kind).endpoint;
        let mut location = String::with_capacity(self.base.len() + endpoint.len() + 1 + id.len());
        for part in [self.base, endpoint, "/", id] {
            location.push_str(part);
        }
        location
    }

    /// The record's entity tag, if the server has them. The links must be complete.
    pub fn tag(&self, record: &Record) -> Option<String> {
        let shown = self.roles && record.kind == Kind::User;
        // Without the store there is no answer either.
        let role = || if shown { role::of(self.server, self.tenant, record).ok()?.name } else { None };
        self.capabilities().etag.then(|| etag::tag(record, role().as_deref()))
    }
}

/// The schema side of a kind.
pub(super) fn resource_type(kind: Kind) -> &'static ResourceType {
    match kind {
        Kind::User => schema::user(),
        Kind::Group => schema::group(),
        Kind::Device => schema::device(),
    }
}

/// The attribute that shows a resource's memberships; a device has none.
pub(super) const fn links_name(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "groups",
        Kind::Group => "members",
        Kind::Device => "",
    }
}

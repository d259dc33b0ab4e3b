//! The table of routes: which path is which endpoint, which methods it offers, and what stands where a capability is off.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::profile::{Capabilities, Deletion, Profile};
use crate::store::Kind;
use crate::wire::Method;

/// An endpoint below a base path (`RFC7644 §3.2`, table 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// The base path itself.
    Root,
    /// `/.search`, or `/Users/.search`.
    Search(Option<Kind>),
    /// `/Users`
    Collection(Kind),
    /// `/Users/{id}`
    Resource(Kind, String),
    /// `/Me`
    Me,
    /// `/Bulk`
    Bulk,
    /// `/ServiceProviderConfig`
    Config,
    /// `/ResourceTypes`, or one of them.
    ResourceTypes(Option<String>),
    /// `/Schemas`, or one of them.
    Schemas(Option<String>),
    /// A value list by its place in the profile, or one of its values.
    Values(usize, Option<String>),
}

/// What a route says to a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// It is served.
    Served,
    /// The route has no such method: 405.
    NotAllowed,
    /// The standard has it, this server does not: 501 (`RFC7644 §3.12`, table 8).
    NotImplemented(&'static str),
}

impl Route {
    /// The route of a path below the base path: `/Users/2819`. `None` is 404.
    pub fn find(path: &str, profile: &Profile) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        // JC-006: a client whose base URL ends in a slash asks for `//Users`.
        let path = path.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(path);
        // No endpoint has more than two segments.
        let mut decoded = [Cow::Borrowed(""), Cow::Borrowed("")];
        let mut count = 0;
        let plain = !path.contains('%');
        for part in path.split('/').skip(1) {
            let decode = || percent_decode_str(part).decode_utf8().ok();
            *decoded.get_mut(count)? = if plain { Cow::Borrowed(part) } else { decode()? };
            count += 1;
        }
        let both = [decoded[0].as_ref(), decoded[1].as_ref()];
        let parts = &both[..count];
        Self::standard(parts, &profile.capabilities).or_else(|| {
            let (name, id) = match *parts {
                [name] => (name, None),
                [name, id] if !id.is_empty() => (name, Some(id.to_owned())),
                _ => return None,
            };
            let here = |endpoint: &str| endpoint.strip_prefix('/') == Some(name);
            Some(Self::Values(profile.value_lists.iter().position(|list| here(&list.endpoint))?, id))
        })
    }

    /// The routes of the standard.
    fn standard(parts: &[&str], capabilities: &Capabilities) -> Option<Self> {
        let kind = |name: &str| match name {
            "Users" => Some(Kind::User),
            "Groups" if capabilities.groups => Some(Kind::Group),
            "Devices" if capabilities.custom => Some(Kind::Device),
            _ => None,
        };
        Some(match *parts {
            [] => Self::Root,
            [".search"] => Self::Search(None),
            ["Me"] => Self::Me,
            ["Bulk"] => Self::Bulk,
            ["ServiceProviderConfig"] => Self::Config,
            ["ResourceTypes"] => Self::ResourceTypes(None),
            ["ResourceTypes", name] => Self::ResourceTypes(Some(name.to_owned())),
            ["Schemas"] => Self::Schemas(None),
            ["Schemas", urn] => Self::Schemas(Some(urn.to_owned())),
            [name, ".search"] => Self::Search(Some(kind(name)?)),
            [name] => Self::Collection(kind(name)?),
            [name, id] if !id.is_empty() => Self::Resource(kind(name)?, id.to_owned()),
            _ => return None,
        })
    }

    /// The methods of the standard at this endpoint.
    pub const fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Root | Self::Config | Self::ResourceTypes(_) | Self::Schemas(_) | Self::Values(..) => &["GET"],
            Self::Search(_) | Self::Bulk => &["POST"],
            Self::Collection(_) => &["GET", "POST"],
            Self::Resource(..) | Self::Me => &["GET", "PUT", "PATCH", "DELETE"],
        }
    }

    /// Whether a method is served here.
    pub fn offer(&self, method: &Method, profile: &Profile) -> Offer {
        let capabilities = &profile.capabilities;
        match (self, method) {
            (Self::Me, _) if !capabilities.me => Offer::NotImplemented("/Me"),
            (Self::Bulk, _) if !capabilities.bulk => Offer::NotImplemented("/Bulk"),
            (_, Method::Patch) if self.methods().contains(&"PATCH") && !capabilities.patch => {
                Offer::NotImplemented("PATCH")
            }
            // CATALOG-008: users are only deactivated.
            (Self::Resource(Kind::User, _) | Self::Me, Method::Delete) if profile.users.deletion == Deletion::None => {
                Offer::NotImplemented("the deletion of users, it deactivates them")
            }
            _ if self.methods().contains(&method.as_str()) => Offer::Served,
            _ => Offer::NotAllowed,
        }
    }

    /// The value of `Allow`.
    pub fn allow(&self, profile: &Profile) -> String {
        let mut allowed = Vec::new();
        for method in self.methods() {
            if self.offer(&Method::from_word(method), profile) == Offer::Served {
                allowed.push(*method);
            }
        }
        if allowed.contains(&"GET") {
            allowed.push("HEAD");
        }
        allowed.push("OPTIONS");
        allowed.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_routes() {
        let lists = "[[value_list]]\nname = \"Role\"\nendpoint = \"/Roles\"\nschema = \"urn:x\"";
        let text = include_str!("../../fixtures/profiles/rfc.toml").split("[switches]").next().unwrap();
        let mut profile = Profile::parse(&format!("{text}\n{lists}")).unwrap();
        for (path, route) in [
            ("", Some(Route::Root)),
            ("/", Some(Route::Root)),
            ("/Users", Some(Route::Collection(Kind::User))),
            ("/Users/", Some(Route::Collection(Kind::User))),
            ("//Users", Some(Route::Collection(Kind::User))),
            ("///Users", None),
            ("/Users/a%2Fb%20c", Some(Route::Resource(Kind::User, "a/b c".into()))),
            ("/Users/%FF", None),
            ("/Groups/.search", Some(Route::Search(Some(Kind::Group)))),
            ("/.search", Some(Route::Search(None))),
            ("/Schemas/urn:x:y", Some(Route::Schemas(Some("urn:x:y".into())))),
            ("/users", None),
            ("/Users/a/b", None),
            ("/Users//", None),
            ("/Nothing", None),
            ("/Roles", Some(Route::Values(0, None))),
            ("/Roles/a", Some(Route::Values(0, Some("a".into())))),
            ("/Roles/a/b", None),
            ("Roles", Some(Route::Root)),
        ] {
            assert_eq!(Route::find(path, &profile), route, "{path}");
        }
        let none = Capabilities { groups: false, patch: false, bulk: false, me: false, ..Capabilities::default() };
        profile.capabilities = none;
        assert_eq!(Route::find("/Groups", &profile), None);
        let user = Route::Resource(Kind::User, "1".into());
        assert_eq!(user.allow(&profile), "GET, PUT, DELETE, HEAD, OPTIONS");
        profile.users.deletion = Deletion::None;
        assert_eq!(user.allow(&profile), "GET, PUT, HEAD, OPTIONS");
        assert_eq!(Route::Resource(Kind::Group, "1".into()).allow(&profile), "GET, PUT, DELETE, HEAD, OPTIONS");
        assert!(matches!(user.offer(&Method::Delete, &profile), Offer::NotImplemented(_)));
        profile.capabilities.me = true;
        assert_eq!(Route::Me.allow(&profile), "GET, PUT, HEAD, OPTIONS");
        profile.capabilities.me = false;
        assert_eq!(user.offer(&Method::Patch, &profile), Offer::NotImplemented("PATCH"));
        assert_eq!(Route::Bulk.offer(&Method::Post, &profile), Offer::NotImplemented("/Bulk"));
        assert_eq!(user.offer(&Method::Other("BREW".into()), &profile), Offer::NotAllowed);
        assert_eq!(Route::Config.offer(&Method::Patch, &profile), Offer::NotAllowed);
    }
}

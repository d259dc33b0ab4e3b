//! A client's resource taken apart into what the store keeps: key columns, attributes, members; and what it does not keep,
//! the password, which goes to the account behind the user.

use std::collections::HashSet;

use serde_json::Value;

use super::context::resource_type;
use super::core::Core;
use super::users;
use crate::profile::UnknownMembers;
use crate::scim::name::{fold, user_name_key};
use crate::scim::schema::Uniqueness;
use crate::scim::{Object, ScimError, ScimType};
use crate::store::{Body, Held, Keys, Kind, Member, Members, Record, Strangers};

/// Attributes that are computed, kept elsewhere or not kept at all.
const APART: [&str; 6] = ["id", "meta", "groups", "members", "password", "deviceNumber"];

/// A resource in the store's terms.
pub(super) struct Parts {
    pub keys: Keys,
    pub body: Object,
    /// A group's members, each once, in order.
    pub members: Vec<Member>,
    /// The password, if one was given.
    pub password: Option<String>,
}

impl Parts {
    /// Takes a valid resource apart, a user as the profile keeps it; `old` is its state before.
    ///
    /// # Errors
    /// 400 `invalidValue` for a user name that cannot be compared, or a member without `value`; as `users::fit`.
    pub fn of(server: &Core, kind: Kind, resource: Object, old: Option<&Object>) -> Result<Self, ScimError> {
        let mut resource = match kind {
            Kind::User => users::fit(&server.profile.users, resource, old)?,
            Kind::Group | Kind::Device => resource,
        };
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let invalid = |detail: String| ScimError::bad(ScimType::InvalidValue, detail);
        let (name, unique, label) = match kind {
            Kind::User => {
                let key = user_name_key(&text("userName")).map_err(|error| invalid(format!("userName: {error}")))?;
                let formatted = resource.get("name").and_then(|name| name.get("formatted")).and_then(Value::as_str);
                let labels = [text("displayName"), formatted.unwrap_or_default().to_owned(), text("userName")];
                (key, true, labels.into_iter().find(|label| !label.is_empty()).unwrap_or_default())
            }
            Kind::Group => (fold(&text("displayName")), server.profile.switches.group_name_unique, text("displayName")),
            Kind::Device => (text("assetTag"), true, text("displayName")),
        };
        let held = match kind {
            Kind::User => users::held(&server.profile.users, &resource),
            Kind::Group => Vec::new(),
            Kind::Device => distinct(&resource, kind),
        };
        let external_id = resource.get("externalId").and_then(Value::as_str).map(ToOwned::to_owned);
        let mut members = Vec::new();
        if let Some(Value::Array(elements)) = resource.get("members") {
            let mut seen = HashSet::new();
            for element in elements {
                let id = element.get("value").and_then(Value::as_str).filter(|id| !id.is_empty());
                let id = id.ok_or_else(|| invalid("members: an element has no value".into()))?;
                if seen.insert(id) {
                    let display = element.get("display").and_then(Value::as_str).map(ToOwned::to_owned);
                    members.push(Member { id: id.to_owned(), display });
                }
            }
        }
        let password = resource.get("password").and_then(Value::as_str).map(ToOwned::to_owned);
        // Where teams give the roles, what a client wrote gives nothing (CATALOG-022).
        let given = !server.profile.roles.is_empty();
        let apart = |name: &str| APART.contains(&name) || (given && name == "roles");
        resource.retain(|name, _| !apart(name));
        Ok(Self { keys: Keys { name, unique, held, external_id, label }, body: resource, members, password })
    }

    /// What becomes of a record's members; its links are those that the resource was made from.
    pub fn joining(&self, record: &Record) -> Members {
        if record.kind != Kind::Group {
            return Members::KEEP;
        }
        let before: HashSet<&str> = record.links.iter().map(|link| link.id.as_str()).collect();
        let after: HashSet<&str> = self.members.iter().map(|member| member.id.as_str()).collect();
        Members {
            add: self.members.iter().filter(|member| !before.contains(member.id.as_str())).cloned().collect(),
            remove: record
                .links
                .iter()
                .map(|link| &link.id)
                .filter(|id| !after.contains(id.as_str()))
                .cloned()
                .collect(),
        }
    }

    /// The attributes as the store wants them.
    pub fn body(&self) -> Body {
        Body::new(self.body.clone())
    }
}

/// The values that the schema says no other resource of the type has (`RFC7643 §7`), but for the name.
fn distinct(resource: &Object, kind: Kind) -> Vec<Held> {
    let attributes = &resource_type(kind).base.attributes;
    let unique = attributes.iter().filter(|it| it.uniqueness != Uniqueness::None && it.name != "assetTag");
    unique
        .filter_map(|it| {
            let text = resource.get(&it.name)?.as_str()?;
            let key = if it.case_exact { text.to_owned() } else { text.to_lowercase() };
            Some(Held { attribute: it.name.clone(), key })
        })
        .collect()
}

/// What the profile says about members that do not exist.
pub(super) fn strangers(server: &Core) -> Strangers {
    match server.profile.switches.unknown_members {
        UnknownMembers::Refuse => Strangers::Refuse,
        UnknownMembers::Keep => Strangers::Keep,
    }
}

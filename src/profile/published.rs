//! What a target's own schemas say of its users (`RFC7643 §7`): which attributes there are, which are unique, whether a name
//! can be changed, what every user must have. A server may support fewer attributes than the standard names and demand more.

use serde_json::Value;

use super::{Profile, Renaming, Unique, Users};
use crate::scim::schema::{self, Attribute, Schema};
use crate::scim::urn;

/// What all resources have, although no schema lists it (`RFC7643 §3.1`).
const COMMON: [&str; 3] = ["id", "externalId", "meta"];

impl Profile {
    /// The profile as the target's `/Schemas` narrow it, where it leaves choices open: attributes that they do not have are
    /// not stored, those that they call unique are, and an immutable `userName` is never changed. Answers that hold no
    /// schema of users narrow nothing.
    #[must_use]
    pub fn narrowed(&self, schemas: Option<&Value>) -> Self {
        let mut narrowed = self.clone();
        if let Some(own) = schemas.filter(|_| self.open).and_then(Published::of) {
            own.narrow(&mut narrowed.users);
        }
        narrowed
    }
}

/// The attributes that every resource of the target must have by the schema of that URN, as SCIM paths (`emails`,
/// `name.familyName`), beside the one that the standard itself requires: `userName` of users, `displayName` of groups.
#[must_use]
pub fn required(schemas: &Value, urn: &str) -> Vec<String> {
    let Some(base) = find(schemas, urn) else { return Vec::new() };
    let usual = if urn.eq_ignore_ascii_case(urn::USER) { "userName" } else { "displayName" };
    // Every schema of users has their names, every one of groups theirs; what has none is not understood.
    if !members(base, "attributes").any(|one| is(&one["name"], usual)) {
        return Vec::new();
    }
    let mut paths = Vec::new();
    for attribute in members(base, "attributes").filter(|one| !is(&one["name"], usual)) {
        let Some(name) = attribute["name"].as_str() else { continue };
        let parts = members(attribute, "subAttributes").filter(|part| part["required"] == true);
        // What every value of a list must have is no demand for a value.
        let parts: Vec<_> = parts.filter(|_| attribute["multiValued"] != true).filter_map(named).collect();
        if attribute["required"] == true && parts.is_empty() {
            paths.push(name.to_owned());
        }
        paths.extend(parts.iter().map(|part| format!("{name}.{part}")));
    }
    paths
}

/// The published schema of users, and all of them.
struct Published<'a> {
    base: &'a Value,
    all: &'a Value,
}

impl<'a> Published<'a> {
    fn of(all: &'a Value) -> Option<Self> {
        let base = find(all, urn::USER)?;
        // Every schema of users has their names; what has none is not understood.
        members(base, "attributes").any(|one| is(&one["name"], "userName")).then_some(Self { base, all })
    }

    fn narrow(&self, users: &mut Users) {
        let user = schema::user();
        let parts = std::iter::once((&user.base, Some(self.base)))
            .chain(user.extensions.iter().map(|(extension, _)| (extension, find(self.all, &extension.urn))));
        let mut lacking = false;
        let mut stored: Vec<String> = COMMON.iter().map(ToString::to_string).collect();
        for (schema, own) in parts {
            for attribute in &schema.attributes {
                let found =
                    own.and_then(|own| members(own, "attributes").find(|one| is(&one["name"], &attribute.name)));
                lacking |= found.is_none_or(|found| !keep(schema, attribute, found, &mut stored));
            }
        }
        if lacking && users.stored.is_empty() {
            users.stored = stored;
        }
        for attribute in members(self.base, "attributes") {
            let Some(name) = named(attribute).filter(|name| !matches!(*name, "userName" | "id")) else { continue };
            let mut learn = |path: String, one: &Value| {
                if is(&one["uniqueness"], "server") || is(&one["uniqueness"], "global") {
                    users.unique.push(Unique { attribute: path, case_exact: one["caseExact"] == true });
                }
            };
            learn(name.to_owned(), attribute);
            let subs = members(attribute, "subAttributes").filter_map(|sub| Some((named(sub)?, sub)));
            subs.for_each(|(sub, one)| learn(format!("{name}.{sub}"), one));
        }
        let name = members(self.base, "attributes").find(|one| is(&one["name"], "userName"));
        if name.is_some_and(|name| is(&name["mutability"], "immutable")) {
            users.renaming = Renaming::Refused;
        }
    }
}

/// Notes what is published of an attribute of the standard; false where a part of it is not.
fn keep(schema: &Schema, attribute: &Attribute, found: &Value, stored: &mut Vec<String>) -> bool {
    let path =
        if schema.urn == urn::USER { attribute.name.clone() } else { format!("{}:{}", schema.urn, attribute.name) };
    let there: Vec<&Attribute> = attribute
        .subs
        .iter()
        .filter(|sub| members(found, "subAttributes").any(|one| is(&one["name"], &sub.name)))
        .collect();
    // A server that lists no parts at all leaves them out of the schema, not out of the users.
    if there.is_empty() || there.len() == attribute.subs.len() {
        stored.push(path);
        return true;
    }
    stored.extend(there.iter().map(|sub| format!("{path}.{}", sub.name)));
    false
}

fn find<'a>(schemas: &'a Value, urn: &str) -> Option<&'a Value> {
    let all = schemas["Resources"].as_array().or_else(|| schemas.as_array())?;
    all.iter().find(|schema| is(&schema["id"], urn))
}

fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn named(value: &Value) -> Option<&str> {
    value["name"].as_str()
}

fn is(value: &Value, word: &str) -> bool {
    value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standard() -> Value {
        let user = schema::user();
        let all = std::iter::once(&user.base).chain(user.extensions.iter().map(|(schema, _)| schema));
        json!({"Resources": all.map(|schema| Value::Object(schema.to_object())).collect::<Vec<_>>()})
    }

    /// The published attribute of users of that name.
    fn attribute<'a>(schemas: &'a mut Value, name: &str) -> &'a mut Value {
        let all = schemas["Resources"][0]["attributes"].as_array_mut().unwrap();
        all.iter_mut().find(|one| one["name"] == name).unwrap()
    }

    fn rfc() -> Profile {
        Profile::named("rfc").unwrap()
    }

    #[test]
    fn who_publishes_the_standard_or_nothing_of_use_is_taken_as_before() {
        for schemas in [standard(), json!({}), json!({"Resources": [{"id": urn::USER, "attributes": []}]}), json!(7)] {
            assert_eq!(rfc().narrowed(Some(&schemas)), rfc(), "{schemas}");
            assert!(required(&schemas, urn::USER).is_empty(), "{schemas}");
        }
        assert_eq!(rfc().narrowed(None), rfc());
    }

    #[test]
    fn what_is_published_narrows_an_open_profile_and_no_other() {
        let mut schemas = standard();
        schemas["Resources"].as_array_mut().unwrap().truncate(1);
        let all = schemas["Resources"][0]["attributes"].as_array_mut().unwrap();
        all.retain(|one| matches!(one["name"].as_str(), Some("userName" | "name" | "emails" | "title")));
        attribute(&mut schemas, "name")["subAttributes"]
            .as_array_mut()
            .unwrap()
            .retain(|sub| sub["name"] == "givenName");
        attribute(&mut schemas, "userName")["mutability"] = json!("immutable");
        for sub in attribute(&mut schemas, "emails")["subAttributes"].as_array_mut().unwrap() {
            if sub["name"] == "value" {
                sub["uniqueness"] = json!("server");
            }
        }
        let narrowed = rfc().narrowed(Some(&schemas)).users;
        assert_eq!(narrowed.stored, ["id", "externalId", "meta", "userName", "name.givenName", "title", "emails"]);
        assert_eq!(narrowed.unique, [Unique { attribute: "emails.value".into(), case_exact: false }]);
        assert_eq!(narrowed.renaming, Renaming::Refused);
        let declared = Profile { open: false, ..rfc() };
        assert_eq!(declared.narrowed(Some(&schemas)), declared);
    }

    #[test]
    fn what_every_user_must_have_is_read() {
        let mut schemas = standard();
        attribute(&mut schemas, "emails")["required"] = json!(true);
        // A value is needed of each address; that is no demand for an address of another kind.
        for sub in attribute(&mut schemas, "phoneNumbers")["subAttributes"].as_array_mut().unwrap() {
            sub["required"] = json!(sub["name"] == "value");
        }
        for sub in attribute(&mut schemas, "name")["subAttributes"].as_array_mut().unwrap() {
            sub["required"] = json!(sub["name"] == "familyName");
        }
        assert_eq!(required(&schemas, urn::USER), ["name.familyName", "emails"]);
        let groups = json!([{"id": urn::GROUP, "attributes": [
            {"name": "displayName", "required": true},
            {"name": "members", "multiValued": true, "required": true, "subAttributes": [{"name": "value", "required": true}]},
        ]}]);
        assert_eq!(required(&groups, urn::GROUP), ["members"]);
        assert!(required(&groups, urn::USER).is_empty() && required(&schemas, urn::GROUP).is_empty());
    }
}

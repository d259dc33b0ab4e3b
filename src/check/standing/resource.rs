//! Standing checks of what every User and Group in an answer must have, and must not have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::seen::{Place, Seen, member, names, strings};
use super::{Check, Said};
use crate::flow::Outcome;
use crate::scim::schema::ResourceType;
use crate::scim::{Object, urn};

pub(super) const CHECKS: [Check; 15] = [
    Check { name: "resource has an id", requirements: &["RFC7643-3.1-4"], judge: id },
    Check { name: "id is not bulkId", requirements: &["RFC7643-3.1-8"], judge: bulk_id },
    Check { name: "id is that of the URL", requirements: &["RFC7643-3.1-6"], judge: same_id },
    Check { name: "resource has schemas", requirements: &["RFC7643-3-3", "RFC7643-2.1-2"], judge: schemas },
    Check { name: "schemas has the base schema", requirements: &["RFC7643-3.3-2"], judge: base_schema },
    Check { name: "schemas has no duplicates", requirements: &["RFC7643-3-5"], judge: duplicate_schemas },
    Check { name: "extensions are named in schemas", requirements: &["RFC7643-2.1-2"], judge: extensions },
    Check { name: "no password in an answer", requirements: &["RFC7643-4.1.1-17"], judge: password },
    Check { name: "one primary at most", requirements: &["RFC7643-2.4-3"], judge: primary },
    Check { name: "members have values", requirements: &["RFC7643-4.2-6"], judge: members },
    Check { name: "a member is listed once", requirements: &["RFC7643-2.4-10"], judge: member_once },
    Check { name: "groups have values", requirements: &["RFC7643-4.1.2-20"], judge: groups },
    Check {
        name: "a member's reference is the member's",
        requirements: &["RFC7643-2.3.7-1", "RFC7643-2.3.7-6", "RFC7643-4.2-7", "RFC7644-3.7.2-7"],
        judge: member_refs,
    },
    Check { name: "a group's reference is the group's", requirements: &["RFC7643-4.1.2-21"], judge: group_refs },
    Check { name: "a manager's reference is the manager's", requirements: &["RFC7643-4.3-4"], judge: manager_ref },
];

/// Judges every resource: the first that is bad, else a pass; nothing where none applies. The function returns `None`
/// for a resource that is no matter, an empty phrase for a good one, and what is wrong for a bad one.
pub(super) fn each(
    seen: &Seen,
    expected: &str,
    judge: impl Fn(&Object, &'static ResourceType) -> Option<String>,
) -> Option<Said> {
    let said: Vec<String> = seen.resources().into_iter().filter_map(|(resource, kind)| judge(resource, kind)).collect();
    let bad = said.iter().find(|phrase| !phrase.is_empty());
    match (said.len(), bad) {
        (0, _) => None,
        (_, Some(bad)) => Some(Said::fail(expected, bad.clone())),
        (count, None) => Some(Said::when(true, expected, format!("so in {count}"))),
    }
}

/// An empty phrase for good.
pub(super) fn phrase(good: bool, bad: impl FnOnce() -> String) -> String {
    if good { String::new() } else { bad() }
}

fn id(seen: &Seen) -> Option<Said> {
    each(seen, "an id that is a string and not empty", |resource, _| {
        let id = member(resource, "id");
        let good = id.and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        Some(phrase(good, || id.map_or("no id".into(), |id| format!("id {id}"))))
    })
}

fn bulk_id(seen: &Seen) -> Option<Said> {
    each(seen, "an id without the word bulkId", |resource, _| {
        let id = member(resource, "id")?.as_str()?;
        Some(phrase(!id.contains("bulkId"), || id.to_owned()))
    })
}

fn same_id(seen: &Seen) -> Option<Said> {
    let Place::One(wanted) = &seen.place else { return None };
    let id = member(seen.single()?, "id")?.as_str()?;
    Some(Said::when(id == wanted, format!("id \"{wanted}\""), format!("\"{id}\"")))
}

fn schemas(seen: &Seen) -> Option<Said> {
    each(seen, "schemas with at least one URI", |resource, _| {
        let there = !strings(resource, "schemas").is_empty();
        // With a choice of attributes schemas may be left out (I-41).
        (there || !seen.projected()).then(|| phrase(there, || "none".into()))
    })
}

fn base_schema(seen: &Seen) -> Option<Said> {
    each(seen, "the base schema among schemas", |resource, kind| {
        let all = strings(resource, "schemas");
        (!all.is_empty()).then(|| phrase(names(resource, &kind.base.urn), || all.join(", ")))
    })
}

fn duplicate_schemas(seen: &Seen) -> Option<Said> {
    each(seen, "each URI once", |resource, _| {
        let all = strings(resource, "schemas");
        let once: BTreeSet<String> = all.iter().map(|urn| urn.to_ascii_lowercase()).collect();
        (!all.is_empty()).then(|| phrase(once.len() == all.len(), || all.join(", ")))
    })
}

fn extensions(seen: &Seen) -> Option<Said> {
    // The text says MAY (RFC7643 §3.3) and, elsewhere, that schemas names what is there (§2.1): a warning.
    let said = each(seen, "every extension in use among schemas", |resource, _| {
        let used: Vec<&String> = resource
            .iter()
            .filter(|(key, value)| key.to_ascii_lowercase().starts_with("urn:") && value.is_object())
            .map(|(key, _)| key)
            .collect();
        let listed = !strings(resource, "schemas").is_empty();
        let missing = used.iter().find(|urn| !names(resource, urn));
        (listed && !used.is_empty())
            .then(|| phrase(missing.is_none(), || format!("without {}", missing.map_or("", |urn| urn))))
    })?;
    let outcome = if said.outcome == Outcome::Fail { Outcome::Warn } else { said.outcome };
    Some(Said { outcome, ..said })
}

fn password(seen: &Seen) -> Option<Said> {
    each(seen, "no password", |resource, _| {
        let there = member(resource, "password").is_some_and(|value| !value.is_null());
        Some(phrase(!there, || "a password member".into()))
    })
}

fn primary(seen: &Seen) -> Option<Said> {
    each(seen, "primary true at most once per attribute", |resource, _| {
        let many = resource
            .iter()
            .filter_map(|(name, value)| Some((name, value.as_array()?)))
            .find(|(_, values)| values.iter().filter(|value| value["primary"] == true).count() > 1);
        Some(phrase(many.is_none(), || many.map(|(name, _)| format!("several in {name}")).unwrap_or_default()))
    })
}

/// The elements of a multi-valued attribute, unless the request chose attributes.
fn values<'a>(seen: &Seen, resource: &'a Object, name: &str) -> Option<&'a Vec<Value>> {
    member(resource, name)?.as_array().filter(|items| !items.is_empty() && !seen.projected())
}

fn valued(seen: &Seen, name: &'static str) -> Option<Said> {
    each(seen, "a value in every element", |resource, _| {
        let bad = values(seen, resource, name)?.iter().find(|item| item["value"].as_str().is_none_or(str::is_empty));
        Some(phrase(bad.is_none(), || bad.map(Value::to_string).unwrap_or_default()))
    })
}

fn members(seen: &Seen) -> Option<Said> {
    seen.kind.filter(|kind| kind.name == "Group")?;
    valued(seen, "members")
}

fn groups(seen: &Seen) -> Option<Said> {
    seen.kind.filter(|kind| kind.name == "User")?;
    valued(seen, "groups")
}

/// Whether a reference, where there is one, ends with an endpoint of that list and the id beside it; `None` where either
/// is missing, where the URI has the name beside it, another identifier (`RFC7644 §3.4.1`), or where the id has a slash and
/// cannot be told from the path.
fn refers(item: &Value, endpoints: &[&str]) -> Option<bool> {
    let (uri, id) = (item["$ref"].as_str()?, item["value"].as_str()?);
    let tail = super::meta::tail(uri);
    let ends = |text: &str| endpoints.iter().any(|endpoint| tail == format!("{endpoint}/{text}"));
    let named = item["display"].as_str().is_some_and(ends);
    (!id.contains('/') && (ends(id) || !named)).then(|| ends(id))
}

fn refs(seen: &Seen, name: &'static str, endpoints: &[&str]) -> Option<Said> {
    each(seen, "$ref ends with the endpoint and the value", |resource, _| {
        let items = values(seen, resource, name)?;
        let judged: Vec<(&Value, bool)> =
            items.iter().filter_map(|item| Some((item, refers(item, endpoints)?))).collect();
        let bad = judged.iter().find(|(_, good)| !good);
        (!judged.is_empty())
            .then(|| phrase(bad.is_none(), || bad.map(|(item, _)| item.to_string()).unwrap_or_default()))
    })
}

fn member_refs(seen: &Seen) -> Option<Said> {
    seen.kind.filter(|kind| kind.name == "Group")?;
    refs(seen, "members", &["/Users", "/Groups"])
}

fn group_refs(seen: &Seen) -> Option<Said> {
    seen.kind.filter(|kind| kind.name == "User")?;
    refs(seen, "groups", &["/Groups"])
}

fn manager_ref(seen: &Seen) -> Option<Said> {
    each(seen, "$ref ends with /Users and the value", |resource, _| {
        let manager = member(member(resource, urn::ENTERPRISE_USER)?.as_object()?, "manager")?;
        let good = refers(manager, &["/Users"])?;
        Some(phrase(good, || manager.to_string()))
    })
}

fn member_once(seen: &Seen) -> Option<Said> {
    seen.kind.filter(|kind| kind.name == "Group")?;
    each(seen, "each member once", |resource, _| {
        let mut known = BTreeSet::new();
        let twice = values(seen, resource, "members")?
            .iter()
            .filter_map(|item| item["value"].as_str())
            .find(|id| !known.insert(*id));
        Some(phrase(twice.is_none(), || format!("{} twice", twice.unwrap_or_default())))
    })
}

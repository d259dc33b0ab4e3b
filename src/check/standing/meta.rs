//! Standing checks of `meta` and the headers that repeat it (`RFC7643 §3.1`, `RFC7644 §3.14`).

use serde_json::Value;

use super::resource::{each, phrase};
use super::seen::{Place, Seen, decoded, member};
use super::{Check, Said};
use crate::scim::schema::ResourceType;
use crate::scim::{Object, datetime};
use crate::wire::date;

pub(super) const CHECKS: [Check; 10] = [
    Check { name: "meta is there", requirements: &["RFC7643-3.1-16"], judge: there },
    Check { name: "meta.resourceType is the type", requirements: &["RFC7643-3.1-24"], judge: resource_type },
    Check { name: "meta.location is the resource's", requirements: &["RFC7643-3.1-21"], judge: own_location },
    Check { name: "201: Location is meta.location", requirements: &["RFC7644-3.3-9"], judge: created_location },
    Check { name: "Location header is meta.location", requirements: &["RFC7643-3.1-20"], judge: read_location },
    Check { name: "times are dateTimes", requirements: &["RFC7643-2.3.5-1"], judge: times },
    Check { name: "what is made is made now", requirements: &["RFC7643-3.1-17"], judge: moment },
    Check { name: "lastModified is not before created", requirements: &["RFC7643-3.1-19"], judge: order },
    Check { name: "meta.version is the ETag", requirements: &["RFC7643-3.1-22"], judge: version },
    Check { name: "ETag is an entity tag", requirements: &["HTTP-9110-8.8.3-1"], judge: tag },
];

fn meta<'a>(resource: &'a Object, name: &str) -> Option<&'a str> {
    member(member(resource, "meta")?.as_object()?, name)?.as_str()
}

fn there(seen: &Seen) -> Option<Said> {
    if seen.projected() {
        return None;
    }
    let resources = seen.resources();
    let missing = resources.iter().any(|(resource, _)| member(resource, "meta").is_none_or(|meta| !meta.is_object()));
    (!resources.is_empty()).then(|| {
        if missing {
            Said::reads("I-41", 2, "meta in a default answer", "none")
        } else {
            Said::when(true, "meta in a default answer", "there")
        }
    })
}

fn resource_type(seen: &Seen) -> Option<Said> {
    each(seen, "meta.resourceType as in /ResourceTypes", |resource, kind| {
        let name = meta(resource, "resourceType")?;
        Some(phrase(name == kind.name, || format!("\"{name}\" for a {}", kind.name)))
    })
}

/// The decoded `/Users/{id}` at the end of a URI.
pub(super) fn tail(uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.trim_end_matches('/').rsplit('/').map(decoded);
    let id = segments.next().unwrap_or_default();
    format!("/{}/{id}", segments.next().unwrap_or_default())
}

fn own_location(seen: &Seen) -> Option<Said> {
    each(seen, "meta.location ends with the endpoint and the id", |resource, kind: &ResourceType| {
        let location = meta(resource, "location")?;
        let id = member(resource, "id")?.as_str()?;
        // An id with a slash that is not encoded cannot be told apart: no verdict.
        (!id.contains('/')).then(|| phrase(tail(location) == format!("{}/{id}", kind.endpoint), || location.to_owned()))
    })
}

fn created_location(seen: &Seen) -> Option<Said> {
    let resource = seen.single().filter(|_| seen.status() == 201 && !seen.projected())?;
    let header = seen.header("Location")?;
    let expected = format!("meta.location \"{header}\"");
    Some(match meta(resource, "location") {
        None => Said::fail(expected, "none"),
        Some(own) => same(header, own, expected),
    })
}

/// One URI twice: equal passes, two forms of the same resource warn, others fail.
fn same(header: &str, own: &str, expected: String) -> Said {
    if header == own {
        Said::when(true, expected, format!("\"{own}\""))
    } else if tail(header) == tail(own) {
        Said::warn(expected, format!("\"{own}\", another form of it"))
    } else {
        Said::fail(expected, format!("\"{own}\""))
    }
}

fn read_location(seen: &Seen) -> Option<Said> {
    let resource = seen.single().filter(|_| seen.status() == 200 && matches!(seen.place, Place::One(_)))?;
    let own = meta(resource, "location")?;
    let expected = |header: &str| format!("meta.location \"{header}\"");
    match (seen.header("Location"), seen.header("Content-Location")) {
        (Some(header), _) => Some(Said { reading: Some(("I-72", 1)), ..same(header, own, expected(header)) }),
        (None, Some(header)) => Some(Said { reading: Some(("I-25", 2)), ..same(header, own, expected(header)) }),
        (None, None) => Some(Said::reads("I-72", 2, "Location on reads, if any, is meta.location", "no such header")),
    }
}

fn times(seen: &Seen) -> Option<Said> {
    each(seen, "created and lastModified as xsd:dateTime", |resource, _| {
        let both = ["created", "lastModified"];
        let there: Vec<&str> = both.iter().filter_map(|name| meta(resource, name)).collect();
        let bad = there.iter().find(|text| datetime::parse(text).is_none());
        (!there.is_empty()).then(|| phrase(bad.is_none(), || format!("\"{}\"", bad.unwrap_or(&""))))
    })
}

fn order(seen: &Seen) -> Option<Said> {
    each(seen, "lastModified not before created", |resource, _| {
        let created = datetime::parse(meta(resource, "created")?)?;
        let modified = datetime::parse(meta(resource, "lastModified")?)?;
        // The two may be kept with different precision.
        let good = modified + time::Duration::SECOND > created;
        Some(phrase(good, || format!("lastModified {modified}, created {created}")))
    })
}

/// How far the time of a create may be from the `Date` of its answer: two machines may have had a hand in it.
const APART: time::Duration = time::Duration::minutes(10);

/// A user who was deactivated and comes back keeps `created`, and is modified now.
fn moment(seen: &Seen) -> Option<Said> {
    let resource = seen.single().filter(|_| seen.status() == 201)?;
    let now = date::parse(seen.header("Date")?)?;
    let text = meta(resource, "lastModified").or_else(|| meta(resource, "created"))?;
    let good = (datetime::parse(text)? - now).abs() < APART;
    Some(Said::when(good, format!("the time of the answer, {}", datetime::print(now)), text))
}

fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

fn version(seen: &Seen) -> Option<Said> {
    let resource = seen.single()?;
    match (seen.header("ETag"), meta(resource, "version")) {
        (Some(tag), Some(version)) => {
            let expected = format!("meta.version {tag}");
            Some(match () {
                () if tag == version => Said::reads("I-24", 1, expected, version),
                () if opaque(tag) == opaque(version) => Said::reads("I-24", 2, expected, version),
                () => Said::fail(expected, version),
            })
        }
        (None, Some(version)) => Some(Said::warn(format!("an ETag header {version}"), "none")),
        // RFC7643 §3.1: support of version is optional, and many HTTP frameworks add an ETag to whatever they send.
        _ => None,
    }
}

fn tag(seen: &Seen) -> Option<Said> {
    if matches!(seen.place, Place::Unknown) {
        return None;
    }
    let tag = seen.header("ETag")?;
    let bare = tag.strip_prefix("W/").unwrap_or(tag);
    let inside = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let good = inside.is_some_and(|inside| !inside.contains('"') && !inside.contains(' '));
    Some(Said::when(good, "an opaque text in double quotes, perhaps after W/", Value::from(tag).to_string()))
}

//! Permitted variants of a good server: what the standard leaves open must turn no requirement of the standard red, and
//! of the identity providers' only those that they are known to have.

use scimproof::profile::{PatchAnswer, Profile};
use scimproof::wire::{Headers, Method, Response};
use serde_json::{Value, json};

use scimproof::fault::Fault;
use scimproof::fault::tools::{
    Object, body, each, each_of, edit, error, id_below, is_one, lists, parameter, path, with_body, with_parameter,
};

/// A variant: its name, what it does to the profile, what it does to requests and answers.
pub type Variant = (&'static str, fn(&mut Profile), Fault);

pub const VARIANTS: &[Variant] = &[
    ("the bundled server itself", same, |world, request| world.pass(request)),
    (
        "PATCH of users answers 204",
        |profile| profile.switches.patch_answer = PatchAnswer::NoContent,
        |world, request| world.pass(request),
    ),
    (
        "PATCH of groups answers 200",
        |profile| profile.switches.group_patch_answer = PatchAnswer::Resource,
        |world, request| world.pass(request),
    ),
    ("an empty list has no Resources", same, |world, request| empty(world.pass(request), None)),
    ("an empty list has Resources null", same, |world, request| empty(world.pass(request), Some(Value::Null))),
    ("a whole list does not say where it starts", same, |world, request| {
        let list = lists(&request);
        let response = world.pass(request);
        if !list {
            return response;
        }
        edit(response, |list| {
            let length = list["Resources"].as_array().map_or(0, Vec::len);
            if list["totalResults"] == length
                && let Some(list) = list.as_object_mut()
            {
                list.shift_remove("startIndex");
                list.shift_remove("itemsPerPage");
            }
        })
    }),
    ("unassigned attributes are []", same, |world, request| {
        each_of(world, request, "/Users", |user| {
            for name in ["emails", "phoneNumbers", "addresses", "ims", "photos", "groups", "entitlements", "roles"] {
                user.entry(name).or_insert_with(|| json!([]));
            }
        })
    }),
    ("unassigned attributes are null", same, |world, request| {
        each_of(world, request, "/Users", |user| {
            for name in ["emails", "phoneNumbers", "displayName", "nickName", "title", "name", "externalId", "groups"] {
                user.entry(name).or_insert(Value::Null);
            }
        })
    }),
    ("an empty group has members []", same, |world, request| {
        let projected = parameter(&request, "excludedAttributes").is_some();
        if projected {
            return world.pass(request);
        }
        each_of(world, request, "/Groups", |group| {
            group.entry("members").or_insert_with(|| json!([]));
        })
    }),
    ("there are no versions", |profile| profile.capabilities.etag = false, |world, request| world.pass(request)),
    ("tags are strong", same, |world, request| {
        let mut response = world.pass(request);
        if let Some(tag) = response.headers.get("ETag").map(|tag| tag.trim_start_matches("W/").to_owned()) {
            response.headers.set("ETag", tag);
        }
        each(response, |resource| {
            if let Some(version) = resource.get_mut("meta").and_then(|meta| meta.get_mut("version"))
                && let Some(tag) = version.as_str().map(|tag| tag.trim_start_matches("W/").to_owned())
            {
                *version = tag.into();
            }
        })
    }),
    ("there is no sorting, no bulk, no /Me", no_extras, |world, request| world.pass(request)),
    ("there are attributes that nobody knows", same, |world, request| {
        let known = path(&request).starts_with("/Users") || path(&request).starts_with("/Groups");
        let response = world.pass(request);
        if !known {
            return response;
        }
        let response = each(response, |resource| {
            resource.insert("x-internal".into(), json!({"shard": 3}));
            resource.insert("favouriteColours".into(), json!(["blue"]));
        });
        edit(response, |body| body["x-request"] = "a1b2".into())
    }),
    ("there are schemas that nobody knows", same, |world, request| {
        each_of(world, request, "/", |resource| {
            if let Some(schemas) = resource.get_mut("schemas").and_then(Value::as_array_mut) {
                schemas.push("urn:example:params:scim:schemas:extension:acme:2.0:User".into());
            }
        })
    }),
    ("answers are application/json", same, |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("Content-Type").is_some() {
            response.headers.set("Content-Type", "application/json");
        }
        response
    }),
    ("answers name their charset", same, |world, request| {
        let mut response = world.pass(request);
        if response.headers.get("Content-Type").is_some() {
            response.headers.set("Content-Type", "application/scim+json;charset=UTF-8");
        }
        response
    }),
    ("names of headers are in lower case", same, |world, request| {
        let response = world.pass(request);
        let headers: Headers =
            response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Response { headers, ..response }
    }),
    ("errors have no detail", same, |world, request| match world.pass(request) {
        // Only of a job that is too large the body must say more (`RFC7644 §3.7.4`).
        large if large.status == 413 => large,
        response => shorter_error(response, |error| {
            error.shift_remove("detail");
        }),
    }),
    ("errors say scimType only where they must", same, |world, request| {
        shorter_error(world.pass(request), |error| {
            if !matches!(
                error.get("scimType").and_then(Value::as_str),
                Some("uniqueness" | "invalidFilter" | "mutability")
            ) {
                error.shift_remove("scimType");
            }
        })
    }),
    ("the status in errors is a number", same, |world, request| {
        let response = world.pass(request);
        let status = response.status;
        shorter_error(response, |error| _ = error.insert("status".into(), status.into()))
    }),
    ("members stand in the opposite order", same, |world, request| {
        let response = world.pass(request);
        edit(response, |body| *body = reversed(body))
    }),
    ("members of a group have a value only", same, |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                *member = json!({"value": member["value"]});
            }
        })
    }),
    ("members of a group have a display", same, |world, request| {
        each_of(world, request, "/Groups", |group| {
            for member in group.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
                member["display"] = "Somebody".into();
            }
        })
    }),
    ("users do not show their groups", same, |world, request| {
        each_of(world, request, "/Users", |user| _ = user.shift_remove("groups"))
    }),
    (
        "groups may share a name",
        |profile| profile.switches.group_name_unique = false,
        |world, request| world.pass(request),
    ),
    ("a page has at most three resources", |profile| profile.limits.page_max = 3, |world, request| world.pass(request)),
    ("times have no fraction and an offset", same, |world, request| {
        each_of(world, request, "/", |resource| {
            for name in ["created", "lastModified"] {
                if let Some(text) =
                    resource.get("meta").and_then(|meta| meta[name].as_str()).and_then(|it| it.get(..19))
                {
                    let text = format!("{text}+00:00");
                    resource["meta"][name] = text.into();
                }
            }
        })
    }),
    ("PUT keeps what was left out", same, |world, request| {
        if let (Method::Put, Some(id)) = (&request.method, id_below(&request, "/Users")) {
            let old = world.read(&format!("/Users/{id}"));
            let sent = body(&request);
            let kept: Object = old
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(name, _)| sent.get(name.as_str()).is_none() && !name.starts_with("urn:"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            return world.pass(with_body(request, |body| {
                if let Some(body) = body.as_object_mut() {
                    body.extend(kept);
                }
            }));
        }
        world.pass(request)
    }),
    ("an e-mail's domain is written in lower case", same, |world, request| {
        each_of(world, request, "/Users", |user| {
            for mail in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some((local, domain)) = mail["value"].as_str().and_then(|mail| mail.rsplit_once('@')) {
                    mail["value"] = format!("{local}@{}", domain.to_lowercase()).into();
                }
            }
        })
    }),
    ("locations are relative", same, |world, request| {
        const ORIGIN: &str = "http://127.0.0.1";
        let mut response = world.pass(request);
        if let Some(place) = response.headers.get("Location").map(|text| text.replace(ORIGIN, "")) {
            response.headers.set("Location", place);
        }
        each(response, |resource| {
            if let Some(place) = resource.get_mut("meta").and_then(|meta| meta.get_mut("location"))
                && let Some(text) = place.as_str().map(|text| text.replace(ORIGIN, ""))
            {
                *place = text.into();
            }
        })
    }),
    ("every fiftieth request is put off", same, |world, request| {
        if world.tick("requests") % 50 == 0 {
            let mut later = error(429, None);
            later.headers.set("Retry-After", "0");
            return later;
        }
        world.pass(request)
    }),
    ("a filter may not name what is unknown", same, |world, request| {
        let strange = parameter(&request, "filter").is_some_and(|filter| filter.starts_with("favourite"));
        if strange { error(400, Some("invalidFilter")) } else { world.pass(request) }
    }),
    ("unknown parameters are passed over", same, |world, request| {
        let strange = parameter(&request, "aadOptscim062020").is_some();
        world.pass(if strange { with_parameter(request, "aadOptscim062020", None) } else { request })
    }),
    ("DELETE answers 204 with a media type", same, |world, request| {
        let delete = is_one(&request, Method::Delete, "/Users");
        let mut response = world.pass(request);
        if delete && response.status == 204 {
            response.headers.set("Content-Type", "application/scim+json");
        }
        response
    }),
    (
        "the letter of the standard alone",
        |profile| *profile = Profile::named("strict").unwrap(),
        |world, request| world.pass(request),
    ),
];

fn same(_: &mut Profile) {}

fn no_extras(profile: &mut Profile) {
    profile.capabilities.sort = false;
    profile.capabilities.bulk = false;
    profile.capabilities.me = false;
}

/// A list without matches, with other `Resources` or none.
fn empty(response: Response, resources: Option<Value>) -> Response {
    edit(response, |list| {
        if list["totalResults"] == 0
            && let Some(list) = list.as_object_mut()
        {
            list.shift_remove("Resources");
            list.extend(resources.map(|value| ("Resources".to_owned(), value)));
        }
    })
}

fn shorter_error(response: Response, change: impl FnOnce(&mut Object)) -> Response {
    if response.status < 400 {
        return response;
    }
    edit(response, |error| _ = error.as_object_mut().map(change))
}

/// The members of every object in the opposite order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect::<Object>().into()
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// The requirements of identity providers that a variant is known not to fulfil; none where it is not listed.
pub const KNOWN: &[(&str, &[&str])] = &[
    ("PATCH of groups answers 200", &["ENTRA-059"]),
    ("a whole list does not say where it starts", &["OKTA-110", "OKTA-136"]),
    ("there is no sorting, no bulk, no /Me", &["ENTRA-076"]),
    ("answers are application/json", &["ENTRA-066"]),
    ("errors have no detail", &["ENTRA-005", "ENTRA-007", "OKTA-025", "OKTA-047", "OKTA-051", "OKTA-173"]),
    ("the status in errors is a number", &["JC-005"]),
    ("a page has at most three resources", &["OKTA-133"]),
    ("the letter of the standard alone", STRICT),
];

/// What Entra ID asks beyond the standard.
const STRICT: &[&str] = &[
    "ENTRA-017",
    "ENTRA-020",
    "ENTRA-022",
    "ENTRA-024",
    "ENTRA-025",
    "ENTRA-026",
    "ENTRA-027",
    "ENTRA-028",
    "ENTRA-029",
    "ENTRA-030",
    "ENTRA-031",
    "ENTRA-032",
    "ENTRA-034",
    "ENTRA-035",
    "ENTRA-037",
    "ENTRA-038",
    "ENTRA-039",
    "ENTRA-041",
    "ENTRA-042",
    "ENTRA-051",
    "ENTRA-052",
    "ENTRA-053",
    "ENTRA-054",
    "ENTRA-055",
    "ENTRA-057",
    "ENTRA-059",
    "ENTRA-075",
    "ENTRA-080",
];

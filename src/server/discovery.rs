//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (`RFC7644 §4`, `RFC7643 §5` to `§7`): what the profile says, said
//! to clients. Sorting, paging and projection are ignored here; the caller refuses filters.

use serde_json::{Value, json};

use super::answer::Answer;
use super::auth::{Scheme, Tenant};
use super::context::{Context, resource_type};
use super::{users, values};
use crate::scim::schema::{self, Schema};
use crate::scim::{Object, ScimError, urn};
use crate::store::Kind;

/// `GET /ServiceProviderConfig`
pub(super) fn config(context: &Context<'_>, tenant: &Tenant) -> Answer {
    let capabilities = context.capabilities();
    let limits = &context.server.profile.limits;
    let mut body = json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": capabilities.patch },
        "bulk": {
            "supported": capabilities.bulk,
            "maxOperations": limits.bulk_operations,
            "maxPayloadSize": limits.bulk_bytes,
        },
        "filter": { "supported": capabilities.filter, "maxResults": limits.page_max },
        "changePassword": { "supported": capabilities.change_password },
        "sort": { "supported": capabilities.sort },
        "etag": { "supported": capabilities.etag },
        "authenticationSchemes": schemes(tenant),
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", context.base),
        },
    });
    if context.server.profile.switches.interop_conformant {
        body["interopProfileConformant"] = true.into();
    }
    if capabilities.cursor {
        // Who begins without saying which gets pages by index, as before there were cursors (`RFC9865 §2.4`).
        body["pagination"] = json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.page_default,
            "maxPageSize": limits.page_max,
            "cursorTimeout": limits.cursor_seconds,
        });
    }
    Answer::text(200, body.to_string())
}

fn schemes(tenant: &Tenant) -> Vec<Value> {
    let basic = tenant.credentials.iter().any(|credential| matches!(credential.scheme, Scheme::Basic { .. }));
    let bearer = !basic || tenant.credentials.iter().any(|credential| matches!(credential.scheme, Scheme::Bearer(_)));
    let rows = [
        (bearer, "oauthbearertoken", "OAuth Bearer Token", "A bearer token in the Authorization header", "rfc6750"),
        (basic, "httpbasic", "HTTP Basic", "A user name and password in the Authorization header", "rfc7617"),
    ];
    let offered = rows.into_iter().filter(|row| row.0).enumerate();
    offered
        .map(|(index, (_, kind, name, description, rfc))| {
            json!({
                "type": kind,
                "name": name,
                "description": description,
                "specUri": format!("https://www.rfc-editor.org/info/{rfc}"),
                "primary": index == 0,
            })
        })
        .collect()
}

/// `GET /ResourceTypes` and `GET /ResourceTypes/{name}`
///
/// # Errors
/// 404 for an unknown name.
pub(super) fn resource_types(context: &Context<'_>, name: Option<&str>) -> Result<Answer, ScimError> {
    let profile = &context.server.profile;
    let kinds = context.kinds().into_iter();
    let used = |kind: Kind| {
        let mut kind = resource_type(kind).clone();
        kind.extensions.retain(|(schema, _)| users::served(profile, schema).is_some());
        kind
    };
    let listed = context.server.profile.value_lists.iter().map(values::resource_type);
    let all = kinds.map(used).chain(listed);
    let all =
        all.map(|kind| described(context, kind.to_object(), "ResourceType", &format!("ResourceTypes/{}", kind.name)));
    one_or_all(all.collect(), name, "resource type")
}

/// `GET /Schemas` and `GET /Schemas/{urn}`
///
/// # Errors
/// 404 for an unknown URN.
pub(super) fn schemas(context: &Context<'_>, name: Option<&str>) -> Result<Answer, ScimError> {
    let served = |schema: &&Schema| schema.urn != urn::GROUP || context.capabilities().groups;
    let trimmed = |schema: &Schema| users::served(&context.server.profile, schema);
    let mut all: Vec<Schema> = schema::all().into_iter().filter(served).filter_map(trimmed).collect();
    if context.capabilities().custom {
        let device = resource_type(Kind::Device);
        all.push(device.base.clone());
        all.extend(device.extensions.iter().map(|(schema, _)| schema.clone()));
    }
    for kind in context.server.profile.value_lists.iter().map(values::resource_type) {
        if all.iter().all(|schema| schema.urn != kind.base.urn) {
            all.push(kind.base);
        }
    }
    let values = &context.server.profile.switches.type_values;
    all.iter_mut().for_each(|schema| declare_types(schema, values));
    let all =
        all.iter().map(|schema| described(context, schema.to_object(), "Schema", &format!("Schemas/{}", schema.urn)));
    one_or_all(all.collect(), name, "schema")
}

/// Names the values of every `type` of a multi-valued attribute of which the standard names none.
fn declare_types(schema: &mut Schema, values: &[String]) {
    let subs =
        schema.attributes.iter_mut().filter(|attribute| attribute.multi).flat_map(|attribute| &mut attribute.subs);
    for kind in subs.filter(|sub| sub.name == "type" && sub.canonical.is_empty()) {
        kind.canonical = values.to_vec();
    }
}

fn described(context: &Context<'_>, mut object: Object, kind: &str, path: &str) -> Object {
    object.insert("meta".into(), json!({ "resourceType": kind, "location": format!("{}/{path}", context.base) }));
    object
}

fn one_or_all(all: Vec<Object>, name: Option<&str>, what: &str) -> Result<Answer, ScimError> {
    let Some(name) = name else {
        return Ok(Answer::text(
            200,
            json!({
                "schemas": [urn::LIST_RESPONSE],
                "totalResults": all.len(),
                "startIndex": 1,
                "itemsPerPage": all.len(),
                "Resources": all,
            })
            .to_string(),
        ));
    };
    let same =
        |object: &Object| object.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(name));
    let found = all.into_iter().find(same).ok_or_else(|| ScimError::new(404, format!("no such {what}")))?;
    let location = found.get("meta").and_then(|meta| meta.get("location")).and_then(Value::as_str).map(Into::into);
    Ok(Answer { location, ..Answer::object(200, found) })
}

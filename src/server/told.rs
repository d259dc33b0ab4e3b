//! What a write's answer shows beside the default: attributes that are returned on request and that the client itself just
//! wrote (`RFC7643 §7`, `returned`). It knows nothing of storage.

use serde_json::Value;

use crate::scim::Object;
use crate::scim::patch::PatchRequest;
use crate::scim::path::{AttrPath, PatchPath};
use crate::scim::project::Projection;
use crate::scim::schema::{Attribute, ResourceType, Returned};

/// The projection of the answer to a write of these attributes; a projection that the client chose stays as it is.
pub(super) fn projection(asked: &Projection, kind: &ResourceType, written: impl Fn(&AttrPath) -> bool) -> Projection {
    let on_request = |attribute: &&Attribute| attribute.returned == Returned::Request;
    let path =
        |urn: Option<&str>, it: &Attribute| AttrPath { urn: urn.map(str::to_owned), name: it.name.clone(), sub: None };
    let base = kind.base.attributes.iter().filter(on_request).map(|it| path(None, it));
    let extended = kind.extensions.iter().flat_map(|(schema, _)| {
        schema.attributes.iter().filter(on_request).map(|it| path(Some(&schema.urn), it)).collect::<Vec<_>>()
    });
    let shown: Vec<AttrPath> = base.chain(extended).filter(written).collect();
    match asked {
        Projection::Default if !shown.is_empty() => Projection::Plus(shown),
        asked => asked.clone(),
    }
}

/// Whether a body, or the value of an operation without path, names an attribute.
pub(super) fn in_body(body: &Object, path: &AttrPath) -> bool {
    let whole = path.to_string();
    body.iter().any(|(key, value)| match (&path.urn, value) {
        (Some(urn), Value::Object(content)) if key.eq_ignore_ascii_case(urn) => {
            content.keys().any(|key| key.eq_ignore_ascii_case(&path.name))
        }
        _ => key.eq_ignore_ascii_case(&whole),
    })
}

/// Whether an operation of a PATCH names an attribute.
pub(super) fn in_patch(request: &PatchRequest, kind: &ResourceType, path: &AttrPath) -> bool {
    let same = |own: &AttrPath| {
        let urn = own.urn.as_deref().filter(|urn| !urn.eq_ignore_ascii_case(&kind.base.urn));
        own.name.eq_ignore_ascii_case(&path.name)
            && urn.map(str::to_ascii_lowercase) == path.urn.as_deref().map(str::to_ascii_lowercase)
    };
    request.operations.iter().any(|operation| match (&operation.path, &operation.value) {
        (Some(PatchPath::Attr(own) | PatchPath::Value { attr: own, .. }), _) => same(own),
        (Some(PatchPath::Schema(urn)), Some(Value::Object(content))) => {
            let here = path.urn.as_deref().unwrap_or(&kind.base.urn).eq_ignore_ascii_case(urn);
            here && content.keys().any(|key| key.eq_ignore_ascii_case(&path.name))
        }
        (None, Some(Value::Object(body))) => in_body(body, path),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::patch::PatchOptions;
    use crate::scim::schema;

    #[test]
    fn what_is_shown_on_request_is_shown_to_who_writes_it() {
        let device = schema::device();
        let warranty = &device.extensions[0].0.urn;
        let rows = [
            (json!({"notes": "x"}), "notes"),
            (json!({"NOTES": "x", warranty: {"Contract": "c"}}), "notes,contract"),
            (json!({"displayName": "x", "contract": "c"}), ""),
        ];
        for (body, expected) in rows {
            let Value::Object(body) = body else { unreachable!() };
            let made = projection(&Projection::Default, device, |path| in_body(&body, path));
            assert_eq!(names(&made), expected, "{body:?}");
            let chosen = Projection::Only(Vec::new());
            assert_eq!(projection(&chosen, device, |path| in_body(&body, path)), chosen);
        }
        let rows = [
            (json!({"op": "add", "path": "notes", "value": "x"}), "notes"),
            (json!({"op": "add", "path": format!("{}:notes", device.base.urn), "value": "x"}), "notes"),
            (json!({"op": "add", "path": format!("{warranty}:contract"), "value": "x"}), "contract"),
            (json!({"op": "add", "path": warranty, "value": {"contract": "x"}}), "contract"),
            (json!({"op": "add", "value": {warranty: {"contract": "x"}, "notes": "y"}}), "notes,contract"),
            (json!({"op": "add", "path": "displayName", "value": "notes"}), ""),
        ];
        for (operation, expected) in rows {
            let request = json!({ "Operations": [operation.clone()] });
            let request = PatchRequest::parse(&request, &PatchOptions::default()).unwrap();
            let made = projection(&Projection::Default, device, |path| in_patch(&request, device, path));
            assert_eq!(names(&made), expected, "{operation}");
        }
    }

    fn names(projection: &Projection) -> String {
        let Projection::Plus(paths) = projection else { return String::new() };
        paths.iter().map(|path| path.name.as_str()).collect::<Vec<_>>().join(",")
    }
}

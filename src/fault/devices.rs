//! Defects of a resource type that no standard knows, `/Devices` (`fixtures/custom-type.toml`): data types,
//! characteristics and a required extension that are taken less seriously there than for users.

use serde_json::{Value, json};

use super::tools::{
    body, each, each_of, error, id_below, is, is_one, op, operations, operations_of, parameter, path, with_body,
    with_parameter,
};
use super::{Row, World};
use crate::wire::{Method, Request, Response};

const WARRANTY: &str = "urn:example:scimproof:schemas:extension:warranty:1.0:Device";

pub const FAULTS: &[Row] = &[
    ("values-of-the-wrong-type-are-dropped", |world, request| {
        let write = writes(&request);
        let without = with_body(request.clone(), |body| {
            if let Some(body) = body.as_object_mut() {
                body.retain(|name, _| matches!(name.as_str(), "schemas" | "assetTag" | "displayName" | WARRANTY));
            }
        });
        match world.pass(request) {
            refused if write && refused.status == 400 => world.pass(without),
            other => other,
        }
    }),
    ("required-extensions-are-made-up", |world, request| {
        if operations_of(&request).iter().any(|it| op(it) == "remove" && it["path"].to_string().contains(WARRANTY)) {
            let place = path(&request).to_owned();
            return world.ask(Method::Get, &place, None);
        }
        if !writes(&request) {
            return world.pass(request);
        }
        world.pass(with_body(request, |body| {
            if body[WARRANTY]["warrantyEnds"].is_null() {
                body[WARRANTY]["warrantyEnds"] = json!("2100-01-01T00:00:00Z");
            }
            let named = body["schemas"].to_string().contains(WARRANTY);
            if let Some(schemas) = body.get_mut("schemas").and_then(Value::as_array_mut).filter(|_| !named) {
                schemas.push(json!(WARRANTY));
            }
        }))
    }),
    ("what-is-required-is-made-up", |world, request| {
        let made = is(&request, Method::Post, "/Devices");
        let tag = format!("made-up-{}", world.tick("tag"));
        world.pass(if !made {
            request
        } else {
            with_body(request, |body| {
                if body["assetTag"].is_null() {
                    body["assetTag"] = json!(tag);
                }
            })
        })
    }),
    ("immutable-is-settled-by-the-create", |world, request| {
        let number = &body(&request)["serialNumber"];
        let new = number.is_string() && world.read(path(&request))["serialNumber"].is_null();
        let put = is_one(&request, Method::Put, "/Devices");
        if put && new { error(400, Some("mutability")) } else { world.pass(request) }
    }),
    ("immutable-can-be-changed", |world, request| {
        let place = path(&request).to_owned();
        if !is_one(&request, Method::Put, "/Devices") && !is_one(&request, Method::Patch, "/Devices") {
            return shown(world, request, "serialNumber");
        }
        let old = world.read(&place)["serialNumber"].clone();
        let sent = body(&request)["serialNumber"].clone();
        let mut patched = operations_of(&request).into_iter().filter(|it| it["path"] == "serialNumber");
        let new = patched.next().map_or(sent, |operation| operation["value"].clone());
        if old.is_null() || new.is_null() || old == new {
            return shown(world, request, "serialNumber");
        }
        world.note(id_below(&request, "/Devices").unwrap_or_default(), new);
        let request = with_body(request, |body| {
            if body["serialNumber"].is_string() {
                body["serialNumber"] = old;
            }
            if let Some(operations) = operations(body) {
                operations.retain(|operation| operation["path"] != "serialNumber");
                operations.push(json!({"op": "replace", "path": "ports", "value": 2}));
            }
        });
        shown(world, request, "serialNumber")
    }),
    ("immutable-can-be-taken-away", |world, request| taken_away(world, request, "serialNumber")),
    ("required-extensions-can-be-taken-away", |world, request| taken_away(world, request, WARRANTY)),
    ("patch-knows-users-and-groups-only", |world, request| {
        if is_one(&request, Method::Patch, "/Devices") {
            return world.ask(Method::Get, path(&request), None);
        }
        world.pass(request)
    }),
    ("read-only-is-taken-from-the-client", |world, request| {
        let sent = body(&request)["deviceNumber"].clone();
        each_of(world, request, "/Devices", |device| {
            let id = device.get("id").and_then(Value::as_str).unwrap_or_default();
            if sent.is_number() {
                world.note(id, sent.clone());
            }
            if let Some(number) = world.noted(id).filter(|_| device.contains_key("deviceNumber")) {
                device.insert("deviceNumber".into(), number);
            }
        })
    }),
    ("write-only-is-shown", |world, request| {
        let sent = body(&request)["pin"].clone();
        each_of(world, request, "/Devices", |device| {
            let id = device.get("id").and_then(Value::as_str).unwrap_or_default();
            if sent.is_string() {
                world.note(id, sent.clone());
            }
            world.noted(id).into_iter().for_each(|pin| _ = device.insert("pin".into(), pin));
        })
    }),
    ("primary-of-a-new-type-is-lost", |world, request| {
        each_of(world, request, "/Devices", |device| {
            for interface in device.get_mut("interfaces").and_then(Value::as_array_mut).into_iter().flatten() {
                interface.as_object_mut().into_iter().for_each(|interface| _ = interface.shift_remove("primary"));
            }
        })
    }),
    ("decimals-are-cut", |world, request| {
        each_of(world, request, "/Devices", |device| {
            if let Some(weight) = device.get("weight").and_then(Value::as_f64) {
                device.insert("weight".into(), json!(weight.floor()));
            }
        })
    }),
    ("numbers-are-compared-as-text", |world, request| match parameter(&request, "filter") {
        // As text 12.5 comes before 9.75.
        Some(filter) if filter.contains("weight gt") => {
            let filter = filter.replace("weight gt", "weight lt");
            world.pass(with_parameter(request, "filter", Some(&filter)))
        }
        _ => world.pass(request),
    }),
    ("uniqueness-is-for-users-only", |world, request| {
        let made = is(&request, Method::Post, "/Devices");
        let other = format!("other-{}", world.tick("other"));
        let again = with_body(request.clone(), |body| {
            for name in ["assetTag", "serialNumber", "hostName"] {
                if body[name].is_string() {
                    body[name] = json!(format!("{}{other}", body[name].as_str().unwrap_or_default()));
                }
            }
        });
        match world.pass(request) {
            taken if made && taken.status == 409 => world.pass(again),
            other => other,
        }
    }),
    ("exact-values-of-a-new-type-are-lower-cased", |world, request| {
        each_of(world, request, "/Devices", |device| {
            for name in ["assetTag", "serialNumber"] {
                if let Some(text) = device.get(name).and_then(Value::as_str).map(str::to_lowercase) {
                    device.insert(name.into(), text.into());
                }
            }
        })
    }),
];

/// Does a `remove` of that path, which has to be refused: from then on the device is shown without it.
fn taken_away(world: &World, request: Request, what: &str) -> Response {
    let removes = |operation: &Value| op(operation) == "remove" && operation["path"] == what;
    let removed = id_below(&request, "/Devices").filter(|_| operations_of(&request).iter().any(removes));
    let response = match removed {
        Some(id) => {
            world.note(id, true);
            world.ask(Method::Get, path(&request), None)
        }
        None => world.pass(request),
    };
    each(response, |device| {
        if device.get("id").and_then(Value::as_str).is_some_and(|id| world.noted(id).is_some()) {
            device.shift_remove(what);
        }
    })
}

/// A POST or PUT of a device.
fn writes(request: &Request) -> bool {
    is(request, Method::Post, "/Devices") || is_one(request, Method::Put, "/Devices")
}

/// The answer with what was noted for a device.
fn shown(world: &World, request: Request, name: &str) -> Response {
    each_of(world, request, "/Devices", |device| {
        let id = device.get("id").and_then(Value::as_str).unwrap_or_default();
        world.noted(id).into_iter().for_each(|value| _ = device.insert(name.into(), value));
    })
}

//! Scenarios from what a target publishes: for every attribute of every resource type, extensions and custom types
//! included, what its type, mutability, `returned`, uniqueness, `caseExact` and `required` promise (`RFC7643 §2, §7`).

mod patched;
mod read;
mod sample;
mod walk;

use serde_json::{Value, json};

use super::Written;
use crate::scenario::{Context, Scenario, ScenarioError, parse_all};
use crate::scim::schema;

/// How the ids of these scenarios begin.
pub const IDS: &str = "rfc/schema/";

/// The scenarios for a target that publishes just the core types: what to expect of most targets, by id.
///
/// # Errors
/// As [`scenarios`]; a test keeps it free of errors.
pub fn core() -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let (types, schemas) = published();
    scenarios(&types, &schemas)
}

fn published() -> (Value, Value) {
    let schemas: Vec<Value> = schema::all().iter().map(|schema| Value::Object(schema.to_object())).collect();
    let types = [schema::user(), schema::group()].map(|kind| Value::Object(kind.to_object()));
    (json!({"Resources": types}), json!({"Resources": schemas}))
}

/// The scenarios for a target that answered this to `/ResourceTypes` and `/Schemas`; none where it publishes nothing.
///
/// # Errors
/// What is wrong with a written scenario: a fault of ours.
pub fn scenarios(resource_types: &Value, schemas: &Value) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let written: Vec<Written> = read::types(resource_types, schemas).iter().flat_map(walk::written).collect();
    let texts: Vec<(String, String)> =
        written.iter().map(|it| (format!("scenarios/{}.toml", it.id), it.draft.to_string())).collect();
    parse_all(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())), &Context::embedded())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_types_give_scenarios_without_mistake() {
        let all = core().unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
        let ids: Vec<&str> = all.iter().map(|scenario| scenario.id.as_str()).collect();
        insta::assert_snapshot!(ids.join("\n"));
    }

    #[test]
    fn a_type_with_everything_gives_every_kind_of_scenario() {
        let device = schema::device();
        let schemas = std::iter::once(&device.base).chain(device.extensions.iter().map(|(schema, _)| schema));
        let schemas: Vec<Value> = schemas.map(|schema| Value::Object(schema.to_object())).collect();
        let types = json!([device.to_object()]);
        let all = scenarios(&types, &json!(schemas)).unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
        let ids: Vec<&str> = all.iter().map(|scenario| scenario.id.as_str()).collect();
        insta::assert_snapshot!(ids.join("\n"));
    }

    #[test]
    fn whatever_is_published_gives_no_scenario_with_a_mistake() {
        let (types, schemas) = published();
        let odd =
            [Value::Null, json!([]), json!({"Resources": [{}, 7, {"name": "X", "endpoint": "/X", "schema": "urn:x"}]})];
        for odd in &odd {
            assert!(scenarios(odd, &schemas).is_ok() && scenarios(&types, odd).is_ok());
        }
        let device = schema::device();
        let own = std::iter::once(&device.base).chain(device.extensions.iter().map(|(schema, _)| schema));
        let own: Vec<Value> = own.map(|schema| Value::Object(schema.to_object())).collect();
        let of_device = scenarios(&json!([device.to_object()]), &json!(own));
        let of_device = of_device.unwrap_or_else(|errors| panic!("{}", errors[0].rendered()));
        assert!(of_device.iter().any(|it| it.id == "rfc/schema/devices/immutable"));
        let quoted = json!({"Resources": [{
            "id": "urn:example:'quoted'\"x",
            "attributes": [{"name": "o'n\"e {{ x }}", "type": "string"}, {"name": "two", "type": "odd"}, {"type": "string"}],
        }]});
        let kind = json!([{"name": "A/B \"c\" {{ y }}", "endpoint": "/A B", "schema": "urn:example:'quoted'\"x"}]);
        assert!(scenarios(&kind, &quoted).is_ok());
    }
}

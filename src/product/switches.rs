//! Switches of a profile changed at run time (A20), by their names in `fixtures/profiles`, all or none.

use serde_json::Value;

use super::refusal::{Refusal, pointer_part};
use crate::profile::Profile;
use crate::scim::Object;

/// The tables whose switches can be changed while the server runs.
pub const TABLES: [&str; 4] = ["users", "role_mapping", "accounts", "switches"];

/// The profile with some switches changed; a change is `{"users": {"deletion": "soft"}}` or `{"users.deletion": "soft"}`.
///
/// # Errors
/// 400 with a pointer to what is unknown or has no such value.
pub fn switched(profile: &Profile, changes: &Object) -> Result<Profile, Refusal> {
    let broken = |error: serde_json::Error| Refusal::new(500, "server_error", error.to_string());
    let mut changed = profile.clone();
    for (key, value) in changes {
        let at = pointer_part(key);
        let rows: Vec<(&str, &str, &Value, String)> = match (key.split_once('.'), value) {
            (Some((table, name)), value) => vec![(table, name, value, at)],
            (None, Value::Object(rows)) => rows
                .iter()
                .map(|(name, value)| (key.as_str(), name.as_str(), value, format!("{at}{}", pointer_part(name))))
                .collect(),
            (None, _) => return Err(Refusal::invalid(at, "a table of switches is wanted")),
        };
        for (table, name, value, at) in rows {
            if !TABLES.contains(&table) {
                return Err(Refusal::invalid(at, format!("no such table; known: {}", TABLES.join(", "))));
            }
            let mut whole = serde_json::to_value(&changed).map_err(broken)?;
            let place = whole.get_mut(table).and_then(Value::as_object_mut);
            let place = place.and_then(|table| table.get_mut(name));
            let place = place.ok_or_else(|| Refusal::invalid(&at, format!("{table} has no switch of this name")))?;
            *place = value.clone();
            changed = serde_json::from_value(whole).map_err(|error| Refusal::invalid(at, error.to_string()))?;
        }
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn switches_change_by_name_or_not_at_all() {
        let profile = Profile::named("coalesce-catalog").unwrap();
        for (changes, setting, value) in [
            (json!({}), "users.deletion", json!("hard")),
            (json!({ "users": { "deletion": "soft" } }), "users.deletion", json!("soft")),
            (json!({ "users.deletion": "none" }), "users.deletion", json!("none")),
            (json!({ "role_mapping": { "unmapped": "keep" } }), "role_mapping.unmapped", json!("keep")),
            (json!({ "accounts": { "just_in_time": true } }), "accounts.just_in_time", json!(true)),
            (json!({ "switches.group_name_unique": true }), "switches.group_name_unique", json!(true)),
        ] {
            let changed = switched(&profile, changes.as_object().unwrap()).unwrap();
            assert_eq!(changed.setting(setting), Some(value), "{changes}");
        }
        for (changes, pointer) in [
            (json!({ "user": { "deletion": "soft" } }), "/user/deletion"),
            (json!({ "users": { "delete": "soft" } }), "/users/delete"),
            (json!({ "users": { "deletion": "gone" } }), "/users/deletion"),
            (json!({ "users": "soft" }), "/users"),
            (json!({ "users.deletion": 1 }), "/users.deletion"),
            (json!({ "limits.page_max": 1 }), "/limits.page_max"),
            (json!({ "name": "other" }), "/name"),
        ] {
            let refusal = switched(&profile, changes.as_object().unwrap()).unwrap_err();
            assert_eq!((refusal.status, refusal.pointer.as_deref()), (400, Some(pointer)), "{changes}");
        }
    }
}

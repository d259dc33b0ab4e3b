//! A profile's switches by dotted path (`users.deletion`), so that a scenario can say under which choice it runs. It knows
//! nothing of scenarios.

use serde_json::Value;

use super::Profile;

impl Profile {
    /// The value of a switch, `role_mapping.unmapped`; `None` where there is no such path.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<Value> {
        let mut value = serde_json::to_value(self).ok()?;
        for name in path.split('.') {
            value = value.get_mut(name)?.take();
        }
        Some(value)
    }

    /// Whether a switch has one of these values; a list has one when it holds it, or is it: `[]` is the empty list.
    #[must_use]
    pub fn has_setting(&self, path: &str, values: &[Value]) -> bool {
        match self.setting(path) {
            Some(Value::Array(held)) => {
                values.iter().any(|value| held.contains(value) || value.as_array() == Some(&held))
            }
            Some(held) => values.contains(&held),
            None => false,
        }
    }

    /// Whether a switch of that path exists and can have that value; the profile itself is the measure.
    ///
    /// # Errors
    /// A phrase that names what is known instead.
    pub fn check_setting(&self, path: &str, value: Option<&Value>) -> Result<(), String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        let mut place = &mut whole;
        let mut seen = String::new();
        for name in path.split('.') {
            let Value::Object(members) = place else {
                return Err(format!("`{seen}` of a profile has nothing below it"));
            };
            let known: Vec<String> = members.keys().cloned().collect();
            place = members.get_mut(name).ok_or_else(|| {
                let place = if seen.is_empty() { "a profile".to_owned() } else { format!("`{seen}` of a profile") };
                format!("{place} has no `{name}`; it has: {}", known.join(", "))
            })?;
            seen = if seen.is_empty() { name.to_owned() } else { format!("{seen}.{name}") };
        }
        if let Value::Object(members) = place {
            let known: Vec<&str> = members.keys().map(String::as_str).collect();
            return Err(format!("`{path}` is a table of a profile; name one of its switches: {}", known.join(", ")));
        }
        let Some(value) = value else { return Ok(()) };
        *place = if place.is_array() && !value.is_array() { Value::Array(vec![value.clone()]) } else { value.clone() };
        serde_json::from_value::<Self>(whole).map(drop).map_err(|error| format!("`{path}`: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn switches_are_found_and_compared_by_path() {
        let catalytic = Profile::named("catalytic").unwrap();
        let rows = [
            ("accounts.sso_before_scim", json!(true), true),
            ("accounts.sso_before_scim", json!(false), false),
            ("users.required", json!([]), true),
            ("users.unique", json!([]), false),
            ("role_mapping.unmapped", json!("lowest"), true),
            ("users.stored", json!("userName"), true),
            ("users.stored", json!("title"), false),
            ("product", json!("CATALYTIC"), true),
            ("capabilities.groups", json!(true), catalytic.capabilities.groups),
            ("no.such", json!(true), false),
        ];
        for (path, value, expected) in rows {
            assert_eq!(catalytic.has_setting(path, &[json!("other"), value]), expected, "{path}");
        }
    }

    #[test]
    fn a_path_or_value_that_no_profile_can_have_is_named() {
        let rfc = Profile::named("rfc").unwrap();
        let rows = [
            ("users.deletion", json!("soft"), ""),
            ("switches.patch.op_any_case", json!(true), ""),
            ("users.stored", json!("emails"), ""),
            ("users.deletion", json!("gone"), "unknown variant `gone`, expected one of `hard`, `soft`, `none`"),
            ("users.delete", json!("soft"), "`users` of a profile has no `delete`; it has: user_names"),
            ("switch", json!(1), "a profile has no `switch`"),
            ("users", json!("soft"), "is a table"),
            ("title.x", json!("soft"), "`title` of a profile has nothing below it"),
            ("capabilities.patch", json!("yes"), "invalid type"),
        ];
        for (path, value, expected) in rows {
            let said = rfc.check_setting(path, Some(&value)).err().unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{path}: {said}");
        }
    }
}

//! Recognises what a run of this tool created, by the form of its names and ids: for sweeping up what a killed run left.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// A person's e-mail address, from [`super::Draw::person`] or the load workload, in any case.
const PERSON: &str = r"(?i)\.sp[0-9a-f]{1,16}(c[0-9]+)?\.([a-z]{10}|[0-9]+)@example\.com";

/// A group's display name, from [`super::Draw::group`].
const GROUP: &str = r" sp[0-9a-f]{1,16}(c[0-9]+)? [a-z]{10}\b";

/// An organization's id, from [`super::Draw::organization`]; a scenario may append words of its own.
const ORGANIZATION: &str = r"^sp[0-9a-f]{1,16}(c[0-9]+)?-[a-z]{10}(-[a-z0-9]+)*$";

/// True when an organization's id bears the mark of a run.
#[must_use]
pub fn is_our_organization(id: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(ORGANIZATION).ok());
    PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(id))
}

/// True when a resource of `/Users`, `/Groups` or `/Devices` bears the mark of a run. Names of real people cannot: `example.com` is
/// reserved (`RFC2606 §3`), and a group must hold marker and tag as words of their own.
#[must_use]
pub fn is_ours(collection: &str, resource: &Value) -> bool {
    static PATTERNS: LazyLock<Option<(Regex, Regex)>> =
        LazyLock::new(|| Regex::new(PERSON).ok().zip(Regex::new(GROUP).ok()));
    let Some((person, group)) = PATTERNS.as_ref() else { return false };
    let bears = |value: &Value, pattern: &Regex| value.as_str().is_some_and(|text| pattern.is_match(text));
    match collection {
        "/Users" => {
            let emails = resource["emails"].as_array().into_iter().flatten();
            bears(&resource["userName"], person) || emails.into_iter().any(|email| bears(&email["value"], person))
        }
        "/Groups" => {
            // A team with a role has the name that the mapping knows; then its external id bears the mark.
            bears(&resource["displayName"], group) || resource["externalId"].as_str().is_some_and(is_our_organization)
        }
        // A device is named as a group is, or its tag ends in the mark.
        "/Devices" => {
            let tag = resource["assetTag"].as_str().and_then(|tag| tag.rsplit(' ').next());
            bears(&resource["displayName"], group) || tag.is_some_and(is_our_organization)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Identifier;
    use crate::scenario::Draw;

    #[test]
    fn what_is_drawn_is_recognised_and_nobody_else() {
        for (seed, identifier) in [(7, Identifier::Email), (u64::MAX, Identifier::Alphanumeric)] {
            let draw = Draw { seed, marker: format!("sp{seed:x}"), identifier };
            let person = draw.person("okta/users/create", "person", "okta");
            let user = json!({"userName": person["identifier"], "emails": [{"value": person["email"]}]});
            assert!(is_ours("/Users", &user), "{user}");
            assert!(!is_ours("/Groups", &user));
            let group = draw.group("okta/groups/push", "group");
            assert!(is_ours("/Groups", &json!({"displayName": group["displayName"]})), "{group}");
        }
        let draw = Draw { seed: 9, marker: "sp9c12".into(), identifier: Identifier::Email };
        let own = draw.organization("catalog/roles/highest");
        assert!(is_our_organization(&own) && is_our_organization(&format!("{own}-b")), "{own}");
        for id in ["default", "spec", "sp500", "spec-team", "sp7-abc", "a-sp7-abcdefghij", "sp7-abcdefghijk"] {
            assert!(!is_our_organization(id), "{id}");
        }
        assert!(is_ours("/Groups", &json!({"displayName": "sales", "externalId": format!("{own}-team")})));
        assert!(is_ours("/Devices", &json!({"assetTag": format!("assetTag {own}-second")})));
        assert!(!is_ours("/Devices", &json!({"assetTag": "A-1", "displayName": "sales"})));
        assert!(!is_ours("/Groups", &json!({"displayName": "sales", "externalId": "spec-team"})));
        let renamed = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0fMBERG.SP7C12.ABCDEFGHIJ@EXAMPLE.COM";
        assert!(is_ours("/Users", &json!({ "userName": renamed })));
        for name in
            ["crisp.ace.engineering@example.com", "ada@example.com", "a.sp7.abcdefghij@example.org", "sp7abcdefghij"]
        {
            assert!(!is_ours("/Users", &json!({ "userName": name })), "{name}");
        }
        for name in ["Field Ops", "crisp engineering", "sp7", "Team sp7 abc"] {
            assert!(!is_ours("/Groups", &json!({ "displayName": name })), "{name}");
        }
    }
}

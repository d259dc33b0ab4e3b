//! Roles by team as a SCIM client sees them, under every choice of the profile: CATALOG-020 to CATALOG-041.

use super::settings::user;
use super::*;

const MAPPING: &str = "/admin/v1/organizations/acme/role-mapping";

/// An organization with teams and one user.
struct Teams {
    surface: Surface,
    token: String,
    base: String,
    user: String,
}

impl Teams {
    /// Under `coalesce-catalog` with some switches changed.
    fn new(switches: Value) -> Self {
        let surface = Surface::new("coalesce-catalog");
        surface.done("PUT /admin/v1/profile", json!({ "role_mapping": switches }));
        let (token, base) = surface.organization("acme");
        let mut teams = Self { surface, token, base, user: String::new() };
        teams.user = teams.scim("POST /Users", &user("ada@example.test"))["id"].as_str().unwrap().to_owned();
        teams
    }

    fn scim(&self, line: &str, body: &str) -> Value {
        let (method, path) = line.split_once(' ').unwrap();
        let (status, answer) = self.surface.ask(&self.token, &format!("{method} {}{path}", self.base), body);
        assert!((200..300).contains(&status), "{line}: {status} {answer}");
        answer
    }

    fn map(&self, document: &str) -> (u16, Value) {
        self.surface.ask(OPERATOR, &format!("PUT {MAPPING}"), document)
    }

    fn seed(&self) {
        let document = r#"{"VIEWER": ["dev"], "CONTRIBUTOR": ["marketing", "sales"], "ADMIN": ["founders"]}"#;
        assert_eq!(self.map(document).0, 200);
    }

    fn apply(&self) -> Value {
        self.surface.done(&format!("POST {MAPPING}/apply"), Value::Null)
    }

    /// A group with these members; its id.
    fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let body = json!({ "schemas": schemas, "displayName": name, "members": members });
        self.scim("POST /Groups", &body.to_string())["id"].as_str().unwrap().to_owned()
    }

    fn join(&self, group: &str, op: &str) {
        let path = if op == "add" { "members".into() } else { format!("members[value eq \"{}\"]", self.user) };
        let mut operation = json!({ "op": op, "path": path });
        if op == "add" {
            operation["value"] = json!([{ "value": self.user }]);
        }
        self.patch(&format!("/Groups/{group}"), operation);
    }

    fn patch(&self, path: &str, operation: Value) {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.scim(&format!("PATCH {path}"), &json!({ "schemas": schemas, "Operations": [operation] }).to_string());
    }

    fn rename(&self, group: &str, name: &str) {
        self.patch(&format!("/Groups/{group}"), json!({ "op": "replace", "path": "displayName", "value": name }));
    }

    fn role(&self) -> String {
        let user = self.scim(&format!("GET /Users/{}", self.user), "");
        match &user["roles"] {
            Value::Null => "-".into(),
            roles => {
                assert_eq!(roles, &json!([{ "value": roles[0]["value"], "primary": true }]));
                roles[0]["value"].as_str().unwrap().to_owned()
            }
        }
    }
}

#[test]
fn the_highest_of_a_users_teams_gives_the_role() {
    let teams = Teams::new(json!({}));
    assert_eq!(teams.role(), "-");
    let ids = ["dev", "marketing", "sales", "founders"].map(|name| teams.group(name, &[]));
    teams.join(&ids[3], "add");
    // CATALOG-020
    assert_eq!(teams.role(), "-");
    teams.seed();
    teams.join(&ids[3], "remove");
    for bits in 0_u32..16 {
        let of = |n: usize| bits & (1 << n) != 0;
        (0..4).filter(|n| of(*n)).for_each(|n| teams.join(&ids[n], "add"));
        let expected = match bits {
            8.. => "ADMIN",
            2..8 => "CONTRIBUTOR",
            _ => "VIEWER",
        };
        assert_eq!(teams.role(), expected, "{bits:04b}");
        (0..4).filter(|n| of(*n)).for_each(|n| teams.join(&ids[n], "remove"));
    }
}

#[test]
fn teams_come_go_and_change_their_names() {
    let teams = Teams::new(json!({}));
    teams.seed();
    // CATALOG-028, CATALOG-029, CATALOG-034
    teams.group("interns", &[&teams.user]);
    teams.group("dev", &[]);
    teams.group("dev", &[&teams.user]);
    assert_eq!(teams.role(), "VIEWER");
    let founders = teams.group("Founders", &[&teams.user]);
    assert_eq!(teams.role(), "ADMIN");
    teams.rename(&founders, "owners");
    assert_eq!(teams.role(), "VIEWER");
    teams.rename(&founders, "sales");
    assert_eq!(teams.role(), "CONTRIBUTOR");
    // CATALOG-036
    let active = |value: bool| json!({ "op": "replace", "path": "active", "value": value });
    teams.patch(&format!("/Users/{}", teams.user), active(false));
    teams.rename(&founders, "founders");
    assert_eq!(teams.role(), "ADMIN");
    teams.patch(&format!("/Users/{}", teams.user), active(true));
    assert_eq!(teams.role(), "ADMIN");
    // CATALOG-031
    teams.scim(&format!("DELETE /Groups/{founders}"), "");
    assert_eq!(teams.role(), "VIEWER");
    teams.group("founders", &[]);
    assert_eq!(teams.role(), "VIEWER");
    // What a client writes gives nothing (CATALOG-022).
    teams.patch(
        &format!("/Users/{}", teams.user),
        json!({ "op": "add", "path": "roles", "value": [{ "value": "ADMIN" }] }),
    );
    assert_eq!(teams.role(), "VIEWER");
    // CATALOG-039; the entity tag changes with the role.
    let tag = |teams: &Teams| teams.scim(&format!("GET /Users/{}", teams.user), "")["meta"]["version"].clone();
    let before = tag(&teams);
    assert_eq!(teams.map(r#"{"ADMIN": ["dev"]}"#).0, 200);
    assert_eq!(teams.role(), "ADMIN");
    assert_ne!(tag(&teams), before);
}

#[test]
fn every_choice_of_the_profile_is_followed() {
    for (switches, inside, left) in [
        (json!({}), "ADMIN", "VIEWER"),
        (json!({ "unmapped": "none" }), "ADMIN", "-"),
        (json!({ "unmapped": "keep" }), "ADMIN", "ADMIN"),
        (json!({ "names": "exact" }), "VIEWER", "VIEWER"),
    ] {
        let teams = Teams::new(switches.clone());
        teams.seed();
        let founders = teams.group("FOUNDERS", &[]);
        teams.join(&founders, "add");
        assert_eq!(teams.role(), inside, "{switches}");
        teams.join(&founders, "remove");
        assert_eq!(teams.role(), left, "{switches}");
    }
    for (rename, renamed, namesake) in [("new-name", "VIEWER", "ADMIN"), ("bound", "ADMIN", "ADMIN")] {
        let teams = Teams::new(json!({ "rename": rename }));
        let founders = teams.group("founders", &[&teams.user]);
        teams.seed();
        teams.rename(&founders, "owners");
        assert_eq!(teams.role(), renamed, "{rename}");
        let second = teams.group("founders", &[&teams.user]);
        assert_eq!(teams.role(), namesake, "{rename}");
        teams.join(&founders, "remove");
        assert_eq!(teams.role(), if rename == "bound" { "VIEWER" } else { "ADMIN" }, "{rename}");
        teams.scim(&format!("DELETE /Groups/{founders}"), "");
        teams.rename(&second, "founders");
        assert_eq!(teams.role(), "ADMIN", "{rename}");
    }
    for (nested, role) in [("direct", "VIEWER"), ("transitive", "ADMIN")] {
        let teams = Teams::new(json!({ "nested": nested }));
        teams.seed();
        let inner = teams.group("inner", &[&teams.user]);
        let middle = teams.group("middle", &[&inner]);
        teams.group("founders", &[&middle]);
        assert_eq!(teams.role(), role, "{nested}");
    }
}

#[test]
fn a_role_stands_where_the_profile_lets_it() {
    // In sales and founders; founders goes, or the user is deactivated meanwhile; then the script runs.
    for (switches, unmapped, gone, applied) in [
        (json!({}), "VIEWER", "CONTRIBUTOR", "CONTRIBUTOR"),
        (json!({ "deleted_team": "kept" }), "VIEWER", "ADMIN", "CONTRIBUTOR"),
        (json!({ "unmapped": "none" }), "-", "CONTRIBUTOR", "CONTRIBUTOR"),
        (json!({ "unmapped": "none", "unmapped_team": "lowest" }), "VIEWER", "CONTRIBUTOR", "CONTRIBUTOR"),
    ] {
        let teams = Teams::new(switches.clone());
        teams.seed();
        teams.group("interns", &[&teams.user]);
        assert_eq!(teams.role(), unmapped, "{switches}");
        let founders = teams.group("founders", &[&teams.user]);
        let sales = teams.group("sales", &[&teams.user]);
        teams.scim(&format!("DELETE /Groups/{founders}"), "");
        assert_eq!(teams.role(), gone, "{switches}");
        teams.patch(&format!("/Groups/{sales}"), json!({ "op": "add", "path": "externalId", "value": "s" }));
        assert_eq!(teams.role(), gone, "{switches}");
        teams.apply();
        assert_eq!(teams.role(), applied, "{switches}");
    }
    for (inactive, meanwhile) in [("recomputed", "VIEWER"), ("frozen", "ADMIN")] {
        let teams = Teams::new(json!({ "inactive": inactive }));
        teams.seed();
        let founders = teams.group("founders", &[&teams.user]);
        let active = |value: bool| json!({ "op": "replace", "path": "active", "value": value });
        teams.patch(&format!("/Users/{}", teams.user), active(false));
        teams.join(&founders, "remove");
        teams.apply();
        assert_eq!(teams.role(), meanwhile, "{inactive}");
        teams.patch(&format!("/Users/{}", teams.user), active(true));
        assert_eq!(teams.role(), "VIEWER", "{inactive}");
    }
}

#[test]
fn a_mapping_counts_from_when_the_profile_says_and_names_what_it_may() {
    for (switches, first, second, applied) in
        [(json!({}), "ADMIN", "VIEWER", "VIEWER"), (json!({ "replaced": "on-apply" }), "ADMIN", "ADMIN", "VIEWER")]
    {
        let teams = Teams::new(switches.clone());
        teams.group("founders", &[&teams.user]);
        teams.seed();
        teams.apply();
        assert_eq!(teams.role(), first, "{switches}");
        assert_eq!(teams.map(r#"{"VIEWER": ["founders"]}"#).0, 200);
        assert_eq!(teams.role(), second, "{switches}");
        assert_eq!(teams.surface.done(&format!("GET {MAPPING}"), Value::Null), json!({ "VIEWER": ["founders"] }));
        teams.apply();
        assert_eq!(teams.role(), applied, "{switches}");
    }
    let teams = Teams::new(json!({ "missing_team": "refused" }));
    teams.group("Dev", &[]);
    let (status, answer) = teams.map(r#"{"VIEWER": ["dev"], "ADMIN": ["founders"]}"#);
    assert_eq!((status, &answer["pointer"]), (400, &json!("/ADMIN/0")), "{answer}");
    assert_eq!(teams.map(r#"{"VIEWER": ["dev"]}"#).0, 200);
    let teams = Teams::new(json!({ "malformed": "valid-part" }));
    let (status, answer) = teams.map(r#"{"OWNER": ["dev"], "ADMIN": ["founders"]}"#);
    assert_eq!((status, answer["warnings"].as_array().unwrap().len()), (200, 1), "{answer}");
}

#[test]
fn the_script_runs_when_the_profile_says() {
    let teams = Teams::new(json!({ "when": "on-apply" }));
    teams.seed();
    let founders = teams.group("founders", &[&teams.user]);
    assert_eq!(teams.role(), "-");
    let done = teams.apply();
    assert_eq!((&done["evaluated"], &done["changed"]), (&json!(1), &json!(1)));
    assert_eq!(teams.role(), "ADMIN");
    teams.join(&founders, "remove");
    assert_eq!(teams.role(), "ADMIN");
    assert_eq!(teams.apply()["changed"], 1);
    assert_eq!((teams.role(), &teams.apply()["changed"]), ("VIEWER".into(), &json!(0)));
    let at_once = Teams::new(json!({}));
    at_once.seed();
    assert_eq!(at_once.apply()["changed"], 0);
}

#[test]
fn a_refused_mapping_changes_nothing() {
    for (switches, document, pointer) in [
        (json!({}), r#"{"VIEWER": ["founders"], "OWNER": ["dev"]}"#, "/OWNER"),
        (json!({}), r#"{"VIEWER": ["founders"], "VIEWER": ["dev"]}"#, "/VIEWER"),
        (json!({}), r#"{"VIEWER": ["founders"], "ADMIN": "dev"}"#, "/ADMIN"),
        (json!({}), r#"{"VIEWER": ["founders"], "ADMIN": ["dev", ""]}"#, "/ADMIN/1"),
        (json!({}), r#"["founders"]"#, ""),
        (json!({ "conflict": "refused" }), r#"{"VIEWER": ["founders"], "ADMIN": ["founders"]}"#, "/ADMIN/0"),
        (json!({ "empty_role": "refused" }), r#"{"VIEWER": ["founders"], "ADMIN": []}"#, "/ADMIN"),
    ] {
        let teams = Teams::new(switches);
        teams.seed();
        teams.group("founders", &[&teams.user]);
        let before = teams.surface.done(&format!("GET {MAPPING}"), Value::Null);
        let (status, answer) = teams.map(document);
        assert_eq!((status, answer["pointer"].as_str()), (400, Some(pointer)), "{document}");
        assert_eq!(teams.surface.done(&format!("GET {MAPPING}"), Value::Null), before);
        assert_eq!(teams.role(), "ADMIN");
    }
    let teams = Teams::new(json!({}));
    assert_eq!(teams.map("{").0, 400);
    assert_eq!(teams.surface.operator(&format!("GET {MAPPING}"), Value::Null).0, 404);
    let (_, answer) = teams.map(r#"{"VIEWER": ["dev"], "ADMIN": ["dev"]}"#);
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(teams.map(r#"{"ADMIN": []}"#).1["warnings"], json!([]));
}

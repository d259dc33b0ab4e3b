//! The three discovery endpoints.

use super::*;

#[test]
fn discovery_says_what_is_served() {
    World::open().run(&[
        step(
            "GET /ServiceProviderConfig?count=1",
            "",
            200,
            &[
                ("schemas", "\"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig\""),
                ("patch.supported", "true"),
                ("bulk.maxOperations", "1000"),
                ("filter.maxResults", "1000"),
                ("meta.location", "\"http://scim.test/scim/v2/ServiceProviderConfig\""),
                ("meta.resourceType", "\"ServiceProviderConfig\""),
                ("authenticationSchemes.type", "\"oauthbearertoken\""),
            ],
        ),
        step(
            "GET /ResourceTypes?sortBy=x",
            "",
            200,
            &[("totalResults", "2"), ("Resources.endpoint", "#2"), ("schemas", "~ListResponse")],
        ),
        step(
            "GET /ResourceTypes/User",
            "",
            200,
            &[
                ("schema", "\"urn:ietf:params:scim:schemas:core:2.0:User\""),
                ("schemaExtensions.required", "false"),
                ("meta.location", "\"http://scim.test/scim/v2/ResourceTypes/User\""),
                ("header:Location", "\"http://scim.test/scim/v2/ResourceTypes/User\""),
            ],
        ),
        step("GET /ResourceTypes/Device", "", 404, &[]),
        step("GET /Schemas", "", 200, &[("totalResults", "6"), ("Resources.id", "#6")]),
        step(
            "GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
            "",
            200,
            &[("name", "\"User\""), ("meta.resourceType", "\"Schema\""), ("/attributes/0/name", "\"userName\"")],
        ),
        step(
            "GET /Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AGroup",
            "",
            200,
            &[("name", "\"Group\"")],
        ),
        step("GET /Schemas/urn:x", "", 404, &[]),
        step("GET /Schemas?filter=name eq \"User\"", "", 403, &[]),
        step("GET /ResourceTypes?filter=name eq \"User\"", "", 403, &[]),
        step("GET /ServiceProviderConfig?filter=x pr", "", 403, &[]),
    ]);
}

#[test]
fn value_lists_are_read_only_resources() {
    let mut world = World::of(
        r#"
        [[value_list]]
        name = "Licence"
        endpoint = "/Licences"
        schema = "urn:okta:scim:schemas:core:1.0:Entitlement"
        value = [
          { id = "gold", displayName = "Gold", type = "Licence", description = "Everything" },
          { id = "tin foil", displayName = "Tin", type = "Licence" },
        ]
        [[value_list]]
        name = "Role"
        endpoint = "/Roles"
        schema = "urn:okta:scim:schemas:core:1.0:Role"
        "#,
    );
    world.run(&[
        step(
            "GET /Licences",
            "",
            200,
            &[
                ("totalResults", "2"),
                ("schemas", "~ListResponse"),
                ("Resources.type", "#2"),
                ("Resources[id eq \"gold\"].meta.location", "\"http://scim.test/scim/v2/Licences/gold\""),
                ("Resources[id eq \"gold\"].meta.resourceType", "\"Licence\""),
                ("Resources[id eq \"gold\"].schemas", "\"urn:okta:scim:schemas:core:1.0:Entitlement\""),
                ("Resources[id eq \"tin foil\"].description", "-"),
            ],
        ),
        step(
            "GET /Licences?startIndex=2&count=1",
            "",
            200,
            &[
                ("totalResults", "2"),
                ("startIndex", "2"),
                ("itemsPerPage", "1"),
                ("Resources.id", "\"tin foil\""),
                ("Resources.meta.location", "\"http://scim.test/scim/v2/Licences/tin%20foil\""),
            ],
        ),
        step(
            "GET /Licences?sortBy=displayName&sortOrder=descending&count=1",
            "",
            200,
            &[("Resources.id", "\"tin foil\"")],
        ),
        step(
            "GET /Licences?filter=displayName sw \"g\"",
            "",
            200,
            &[("totalResults", "1"), ("Resources.id", "\"gold\"")],
        ),
        step("GET /Licences?filter=displayName gt", "", 400, &[("scimType", "\"invalidFilter\"")]),
        step("GET /Licences/tin%20foil?attributes=type", "", 200, &[("type", "\"Licence\""), ("displayName", "-")]),
        step("GET /Licences/none", "", 404, &[]),
        step("POST /Licences", r#"{"id": "x"}"#, 405, &[("header:Allow", "\"GET, HEAD, OPTIONS\"")]),
        step("DELETE /Licences/gold", "", 405, &[]),
        step("GET /Roles", "", 200, &[("totalResults", "0"), ("itemsPerPage", "0")]),
        step(
            "GET /ResourceTypes",
            "",
            200,
            &[("totalResults", "4"), ("Resources[id eq \"Licence\"].endpoint", "\"/Licences\"")],
        ),
        step("GET /ResourceTypes/Role", "", 200, &[("schema", "\"urn:okta:scim:schemas:core:1.0:Role\"")]),
        step("GET /Schemas", "", 200, &[("totalResults", "8")]),
        step(
            "GET /Schemas/urn:okta:scim:schemas:core:1.0:Entitlement",
            "",
            200,
            &[("/attributes/0/name", "\"displayName\""), ("/attributes/0/mutability", "\"readOnly\"")],
        ),
        keep(
            "POST /Users",
            r#"{"userName": "ann", "entitlements": [{"value": "gold", "type": "Licence"}], "roles": ["r"]}"#,
            201,
            &[("ann", "id")],
        ),
        step("GET /Users/{ann}", "", 200, &[("entitlements.value", "\"gold\""), ("roles.value", "\"r\"")]),
    ]);
}

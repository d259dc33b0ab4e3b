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

//! Tenants, credentials, `/Me`, routes, methods, media types, limits.

use super::*;

fn credentialed() -> World {
    let mut mapped = Credential::bearer(Secret::new("ann-token"));
    mapped.subject = Some("Ann".into());
    let tenants = vec![
        Tenant::new("one", vec![Credential::bearer(token()), mapped, Credential::basic("ann", Secret::new("pw"))]),
        Tenant::new("two", vec![Credential::bearer(Secret::new("token-2"))]).at("/acme/scim/v2/"),
    ];
    World::new(rfc(), Auth { tenants })
}

#[test]
fn credentials_open_their_tenant_only() {
    let mut world = credentialed();
    world.run(&[
        step("GET /Users", "", 401, &[("header:WWW-Authenticate", "~Bearer realm=")]),
        step("GET /Users\nAuthorization: Bearer wrong", "", 401, &[("header:WWW-Authenticate", "~invalid_token")]),
        step("GET /Users\nAuthorization: Bearer token-2", "", 401, &[]),
        step("GET /Nothing", "", 401, &[]),
        step("POST /Users", r#"{"userName":"x"}"#, 401, &[]),
        step("GET /ServiceProviderConfig", "", 200, &[("authenticationSchemes.type", "#2")]),
        step("GET /ServiceProviderConfig\nAuthorization: Bearer wrong", "", 401, &[]),
        step("GET /Schemas", "", 401, &[]),
        step("GET !/elsewhere/Users", "", 404, &[]),
        keep("POST /Users\nAuthorization: Bearer secret-token", r#"{"userName":"ann"}"#, 201, &[("a", "id")]),
        step("GET /Users/{a}\nAuthorization: basic YW5uOnB3", "", 200, &[]),
        step("GET !/acme/scim/v2/Users/{a}\nAuthorization: Bearer token-2", "", 404, &[]),
        step(
            "POST !/acme/scim/v2/Users\nAuthorization: Bearer token-2",
            r#"{"userName":"ann"}"#,
            201,
            &[("meta.location", "~http://scim.test/acme/scim/v2/Users/")],
        ),
        step(
            "GET !/acme/scim/v2/ServiceProviderConfig",
            "",
            200,
            &[("authenticationSchemes.type", "\"oauthbearertoken\"")],
        ),
    ]);
    let challenges = world.send("GET /Users", "");
    let schemes: Vec<_> = challenges.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate").collect();
    assert_eq!(schemes.len(), 2, "bearer and basic");
}

#[test]
fn me_is_the_user_behind_the_credentials() {
    credentialed().run(&[
        step("GET /Me\nAuthorization: Bearer secret-token", "", 501, &[]),
        step("GET /Me\nAuthorization: Bearer ann-token", "", 404, &[]),
        keep("POST /Users\nAuthorization: Bearer secret-token", r#"{"userName":"ann"}"#, 201, &[("a", "id")]),
        step(
            "GET /Me\nAuthorization: Bearer ann-token",
            "",
            200,
            &[("id", "\"{a}\""), ("header:Location", "~/Users/{a}")],
        ),
        step(
            "PATCH /Me?attributes=title\nAuthorization: Basic YW5uOnB3",
            r#"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#,
            200,
            &[("title", "\"x\""), ("userName", "-")],
        ),
        step("POST /Me\nAuthorization: Bearer ann-token", r#"{"userName":"x"}"#, 405, &[("header:Allow", "~PATCH")]),
        step("DELETE /Me\nAuthorization: Bearer ann-token", "", 204, &[]),
        step("GET /Users/{a}\nAuthorization: Bearer secret-token", "", 404, &[]),
    ]);
    World::open().run(&[step("GET /Me", "", 501, &[])]);
}

#[test]
fn routes_and_methods() {
    World::open().run(&[
        step("GET /Nothing", "", 404, &[]),
        step("GET /Users/a/b", "", 404, &[]),
        step("DELETE /Users", "", 405, &[("header:Allow", "\"GET, POST, HEAD, OPTIONS\"")]),
        step("BREW /Users", "", 405, &[]),
        step("POST /Schemas", "{}", 405, &[("header:Allow", "\"GET, HEAD, OPTIONS\"")]),
        step("POST /Users/x", "{}", 405, &[]),
        step("PUT /Bulk", "{}", 405, &[]),
        step("POST /", "{}", 405, &[]),
        step("OPTIONS /Users/x", "", 204, &[("header:Allow", "~DELETE")]),
        step("GET !/scim/v1/Users", "", 400, &[("scimType", "\"invalidVers\"")]),
        step("GET !/scim/Users", "", 200, &[("totalResults", "0")]),
        step("GET !/scim/v2", "", 200, &[("totalResults", "0")]),
        step("GET !/scim/v2x/Users", "", 404, &[]),
    ]);
}

#[test]
fn media_types_and_limits() {
    let mut world = World::of("[limits]\nbody_bytes = 400\njson_depth = 5\nbulk_bytes = 500");
    let long = format!(r#"{{"userName":"{}"}}"#, "x".repeat(400));
    for (send, body, status) in [
        ("POST /Users", long.as_str(), 413),
        ("PATCH /Users/x", &long, 413),
        ("POST /.search", &long, 413),
        ("POST /Bulk", &long, 400),
        ("POST /Bulk", &"x".repeat(501), 413),
    ] {
        assert_eq!(world.send(send, body).status, status, "{send}");
    }
    world.run(&[
        step("POST /Users\nContent-Type: text/xml", "{}", 415, &[]),
        step("PATCH /Users/x\nContent-Type: text/xml", "{}", 415, &[("header:Accept-Patch", "~json")]),
        step("POST /Users\nContent-Type: Application/JSON; charset=UTF-8", r#"{"userName":"a"}"#, 201, &[]),
        step(
            "POST /Users",
            r#"{"userName":"b","x":[[[[[1]]]]]}"#,
            400,
            &[("scimType", "\"invalidSyntax\""), ("detail", "~5")],
        ),
        step("GET /Users\nAccept: text/html", "", 406, &[]),
        step("GET /Users\nAccept: application/json", "", 200, &[("header:Content-Type", "\"application/scim+json\"")]),
        step("GET /Users\nHost: evil/<x>", "", 200, &[("Resources.meta.location", "~http://localhost/")]),
        step(
            "GET /Users\nHost: a.test:8443",
            "",
            200,
            &[("Resources.meta.location", "~http://a.test:8443/scim/v2/Users/")],
        ),
    ]);
    let mut bytes = Request::new(Method::Post, "/scim/v2/Users");
    bytes.body = Some(b"{\"userName\":\"\xff\"}".to_vec());
    let answer = world.server.handle(bytes);
    assert_eq!((answer.status, found(&answer, "scimType")), (400, vec!["invalidSyntax".into()]));

    world.server =
        Server::new(rfc(), Arc::new(MemoryStore::new()), Auth::anonymous()).with_public_url("https://p.test/");
    world.run(&[step(
        "POST /Users",
        r#"{"userName":"a"}"#,
        201,
        &[("header:Location", "~https://p.test/scim/v2/Users/")],
    )]);
}

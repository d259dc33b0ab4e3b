//! The token endpoint (`RFC6749 §4.4`), and what its tokens open.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
/// `me:s%26cret`, in base64: the secret is `s&cret`.
const BASIC: &str = "Authorization: Basic bWU6cyUyNmNyZXQ=";

fn world(now: &Arc<AtomicI64>) -> World {
    let clock = Arc::clone(now);
    let time = move || time::OffsetDateTime::from_unix_timestamp(clock.load(Ordering::Relaxed)).unwrap();
    let mut world = World::new(rfc(), Auth { tenants: vec![Tenant::new("default", Vec::new())] });
    let client = OAuthClient { id: "me".into(), secret: Secret::new("s&cret"), seconds: 60 };
    world.server = world.server.with_clock(time).with_oauth("default", client);
    world
}

fn ask(world: &World, headers: &str, body: &str) -> Response {
    world.send(&format!("POST !/oauth2/token\n{headers}"), body)
}

#[test]
fn a_token_opens_the_server_until_it_ends() {
    let now = Arc::new(AtomicI64::new(1_700_000_000));
    let world = world(&now);
    assert_eq!(world.send("GET /Users", "").status, 401);
    for (headers, body) in [
        (format!("{FORM}\n{BASIC}"), "grant_type=client_credentials"),
        (FORM.to_owned(), "grant_type=client_credentials&client_id=me&client_secret=s%26cret&scope=scim"),
    ] {
        let answer = ask(&world, &headers, body);
        let said = answer.json().unwrap();
        assert_eq!(
            (answer.status, &said["token_type"], &said["expires_in"]),
            (200, &"Bearer".into(), &60.into()),
            "{said}"
        );
        assert_eq!(answer.headers.get("cache-control"), Some("no-store"));
        let token = said["access_token"].as_str().unwrap();
        let read = format!("GET /Users\nAuthorization: Bearer {token}");
        assert_eq!(world.send(&read, "").status, 200);
        assert_eq!(world.send(&format!("{read}x"), "").status, 401);
        now.fetch_add(59, Ordering::Relaxed);
        assert_eq!(world.send(&read, "").status, 200);
        now.fetch_add(1, Ordering::Relaxed);
        let late = world.send(&read, "");
        assert_eq!(late.status, 401);
        assert!(late.headers.get("www-authenticate").unwrap().contains("invalid_token"));
    }
}

#[test]
fn refusals_have_the_codes_of_oauth() {
    let world = world(&Arc::new(AtomicI64::new(1_700_000_000)));
    let whole = "grant_type=client_credentials&client_id=me&client_secret=s%26cret";
    let basic = format!("{FORM}\n{BASIC}");
    for (headers, body, status, code) in [
        (FORM, "grant_type=client_credentials", 401, "invalid_client"),
        (FORM, "grant_type=client_credentials&client_id=me&client_secret=wrong", 401, "invalid_client"),
        (FORM, "grant_type=client_credentials&client_id=you&client_secret=s%26cret", 401, "invalid_client"),
        (FORM, "client_id=me&client_secret=s%26cret", 400, "invalid_request"),
        (FORM, "grant_type=password&client_id=me&client_secret=s%26cret", 400, "unsupported_grant_type"),
        (
            FORM,
            "grant_type=client_credentials&grant_type=password&client_id=me&client_secret=s%26cret",
            400,
            "invalid_request",
        ),
        (&basic, whole, 400, "invalid_request"),
        (&basic, "grant_type=client_credentials&client_id=you", 400, "invalid_request"),
        (&format!("{FORM}\nAuthorization: Basic bWU6d3Jvbmc="), "grant_type=client_credentials", 401, "invalid_client"),
        (&format!("{FORM}\nAuthorization: Bearer x"), "grant_type=client_credentials", 401, "invalid_client"),
        ("Content-Type: application/json", whole, 400, "invalid_request"),
    ] {
        let answer = ask(&world, headers, body);
        let said = answer.json().unwrap();
        assert_eq!((answer.status, &said["error"]), (status, &code.into()), "{headers} {body}: {said}");
        assert_eq!(answer.headers.get("www-authenticate").is_some(), status == 401);
        assert!(!said.to_string().contains("s&cret"));
    }
    assert_eq!(world.send("GET !/oauth2/token", "").status, 405);
    assert_eq!(World::open().send("POST !/oauth2/token", "").status, 404, "off by default");
}

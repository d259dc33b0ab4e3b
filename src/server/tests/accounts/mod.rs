//! Accounts and tokens over the whole surface, by requests and answers: the rules of COALESCE-SSO for every provider, and
//! what CATALOG and CATALYTIC say of logins.

mod login;
mod race;
mod records;
mod scim;
mod tokens;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::profile::Profile;
use crate::server::{Auth, Server};
use crate::store::MemoryStore;
use crate::wire::{Headers, Method, Request, Secret};

/// COALESCE-SSO-032: the rules hold for each.
const PROVIDERS: [&str; 5] = ["entra", "ping", "okta", "jumpcloud", "generic"];

const OPERATOR: &str = "operator-secret";
const EMAIL: &str = "erika@example.test";
const PASSWORD: &str = "Sunny-Day-17";

/// A server with the surface, and the organization `acme`.
struct Surface {
    server: Server,
    provider: &'static str,
}

/// A login: access token, session id and user id.
struct Entry {
    token: String,
    session: String,
    sub: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Surface {
    /// Of a profile, with more lines of its last table `[accounts]`.
    fn new(profile: &str, more: &str, provider: &'static str) -> Self {
        let text = match profile {
            "coalesce-sso" => include_str!("../../../../fixtures/profiles/coalesce-sso.toml"),
            "catalytic" => include_str!("../../../../fixtures/profiles/catalytic.toml"),
            _ => include_str!("../../../../fixtures/profiles/coalesce-catalog.toml"),
        };
        let profile = Profile::parse(&format!("{text}\n{more}")).unwrap();
        let server = Server::new(profile, Arc::new(MemoryStore::new()), Auth::bearer(Secret::new("scim-secret")))
            .with_admin(Secret::new(OPERATOR));
        let surface = Self { server, provider };
        surface.organization("acme");
        surface
    }

    /// Under `coalesce-sso`.
    fn sso(provider: &'static str) -> Self {
        Self::new("coalesce-sso", "", provider)
    }

    fn iss(&self) -> String {
        format!("https://{}.test", self.provider)
    }

    /// A new organization with SSO.
    fn organization(&self, id: &str) {
        let made = self.operator("POST /admin/v1/organizations", json!({ "id": id, "displayName": id }));
        assert_eq!(made.0, 201, "{made:?}");
        self.configure(id, &self.iss());
    }

    fn configure(&self, id: &str, issuer: &str) {
        let sso = json!({ "protocol": "oidc", "issuer": issuer, "client_id": "c", "subdomain": id,
            "provider": self.provider, "enabled": true });
        let set = self.operator(&format!("PUT /admin/v1/organizations/{id}/sso"), sso);
        assert_eq!(set.0, 200, "{set:?}");
    }

    /// The bearer token and base path of an organization's SCIM.
    fn scim(&self, id: &str) -> (String, String) {
        let on = self.operator(&format!("PUT /admin/v1/organizations/{id}/scim"), json!({ "enabled": true }));
        assert_eq!(on.0, 200, "{on:?}");
        let base = text(&on.1["base_url"]);
        let path = base.split_once("://").map_or(base.as_str(), |(_, rest)| &rest[rest.find('/').unwrap()..]);
        (text(&on.1["bearer_token"]), path.to_owned())
    }

    /// `line` is method and target; `who` a bearer token, or nobody.
    fn ask(&self, who: &str, line: &str, body: Value) -> (u16, Value) {
        let media = "application/json";
        self.send(who, line, media, if body.is_null() { None } else { Some(body.to_string()) })
    }

    fn send(&self, who: &str, line: &str, media: &str, body: Option<String>) -> (u16, Value) {
        let (method, target) = line.split_once(' ').unwrap();
        let mut request = Request::new(Method::from_word(method), target);
        request.headers = Headers::from_iter([("Host", "scim.test")]);
        if let Some(cookie) = who.strip_prefix("cookie:") {
            request.headers.push("Cookie", format!("theme=dark; session={cookie}"));
        } else if !who.is_empty() {
            request.headers.push("Authorization", format!("Bearer {who}"));
        }
        if let Some(body) = body {
            request.headers.push("Content-Type", media);
            request.body = Some(body.into_bytes());
        }
        let answer = self.server.handle(request);
        (answer.status, answer.json().unwrap_or(Value::Null))
    }

    fn operator(&self, line: &str, body: Value) -> (u16, Value) {
        self.ask(OPERATOR, line, body)
    }

    /// A native user of `acme`.
    fn native(&self, email: &str) -> String {
        let made = self.operator("POST /admin/v1/users", person("acme", email));
        assert_eq!(made.0, 201, "{made:?}");
        text(&made.1["id"])
    }

    fn password_login(&self, email: &str, password: &str) -> Result<Entry, (u16, String)> {
        self.enter("/auth/login", json!({ "org": "acme", "username": email, "password": password }))
    }

    fn sso_login(&self, org: &str, sub: &str, email: &str) -> Result<Entry, (u16, String)> {
        let claims = json!({ "org": org, "iss": self.iss(), "sub": sub, "email": email, "email_verified": true,
            "given_name": "Erika", "family_name": "Muster" });
        self.enter("/auth/sso/callback", claims)
    }

    fn enter(&self, path: &str, body: Value) -> Result<Entry, (u16, String)> {
        let (status, body) = self.ask("", &format!("POST {path}"), body);
        if status != 200 {
            assert!(body["access_token"].is_null());
            return Err((status, text(&body["error"])));
        }
        assert_eq!(body["token_type"], "Bearer");
        Ok(Entry { token: text(&body["access_token"]), session: text(&body["session_id"]), sub: text(&body["sub"]) })
    }

    fn introspect(&self, token: &str, resource: &str) -> Value {
        let form = match resource {
            "" => format!("token={token}"),
            resource => format!("token={token}&resource={resource}"),
        };
        let answer = self.send(OPERATOR, "POST /oauth2/introspect", "application/x-www-form-urlencoded", Some(form));
        assert_eq!(answer.0, 200, "{answer:?}");
        if answer.1["active"] == false {
            assert_eq!(answer.1, json!({ "active": false }));
        }
        answer.1
    }

    fn is_active(&self, token: &str) -> bool {
        self.introspect(token, "")["active"] == true
    }

    fn read(&self, id: &str) -> (u16, Value) {
        self.operator(&format!("GET /admin/v1/users/{id}"), Value::Null)
    }

    fn patch(&self, id: &str, body: Value) -> (u16, Value) {
        self.operator(&format!("PATCH /admin/v1/users/{id}"), body)
    }

    /// The ids of the records with an e-mail address.
    fn with_email(&self, email: &str) -> Vec<String> {
        let found =
            self.operator(&format!("GET /admin/v1/users?org=acme&email={}", email.replace('+', "%2B")), Value::Null);
        assert_eq!(found.0, 200, "{found:?}");
        let users = found.1["Resources"].as_array().unwrap().clone();
        assert_eq!(found.1["totalResults"], users.len());
        users.iter().map(|user| text(&user["id"])).collect()
    }
}

/// The body of A8.
fn person(org: &str, email: &str) -> Value {
    json!({ "org": org, "userName": email, "email": email, "given_name": "Erika", "family_name": "Muster",
        "password": PASSWORD, "role": "User" })
}

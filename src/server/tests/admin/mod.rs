//! The organization half of the admin surface by requests and answers: settings, roles by team, what only the operator
//! has, and the permission table.

mod mapping;
mod openapi;
mod operator;
mod permission;
mod settings;

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::product::{Account, AppRole, Coverage, Fresh, Holder, Source};
use crate::profile::Profile;
use crate::server::{Auth, Server};
use crate::store::MemoryStore;
use crate::wire::{Headers, Method, Request, Secret};

const OPERATOR: &str = "operator-secret";
const SCIM: &str = "scim-secret";

/// A server with the surface.
struct Surface(Server);

impl Surface {
    fn new(profile: &str) -> Self {
        Self::of(Profile::named(profile).unwrap())
    }

    fn of(profile: Profile) -> Self {
        let auth = Auth::bearer(Secret::new(SCIM));
        Self(Server::new(profile, Arc::new(MemoryStore::new()), auth).with_admin(Secret::new(OPERATOR)))
    }

    /// `line` is method and target, `who` a bearer token or nobody.
    fn ask(&self, who: &str, line: &str, body: &str) -> (u16, Value) {
        let (method, target) = line.split_once(' ').unwrap();
        let mut request = Request::new(Method::from_word(method), target);
        request.headers = Headers::from_iter([("Host", "scim.test")]);
        if !who.is_empty() {
            request.headers.push("Authorization", format!("Bearer {who}"));
        }
        if !body.is_empty() {
            request.headers.push("Content-Type", "application/json");
            request.body = Some(body.as_bytes().to_vec());
        }
        let answer = self.0.handle(request);
        (answer.status, answer.json().unwrap_or(Value::Null))
    }

    fn operator(&self, line: &str, body: Value) -> (u16, Value) {
        self.ask(OPERATOR, line, &if body.is_null() { String::new() } else { body.to_string() })
    }

    /// The same, which must succeed.
    fn done(&self, line: &str, body: Value) -> Value {
        let (status, answer) = self.operator(line, body);
        assert!((200..300).contains(&status), "{line}: {status} {answer}");
        answer
    }

    /// A new organization with SSO and SCIM; its SCIM token and base path.
    fn organization(&self, id: &str) -> (String, String) {
        self.done("POST /admin/v1/organizations", json!({ "id": id, "displayName": id }));
        self.done(&format!("PUT /admin/v1/organizations/{id}/sso"), sso(id));
        let on = self.done(&format!("PUT /admin/v1/organizations/{id}/scim"), json!({ "enabled": true }));
        let path = on["base_url"].as_str().unwrap().strip_prefix("http://scim.test").unwrap().to_owned();
        (on["bearer_token"].as_str().unwrap().to_owned(), path)
    }

    /// A user of an organization with an app role, signed in: the access token.
    fn sign_in(&self, org: &str, id: &str, role: AppRole) -> String {
        let products = self.0.products();
        let mut state = products.lock();
        let (holder, token) = (Holder::new(org, id), format!("token-of-{org}-{id}"));
        let mut account = Account::new(Source::Native);
        account.app_role = role;
        state.accounts.put(holder.clone(), account);
        let epoch = state.accounts.epoch(&holder).unwrap();
        let fresh = Fresh { token: &token, session: &token, id, now: OffsetDateTime::UNIX_EPOCH };
        assert!(state.accounts.issue(&holder, epoch, Coverage::All, fresh));
        drop(state);
        token
    }
}

fn sso(subdomain: &str) -> Value {
    json!({ "protocol": "oidc", "issuer": "https://idp.test", "client_id": "c", "subdomain": subdomain,
        "provider": "okta", "enabled": true })
}

//! OAuth 2.0 client credentials (`RFC6749 §4.4`): a token is fetched at the start, renewed before it expires, and once
//! more after a 401.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::BaseUrl;
use crate::wire::{Failure, FailureKind, Redactor, Secret};

/// How to get a token.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// The token endpoint.
    pub token_url: BaseUrl,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// The scope, if one is asked for.
    pub scope: Option<String>,
    /// True sends id and secret in the body instead of a Basic header (`RFC6749 §2.3.1`).
    pub in_body: bool,
}

impl OAuth {
    /// The body of the token request, and the pair for its Basic header unless the body holds it.
    fn grant(&self) -> (String, Option<Secret>) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        if self.in_body {
            form.append_pair("client_id", &self.client_id).append_pair("client_secret", self.client_secret.expose());
            return (form.finish(), None);
        }
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose()));
        (form.finish(), Some(Secret::new(STANDARD.encode(pair))))
    }
}

/// A token is renewed so long before it expires.
const MARGIN: Duration = Duration::from_secs(30);

/// The life of a token whose answer names none.
const UNKNOWN_LIFE: Duration = Duration::from_secs(300);

struct Token {
    text: Secret,
    renew: Instant,
}

/// Keeps the current token.
pub(super) struct TokenKeeper {
    settings: OAuth,
    http: reqwest::Client,
    redactor: Redactor,
    current: Mutex<Option<Token>>,
}

impl TokenKeeper {
    pub(super) fn new(settings: OAuth, http: reqwest::Client, redactor: Redactor) -> Self {
        Self { settings, http, redactor, current: Mutex::new(None) }
    }

    /// The current token, fetched if there is none or it is about to expire.
    pub(super) async fn token(&self) -> Result<Secret, Failure> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| token.renew > Instant::now()) {
            return Ok(token.text.clone());
        }
        let token = self.fetch().await?;
        let text = token.text.clone();
        *current = Some(token);
        Ok(text)
    }

    /// Forgets a token that was refused, unless somebody has renewed it already.
    pub(super) async fn refused(&self, token: &Secret) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|known| known.text == *token) {
            *current = None;
        }
    }

    async fn fetch(&self) -> Result<Token, Failure> {
        let fault = |reason: String| Failure { kind: FailureKind::Broken, reason };
        let (body, basic) = self.settings.grant();
        let mut request = self.http.post(self.settings.token_url.as_str()).header("Accept", "application/json");
        if let Some(basic) = basic {
            self.redactor.learn(&basic);
            request = request.header("Authorization", format!("Basic {}", basic.expose()));
        }
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.map_err(|error| {
            let failure = super::http::failure(&error);
            Failure { reason: format!("the token endpoint: {}", failure.reason), ..failure }
        })?;
        let status = answer.status().as_u16();
        let body: serde_json::Value =
            answer.bytes().await.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if status != 200 {
            let word: String =
                body["error"].as_str().unwrap_or_default().chars().filter(char::is_ascii_graphic).take(60).collect();
            let word = if word.is_empty() { "no error code".to_owned() } else { word };
            return Err(fault(format!("the token endpoint answered {status} ({})", self.redactor.scrub(&word))));
        }
        let Some(text) = body["access_token"].as_str() else {
            return Err(fault("the token endpoint answered 200 without an access_token".to_owned()));
        };
        let text = Secret::new(text);
        self.redactor.learn(&text);
        let life = body["expires_in"].as_u64().map_or(UNKNOWN_LIFE, Duration::from_secs);
        Ok(Token { text, renew: Instant::now() + life.saturating_sub(MARGIN) })
    }
}

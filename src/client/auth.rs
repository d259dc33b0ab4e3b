//! How a request is authenticated. Only this room turns a secret into a header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::OAuth;
use crate::wire::{Redactor, Secret};

/// The credentials of a target.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// None.
    #[default]
    None,
    /// `Authorization: Bearer TOKEN` (`RFC6750 §2.1`).
    Bearer(Secret),
    /// `Authorization: Basic …` (`RFC7617 §2`).
    Basic {
        /// The user name; no colon.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Any headers with secret values, among them the bare `Authorization: TOKEN` of Okta's "HTTP Header" mode.
    Headers(Vec<(String, Secret)>),
    /// OAuth 2.0 client credentials (`RFC6749 §4.4`).
    OAuth(OAuth),
}

impl Auth {
    /// The headers of a request; empty for [`Auth::OAuth`], whose token must be fetched.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, Secret)> {
        let authorization = |text: String| vec![("Authorization".to_owned(), Secret::new(text))];
        match self {
            Self::None | Self::OAuth(_) => Vec::new(),
            Self::Bearer(token) => authorization(bearer(token)),
            Self::Basic { user, password } => {
                authorization(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose()))))
            }
            Self::Headers(headers) => headers.clone(),
        }
    }

    /// Tells a redactor every secret.
    pub fn teach(&self, redactor: &Redactor) {
        match self {
            Self::None => {}
            Self::Bearer(token) => redactor.learn(token),
            Self::Basic { user, password } => {
                redactor.learn(password);
                redactor.learn(&Secret::new(format!("{user}:{}", password.expose())));
            }
            Self::Headers(headers) => {
                for (_, value) in headers {
                    redactor.learn(value);
                    // Without its scheme it is as much of a secret.
                    if let Some((_, token)) = value.expose().split_once(' ') {
                        redactor.learn(&Secret::new(token));
                    }
                }
            }
            Self::OAuth(oauth) => redactor.learn(&oauth.client_secret),
        }
    }

    /// The word in talk, without any secret.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "no credentials",
            Self::Bearer(_) => "a bearer token",
            Self::Basic { .. } => "a user name and password",
            Self::Headers(_) => "a credential header",
            Self::OAuth(_) => "OAuth client credentials",
        }
    }
}

/// The field value of a bearer token.
pub(super) fn bearer(token: &Secret) -> String {
    format!("Bearer {}", token.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_header() {
        let secret = Secret::new("open sesame");
        let rows = [
            (Auth::None, vec![]),
            (Auth::Bearer(secret.clone()), vec![("Authorization", "Bearer open sesame")]),
            (
                Auth::Basic { user: "Aladdin".into(), password: secret.clone() },
                vec![("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")],
            ),
            (Auth::Headers(vec![("X-Api-Key".into(), secret)]), vec![("X-Api-Key", "open sesame")]),
        ];
        for (auth, expected) in rows {
            let headers = auth.headers();
            let shown: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
            assert_eq!(shown, expected);
            assert!(!format!("{auth:?}").contains("sesame"));
            let redactor = Redactor::default();
            auth.teach(&redactor);
            for (_, value) in shown {
                assert!(!redactor.scrub(value).contains("sesame") && !redactor.scrub(value).contains("QWxh"));
            }
        }
    }
}

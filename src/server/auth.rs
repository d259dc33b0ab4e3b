//! Who may speak to which tenant: base paths, credentials, challenges, and the subject that `/Me` stands for. Secrets are
//! compared in constant time and never shown. It knows nothing of resources.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use crate::wire::{Headers, Secret};

/// A tenant: a base path with its own resources and credentials.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The tenant's name in the store.
    pub name: String,
    /// Where it is served, `/acme/scim/v2`; `None` is the profile's base path.
    pub base_path: Option<String>,
    /// Who may come in.
    pub credentials: Vec<Credential>,
    /// Whether requests without credentials are served (`RFC7644 §2.2`).
    pub anonymous: bool,
}

/// A credential and whose it is.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The scheme with its secret.
    pub scheme: Scheme,
    /// From when on it is not good any more; `None` is never.
    pub until: Option<OffsetDateTime>,
    /// The `userName` of the User that `/Me` stands for (`RFC7644 §3.11`); a basic user name is its own subject.
    pub subject: Option<String>,
}

/// The two schemes.
#[derive(Debug, Clone)]
pub enum Scheme {
    /// `RFC6750 §2.1`
    Bearer(Secret),
    /// `RFC7617`
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Secret,
    },
}

impl Credential {
    /// A bearer token without subject.
    #[must_use]
    pub fn bearer(token: Secret) -> Self {
        Self { scheme: Scheme::Bearer(token), until: None, subject: None }
    }

    /// A basic user, who is the subject.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: Secret) -> Self {
        Self { scheme: Scheme::Basic { user: user.into(), password }, until: None, subject: None }
    }

    /// The same credential, good until that moment.
    #[must_use]
    pub fn until(mut self, moment: OffsetDateTime) -> Self {
        self.until = Some(moment);
        self
    }
}

impl Tenant {
    /// A tenant at the profile's base path.
    #[must_use]
    pub fn new(name: impl Into<String>, credentials: Vec<Credential>) -> Self {
        Self { name: name.into(), base_path: None, credentials, anonymous: false }
    }

    /// The same tenant at a path of its own.
    #[must_use]
    pub fn at(mut self, base_path: impl Into<String>) -> Self {
        self.base_path = Some(base_path.into());
        self
    }
}

/// The tokens of two tenants: the first one's own, its second, one that has expired, and the other tenant's.
#[derive(Debug, Clone)]
pub struct Tokens(pub [Secret; 4]);

/// The name of the tenant beside the first.
const SECOND: &str = "second";

/// The tenants of a server.
#[derive(Debug, Clone)]
pub struct Auth {
    /// In any order; base paths differ.
    pub tenants: Vec<Tenant>,
}

impl Auth {
    /// One tenant, one bearer token.
    #[must_use]
    pub fn bearer(token: Secret) -> Self {
        Self { tenants: vec![Tenant::new("default", vec![Credential::bearer(token)])] }
    }

    /// Two tenants: one at that base path, which has two tokens and one that has expired, and one beside it.
    #[must_use]
    pub fn of_two(tokens: &Tokens, base_path: &str) -> Self {
        let [own, second, expired, other] = tokens.0.clone().map(Credential::bearer);
        let expired = expired.until(OffsetDateTime::UNIX_EPOCH);
        let second_tenant = Tenant::new(SECOND, vec![other]).at(Self::second_base(base_path));
        Self { tenants: vec![Tenant::new("default", vec![own, second, expired]), second_tenant] }
    }

    /// The base path of the second tenant of [`Auth::of_two`].
    #[must_use]
    pub fn second_base(base_path: &str) -> String {
        format!("/{SECOND}/{}", base_path.trim_start_matches('/'))
    }

    /// One tenant, open to everybody.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { tenants: vec![Tenant { anonymous: true, ..Tenant::new("default", Vec::new()) }] }
    }
}

/// What the credentials of a request are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// Let in, with the subject if one is mapped.
    Granted(Option<String>),
    /// No credentials came.
    Missing,
    /// Credentials came and are wrong; the scheme that was tried, in lower case.
    Refused(String),
    /// Credentials came that were good once.
    Expired(String),
}

/// Judges the `Authorization` header of a request that comes now; who has no credential that ends asks for no time.
pub(super) fn access(tenant: &Tenant, headers: &Headers, now: impl Fn() -> OffsetDateTime) -> Access {
    let Some(header) = headers.get("authorization").map(str::trim).filter(|header| !header.is_empty()) else {
        return if tenant.anonymous { Access::Granted(None) } else { Access::Missing };
    };
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    let basic = if scheme.eq_ignore_ascii_case("basic") { decode_basic(rest.trim()) } else { None };
    let mut granted = None;
    let mut expired = false;
    // Every credential is compared, so that the time tells nothing about which one came close.
    for credential in &tenant.credentials {
        let (same, own) = match (&credential.scheme, &basic) {
            (Scheme::Bearer(token), _) => (bearer && same(token.expose(), rest.trim()), None),
            (Scheme::Basic { user, password }, Some((name, word))) => {
                (same(user, name) & same(password.expose(), word), Some(user))
            }
            (Scheme::Basic { .. }, None) => (false, None),
        };
        let good = credential.until.is_none_or(|until| now() < until);
        expired |= same && !good;
        if same && good {
            granted = Some(credential.subject.as_ref().or(own).cloned());
        }
    }
    match granted {
        Some(subject) => Access::Granted(subject),
        None if tenant.anonymous => Access::Granted(None),
        None if expired => Access::Expired(scheme.to_ascii_lowercase()),
        None => Access::Refused(scheme.to_ascii_lowercase()),
    }
}

fn decode_basic(text: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Equality in a time that depends on the lengths, but on no byte of either text: every byte of `given` is looked at.
pub(super) fn same(own: &str, given: &str) -> bool {
    // A text of another length is compared with itself, which takes as long.
    let fits = own.len() == given.len();
    let against = if fits { own } else { given };
    let difference = against.bytes().zip(given.bytes()).fold(0, |difference, (one, other)| difference | (one ^ other));
    // Nothing may conclude from the lengths that the bytes do not matter.
    std::hint::black_box(difference) == 0 && fits
}

/// The `WWW-Authenticate` values of a refusal (`RFC7644 §2`, `RFC6750 §3`, `RFC7617 §2`).
pub(super) fn challenges(tenant: &Tenant, access: &Access) -> Vec<String> {
    let basic = tenant.credentials.iter().any(|credential| matches!(credential.scheme, Scheme::Basic { .. }));
    let bearer = !basic || tenant.credentials.iter().any(|credential| matches!(credential.scheme, Scheme::Bearer(_)));
    let mut challenges = Vec::new();
    if bearer {
        let reason = match access {
            Access::Refused(scheme) if scheme == "bearer" => {
                ", error=\"invalid_token\", error_description=\"the token is not known here\""
            }
            Access::Expired(scheme) if scheme == "bearer" => {
                ", error=\"invalid_token\", error_description=\"the token has expired\""
            }
            _ => "",
        };
        challenges.push(format!("Bearer realm=\"scim\"{reason}"));
    }
    if basic {
        challenges.push("Basic realm=\"scim\", charset=\"UTF-8\"".to_owned());
    }
    challenges
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_credential_is_good_until_its_time() {
        let expires = datetime!(2026-01-02 0:00 UTC);
        let tenant = Tenant::new("t", vec![Credential::bearer(Secret::new("t1")).until(expires)]);
        let headers: Headers = [("Authorization", "Bearer t1")].into_iter().collect();
        assert_eq!(access(&tenant, &headers, || datetime!(2026-01-01 23:59:59 UTC)), Access::Granted(None));
        assert_eq!(access(&tenant, &headers, || expires), Access::Expired("bearer".into()));
    }

    #[test]
    fn texts_are_the_same_or_not() {
        for (own, given, equal) in [
            ("", "", true),
            ("a", "", false),
            ("", "a", false),
            ("ab", "ab", true),
            ("ab", "abab", false),
            ("abab", "ab", false),
            ("ab", "aB", false),
        ] {
            assert_eq!(same(own, given), equal, "{own} {given}");
        }
    }

    #[test]
    fn credentials_are_judged() {
        let now = datetime!(2026-01-01 0:00 UTC);
        let mut mapped = Credential::bearer(Secret::new("t2"));
        mapped.subject = Some("ann".into());
        let tenant = Tenant::new(
            "t",
            vec![Credential::bearer(Secret::new("t1")), mapped, Credential::basic("bob", Secret::new("a:b"))],
        );
        let granted = |subject: Option<&str>| Access::Granted(subject.map(Into::into));
        for (header, access_) in [
            ("Bearer t1", granted(None)),
            ("bearer  t1 ", granted(None)),
            ("Bearer t2", granted(Some("ann"))),
            ("Basic Ym9iOmE6Yg==", granted(Some("bob"))),
            ("BASIC Ym9iOmE6Yg==", granted(Some("bob"))),
            ("Basic Ym9iOmE6", Access::Refused("basic".into())),
            ("Basic ///", Access::Refused("basic".into())),
            ("Bearer t", Access::Refused("bearer".into())),
            ("Bearer", Access::Refused("bearer".into())),
            ("t1", Access::Refused("t1".into())),
            ("", Access::Missing),
        ] {
            let headers: Headers = [("AUTHORIZATION", header)].into_iter().collect();
            assert_eq!(access(&tenant, &headers, || now), access_, "{header}");
        }
        assert_eq!(access(&tenant, &Headers::default(), || now), Access::Missing);
        let refused = challenges(&tenant, &Access::Refused("bearer".into())).join("\n");
        assert!(refused.contains("invalid_token") && refused.contains("\nBasic realm="), "{refused}");
        assert!(!challenges(&tenant, &Access::Missing).join("\n").contains("error"));
    }
}

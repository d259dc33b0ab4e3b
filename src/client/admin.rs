//! The other base URLs of a target: the admin and auth surface with the operator's credentials, and further SCIM bases on
//! the hosts that are known, without any. What the surface issues is a secret from then on.

use serde_json::Value;
use url::Url;

use super::{Auth, BaseUrl};
use crate::wire::{Failure, FailureKind, Redactor, Request, Response, Root, SECRET_MEMBERS, Secret};

/// Shorter values are no tokens: hiding them everywhere would tear holes into reports. Bodies hide them by name anyway.
const SHORTEST: usize = 12;

/// The admin and auth surface of a product.
#[derive(Debug, Clone)]
pub struct AdminSurface {
    /// Its root; requests have targets such as `/admin/v1/organizations`.
    pub base: BaseUrl,
    /// The operator's credentials; OAuth is not among them.
    pub auth: Auth,
    /// Learns every token that the surface issues.
    pub redactor: Redactor,
}

impl AdminSurface {
    /// A surface; the redactor learns the operator's credentials.
    #[must_use]
    pub fn new(base: BaseUrl, auth: Auth, redactor: &Redactor) -> Self {
        auth.teach(redactor);
        Self { base, auth, redactor: redactor.clone() }
    }

    /// Learns the tokens and passwords in an answer, wherever they stand.
    pub(super) fn learn(&self, response: &Response) {
        let body = response.json().unwrap_or_default();
        secrets(&body, &mut |text| self.redactor.learn(&Secret::new(text)));
    }
}

/// Every string in a member that holds a secret by its name.
fn secrets(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| secrets(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if text.len() >= SHORTEST && SECRET_MEMBERS.contains(&name.as_str()) => {
                        found(text);
                    }
                    other => secrets(other, found),
                }
            }
        }
        _ => {}
    }
}

/// The base URL of a request and the surface that it belongs to, `None` for other SCIM bases.
///
/// # Errors
/// A [`Failure`] that says why it is not sent: there is no admin surface, or the base is on another host, where a token
/// could be caught.
pub(super) fn place<'a>(
    request: &Request,
    base: &'a BaseUrl,
    admin: Option<&'a AdminSurface>,
) -> Result<(BaseUrl, Option<&'a AdminSurface>), Failure> {
    let unsent = |reason: String| Failure { kind: FailureKind::Unsent, reason };
    match &request.root {
        Root::Scim => Ok((base.clone(), None)),
        Root::Admin => {
            let admin = admin.ok_or_else(|| unsent("the target has no admin surface".to_owned()))?;
            Ok((admin.base.clone(), Some(admin)))
        }
        Root::SecondTenant => Err(unsent("the settings of the target name no second tenant".to_owned())),
        Root::Probe => Err(unsent("no such probe is configured (`[probe]` in scimproof.toml)".to_owned())),
        Root::At(text) => {
            let other =
                BaseUrl::parse(text).map_err(|_| unsent("the SCIM base that was saved is no URL".to_owned()))?;
            let known = [Some(base), admin.map(|admin| &admin.base)].into_iter().flatten();
            if known.into_iter().any(|known| origin(known) == origin(&other)) {
                return Ok((other, None));
            }
            Err(unsent(format!(
                "the saved SCIM base is at {}, which is neither the target nor its admin surface",
                origin(&other).unwrap_or_else(|| "another host".to_owned())
            )))
        }
    }
}

/// Scheme, host and port.
fn origin(base: &BaseUrl) -> Option<String> {
    Url::parse(base.as_str()).ok().map(|url| url.origin().ascii_serialization())
}

//! A transport in front of the target's that knows what the settings add: a second token, an expired one, a second tenant.
//! Each is put in the place of its name at the last moment; what is not there is not sent.

use std::sync::Arc;

use super::{Answer, Auth, Transport};
use crate::wire::{Failure, FailureKind, Headers, Lent, Redactor, Request, Root};

/// Another tenant of the same server.
#[derive(Clone)]
pub struct SecondTenant {
    /// The way to it, with its own credentials.
    pub transport: Arc<dyn Transport>,
    /// Those credentials, for requests to the target itself.
    pub auth: Auth,
}

/// What the settings of a target add; nothing by default.
#[derive(Clone, Default)]
pub struct Loan {
    /// Another valid token of the same tenant.
    pub second_token: Option<Auth>,
    /// A token that is no longer valid.
    pub expired_token: Option<Auth>,
    /// Another tenant.
    pub tenant: Option<SecondTenant>,
}

/// A target with what its settings add.
pub struct Lending {
    inner: Arc<dyn Transport>,
    loan: Loan,
}

impl Lending {
    /// That target; the redactor learns every token.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, loan: Loan, redactor: &Redactor) -> Self {
        let own = [&loan.second_token, &loan.expired_token].into_iter().flatten();
        own.chain(loan.tenant.as_ref().map(|tenant| &tenant.auth)).for_each(|auth| auth.teach(redactor));
        Self { inner, loan }
    }

    fn auth(&self, lent: Lent) -> Option<&Auth> {
        match lent {
            Lent::SecondToken => self.loan.second_token.as_ref(),
            Lent::ExpiredToken => self.loan.expired_token.as_ref(),
            Lent::SecondTenant => self.loan.tenant.as_ref().map(|tenant| &tenant.auth),
        }
    }

    /// The way of a request, and the request as it takes it.
    fn direct(&self, request: &Request) -> Result<(&Arc<dyn Transport>, Request), Failure> {
        let missing = |word: &str| Failure {
            kind: FailureKind::Unsent,
            reason: format!("the settings of the target name no {word}"),
        };
        let mut sent = request.clone();
        let inner = match &request.root {
            Root::SecondTenant => {
                sent.root = Root::Scim;
                &self.loan.tenant.as_ref().ok_or_else(|| missing("second tenant"))?.transport
            }
            _ => &self.inner,
        };
        if let Some(lent) = request.headers.get("Authorization").and_then(Lent::in_field) {
            let auth = self.auth(lent).ok_or_else(|| missing(&lent.word().replace('-', " ")))?;
            replace(&mut sent.headers, auth);
        }
        Ok((inner, sent))
    }
}

/// Puts credentials in the place of their name.
fn replace(headers: &mut Headers, auth: &Auth) {
    headers.remove("Authorization");
    for (name, secret) in auth.headers() {
        headers.set(&name, secret.expose());
    }
}

impl Transport for Lending {
    fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
        let named = request.headers.get("Authorization").is_some_and(|value| Lent::in_field(value).is_some());
        if !named && request.root != Root::SecondTenant {
            return self.inner.send(request);
        }
        Box::pin(async move {
            let (inner, sent) = self.direct(request)?;
            inner.send(&sent).await
        })
    }

    fn base_url(&self) -> &str {
        self.inner.base_url()
    }

    fn admin_url(&self) -> Option<&str> {
        self.inner.admin_url()
    }

    fn second_tenant_url(&self) -> Option<&str> {
        self.loan.tenant.as_ref().map(|tenant| tenant.transport.base_url())
    }

    fn lends(&self, lent: Lent) -> bool {
        self.auth(lent).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{BaseUrl, InProcess};
    use crate::wire::{Method, Response, Secret};

    fn echo(base: &str, token: &str) -> Arc<dyn Transport> {
        let handler = |request: Request| {
            let token = request.headers.get("Authorization").unwrap_or("none");
            Response { body: format!("{} {token}", request.target).into_bytes(), ..Response::new(200) }
        };
        let auth = Auth::Bearer(Secret::new(token));
        Arc::new(InProcess::new(BaseUrl::parse(base).unwrap(), auth, Arc::new(handler)))
    }

    #[tokio::test]
    async fn each_name_becomes_its_token_and_nothing_else_changes() {
        let bearer = |token: &str| Auth::Bearer(Secret::new(token));
        let tenant = SecondTenant { transport: echo("http://h/two", "t-two"), auth: bearer("t-two") };
        let loan = Loan {
            second_token: Some(bearer("t-second")),
            expired_token: Some(Auth::Headers(vec![("Authorization".into(), Secret::new("t-old"))])),
            tenant: Some(tenant),
        };
        let redactor = Redactor::default();
        let target = Lending::new(echo("http://h/one", "t-own"), loan, &redactor);
        let rows = [
            (Root::Scim, None, "/one/Users Bearer t-own"),
            (Root::Scim, Some("Bearer x"), "/one/Users Bearer x"),
            (Root::Scim, Some(""), "/one/Users none"),
            (Root::Scim, Some(Lent::SecondToken.placeholder()), "/one/Users Bearer t-second"),
            (Root::Scim, Some(Lent::ExpiredToken.placeholder()), "/one/Users t-old"),
            (Root::Scim, Some(Lent::SecondTenant.placeholder()), "/one/Users Bearer t-two"),
            (Root::SecondTenant, None, "/two/Users Bearer t-two"),
            (Root::SecondTenant, Some(Lent::SecondToken.placeholder()), "/two/Users Bearer t-second"),
        ];
        for (root, field, seen) in rows {
            let mut request = Request { root, ..Request::new(Method::Get, "/Users") };
            if let Some(field) = field {
                request.headers.push("Authorization", field);
            }
            let response = target.send(&request).await.unwrap();
            assert_eq!(String::from_utf8(response.body).unwrap(), seen);
        }
        assert_eq!(redactor.scrub("t-second t-old t-two"), "*** *** ***");
        assert!(Lent::ALL.into_iter().all(|lent| target.lends(lent) && Lent::named(lent.word()) == Some(lent)));
        assert_eq!(target.second_tenant_url(), Some("http://h/two"));
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_sent() {
        let target = Lending::new(echo("http://h/one", "t-own"), Loan::default(), &Redactor::default());
        for (root, field) in [(Root::SecondTenant, None), (Root::Scim, Some(Lent::ExpiredToken))] {
            let mut request = Request { root, ..Request::new(Method::Get, "/Users") };
            if let Some(lent) = field {
                request.headers.push("Authorization", lent.placeholder());
            }
            assert_eq!(target.send(&request).await.unwrap_err().kind, FailureKind::Unsent);
        }
    }
}

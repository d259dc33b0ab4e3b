//! What the settings add to a target: a second token, an expired one, a second tenant. Each goes out as the target's own
//! token does; every mistake is a usage error before anything is sent, and no sentence repeats a secret.

use std::sync::Arc;

use super::args::{AuthKind, Run};
use super::context::Context;
use super::fault::Fault;
use super::target::{connection, further_headers, guard};
use crate::client::{Auth, BaseUrl, HttpTransport, Lending, Loan, SecondTenant, SecretSource, Transport};
use crate::wire::Secret;

/// The target with what its settings add; without any, the target itself.
///
/// # Errors
/// [`Fault`] (usage): a token that cannot be had, half of a second tenant, one far away without `--allow-writes`.
pub fn before(transport: Arc<dyn Transport>, run: &Run, context: &Context) -> Result<Arc<dyn Transport>, Fault> {
    let token = |flag: &str, name: &Option<String>| {
        name.as_deref().map(|name| fetch(flag, name, context).and_then(|token| auth(token, run, context))).transpose()
    };
    let flags = &run.further;
    let tenant = match (&flags.second_tenant, &flags.second_tenant_token_env) {
        (Some(url), Some(name)) => Some(tenant(url, name, run, context)?),
        (None, None) => None,
        (Some(_), None) => return Err(Fault::usage("--second-tenant needs --second-tenant-token-env")),
        (None, Some(_)) => {
            return Err(Fault::usage("--second-tenant-token-env needs --second-tenant, where the token is sent"));
        }
    };
    let loan = Loan {
        second_token: token("--second-token-env", &flags.second_token_env)?,
        expired_token: token("--expired-token-env", &flags.expired_token_env)?,
        tenant,
    };
    if loan.second_token.is_none() && loan.expired_token.is_none() && loan.tenant.is_none() {
        return Ok(transport);
    }
    Ok(Arc::new(Lending::new(transport, loan, &context.redactor)))
}

fn tenant(url: &str, name: &str, run: &Run, context: &Context) -> Result<SecondTenant, Fault> {
    let wrong = "--second-tenant is not a plain http(s) URL without user, query and fragment (it is not shown)";
    let base = BaseUrl::parse(url).map_err(|_| Fault::usage(wrong))?;
    guard(&base, run, "users and groups")?;
    let auth = auth(fetch("--second-tenant-token-env", name, context)?, run, context)?;
    let options = connection(&run.connection, &base, context)?;
    let transport = HttpTransport::new(base, auth.clone(), &options, &context.redactor);
    let transport = transport.map_err(|error| Fault::usage(error.to_string()))?;
    Ok(SecondTenant { transport: Arc::new(transport), auth })
}

fn fetch(flag: &str, name: &str, context: &Context) -> Result<Secret, Fault> {
    let source = SecretSource::env(name).map_err(|error| Fault::usage(format!("{flag}: {error}")))?;
    let token = source.fetch(&context.environment).map_err(|error| Fault::usage(format!("{flag}: {error}")))?;
    context.redactor.learn(&token);
    Ok(token)
}

/// A token in the form of the target's own.
fn auth(token: Secret, run: &Run, context: &Context) -> Result<Auth, Fault> {
    let main = match run.credentials.auth {
        Some(AuthKind::Header) => Auth::Headers(vec![("Authorization".to_owned(), token)]),
        _ => Auth::Bearer(token),
    };
    further_headers(main, &run.credentials.header, &context.environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::InProcess;
    use crate::wire::{Lent, Response};

    #[test]
    fn what_is_named_is_there_and_what_is_wrong_is_said_without_secrets() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut context = Context::from_process().unwrap();
        context.environment = [("TWO", "hush-hush-two"), ("OLD", "hush-hush-old")].into_iter().collect();
        let base = BaseUrl::parse("http://127.0.0.1").unwrap();
        let inner: Arc<dyn Transport> = Arc::new(InProcess::new(base, Auth::None, Arc::new(|_| Response::new(200))));
        let here = Some("http://127.0.0.1:9/two");
        let rows = [
            ([None, None, None, None], ""),
            ([Some("TWO"), Some("OLD"), here, Some("TWO")], "second-token expired-token second-tenant"),
            ([None, Some("OLD"), None, None], "expired-token"),
            ([Some("NOT_SET"), None, None, None], "--second-token-env: the environment variable NOT_SET is not set"),
            ([None, Some("hush-hush.x"), None, None], "--expired-token-env: a variable name is wanted"),
            ([None, None, here, None], "needs --second-tenant-token-env"),
            ([None, None, None, Some("TWO")], "needs --second-tenant, where"),
            ([None, None, Some("http://me:hush@h"), Some("TWO")], "not shown"),
            ([None, None, Some("https://far.example"), Some("TWO")], "--allow-writes"),
        ];
        for ([second, expired, tenant, token], expected) in rows {
            let mut run = Run::default();
            run.further.second_token_env = second.map(str::to_owned);
            run.further.expired_token_env = expired.map(str::to_owned);
            run.further.second_tenant = tenant.map(str::to_owned);
            run.further.second_tenant_token_env = token.map(str::to_owned);
            match before(Arc::clone(&inner), &run, &context) {
                Ok(lending) => {
                    let words: Vec<_> = Lent::ALL.into_iter().filter(|it| lending.lends(*it)).map(Lent::word).collect();
                    assert_eq!(words.join(" "), expected);
                }
                Err(fault) => {
                    assert!(!expected.is_empty() && fault.message.contains(expected), "{}", fault.message);
                    assert!(!fault.message.contains("hush"), "{}", fault.message);
                }
            }
        }
    }
}

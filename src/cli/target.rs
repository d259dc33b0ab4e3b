//! From flags and environment to a transport: which target, which credentials, which connection. Every mistake here is
//! a usage error before anything is sent, and no sentence repeats a secret.

use std::path::Path;
use std::sync::Arc;

use super::args::{AuthKind, Connection, Credentials, Further, Run};
use super::context::Context;
use super::fault::Fault;
use crate::client::{
    AdminSurface, Auth, BaseUrl, Environment, HttpOptions, HttpTransport, OAuth, SecretSource, Transport,
};
use crate::doctor::{Place, There};
use crate::wire::Secret;

/// The variable that is read without being named.
const TOKEN: &str = "SCIMPROOF_TOKEN";

/// A target over HTTP, ready to be asked.
pub struct Remote {
    /// Sends.
    pub transport: Arc<dyn Transport>,
    /// Its base URL.
    pub base: BaseUrl,
    /// The credentials in words.
    pub given: &'static str,
    /// The credentials, for who makes connections of its own.
    pub auth: Auth,
    /// How connections are made.
    pub options: HttpOptions,
}

/// The most users that exist at one time at a target, where nobody says otherwise: the largest scenario makes 256.
const USERS: usize = 300;

/// How many users may exist at one time: as it was said, or the default of a target.
pub fn most_users(run: &Run) -> Option<usize> {
    run.writing.max_users.or_else(|| run.target.target.is_some().then_some(USERS))
}

/// Builds the transport to `--target`; `None` without one.
///
/// # Errors
/// [`Fault`] (usage): no URL, credentials that cannot be had, files that cannot be read, a far target without
/// `--allow-writes`.
pub fn remote(run: &Run, context: &Context) -> Result<Option<Remote>, Fault> {
    let Some(text) = run.target.target.as_deref() else {
        let given = &run.credentials;
        let meant = given.token_env.is_some() || given.token_file.is_some() || given.token_prompt;
        if meant || given.auth.is_some() || !given.header.is_empty() {
            return Err(Fault::usage("there are credentials but no --target to send them to"));
        }
        let Further { second_token_env, expired_token_env, second_tenant, second_tenant_token_env } = &run.further;
        if [second_token_env, expired_token_env, second_tenant, second_tenant_token_env].iter().any(|it| it.is_some()) {
            let message = "there are further credentials but no --target; the bundled server brings its own";
            return Err(Fault::usage(message));
        }
        if run.writing.admin_url.is_some() || run.writing.admin_token_env.is_some() {
            return Err(Fault::usage("there is an admin surface but no --target; the bundled server brings its own"));
        }
        return Ok(None);
    };
    if !run.target.fault.is_empty() {
        return Err(Fault::usage("--fault is for the bundled server; leave --target out"));
    }
    let base = BaseUrl::parse(text).map_err(|error| Fault::usage(error.to_string()))?;
    guard(&base, run, "users and groups")?;
    let auth = auth(&run.credentials, &context.environment)?;
    let options = connection(&run.connection, &base, context)?;
    let given = auth.name();
    let usage = |error: crate::client::SetUpError| Fault::usage(error.to_string());
    let mut transport = HttpTransport::new(base.clone(), auth.clone(), &options, &context.redactor).map_err(usage)?;
    if let Some(admin) = admin(run, context)? {
        let own = connection(&run.connection, &admin.base, context)?;
        transport = transport.with_admin(admin, &own).map_err(usage)?;
    }
    Ok(Some(Remote { transport: Arc::new(transport), base, given, auth, options }))
}

/// The target of probes that only read; `None` without `--target`. A text that is no URL is part of what they find.
///
/// # Errors
/// As [`remote`], except for the URL and the permission to write.
pub fn place(run: &Run, context: &Context) -> Result<Option<Place>, Fault> {
    let Some(text) = run.target.target.as_deref() else {
        return remote(run, context).map(|_| None);
    };
    if !run.target.fault.is_empty() {
        return Err(Fault::usage("--fault is for the bundled server; leave --target out"));
    }
    let base = match BaseUrl::parse(text) {
        Ok(base) => base,
        Err(error) => return Ok(Some(Place::Nowhere(error))),
    };
    let auth = auth(&run.credentials, &context.environment)?;
    let options = connection(&run.connection, &base, context)?;
    let proxy_from = match &run.connection.proxy {
        Some(_) => Some("--proxy".to_owned()),
        None => proxy_variable(&base, &context.environment).map(|(name, _)| name.to_owned()),
    };
    let transport = HttpTransport::new(base.clone(), auth.clone(), &options, &context.redactor)
        .map_err(|error| Fault::usage(error.to_string()))?;
    let slash = text.trim().ends_with('/');
    Ok(Some(Place::There(Box::new(There { base, slash, transport: Arc::new(transport), auth, options, proxy_from }))))
}

/// The admin surface, where `--admin-url` names one.
fn admin(run: &Run, context: &Context) -> Result<Option<AdminSurface>, Fault> {
    let Some(text) = run.writing.admin_url.as_deref() else {
        return match run.writing.admin_token_env {
            Some(_) => Err(Fault::usage("--admin-token-env needs --admin-url, where the token is sent")),
            None => Ok(None),
        };
    };
    let wrong = "--admin-url is not a plain http(s) URL without user, query and fragment (it is not shown)";
    let base = BaseUrl::parse(text).map_err(|_| Fault::usage(wrong))?;
    guard(&base, run, "organizations and users")?;
    let auth = match &run.writing.admin_token_env {
        None => Auth::None,
        Some(name) => {
            let source =
                SecretSource::env(name).map_err(|error| Fault::usage(format!("--admin-token-env: {error}")))?;
            Auth::Bearer(source.fetch(&context.environment).map_err(|error| Fault::usage(error.to_string()))?)
        }
    };
    Ok(Some(AdminSurface::new(base, auth, &context.redactor)))
}

/// A place that is not on this machine is written to only with permission.
pub(super) fn guard(base: &BaseUrl, run: &Run, what: &str) -> Result<(), Fault> {
    if base.is_loopback() || run.target.allow_writes {
        return Ok(());
    }
    Err(Fault::usage(format!(
        "{base} is not on this machine, and a run writes: it creates {what} there and removes them \
         again.\n  If that is meant, add --allow-writes, or `allow-writes = true` beside the target in \
         scimproof.toml."
    )))
}

fn auth(flags: &Credentials, environment: &Environment) -> Result<Auth, Fault> {
    let usage = |text: &str| Fault::usage(text);
    let secret = secret(flags, environment)?;
    let kind = flags.auth.unwrap_or(match (&flags.oauth_token_url, &flags.user, &secret) {
        (Some(_), ..) => AuthKind::Oauth,
        (None, Some(_), _) => AuthKind::Basic,
        (None, None, Some(_)) => AuthKind::Bearer,
        (None, None, None) => AuthKind::None,
    });
    let wanted =
        |what: &str| usage(&format!("{what} is wanted: name it with --token-env, --token-file or --token-prompt"));
    let main = match kind {
        AuthKind::None => Auth::None,
        AuthKind::Bearer => Auth::Bearer(secret.ok_or_else(|| wanted("a token"))?),
        AuthKind::Header => Auth::Headers(vec![("Authorization".to_owned(), secret.ok_or_else(|| wanted("a token"))?)]),
        AuthKind::Basic => {
            let user = flags.user.clone().ok_or_else(|| usage("--auth basic needs --user NAME"))?;
            if user.contains(':') {
                return Err(usage("--user takes the name alone, without colon (what was given is not shown)"));
            }
            Auth::Basic { user, password: secret.ok_or_else(|| wanted("a password"))? }
        }
        AuthKind::Oauth => {
            let url =
                flags.oauth_token_url.as_deref().ok_or_else(|| usage("--auth oauth needs --oauth-token-url URL"))?;
            let id = flags.oauth_client_id.clone().ok_or_else(|| usage("--auth oauth needs --oauth-client-id ID"))?;
            Auth::OAuth(OAuth {
                token_url: BaseUrl::parse(url)
                    .map_err(|_| usage("--oauth-token-url is not a plain http(s) URL (it is not shown)"))?,
                client_id: id,
                client_secret: secret.ok_or_else(|| wanted("the client secret"))?,
                scope: flags.oauth_scope.clone(),
                in_body: flags.oauth_in_body,
            })
        }
    };
    further_headers(main, &flags.header, environment)
}

/// The one secret of the flags, if there is one.
fn secret(flags: &Credentials, environment: &Environment) -> Result<Option<Secret>, Fault> {
    let fault = |error: crate::client::SourceError| Fault::usage(error.to_string());
    let source = if let Some(name) = &flags.token_env {
        SecretSource::env(name).map_err(|error| Fault::usage(format!("--token-env: {error}")))?
    } else if let Some(path) = &flags.token_file {
        SecretSource::File(path.clone())
    } else if flags.token_prompt {
        SecretSource::Prompt("token or password".to_owned())
    } else if environment.get(TOKEN).is_some() {
        SecretSource::Env(TOKEN.to_owned())
    } else {
        return Ok(None);
    };
    source.fetch(environment).map(Some).map_err(fault)
}

pub(super) fn further_headers(main: Auth, rows: &[String], environment: &Environment) -> Result<Auth, Fault> {
    if rows.is_empty() {
        return Ok(main);
    }
    if matches!(main, Auth::OAuth(_)) {
        return Err(Fault::usage("--header cannot be joined with --auth oauth"));
    }
    let mut headers = main.headers();
    for row in rows {
        let (name, variable) = row
            .split_once('=')
            .ok_or_else(|| Fault::usage("--header takes NAME=ENV, a field and the variable that holds its value"))?;
        let source =
            SecretSource::env(variable).map_err(|error| Fault::usage(format!("--header {name}=…: {error}")))?;
        let value = source.fetch(environment).map_err(|error| Fault::usage(error.to_string()))?;
        headers.push((name.to_owned(), value));
    }
    Ok(Auth::Headers(headers))
}

pub(super) fn connection(flags: &Connection, base: &BaseUrl, context: &Context) -> Result<HttpOptions, Fault> {
    let mut options = HttpOptions { ca_pem: flags.cacert.as_deref().map(read).transpose()?, ..HttpOptions::default() };
    if let Some(path) = &flags.cert {
        let mut pem = read(path)?;
        if let Some(key) = &flags.key {
            pem.push(b'\n');
            pem.extend(read(key)?);
        }
        options.identity_pem = Some(Secret::new(String::from_utf8_lossy(&pem)));
    }
    if let Some(timeout) = flags.timeout {
        options.timeout = timeout;
        options.connect_timeout = options.connect_timeout.min(timeout);
    }
    let environment = &context.environment;
    let from_environment = || proxy_variable(base, environment).map(|(_, value)| value.to_owned());
    options.proxy = flags.proxy.clone().or_else(from_environment).map(Secret::new);
    if flags.proxy.is_none() {
        options.no_proxy = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).map(str::to_owned);
    }
    if let Some(proxy) = &options.proxy
        && let Ok(url) = url::Url::parse(proxy.expose())
        && let Some(password) = url.password()
    {
        context.redactor.learn(&Secret::new(password));
    }
    Ok(options)
}

/// The variable that names a proxy for this target, with its value.
fn proxy_variable<'a>(base: &BaseUrl, environment: &'a Environment) -> Option<(&'static str, &'a str)> {
    // A proxy for the whole machine is never meant for a server on this machine.
    if base.is_loopback() {
        return None;
    }
    let names: &[&str] = if base.is_https() { &["HTTPS_PROXY", "https_proxy"] } else { &["http_proxy"] };
    let any = ["ALL_PROXY", "all_proxy"];
    names.iter().chain(&any).find_map(|name| Some((*name, environment.get(name)?)))
}

fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(path).map_err(|error| Fault::usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        [("TOK", "hush-hush"), ("KEY", "other-secret")].into_iter().collect()
    }

    #[test]
    fn the_kind_follows_from_the_flags() {
        let token = || Credentials { token_env: Some("TOK".into()), ..Credentials::default() };
        let rows = [
            (Credentials::default(), "no credentials", 0),
            (token(), "a bearer token", 1),
            (Credentials { user: Some("me".into()), ..token() }, "a user name and password", 1),
            (Credentials { auth: Some(AuthKind::Header), ..token() }, "a credential header", 1),
            (Credentials { header: vec!["X-Key=KEY".into()], ..token() }, "a credential header", 2),
            (
                Credentials {
                    oauth_token_url: Some("https://idp.example/token".into()),
                    oauth_client_id: Some("me".into()),
                    ..token()
                },
                "OAuth client credentials",
                0,
            ),
        ];
        for (flags, name, headers) in rows {
            let auth = auth(&flags, &environment()).unwrap();
            assert_eq!((auth.name(), auth.headers().len()), (name, headers), "{flags:?}");
        }
        let default: Environment = [(TOKEN, "from-default")].into_iter().collect();
        assert_eq!(auth(&Credentials::default(), &default).unwrap().headers()[0].1.expose(), "Bearer from-default");
    }

    #[test]
    fn the_admin_surface_needs_a_target_a_url_and_permission() {
        let context = Context::from_process().unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let here = "http://127.0.0.1:9/scim/v2";
        let rows = [
            (None, Some("http://127.0.0.1:9"), None, false, "no --target"),
            (Some(here), None, Some("NOT_SET_HERE"), false, "--admin-token-env needs --admin-url"),
            (Some(here), Some("http://127.0.0.1:9"), Some("NOT_SET_HERE"), false, "NOT_SET_HERE is not set"),
            (Some(here), Some("http://127.0.0.1:9"), Some("hush-hush.x"), false, "not shown"),
            (Some(here), Some("http://me:hush@127.0.0.1"), None, false, "not shown"),
            (Some(here), Some("https://admin.example"), None, false, "creates organizations and users there"),
            (Some(here), Some("https://admin.example"), None, true, ""),
            (Some(here), Some("http://127.0.0.1:9"), None, false, ""),
        ];
        for (target, url, variable, allowed, expected) in rows {
            let mut run = Run::default();
            run.target.target = target.map(str::to_owned);
            run.writing.admin_url = url.map(str::to_owned);
            run.writing.admin_token_env = variable.map(str::to_owned);
            run.target.allow_writes = allowed;
            match remote(&run, &context) {
                Ok(remote) => {
                    assert_eq!(expected, "");
                    assert_eq!(remote.unwrap().transport.admin_url(), url);
                }
                Err(fault) => {
                    assert!(!expected.is_empty() && fault.message.contains(expected), "{}", fault.message);
                    assert!(!fault.message.contains("hush"), "{}", fault.message);
                }
            }
        }
    }

    #[test]
    fn what_is_missing_is_named_and_no_secret_is_repeated() {
        let rows = [
            (Credentials { auth: Some(AuthKind::Bearer), ..Credentials::default() }, "--token-env"),
            (
                Credentials { auth: Some(AuthKind::Basic), token_env: Some("TOK".into()), ..Credentials::default() },
                "--user",
            ),
            (Credentials { token_env: Some("NOT_SET".into()), ..Credentials::default() }, "NOT_SET is not set"),
            (Credentials { token_env: Some("hush-hush.x".into()), ..Credentials::default() }, "not shown"),
            (Credentials { header: vec!["X-Key=hush-hush.x".into()], ..Credentials::default() }, "--header X-Key"),
            (Credentials { header: vec!["hush-hush".into()], ..Credentials::default() }, "NAME=ENV"),
            (
                Credentials { auth: Some(AuthKind::Oauth), token_env: Some("TOK".into()), ..Credentials::default() },
                "--oauth-token-url",
            ),
        ];
        for (flags, expected) in rows {
            let fault = auth(&flags, &environment()).unwrap_err();
            assert!(fault.message.contains(expected), "{}", fault.message);
            assert!(!fault.message.contains("hush"), "{}", fault.message);
        }
    }
}

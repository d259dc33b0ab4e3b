//! `serve`: the bundled reference server on a socket. The base URL is the first line on stdout, so that a script can
//! read it; everything else is talk.

use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::cli::args::Serve;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::signals::Stop;
use crate::cli::{faults, sources};
use crate::client::SecretSource;
use crate::profile::Profile;
use crate::server::{self, Auth, Credential, OAuthClient, Server, SqliteStore, Tenant};
use crate::store::{MemoryStore, Store};
use crate::verdict::ExitCode;
use crate::wire::Secret;

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// [`Fault`] (usage): credentials, profile, store or address that cannot be used.
pub fn serve(flags: &Serve, context: &Context) -> Result<ExitCode, Fault> {
    let mut profile = sources::profile(&flags.profile)?;
    for word in &flags.without {
        *capability(&mut profile, word)? = false;
    }
    let base_path = profile.base_path.clone();
    let auth = auth(flags, &base_path, context)?;
    let mut server = Server::new(profile, store(&flags.store)?, auth);
    let operator = operator(flags, context)?;
    let administered = operator.is_some();
    if let Some(token) = operator {
        server = server.with_admin(token);
    }
    if flags.explain {
        server = server.with_plans();
    }
    if let (Some(id), Some(variable)) = (&flags.oauth_client_id, &flags.oauth_client_secret_env) {
        let secret = fetch("--oauth-client-secret-env", variable, context)?;
        server =
            server.with_oauth("default", OAuthClient { id: id.clone(), secret, seconds: flags.oauth_token_seconds });
    }
    let server = Arc::new(faults::before(server, &flags.fault)?);
    // On one core there is nothing to share work with, and a runtime that could costs a tenth of a small request.
    let mut builder = match std::thread::available_parallelism() {
        Ok(cores) if cores.get() == 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().map_err(|error| Fault::ours(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        let stop = Stop::listen();
        let listener = TcpListener::bind(flags.listen)
            .await
            .map_err(|error| Fault::usage(format!("cannot listen on {}: {error}", flags.listen)))?;
        let address = listener.local_addr().map_err(|error| Fault::ours(error.to_string()))?;
        context.print(&format!("http://{address}{base_path}\n"));
        for tenant in &flags.tenant {
            let name = tenant.split_once('=').map_or(tenant.as_str(), |(name, _)| name);
            context.say(&format!("tenant {name}: http://{address}/{name}{base_path}"));
        }
        if flags.oauth_client_id.is_some() {
            context.say(&format!("token endpoint: http://{address}/oauth2/token (OAuth 2.0 client credentials)"));
        }
        if administered {
            context.say(&format!("admin surface: http://{address}/admin/v1 (its state is in memory)"));
        }
        for name in server.names() {
            context.say(&format!("with the fault {name}"));
        }
        server::serve(listener, server, stop.wait_for(1)).await;
        Ok(ExitCode::Passed)
    })
}

/// The switch of a capability by its name in `/ServiceProviderConfig`.
fn capability<'a>(profile: &'a mut Profile, word: &str) -> Result<&'a mut bool, Fault> {
    let it = &mut profile.capabilities;
    Ok(match word.trim() {
        "patch" => &mut it.patch,
        "bulk" => &mut it.bulk,
        "filter" => &mut it.filter,
        "sort" => &mut it.sort,
        "etag" => &mut it.etag,
        "changePassword" => &mut it.change_password,
        "groups" => &mut it.groups,
        "me" => &mut it.me,
        "custom" => &mut it.custom,
        "cursor" => &mut it.cursor,
        other => {
            let known = "patch, bulk, filter, sort, etag, changePassword, groups, me, custom, cursor";
            return Err(Fault::usage(format!("--without {other}: there is no such capability; known are {known}")));
        }
    })
}

fn store(word: &str) -> Result<Arc<dyn Store>, Fault> {
    if word == "memory" {
        return Ok(Arc::new(MemoryStore::new()));
    }
    if word.contains("://") {
        return Err(Fault::usage("--store takes memory or the path of an SQLite file"));
    }
    let store = SqliteStore::open(Path::new(word)).map_err(|error| Fault::usage(format!("--store {word}: {error}")))?;
    Ok(Arc::new(store))
}

/// The operator's token of the admin surface, if that is wanted.
fn operator(flags: &Serve, context: &Context) -> Result<Option<Secret>, Fault> {
    let named = flags.admin_token_env.as_deref().map(|variable| fetch("--admin-token-env", variable, context));
    let given = || flags.admin_token.as_deref().map(|token| literal("--admin-token", token, context));
    named.or_else(given).transpose()
}

/// A secret from an environment variable.
fn fetch(flag: &str, variable: &str, context: &Context) -> Result<Secret, Fault> {
    let named = SecretSource::env(variable).and_then(|source| source.fetch(&context.environment));
    let secret = named.map_err(|error| Fault::usage(format!("{flag}: {error}")))?;
    context.redactor.learn(&secret);
    Ok(secret)
}

/// A secret from the command line.
fn literal(flag: &str, token: &str, context: &Context) -> Result<Secret, Fault> {
    let secret = Secret::new(token.trim());
    if secret.expose().is_empty() {
        return Err(Fault::usage(format!("{flag} is empty")));
    }
    context.redactor.learn(&secret);
    Ok(secret)
}

fn auth(flags: &Serve, base_path: &str, context: &Context) -> Result<Auth, Fault> {
    let fetch = |flag: &str, variable: &str| fetch(flag, variable, context);
    let mut credentials = Vec::new();
    for token in &flags.token {
        credentials.push(Credential::bearer(literal("--token", token, context)?));
    }
    for variable in &flags.token_env {
        credentials.push(Credential::bearer(fetch("--token-env", variable)?));
    }
    for row in &flags.basic {
        let (user, variable) =
            row.split_once(':').ok_or_else(|| Fault::usage("--basic takes USER:ENV, a name and a variable"))?;
        credentials.push(Credential::basic(user, fetch("--basic", variable)?));
    }
    let mut tenants = Vec::new();
    for row in &flags.tenant {
        let (name, variable) =
            row.split_once('=').ok_or_else(|| Fault::usage("--tenant takes NAME=ENV, a name and a variable"))?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain || name == "default" {
            return Err(Fault::usage(format!("--tenant {name}: a name of letters, digits, - and _ is wanted")));
        }
        let token = Credential::bearer(fetch("--tenant", variable)?);
        tenants.push(Tenant::new(name, vec![token]).at(format!("/{name}{base_path}")));
    }
    if credentials.is_empty() && !flags.open && flags.oauth_client_id.is_none() {
        let token = Secret::new(uuid::Uuid::new_v4().simple().to_string());
        context.reveal(&format!("token (made up for this process, shown once): {}", token.expose()));
        context.redactor.learn(&token);
        credentials.push(Credential::bearer(token));
    }
    tenants.push(Tenant { anonymous: flags.open, ..Tenant::new("default", credentials) });
    Ok(Auth { tenants })
}

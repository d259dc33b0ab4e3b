//! What `prove` and `load` share: flags and configuration to a target that has been looked at.

use std::sync::Arc;
use std::time::Duration;

use super::judge::bundled;
use crate::cli::args::{Access, Run, Selection};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::signals::Stop;
use crate::cli::target::Remote;
use crate::cli::{config, probe, sources, target};
use crate::client::{Auth, BaseUrl, HttpOptions, Transport};
use crate::profile::Profile;
use crate::property::{RoleReadOut, SignIn};
use crate::report::curl;
use crate::run::{self, Discovery, Options};
use crate::scenario::Draw;
use crate::verdict::ExitCode;

/// A target, not yet looked at.
pub struct Reached {
    /// Where requests go.
    pub transport: Arc<dyn Transport>,
    /// The base URL for people.
    pub name: String,
    /// The profile.
    pub profile: Profile,
    /// Seed, marker, form of user names.
    pub draw: Draw,
    /// What may be done to it.
    pub options: Options,
    /// Where `[probe.role]` reads a user's role.
    pub role: Option<RoleReadOut>,
    /// What `[probe.login]` and `[probe.token]` let be seen.
    pub sign_in: SignIn,
    /// It is our own server, in this process.
    pub bundled: bool,
    /// The way there for who makes connections of its own; `None` for our own server.
    pub direct: Option<Direct>,
    /// The flags by which `run` reaches the same target, ready for a shell; no secret is among them.
    pub again: String,
    given: &'static str,
    wait: Duration,
}

/// A target, its credentials and how connections to it are made.
pub struct Direct {
    /// The base URL.
    pub base: BaseUrl,
    /// The credentials.
    pub auth: Auth,
    /// How connections are made.
    pub options: HttpOptions,
}

/// Reads flags and configuration; without a target, the bundled server under `profile`.
///
/// # Errors
/// [`Fault`] (usage) for whatever is wrong.
pub fn reach(access: Access, seed: Option<u64>, profile: &str, context: &Context) -> Result<Reached, Fault> {
    let Access { target, credentials, connection, writing } = access;
    let mut run = Run {
        target,
        credentials,
        connection,
        writing,
        selection: Selection { seed, ..Selection::default() },
        ..Run::default()
    };
    if let Some(file) = config::complete(&mut run, &context.folder)? {
        context.say_more(&format!("configuration: {}", file.display()));
    }
    let remote = target::remote(&run, context)?;
    let standard = if remote.is_some() { "rfc" } else { profile };
    let again = again(&run, standard);
    // A target's default is the standard; the bundled server takes the profile whose laws are asked for.
    let profile = sources::profile(run.target.profile.as_deref().unwrap_or(standard))?;
    let (transport, given, name, direct) = match remote {
        Some(Remote { transport, base, given, auth, options }) => {
            let name = base.to_string();
            (transport, given, name, Some(Direct { base, auth, options }))
        }
        None => {
            let transport = bundled(&profile, &run.target.fault, context)?;
            (transport, "a bearer token", "the bundled server".to_owned(), None)
        }
    };
    let (transport, probe::Seen { role, sign_in }) = probe::before(transport, &run.target.probes, &context.redactor)?;
    let seed = run.selection.seed.unwrap_or_else(|| u64::from(context.entropy));
    let draw = Draw { seed, marker: format!("sp{seed:x}"), identifier: profile.identifier };
    let options = Options {
        concurrency: run.connection.concurrency.map_or(Options::default().concurrency, usize::from),
        max_rps: run.connection.max_rps,
        settle: run.writing.settle.unwrap_or_default(),
        max_users: target::most_users(&run),
        ..Options::default()
    };
    let wait = run.target.wait.unwrap_or_default();
    let bundled = direct.is_none();
    Ok(Reached { transport, name, profile, draw, options, role, sign_in, bundled, direct, again, given, wait })
}

/// The flags that name a target and the way in.
pub(super) fn again(run: &Run, profile: &str) -> String {
    let Run { target, credentials, writing, .. } = run;
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let valued = [
        ("--target", target.target.clone()),
        ("--profile", Some(target.profile.clone().unwrap_or_else(|| profile.to_owned()))),
        ("--admin-url", writing.admin_url.clone()),
        ("--admin-token-env", writing.admin_token_env.clone()),
        ("--token-env", credentials.token_env.clone()),
        ("--token-file", path(&credentials.token_file)),
        ("--user", credentials.user.clone()),
        ("--config", path(&target.config)),
    ];
    let mut flags: Vec<String> = valued
        .into_iter()
        .filter_map(|(flag, value)| Some(format!("{flag} {}", curl::word(&value?))))
        .chain(target.fault.iter().map(|fault| format!("--fault {}", curl::word(fault))))
        .collect();
    if target.target.is_some() && target.allow_writes {
        flags.push("--allow-writes".to_owned());
    }
    flags.join(" ")
}

impl Reached {
    /// The first line of a report: what is judged, and the seed that repeats it.
    pub fn heading(&self) -> String {
        let (version, profile, seed) = (env!("CARGO_PKG_VERSION"), &self.profile.name, self.draw.seed);
        format!("scimproof {version}  target {}  profile {profile}  seed {seed}", self.name)
    }

    /// Looks at the target before anything is written.
    ///
    /// # Errors
    /// [`Fault`]: unreachable (3), interrupted (130).
    pub async fn look(&self, stop: &Stop) -> Result<Discovery, Fault> {
        tokio::select! {
            found = run::wait_until_reachable(&self.transport, self.given, &self.options, self.wait) => {
                found.map_err(|error| Fault::cannot_begin(&error))
            }
            () = stop.wait_for(1) => {
                let message = "interrupted before anything was written".to_owned();
                Err(Fault { code: ExitCode::Interrupted, message })
            }
        }
    }
}

/// The runtime of a command.
///
/// # Errors
/// [`Fault`] (ours) when the operating system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::ours(format!("no runtime: {error}")))
}

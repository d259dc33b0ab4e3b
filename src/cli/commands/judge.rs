//! A whole run from flags to verdict, shared by `run` and `baseline`: read, refuse what is wrong, look at the target,
//! plan, play, judge. Until the target has been looked at, nothing is sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::replay;
use crate::check::standing;
use crate::cli::args::Run;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::progress::Progress;
use crate::cli::signals::Stop;
use crate::cli::{config, faults, lend, probe, sources, target};
use crate::client::{AdminSurface, Auth, BaseUrl, Handler, InProcess, Lending, Loan, SecondTenant, Transport};
use crate::conform;
use crate::flow::{Event, Leftover, told};
use crate::idp;
use crate::plan::{self, Plan, Selection};
use crate::profile::Profile;
use crate::requirement::Catalogue;
use crate::run::{self, Discovery, Inspect, Opening, Options};
use crate::scenario::{ACTIONS, Scenario, ScenarioError};
use crate::server::{self, Server, Tokens};
use crate::store::MemoryStore;
use crate::verdict::{Baseline, ExitCode, Settings, Verdict};
use crate::wire::{Lent, Secret};

/// A run that came to its end, or as far as it was let.
pub struct Judged {
    /// What happened.
    pub events: Vec<Event>,
    /// What to make of it.
    pub verdict: Verdict,
    /// How the process ends.
    pub exit: ExitCode,
    /// The known failures that were read.
    pub known: Option<Baseline>,
}

/// Everything that is known before the target is looked at.
pub struct Prepared {
    /// The scenarios.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The profile of the target.
    pub profile: Profile,
    /// What is asked of the verdict.
    pub settings: Settings,
    /// What the run may do.
    pub options: Options,
    /// The seed.
    pub seed: u64,
    /// What is asked for.
    pub selection: Selection,
    /// The attributes that the target publishes are walked: no folder of scenarios was named.
    pub walks: bool,
    /// The actions that are ticked at the identity provider, where `--actions` says so.
    pub ticked: Option<Vec<String>>,
}

/// What there is to be judged, and what its settings add.
pub struct Offers<'a> {
    /// The target's base URL.
    pub base_url: &'a str,
    /// Whether there is an admin surface.
    pub admin: bool,
    /// The further credentials.
    pub lends: Vec<Lent>,
    /// The base URL of the second tenant.
    pub second_tenant: Option<&'a str>,
}

impl<'a> Offers<'a> {
    fn of(transport: &'a dyn Transport) -> Self {
        Self {
            base_url: transport.base_url(),
            admin: transport.admin_url().is_some(),
            lends: Lent::ALL.into_iter().filter(|lent| transport.lends(*lent)).collect(),
            second_tenant: transport.second_tenant_url(),
        }
    }
}

impl Prepared {
    /// The plan against a target that says that of itself. It takes the scenarios over: each is let go once it was played.
    ///
    /// # Errors
    /// [`Fault`] of ours: a scenario written from the target's schemas is none.
    pub fn plan(&mut self, said: Option<&Discovery>, offers: &Offers<'_>) -> Result<Plan, Fault> {
        let options = plan::Options {
            selection: self.selection.clone(),
            profile: &self.profile,
            config: said.map(|said| &said.service_provider_config).filter(|config| config.is_object()),
            schemas: said.map(|said| &said.schemas).filter(|schemas| schemas.is_object()),
            max_users: self.options.max_users,
            seed: self.seed,
            marker: format!("sp{:x}", self.seed),
            base_url: offers.base_url.to_owned(),
            admin: offers.admin,
            lends: &offers.lends,
            second_tenant: offers.second_tenant,
            ticked: self.ticked.as_deref(),
        };
        let mut scenarios = std::mem::take(&mut self.scenarios);
        if let Some(said) = said.filter(|_| self.walks) {
            let written = conform::schema::scenarios(&said.resource_types, &said.schemas);
            let broken = |errors: Vec<ScenarioError>| {
                Fault::ours(errors.first().map(ScenarioError::rendered).unwrap_or_default())
            };
            scenarios.extend(written.map_err(broken)?.into_iter().map(Arc::new));
        }
        Ok(plan::build(&scenarios, &options))
    }
}

/// Runs. `flags` are completed from the configuration file; `baseline` reads the file of known failures.
///
/// # Errors
/// [`Fault`]: a mistake of the caller (2), a target that cannot be judged (3), nothing selected (4), a fault of ours.
pub fn judge(flags: &mut Run, context: &Context, default_baseline: Option<&Path>) -> Result<Judged, Fault> {
    replay::narrow(flags)?;
    if let Some(file) = config::complete(flags, &context.folder)? {
        context.say_more(&format!("configuration: {}", file.display()));
    }
    if flags.gate.baseline.is_none() {
        flags.gate.baseline = default_baseline.map(PathBuf::from);
    }
    let mut prepared = prepare(flags, context)?;
    let remote = target::remote(flags, context)?;
    let (transport, given, url) = match &remote {
        Some(remote) => (Arc::clone(&remote.transport), remote.given, Some(remote.base.to_string())),
        None => (bundled(&prepared.profile, &flags.target.fault, context)?, "a bearer token", None),
    };
    let transport = lend::before(transport, flags, context)?;
    let (transport, _) = probe::before(transport, &flags.target.probes, &context.redactor)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Fault::ours(format!("no runtime: {error}")))?;
    let wait = flags.target.wait.unwrap_or_default();
    let (events, broken) = runtime.block_on(perform(&mut prepared, &transport, given, url, wait, context))?;
    // A handler that still blocks must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));

    let verdict = Verdict::judge(&events, Catalogue::embedded(), idp::clients(), &prepared.settings);
    let mut causes = vec![verdict.exit];
    if !broken.is_empty() {
        context.say(&format!("scimproof itself broke off in {}; please report it", broken.join(", ")));
        causes.push(ExitCode::Fault);
    }
    let exit = ExitCode::first(causes);
    Ok(Judged { events, verdict, exit, known: prepared.settings.baseline })
}

/// Reads everything that the run is made of.
///
/// # Errors
/// [`Fault`] for whatever is wrong (2), and when the selection leaves nothing (4).
pub fn prepare(flags: &Run, context: &Context) -> Result<Prepared, Fault> {
    let scenarios = sources::scenarios(flags.selection.scenarios.as_deref())?;
    // Of a target no more is assumed than the standard; our own server is known.
    let default = if flags.target.target.is_some() { "rfc" } else { "reference" };
    let profile = sources::profile(flags.target.profile.as_deref().unwrap_or(default))?;
    let clients = sources::clients(&flags.selection.idp)?;
    let ticked = ticked(&flags.gate.actions)?;
    let mut settings = Settings::new(profile.actions.clone(), context.today);
    settings.product.clone_from(&profile.product);
    if let Some(ticked) = &ticked {
        settings.actions.retain(|action| ticked.contains(action));
    }
    settings.clients = clients.iter().map(|client| client.id.clone()).collect();
    let selection = Selection { only: flags.only.clone(), ..sources::selection(&flags.selection)? }.settled(&profile);
    settings.require = selection.sets.clone().unwrap_or_default();
    settings.clientless = selection.clients.as_ref().is_some_and(Vec::is_empty);
    // Scenarios of one's own, or some of them, need not speak for every client.
    settings.narrowed = flags.selection.select.is_some() || flags.selection.scenarios.is_some() || flags.only.is_some();
    settings.fail_on = flags.gate.fail_on.unwrap_or_default();
    settings.allow_inconclusive = flags.gate.allow_inconclusive;
    settings.baseline = flags.gate.baseline.as_deref().map(|path| baseline(path, &scenarios)).transpose()?.flatten();
    let connection = &flags.connection;
    let options = Options {
        concurrency: connection.concurrency.map_or(Options::default().concurrency, usize::from),
        max_rps: connection.max_rps,
        max_users: target::most_users(flags),
        settle: flags.writing.settle.unwrap_or_default(),
        ..Options::default()
    };
    let walks = flags.selection.scenarios.is_none();
    let walked = if walks { conform::schema::core().unwrap_or_default() } else { Vec::new() };
    if !scenarios.iter().chain(&walked).any(|scenario| selection.takes(scenario)) {
        let message = "nothing is selected; `scimproof list` shows what there is".to_owned();
        return Err(Fault { code: ExitCode::NothingSelected, message });
    }
    let seed = flags.selection.seed.unwrap_or_else(|| u64::from(context.entropy));
    Ok(Prepared {
        scenarios: scenarios.into_iter().map(Arc::new).collect(),
        profile,
        settings,
        options,
        seed,
        selection,
        walks,
        ticked,
    })
}

/// The words of `--actions`.
fn ticked(words: &[String]) -> Result<Option<Vec<String>>, Fault> {
    let words: Vec<String> = words.iter().map(|word| word.trim().to_owned()).collect();
    if let Some(word) = words.iter().find(|word| !ACTIONS.contains(&word.as_str())) {
        return Err(Fault::usage(format!("--actions: there is no action {word}; known are {}", ACTIONS.join(", "))));
    }
    Ok((!words.is_empty()).then_some(words))
}

/// Reads a baseline; a file that is not there yet is none.
fn baseline(path: &Path, scenarios: &[Scenario]) -> Result<Option<Baseline>, Fault> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path).map_err(|error| Fault::usage(format!("{}: {error}", path.display())))?;
    // What is written from a target's schemas is known only once it has answered.
    let is_scenario = |id: &str| id.starts_with(conform::schema::IDS) || scenarios.iter().any(|it| it.id == id);
    Baseline::parse(&text, Catalogue::embedded(), &is_scenario).map(Some).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(|e| format!("{}:{}: {}", path.display(), e.line, e.reason)).collect();
        Fault::usage(lines.join("\n"))
    })
}

/// The bundled server in this process with its admin surface, a second tenant and further tokens, behind those faults; nobody
/// knows its tokens.
pub(super) fn bundled(profile: &Profile, faults: &[String], context: &Context) -> Result<Arc<dyn Transport>, Fault> {
    let made_up = || Secret::new(uuid::Uuid::new_v4().simple().to_string());
    let (tokens, operator) = (Tokens([made_up(), made_up(), made_up(), made_up()]), made_up());
    let [own, second, expired, other] = tokens.0.clone().map(Auth::Bearer);
    own.teach(&context.redactor);
    let parsed =
        |url: &str| BaseUrl::parse(url).map_err(|error| Fault::usage(format!("the profile's base path: {error}")));
    let (origin, base) = (parsed("http://127.0.0.1")?, parsed(&format!("http://127.0.0.1{}", profile.base_path))?);
    let there = parsed(&format!("http://127.0.0.1{}", server::Auth::second_base(&profile.base_path)))?;
    let auth = server::Auth::of_two(&tokens, &profile.base_path);
    let server = Server::new(profile.clone(), Arc::new(MemoryStore::new()), auth);
    let server = faults::before(server.with_admin(operator.clone()), faults)?;
    let admin = AdminSurface::new(origin, Auth::Bearer(operator), &context.redactor);
    let handler: Handler = Arc::new(move |request| server.handle(request));
    let tenant = Arc::new(InProcess::new(there, other.clone(), Arc::clone(&handler)));
    let loan = Loan {
        second_token: Some(second),
        expired_token: Some(expired),
        tenant: Some(SecondTenant { transport: tenant, auth: other }),
    };
    let bundled = InProcess::new(base, own, handler).with_admin(admin);
    Ok(Arc::new(Lending::new(Arc::new(bundled), loan, &context.redactor)))
}

/// Looks at the target, plans and plays. Gives the events and the scenarios that broke off by our fault.
async fn perform(
    prepared: &mut Prepared,
    transport: &Arc<dyn Transport>,
    given: &'static str,
    url: Option<String>,
    wait: Duration,
    context: &Context,
) -> Result<(Vec<Event>, Vec<String>), Fault> {
    let stop = Stop::listen();
    let discovery = tokio::select! {
        found = run::wait_until_reachable(transport, given, &prepared.options, wait) => found,
        () = stop.wait_for(1) => {
            return Err(Fault { code: ExitCode::Interrupted, message: "interrupted before anything was written".to_owned() });
        }
    };
    let discovery = discovery.map_err(|error| Fault::cannot_begin(&error))?;
    let plan = prepared.plan(Some(&discovery), &Offers::of(transport.as_ref()))?;
    let marker = plan.marker.clone();
    let opening = Opening {
        target: url,
        profile: prepared.profile.name.clone(),
        capabilities: discovery.service_provider_config,
        exchanges: discovery.exchanges,
        ..Opening::default()
    };
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let mut progress = Progress::new(context.shows_progress());
    let collector = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            progress.see(&event);
            events.push(event);
        }
        progress.finish();
        events
    });
    let inspect: Inspect = Arc::new(standing::of(&prepared.profile.users));
    let driving = run::execute(
        plan,
        opening,
        Arc::clone(transport),
        inspect,
        prepared.options.clone(),
        sender,
        stop.cancel.clone(),
    );
    let broken = tokio::select! {
        broken = driving => Some(broken),
        () = stop.wait_for(2) => None,
    };
    let mut events = collector.await.map_err(|error| Fault::ours(format!("the collector broke off: {error}")))?;
    if broken.is_none() {
        context.say(&format!("interrupted twice: not cleaned up. What is left has {marker} in its name."));
        let reason = "the run was interrupted twice".to_owned();
        let leftovers = vec![Leftover { path: format!("*{marker}*"), reason }];
        events.extend([Event::CleanedUp { leftovers, retired: 0 }, Event::Interrupted]);
    }
    Ok((told(events), broken.unwrap_or_default()))
}

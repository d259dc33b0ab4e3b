//! `load`: traffic to a target. Without one, the bundled server is started on a loopback socket, so that what is measured
//! includes HTTP.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::reach::{Direct, Reached, reach, runtime};
use crate::cli::args::{EngineKind, Load, Rate};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::page::{self, Page};
use crate::cli::progress::Ticker;
use crate::cli::signals::Stop;
use crate::cli::{faults, guess};
use crate::client::{Auth, BaseUrl, HttpOptions, Way};
#[cfg(feature = "goose")]
use crate::load::engine::Goose;
use crate::load::engine::{Arrivals, Engine, Own, Pulse};
use crate::load::{self, Ended, Kept, Measured, Options, Schedule, Searched, Session, Slo, Workload};
use crate::report::load as report;
use crate::server::{self, Server};
use crate::store::MemoryStore;
use crate::verdict::ExitCode;
use crate::wire::Secret;

/// How often credentials that end by themselves are looked at.
const RENEW: Duration = Duration::from_secs(5);

/// What a load came to.
struct Came {
    measured: Measured,
    kept: Vec<Kept>,
    searched: Option<Searched>,
    ended: Ended,
    interrupted: bool,
}

/// Sends the load and reports it.
///
/// # Errors
/// [`Fault`]: a mistake of the caller (2), a target that cannot be loaded (3), a fault of ours (70).
pub fn load(flags: Load, context: &Context) -> Result<ExitCode, Fault> {
    let Load { access, traffic, judgement } = flags;
    let (faults, side_by_side) = (access.target.fault.clone(), access.connection.concurrency);
    let most_people = access.writing.max_users;
    let workload = Arc::new(workload(&traffic.workload, traffic.population)?);
    if most_people.is_some_and(|most| workload.population.users > most) {
        let wanted = workload.population.users;
        return Err(Fault::usage(format!("--max-users: the workload begins with {wanted} users; lower --population")));
    }
    playable(traffic.engine, traffic.users.is_some())?;
    let mut reached = reach(access, traffic.seed, "reference", context)?;
    let most = reached.options.max_rps;
    let arrivals = match (traffic.users, traffic.rate) {
        (Some(_), _) => Arrivals::Closed { think: traffic.think.unwrap_or_default(), length: traffic.duration },
        (None, rate) => {
            Arrivals::Open(schedule(rate.unwrap_or(Rate::Steps(vec![workload.rate])), traffic.duration, most)?)
        }
    };
    let options = Options {
        in_flight: usize::from(traffic.users.unwrap_or(traffic.in_flight)),
        threads: usize::from(traffic.threads).min(usize::from(traffic.users.unwrap_or(u16::MAX))),
        seed: reached.draw.seed,
        marker: reached.draw.marker.clone(),
        warm_up: judgement.warm_up,
        most: traffic.max_requests.unwrap_or(u64::MAX),
        max_rps: most,
        settle: reached.options.settle,
        most_people: most_people.unwrap_or(usize::MAX),
        side_by_side: side_by_side.map_or(16, usize::from),
        read_back: judgement.read_back,
        drain: Duration::from_secs(10),
        workload: Arc::clone(&workload),
    };
    let engine: Arc<dyn Engine> = match traffic.engine {
        #[cfg(feature = "goose")]
        EngineKind::Goose => Arc::new(Goose::new()),
        // A build without goose has refused it above.
        _ => Arc::new(Own),
    };
    let slo = judgement.slo.unwrap_or_default();
    let said = words(&arrivals, &options, judgement.search);
    let plan = Plan { options, arrivals, slo, search: judgement.search, most };
    let runtime = runtime()?;
    let came = runtime.block_on(async {
        let direct = match reached.direct.take() {
            Some(direct) => direct,
            None => on_loopback(&reached, &faults).await?,
        };
        let stop = Stop::listen();
        // The look speaks HTTP/1.1 where no TLS says otherwise.
        if !reached.bundled && (direct.base.is_https() || !traffic.http2) {
            reached.look(&stop).await?;
        }
        let way = Way::new(direct.base, &direct.auth, &direct.options, traffic.http2, &context.redactor)
            .map_err(|error| Fault::usage(error.to_string()))?;
        perform(plan, Arc::clone(&engine), Arc::new(way), &stop, context).await
    })?;
    let exit = came.exit();
    let subject = report::Subject {
        target: (!reached.bundled).then_some(reached.name.as_str()),
        profile: &reached.profile.name,
        seed: reached.draw.seed,
        workload: (&workload.name, &workload.title),
        arrivals: &said,
        engine: engine.name(),
        exit_code: exit.code(),
        interrupted: came.interrupted,
    };
    let outcome = report::Outcome {
        measured: &came.measured,
        kept: &came.kept,
        searched: came.searched.as_ref(),
        ended: &came.ended,
    };
    let text = report::text(&reached.heading(), &subject, &outcome);
    if judgement.json.is_some() || judgement.html.is_some() {
        let json = format!("{:#}\n", report::value(&subject, &outcome));
        if let Some(path) = &judgement.json {
            context.write_artefact(path, &json)?;
        }
        if let Some(path) = &judgement.html {
            let (requirements, readings) = Default::default();
            let valid = came.measured.invalid.is_empty() || exit != ExitCode::Passed;
            let word = if valid { page::word(exit) } else { "INVALID" };
            let page = Page { word, target: &reached.name, text: &text, requirements, readings };
            page::write(path, &page, |out| out.write_all(json.as_bytes()), context)?;
        }
    }
    if judgement.json.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        context.say(text.trim_end());
    } else {
        context.print(&text);
    }
    Ok(exit)
}

impl Came {
    /// How the process ends.
    fn exit(&self) -> ExitCode {
        let crossed = match &self.searched {
            // A search crosses its thresholds by design; it fails where no rate was held.
            Some(found) => found.best.is_none(),
            None => self.kept.iter().any(|it| !it.kept),
        };
        let names_errors = self.kept.iter().any(|it| it.expression.contains("errors")) || self.searched.is_some();
        let wrong = (!names_errors && !self.measured.errors.is_empty())
            || !self.ended.problems.found.is_empty()
            || self.ended.leftovers > 0;
        let judged = self.measured.invalid.is_empty() || (self.kept.is_empty() && self.searched.is_none());
        let unless = |bad: bool, code: ExitCode| if bad { code } else { ExitCode::Passed };
        ExitCode::first([
            unless(self.interrupted, ExitCode::Interrupted),
            unless(!judged && crossed, ExitCode::NothingSelected),
            unless(wrong, ExitCode::GateNotPassed),
            unless(crossed, ExitCode::ThresholdCrossed),
        ])
    }
}

/// Whether there is such an engine, and whether it plays what is asked for.
fn playable(engine: EngineKind, closed: bool) -> Result<(), Fault> {
    match engine {
        EngineKind::Own => Ok(()),
        EngineKind::Goose if !cfg!(feature = "goose") => Err(Fault::usage(
            "--engine goose: this build is without goose; cargo build --release --features goose makes one with it, or \
             leave --engine out for our own, which plays --users as well",
        )),
        EngineKind::Goose if !closed => Err(Fault::usage(
            "--engine goose: goose plays a closed loop: give --users (and --think), not --rate or --search",
        )),
        EngineKind::Goose => Ok(()),
    }
}

/// The workload of that name or in that file.
fn workload(word: &str, population: Option<usize>) -> Result<Workload, Fault> {
    let mut found = match load::workloads().iter().find(|it| it.name == word) {
        Some(found) => found.clone(),
        None if word.ends_with(".toml") => {
            let text = std::fs::read_to_string(word)
                .map_err(|error| Fault::usage(format!("--workload {word}: it cannot be read: {error}")))?;
            let name = std::path::Path::new(word).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            load::parse(&name, &text).map_err(|error| Fault::usage(format!("--workload {word}: {error}")))?
        }
        None => {
            let close = guess::nearest(word, load::workloads().iter().map(|it| it.name.as_str()));
            let hint = if close.is_empty() {
                "`scimproof list --workloads` shows what there is".to_owned()
            } else {
                format!("did you mean {}?", close.join(", "))
            };
            return Err(Fault::usage(format!("--workload {word}: there is no such workload; {hint}")));
        }
    };
    if let Some(users) = population {
        found.population.users = users;
    }
    Ok(found)
}

fn schedule(rate: Rate, length: Duration, most: Option<f64>) -> Result<Schedule, Fault> {
    let schedule = match rate {
        Rate::Steps(rates) => Schedule::steps(&rates, length),
        Rate::Ramp(from, to) => Schedule::ramp(from, to, length),
    };
    if schedule.is_empty() {
        return Err(Fault::usage("--rate and --duration make no request at all"));
    }
    match most {
        Some(most) if schedule.peak() > most => {
            Err(Fault::usage(format!("--rate asks for more than --max-rps {most} allows; lower one of them")))
        }
        _ => Ok(schedule),
    }
}

/// How requests arrive, in words.
fn words(arrivals: &Arrivals, options: &Options, search: bool) -> String {
    let places = options.in_flight;
    match arrivals {
        Arrivals::Closed { think, length } => {
            format!("closed loop, {places} clients, {think:?} to think, for {length:?}")
        }
        Arrivals::Open(schedule) if search => {
            format!(
                "open loop, searching from {:.1}/s, {:?} each, {places} in flight",
                schedule.peak(),
                schedule.length()
            )
        }
        Arrivals::Open(schedule) => format!(
            "open loop, {} requests in {:?}, at most {:.1}/s, {places} in flight",
            schedule.len().min(options.most),
            schedule.length(),
            schedule.peak()
        ),
    }
}

/// Everything that a load is to do.
struct Plan {
    options: Options,
    arrivals: Arrivals,
    slo: Slo,
    search: bool,
    most: Option<f64>,
}

async fn perform(
    plan: Plan,
    engine: Arc<dyn Engine>,
    way: Arc<Way>,
    stop: &Stop,
    context: &Context,
) -> Result<Came, Fault> {
    way.renew().await.map_err(|failure| Fault::unreachable(failure.reason))?;
    let pulse = Arc::new(Pulse::default());
    let ticker = Ticker::new(context.shows_progress());
    let working = {
        let (way, pulse, ticker) = (Arc::clone(&way), Arc::clone(&pulse), ticker.clone());
        tokio::task::spawn_blocking(move || whole(&plan, engine.as_ref(), &way, &pulse, &ticker))
    };
    let beside = async {
        let mut renewing = tokio::time::interval(RENEW);
        let mut ticking = tokio::time::interval(Duration::from_millis(200));
        // Once: the wish is taken back for the clean-up.
        let mut asked = false;
        loop {
            tokio::select! {
                _ = ticking.tick() => ticker.see(&pulse),
                _ = renewing.tick(), if way.renews() => {
                    // A token that cannot be renewed shows as 401 in what is measured.
                    let _ = way.renew().await;
                }
                () = stop.wait_for(1), if !asked => {
                    asked = true;
                    pulse.stop();
                }
                () = stop.wait_for(2) => return,
            }
        }
    };
    let came = tokio::select! {
        came = working => came,
        () = beside => {
            let message = "interrupted twice: what the load created was not all removed (scimproof sweep)".to_owned();
            return Err(Fault { code: ExitCode::Interrupted, message });
        }
    };
    ticker.finish();
    came.map_err(|error| Fault::ours(error.to_string()))?
}

/// The load itself, on a thread that may wait.
fn whole(plan: &Plan, engine: &dyn Engine, way: &Arc<Way>, pulse: &Arc<Pulse>, ticker: &Ticker) -> Result<Came, Fault> {
    let mut session = Session::new(engine, Arc::clone(way), Arc::clone(pulse), plan.options.clone());
    ticker.stage("making the population");
    let ready = session.set_up();
    let played = match ready {
        Err(reason) => Err(Fault::unreachable(reason)),
        Ok(()) if pulse.stopped() => {
            Err(Fault { code: ExitCode::Interrupted, message: "interrupted before the load began".to_owned() })
        }
        Ok(()) => {
            ticker.stage("load");
            play(plan, &mut session, pulse)
        }
    };
    let interrupted = pulse.stopped();
    // What was created is removed, whoever has had enough of the load.
    pulse.resume();
    if played.is_ok() {
        ticker.stage("reading back");
        session.read_back().map_err(Fault::ours)?;
    }
    ticker.stage("removing");
    let ended = session.clean_up().map_err(Fault::ours)?;
    let (measured, searched) = played
        .map_err(|fault| Fault { message: format!("{} (leftovers: {})", fault.message, ended.leftovers), ..fault })?;
    let kept = plan.slo.judge(&measured);
    Ok(Came { measured, kept, searched, ended, interrupted })
}

fn play(plan: &Plan, session: &mut Session<'_>, pulse: &Pulse) -> Result<(Measured, Option<Searched>), Fault> {
    let Arrivals::Open(schedule) = plan.arrivals.clone() else {
        return session.play(&plan.arrivals).map(|it| (it, None)).map_err(Fault::ours);
    };
    if !plan.search {
        return session.play(&plan.arrivals).map(|it| (it, None)).map_err(Fault::ours);
    }
    let first = schedule.peak();
    let at = |rate: f64| Arrivals::Open(schedule.times(rate / first));
    let found = load::search(first, plan.most, &plan.slo, |rate| session.play(&at(rate)), || pulse.stopped())
        .map_err(Fault::ours)?;
    let best = found.best;
    let shown = found.trials.iter().rev().find(|it| best.is_none_or(|best| (it.rate - best).abs() < 1e-9));
    match shown.map(|it| it.measured.clone()) {
        Some(measured) => Ok((measured, Some(found))),
        None => Err(Fault { code: ExitCode::Interrupted, message: "interrupted before the first rate".to_owned() }),
    }
}

/// Starts the bundled server on a free port of this machine; it ends with the process.
async fn on_loopback(reached: &Reached, names: &[String]) -> Result<Direct, Fault> {
    let ours = |error: &dyn std::fmt::Display| Fault::ours(format!("the bundled server: {error}"));
    let token = Secret::new(uuid::Uuid::new_v4().simple().to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| ours(&error))?;
    let address = listener.local_addr().map_err(|error| ours(&error))?;
    let auth = server::Auth::bearer(token.clone());
    let server = Server::new(reached.profile.clone(), Arc::new(MemoryStore::new()), auth);
    let server = faults::before(server, names)?;
    tokio::spawn(server::serve(listener, Arc::new(server), std::future::pending()));
    let base =
        BaseUrl::parse(&format!("http://{address}{}", reached.profile.base_path)).map_err(|error| ours(&error))?;
    Ok(Direct { base, auth: Auth::Bearer(token), options: HttpOptions::default() })
}

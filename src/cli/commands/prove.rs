//! `prove`: tests laws on a target; what falsifies one is left as a scenario file that `run --scenarios` replays.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reach::{Reached, reach, runtime};
use super::{pace, regressions};
use crate::cli::args::Prove;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::page::{self, Page};
use crate::cli::probe::is_address;
use crate::cli::progress::Histories;
use crate::cli::signals::Stop;
use crate::property::{Engine, Law, Progress, Proof, Regression, RoleReadOut, SUITES, Setting, Suite};
use crate::report::curl;
use crate::report::proof::{self, Left, Subject};
use crate::requirement::{Catalogue, Level};
use crate::verdict::ExitCode;

/// Tests every law that was asked for and that the target lets be seen.
///
/// # Errors
/// [`Fault`]: a mistake of the caller (2), a target that cannot be judged (3), nothing selected (4), a fault of ours (70).
pub fn prove(flags: Prove, context: &Context) -> Result<ExitCode, Fault> {
    let (suites, laws) = selected(&flags.law)?;
    if let Some(Err(reason)) = flags.role_at.as_deref().map(is_address) {
        return Err(Fault::usage(format!("--role-at: {reason}")));
    }
    let regressions = regressions::read(&flags.out)?;
    let wish = Wish {
        suites,
        laws,
        // A budget without a number of histories is there to be used up.
        cases: flags.cases.or(flags.time_budget.map(|_| u64::from(u32::MAX))),
        time_budget: flags.time_budget,
        role_at: flags.role_at,
        regressions,
    };
    let known = wish.regressions.clone();
    let reached = reach(flags.access, flags.seed, "coalesce-catalog", context)?;
    let runtime = runtime()?;
    let proof = runtime.block_on(test(&reached, wish, context))?;
    let folder = flags.out.join("scenarios");
    let name = |law: &Law| format!("{}-{:x}", law.id.to_lowercase(), reached.draw.seed);
    let path = |law: &Law| folder.join(format!("{}.toml", name(law)));
    for law in &proof.laws {
        if let Some(found) = law.counter_example() {
            save(&path(law), &found.scenario, context)?;
        }
    }
    let again = |law: &Law| {
        let folder = curl::word(&folder.display().to_string());
        // What is only recommended does not stop a run that is not asked to stop for it.
        let level = Catalogue::embedded().get(&law.id).map(|it| it.level);
        let gate = if level.is_some_and(Level::is_must) { "" } else { " --fail-on should" };
        format!("scimproof run {} --scenarios {folder} --select 'id({})'{gate}", reached.again, name(law))
    };
    let left =
        |law: &Law| law.counter_example().map(|_| Left { file: path(law).display().to_string(), again: again(law) });
    regressions::write(&flags.out, known, &proof, context)?;
    let exit = exit(&proof);
    let subject = Subject {
        target: (!reached.bundled).then_some(reached.name.as_str()),
        profile: &reached.profile.name,
        seed: reached.draw.seed,
        exit_code: exit.code(),
    };
    let text = proof::text(&reached.heading(), &proof, &left, Catalogue::embedded(), context.width());
    if flags.json.is_some() || flags.html.is_some() {
        let json = format!("{:#}\n", proof::value(&subject, &proof, &left, Catalogue::embedded()));
        if let Some(path) = &flags.json {
            context.write_artefact(path, &json)?;
        }
        if let Some(path) = &flags.html {
            let page = Page {
                word: page::word(exit),
                target: &reached.name,
                text: &text,
                requirements: proof.laws.iter().map(|law| law.id.as_str()).collect(),
                readings: proof.readings.iter().map(|(id, _)| id.as_str()).collect(),
            };
            page::write(path, &page, |out| out.write_all(json.as_bytes()), context)?;
        }
    }
    if flags.json.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        context.say(text.trim_end());
    } else {
        context.print(&text);
    }
    Ok(exit)
}

/// How the process ends.
fn exit(proof: &Proof) -> ExitCode {
    ExitCode::first([
        if proof.interrupted { ExitCode::Interrupted } else { ExitCode::Passed },
        if proof.histories() == 0 { ExitCode::NothingSelected } else { ExitCode::Passed },
        if proof.holds() { ExitCode::Passed } else { ExitCode::GateNotPassed },
    ])
}

/// What is asked for.
struct Wish {
    suites: Vec<Suite>,
    laws: Vec<String>,
    /// `None`: as many as suit the target.
    cases: Option<u64>,
    time_budget: Option<std::time::Duration>,
    role_at: Option<String>,
    regressions: Vec<Regression>,
}

/// The suites that judge one of these laws or have one of these names, and the laws; all for none.
fn selected(asked: &[String]) -> Result<(Vec<Suite>, Vec<String>), Fault> {
    let (mut suites, mut laws) = (Vec::new(), Vec::new());
    for word in asked {
        let named: Vec<Suite> = SUITES.iter().filter(|suite| suite.name == word).copied().collect();
        let id = word.to_uppercase();
        let judging: Vec<Suite> = SUITES.iter().filter(|suite| suite.laws.contains(&id.as_str())).copied().collect();
        match (named.is_empty(), judging.is_empty()) {
            (false, _) => laws.extend(named.iter().flat_map(|suite| suite.laws).map(|law| (*law).to_owned())),
            (true, false) => laws.push(id),
            (true, true) => {
                let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
                let message = format!("no suite is named `{word}` and none judges it; suites: {}", names.join(", "));
                return Err(Fault { code: ExitCode::NothingSelected, message });
            }
        }
        suites.extend(named.into_iter().chain(judging));
    }
    if asked.is_empty() {
        suites.extend(SUITES);
    }
    let wanted = |suite: &&Suite| suites.iter().any(|other| other.name == suite.name);
    Ok((SUITES.iter().filter(wanted).copied().collect(), laws))
}

async fn test(reached: &Reached, wish: Wish, context: &Context) -> Result<Proof, Fault> {
    let stop = Stop::listen();
    let discovery = reached.look(&stop).await?;
    let cases = match wish.cases {
        Some(cases) => cases,
        None if reached.bundled => pace::MOST,
        None => paced(reached, &wish.suites, context).await,
    };
    let bundled = reached.bundled.then(|| RoleReadOut::At("roles.value".to_owned()));
    let setting = Setting {
        profile: reached.profile.clone(),
        capabilities: discovery.service_provider_config,
        role: wish.role_at.map(RoleReadOut::At).or_else(|| reached.role.clone()).or(bundled),
        admin: reached.transport.admin_url().is_some(),
        sign_in: reached.sign_in,
        draw: reached.draw.clone(),
    };
    let bar = Histories::new(context.shows_progress());
    let shown = bar.clone();
    let engine = Arc::new(Engine {
        transport: Arc::clone(&reached.transport),
        setting: Arc::new(setting),
        options: reached.options.clone(),
        cases,
        time_budget: wish.time_budget,
        regressions: wish.regressions,
        laws: wish.laws,
        cancel: stop.cancel.clone(),
        progress: Arc::new(move |progress: &Progress| shown.see(progress)),
    });
    let proof = engine.prove(&wish.suites).await.map_err(|fault| Fault::ours(fault.to_string()));
    bar.finish();
    proof
}

/// As many histories as a target of that speed plays in about two minutes.
async fn paced(reached: &Reached, suites: &[Suite], context: &Context) -> u64 {
    let Some(cost) = pace::cost(&reached.transport, reached.options.concurrency).await else { return pace::MOST };
    let cases = pace::cases(cost, suites.len());
    if cases < pace::MOST {
        context.say(&format!(
            "{cases} histories instead of {}: a request takes {:.1} ms here, and a proof should take about {} minutes \
             (--cases, --time-budget)",
            pace::MOST,
            cost.as_secs_f64() * 1000.0,
            pace::WANTED.as_secs() / 60,
        ));
    }
    cases
}

fn save(path: &Path, scenario: &str, context: &Context) -> Result<(), Fault> {
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    std::fs::create_dir_all(&folder)
        .map_err(|error| Fault::usage(format!("cannot make the folder {}: {error}", folder.display())))?;
    context.write_artefact(path, scenario)
}

//! `init`: asks, probes the target by reads alone, writes `scimproof.toml` and the file for CI, and says what comes next.
//! No file that exists is touched without `--force`; a secret is neither asked for nor written.

mod ask;
mod files;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;

use ask::{Answers, Asker, answers};
use files::File;

use super::doctor;
use super::reach::runtime;
use crate::cli::args::{Ci, Init, Run};
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::doctor::{Status, examine};
use crate::verdict::ExitCode;

/// Asks, probes, writes.
///
/// # Errors
/// [`Fault`] (usage): an answer that is missing or cannot be used, a file that exists or cannot be written.
pub fn init(flags: &Init, context: &Context) -> Result<ExitCode, Fault> {
    let mut stdin = std::io::stdin().lock();
    let asks = !flags.yes && std::io::stdin().is_terminal();
    if !asks && !flags.yes {
        let message = "there is no terminal to ask at: give --target URL and what else is known as flags, and --yes";
        return Err(Fault::usage(message));
    }
    let say = |text: &str| context.say(text);
    let mut asker = if asks { Asker::terminal(&mut stdin, &say) } else { Asker::silent(&say) };
    let answers = answers(flags, &mut asker)?;
    let files = files::files(&answers);
    let present: Vec<&str> = files.iter().filter(|it| it.exists(&context.folder)).map(|it| it.path).collect();
    if !present.is_empty() && !flags.force {
        let message =
            format!("{} is there already; nothing was written. --force writes over it", present.join(" and "));
        return Err(Fault::usage(message));
    }
    let healthy = probe(&answers, context);
    write(&files, context)?;
    context.print(&told(&answers, &files, healthy, context));
    Ok(ExitCode::Passed)
}

/// Shows what `doctor` sees; whether there is nothing to put right. What fails stops nothing: the file is there to
/// be completed.
fn probe(answers: &Answers, context: &Context) -> bool {
    let mut run = Run::default();
    run.target.target = Some(answers.target.to_string());
    let set = context.environment.get(&answers.token_env).is_some();
    run.credentials.token_env = set.then(|| answers.token_env.clone());
    run.target.allow_writes = answers.allow_writes;
    if !set {
        context.say(&format!("{} is not set here, so the target is looked at without credentials", answers.token_env));
    }
    let findings = doctor::patient(&run, context)
        .and_then(|patient| Ok((runtime()?.block_on(examine(&patient, time::OffsetDateTime::now_utc())), patient)));
    match findings {
        Ok((findings, patient)) => {
            context.say(doctor::page(&patient, &findings, context).trim_end());
            findings.iter().all(|it| !matches!(it.outcome.status, Status::Fail))
        }
        Err(fault) => {
            context.say(&fault.message);
            false
        }
    }
}

fn write(files: &[File], context: &Context) -> Result<(), Fault> {
    for file in files {
        let path = context.folder.join(file.path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Fault::usage(format!("cannot make {}: {error}", folder.display())))?;
        }
        context.write_artefact(&path, &file.text)?;
    }
    Ok(())
}

/// What was written, and the next command.
fn told(answers: &Answers, files: &[File], healthy: bool, context: &Context) -> String {
    let mut text: String = files.iter().map(|file| format!("wrote  {}\n", file.path)).collect();
    if context.environment.get(&answers.token_env).is_none() {
        text += &format!("then   put the token into the variable {}\n", answers.token_env);
    }
    if !answers.target.is_loopback() && !answers.allow_writes {
        text += "then   take the mark from `allow-writes` in scimproof.toml, if a run may write there\n";
    }
    let secret = match answers.ci {
        Ci::Github => "a secret of the repository",
        Ci::Gitlab => "a masked CI/CD variable of the project",
        Ci::None => "",
    };
    if !secret.is_empty() {
        text += &format!("then   make {} {secret}, and put `scimproof` on the PATH of the job\n", answers.token_env);
    }
    text + if healthy { "next   scimproof run\n" } else { "next   scimproof doctor\n" }
}

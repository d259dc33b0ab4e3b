//! `prove`: tests laws on a target; what falsifies one is left as a scenario file that `run --scenarios` replays.

use std::path::Path;
use std::sync::Arc;

use super::reach::{Reached, reach, runtime};
use crate::cli::args::Prove;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::signals::Stop;
use crate::model::RoleMapping;
use crate::property::{Engine, Proof};
use crate::report::proof;
use crate::requirement::Catalogue;
use crate::verdict::ExitCode;

/// Tests every law that the target's profile has.
///
/// # Errors
/// [`Fault`]: a mistake of the caller (2), a target that cannot be judged (3), a fault of ours (70).
pub fn prove(flags: Prove, context: &Context) -> Result<ExitCode, Fault> {
    let reached = reach(flags.access, flags.seed, "coalesce-catalog", context)?;
    let runtime = runtime()?;
    let (proofs, interrupted) = runtime.block_on(test(&reached, flags.cases, &flags.role_at))?;
    if reached.profile.roles.is_empty() {
        let name = &reached.profile.name;
        context.say(&format!(
            "CATALOG-022 is not tested: profile {name} maps no teams to roles (`--profile coalesce-catalog` does)"
        ));
    }
    let mut files = Vec::new();
    for proof in &proofs {
        let file = proof.counter_example.as_ref().map(|found| {
            let path = flags.out.join(format!("{}-{:x}.toml", proof.law.to_lowercase(), reached.draw.seed));
            save(&path, &found.scenario, context).map(|()| path.display().to_string())
        });
        files.push(file.transpose()?);
    }
    context.print(&proof::text(&reached.heading(), &proofs, &files, Catalogue::embedded(), context.width()));
    Ok(ExitCode::first([
        if interrupted { ExitCode::Interrupted } else { ExitCode::Passed },
        if proofs.iter().all(Proof::holds) { ExitCode::Passed } else { ExitCode::GateNotPassed },
    ]))
}

async fn test(reached: &Reached, cases: u32, role_at: &str) -> Result<(Vec<Proof>, bool), Fault> {
    let stop = Stop::listen();
    reached.look(&stop).await?;
    let engine = Arc::new(Engine {
        transport: Arc::clone(&reached.transport),
        draw: reached.draw.clone(),
        options: reached.options.clone(),
        cases,
        role_at: role_at.to_owned(),
        cancel: stop.cancel.clone(),
    });
    let ours = |fault: crate::property::Fault| Fault::ours(fault.to_string());
    let mut proofs = vec![engine.user_names().await.map_err(ours)?];
    if let Some(mapping) = RoleMapping::new(&reached.profile.roles) {
        proofs.push(engine.roles(&mapping).await.map_err(ours)?);
    }
    let interrupted = *stop.cancel.borrow();
    Ok((proofs, interrupted))
}

fn save(path: &Path, scenario: &str, context: &Context) -> Result<(), Fault> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .map_err(|error| Fault::usage(format!("cannot make the folder {}: {error}", folder.display())))?;
    context.write_artefact(path, scenario)
}

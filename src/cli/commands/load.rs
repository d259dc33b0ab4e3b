//! `load`: an open loop against a target. Without one, the bundled server is started on a loopback socket, so that what
//! is measured includes HTTP.

use std::sync::Arc;

use tokio::net::TcpListener;

use super::reach::{Reached, reach, runtime};
use crate::cli::args::Load;
use crate::cli::context::Context;
use crate::cli::fault::Fault;
use crate::cli::signals::Stop;
use crate::client::{Auth, BaseUrl, HttpOptions, HttpTransport, Transport};
use crate::load::{self, Options, Schedule, Summary};
use crate::report::load as report;
use crate::server::{self, Server};
use crate::store::MemoryStore;
use crate::verdict::ExitCode;
use crate::wire::Secret;

/// Sends the load and reports it.
///
/// # Errors
/// [`Fault`]: a mistake of the caller (2), a target that cannot be loaded (3), a fault of ours (70).
pub fn load(flags: Load, context: &Context) -> Result<ExitCode, Fault> {
    let bundled = flags.target.target.is_none();
    let mut reached = reach(flags.target, flags.credentials, flags.connection, flags.seed, "rfc", context)?;
    let options = Options {
        schedule: Schedule { rate: flags.rate, duration: flags.duration },
        population: flags.population,
        in_flight: usize::from(flags.in_flight),
        seed: reached.draw.seed,
        marker: reached.draw.marker.clone(),
    };
    if options.schedule.is_empty() {
        return Err(Fault::usage("--rate and --duration make no request at all"));
    }
    let runtime = runtime()?;
    let (summary, interrupted) = runtime.block_on(async {
        // A target that the user named stays as it is; ours moves from this process's memory to a socket.
        if bundled && reached.name == "the bundled server" {
            reached.transport = on_loopback(&reached, context).await?;
        }
        perform(&reached, &options).await
    })?;
    let heading = format!(
        "scimproof {}  target {}  profile {}  seed {}",
        env!("CARGO_PKG_VERSION"),
        reached.name,
        reached.profile.name,
        reached.draw.seed
    );
    context.print(&report::text(&heading, &options, &summary, flags.p99));
    let crossed = flags.p99.is_some_and(|limit| summary.response_time.at(99.0) > limit);
    Ok(ExitCode::first([
        if interrupted { ExitCode::Interrupted } else { ExitCode::Passed },
        if summary.wrong.is_empty() && summary.leftovers == 0 { ExitCode::Passed } else { ExitCode::GateNotPassed },
        if crossed { ExitCode::ThresholdCrossed } else { ExitCode::Passed },
    ]))
}

async fn perform(reached: &Reached, options: &Options) -> Result<(Summary, bool), Fault> {
    let stop = Stop::listen();
    reached.look(&stop).await?;
    let summary = load::execute(Arc::clone(&reached.transport), options, stop.cancel.clone()).await;
    let interrupted = *stop.cancel.borrow();
    summary.map(|summary| (summary, interrupted)).map_err(Fault::unreachable)
}

/// Starts the bundled server on a free port of this machine; it ends with the process.
async fn on_loopback(reached: &Reached, context: &Context) -> Result<Arc<dyn Transport>, Fault> {
    let ours = |error: &dyn std::fmt::Display| Fault::ours(format!("the bundled server: {error}"));
    let token = Secret::new(uuid::Uuid::new_v4().simple().to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| ours(&error))?;
    let address = listener.local_addr().map_err(|error| ours(&error))?;
    let auth = server::Auth::bearer(token.clone());
    let server = Arc::new(Server::new(reached.profile.clone(), Arc::new(MemoryStore::new()), auth));
    tokio::spawn(server::serve(listener, server, std::future::pending()));
    let base =
        BaseUrl::parse(&format!("http://{address}{}", reached.profile.base_path)).map_err(|error| ours(&error))?;
    let transport = HttpTransport::new(base, Auth::Bearer(token), &HttpOptions::default(), &context.redactor);
    Ok(Arc::new(transport.map_err(|error| ours(&error))?))
}

//! Sweeps up what a killed run left: lists users, groups and organizations, and removes those that bear the mark of a run,
//! no others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::cleanup::{Removal, Sender, confirm, remove_one, scan, undo_elsewhere};
use super::session::Session;
use super::{Options, drive::side_by_side};
use crate::client::Transport;
use crate::flow::{Leftover, Step, encode_segment};
use crate::scenario::{is_our_organization, is_ours};
use crate::wire::{Method, Request, Root};

/// What a sweep found and did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Resources that bear the mark, `/Users/42`, and the URLs of organizations.
    pub found: Vec<String>,
    /// Of those, how many are gone.
    pub removed: usize,
    /// How many could only be deactivated.
    pub retired: usize,
    /// What is still there.
    pub leftovers: Vec<Leftover>,
    /// What could not be looked at, a phrase each.
    pub unseen: Vec<String>,
}

/// Where organizations are, below the admin root.
const ORGANIZATIONS: &str = "/admin/v1/organizations";

/// Groups go before users, so that no membership is in the way. The last is of the bundled server's own type; another
/// target answers that it has none.
const COLLECTIONS: [&str; 3] = ["/Groups", "/Users", "/Devices"];

/// Finds marked resources, and removes them unless `look_only`.
pub async fn sweep(
    transport: Arc<dyn Transport>,
    options: &Options,
    look_only: bool,
    cancel: watch::Receiver<bool>,
) -> Swept {
    let (events, _nobody) = mpsc::unbounded_channel();
    let session = Arc::new(Session::new(transport, options, events, cancel));
    let mut swept = Swept::default();
    for collection in COLLECTIONS {
        let sender = Sender::new(&session, "sweep");
        let all = scan(&sender, &Root::Scim, collection, usize::MAX).await;
        let ids = all.iter().filter(|resource| is_ours(collection, resource)).filter_map(|it| it["id"].as_str());
        let paths: BTreeSet<String> = ids.map(|id| format!("{collection}/{}", encode_segment(id))).collect();
        swept.found.extend(paths.iter().cloned());
        if look_only {
            continue;
        }
        let work = paths.into_iter().enumerate().map(|(n, path)| {
            let session = Arc::clone(&session);
            async move {
                let removal = remove_one(&Sender::new(&session, "sweep"), path).await;
                confirm(&session, n, removal, "").await
            }
        });
        for removal in side_by_side(work.collect::<Vec<_>>(), options.concurrency, None).await.into_iter().flatten() {
            match removal {
                Removal::Gone(_) => swept.removed += 1,
                Removal::Retired(_) => swept.retired += 1,
                Removal::Stays(leftover) | Removal::Elsewhere(leftover) => swept.leftovers.push(leftover),
            }
        }
    }
    if session.has_admin() {
        organizations(&session, look_only, &mut swept).await;
    }
    swept
}

/// Finds and removes marked organizations, each with all that is in it.
async fn organizations(session: &Session, look_only: bool, swept: &mut Swept) {
    let sender = Sender::new(session, "sweep/organizations");
    let request = |method, target: &str| Request { root: Root::Admin, ..Request::new(method, target) };
    let list = sender.send("list organizations", request(Method::Get, ORGANIZATIONS)).await;
    let body = list.response().filter(|response| response.is_success()).and_then(|response| response.json());
    let listed = body.as_ref().and_then(|body| body.as_array().or_else(|| body["organizations"].as_array()));
    let Some(listed) = listed else {
        swept.unseen.push(format!("organizations: {ORGANIZATIONS} is not listed"));
        return;
    };
    let ours: Vec<&str> =
        listed.iter().filter_map(|it| it["id"].as_str()).filter(|id| is_our_organization(id)).collect();
    for id in ours {
        let step = Step::new("remove", request(Method::Delete, &format!("{ORGANIZATIONS}/{id}")));
        swept.found.push(session.url(&step.request));
        if look_only {
            continue;
        }
        match undo_elsewhere(session, &sender, step).await {
            None => swept.removed += 1,
            Some(leftover) => swept.leftovers.push(leftover),
        }
    }
}

/// How long a sweep may take before the command gives up.
pub const SWEEP_TIME: Duration = Duration::from_secs(600);

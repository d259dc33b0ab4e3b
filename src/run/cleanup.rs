//! Leaves nothing (law 8): what a scenario created is removed in reverse order, and in the end its absence is proven by
//! reading each one again and by a listing that looks for the run's marker.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use smol_str::format_smolstr;
use tokio::time::{Instant, timeout_at};

use super::adopt::RETIRED;
use super::drive::side_by_side;
use super::session::Session;
use crate::flow::{Leftover, Step, Undo, encode_segment};
use crate::scim::Object;
use crate::wire::{Exchange, ExchangeId, Method, Request, Root};

/// What came of removing one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Removal {
    /// The target says that it is gone.
    Gone(String),
    /// It could only be deactivated.
    Retired(String),
    /// It is still there.
    Stays(Leftover),
    /// It is below another base URL and still there: already read again, its path is a whole URL.
    Elsewhere(Leftover),
}

/// Statuses by which a target says that it does not delete.
const NO_DELETE: [u16; 3] = [403, 405, 501];

/// The collections of the standard.
const COLLECTIONS: [&str; 2] = ["/Users", "/Groups"];

/// Pages of the last listing when the target cannot filter.
const PAGES: usize = 50;

/// Resources of one page.
const PAGE: usize = 100;

/// Sends requests of one cleanup under one name.
pub(super) struct Sender<'a> {
    session: &'a Session,
    name: &'a str,
    count: AtomicUsize,
}

impl<'a> Sender<'a> {
    pub(super) fn new(session: &'a Session, name: &'a str) -> Self {
        Self { session, name, count: AtomicUsize::new(0) }
    }

    pub(super) async fn send(&self, step: &str, mut request: Request) -> Arc<Exchange> {
        let n = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        if request.headers.get("Accept").is_none() {
            let kind = if request.root == Root::Admin { "application/json" } else { "application/scim+json" };
            request.headers.push("Accept", kind);
        }
        if request.body.is_some() && request.headers.get("Content-Type").is_none() {
            request.headers.push("Content-Type", "application/scim+json");
        }
        let id = ExchangeId(format_smolstr!("{}#{n}", self.name));
        self.session.send_anyway(id, Step::new(step, request)).await
    }
}

/// Removes what one scenario left: its own `undo` first, then its users and groups, newest first; neighbours of one kind
/// go side by side. Whatever is not done in that time stays.
pub(super) async fn remove(
    session: &Arc<Session>,
    scenario: &str,
    undo: Vec<Step>,
    created: Vec<Undo>,
    time: Duration,
) -> Vec<Removal> {
    let name = format!("cleanup/{scenario}");
    let sender = Sender::new(session, &name);
    let until = Instant::now() + time;
    let stays = |path: &str, reason| Removal::Stays(Leftover { path: path.to_owned(), reason });
    let mut removals = Vec::new();
    for step in undo {
        if step.request.root != Root::Scim {
            match timeout_at(until, undo_elsewhere(session, &sender, step.clone())).await {
                Ok(leftover) => removals.extend(leftover.map(Removal::Elsewhere)),
                Err(_) => {
                    let path = session.url(&step.request);
                    removals.push(Removal::Elsewhere(Leftover { path, reason: out_of_time(time) }));
                }
            }
            continue;
        }
        let path = step.request.path().to_owned();
        let deletes = step.request.method == Method::Delete;
        match timeout_at(until, sender.send(&step.name, step.request)).await {
            Ok(exchange) if deletes && !is_gone(&exchange, true) => removals.push(stays(&path, answer(&exchange))),
            Ok(_) => {}
            Err(_) => removals.push(stays(&path, out_of_time(time))),
        }
    }
    let mut n = 0;
    for kin in created.chunk_by(|a, b| collection(&a.path) == collection(&b.path)) {
        let work = kin.iter().map(|Undo { path, .. }| {
            n += 1;
            let (session, name, path) = (Arc::clone(session), format!("{name}/{n}"), path.clone());
            async move { remove_one(&Sender::new(&session, &name), path).await }
        });
        let results = side_by_side(work.collect::<Vec<_>>(), kin.len(), Some(until)).await;
        let late = |path: &str| stays(path, out_of_time(time));
        removals.extend(kin.iter().zip(results).map(|(undo, result)| result.unwrap_or_else(|| late(&undo.path))));
    }
    removals
}

/// Takes a step on another base URL back, with one more try after a break. A `DELETE` is believed when a re-read does not
/// find the resource any more (law 2); what is still there is given.
pub(super) async fn undo_elsewhere(session: &Session, sender: &Sender<'_>, step: Step) -> Option<Leftover> {
    let mut exchange = sender.send(&step.name, step.request.clone()).await;
    if exchange.response().is_none_or(|response| response.status >= 500) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        exchange = sender.send(&step.name, step.request.clone()).await;
    }
    let leftover = |reason| Some(Leftover { path: session.url(&step.request), reason });
    if step.request.method != Method::Delete {
        return None;
    }
    let (root, path) = (&step.request.root, step.request.target.as_str());
    let is_user = collection(path) == "/Users";
    if !is_gone(&exchange, true) {
        let retired = refuses_to_delete(&exchange) && is_user && retire(sender, root, path).await;
        return if retired { None } else { leftover(answer(&exchange)) };
    }
    let read = Request { method: Method::Get, body: None, ..step.request.clone() };
    let read = sender.send("read again", read).await;
    if !read.response().is_some_and(crate::wire::Response::is_success) {
        return None;
    }
    // A server whose delete only deactivates, and the user is ours.
    let ours = user(&read).is_some_and(|user| session.names.hold(&Value::Object(user)));
    if is_user && ours && is_inactive(&read) && retire(sender, root, path).await {
        return None;
    }
    leftover(format!("it was removed, but then {}", answer(&read)))
}

/// Whether a target says that it does not delete.
fn refuses_to_delete(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| NO_DELETE.contains(&response.status))
}

/// `/Users` of `/Users/42`.
fn collection(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection)
}

pub(super) async fn remove_one(sender: &Sender<'_>, path: String) -> Removal {
    let delete = || sender.send("remove", Request::new(Method::Delete, path.clone()));
    let mut exchange = delete().await;
    if exchange.response().is_none_or(|response| response.status >= 500 && response.status != 501) {
        // One more try: a break or a fault of the moment must not leave anything behind.
        tokio::time::sleep(Duration::from_millis(200)).await;
        exchange = delete().await;
    }
    if is_gone(&exchange, true) {
        return Removal::Gone(path);
    }
    if refuses_to_delete(&exchange) && collection(&path) == "/Users" && retire(sender, &Root::Scim, &path).await {
        return Removal::Retired(path);
    }
    Removal::Stays(Leftover { path, reason: answer(&exchange) })
}

/// Deactivates a user that cannot be deleted, by PATCH or else by PUT; true when a re-read shows it inactive. Then its name
/// is freed, which shows the next run whom it may take over; a target that refuses that keeps the old name.
async fn retire(sender: &Sender<'_>, root: &Root, path: &str) -> bool {
    let patch = |attribute: &str, value: Value| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": attribute, "value": value}],
        });
        write(sender, Method::Patch, root, path, body)
    };
    let read = || sender.send("read again", Request { root: root.clone(), ..Request::new(Method::Get, path) });
    patch("active", Value::Bool(false)).await;
    let mut known = read().await;
    let patched = is_inactive(&known);
    if !patched {
        let Some(mut user) = user(&known) else { return false };
        user.insert("active".to_owned(), Value::Bool(false));
        write(sender, Method::Put, root, path, Value::Object(user)).await;
        known = read().await;
        if !is_inactive(&known) {
            return false;
        }
    }
    let Some(mut user) = user(&known) else { return true };
    let name = Value::String(retired_name(user.get("userName").and_then(Value::as_str).unwrap_or_default()));
    if patched {
        patch("userName", name).await;
    } else {
        user.insert("userName".to_owned(), name);
        write(sender, Method::Put, root, path, Value::Object(user)).await;
    }
    true
}

async fn write(sender: &Sender<'_>, method: Method, root: &Root, path: &str, body: Value) {
    let body = Some(body.to_string().into_bytes());
    let request = Request { root: root.clone(), body, ..Request::new(method, path) };
    sender.send("retire", request).await;
}

/// The user in an answer.
fn user(exchange: &Exchange) -> Option<Object> {
    match exchange.response().filter(|response| response.is_success())?.json()? {
        Value::Object(user) => Some(user),
        _ => None,
    }
}

fn retired_name(name: &str) -> String {
    if name.starts_with(RETIRED) { name.to_owned() } else { format!("{RETIRED}{name}") }
}

/// True when an answer holds a run's marker, in whatever case; an empty one is no demand.
fn bears(exchange: &Exchange, marker: &str) -> bool {
    let body = exchange.response().and_then(|response| response.json());
    body.is_some_and(|body| body.to_string().to_lowercase().contains(&marker.to_lowercase()))
}

fn is_inactive(exchange: &Exchange) -> bool {
    let body = exchange.response().filter(|response| response.is_success()).and_then(|response| response.json());
    body.is_some_and(|body| body["active"] == json!(false))
}

/// True when an answer says that the resource is not there; `deleting` accepts 2xx too.
fn is_gone(exchange: &Exchange, deleting: bool) -> bool {
    exchange.response().is_some_and(|r| matches!(r.status, 404 | 410) || deleting && r.is_success())
}

/// What came, in words.
fn answer(exchange: &Exchange) -> String {
    match &exchange.answer {
        Ok(response) => format!("{} answered {}", exchange.request.method, response.status),
        Err(failure) => format!("{} failed: {}", exchange.request.method, failure.reason),
    }
}

/// Proves that nothing is left: each resource is read again, then a listing looks for the marker and what it finds is
/// removed. Gives what is still there and how many users could only be deactivated.
pub(super) async fn prove(
    session: &Arc<Session>,
    removals: Vec<Removal>,
    marker: &str,
    time: Duration,
) -> (Vec<Leftover>, usize) {
    let until = Instant::now() + time;
    let paths: Vec<String> = removals.iter().map(|removal| removal.path().to_owned()).collect();
    let proofs = removals.into_iter().enumerate().map(|(n, removal)| {
        let (session, marker) = (Arc::clone(session), marker.to_owned());
        async move { confirm(&session, n, removal, &marker).await }
    });
    let own: BTreeSet<String> = paths.iter().map(|path| collection(path).to_owned()).collect();
    let mut outcome = Outcome::default();
    let results = side_by_side(proofs, PAGE, Some(until)).await;
    for (result, path) in results.into_iter().zip(paths) {
        let late = || Removal::Stays(Leftover { path, reason: out_of_time(time) });
        outcome.count(result.unwrap_or_else(late));
    }
    if !marker.is_empty() {
        // Collections that only this target has are looked at where the run created something there.
        let others = own.iter().map(String::as_str).filter(|it| it.starts_with('/') && !COLLECTIONS.contains(it));
        for collection in COLLECTIONS.into_iter().chain(others) {
            if timeout_at(until, sweep(session, collection, marker, &mut outcome)).await.is_err() {
                outcome.count(Removal::Stays(Leftover { path: collection.to_owned(), reason: out_of_time(time) }));
            }
        }
    }
    if !marker.is_empty() && session.has_second_tenant() {
        for collection in COLLECTIONS {
            if timeout_at(until, sweep_second(session, collection, marker, &mut outcome)).await.is_err() {
                let path = format!("second tenant {collection}");
                outcome.count(Removal::Elsewhere(Leftover { path, reason: out_of_time(time) }));
            }
        }
    }
    let Outcome { mut leftovers, retired, .. } = outcome;
    leftovers.sort_by(|a, b| a.path.cmp(&b.path));
    leftovers.dedup_by(|a, b| a.path == b.path);
    (leftovers, retired.len())
}

/// What is known of every resource of the run.
#[derive(Default)]
struct Outcome {
    gone: BTreeSet<String>,
    retired: BTreeSet<String>,
    leftovers: Vec<Leftover>,
}

impl Outcome {
    fn count(&mut self, removal: Removal) {
        match removal {
            Removal::Gone(path) => _ = self.gone.insert(path),
            Removal::Retired(path) => _ = self.retired.insert(path),
            Removal::Stays(leftover) | Removal::Elsewhere(leftover) => self.leftovers.push(leftover),
        }
    }

    /// True when nothing more can be done about it.
    fn knows(&self, path: &str) -> bool {
        self.retired.contains(path) || self.leftovers.iter().any(|leftover| leftover.path == path)
    }
}

fn out_of_time(time: Duration) -> String {
    format!("cleaning up took longer than {} s", time.as_secs())
}

impl Removal {
    fn path(&self) -> &str {
        match self {
            Self::Gone(path) | Self::Retired(path) => path,
            Self::Stays(leftover) | Self::Elsewhere(leftover) => &leftover.path,
        }
    }
}

/// Reads a resource again; a `DELETE` that answered 204 and removed nothing has lied (law 2).
pub(super) async fn confirm(session: &Session, n: usize, removal: Removal, marker: &str) -> Removal {
    if let Removal::Elsewhere(_) = removal {
        return removal;
    }
    confirm_as(session, &format!("cleanup/proof-{}", n + 1), removal, marker).await
}

async fn confirm_as(session: &Session, name: &str, removal: Removal, marker: &str) -> Removal {
    let sender = Sender::new(session, name);
    let path = removal.path().to_owned();
    let exchange = sender.send("read again", Request::new(Method::Get, path.clone())).await;
    match removal {
        _ if is_gone(&exchange, false) => Removal::Gone(path),
        Removal::Retired(_) if is_inactive(&exchange) => Removal::Retired(path),
        // A server whose delete only deactivates: its name is freed, as that of a user that cannot be deleted.
        // Who has the id now may be somebody else, and nobody else is touched.
        Removal::Gone(_)
            if collection(&path) == "/Users"
                && is_inactive(&exchange)
                && bears(&exchange, marker)
                && retire(&sender, &Root::Scim, &path).await =>
        {
            Removal::Retired(path)
        }
        Removal::Stays(_) | Removal::Elsewhere(_) => removal,
        Removal::Gone(_) | Removal::Retired(_) => {
            let reason = format!("it was removed, but then {}", answer(&exchange));
            Removal::Stays(Leftover { path, reason })
        }
    }
}

/// Looks for the marker in a collection, by filter or else page by page, and removes what nobody knew of: the answer to
/// its creation was lost.
async fn sweep(session: &Session, collection: &str, marker: &str, outcome: &mut Outcome) {
    let name = format!("cleanup/listing{}", collection.replace('/', "-").to_lowercase());
    let sender = Sender::new(session, &name);
    let target = bearing(collection, marker);
    let mut proofs = 0;
    for _ in 0..PAGES {
        // Which attribute bears the marker is not known of a type of the target's own.
        let known = COLLECTIONS.contains(&collection);
        let filtered = if known { page(&sender, &Root::Scim, &target).await } else { None };
        let found = match filtered {
            Some((resources, _)) => resources,
            None => scan(&sender, &Root::Scim, collection, PAGES).await,
        };
        // A server may ignore the filter, and anybody's name may hold the marker.
        let ours = found.iter().filter(|resource| session.names.hold(resource));
        let ids = ours.filter_map(|resource| resource["id"].as_str());
        let paths: BTreeSet<_> = ids.map(|id| format!("{collection}/{}", encode_segment(id))).collect();
        let unknown: Vec<_> = paths.into_iter().filter(|path| !outcome.knows(path)).collect();
        if unknown.is_empty() {
            return;
        }
        for path in unknown {
            outcome.count(if outcome.gone.contains(&path) {
                Removal::Stays(Leftover { path, reason: "it is still listed, though reading it says 404".to_owned() })
            } else {
                match remove_one(&sender, path).await {
                    removed @ Removal::Gone(_) => {
                        proofs += 1;
                        confirm_as(session, &format!("{name}/proof-{proofs}"), removed, marker).await
                    }
                    removal => removal,
                }
            });
        }
    }
}

/// The query for what bears the marker.
fn bearing(collection: &str, marker: &str) -> String {
    let attribute = if collection == "/Users" { "userName" } else { "displayName" };
    format!("{collection}?filter={attribute}%20co%20%22{marker}%22&count={PAGE}")
}

/// Looks for the marker in the second tenant too: a server that mixes tenants up may have made something there, and the
/// answer to a creation may be lost.
async fn sweep_second(session: &Session, collection: &str, marker: &str, outcome: &mut Outcome) {
    let name = format!("cleanup/second-tenant{}", collection.replace('/', "-").to_lowercase());
    let sender = Sender::new(session, &name);
    let found = match page(&sender, &Root::SecondTenant, &bearing(collection, marker)).await {
        Some((resources, _)) => resources,
        None => scan(&sender, &Root::SecondTenant, collection, PAGES).await,
    };
    for resource in found.iter().filter(|resource| session.names.hold(resource)) {
        let Some(id) = resource["id"].as_str() else { continue };
        let path = format!("{collection}/{}", encode_segment(id));
        let request = Request { root: Root::SecondTenant, ..Request::new(Method::Delete, path) };
        if let Some(leftover) = undo_elsewhere(session, &sender, Step::new("remove", request)).await {
            outcome.count(Removal::Elsewhere(leftover));
        }
    }
}

/// All resources of a collection, as far as so many pages go.
pub(super) async fn scan(sender: &Sender<'_>, root: &Root, collection: &str, pages: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..pages {
        let start = all.len() + 1;
        match page(sender, root, &format!("{collection}?startIndex={start}&count={PAGE}")).await {
            Some((resources, total)) if !resources.is_empty() => {
                all.extend(resources);
                if all.len() >= total {
                    break;
                }
            }
            _ => break,
        }
    }
    all
}

/// One page of a listing with its total; `None` when the target does not answer with a list.
async fn page(sender: &Sender<'_>, root: &Root, target: &str) -> Option<(Vec<Value>, usize)> {
    let request = Request { root: root.clone(), ..Request::new(Method::Get, target) };
    let exchange = sender.send("look for leftovers", request).await;
    let body = exchange.response().filter(|response| response.is_success())?.json()?;
    let total = usize::try_from(body["totalResults"].as_u64()?).unwrap_or(usize::MAX);
    let resources = body["Resources"].as_array().cloned().unwrap_or_default();
    Some((resources, total))
}

//! Bulk (`RFC7644 §3.7`): operations in order, one that refers to a later one after it, results in the job's order.
//!
//! Every operation is performed as the single request would be. Groups that are members of each other are created without
//! the member that is still to come, which joins later. Any other reference that cannot be resolved, because its target
//! failed, is missing or waits for the referrer in turn, gives 409 in that result (I-74).

mod job;
mod reference;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::etag::Conditions;
use super::route::{Offer, Route};
use super::write::{self, Ask};
use crate::scim::project::Projection;
use crate::scim::{Object, ScimError, ScimType, urn};
use crate::store::Kind;
use crate::wire::Method;
use job::{Job, Operation};

/// `POST /Bulk`
///
/// # Errors
/// 400 `invalidSyntax` for a malformed job; 413 for more operations than the limit. Nothing was done then.
pub(super) fn perform(context: &Context<'_>, body: &Value) -> Result<Answer, ScimError> {
    let job = Job::parse(body, context.server.profile.limits.bulk_operations)?;
    let mut run = Run {
        context,
        created: HashMap::new(),
        results: vec![None; job.operations.len()],
        errors: 0,
        later: Vec::new(),
        stuck: false,
    };
    while let Some((index, way)) = run.next(&job) {
        let operation = &job.operations[index];
        let outcome = match way {
            Way::Whole => run.one(operation, operation.data.as_ref()),
            Way::Partly => run.partly(index, operation),
            Way::Not => Err(unresolved()),
        };
        run.record(index, operation, outcome);
        run.join_later(&job)?;
        if job.fail_on_errors.is_some_and(|limit| run.errors >= limit) {
            break;
        }
    }
    run.give_up(&job);
    let results: Vec<Value> = run.results.into_iter().flatten().collect();
    Ok(Answer::text(200, json!({ "schemas": [urn::BULK_RESPONSE], "Operations": results }).to_string()))
}

/// How the next operation can be performed.
enum Way {
    /// All that it refers to is there.
    Whole,
    /// A group, without the members that are still to come.
    Partly,
    /// Not at all.
    Not,
}

/// A job under way.
struct Run<'a> {
    context: &'a Context<'a>,
    /// The ids of created resources by bulkId.
    created: HashMap<String, String>,
    results: Vec<Option<Value>>,
    errors: usize,
    /// Groups, by their place in the job, and the bulkIds of members that are still to join.
    later: Vec<(usize, String)>,
    /// Whether nothing that still waits can ever be performed.
    stuck: bool,
}

impl Run<'_> {
    /// The next operation: the first whose references are all there, so that nothing else changes its order; else the
    /// first group that can do without them for now; else the first.
    fn next(&mut self, job: &Job) -> Option<(usize, Way)> {
        let waiting = || (0..job.operations.len()).filter(|index| self.results[*index].is_none());
        let first = waiting().next()?;
        // A refusal creates nothing, so what was impossible before it stays so.
        if self.stuck {
            return Some((first, Way::Not));
        }
        let there = |id: &String| self.created.contains_key(id);
        if let Some(index) = waiting().find(|index| job.operations[*index].refers_to.iter().all(there)) {
            return Some((index, Way::Whole));
        }
        let coming = |id: &String| waiting().any(|index| job.operations[index].bulk_id.as_ref() == Some(id));
        let partly = waiting().find(|index| {
            let operation = &job.operations[*index];
            let members = operation.data.as_ref().map(reference::in_members).unwrap_or_default();
            let optional = |id: &String| there(id) || (members.contains(id) && coming(id));
            operation.method == Method::Post && operation.path == "/Groups" && operation.refers_to.iter().all(optional)
        });
        self.stuck = partly.is_none();
        Some(partly.map_or((first, Way::Not), |index| (index, Way::Partly)))
    }

    fn partly(&mut self, index: usize, operation: &Operation) -> Result<Answer, ScimError> {
        let missing: Vec<&String> = operation.refers_to.iter().filter(|id| !self.created.contains_key(*id)).collect();
        let data = operation.data.as_ref().map(|data| reference::without_members(data, &missing));
        let answer = self.one(operation, data.as_ref())?;
        self.later.extend(missing.into_iter().map(|id| (index, id.clone())));
        Ok(answer)
    }

    /// Lets members join whose creation their groups did not wait for.
    fn join_later(&mut self, job: &Job) -> Result<(), ScimError> {
        let (ready, later) =
            std::mem::take(&mut self.later).into_iter().partition(|(_, id)| self.created.contains_key(id));
        self.later = later;
        let ready: Vec<(usize, String)> = ready;
        for (index, member) in ready {
            let (Some(group), Some(member)) = (self.id_of(job, index), self.created.get(&member)) else { continue };
            let value = json!([{ "value": member }]);
            let patch = json!({ "Operations": [{ "op": "add", "path": "members", "value": value }] });
            let ask = Ask { projection: &Projection::Default, conditions: Conditions::default() };
            let answer = write::modify(self.context, Kind::Group, group, &ask, &patch)?;
            if let (Some(Some(Value::Object(result))), Some(tag)) = (self.results.get_mut(index), answer.etag) {
                result.insert("version".into(), Value::String(tag));
            }
        }
        Ok(())
    }

    /// Takes back the groups whose members never came.
    fn give_up(&mut self, job: &Job) {
        for (index, _) in std::mem::take(&mut self.later) {
            if let Some(group) = self.id_of(job, index) {
                // It may be gone already, through another missing member or another client.
                let _ = write::delete(self.context, Kind::Group, group, &Conditions::default());
            }
            self.record(index, &job.operations[index], Err(unresolved()));
        }
    }

    fn id_of(&self, job: &Job, index: usize) -> Option<&String> {
        self.created.get(job.operations.get(index)?.bulk_id.as_ref()?)
    }

    fn one(&self, operation: &Operation, data: Option<&Value>) -> Result<Answer, ScimError> {
        let path = reference::resolved_path(&operation.path, &self.created);
        let data = data.map(|data| reference::resolved(data, &self.created));
        let syntax = |detail: &str| ScimError::bad(ScimType::InvalidSyntax, detail);
        let route =
            Route::find(&path, &self.context.server.profile).ok_or_else(|| ScimError::new(404, "no such endpoint"))?;
        if route.offer(&operation.method, &self.context.server.profile) == Offer::NotImplemented("PATCH") {
            return Err(ScimError::new(501, "this server does not support PATCH"));
        }
        let data = || data.as_ref().ok_or_else(|| syntax("data: missing"));
        let conditions = Conditions { if_match: operation.version.as_deref(), if_none_match: None };
        let ask = Ask { projection: &Projection::Default, conditions };
        match (&operation.method, &route) {
            (Method::Post, Route::Collection(_)) if operation.bulk_id.is_none() => Err(syntax("bulkId: missing")),
            (Method::Post, Route::Collection(kind)) => write::create(self.context, *kind, &ask, data()?),
            (Method::Put, Route::Resource(kind, id)) => write::replace(self.context, *kind, id, &ask, data()?),
            (Method::Patch, Route::Resource(kind, id)) => write::modify(self.context, *kind, id, &ask, data()?),
            (Method::Delete, Route::Resource(kind, id)) => write::delete(self.context, *kind, id, &conditions),
            _ => Err(syntax("method and path do not go together in a bulk operation")),
        }
    }

    fn record(&mut self, index: usize, operation: &Operation, outcome: Result<Answer, ScimError>) {
        let mut result = Object::new();
        result.insert("method".into(), Value::String(operation.method.to_string()));
        if let Some(id) = &operation.bulk_id {
            result.insert("bulkId".into(), Value::String(id.clone()));
        }
        let path = reference::resolved_path(&operation.path, &self.created);
        let (status, location, version) = match &outcome {
            Ok(answer) => (answer.status, answer.location.clone(), answer.etag.clone()),
            Err(error) => (error.status, None, None),
        };
        // A failed POST has no location, everything else has one (`RFC7644 §3.7`).
        let known = (operation.method != Method::Post).then(|| format!("{}{path}", self.context.base));
        if let Some(location) = location.or(known) {
            if let (Ok(_), Some(bulk_id), Some((_, id))) = (&outcome, &operation.bulk_id, location.rsplit_once('/')) {
                self.created.insert(bulk_id.clone(), id.to_owned());
            }
            result.insert("location".into(), Value::String(location));
        }
        if let Some(version) = version {
            result.insert("version".into(), Value::String(version));
        }
        result.insert("status".into(), Value::String(status.to_string()));
        if let Err(error) = outcome {
            self.errors += 1;
            result.insert("response".into(), Value::Object(error.to_object()));
        }
        self.results[index] = Some(Value::Object(result));
    }
}

fn unresolved() -> ScimError {
    ScimError::new(409, "a bulkId that this operation refers to was not created, or refers back to it")
}

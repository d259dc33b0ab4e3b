//! Bulk (`RFC7644 §3.7`): operations in order, one that refers to a later one after it, results in the job's order.
//!
//! Every operation is performed as the single request would be. A reference that cannot be resolved, because its target
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
use crate::wire::Method;
use job::{Job, Operation};

/// `POST /Bulk`
///
/// # Errors
/// 400 `invalidSyntax` for a malformed job; 413 for more operations than the limit. Nothing was done then.
pub(super) fn perform(context: &Context<'_>, body: &Value) -> Result<Answer, ScimError> {
    let job = Job::parse(body, context.server.profile.limits.bulk_operations)?;
    let mut run = Run { context, created: HashMap::new(), results: vec![None; job.operations.len()], errors: 0 };
    while let Some((index, ready)) = run.next(&job) {
        let operation = &job.operations[index];
        let outcome = if ready { run.one(operation) } else { Err(unresolved()) };
        run.record(index, operation, outcome);
        if job.fail_on_errors.is_some_and(|limit| run.errors >= limit) {
            break;
        }
    }
    let results: Vec<Value> = run.results.into_iter().flatten().collect();
    Ok(Answer::text(200, json!({ "schemas": [urn::BULK_RESPONSE], "Operations": results }).to_string()))
}

/// A job under way.
struct Run<'a> {
    context: &'a Context<'a>,
    /// The ids of created resources by bulkId.
    created: HashMap<String, String>,
    results: Vec<Option<Value>>,
    errors: usize,
}

impl Run<'_> {
    /// The next operation, and whether all that it refers to is there: the first ready one; if none is, the first.
    fn next(&self, job: &Job) -> Option<(usize, bool)> {
        let mut waiting = (0..job.operations.len()).filter(|index| self.results[*index].is_none()).peekable();
        let first = *waiting.peek()?;
        // Only what stands before a possible target can be overtaken, so that the order is kept where it may matter.
        let ready = waiting.find(|index| job.operations[*index].refers_to.iter().all(|id| self.created.contains_key(id)));
        Some(ready.map_or((first, false), |index| (index, true)))
    }

    fn one(&self, operation: &Operation) -> Result<Answer, ScimError> {
        let path = reference::resolved_path(&operation.path, &self.created);
        let data = operation.data.as_ref().map(|data| reference::resolved(data, &self.created));
        let capabilities = self.context.capabilities();
        let syntax = |detail: &str| ScimError::bad(ScimType::InvalidSyntax, detail);
        let route = Route::find(&path, capabilities).ok_or_else(|| ScimError::new(404, "no such endpoint"))?;
        if route.offer(&operation.method, capabilities) == Offer::NotImplemented("PATCH") {
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

//! Retired users of earlier runs are taken over instead of creating more (law 8): on a target whose users cannot be
//! deleted, the tenant does not grow from run to run.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::session::Session;
use crate::flow::{Step, encode_segment};
use crate::scenario::is_ours;
use crate::wire::{Exchange, ExchangeId, Method, Request};

/// Stands before the name of a retired user, so that the name itself is free and the user is found again. Letters only:
/// some products take no others.
pub(super) const RETIRED: &str = "retired";

/// Most retired users that one run takes over.
const MOST: usize = 500;

/// The retired users that nobody has taken over yet.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<String>>);

impl Pool {
    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn fill(&self, ids: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ids;
    }
}

/// True for an inactive user with a run's mark and the name of a retired one.
fn is_retired(user: &Value) -> bool {
    let named = user["userName"].as_str().is_some_and(|name| name.to_lowercase().starts_with(RETIRED));
    named && user["active"] == json!(false) && is_ours("/Users", user)
}

impl Session {
    /// Finds the retired users of earlier runs; a target that deletes has none, and this is one request.
    pub(super) async fn look_for_retired(&self) {
        let target = format!("/Users?filter=userName%20sw%20%22{RETIRED}%22&count={MOST}");
        let mut request = Request::new(Method::Get, target);
        request.headers.push("Accept", "application/scim+json");
        let step = Step::new("look for retired users", request);
        let exchange = self.send_anyway(ExchangeId("set-up#retired".into()), step).await;
        let found = exchange.response().filter(|response| response.is_success()).and_then(|response| response.json());
        let users = found.as_ref().and_then(|body| body["Resources"].as_array()).into_iter().flatten();
        let ids = users.filter(|user| is_retired(user)).filter_map(|user| user["id"].as_str().map(str::to_owned));
        self.retired.fill(ids.collect());
    }

    /// Gives a retired user the body of a step that would create one; `None` when there is none, or when the target does
    /// not let it: then the step goes out as it stands.
    pub(super) async fn adopt(&self, id: ExchangeId, scenario: &str, step: &Step) -> Option<Arc<Exchange>> {
        let user = self.retired.take()?;
        let Value::Object(mut body) = serde_json::from_slice(step.request.body.as_deref()?).ok()? else { return None };
        body.insert("id".to_owned(), Value::String(user.clone()));
        body.entry("active").or_insert(Value::Bool(true));
        let mut request = Request::new(Method::Put, format!("/Users/{}", encode_segment(&user)));
        request.headers = step.request.headers.clone();
        request.body = Some(Value::Object(body).to_string().into_bytes());
        let put = Step::new(format!("{} (a retired user is taken over)", step.name), request);
        let exchange = self.send(id, scenario, put).await;
        exchange.response().is_some_and(|response| response.status == 200).then_some(exchange)
    }
}

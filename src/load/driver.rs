//! The open loop: one thread keeps the schedule, requests run beside each other, every duration counts from the plan.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::{Call, Kind, Schedule, Summary, Workload};
use crate::client::Transport;
use crate::wire::{Failure, Method, Request, Response};

/// How a load run behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// When requests start.
    pub schedule: Schedule,
    /// Users that exist before the load begins.
    pub population: usize,
    /// Most requests in flight; a request that finds no room waits, and the wait counts as response time.
    pub in_flight: usize,
    /// The seed of the workload.
    pub seed: u64,
    /// Unique text in every user name.
    pub marker: String,
}

/// What one request measured.
struct Sample {
    lateness: Duration,
    service: Duration,
    response: Duration,
    fault: Option<String>,
    created: Option<String>,
}

/// How many set-up and clean-up requests run side by side.
const SIDE_BY_SIDE: usize = 16;

/// Creates the population, sends the schedule, judges every answer, removes what was created.
///
/// # Errors
/// The failure, or the answer, that kept the population from being created.
pub async fn execute(
    transport: Arc<dyn Transport>,
    options: &Options,
    cancel: watch::Receiver<bool>,
) -> Result<Summary, String> {
    let mut workload = Workload::new(options.seed, &options.marker);
    let mut ids = populate(&transport, &mut workload, options.population).await?;
    let mut summary = Summary { planned: options.schedule.len(), ..Summary::default() };

    let (sender, mut samples) = mpsc::unbounded_channel();
    let begin = Instant::now();
    let mut due = keep_schedule(options.schedule, begin, cancel);
    let room = Arc::new(Semaphore::new(options.in_flight));
    while let Some(intended) = due.recv().await {
        let call = workload.draw();
        summary.sent += 1;
        let (transport, sender, room) = (Arc::clone(&transport), sender.clone(), Arc::clone(&room));
        tokio::spawn(async move {
            let Ok(_permit) = room.acquire_owned().await else { return };
            let sample = send(transport.as_ref(), &call, begin + intended).await;
            // The receiver outlives every sender, so a refused sample cannot happen.
            let _ = sender.send(sample);
        });
    }
    drop(sender);
    while let Some(sample) = samples.recv().await {
        summary.response_time.record(sample.response);
        summary.service_time.record(sample.service);
        summary.lateness.record(sample.lateness);
        match sample.fault {
            None => summary.right += 1,
            Some(fault) => *summary.wrong.entry(fault).or_default() += 1,
        }
        ids.extend(sample.created);
    }
    summary.elapsed = begin.elapsed();
    summary.leftovers = remove(&transport, ids).await;
    Ok(summary)
}

/// Hands out intended starts as they come due. A thread of its own sleeps far more exactly than the runtime's timer,
/// whose ticks are whole milliseconds.
fn keep_schedule(
    schedule: Schedule,
    begin: Instant,
    cancel: watch::Receiver<bool>,
) -> mpsc::UnboundedReceiver<Duration> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for n in 0..schedule.len() {
            let intended = schedule.start(n);
            if let Some(rest) = intended.checked_sub(begin.elapsed()) {
                std::thread::sleep(rest);
            }
            if *cancel.borrow() || sender.send(intended).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn send(transport: &dyn Transport, call: &Call, intended: Instant) -> Sample {
    let sent = Instant::now();
    let answer = transport.send(&call.request).await;
    let done = Instant::now();
    let fault = match &answer {
        Ok(response) => call.fault(response),
        Err(failure) => Some(format!("{}: {}", call.kind.as_str(), failure.reason)),
    };
    Sample {
        lateness: sent.duration_since(intended),
        service: done.duration_since(sent),
        response: done.duration_since(intended),
        fault,
        created: (call.kind == Kind::Create).then(|| created_id(&answer)).flatten(),
    }
}

fn created_id(answer: &Result<Response, Failure>) -> Option<String> {
    let response = answer.as_ref().ok().filter(|response| response.is_success())?;
    response.json()?["id"].as_str().map(str::to_owned)
}

async fn populate(
    transport: &Arc<dyn Transport>,
    workload: &mut Workload,
    population: usize,
) -> Result<Vec<String>, String> {
    let calls: Vec<_> = (0..population).map(|_| workload.create()).collect();
    let mut ids = Vec::with_capacity(population);
    let mut refused = None;
    let requests = calls.iter().map(|call| call.request.clone()).collect();
    for (n, answer) in side_by_side(transport, requests).await {
        match created_id(&answer) {
            Some(id) => {
                workload.adopt(id.clone(), calls[n].user_name.clone());
                ids.push(id);
            }
            None => {
                refused = Some(match answer {
                    Ok(response) => format!("creating a user answered {}", response.status),
                    Err(failure) => failure.reason,
                });
            }
        }
    }
    match refused {
        None => Ok(ids),
        Some(reason) => {
            let left = remove(transport, ids).await;
            Err(format!("the set-up failed: {reason} (leftovers: {left})"))
        }
    }
}

/// Deletes users and says how many are still there.
async fn remove(transport: &Arc<dyn Transport>, ids: Vec<String>) -> usize {
    let requests = ids.iter().map(|id| Request::new(Method::Delete, format!("/Users/{id}"))).collect();
    let gone = |answer: &Result<Response, Failure>| {
        answer.as_ref().is_ok_and(|response| response.is_success() || response.status == 404)
    };
    side_by_side(transport, requests).await.values().filter(|answer| !gone(answer)).count()
}

async fn side_by_side(
    transport: &Arc<dyn Transport>,
    requests: Vec<Request>,
) -> BTreeMap<usize, Result<Response, Failure>> {
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut tasks = JoinSet::new();
    for (n, request) in requests.into_iter().enumerate() {
        let (transport, room) = (Arc::clone(transport), Arc::clone(&room));
        tasks.spawn(async move {
            let _permit = room.acquire_owned().await;
            (n, transport.send(&request).await)
        });
    }
    tasks.join_all().await.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::Answer;

    /// Answers at once, but stands still for a while in the middle of the load, one request at a time.
    struct Stalling {
        users: Mutex<Vec<Value>>,
        begin: Instant,
        stall: (Duration, Duration),
    }

    impl Transport for Stalling {
        fn send<'a>(&'a self, request: &'a Request) -> Answer<'a> {
            Box::pin(async move {
                let now = self.begin.elapsed();
                if now >= self.stall.0 && now < self.stall.1 {
                    tokio::time::sleep(self.stall.1 - now).await;
                }
                let mut users = self.users.lock().unwrap();
                let (status, body) = match request.method {
                    Method::Post => {
                        let mut user: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
                        user["id"] = json!(users.len().to_string());
                        users.push(user.clone());
                        (201, user)
                    }
                    Method::Delete => (204, Value::Null),
                    _ => (200, json!({"totalResults": 0})),
                };
                Ok(Response { body: body.to_string().into_bytes(), ..Response::new(status) })
            })
        }

        fn base_url(&self) -> &str {
            "http://stalling.test"
        }
    }

    #[tokio::test]
    async fn a_stall_is_charged_to_the_server_and_no_request_is_left_out() {
        let stall = (Duration::from_millis(200), Duration::from_millis(500));
        let transport = Stalling { users: Mutex::default(), begin: Instant::now(), stall };
        let options = Options {
            schedule: Schedule { rate: 200.0, duration: Duration::from_secs(1) },
            population: 0,
            in_flight: 1,
            seed: 1,
            marker: "m".into(),
        };
        let (_keep, cancel) = watch::channel(false);
        let summary = execute(Arc::new(transport), &options, cancel).await.unwrap();
        assert_eq!((summary.planned, summary.sent, summary.right, summary.leftovers), (200, 200, 200, 0));
        // Thirty per cent of the arrivals fall into the stall and wait for its end: only one request is slow by itself.
        assert!(summary.response_time.at(75.0) >= Duration::from_millis(20), "{:?}", summary.response_time.at(75.0));
        assert!(summary.response_time.max() >= Duration::from_millis(250), "{:?}", summary.response_time.max());
        assert!(summary.service_time.at(75.0) < Duration::from_millis(20), "{:?}", summary.service_time.at(75.0));
    }
}

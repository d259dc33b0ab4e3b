//! One conversation with a target: paces, waits out throttling, records every exchange and emits it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};

use super::Options;
use super::adopt::Pool;
use super::names::Names;
use crate::client::throttle::{Patience, Verdict, judge};
use crate::client::{Pacer, Transport};
use crate::flow::{Event, Step};
use crate::wire::{Exchange, ExchangeId, Failure, FailureKind, Request, Response};

/// Where events go.
pub type Events = UnboundedSender<Event>;

/// After so many refused connections in a row the target counts as gone and no further step is sent.
const GONE: u32 = 20;

/// What all flows of a run share.
pub struct Session {
    transport: Arc<dyn Transport>,
    pacer: Pacer,
    permits: Semaphore,
    patience: Patience,
    settle: Duration,
    events: Events,
    started: Instant,
    cancel: watch::Receiver<bool>,
    refused: AtomicU32,
    /// Retired users of earlier runs.
    pub(super) retired: Pool,
    /// What was sent under the run's marker.
    pub(super) names: Names,
}

impl Session {
    /// Begins a conversation; the run's clock starts now. `cancel` turns true when the user interrupts.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        options: &Options,
        events: Events,
        cancel: watch::Receiver<bool>,
    ) -> Self {
        Self {
            transport,
            pacer: Pacer::new(options.max_rps),
            permits: Semaphore::new(options.concurrency.max(1)),
            patience: options.patience,
            settle: options.settle,
            events,
            started: Instant::now(),
            cancel,
            refused: AtomicU32::new(0),
            retired: Pool::default(),
            names: Names::default(),
        }
    }

    /// The same conversation of a run with that marker; empty: of none.
    #[must_use]
    pub fn marked(self, marker: &str) -> Self {
        Self { names: Names::new(marker), ..self }
    }

    /// The time since the run began.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The target's base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.transport.base_url()
    }

    /// The absolute URL of a request.
    #[must_use]
    pub fn url(&self, request: &Request) -> String {
        self.transport.url(request)
    }

    /// True where the target has an admin surface.
    #[must_use]
    pub fn has_admin(&self) -> bool {
        self.transport.admin_url().is_some()
    }

    /// True where the settings name a second tenant.
    #[must_use]
    pub fn has_second_tenant(&self) -> bool {
        self.transport.second_tenant_url().is_some()
    }

    /// True once the user has interrupted.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// Emits an event; nobody listening is no fault.
    pub fn emit(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Waits, but not longer than until the user interrupts.
    pub async fn pause(&self, time: Duration) {
        let mut cancel = self.cancel.clone();
        tokio::select! {
            () = sleep(time) => {}
            _ = cancel.wait_for(|cancelled| *cancelled) => {}
        }
    }

    /// Sends a step of a scenario, unless the target is gone, and emits the exchange. An interruption ends a wait, but
    /// what is under way is heard to its end: what it created must be removed.
    pub async fn send(&self, id: ExchangeId, scenario: &str, step: Step) -> Arc<Exchange> {
        let sent = if self.refused.load(Ordering::Relaxed) >= GONE {
            self.unsent(format!("not sent: {GONE} connections in a row had failed"))
        } else {
            self.patiently(&step.request, true).await
        };
        let writes = step.request.method.writes();
        let exchange = self.record(id, scenario, step, sent);
        self.settle_down(writes && exchange.answer.is_ok()).await;
        exchange
    }

    /// Sends a step of set-up or cleanup, whatever went before.
    pub async fn send_anyway(&self, id: ExchangeId, step: Step) -> Arc<Exchange> {
        let sent = self.patiently(&step.request, false).await;
        let writes = step.request.method.writes();
        let exchange = self.record(id, "", step, sent);
        self.settle_down(writes && exchange.answer.is_ok()).await;
        exchange
    }

    /// Gives the target time to show what was written.
    async fn settle_down(&self, wrote: bool) {
        if wrote && !self.settle.is_zero() {
            self.pause(self.settle).await;
        }
    }

    fn record(&self, id: ExchangeId, scenario: &str, step: Step, sent: Sent) -> Arc<Exchange> {
        let Sent { started, duration, mut answer } = sent;
        match &answer {
            Err(Failure { kind: FailureKind::Connect, .. }) => _ = self.refused.fetch_add(1, Ordering::Relaxed),
            _ => self.refused.store(0, Ordering::Relaxed),
        }
        self.names.learn(&step.request);
        // It is kept to the end of the run.
        let mut request = step.request;
        request.body.iter_mut().for_each(Vec::shrink_to_fit);
        answer.iter_mut().for_each(|answer| answer.body.shrink_to_fit());
        let exchange = Arc::new(Exchange {
            id,
            scenario: scenario.into(),
            step: step.name.into(),
            started,
            duration,
            url: self.url(&request),
            request,
            answer,
        });
        self.emit(Event::Exchanged(Arc::clone(&exchange)));
        exchange
    }

    fn unsent(&self, reason: String) -> Sent {
        let failure = Failure { kind: FailureKind::Connect, reason };
        Sent { started: self.now(), duration: Duration::ZERO, answer: Err(failure) }
    }

    /// Sends until the target does not throttle any more; the times are those of the last sending.
    async fn patiently(&self, request: &Request, interruptible: bool) -> Sent {
        let mut tried = 0;
        loop {
            let mut cancel = self.cancel.clone();
            tokio::select! {
                biased;
                () = self.pacer.turn() => {}
                _ = cancel.wait_for(|cancelled| *cancelled), if interruptible => {
                    return self.unsent("not sent: the run was interrupted".to_owned());
                }
            }
            let permit = self.permits.acquire().await;
            let started = self.now();
            let answer = self.transport.send(request).await;
            let duration = self.now() - started;
            drop(permit);
            let (verdict, status) = match &answer {
                Ok(it) => (judge(it, tried, OffsetDateTime::now_utc(), &self.patience), it.status),
                Err(_) => (Verdict::Stands, 0),
            };
            match verdict {
                Verdict::Stands => return Sent { started, duration, answer },
                Verdict::GaveUp(failure) => return Sent { started, duration, answer: Err(failure) },
                Verdict::Wait(time) => {
                    self.emit(Event::Throttled { status, waited: time });
                    self.pacer.hold(time);
                    tried += 1;
                }
            }
        }
    }
}

/// What came of one sending.
struct Sent {
    started: Duration,
    duration: Duration,
    answer: Result<Response, Failure>,
}

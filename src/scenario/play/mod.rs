//! A scenario as a [`Flow`]: says what to send, judges the answers, remembers what later steps need. A step whose
//! precondition failed is not sent, its rows become inconclusive with the exchange that broke it as evidence. Standing
//! checks are the driver's matter.

mod either;
mod judge;
mod kept;
mod request;
mod state;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use super::model::{Scenario, Step as Script};
use super::people::Draw;
use crate::flow::{Flow, Next, Remark, Step};
use crate::profile::Users;
use crate::wire::{Exchange, Method, Request};
use kept::Kept;
use state::{Broken, State};
use walk::Walk;

/// What a scenario is played with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Seed, marker and form of user names.
    pub draw: Draw,
    /// The target's base URL, for `{{ base }}`.
    pub base_url: String,
}

/// A scenario being played.
pub struct ScenarioFlow {
    state: State,
    /// The step that comes next.
    cursor: usize,
    /// Whether the pause before the next step has been made.
    waited: bool,
    pending: Pending,
}

/// What was sent and not yet answered.
enum Pending {
    Nothing,
    /// Requests of the steps from the cursor on: step index and how many requests each.
    Batch(Vec<Sent>),
    /// The pages of a list.
    Walk(Box<Walk>),
    /// A step that is sent until its rows hold: index, request, tries so far; `true` while pausing.
    Until {
        index: usize,
        request: Request,
        tries: usize,
        pausing: bool,
    },
}

/// Requests of one step in a batch.
struct Sent {
    index: usize,
    request: Request,
    count: usize,
}

impl ScenarioFlow {
    /// A flow that plays the scenario from its first step.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>, settings: &Settings) -> Self {
        Self { state: State::new(scenario, settings), cursor: 0, waited: false, pending: Pending::Nothing }
    }

    /// The same flow at a product that keeps only some attributes of its users: rows about the others are not judged,
    /// but for scenarios of the products themselves, which say what is dropped (CATALYTIC-009). `published`: that is known
    /// from the target's schemas alone, so that it may refuse the rest too.
    #[must_use]
    pub fn keeping(mut self, users: &Users, published: bool) -> Self {
        if self.state.scenario.products.is_empty() {
            self.state.kept = Kept::new(users, published);
        }
        self
    }

    fn script(&self, index: usize) -> &Script {
        &self.state.scenario.steps[index]
    }

    /// The steps from the cursor on that are sent at once.
    fn run(&self) -> std::ops::Range<usize> {
        let steps = &self.state.scenario.steps;
        let label = &steps[self.cursor].together;
        let length = match label {
            None => 1,
            Some(_) => steps[self.cursor..].iter().take_while(|step| step.together == *label).count(),
        };
        self.cursor..self.cursor + length
    }

    /// Takes the answers in; `Some` when the same step goes on.
    fn absorb(&mut self, exchanges: &[Arc<Exchange>]) -> Option<Next> {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => None,
            Pending::Batch(batch) => {
                let mut rest = exchanges;
                for sent in batch {
                    let (own, others) = rest.split_at(sent.count.min(rest.len()));
                    rest = others;
                    self.state.finished(sent.index, sent.request, own, own);
                }
                None
            }
            Pending::Walk(mut walk) => {
                let exchange = exchanges.first()?;
                if let Some(request) = walk.take(exchange) {
                    let name = walk.name(&self.script(walk.index).name);
                    self.pending = Pending::Walk(walk);
                    return Some(Next::Send(Step::new(name, request)));
                }
                let (index, request) = (walk.index, walk.request.clone());
                let (whole, pages) = walk.whole();
                self.state.finished(index, request, &[whole], &pages);
                None
            }
            Pending::Until { index, request, tries, pausing: true } => {
                let name = format!("{}#{}", self.script(index).name, tries + 1);
                self.pending = Pending::Until { index, request: request.clone(), tries: tries + 1, pausing: false };
                Some(Next::Send(Step::new(name, request)))
            }
            Pending::Until { index, request, tries, pausing: false } => {
                let exchange = exchanges.first()?;
                let until = self.script(index).until?;
                if tries < until.tries && !self.state.would_hold(index, exchange) {
                    self.pending = Pending::Until { index, request, tries, pausing: true };
                    return Some(Next::Wait(until.every));
                }
                self.state.finished(index, request, exchanges, exchanges);
                None
            }
        }
    }

    /// True for a step that must make a new user: it may be given a retired one.
    fn creates_user(&self, index: usize) -> bool {
        let script = self.script(index);
        let posts =
            script.line().is_some_and(|line| line.is_scim() && line.method == Method::Post && line.path() == "/Users");
        let wanted = self.state.wanted(script);
        posts && wanted.contains(&201) && wanted.iter().all(|status| *status < 300)
    }

    /// Sends the run at the cursor; `None` when none of its steps can be sent.
    fn send(&mut self) -> Option<Next> {
        let run = self.run();
        let run_start = run.start;
        let together = run.len() > 1;
        self.cursor = run.end;
        self.waited = false;
        let mut batch = Vec::new();
        let mut steps = Vec::new();
        for index in run {
            let script = self.script(index).clone();
            let count = script.times.unwrap_or(1);
            let rendered: Result<Vec<Request>, Broken> =
                (1..=count).map(|n| request::render(&self.state, index, n)).collect();
            let requests = match rendered {
                Ok(requests) => requests,
                Err(broken) => {
                    self.state.unsent(index, &broken);
                    continue;
                }
            };
            let first = requests.first()?.clone();
            if script.walk {
                let walk = Walk::new(index, first.clone());
                self.pending = Pending::Walk(Box::new(walk));
                return Some(Next::Send(Step::new(script.name, first)));
            }
            if script.until.is_some() {
                self.pending = Pending::Until { index, request: first.clone(), tries: 1, pausing: false };
                return Some(Next::Send(Step::new(script.name, first)));
            }
            for (n, request) in requests.into_iter().enumerate() {
                let name = if n == 0 { script.name.clone() } else { format!("{}#{}", script.name, n + 1) };
                steps.push(Step::new(name, request));
            }
            batch.push(Sent { index, request: first, count });
        }
        if steps.is_empty() {
            return None;
        }
        self.pending = Pending::Batch(batch);
        if steps.len() == 1 && !together {
            let creates = self.creates_user(run_start);
            return steps.pop().map(|step| Next::Send(Step { creates, ..step }));
        }
        Some(Next::Together(steps))
    }
}

impl Flow for ScenarioFlow {
    fn id(&self) -> &str {
        &self.state.scenario.id
    }

    fn next(&mut self, exchanges: &[Arc<Exchange>], _now: Duration) -> Next {
        if let Some(next) = self.absorb(exchanges) {
            return next;
        }
        while self.cursor < self.state.scenario.steps.len() {
            if let (Some(wait), false) = (self.script(self.cursor).wait, self.waited) {
                self.waited = true;
                return Next::Wait(wait);
            }
            if let Some(next) = self.send() {
                return next;
            }
        }
        Next::Done
    }

    fn remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.state.remarks)
    }

    fn undo(&mut self) -> Vec<Step> {
        let mut undo = std::mem::take(&mut self.state.undo);
        undo.reverse();
        undo
    }

    fn completed(&self) -> bool {
        self.cursor >= self.state.scenario.steps.len() && matches!(self.pending, Pending::Nothing) && self.state.intact
    }
}

#[cfg(test)]
mod tests;

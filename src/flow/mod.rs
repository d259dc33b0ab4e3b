//! The sans-IO heart: a [`Flow`] says what to send next, is handed the answers, and in the end has findings.
//!
//! A scripted scenario, a conformance check, a paging walker and an IdP persona are all flows, so one driver serves
//! them all. Findings, readings and the events of a run are defined here too; nothing here sends or prints.

mod event;
mod finding;
mod ledger;

pub use event::{Event, Leftover, SkipReason, told};
pub use finding::{Evidence, Finding, Held, Outcome, Position, Reading};
pub use ledger::{Ledger, Undo, encode_segment};

use std::sync::Arc;
use std::time::Duration;

use crate::wire::{Exchange, Request};

/// One request of a flow, with what reports need to name it.
#[derive(Debug, Clone)]
pub struct Step {
    /// The step's name, unique within the flow (a repeated or walking step adds `#2`, `#3` …).
    pub name: String,
    /// What to send.
    pub request: Request,
    /// It creates a user. Where users cannot be deleted, the driver may give a retired one this body instead (law 8);
    /// the exchange then shows the `PUT` that was sent.
    pub creates: bool,
}

impl Step {
    /// A step that is sent as it stands.
    #[must_use]
    pub fn new(name: impl Into<String>, request: Request) -> Self {
        Self { name: name.into(), request, creates: false }
    }
}

/// What a flow wants next.
#[derive(Debug)]
pub enum Next {
    /// Send one request and hand its exchange to the following [`Flow::next`].
    Send(Step),
    /// Send all of these at once; the exchanges are handed over in the order of the steps.
    Together(Vec<Step>),
    /// Come back after this time, with no exchanges.
    Wait(Duration),
    /// Nothing more to send.
    Done,
}

/// What a flow has said since it was last asked.
#[derive(Debug, Clone)]
pub enum Remark {
    /// A judgement with its evidence.
    Finding(Finding),
    /// What an exchange passed.
    Held(Held),
    /// How the server reads an ambiguous point.
    Reading(Reading),
}

/// A conversation with a server, without IO. One driver step is: `next`, send, `next` …, then `remarks` until done.
pub trait Flow: Send {
    /// The scenario's or check's id, `okta/users/create`.
    fn id(&self) -> &str;

    /// Takes the exchanges of the last step (empty at first and after `Wait`) and says what comes next.
    /// `now` is the time since the run began.
    fn next(&mut self, exchanges: &[Arc<Exchange>], now: Duration) -> Next;

    /// What was found since the last call.
    fn remarks(&mut self) -> Vec<Remark>;

    /// Requests that the flow itself wants sent at the end, whatever happened, last first (a scenario's `undo`).
    /// Users and groups that it created need none: the driver's [`Ledger`] knows them.
    fn undo(&mut self) -> Vec<Step>;

    /// True once every step was sent and answered and no precondition failed: the flow counts as completed evidence.
    fn completed(&self) -> bool;
}

//! The progress bar: on a terminal's stderr, gone when the run is over, absent in a pipe.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::flow::{Event, Outcome};
use crate::load::engine::Pulse;

/// Follows the histories of `prove`.
#[derive(Clone)]
pub struct Histories(ProgressBar);

impl Histories {
    /// A bar on stderr, or none.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        Self(bar(shown))
    }

    /// Takes in how far it has come.
    pub fn see(&self, progress: &crate::property::Progress) {
        self.0.set_length(progress.planned.max(progress.played));
        self.0.set_position(progress.played);
        self.0.set_message(match progress.failed {
            0 => progress.suite.to_owned(),
            n => format!("{n} failed · {}", progress.suite),
        });
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar on stderr, or none.
fn bar(shown: bool) -> ProgressBar {
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Follows the events of a run.
pub struct Progress {
    bar: ProgressBar,
    failures: usize,
}

impl Progress {
    /// A bar on stderr, or none.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        Self { bar: bar(shown), failures: 0 }
    }

    /// Takes an event in.
    pub fn see(&mut self, event: &Event) {
        match event {
            Event::RunStarted { planned, .. } => self.bar.set_length(*planned as u64),
            Event::ScenarioStarted { scenario } => self.bar.set_message(self.message(scenario)),
            Event::ScenarioFinished { .. } => self.bar.inc(1),
            Event::Found(finding) if finding.outcome == Outcome::Fail => self.failures += 1,
            Event::Throttled { waited, .. } => {
                self.bar.set_message(format!("waiting {:.1} s: the target is throttling", waited.as_secs_f64()));
            }
            Event::Interrupted => self.bar.set_message("interrupted, cleaning up"),
            Event::CleanedUp { .. } => self.bar.finish_and_clear(),
            _ => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, scenario: &str) -> String {
        match self.failures {
            0 => scenario.to_owned(),
            n => format!("{n} failed · {scenario}"),
        }
    }
}

/// Follows a load: one line that is written again and again.
#[derive(Clone)]
pub struct Ticker {
    bar: ProgressBar,
    began: Arc<Mutex<(&'static str, Instant)>>,
}

impl Ticker {
    /// A line on stderr, or none.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        let bar = bar(shown);
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        let began = Arc::new(Mutex::new(("", Instant::now())));
        Self { bar, began }
    }

    /// Another stage begins.
    pub fn stage(&self, name: &'static str) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = (name, Instant::now());
    }

    /// Takes in how far it has come.
    pub fn see(&self, pulse: &Pulse) {
        let (stage, began) = *self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let (sent, done, errors) = (count(&pulse.sent), count(&pulse.completed), count(&pulse.errors));
        let seconds = began.elapsed().as_secs_f64();
        let planned = match count(&pulse.planned) {
            0 => String::new(),
            planned => format!(" of {planned}"),
        };
        #[expect(clippy::cast_precision_loss, reason = "a count of requests, for the eye")]
        let rate = if seconds > 0.1 { done as f64 / seconds } else { 0.0 };
        let flight = sent.saturating_sub(done);
        self.bar.set_message(format!(
            "{stage}: {seconds:.0} s, {done}{planned} answered, {rate:.0}/s, {flight} in flight, {errors} errors"
        ));
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

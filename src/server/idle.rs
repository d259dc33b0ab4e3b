//! Which connections have fallen silent: one look over all of them every so often, in place of a timer that every request
//! would set and clear. It knows nothing of requests but when they begin and end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;

/// Looks without a sign of life after which a connection is closed.
const LOOKS: u32 = 4;

/// What has happened on a connection: requests that began and requests that ended, counted together.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicU64);

impl Pulse {
    /// To be held while a request is read and answered.
    pub fn busy(&self) -> Busy<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    /// How many beats there were; odd while a request is being answered.
    fn beats(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request that has not ended.
pub(super) struct Busy<'a>(&'a Pulse);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// All connections, each with its last beat that was seen and how many looks saw no other.
#[derive(Default)]
pub(super) struct Watched(Vec<(AbortHandle, Arc<Pulse>, u64, u32)>);

impl Watched {
    /// How often to look, if nobody may be silent for longer than that and a quarter.
    pub fn interval(patience: Duration) -> Duration {
        (patience / LOOKS).max(Duration::from_millis(1))
    }

    /// Watches a connection that is served by that task.
    pub fn add(&mut self, task: AbortHandle, pulse: Arc<Pulse>) {
        self.0.push((task, pulse, 0, 0));
    }

    /// Closes who sent no request since the last [`LOOKS`] looks and has none open, and forgets who is gone.
    pub fn look(&mut self) {
        self.0.retain_mut(|(task, pulse, seen, silent)| {
            let beats = pulse.beats();
            *silent = if beats == *seen && beats % 2 == 0 { *silent + 1 } else { 0 };
            *seen = beats;
            if *silent > LOOKS {
                task.abort();
            }
            !task.is_finished()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_silent_is_closed_and_who_is_busy_is_not() {
        let mut watched = Watched::default();
        let pulses: Vec<_> = (0..3).map(|_| Arc::new(Pulse::default())).collect();
        for pulse in &pulses {
            watched.add(tokio::spawn(std::future::pending::<()>()).abort_handle(), Arc::clone(pulse));
        }
        let long = pulses[1].busy();
        for _ in 0..LOOKS {
            drop(pulses[2].busy());
            watched.look();
        }
        let closed = |watched: &Watched| watched.0.iter().map(|(task, ..)| task.is_finished()).collect::<Vec<_>>();
        tokio::task::yield_now().await;
        assert_eq!(closed(&watched), [false; 3]);
        watched.look();
        tokio::task::yield_now().await;
        assert_eq!(closed(&watched), [true, false, false]);
        drop(long);
        for _ in 0..=LOOKS + 1 {
            watched.look();
        }
        tokio::task::yield_now().await;
        assert_eq!(closed(&watched), [true, true]);
        watched.look();
        assert!(watched.0.is_empty(), "who is gone is forgotten");
    }
}

//! Ctrl-C and SIGTERM: the first asks to stop and clean up, the second ends at once.

use tokio::sync::watch;

/// The user's wish to stop.
pub struct Stop {
    count: watch::Receiver<u8>,
    /// Turns true with the first signal.
    pub cancel: watch::Receiver<bool>,
}

impl Stop {
    /// Listens from now on. Call inside the runtime.
    #[must_use]
    pub fn listen() -> Self {
        let (counter, count) = watch::channel(0_u8);
        let (canceller, cancel) = watch::channel(false);
        let mut signals = Signals::new();
        tokio::spawn(async move {
            loop {
                signals.next().await;
                counter.send_modify(|count| *count = count.saturating_add(1));
                canceller.send_replace(true);
            }
        });
        Self { count, cancel }
    }

    /// Comes back when that many signals have come.
    pub async fn wait_for(&self, signals: u8) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count >= signals).await.is_err() {
            std::future::pending().await
        }
    }
}

/// The signals of the operating system, registered once so that none is missed.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let came = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

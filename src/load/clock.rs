//! Waiting for a moment far more exactly than the runtime's timer, whose ticks are whole milliseconds, and what a thread has
//! used of its core.

use std::time::{Duration, Instant};

/// From here on the wait is spent at work: the runtime looks after its sockets in between.
const SPIN: Duration = Duration::from_micros(30);

#[cfg(target_os = "linux")]
mod system {
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::fs::Timespec;
    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, clock_gettime, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    /// A timer of the kernel, which is not rounded.
    pub struct Timer(Option<AsyncFd<OwnedFd>>);

    impl Timer {
        #[expect(deprecated, reason = "its successor is unsafe code; an OwnedFd keeps its descriptor to itself")]
        pub fn new() -> Self {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags).ok();
            Self(timer.and_then(|timer| AsyncFd::new(timer).ok()))
        }

        pub async fn sleep(&self, time: Duration) {
            let Some(timer) = &self.0 else {
                tokio::time::sleep(time).await;
                return;
            };
            let value = Timespec {
                tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(time.subsec_nanos()).max(1),
            };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            if timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &once).is_err() {
                tokio::time::sleep(time).await;
                return;
            }
            if let Ok(mut ready) = timer.readable().await {
                // What it says is how often it went off; reading it makes it quiet.
                let _ = rustix::io::read(timer.get_ref(), &mut [0_u8; 8]);
                ready.clear_ready();
            }
        }
    }

    /// What this thread has used of a core.
    pub fn used() -> Option<Duration> {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::time::Duration;

    /// The runtime's timer, cut short by what it may be late; the rest is spent at work.
    pub struct Timer;

    impl Timer {
        pub fn new() -> Self {
            Self
        }

        pub async fn sleep(&self, time: Duration) {
            match time.checked_sub(Duration::from_millis(2)) {
                Some(time) => tokio::time::sleep(time).await,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Not known here.
    pub fn used() -> Option<Duration> {
        None
    }
}

pub use system::used;

/// Waits for moments.
pub struct Alarm(system::Timer);

impl Alarm {
    /// An alarm; call it inside the runtime that waits for it.
    #[must_use]
    pub fn new() -> Self {
        Self(system::Timer::new())
    }

    /// Comes back at that moment, some microseconds late at the best.
    pub async fn until(&self, moment: Instant) {
        loop {
            match moment.checked_duration_since(Instant::now()) {
                None | Some(Duration::ZERO) => return,
                Some(rest) if rest > SPIN => self.0.sleep(rest - SPIN).await,
                Some(_) => tokio::task::yield_now().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_never_goes_off_early() {
        let alarm = Alarm::new();
        for micros in [0, 10, 200, 1_500, 12_345] {
            let moment = Instant::now() + Duration::from_micros(micros);
            alarm.until(moment).await;
            assert!(Instant::now() >= moment, "{micros}");
        }
    }

    #[test]
    fn work_is_seen_in_the_time_of_the_thread() {
        let Some(before) = used() else { return };
        let mut n = 0_u64;
        while used().is_some_and(|now| now == before) && n < 100_000_000 {
            n += 1;
        }
        assert!(used().unwrap() > before);
    }
}

//! A clock that moves only when told to.

use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use crate::pure::instant::Instant;
use crate::sync::primitive::{AtomicU64, Ordering};

/// A clock for tests: it stands still until it is moved, by hand or by waiting on it.
///
/// Clones share one time, so a test keeps one and gives the other away. Waiting on it (`acquire`) does not
/// sleep: it advances the clock by the wait and returns. It may be set back, to try what happens then.
///
/// ```
/// use resil_core::{Clock, Instant, ManualClock, Quota, TokenBucket};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Instant::ZERO);
/// let bucket = TokenBucket::new(Quota::per_second(1)?).with_clock(clock.clone());
/// assert!(bucket.try_acquire(1).is_ok());
/// assert!(bucket.try_acquire(1).is_err());
/// clock.advance(Duration::from_secs(1));
/// assert!(bucket.try_acquire(1).is_ok());
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Instant) -> Self {
        Self { nanos: Arc::new(AtomicU64::new(start.as_nanos())) }
    }

    /// Moves the clock on; at most to [`Instant::MAX`].
    pub fn advance(&self, by: Duration) {
        // ORDERING: Relaxed. The word is the whole clock; who needs order between a clock and other memory
        // has it from what tells the threads about each other.
        let step =
            |nanos| Some(Instant::saturating_from_nanos(nanos).saturating_add(by).as_nanos());
        let _ = self.nanos.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, to: Instant) {
        // ORDERING: Relaxed, as in `advance`.
        self.nanos.store(to.as_nanos(), Ordering::Relaxed);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new(Instant::ZERO)
    }
}

impl Clock for ManualClock {
    #[inline]
    fn now(&self) -> Instant {
        // ORDERING: Relaxed, as in `advance`.
        Instant::saturating_from_nanos(self.nanos.load(Ordering::Relaxed))
    }

    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_time_and_it_may_step_back() {
        let clock = ManualClock::default();
        let twin = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(twin.now().as_nanos(), 2_000_000_000);
        twin.set(Instant::ZERO);
        assert_eq!(clock.now(), Instant::ZERO);
    }

    #[test]
    fn advancing_past_the_end_stops_there() {
        let clock = ManualClock::new(Instant::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Instant::MAX);
    }

    #[test]
    fn waiting_on_it_moves_it() {
        let clock = ManualClock::default();
        clock.sleep(Duration::from_millis(3));
        assert_eq!(clock.now().as_nanos(), 3_000_000);
    }
}

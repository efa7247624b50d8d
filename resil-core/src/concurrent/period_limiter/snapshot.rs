//! What a period limiter tells of itself.

use std::time::Duration;

use super::PeriodLimiter;
use crate::input::Clock;
use crate::pure::instant::Instant;
use crate::pure::period_limiter::Kind;
use crate::pure::period_windows::Counts;

/// A period limiter at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The most permits of one window.
    pub limit: u32,
    /// The length of a window.
    pub period: Duration,
    /// Where windows begin.
    pub kind: Kind,
    /// Permits taken in the window.
    pub taken: u32,
    /// Sliding, permits taken in the window before; else 0.
    pub taken_before: u32,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// Time to the end of the window; zero before first use.
    pub reset_after: Duration,
}

impl<C: Clock> PeriodLimiter<C> {
    /// What the limiter looks like now, for monitoring. It is no first use.
    ///
    /// ```
    /// use resil_core::PeriodLimiter;
    /// use std::time::Duration;
    ///
    /// let limiter = PeriodLimiter::new(3, Duration::from_secs(3_600))?;
    /// let _ = limiter.try_acquire(2);
    /// assert_eq!((limiter.snapshot().taken, limiter.snapshot().remaining), (2, 1));
    /// # Ok::<(), resil_core::period_limiter::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        let config = &self.shared.config;
        let (counts, peek) = match self.seen() {
            Some((origin, counts)) => {
                (config.counts_at(origin, counts, now), config.peek(origin, counts, now, 0))
            }
            None => (Counts::default(), config.peek_unused(0)),
        };
        Snapshot {
            limit: config.limit(),
            period: config.period(),
            kind: config.kind(),
            taken: counts.current,
            taken_before: counts.previous,
            remaining: peek.remaining,
            reset_after: peek.reset_after,
        }
    }
}

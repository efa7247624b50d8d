//! A leaky bucket that grants or refuses, and never waits.

use std::fmt;

use super::Snapshot;
use crate::concurrent::level::{Ask, Level, Refusal};
use crate::input::{Clock, MonotonicClock};
use crate::pure::denied::Denied;
use crate::pure::instant::Instant;
use crate::pure::leaky_bucket::Peek;
use crate::pure::quota::Quota;
use crate::pure::token_bucket::Config;

/// A leaky bucket as a meter: grants what fits, refuses the rest, never waits.
///
/// A bucket of `quota.burst()` permits that leaks at the quota's rate. Over every interval it grants at most
/// `burst + rate * interval`, to one clock tick of at most 1 ns (16 ns for quotas that take more than 9 years
/// from full to empty), without drift and however rarely it is asked. An earlier `now` than one already seen
/// may refuse more, never grant more.
///
/// Grants exactly what a [`TokenBucket`](crate::TokenBucket) of the same quota does that nobody reserves
/// from; take that one for live changes of the quota.
///
/// Threads share it by reference; every operation is atomic and lock-free, but for `quota`, `snapshot`,
/// printing, the very first one and one in several years, which moves its time frame. 128 bytes
/// (256 with an `AnyClock`), no allocation. A forked child has a copy of its own. Not for signal handlers.
///
/// ```
/// use resil_core::{LeakyBucket, Quota};
///
/// let meter = LeakyBucket::meter(Quota::per_second(100)?.with_burst(10)?);
/// if meter.try_acquire(1).is_ok() {
///     // it conforms
/// }
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
///
/// Source: ITU-T I.371 (generic cell rate algorithm).
pub struct LeakyMeter<C = MonotonicClock> {
    level: Level,
    clock: C,
}

impl<C> LeakyMeter<C> {
    pub(super) fn made(quota: Quota, clock: C) -> Self {
        Self { level: Level::new(&Config::full(quota)), clock }
    }

    /// The same meter as newly made, on another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> LeakyMeter<D> {
        LeakyMeter::made(self.quota(), clock)
    }

    /// The quota.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.level.quota()
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }
}

impl<C: Clock> LeakyMeter<C> {
    /// Pours `permits` in if they fit. Never waits. No permits are always granted.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too full; [`Denied::ExceedsLimit`] if `permits` is more than the burst. A
    /// refusal changes nothing.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, Quota};
    /// let meter = LeakyBucket::meter(Quota::per_minute(2)?);
    /// assert!(meter.try_acquire(2).is_ok());
    /// assert!(meter.try_acquire(1).is_err());
    /// # Ok::<(), resil_core::quota::ConfigError>(())
    /// ```
    // Always inline: a caller who does not read the wait then does not pay for the division behind it.
    #[inline(always)]
    pub fn try_acquire(&self, permits: u32) -> Result<(), Denied> {
        self.try_acquire_at(self.clock.now(), permits)
    }

    /// As [`try_acquire`](Self::try_acquire), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    // Always inline: a caller who does not read the wait then does not pay for the division behind it.
    #[inline(always)]
    pub fn try_acquire_at(&self, now: Instant, permits: u32) -> Result<(), Denied> {
        match self.level.ask(now, permits) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(refusal.denied()),
        }
    }

    /// What `try_acquire` would answer, and how full the bucket is. Takes nothing.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, Quota};
    /// let meter = LeakyBucket::meter(Quota::per_minute(60)?);
    /// assert_eq!(meter.peek(61).answer, Err(resil_core::Denied::ExceedsLimit));
    /// assert_eq!(meter.peek(1).remaining, 60);
    /// # Ok::<(), resil_core::quota::ConfigError>(())
    /// ```
    #[must_use]
    pub fn peek(&self, permits: u32) -> Peek {
        self.peek_at(self.clock.now(), permits)
    }

    /// As [`peek`](Self::peek), at an instant that the caller has read already.
    #[must_use]
    pub fn peek_at(&self, now: Instant, permits: u32) -> Peek {
        self.level.peek(now, permits)
    }

    /// What the meter looks like now, for monitoring.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, Quota};
    /// let meter = LeakyBucket::meter(Quota::per_minute(60)?);
    /// assert_eq!(meter.snapshot().remaining, 60);
    /// # Ok::<(), resil_core::quota::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        Snapshot::new(&self.level, now)
    }
}

impl<C> Ask for LeakyMeter<C> {
    #[inline(always)]
    fn ask_at(&self, now: Instant, permits: u32) -> Result<(), Refusal> {
        self.level.ask(now, permits)
    }
}

impl<C> fmt::Debug for LeakyMeter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakyMeter").field("quota", &self.quota()).finish_non_exhaustive()
    }
}

//! A leaky bucket that says when, or waits until then.

use std::fmt;
use std::time::Duration;

use super::Snapshot;
use crate::concurrent::level::{Level, Reading, denied};
use crate::input::{Clock, MonotonicClock};
use crate::pure::denied::Denied;
use crate::pure::instant::Instant;
use crate::pure::leaky_bucket::{QueuePeek, Slot};
use crate::pure::quota::Quota;
use crate::pure::token_bucket::Config;

/// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.
///
/// Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant. `n`
/// permits at once go together and occupy `n` intervals after it. Slots count from the request, not from
/// multiples of the interval, so nothing waits for a tick. Bounded: it admits exactly what the
/// [meter](crate::LeakyMeter) of the same quota grants, so at most `burst` permits are under way, and an idle queue
/// takes `burst` at one instant, the first of which goes at once.
///
/// A slot cannot be given back: later ones are fixed already, and giving it back would not move them. To
/// reserve and cancel, take a [`TokenBucket`](crate::TokenBucket).
///
/// Threads share it by reference; every operation is atomic and lock-free, but for `quota`, `snapshot`,
/// printing, the very first one and one in several years, which moves its time frame. 128 bytes
/// (256 with an `AnyClock`), no allocation. A forked child has a copy of its own. Not for signal handlers.
///
/// ```
/// use resil_core::{Denied, LeakyBucket, ManualClock, Quota};
/// use std::time::Duration;
///
/// let queue = LeakyBucket::queue(Quota::per_second(10)?.with_burst(2)?).with_clock(ManualClock::default());
/// assert_eq!(queue.try_reserve(1)?.ready_after(), Duration::ZERO);
/// assert_eq!(queue.try_reserve(1)?.ready_after(), Duration::from_millis(100));
/// assert_eq!(queue.try_reserve(1).err(), Some(Denied::RetryAfter(Duration::from_millis(100))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: ITU-T I.371 (virtual scheduling).
pub struct LeakyQueue<C = MonotonicClock> {
    level: Level,
    clock: C,
}

impl<C> LeakyQueue<C> {
    pub(super) fn made(quota: Quota, clock: C) -> Self {
        Self { level: Level::new(&Config::full(quota)), clock }
    }

    /// The same queue as newly made, on another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> LeakyQueue<D> {
        LeakyQueue::made(self.quota(), clock)
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

impl<C: Clock> LeakyQueue<C> {
    /// Joins the queue with `permits`, which go together at the slot that is answered. Never waits itself.
    ///
    /// No permits may always go at once, and change nothing.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if the queue is full; [`Denied::ExceedsLimit`] if `permits` is more than the
    /// burst. A refusal changes nothing.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, ManualClock, Quota};
    /// use std::time::Duration;
    ///
    /// let queue = LeakyBucket::queue(Quota::per_second(10)?).with_clock(ManualClock::default());
    /// assert_eq!(queue.try_reserve(3)?.ready_after(), Duration::ZERO);
    /// assert_eq!(queue.try_reserve(1)?.ready_after(), Duration::from_millis(300));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_reserve(&self, permits: u32) -> Result<Slot, Denied> {
        self.try_reserve_at(self.clock.now(), permits)
    }

    /// As [`try_reserve`](Self::try_reserve), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`try_reserve`](Self::try_reserve).
    #[inline]
    pub fn try_reserve_at(&self, now: Instant, permits: u32) -> Result<Slot, Denied> {
        self.try_reserve_within_at(now, permits, None)
    }

    /// As [`try_reserve`](Self::try_reserve), unless the wait would exceed `timeout`: zero joins only
    /// what goes at once, `None` waits for ever.
    ///
    /// # Errors
    /// As [`try_reserve`](Self::try_reserve), and [`Denied::RetryAfter`] if the wait would exceed `timeout`:
    /// then no place is taken.
    #[inline]
    pub fn try_reserve_within(
        &self,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<Slot, Denied> {
        self.try_reserve_within_at(self.clock.now(), permits, timeout)
    }

    /// As [`try_reserve_within`](Self::try_reserve_within), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`try_reserve_within`](Self::try_reserve_within).
    #[inline]
    pub fn try_reserve_within_at(
        &self,
        now: Instant,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<Slot, Denied> {
        if permits == 0 {
            return Ok(Slot::new(0, now, Duration::ZERO));
        }
        let enqueue = |reading: &Reading, tat| {
            reading.frame.gcra().enqueue(
                tat,
                reading.tick,
                reading.frame.deadline(now, timeout),
                permits,
            )
        };
        match self.level.take(now, enqueue) {
            Ok((view, taken)) => {
                let reading = view.prepared;
                let start = reading.frame.gcra().start(taken, permits);
                Ok(Slot::new(permits, now, reading.wait(now, start)))
            }
            Err(refused) => Err(denied(now, refused, timeout)),
        }
    }

    /// Joins the queue with `permits` and waits for their slot, in order of arrival; at most `timeout`.
    ///
    /// Fails at once, taking no place, if the queue is full or the wait would exceed the timeout. `None`
    /// waits as long as the queue is. No permits never wait.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] with the time after which the same call would succeed;
    /// [`Denied::ExceedsLimit`] if `permits` is more than the burst.
    ///
    /// ```
    /// use resil_core::{Clock, LeakyBucket, ManualClock, Quota};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::default();
    /// let queue = LeakyBucket::queue(Quota::per_second(10)?).with_clock(clock.clone());
    /// queue.acquire(1, None)?;
    /// assert!(queue.acquire(1, Some(Duration::from_millis(99))).is_err());
    /// queue.acquire(1, Some(Duration::from_millis(100)))?; // waiting moves a manual clock
    /// assert_eq!(clock.now().as_nanos(), 100_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn acquire(&self, permits: u32, timeout: Option<Duration>) -> Result<(), Denied> {
        let wait = self.try_reserve_within(permits, timeout)?.ready_after();
        if wait > Duration::ZERO {
            self.clock.sleep(wait);
        }
        Ok(())
    }

    /// As [`acquire`](Self::acquire), without blocking: `sleep` is the runtime's own (tokio's, smol's, …).
    ///
    /// Dropping the future before it is done leaves its slot unused; those behind it keep theirs.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// use resil_core::{LeakyBucket, LeakyQueue, Quota};
    /// use std::time::Duration;
    ///
    /// async fn send(queue: &LeakyQueue) -> Result<(), resil_core::Denied> {
    ///     # async fn sleep(_: Duration) {}
    ///     // With tokio: `queue.acquire_async(1, None, tokio::time::sleep).await`
    ///     queue.acquire_async(1, Some(Duration::from_secs(1)), sleep).await
    /// }
    /// ```
    pub async fn acquire_async<F: Future>(
        &self,
        permits: u32,
        timeout: Option<Duration>,
        sleep: impl FnOnce(Duration) -> F,
    ) -> Result<(), Denied> {
        let wait = self.try_reserve_within(permits, timeout)?.ready_after();
        if wait > Duration::ZERO {
            sleep(wait).await;
        }
        Ok(())
    }

    /// What `try_reserve` would answer, and how full the queue is. Takes no place.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, ManualClock, Quota};
    /// use std::time::Duration;
    ///
    /// let queue = LeakyBucket::queue(Quota::per_second(10)?).with_clock(ManualClock::default());
    /// let _ = queue.try_reserve(2)?;
    /// assert_eq!(queue.peek(1).answer, Ok(Duration::from_millis(200)));
    /// assert_eq!(queue.peek(1).remaining, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn peek(&self, permits: u32) -> QueuePeek {
        self.peek_at(self.clock.now(), permits)
    }

    /// As [`peek`](Self::peek), at an instant that the caller has read already.
    #[must_use]
    pub fn peek_at(&self, now: Instant, permits: u32) -> QueuePeek {
        QueuePeek::new(&self.level.peek(now, permits), permits)
    }

    /// What the queue looks like now, for monitoring.
    ///
    /// ```
    /// use resil_core::{LeakyBucket, ManualClock, Quota};
    /// use std::time::Duration;
    ///
    /// let queue = LeakyBucket::queue(Quota::per_second(10)?).with_clock(ManualClock::default());
    /// let _ = queue.try_reserve(3)?;
    /// assert_eq!(queue.snapshot().reset_after, Duration::from_millis(300));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
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

impl<C> fmt::Debug for LeakyQueue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakyQueue").field("quota", &self.quota()).finish_non_exhaustive()
    }
}

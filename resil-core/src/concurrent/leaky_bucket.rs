//! Leaky buckets that threads share: a meter that grants or refuses, and a queue that says when.
//!
//! `pure::gcra` decides; the state is one word, a [`Level`]. Asking is one clock reading and one CAS; a
//! refusal writes nothing.

use std::fmt;
use std::time::Duration;

use super::level::{Ask, Level, Reading, Refusal, denied};
use crate::input::{Clock, MonotonicClock};
use crate::pure::denied::Denied;
use crate::pure::instant::Instant;
use crate::pure::leaky_bucket::{Peek, QueuePeek, Slot};
use crate::pure::quota::Quota;

/// What is poured in leaves at a steady rate, and what does not fit is refused: as a meter, or as a queue.
///
/// | | asks | for |
/// | --- | --- | --- |
/// | [`LeakyBucket::meter`] | may this go now? | policing: refuse what does not conform |
/// | [`LeakyBucket::queue`] | when may this go? | shaping: send at an even pace, refuse when too many wait |
///
/// Both accept exactly the same requests. This type only names the two; it has no values.
#[derive(Clone, Copy, Debug)]
pub enum LeakyBucket {}

impl LeakyBucket {
    /// A meter of `quota`, empty at first, on the machine's steady clock.
    #[must_use]
    pub fn meter(quota: Quota) -> LeakyMeter {
        LeakyMeter { level: Level::new(quota, quota.burst()), clock: MonotonicClock }
    }

    /// A queue of `quota`, empty at first, on the machine's steady clock.
    #[must_use]
    pub fn queue(quota: Quota) -> LeakyQueue {
        LeakyQueue { level: Level::new(quota, quota.burst()), clock: MonotonicClock }
    }
}

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
/// printing, the very first one and one in several years, which moves its time frame. 256 bytes, no
/// allocation. A forked child has a copy of its own. Not for signal handlers.
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

/// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.
///
/// Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant. `n`
/// permits at once go together and occupy `n` intervals after it. Slots count from the request, not from
/// multiples of the interval, so nothing waits for a tick. Bounded: it admits exactly what the
/// [meter](LeakyMeter) of the same quota grants, so at most `burst` permits are under way, and an idle queue
/// takes `burst` at one instant, the first of which goes at once.
///
/// A slot cannot be given back: later ones are fixed already, and giving it back would not move them. To
/// reserve and cancel, take a [`TokenBucket`](crate::TokenBucket).
///
/// Threads share it by reference; every operation is atomic and lock-free, but for `quota`, `snapshot`,
/// printing, the very first one and one in several years, which moves its time frame. 256 bytes, no
/// allocation. A forked child has a copy of its own. Not for signal handlers.
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

impl<C> LeakyMeter<C> {
    /// The same meter as newly made, on another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> LeakyMeter<D> {
        let quota = self.quota();
        LeakyMeter { level: Level::new(quota, quota.burst()), clock }
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

impl<C> LeakyQueue<C> {
    /// The same queue as newly made, on another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> LeakyQueue<D> {
        let quota = self.quota();
        LeakyQueue { level: Level::new(quota, quota.burst()), clock }
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

    /// As [`try_reserve`](Self::try_reserve), unless the wait would exceed `timeout`; `None` waits for ever.
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
        let enqueue = |reading: &Reading, tat, tick| {
            reading.frame.gcra().enqueue(tat, tick, reading.frame.deadline(now, timeout), permits)
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
    /// waits as long as the queue is.
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

impl<C> fmt::Debug for LeakyQueue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakyQueue").field("quota", &self.quota()).finish_non_exhaustive()
    }
}

/// A leaky bucket at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The quota.
    pub quota: Quota,
    /// Permits for which there is room.
    pub remaining: u32,
    /// Time until the bucket is empty, or the queue idle, if nobody asks.
    pub reset_after: Duration,
}

impl Snapshot {
    fn new(level: &Level, now: Instant) -> Self {
        let Peek { remaining, reset_after, .. } = level.peek(now, 0);
        Self { quota: level.quota(), remaining, reset_after }
    }
}

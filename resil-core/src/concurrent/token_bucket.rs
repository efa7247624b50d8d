//! A token bucket that threads share.
//!
//! `pure::token_bucket` decides; the state is one word, a [`Level`], whose configuration is the frame (quota
//! in ticks, origin). Asking is one clock reading and one CAS; a refusal writes nothing.

mod reservation;
mod snapshot;

use std::fmt;
use std::time::Duration;

use self::reservation::CancelOnDrop;
pub use self::reservation::Reservation;
pub use self::snapshot::Snapshot;
use super::level::{self, Ask, Keep, Level, Reading, Refusal, denied};
use crate::input::{Clock, MonotonicClock};
use crate::pure::change::{Carry, Change};
use crate::pure::denied::Denied;
use crate::pure::frame::Frame;
use crate::pure::instant::Instant;
use crate::pure::quota::Quota;
use crate::pure::token_bucket::{Cancelled, Config, ConfigError, Peek, Ticket};

/// Limits a rate: permits come back steadily, up to a burst, and are taken when they are there.
///
/// Over every interval it grants at most `burst + rate * interval`, to one clock tick of at most 1 ns (16 ns
/// for quotas that take more than 9 years from empty to full), without drift, for any accepted quota and any
/// order of clock readings. What is due at an exact instant is granted at that instant. An earlier `now` than
/// one already seen may refuse more, never grant more.
///
/// Permits are *asked for* ([`try_acquire`](Self::try_acquire)), *promised* for later
/// ([`reserve`](Self::reserve)) or *waited for* ([`acquire`](Self::acquire)); most callers want the first on
/// the server side and the last on the client side. Promises are kept in order of arrival: while one is
/// outstanding, `try_acquire` is refused.
///
/// Threads share it by reference; every operation is atomic and lock-free, but for `set_quota`, `cancel`, `quota`,
/// `snapshot`, printing, the very first one and one in several years, which moves its time frame. 128 bytes (256 with
/// an [`AnyClock`](crate::AnyClock)), and 64 allocated with it; nothing is allocated later. A forked child has a copy
/// of its own. Not for signal handlers.
///
/// ```
/// use resil_core::{Denied, Quota, TokenBucket};
///
/// let bucket = TokenBucket::new(Quota::per_second(100)?.with_burst(10)?);
/// match bucket.try_acquire(1) {
///     Ok(()) => { /* serve it */ }
///     Err(Denied::RetryAfter(wait)) => println!("busy, come back in {wait:?}"),
///     Err(Denied::ExceedsLimit) => println!("more than the burst: never"),
/// }
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
///
/// Source: GCRA (ITU-T I.371); reservations after golang x/time, changes of quota after bucket4j.
pub struct TokenBucket<C = MonotonicClock> {
    level: Level<Box<Option<Change>>>,
    clock: C,
}

impl TokenBucket {
    /// A bucket of `quota`, full at first, on the machine's steady clock.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::made(&Config::full(quota), MonotonicClock)
    }
}

impl<C> TokenBucket<C> {
    fn made(config: &Config, clock: C) -> Self {
        Self { level: Level::new(config), clock }
    }

    /// The same bucket as newly made, but with `permits` in it at the first instant it is told.
    ///
    /// # Errors
    /// [`ConfigError::InitialExceedsBurst`].
    ///
    /// ```
    /// use resil_core::{Quota, TokenBucket};
    /// let empty = TokenBucket::new(Quota::per_minute(6)?).with_initial(0)?;
    /// assert!(empty.try_acquire(1).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_initial(self, permits: u32) -> Result<Self, ConfigError> {
        let config = Config::new(self.quota(), permits)?;
        Ok(Self::made(&config, self.clock))
    }

    /// The same bucket as newly made, on another clock; full, if its quota was changed since.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> TokenBucket<D> {
        TokenBucket { level: Level::new(&self.level.config()), clock }
    }

    /// The quota in force.
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

impl<C: Clock> TokenBucket<C> {
    /// Takes `permits` if they are there. Never waits. No permits are always granted.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too empty, or others wait; [`Denied::ExceedsLimit`] if `permits` is more
    /// than the burst. A refusal changes nothing.
    ///
    /// ```
    /// use resil_core::{Quota, TokenBucket};
    /// let bucket = TokenBucket::new(Quota::per_minute(2)?);
    /// assert!(bucket.try_acquire(2).is_ok());
    /// assert!(bucket.try_acquire(1).is_err());
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
    /// use resil_core::{Quota, TokenBucket};
    /// let bucket = TokenBucket::new(Quota::per_minute(60)?);
    /// assert_eq!(bucket.peek(1).answer, Ok(()));
    /// assert_eq!(bucket.peek(1).remaining, 60);
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

    /// Takes `permits` now, for use after [`Reservation::ready_after`].
    ///
    /// Reserving is a promise in both directions: others queue behind it. Give it back with
    /// [`Reservation::cancel`]; dropping it keeps it. No permits are there at once, and promise nothing.
    ///
    /// # Errors
    /// [`Denied::ExceedsLimit`] if `permits` is more than the burst; [`Denied::RetryAfter`] if the bucket is
    /// promised away for 2^59 ticks (at least 4 years) already.
    ///
    /// ```
    /// use resil_core::{Instant, ManualClock, Quota, TokenBucket};
    /// use std::time::Duration;
    ///
    /// let bucket = TokenBucket::new(Quota::per_second(10)?.with_burst(1)?).with_clock(ManualClock::default());
    /// assert_eq!(bucket.reserve(1)?.ready_after(), Duration::ZERO);
    /// let later = bucket.reserve(1)?;
    /// assert_eq!(later.ready_after(), Duration::from_millis(100));
    /// later.cancel();
    /// assert_eq!(bucket.reserve(1)?.ready_after(), Duration::from_millis(100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reserve(&self, permits: u32) -> Result<Reservation<'_, C>, Denied> {
        self.reserve_at(self.clock.now(), permits)
    }

    /// As [`reserve`](Self::reserve), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve).
    pub fn reserve_at(&self, now: Instant, permits: u32) -> Result<Reservation<'_, C>, Denied> {
        self.reserve_within_at(now, permits, None)
    }

    /// As [`reserve`](Self::reserve), unless the wait would exceed `timeout`: zero takes only what is there, `None`
    /// waits for ever.
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve), and [`Denied::RetryAfter`] if the wait would exceed `timeout`: then
    /// nothing is taken.
    pub fn reserve_within(
        &self,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<Reservation<'_, C>, Denied> {
        self.reserve_within_at(self.clock.now(), permits, timeout)
    }

    /// As [`reserve_within`](Self::reserve_within), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`reserve_within`](Self::reserve_within).
    pub fn reserve_within_at(
        &self,
        now: Instant,
        permits: u32,
        timeout: Option<Duration>,
    ) -> Result<Reservation<'_, C>, Denied> {
        if permits == 0 {
            let ticket = Ticket::new(0, now, 0, 0);
            return Ok(Reservation { bucket: self, ready_after: Duration::ZERO, ticket });
        }
        let reserve = |reading: &Reading, tat| {
            reading.frame.gcra().reserve(
                tat,
                reading.tick,
                reading.frame.deadline(now, timeout),
                permits,
            )
        };
        match self.level.take(now, reserve) {
            Ok((view, taken)) => {
                let reading = view.prepared;
                let ready_after = reading.wait(now, reading.frame.gcra().ready(taken));
                let ticket =
                    Ticket::new(permits, now.saturating_add(ready_after), taken, view.number);
                Ok(Reservation { bucket: self, ready_after, ticket })
            }
            Err(refused) => Err(denied(now, refused, timeout)),
        }
    }

    /// Waits until `permits` are there and takes them, in order of arrival; at most `timeout`.
    ///
    /// Fails at once, taking nothing, if the wait would exceed the timeout. `None` waits as long as it takes. No
    /// permits never wait.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] with the time after which the same call would succeed;
    /// [`Denied::ExceedsLimit`] if `permits` is more than the burst.
    ///
    /// ```
    /// use resil_core::{Clock, Instant, ManualClock, Quota, TokenBucket};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new(Instant::ZERO);
    /// let bucket = TokenBucket::new(Quota::per_second(10)?.with_burst(1)?).with_clock(clock.clone());
    /// bucket.acquire(1, None)?;
    /// assert!(bucket.acquire(1, Some(Duration::from_millis(99))).is_err());
    /// bucket.acquire(1, Some(Duration::from_millis(100)))?; // waiting moves a manual clock
    /// assert_eq!(clock.now().as_nanos(), 100_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn acquire(&self, permits: u32, timeout: Option<Duration>) -> Result<(), Denied> {
        let reservation = self.reserve_within(permits, timeout)?;
        if reservation.ready_after() > Duration::ZERO {
            self.clock.sleep(reservation.ready_after());
        }
        Ok(())
    }

    /// As [`acquire`](Self::acquire), without blocking: `sleep` is the runtime's own (tokio's, smol's, …).
    ///
    /// Dropping the future before it is done gives the permits back.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// ```
    /// use resil_core::{Quota, TokenBucket};
    /// use std::time::Duration;
    ///
    /// async fn call(bucket: &TokenBucket) -> Result<(), resil_core::Denied> {
    ///     # async fn sleep(_: Duration) {}
    ///     // With tokio: `bucket.acquire_async(1, None, tokio::time::sleep).await`
    ///     bucket.acquire_async(1, Some(Duration::from_secs(1)), sleep).await
    /// }
    /// ```
    pub async fn acquire_async<F: Future>(
        &self,
        permits: u32,
        timeout: Option<Duration>,
        sleep: impl FnOnce(Duration) -> F,
    ) -> Result<(), Denied> {
        let reservation = self.reserve_within(permits, timeout)?;
        let wait = reservation.ready_after();
        if wait > Duration::ZERO {
            let guard = CancelOnDrop(Some(reservation));
            sleep(wait).await;
            guard.disarm();
        }
        Ok(())
    }

    /// Gives back what nobody took since the ticket was written: at most its permits, and nothing once its
    /// instant has passed. [`Reservation::cancel`] is the same for those who still have the reservation.
    ///
    /// The ticket must be one of this bucket: another's may give back what others took.
    ///
    /// ```
    /// use resil_core::token_bucket::Cancelled;
    /// use resil_core::{ManualClock, Quota, TokenBucket};
    ///
    /// let bucket = TokenBucket::new(Quota::per_second(10)?.with_burst(1)?).with_clock(ManualClock::default());
    /// let _ = bucket.try_acquire(1);
    /// let ticket = bucket.reserve(1)?.into_ticket(); // without a borrow of the bucket
    /// assert_eq!(bucket.cancel(ticket), Cancelled::GaveBack);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self, ticket: Ticket) -> Cancelled {
        self.cancel_at(self.clock.now(), ticket)
    }

    /// As [`cancel`](Self::cancel), at an instant that the caller has read already.
    pub fn cancel_at(&self, now: Instant, ticket: Ticket) -> Cancelled {
        if ticket.permits() == 0 {
            return Cancelled::GaveNothing;
        }
        // Keeps the frame where it is: only the content can change meanwhile.
        let writing = self.level.versioned.write();
        let frame = Frame::from_words(writing.config());
        let last = writing.writer.as_ref().as_ref();
        loop {
            let view = self.level.versioned.view(|_| ());
            let Some(tat) = ticket.give_back(now, view.content, &frame, writing.number(), last)
            else {
                return Cancelled::GaveNothing;
            };
            if self.level.versioned.replace(view, tat).is_ok() {
                return Cancelled::GaveBack;
            }
        }
    }

    /// Changes the quota from now on; `carry` says what becomes of the permits in the bucket.
    ///
    /// Quota and content change in one step: no request is decided by a mixture. Reservations keep their
    /// instants; they can still be cancelled across one `AsIs` or `Additive` change, for what a smaller burst
    /// left of their permits, and give nothing back after any other. Changes wait for one another, requests
    /// for none.
    ///
    /// ```
    /// use resil_core::{Carry, Quota, TokenBucket};
    /// let bucket = TokenBucket::new(Quota::per_second(10)?);
    /// bucket.set_quota(Quota::per_second(20)?, Carry::AsIs);
    /// assert_eq!(bucket.quota().permits(), 20);
    /// # Ok::<(), resil_core::quota::ConfigError>(())
    /// ```
    pub fn set_quota(&self, quota: Quota, carry: Carry) {
        self.set_quota_at(self.clock.now(), quota, carry);
    }

    /// As [`set_quota`](Self::set_quota), at an instant that the caller has read already.
    pub fn set_quota_at(&self, now: Instant, quota: Quota, carry: Carry) {
        let mut writing = self.level.versioned.write();
        let frame = level::frame_at(&mut writing, now);
        let (next, change) = Change::for_quota(&frame, now, &quota, carry);
        writing.commit(next.to_words(), |tat| change.carried(tat));
        // As newly made it would be full: what it was made with belongs to the quota before.
        writing.set_aside(Config::full(quota).to_words());
        writing.writer.keep(change);
    }
}

impl<C> Ask for TokenBucket<C> {
    #[inline(always)]
    fn ask_at(&self, now: Instant, permits: u32) -> Result<(), Refusal> {
        self.level.ask(now, permits)
    }
}

impl<C> fmt::Debug for TokenBucket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBucket").field("quota", &self.quota()).finish_non_exhaustive()
    }
}

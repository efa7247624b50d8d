//! Permits that a token bucket promised for later, and their way back.

use std::fmt;
use std::time::Duration;

use super::TokenBucket;
use crate::input::{Clock, MonotonicClock};
use crate::pure::instant::Instant;
use crate::pure::token_bucket::{Cancelled, Ticket};

/// Permits that are promised for later. Dropping it keeps the promise.
///
/// It borrows the bucket, and may be used and cancelled on any thread; [`into_ticket`](Self::into_ticket) ends the
/// borrow.
///
/// ```
/// use resil_core::token_bucket::Cancelled;
/// use resil_core::{Instant, ManualClock, Quota, TokenBucket};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Instant::ZERO);
/// let bucket = TokenBucket::new(Quota::per_second(10)?.with_burst(1)?).with_clock(clock.clone());
/// let _ = bucket.try_acquire(1);
/// let promised = bucket.reserve(1)?;
/// assert_eq!((promised.permits(), promised.ready_at().as_nanos()), (1, 100_000_000));
/// clock.advance(Duration::from_millis(101));
/// assert_eq!(promised.cancel(), Cancelled::GaveNothing); // too late
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "act once `ready_after` has passed, or cancel"]
pub struct Reservation<'a, C: Clock = MonotonicClock> {
    pub(super) bucket: &'a TokenBucket<C>,
    pub(super) ready_after: Duration,
    pub(super) ticket: Ticket,
}

impl<C: Clock> Reservation<'_, C> {
    /// How long after reserving the permits are there; zero if at once.
    #[must_use]
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The instant at which the permits are there.
    #[must_use]
    pub fn ready_at(&self) -> Instant {
        self.ticket.ready_at()
    }

    /// The permits promised.
    #[must_use]
    pub fn permits(&self) -> u32 {
        self.ticket.permits()
    }

    /// Gives back the permits that nobody took since, up to and including the instant they are promised for.
    pub fn cancel(self) -> Cancelled {
        self.bucket.cancel(self.ticket)
    }

    /// As [`cancel`](Self::cancel), at an instant that the caller has read already.
    pub fn cancel_at(self, now: Instant) -> Cancelled {
        self.bucket.cancel_at(now, self.ticket)
    }

    /// The promise without the borrow, to be given back by [`TokenBucket::cancel`].
    pub fn into_ticket(self) -> Ticket {
        self.ticket
    }
}

impl<C: Clock> fmt::Debug for Reservation<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("permits", &self.permits())
            .field("ready_after", &self.ready_after)
            .finish_non_exhaustive()
    }
}

/// Gives a reservation back unless its wait came to an end.
pub(super) struct CancelOnDrop<'a, C: Clock>(pub(super) Option<Reservation<'a, C>>);

impl<C: Clock> CancelOnDrop<'_, C> {
    pub(super) fn disarm(mut self) {
        self.0 = None;
    }
}

impl<C: Clock> Drop for CancelOnDrop<'_, C> {
    fn drop(&mut self) {
        if let Some(reservation) = self.0.take() {
            reservation.cancel();
        }
    }
}

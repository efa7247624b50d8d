//! One call that a breaker let through, settled once.

use std::fmt;
use std::mem;

use super::sre_breaker::SreBreaker;
use crate::input::{Clock, CoarseClock};
use crate::pure::instant::Instant;
use crate::pure::outcome::Outcome;

/// A call that was let through. Settle it with what became of it.
///
/// Dropped unsettled it counts as nothing, so a call that is given up speaks neither way; dropped while its
/// thread panics it counts as a failure. It may be settled on another thread than it was given out on.
///
/// ```
/// use resil_core::SreBreaker;
///
/// let breaker = SreBreaker::default();
/// breaker.try_acquire()?.success();
/// breaker.try_acquire()?.failure();
/// drop(breaker.try_acquire()?);
/// let seen = breaker.snapshot();
/// assert_eq!((seen.accepts, seen.requests), (1, 2));
/// # Ok::<(), resil_core::sre_breaker::Rejected>(())
/// ```
#[must_use = "a permit dropped at once counts as no call at all"]
pub struct Permit<'a, C: Clock = CoarseClock> {
    breaker: &'a SreBreaker<C>,
}

impl<'a, C: Clock> Permit<'a, C> {
    #[inline]
    pub(crate) fn new(breaker: &'a SreBreaker<C>) -> Self {
        Self { breaker }
    }

    /// The call went well.
    #[inline]
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// As [`success`](Self::success), at an instant that the caller has read already.
    #[inline]
    pub fn success_at(self, now: Instant) {
        self.settle_at(now, Outcome::Success);
    }

    /// The call failed.
    #[inline]
    pub fn failure(self) {
        self.settle(Outcome::Failure);
    }

    /// As [`failure`](Self::failure), at an instant that the caller has read already.
    #[inline]
    pub fn failure_at(self, now: Instant) {
        self.settle_at(now, Outcome::Failure);
    }

    /// The call says nothing about the backend.
    #[inline]
    pub fn ignore(self) {
        self.settle(Outcome::Ignored);
    }

    /// The call came to `outcome`.
    #[inline]
    pub fn settle(self, outcome: Outcome) {
        let breaker = self.breaker;
        mem::forget(self);
        breaker.record(outcome);
    }

    /// As [`settle`](Self::settle), at an instant that the caller has read already.
    #[inline]
    pub fn settle_at(self, now: Instant, outcome: Outcome) {
        let breaker = self.breaker;
        mem::forget(self);
        breaker.record_at(now, outcome);
    }
}

impl<C: Clock> Drop for Permit<'_, C> {
    #[inline]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.breaker.record(Outcome::Failure);
        }
    }
}

impl<C: Clock> fmt::Debug for Permit<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

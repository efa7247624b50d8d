//! The leaky bucket in a store, as meter and as queue: `token_bucket.lua`, whose arithmetic it shares.
//!
//! A queue admits what the meter of the same quota grants, and answers the wait before its slot. Meter and queue
//! have keys of their own kind, like in a process: one state answers to one of the two.

use core::time::Duration;

use super::arguments::Arguments;
use super::config_error::ConfigError;
use super::reply::{Malformed, Reply, When, verdict};
pub use super::token_bucket::SCRIPT;
use super::token_bucket::TokenBucket;
use crate::pure::denied::Denied;
use crate::pure::quota::Quota;

/// What a leaky bucket in a store is made with; it holds no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakyBucket {
    // Nobody reserves, so nobody waits longer than the span.
    bucket: TokenBucket,
}

impl LeakyBucket {
    /// A meter or queue of `quota`.
    ///
    /// # Errors
    /// [`ConfigError::QuotaTooFine`].
    pub fn new(quota: Quota) -> Result<Self, ConfigError> {
        TokenBucket::new(quota, Duration::ZERO).map(|bucket| Self { bucket })
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.bucket.quota()
    }

    /// The verdict on `permits` for which no store need be asked: none, or more than the burst.
    #[must_use]
    pub const fn decided(&self, permits: u32) -> Option<Result<(), Denied>> {
        self.bucket.decided(permits)
    }

    /// Asks the meter; [`decided`](Self::decided) has not settled it.
    #[must_use]
    pub fn try_acquire(&self, permits: u32, when: When) -> Arguments {
        self.bucket.try_acquire(permits, when)
    }

    /// What was answered to [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn acquired(&self, numbers: &[i64]) -> Result<Reply<()>, Malformed> {
        self.bucket.acquired(numbers)
    }

    /// Takes what somebody granted in the stead of the meter or the queue, at most the burst: until it is empty.
    #[must_use]
    pub fn charge(&self, permits: u32, when: When) -> Arguments {
        self.bucket.charge(permits, when)
    }

    /// Joins the queue, unless the wait before the slot would exceed `timeout`.
    #[must_use]
    pub fn try_reserve(&self, permits: u32, timeout: Option<Duration>, when: When) -> Arguments {
        self.bucket.queue(permits, timeout, when)
    }

    /// What was answered to [`try_reserve`](Self::try_reserve): the wait before the slot.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn reserved(&self, numbers: &[i64]) -> Result<Reply<Duration>, Malformed> {
        verdict(numbers)
    }

    /// What the meter would answer. Takes nothing.
    #[must_use]
    pub fn peek(&self, permits: u32, when: When) -> Arguments {
        self.bucket.peek(permits, when)
    }

    /// What was answered to [`peek`](Self::peek), of a meter.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn peeked(&self, permits: u32, numbers: &[i64]) -> Result<Reply<()>, Malformed> {
        self.bucket.peeked(permits, numbers)
    }

    /// What was answered to [`peek`](Self::peek), of a queue: the wait before the slot.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn queue_peeked(
        &self,
        permits: u32,
        numbers: &[i64],
    ) -> Result<Reply<Duration>, Malformed> {
        let reply = self.bucket.peeked(permits, numbers)?;
        // Empty is when the last of those before it has left.
        let wait = if permits == 0 { Duration::ZERO } else { reply.reset_after };
        Ok(reply.map(|()| wait))
    }
}

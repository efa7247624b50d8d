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

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> LeakyBucket {
        LeakyBucket::new(Quota::per_second(10).unwrap().with_burst(5).unwrap()).unwrap()
    }

    fn words(arguments: &Arguments) -> String {
        arguments.iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn meter_and_queue_ask_the_bucket_s_script_each_in_its_own_words() {
        let ask = bucket();
        assert_eq!(
            words(&ask.try_acquire(2, When::Server)),
            "acquire 100000 0 1 500000 0 2 0 0  0"
        );
        assert_eq!(words(&ask.peek(2, When::Server)), "peek 100000 0 1 500000 0 2 0 0  0");
        assert_eq!(words(&ask.charge(9, When::Server)), "charge 100000 0 1 500000 0 5 0 0  0");
        let patient = ask.try_reserve(2, Some(Duration::from_millis(3)), When::Server);
        assert_eq!(words(&patient), "queue 100000 0 1 500000 0 2 3000 0  0");
        let for_ever = words(&ask.try_reserve(2, None, When::Server));
        assert!(for_ever.contains(" 2 9007199254740992 0 "), "2^53: {for_ever}");
        assert_eq!(words(&ask.try_reserve(2, Some(Duration::MAX), When::Server)), for_ever);
    }

    #[test]
    fn none_or_more_than_the_burst_need_no_store() {
        assert_eq!(bucket().quota().burst(), 5);
        assert_eq!(bucket().decided(0), Some(Ok(())));
        assert_eq!(bucket().decided(5), None);
        assert_eq!(bucket().decided(6), Some(Err(Denied::ExceedsLimit)));
    }

    #[test]
    fn a_meter_answers_whether_and_a_queue_when() {
        let us = Duration::from_micros;
        let granted = [1, 3, 200_000, 200_000];
        let reply = |answer| Reply { answer, remaining: 3, reset_after: us(200_000) };
        let meter = Reply { answer: Ok(()), remaining: 3, reset_after: us(200_000) };
        assert_eq!(bucket().acquired(&granted), Ok(meter));
        assert_eq!(bucket().peeked(1, &granted), Ok(meter));
        assert_eq!(bucket().peeked(6, &granted).unwrap().answer, Err(Denied::ExceedsLimit));
        assert_eq!(bucket().reserved(&granted), Ok(reply(Ok(us(200_000)))));
        assert_eq!(bucket().queue_peeked(1, &granted), Ok(reply(Ok(us(200_000)))));
        assert_eq!(bucket().queue_peeked(0, &granted), Ok(reply(Ok(Duration::ZERO))));
        let full = [0, 0, 70_000, 500_000];
        let later = Err(Denied::RetryAfter(us(70_000)));
        assert_eq!(bucket().reserved(&full).unwrap().answer, later);
        assert_eq!(bucket().queue_peeked(1, &full).unwrap().answer, later);
        assert_eq!(bucket().reserved(&[]), Err(Malformed));
    }
}

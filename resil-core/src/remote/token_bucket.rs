//! The token bucket in a store: one call of `token_bucket.lua` a decision, one key a bucket.
//!
//! Operations and meaning are the token bucket's, on the store's clock of whole microseconds: waits are rounded up
//! to one. The quota travels with each call; the state is an instant, so a changed quota needs no migration: what
//! was taken stays taken, in time. A key lives until its bucket is full, which is what no key means.

use core::time::Duration;

use super::arguments::Arguments;
use super::config_error::ConfigError;
use super::reply::{Malformed, Reply, When, verdict, whole_micros};
use super::steps::Steps;
use crate::pure::denied::Denied;
use crate::pure::quota::Quota;
use crate::pure::token_bucket::Cancelled;

/// The script, for the leaky bucket too.
pub const SCRIPT: &str = include_str!("token_bucket.lua");

/// The longest wait that a call may accept: with the longest span its sum is still exact.
const MAX_WAIT: Duration = Duration::from_micros(1 << 50);

/// What a token bucket in a store is made with; it holds no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenBucket {
    quota: Quota,
    steps: Steps,
    max_wait_us: u64,
}

/// A promise that the store gave: enough to give it back, once.
///
/// Not `Clone`; a second copy would give back nothing, for the store remembers the first until its act time.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the permits are taken already; act after `ready_after`, or give the ticket back"]
pub struct Ticket {
    permits: u32,
    ready_after: Duration,
    level: (u64, u64),
    act_us: u64,
}

impl Ticket {
    /// The permits promised.
    #[must_use]
    pub const fn permits(&self) -> u32 {
        self.permits
    }

    /// How long after reserving they are there.
    #[must_use]
    pub const fn ready_after(&self) -> Duration {
        self.ready_after
    }
}

impl TokenBucket {
    /// A bucket of `quota`, from which nobody ever reserves for later than `max_wait`.
    ///
    /// # Errors
    /// [`ConfigError::QuotaTooFine`], [`ConfigError::MaxWaitTooLong`].
    pub fn new(quota: Quota, max_wait: Duration) -> Result<Self, ConfigError> {
        if max_wait > MAX_WAIT {
            return Err(ConfigError::MaxWaitTooLong);
        }
        let steps = Steps::new(&quota)?;
        Ok(Self { quota, steps, max_wait_us: whole_micros(max_wait) })
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// The verdict on `permits` for which no store need be asked: none, or more than the burst.
    #[must_use]
    pub const fn decided(&self, permits: u32) -> Option<Result<(), Denied>> {
        if permits == 0 {
            Some(Ok(()))
        } else if permits > self.quota.burst() {
            Some(Err(Denied::ExceedsLimit))
        } else {
            None
        }
    }

    fn ask(&self, what: &str, permits: u32, patience_us: u64, when: When) -> Arguments {
        let arguments = self.steps.push(Arguments::new(what));
        let arguments =
            arguments.number(permits.into()).number(patience_us).number(self.max_wait_us);
        when.push(arguments)
    }

    /// Takes `permits` if they are there; [`decided`](Self::decided) has not settled it.
    #[must_use]
    pub fn try_acquire(&self, permits: u32, when: When) -> Arguments {
        self.ask("acquire", permits, 0, when)
    }

    /// What was answered to [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn acquired(&self, numbers: &[i64]) -> Result<Reply<()>, Malformed> {
        Ok(verdict(numbers)?.map(|_| ()))
    }

    /// Takes `permits`, at most the burst, also where they are not there yet, as far as anybody may take the bucket:
    /// what somebody granted in its stead. Answered like [`try_acquire`](Self::try_acquire).
    #[must_use]
    pub fn charge(&self, permits: u32, when: When) -> Arguments {
        self.ask("charge", permits.min(self.quota.burst()), 0, when)
    }

    /// What `try_acquire` would answer. Takes nothing.
    #[must_use]
    pub fn peek(&self, permits: u32, when: When) -> Arguments {
        let fitting = if self.decided(permits).is_some() { 0 } else { permits };
        self.ask("peek", fitting, 0, when)
    }

    /// What was answered to [`peek`](Self::peek) at `permits`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn peeked(&self, permits: u32, numbers: &[i64]) -> Result<Reply<()>, Malformed> {
        let reply = verdict(numbers)?.map(|_| ());
        Ok(match self.decided(permits) {
            Some(answer) => Reply { answer, ..reply },
            None => reply,
        })
    }

    /// Takes `permits` now for later, if the wait is at most `timeout` and `max_wait`.
    #[must_use]
    pub fn reserve(&self, permits: u32, timeout: Option<Duration>, when: When) -> Arguments {
        self.ask("reserve", permits, self.patience_us(timeout), when)
    }

    fn patience_us(&self, timeout: Option<Duration>) -> u64 {
        timeout.map_or(self.max_wait_us, |timeout| whole_micros(timeout).min(self.max_wait_us))
    }

    /// What was answered to [`reserve`](Self::reserve) of `permits`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn reserved(&self, permits: u32, numbers: &[i64]) -> Result<Reply<Ticket>, Malformed> {
        let reply = verdict(numbers)?;
        let mut ticket = Ticket { permits, ready_after: Duration::ZERO, level: (0, 0), act_us: 0 };
        if let Ok(ready_after) = reply.answer {
            let [_, _, _, _, whole, parts, act] = *numbers else { return Err(Malformed) };
            let number = |number| u64::try_from(number).map_err(|_| Malformed);
            let level = (number(whole)?, number(parts)?);
            ticket = Ticket { permits, ready_after, level, act_us: number(act)? };
        }
        Ok(reply.map(|_| ticket))
    }

    /// Gives `ticket` back: what nobody took since, up to and including its act time.
    #[must_use]
    pub fn cancel(&self, ticket: &Ticket, when: When) -> Arguments {
        self.ask("cancel", ticket.permits, 0, when)
            .number(ticket.level.0)
            .number(ticket.level.1)
            .number(ticket.act_us)
    }

    /// What was answered to [`cancel`](Self::cancel).
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn cancelled(&self, numbers: &[i64]) -> Result<Cancelled, Malformed> {
        match numbers {
            [1] => Ok(Cancelled::GaveBack),
            [0] => Ok(Cancelled::GaveNothing),
            _ => Err(Malformed),
        }
    }

    /// The arguments with which the leaky bucket asks the same script.
    pub(super) fn queue(&self, permits: u32, timeout: Option<Duration>, when: When) -> Arguments {
        // A queue is never longer than its span: who waits for ever waits that long at most.
        let patience = timeout.map_or(1 << 53, |timeout| whole_micros(timeout).min(1 << 53));
        self.ask("queue", permits, patience, when)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> TokenBucket {
        let quota = Quota::per_second(3).unwrap().with_burst(5).unwrap();
        TokenBucket::new(quota, Duration::from_secs(1)).unwrap()
    }

    fn words(arguments: &Arguments) -> Vec<&str> {
        arguments.iter().collect()
    }

    #[test]
    fn a_call_carries_the_quota_the_question_and_the_clock() {
        let quota = ["333333", "1", "3", "1666666", "2"];
        let supplied = When::Supplied { now_us: 77, grace_ms: 9 };
        let asked = bucket().try_acquire(2, supplied);
        let tail = ["2", "0", "1000000", "77", "9"];
        assert_eq!(words(&asked), [&["acquire"][..], &quota, &tail].concat());
        let reserve = bucket().reserve(2, Some(Duration::from_nanos(1_999)), When::Server);
        let tail = ["2", "1", "1000000", "", "0"];
        assert_eq!(words(&reserve), [&["reserve"][..], &quota, &tail].concat());
        assert_eq!(words(&bucket().reserve(2, None, When::Server))[7], "1000000");
        let queue = |timeout| bucket().queue(2, timeout, When::Server);
        assert_eq!(words(&queue(Some(Duration::from_nanos(1_999))))[6..8], ["2", "1"]);
        for timeout in [None, Some(Duration::MAX)] {
            assert_eq!(words(&queue(timeout))[7], "9007199254740992", "2^53");
        }
    }

    #[test]
    fn none_or_more_than_the_burst_need_no_store() {
        assert_eq!(bucket().decided(0), Some(Ok(())));
        assert_eq!(bucket().decided(6), Some(Err(Denied::ExceedsLimit)));
        assert_eq!(bucket().decided(5), None);
        let peek = bucket().peeked(6, &[1, 2, 0, 9]).unwrap();
        assert_eq!((peek.answer, peek.remaining), (Err(Denied::ExceedsLimit), 2));
    }

    #[test]
    fn a_ticket_carries_what_the_store_needs_to_take_it_back() {
        let reply = bucket().reserved(2, &[1, 0, 250, 900, 1_000, 2, 1_250]).unwrap();
        let ticket = reply.answer.unwrap();
        assert_eq!((ticket.permits(), ticket.ready_after()), (2, Duration::from_micros(250)));
        let cancel = bucket().cancel(&ticket, When::Server);
        assert_eq!(words(&cancel)[11..], ["1000", "2", "1250"]);
        assert_eq!(
            bucket().reserved(2, &[0, 0, 3, 900]).unwrap().answer,
            Err(Denied::RetryAfter(Duration::from_micros(3)))
        );
        assert_eq!(bucket().reserved(2, &[1, 0, 250, 900]), Err(Malformed));
        assert_eq!(bucket().cancelled(&[1]), Ok(Cancelled::GaveBack));
        assert_eq!(bucket().cancelled(&[0]), Ok(Cancelled::GaveNothing));
        assert_eq!(bucket().cancelled(&[2]), Err(Malformed));
    }

    #[test]
    fn a_wait_longer_than_the_numbers_count_is_refused() {
        let quota = Quota::per_second(3).unwrap();
        let too_long = TokenBucket::new(quota, MAX_WAIT + Duration::from_nanos(1));
        assert_eq!(too_long, Err(ConfigError::MaxWaitTooLong));
        assert!(TokenBucket::new(quota, MAX_WAIT).is_ok());
    }

    #[test]
    fn a_question_too_large_for_the_burst_peeks_at_none_and_charges_all() {
        let number = |asked: Arguments| [0, 6].map(|at| asked.iter().nth(at).unwrap().to_owned());
        assert_eq!(number(bucket().peek(5, When::Server)), ["peek", "5"]);
        assert_eq!(number(bucket().peek(6, When::Server)), ["peek", "0"]);
        assert_eq!(number(bucket().charge(4, When::Server)), ["charge", "4"]);
        assert_eq!(number(bucket().charge(6, When::Server)), ["charge", "5"]);
        assert_eq!(bucket().quota(), Quota::per_second(3).unwrap().with_burst(5).unwrap());
        let granted = [1, 2, 0, 9];
        let reply = Reply { answer: Ok(()), remaining: 2, reset_after: Duration::from_micros(9) };
        assert_eq!(bucket().acquired(&granted), Ok(reply));
        assert_eq!(bucket().peeked(5, &granted), Ok(reply));
    }
}

//! The leaky bucket, slow and obvious: the oracle of the random tests and of the fuzzer.
//!
//! A bucket that leaks is a token bucket seen from outside: what has room in the one are permits in the other.
//! So the meter's oracle is the slow token bucket itself; the queue's asks it two questions and *searches* for
//! the first time at which the answers are yes.

use resil_core::Quota;

use crate::token_bucket_front::Front;
use crate::token_bucket_model::{Model, first};
use crate::vectors::{Answer, Operation, Verdict};

/// The queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Room for requests, as permits.
    pub room: Model,
    quota: Quota,
}

impl Queue {
    /// An empty queue.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self { room: Model::new(quota, None), quota }
    }

    /// Whether everybody who joined so far has left, and the interval after them is over.
    fn is_idle(&self, at_ns: u128) -> bool {
        self.room.has_at(at_ns, self.quota.burst())
    }

    fn admits(&self, at_ns: u128, permits: u32, timeout_ns: Option<u64>) -> bool {
        self.room.has_at(at_ns, permits)
            && timeout_ns.is_none_or(|timeout| self.is_idle(at_ns + u128::from(timeout)))
    }

    /// What `try_reserve` is answered.
    pub fn try_reserve(&mut self, now_ns: u64, permits: u32, timeout_ns: Option<u64>) -> Answer {
        if permits == 0 {
            return Answer::ReadyAfter(0);
        }
        let wait = self.wait(now_ns);
        if permits > self.quota.burst() {
            return Answer::Asked(Verdict::ExceedsLimit);
        }
        let now = u128::from(now_ns);
        if self.admits(now, permits, timeout_ns) {
            let taken = self.room.answer(now_ns, &Operation::TryAcquire(permits));
            assert_eq!(taken, Answer::Asked(Verdict::Granted), "the model contradicts itself");
            Answer::ReadyAfter(wait)
        } else {
            let after = first(|wait| self.admits(now + wait, permits, timeout_ns));
            Answer::Asked(Verdict::RetryAfter(after.try_into().expect("waits fit 64 bits")))
        }
    }

    /// The time until it is idle, and whether `permits` have room; as `peek` shows them.
    pub fn wait(&mut self, now_ns: u64) -> u64 {
        match self.room.answer(now_ns, &Operation::Peek(0)) {
            Answer::Peeked { reset_after_ns, .. } => reset_after_ns,
            other => panic!("a peek is answered by {other}"),
        }
    }
}

//! The leaky queue of a world: its pace, its order and its length.

use resil_core::{LeakyBucket, LeakyQueue, ManualClock, Quota};

use super::bend::Bend;
use super::{SECOND, at, ns};
use crate::exact_bucket::ExactBucket;
use crate::seed::{Choices, Random};

/// Two ticks of at most 16 ns, and a nanosecond of rounding.
const SLACK: u128 = 33;

/// Any queue.
pub fn any(random: &mut Random, clock: &ManualClock) -> LeakyQueue<ManualClock> {
    let permits = *random.one_of(&[1, 3, 50, 1_000, 999_983]);
    let burst = *random.one_of(&[1, 2, 10, 1_000]);
    let quota = Quota::new(permits, ns(SECOND), burst).expect("accepted");
    LeakyBucket::queue(quota).with_clock(clock.clone())
}

/// The queue and its books.
#[derive(Debug)]
pub struct Queue<'a> {
    queue: &'a LeakyQueue<ManualClock>,
    bend: Option<Bend>,
    quota: Quota,
    exact: ExactBucket,
    /// Where the last slot is over, in 1/permits ns.
    free_at: u128,
    latest: u64,
}

impl<'a> Queue<'a> {
    /// Nobody has joined yet.
    #[must_use]
    pub fn new(queue: &'a LeakyQueue<ManualClock>, bend: Option<Bend>) -> Self {
        let quota = queue.quota();
        let exact = ExactBucket::new(quota);
        Self { queue, bend, quota, exact, free_at: 0, latest: 0 }
    }

    /// Permits, more than the burst among them.
    pub fn any_permits(&self, random: &mut Random) -> u32 {
        let burst = self.quota.burst();
        *random.one_of(&[1, 1, 1, 2, burst, burst + 1])
    }

    /// Joins at `read`; whether it has to wait, if it is admitted.
    ///
    /// # Panics
    /// If two slots are too close, the queue is too long, or what was due is refused or late.
    pub fn join(&mut self, read: u64, permits: u32) -> Option<bool> {
        let was_due = read >= self.latest && self.exact.grants(read, permits);
        let empty_at = self.exact.empty_at(read);
        let answer = self.queue.try_reserve_at(at(read), permits);
        let Ok(slot) = answer else {
            assert!(!was_due, "room for {permits} at {read}, and refused");
            return None;
        };
        let mut ready_at = slot.ready_at().as_nanos();
        if self.bend == Some(Bend::QueueForgetsThePace) {
            ready_at = read;
        }
        assert!(ready_at >= read, "a slot in the past");
        if read >= self.latest {
            assert!(u128::from(ready_at) <= empty_at, "slot at {ready_at}, due at {empty_at}");
        }
        let (rate, period) = (u128::from(self.quota.permits()), self.quota.period().as_nanos());
        let begins = u128::from(ready_at) * rate;
        assert!(begins + SLACK * rate >= self.free_at, "two slots are too close at {ready_at}");
        self.free_at = begins + u128::from(permits) * period;
        let longest = u128::from(read) * rate + u128::from(self.quota.burst()) * period;
        assert!(self.free_at <= longest + SLACK * rate, "the queue is too long at {read}");
        self.exact.take(read, permits);
        self.latest = self.latest.max(read);
        Some(ready_at > read)
    }
}

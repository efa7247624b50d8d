//! The token bucket of a world: what it grants, promises and gives back, and what any interval may be granted.

use std::collections::BTreeMap;
use std::time::Duration;

use resil_core::token_bucket::Cancelled;
use resil_core::{Carry, Denied, ManualClock, Quota, Reservation, TokenBucket};

use super::bend::Bend;
use super::{MOST_SKEW, MS, SECOND, at, ns};
use crate::admission::Excess;
use crate::exact_bucket::ExactBucket;
use crate::seed::{Choices, Random};
use crate::token_bucket_front::Front;
use crate::token_bucket_model::Model;

/// Any bucket.
pub fn any(random: &mut Random, clock: &ManualClock) -> TokenBucket<ManualClock> {
    TokenBucket::new(any_quota(random)).with_clock(clock.clone())
}

fn any_quota(random: &mut Random) -> Quota {
    let permits = *random.one_of(&[1, 2, 3, 7, 100, 1_000, 999_983]);
    let period = *random.one_of(&[MS, SECOND, 7 * SECOND, 60 * SECOND]);
    let burst = *random.one_of(&[1, 2, 5, 20, 100, 5_000]);
    Quota::new(permits, ns(period), burst).expect("accepted")
}

fn ticks_per_permit(quota: Quota) -> u128 {
    Model::new(quota, None).ticks_per_permit() as u128
}

/// What was granted for an instant: `reservation` is 0 for what was granted at once.
#[derive(Clone, Copy, Debug)]
struct Granted {
    at: u64,
    permits: u32,
    reservation: u64,
}

/// The bucket and its books.
#[derive(Debug)]
pub struct Bucket<'a> {
    bucket: &'a TokenBucket<ManualClock>,
    bend: Option<Bend>,
    quota: Quota,
    per_permit: u128,
    /// Until something was given back or changed.
    exact: Option<ExactBucket>,
    /// Of the quota at hand.
    excess: Excess,
    /// Not in `excess` yet: a time that steps back may still bring something before it.
    granted: Vec<Granted>,
    reservations: BTreeMap<u64, Reservation<'a, ManualClock>>,
    latest: u64,
    state: u64,
}

impl<'a> Bucket<'a> {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(bucket: &'a TokenBucket<ManualClock>, bend: Option<Bend>) -> Self {
        let quota = bucket.quota();
        Self {
            bucket,
            bend,
            quota,
            per_permit: ticks_per_permit(quota),
            exact: Some(ExactBucket::new(quota)),
            excess: Excess::new(quota),
            granted: Vec::new(),
            reservations: BTreeMap::new(),
            latest: 0,
            state: 0,
        }
    }

    /// Another number after everything that may change what is answered.
    #[must_use]
    pub const fn state(&self) -> u64 {
        self.state
    }

    /// Permits, more than the burst among them.
    pub fn any_permits(&self, random: &mut Random) -> u32 {
        let burst = self.quota.burst();
        *random.one_of(&[1, 1, 1, 2, burst.div_ceil(2), burst, burst + 1])
    }

    /// Asks at `read`. None: granted; otherwise the wait, if one helps.
    ///
    /// # Panics
    /// If what the bucket says is not so.
    pub fn ask(&mut self, read: u64, permits: u32) -> Option<Option<u64>> {
        let seen = self.bucket.peek_at(at(read), permits);
        let answer = self.bucket.try_acquire_at(at(read), permits);
        assert_eq!(seen.answer, answer, "what peek says is what happens");
        assert_eq!(answer == Ok(()), permits <= seen.remaining, "{seen:?} for {permits}");
        let answer = self.bent(answer);
        let was_due = self.was_due(read, permits);
        match answer {
            Ok(()) => {
                self.book(read, permits, 0, true);
                None
            }
            Err(Denied::ExceedsLimit) => {
                assert!(permits > self.quota.burst(), "{permits} of {:?} fit", self.quota);
                Some(None)
            }
            Err(Denied::RetryAfter(wait)) => {
                assert!(!was_due, "{permits} permits were there at {read}, and refused");
                assert!(permits <= self.quota.burst() && wait > Duration::ZERO);
                Some(Some(wait.as_nanos() as u64))
            }
        }
    }

    fn bent(&self, answer: Result<(), Denied>) -> Result<(), Denied> {
        match (self.bend, answer) {
            (Some(Bend::BucketGrantsMore), Err(Denied::RetryAfter(_))) => Ok(()),
            (Some(Bend::BucketRefusesMore), Ok(())) => Err(Denied::RetryAfter(ns(SECOND))),
            (Some(Bend::BucketTellsTooShort), Err(Denied::RetryAfter(wait))) if wait > ns(1) => {
                Err(Denied::RetryAfter(wait - ns(1)))
            }
            _ => answer,
        }
    }

    /// By exact fractions, as far as they are known; a reading that is not the latest may come out a tick apart.
    fn was_due(&self, read: u64, permits: u32) -> bool {
        read >= self.latest && self.exact.as_ref().is_some_and(|exact| exact.grants(read, permits))
    }

    /// `permits` asked for at `read` may go at `when`.
    fn book(&mut self, when: u64, permits: u32, reservation: u64, takes: bool) {
        self.state += 1;
        self.granted.push(Granted { at: when, permits, reservation });
        if let Some(exact) = self.exact.as_mut().filter(|_| takes) {
            exact.take(when, permits);
        }
    }

    /// Reserves; the reservation's number and when it is due.
    ///
    /// # Panics
    /// If it would wait longer than was asked for, or than is due.
    pub fn reserve(&mut self, random: &mut Random, read: u64, permits: u32) -> Option<(u64, u64)> {
        let timeout = *random.one_of(&[None, Some(0), Some(10 * MS), Some(10 * SECOND)]);
        let answer = self.bucket.reserve_within_at(at(read), permits, timeout.map(ns));
        let reservation = answer.ok()?;
        let mut wait = reservation.ready_after().as_nanos() as u64;
        match self.bend {
            Some(Bend::ReservationIsLate) => wait += 3,
            Some(Bend::ReservationIsEarly) => wait = 0,
            _ => {}
        }
        assert!(timeout.is_none_or(|timeout| wait <= timeout), "{wait} ns for {timeout:?}");
        if let Some(exact) = self.exact.as_mut() {
            let due = exact.wait(read, permits);
            let slack = if read >= self.latest { 0 } else { 1 };
            assert!(u128::from(wait) <= due + slack, "{wait} ns for what is due in {due}");
            exact.take(read, permits);
        }
        let id = self.state + 1;
        self.book(read + wait, permits, id, false);
        self.reservations.insert(id, reservation);
        Some((id, read + wait))
    }

    /// Waits for permits, on the clock that moves by that; whether it got them.
    ///
    /// # Panics
    /// If it waits longer than it may, or fails and leaves a trace.
    pub fn acquire(&mut self, random: &mut Random, clock: &ManualClock, read: u64) -> bool {
        use resil_core::Clock;
        let permits = self.any_permits(random);
        let timeout = *random.one_of(&[0, MS, SECOND, 20 * SECOND]);
        let before = self.bucket.peek_at(at(read), permits);
        let due = self.exact.as_ref().map(|exact| exact.wait(read, permits));
        let answer = self.bucket.acquire(permits, Some(ns(timeout)));
        let waited = clock.now().as_nanos() - read;
        assert!(waited <= timeout, "waited {waited} ns of {timeout}");
        if answer.is_err() {
            assert_eq!(waited, 0, "it fails at once");
            assert_eq!(self.bucket.peek_at(at(read), permits), before, "it takes nothing");
            return false;
        }
        if let (Some(due), true) = (due, read >= self.latest) {
            assert!(u128::from(waited) <= due, "waited {waited} ns for what was due in {due}");
        }
        if let Some(exact) = self.exact.as_mut() {
            exact.take(read, permits);
        }
        // Promised like a reservation, and not to be cancelled.
        self.book(read + waited, permits, u64::MAX, false);
        self.latest = self.latest.max(read);
        waited > 0
    }

    /// Gives a reservation back; whether anything came back.
    ///
    /// # Panics
    /// If something comes back after the reservation was due.
    pub fn cancel(&mut self, id: u64, read: u64) -> bool {
        let Some(reservation) = self.reservations.remove(&id) else { return false };
        let is_late = read > reservation.ready_at().as_nanos();
        let gave = reservation.cancel_at(at(read)) == Cancelled::GaveBack;
        assert!(!(is_late && gave), "what is used already came back");
        if gave {
            self.exact = None;
            self.state += 1;
            self.granted.retain(|granted| granted.reservation != id);
        }
        gave
    }

    /// Another quota. What was granted under the old one is judged by it.
    pub fn change(&mut self, random: &mut Random, read: u64) -> bool {
        let carries = [Carry::AsIs, Carry::Additive, Carry::Proportional, Carry::Reset];
        let carry = *random.one_of(&carries);
        self.settle(u64::MAX);
        self.judge();
        self.quota = any_quota(random);
        self.bucket.set_quota_at(at(read), self.quota, carry);
        assert_eq!(self.bucket.quota(), self.quota);
        self.state += 1;
        self.per_permit = ticks_per_permit(self.quota);
        self.excess = Excess::new(self.quota);
        self.exact = None;
        true
    }

    /// Looks at everything at `read`.
    ///
    /// # Panics
    /// If some interval was granted too much.
    pub fn look(&mut self, read: u64) {
        self.latest = self.latest.max(read);
        self.settle(self.latest.saturating_sub(MOST_SKEW));
        self.judge();
    }

    fn settle(&mut self, before: u64) {
        self.granted.sort_by_key(|granted| granted.at);
        let count = self.granted.partition_point(|granted| granted.at < before);
        for granted in self.granted.drain(..count) {
            self.excess.grant(granted.at, granted.permits);
        }
    }

    fn judge(&self) {
        // A promise is due at a whole nanosecond, less than one after its permits are there.
        assert!(
            self.excess.is_within(2, self.per_permit, 1),
            "an interval was granted {} 1/permits ns too much of {:?}",
            self.excess.worst(),
            self.quota
        );
    }

    /// Once the time has passed that it says, it is full: nothing is lost for ever.
    ///
    /// # Panics
    /// If it is not.
    pub fn refill(&mut self, now: u64) {
        let full = now + self.bucket.peek_at(at(now), 0).reset_after.as_nanos() as u64;
        if full > resil_core::Instant::MAX.as_nanos() {
            return;
        }
        let burst = self.quota.burst();
        assert_eq!(self.bucket.peek_at(at(full), burst).remaining, burst);
        assert!(self.ask(full, burst).is_none(), "it stays short of full");
        self.settle(u64::MAX);
        self.judge();
    }
}

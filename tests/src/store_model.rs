//! The token and the leaky bucket as a store keeps them, slow and obvious: the oracle of the script's random test.
//!
//! It counts *permits*, as fractions of whole numbers, where the script counts time; whole microseconds come in
//! only where something is answered. What was taken since a reservation is counted as it flows: permits taken, and
//! permits that ran over the brim of a full bucket.

use num_bigint::BigInt;
use num_rational::BigRational;
use resil_core::Quota;

/// What the script answers, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether permits were granted.
    pub granted: bool,
    /// Whole permits that are there then.
    pub remaining: u64,
    /// The wait before it, or after which it would be granted.
    pub wait_us: u64,
    /// Time until full.
    pub reset_us: u64,
}

/// A reservation.
#[derive(Clone, Debug)]
pub struct Promise {
    permits: u32,
    flow: BigRational,
    act_us: u64,
    cancelled: bool,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Model {
    burst: u32,
    /// Permits per microsecond.
    rate: BigRational,
    /// The most that may be owed.
    most_owed: BigRational,
    max_wait_us: u64,
    /// When something last changed, and the permits there were then.
    at_us: u64,
    there: BigRational,
    /// Permits that ever left, one way or the other.
    flow: BigRational,
}

fn whole(number: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(number.into())
}

impl Model {
    /// A full bucket, from which nobody reserves for later than `max_wait_us`.
    #[must_use]
    pub fn new(quota: Quota, max_wait_us: u64) -> Self {
        let rate = whole(u64::from(quota.permits()) * 1_000) / whole(quota.period().as_nanos());
        Self {
            burst: quota.burst(),
            most_owed: whole(max_wait_us) * &rate,
            rate,
            max_wait_us,
            at_us: 0,
            there: whole(quota.burst()),
            flow: whole(0),
        }
    }

    /// The permits there are at `now_us`, and what has flown by then.
    fn seen(&self, now_us: u64) -> (BigRational, BigRational) {
        let passed = (whole(now_us) - whole(self.at_us)) * &self.rate;
        let there = &self.there + passed;
        let spilled = (&there - whole(self.burst)).max(whole(0));
        // More is never owed: that was another clock's time.
        let forgiven = (-&there - &self.most_owed).max(whole(0));
        (there - &spilled + &forgiven, &self.flow + spilled - forgiven)
    }

    fn take(&mut self, now_us: u64, permits: u32) {
        let (there, flow) = self.seen(now_us);
        (self.at_us, self.there, self.flow) =
            (now_us, there - whole(permits), flow + whole(permits));
    }

    /// Whole microseconds until so many more permits have come.
    fn time(&self, permits: &BigRational) -> u64 {
        let micros = (permits / &self.rate).ceil().to_integer();
        micros.max(BigInt::ZERO).try_into().expect("waits fit")
    }

    fn said(&self, now_us: u64, granted: bool, wait_us: u64) -> Said {
        let (there, _) = self.seen(now_us);
        let remaining = there.floor().to_integer().max(BigInt::ZERO).try_into().unwrap();
        Said { granted, remaining, wait_us, reset_us: self.time(&(whole(self.burst) - there)) }
    }

    /// Takes permits if they are there after at most `patience_us`.
    pub fn reserve(
        &mut self,
        now_us: u64,
        permits: u32,
        patience_us: u64,
    ) -> (Said, Option<Promise>) {
        let patience = patience_us.min(self.max_wait_us);
        let wait = self.time(&(whole(permits) - self.seen(now_us).0));
        if wait > patience {
            return (self.said(now_us, false, wait - patience), None);
        }
        self.take(now_us, permits);
        let (flow, act_us) = (self.flow.clone(), now_us + wait);
        (self.said(now_us, true, wait), Some(Promise { permits, flow, act_us, cancelled: false }))
    }

    /// Takes permits if they are there.
    pub fn acquire(&mut self, now_us: u64, permits: u32) -> Said {
        self.reserve(now_us, permits, 0).0
    }

    /// As `acquire`, and takes nothing.
    #[must_use]
    pub fn peek(&self, now_us: u64, permits: u32) -> Said {
        let wait = self.time(&(whole(permits) - self.seen(now_us).0));
        self.said(now_us, wait == 0, wait)
    }

    /// Joins a queue that admits what is there, unless the wait for those before is longer than `patience_us`.
    pub fn queue(&mut self, now_us: u64, permits: u32, patience_us: u64) -> Said {
        let there = self.seen(now_us).0;
        let full = self.time(&(whole(permits) - &there));
        let before = self.time(&(whole(self.burst) - there));
        let short = full.max(before.saturating_sub(patience_us));
        if short > 0 {
            return self.said(now_us, false, short);
        }
        self.take(now_us, permits);
        self.said(now_us, true, before)
    }

    /// Gives back what nobody took since; whether anything.
    pub fn cancel(&mut self, now_us: u64, promise: &mut Promise) -> bool {
        if now_us > promise.act_us || promise.cancelled {
            return false;
        }
        promise.cancelled = true;
        let (there, flow) = self.seen(now_us);
        let since = (&flow - &promise.flow).max(whole(0));
        let back = whole(promise.permits) - since;
        if back <= whole(0) || there == whole(self.burst) {
            return false;
        }
        let filled = (&there + &back).min(whole(self.burst));
        let back = &filled - there;
        (self.at_us, self.there, self.flow) = (now_us, filled, flow - back);
        true
    }
}

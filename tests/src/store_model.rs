//! The token and the leaky bucket as a store keeps them, slow and obvious: the oracle of the script's random test.
//!
//! It counts *permits*, as fractions of one denominator, where the script counts time; whole microseconds come in
//! only where something is answered. What was taken since a reservation is counted as it flows: permits taken, and
//! permits that ran over the brim of a full bucket.

use resil_core::Quota;

/// What the script answers, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    flow: i128,
    cancelled: bool,
    /// When the bucket is full again: whole microseconds, and the numerator of the rest over the interval's.
    pub full_at: (u64, u64),
    /// When the permits are there.
    pub act_us: u64,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Model {
    burst: u32,
    /// A permit is so many parts. Below 2^73, so bursts stay below 2^105, and whole histories below 2^127.
    permit: i128,
    /// Parts that come in a microsecond; below 2^43, so that all of Unix time is below 2^94.
    rate: i128,
    max_wait_us: u64,
    /// When something last changed, and the parts there were then.
    at_us: u64,
    there: i128,
    /// Parts that ever left, one way or the other.
    flow: i128,
}

fn ceil(number: i128, by: i128) -> i128 {
    number.div_euclid(by) + i128::from(number.rem_euclid(by) > 0)
}

impl Model {
    /// A full bucket, from which nobody reserves for later than `max_wait_us`.
    ///
    /// # Panics
    /// Never: a quota's period fits.
    #[must_use]
    pub fn new(quota: Quota, max_wait_us: u64) -> Self {
        let period_ns = i128::try_from(quota.period().as_nanos()).expect("a quota's period fits");
        let permits = i128::from(quota.permits()) * 1_000;
        let (mut common, mut rest) = (period_ns, permits);
        while rest > 0 {
            (common, rest) = (rest, common % rest);
        }
        let (permit, rate) = (period_ns / common, permits / common);
        let there = i128::from(quota.burst()) * permit;
        Self { burst: quota.burst(), permit, rate, max_wait_us, at_us: 0, there, flow: 0 }
    }

    fn parts(&self, permits: u32) -> i128 {
        i128::from(permits) * self.permit
    }

    /// The parts there are at `now_us`, and what has flown by then.
    fn seen(&self, now_us: u64) -> (i128, i128) {
        let there = self.there + (i128::from(now_us) - i128::from(self.at_us)) * self.rate;
        let spilled = (there - self.parts(self.burst)).max(0);
        // More than the longest wait brings is never owed: that was another clock's time.
        let most_owed = i128::from(self.max_wait_us) * self.rate;
        let forgiven = (-there - most_owed).max(0);
        (there - spilled + forgiven, self.flow + spilled - forgiven)
    }

    fn take(&mut self, now_us: u64, permits: u32) {
        let ((there, flow), parts) = (self.seen(now_us), self.parts(permits));
        (self.at_us, self.there, self.flow) = (now_us, there - parts, flow + parts);
    }

    /// Whole microseconds until so many more parts have come.
    fn time(&self, parts: i128) -> u64 {
        ceil(parts, self.rate).max(0).try_into().expect("waits fit")
    }

    fn said(&self, now_us: u64, granted: bool, wait_us: u64) -> Said {
        let (there, _) = self.seen(now_us);
        let remaining = (there / self.permit).max(0).try_into().expect("no more than the burst");
        Said { granted, remaining, wait_us, reset_us: self.time(self.parts(self.burst) - there) }
    }

    /// Takes permits if they are there after at most `patience_us`.
    ///
    /// # Panics
    /// Never: instants of a test fit.
    pub fn reserve(
        &mut self,
        now_us: u64,
        permits: u32,
        patience_us: u64,
    ) -> (Said, Option<Promise>) {
        let patience = patience_us.min(self.max_wait_us);
        let wait = self.time(self.parts(permits) - self.seen(now_us).0);
        if wait > patience {
            return (self.said(now_us, false, wait - patience), None);
        }
        self.take(now_us, permits);
        let missing = self.parts(self.burst) - self.there;
        let number = |number: i128| u64::try_from(number).expect("instants fit");
        let full_at = (now_us + number(missing / self.rate), number(missing % self.rate));
        let (flow, act_us) = (self.flow, now_us + wait);
        let promise = Promise { permits, flow, cancelled: false, full_at, act_us };
        (self.said(now_us, true, wait), Some(promise))
    }

    /// Takes permits if they are there.
    pub fn acquire(&mut self, now_us: u64, permits: u32) -> Said {
        self.reserve(now_us, permits, 0).0
    }

    /// Takes permits that were granted elsewhere.
    pub fn charge(&mut self, now_us: u64, permits: u32) -> Said {
        self.take(now_us, permits);
        (self.there, self.flow) = self.seen(now_us);
        self.said(now_us, true, 0)
    }

    /// As `acquire`, and takes nothing.
    #[must_use]
    pub fn peek(&self, now_us: u64, permits: u32) -> Said {
        let wait = self.time(self.parts(permits) - self.seen(now_us).0);
        self.said(now_us, wait == 0, wait)
    }

    /// Joins a queue that admits what is there, unless the wait for those before is longer than `patience_us`.
    pub fn queue(&mut self, now_us: u64, permits: u32, patience_us: u64) -> Said {
        let there = self.seen(now_us).0;
        let full = self.time(self.parts(permits) - there);
        let before = self.time(self.parts(self.burst) - there);
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
        let ((there, flow), full) = (self.seen(now_us), self.parts(self.burst));
        let since = (flow - promise.flow).max(0);
        let back = self.parts(promise.permits) - since;
        if back <= 0 || there == full {
            return false;
        }
        let filled = (there + back).min(full);
        (self.at_us, self.there, self.flow) = (now_us, filled, flow - (filled - there));
        true
    }
}

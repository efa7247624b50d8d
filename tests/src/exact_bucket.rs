//! The bucket as an exact fraction, and the bound on what any interval may be granted.
//!
//! There are no ticks and no rounding: time is counted in units of `1/permits` ns, in which a permit is worth
//! `period` and everything is a whole number below 2^97.

use resil_core::Quota;

/// The bucket, told what was granted.
#[derive(Clone, Debug)]
pub struct ExactBucket {
    permits: u128,
    period: u128,
    burst: u32,
    /// From empty to full.
    span: u128,
    /// When it is full.
    full_at: u128,
}

impl ExactBucket {
    /// A full bucket of `quota`.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        let (permits, period) = (u128::from(quota.permits()), quota.period().as_nanos());
        let span = u128::from(quota.burst()) * period;
        Self { permits, period, burst: quota.burst(), span, full_at: 0 }
    }

    /// When it is full, after `n` permits more at `now`.
    #[inline]
    #[must_use]
    pub fn after(&self, now: u64, n: u32) -> u128 {
        self.full_at.max(u128::from(now) * self.permits) + u128::from(n) * self.period
    }

    /// Whether `n` permits are there at `now`.
    #[inline]
    #[must_use]
    pub fn grants(&self, now: u64, n: u32) -> bool {
        n <= self.burst && self.after(now, n) <= u128::from(now) * self.permits + self.span
    }

    /// The smallest wait after which `n` permits are there, in whole nanoseconds.
    #[must_use]
    pub fn wait(&self, now: u64, n: u32) -> u128 {
        let ready = self.after(now, n).saturating_sub(self.span);
        ready.div_ceil(self.permits).saturating_sub(now.into())
    }

    /// `n` permits were granted at `now`, whether they were there or not.
    #[inline]
    pub fn take(&mut self, now: u64, n: u32) {
        self.full_at = self.after(now, n);
    }

    /// When the queue is empty again, in nanoseconds rounded up; `now` if it is.
    #[must_use]
    pub fn empty_at(&self, now: u64) -> u128 {
        self.full_at.div_ceil(self.permits).max(now.into())
    }
}

/// What intervals were granted beyond `burst + rate * interval`, in one pass over what was granted in order of
/// time: permits pile up and drain at the rate, and the highest pile is the excess of the worst interval.
#[derive(Clone, Debug)]
pub struct Excess {
    permits: u128,
    period: u128,
    span: u128,
    pile: u128,
    latest: u64,
    worst: u128,
}

impl Excess {
    /// Nothing was granted yet.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        let ExactBucket { permits, period, span, .. } = ExactBucket::new(quota);
        Self { permits, period, span, pile: 0, latest: 0, worst: 0 }
    }

    /// `n` permits were granted at `now`, no earlier than the last.
    #[inline]
    pub fn grant(&mut self, now: u64, n: u32) {
        self.pile = self.pile.saturating_sub(u128::from(now - self.latest) * self.permits);
        self.pile += u128::from(n) * self.period;
        self.latest = now;
        self.worst = self.worst.max(self.pile.saturating_sub(self.span));
    }

    /// The excess of the worst interval, in units of `1/permits` ns.
    #[must_use]
    pub fn worst(&self) -> u128 {
        self.worst
    }

    /// Whether some interval was granted exactly all there was for it, and none more.
    #[must_use]
    pub fn is_exactly_met(&self) -> bool {
        self.pile == self.span && self.worst == 0
    }

    /// Whether the worst excess is at most so many ticks, of which `per_permit` make a permit, and so many
    /// nanoseconds.
    #[must_use]
    pub fn is_within(&self, ticks: u128, per_permit: u128, nanos: u128) -> bool {
        let beyond = self.worst.saturating_sub(nanos * self.permits);
        beyond.checked_mul(per_permit).is_some_and(|it| it <= ticks * self.period)
    }
}

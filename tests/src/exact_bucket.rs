//! The bucket as an exact fraction.
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

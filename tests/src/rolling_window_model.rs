//! The rolling window, slow and obvious: a list of everything that was kept.
//!
//! It follows the documentation and nothing of the library's code: no ring, no laps, no reciprocal.

use resil_core::rolling_window::{Recorded, Totals};

/// The window.
#[derive(Clone, Debug)]
pub struct Model {
    width_ns: u64,
    count: u64,
    limit: u128,
    leaves_out_current: bool,
    /// The newest bucket in which something was to be recorded.
    newest: u64,
    /// Bucket and value of everything kept.
    kept: Vec<(u64, u64)>,
}

impl Model {
    /// An empty window of `count` buckets, each of which holds at most `limit`.
    #[must_use]
    pub const fn new(width_ns: u64, count: u32, limit: u64, leaves_out_current: bool) -> Self {
        let (count, limit) = (count as u64, limit as u128);
        Self { width_ns, count, limit, leaves_out_current, newest: 0, kept: Vec::new() }
    }

    /// What becomes of `value` at `now_ns`.
    pub fn record(&mut self, now_ns: u64, value: u64) -> Recorded {
        let bucket = now_ns / self.width_ns;
        self.newest = self.newest.max(bucket);
        if self.newest - bucket >= self.count {
            return Recorded::Late;
        }
        self.kept.push((bucket, value));
        let (sum, count) = self.everything_in(i128::from(bucket));
        // What fits still fits into a count that is full: nothing.
        let sum_overflows = value > 0 && sum > self.limit;
        if sum_overflows || count > self.limit { Recorded::Saturated } else { Recorded::Kept }
    }

    /// The buckets that a reading at `now_ns` visits, oldest first.
    #[must_use]
    pub fn window(&self, now_ns: u64) -> Vec<Totals> {
        let newest = i128::from(self.newest.max(now_ns / self.width_ns));
        let end = newest + i128::from(!self.leaves_out_current);
        (newest - i128::from(self.count) + 1..end)
            .map(|bucket| {
                let (sum, count) = self.everything_in(bucket);
                Totals { sum: sum.min(self.limit) as u64, count: count.min(self.limit) as u64 }
            })
            .collect()
    }

    /// The sum and the count of all that was kept in one bucket.
    fn everything_in(&self, bucket: i128) -> (u128, u128) {
        let kept = self.kept.iter().filter(|(b, _)| i128::from(*b) == bucket);
        (kept.clone().map(|(_, value)| u128::from(*value)).sum(), kept.count() as u128)
    }
}

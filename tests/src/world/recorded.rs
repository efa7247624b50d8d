//! The rolling window of a world, and a list of what is in it.

use std::collections::BTreeMap;

use resil_core::rolling_window::{Recorded as Told, Totals};
use resil_core::{ManualClock, RollingWindow};

use super::bend::Bend;
use super::{MS, SECOND, at, ns};
use crate::seed::{Choices, Random};

/// Any window, of at least 4 s: readings are never so early that their bucket has left.
pub fn any(random: &mut Random, clock: &ManualClock) -> RollingWindow<ManualClock> {
    let (width, count) =
        *random.one_of(&[(100 * MS, 60), (250 * MS, 40), (SECOND, 5), (60 * SECOND, 2)]);
    RollingWindow::with_clock(ns(width), count, clock.clone()).expect("accepted")
}

/// The window and its books.
#[derive(Debug)]
pub struct Recorded<'a> {
    window: &'a RollingWindow<ManualClock>,
    bend: Option<Bend>,
    buckets: BTreeMap<u64, Totals>,
}

impl<'a> Recorded<'a> {
    /// Nothing was recorded yet.
    #[must_use]
    pub fn new(window: &'a RollingWindow<ManualClock>, bend: Option<Bend>) -> Self {
        Self { window, bend, buckets: BTreeMap::new() }
    }

    fn width(&self) -> u64 {
        self.window.config().bucket_width().as_nanos() as u64
    }

    /// Records `value` at `read`.
    ///
    /// # Panics
    /// If it is not kept.
    pub fn record(&mut self, read: u64, value: u64) {
        assert_eq!(self.window.record_at(at(read), value), Told::Kept);
        if self.bend == Some(Bend::SampleCountsTwice) {
            let _ = self.window.record_at(at(read), value);
        }
        let totals = self.buckets.entry(read / self.width()).or_default();
        totals.sum += value;
        totals.count += 1;
    }

    /// Compares at `now`, no earlier than any reading; whether something has left since.
    ///
    /// # Panics
    /// If the window does not hold what the books say.
    pub fn look(&mut self, now: u64) -> bool {
        let newest = now / self.width();
        let count = u64::from(self.window.config().bucket_count());
        let before = self.buckets.len();
        self.buckets.retain(|bucket, _| bucket + count > newest);
        let expected = self.buckets.values().fold(Totals::default(), |all, bucket| Totals {
            sum: all.sum + bucket.sum,
            count: all.count + bucket.count,
        });
        assert_eq!(self.window.totals_at(at(now)), expected, "the window at {now}");
        self.buckets.len() < before
    }
}

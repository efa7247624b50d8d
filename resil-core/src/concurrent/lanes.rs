//! Counts by bucket that threads share: the ring of `sync`, the grid of `pure`, and the newest bucket seen.

use std::ops::Range;
use std::time::Duration;

use crate::input::Clock;
use crate::pure::grid::{ConfigError, Grid, Recorded};
use crate::pure::instant::Instant;
use crate::sync::ring::{Added, Field, Ring};
use crate::sync::word::Word;

/// Refuses buckets that the clock's steps would blur.
pub(crate) fn check_clock(bucket_width: Duration, clock: &impl Clock) -> Result<(), ConfigError> {
    let at_least = clock.narrowest_bucket();
    if bucket_width < at_least {
        return Err(ConfigError::BucketWidthTooShortForClock { at_least });
    }
    Ok(())
}

/// The words of a window on their grid.
#[derive(Debug)]
pub(crate) struct Lanes<const L: usize> {
    ring: Ring<L>,
}

impl<const L: usize> Lanes<L> {
    pub(crate) fn new(grid: &Grid) -> Self {
        let field =
            Field { content: grid.content_mask(), limit: grid.limit(), light: grid.light() };
        Self { ring: Ring::new(grid.slots(), field) }
    }

    #[inline]
    pub(crate) fn add(&self, grid: &Grid, lane: usize, bucket: u64, amount: u64) -> Recorded {
        match self.ring.add(grid.slot(bucket), lane, grid.tag(bucket), amount) {
            Added::Whole => Recorded::Kept,
            Added::UpToLimit => Recorded::Saturated,
            Added::Not => Recorded::Late,
        }
    }

    /// The words of a run of slots.
    #[inline]
    pub(crate) fn words(&self, slots: Range<usize>) -> impl Iterator<Item = [u64; L]> {
        self.ring.load(slots)
    }
}

/// The newest bucket that a window was told of: what decides whether a sample is late, and which buckets a
/// reading at an earlier instant sees. Written once per bucket, so looking at it is free.
#[derive(Debug)]
pub(crate) struct Newest {
    bucket: Word,
}

impl Newest {
    pub(crate) fn new() -> Self {
        Self { bucket: Word::new(0) }
    }

    /// The newest bucket at `now`.
    #[inline]
    pub(crate) fn latest(&self, grid: &Grid, now: Instant) -> u64 {
        self.bucket.load().max(grid.bucket(now))
    }

    /// As [`Newest::latest`], and known from then on.
    #[inline]
    pub(crate) fn advance(&self, grid: &Grid, now: Instant) -> u64 {
        self.bucket.raise(grid.bucket(now))
    }

    /// The bucket of `now`, known from then on, unless it has left the window.
    #[inline]
    pub(crate) fn enter(&self, grid: &Grid, now: Instant) -> Option<u64> {
        let bucket = grid.bucket(now);
        let newest = self.bucket.raise(bucket);
        (!grid.is_late(bucket, newest)).then_some(bucket)
    }
}

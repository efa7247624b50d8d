//! Time cut into buckets, and the ring of words that holds the newest of them.
//!
//! Bucket `b` is `[b * width, (b + 1) * width)` from the clock's zero. It lives in slot `b % slots` of a ring
//! whose size is the next power of two from `bucket_count` on. A word is `lap (upper bits) | content`, where
//! `lap = b / slots` tells which bucket of its slot the content belongs to: a word of another lap reads as
//! empty, so expiry needs no sweeping. The lap field holds every lap up to the last instant and never wraps,
//! so no idle time, however long, brings old content back.
//! Invariant: a word's content is at most `limit`, half of what its field holds, but for additions in flight.
//! Units: nanoseconds.

use core::fmt;
use core::ops::Range;
use core::time::Duration;

use super::instant::{Instant, saturating_nanos};

/// The most buckets of a window: a reading looks at each.
const MAX_BUCKETS: u32 = 1 << 16;
/// The narrowest bucket. Reading a clock takes a twentieth of it, and its word still counts to 512.
const MIN_WIDTH_NS: u64 = 1_000;
/// Additions above `limit / 2^16` are checked first: as many threads may race past the limit with smaller
/// ones before the lap above the content is in danger.
const LIGHT_SHIFT: u32 = 16;

/// The buckets of a window, checked: how wide, how many, and where each lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    width_ns: u64,
    count: u32,
    /// `ceil(2^(63 + shift) / width)`, with `2^shift` the next power of two from `width` on.
    reciprocal: u64,
    shift: u8,
    lap_shift: u8,
    slot_mask: u64,
    /// The bits below the lap. A mask and not their number: comparing with it is all that a reading does.
    content_mask: u64,
    limit: u64,
}

impl Grid {
    /// `count` buckets, each `width` wide.
    pub(crate) const fn new(width: Duration, count: u32) -> Result<Self, ConfigError> {
        let width_ns = saturating_nanos(width);
        if width_ns < MIN_WIDTH_NS {
            return Err(ConfigError::BucketWidthTooShort);
        }
        if count == 0 {
            return Err(ConfigError::BucketCountIsZero);
        }
        if count > MAX_BUCKETS {
            return Err(ConfigError::BucketCountTooHigh);
        }
        let last = Instant::MAX.as_nanos();
        if width_ns as u128 * count as u128 > last as u128 {
            return Err(ConfigError::SpanTooLong);
        }
        let shift = width_ns.next_power_of_two().trailing_zeros();
        let reciprocal = (1_u128 << (63 + shift)).div_ceil(width_ns as u128) as u64;
        let slots = count.next_power_of_two() as u64;
        let lap_shift = slots.trailing_zeros();
        let last_lap = (last / width_ns) >> lap_shift;
        // A lap field of at least one bit, so that shifting by the content's bits is defined.
        let content_bits = if last_lap == 0 { 63 } else { last_lap.leading_zeros() };
        // Half the field; and so little that the sum of all buckets, each twice over, fits a word.
        let half = 1 << (content_bits - 1);
        let share = u64::MAX / (2 * count as u64);
        let limit = if half < share { half } else { share };
        Ok(Self {
            width_ns,
            count,
            reciprocal,
            shift: shift as u8,
            lap_shift: lap_shift as u8,
            slot_mask: slots - 1,
            content_mask: (1 << content_bits) - 1,
            limit,
        })
    }

    /// The width of a bucket.
    pub(crate) const fn bucket_width(&self) -> Duration {
        Duration::from_nanos(self.width_ns)
    }

    /// How many buckets a window has.
    pub(crate) const fn bucket_count(&self) -> u32 {
        self.count
    }

    /// How many slots the ring has.
    pub(crate) const fn slots(&self) -> usize {
        self.slot_mask as usize + 1
    }

    /// The most that one bucket counts.
    pub(crate) const fn limit(&self) -> u64 {
        self.limit
    }

    /// The most that may be added without looking first.
    pub(crate) const fn light(&self) -> u64 {
        self.limit >> LIGHT_SHIFT
    }

    /// The content's field in a word.
    pub(crate) const fn content_mask(&self) -> u64 {
        self.content_mask
    }

    /// The bucket that `now` lies in: `now / width`, exact for every instant.
    ///
    /// `reciprocal` is less than 1 too great, `2 * now` less than 2^64: the product's error stays below one
    /// part in `width`, the least distance from a quotient to the next whole number.
    #[inline]
    pub(crate) const fn bucket(&self, now: Instant) -> u64 {
        let product = self.reciprocal as u128 * (now.as_nanos() << 1) as u128;
        (product >> 64) as u64 >> self.shift
    }

    /// The slot that `bucket` lives in.
    #[inline]
    pub(crate) const fn slot(&self, bucket: u64) -> usize {
        (bucket & self.slot_mask) as usize
    }

    /// An empty word of `bucket`: its lap, and no content.
    ///
    /// Buckets before the clock's zero count backwards, wrapping. Their lap is that of buckets 292 years on.
    #[inline]
    pub(crate) const fn tag(&self, bucket: u64) -> u64 {
        (((bucket as i64) >> self.lap_shift) as u64).wrapping_mul(self.content_mask + 1)
    }

    /// Whether `bucket` has left the window whose newest bucket is `newest`.
    #[inline]
    pub(crate) const fn is_late(&self, bucket: u64, newest: u64) -> bool {
        newest.saturating_sub(bucket) >= self.count as u64
    }

    /// The first bucket whose window no longer holds `bucket`.
    #[inline]
    pub(crate) const fn leaves(&self, bucket: u64) -> u64 {
        bucket + self.count as u64
    }

    /// When `bucket` began, saturating.
    pub(crate) const fn start(&self, bucket: u64) -> Instant {
        Instant::saturating_from_nanos(bucket.saturating_mul(self.width_ns))
    }

    /// `word` with `amount` added to the bucket that `tag` is of, and what became of the amount.
    pub(crate) const fn add(&self, word: u64, tag: u64, amount: u64) -> (u64, Recorded) {
        let held = word & !self.content_mask();
        if held > tag {
            return (word, Recorded::Late);
        }
        let content = if held == tag { word - tag } else { 0 };
        if amount <= self.limit - content {
            (tag | (content + amount), Recorded::Kept)
        } else {
            (tag | self.limit, Recorded::Saturated)
        }
    }

    /// What `word` holds of the bucket that `tag` is of.
    #[inline]
    pub(crate) const fn content(&self, word: u64, tag: u64) -> u64 {
        let content = word.wrapping_sub(tag);
        // A select, not a branch: which buckets of a window are empty is nothing that can be predicted.
        if content > self.content_mask() { 0 } else { content }
    }

    /// The first `visited` buckets, oldest first, of the window whose newest bucket is `newest`: two runs of
    /// slots, each of one lap.
    #[inline]
    pub(crate) const fn runs(&self, newest: u64, visited: u32) -> [(Range<usize>, u64); 2] {
        let oldest = newest.wrapping_sub(self.count as u64 - 1);
        let first = self.slot(oldest);
        let end = first + visited as usize;
        if end <= self.slots() {
            [(first..end, self.tag(oldest)), (0..0, 0)]
        } else {
            let rest = end - self.slots();
            // What comes after the ring's last slot is one lap on.
            let next = self.tag(oldest).wrapping_add(self.content_mask + 1);
            [(first..self.slots(), self.tag(oldest)), (0..rest, next)]
        }
    }

    /// Visits the first `visited` buckets of the window whose newest bucket is `newest`, oldest first: what
    /// they hold in each lane. `words` reads a run of slots.
    #[inline]
    pub(crate) fn fold<const L: usize, A, W: Iterator<Item = [u64; L]>>(
        &self,
        newest: u64,
        visited: u32,
        words: impl Fn(Range<usize>) -> W,
        init: A,
        mut f: impl FnMut(A, [u64; L]) -> A,
    ) -> A {
        let mut folded = init;
        for (slots, tag) in self.runs(newest, visited) {
            folded = words(slots)
                .fold(folded, |folded, words| f(folded, words.map(|word| self.content(word, tag))));
        }
        folded
    }
}

/// What became of a sample.
///
/// ```
/// use resil_core::rolling_window::Recorded;
/// use resil_core::{Instant, RollingWindow};
/// use std::time::Duration;
///
/// let window = RollingWindow::new(Duration::from_secs(1), 10)?;
/// let at = |s: u64| Instant::from_nanos(s * 1_000_000_000).unwrap();
/// assert_eq!(window.record_at(at(20), 7), Recorded::Kept);
/// assert_eq!(window.record_at(at(11), 7), Recorded::Kept); // an earlier bucket, still in the window
/// assert_eq!(window.record_at(at(10), 7), Recorded::Late);
/// # Ok::<(), resil_core::rolling_window::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recorded {
    /// It counts in its bucket.
    Kept,
    /// It counts as much as still fitted: its bucket holds the most that a bucket can.
    Saturated,
    /// Its bucket had left the window: it is not counted.
    Late,
}

/// What is wrong with a window's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `bucket_width` is shorter than 1 us.
    BucketWidthTooShort,
    /// `bucket_count` is 0.
    BucketCountIsZero,
    /// `bucket_count` is more than 65 536.
    BucketCountTooHigh,
    /// `bucket_width * bucket_count` is longer than 2^63 - 1 ns.
    SpanTooLong,
    /// `bucket_width` is shorter than the clock can serve: `at_least`.
    BucketWidthTooShortForClock {
        /// The narrowest bucket on this clock.
        at_least: Duration,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BucketWidthTooShort => "bucket_width must be at least 1 us",
            Self::BucketCountIsZero => "bucket_count must be at least 1, not 0",
            Self::BucketCountTooHigh => "bucket_count must be at most 65536",
            Self::SpanTooLong => {
                "bucket_width * bucket_count must be at most 2^63 - 1 ns (292 years)"
            }
            Self::BucketWidthTooShortForClock { at_least } => {
                return write!(
                    f,
                    "bucket_width must be at least {at_least:?} on this clock; MonotonicClock serves narrower buckets"
                );
            }
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(width_ns: u64, count: u32) -> Grid {
        Grid::new(Duration::from_nanos(width_ns), count).unwrap()
    }

    #[test]
    fn a_wrong_grid_is_refused_by_the_name_of_the_field() {
        let make = |width_ns, count| Grid::new(Duration::from_nanos(width_ns), count).err();
        assert_eq!(make(999, 1), Some(ConfigError::BucketWidthTooShort));
        assert_eq!(make(1_000, 0), Some(ConfigError::BucketCountIsZero));
        assert_eq!(make(1_000, 65_537), Some(ConfigError::BucketCountTooHigh));
        assert_eq!(make((1 << 63) - 1, 2), Some(ConfigError::SpanTooLong));
        assert_eq!(make((1 << 63) - 1, 1), None);
        assert_eq!(Grid::new(Duration::MAX, 1), Err(ConfigError::SpanTooLong));
        for (error, field) in [
            (ConfigError::BucketWidthTooShort, "bucket_width "),
            (ConfigError::BucketCountIsZero, "bucket_count "),
            (ConfigError::BucketCountTooHigh, "bucket_count "),
            (ConfigError::SpanTooLong, "bucket_width * bucket_count "),
        ] {
            assert!(error.to_string().starts_with(field), "{error}");
        }
        let coarse =
            ConfigError::BucketWidthTooShortForClock { at_least: Duration::from_millis(100) };
        assert!(coarse.to_string().starts_with("bucket_width must be at least 100ms "));
    }

    #[test]
    fn the_bucket_is_the_exact_quotient_at_every_boundary() {
        let last = Instant::MAX.as_nanos();
        let near = |power: u64| power - 1..=power + 1;
        let others = [1_000, 1_001, 250_000_000, 999_999_937, 86_400_000_000_000, last];
        for width in near(4_096).chain(near(1 << 62)).chain(others) {
            let grid = grid(width, 1);
            for k in [0, 1, 2, 3, 1_000_003, last / width / 2, last / width - 1, last / width] {
                let edge = (k.min(last / width)) * width;
                for now in [edge.saturating_sub(1), edge, edge + 1, edge.saturating_add(width - 1)]
                {
                    let now = now.min(last);
                    let at = Instant::from_nanos(now).unwrap();
                    assert_eq!(grid.bucket(at), now / width, "{now} / {width}");
                }
            }
        }
    }

    #[test]
    fn the_lap_field_holds_the_last_instant_and_wastes_no_bit() {
        for (width, count, bits) in [
            (250_000_000, 40, 34),
            (1_000_000_000, 60, 36),
            (1_000_000_000, 3_600, 42),
            (100_000_000, 10, 31),
            (1_000_000, 10, 24),
            (86_400_000_000_000, 30, 52),
            (Instant::MAX.as_nanos(), 1, 63),
        ] {
            let grid = grid(width, count);
            assert_eq!(grid.content_mask, (1 << bits) - 1, "{width} x {count}");
            let tag = grid.tag(grid.bucket(Instant::MAX));
            let lap = grid.bucket(Instant::MAX) >> grid.lap_shift;
            assert_eq!(tag >> bits, lap, "nothing is shifted out");
        }
    }

    #[test]
    fn all_buckets_at_their_limit_fit_one_word_twice_over() {
        for (width, count) in
            [(1_000, 1), (1_000, 65_536), (1 << 47, 65_536 - 1), (Instant::MAX.as_nanos(), 1)]
        {
            let grid = grid(width, count);
            assert!(grid.limit().checked_mul(2 * u64::from(grid.bucket_count())).is_some());
            assert!(grid.limit() * 2 <= grid.content_mask() + 1);
            assert!(grid.limit() >= 512);
            assert_eq!(grid.light(), grid.limit() / 65_536);
        }
    }

    #[test]
    fn a_window_that_crosses_the_ring_s_end_is_two_runs_of_different_laps() {
        let grid = grid(1_000, 5); // 8 slots
        let seen = |newest| {
            let runs = grid.runs(newest, 5);
            runs.map(|(slots, tag)| (slots, tag / (grid.content_mask + 1)))
        };
        assert_eq!(seen(7), [(3..8, 0), (0..0, 0)]);
        assert_eq!(seen(9), [(5..8, 0), (0..2, 1)]);
        let before_zero = u64::MAX / (grid.content_mask + 1);
        assert_eq!(seen(1), [(5..8, before_zero), (0..2, 0)]);
        assert_eq!(grid.runs(9, 4)[1].0, 0..1, "the current bucket left out");
    }

    #[test]
    fn an_addition_beyond_the_limit_saturates_and_never_reaches_the_lap() {
        let grid = grid(1_000, 1);
        let tag = grid.tag(77);
        let (full, recorded) = grid.add(0, tag, u64::MAX);
        assert_eq!((full, recorded), (tag | grid.limit(), Recorded::Saturated));
        assert_eq!(grid.add(full, tag, 1), (full, Recorded::Saturated));
        assert_eq!(grid.add(full, tag, 0), (full, Recorded::Kept));
        assert_eq!(grid.add(tag, tag, grid.limit()), (full, Recorded::Kept));
        assert_eq!(grid.add(full, grid.tag(78), 3), (grid.tag(78) | 3, Recorded::Kept));
        assert_eq!(grid.add(full, grid.tag(76), 3), (full, Recorded::Late));
    }

    #[test]
    fn a_bucket_leaves_when_as_many_newer_ones_have_begun() {
        let grid = grid(1_000, 5);
        assert_eq!((grid.bucket_count(), grid.leaves(7)), (5, 12));
        assert_eq!(
            [6, 11, 12, 90].map(|newest| grid.is_late(7, newest)),
            [false, false, true, true]
        );
    }

    #[test]
    fn a_word_of_another_lap_reads_as_empty_and_one_filled_to_the_lap_as_full() {
        let grid = grid(1_000, 1);
        let (tag, most) = (grid.tag(77), grid.content_mask());
        assert_eq!(grid.content(tag | most, tag), most);
        assert_eq!([grid.tag(78), grid.tag(76) | most].map(|word| grid.content(word, tag)), [0, 0]);
    }
}

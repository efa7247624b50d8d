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

    /// The sums of what the first `visited` buckets hold, lane by lane, of the window whose newest bucket was `latest`
    /// by `newest`: as `Grid::fold` adds them up.
    #[inline]
    pub(crate) fn sums(&self, grid: &Grid, newest: &Newest, latest: u64, visited: u32) -> [u64; L] {
        let mut sums = [0; L];
        for (slots, tag) in grid.runs(latest, visited) {
            if !slots.is_empty() {
                sums = self.ring.add_up(sums, slots, tag);
            }
        }
        // A word of a newer lap is of a bucket beyond `latest`, for its slot's next is a whole ring further on. Who
        // brought that lap knew of its bucket by then (`enter`), so having read the word we know of it too. Not
        // knowing of any such bucket, we have read none.
        if newest.bucket.load() <= latest { sums } else { self.sums_by_word(grid, latest, visited) }
    }

    /// As `sums`, whatever laps come: once a bucket at most, if a reading meets its beginning.
    #[cold]
    #[inline(never)]
    fn sums_by_word(&self, grid: &Grid, latest: u64, visited: u32) -> [u64; L] {
        grid.fold(
            latest,
            visited,
            |slots| self.words(slots),
            [0; L],
            |sums, words| std::array::from_fn(|lane| sums[lane] + words[lane]),
        )
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

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    /// The most buckets that there may be; fewer under Miri, which is slow.
    const MANY: u32 = if cfg!(miri) { 1 << 10 } else { 1 << 16 };

    /// Numbers without a pattern (SplitMix64).
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn grid(width_ns: u64, count: u32) -> Grid {
        Grid::new(Duration::from_nanos(width_ns), count).unwrap()
    }

    /// Sums beside what is added up word by word, at the newest bucket, later ones, and earlier ones that what is in
    /// the ring has overtaken.
    fn compare(grid: &Grid, lanes: &Lanes<2>, newest: &Newest, last: u64) {
        let (known, slots) = (newest.bucket.load(), grid.slots() as u64);
        let earlier = [1, slots, 2 * slots].map(|back| known.saturating_sub(back));
        let later = [0, 1, slots - 1, slots].map(|on| (known + on).min(last));
        for latest in earlier.into_iter().chain(later).chain([0, last]) {
            for visited in [grid.bucket_count() - 1, grid.bucket_count()] {
                assert_eq!(
                    lanes.sums(grid, newest, latest, visited),
                    lanes.sums_by_word(grid, latest, visited),
                    "{grid:?}, {visited} up to {latest}, {known} known"
                );
            }
        }
    }

    #[test]
    fn sums_are_those_of_the_fold_whatever_laps_lie_in_the_ring() {
        let mut seed = 1;
        for (width_ns, count, rounds) in [
            (1_000, 1, 300),
            (1_000, 3, 300),
            (250_000_000, 40, 300),
            (1 << 46, 5, 300),
            (Instant::MAX.as_nanos(), 1, 300),
            (1_000, MANY, 2),
            (1 << 47, MANY - 1, 2),
        ] {
            let grid = grid(width_ns, count);
            let (last, ring) = (grid.bucket(Instant::MAX), grid.slots() as u64);
            for round in 0..rounds {
                let (lanes, newest) = (Lanes::<2>::new(&grid), Newest::new());
                let base = [0, last, next(&mut seed) % (last + 1)][round % 3];
                for _ in 0..next(&mut seed) % (3 * ring.min(100)) {
                    let back = next(&mut seed) % (4 * ring);
                    let bucket =
                        (base + next(&mut seed) % (2 * ring)).min(last).saturating_sub(back);
                    let amount = [1, grid.limit(), grid.light()][next(&mut seed) as usize % 3];
                    newest.advance(&grid, grid.start(bucket));
                    lanes.add(&grid, next(&mut seed) as usize % 2, bucket, amount);
                }
                compare(&grid, &lanes, &newest, last);
            }
        }
    }

    /// Full to the limit is where a sum is greatest, and empty where nothing hides a lap that is not looked at.
    #[test]
    fn full_windows_add_up_and_what_lies_before_the_clock_s_zero_is_nothing() {
        for (width_ns, count) in [(1_000, MANY), (250_000_000, 40), (1 << 46, 5)] {
            let grid = grid(width_ns, count);
            let (lanes, newest) = (Lanes::<2>::new(&grid), Newest::new());
            for bucket in 0..u64::from(count) {
                newest.advance(&grid, grid.start(bucket));
                lanes.add(&grid, 0, bucket, u64::MAX);
                let filled = bucket + 1;
                if filled.is_power_of_two() || filled == u64::from(count) {
                    let sums = lanes.sums(&grid, &newest, bucket, count);
                    assert_eq!(sums, [filled * grid.limit(), 0], "{grid:?}");
                }
            }
        }
    }

    #[test]
    fn newer_laps_count_as_nothing_even_if_together_they_wrap() {
        let grid = grid(1_000_000_000, 2);
        let (lanes, newest) = (Lanes::<1>::new(&grid), Newest::new());
        // As far ahead as 2^33 laps together, which is what the field of the lap holds.
        for (bucket, amount) in [((1 << 33) - 1, 4), ((1 << 33) + 2, 8)] {
            lanes.add(&grid, 0, bucket, amount);
        }
        assert_eq!(
            lanes.sums(&grid, &newest, 1, 2),
            [12],
            "unknown to the window, they would count"
        );
        newest.advance(&grid, grid.start((1 << 33) + 2));
        assert_eq!(lanes.sums(&grid, &newest, 1, 2), [0]);
    }
}

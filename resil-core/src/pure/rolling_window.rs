//! Rolling window: what was recorded in the last so many buckets of time.
//!
//! Two words a bucket, its sum and its count, on a `Grid`. A sample counts in the bucket of its own instant;
//! a reading adds up the buckets up to the newest one that the window was told of, so an earlier `now` than
//! one already seen reads as the latest.
//! Invariant: totals are the sums of all samples whose bucket is one of the newest `bucket_count`, each lane
//! of a bucket saturating at `bucket_limit`.
//! Units: nanoseconds; values are the caller's whole numbers.

use core::ops::Range;
use core::time::Duration;

use super::grid::Grid;
pub use super::grid::{ConfigError, Recorded};
use super::instant::Instant;
use super::lanes::Lanes;

const COUNT: usize = 0;
const SUM: usize = 1;

/// The buckets of a window: how wide, how many, and whether the current one is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    grid: Grid,
    leaves_out_current: bool,
}

impl Config {
    /// A window of `bucket_count` buckets, each `bucket_width` wide, at multiples of the width from the
    /// clock's zero. Bucket `b` holds the instants from `b * width` up to, not including, `(b + 1) * width`.
    ///
    /// # Errors
    /// [`ConfigError`] names the field: the width is at least 1 us, there are 1 to 65 536 buckets, and all
    /// together span at most 2^63 - 1 ns.
    pub const fn new(bucket_width: Duration, bucket_count: u32) -> Result<Self, ConfigError> {
        match Grid::new(bucket_width, bucket_count) {
            Ok(grid) => Ok(Self { grid, leaves_out_current: false }),
            Err(error) => Err(error),
        }
    }

    /// The same window, read without the bucket that is still filling: one bucket fewer.
    #[must_use]
    pub const fn with_current_left_out(self) -> Self {
        Self { leaves_out_current: true, ..self }
    }

    /// The width of a bucket.
    #[must_use]
    pub const fn bucket_width(&self) -> Duration {
        self.grid.bucket_width()
    }

    /// How many buckets the window has, the current one included.
    #[must_use]
    pub const fn bucket_count(&self) -> u32 {
        self.grid.bucket_count()
    }

    /// Whether readings leave out the current bucket.
    #[must_use]
    pub const fn leaves_out_current(&self) -> bool {
        self.leaves_out_current
    }

    /// The most that one bucket's sum, and its count, can hold; samples beyond are `Saturated`.
    ///
    /// At least half the width of all buckets together in nanoseconds, or the 2 * `bucket_count`th part of
    /// 2^64 - 1 if that is less: no count of real events comes near it. A sum is in the caller's unit.
    #[must_use]
    pub const fn bucket_limit(&self) -> u64 {
        self.grid.limit()
    }

    /// How many buckets a reading visits.
    #[must_use]
    pub const fn visited(&self) -> u32 {
        self.grid.bucket_count() - self.leaves_out_current as u32
    }

    pub(crate) const fn grid(&self) -> &Grid {
        &self.grid
    }
}

/// What a window, or one bucket of it, holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// The sum of the values recorded.
    pub sum: u64,
    /// How many values were recorded.
    pub count: u64,
}

impl Totals {
    /// The mean of the values recorded; `None` if there are none.
    ///
    /// ```
    /// use resil_core::rolling_window::Totals;
    /// assert_eq!(Totals { sum: 7, count: 2 }.mean(), Some(3.5));
    /// assert_eq!(Totals::default().mean(), None);
    /// ```
    #[must_use]
    pub fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// Reads both lanes, in one pass.
    #[inline]
    pub(crate) fn gather<W: Iterator<Item = [u64; 2]>>(
        config: &Config,
        newest: u64,
        words: impl Fn(Range<usize>) -> W,
    ) -> Self {
        Self::fold(config, newest, words, Self::default(), |all, bucket| Self {
            sum: all.sum + bucket.sum,
            count: all.count + bucket.count,
        })
    }

    /// Visits the buckets of the window, oldest first.
    #[inline]
    pub(crate) fn fold<A, W: Iterator<Item = [u64; 2]>>(
        config: &Config,
        newest: u64,
        words: impl Fn(Range<usize>) -> W,
        init: A,
        mut f: impl FnMut(A, Self) -> A,
    ) -> A {
        config.grid().fold(newest, config.visited(), words, init, |folded, lanes| {
            f(folded, Self { sum: lanes[SUM], count: lanes[COUNT] })
        })
    }
}

/// A rolling window for one owner. The one to share is [`RollingWindow`](crate::RollingWindow).
///
/// ```
/// use resil_core::pure::rolling_window::{Config, State, Totals};
/// use resil_core::Instant;
/// use std::time::Duration;
///
/// let config = Config::new(Duration::from_secs(1), 60)?;
/// let mut state = State::new(&config);
/// state.record(&config, Instant::ZERO, 5);
/// assert_eq!(state.totals(&config, Instant::ZERO), Totals { sum: 5, count: 1 });
/// # Ok::<(), resil_core::rolling_window::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    lanes: Lanes<2>,
}

impl State {
    /// An empty window. Its size is `config`'s, with which alone it is used.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { lanes: Lanes::new(config.grid()) }
    }

    /// Puts `value` into the bucket of `now`.
    ///
    /// An earlier `now` than one already seen counts in its own bucket while that is in the window.
    pub fn record(&mut self, config: &Config, now: Instant, value: u64) -> Recorded {
        let grid = config.grid();
        let Some(bucket) = self.lanes.enter(grid, now) else { return Recorded::Late };
        let count = self.lanes.add(grid, COUNT, bucket, 1);
        let sum = self.lanes.add(grid, SUM, bucket, value);
        count.max(sum)
    }

    /// What the window at `now` holds; an earlier `now` than one already recorded reads as the latest.
    #[must_use]
    pub fn totals(&self, config: &Config, now: Instant) -> Totals {
        Totals::gather(config, self.lanes.latest(config.grid(), now), |slots| {
            self.lanes.words(slots)
        })
    }

    /// Visits the buckets of the window at `now`, oldest first, empty ones as zero.
    pub fn fold<A>(
        &self,
        config: &Config,
        now: Instant,
        init: A,
        f: impl FnMut(A, Totals) -> A,
    ) -> A {
        let newest = self.lanes.latest(config.grid(), now);
        Totals::fold(config, newest, |slots| self.lanes.words(slots), init, f)
    }
}

/// A rolling count for one owner. The one to share is [`RollingCounter`](crate::RollingCounter).
///
/// ```
/// use resil_core::pure::rolling_window::{Config, CounterState};
/// use resil_core::Instant;
/// use std::time::Duration;
///
/// let config = Config::new(Duration::from_secs(1), 60)?;
/// let mut state = CounterState::new(&config);
/// state.add(&config, Instant::ZERO, 5);
/// assert_eq!(state.total(&config, Instant::ZERO), 5);
/// # Ok::<(), resil_core::rolling_window::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterState {
    lanes: Lanes<1>,
}

impl CounterState {
    /// An empty window. Its size is `config`'s, with which alone it is used.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { lanes: Lanes::new(config.grid()) }
    }

    /// Adds `amount` to the bucket of `now`; as [`State::record`] without the sum.
    pub fn add(&mut self, config: &Config, now: Instant, amount: u64) -> Recorded {
        let grid = config.grid();
        match self.lanes.enter(grid, now) {
            Some(bucket) => self.lanes.add(grid, COUNT, bucket, amount),
            None => Recorded::Late,
        }
    }

    /// What the window at `now` holds; an earlier `now` than one already added reads as the latest.
    #[must_use]
    pub fn total(&self, config: &Config, now: Instant) -> u64 {
        self.fold(config, now, 0, |total, count| total + count)
    }

    /// Visits the buckets of the window at `now`, oldest first, empty ones as zero.
    pub fn fold<A>(
        &self,
        config: &Config,
        now: Instant,
        init: A,
        mut f: impl FnMut(A, u64) -> A,
    ) -> A {
        let grid = config.grid();
        let newest = self.lanes.latest(grid, now);
        let words = |slots| self.lanes.words(slots);
        grid.fold(newest, config.visited(), words, init, |folded, [count]| f(folded, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn at(ns: u64) -> Instant {
        Instant::from_nanos(ns).unwrap()
    }

    fn sums(state: &State, config: &Config, now: u64) -> Vec<u64> {
        state.fold(config, at(now), Vec::new(), |mut sums, bucket| {
            sums.push(bucket.sum);
            sums
        })
    }

    #[test]
    fn a_boundary_belongs_to_the_bucket_it_begins() {
        let config = Config::new(Duration::from_secs(1), 3).unwrap();
        let mut state = State::new(&config);
        assert_eq!(sums(&state, &config, 0), [0, 0, 0]);
        state.record(&config, at(S - 1), 1);
        assert_eq!(sums(&state, &config, S - 1), [0, 0, 1]);
        state.record(&config, at(S), 5);
        assert_eq!(sums(&state, &config, S), [0, 1, 5]);
        assert_eq!(sums(&state, &config, 3 * S - 1), [1, 5, 0]);
        assert_eq!(sums(&state, &config, 3 * S), [5, 0, 0]);
        assert_eq!(sums(&state, &config, 4 * S), [0, 0, 0]);
    }

    #[test]
    fn the_current_bucket_left_out_is_one_bucket_fewer() {
        let config = Config::new(Duration::from_secs(1), 3).unwrap().with_current_left_out();
        let mut state = State::new(&config);
        state.record(&config, at(0), 4);
        assert_eq!(sums(&state, &config, 0), [0, 0]);
        assert_eq!(sums(&state, &config, S), [0, 4]);
        assert_eq!(state.totals(&config, at(2 * S)), Totals { sum: 4, count: 1 });
        assert_eq!(state.totals(&config, at(3 * S)), Totals::default());
    }

    #[test]
    fn a_late_sample_counts_in_its_own_bucket_until_that_leaves() {
        let config = Config::new(Duration::from_secs(1), 3).unwrap();
        let mut state = State::new(&config);
        state.record(&config, at(5 * S), 100);
        assert_eq!(state.record(&config, at(3 * S), 10), Recorded::Kept);
        assert_eq!(sums(&state, &config, 5 * S), [10, 0, 100]);
        assert_eq!(
            sums(&state, &config, 0),
            [10, 0, 100],
            "an earlier reading is as of the latest"
        );
        let before = state.clone();
        assert_eq!(state.record(&config, at(3 * S - 1), 10), Recorded::Late);
        assert_eq!(state, before);
    }

    #[test]
    fn nothing_comes_back_after_a_year_or_a_century() {
        let config = Config::new(Duration::from_millis(250), 40).unwrap();
        let mut state = State::new(&config);
        state.record(&config, at(S), 1);
        for years in [1, 100, 292] {
            let later = at(years * 365 * 86_400 * S);
            assert_eq!(state.totals(&config, later), Totals::default(), "{years} years");
        }
        state.record(&config, Instant::MAX, 3);
        assert_eq!(state.totals(&config, Instant::MAX), Totals { sum: 3, count: 1 });
    }

    #[test]
    fn a_full_bucket_says_so_while_time_stands_still_and_its_neighbours_stay_clean() {
        let config = Config::new(Duration::from_micros(1), 2).unwrap();
        let limit = config.bucket_limit();
        let mut state = State::new(&config);
        assert_eq!(state.record(&config, at(2_000), limit), Recorded::Kept);
        assert_eq!(state.record(&config, at(2_000), 1), Recorded::Saturated);
        assert_eq!(state.record(&config, at(2_000), 0), Recorded::Kept);
        assert_eq!(sums(&state, &config, 2_000), [0, limit]);
        for _ in 0..limit - 3 {
            assert_eq!(state.record(&config, at(2_000), 0), Recorded::Kept);
        }
        assert_eq!(
            state.record(&config, at(2_000), 0),
            Recorded::Saturated,
            "the count is full too"
        );
        assert_eq!(state.record(&config, at(3_000), 1), Recorded::Kept);
        assert_eq!(sums(&state, &config, 3_000), [limit, 1]);
    }

    #[test]
    fn a_counter_counts_as_the_window_does() {
        let config = Config::new(Duration::from_secs(1), 2).unwrap();
        let mut state = CounterState::new(&config);
        assert_eq!(state.add(&config, at(0), 3), Recorded::Kept);
        assert_eq!(state.add(&config, at(S), 4), Recorded::Kept);
        assert_eq!(state.total(&config, at(S)), 7);
        assert_eq!(state.fold(&config, at(S), String::new(), |s, n| s + &n.to_string()), "34");
        assert_eq!(state.total(&config, at(2 * S)), 4);
        assert_eq!(state.add(&config, at(2 * S), u64::MAX), Recorded::Saturated);
    }

    #[test]
    fn a_window_tells_what_it_was_made_with() {
        let config = Config::new(Duration::from_millis(250), 40).unwrap();
        assert_eq!(
            (config.bucket_width(), config.bucket_count()),
            (Duration::from_millis(250), 40)
        );
        assert_eq!((config.leaves_out_current(), config.visited()), (false, 40));
        let config = config.with_current_left_out();
        assert_eq!((config.leaves_out_current(), config.visited()), (true, 39));
        assert_eq!(config.bucket_count(), 40);
        assert_eq!(config.bucket_limit(), config.grid().limit());
    }

    #[test]
    fn the_mean_is_of_what_was_recorded_and_of_nothing_there_is_none() {
        assert_eq!(Totals { sum: 7, count: 2 }.mean(), Some(3.5));
        assert_eq!(Totals { sum: 0, count: 3 }.mean(), Some(0.0));
        assert_eq!(Totals { sum: 0, count: 0 }.mean(), None);
    }
}

//! Rolling counters that threads share: a rolling window's count lane by itself.

use std::fmt;
use std::time::Duration;

use super::lanes::{Lanes, Newest, check_clock};
use crate::input::{Clock, CoarseClock};
use crate::pure::instant::Instant;
use crate::pure::rolling_window::{Config, ConfigError, Recorded};

const COUNT: usize = 0;

/// Counts what happened in the last so many buckets of time: a [`RollingWindow`](crate::RollingWindow) without the sums.
///
/// Recording is one locked addition. Everything else, its behaviour between threads included, is as there.
/// 104 bytes, and 8 for each bucket, their number rounded up to a power of two.
///
/// ```
/// use resil_core::RollingCounter;
/// use std::time::Duration;
///
/// let requests = RollingCounter::new(Duration::from_secs(1), 60)?;
/// requests.add(1);
/// requests.add(2);
/// assert_eq!(requests.total(), 3);
/// # Ok::<(), resil_core::rolling_window::ConfigError>(())
/// ```
pub struct RollingCounter<C = CoarseClock> {
    config: Config,
    newest: Newest,
    lanes: Lanes<1>,
    clock: C,
}

impl RollingCounter {
    /// A counter over `bucket_count` buckets, each `bucket_width` wide, on the coarse clock.
    ///
    /// # Errors
    /// As [`RollingWindow::new`](crate::RollingWindow::new).
    pub fn new(bucket_width: Duration, bucket_count: u32) -> Result<Self, ConfigError> {
        RollingCounter::with_clock(bucket_width, bucket_count, CoarseClock)
    }
}

impl<C: Clock> RollingCounter<C> {
    /// As [`new`](RollingCounter::new), on another clock.
    ///
    /// # Errors
    /// As [`RollingWindow::with_clock`](crate::RollingWindow::with_clock).
    ///
    /// ```
    /// use resil_core::{MonotonicClock, RollingCounter};
    /// use std::time::Duration;
    /// let recent = RollingCounter::with_clock(Duration::from_millis(1), 10, MonotonicClock)?;
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    pub fn with_clock(
        bucket_width: Duration,
        bucket_count: u32,
        clock: C,
    ) -> Result<Self, ConfigError> {
        let config = Config::new(bucket_width, bucket_count)?;
        check_clock(bucket_width, &clock)?;
        Ok(Self { config, newest: Newest::new(), lanes: Lanes::new(config.grid()), clock })
    }

    /// The same counter, read without the bucket that is still filling: one bucket fewer.
    ///
    /// ```
    /// use resil_core::RollingCounter;
    /// use std::time::Duration;
    /// let counter = RollingCounter::new(Duration::from_secs(1), 10)?.with_current_left_out();
    /// assert!(counter.config().leaves_out_current());
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_current_left_out(self) -> Self {
        Self { config: self.config.with_current_left_out(), ..self }
    }

    /// Its buckets.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Adds `amount` now.
    ///
    /// ```
    /// use resil_core::rolling_window::Recorded;
    /// use resil_core::RollingCounter;
    /// use std::time::Duration;
    /// let counter = RollingCounter::new(Duration::from_secs(1), 10)?;
    /// assert_eq!(counter.add(1), Recorded::Kept);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    #[inline]
    pub fn add(&self, amount: u64) -> Recorded {
        self.add_at(self.clock.now(), amount)
    }

    /// As [`add`](Self::add), at an instant that the caller has read already.
    #[inline]
    pub fn add_at(&self, now: Instant, amount: u64) -> Recorded {
        let grid = self.config.grid();
        match self.newest.enter(grid, now) {
            Some(bucket) => self.lanes.add(grid, COUNT, bucket, amount),
            None => Recorded::Late,
        }
    }

    /// What is in the window.
    #[inline]
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_at(self.clock.now())
    }

    /// As [`total`](Self::total), at an instant that the caller has read already.
    #[inline]
    #[must_use]
    pub fn total_at(&self, now: Instant) -> u64 {
        let grid = self.config.grid();
        let latest = self.newest.latest(grid, now);
        let [total] = self.lanes.sums(grid, &self.newest, latest, self.config.visited());
        total
    }

    /// Visits the buckets oldest first, empty ones as zero, as
    /// [`RollingWindow::fold`](crate::RollingWindow::fold).
    ///
    /// ```
    /// use resil_core::RollingCounter;
    /// use std::time::Duration;
    /// let counter = RollingCounter::new(Duration::from_secs(1), 10)?;
    /// counter.add(4);
    /// assert_eq!(counter.fold(0, |most, n| n.max(most)), 4);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    pub fn fold<A>(&self, init: A, f: impl FnMut(A, u64) -> A) -> A {
        self.fold_at(self.clock.now(), init, f)
    }

    /// As [`fold`](Self::fold), at an instant that the caller has read already.
    #[inline]
    pub fn fold_at<A>(&self, now: Instant, init: A, mut f: impl FnMut(A, u64) -> A) -> A {
        let grid = self.config.grid();
        let newest = self.newest.latest(grid, now);
        let words = |slots| self.lanes.words(slots);
        grid.fold(newest, self.config.visited(), words, init, |folded, [count]| f(folded, count))
    }

    /// The counter's shape and total, for monitoring.
    ///
    /// ```
    /// use resil_core::RollingCounter;
    /// use std::time::Duration;
    /// let counter = RollingCounter::new(Duration::from_secs(1), 10)?;
    /// assert_eq!(counter.snapshot().total, 0);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> CounterSnapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> CounterSnapshot {
        CounterSnapshot {
            bucket_width: self.config.bucket_width(),
            bucket_count: self.config.bucket_count(),
            total: self.total_at(now),
        }
    }
}

impl<C> fmt::Debug for RollingCounter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RollingCounter").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A rolling counter at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CounterSnapshot {
    /// The width of a bucket.
    pub bucket_width: Duration,
    /// How many buckets the window has.
    pub bucket_count: u32,
    /// What is in it.
    pub total: u64,
}

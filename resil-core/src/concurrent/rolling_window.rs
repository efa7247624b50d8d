//! Rolling windows that threads share.
//!
//! `pure::rolling_window` says what is counted; the words are a `Ring`: recording is one locked addition for
//! each lane, reading is plain loads.

use std::fmt;
use std::time::Duration;

use super::lanes::{Lanes, Newest, check_clock};
use crate::input::{Clock, CoarseClock};
use crate::pure::instant::Instant;
use crate::pure::rolling_window::{Config, ConfigError, Recorded, Totals};

const COUNT: usize = 0;
const SUM: usize = 1;

/// Sums and counts what was recorded in the last so many buckets of time.
///
/// Buckets lie at multiples of `bucket_width` from the clock's zero, and a boundary belongs to the bucket it
/// begins. Reading expires what is too old, after any time without use. A sample counts in the bucket of its
/// own instant; if that has left the window it is [`Late`](Recorded::Late) and not counted. A reading at an
/// earlier instant than one already recorded is as of the latest. Values are whole numbers: scale them (us,
/// bytes) so that a bucket's sum stays below [`bucket_limit`](Config::bucket_limit).
///
/// Threads share it by reference, and nothing ever waits. While nobody records, totals are exact. While
/// others do, each of sum and count holds every record that was finished before the reading began and none
/// that had not begun when it ended; the two may differ by what is under way. A forked child has a copy of
/// its own. 104 bytes, and 16 for each bucket, their number rounded up to a power of two. Not for signal
/// handlers.
///
/// ```
/// use resil_core::{Instant, RollingWindow};
/// use resil_core::rolling_window::Totals;
/// use std::time::Duration;
///
/// let latency_us = RollingWindow::new(Duration::from_millis(250), 40)?; // the last 10 s
/// latency_us.record(1_200);
/// latency_us.record(800);
/// assert_eq!(latency_us.totals(), Totals { sum: 2_000, count: 2 });
/// assert_eq!(latency_us.totals().mean(), Some(1_000.0));
/// # Ok::<(), resil_core::rolling_window::ConfigError>(())
/// ```
pub struct RollingWindow<C = CoarseClock> {
    config: Config,
    newest: Newest,
    lanes: Lanes<2>,
    clock: C,
}

impl RollingWindow {
    /// A window of `bucket_count` buckets, each `bucket_width` wide, on the coarse clock.
    ///
    /// # Errors
    /// [`ConfigError`] names the field; a bucket narrower than 100 ms needs
    /// [`with_clock`](Self::with_clock) and [`MonotonicClock`](crate::MonotonicClock).
    pub fn new(bucket_width: Duration, bucket_count: u32) -> Result<Self, ConfigError> {
        RollingWindow::with_clock(bucket_width, bucket_count, CoarseClock)
    }
}

impl<C: Clock> RollingWindow<C> {
    /// As [`new`](RollingWindow::new), on another clock.
    ///
    /// # Errors
    /// [`ConfigError`] names the field.
    ///
    /// ```
    /// use resil_core::{MonotonicClock, RollingWindow};
    /// use std::time::Duration;
    ///
    /// let width = Duration::from_millis(10);
    /// assert!(RollingWindow::new(width, 100).is_err());
    /// assert!(RollingWindow::with_clock(width, 100, MonotonicClock).is_ok());
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

    /// The same window, read without the bucket that is still filling: one bucket fewer.
    ///
    /// ```
    /// use resil_core::{Instant, RollingWindow};
    /// use std::time::Duration;
    ///
    /// let window = RollingWindow::new(Duration::from_secs(1), 10)?.with_current_left_out();
    /// window.record_at(Instant::ZERO, 3);
    /// assert_eq!(window.totals_at(Instant::ZERO).sum, 0);
    /// assert_eq!(window.totals_at(Instant::from_nanos(1_000_000_000).unwrap()).sum, 3);
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

    /// Records `value` now.
    ///
    /// ```
    /// use resil_core::rolling_window::Recorded;
    /// use resil_core::RollingWindow;
    /// use std::time::Duration;
    ///
    /// let window = RollingWindow::new(Duration::from_secs(1), 60)?;
    /// assert_eq!(window.record(5), Recorded::Kept);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    #[inline]
    pub fn record(&self, value: u64) -> Recorded {
        self.record_at(self.clock.now(), value)
    }

    /// As [`record`](Self::record), at an instant that the caller has read already.
    #[inline]
    pub fn record_at(&self, now: Instant, value: u64) -> Recorded {
        let grid = self.config.grid();
        let Some(bucket) = self.newest.enter(grid, now) else { return Recorded::Late };
        let count = self.lanes.add(grid, COUNT, bucket, 1);
        let sum = self.lanes.add(grid, SUM, bucket, value);
        count.max(sum)
    }

    /// The sum and the count of what is in the window.
    #[inline]
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals_at(self.clock.now())
    }

    /// As [`totals`](Self::totals), at an instant that the caller has read already.
    #[inline]
    #[must_use]
    pub fn totals_at(&self, now: Instant) -> Totals {
        let grid = self.config.grid();
        let latest = self.newest.latest(grid, now);
        let sums = self.lanes.sums(grid, &self.newest, latest, self.config.visited());
        Totals { sum: sums[SUM], count: sums[COUNT] }
    }

    /// Visits the buckets oldest first, empty ones as zero: `bucket_count` of them, or one fewer without the
    /// current one.
    ///
    /// ```
    /// use resil_core::RollingWindow;
    /// use std::time::Duration;
    ///
    /// let window = RollingWindow::new(Duration::from_secs(1), 60)?;
    /// window.record(5);
    /// let busiest = window.fold(0, |most, bucket| bucket.count.max(most));
    /// assert_eq!(busiest, 1);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    pub fn fold<A>(&self, init: A, f: impl FnMut(A, Totals) -> A) -> A {
        self.fold_at(self.clock.now(), init, f)
    }

    /// As [`fold`](Self::fold), at an instant that the caller has read already.
    pub fn fold_at<A>(&self, now: Instant, init: A, f: impl FnMut(A, Totals) -> A) -> A {
        let newest = self.newest.latest(self.config.grid(), now);
        Totals::fold(&self.config, newest, |slots| self.lanes.words(slots), init, f)
    }

    /// The window's shape and totals, for monitoring.
    ///
    /// ```
    /// use resil_core::RollingWindow;
    /// use std::time::Duration;
    /// let window = RollingWindow::new(Duration::from_secs(1), 60)?;
    /// assert_eq!(window.snapshot().bucket_count, 60);
    /// # Ok::<(), resil_core::rolling_window::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        Snapshot {
            bucket_width: self.config.bucket_width(),
            bucket_count: self.config.bucket_count(),
            totals: self.totals_at(now),
        }
    }
}

impl<C> fmt::Debug for RollingWindow<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RollingWindow").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A rolling window at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The width of a bucket.
    pub bucket_width: Duration,
    /// How many buckets the window has.
    pub bucket_count: u32,
    /// What is in it.
    pub totals: Totals,
}

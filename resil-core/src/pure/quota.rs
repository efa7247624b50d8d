//! How much is allowed: permits per period, and the most at one instant.
//!
//! The rate is the exact ratio `permits / period`, never a truncated interval between permits.
//! Units: permits, nanoseconds. Limits: at most 4 permits per nanosecond, and at most 2^52 us (142 years)
//! from empty to full, so that every column, the store included, accepts the same quotas.

use core::fmt;
use core::time::Duration;

use super::instant::saturating_nanos;

/// The longest accepted time from empty to full: 2^52 us, which a store's doubles still count exactly.
const MAX_SPAN_NS: u128 = (1 << 52) * 1_000;
/// The longest accepted period: the range of an [`Instant`](crate::Instant).
const MAX_PERIOD_NS: u64 = i64::MAX as u64;
/// The highest accepted rate. Below a quarter of a nanosecond a clock of whole nanoseconds says too little.
const MAX_PERMITS_PER_NS: u64 = 4;

/// Permits, period and burst, as one value that has been checked.
///
/// `burst` is the most permits one instant can grant. Over every interval a limiter grants at most
/// `burst + rate * interval`.
///
/// ```
/// use resil_core::Quota;
/// use std::time::Duration;
///
/// let quota = Quota::new(3, Duration::from_secs(7), 5)?;
/// assert_eq!(quota.rate(), 3.0 / 7.0);
/// let per_second = Quota::per_second(100)?; // burst 100
/// assert_eq!(per_second.with_burst(10)?.burst(), 10);
/// # Ok::<(), resil_core::quota::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    permits: u32,
    burst: u32,
    period_ns: u64,
}

impl Quota {
    /// `permits` in each `period`, at most `burst` of them at one instant.
    ///
    /// # Errors
    /// [`ConfigError`] names the field: nothing may be zero, the rate is at most 4 permits per nanosecond,
    /// `burst * period / permits` at most 2^52 us (142 years), the period at most 2^63 - 1 ns (292 years).
    pub const fn new(permits: u32, period: Duration, burst: u32) -> Result<Self, ConfigError> {
        if permits == 0 {
            return Err(ConfigError::PermitsIsZero);
        }
        if period.is_zero() {
            return Err(ConfigError::PeriodIsZero);
        }
        if burst == 0 {
            return Err(ConfigError::BurstIsZero);
        }
        let period_ns = saturating_nanos(period);
        if period_ns > MAX_PERIOD_NS {
            return Err(ConfigError::PeriodTooLong);
        }
        if permits as u128 > period_ns as u128 * MAX_PERMITS_PER_NS as u128 {
            return Err(ConfigError::RateTooHigh);
        }
        if burst as u128 * period_ns as u128 > permits as u128 * MAX_SPAN_NS {
            return Err(ConfigError::SpanTooLong);
        }
        Ok(Self { permits, burst, period_ns })
    }

    /// The parts of a quota put together again.
    pub(crate) const fn from_parts(permits: u32, period_ns: u64, burst: u32) -> Self {
        Self { permits, burst, period_ns }
    }

    /// `permits` each second, with a burst of as many.
    ///
    /// # Errors
    /// [`ConfigError::PermitsIsZero`].
    pub const fn per_second(permits: u32) -> Result<Self, ConfigError> {
        Self::new(permits, Duration::from_secs(1), permits)
    }

    /// `permits` each minute, with a burst of as many.
    ///
    /// # Errors
    /// [`ConfigError::PermitsIsZero`].
    pub const fn per_minute(permits: u32) -> Result<Self, ConfigError> {
        Self::new(permits, Duration::from_secs(60), permits)
    }

    /// `permits` each hour, with a burst of as many.
    ///
    /// # Errors
    /// [`ConfigError::PermitsIsZero`].
    pub const fn per_hour(permits: u32) -> Result<Self, ConfigError> {
        Self::new(permits, Duration::from_secs(3_600), permits)
    }

    /// `permits` each day of 24 hours, with a burst of as many.
    ///
    /// # Errors
    /// [`ConfigError::PermitsIsZero`].
    pub const fn per_day(permits: u32) -> Result<Self, ConfigError> {
        Self::new(permits, Duration::from_secs(86_400), permits)
    }

    /// The same rate with another burst.
    ///
    /// # Errors
    /// As [`Quota::new`].
    pub const fn with_burst(self, burst: u32) -> Result<Self, ConfigError> {
        Self::new(self.permits, self.period(), burst)
    }

    /// Permits in each period.
    #[must_use]
    pub const fn permits(&self) -> u32 {
        self.permits
    }

    /// The period in which `permits` come back.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_nanos(self.period_ns)
    }

    /// The most permits one instant can grant.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// Permits per second, to the nearest double; decisions use the exact ratio.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.permits) / self.period().as_secs_f64()
    }
}

/// What is wrong with a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `permits` is 0.
    PermitsIsZero,
    /// `period` is 0.
    PeriodIsZero,
    /// `burst` is 0.
    BurstIsZero,
    /// `period` is longer than 2^63 - 1 ns.
    PeriodTooLong,
    /// `permits / period` is more than 4 permits per nanosecond.
    RateTooHigh,
    /// `burst * period / permits`, the time from empty to full, is longer than 2^52 us.
    SpanTooLong,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PermitsIsZero => "permits must be at least 1, not 0",
            Self::PeriodIsZero => "period must be longer than 0",
            Self::BurstIsZero => "burst must be at least 1, not 0",
            Self::PeriodTooLong => "period must be at most 2^63 - 1 ns (292 years)",
            Self::RateTooHigh => "permits is too high for the period: at most 4 permits per nanosecond",
            Self::SpanTooLong => {
                "burst is too high for the rate: burst * period / permits must be at most 2^52 us (142 years)"
            }
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_wrong_quota_is_refused_by_the_name_of_the_field() {
        assert_eq!(Quota::new(0, SECOND, 1), Err(ConfigError::PermitsIsZero));
        assert_eq!(Quota::new(1, Duration::ZERO, 1), Err(ConfigError::PeriodIsZero));
        assert_eq!(Quota::new(1, SECOND, 0), Err(ConfigError::BurstIsZero));
        assert_eq!(Quota::new(u32::MAX, Duration::MAX, 1), Err(ConfigError::PeriodTooLong));
        assert_eq!(Quota::new(5, Duration::from_nanos(1), 5), Err(ConfigError::RateTooHigh));
        assert_eq!(Quota::new(1, DAY, 1_000_000), Err(ConfigError::SpanTooLong));
        for (error, field) in [
            (ConfigError::PermitsIsZero, "permits "),
            (ConfigError::PeriodIsZero, "period "),
            (ConfigError::BurstIsZero, "burst "),
            (ConfigError::PeriodTooLong, "period "),
            (ConfigError::RateTooHigh, "permits "),
            (ConfigError::SpanTooLong, "burst "),
        ] {
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }

    #[test]
    fn a_quota_tells_what_it_was_made_with_and_another_burst_leaves_the_rest() {
        let quota = Quota::new(3, SECOND, 5).unwrap();
        assert_eq!((quota.permits(), quota.period(), quota.burst()), (3, SECOND, 5));
        assert_eq!(quota.with_burst(7), Quota::new(3, SECOND, 7));
    }

    #[test]
    fn the_rate_is_permits_per_second_whatever_the_period() {
        assert_eq!(Quota::new(3, Duration::from_secs(7), 5).unwrap().rate(), 3.0 / 7.0);
        assert_eq!(Quota::new(3, Duration::from_millis(500), 5).unwrap().rate(), 6.0);
    }

    #[test]
    fn the_extremes_that_the_contract_names_are_accepted() {
        assert!(Quota::new(4, Duration::from_nanos(1), u32::MAX).is_ok());
        assert!(Quota::new(1, DAY, 50_000).is_ok());
        assert!(Quota::new(u32::MAX, Duration::from_nanos(MAX_PERIOD_NS), 1).is_ok());
        assert!(Quota::new(1, Duration::from_nanos((1 << 52) * 1_000), 1).is_ok());
        assert_eq!(
            Quota::new(1, Duration::from_nanos((1 << 52) * 1_000 + 1), 1),
            Err(ConfigError::SpanTooLong)
        );
    }
}

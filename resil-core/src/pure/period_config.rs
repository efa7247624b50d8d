//! How many permits per period, and where the windows lie.

use core::fmt;
use core::time::Duration;

use super::instant::{Instant, saturating_nanos};

/// Offsets from UTC stay below this; no place on Earth is more than 14 hours away.
const DAY_SECS: i32 = 86_400;

/// Where windows begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The first begins with the first permit ever taken, and each where the one before ends.
    FromFirstUse,
    /// At multiples of the period on a wall clock that is this many seconds ahead of UTC.
    Aligned {
        /// Seconds that the wall clock is ahead of UTC; negative behind it.
        utc_offset_secs: i32,
    },
    /// At multiples of the period from the clock's zero; the window before counts with the share of it that
    /// one period back still covers.
    Sliding,
}

/// A limit per period, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    limit: u32,
    period_ns: u64,
    kind: Kind,
    /// A window begins there; 0 or before, by less than a period. From first use, this is the state's affair.
    origin: i64,
    count_bits: u8,
}

impl Config {
    /// At most `limit` permits in each `period`, whose windows lie as `kind` says.
    ///
    /// # Errors
    /// [`ConfigError`] names the field: nothing may be zero, the period is at most 2^63 - 1 ns (292 years),
    /// the limit at most one permit per 2 ns of it, an offset from UTC less than 24 hours.
    pub const fn new(limit: u32, period: Duration, kind: Kind) -> Result<Self, ConfigError> {
        if limit == 0 {
            return Err(ConfigError::LimitIsZero);
        }
        if period.is_zero() {
            return Err(ConfigError::PeriodIsZero);
        }
        let period_ns = saturating_nanos(period);
        if period_ns > Instant::MAX.as_nanos() {
            return Err(ConfigError::PeriodTooLong);
        }
        if limit as u64 > period_ns / 2 {
            return Err(ConfigError::LimitTooHigh);
        }
        let origin = match kind {
            Kind::FromFirstUse | Kind::Sliding => 0,
            Kind::Aligned { utc_offset_secs } => {
                if utc_offset_secs <= -DAY_SECS || utc_offset_secs >= DAY_SECS {
                    return Err(ConfigError::UtcOffsetTooLarge);
                }
                -(utc_offset_secs as i64 * 1_000_000_000).rem_euclid(period_ns as i64)
            }
        };
        let count_bits = (u32::BITS - limit.leading_zeros()) as u8;
        Ok(Self { limit, period_ns, kind, origin, count_bits })
    }

    /// The most permits of one window.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The length of a window.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_nanos(self.period_ns)
    }

    /// Where windows begin.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    #[inline]
    pub(crate) const fn period_ns(&self) -> u64 {
        self.period_ns
    }

    #[inline]
    pub(crate) const fn origin(&self) -> i64 {
        self.origin
    }

    /// Bits that hold every count up to the limit. What is left of a word holds every window's index: the
    /// limit is at most half the period in ns, so the two never need more than 64. Kept, for each request waits for
    /// it.
    #[inline]
    pub(crate) const fn count_bits(&self) -> u32 {
        self.count_bits as u32
    }
}

/// What is wrong with a period limiter's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `limit` is 0.
    LimitIsZero,
    /// `limit` is more than one permit per 2 ns of the period.
    LimitTooHigh,
    /// `period` is 0.
    PeriodIsZero,
    /// `period` is longer than 2^63 - 1 ns.
    PeriodTooLong,
    /// `utc_offset_secs` is 24 hours or more, either way.
    UtcOffsetTooLarge,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LimitIsZero => "limit must be at least 1, not 0",
            Self::LimitTooHigh => {
                "limit is too high for the period: at most one permit per 2 ns of it"
            }
            Self::PeriodIsZero => "period must be longer than 0",
            Self::PeriodTooLong => "period must be at most 2^63 - 1 ns (292 years)",
            Self::UtcOffsetTooLarge => "utc_offset_secs must be less than 24 hours either way",
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_wrong_limit_is_refused_by_the_name_of_the_field() {
        let refused = |limit, period, kind| Config::new(limit, period, kind).err();
        let sliding = Kind::Sliding;
        assert_eq!(refused(0, DAY, sliding), Some(ConfigError::LimitIsZero));
        assert_eq!(refused(1, Duration::ZERO, sliding), Some(ConfigError::PeriodIsZero));
        assert_eq!(refused(1, Duration::MAX, sliding), Some(ConfigError::PeriodTooLong));
        assert_eq!(refused(6, Duration::from_nanos(11), sliding), Some(ConfigError::LimitTooHigh));
        assert_eq!(refused(5, Duration::from_nanos(11), sliding), None);
        for hours in [24, -24, i32::MAX / 3_600] {
            let kind = Kind::Aligned { utc_offset_secs: hours * 3_600 };
            assert_eq!(refused(1, DAY, kind), Some(ConfigError::UtcOffsetTooLarge), "{hours}");
        }
        assert_eq!(refused(1, DAY, Kind::Aligned { utc_offset_secs: -86_399 }), None);
        assert!(ConfigError::UtcOffsetTooLarge.to_string().starts_with("utc_offset_secs"));
    }

    #[test]
    fn index_and_count_fit_one_word_whatever_the_period() {
        for shift in 1..63 {
            for period in [1_u64 << shift, (1 << shift) + 1, (1 << (shift + 1)) - 1] {
                let period = period.min(Instant::MAX.as_nanos());
                let limit = u32::try_from(period / 2).unwrap_or(u32::MAX);
                let kind = Kind::Aligned { utc_offset_secs: -1 };
                let config = Config::new(limit, Duration::from_nanos(period), kind).unwrap();
                let since = Instant::MAX.as_nanos() + config.origin().unsigned_abs();
                let index = since / period;
                assert!(index <= u64::MAX >> config.count_bits(), "{period}");
                assert!(u64::from(limit) < 1 << config.count_bits(), "{period}");
            }
        }
    }

    #[test]
    fn a_config_tells_what_it_was_made_with_and_where_the_first_window_begins() {
        for (kind, origin_secs) in [
            (Kind::Sliding, 0),
            (Kind::FromFirstUse, 0),
            (Kind::Aligned { utc_offset_secs: 3_600 }, -3_600),
            (Kind::Aligned { utc_offset_secs: -3_600 }, -82_800),
        ] {
            let config = Config::new(7, DAY, kind).unwrap();
            assert_eq!((config.limit(), config.period(), config.kind()), (7, DAY, kind));
            assert_eq!(config.period_ns(), 86_400_000_000_000);
            assert_eq!(config.origin(), origin_secs * 1_000_000_000, "{kind:?}");
        }
    }
}

//! How an average forgets, and what can be wrong with saying so.

use core::fmt;
use core::time::Duration;

use super::instant::{Instant, saturating_nanos};

/// How an average forgets. [`Ewma`](crate::Ewma) says which is for what.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// By the number of samples that came after.
    ByCount {
        /// The weight of a new sample, above 0 and at most 1.
        alpha: f64,
        /// How many samples the first value is the plain mean of; 0 and 1 are the first sample itself.
        warm_up: u32,
    },
    /// By the time since; a new sample weighs what time passed since the last one.
    ByTime {
        /// The time in which the weight of the past falls to 1/e.
        time_constant: Duration,
    },
    /// By the time since; every sample weighs the same when it is new.
    SampleWeighted {
        /// The time in which a sample's weight falls to 1/e.
        time_constant: Duration,
    },
    /// Up at once, down as by time; decays towards 0 while nothing is recorded.
    Peak {
        /// The time in which the weight of the past falls to 1/e.
        time_constant: Duration,
    },
}

/// A kind of average, checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    kind: Kind,
    /// In nanoseconds; 0 by count.
    time_constant_ns: f64,
}

impl Config {
    /// Each sample enters with the weight `alpha`: `value * (1 - alpha) + x * alpha`.
    ///
    /// # Errors
    /// [`ConfigError::AlphaOutOfRange`] unless `alpha` is above 0 and at most 1.
    pub const fn by_count(alpha: f64) -> Result<Self, ConfigError> {
        if alpha > 0.0 && alpha <= 1.0 {
            Ok(Self { kind: Kind::ByCount { alpha, warm_up: 0 }, time_constant_ns: 0.0 })
        } else {
            Err(ConfigError::AlphaOutOfRange)
        }
    }

    /// By count, where samples are `age` samples old on average: alpha is `2 / (age + 1)`.
    ///
    /// # Errors
    /// [`ConfigError::AgeOutOfRange`] unless `age` is finite and at least 1.
    pub const fn by_count_with_age(age: f64) -> Result<Self, ConfigError> {
        if age >= 1.0 && age.is_finite() {
            Self::by_count(2.0 / (age + 1.0))
        } else {
            Err(ConfigError::AgeOutOfRange)
        }
    }

    /// By time: a sample weighs what time passed since the last one.
    ///
    /// # Errors
    /// [`ConfigError`] unless `time_constant` is above 0 and at most 2^63 - 1 ns (292 years).
    pub const fn by_time(time_constant: Duration) -> Result<Self, ConfigError> {
        Self::forgets_in_time(Kind::ByTime { time_constant }, time_constant)
    }

    /// The mean of all samples, each weighted by its age.
    ///
    /// # Errors
    /// As [`by_time`](Self::by_time).
    pub const fn sample_weighted(time_constant: Duration) -> Result<Self, ConfigError> {
        Self::forgets_in_time(Kind::SampleWeighted { time_constant }, time_constant)
    }

    /// Up at once, down as by time.
    ///
    /// # Errors
    /// As [`by_time`](Self::by_time).
    pub const fn peak(time_constant: Duration) -> Result<Self, ConfigError> {
        Self::forgets_in_time(Kind::Peak { time_constant }, time_constant)
    }

    const fn forgets_in_time(kind: Kind, time_constant: Duration) -> Result<Self, ConfigError> {
        match checked_nanos(time_constant) {
            Ok(nanos) => Ok(Self { kind, time_constant_ns: nanos as f64 }),
            Err(error) => Err(error),
        }
    }

    /// The same average by count, whose first value is the plain mean of so many samples; before, there is
    /// none.
    ///
    /// # Errors
    /// [`ConfigError::WarmUpNotByCount`] for the other kinds.
    pub const fn with_warm_up(self, samples: u32) -> Result<Self, ConfigError> {
        match self.kind {
            Kind::ByCount { alpha, .. } => {
                Ok(Self { kind: Kind::ByCount { alpha, warm_up: samples }, ..self })
            }
            _ => Err(ConfigError::WarmUpNotByCount),
        }
    }

    /// How it forgets.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The weight that is left of the past after `elapsed_ns`.
    #[inline]
    pub(crate) fn decay(&self, elapsed_ns: u64) -> f64 {
        decay(elapsed_ns as f64, self.time_constant_ns)
    }
}

/// What is left of a value after a time without samples (Newton's law of cooling): `e^(-elapsed /
/// time_constant)`.
///
/// 1 for no time at all, 0 from 746 time constants on. Evaluated as `exp(-(elapsed / time_constant))` in
/// doubles, of nanoseconds: off by at most `1 + elapsed / time_constant` units in the last place (with three times
/// the quotient from 2^53 ns, 104 days, on), which may differ between platforms, as their `exp` does.
///
/// # Errors
/// [`ConfigError`] unless `time_constant` is above 0 and at most 2^63 - 1 ns (292 years).
///
/// ```
/// use resil_core::ewma::decay_factor;
/// use std::time::Duration;
///
/// let half = decay_factor(Duration::from_millis(693), Duration::from_secs(1))?;
/// assert!((half - 0.5).abs() < 1e-4);
/// # Ok::<(), resil_core::ewma::ConfigError>(())
/// ```
pub fn decay_factor(elapsed: Duration, time_constant: Duration) -> Result<f64, ConfigError> {
    let time_constant_ns = checked_nanos(time_constant)?;
    Ok(decay(elapsed.as_nanos() as f64, time_constant_ns as f64))
}

#[inline]
fn decay(elapsed_ns: f64, time_constant_ns: f64) -> f64 {
    // Several samples of one instant are common, and `exp` costs more than all the rest.
    if elapsed_ns == 0.0 { 1.0 } else { (-(elapsed_ns / time_constant_ns)).exp() }
}

const fn checked_nanos(time_constant: Duration) -> Result<u64, ConfigError> {
    if time_constant.is_zero() {
        return Err(ConfigError::TimeConstantIsZero);
    }
    let nanos = saturating_nanos(time_constant);
    if nanos > Instant::MAX.as_nanos() { Err(ConfigError::TimeConstantTooLong) } else { Ok(nanos) }
}

/// What is wrong with an average's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `alpha` is not above 0, or above 1.
    AlphaOutOfRange,
    /// `age` is below 1 or not finite.
    AgeOutOfRange,
    /// `time_constant` is 0.
    TimeConstantIsZero,
    /// `time_constant` is longer than 2^63 - 1 ns.
    TimeConstantTooLong,
    /// `warm_up` is set, but the average forgets by time.
    WarmUpNotByCount,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlphaOutOfRange => "alpha must be above 0 and at most 1",
            Self::AgeOutOfRange => "age must be a finite number of at least 1",
            Self::TimeConstantIsZero => "time_constant must be longer than 0",
            Self::TimeConstantTooLong => "time_constant must be at most 2^63 - 1 ns (292 years)",
            Self::WarmUpNotByCount => "warm_up needs an average by count",
        })
    }
}

impl core::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_wrong_constant_is_refused_by_the_name_of_the_field() {
        for alpha in [0.0, -0.1, 1.000_000_1, f64::NAN, f64::INFINITY] {
            assert_eq!(Config::by_count(alpha), Err(ConfigError::AlphaOutOfRange), "{alpha}");
        }
        for age in [0.999, 0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Config::by_count_with_age(age), Err(ConfigError::AgeOutOfRange), "{age}");
        }
        for make in [Config::by_time, Config::sample_weighted, Config::peak] {
            assert_eq!(make(Duration::ZERO), Err(ConfigError::TimeConstantIsZero));
            let longest = Duration::from_nanos(i64::MAX as u64);
            assert!(make(longest).is_ok());
            let longer = longest + Duration::from_nanos(1);
            assert_eq!(make(longer), Err(ConfigError::TimeConstantTooLong));
            assert_eq!(make(Duration::MAX), Err(ConfigError::TimeConstantTooLong));
            let warmed = make(SECOND).unwrap().with_warm_up(2);
            assert_eq!(warmed, Err(ConfigError::WarmUpNotByCount));
        }
        for (error, field) in [
            (ConfigError::AlphaOutOfRange, "alpha "),
            (ConfigError::AgeOutOfRange, "age "),
            (ConfigError::TimeConstantIsZero, "time_constant "),
            (ConfigError::TimeConstantTooLong, "time_constant "),
            (ConfigError::WarmUpNotByCount, "warm_up "),
        ] {
            assert!(error.to_string().starts_with(field), "{error}");
        }
    }

    #[test]
    fn age_means_alpha_is_two_by_age_and_one() {
        for (age, alpha) in [(1.0, 1.0), (3.0, 0.5), (30.0, 2.0 / 31.0), (f64::MAX, 2.0 / f64::MAX)]
        {
            assert_eq!(Config::by_count_with_age(age), Config::by_count(alpha));
        }
    }

    #[test]
    fn what_is_left_falls_from_one_to_nothing() {
        let left = |elapsed| decay_factor(elapsed, SECOND).unwrap();
        assert_eq!(left(Duration::ZERO), 1.0);
        assert_eq!(left(SECOND), (-1.0_f64).exp());
        assert!(left(SECOND * 745) > 0.0);
        assert_eq!(left(SECOND * 746), 0.0);
        assert_eq!(left(Duration::MAX), 0.0);
        let longest = Duration::from_nanos(i64::MAX as u64);
        assert_eq!(decay_factor(Duration::MAX, longest), Ok(0.0));
        assert_eq!(decay_factor(longest, longest), Ok((-1.0_f64).exp()));
        assert_eq!(decay_factor(SECOND, Duration::ZERO), Err(ConfigError::TimeConstantIsZero));
        assert_eq!(decay_factor(SECOND, Duration::MAX), Err(ConfigError::TimeConstantTooLong));
    }

    #[test]
    fn a_warm_up_is_set_by_count_and_leaves_alpha() {
        let config = Config::by_count(0.25).unwrap().with_warm_up(3).unwrap();
        assert_eq!(config.kind(), Kind::ByCount { alpha: 0.25, warm_up: 3 });
    }

    #[test]
    fn a_kind_decays_by_its_own_time_constant() {
        let config = Config::peak(SECOND * 2).unwrap();
        assert_eq!(config.decay(0), 1.0);
        assert_eq!(config.decay(3_000_000_000), (-1.5_f64).exp());
    }
}

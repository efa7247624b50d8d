//! What an SRE breaker is made of: every constant by name, checked once. The presets are in `sre_presets.rs`.

use core::fmt;
use core::time::Duration;

use super::drop_ratio::{Law, Weight};
use super::grid::{self, Grid};
use super::instant::saturating_nanos;
use super::sre_decision::Config;

/// Whether a refused call counts as one that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusals {
    /// No: the window holds what the backend answered, and nothing else.
    Uncounted,
    /// Yes, as a failure.
    AsFailures,
    /// Yes, but not as a failure: a bucket of refusals alone is no failing bucket.
    Apart,
}

/// The recipe of an [`SreBreaker`](crate::SreBreaker): a preset, and what is changed in it.
///
/// In every preset a call counts when it is settled, in the bucket of that instant; calls in flight count
/// nowhere, ignored ones never. `R` is the number of calls that count in the window, `A` that of the
/// successes among them.
///
/// | preset | share refused | refusals count | window |
/// | --- | --- | --- | --- |
/// | [`sre_book`](Self::sre_book) | `(R - 2 A) / (R + 1)` | yes | 2 min in 120 |
/// | [`go_zero_1_3`](Self::go_zero_1_3) | `(R - 5 - 1.5 A) / (R + 1)` | no | 10 s in 40 |
/// | [`go_zero`](Self::go_zero) | `(R - 5 - w A) / (R + 1) * (40 - working) / 40` | yes, apart | 10 s in 40 |
/// | [`grpc_rls`](Self::grpc_rls) | `(R - 2 A) / (R + 8)` | yes, as failures | 30 s in 100 |
/// | [`kratos`](Self::kratos) | `(R - A / 0.6) / (R + 1)` from R = 100 on | yes, as failures | 3 s in 10 |
/// | [`envoy`](Self::envoy) | `(R - A / 0.95) / (R + 1)`, at most 0.8 | no | 30 s in 30 |
///
/// Nothing is checked before [`build`](Self::build), which making a breaker calls.
///
/// ```
/// use resil_core::{SreBreaker, SreBreakerConfig};
/// use std::time::Duration;
///
/// let config = SreBreakerConfig::go_zero_1_3()
///     .with_window(Duration::from_millis(100), 20) // the last 2 s
///     .with_multiplier(2.0);
/// let breaker = SreBreaker::new(config)?;
/// # Ok::<(), resil_core::sre_breaker::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SreBreakerConfig {
    pub(super) bucket_width: Duration,
    pub(super) bucket_count: u32,
    pub(super) refusals: Refusals,
    pub(super) forced_pass_after: Option<Duration>,
    pub(super) law: Law,
}

impl SreBreakerConfig {
    /// The window: `bucket_count` buckets, each `bucket_width` wide. As in a
    /// [`RollingWindow`](crate::RollingWindow): at least 1 us, 1 to 65 536 buckets; on
    /// [`CoarseClock`](crate::CoarseClock) at least 100 ms.
    #[must_use]
    pub const fn with_window(self, bucket_width: Duration, bucket_count: u32) -> Self {
        Self { bucket_width, bucket_count, ..self }
    }

    /// K: refusing begins where less than one in K calls succeeds. Finite, at least 1. Smaller refuses more.
    #[must_use]
    pub const fn with_multiplier(self, multiplier: f64) -> Self {
        Self { law: Law { weight: Weight::Multiplier(multiplier), ..self.law }, ..self }
    }

    /// In place of K: refusing begins where less than this share succeeds. Above 0, at most 1.
    #[must_use]
    pub const fn with_success_ratio(self, success_ratio: f64) -> Self {
        Self { law: Law { weight: Weight::SuccessRatio(success_ratio), ..self.law }, ..self }
    }

    /// What K falls to as the newest buckets hold failures and no success: in equal steps, one a bucket, as
    /// if the whole window did. At least 1, at most K. `None`: K stays.
    #[must_use]
    pub const fn with_min_multiplier(self, min_multiplier: Option<f64>) -> Self {
        Self { law: Law { min_multiplier, ..self.law }, ..self }
    }

    /// How many requests are taken off R before it is compared: so many failures are forgiven.
    #[must_use]
    pub const fn with_protection(self, requests: u64) -> Self {
        Self { law: Law { protection: requests, ..self.law }, ..self }
    }

    /// What is added to R below the line: damps the ratio while there are few requests. Finite, at least 0.
    ///
    /// With 0, where refusals count and nothing is forgiven or capped, a window without a success refuses
    /// every call, and its own refusals keep it so while calls keep coming.
    #[must_use]
    pub const fn with_padding(self, padding: f64) -> Self {
        Self { law: Law { padding, ..self.law }, ..self }
    }

    /// Nothing is refused with fewer requests than this in the window.
    #[must_use]
    pub const fn with_min_requests(self, requests: u64) -> Self {
        Self { law: Law { min_requests: requests, ..self.law }, ..self }
    }

    /// Nothing is refused at fewer requests a second than this, since the oldest bucket that holds any began;
    /// in whole seconds, at least one.
    #[must_use]
    pub const fn with_min_rps(self, requests_per_second: u32) -> Self {
        Self { law: Law { min_rps: requests_per_second, ..self.law }, ..self }
    }

    /// The ratio is raised to the power of `1 / aggression`: more refuses more. Finite, at least 1.
    #[must_use]
    pub const fn with_aggression(self, aggression: f64) -> Self {
        Self { law: Law { aggression, ..self.law }, ..self }
    }

    /// The greatest share refused. From 0 to 1.
    #[must_use]
    pub const fn with_max_drop_ratio(self, max_drop_ratio: f64) -> Self {
        Self { law: Law { max_drop_ratio, ..self.law }, ..self }
    }

    /// Whether the newest buckets with successes and no failure take their share of the window off the ratio.
    #[must_use]
    pub const fn with_recovery(self, recovery: bool) -> Self {
        Self { law: Law { recovery, ..self.law }, ..self }
    }

    /// Whether refusals count.
    #[must_use]
    pub const fn with_refusals(self, refusals: Refusals) -> Self {
        Self { refusals, ..self }
    }

    /// A call passes without a draw if the last one that passed while the ratio was above 0 did so longer ago
    /// than this. Before there is such a one, none is forced. `None`: never.
    #[must_use]
    pub const fn with_forced_pass_after(self, forced_pass_after: Option<Duration>) -> Self {
        Self { forced_pass_after, ..self }
    }

    /// The width of a bucket.
    #[must_use]
    pub const fn bucket_width(&self) -> Duration {
        self.bucket_width
    }

    /// How many buckets the window has.
    #[must_use]
    pub const fn bucket_count(&self) -> u32 {
        self.bucket_count
    }

    /// Checks everything, once.
    ///
    /// # Errors
    /// [`ConfigError`] names the field.
    ///
    /// ```
    /// use resil_core::SreBreakerConfig;
    /// use resil_core::sre_breaker::ConfigError;
    ///
    /// let config = SreBreakerConfig::sre_book().with_multiplier(0.9);
    /// assert_eq!(config.build().unwrap_err(), ConfigError::MultiplierOutOfRange);
    /// ```
    pub const fn build(self) -> Result<Config, ConfigError> {
        let grid = match Grid::new(self.bucket_width, self.bucket_count) {
            Ok(grid) => grid,
            Err(error) => return Err(ConfigError::Window(error)),
        };
        let law = self.law;
        match law.weight {
            // With less than 1, successes alone would lead to refusals.
            Weight::Multiplier(k) if !(k >= 1.0 && k.is_finite()) => {
                return Err(ConfigError::MultiplierOutOfRange);
            }
            Weight::SuccessRatio(share) if !(share > 0.0 && share <= 1.0) => {
                return Err(ConfigError::SuccessRatioOutOfRange);
            }
            _ => {}
        }
        match (law.min_multiplier, law.weight) {
            (None, _) => {}
            (Some(least), Weight::Multiplier(k)) if least >= 1.0 && least <= k => {}
            (Some(_), Weight::Multiplier(_)) => return Err(ConfigError::MinMultiplierOutOfRange),
            (Some(_), Weight::SuccessRatio(_)) => {
                return Err(ConfigError::MinMultiplierWithSuccessRatio);
            }
        }
        if !(law.padding >= 0.0 && law.padding.is_finite()) {
            return Err(ConfigError::PaddingOutOfRange);
        }
        if !(law.aggression >= 1.0 && law.aggression.is_finite()) {
            return Err(ConfigError::AggressionOutOfRange);
        }
        if !(law.max_drop_ratio >= 0.0 && law.max_drop_ratio <= 1.0) {
            return Err(ConfigError::MaxDropRatioOutOfRange);
        }
        let forced_pass_after_ns = match self.forced_pass_after {
            Some(after) => Some(saturating_nanos(after)),
            None => None,
        };
        Ok(Config::checked(self, grid, law, self.refusals, forced_pass_after_ns))
    }
}

/// What is wrong with an SRE breaker's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigError {
    /// `bucket_width` or `bucket_count`, as the window says.
    Window(grid::ConfigError),
    /// `multiplier` is below 1 or not finite.
    MultiplierOutOfRange,
    /// `success_ratio` is not above 0, or above 1.
    SuccessRatioOutOfRange,
    /// `min_multiplier` is below 1 or above `multiplier`.
    MinMultiplierOutOfRange,
    /// `min_multiplier` is set, but there is no multiplier: `success_ratio` stands in its place.
    MinMultiplierWithSuccessRatio,
    /// `padding` is negative or not finite.
    PaddingOutOfRange,
    /// `aggression` is below 1 or not finite.
    AggressionOutOfRange,
    /// `max_drop_ratio` is below 0 or above 1.
    MaxDropRatioOutOfRange,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Window(error) => return error.fmt(f),
            Self::MultiplierOutOfRange => "multiplier must be a finite number of at least 1",
            Self::SuccessRatioOutOfRange => "success_ratio must be above 0 and at most 1",
            Self::MinMultiplierOutOfRange => {
                "min_multiplier must be at least 1 and at most the multiplier"
            }
            Self::MinMultiplierWithSuccessRatio => {
                "min_multiplier needs a multiplier, not a success_ratio"
            }
            Self::PaddingOutOfRange => "padding must be a finite number of at least 0",
            Self::AggressionOutOfRange => "aggression must be a finite number of at least 1",
            Self::MaxDropRatioOutOfRange => "max_drop_ratio must be from 0 to 1",
        })
    }
}

impl core::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Window(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_constant_is_refused_by_its_name() {
        let base = SreBreakerConfig::default();
        for (config, error) in [
            (
                base.with_window(Duration::from_secs(1), 0),
                ConfigError::Window(grid::ConfigError::BucketCountIsZero),
            ),
            (base.with_multiplier(0.999), ConfigError::MultiplierOutOfRange),
            (base.with_multiplier(f64::NAN), ConfigError::MultiplierOutOfRange),
            (base.with_multiplier(f64::INFINITY), ConfigError::MultiplierOutOfRange),
            (base.with_success_ratio(0.0), ConfigError::SuccessRatioOutOfRange),
            (base.with_success_ratio(1.01), ConfigError::SuccessRatioOutOfRange),
            (base.with_success_ratio(f64::NAN), ConfigError::SuccessRatioOutOfRange),
            (base.with_min_multiplier(Some(0.9)), ConfigError::MinMultiplierOutOfRange),
            (base.with_min_multiplier(Some(1.6)), ConfigError::MinMultiplierOutOfRange),
            (base.with_min_multiplier(Some(f64::NAN)), ConfigError::MinMultiplierOutOfRange),
            (
                base.with_success_ratio(0.5).with_min_multiplier(Some(1.1)),
                ConfigError::MinMultiplierWithSuccessRatio,
            ),
            (base.with_padding(-0.1), ConfigError::PaddingOutOfRange),
            (base.with_padding(f64::INFINITY), ConfigError::PaddingOutOfRange),
            (base.with_aggression(0.5), ConfigError::AggressionOutOfRange),
            (base.with_aggression(f64::INFINITY), ConfigError::AggressionOutOfRange),
            (base.with_max_drop_ratio(1.1), ConfigError::MaxDropRatioOutOfRange),
            (base.with_max_drop_ratio(-0.1), ConfigError::MaxDropRatioOutOfRange),
            (base.with_max_drop_ratio(f64::NAN), ConfigError::MaxDropRatioOutOfRange),
        ] {
            assert_eq!(config.build().err(), Some(error));
        }
    }

    #[test]
    fn each_error_begins_with_the_name_of_its_field_and_a_window_s_is_passed_on() {
        let window = grid::ConfigError::BucketCountIsZero;
        assert_eq!(ConfigError::Window(window).to_string(), window.to_string());
        let cause = |error: &ConfigError| core::error::Error::source(error).is_some();
        assert!(cause(&ConfigError::Window(window)));
        for (error, field) in [
            (ConfigError::MultiplierOutOfRange, "multiplier "),
            (ConfigError::SuccessRatioOutOfRange, "success_ratio "),
            (ConfigError::MinMultiplierOutOfRange, "min_multiplier "),
            (ConfigError::MinMultiplierWithSuccessRatio, "min_multiplier "),
            (ConfigError::PaddingOutOfRange, "padding "),
            (ConfigError::AggressionOutOfRange, "aggression "),
            (ConfigError::MaxDropRatioOutOfRange, "max_drop_ratio "),
        ] {
            assert!(error.to_string().starts_with(field), "{error}");
            assert!(!cause(&error), "{error}");
        }
    }

    #[test]
    fn each_constant_is_set_by_its_name_and_leaves_the_others() {
        let base = SreBreakerConfig::default();
        let law = base.law;
        let with_law = |law| SreBreakerConfig { law, ..base };
        let width = Duration::from_millis(7);
        assert_eq!(
            base.with_window(width, 9),
            SreBreakerConfig { bucket_width: width, bucket_count: 9, ..base }
        );
        assert_eq!((base.with_window(width, 9).bucket_width(), base.bucket_count()), (width, 40));
        for (changed, law) in [
            (base.with_multiplier(3.0), Law { weight: Weight::Multiplier(3.0), ..law }),
            (base.with_success_ratio(0.5), Law { weight: Weight::SuccessRatio(0.5), ..law }),
            (base.with_min_multiplier(Some(1.2)), Law { min_multiplier: Some(1.2), ..law }),
            (base.with_protection(77), Law { protection: 77, ..law }),
            (base.with_padding(9.0), Law { padding: 9.0, ..law }),
            (base.with_min_requests(8), Law { min_requests: 8, ..law }),
            (base.with_min_rps(6), Law { min_rps: 6, ..law }),
            (base.with_aggression(2.5), Law { aggression: 2.5, ..law }),
            (base.with_max_drop_ratio(0.4), Law { max_drop_ratio: 0.4, ..law }),
            (base.with_recovery(true), Law { recovery: true, ..law }),
        ] {
            assert_eq!(changed, with_law(law));
            assert_ne!(changed, base);
        }
        let refusals = Refusals::Apart;
        assert_eq!(base.with_refusals(refusals), SreBreakerConfig { refusals, ..base });
        let forced_pass_after = Some(Duration::from_secs(3));
        assert_eq!(
            base.with_forced_pass_after(forced_pass_after),
            SreBreakerConfig { forced_pass_after, ..base }
        );
    }

    #[test]
    fn the_ends_of_each_range_are_in_it() {
        let base = SreBreakerConfig::default();
        for config in [
            base.with_multiplier(1.0),
            base.with_success_ratio(1.0),
            base.with_success_ratio(f64::MIN_POSITIVE),
            base.with_min_multiplier(Some(1.0)),
            base.with_min_multiplier(Some(1.5)),
            base.with_padding(0.0),
            base.with_aggression(1.0),
            base.with_max_drop_ratio(0.0),
            base.with_max_drop_ratio(1.0),
        ] {
            assert!(config.build().is_ok(), "{config:?}");
        }
    }
}

//! What an SRE breaker is made of: presets that equal their origins, and every constant by name.

use core::fmt;
use core::time::Duration;

use super::drop_ratio::{Law, Weight};
use super::grid::{self, Grid};
use super::instant::saturating_nanos;
use super::sre_breaker::Config;

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
    bucket_width: Duration,
    bucket_count: u32,
    refusals: Refusals,
    forced_pass_after: Option<Duration>,
    law: Law,
}

impl SreBreakerConfig {
    /// The law as the book has it: K = 2, no padding, refusals count as requests.
    ///
    /// The book counts a request when it is *attempted*. Like every implementation this one counts it when it
    /// is settled or refused: counting calls in flight as not accepted would refuse the second of two
    /// simultaneous first calls half the time.
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::sre_book()).is_ok());
    /// ```
    #[must_use]
    pub const fn sre_book() -> Self {
        Self {
            bucket_width: Duration::from_secs(1),
            bucket_count: 120,
            refusals: Refusals::AsFailures,
            forced_pass_after: None,
            law: Law {
                weight: Weight::Multiplier(2.0),
                min_multiplier: None,
                protection: 0,
                padding: 1.0,
                min_requests: 0,
                min_rps: 0,
                aggression: 1.0,
                max_drop_ratio: 1.0,
                recovery: false,
            },
        }
    }

    /// go-zero up to v1.6.2: K = 1.5, the first five failures are forgiven, refusals count nowhere.
    ///
    /// Admits in proportion to what the backend accepts. The default.
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::go_zero_1_3()).is_ok());
    /// ```
    #[must_use]
    pub const fn go_zero_1_3() -> Self {
        Self {
            bucket_width: Duration::from_millis(250),
            bucket_count: 40,
            refusals: Refusals::Uncounted,
            ..Self::sre_book()
        }
        .with_multiplier(1.5)
        .with_protection(5)
    }

    /// go-zero from v1.6.6 on: as before, and refusals count as requests; K falls to 1.1 as buckets with
    /// nothing but failures follow one another; buckets with nothing but successes take up to all of the
    /// ratio off; and a call passes whenever the last pass in trouble is more than 1 s ago.
    ///
    /// Strict in an outage, but no throttle: above 1/3 of failures it lets through a handful of calls in 10 s
    /// whatever the load, because it counts its own refusals against the backend.
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::go_zero()).is_ok());
    /// ```
    #[must_use]
    pub const fn go_zero() -> Self {
        Self::go_zero_1_3()
            .with_refusals(Refusals::Apart)
            .with_min_multiplier(Some(1.1))
            .with_recovery(true)
            .with_forced_pass_after(Some(Duration::from_secs(1)))
    }

    /// gRPC's route lookup service: K = 2, padding 8, a refusal counts as one more throttled request.
    ///
    /// Its `throttled` is [`Outcome::Failure`](super::outcome::Outcome::Failure).
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::grpc_rls()).is_ok());
    /// ```
    #[must_use]
    pub const fn grpc_rls() -> Self {
        Self::sre_book().with_window(Duration::from_millis(300), 100).with_padding(8.0)
    }

    /// kratos (aegis): K = 1/0.6, nothing is refused below 100 requests, a refusal counts as a failure.
    ///
    /// That a refusal counts is what kratos' middleware does; its bare breaker leaves it to the caller
    /// (`with_refusals(Refusals::Uncounted)`).
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::kratos()).is_ok());
    /// ```
    #[must_use]
    pub const fn kratos() -> Self {
        Self::sre_book()
            .with_window(Duration::from_millis(300), 10)
            .with_multiplier(1.0 / 0.6)
            .with_min_requests(100)
    }

    /// Envoy's admission control: success ratio 0.95, aggression 1, at most 0.8 refused, refusals count
    /// nowhere.
    ///
    /// Envoy draws one of 10 000 numbers and we any double; it starts a bucket at the first request a second
    /// or more after the last start and we at whole seconds; and where Envoy counts a request given up
    /// without an answer as failed, a dropped permit is ignored here.
    ///
    /// ```
    /// use resil_core::{SreBreaker, SreBreakerConfig};
    /// assert!(SreBreaker::new(SreBreakerConfig::envoy()).is_ok());
    /// ```
    #[must_use]
    pub const fn envoy() -> Self {
        Self::sre_book()
            .with_window(Duration::from_secs(1), 30)
            .with_success_ratio(0.95)
            .with_max_drop_ratio(0.8)
            .with_refusals(Refusals::Uncounted)
    }

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

impl Default for SreBreakerConfig {
    /// [`SreBreakerConfig::go_zero_1_3`], the law most widely run.
    fn default() -> Self {
        Self::go_zero_1_3()
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
    fn the_presets_and_the_extremes_are_accepted() {
        for config in [
            SreBreakerConfig::sre_book(),
            SreBreakerConfig::go_zero_1_3(),
            SreBreakerConfig::go_zero(),
            SreBreakerConfig::grpc_rls(),
            SreBreakerConfig::kratos(),
            SreBreakerConfig::envoy(),
            SreBreakerConfig::default().with_multiplier(1.0).with_padding(0.0),
            SreBreakerConfig::default().with_min_multiplier(Some(1.5)),
            SreBreakerConfig::default().with_max_drop_ratio(0.0).with_success_ratio(1.0),
            SreBreakerConfig::default().with_forced_pass_after(Some(Duration::MAX)),
        ] {
            assert!(config.build().is_ok(), "{config:?}");
        }
    }
}

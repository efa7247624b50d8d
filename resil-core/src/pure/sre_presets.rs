//! The SRE breaker as others have it: presets that equal their origins to the last bit of the ratio.

use core::time::Duration;

use super::drop_ratio::{Law, Weight};
use super::sre_config::{Refusals, SreBreakerConfig};

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
}

impl Default for SreBreakerConfig {
    /// [`SreBreakerConfig::go_zero_1_3`], the law most widely run.
    fn default() -> Self {
        Self::go_zero_1_3()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn each_preset_has_the_constants_of_its_origin() {
        let ms = Duration::from_millis;
        let book = SreBreakerConfig::sre_book();
        let plain = Law {
            weight: Weight::Multiplier(2.0),
            min_multiplier: None,
            protection: 0,
            padding: 1.0,
            min_requests: 0,
            min_rps: 0,
            aggression: 1.0,
            max_drop_ratio: 1.0,
            recovery: false,
        };
        let go_zero = Law { weight: Weight::Multiplier(1.5), protection: 5, ..plain };
        let newer = Law { min_multiplier: Some(1.1), recovery: true, ..go_zero };
        let kratos = Law { weight: Weight::Multiplier(1.0 / 0.6), min_requests: 100, ..plain };
        let envoy = Law { weight: Weight::SuccessRatio(0.95), max_drop_ratio: 0.8, ..plain };
        for (preset, bucket_width, bucket_count, refusals, law) in [
            (book, ms(1_000), 120, Refusals::AsFailures, plain),
            (SreBreakerConfig::go_zero_1_3(), ms(250), 40, Refusals::Uncounted, go_zero),
            (
                SreBreakerConfig::go_zero().with_forced_pass_after(None),
                ms(250),
                40,
                Refusals::Apart,
                newer,
            ),
            (
                SreBreakerConfig::grpc_rls(),
                ms(300),
                100,
                Refusals::AsFailures,
                Law { padding: 8.0, ..plain },
            ),
            (SreBreakerConfig::kratos(), ms(300), 10, Refusals::AsFailures, kratos),
            (SreBreakerConfig::envoy(), ms(1_000), 30, Refusals::Uncounted, envoy),
        ] {
            let forced_pass_after = None;
            let made =
                SreBreakerConfig { bucket_width, bucket_count, refusals, forced_pass_after, law };
            assert_eq!(preset, made);
        }
        assert_eq!(SreBreakerConfig::go_zero().forced_pass_after, Some(ms(1_000)));
        assert_eq!(SreBreakerConfig::default(), SreBreakerConfig::go_zero_1_3());
    }
}

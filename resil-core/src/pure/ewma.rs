//! Exponentially weighted moving averages: by count, by time, of samples weighted by age, and of peaks.
//!
//! With `w = exp(-(elapsed / time_constant))`, in doubles and in this order of evaluation, `elapsed` and
//! `time_constant` being nanoseconds:
//!
//! ```text
//! by count         value = value * (1 - alpha) + x * alpha
//! by time          value = value * w + x * (1 - w)
//! sample-weighted  sum = sum * w + x;  weight = weight * w + 1;  value = sum / weight
//! peak             value = x if x > value, else value * w + x * (1 - w);  read as value * w
//! ```
//!
//! A weighted mean of a value and a sample is kept between the two, where rounding would leave it. No
//! multiplication is fused, so results differ between platforms only as their `exp` does, by a unit in the last
//! place.
//! Invariant: `sum` is finite; `newest` never goes back; in the kinds but the sample-weighted one, `sum` never
//! leaves the range of the samples.
//! Source: Newton's law of cooling; peak as in Finagle's `PeakEwma`. A weight below 2^-53 (time steps below
//! 10^-16 time constants) is lost in rounding.

use core::fmt;
use core::time::Duration;

pub use super::ewma_config::{Config, ConfigError, Kind};
use super::instant::Instant;

/// An average for one owner. The one to share is [`Ewma`](crate::Ewma).
///
/// ```
/// use resil_core::pure::ewma::{Config, State};
/// use resil_core::Instant;
///
/// let config = Config::by_count(0.5)?;
/// let mut state = State::default();
/// assert_eq!(state.value(&config, Instant::ZERO), None);
/// state.record(&config, Instant::ZERO, 8.0).unwrap();
/// state.record(&config, Instant::ZERO, 4.0).unwrap();
/// assert_eq!(state.value(&config, Instant::ZERO), Some(6.0));
/// # Ok::<(), resil_core::ewma::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// The value; sample-weighted, and until it is warm, the sum of the samples by their weight.
    pub(crate) sum: f64,
    /// 0 before the first sample; then 1; sample-weighted, the sum of the weights at `newest`; with a warm-up,
    /// the samples counted so far, at most those of the warm-up.
    pub(crate) weight: f64,
    /// The latest instant of a sample; by count, 0.
    pub(crate) newest: u64,
}

impl State {
    /// Takes in `x`.
    ///
    /// # Errors
    /// [`RecordError`] says what is wrong with `x`: then nothing changes.
    pub fn record(&mut self, config: &Config, now: Instant, x: f64) -> Result<(), RecordError> {
        *self = config.record(*self, now, x)?;
        Ok(())
    }

    /// The average at `now`; `None` while nothing, or with a warm-up too little, was recorded.
    #[must_use]
    pub fn value(&self, config: &Config, now: Instant) -> Option<f64> {
        config.value(*self, now)
    }

    /// The time since the newest sample; `None` by count, and before the first.
    #[must_use]
    pub fn idle_for(&self, config: &Config, now: Instant) -> Option<Duration> {
        match config.kind() {
            Kind::ByCount { .. } => None,
            _ if self.weight == 0.0 => None,
            _ => Some(Duration::from_nanos(now.as_nanos().saturating_sub(self.newest))),
        }
    }

    /// How many samples it takes until there is a value.
    #[must_use]
    pub fn missing(&self, config: &Config) -> u32 {
        let counted = self.weight as u32;
        samples_needed(config).saturating_sub(counted)
    }
}

impl Config {
    /// The state after `x`; the same one where `x` weighs nothing.
    #[inline]
    pub(crate) fn record(&self, state: State, now: Instant, x: f64) -> Result<State, RecordError> {
        if !x.is_finite() {
            return Err(RecordError::NotFinite);
        }
        let now = now.as_nanos();
        match self.kind() {
            Kind::ByCount { alpha, .. } => {
                let needed = f64::from(samples_needed(self));
                if state.weight < needed {
                    return state.warm_up(needed, x);
                }
                Ok(State { sum: between(state.sum, 1.0 - alpha, x, alpha), ..state })
            }
            _ if state.weight == 0.0 => Ok(State { sum: x, weight: 1.0, newest: now }),
            Kind::ByTime { .. } => Ok(self.cooled(state, now, x)),
            Kind::Peak { .. } if x > state.sum => {
                Ok(State { sum: x, newest: now.max(state.newest), ..state })
            }
            Kind::Peak { .. } => Ok(self.cooled(state, now, x)),
            Kind::SampleWeighted { .. } => self.weighted(state, now, x),
        }
    }

    /// The average that a state tells at `now`.
    #[inline]
    pub(crate) fn value(&self, state: State, now: Instant) -> Option<f64> {
        if state.weight == 0.0 {
            return None;
        }
        match self.kind() {
            Kind::ByCount { .. } => {
                (state.weight >= f64::from(samples_needed(self))).then_some(state.sum)
            }
            Kind::ByTime { .. } => Some(state.sum),
            Kind::SampleWeighted { .. } => Some(state.sum / state.weight),
            Kind::Peak { .. } => {
                Some(state.sum * self.decay(now.as_nanos().saturating_sub(state.newest)))
            }
        }
    }

    /// The value gives way to `x` by the time since the newest sample.
    #[inline]
    fn cooled(&self, state: State, now: u64, x: f64) -> State {
        if now <= state.newest {
            return state;
        }
        let w = self.decay(now - state.newest);
        State { sum: between(state.sum, w, x, 1.0 - w), newest: now, ..state }
    }

    /// The younger ones of the sums and `x` count in full, the older ones by their age.
    #[inline]
    fn weighted(&self, state: State, now: u64, x: f64) -> Result<State, RecordError> {
        let next = if now >= state.newest {
            let w = self.decay(now - state.newest);
            // The weights are at least 1 together, so where nothing is left of them, `w` is 0, and so is the sum.
            State { sum: state.sum * w + x, weight: state.weight * w + 1.0, newest: now }
        } else {
            let w = self.decay(state.newest - now);
            State { sum: state.sum + x * w, weight: state.weight + w, ..state }
        };
        if next.sum.is_finite() { Ok(next) } else { Err(RecordError::SumTooLarge) }
    }
}

impl State {
    /// One of the samples that the first value is the plain mean of.
    #[cold]
    fn warm_up(self, needed: f64, x: f64) -> Result<Self, RecordError> {
        let (sum, weight) = (self.sum + x, self.weight + 1.0);
        if !sum.is_finite() {
            return Err(RecordError::SumTooLarge);
        }
        Ok(Self { sum: if weight == needed { sum / needed } else { sum }, weight, ..self })
    }
}

/// The samples that the first value is made of.
#[inline]
fn samples_needed(config: &Config) -> u32 {
    match config.kind() {
        Kind::ByCount { warm_up, .. } => warm_up.max(1),
        _ => 1,
    }
}

/// The mean of `old` and `x` by their weights, which add up to 1; never outside of the two.
#[inline]
fn between(old: f64, weight: f64, x: f64, x_weight: f64) -> f64 {
    let (low, high) = if x < old { (x, old) } else { (old, x) };
    let mean = old * weight + x * x_weight;
    // Not `max` and `min`: of the two zeros these may tell either.
    let mean = if mean < low { low } else { mean };
    if mean > high { high } else { mean }
}

/// What is wrong with a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordError {
    /// `x` is infinite or not a number.
    NotFinite,
    /// `x` is so large that the sum of the samples would not be finite: sample-weighted, and while warming up.
    SumTooLarge,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "x must be a finite number",
            Self::SumTooLarge => "x is too large: the sum of the samples would not be finite",
        })
    }
}

impl core::error::Error for RecordError {}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [fn(Duration) -> Result<Config, ConfigError>; 3] =
        [Config::by_time, Config::sample_weighted, Config::peak];
    const SECOND: Duration = Duration::from_secs(1);

    fn at(secs: u64) -> Instant {
        Instant::from_nanos(secs * 1_000_000_000).unwrap()
    }

    /// The state after some samples, each with its second.
    fn after(config: &Config, samples: &[(u64, f64)]) -> State {
        let mut state = State::default();
        for (secs, x) in samples {
            state.record(config, at(*secs), *x).unwrap();
        }
        state
    }

    #[test]
    fn there_is_no_value_before_the_first_sample_and_zero_is_one() {
        for config in
            KINDS.map(|kind| kind(SECOND).unwrap()).into_iter().chain(Config::by_count(0.1))
        {
            let mut state = State::default();
            assert_eq!(state.value(&config, at(5)), None);
            assert_eq!((state.missing(&config), state.idle_for(&config, at(5))), (1, None));
            state.record(&config, at(5), 0.0).unwrap();
            assert_eq!((state.value(&config, at(5)), state.missing(&config)), (Some(0.0), 0));
        }
    }

    #[test]
    fn a_warm_up_ends_with_the_plain_mean_and_goes_on_by_alpha() {
        let config = Config::by_count(0.25).unwrap().with_warm_up(3).unwrap();
        let mut state = after(&config, &[(0, 1.0), (0, 2.0)]);
        assert_eq!((state.value(&config, at(0)), state.missing(&config)), (None, 1));
        state.record(&config, at(0), 6.0).unwrap();
        assert_eq!((state.value(&config, at(0)), state.missing(&config)), (Some(3.0), 0));
        state.record(&config, at(0), 7.0).unwrap();
        assert_eq!(state.value(&config, at(0)), Some(4.0));
    }

    #[test]
    fn a_warm_up_of_nothing_or_one_is_the_first_sample() {
        for samples in [0, 1] {
            let config = Config::by_count(0.5).unwrap().with_warm_up(samples).unwrap();
            assert_eq!(after(&config, &[(0, 8.0)]).value(&config, at(0)), Some(8.0));
            assert_eq!(after(&config, &[(0, 8.0), (0, 4.0)]).value(&config, at(0)), Some(6.0));
        }
    }

    #[test]
    fn a_second_sample_of_one_instant_weighs_nothing_by_time_and_the_same_sample_weighted() {
        let samples = [(1, 10.0), (1, 30.0), (1, 80.0)];
        let config = Config::by_time(SECOND).unwrap();
        assert_eq!(after(&config, &samples), after(&config, &samples[..1]));
        let config = Config::sample_weighted(SECOND).unwrap();
        assert_eq!(after(&config, &samples).value(&config, at(1)), Some(40.0));
        let config = Config::peak(SECOND).unwrap();
        assert_eq!(after(&config, &samples).value(&config, at(1)), Some(80.0));
        assert_eq!(after(&config, &[(1, 80.0), (1, 10.0)]).value(&config, at(1)), Some(80.0));
    }

    #[test]
    fn an_earlier_now_counts_as_the_latest_but_sample_weighted_where_it_weighs_by_its_age() {
        let config = Config::by_time(SECOND).unwrap();
        let newest = after(&config, &[(1, 10.0), (9, 20.0)]);
        assert_eq!(after(&config, &[(1, 10.0), (9, 20.0), (5, 1e9)]), newest);
        let config = Config::peak(SECOND).unwrap();
        let state = after(&config, &[(9, 20.0), (5, 30.0)]);
        assert_eq!((state.sum, state.newest), (30.0, at(9).as_nanos()));
        assert_eq!(after(&config, &[(1, 5.0), (9, 20.0)]).newest, at(9).as_nanos());
        assert_eq!(state.value(&config, at(2)), Some(30.0));
        assert_eq!(after(&config, &[(9, 20.0), (5, 10.0)]), after(&config, &[(9, 20.0)]));
        let config = Config::sample_weighted(SECOND).unwrap();
        let state = after(&config, &[(9, 20.0), (7, 30.0)]);
        let w = (-2.0_f64).exp();
        assert_eq!((state.sum, state.weight), (20.0 + 30.0 * w, 1.0 + w));
        assert_eq!(state.newest, at(9).as_nanos());
        // Too old to weigh anything.
        assert_eq!(after(&config, &[(900, 20.0), (7, 1e9)]), after(&config, &[(900, 20.0)]));
    }

    #[test]
    fn after_any_silence_the_means_stand_and_the_peak_has_decayed() {
        let end = Instant::MAX;
        for (kind, value) in KINDS.into_iter().zip([Some(5.0), Some(5.0), Some(0.0)]) {
            let config = kind(SECOND).unwrap();
            let mut state = after(&config, &[(0, 5.0)]);
            let before = state;
            assert_eq!(state.value(&config, end), value);
            assert_eq!(state, before);
            state.record(&config, end, 3.0).unwrap();
            assert_eq!(state.value(&config, end), Some(3.0));
        }
    }

    #[test]
    fn a_gap_that_leaves_no_weight_starts_afresh_however_large_the_sum_was() {
        let config = Config::sample_weighted(SECOND).unwrap();
        let state = after(&config, &[(0, 1e300), (1_000, 2.0)]);
        assert_eq!((state.sum, state.weight), (2.0, 1.0));
        // e^-746 is 0 in doubles; the largest one times the true one is 1e-15.
        let state = after(&config, &[(0, f64::MAX), (746, 1e-30)]);
        assert_eq!(state.value(&config, at(746)), Some(1e-30));
    }

    #[test]
    fn a_wrong_sample_is_refused_and_changes_nothing() {
        for config in
            KINDS.map(|kind| kind(SECOND).unwrap()).into_iter().chain(Config::by_count(0.1))
        {
            let mut state = after(&config, &[(1, 5.0)]);
            let before = state;
            for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(state.record(&config, at(3), x), Err(RecordError::NotFinite));
            }
            assert_eq!(state, before);
        }
        let warming = Config::by_count(0.1).unwrap().with_warm_up(9).unwrap();
        for (config, late) in [(Config::sample_weighted(SECOND).unwrap(), 1), (warming, 1)] {
            for x in [f64::MAX, f64::MIN] {
                let mut state = after(&config, &[(late, x)]);
                let before = state;
                assert_eq!(state.record(&config, at(1), x), Err(RecordError::SumTooLarge));
                assert_eq!(state, before);
                assert_eq!(state.record(&config, at(1), -x), Ok(()));
            }
        }
    }

    #[test]
    fn the_value_stays_between_the_samples_also_at_the_ends_of_the_range() {
        for alpha in [f64::MIN_POSITIVE, 1e-9, 0.1, 1.0 / 3.0, 0.9, 1.0] {
            let config = Config::by_count(alpha).unwrap();
            for x in [f64::MAX, f64::MIN, 0.1, -0.3, 5e-324] {
                assert_eq!(after(&config, &[(0, x), (0, x), (0, x)]).sum, x, "{alpha}");
            }
            let mixed = after(&config, &[(0, f64::MAX), (0, f64::MIN), (0, f64::MAX)]);
            assert!(mixed.sum.is_finite());
        }
        let config = Config::by_time(SECOND).unwrap();
        assert_eq!(after(&config, &[(0, f64::MAX), (1, f64::MAX)]).sum, f64::MAX);
    }

    #[test]
    fn a_wrong_sample_is_named() {
        for error in [RecordError::NotFinite, RecordError::SumTooLarge] {
            assert!(error.to_string().starts_with("x "), "{error}");
        }
    }

    #[test]
    fn silence_is_counted_from_the_newest_sample_and_by_count_not_at_all() {
        for kind in KINDS {
            let config = kind(SECOND).unwrap();
            let state = after(&config, &[(5, 1.0), (3, 1.0)]);
            assert_eq!(state.idle_for(&config, at(9)), Some(SECOND * 4));
            assert_eq!(state.idle_for(&config, at(4)), Some(Duration::ZERO));
        }
        let config = Config::by_count(0.5).unwrap();
        assert_eq!(after(&config, &[(5, 1.0)]).idle_for(&config, at(9)), None);
    }

    #[test]
    fn of_two_zeros_the_sum_tells_and_what_weighs_nothing_leaves_the_sign() {
        for (old, x) in [(0.0, -0.0), (-0.0, 0.0)] {
            assert!(between(old, 0.5, x, 0.5).is_sign_positive(), "{old} {x}");
        }
        let config = Config::by_time(SECOND).unwrap();
        assert!(after(&config, &[(1, -0.0), (1, 5.0)]).sum.is_sign_negative());
        let config = Config::peak(SECOND).unwrap();
        assert!(after(&config, &[(1, 0.0), (2, -0.0)]).sum.is_sign_positive());
    }

    #[test]
    fn of_the_past_there_stays_what_the_time_since_leaves() {
        let w = (-2.0_f64).exp();
        let mixed = 30.0 * w + 20.0 * (1.0 - w);
        let samples = [(1, 30.0), (3, 20.0)];
        assert_eq!(after(&Config::by_time(SECOND).unwrap(), &samples).sum, mixed);
        assert_eq!(after(&Config::peak(SECOND).unwrap(), &samples).sum, mixed);
        let state = after(&Config::sample_weighted(SECOND).unwrap(), &samples);
        assert_eq!((state.sum, state.weight), (30.0 * w + 20.0, w + 1.0));
    }
}

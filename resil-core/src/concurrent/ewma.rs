//! A moving average that threads share.
//!
//! `pure::ewma` says what a sample does. By count without warm-up the value is one word; the other kinds keep
//! sum, weight and time behind a sequence number. `exp` is computed before the words are taken; only who was
//! overtaken computes it while others wait, so that nobody is overtaken twice.

use std::fmt;
use std::time::Duration;

use crossbeam::utils::CachePadded;

use crate::input::{Clock, MonotonicClock};
use crate::pure::ewma::{Config, ConfigError, Kind, RecordError, State};
use crate::pure::instant::Instant;
use crate::sync::sequenced::Sequenced;
use crate::sync::word::Word;

/// No value, and no finite number's bits.
const NOTHING: u64 = u64::MAX;

/// An average that forgets: the weight of a sample falls exponentially with what came after it.
///
/// | kind | a sample weighs | silence | for |
/// | --- | --- | --- | --- |
/// | [`by_count`](Self::by_count) | alpha | changes nothing | one number per call or round |
/// | [`by_time`](Self::by_time) | the time since the last one | changes nothing | a gauge, read now and then |
/// | [`sample_weighted`](Self::sample_weighted) | 1, then by its age | changes nothing | one number per request |
/// | [`peak`](Self::peak) | all if it is larger, else as by time | decays to 0 | a cost to be wary of |
///
/// By count: `value * (1 - alpha) + x * alpha`. By time, with `w = e^(-elapsed / time_constant)`:
/// `value * w + x * (1 - w)`; so a sample of the same instant as the last weighs nothing. Sample-weighted: the
/// sum of all samples by `e^(-age / time_constant)`, by the sum of these weights; so several samples of one
/// instant all count, and a coarse clock will do. Peak: a larger sample replaces the value, a smaller one enters as
/// by time; read, the value is `value * w`, but a sample is compared with what was stored. Costs are taken to be
/// 0 or more: what is below 0 decays towards 0 as well.
///
/// The first sample is the first value; 0 is a value, none at all is `None`. Reading never changes anything. An
/// earlier `now` than one already recorded counts as that, so that by time its sample weighs nothing;
/// sample-weighted, it enters with the smaller weight of its age. No idle time is too long: if nothing is left
/// of the weights, the next sample starts afresh. By count and by time the value never leaves the range of its
/// samples, and the same number recorded over and over reads as that number.
///
/// The steps are evaluated in doubles in the order that [`pure::ewma`](crate::pure::ewma) states, so that results
/// are the same on one machine, and between machines but for the last digit of each `exp`.
///
/// Threads share it by reference, and no sample is lost: each enters whole, after or before another. By count
/// without warm-up it is lock-free. In the other kinds a thread may spin for the few stores of another, or for
/// its `exp` if that one was overtaken before. 128 bytes, no allocation. A forked child has a copy of its own.
/// Not for signal handlers.
///
/// ```
/// use resil_core::{Ewma, Instant};
/// use std::time::Duration;
///
/// let latency_ms = Ewma::sample_weighted(Duration::from_secs(10))?;
/// assert_eq!(latency_ms.value(), None);
/// let at = |secs: u64| Instant::ZERO.saturating_add(Duration::from_secs(secs));
/// latency_ms.record_at(at(0), 20.0).unwrap();
/// latency_ms.record_at(at(0), 40.0).unwrap();
/// assert_eq!(latency_ms.value(), Some(30.0));
/// latency_ms.record_at(at(10), 90.0).unwrap(); // the two weigh 1/e each by now
/// assert_eq!(latency_ms.value().map(f64::round), Some(65.0));
/// # Ok::<(), resil_core::ewma::ConfigError>(())
/// ```
///
/// Source: exponential smoothing by the time passed, as in Newton's law of cooling; peak after Finagle's `PeakEwma`.
pub struct Ewma<C = MonotonicClock> {
    shared: CachePadded<Shared>,
    clock: C,
}

/// On one line: whoever reads the configuration is about to write the words.
#[derive(Debug)]
struct Shared {
    config: Config,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    /// The value's bits, or that there is none.
    Value(Word),
    /// Sum, weight and time of the newest sample.
    Sums(Sequenced<3>),
}

impl Ewma {
    /// Each sample enters with the weight `alpha`: `value * (1 - alpha) + x * alpha`.
    ///
    /// # Errors
    /// [`ConfigError::AlphaOutOfRange`] unless `alpha` is above 0 and at most 1.
    ///
    /// ```
    /// use resil_core::Ewma;
    ///
    /// let depth = Ewma::by_count(0.5)?;
    /// depth.record(8.0).unwrap();
    /// depth.record(4.0).unwrap();
    /// assert_eq!(depth.value(), Some(6.0));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn by_count(alpha: f64) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::by_count(alpha)?, MonotonicClock))
    }

    /// By count with the alpha `2 / (age + 1)`: the samples in the value are `age` samples old, about as in a
    /// plain mean of the last `age`.
    ///
    /// # Errors
    /// [`ConfigError::AgeOutOfRange`] unless `age` is finite and at least 1.
    ///
    /// ```
    /// use resil_core::Ewma;
    ///
    /// let ewma = Ewma::by_count_with_age(3.0)?; // alpha 1/2
    /// ewma.record(8.0).unwrap();
    /// ewma.record(4.0).unwrap();
    /// assert_eq!(ewma.value(), Some(6.0));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn by_count_with_age(age: f64) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::by_count_with_age(age)?, MonotonicClock))
    }

    /// A sample weighs what time passed since the last one: `value * w + x * (1 - w)`.
    ///
    /// # Errors
    /// [`ConfigError`] unless `time_constant` is above 0 and at most 2^63 - 1 ns (292 years).
    ///
    /// ```
    /// use resil_core::{Ewma, Instant};
    /// use std::time::Duration;
    ///
    /// let load = Ewma::by_time(Duration::from_secs(60))?;
    /// load.record_at(Instant::ZERO, 1.0).unwrap();
    /// load.record_at(Instant::ZERO.saturating_add(Duration::from_secs(60)), 3.0).unwrap();
    /// assert_eq!(load.value(), Some(3.0 - 2.0 * (-1.0_f64).exp()));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn by_time(time_constant: Duration) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::by_time(time_constant)?, MonotonicClock))
    }

    /// The mean of all samples, each weighted by `e^(-age / time_constant)`.
    ///
    /// # Errors
    /// As [`by_time`](Self::by_time).
    ///
    /// ```
    /// use resil_core::{Ewma, Instant};
    /// use std::time::Duration;
    ///
    /// let size = Ewma::sample_weighted(Duration::from_secs(1))?;
    /// for x in [1.0, 2.0, 6.0] {
    ///     size.record_at(Instant::ZERO, x).unwrap();
    /// }
    /// assert_eq!(size.value(), Some(3.0)); // at one instant, the plain mean
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn sample_weighted(time_constant: Duration) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::sample_weighted(time_constant)?, MonotonicClock))
    }

    /// A larger sample replaces the value, a smaller one enters as by time; silence decays it to 0.
    ///
    /// # Errors
    /// As [`by_time`](Self::by_time).
    ///
    /// ```
    /// use resil_core::{Ewma, Instant};
    /// use std::time::Duration;
    ///
    /// let cost = Ewma::peak(Duration::from_secs(10))?;
    /// let at = |secs: u64| Instant::ZERO.saturating_add(Duration::from_secs(secs));
    /// cost.record_at(at(0), 5.0).unwrap();
    /// cost.record_at(at(0), 80.0).unwrap();
    /// assert_eq!(cost.value_at(at(0)), Some(80.0));
    /// assert_eq!(cost.value_at(at(10)), Some(80.0 * (-1.0_f64).exp()));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn peak(time_constant: Duration) -> Result<Self, ConfigError> {
        Ok(Self::made(Config::peak(time_constant)?, MonotonicClock))
    }
}

impl<C> Ewma<C> {
    fn made(config: Config, clock: C) -> Self {
        let kept = match config.kind() {
            Kind::ByCount { warm_up: 0 | 1, .. } => Kept::Value(Word::new(NOTHING)),
            _ => Kept::Sums(Sequenced::new(to_words(State::default()))),
        };
        Self { shared: CachePadded::new(Shared { config, kept }), clock }
    }

    /// The same average as newly made, on another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> Ewma<D> {
        Ewma::made(self.shared.config, clock)
    }

    /// The same average by count as newly made, whose first value is the plain mean of so many samples; before,
    /// there is none. 0 and 1: the first sample is the first value.
    ///
    /// # Errors
    /// [`ConfigError::WarmUpNotByCount`] for the other kinds.
    ///
    /// ```
    /// use resil_core::Ewma;
    ///
    /// let ewma = Ewma::by_count(0.1)?.with_warm_up(2)?;
    /// ewma.record(8.0).unwrap();
    /// assert_eq!(ewma.value(), None);
    /// ewma.record(4.0).unwrap();
    /// assert_eq!(ewma.value(), Some(6.0));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    pub fn with_warm_up(self, samples: u32) -> Result<Self, ConfigError> {
        Ok(Self::made(self.shared.config.with_warm_up(samples)?, self.clock))
    }

    /// How it forgets.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.shared.config.kind()
    }

    /// The clock it reads.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.clock
    }

    fn state(&self) -> State {
        match &self.shared.kept {
            Kept::Value(word) => from_word(word.load()),
            Kept::Sums(words) => from_words(words.read().words),
        }
    }
}

impl<C: Clock> Ewma<C> {
    /// Takes in `x`, now. By count, no clock is read.
    ///
    /// # Errors
    /// [`RecordError::NotFinite`] if `x` is infinite or not a number; [`RecordError::SumTooLarge`] if the sum of
    /// the samples would not be finite, sample-weighted and while warming up (far beyond 10^290). Then nothing
    /// changes.
    ///
    /// ```
    /// use resil_core::Ewma;
    /// use resil_core::ewma::RecordError;
    ///
    /// let ewma = Ewma::by_count(0.5)?;
    /// assert_eq!(ewma.record(f64::NAN), Err(RecordError::NotFinite));
    /// assert_eq!(ewma.value(), None);
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    #[inline]
    pub fn record(&self, x: f64) -> Result<(), RecordError> {
        let now = match self.kind() {
            Kind::ByCount { .. } => Instant::ZERO,
            _ => self.clock.now(),
        };
        self.record_at(now, x)
    }

    /// As [`record`](Self::record), at an instant that the caller has read already.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    #[inline]
    pub fn record_at(&self, now: Instant, x: f64) -> Result<(), RecordError> {
        let Shared { config, kept } = &*self.shared;
        match kept {
            Kept::Value(word) => loop {
                let seen = word.load();
                let next = config.record(from_word(seen), now, x)?;
                if word.replace(seen, next.sum.to_bits()) {
                    return Ok(());
                }
            },
            Kept::Sums(words) => {
                let seen = words.read();
                let next = to_words(config.record(from_words(seen.words), now, x)?);
                // By their bits: the two zeros are equal, and not the same.
                if next == seen.words || words.replace(seen, next) {
                    return Ok(());
                }
                words.update(|words| config.record(from_words(words), now, x).map(to_words))
            }
        }
    }

    /// The average; `None` while nothing, or with a warm-up too little, was recorded. Only a peak reads the
    /// clock.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        let now = match self.kind() {
            Kind::Peak { .. } => self.clock.now(),
            _ => Instant::ZERO,
        };
        self.value_at(now)
    }

    /// As [`value`](Self::value), at an instant that the caller has read already.
    #[inline]
    #[must_use]
    pub fn value_at(&self, now: Instant) -> Option<f64> {
        self.shared.config.value(self.state(), now)
    }

    /// What the average looks like now, for monitoring.
    ///
    /// ```
    /// use resil_core::{Ewma, ManualClock};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::default();
    /// let ewma = Ewma::by_time(Duration::from_secs(1))?.with_clock(clock.clone());
    /// ewma.record(0.5).unwrap();
    /// clock.advance(Duration::from_secs(3));
    /// assert_eq!(ewma.snapshot().idle_for, Some(Duration::from_secs(3)));
    /// # Ok::<(), resil_core::ewma::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(self.clock.now())
    }

    /// As [`snapshot`](Self::snapshot), at an instant that the caller has read already.
    #[must_use]
    pub fn snapshot_at(&self, now: Instant) -> Snapshot {
        let (config, state) = (&self.shared.config, self.state());
        Snapshot {
            kind: config.kind(),
            value: state.value(config, now),
            missing: state.missing(config),
            idle_for: state.idle_for(config, now),
        }
    }
}

#[inline]
fn from_word(word: u64) -> State {
    if word == NOTHING {
        State::default()
    } else {
        State { sum: f64::from_bits(word), weight: 1.0, newest: 0 }
    }
}

#[inline]
fn to_words(State { sum, weight, newest }: State) -> [u64; 3] {
    [sum.to_bits(), weight.to_bits(), newest]
}

#[inline]
fn from_words([sum, weight, newest]: [u64; 3]) -> State {
    State { sum: f64::from_bits(sum), weight: f64::from_bits(weight), newest }
}

impl<C> fmt::Debug for Ewma<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ewma").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

/// An average at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// How it forgets.
    pub kind: Kind,
    /// The average.
    pub value: Option<f64>,
    /// How many samples it takes until there is a value; 0 when there is one.
    pub missing: u32,
    /// The time since the newest sample; `None` by count, and before the first.
    pub idle_for: Option<Duration>,
}

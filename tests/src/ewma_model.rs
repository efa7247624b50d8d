//! The moving averages, slow and obvious: the oracle of the random tests and of the fuzzer.
//!
//! Whole numbers of 2^-256 stand for reals, and `e^-r` is its power series, so nothing here is a double. Beside
//! each value stands how far a double may be from it: the roundings of the documented steps, added up.

use num_bigint::BigInt;
use num_rational::BigRational;
use resil_core::ewma::Kind;

/// Bits behind the point.
const BITS: u32 = 256;
/// From here on `e^-r` is less than the last of these bits.
const FAR: u32 = 178;

/// A real number, in units of 2^-256.
pub type Real = BigInt;

/// A double as what it stands for; smaller ones than the last bit are 0.
///
/// # Panics
/// If it is not finite.
#[must_use]
pub fn real(x: f64) -> Real {
    let exact = BigRational::from_float(x).expect("a finite number");
    (exact.numer() << BITS) / exact.denom()
}

fn times(a: &Real, b: &Real) -> Real {
    (a * b) >> BITS
}

fn abs(a: &Real) -> Real {
    if *a < Real::ZERO { -a } else { a.clone() }
}

/// What a rounding of so much may lose, a few times over.
fn roundings(of: &Real, times: u64) -> Real {
    (of * times) >> 53
}

/// `elapsed / time_constant`, rounded up, for bounds.
fn constants(elapsed: u64, time_constant: u64) -> u64 {
    (elapsed / time_constant).saturating_add(1)
}

/// How many roundings `exp(-(elapsed / time_constant))` may be off by, but for that of `exp`: each of the exponent's,
/// relative to it, is one for each time constant. From 2^53 ns on (104 days) times are rounded to doubles, too.
fn exponent_roundings(elapsed: u64, time_constant: u64) -> u64 {
    let inexact = [elapsed, time_constant].into_iter().filter(|ns| ns >> 53 > 0).count() as u64;
    constants(elapsed, time_constant).saturating_mul(1 + inexact)
}

/// `e^(-elapsed / time_constant)`.
fn decay(elapsed: u64, time_constant: u64) -> Real {
    if constants(elapsed, time_constant) > u64::from(FAR) {
        return Real::ZERO;
    }
    // By its power series where that ends soon, and squared: e^-r = (e^(-r / 2^16))^(2^16).
    let more = 32;
    let one = Real::from(1) << (BITS + more);
    let r = ((Real::from(elapsed) << (BITS + more)) / time_constant) >> 16_u32;
    let (mut sum, mut term) = (one.clone(), one);
    let mut n = 1;
    while term != Real::ZERO {
        term = -((term * &r) >> (BITS + more)) / n;
        sum += &term;
        n += 1;
    }
    for _ in 0..16 {
        sum = (&sum * &sum) >> (BITS + more);
    }
    sum >> more
}

/// A value and how far from it a double may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// What it is.
    pub value: Real,
    /// What all roundings may come to.
    pub bound: Real,
}

impl Near {
    /// Whether `x` is as near as roundings explain.
    #[must_use]
    pub fn explains(&self, x: f64) -> bool {
        // The model's own last bits are cut off, in factors of samples up to 2^40.
        abs(&(real(x) - &self.value)) <= &self.bound + (Real::from(1) << 64_u32)
    }
}

/// The average: every sample there was, with its time.
#[derive(Clone, Debug)]
pub struct Model {
    kind: Kind,
    samples: Vec<(u64, f64)>,
    /// By count, by time and of peaks: what the samples came to.
    value: Option<Near>,
    newest: u64,
}

impl Model {
    /// An average of nothing.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, samples: Vec::new(), value: None, newest: 0 }
    }

    fn time_constant(&self) -> u64 {
        match self.kind {
            Kind::ByTime { time_constant }
            | Kind::SampleWeighted { time_constant }
            | Kind::Peak { time_constant } => time_constant.as_nanos() as u64,
            _ => unreachable!("by count no time passes"),
        }
    }

    /// How many time constants passed since the newest sample, as a double.
    #[must_use]
    pub fn elapsed(&self, now: u64) -> f64 {
        now.saturating_sub(self.newest) as f64 / self.time_constant() as f64
    }

    /// Takes in a finite sample.
    pub fn record(&mut self, now: u64, x: f64) {
        self.samples.push((now, x));
        let latest = if self.samples.len() == 1 { now } else { self.newest.max(now) };
        self.value = match self.kind {
            Kind::ByCount { alpha, warm_up } => self.counted(alpha, warm_up.max(1) as usize, x),
            Kind::SampleWeighted { .. } => None,
            kind => Some(match self.value.take() {
                None => Near { value: real(x), bound: Real::ZERO },
                Some(old) if matches!(kind, Kind::Peak { .. }) && real(x) > old.value => {
                    // A double may be that far off, and not see that it is more: no matter, they are as near.
                    Near { value: real(x), bound: Real::ZERO }
                }
                Some(old) => {
                    let elapsed = latest - self.newest;
                    let w = decay(elapsed, self.time_constant());
                    let off = exponent_roundings(elapsed, self.time_constant()) + 1;
                    let off_by = if elapsed == 0 { Real::ZERO } else { roundings(&w, off) };
                    mixed(&old, &w, &off_by, x)
                }
            }),
        };
        self.newest = latest;
    }

    fn counted(&mut self, alpha: f64, needed: usize, x: f64) -> Option<Near> {
        if self.samples.len() < needed {
            return None;
        }
        if self.samples.len() == needed {
            let sum = |what: fn(f64) -> f64| -> Real {
                self.samples.iter().map(|(_, x)| real(what(*x))).sum()
            };
            let count = needed as u64;
            let bound = roundings(&(sum(f64::abs) / count), count);
            return Some(Near { value: sum(|x| x) / count, bound });
        }
        let keep = (Real::from(1) << BITS) - real(alpha);
        self.value.as_ref().map(|old| mixed(old, &keep, &roundings(&keep, 1), x))
    }

    /// The average at `now`.
    #[must_use]
    pub fn value(&self, now: u64) -> Option<Near> {
        match self.kind {
            Kind::SampleWeighted { .. } => self.weighted(),
            Kind::Peak { .. } => self.value.as_ref().map(|stored| {
                let elapsed = now.saturating_sub(self.newest);
                let w = decay(elapsed, self.time_constant());
                let off = exponent_roundings(elapsed, self.time_constant()) + 2;
                let value = times(&stored.value, &w);
                Near { bound: times(&stored.bound, &w) + roundings(&abs(&value), off), value }
            }),
            _ => self.value.clone(),
        }
    }

    /// By its definition: all samples, each by its age.
    fn weighted(&self) -> Option<Near> {
        let roundings_each = 2 * self.samples.len() as u64 + 3;
        let [mut sum, mut weights, mut sum_off, mut weights_off] = [(); 4].map(|()| Real::ZERO);
        for (then, x) in &self.samples {
            let w = decay(self.newest - then, self.time_constant());
            let off = exponent_roundings(self.newest - then, self.time_constant()) + roundings_each;
            sum += times(&real(*x), &w);
            sum_off += roundings(&times(&real(x.abs()), &w), off);
            weights_off += roundings(&w, off);
            weights += w;
        }
        (weights > Real::ZERO).then(|| {
            let value = (sum << BITS) / &weights;
            let off = sum_off + times(&abs(&value), &weights_off);
            Near { bound: (off << BITS) / &weights + roundings(&abs(&value), 1), value }
        })
    }
}

/// `old * w + x * (1 - w)`, where `w` may be off by `off_by`.
fn mixed(old: &Near, w: &Real, off_by: &Real, x: f64) -> Near {
    let x = real(x);
    let rest = (Real::from(1) << BITS) - w;
    let both = times(&abs(&old.value), w) + times(&abs(&x), &rest);
    let bound =
        times(&old.bound, w) + times(&(abs(&old.value) + abs(&x)), off_by) + roundings(&both, 3);
    Near { value: times(&old.value, w) + times(&x, &rest), bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_series_gives_the_known_digits_of_e() {
        let tenths = |value: &Real| (value * 10_u64.pow(18)) >> BITS;
        assert_eq!(tenths(&decay(1, 1)), 367_879_441_171_442_321_u64.into());
        assert_eq!(tenths(&decay(1, 2)), 606_530_659_712_633_423_u64.into());
        assert_eq!(tenths(&decay(40, 1)), 4_u64.into());
        assert_eq!(decay(0, 7), Real::from(1) << BITS);
        assert_eq!(decay(u64::MAX, 1), Real::ZERO);
    }
}

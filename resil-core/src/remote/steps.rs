//! A quota in microseconds, as exact fractions of whole numbers that a double counts.
//!
//! The interval of a permit is `whole + parts / of` us in lowest terms, the span from empty to full
//! `span + rest / of`. Invariant: `(burst + 1) * parts < 2^53` and `span <= 2^52`, so that no sum or product of the
//! scripts reaches 2^53.

use super::arguments::Arguments;
use super::config_error::ConfigError;
use crate::pure::quota::Quota;

/// Whole numbers below this are exact in a double.
const EXACT: u128 = 1 << 53;

/// What the scripts are told of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    whole: u64,
    parts: u64,
    of: u64,
    span: u64,
    rest: u64,
}

impl Steps {
    /// The steps of `quota`.
    ///
    /// # Errors
    /// [`ConfigError::QuotaTooFine`].
    pub const fn new(quota: &Quota) -> Result<Self, ConfigError> {
        let nanos = quota.period().as_nanos();
        let permits = quota.permits() as u128 * 1_000;
        let common = gcd(nanos, permits);
        let (interval, of) = (nanos / common, permits / common);
        let parts = interval % of;
        let burst = quota.burst() as u128;
        if (burst + 1) * parts >= EXACT {
            return Err(ConfigError::QuotaTooFine);
        }
        let span = burst * interval;
        // All below 2^53: a quota's span is at most 2^52 us, `of` at most 1000 * 2^32.
        Ok(Self {
            whole: (interval / of) as u64,
            parts: parts as u64,
            of: of as u64,
            span: (span / of) as u64,
            rest: (span % of) as u64,
        })
    }

    /// The interval of a permit: whole microseconds, and a fraction of one.
    #[must_use]
    pub const fn interval(&self) -> (u64, u64, u64) {
        (self.whole, self.parts, self.of)
    }

    /// From empty to full: whole microseconds, and the numerator over the interval's denominator.
    #[must_use]
    pub const fn span(&self) -> (u64, u64) {
        (self.span, self.rest)
    }

    pub(crate) fn push(&self, arguments: Arguments) -> Arguments {
        arguments
            .number(self.whole)
            .number(self.parts)
            .number(self.of)
            .number(self.span)
            .number(self.rest)
    }
}

const fn gcd(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn steps(permits: u32, period: Duration, burst: u32) -> Result<Steps, ConfigError> {
        Steps::new(&Quota::new(permits, period, burst).unwrap())
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_interval_is_a_fraction_in_lowest_terms() {
        let third = steps(3, SECOND, 5).unwrap();
        assert_eq!((third.interval(), third.span()), ((333_333, 1, 3), (1_666_666, 2)));
        let fast = steps(4, Duration::from_nanos(1), 10).unwrap();
        assert_eq!((fast.interval(), fast.span()), ((0, 1, 4_000), (0, 10)));
        let round = steps(1_000_000, SECOND, 1_000_000).unwrap();
        assert_eq!((round.interval(), round.span()), ((1, 0, 1), (1_000_000, 0)));
    }

    #[test]
    fn a_quota_whose_steps_a_double_does_not_count_is_refused() {
        let day = Duration::from_secs(86_400);
        let fine = steps(1_000_000_007, day, 1_000_000_007);
        assert_eq!(fine, Err(ConfigError::QuotaTooFine));
        assert!(steps(1_000_000_007, day, 10_000).is_ok());
        assert!(steps(1_000_000_000, day, 1_000_000_000).is_ok());
        // At the numerator 2^21 + 1, the most is one below 2^32 - 2^11.
        let edge = |burst| steps(4_099, Duration::from_nanos((1 << 21) + 1), burst);
        assert_eq!(edge(1).unwrap().interval(), (0, (1 << 21) + 1, 4_099_000));
        let most = u32::MAX - (1 << 11);
        assert!(edge(most).is_ok());
        assert_eq!(edge(most + 1), Err(ConfigError::QuotaTooFine));
    }

    #[test]
    fn the_longest_span_is_counted() {
        let longest = steps(1, Duration::from_nanos((1 << 52) * 1_000), 1).unwrap();
        assert_eq!(longest.span(), (1 << 52, 0));
    }

    #[test]
    fn what_is_pushed_are_interval_and_span() {
        let pushed = steps(3, SECOND, 5).unwrap().push(Arguments::new("peek"));
        let words: Vec<_> = pushed.iter().collect();
        assert_eq!(words, ["peek", "333333", "1", "3", "1666666", "2"]);
    }
}

//! The period limiter in a store: one call of `period_limiter.lua` a decision, one key a limiter.
//!
//! Aligned and sliding windows lie where they do in a process that reads Unix time. From first use, a window begins
//! with the first permit when none runs: the key goes with its window, and so does the anchor. Limit and period
//! travel with each call; where the period changes, what was taken counts in the window that runs then.

use super::arguments::Arguments;
use super::config_error::ConfigError;
use super::reply::{Malformed, Reply, When, verdict};
use crate::pure::denied::Denied;
use crate::pure::period_limiter::{Config, Granted, Kind};

/// The script.
pub const SCRIPT: &str = include_str!("period_limiter.lua");

/// The longest period: the end of its window, in Unix time, is still exact.
const MAX_PERIOD_US: u64 = 1 << 52;
/// Sliding, a product of the period and a digit of 4 bits is to be exact.
const MAX_SLIDING_US: u64 = (1 << 48) - 1;

/// What a period limiter in a store is made with; it holds no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodLimiter {
    config: Config,
    period_us: u64,
}

impl PeriodLimiter {
    /// A limiter of `config`.
    ///
    /// # Errors
    /// [`ConfigError::PeriodNotWholeMicros`], [`ConfigError::PeriodTooLong`].
    pub const fn new(config: Config) -> Result<Self, ConfigError> {
        let period_ns = config.period_ns();
        if period_ns % 1_000 != 0 {
            return Err(ConfigError::PeriodNotWholeMicros);
        }
        let period_us = period_ns / 1_000;
        let longest = match config.kind() {
            Kind::Sliding => MAX_SLIDING_US,
            Kind::FromFirstUse | Kind::Aligned { .. } => MAX_PERIOD_US,
        };
        if period_us > longest {
            return Err(ConfigError::PeriodTooLong);
        }
        Ok(Self { config, period_us })
    }

    /// Limit, period and kind.
    #[must_use]
    pub const fn config(&self) -> Config {
        self.config
    }

    /// The verdict on `permits` for which no store need be asked: none, or more than the limit.
    #[must_use]
    pub const fn decided(&self, permits: u32) -> Option<Result<Granted, Denied>> {
        if permits == 0 {
            Some(Ok(Granted::Granted))
        } else if permits > self.config.limit() {
            Some(Err(Denied::ExceedsLimit))
        } else {
            None
        }
    }

    fn ask(&self, what: &str, permits: u32, when: When) -> Arguments {
        let arguments =
            Arguments::new(what).number(self.config.limit().into()).number(self.period_us);
        let arguments = match self.config.kind() {
            Kind::FromFirstUse => arguments.nothing().number(0),
            // Whole: offset and period are.
            Kind::Aligned { .. } => arguments.signed(self.config.origin() / 1_000).number(0),
            Kind::Sliding => arguments.number(0).number(1),
        };
        when.push(arguments.number(permits.into()))
    }

    /// Takes `permits` if so many are left; [`decided`](Self::decided) has not settled it.
    #[must_use]
    pub fn try_acquire(&self, permits: u32, when: When) -> Arguments {
        self.ask("acquire", permits, when)
    }

    /// What was answered to [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn acquired(&self, numbers: &[i64]) -> Result<Reply<Granted>, Malformed> {
        let reply = verdict(numbers)?;
        let last = if reply.remaining == 0 { Granted::GrantedLast } else { Granted::Granted };
        Ok(reply.map(|_| last))
    }

    /// Takes `permits`, at most the limit, or as many of them as are left: what somebody granted in its stead.
    /// Answered like [`try_acquire`](Self::try_acquire).
    #[must_use]
    pub fn charge(&self, permits: u32, when: When) -> Arguments {
        self.ask("charge", permits.min(self.config.limit()), when)
    }

    /// What `try_acquire` would answer. Takes nothing, and is no first use.
    #[must_use]
    pub fn peek(&self, permits: u32, when: When) -> Arguments {
        let fitting = if self.decided(permits).is_some() { 0 } else { permits };
        self.ask("peek", fitting, when)
    }

    /// What was answered to [`peek`](Self::peek) at `permits`.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn peeked(&self, permits: u32, numbers: &[i64]) -> Result<Reply<Granted>, Malformed> {
        let reply = verdict(numbers)?;
        let last = if reply.remaining == permits { Granted::GrantedLast } else { Granted::Granted };
        let reply = reply.map(|_| last);
        Ok(match self.decided(permits) {
            Some(answer) => Reply { answer, ..reply },
            None => reply,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn limiter(period: Duration, kind: Kind) -> Result<PeriodLimiter, ConfigError> {
        PeriodLimiter::new(Config::new(10, period, kind).unwrap())
    }

    #[test]
    fn a_call_says_where_the_windows_lie() {
        let minute = Duration::from_secs(60);
        let words = |kind| {
            let asked = limiter(minute, kind).unwrap().try_acquire(3, When::Server);
            asked.iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(Kind::FromFirstUse), "acquire 10 60000000  0 3  0");
        assert_eq!(words(Kind::Sliding), "acquire 10 60000000 0 1 3  0");
        let aligned = Kind::Aligned { utc_offset_secs: 3_605 };
        assert_eq!(words(aligned), "acquire 10 60000000 -5000000 0 3  0");
    }

    #[test]
    fn periods_that_the_store_does_not_count_are_refused() {
        let us = Duration::from_micros;
        assert_eq!(
            limiter(us(7) + Duration::from_nanos(1), Kind::Sliding),
            Err(ConfigError::PeriodNotWholeMicros)
        );
        assert_eq!(limiter(us(1 << 48), Kind::Sliding), Err(ConfigError::PeriodTooLong));
        assert!(limiter(us((1 << 48) - 1), Kind::Sliding).is_ok());
        assert!(limiter(us(1 << 52), Kind::FromFirstUse).is_ok());
        assert_eq!(limiter(us((1 << 52) + 1), Kind::FromFirstUse), Err(ConfigError::PeriodTooLong));
    }

    #[test]
    fn the_last_one_is_told_from_the_others() {
        let limiter = limiter(Duration::from_secs(60), Kind::Sliding).unwrap();
        assert_eq!(limiter.acquired(&[1, 0, 0, 5]).unwrap().answer, Ok(Granted::GrantedLast));
        assert_eq!(limiter.acquired(&[1, 1, 0, 5]).unwrap().answer, Ok(Granted::Granted));
        assert_eq!(limiter.peeked(2, &[1, 2, 0, 5]).unwrap().answer, Ok(Granted::GrantedLast));
        assert_eq!(limiter.peeked(0, &[1, 0, 0, 5]).unwrap().answer, Ok(Granted::Granted));
        assert_eq!(limiter.peeked(11, &[1, 2, 0, 5]).unwrap().answer, Err(Denied::ExceedsLimit));
    }

    #[test]
    fn a_question_too_large_for_the_limit_peeks_at_none_and_charges_all() {
        let limiter = limiter(Duration::from_secs(60), Kind::Sliding).unwrap();
        let words = |asked: Arguments| asked.iter().collect::<Vec<_>>().join(" ");
        assert_eq!(limiter.config().limit(), 10);
        assert_eq!(words(limiter.peek(10, When::Server)), "peek 10 60000000 0 1 10  0");
        assert_eq!(words(limiter.peek(11, When::Server)), "peek 10 60000000 0 1 0  0");
        assert_eq!(words(limiter.charge(9, When::Server)), "charge 10 60000000 0 1 9  0");
        assert_eq!(words(limiter.charge(11, When::Server)), "charge 10 60000000 0 1 10  0");
        assert_eq!(limiter.decided(0), Some(Ok(Granted::Granted)));
        assert_eq!(limiter.decided(10), None);
        assert_eq!(limiter.decided(11), Some(Err(Denied::ExceedsLimit)));
        assert_eq!(limiter.peeked(2, &[1, 3, 0, 5]).unwrap().answer, Ok(Granted::Granted));
    }
}

//! Period limiter: so many permits in each period, counted window by window.
//!
//! Windows are half-open: the instant `start + period` belongs to the next. How they are counted is in
//! `period_windows.rs`; here is who is asked, and what is answered.
//! Invariant: in no window more than `limit` permits; sliding, over every interval of `d <= period`,
//! granted <= limit * (1 + d / period).
//! Units: nanoseconds. Source: fixed windows as everywhere; the weighted one after Cloudflare's.

use core::time::Duration;

use super::denied::Denied;
use super::instant::Instant;
pub use super::period_config::{Config, ConfigError, Kind};
use super::period_windows::Counts;

/// A grant, and whether it was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granted {
    /// There are more.
    Granted,
    /// The limit is reached now: not one permit more would be granted at this instant.
    GrantedLast,
}

impl Granted {
    /// Whether the limit is reached now.
    #[must_use]
    pub const fn is_last(self) -> bool {
        matches!(self, Self::GrantedLast)
    }
}

/// What a limiter would say, without taking anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The answer that `try_acquire` would give.
    pub answer: Result<Granted, Denied>,
    /// Permits that could be taken at once.
    pub remaining: u32,
    /// Time to the end of the window; zero before first use, from which it would begin.
    pub reset_after: Duration,
}

/// A period limiter for one owner. The one to share is [`PeriodLimiter`](crate::PeriodLimiter).
///
/// ```
/// use resil_core::pure::period_limiter::{Config, Granted, Kind, State};
/// use resil_core::Instant;
/// use std::time::Duration;
///
/// let config = Config::new(2, Duration::from_secs(60), Kind::FromFirstUse)?;
/// let mut state = State::new(&config);
/// assert_eq!(state.try_acquire(&config, Instant::ZERO, 1), Ok(Granted::Granted));
/// assert_eq!(state.try_acquire(&config, Instant::ZERO, 1), Ok(Granted::GrantedLast));
/// assert!(state.try_acquire(&config, Instant::ZERO, 1).is_err());
/// # Ok::<(), resil_core::period_limiter::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Where windows count from, once that is known.
    origin: Option<i64>,
    counts: Counts,
}

impl State {
    /// A limiter that was not used yet.
    #[must_use]
    pub const fn new(config: &Config) -> Self {
        let origin = match config.kind() {
            Kind::FromFirstUse => None,
            Kind::Aligned { .. } | Kind::Sliding => Some(config.origin()),
        };
        Self { origin, counts: Counts { index: 0, current: 0, previous: 0 } }
    }

    /// Takes `permits` at `now`, or leaves the limiter as it was.
    ///
    /// No permits are granted and change nothing. A `now` in an earlier window than one already seen is
    /// decided in, and counted into, the newest.
    ///
    /// # Errors
    /// [`Denied::RetryAfter`] if too few are left, [`Denied::ExceedsLimit`] if `permits` is more than the
    /// limit.
    pub const fn try_acquire(
        &mut self,
        config: &Config,
        now: Instant,
        permits: u32,
    ) -> Result<Granted, Denied> {
        if permits == 0 {
            return Ok(Granted::Granted);
        }
        let origin = match self.origin {
            Some(origin) => origin,
            None => config.origin_at(now),
        };
        match config.take(origin, self.counts, now, permits) {
            Ok((counts, granted)) => {
                *self = Self { origin: Some(origin), counts };
                Ok(granted)
            }
            Err(shortfall) => Err(shortfall.denied()),
        }
    }

    /// What `try_acquire` would answer at `now`, and how much is left. Takes nothing.
    #[must_use]
    pub const fn peek(&self, config: &Config, now: Instant, permits: u32) -> Peek {
        match self.origin {
            Some(origin) => config.peek(origin, self.counts, now, permits),
            None => config.peek_unused(permits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn at(secs: u64) -> Instant {
        Instant::from_nanos(secs * S).unwrap()
    }

    fn retry(secs: u64) -> Result<Granted, Denied> {
        Err(Denied::RetryAfter(Duration::from_secs(secs)))
    }

    /// Ten in ten seconds.
    fn config(kind: Kind) -> Config {
        Config::new(10, Duration::from_secs(10), kind).unwrap()
    }

    #[test]
    fn from_first_use_windows_follow_the_first_permit_ever_taken() {
        let config = config(Kind::FromFirstUse);
        let mut state = State::new(&config);
        assert_eq!(state.peek(&config, at(3), 1).reset_after, Duration::ZERO);
        assert_eq!(state.try_acquire(&config, at(3), 11), Err(Denied::ExceedsLimit));
        assert_eq!(state.try_acquire(&config, at(4), 0), Ok(Granted::Granted));
        assert_eq!(state, State::new(&config), "no first use yet");
        assert_eq!(state.try_acquire(&config, at(7), 10), Ok(Granted::GrantedLast));
        assert!(Granted::GrantedLast.is_last() && !Granted::Granted.is_last());
        assert_eq!(state.try_acquire(&config, at(16), 1), retry(1));
        assert_eq!(state.try_acquire(&config, at(17), 1), Ok(Granted::Granted));
        assert_eq!(state.peek(&config, at(65), 1).reset_after, Duration::from_secs(2));
    }

    #[test]
    fn aligned_windows_begin_at_the_wall_clock_s_multiples() {
        let config = config(Kind::Aligned { utc_offset_secs: 3 });
        let mut state = State::new(&config);
        assert_eq!(state.try_acquire(&config, at(6), 9), Ok(Granted::Granted));
        assert_eq!(state.try_acquire(&config, at(6), 2), retry(1));
        assert_eq!(state.try_acquire(&config, at(7), 2), Ok(Granted::Granted));
        let behind =
            Config::new(1, Duration::from_secs(10), Kind::Aligned { utc_offset_secs: -13 });
        let behind = behind.unwrap();
        let mut state = State::new(&behind);
        assert_eq!(state.try_acquire(&behind, at(2), 1), Ok(Granted::GrantedLast));
        assert_eq!(state.try_acquire(&behind, at(2), 1), retry(1));
    }

    #[test]
    fn sliding_the_window_before_counts_with_what_a_period_back_still_covers() {
        let config = config(Kind::Sliding);
        let mut state = State::new(&config);
        assert_eq!(state.try_acquire(&config, at(9), 10), Ok(Granted::GrantedLast));
        assert_eq!(state.peek(&config, at(10), 1).remaining, 0);
        assert_eq!(state.peek(&config, at(13), 1).remaining, 3);
        assert_eq!(state.try_acquire(&config, at(13), 4), retry(1));
        assert_eq!(state.try_acquire(&config, at(13), 3), Ok(Granted::GrantedLast));
        // 7 more at the end of this window; 8 once one of the 3 is 10/3 s into the next.
        assert_eq!(state.try_acquire(&config, at(13), 7), retry(7));
        let wait = Duration::from_nanos(7 * S + 10 * S / 3 + 1);
        assert_eq!(state.try_acquire(&config, at(13), 8), Err(Denied::RetryAfter(wait)));
        assert_eq!(state.try_acquire(&config, at(13), 10), retry(17));
        assert_eq!(state.peek(&config, at(40), 10).answer, Ok(Granted::GrantedLast));
    }

    #[test]
    fn an_earlier_window_is_decided_in_and_counted_into_the_newest() {
        for kind in [Kind::Aligned { utc_offset_secs: 0 }, Kind::Sliding] {
            let config = config(kind);
            let mut state = State::new(&config);
            assert_eq!(state.try_acquire(&config, at(55), 6), Ok(Granted::Granted));
            assert!(state.try_acquire(&config, at(1), 5).is_err());
            assert_eq!(state.try_acquire(&config, at(1), 4), Ok(Granted::GrantedLast));
            assert_eq!(state.peek(&config, at(1), 0).reset_after, Duration::from_secs(59));
        }
    }

    #[test]
    fn the_last_instant_there_is_is_counted_as_any() {
        for kind in [Kind::FromFirstUse, Kind::Aligned { utc_offset_secs: 86_399 }, Kind::Sliding] {
            let config = Config::new(2, Duration::from_nanos(i64::MAX as u64), kind).unwrap();
            let mut state = State::new(&config);
            assert_eq!(state.try_acquire(&config, Instant::MAX, 2), Ok(Granted::GrantedLast));
            assert!(state.try_acquire(&config, Instant::MAX, 1).is_err());
            assert!(state.try_acquire(&config, Instant::ZERO, 1).is_err());
        }
    }
}

//! Period limiter: so many permits in each period, counted window by window.
//!
//! Windows are half-open: the instant `start + period` belongs to the next. What is kept is the index of the
//! newest window and the permits taken in it; sliding, also those of the window before, which count with the
//! share of it that one period back from now still covers: with `e` ns of the window gone,
//! `current + previous * (period - e) / period`, an exact fraction.
//! Invariant: in no window more than `limit` permits; sliding, the estimate is never above `limit` after a
//! grant, so over every interval of `d <= period`, granted <= limit * (1 + d / period).
//! Units: nanoseconds. Source: fixed windows as everywhere; the weighted one after Cloudflare's.

use core::time::Duration;

use super::denied::Denied;
use super::instant::Instant;
pub use super::period_config::{Config, ConfigError, Kind};

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

/// The permits taken in the newest window and, sliding, in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) index: u64,
    pub(crate) current: u32,
    pub(crate) previous: u32,
}

/// One instant in the windows: which counts hold, and how far the window has come.
#[derive(Clone, Copy, Debug)]
struct Moment {
    counts: Counts,
    /// Ns of the window that are gone; 0 for a `now` in an earlier window.
    elapsed: u64,
}

impl Config {
    /// The counts in one word, for kinds that count one window.
    #[inline]
    pub(crate) const fn pack(self, counts: Counts) -> u64 {
        counts.index << self.count_bits() | counts.current as u64
    }

    /// The counts whose word this is.
    #[inline]
    pub(crate) const fn unpack(self, word: u64) -> Counts {
        let bits = self.count_bits();
        let current = (word & ((1 << bits) - 1)) as u32;
        Counts { index: word >> bits, current, previous: 0 }
    }

    #[inline]
    const fn slides(&self) -> bool {
        matches!(self.kind(), Kind::Sliding)
    }

    /// The word after `permits` more at `now`, if `now` lies in the window that the word counts: the whole
    /// decision of a kind that counts one window, but for the first request of each. `None` asks for
    /// [`Config::take`].
    #[inline(always)]
    pub(crate) const fn take_in_window(
        &self,
        origin: i64,
        word: u64,
        now: Instant,
        permits: u32,
    ) -> Option<Result<(u64, Granted), Denied>> {
        let Counts { index, current, .. } = self.unpack(word);
        // Wraps for a `now` before the window, to no less than a period: the window began at an instant, and
        // neither instants nor periods reach 2^63.
        let since = now.as_nanos().wrapping_sub(origin as u64);
        let elapsed = since.wrapping_sub(index.wrapping_mul(self.period_ns()));
        if elapsed >= self.period_ns() || permits > self.limit() {
            return None;
        }
        let room = self.limit() - current;
        if permits > room {
            let to_end = Duration::from_nanos(self.period_ns() - elapsed);
            return Some(Err(Denied::RetryAfter(to_end)));
        }
        let granted = if permits == room { Granted::GrantedLast } else { Granted::Granted };
        // The count is the word's lower bits, and has room for the limit.
        Some(Ok((word + permits as u64, granted)))
    }

    /// What holds at `now`, windows counted from `origin`.
    #[inline]
    const fn moment(&self, origin: i64, counts: Counts, now: Instant) -> Moment {
        let period = self.period_ns();
        let now = now.as_nanos();
        // Both below 2^63, so the difference of a later `now` fits 64 bits.
        let is_before = (now as i64) < origin;
        let since = if is_before { 0 } else { now.wrapping_sub(origin as u64) };
        // No overflow: a window was entered once it began, below 2^64 ns after the origin.
        let start = counts.index * period;
        let mut elapsed = since.wrapping_sub(start);
        let mut counts = counts;
        if since < start {
            elapsed = 0;
        } else if elapsed >= period {
            // The only division, once in a window.
            let index = since / period;
            let follows = self.slides() && index == counts.index + 1;
            let previous = if follows { counts.current } else { 0 };
            counts = Counts { index, current: 0, previous };
            elapsed = since - index * period;
        }
        Moment { counts, elapsed }
    }

    /// Ns from `now` to the end of the window `index`; more than a period for a `now` in an earlier one.
    const fn until_end(&self, origin: i64, index: u64, now: Instant) -> u64 {
        // From the origin to the end of the window, less from the origin to now.
        let end = index as u128 * self.period_ns() as u128 + self.period_ns() as u128;
        let at = now.as_nanos() as i128 - origin as i128;
        (end as i128 - at) as u64
    }

    /// The counts after `permits` more at `now`.
    #[inline]
    pub(crate) const fn take(
        &self,
        origin: i64,
        counts: Counts,
        now: Instant,
        permits: u32,
    ) -> Result<(Counts, Granted), Denied> {
        if permits > self.limit() {
            return Err(Denied::ExceedsLimit);
        }
        let moment = self.moment(origin, counts, now);
        let remaining = self.remaining(&moment);
        if permits > remaining {
            return Err(Denied::RetryAfter(self.wait(origin, moment.counts, now, permits)));
        }
        let current = moment.counts.current + permits;
        let granted = if permits == remaining { Granted::GrantedLast } else { Granted::Granted };
        Ok((Counts { current, ..moment.counts }, granted))
    }

    /// Whole permits that fit.
    #[inline]
    const fn remaining(&self, moment: &Moment) -> u32 {
        let Counts { current, previous, .. } = moment.counts;
        let room = self.limit() - current;
        if previous == 0 {
            return room;
        }
        // What the window before still counts for, rounded up: whole permits fit into what is left.
        let period = self.period_ns() as u128;
        let rest = period - moment.elapsed as u128;
        let weighed = (previous as u128 * rest).div_ceil(period) as u32;
        room.saturating_sub(weighed)
    }

    /// The time after which `permits`, which do not fit now, do if nobody takes any before.
    #[cold]
    const fn wait(&self, origin: i64, counts: Counts, now: Instant, permits: u32) -> Duration {
        let Counts { index, current, previous } = counts;
        let period = self.period_ns() as u128;
        let to_end = self.until_end(origin, index, now);
        if !self.slides() {
            return Duration::from_nanos(to_end);
        }
        let to_end = to_end as u128;
        let wait = if current <= self.limit() - permits {
            // The window before counts for `previous * rest / period`, which is to be `room` at most. At the
            // end of this window at the latest, for there `current` takes its place with all its weight.
            let room = (self.limit() - permits - current) as u128;
            to_end - room * period / previous as u128
        } else {
            // Not in this window; in the next one, once enough of `current` has slid out.
            let room = (self.limit() - permits) as u128;
            to_end + period - room * period / current as u128
        };
        const NANOS: u128 = 1_000_000_000;
        Duration::new((wait / NANOS) as u64, (wait % NANOS) as u32)
    }

    /// The counts that hold at `now`.
    pub(crate) const fn counts_at(&self, origin: i64, counts: Counts, now: Instant) -> Counts {
        self.moment(origin, counts, now).counts
    }

    /// What a limiter says about `permits` at `now`.
    pub(crate) const fn peek(
        &self,
        origin: i64,
        counts: Counts,
        now: Instant,
        permits: u32,
    ) -> Peek {
        let answer = match self.take(origin, counts, now, permits) {
            Ok(_) if permits == 0 => Ok(Granted::Granted),
            Ok((_, granted)) => Ok(granted),
            Err(denied) => Err(denied),
        };
        let moment = self.moment(origin, counts, now);
        let reset_after = Duration::from_nanos(self.until_end(origin, moment.counts.index, now));
        Peek { answer, remaining: self.remaining(&moment), reset_after }
    }

    /// What a limiter says that counts from first use and was not used yet.
    pub(crate) const fn peek_unused(&self, permits: u32) -> Peek {
        let answer = if permits > self.limit() {
            Err(Denied::ExceedsLimit)
        } else if permits == self.limit() {
            Ok(Granted::GrantedLast)
        } else {
            Ok(Granted::Granted)
        };
        Peek { answer, remaining: self.limit(), reset_after: Duration::ZERO }
    }

    /// Where windows count from, if the first use is at `now`.
    #[inline]
    pub(crate) const fn origin_at(&self, now: Instant) -> i64 {
        match self.kind() {
            Kind::FromFirstUse => now.as_nanos() as i64,
            Kind::Aligned { .. } | Kind::Sliding => self.origin(),
        }
    }
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
            Err(denied) => Err(denied),
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

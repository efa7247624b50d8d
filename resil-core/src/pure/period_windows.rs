//! The windows of a period limiter: which counts hold at an instant, what fits beside them, and when more does.
//!
//! What is kept is the index of the newest window and the permits taken in it; sliding, also those of the window
//! before, which count with the share of it that one period back from now still covers: with `e` ns of the window
//! gone, `current + previous * (period - e) / period`, an exact fraction.
//! Invariant: `current <= limit`; sliding, the estimate is never above `limit` after a grant.
//! Units: nanoseconds. Proofs: `tests/proofs/windows.py`.

use core::time::Duration;

use super::denied::Denied;
use super::instant::Instant;
use super::period_config::{Config, Kind};
use super::period_limiter::{Granted, Peek};

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

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    /// Ten in ten seconds.
    fn config(kind: Kind) -> Config {
        Config::new(10, Duration::from_secs(10), kind).unwrap()
    }

    const fn counts(index: u64, current: u32) -> Counts {
        Counts { index, current, previous: 0 }
    }

    #[test]
    fn a_word_is_the_window_above_the_bits_that_hold_the_limit() {
        let config = config(Kind::FromFirstUse);
        assert_eq!(config.pack(counts(5, 3)), 5 << 4 | 3);
        assert_eq!(config.unpack(5 << 4 | 10), counts(5, 10));
    }

    #[test]
    fn within_its_window_a_word_is_decided_on_as_the_counts_are_and_elsewhere_not_at_all() {
        let config = config(Kind::Aligned { utc_offset_secs: 0 });
        let word = config.pack(counts(5, 6));
        let take = |nanos, permits| {
            config.take_in_window(0, word, Instant::from_nanos(nanos).unwrap(), permits)
        };
        let retry = |wait_ns| Some(Err(Denied::RetryAfter(Duration::from_nanos(wait_ns))));
        assert_eq!(take(50 * S, 3), Some(Ok((word + 3, Granted::Granted))));
        assert_eq!(take(60 * S - 1, 4), Some(Ok((word + 4, Granted::GrantedLast))));
        assert_eq!(take(50 * S, 5), retry(10 * S));
        assert_eq!(take(53 * S, 10), retry(7 * S));
        assert_eq!(take(60 * S - 1, 5), retry(1));
        for (nanos, permits) in [(50 * S - 1, 1), (60 * S, 1), (0, 1), (55 * S, 11)] {
            assert_eq!(take(nanos, permits), None, "{permits} at {nanos}");
        }
        let late = Instant::from_nanos(55 * S).unwrap();
        for permits in 1..=10 {
            let slow = config.take(0, counts(5, 6), late, permits);
            let packed = slow.map(|(counts, granted)| (config.pack(counts), granted));
            assert_eq!(config.take_in_window(0, word, late, permits), Some(packed));
        }
    }

    #[test]
    fn peeking_at_none_never_tells_of_a_last_one() {
        let config = config(Kind::Aligned { utc_offset_secs: 0 });
        let peek = |permits| config.peek(0, counts(0, 10), Instant::ZERO, permits).answer;
        assert_eq!(peek(0), Ok(Granted::Granted));
        assert_eq!(peek(1), Err(Denied::RetryAfter(Duration::from_secs(10))));
    }

    #[test]
    fn before_first_use_all_of_the_limit_is_there() {
        let config = config(Kind::FromFirstUse);
        let answers = [0, 9, 10, 11].map(|permits| config.peek_unused(permits).answer);
        let (more, last) = (Ok(Granted::Granted), Ok(Granted::GrantedLast));
        assert_eq!(answers, [more, more, last, Err(Denied::ExceedsLimit)]);
        assert_eq!(config.peek_unused(1).remaining, 10);
    }
}

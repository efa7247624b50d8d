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
use super::period_shortfall::Shortfall;

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
    ) -> Option<Result<(u64, Granted), Shortfall>> {
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
            return Some(Err(Shortfall::Nanos((self.period_ns() - elapsed) as u128)));
        }
        let granted = if permits == room { Granted::GrantedLast } else { Granted::Granted };
        // The count is the word's lower bits, and has room for the limit.
        Some(Ok((word + permits as u64, granted)))
    }

    /// As [`Config::take_in_window`], sliding: the permits taken in the window after `permits` more.
    #[inline(always)]
    pub(crate) const fn take_in_sliding_window(
        &self,
        counts: Counts,
        now: Instant,
        permits: u32,
    ) -> Option<Result<(u32, Granted), Shortfall>> {
        // Windows are counted from the clock's zero. Wraps as there.
        let start = counts.index.wrapping_mul(self.period_ns());
        let elapsed = now.as_nanos().wrapping_sub(start);
        if elapsed >= self.period_ns() || permits > self.limit() {
            return None;
        }
        Some(match self.granted(&Moment { counts, elapsed }, permits) {
            Some(granted) => Ok((counts.current + permits, granted)),
            None => {
                let to_end = (self.period_ns() - elapsed) as u128;
                Err(Shortfall::Nanos(self.wait(to_end, counts, permits)))
            }
        })
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

    /// The counts after `permits` more at `now`, which are some.
    #[inline]
    pub(crate) const fn take(
        &self,
        origin: i64,
        counts: Counts,
        now: Instant,
        permits: u32,
    ) -> Result<(Counts, Granted), Shortfall> {
        if permits > self.limit() {
            return Err(Shortfall::Never);
        }
        let moment = self.moment(origin, counts, now);
        let Some(granted) = self.granted(&moment, permits) else {
            let to_end = self.until_end(origin, moment.counts.index, now) as u128;
            return Err(Shortfall::Nanos(self.wait(to_end, moment.counts, permits)));
        };
        let current = moment.counts.current + permits;
        Ok((Counts { current, ..moment.counts }, granted))
    }

    /// Whether `permits` fit, and if so whether not one more does. Divides nothing: what is free after them and what
    /// the window before still counts for are compared times the period.
    #[inline(always)]
    const fn granted(&self, moment: &Moment, permits: u32) -> Option<Granted> {
        let Counts { current, previous, .. } = moment.counts;
        let Some(free) = (self.limit() - current).checked_sub(permits) else {
            return None;
        };
        let (period, left) = (self.period_ns(), self.period_ns() - moment.elapsed);
        let free = free as u128 * period as u128;
        let counts_for = previous as u128 * left as u128;
        match free.checked_sub(counts_for) {
            None => None,
            Some(over) if over < period as u128 => Some(Granted::GrantedLast),
            Some(_) => Some(Granted::Granted),
        }
    }

    /// Whole permits that fit.
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

    /// The ns after which `permits`, which do not fit now, do if nobody takes any before; the window ends in `to_end`.
    // Cold, so that it stays out of line, and inline all the same, so that it is left out where nobody reads it.
    #[cold]
    #[inline]
    const fn wait(&self, to_end: u128, counts: Counts, permits: u32) -> u128 {
        let Counts { current, previous, .. } = counts;
        let period = self.period_ns() as u128;
        if !self.slides() {
            return to_end;
        }
        if current <= self.limit() - permits {
            // The window before counts for `previous * rest / period`, which is to be `room` at most. At the
            // end of this window at the latest, for there `current` takes its place with all its weight.
            let room = (self.limit() - permits - current) as u128;
            to_end - share(room * period, previous)
        } else {
            // Not in this window; in the next one, once enough of `current` has slid out.
            let room = (self.limit() - permits) as u128;
            to_end + period - share(room * period, current)
        }
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
        // None are granted even where an earlier `now` finds more counted than the limit.
        let answer = match permits {
            0 => Ok(Granted::Granted),
            _ => match self.take(origin, counts, now, permits) {
                Ok((_, granted)) => Ok(granted),
                Err(shortfall) => Err(shortfall.denied()),
            },
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

/// `nanos / permits`; none of no permits, which nobody asks for.
// Checked, so that it can be left out: a division by zero would be an effect.
#[inline]
const fn share(nanos: u128, permits: u32) -> u128 {
    match nanos.checked_div(permits as u128) {
        Some(share) => share,
        None => 0,
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
        let retry = |wait_ns: u64| Some(Err(Shortfall::Nanos(wait_ns.into())));
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
            let fast = config.take_in_window(0, word, late, permits).unwrap();
            assert_eq!(fast, packed);
        }
    }

    #[test]
    fn within_its_window_a_sliding_count_is_decided_on_as_elsewhere_and_fits_what_remains() {
        let config = config(Kind::Sliding);
        for (current, previous) in [(0, 0), (3, 0), (0, 10), (3, 5), (4, 7), (10, 10)] {
            let counts = Counts { index: 5, current, previous };
            for at in (50..60).map(|at| at * S).chain([50 * S + 1, 60 * S - 1]) {
                let now = Instant::from_nanos(at).unwrap();
                let remaining = config.peek(0, counts, now, 1).remaining;
                for permits in 1..=10 {
                    let asked = format!("{permits} of {counts:?} at {at}");
                    let fast = config.take_in_sliding_window(counts, now, permits).unwrap();
                    let slow = config.take(0, counts, now, permits);
                    let slow = slow.map(|(counts, granted)| (counts.current, granted));
                    assert_eq!(fast, slow, "{asked}");
                    let granted = fast.map(|(_, granted)| granted == Granted::GrantedLast).ok();
                    let fits = (permits <= remaining).then_some(permits == remaining);
                    assert_eq!(granted, fits, "{asked}");
                }
            }
            for (at, permits) in [(50 * S - 1, 1), (60 * S, 1), (0, 1), (55 * S, 11)] {
                let now = Instant::from_nanos(at).unwrap();
                assert_eq!(config.take_in_sliding_window(counts, now, permits), None);
            }
        }
    }

    #[test]
    fn peeking_at_none_never_tells_of_a_last_one() {
        let config = config(Kind::Aligned { utc_offset_secs: 0 });
        let peek = |permits| config.peek(0, counts(0, 10), Instant::ZERO, permits).answer;
        assert_eq!(peek(0), Ok(Granted::Granted));
        assert_eq!(peek(1), Err(Denied::RetryAfter(Duration::from_secs(10))));
        let full = Counts { index: 5, current: 10, previous: 10 };
        let early = Instant::from_nanos(49 * S).unwrap();
        let sliding = self::config(Kind::Sliding);
        assert_eq!(sliding.peek(0, full, early, 0).answer, Ok(Granted::Granted));
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

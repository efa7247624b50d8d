//! The decision of the token and the leaky bucket: one number against another.
//!
//! A quota is counted in *ticks*, a whole number of them per permit. `tat` (theoretical arrival time) is the
//! tick at which the bucket is full again; a permit moves it `ticks_per_permit` on, and `n` permits fit at
//! `tick` if the new `tat` is at most `burst * ticks_per_permit` ahead. Everything here is exact integers;
//! only the reading of the clock is rounded, and that happens in `scale.rs`.
//! Invariant: after a grant at `tick`, `tat <= tick + span()`; always, `tat < 2^60`.
//! Source: ITU-T I.371 (generic cell rate algorithm), with rational intervals.

use super::quota::Quota;
use super::scale::Scale;

/// The most ticks from empty to full.
pub(crate) const MAX_SPAN: u64 = 1 << 58;
/// A reading stays below this; so `tat` and everything added to it fits 60 bits and a sum fits 64.
pub(crate) const MAX_TICK: u64 = 1 << 59;
/// The furthest that `tat` may run ahead of a reading.
pub(crate) const MAX_AHEAD: u64 = 1 << 59;

/// A quota counted in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    burst: u32,
    ticks_per_permit: u64,
    scale: Scale,
}

/// Why permits do not fit, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// They do once both ticks run: `ready`, less the caller's patience, and `room` without it.
    Until {
        /// The tick at which the permits are there.
        ready: u64,
        /// The tick from which a reservation is no longer too far ahead.
        room: u64,
    },
    /// More permits than the burst: they never do.
    Never,
}

impl Gcra {
    /// Counts `quota` in ticks.
    ///
    /// The tick is exactly `1 / (permits / gcd)` ns where that is 1 or 1/2 ns and the span fits; elsewhere
    /// the longest whole fraction of the permit's interval that is at most 1 ns, or, for spans above 2^58 ns
    /// (9.1 years), the shortest with which the span fits 2^58 ticks (at most 16 ns).
    #[must_use]
    pub const fn new(quota: &Quota) -> Self {
        let period_ns = quota.period().as_nanos() as u64;
        let common = gcd(quota.permits() as u64, period_ns);
        // The interval of one permit is `nanos / parts` ns, in lowest terms.
        let parts = quota.permits() as u64 / common;
        let nanos = period_ns / common;
        let burst = quota.burst();
        let ticks_per_permit = if parts <= 2 && nanos as u128 * burst as u128 <= MAX_SPAN as u128 {
            nanos
        } else {
            let about_a_nanosecond = nanos.div_ceil(parts);
            let room = MAX_SPAN / burst as u64;
            if about_a_nanosecond < room { about_a_nanosecond } else { room }
        };
        let scale = Scale::new(ticks_per_permit as u128 * parts as u128, nanos);
        Self { burst, ticks_per_permit, scale }
    }

    /// The parts of [`Gcra::parts`] put together again.
    #[inline]
    #[must_use]
    pub const fn from_parts(burst: u32, ticks_per_permit: u64, scale: Scale) -> Self {
        Self { burst, ticks_per_permit, scale }
    }

    /// The burst, the ticks of one permit and the scale.
    #[inline]
    #[must_use]
    pub const fn parts(&self) -> (u32, u64, Scale) {
        (self.burst, self.ticks_per_permit, self.scale)
    }

    /// Ticks of `permits`, which is at most the burst.
    #[inline]
    #[must_use]
    pub const fn ticks(&self, permits: u32) -> u64 {
        permits as u64 * self.ticks_per_permit
    }

    /// Ticks from empty to full.
    #[inline]
    #[must_use]
    pub const fn span(&self) -> u64 {
        self.ticks(self.burst)
    }

    /// How clock readings become ticks.
    #[inline]
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The new `tat` after `permits` are taken at `tick`, if they are there.
    ///
    /// # Errors
    /// [`Shortfall`] says from which tick on they are.
    #[inline]
    pub const fn grant(&self, tat: u64, tick: u64, permits: u32) -> Result<u64, Shortfall> {
        let Some(rest) = self.burst.checked_sub(permits) else {
            return Err(Shortfall::Never);
        };
        // They fit if the rest of the burst holds what others have taken.
        let start = if tat > tick { tat } else { tick };
        let rest = self.ticks(rest);
        if start <= tick + rest {
            Ok(start + self.ticks(permits))
        } else {
            Err(Shortfall::Until { ready: start - rest, room: 0 })
        }
    }

    /// The new `tat` after `permits` are promised at `tick`, if they are there by the tick `deadline`.
    ///
    /// # Errors
    /// [`Shortfall`] says from which tick on the promise can be given.
    pub const fn reserve(
        &self,
        tat: u64,
        tick: u64,
        deadline: u64,
        permits: u32,
    ) -> Result<u64, Shortfall> {
        if permits > self.burst {
            return Err(Shortfall::Never);
        }
        let start = if tat > tick { tat } else { tick };
        let taken = start + self.ticks(permits);
        let ready = self.ready(taken);
        let room = taken.saturating_sub(MAX_AHEAD);
        if ready <= deadline && room <= tick {
            Ok(taken)
        } else {
            Err(Shortfall::Until { ready, room })
        }
    }

    /// The new `tat` after `permits` join a queue at `tick`: admitted as [`Gcra::grant`] would, unless they
    /// would start, at the old `tat`, after the tick `deadline`.
    ///
    /// # Errors
    /// [`Shortfall`]: `ready` is where they would start, `room` is from where the queue has room for them.
    #[inline]
    pub const fn enqueue(
        &self,
        tat: u64,
        tick: u64,
        deadline: u64,
        permits: u32,
    ) -> Result<u64, Shortfall> {
        match self.grant(tat, tick, permits) {
            Ok(taken) if tat <= tick || tat <= deadline => Ok(taken),
            Ok(_) => Err(Shortfall::Until { ready: tat, room: 0 }),
            Err(Shortfall::Until { ready, .. }) => {
                Err(Shortfall::Until { ready: tat, room: ready })
            }
            Err(Shortfall::Never) => Err(Shortfall::Never),
        }
    }

    /// The tick at which `permits` that moved `tat` to `taken` started.
    #[inline]
    #[must_use]
    pub const fn start(&self, taken: u64, permits: u32) -> u64 {
        taken - self.ticks(permits)
    }

    /// The tick at which a promise that moved `tat` to `taken` is due.
    #[inline]
    #[must_use]
    pub const fn ready(&self, taken: u64) -> u64 {
        taken.saturating_sub(self.span())
    }

    /// Whole permits that could be taken at `tick`; 0 in debt.
    #[must_use]
    pub const fn remaining(&self, tat: u64, tick: u64) -> u32 {
        let ahead = tat.saturating_sub(tick);
        // At most the burst, so it fits.
        (self.span().saturating_sub(ahead) / self.ticks_per_permit) as u32
    }

    /// Whole permits owed beyond an empty bucket at `tick`, rounded up; 0 unless in debt.
    #[must_use]
    pub const fn owed(&self, tat: u64, tick: u64) -> u64 {
        tat.saturating_sub(tick).saturating_sub(self.span()).div_ceil(self.ticks_per_permit)
    }

    /// `tat` after the ticks `promised` that once moved it to `level` are given back, less what was taken
    /// since; `None` if nothing is left to give.
    #[must_use]
    pub const fn give_back(tat: u64, level: u64, promised: u64) -> Option<u64> {
        let taken_since = tat.saturating_sub(level);
        match promised.saturating_sub(taken_since) {
            0 => None,
            // A `tat` in the past is a full bucket, so this never gives more than full.
            back => Some(tat.saturating_sub(back)),
        }
    }
}

const fn gcd(a: u64, b: u64) -> u64 {
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

    fn gcra(permits: u32, period: Duration, burst: u32) -> Gcra {
        Gcra::new(&Quota::new(permits, period, burst).unwrap())
    }

    #[test]
    fn one_or_two_permits_in_lowest_terms_are_counted_without_rounding() {
        let tenth = gcra(1, Duration::from_secs(10), 5);
        assert_eq!(tenth.parts(), (5, 10_000_000_000, Scale::new(1, 1)));
        let two_a_nanosecond = gcra(2, Duration::from_nanos(1), 5);
        assert_eq!(two_a_nanosecond.parts(), (5, 1, Scale::new(2, 1)));
        let four_in_fourteen = gcra(4, Duration::from_nanos(14), 5);
        assert_eq!(four_in_fourteen.parts(), (5, 7, Scale::new(2, 1)));
    }

    #[test]
    fn other_ratios_have_whole_ticks_of_at_most_a_nanosecond() {
        let (_, ticks, scale) = gcra(3, Duration::from_secs(7), 5).parts();
        assert_eq!(ticks, 2_333_333_334);
        assert_eq!(scale, Scale::new(7_000_000_002, 7_000_000_000));
    }

    #[test]
    fn the_longest_spans_have_longer_ticks_and_never_overflow() {
        let long = gcra(1, Duration::from_secs(86_400), 50_000);
        assert!(long.span() <= MAX_SPAN && long.span() > MAX_SPAN - 50_000);
        assert_eq!(long.grant(0, MAX_TICK - 1, 50_000), Ok(MAX_TICK - 1 + long.span()));
    }

    #[test]
    fn a_request_beyond_the_burst_is_refused_before_it_is_multiplied() {
        let fast = gcra(4, Duration::from_nanos(1), 3);
        assert_eq!(fast.grant(0, 0, u32::MAX), Err(Shortfall::Never));
        assert_eq!(fast.reserve(0, 0, u64::MAX, 4), Err(Shortfall::Never));
    }

    #[test]
    fn a_promise_too_far_ahead_is_refused_until_there_is_room() {
        let slow = gcra(1, Duration::from_nanos(MAX_SPAN), 1);
        let first = slow.reserve(0, 0, u64::MAX, 1).unwrap();
        let second = slow.reserve(first, 0, u64::MAX, 1).unwrap();
        assert_eq!(second, MAX_AHEAD);
        let third = slow.reserve(second, 0, u64::MAX, 1);
        assert_eq!(third, Err(Shortfall::Until { ready: 2 * MAX_SPAN, room: MAX_SPAN }));
    }

    /// A permit every 10 ticks, and 3 at once.
    fn ten() -> Gcra {
        gcra(1, Duration::from_nanos(10), 3)
    }

    const fn until(ready: u64, room: u64) -> Result<u64, Shortfall> {
        Err(Shortfall::Until { ready, room })
    }

    #[test]
    fn permits_are_taken_from_now_on_and_never_further_ahead_than_the_span() {
        assert_eq!(ten().grant(0, 100, 1), Ok(110));
        assert_eq!(ten().grant(110, 100, 2), Ok(130));
        assert_eq!(ten().grant(130, 100, 1), until(110, 0));
        assert_eq!(ten().grant(130, 110, 1), Ok(140));
    }

    #[test]
    fn a_queue_admits_what_is_granted_unless_it_would_start_after_the_deadline() {
        assert_eq!(ten().enqueue(95, 100, 90, 1), Ok(110));
        assert_eq!(ten().enqueue(110, 100, 110, 1), Ok(120));
        assert_eq!(ten().enqueue(110, 100, 109, 1), until(110, 0));
        assert_eq!(ten().enqueue(130, 100, u64::MAX, 1), until(130, 110));
        assert_eq!(ten().enqueue(0, 100, u64::MAX, 4), Err(Shortfall::Never));
        assert_eq!(ten().start(130, 2), 110);
    }

    #[test]
    fn what_is_there_is_counted_in_whole_permits_and_what_is_owed_rounded_up() {
        let seen = |tat| (ten().remaining(tat, 100), ten().owed(tat, 100));
        assert_eq!([0, 100, 115].map(seen), [(3, 0), (3, 0), (1, 0)]);
        assert_eq!([130, 131, 140, 151].map(seen), [(0, 0), (0, 1), (0, 1), (0, 3)]);
    }

    #[test]
    fn what_was_taken_since_a_promise_is_not_given_back() {
        assert_eq!(Gcra::give_back(130, 130, 30), Some(100));
        assert_eq!(Gcra::give_back(140, 130, 30), Some(120));
        assert_eq!(Gcra::give_back(160, 130, 30), None);
        assert_eq!(Gcra::give_back(170, 130, 30), None);
    }
}

//! From one frame to the next: the first instant, a moved origin, another quota.
//!
//! Each is a map of levels: where `tat` stood in the old frame to where it stands in the new one. The
//! bucket's own `tat` and the level of a reservation go through the same map, so what a reservation could
//! give back before it can give back after. Carry-over is computed exactly and rounded to one tick, upwards:
//! never in the caller's favour.
//! Source of the four ways to carry over: bucket4j.

use super::frame::Frame;
use super::gcra::{Gcra, MAX_AHEAD};
use super::instant::Instant;
use super::quota::Quota;

/// What becomes of the permits in a bucket when its quota changes.
///
/// With `o` and `n` the old and the new burst, and `t` permits in the bucket. A debt (`t` below 0, permits
/// reserved but not yet there) stays the same number of permits, except under `Reset`.
///
/// ```
/// use resil_core::{Carry, Instant, Quota, TokenBucket};
///
/// let bucket = TokenBucket::new(Quota::per_second(100)?).with_initial(40)?;
/// let now = Instant::ZERO;
/// assert_eq!(bucket.peek_at(now, 1).remaining, 40);
/// bucket.set_quota_at(now, Quota::per_second(200)?, Carry::Proportional);
/// assert_eq!(bucket.peek_at(now, 1).remaining, 80);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carry {
    /// As newly made: full, and debts are forgotten.
    Reset,
    /// The permits that are there, as far as they fit: `min(t, n)`.
    AsIs,
    /// Filled to the same ratio: `t * n / o`.
    Proportional,
    /// The permits that are there, and what the burst grew by: `min(t, n) + max(0, n - o)`.
    Additive,
}

/// A step from one frame to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    kind: Kind,
    old: Size,
    new: Size,
    /// The instant of the change, in both frames.
    old_tick: u64,
    new_tick: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The bucket was told its first instant; it begins so many ticks short of full.
    First { missing: u64 },
    /// The origin moved; the quota is the same.
    Moved,
    /// Another quota.
    Quota(Carry),
}

/// What of a quota a level depends on; the scale is for clocks only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    burst: u32,
    ticks_per_permit: u64,
}

impl Size {
    const fn new(gcra: &Gcra) -> Self {
        let (burst, ticks_per_permit, _) = gcra.parts();
        Self { burst, ticks_per_permit }
    }

    const fn span(self) -> u64 {
        self.burst as u64 * self.ticks_per_permit
    }
}

impl Change {
    /// What gives `now` a tick, if `frame` has none for it. A first instant finds `initial` permits.
    #[must_use]
    pub const fn for_instant(frame: &Frame, now: Instant, initial: u32) -> Option<(Frame, Self)> {
        if frame.tick(now).is_some() {
            return None;
        }
        let gcra = *frame.gcra();
        let next = Frame::anchored(gcra, now);
        let (kind, old_tick) = if frame.is_anchored() {
            // Beyond the horizon. Where the reading saturates, nothing is missing any more: `tat` fits 60 bits.
            (
                Kind::Moved,
                gcra.scale()
                    .ticks_saturating(now.saturating_since(frame.instant(0)).as_nanos() as u64),
            )
        } else {
            (Kind::First { missing: gcra.span() - gcra.ticks(initial) }, 0)
        };
        let size = Size::new(&gcra);
        let new_tick = next.tick_saturating(now);
        Some((next, Self { kind, old: size, new: size, old_tick, new_tick }))
    }

    /// What changes the quota at `now`, for which `frame` has a tick (`for_instant` first).
    #[must_use]
    pub const fn for_quota(
        frame: &Frame,
        now: Instant,
        quota: &Quota,
        carry: Carry,
    ) -> (Frame, Self) {
        // Before the origin reads as the origin, and there the change takes place. From further back `tat`
        // would look nearer than it is, and the permits between would be granted twice.
        let origin = frame.instant(0);
        let now = if now.as_nanos() < origin.as_nanos() { origin } else { now };
        let new = Gcra::new(quota);
        let next = Frame::anchored(new, now);
        let (old_tick, new_tick) = (frame.tick_saturating(now), next.tick_saturating(now));
        let (old, new) = (Size::new(frame.gcra()), Size::new(&new));
        (next, Self { kind: Kind::Quota(carry), old, new, old_tick, new_tick })
    }

    /// The `tat` of the new frame for one of the old.
    #[must_use]
    pub const fn carried(&self, tat: u64) -> u64 {
        let missing = tat.saturating_sub(self.old_tick);
        let missing = match self.kind {
            // Full from the beginning of time: a thread with a slightly earlier `now` finds it full too.
            Kind::First { missing: 0 } => return 0,
            Kind::First { missing } => missing,
            Kind::Moved => missing,
            Kind::Quota(carry) => self.missing_after(missing, carry),
        };
        self.new_tick + if missing < MAX_AHEAD { missing } else { MAX_AHEAD }
    }

    /// Where a promise of `permits` that moved `tat` to `level` stands in the new frame, and the ticks that it is
    /// worth there: what lies between its two ends, both carried. That is less than its permits if without it
    /// the bucket would have held more than now fits; to give those back would grant them twice.
    #[must_use]
    pub const fn carried_promise(&self, level: u64, permits: u32) -> (u64, u64) {
        let ticks = (permits as u64).saturating_mul(self.old.ticks_per_permit);
        let after = self.carried(level);
        (after, after - self.carried(level.saturating_sub(ticks)))
    }

    /// Whether a reservation made before can be cancelled after.
    #[must_use]
    pub const fn keeps_reservations(&self) -> bool {
        matches!(self.kind, Kind::Moved | Kind::Quota(Carry::AsIs | Carry::Additive))
    }

    /// Ticks short of full in the new quota, for `missing` in the old.
    const fn missing_after(&self, missing: u64, carry: Carry) -> u64 {
        let debt = missing.saturating_sub(self.old.span());
        match carry {
            Carry::Reset => 0,
            // (o - t) permits are missing before and after, for what grew is full.
            Carry::Additive if self.new.burst > self.old.burst => {
                scaled_up(missing, self.new.ticks_per_permit, self.old.ticks_per_permit)
            }
            Carry::Proportional if debt == 0 => {
                scaled_up(missing, self.new.span(), self.old.span())
            }
            Carry::AsIs | Carry::Additive | Carry::Proportional if debt > 0 => {
                self.new.span().saturating_add(scaled_up(
                    debt,
                    self.new.ticks_per_permit,
                    self.old.ticks_per_permit,
                ))
            }
            Carry::AsIs | Carry::Additive | Carry::Proportional => {
                let there = self.old.span() - missing;
                let there = there as u128 * self.new.ticks_per_permit as u128
                    / self.old.ticks_per_permit as u128;
                let span = self.new.span();
                if there < span as u128 { span - there as u64 } else { 0 }
            }
        }
    }
}

/// `ticks * to / from`, rounded up; `u64::MAX` if it does not fit.
const fn scaled_up(ticks: u64, to: u64, from: u64) -> u64 {
    let scaled = (ticks as u128 * to as u128).div_ceil(from as u128);
    if scaled > u64::MAX as u128 { u64::MAX } else { scaled as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    /// Permits there after a change of burst `old` to `new` at the same rate, `there` of them before.
    fn after(old: u32, new: u32, there: i64, carry: Carry) -> i64 {
        let second = Duration::from_secs(1);
        let frame = Frame::anchored(Gcra::new(&Quota::new(1, second, old).unwrap()), Instant::ZERO);
        let quota = Quota::new(1, second, new).unwrap();
        let (_, change) = Change::for_quota(&frame, Instant::ZERO, &quota, carry);
        let tick = 1_000_000_000;
        let tat = change.carried(((i64::from(old) - there) * tick) as u64);
        i64::from(new) - tat as i64 / tick
    }

    #[test]
    fn carry_over_agrees_with_the_published_table() {
        use Carry::{Additive, AsIs, Proportional, Reset};
        let kinds = [Reset, AsIs, Proportional, Additive];
        assert_eq!(kinds.map(|carry| after(100, 200, 40, carry)), [200, 40, 80, 140]);
        assert_eq!(kinds.map(|carry| after(100, 20, 40, carry)), [20, 20, 8, 20]);
    }

    #[test]
    fn a_debt_stays_the_same_number_of_permits() {
        use Carry::{Additive, AsIs, Proportional, Reset};
        let kinds = [Reset, AsIs, Proportional, Additive];
        assert_eq!(kinds.map(|carry| after(100, 200, -3, carry)), [200, -3, -3, 97]);
        assert_eq!(kinds.map(|carry| after(100, 20, -3, carry)), [20, -3, -3, -3]);
    }

    #[test]
    fn a_change_told_of_an_instant_before_the_origin_takes_place_at_the_origin() {
        let quota = Quota::per_second(1).unwrap();
        let late = Instant::from_nanos(1 << 60).unwrap();
        let frame = Frame::anchored(Gcra::new(&quota), late);
        let at = |now| Change::for_quota(&frame, now, &quota, Carry::AsIs);
        let origin = frame.instant(0);
        assert!(origin > Instant::ZERO);
        assert_eq!(at(Instant::ZERO), at(origin));
        let after = origin.saturating_add(Duration::from_secs(1));
        assert_eq!(at(after).1.old_tick, 1_000_000_000);
    }

    #[test]
    fn ticks_that_do_not_fit_saturate() {
        assert_eq!(scaled_up(u64::MAX, 3, 1), u64::MAX);
        assert_eq!(scaled_up(u64::MAX / 2, 2, 1), u64::MAX - 1);
        assert_eq!(scaled_up(7, 2, 3), 5);
    }

    #[test]
    fn a_promise_outlives_one_change_that_keeps_permits_and_no_second() {
        use crate::pure::token_bucket::{Cancelled, Config, State};
        let full_in_ms = |state: &mut State| state.peek(Instant::ZERO, 1).reset_after.as_millis();
        let second = Duration::from_secs(1);
        let [slow, fast] = [10, 20].map(|permits| Quota::new(permits, second, 2).unwrap());
        for (changes, given_ms) in [
            (&[Carry::AsIs][..], 100),
            (&[Carry::Additive], 100),
            (&[Carry::Proportional], 0),
            (&[Carry::AsIs, Carry::AsIs], 0),
        ] {
            let mut state = State::new(&Config::new(slow, 0).unwrap());
            let (_, ticket) = state.reserve(Instant::ZERO, 2, None).unwrap();
            for carry in changes {
                state.set_quota(Instant::ZERO, &fast, *carry);
            }
            let before = full_in_ms(&mut state);
            let cancelled = state.cancel(Instant::ZERO, ticket);
            assert_eq!(cancelled == Cancelled::GaveBack, given_ms > 0, "{changes:?}");
            assert_eq!(before - full_in_ms(&mut state), given_ms);
        }
    }
}

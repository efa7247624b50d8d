//! From which instant a bucket counts its ticks.
//!
//! 60 bits of ticks are 36 years at most, so uptime fits and Unix time does not. A frame therefore has an
//! origin, fixed by the first instant the bucket is told: 0 if that instant's tick is below 2^58, else the
//! instant less 2^58 ticks, so that an earlier `now` still has a true tick. An instant before the origin
//! reads as the origin. A reading that would reach 2^59 needs a later frame (`change.rs`).
//! Units: nanoseconds outside, ticks inside.

use core::time::Duration;

use super::denied::Denied;
use super::gcra::{Gcra, MAX_SPAN, MAX_TICK, Shortfall};
use super::instant::{Instant, saturating_nanos};
use super::quota::Quota;
use super::scale::Scale;

/// Later than every instant, so that no `now` has a tick before the first one fixed the origin.
const NO_ORIGIN: u64 = 1 << 63;

/// A frame as plain words, for storage that cannot hold it otherwise.
pub type Words = [u64; 5];

/// A quota in ticks, and the instant from which they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    gcra: Gcra,
    origin: u64,
    /// Nanoseconds after the origin that still have a tick; later ones are beyond.
    horizon: u64,
}

impl Frame {
    /// The frame of a bucket that was told no instant yet.
    #[must_use]
    pub const fn new(quota: &Quota) -> Self {
        Self { gcra: Gcra::new(quota), origin: NO_ORIGIN, horizon: 0 }
    }

    /// The frame of a bucket whose first instant is `now`.
    #[must_use]
    pub const fn anchored(gcra: Gcra, now: Instant) -> Self {
        let now = now.as_nanos();
        let scale = gcra.scale();
        let origin =
            if scale.ticks_saturating(now) < MAX_SPAN { 0 } else { now - scale.nanos(MAX_SPAN) };
        // A quota's span is at most 2^52 us, in 2^58 ticks: no tick is longer than 16 ns, and 2^59 of them are no more
        // than the range of an instant.
        let horizon = scale.nanos(MAX_TICK) - 1;
        debug_assert!(horizon <= Instant::MAX.as_nanos());
        Self { gcra, origin, horizon }
    }

    /// The quota in ticks.
    #[inline]
    #[must_use]
    pub const fn gcra(&self) -> &Gcra {
        &self.gcra
    }

    /// Whether an instant has fixed the origin.
    #[must_use]
    pub const fn is_anchored(&self) -> bool {
        self.origin != NO_ORIGIN
    }

    /// The tick at `now`, or `None` if this frame must move first to have one.
    #[inline]
    #[must_use]
    pub const fn tick(&self, now: Instant) -> Option<u64> {
        // One comparison for all that is out of the ordinary: earlier wraps to more than any horizon.
        let since = now.as_nanos().wrapping_sub(self.origin);
        if since <= self.horizon {
            Some(self.gcra.scale().ticks(since))
        } else {
            self.tick_outside(now)
        }
    }

    #[cold]
    const fn tick_outside(&self, now: Instant) -> Option<u64> {
        if self.is_anchored() && now.as_nanos() < self.origin { Some(0) } else { None }
    }

    /// The tick at `now`, at most the last one below 2^59; before the origin 0.
    #[must_use]
    pub const fn tick_saturating(&self, now: Instant) -> u64 {
        let tick = self.gcra.scale().ticks_saturating(now.as_nanos().saturating_sub(self.origin));
        if tick < MAX_TICK { tick } else { MAX_TICK - 1 }
    }

    /// The tick that runs once `timeout` has passed after `now`; `u64::MAX` without a timeout.
    #[must_use]
    pub const fn deadline(&self, now: Instant, timeout: Option<Duration>) -> u64 {
        match timeout {
            None => u64::MAX,
            Some(timeout) => {
                let at = now.as_nanos().saturating_add(saturating_nanos(timeout));
                self.gcra.scale().ticks_saturating(at.saturating_sub(self.origin))
            }
        }
    }

    /// The nanosecond at which `tick` begins to run, saturating.
    #[inline(always)]
    const fn nanos(&self, tick: u64) -> u64 {
        nanos(self.origin, self.gcra.scale(), tick)
    }

    /// The first instant at which `tick` runs, saturating.
    #[must_use]
    pub const fn instant(&self, tick: u64) -> Instant {
        Instant::saturating_from_nanos(self.nanos(tick))
    }

    /// The time from `now` until `tick` runs; zero if it does, or did.
    #[inline(always)]
    #[must_use]
    pub const fn wait(&self, now: Instant, tick: u64) -> Duration {
        Duration::from_nanos(wait_nanos(self.origin, self.gcra.scale(), now, tick))
    }

    /// A shortfall at `now` as a refusal in time, for a caller who would wait for `timeout`.
    // Always inline: where nobody reads the wait, the division behind it is left out.
    #[inline(always)]
    pub const fn denied(
        &self,
        now: Instant,
        shortfall: Shortfall,
        timeout: Option<Duration>,
    ) -> Denied {
        match shortfall {
            Shortfall::Never => Denied::ExceedsLimit,
            Shortfall::Until { ready, room } => {
                let (origin, scale) = (self.origin, self.gcra.scale());
                let nanos = match timeout {
                    None => wait_nanos(origin, scale, now, room),
                    // A later tick does not run earlier: one division tells both.
                    Some(Duration::ZERO) => wait_nanos(origin, scale, now, later(ready, room)),
                    Some(timeout) => {
                        let ready = wait_nanos(origin, scale, now, ready);
                        let ready = ready.saturating_sub(saturating_nanos(timeout));
                        later(ready, wait_nanos(origin, scale, now, room))
                    }
                };
                Denied::RetryAfter(Duration::from_nanos(nanos))
            }
        }
    }

    /// The nanoseconds from `now` until a shortfall is over, for a caller who would not wait; 0 if it never is.
    #[inline(always)]
    #[must_use]
    pub const fn retry_after_nanos(&self, now: Instant, shortfall: Shortfall) -> u64 {
        match shortfall {
            Shortfall::Never => 0,
            Shortfall::Until { ready, room } => {
                wait_nanos(self.origin, self.gcra.scale(), now, later(ready, room))
            }
        }
    }

    /// The frame as words.
    #[must_use]
    pub const fn to_words(self) -> Words {
        let (burst, ticks_per_permit, scale) = self.gcra.parts();
        let (whole, fraction) = scale.parts();
        [(whole as u64) << 32 | burst as u64, ticks_per_permit, fraction, self.origin, self.horizon]
    }

    /// The frame whose words these are.
    #[inline]
    #[must_use]
    pub const fn from_words(words: Words) -> Self {
        let [burst_and_whole, ticks_per_permit, fraction, origin, horizon] = words;
        let scale = Scale::from_parts((burst_and_whole >> 32) as u32, fraction);
        Self {
            gcra: Gcra::from_parts(burst_and_whole as u32, ticks_per_permit, scale),
            origin,
            horizon,
        }
    }
}

/// The nanosecond at which `tick` after `origin` begins to run, saturating.
#[inline(always)]
const fn nanos(origin: u64, scale: Scale, tick: u64) -> u64 {
    origin.saturating_add(scale.nanos(tick))
}

/// The nanoseconds from `now` until `tick` after `origin` runs; 0 if it does, or did.
#[inline(always)]
const fn wait_nanos(origin: u64, scale: Scale, now: Instant, tick: u64) -> u64 {
    // Tick 0 runs before the origin too: there, it is what every instant reads as.
    if tick == 0 { 0 } else { nanos(origin, scale, tick).saturating_sub(now.as_nanos()) }
}

const fn later(a: u64, b: u64) -> u64 {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos).unwrap()
    }

    fn tenth() -> Gcra {
        Gcra::new(&Quota::new(1, Duration::from_secs(10), 5).unwrap())
    }

    #[test]
    fn uptime_counts_from_zero_and_unix_time_from_nine_years_back() {
        assert_eq!(Frame::anchored(tenth(), at(77)).tick(at(77)), Some(77));
        let unix = at(1_431_857_103_000_000_000);
        assert_eq!(Frame::anchored(tenth(), unix).tick(unix), Some(MAX_SPAN));
    }

    #[test]
    fn a_first_instant_2_58_ticks_on_is_the_first_to_have_an_origin_of_its_own() {
        let longest = Duration::from_nanos((1 << 52) * 1_000);
        let gcra = Gcra::new(&Quota::new(1, longest, 1).unwrap());
        // A tick lasts 15.6 ns: the nanosecond after its first is of the same one.
        let first = gcra.scale().nanos(MAX_SPAN);
        assert_eq!(gcra.scale().ticks(first + 1), MAX_SPAN);
        for (now, origin) in [(first - 1, 0), (first, 0), (first + 1, 1)] {
            let frame = Frame::anchored(gcra, at(now));
            assert_eq!(frame.instant(0), at(origin));
            assert!(frame.horizon < Instant::MAX.as_nanos());
        }
    }

    #[test]
    fn before_the_origin_every_instant_reads_as_the_origin() {
        let frame = Frame::anchored(tenth(), at(1 << 60));
        let origin = frame.instant(0);
        assert_eq!(frame.tick(at(0)), Some(0));
        assert_eq!(frame.tick(origin), Some(0));
        assert_eq!(frame.wait(at(0), 1), Duration::from_nanos(origin.as_nanos() + 1));
        assert_eq!(frame.wait(at(0), 0), Duration::ZERO);
    }

    #[test]
    fn a_reading_at_the_horizon_has_a_tick_and_the_next_one_has_none() {
        let frame = Frame::anchored(tenth(), at(0));
        assert_eq!(frame.tick(at(MAX_TICK - 1)), Some(MAX_TICK - 1));
        assert_eq!(frame.tick(at(MAX_TICK)), None);
        assert_eq!(frame.tick_saturating(at(MAX_TICK)), MAX_TICK - 1);
    }

    #[test]
    fn a_deadline_is_the_tick_after_the_timeout_and_none_never_comes() {
        let frame = Frame::anchored(tenth(), at(0));
        assert_eq!(frame.tick_saturating(at(77)), 77);
        assert_eq!(frame.deadline(at(77), Some(Duration::from_nanos(3))), 80);
        assert_eq!(frame.deadline(at(77), Some(Duration::MAX)), u64::MAX);
        assert_eq!(frame.deadline(at(77), None), u64::MAX);
        let unix = Frame::anchored(tenth(), at(1 << 60));
        assert_eq!(unix.deadline(at(0), Some(Duration::from_nanos(3))), 0, "before the origin");
    }

    #[test]
    fn a_bucket_that_was_told_no_instant_has_no_tick_at_any() {
        let frame = Frame::new(&Quota::per_second(1).unwrap());
        assert_eq!(frame.tick(Instant::ZERO), None);
        assert_eq!(frame.tick(Instant::MAX), None);
    }

    #[test]
    fn who_would_not_wait_is_told_the_later_of_both_instants() {
        for (permits, seconds) in [(1, 10), (2, 1), (3, 7), (999_999_937, 1)] {
            let quota = Quota::new(permits, Duration::from_secs(seconds), 5).unwrap();
            let now = at(1 << 40);
            let frame = Frame::anchored(Gcra::new(&quota), now);
            let tick = frame.tick(now).unwrap();
            for (ready, room) in [(0, 9), (9, 0), (5, 7), (7, 5), (12_345, 54_321)] {
                let (ready, room) = (tick + ready, tick + room);
                let both = frame.wait(now, ready).max(frame.wait(now, room));
                let shortfall = Shortfall::Until { ready, room };
                let told = frame.denied(now, shortfall, Some(Duration::ZERO));
                assert_eq!(told, Denied::RetryAfter(both), "{quota:?}: {shortfall:?}");
                assert_eq!(u128::from(frame.retry_after_nanos(now, shortfall)), both.as_nanos());
            }
        }
        let frame = Frame::anchored(tenth(), at(0));
        assert_eq!(frame.retry_after_nanos(at(0), Shortfall::Never), 0);
    }

    #[test]
    fn words_hold_the_whole_frame() {
        let frame =
            Frame::anchored(Gcra::new(&Quota::new(3, Duration::from_secs(7), 9).unwrap()), at(5));
        assert_eq!(Frame::from_words(frame.to_words()), frame);
    }
}

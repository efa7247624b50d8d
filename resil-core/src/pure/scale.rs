//! Time counted in ticks: one multiplication there, one division back.
//!
//! A scale is ticks per nanosecond as a 64.64 fixed-point number, rounded *up*. For a reading `d` of at most
//! 2^63 ns the product is above the true value by less than half a tick, so a reading is the true value's
//! floor or one more. Hence differences of readings never fall short of a whole number of ticks: what is due
//! at an exact instant is found due there, and nothing is found due more than two ticks early.

/// Ticks per nanosecond, 64.64 fixed point, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    whole: u32,
    fraction: u64,
}

impl Scale {
    /// The scale on which `ticks` pass in `nanos` nanoseconds. `nanos` is not 0, `ticks / nanos` below 2^32.
    #[must_use]
    pub const fn new(ticks: u128, nanos: u64) -> Self {
        let nanos = nanos as u128;
        let whole = ticks / nanos;
        let fraction = ((ticks % nanos) << 64).div_ceil(nanos);
        // The fraction rounds up to a whole only if `nanos > 2^64`, which it is not.
        Self { whole: whole as u32, fraction: fraction as u64 }
    }

    /// A scale from its two parts, as [`Scale::parts`] gave them.
    #[inline]
    #[must_use]
    pub const fn from_parts(whole: u32, fraction: u64) -> Self {
        Self { whole, fraction }
    }

    /// The whole ticks per nanosecond and the 64-bit fraction.
    #[inline]
    #[must_use]
    pub const fn parts(self) -> (u32, u64) {
        (self.whole, self.fraction)
    }

    /// The tick that is running `nanos` after tick 0 began. The caller knows that it fits 64 bits.
    #[inline]
    #[must_use]
    pub const fn ticks(self, nanos: u64) -> u64 {
        let part = (self.fraction as u128 * nanos as u128) >> 64;
        (self.whole as u64).wrapping_mul(nanos).wrapping_add(part as u64)
    }

    /// As [`Scale::ticks`]; `u64::MAX` if it does not fit.
    #[must_use]
    pub const fn ticks_saturating(self, nanos: u64) -> u64 {
        let part = (self.fraction as u128 * nanos as u128) >> 64;
        let ticks = self.whole as u128 * nanos as u128 + part;
        if ticks > u64::MAX as u128 { u64::MAX } else { ticks as u64 }
    }

    /// The smallest number of nanoseconds after which `tick` is running; `u64::MAX` if that does not fit.
    // Always inline, as everything between here and `try_acquire`: where nobody reads the wait, it is left out.
    #[inline(always)]
    #[must_use]
    pub const fn nanos(self, tick: u64) -> u64 {
        // A tick of a nanosecond, as most quotas have, is told at once.
        if self.whole == 1 && self.fraction == 0 { tick } else { self.divided(tick) }
    }

    /// `tick` by the scale, rounded up.
    // Cold, so that it stays out of line, and inline all the same, so that it can be left out in every crate.
    #[cold]
    #[inline]
    const fn divided(self, tick: u64) -> u64 {
        let (scaled, scale) = if self.fraction == 0 {
            (tick as u128, self.whole as u128)
        } else {
            ((tick as u128) << 64, ((self.whole as u128) << 64) | self.fraction as u128)
        };
        // Checked, so that the whole conversion can be left out where nobody reads it: a division by zero
        // would be an effect. No scale is zero.
        match scaled.checked_div(scale) {
            Some(nanos) if nanos < u64::MAX as u128 => {
                nanos as u64 + (nanos.wrapping_mul(scale) != scaled) as u64
            }
            _ => u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanos_is_the_smallest_time_at_which_the_tick_runs() {
        for (ticks, nanos) in
            [(1, 1), (2, 1), (4, 1), (7_000_000_002, 7_000_000_000), (1, 15), (3, 7)]
        {
            let scale = Scale::new(ticks, nanos);
            for tick in [1, 2, 3, 1_000, 999_999_937, 1 << 40, (1 << 59) - 1] {
                let at = scale.nanos(tick);
                assert!(scale.ticks_saturating(at) >= tick, "{scale:?} {tick}");
                assert!(scale.ticks_saturating(at - 1) < tick, "{scale:?} {tick}");
            }
        }
    }

    #[test]
    fn a_reading_is_the_true_floor_or_one_more() {
        for (ticks, nanos) in
            [(7_000_000_002_u128, 7_000_000_000_u64), (1, 15), (3, 7), (99_999, 100_000)]
        {
            let scale = Scale::new(ticks, nanos);
            for at in [0, 1, 14, 15, 1 << 20, (1 << 60) + 12_345, (1 << 63) - 1] {
                let floor = (ticks * u128::from(at) / u128::from(nanos)) as u64;
                let got = scale.ticks(at);
                assert!(got == floor || got == floor + 1, "{scale:?} {at}: {got}, floor {floor}");
            }
            assert_eq!(
                u128::from(scale.ticks(nanos * 1_000)),
                ticks * 1_000,
                "exact multiples are exact"
            );
        }
    }

    #[test]
    fn a_reading_that_does_not_fit_saturates() {
        assert_eq!(Scale::new(4, 1).ticks_saturating(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_time_that_does_not_fit_saturates() {
        assert_eq!(Scale::new(1, 15).nanos(u64::MAX), u64::MAX);
        assert_eq!(Scale::new(1, 1).nanos(u64::MAX), u64::MAX);
        assert_eq!(Scale::new(1, 1).nanos(u64::MAX - 1), u64::MAX - 1);
    }

    #[test]
    fn a_scale_survives_its_parts() {
        let scale = Scale::new(7, 2);
        assert_eq!(scale.parts(), (3, 1 << 63));
        assert_eq!(Scale::from_parts(3, 1 << 63), scale);
    }
}

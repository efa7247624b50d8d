//! A point in time, as plain nanoseconds.
//!
//! What its zero means is the clock's affair: uptime and Unix time both fit.
//! Range: 0 to 2^63 - 1 ns (292 years). Sums past the end saturate.

use core::time::Duration;

/// A point in time: nanoseconds since the zero of the clock it came from.
///
/// Instants of different clocks must not be mixed in one object. Copying is free, and comparing is one
/// instruction.
///
/// ```
/// use resil_core::Instant;
/// use std::time::Duration;
///
/// let start = Instant::from_nanos(1_000).unwrap();
/// let later = start.saturating_add(Duration::from_nanos(5));
/// assert_eq!(later.as_nanos(), 1_005);
/// assert_eq!(later.saturating_since(start), Duration::from_nanos(5));
/// assert_eq!(start.saturating_since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The clock's zero.
    pub const ZERO: Self = Self(0);
    /// The last instant there is: 2^63 - 1 ns.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// The instant `nanos` after the clock's zero, or `None` past [`Instant::MAX`].
    ///
    /// ```
    /// use resil_core::Instant;
    /// assert!(Instant::from_nanos((1 << 63) - 1).is_some());
    /// assert!(Instant::from_nanos(1 << 63).is_none());
    /// ```
    #[inline]
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Option<Self> {
        if nanos <= Self::MAX.0 { Some(Self(nanos)) } else { None }
    }

    /// The instant `nanos` after the clock's zero, or [`Instant::MAX`] if that is earlier.
    #[inline]
    #[must_use]
    pub const fn saturating_from_nanos(nanos: u64) -> Self {
        if nanos <= Self::MAX.0 { Self(nanos) } else { Self::MAX }
    }

    /// Nanoseconds since the clock's zero.
    #[inline]
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `duration` later, or [`Instant::MAX`] if that is earlier.
    #[inline]
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self::saturating_from_nanos(self.0.saturating_add(saturating_nanos(duration)))
    }

    /// The time from `earlier` to here; zero if `earlier` is later.
    #[inline]
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Whole nanoseconds of a duration; `u64::MAX` from 584 years on.
#[inline]
pub(crate) const fn saturating_nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_past_the_end_saturate() {
        assert_eq!(Instant::MAX.saturating_add(Duration::from_nanos(1)), Instant::MAX);
        assert_eq!(Instant::ZERO.saturating_add(Duration::MAX), Instant::MAX);
        assert_eq!(Instant::saturating_from_nanos(u64::MAX), Instant::MAX);
    }

    #[test]
    fn a_duration_longer_than_584_years_reads_as_the_longest() {
        assert_eq!(saturating_nanos(Duration::MAX), u64::MAX);
        assert_eq!(saturating_nanos(Duration::from_nanos(u64::MAX)), u64::MAX);
        assert_eq!(saturating_nanos(Duration::from_secs(1 << 40)), u64::MAX);
        assert_eq!(saturating_nanos(Duration::from_nanos(7)), 7);
    }

    #[test]
    fn time_passes_forward_and_never_backward() {
        let (early, late) = (Instant::from_nanos(5).unwrap(), Instant::from_nanos(12).unwrap());
        assert_eq!(early.saturating_add(Duration::from_nanos(7)), late);
        assert_eq!(late.saturating_since(early), Duration::from_nanos(7));
        assert_eq!(early.saturating_since(late), Duration::ZERO);
        assert_eq!((early.as_nanos(), late.as_nanos()), (5, 12));
        assert_eq!(Instant::from_nanos(1 << 63), None);
        assert_eq!(Instant::from_nanos((1 << 63) - 1), Some(Instant::MAX));
    }
}

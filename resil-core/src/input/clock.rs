//! The kernel's clocks: steady, steady but coarse, and the wall clock.
//!
//! On unix the first two are the raw kernel clocks, so an instant equals `clock_gettime` and Python's
//! `time.monotonic_ns()`. Time that the machine is suspended does not count.

use std::sync::Arc;
use std::time::Duration;

use crate::pure::instant::Instant;

/// Where a primitive gets its time from.
///
/// A clock may stand still and may step back; what a primitive then does is part of its contract. It is read
/// once per operation, from any thread.
///
/// ```
/// use resil_core::{Clock, Instant};
/// use std::time::Duration;
///
/// struct Frozen;
/// impl Clock for Frozen {
///     fn now(&self) -> Instant {
///         Instant::ZERO
///     }
///     fn resolution(&self) -> Duration {
///         Duration::from_nanos(1)
///     }
/// }
/// ```
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Instant;

    /// The step in which readings move, at most.
    fn resolution(&self) -> Duration;

    /// The narrowest bucket of a window that this clock serves; windows refuse narrower ones.
    ///
    /// No narrowest, unless the clock says otherwise: [`CoarseClock`] says 100 ms.
    fn narrowest_bucket(&self) -> Duration {
        Duration::ZERO
    }

    /// Waits for `duration` of this clock. Threads sleep, unless the clock knows better.
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

impl<C: Clock + ?Sized> Clock for &C {
    #[inline]
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn resolution(&self) -> Duration {
        (**self).resolution()
    }

    fn narrowest_bucket(&self) -> Duration {
        (**self).narrowest_bucket()
    }

    fn sleep(&self, duration: Duration) {
        (**self).sleep(duration);
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    #[inline]
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn resolution(&self) -> Duration {
        (**self).resolution()
    }

    fn narrowest_bucket(&self) -> Duration {
        (**self).narrowest_bucket()
    }

    fn sleep(&self, duration: Duration) {
        (**self).sleep(duration);
    }
}

/// The steady clock of the machine, to the nanosecond; one reading costs a few tens of ns.
///
/// CLOCK_MONOTONIC on unix; elsewhere nanoseconds since it was first read in this process.
///
/// ```
/// use resil_core::{Clock, MonotonicClock};
/// let (a, b) = (MonotonicClock.now(), MonotonicClock.now());
/// assert!(a <= b);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonotonicClock;

/// The steady clock at the kernel's last tick; one reading costs a few ns.
///
/// Ticks are 1 to 4 ms apart where nothing delays them. Nothing bounds how late one comes: in virtual machines
/// readings 12 ms old were seen where the resolution is 4 ms.
///
/// CLOCK_MONOTONIC_COARSE on Linux; elsewhere the same as [`MonotonicClock`]. Both count from the same zero.
///
/// ```
/// use resil_core::{Clock, CoarseClock};
/// assert!(CoarseClock.resolution().as_millis() <= 10);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoarseClock;

/// The wall clock: nanoseconds since 1970-01-01 00:00 UTC, for periods that follow the calendar.
///
/// It may be set, forwards and back, so nothing but an aligned period limiter should run on it. Instants before
/// 1970 read as zero.
///
/// ```
/// use resil_core::{Clock, UnixClock};
/// assert!(UnixClock.now().as_nanos() > 1_500_000_000_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnixClock;

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Instant {
        machine::now(machine::MONOTONIC)
    }

    fn resolution(&self) -> Duration {
        machine::monotonic_resolution()
    }
}

impl Clock for CoarseClock {
    #[inline]
    fn now(&self) -> Instant {
        machine::now(machine::COARSE)
    }

    fn resolution(&self) -> Duration {
        machine::coarse_resolution()
    }

    /// The same on every machine, whatever its tick, so that a configuration that works here works there.
    fn narrowest_bucket(&self) -> Duration {
        Duration::from_millis(100)
    }
}

impl Clock for UnixClock {
    #[inline]
    fn now(&self) -> Instant {
        machine::now(machine::UNIX)
    }

    fn resolution(&self) -> Duration {
        machine::unix_resolution()
    }
}

#[cfg(unix)]
pub(super) mod machine {
    use std::mem::MaybeUninit;

    use super::{Duration, Instant};

    /// One of the kernel's clocks.
    pub(in crate::input) type Which = libc::clockid_t;

    pub(in crate::input) const MONOTONIC: Which = libc::CLOCK_MONOTONIC;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(in crate::input) const COARSE: Which = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(in crate::input) const COARSE: Which = libc::CLOCK_MONOTONIC;
    pub(in crate::input) const UNIX: Which = libc::CLOCK_REALTIME;

    pub(super) fn unix_resolution() -> Duration {
        resolution(UNIX)
    }

    pub(super) fn monotonic_resolution() -> Duration {
        resolution(MONOTONIC)
    }

    pub(super) fn coarse_resolution() -> Duration {
        resolution(COARSE)
    }

    #[inline]
    pub(in crate::input) fn now(clock: Which) -> Instant {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid timespec to write to; clock_gettime has no other precondition.
        // It cannot fail for these clocks; if it did, the time would read as zero.
        let _ = unsafe { libc::clock_gettime(clock, &raw mut time) };
        Instant::saturating_from_nanos(nanos(&time))
    }

    /// As `now`, for functions that are called themselves, from C or Python. There, zeroes that the reading has to
    /// look past cost 1 ns; in a loop of Rust's the test in their place costs a third of one.
    #[inline]
    pub(in crate::input) fn now_when_called(clock: Which) -> Instant {
        let mut time = MaybeUninit::uninit();
        // SAFETY: as in `now`.
        if unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) } != 0 {
            return unreadable();
        }
        // SAFETY: clock_gettime succeeded, so it has written all of it.
        Instant::saturating_from_nanos(nanos(unsafe { time.assume_init_ref() }))
    }

    #[cold]
    fn unreadable() -> Instant {
        Instant::ZERO
    }

    #[cold]
    fn resolution(clock: Which) -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 1 };
        // SAFETY: as in `now`.
        let _ = unsafe { libc::clock_getres(clock, &raw mut time) };
        Duration::from_nanos(nanos(&time))
    }

    #[inline]
    fn nanos(time: &libc::timespec) -> u64 {
        // Uptime is not negative, and a wall clock before 1970 reads as the first second of it; 2^63 ns of either fit.
        (time.tv_sec.max(0) as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
    }
}

#[cfg(not(unix))]
pub(super) mod machine {
    use super::{Duration, Instant};
    use std::sync::OnceLock;

    static ZERO: OnceLock<std::time::Instant> = OnceLock::new();

    /// One of the machine's clocks.
    #[derive(Clone, Copy)]
    pub(in crate::input) enum Which {
        Steady,
        Wall,
    }

    pub(in crate::input) const MONOTONIC: Which = Which::Steady;
    pub(in crate::input) const COARSE: Which = Which::Steady;
    pub(in crate::input) const UNIX: Which = Which::Wall;

    pub(in crate::input) fn now(clock: Which) -> Instant {
        let since = match clock {
            Which::Steady => ZERO.get_or_init(std::time::Instant::now).elapsed(),
            Which::Wall => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default(),
        };
        Instant::ZERO.saturating_add(since)
    }

    pub(in crate::input) fn now_when_called(clock: Which) -> Instant {
        now(clock)
    }

    pub(super) fn unix_resolution() -> Duration {
        monotonic_resolution()
    }

    pub(super) fn monotonic_resolution() -> Duration {
        Duration::from_nanos(100)
    }

    pub(super) fn coarse_resolution() -> Duration {
        monotonic_resolution()
    }
}

#[cfg(all(test, not(any(resil_loom, resil_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn the_coarse_clock_lags_the_steady_one_by_at_most_its_resolution_and_never_leads() {
        for _ in 0..1_000 {
            let before = MonotonicClock.now();
            let coarse = CoarseClock.now();
            let after = MonotonicClock.now();
            assert!(coarse <= after);
            // A tick may be late on a busy host: what is checked is that both count from the same zero.
            assert!(
                before.saturating_since(coarse)
                    <= CoarseClock.resolution() + Duration::from_secs(1)
            );
        }
    }
}

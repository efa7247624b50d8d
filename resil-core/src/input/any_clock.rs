//! A clock chosen at run time.

use std::time::Duration;

#[cfg(feature = "quanta")]
use super::QuantaClock;
use super::clock::machine;
use super::{Clock, CoarseClock, ManualClock, MonotonicClock, UnixClock};
use crate::pure::instant::Instant;

/// One of the library's clocks, chosen at run time: what the C and Python fronts hold.
///
/// Costs one predictable branch per reading over the clock itself.
///
/// ```
/// use resil_core::{AnyClock, Clock, CoarseClock, MonotonicClock};
/// let precise = false;
/// let clock = if precise { AnyClock::from(MonotonicClock) } else { AnyClock::from(CoarseClock) };
/// assert!(clock.now() <= MonotonicClock.now());
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum AnyClock {
    /// [`MonotonicClock`]
    #[default]
    Monotonic,
    /// [`CoarseClock`]
    Coarse,
    /// [`UnixClock`]
    Unix,
    /// [`ManualClock`]
    Manual(ManualClock),
    /// [`QuantaClock`]
    #[cfg(feature = "quanta")]
    Quanta(QuantaClock),
}

impl From<MonotonicClock> for AnyClock {
    fn from(_: MonotonicClock) -> Self {
        Self::Monotonic
    }
}

impl From<CoarseClock> for AnyClock {
    fn from(_: CoarseClock) -> Self {
        Self::Coarse
    }
}

impl From<UnixClock> for AnyClock {
    fn from(_: UnixClock) -> Self {
        Self::Unix
    }
}

impl From<ManualClock> for AnyClock {
    fn from(clock: ManualClock) -> Self {
        Self::Manual(clock)
    }
}

#[cfg(feature = "quanta")]
impl From<QuantaClock> for AnyClock {
    fn from(clock: QuantaClock) -> Self {
        Self::Quanta(clock)
    }
}

impl AnyClock {
    /// The reading of a clock that is not the kernel's.
    // Out of line: inlined, it would put a reading of each clock into every caller.
    #[inline(never)]
    fn not_the_kernels(&self) -> Instant {
        match self {
            Self::Manual(clock) => clock.now(),
            #[cfg(feature = "quanta")]
            Self::Quanta(clock) => clock.now(),
            // Not asked here: `now` reads these in place.
            Self::Monotonic => MonotonicClock.now(),
            Self::Coarse => CoarseClock.now(),
            Self::Unix => UnixClock.now(),
        }
    }
}

impl Clock for AnyClock {
    // Always inline: the kernel's clocks differ by a number only, and a call more would be a tenth of the coarse one.
    #[inline(always)]
    fn now(&self) -> Instant {
        let kernel = match self {
            Self::Monotonic => machine::MONOTONIC,
            Self::Coarse => machine::COARSE,
            Self::Unix => machine::UNIX,
            _ => return self.not_the_kernels(),
        };
        machine::now_when_called(kernel)
    }

    fn resolution(&self) -> Duration {
        match self {
            Self::Monotonic => MonotonicClock.resolution(),
            Self::Coarse => CoarseClock.resolution(),
            Self::Unix => UnixClock.resolution(),
            Self::Manual(clock) => clock.resolution(),
            #[cfg(feature = "quanta")]
            Self::Quanta(clock) => clock.resolution(),
        }
    }

    fn narrowest_bucket(&self) -> Duration {
        match self {
            Self::Monotonic => MonotonicClock.narrowest_bucket(),
            Self::Coarse => CoarseClock.narrowest_bucket(),
            Self::Unix => UnixClock.narrowest_bucket(),
            Self::Manual(clock) => clock.narrowest_bucket(),
            #[cfg(feature = "quanta")]
            Self::Quanta(clock) => clock.narrowest_bucket(),
        }
    }

    fn sleep(&self, duration: Duration) {
        match self {
            Self::Monotonic => MonotonicClock.sleep(duration),
            Self::Coarse => CoarseClock.sleep(duration),
            Self::Unix => UnixClock.sleep(duration),
            Self::Manual(clock) => clock.sleep(duration),
            #[cfg(feature = "quanta")]
            Self::Quanta(clock) => clock.sleep(duration),
        }
    }
}

//! A clock read from the processor's counter.

use std::sync::OnceLock;
use std::time::Duration;

use super::Clock;
use crate::pure::instant::Instant;

static COUNTER: OnceLock<(quanta::Clock, u64)> = OnceLock::new();

/// The processor's time-stamp counter, scaled to nanoseconds by the `quanta` crate; about 10 ns a reading, where the
/// kernel's steady clock takes some 25.
///
/// Counts from when it was first made in this process, which calibrates it (0.5 to 200 ms); a forked child goes on
/// counting. It drifts against the kernel's clocks by what the calibration was off, tens of millionths: never mix
/// its instants with theirs. Where the processor has no steady counter it is the kernel's clock, at that one's cost.
///
/// ```
/// use resil_core::{Clock, QuantaClock};
/// let clock = QuantaClock::new();
/// assert!(clock.now() <= clock.now());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantaClock {
    /// Nothing: the counter is the process's. What exists has calibrated it.
    calibrated: (),
}

impl QuantaClock {
    /// The counter; the first call in a process calibrates it.
    #[must_use]
    pub fn new() -> Self {
        calibrated();
        Self { calibrated: () }
    }
}

/// The counter and where it stood when it was calibrated.
#[inline]
fn calibrated() -> &'static (quanta::Clock, u64) {
    COUNTER.get_or_init(|| {
        let counter = quanta::Clock::new();
        let zero = counter.raw();
        (counter, zero)
    })
}

impl Default for QuantaClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for QuantaClock {
    #[inline]
    fn now(&self) -> Instant {
        let (counter, zero) = calibrated();
        Instant::saturating_from_nanos(counter.delta_as_nanos(*zero, counter.raw()))
    }

    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

#[cfg(all(test, not(resil_loom)))]
mod tests {
    use super::*;

    #[test]
    fn it_counts_on_from_zero_and_is_one_clock_for_the_whole_process() {
        let (first, second) = (QuantaClock::new(), QuantaClock::default());
        let mut last = first.now();
        for _ in 0..1_000 {
            let next = second.now();
            assert!(next >= last);
            last = first.now();
            assert!(last >= next);
        }
        // Uptime would be more than the age of this process.
        assert!(last < super::super::MonotonicClock.now());
    }
}

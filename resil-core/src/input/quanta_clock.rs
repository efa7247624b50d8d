//! A clock read from the processor's counter.

use std::sync::OnceLock;
use std::time::Duration;

use super::Clock;
use crate::pure::instant::Instant;
use crate::pure::scale::Scale;

static COUNTER: OnceLock<Counter> = OnceLock::new();

/// Steps of the counter over which its nanoseconds are asked for: more than `quanta` calibrates with, so that what
/// is read off is its factor without rounding.
const MANY_STEPS: u64 = 1 << 40;

/// The counter, where it stood when it was calibrated, and the nanoseconds of a step.
///
/// Nanoseconds are those that `quanta` would tell, but for its shift of 128 bits by a number that is loaded: of a
/// product by a 64-bit fraction the upper half is the answer.
struct Counter {
    counter: quanta::Clock,
    zero: u64,
    scale: Scale,
}

impl Counter {
    fn calibrate() -> Self {
        let counter = quanta::Clock::new();
        let scale = Scale::new(u128::from(counter.delta_as_nanos(0, MANY_STEPS)), MANY_STEPS);
        Self { zero: counter.raw(), scale, counter }
    }

    #[inline]
    fn now(&self) -> Instant {
        // Counters of two processors may differ by a little: the earliest reading is zero.
        let steps = self.counter.raw().saturating_sub(self.zero);
        Instant::saturating_from_nanos(self.scale.ticks(steps))
    }
}

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
        COUNTER.get_or_init(Counter::calibrate);
        Self { calibrated: () }
    }
}

impl Default for QuantaClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for QuantaClock {
    #[inline]
    fn now(&self) -> Instant {
        // SAFETY: whoever has a `QuantaClock` has it from `new`, which saw to the counter first, in this thread or in
        // one that handed the clock to it afterwards.
        unsafe { COUNTER.get().unwrap_unchecked() }.now()
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

    #[test]
    fn a_number_of_steps_is_as_many_nanoseconds_as_quanta_says() {
        let Counter { counter, scale, .. } = Counter::calibrate();
        // Months of a counter of some GHz.
        for bit in 0..53 {
            for steps in [1 << bit, (1 << bit) | 0x1_2345, (1 << bit) * 3 - 1] {
                assert_eq!(scale.ticks(steps), counter.delta_as_nanos(0, steps), "{steps}");
            }
        }
    }
}

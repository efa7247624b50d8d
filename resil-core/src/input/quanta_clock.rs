//! A clock read from the processor's counter.

use std::sync::OnceLock;
use std::time::Duration;

use super::Clock;
use crate::pure::instant::Instant;

static COUNTER: OnceLock<(quanta::Clock, u64)> = OnceLock::new();

/// The processor's time-stamp counter, scaled to nanoseconds by the `quanta` crate; about 10 ns a reading.
///
/// Counts from its first use in this process, which calibrates it (0.5 to 200 ms). It drifts against the
/// kernel's clocks by what the calibration was off: never mix its instants with theirs.
///
/// ```
/// use resil_core::{Clock, QuantaClock};
/// let clock = QuantaClock::new();
/// assert!(clock.now() <= clock.now());
/// ```
#[derive(Clone, Debug)]
pub struct QuantaClock {
    counter: quanta::Clock,
    zero: u64,
}

impl QuantaClock {
    /// The counter; the first call in a process calibrates it.
    #[must_use]
    pub fn new() -> Self {
        let (counter, zero) = COUNTER.get_or_init(|| {
            let counter = quanta::Clock::new();
            let zero = counter.raw();
            (counter, zero)
        });
        Self { counter: counter.clone(), zero: *zero }
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
        Instant::saturating_from_nanos(self.counter.delta_as_nanos(self.zero, self.counter.raw()))
    }

    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
}

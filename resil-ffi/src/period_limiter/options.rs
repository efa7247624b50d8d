//! What a period limiter is made with.

use resil_core::AnyClock;

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::clock::{ChoosesClock, resil_manual_clock_t};
use crate::status::resil_status_t::*;

/// What a period limiter is made with, beyond its limit. Start from RESIL_PERIOD_LIMITER_OPTIONS_INIT, or for
/// an aligned one from RESIL_PERIOD_LIMITER_ALIGNED_OPTIONS_INIT, then change fields: later versions may add
/// some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_period_limiter_options_t {
    /// sizeof(resil_period_limiter_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// The clock it reads: RESIL_CLOCK_...; an aligned one RESIL_CLOCK_UNIX or RESIL_CLOCK_MANUAL.
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    /// time after the limiter was made.
    pub manual_clock: *const resil_manual_clock_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_period_limiter_options_t {}

impl ChoosesClock for resil_period_limiter_options_t {
    fn clock(&self) -> (i32, *const resil_manual_clock_t) {
        (self.clock, self.manual_clock)
    }
}

/// Refuses the clocks that can tell no calendar.
pub(super) fn checked_unix(call: Call, clock: &AnyClock) -> Result<(), Failed> {
    match clock {
        AnyClock::Unix | AnyClock::Manual(_) => Ok(()),
        // The steady clocks, and whatever comes: none is known to count from 1970.
        _ => Err(call.fail(
            RESIL_STATUS_UNKNOWN_VALUE,
            format_args!(
                "options->clock of an aligned limiter must be RESIL_CLOCK_UNIX or RESIL_CLOCK_MANUAL"
            ),
        )),
    }
}

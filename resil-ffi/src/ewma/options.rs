//! What an average is made with, and what it refuses to be made of.

use resil_core::ewma::{ConfigError, Ewma};
use resil_core::{AnyClock, MonotonicClock};

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::clock::{chosen, resil_manual_clock_t};
use crate::status::resil_status_t::*;

/// What an average is made with, beyond how it forgets. Start from RESIL_EWMA_OPTIONS_INIT, then change fields:
/// later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_ewma_options_t {
    /// sizeof(resil_ewma_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// By count: the first value is the plain mean of so many samples, and before there is none. 0 and 1: it is
    /// the first sample. By time: 0.
    pub warm_up: u32,
    /// The clock it reads: RESIL_CLOCK_MONOTONIC, RESIL_CLOCK_COARSE, RESIL_CLOCK_QUANTA or RESIL_CLOCK_MANUAL.
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    /// time after the average was made.
    pub manual_clock: *const resil_manual_clock_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_ewma_options_t {}

/// The average with what `options` add to it.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says; its `manual_clock` is NULL or a
/// live handle.
pub(super) unsafe fn with(
    call: Call,
    ewma: Result<Ewma, ConfigError>,
    options: *const resil_ewma_options_t,
) -> Result<Ewma<AnyClock>, Failed> {
    let ewma = ewma.map_err(|error| refused(call, "", error))?;
    if options.is_null() {
        return Ok(ewma.with_clock(AnyClock::from(MonotonicClock)));
    }
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    // SAFETY: passed on.
    let clock = unsafe { chosen(call, options.clock, options.manual_clock) }?;
    let ewma = match options.warm_up {
        0 => ewma,
        samples => ewma.with_warm_up(samples).map_err(|error| refused(call, "options->", error))?,
    };
    Ok(ewma.with_clock(clock))
}

/// Says why the core makes no such average; `of` stands before the field's name.
pub(super) fn refused(call: Call, of: &str, error: ConfigError) -> Failed {
    let status = match error {
        ConfigError::AlphaOutOfRange => RESIL_STATUS_ALPHA_OUT_OF_RANGE,
        ConfigError::AgeOutOfRange => RESIL_STATUS_AGE_OUT_OF_RANGE,
        ConfigError::TimeConstantIsZero => RESIL_STATUS_TIME_CONSTANT_IS_ZERO,
        ConfigError::TimeConstantTooLong => RESIL_STATUS_TIME_CONSTANT_TOO_LONG,
        ConfigError::WarmUpNotByCount => RESIL_STATUS_WARM_UP_NOT_BY_COUNT,
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{of}{error}")),
    };
    call.fail(status, format_args!("{of}{}", status.text()))
}

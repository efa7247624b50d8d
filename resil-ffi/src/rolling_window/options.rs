//! What a window or counter is made with, and what a window refuses to be made of.

use resil_core::rolling_window::ConfigError;
use resil_core::{AnyClock, CoarseClock};

use crate::argument::{BeginsWithSize, Call, Failed};
use crate::clock::{chosen, nanos, resil_manual_clock_t};
use crate::status::resil_status_t::*;

/// What a rolling window or counter is made with, beyond its buckets. Start from
/// RESIL_ROLLING_WINDOW_OPTIONS_INIT, then change fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_rolling_window_options_t {
    /// sizeof(resil_rolling_window_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// 1: it is read without the bucket that is still filling, one bucket fewer. 0: with it.
    pub leave_out_current: u32,
    /// The clock it reads: RESIL_CLOCK_...
    pub clock: i32,
    /// The manual clock for RESIL_CLOCK_MANUAL, else NULL. Its time is shared; the handle may be freed at any
    /// time after the window was made.
    pub manual_clock: *const resil_manual_clock_t,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_rolling_window_options_t {}

/// The clock that `options` choose, and whether they leave out the current bucket.
///
/// # Safety
/// `options` is NULL, or points to as many bytes as its `struct_size` says; its `manual_clock` is NULL or a
/// live handle.
pub(crate) unsafe fn checked(
    call: Call,
    options: *const resil_rolling_window_options_t,
) -> Result<(AnyClock, bool), Failed> {
    if options.is_null() {
        return Ok((AnyClock::from(CoarseClock), false));
    }
    // SAFETY: passed on.
    let options = unsafe { call.sized(options, "options") }?;
    // SAFETY: passed on.
    let clock = unsafe { chosen(call, options.clock, options.manual_clock) }?;
    Ok((clock, call.flag(options.leave_out_current, "options->leave_out_current")?))
}

/// Says why the core makes no such buckets; `of` stands before the field's name.
pub(crate) fn refused(call: Call, of: &str, error: ConfigError) -> Failed {
    let status = match error {
        ConfigError::BucketWidthTooShort => RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT,
        ConfigError::BucketCountIsZero => RESIL_STATUS_BUCKET_COUNT_IS_ZERO,
        ConfigError::BucketCountTooHigh => RESIL_STATUS_BUCKET_COUNT_TOO_HIGH,
        ConfigError::SpanTooLong => RESIL_STATUS_WINDOW_SPAN_TOO_LONG,
        ConfigError::BucketWidthTooShortForClock { at_least } => {
            let status = RESIL_STATUS_BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK;
            let (text, least) = (status.text(), nanos(at_least));
            return call.fail(status, format_args!("{of}{text}: at least {least}"));
        }
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{of}{error}")),
    };
    call.fail(status, format_args!("{of}{}", status.text()))
}

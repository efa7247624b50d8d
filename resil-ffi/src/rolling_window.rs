//! The rolling window: made, recorded into. `reading.rs` adds it up.

// In the order in which the header shows them.
mod options;

mod reading;

use std::time::Duration;

use resil_core::rolling_window::Recorded;
use resil_core::{AnyClock, RollingWindow};

pub(crate) use self::options::{checked, refused, resil_rolling_window_options_t};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Sums and counts what was recorded in the last so many buckets of time.
///
/// Buckets lie at multiples of bucket_width_ns from the clock's zero, and a boundary belongs to the bucket it
/// begins. Reading expires what is too old, after any time without use. A sample counts in the bucket of its
/// own instant, however late it comes, while that is in the window. A reading at an earlier instant than one
/// already recorded is as of the latest. Values are whole numbers: scale them (us, bytes) so that no bucket's
/// sum reaches the most it can hold (2^33 for 250 ms by 40, 2^35 for 1 s by 60).
///
/// Any number of threads may use one window at once, but for resil_rolling_window_free; none ever waits. While
/// nobody records, totals are exact. While others do, each of sum and count holds every record that was done
/// before the reading began and none that had not begun when it ended; the two may differ by what is under
/// way. About 128 bytes, and 16 for each bucket, their number rounded up to a power of two; nothing is
/// allocated after resil_rolling_window_new.
pub struct resil_rolling_window_t(RollingWindow<AnyClock>);

const _: () = shared_between_threads::<resil_rolling_window_t>();

/// Makes a window of `bucket_count` buckets (1 to 65536), each `bucket_width_ns` wide (1000 or more; together
/// at most 2^63 - 1). NULL `options`: on the coarse clock, the current bucket read too. Free it with
/// resil_rolling_window_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); BUCKET_WIDTH_TOO_SHORT, BUCKET_COUNT_IS_ZERO,
/// BUCKET_COUNT_TOO_HIGH, WINDOW_SPAN_TOO_LONG, BUCKET_WIDTH_TOO_SHORT_FOR_CLOCK (below 100 ms on the coarse
/// clock); STRUCT_SIZE; UNKNOWN_VALUE (options->clock, options->leave_out_current, a manual_clock that no
/// other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_rolling_window_new(
    bucket_width_ns: u64,
    bucket_count: u32,
    options: *const resil_rolling_window_options_t,
    out: *mut *mut resil_rolling_window_t,
) -> resil_status_t {
    answer("resil_rolling_window_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (clock, leave_out_current) = unsafe { checked(call, options) }?;
        let width = Duration::from_nanos(bucket_width_ns);
        let window = RollingWindow::with_clock(width, bucket_count, clock)
            .map_err(|error| refused(call, "", error))?;
        let window = if leave_out_current { window.with_current_left_out() } else { window };
        out.give(resil_rolling_window_t(window));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the window. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_free(window: *mut resil_rolling_window_t) {
    guard("resil_rolling_window_free", (), || {
        // SAFETY: it came from `resil_rolling_window_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(window) };
    });
}

/// Records `value` now.
///
/// Answers GRANTED if it counts; SATURATED if its bucket then holds the most that a bucket can; LATE if its
/// bucket has left the window, which a clock's readings that overtake one another can bring about.
///
/// Errors: NULL_ARGUMENT (window).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_record(
    window: *const resil_rolling_window_t,
    value: u64,
) -> resil_status_t {
    answer("resil_rolling_window_record", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let window = unsafe { call.handle(window, "window") }?;
        Ok(recorded(window.0.record(value)))
    })
}

/// As resil_rolling_window_record, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (window); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_window_record_at(
    window: *const resil_rolling_window_t,
    now_ns: u64,
    value: u64,
) -> resil_status_t {
    answer("resil_rolling_window_record_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let window = unsafe { call.handle(window, "window") }?;
        let now = call.instant(now_ns, "now_ns")?;
        Ok(recorded(window.0.record_at(now, value)))
    })
}

/// What became of a sample, as a status.
#[inline]
pub(crate) fn recorded(recorded: Recorded) -> resil_status_t {
    match recorded {
        Recorded::Kept => RESIL_STATUS_GRANTED,
        Recorded::Saturated => RESIL_STATUS_SATURATED,
        Recorded::Late => RESIL_STATUS_LATE,
    }
}

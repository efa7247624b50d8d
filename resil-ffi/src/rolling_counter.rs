//! The rolling counter: made, added to. `reading.rs` adds it up.

mod reading;

use std::time::Duration;

use resil_core::{AnyClock, RollingCounter};

use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::rolling_window::{self, recorded, resil_rolling_window_options_t};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Counts what happened in the last so many buckets of time: a resil_rolling_window_t without the sums, whose
/// promises hold here too. About 128 bytes, and 8 for each bucket, their number rounded up to a power of two.
pub struct resil_rolling_counter_t(RollingCounter<AnyClock>);

const _: () = shared_between_threads::<resil_rolling_counter_t>();

/// Makes a counter over `bucket_count` buckets (1 to 65536), each `bucket_width_ns` wide (1000 or more;
/// together at most 2^63 - 1). NULL `options`: on the coarse clock, the current bucket read too. Free it with
/// resil_rolling_counter_free.
///
/// Errors: as resil_rolling_window_new. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_rolling_counter_new(
    bucket_width_ns: u64,
    bucket_count: u32,
    options: *const resil_rolling_window_options_t,
    out: *mut *mut resil_rolling_counter_t,
) -> resil_status_t {
    answer("resil_rolling_counter_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (clock, leave_out_current) = unsafe { rolling_window::checked(call, options) }?;
        let width = Duration::from_nanos(bucket_width_ns);
        let counter = RollingCounter::with_clock(width, bucket_count, clock)
            .map_err(|error| rolling_window::refused(call, "", error))?;
        let counter = if leave_out_current { counter.with_current_left_out() } else { counter };
        out.give(resil_rolling_counter_t(counter));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the counter. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_free(counter: *mut resil_rolling_counter_t) {
    guard("resil_rolling_counter_free", (), || {
        // SAFETY: it came from `resil_rolling_counter_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(counter) };
    });
}

/// Adds `amount` now.
///
/// Answers GRANTED if it counts; SATURATED if its bucket then holds the most that a bucket can; LATE if its
/// bucket has left the window.
///
/// Errors: NULL_ARGUMENT (counter).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_add(
    counter: *const resil_rolling_counter_t,
    amount: u64,
) -> resil_status_t {
    answer("resil_rolling_counter_add", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let counter = unsafe { call.handle(counter, "counter") }?;
        Ok(recorded(counter.0.add(amount)))
    })
}

/// As resil_rolling_counter_add, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (counter); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_rolling_counter_add_at(
    counter: *const resil_rolling_counter_t,
    now_ns: u64,
    amount: u64,
) -> resil_status_t {
    answer("resil_rolling_counter_add_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let counter = unsafe { call.handle(counter, "counter") }?;
        let now = call.instant(now_ns, "now_ns")?;
        Ok(recorded(counter.0.add_at(now, amount)))
    })
}

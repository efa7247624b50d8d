//! The moving average: made, recorded into. `reading.rs` reads it.

// In the order in which the header shows them.
mod options;

mod reading;

use std::ptr;
use std::time::Duration;

use resil_core::ewma::{ConfigError, RecordError};
use resil_core::{AnyClock, Ewma};

use self::options::resil_ewma_options_t;
use crate::argument::{Call, Failed};
use crate::guard::{answer, guard};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// An average that forgets: the weight of a sample falls exponentially with what came after it.
///
/// By count, for one number per call or round: value * (1 - alpha) + x * alpha. By time, for a gauge that is read
/// now and then: value * w + x * (1 - w) with w = e^(-elapsed / time constant), so a sample weighs the time since
/// the last one, and one of the same instant nothing. Sample-weighted, for one number per request: the mean of all
/// samples, each weighted by e^(-age / time constant), so several of one instant all count. Peak, for a cost to
/// be wary of: a larger sample replaces the value, a smaller one enters as by time, and read it is value * w.
///
/// The first sample is the first value. Reading never changes anything. An earlier instant than one already
/// recorded counts as that; sample-weighted, its sample enters with the smaller weight of its age. No idle time is
/// too long: means stand, a peak decays to 0.
///
/// Any number of threads may use one average at once, but for resil_ewma_free, and no sample is lost. By count
/// without warm-up nobody waits; else a thread may spin for another's few stores. About 256 bytes; nothing is
/// allocated after it was made.
///
///     resil_ewma_t *latency_ms;
///     double mean;
///     if (resil_ewma_sample_weighted(10 * UINT64_C(1000000000), NULL, &latency_ms) != RESIL_STATUS_GRANTED)
///         return;
///     resil_ewma_record(latency_ms, 12.5);
///     if (resil_ewma_value(latency_ms, &mean) == RESIL_STATUS_GRANTED)
///         printf("%.1f ms\n", mean);
///     resil_ewma_free(latency_ms);
pub struct resil_ewma_t(Ewma<AnyClock>);

const _: () = {
    const fn shared_between_threads<T: Send + Sync>() {}
    shared_between_threads::<resil_ewma_t>();
};

/// Makes an average by count: each sample enters with the weight `alpha`, above 0 and at most 1. NULL `options`:
/// no warm-up. Free it with resil_ewma_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); ALPHA_OUT_OF_RANGE; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_by_count(
    alpha: f64,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> resil_status_t {
    answer("resil_ewma_by_count", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, Ewma::by_count(alpha), options, out) }
    })
}

/// Makes an average by count with the alpha 2 / (age + 1): the samples in the value are `age` samples old, about as
/// in a plain mean of the last `age`; 1 or more. NULL `options`: no warm-up. Free it with resil_ewma_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); AGE_OUT_OF_RANGE; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_by_count_with_age(
    age: f64,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> resil_status_t {
    answer("resil_ewma_by_count_with_age", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, Ewma::by_count_with_age(age), options, out) }
    })
}

/// Makes an average by time: a sample weighs what time passed since the last one. The past's weight falls to 1/e
/// in `time_constant_ns`, 1 to 2^63 - 1. NULL `options`: on the steady clock. Free it with resil_ewma_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
/// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_by_time(
    time_constant_ns: u64,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> resil_status_t {
    answer("resil_ewma_by_time", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, Ewma::by_time(Duration::from_nanos(time_constant_ns)), options, out) }
    })
}

/// Makes the mean of all samples, each weighted by its age: to 1/e in `time_constant_ns`, 1 to 2^63 - 1. NULL
/// `options`: on the steady clock. Free it with resil_ewma_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
/// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_sample_weighted(
    time_constant_ns: u64,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> resil_status_t {
    answer("resil_ewma_sample_weighted", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe {
            made(call, Ewma::sample_weighted(Duration::from_nanos(time_constant_ns)), options, out)
        }
    })
}

/// Makes an average of peaks: a larger sample replaces it, a smaller one enters as by time, silence decays it to
/// 1/e in `time_constant_ns`, 1 to 2^63 - 1. NULL `options`: on the steady clock. Free it with resil_ewma_free.
///
/// Errors: NULL_ARGUMENT (out, options->manual_clock); TIME_CONSTANT_IS_ZERO,
/// TIME_CONSTANT_TOO_LONG; WARM_UP_NOT_BY_COUNT; STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_ewma_peak(
    time_constant_ns: u64,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> resil_status_t {
    answer("resil_ewma_peak", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { made(call, Ewma::peak(Duration::from_nanos(time_constant_ns)), options, out) }
    })
}

/// Frees the average. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_ewma_free(ewma: *mut resil_ewma_t) {
    guard("resil_ewma_free", (), || {
        if !ewma.is_null() {
            // SAFETY: it came from `made` and is not freed yet (resil.h, Ownership).
            drop(unsafe { Box::from_raw(ewma) });
        }
    });
}

/// Takes in `x`, now. By count no clock is read.
///
/// Errors: NULL_ARGUMENT (ewma); SAMPLE_NOT_FINITE; SAMPLE_SUM_TOO_LARGE (sample-weighted and while warming up, if
/// the sum of the samples would not be finite). Nothing changes then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_ewma_record(ewma: *const resil_ewma_t, x: f64) -> resil_status_t {
    answer("resil_ewma_record", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let ewma = unsafe { call.handle(ewma, "ewma") }?;
        recorded(call, ewma.0.record(x), x)
    })
}

/// As resil_ewma_record, at an instant that the caller has read already.
///
/// Errors: as resil_ewma_record; NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_ewma_record_at(
    ewma: *const resil_ewma_t,
    now_ns: u64,
    x: f64,
) -> resil_status_t {
    answer("resil_ewma_record_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let ewma = unsafe { call.handle(ewma, "ewma") }?;
        let now = call.instant(now_ns, "now_ns")?;
        recorded(call, ewma.0.record_at(now, x), x)
    })
}

/// Hands out what the core made of the numbers and `options`.
///
/// # Safety
/// `options` as for `options::with`; `out` is NULL or valid for writes.
unsafe fn made(
    call: Call,
    ewma: Result<Ewma, ConfigError>,
    options: *const resil_ewma_options_t,
    out: *mut *mut resil_ewma_t,
) -> Result<resil_status_t, Failed> {
    // SAFETY: passed on.
    let out = unsafe { call.out(out, "out") }?;
    out.set(ptr::null_mut());
    // SAFETY: passed on.
    let ewma = unsafe { options::with(call, ewma, options) }?;
    out.set(Box::into_raw(Box::new(resil_ewma_t(ewma))));
    Ok(RESIL_STATUS_GRANTED)
}

/// What became of a sample.
#[inline]
fn recorded(
    call: Call,
    recorded: Result<(), RecordError>,
    x: f64,
) -> Result<resil_status_t, Failed> {
    match recorded {
        Ok(()) => Ok(RESIL_STATUS_GRANTED),
        Err(error) => Err(wrong_sample(call, error, x)),
    }
}

#[cold]
fn wrong_sample(call: Call, error: RecordError, x: f64) -> Failed {
    let status = match error {
        RecordError::NotFinite => RESIL_STATUS_SAMPLE_NOT_FINITE,
        RecordError::SumTooLarge => RESIL_STATUS_SAMPLE_SUM_TOO_LARGE,
        // A rule of the core that has no number here yet.
        error => return call.fail(RESIL_STATUS_UNKNOWN_VALUE, format_args!("{error}")),
    };
    call.fail(status, format_args!("{}, not {x}", status.text()))
}

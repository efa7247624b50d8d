//! The leaky bucket as a meter: made, asked, looked at.

use resil_core::{AnyClock, Clock, LeakyBucket, LeakyMeter};

use super::{resil_leaky_bucket_options_t, resil_leaky_bucket_snapshot_t};
use crate::argument::Out;
use crate::clock::chosen_by;
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::peek::{asked, peeked, resil_peek_t};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A leaky bucket as a meter: grants what fits, refuses the rest, never waits.
///
/// A bucket of `burst` permits that leaks at the quota's rate, empty at first. Over every interval it grants at
/// most `burst + rate * interval`, to one clock tick as a token bucket does, without drift. It grants exactly
/// what a token bucket of the same quota does that nobody reserves from; take that one to change the quota. An
/// earlier now_ns than one already seen may refuse more, never grant more. 0 permits are always granted and
/// change nothing.
///
/// Any number of threads may use one meter at once, but for resil_leaky_meter_free. Every operation is atomic.
/// About 256 bytes; nothing is allocated after resil_leaky_meter_new.
///
/// Source: ITU-T I.371 (generic cell rate algorithm).
pub struct resil_leaky_meter_t(LeakyMeter<AnyClock>);

const _: () = shared_between_threads::<resil_leaky_meter_t>();

/// Makes a meter of `quota`. NULL `options`: on the steady clock. Free it with resil_leaky_meter_free.
///
/// Errors: NULL_ARGUMENT (quota, out, options->manual_clock); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO,
/// PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG (quota); STRUCT_SIZE; UNKNOWN_VALUE (options->clock, a
/// manual_clock that no other field asks for). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_meter_new(
    quota: *const resil_quota_t,
    options: *const resil_leaky_bucket_options_t,
    out: *mut *mut resil_leaky_meter_t,
) -> resil_status_t {
    answer("resil_leaky_meter_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
        // SAFETY: as above.
        let clock = unsafe { chosen_by(call, options, AnyClock::default()) }?;
        out.give(resil_leaky_meter_t(LeakyBucket::meter(quota).with_clock(clock)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the meter. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_free(meter: *mut resil_leaky_meter_t) {
    guard("resil_leaky_meter_free", (), || {
        // SAFETY: it came from `resil_leaky_meter_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(meter) };
    });
}

/// Pours `permits` in if they fit. Never waits.
///
/// Answers GRANTED; RETRY_AFTER if too full: then `*retry_after_ns` is the smallest whole number of ns after
/// which this same request is granted, if nobody else asks in the meantime; EXCEEDS_LIMIT if `permits` is more
/// than the burst. A refusal changes nothing. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (meter).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_meter_try_acquire(
    meter: *const resil_leaky_meter_t,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_meter_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let meter = unsafe { call.handle(meter, "meter") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = meter.0.clock().now();
        Ok(asked(&meter.0, now, permits, retry_after))
    })
}

/// As resil_leaky_meter_try_acquire, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (meter); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_meter_try_acquire_at(
    meter: *const resil_leaky_meter_t,
    now_ns: u64,
    permits: u32,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_meter_try_acquire_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let meter = unsafe { call.handle(meter, "meter") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(asked(&meter.0, now, permits, retry_after))
    })
}

/// What try_acquire would answer, and in `*out` how full the bucket is. Takes nothing.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (meter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_peek(
    meter: *const resil_leaky_meter_t,
    permits: u32,
    out: *mut resil_peek_t,
) -> resil_status_t {
    answer("resil_leaky_meter_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        Ok(peeked(&meter.0.peek(permits), &out))
    })
}

/// As resil_leaky_meter_peek, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (meter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_peek_at(
    meter: *const resil_leaky_meter_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_peek_t,
) -> resil_status_t {
    answer("resil_leaky_meter_peek_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(peeked(&meter.0.peek_at(now, permits), &out))
    })
}

/// Writes the quota to `*out`.
///
/// Errors: NULL_ARGUMENT (meter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_quota(
    meter: *const resil_leaky_meter_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_leaky_meter_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        out.set(meter.0.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the meter looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (meter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_snapshot(
    meter: *const resil_leaky_meter_t,
    out: *mut resil_leaky_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_leaky_meter_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        out.set(meter.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_leaky_meter_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (meter, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_meter_snapshot_at(
    meter: *const resil_leaky_meter_t,
    now_ns: u64,
    out: *mut resil_leaky_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_leaky_meter_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(meter.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

//! The leaky bucket of many processes, as a meter.

use std::ffi::c_char;

use resil_redis::LeakyMeter;

use super::answer::{answered, peeked, resil_redis_answer_t};
use super::client::Over;
use super::options::{limit_of_quota, policy_of, refused_by_store, resil_redis_limiter_options_t};
use super::store::resil_redis_store_t;
use super::text::subject;
use crate::argument::Out;
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A leaky bucket as a meter that many processes share: grants what fits, refuses the rest, per subject.
///
/// It grants what a resil_redis_token_bucket_t of the same quota does that nobody reserves from, and keeps its bounds.
/// Subjects, waits and threads: as there.
pub struct resil_redis_leaky_meter_t(Over<LeakyMeter>);

const _: () = shared_between_threads::<resil_redis_leaky_meter_t>();

/// Makes the meter called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
/// resil_redis_leaky_meter_free.
///
/// Errors: NULL_ARGUMENT (store, name, quota, out); NOT_UTF8, NAME_NOT_PLAIN (name); PERMITS_IS_ZERO, PERIOD_IS_ZERO,
/// BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG, QUOTA_TOO_FINE (quota); STRUCT_SIZE; UNKNOWN_VALUE
/// (options->policy). `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_leaky_meter_new(
    store: *const resil_redis_store_t,
    name: *const c_char,
    quota: *const resil_quota_t,
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_leaky_meter_t,
) -> resil_status_t {
    answer("resil_redis_leaky_meter_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (store, name, quota) = unsafe { limit_of_quota(call, store, name, quota) }?;
        // SAFETY: as above.
        let policy = unsafe { policy_of(call, options) }?;
        let made = LeakyMeter::new(&store.0.limiter, name, quota);
        let meter = made.map_err(|error| refused_by_store(call, error))?;
        out.give(resil_redis_leaky_meter_t(store.over(meter.with_policy(policy))));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the meter. NULL is fine. No other thread may be using it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_meter_free(meter: *mut resil_redis_leaky_meter_t) {
    guard("resil_redis_leaky_meter_free", (), || {
        // SAFETY: it came from `resil_redis_leaky_meter_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(meter) };
    });
}

/// Pours `permits` of the subject in if they fit. Waits for the store at most one deadline.
///
/// Answers GRANTED; RETRY_AFTER if too full; EXCEEDS_LIMIT if `permits` is more than the burst; UNAVAILABLE if nobody
/// decided. `out` may be NULL; it is written with every answer below 64, and says who decided.
///
/// Errors: NULL_ARGUMENT (meter, subject with a length); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_leaky_meter_try_acquire(
    meter: *const resil_redis_leaky_meter_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_leaky_meter_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let meter = unsafe { call.handle(meter, "meter") }?;
        // SAFETY: as above.
        let (subject, out) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(out)) };
        Ok(answered(
            meter.0.answer(meter.0.limiter.begin_try_acquire(subject, permits)),
            out,
            |()| RESIL_STATUS_GRANTED,
        ))
    })
}

/// What try_acquire would answer, and in `*out` how full the subject's bucket is. Takes nothing.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (meter, subject with a length, out); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_meter_peek(
    meter: *const resil_redis_leaky_meter_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_leaky_meter_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let subject = unsafe { self::subject(call, subject, subject_len) }?;
        Ok(peeked(meter.0.answer(meter.0.limiter.begin_peek(subject, permits)), out))
    })
}

/// Writes the quota of each subject to `*out`.
///
/// Errors: NULL_ARGUMENT (meter, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_meter_quota(
    meter: *const resil_redis_leaky_meter_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_redis_leaky_meter_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (meter, out) = unsafe { (call.handle(meter, "meter")?, call.out(out, "out")?) };
        out.set(meter.0.limiter.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

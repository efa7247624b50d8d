//! The token bucket of many processes.

use std::ffi::c_char;
use std::thread::sleep;
use std::time::Duration;

use resil_redis::TokenBucket;

use super::answer::{answered, peeked, resil_redis_answer_t};
use super::client::Over;
use super::options::{limit_of_quota, policy, refused_by_store};
use super::store::resil_redis_store_t;
use super::text::subject;
use crate::argument::{BeginsWithSize, Out};
use crate::clock::timeout;
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A rate with bursts that many processes share: asked for, promised, or waited for, per subject.
///
/// Over every interval of the server's clock the store grants at most `burst + rate * interval` to each subject,
/// whatever callers' clocks say. While it is away, under RESIL_REDIS_POLICY_RESCUE, all members together grant no
/// more than the rate, after a burst at the beginning; on return the store is charged for it, also one that lost its
/// data.
///
/// A subject is UTF-8 of any length; NULL and 0: all. A call costs one round trip, shared with whoever calls
/// meanwhile, and waits for it at most one deadline of the store. Any number of threads may use one bucket at once,
/// but for resil_redis_token_bucket_free.
pub struct resil_redis_token_bucket_t(pub(super) Over<TokenBucket>);

const _: () = shared_between_threads::<resil_redis_token_bucket_t>();

/// What a bucket on Redis is made with, beyond its quota. Start from RESIL_REDIS_TOKEN_BUCKET_OPTIONS_INIT, then
/// change fields: later versions may add some.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_redis_token_bucket_options_t {
    /// sizeof(resil_redis_token_bucket_options_t), which tells the library which fields there are.
    pub struct_size: usize,
    /// Who decides while the store does not: RESIL_REDIS_POLICY_...
    pub policy: i32,
    /// Nobody reserves for later than this; it also bounds how long a server's clock that was set back can refuse
    /// everybody. At most 2^50 us (35 years).
    pub max_wait_ns: u64,
}

// SAFETY: `repr(C)`, and the size comes first.
unsafe impl BeginsWithSize for resil_redis_token_bucket_options_t {}

/// Makes the bucket called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE, and 60 s
/// as the longest wait. All who share a bucket should agree on its quota: it is part of the call, not of the store.
/// Free it with resil_redis_token_bucket_free.
///
/// Errors: NULL_ARGUMENT (store, name, quota, out); NOT_UTF8, NAME_NOT_PLAIN (name); PERMITS_IS_ZERO, PERIOD_IS_ZERO,
/// BURST_IS_ZERO, PERIOD_TOO_LONG, RATE_TOO_HIGH, SPAN_TOO_LONG, QUOTA_TOO_FINE (quota); STRUCT_SIZE; UNKNOWN_VALUE
/// (options->policy); MAX_WAIT_TOO_LONG. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_token_bucket_new(
    store: *const resil_redis_store_t,
    name: *const c_char,
    quota: *const resil_quota_t,
    options: *const resil_redis_token_bucket_options_t,
    out: *mut *mut resil_redis_token_bucket_t,
) -> resil_status_t {
    answer("resil_redis_token_bucket_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (store, name, quota) = unsafe { limit_of_quota(call, store, name, quota) }?;
        let made = TokenBucket::new(&store.0.limiter, name, quota);
        let mut bucket = made.map_err(|error| refused_by_store(call, error))?;
        if !options.is_null() {
            // SAFETY: as above.
            let options = unsafe { call.sized(options, "options") }?;
            bucket = bucket
                .with_policy(policy(call, options.policy)?)
                .with_max_wait(Duration::from_nanos(options.max_wait_ns))
                .map_err(|error| refused_by_store(call, error))?;
        }
        out.give(resil_redis_token_bucket_t(store.over(bucket)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the bucket. NULL is fine. No other thread may be using it. Its reservations may still be cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_token_bucket_free(bucket: *mut resil_redis_token_bucket_t) {
    guard("resil_redis_token_bucket_free", (), || {
        // SAFETY: it came from `resil_redis_token_bucket_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(bucket) };
    });
}

/// Takes `permits` of the subject if they are there. Waits for the store at most one deadline.
///
/// Answers GRANTED; RETRY_AFTER if too empty, or if others wait; EXCEEDS_LIMIT if `permits` is more than the burst;
/// UNAVAILABLE if nobody decided. `out` may be NULL; it is written with every answer below 64, and says who decided.
///
/// Errors: NULL_ARGUMENT (bucket, subject with a length); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_token_bucket_try_acquire(
    bucket: *const resil_redis_token_bucket_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_token_bucket_try_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let (subject, out) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(out)) };
        Ok(answered(
            bucket.0.answer(bucket.0.limiter.begin_try_acquire(subject, permits)),
            out,
            |()| RESIL_STATUS_GRANTED,
        ))
    })
}

/// Waits until `permits` of the subject are there and takes them, in the store's order of arrival; at most
/// `timeout_ns` (RESIL_NO_TIMEOUT: as long as it takes), and never longer than the bucket's longest wait.
///
/// The thread sleeps, and a signal does not end its wait early. Fails at once, taking nothing, if the wait would
/// exceed the timeout.
///
/// Answers and errors: as resil_redis_token_bucket_try_acquire; RETRY_AFTER with the time after which the same call
/// would succeed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_token_bucket_acquire(
    bucket: *const resil_redis_token_bucket_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_token_bucket_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let (subject, out) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(out)) };
        let begun = bucket.0.limiter.begin_reserve(subject, permits, timeout(timeout_ns));
        Ok(answered(bucket.0.answer(begun), out, |reservation| {
            sleep(reservation.ready_after());
            RESIL_STATUS_GRANTED
        }))
    })
}

/// What try_acquire would answer, and in `*out` how full the subject's bucket is. Takes nothing.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (bucket, subject with a length, out); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_token_bucket_peek(
    bucket: *const resil_redis_token_bucket_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_token_bucket_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let subject = unsafe { self::subject(call, subject, subject_len) }?;
        Ok(peeked(bucket.0.answer(bucket.0.limiter.begin_peek(subject, permits)), out))
    })
}

/// Writes the quota of each subject to `*out`.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_token_bucket_quota(
    bucket: *const resil_redis_token_bucket_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_redis_token_bucket_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        out.set(bucket.0.limiter.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

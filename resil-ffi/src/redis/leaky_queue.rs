//! The leaky bucket of many processes, as a queue.

use std::ffi::c_char;
use std::thread::sleep;
use std::time::Duration;

use resil_core::leaky_bucket::QueuePeek;
use resil_redis::{Answer, LeakyQueue};

use super::answer::{answered, looked, resil_redis_answer_t};
use super::client::Over;
use super::options::{limit_of_quota, policy_of, refused_by_store, resil_redis_limiter_options_t};
use super::store::resil_redis_store_t;
use super::text::subject;
use crate::argument::Out;
use crate::clock::{nanos, timeout};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A leaky bucket as a queue that many processes share: admits what fits, and says when each may go, per subject.
///
/// One turn after another, whichever process asks: what the store admits goes at the quota's rate. A slot cannot be
/// given back: reserve from a token bucket for that. Subjects, waits and threads: as resil_redis_token_bucket_t.
pub struct resil_redis_leaky_queue_t(Over<LeakyQueue>);

const _: () = shared_between_threads::<resil_redis_leaky_queue_t>();

/// Makes the queue called `name`, of `quota` for each subject. NULL `options`: RESIL_REDIS_POLICY_RESCUE. Free it with
/// resil_redis_leaky_queue_free.
///
/// Errors: as resil_redis_leaky_meter_new. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_leaky_queue_new(
    store: *const resil_redis_store_t,
    name: *const c_char,
    quota: *const resil_quota_t,
    options: *const resil_redis_limiter_options_t,
    out: *mut *mut resil_redis_leaky_queue_t,
) -> resil_status_t {
    answer("resil_redis_leaky_queue_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (store, name, quota) = unsafe { limit_of_quota(call, store, name, quota) }?;
        // SAFETY: as above.
        let policy = unsafe { policy_of(call, options) }?;
        let made = LeakyQueue::new(&store.0.limiter, name, quota);
        let queue = made.map_err(|error| refused_by_store(call, error))?;
        out.give(resil_redis_leaky_queue_t(store.over(queue.with_policy(policy))));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the queue. NULL is fine. No other thread may be using it or waiting in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_queue_free(queue: *mut resil_redis_leaky_queue_t) {
    guard("resil_redis_leaky_queue_free", (), || {
        // SAFETY: it came from `resil_redis_leaky_queue_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(queue) };
    });
}

/// Joins the queue of the subject with `permits`, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no
/// wait does). Does not wait for the slot itself: the caller acts once `*ready_after_ns` has passed.
///
/// Answers GRANTED, with the wait before the slot in `*ready_after_ns`; RETRY_AFTER with the time after which the
/// same call would succeed; EXCEEDS_LIMIT if `permits` is more than the burst; UNAVAILABLE if nobody decided.
/// `answer` may be NULL; it is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (queue, subject with a length, ready_after_ns); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_leaky_queue_try_reserve(
    queue: *const resil_redis_leaky_queue_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    timeout_ns: u64,
    ready_after_ns: *mut u64,
    answer: *mut resil_redis_answer_t,
) -> resil_status_t {
    self::answer("resil_redis_leaky_queue_try_reserve", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, told) = unsafe { (call.handle(queue, "queue")?, Out::optional(answer)) };
        // SAFETY: as above.
        let ready_after = unsafe { call.out(ready_after_ns, "ready_after_ns") }?;
        // SAFETY: as above.
        let subject = unsafe { self::subject(call, subject, subject_len) }?;
        let admitted = queue.0.answer(queue.0.limiter.begin_try_reserve(
            subject,
            permits,
            timeout(timeout_ns),
        ));
        Ok(answered(admitted, told, |wait| granted_after(wait, &ready_after)))
    })
}

/// Joins the queue of the subject with `permits` and waits for their slot; at most `timeout_ns` (RESIL_NO_TIMEOUT: as
/// long as the queue is), else takes no place.
///
/// The thread sleeps, and a signal does not end its wait early.
///
/// Answers: as resil_redis_leaky_queue_try_reserve. `out` may be NULL; it is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (queue, subject with a length); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_leaky_queue_acquire(
    queue: *const resil_redis_leaky_queue_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_leaky_queue_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let queue = unsafe { call.handle(queue, "queue") }?;
        // SAFETY: as above.
        let (subject, out) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(out)) };
        let begun = queue.0.limiter.begin_try_reserve(subject, permits, timeout(timeout_ns));
        Ok(answered(queue.0.answer(begun), out, |wait| {
            sleep(wait);
            RESIL_STATUS_GRANTED
        }))
    })
}

/// What try_reserve would answer, and in `*out` how full the subject's queue is. Takes no place.
///
/// `*out` is written with every answer below 64, `*ready_after_ns`, which may be NULL, with GRANTED.
///
/// Errors: NULL_ARGUMENT (queue, subject with a length, out); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_queue_peek(
    queue: *const resil_redis_leaky_queue_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    ready_after_ns: *mut u64,
    out: *mut resil_redis_answer_t,
) -> resil_status_t {
    answer("resil_redis_leaky_queue_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let (subject, ready_after) =
            unsafe { (self::subject(call, subject, subject_len)?, Out::optional(ready_after_ns)) };
        Ok(peeked(queue.0.answer(queue.0.limiter.begin_peek(subject, permits)), out, ready_after))
    })
}

/// Writes the quota of each subject to `*out`.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_leaky_queue_quota(
    queue: *const resil_redis_leaky_queue_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_redis_leaky_queue_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        out.set(queue.0.limiter.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

fn granted_after(wait: Duration, ready_after: &Out<u64>) -> resil_status_t {
    ready_after.set(nanos(wait));
    RESIL_STATUS_GRANTED
}

/// The look of a queue.
fn peeked(
    answer: Answer<QueuePeek>,
    out: Out<resil_redis_answer_t>,
    ready_after: Option<Out<u64>>,
) -> resil_status_t {
    looked(answer, out, |QueuePeek { answer, remaining, reset_after }| {
        let granted =
            |wait| ready_after.map_or(RESIL_STATUS_GRANTED, |place| granted_after(wait, &place));
        (answer.map(granted), remaining, reset_after)
    })
}

//! Permits of a bucket on Redis that are promised for later: an object, settled once.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resil_core::token_bucket::Cancelled;
use resil_redis::Reservation;

use super::answer::{answered, resil_redis_answer_t};
use super::client::{self, Client};
use super::text::subject;
use super::token_bucket::resil_redis_token_bucket_t;
use crate::argument::Out;
use crate::clock::{nanos, timeout};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// Permits of a bucket on Redis that are promised for later. Freeing it keeps the promise. It may outlive the bucket's
/// handle.
pub struct resil_redis_reservation_t {
    ready_after: Duration,
    promise: Mutex<Option<Reservation>>,
    client: Option<Arc<Client>>,
}

const _: () = shared_between_threads::<resil_redis_reservation_t>();

/// Takes `permits` of the subject now, for use after resil_redis_reservation_ready_after_ns(*out), if that is at most
/// `timeout_ns` (RESIL_NO_TIMEOUT: any) and the bucket's longest wait.
///
/// Reserving is a promise in both directions: others queue behind it. Give it back with
/// resil_redis_reservation_cancel; free it in any case with resil_redis_reservation_free.
///
/// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if `permits` is
/// more than the burst; UNAVAILABLE if nobody decided. `*out` is NULL unless GRANTED. `answer` may be NULL; it is
/// written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (bucket, subject with a length, out); NOT_UTF8 (subject).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_redis_token_bucket_reserve(
    bucket: *const resil_redis_token_bucket_t,
    subject: *const c_char,
    subject_len: usize,
    permits: u32,
    timeout_ns: u64,
    out: *mut *mut resil_redis_reservation_t,
    answer: *mut resil_redis_answer_t,
) -> resil_status_t {
    self::answer("resil_redis_token_bucket_reserve", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let (bucket, told) = unsafe { (call.handle(bucket, "bucket")?, Out::optional(answer)) };
        // SAFETY: as above.
        let subject = unsafe { self::subject(call, subject, subject_len) }?;
        let begun = bucket.0.limiter.begin_reserve(subject, permits, timeout(timeout_ns));
        Ok(answered(bucket.0.answer(begun), told, |reservation| {
            out.give(resil_redis_reservation_t {
                ready_after: reservation.ready_after(),
                promise: Mutex::new(Some(reservation)),
                client: bucket.0.client.clone(),
            });
            RESIL_STATUS_GRANTED
        }))
    })
}

/// Frees the reservation. NULL is fine. No other thread may be using it. A promise that was not cancelled is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_reservation_free(reservation: *mut resil_redis_reservation_t) {
    guard("resil_redis_reservation_free", (), || {
        // SAFETY: it came from `resil_redis_token_bucket_reserve` and is not freed yet (resil.h, Ownership).
        unsafe { free(reservation) };
    });
}

/// How long after reserving the permits are there; 0 if at once, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_reservation_ready_after_ns(
    reservation: *const resil_redis_reservation_t,
) -> u64 {
    guard("resil_redis_reservation_ready_after_ns", 0, || {
        // SAFETY: the caller's promise (resil.h, Pointers).
        unsafe { reservation.as_ref() }.map_or(0, |reservation| nanos(reservation.ready_after))
    })
}

/// Gives back the permits that nobody took since, up to and including the instant they are promised for; once, also
/// where the answer to a cancelling was lost. Where the store is away nothing of the store's comes back.
///
/// Answers GRANTED if permits came back; GAVE_NOTHING if none did. `answer` may be NULL; it says who decided.
///
/// Errors: NULL_ARGUMENT (reservation); ALREADY_SETTLED if it was cancelled before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_redis_reservation_cancel(
    reservation: *const resil_redis_reservation_t,
    answer: *mut resil_redis_answer_t,
) -> resil_status_t {
    self::answer("resil_redis_reservation_cancel", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (reservation, told) =
            unsafe { (call.handle(reservation, "reservation")?, Out::optional(answer)) };
        let client = reservation.client.as_deref();
        // Nothing panics while it is locked.
        let taken = reservation.promise.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(promise) = taken else {
            return Err(call.fail(
                RESIL_STATUS_ALREADY_SETTLED,
                format_args!("reservation was cancelled before"),
            ));
        };
        let cancelled = client::answer(client, promise.begin_cancel());
        Ok(answered(cancelled, told, |cancelled| match cancelled {
            Cancelled::GaveBack => RESIL_STATUS_GRANTED,
            Cancelled::GaveNothing => RESIL_STATUS_GAVE_NOTHING,
        }))
    })
}

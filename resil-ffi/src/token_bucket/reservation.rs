//! Permits that are promised for later: a struct of the caller's, settled once.

use resil_core::token_bucket::{Cancelled, Ticket};
use resil_core::{AnyClock, Denied, Reservation};

use super::resil_token_bucket_t;
use crate::argument::{Call, Failed, Out};
use crate::clock::{nanos, timeout};
use crate::guard::answer;
use crate::peek::answered;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// The mark of a promise that can be cancelled. Any other, zero included, holds none.
const OUTSTANDING: u32 = 0x7265_7376;
const SETTLED: u32 = 0;

/// Permits that are promised for later. The caller owns the struct, reads the first three fields and changes
/// none. Forgetting it keeps the promise: there is nothing to free.
///
/// It means something only to the bucket that granted it. One thread at a time may hand it to a function.
/// Cancelling a copy after the original gives the permits back twice: do not. Initialise it with
/// RESIL_RESERVATION_INIT if it may be cancelled without having been granted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_reservation_t {
    /// How long after reserving the permits are there; 0 if at once.
    pub ready_after_ns: u64,
    /// The instant at which they are there, on the bucket's clock.
    pub ready_at_ns: u64,
    /// The permits promised.
    pub permits: u32,
    /// The library's own.
    pub opaque_mark: u32,
    /// The library's own.
    pub opaque_words: [u64; 2],
}

/// Takes `permits` now, for use once `out->ready_after_ns` has passed.
///
/// Reserving is a promise in both directions: others queue behind it. Give it back with
/// resil_token_bucket_cancel; forgetting it keeps it.
///
/// Answers GRANTED; EXCEEDS_LIMIT if `permits` is more than the burst; RETRY_AFTER if the bucket is promised
/// away for at least 4 years already. `*out` is written on GRANTED only. `retry_after_ns` may be NULL, and is
/// written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_reserve(
    bucket: *const resil_token_bucket_t,
    permits: u32,
    out: *mut resil_reservation_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_reserve", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(reserved(bucket.0.reserve(permits), &out, retry_after))
    })
}

/// As resil_token_bucket_reserve, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_reserve_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_reservation_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_reserve_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(reserved(bucket.0.reserve_at(now, permits), &out, retry_after))
    })
}

/// As resil_token_bucket_reserve, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no wait does):
/// then nothing is taken, and the answer is RETRY_AFTER with the time after which the same call would succeed.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_reserve_within(
    bucket: *const resil_token_bucket_t,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_reservation_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_reserve_within", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(reserved(bucket.0.reserve_within(permits, timeout(timeout_ns)), &out, retry_after))
    })
}

/// As resil_token_bucket_reserve_within, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_token_bucket_reserve_within_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_reservation_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_token_bucket_reserve_within_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        let answer = bucket.0.reserve_within_at(now, permits, timeout(timeout_ns));
        Ok(reserved(answer, &out, retry_after))
    })
}

/// Gives back the permits of a reservation that nobody took since, up to and including the instant they are
/// promised for, and marks it settled. Never more than were promised, never beyond a full bucket.
///
/// Answers GRANTED if permits came back; GAVE_NOTHING if none were left to give: too late, all taken since, a
/// reservation of 0 permits, or made before the quota changed in another way than one AS_IS or ADDITIVE.
///
/// Errors: NULL_ARGUMENT (bucket, reservation); ALREADY_SETTLED if it was cancelled before or never granted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_cancel(
    bucket: *const resil_token_bucket_t,
    reservation: *mut resil_reservation_t,
) -> resil_status_t {
    answer("resil_token_bucket_cancel", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let ticket = unsafe { settle(call, reservation) }?;
        Ok(cancelled(bucket.0.cancel(ticket)))
    })
}

/// As resil_token_bucket_cancel, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket, reservation); NOW_OUT_OF_RANGE: then the reservation is as it was;
/// ALREADY_SETTLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_cancel_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    reservation: *mut resil_reservation_t,
) -> resil_status_t {
    answer("resil_token_bucket_cancel_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: as above.
        let ticket = unsafe { settle(call, reservation) }?;
        Ok(cancelled(bucket.0.cancel_at(now, ticket)))
    })
}

/// Writes a granted reservation to the caller's struct.
fn reserved(
    answer: Result<Reservation<'_, AnyClock>, Denied>,
    out: &Out<resil_reservation_t>,
    retry_after: Option<Out<u64>>,
) -> resil_status_t {
    let granted = answer.map(|reservation| {
        let ready_after_ns = nanos(reservation.ready_after());
        let permits = reservation.permits();
        let [_, ready_at_ns, level, frame] = reservation.into_ticket().to_words();
        out.set(resil_reservation_t {
            ready_after_ns,
            ready_at_ns,
            permits,
            opaque_mark: OUTSTANDING,
            opaque_words: [level, frame],
        });
    });
    answered(granted, retry_after)
}

/// Takes the promise out of the caller's struct, and marks that it is gone.
///
/// # Safety
/// `reservation` is NULL, or valid for reads and writes, by this thread alone.
unsafe fn settle(call: Call, reservation: *mut resil_reservation_t) -> Result<Ticket, Failed> {
    // SAFETY: passed on.
    let promise = unsafe { call.copy(reservation, "reservation") }?;
    if promise.opaque_mark != OUTSTANDING {
        return Err(call.fail(
            RESIL_STATUS_ALREADY_SETTLED,
            format_args!("reservation holds no promise: cancelled before, or never granted"),
        ));
    }
    // SAFETY: not NULL, for it was read; the caller says that it may be written.
    unsafe { (&raw mut (*reservation).opaque_mark).write(SETTLED) };
    let [level, frame] = promise.opaque_words;
    Ok(Ticket::from_words([promise.permits.into(), promise.ready_at_ns, level, frame]))
}

fn cancelled(cancelled: Cancelled) -> resil_status_t {
    match cancelled {
        Cancelled::GaveBack => RESIL_STATUS_GRANTED,
        Cancelled::GaveNothing => RESIL_STATUS_GAVE_NOTHING,
    }
}

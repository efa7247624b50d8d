//! The leaky bucket as a queue: made, joined, waited in. `queue/reading.rs` looks at it.

mod reading;

use resil_core::leaky_bucket::Slot;
use resil_core::{AnyClock, Denied, LeakyBucket, LeakyQueue};

use super::resil_leaky_bucket_options_t;
use crate::argument::Out;
use crate::clock::{chosen_by, nanos, timeout};
use crate::guard::{answer, guard};
use crate::handle::{free, shared_between_threads};
use crate::peek::answered;
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A leaky bucket as a queue: admits what fits, and says when each may go, in order of arrival.
///
/// Requests leave at the quota's rate: at once if the queue is idle, else at the next free instant. `n` permits
/// at once go together and occupy `n` intervals after it. Slots count from the request, not from multiples of
/// the interval. It admits exactly what the meter of the same quota grants, so at most `burst` permits are
/// under way, and an idle queue takes `burst` at one instant, the first of which goes at once. A slot cannot be
/// given back: reserve from a token bucket for that. 0 permits may always go at once and change nothing.
///
/// Any number of threads may use one queue at once, but for resil_leaky_queue_free. Every operation is atomic.
/// About 256 bytes; nothing is allocated after resil_leaky_queue_new.
///
/// Source: ITU-T I.371 (virtual scheduling).
pub struct resil_leaky_queue_t(LeakyQueue<AnyClock>);

const _: () = shared_between_threads::<resil_leaky_queue_t>();

/// When a request that a queue admitted may go. The caller's own; there is nothing to free or to settle.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_slot_t {
    /// How long after asking it may go; 0 if at once.
    pub ready_after_ns: u64,
    /// The instant at which it may go, on the queue's clock.
    pub ready_at_ns: u64,
    /// The permits that go then, at once.
    pub permits: u32,
}

/// Makes a queue of `quota`, idle at first. NULL `options`: on the steady clock. Free it with
/// resil_leaky_queue_free.
///
/// Errors: as resil_leaky_meter_new. `*out` is then NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_new(
    quota: *const resil_quota_t,
    options: *const resil_leaky_bucket_options_t,
    out: *mut *mut resil_leaky_queue_t,
) -> resil_status_t {
    answer("resil_leaky_queue_new", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let out = unsafe { call.handle_out(out) }?;
        // SAFETY: as above.
        let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
        // SAFETY: as above.
        let clock = unsafe { chosen_by(call, options, AnyClock::default()) }?;
        out.give(resil_leaky_queue_t(LeakyBucket::queue(quota).with_clock(clock)));
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Frees the queue. NULL is fine. No other thread may be using it or waiting in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_free(queue: *mut resil_leaky_queue_t) {
    guard("resil_leaky_queue_free", (), || {
        // SAFETY: it came from `resil_leaky_queue_new` and is not freed yet (resil.h, Ownership).
        unsafe { free(queue) };
    });
}

/// Joins the queue with `permits`, which go together at the slot in `*out`. Never waits itself: the caller acts
/// once `out->ready_after_ns` has passed.
///
/// Answers GRANTED; RETRY_AFTER if the queue is full: then `*retry_after_ns` is the smallest whole number of ns
/// after which this same request is admitted, if nobody else joins in the meantime; EXCEEDS_LIMIT if `permits`
/// is more than the burst. A refusal changes nothing. `*out` is written on GRANTED only. `retry_after_ns` may
/// be NULL, and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_try_reserve(
    queue: *const resil_leaky_queue_t,
    permits: u32,
    out: *mut resil_slot_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_queue_try_reserve", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(admitted(queue.0.try_reserve(permits), &out, retry_after))
    })
}

/// As resil_leaky_queue_try_reserve, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_try_reserve_at(
    queue: *const resil_leaky_queue_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_slot_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_queue_try_reserve_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(admitted(queue.0.try_reserve_at(now, permits), &out, retry_after))
    })
}

/// As resil_leaky_queue_try_reserve, unless the wait would exceed `timeout_ns` (RESIL_NO_TIMEOUT: no wait
/// does): then no place is taken, and the answer is RETRY_AFTER with the time after which the same call would
/// succeed.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_try_reserve_within(
    queue: *const resil_leaky_queue_t,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_slot_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_queue_try_reserve_within", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let answer = queue.0.try_reserve_within(permits, timeout(timeout_ns));
        Ok(admitted(answer, &out, retry_after))
    })
}

/// As resil_leaky_queue_try_reserve_within, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_try_reserve_within_at(
    queue: *const resil_leaky_queue_t,
    now_ns: u64,
    permits: u32,
    timeout_ns: u64,
    out: *mut resil_slot_t,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_queue_try_reserve_within_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        let now = call.instant(now_ns, "now_ns")?;
        let answer = queue.0.try_reserve_within_at(now, permits, timeout(timeout_ns));
        Ok(admitted(answer, &out, retry_after))
    })
}

/// Joins the queue with `permits` and waits for their slot, in order of arrival; at most `timeout_ns`
/// (RESIL_NO_TIMEOUT: as long as the queue is).
///
/// The thread sleeps, and a signal does not end its wait early. On a manual clock nobody sleeps: the clock
/// moves on by the wait. Fails at once, taking no place, if the queue is full or the wait would exceed the
/// timeout.
///
/// Answers GRANTED; RETRY_AFTER with the time after which the same call would succeed; EXCEEDS_LIMIT if
/// `permits` is more than the burst. `retry_after_ns` may be NULL, and is written on RETRY_AFTER only.
///
/// Errors: NULL_ARGUMENT (queue).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn resil_leaky_queue_acquire(
    queue: *const resil_leaky_queue_t,
    permits: u32,
    timeout_ns: u64,
    retry_after_ns: *mut u64,
) -> resil_status_t {
    answer("resil_leaky_queue_acquire", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let queue = unsafe { call.handle(queue, "queue") }?;
        // SAFETY: as above.
        let retry_after = unsafe { Out::optional(retry_after_ns) };
        Ok(answered(queue.0.acquire(permits, timeout(timeout_ns)), retry_after))
    })
}

/// Writes the slot of whom the queue admitted to the caller's struct.
fn admitted(
    answer: Result<Slot, Denied>,
    out: &Out<resil_slot_t>,
    retry_after: Option<Out<u64>>,
) -> resil_status_t {
    let granted = answer.map(|slot| {
        out.set(resil_slot_t {
            ready_after_ns: nanos(slot.ready_after()),
            ready_at_ns: slot.ready_at().as_nanos(),
            permits: slot.permits(),
        });
    });
    answered(granted, retry_after)
}

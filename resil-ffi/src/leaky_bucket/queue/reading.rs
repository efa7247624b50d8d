//! What a queue says without anybody joining it.

use resil_core::leaky_bucket::QueuePeek;

use super::resil_leaky_queue_t;
use crate::argument::Out;
use crate::clock::nanos;
use crate::guard::answer;
use crate::leaky_bucket::resil_leaky_bucket_snapshot_t;
use crate::peek::{answered, resil_peek_t};
use crate::quota::resil_quota_t;
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// How full a leaky queue is, and when the same request could go or be admitted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_leaky_queue_peek_t {
    /// Permits for which there is room.
    pub remaining: u32,
    /// What try_reserve would tell if the answer is RESIL_STATUS_GRANTED: how long its slot is away; 0 with any
    /// other answer.
    pub ready_after_ns: u64,
    /// Time until the queue is idle, if nobody joins.
    pub reset_after_ns: u64,
    /// What try_reserve would tell if the answer is RESIL_STATUS_RETRY_AFTER; 0 with any other answer.
    pub retry_after_ns: u64,
}

/// What try_reserve would answer, and in `*out` how full the queue is. Takes no place.
///
/// `*out` is written with every answer below 64.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_peek(
    queue: *const resil_leaky_queue_t,
    permits: u32,
    out: *mut resil_leaky_queue_peek_t,
) -> resil_status_t {
    answer("resil_leaky_queue_peek", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        Ok(peeked(&queue.0.peek(permits), &out))
    })
}

/// As resil_leaky_queue_peek, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_peek_at(
    queue: *const resil_leaky_queue_t,
    now_ns: u64,
    permits: u32,
    out: *mut resil_leaky_queue_peek_t,
) -> resil_status_t {
    answer("resil_leaky_queue_peek_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        Ok(peeked(&queue.0.peek_at(now, permits), &out))
    })
}

/// Writes the quota to `*out`.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_quota(
    queue: *const resil_leaky_queue_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_leaky_queue_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        out.set(queue.0.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the queue looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (queue, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_snapshot(
    queue: *const resil_leaky_queue_t,
    out: *mut resil_leaky_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_leaky_queue_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        out.set(queue.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_leaky_queue_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (queue, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_leaky_queue_snapshot_at(
    queue: *const resil_leaky_queue_t,
    now_ns: u64,
    out: *mut resil_leaky_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_leaky_queue_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (queue, out) = unsafe { (call.handle(queue, "queue")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(queue.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

fn peeked(peek: &QueuePeek, out: &Out<resil_leaky_queue_peek_t>) -> resil_status_t {
    let QueuePeek { answer, remaining, reset_after } = *peek;
    let resil_peek_t { remaining, reset_after_ns, retry_after_ns } =
        resil_peek_t::new(answer.err(), remaining, reset_after);
    let ready_after_ns = nanos(answer.unwrap_or_default());
    out.set(resil_leaky_queue_peek_t { remaining, ready_after_ns, reset_after_ns, retry_after_ns });
    answered(answer.map(|_| ()), None)
}

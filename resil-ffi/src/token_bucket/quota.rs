//! The token bucket's quota, live, and its state as monitoring wants it.

use resil_core::token_bucket::Snapshot;

use super::resil_token_bucket_t;
use crate::clock::nanos;
use crate::guard::answer;
use crate::quota::{carry as chosen, resil_quota_t};
use crate::status::resil_status_t;
use crate::status::resil_status_t::*;

/// A token bucket at one instant.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct resil_token_bucket_snapshot_t {
    /// The quota in force.
    pub quota: resil_quota_t,
    /// Permits that could be taken at once; 0 in debt.
    pub remaining: u32,
    /// Permits promised beyond an empty bucket; 0 unless someone waits.
    pub owed: u64,
    /// Time until the bucket is full, if nobody takes any.
    pub reset_after_ns: u64,
}

/// Changes the quota from now on; `carry` (RESIL_CARRY_...) says what becomes of the permits in the bucket.
///
/// Quota and content change in one step: no request is decided by a mixture. Reservations keep their instants;
/// they can still be cancelled across one AS_IS or ADDITIVE change, for what a smaller burst left of their
/// permits, and give nothing back after any other. Changes wait for one another, requests for none.
///
/// Errors: NULL_ARGUMENT (bucket, quota); PERMITS_IS_ZERO, PERIOD_IS_ZERO, BURST_IS_ZERO, PERIOD_TOO_LONG,
/// RATE_TOO_HIGH, SPAN_TOO_LONG (quota); UNKNOWN_VALUE (carry). Nothing is changed then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_set_quota(
    bucket: *const resil_token_bucket_t,
    quota: *const resil_quota_t,
    carry: i32,
) -> resil_status_t {
    answer("resil_token_bucket_set_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        // SAFETY: as above.
        let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
        bucket.0.set_quota(quota, chosen(call, carry)?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_token_bucket_set_quota, at an instant that the caller has read already.
///
/// Errors: as resil_token_bucket_set_quota, and NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_set_quota_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    quota: *const resil_quota_t,
    carry: i32,
) -> resil_status_t {
    answer("resil_token_bucket_set_quota_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let bucket = unsafe { call.handle(bucket, "bucket") }?;
        let now = call.instant(now_ns, "now_ns")?;
        // SAFETY: as above.
        let quota = unsafe { call.copy(quota, "quota") }?.checked(call)?;
        bucket.0.set_quota_at(now, quota, chosen(call, carry)?);
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes the quota in force to `*out`.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_quota(
    bucket: *const resil_token_bucket_t,
    out: *mut resil_quota_t,
) -> resil_status_t {
    answer("resil_token_bucket_quota", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        out.set(bucket.0.quota().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// Writes to `*out` what the bucket looks like now, for monitoring.
///
/// Errors: NULL_ARGUMENT (bucket, out).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_snapshot(
    bucket: *const resil_token_bucket_t,
    out: *mut resil_token_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_token_bucket_snapshot", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        out.set(bucket.0.snapshot().into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

/// As resil_token_bucket_snapshot, at an instant that the caller has read already.
///
/// Errors: NULL_ARGUMENT (bucket, out); NOW_OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resil_token_bucket_snapshot_at(
    bucket: *const resil_token_bucket_t,
    now_ns: u64,
    out: *mut resil_token_bucket_snapshot_t,
) -> resil_status_t {
    answer("resil_token_bucket_snapshot_at", |call| {
        // SAFETY: the caller's promise (resil.h, Pointers).
        let (bucket, out) = unsafe { (call.handle(bucket, "bucket")?, call.out(out, "out")?) };
        let now = call.instant(now_ns, "now_ns")?;
        out.set(bucket.0.snapshot_at(now).into());
        Ok(RESIL_STATUS_GRANTED)
    })
}

impl From<Snapshot> for resil_token_bucket_snapshot_t {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            quota: snapshot.quota.into(),
            remaining: snapshot.remaining,
            owed: snapshot.owed,
            reset_after_ns: nanos(snapshot.reset_after),
        }
    }
}
